//! How an incident stands: what was done, which clocks run, who was told, and what is due next.

use std::collections::BTreeMap;

use custodia_core::assess::state::incidents::Incident;
use custodia_core::assess::{About, Due, Finding, Outcome, Scope, Timeline};
use custodia_core::incident::{Facts, required};
use custodia_core::privacy_policy::{NoticeKind, PrivacyPolicy};
use custodia_core::schema::v1::event::Body;
use custodia_core::verdict::{TopicRole, Verdict, event_of};
use serde::{Deserialize, Serialize};

use super::Error;
use super::facts::facts;
use super::question::IncidentQuestion;
use super::steps::{Step, steps};
use crate::assess::{FindingsDesk, Judging};
use crate::project::{Kind, Page};
use crate::query::{AsOf, Asking, CutName, Look, Standpoint, Time, Word};

/// Leaves read at once.
const PAGE: usize = 4096;
/// Looks put on record together.
const LOOKS: usize = 10_000;
/// Rules with a clock of the law, or on what a notice and a grade must be.
const CLOCKS: std::ops::RangeInclusive<u8> = 25..=28;

/// How an incident stands at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The moment.
    pub moment: Time,
    /// The incident.
    pub incident: String,
    /// Whether the ledger knows it at all.
    pub known: bool,
    /// Where it is, in a word: `unknown`, `open`, `closed`, `reopened`.
    pub stage: String,
    /// When the operator first knew: the clocks of the law run from here, whatever came later.
    pub known_at: Option<Time>,
    /// What is known of it, as far as a notice tells.
    pub facts: Facts,
    /// The grade in force at the moment.
    pub grade: Option<Word>,
    /// How many people it touches, by what is known at the moment.
    pub people: Option<u64>,
    /// The list of people affected, as the log has it.
    pub list: Option<RecordedList>,
    /// Who was told.
    pub told: Told,
    /// Its events, in order.
    pub steps: Vec<Step>,
    /// Its clocks, what is due first at the top.
    pub clocks: Vec<Clock>,
    /// What is not as it must be, and has no clock.
    pub faults: Vec<Clock>,
    /// The policy in force at the moment.
    pub policy_version_id: Option<String>,
    /// What notices must say by it.
    pub required: Required,
    /// What could not be told, and why.
    pub unknowns: Vec<String>,
}

/// The root of a list of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedList {
    /// The RFC 6962 root over the sorted references, hex.
    pub root: String,
    /// How many people.
    pub count: u64,
    /// Whether harm could be excluded (PIPL 57).
    pub harm_excluded: Option<bool>,
    /// When it was put on record, by the event.
    pub time: Time,
}

/// Who was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How many people were told one by one.
    pub people: u64,
    /// The notices by channel.
    pub channels: BTreeMap<String, u64>,
    /// How many of the list were not told; none where there is no list.
    pub untold: Option<u64>,
    /// When a public notice was posted, first.
    pub public_notice: Option<Time>,
    /// Whether a public notice must stand in: people of the list are not told, and none was posted (L262).
    pub public_notice_must_stand_in: bool,
    /// Which regulators were told, with the time.
    pub regulators: Vec<(String, Time)>,
    /// When the police were told.
    pub police: Option<Time>,
}

/// What notices must say: names of `NoticeContent` (L262; PIPL 57).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Required {
    /// To each person affected.
    pub people: Vec<String>,
    /// To the public.
    pub public: Vec<String>,
    /// To a regulator.
    pub regulator: Vec<String>,
}

impl Required {
    fn by(policy: Option<&PrivacyPolicy>) -> Self {
        let names = |kind| {
            let contents = required(policy, kind).into_iter();
            contents.map(|one| one.as_str_name().to_owned()).collect()
        };
        Self {
            people: names(NoticeKind::IncidentToPeople),
            public: names(NoticeKind::IncidentToPublic),
            regulator: names(NoticeKind::IncidentToRegulator),
        }
    }
}

/// A duty with its clock, or a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The rule, e.g. `R25`.
    pub rule: String,
    /// The finding's cause.
    pub cause: String,
    /// How it is: `met`, `running`, `missed`, `late` (done after it was due), or the finding's result.
    pub state: String,
    /// When it is due: the last moment in time is right before.
    pub due: Option<Time>,
    /// What is left until then, in milliseconds; below 0 where it is over.
    pub left_ms: Option<i64>,
    /// What the rule says, in Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// The clauses.
    pub clauses: Vec<String>,
}

/// A piece of the answer: first how the incident stands, then each person who was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentPiece {
    /// How it stands.
    Incident(Box<IncidentAnswer>),
    /// Someone who was told, ascending by reference.
    Person(ToldPerson),
}

/// Someone who was told of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldPerson {
    /// The reference.
    pub subject_ref: String,
    /// By which channel first.
    pub channel: String,
}

/// How does an incident stand? `each` takes the pieces; where it says false, the rest is left out.
///
/// # Errors
/// What keeps rows or leaves from being read, and, where people are named, what keeps a look from going on
/// record: then nothing has left.
pub fn incident(
    desk: &FindingsDesk,
    asking: &Asking,
    question: &IncidentQuestion,
    each: &mut dyn FnMut(IncidentPiece) -> bool,
) -> Result<(), Error> {
    let as_of: Option<AsOf> = question.as_of.as_deref().map(str::parse).transpose()?;
    let from = desk.desk().view().standpoint(as_of.as_ref(), question.at)?;
    let moment_ms = question.at.map_or_else(|| desk.clock().now_ms(), |at| at.0);
    let judging = desk.judging(&from)?;
    let standing = Standing {
        judging: &judging,
        from: &from,
        id: &question.incident,
        moment_ms,
    };
    let (notified, answer) = standing.answer()?;
    if question.people {
        let told: Vec<&String> = notified.keys().collect();
        for some in told.chunks(LOOKS) {
            desk.desk().record(&Look {
                asking,
                query: &format!("incident {}", question.incident),
                cut: from.cut(),
                people: some.iter().map(|one| ((*one).clone(), 1)).collect(),
                extract: None,
            })?;
        }
    }
    if !each(IncidentPiece::Incident(Box::new(answer))) || !question.people {
        return Ok(());
    }
    for (subject_ref, channel) in notified {
        let channel = channel_name(channel);
        if !each(IncidentPiece::Person(ToldPerson {
            subject_ref,
            channel,
        })) {
            break;
        }
    }
    Ok(())
}

struct Standing<'a> {
    judging: &'a Judging<'a>,
    from: &'a Standpoint<'a>,
    id: &'a str,
    moment_ms: i64,
}

/// Whom a notice reached, by which channel first.
type Notified = BTreeMap<String, i32>;

impl Standing<'_> {
    fn answer(&self) -> Result<(Notified, IncidentAnswer), Error> {
        let mut unknowns = Vec::new();
        let notified = self.notified()?;
        let timeline = self.timeline(&mut unknowns)?;
        let incident = Incident::of(&timeline);
        let about = About::Incident(self.id.to_owned());
        let findings = self.judging.findings(Scope::Incident, &about, &timeline);
        let (clocks, faults) = self.clocks(&findings);
        let list = incident.affected.last().map(|list| RecordedList {
            root: hex::encode(&list.said.subject_set_root_sha256),
            count: list.said.subject_count.unwrap_or_default(),
            harm_excluded: list.said.harm_excluded,
            time: Time(list.ms),
        });
        let policies = self.judging.policies();
        let policy = policies.in_force(self.moment_ms);
        let grade = incident.grade_at(self.moment_ms);
        let answer = IncidentAnswer {
            cut: CutName::from(self.from.cut()),
            moment: Time(self.moment_ms),
            incident: self.id.to_owned(),
            known: !timeline.is_empty(),
            stage: stage(&incident).to_owned(),
            known_at: incident.known().map(|known| Time(known.ms)),
            facts: self.facts(&timeline),
            grade: grade.and_then(|grade| Word::of("IncidentGrade", grade.said.into())),
            people: incident.people_at(self.moment_ms).map(|people| people.said),
            told: told(&incident, &notified, list.as_ref()),
            list,
            steps: steps(&timeline),
            clocks,
            faults,
            required: Required::by(policy.and_then(|of| of.document.as_deref())),
            policy_version_id: policy.map(|of| of.published.policy_version_id.clone()),
            unknowns,
        };
        Ok((notified, answer))
    }

    /// What happened to it; without the notices to people where these are too many to be judged.
    fn timeline(&self, unknowns: &mut Vec<String>) -> Result<Timeline, Error> {
        if let Ok(timeline) = self.judging.timeline(Kind::Incident, self.id)? {
            return Ok(timeline);
        }
        unknowns.push(
            "more people were told than are judged together (CU-0860); R26 is judged without them"
                .to_owned(),
        );
        let register = self.judging.register().all().iter();
        let own = register.filter(|one| incident_of(one.body()) == Some(self.id));
        Ok(Timeline::new(own.cloned()).unwrap_or_default())
    }

    /// Whom a notice reached, read leaf by leaf.
    fn notified(&self) -> Result<Notified, Error> {
        let mut notified = Notified::new();
        let events = |log: &&crate::query::LogRows| log.role == TopicRole::Events;
        for log in self.from.logs().filter(events) {
            let mut page = Page {
                most: PAGE,
                ..Page::all_below(self.from.size_of(log))
            };
            loop {
                let leaves = log
                    .rows
                    .leaves_of(Kind::Incident, self.id.as_bytes(), &page)?;
                for index in &leaves {
                    let verdict = log.rows.verdict_of(*index)?.verdict;
                    if !verdict.as_ref().is_some_and(Verdict::is_accepted) {
                        continue;
                    }
                    let record = log.log().record(self.from.view().keys(), *index)?;
                    let Some(event) = record.as_ref().and_then(event_of) else {
                        continue;
                    };
                    let at = event.occurred_at.as_ref().map(crate::query::time_of);
                    if let Some(Body::SubjectNotified(said)) = event.body
                        && self.from.had_happened(at)
                    {
                        notified.entry(event.subject_ref).or_insert(said.channel);
                    }
                }
                match leaves.last() {
                    Some(last) if leaves.len() == PAGE => page.from = last + 1,
                    _ => break,
                }
            }
        }
        Ok(notified)
    }

    /// Findings with a clock, by what is due first, and those that are a fault at the moment.
    fn clocks(&self, findings: &[Finding]) -> (Vec<Clock>, Vec<Clock>) {
        let (mut clocks, mut faults) = (Vec::new(), Vec::new());
        for finding in findings.iter().filter(|one| CLOCKS.contains(&one.rule)) {
            match finding.due {
                Some(due) => clocks.push(self.clock(finding, Some(due))),
                None if finding.result != Outcome::Pass && finding.stands_at(self.moment_ms) => {
                    faults.push(self.clock(finding, None));
                }
                None => {}
            }
        }
        clocks.sort_by(|a, b| (a.is_done(), a.due, &a.rule).cmp(&(b.is_done(), b.due, &b.rule)));
        (clocks, faults)
    }

    fn clock(&self, finding: &Finding, due: Option<Due>) -> Clock {
        let due_ms = due.map(|due| due.lawful_ms.unwrap_or(due.strict_ms).min(due.strict_ms));
        let over = due_ms.is_some_and(|due| due <= self.moment_ms);
        let state = match (finding.result, due_ms) {
            (result, None) => result.name(),
            (Outcome::Pass, _) => "met",
            _ if finding
                .until_ms
                .is_some_and(|until| until <= self.moment_ms) =>
            {
                "late"
            }
            _ if over => "missed",
            _ => "running",
        };
        Clock {
            rule: format!("R{:02}", finding.rule),
            cause: finding.cause.clone(),
            state: state.to_owned(),
            due: due_ms.map(Time),
            left_ms: due_ms.map(|due| due.saturating_sub(self.moment_ms)),
            zh: finding.sentence.zh.clone(),
            en: finding.sentence.en.clone(),
            clauses: finding.clauses.clone(),
        }
    }

    fn facts(&self, timeline: &Timeline) -> Facts {
        let detected = timeline.iter().rev().find_map(|one| match one.body() {
            Body::IncidentDetected(said) => Some(said),
            _ => None,
        });
        let policy = self.judging.policies().policy(self.moment_ms);
        facts(self.id, detected, timeline, policy)
    }
}

impl Clock {
    fn is_done(&self) -> bool {
        matches!(self.state.as_str(), "met" | "late")
    }
}

fn told(incident: &Incident<'_>, notified: &Notified, list: Option<&RecordedList>) -> Told {
    let mut channels = BTreeMap::new();
    for channel in notified.values() {
        *channels.entry(channel_name(*channel)).or_default() += 1;
    }
    let people = notified.len() as u64;
    let public = incident.notices.iter().find(|notice| notice.is_public);
    let untold = list.map(|list| list.count.saturating_sub(people));
    let excluded = list.is_some_and(|list| list.harm_excluded == Some(true));
    Told {
        people,
        channels,
        untold,
        public_notice: public.map(|notice| Time(notice.ms)),
        public_notice_must_stand_in: untold.is_some_and(|untold| untold > 0)
            && public.is_none()
            && !excluded,
        regulators: incident
            .reports
            .iter()
            .map(|report| {
                let authority = report.said.authority().as_str_name();
                (authority.to_owned(), Time(report.ms))
            })
            .collect(),
        police: incident.police.first().map(|told| Time(told.ms)),
    }
}

fn channel_name(channel: i32) -> String {
    let word = Word::of("Channel", channel);
    word.map_or_else(|| channel.to_string(), |word| word.value)
}

/// Where an incident is. What is detected after a closing opens it again.
fn stage(incident: &Incident<'_>) -> &'static str {
    let closed = incident.closings.last().map(|closing| closing.ms);
    let detected = incident
        .detections
        .iter()
        .map(|one| one.on.occurred_at_ms)
        .max();
    match (detected, closed) {
        (None, None) => "unknown",
        (_, None) => "open",
        (Some(detected), Some(closed)) if detected > closed => "reopened",
        (_, Some(_)) => "closed",
    }
}

fn incident_of(body: &Body) -> Option<&str> {
    Some(match body {
        Body::IncidentDetected(said) => &said.incident_id,
        Body::IncidentGraded(said) => &said.incident_id,
        Body::ContainmentTaken(said) => &said.incident_id,
        Body::AffectedSubjectsIdentified(said) => &said.incident_id,
        Body::RegulatorNotified(said) => &said.incident_id,
        Body::PublicNoticePosted(said) => &said.incident_id,
        Body::PoliceReported(said) => &said.incident_id,
        Body::IncidentClosed(said) => &said.incident_id,
        Body::PostIncidentReportFiled(said) => &said.incident_id,
        _ => return None,
    })
}
