//! `custodia incident notice|notified|report`: what people, the public and authorities are told.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use custodia_core::incident::{contents_of, draft, missing};
use custodia_core::schema;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{
    Channel, NoticeContent, PoliceReported, PostIncidentReportFiled, PublicNoticePosted,
    RegulatorNotified, ReportedBody, SubjectNotified,
};

use super::list::Listed;
use super::{Sender, read, sha256, status, why, words};
use crate::app;
use crate::cli::publish::lines_of;
use crate::cli::{Error, exit};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::query::Time;
use crate::respond::{self, IncidentAnswer, IncidentQuestion};

/// Whom a notice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// Each person affected.
    People,
    /// Everyone, where people can't be told one by one.
    Public,
    /// A regulator.
    Regulator,
}

impl To {
    fn required(self, stands: &IncidentAnswer) -> Vec<NoticeContent> {
        let names = match self {
            Self::People => &stands.required.people,
            Self::Public => &stands.required.public,
            Self::Regulator => &stands.required.regulator,
        };
        let names = names.iter();
        names
            .filter_map(|name| NoticeContent::from_str_name(name))
            .collect()
    }

    const fn title(self) -> &'static str {
        match self {
            Self::People => "个人信息安全事件告知书",
            Self::Public => "个人信息安全事件公告",
            Self::Regulator => "个人信息安全事件报告",
        }
    }
}

/// Prints a draft: a section for each item that the law and the policy ask for (PIPL 57, L262), filled in as
/// far as the ledger knows. Where 【待填…】 stands, a person has to write.
#[derive(Debug, Args)]
pub struct Draft {
    /// The incident's id.
    incident: String,
    /// Whom it is for.
    #[arg(long, value_enum, default_value = "people")]
    to: To,
}

/// People, or the public, were told. The notice must have a filled section for each item that the policy asks
/// for.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).args(["lists", "public"]))]
pub struct Notified {
    #[command(flatten)]
    sender: Sender,
    /// The people who were told, e.g. the incident's list; who was told before is left out, unless --again.
    #[arg(long = "list", value_name = "FILE.csv")]
    lists: Vec<PathBuf>,
    /// A public notice was posted.
    #[arg(long)]
    public: bool,
    /// By which way: email, letter, phone, push, sms, in-app; public-notice for the public.
    #[arg(long, value_parser = words::channel)]
    channel: Option<Channel>,
    /// The notice's text; its SHA-256 goes on record.
    #[arg(long, value_name = "FILE")]
    notice: PathBuf,
}

/// A regulator or the police were told, or the closing report was filed.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).args(["authority", "police"]))]
pub struct Report {
    #[command(flatten)]
    sender: Sender,
    /// Who was told, e.g. provincial-cac.
    #[arg(long, value_parser = words::authority)]
    authority: Option<ReportedBody>,
    /// The police were told.
    #[arg(long)]
    police: bool,
    /// This is the report after the incident (报告办法 8).
    #[arg(long, conflicts_with = "police")]
    closing: bool,
    /// This is the first report; the rest may follow (报告办法 7).
    #[arg(long, conflicts_with_all = ["closing", "police"])]
    first: bool,
    /// By which way.
    #[arg(long, value_parser = words::channel, default_value = "email")]
    channel: Channel,
    /// The report's text; its SHA-256 goes on record.
    #[arg(
        long = "report",
        value_name = "FILE",
        required_unless_present = "police"
    )]
    text: Option<PathBuf>,
    /// The receipt's number.
    #[arg(long, value_name = "NO", default_value = "")]
    receipt_no: String,
    /// The body that was told, in the recipient register.
    #[arg(long, value_name = "ID", default_value = "")]
    recipient: String,
}

impl Draft {
    pub(super) fn run(self, config: &Config) -> Result<u8, Error> {
        let question = IncidentQuestion {
            incident: self.incident.clone(),
            ..IncidentQuestion::default()
        };
        let (stands, _) =
            app::incident(config, &SystemClock::new(), &why(&self.incident), &question)?;
        if !stands.known {
            return Err(app::Error::from(respond::Error::NoSuchIncident(self.incident)).into());
        }
        let contents = self.to.required(&stands);
        print!("{}", draft(self.to.title(), &contents, &stands.facts));
        Ok(exit::OK)
    }
}

impl Notified {
    pub(super) fn run(self, config: &Config) -> Result<u8, Error> {
        let text = read(&self.notice)?;
        if self.public {
            return self.public(config, &text);
        }
        let listed = Listed::read(&self.lists)?;
        let question = IncidentQuestion {
            incident: self.sender.incident.clone(),
            people: !self.sender.again,
            ..IncidentQuestion::default()
        };
        let (stands, told) = app::incident(
            config,
            &SystemClock::new(),
            &why(&self.sender.incident),
            &question,
        )?;
        let contents = checked(&text, To::People, &stands)?;
        let channel = self.channel.unwrap_or(Channel::ChPush);
        let body = |categories: Option<&Vec<i32>>| {
            Body::SubjectNotified(SubjectNotified {
                incident_id: self.sender.incident.clone(),
                channel: channel.into(),
                contents: contents.clone(),
                notice_sha256: sha256(&text),
                categories: categories.cloned().unwrap_or_default(),
            })
        };
        let untold = listed.list.references().iter();
        let untold = untold.filter(|one| !told.contains_key(*one));
        let events = untold.map(|one| (one.clone(), body(listed.categories.get(one))));
        let clock = SystemClock::new();
        let mut report = lines_of(self.sender.json);
        let mut refusals = |line: &app::LineReport| match &line.outcome {
            app::Outcome::Sent { .. } => Ok(()),
            _ => report(line),
        };
        let sent = app::say_of_people(
            config,
            &clock,
            &self.sender.saying(&stands),
            events,
            &self.sender.options()?,
            &mut refusals,
        )?;
        let before = listed.list.count() - sent.passed - sent.refused;
        println!(
            "{} people: {} told now, {before} told before, {} refused",
            listed.list.count(),
            sent.passed,
            sent.refused
        );
        Ok(status(sent.refused))
    }

    fn public(&self, config: &Config, text: &str) -> Result<u8, Error> {
        let stands = self.sender.stands(config)?;
        let contents = checked(text, To::Public, &stands)?;
        let posted = self.sender.at.map(Time::timestamp);
        let body = PublicNoticePosted {
            incident_id: self.sender.incident.clone(),
            channel: self.channel.unwrap_or(Channel::ChPublicNotice).into(),
            contents,
            notice_sha256: sha256(text),
            posted_at: posted,
        };
        self.sender.say(config, Body::PublicNoticePosted(body))
    }
}

impl Report {
    pub(super) fn run(self, config: &Config) -> Result<u8, Error> {
        let now = || Time(SystemClock::new().now_ms());
        let at = self.sender.at.unwrap_or_else(now).timestamp();
        let incident_id = self.sender.incident.clone();
        let text = self.text.as_deref().map(read).transpose()?;
        let body = match (self.authority, text) {
            (Some(authority), Some(text)) if self.closing => {
                Body::PostIncidentReportFiled(PostIncidentReportFiled {
                    recipient_id: self.recipient,
                    incident_id,
                    authority: authority.into(),
                    report_sha256: sha256(&text),
                    filed_at: Some(at),
                    receipt_no: self.receipt_no,
                })
            }
            (Some(authority), Some(text)) => {
                let stands = self.sender.stands(config)?;
                let contents = if self.first {
                    contents(&text)?
                } else {
                    checked(&text, To::Regulator, &stands)?
                };
                Body::RegulatorNotified(RegulatorNotified {
                    recipient_id: self.recipient,
                    incident_id,
                    authority: authority.into(),
                    channel: self.channel.into(),
                    contents,
                    receipt_no: self.receipt_no,
                    notified_at: Some(at),
                    report_sha256: sha256(&text),
                    first_report: Some(self.first),
                    notified_by_ref: self.sender.by.clone(),
                })
            }
            _ => Body::PoliceReported(PoliceReported {
                recipient_id: self.recipient,
                incident_id,
                channel: self.channel.into(),
                receipt_no: self.receipt_no,
                reported_at: Some(at),
                reported_by_ref: self.sender.by.clone(),
            }),
        };
        self.sender.say(config, body)
    }
}

/// The items that a text holds, by number, where it lacks none.
fn checked(text: &str, to: To, stands: &IncidentAnswer) -> Result<Vec<i32>, Error> {
    let held = contents(text)?;
    let named: Vec<NoticeContent> = held
        .iter()
        .filter_map(|number| NoticeContent::try_from(*number).ok())
        .collect();
    let lacking = missing(&to.required(stands), &named);
    if lacking.is_empty() {
        return Ok(held);
    }
    let names = lacking.iter().map(|one| {
        let label = schema::label("custodia.v1.NoticeContent", (*one).into());
        label.map_or_else(
            || one.as_str_name().to_owned(),
            |label| format!("{} ({})", label.name_zh(), label.en),
        )
    });
    let names: Vec<String> = names.collect();
    Err(app::Error::from(respond::Error::Lacks(names.join(", "))).into())
}

fn contents(text: &str) -> Result<Vec<i32>, Error> {
    let held = contents_of(text).map_err(respond::Error::from);
    let held = held.map_err(app::Error::from)?;
    Ok(held.into_iter().map(Into::into).collect())
}
