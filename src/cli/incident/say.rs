//! `custodia incident open|grade|contain|close`.

use std::path::{Path, PathBuf};

use clap::Args;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{
    ContainmentStep, ContainmentTaken, DataCategory, IncidentCause, IncidentClosed,
    IncidentDetected, IncidentGrade, IncidentGraded, IncidentKind,
};

use super::{Sender, read, sha256, words};
use crate::cli::Error;
use crate::config::Config;
use crate::query::Time;
use crate::respond::{Exposure, Leaked};

/// A breach was seen. With --exposure, what `custodia exposure --json` said fills in what isn't given:
/// categories, people, window, credential, endpoint and recipient.
#[derive(Debug, Args)]
pub struct Open {
    #[command(flatten)]
    sender: Sender,
    /// What happened, e.g. leak; may be given several times.
    #[arg(long = "kind", value_name = "KIND", value_parser = words::kind, required = true)]
    kinds: Vec<IncidentKind>,
    /// The answer of `custodia exposure --json`.
    #[arg(long, value_name = "FILE.json")]
    exposure: Option<PathBuf>,
    /// Put the grade that the exposure suggests on record, too.
    #[arg(long = "grade", requires = "exposure")]
    graded: bool,
    /// A category that it touches; may be given several times.
    #[arg(long = "category", value_name = "DC_…", value_parser = words::category)]
    categories: Vec<DataCategory>,
    /// How many people, as estimated.
    #[arg(long, value_name = "N")]
    people: Option<u64>,
    /// When it was seen (RFC 3339); default: when it was known.
    #[arg(long, value_name = "TIME")]
    detected: Option<Time>,
    /// When the operator knew (RFC 3339); the clocks of the law run from the first one. Default: --at, or now.
    #[arg(long, value_name = "TIME")]
    known: Option<Time>,
    /// Critical infrastructure is concerned.
    #[arg(long)]
    critical: bool,
    /// What made it possible, as far as known.
    #[arg(long, value_parser = words::cause)]
    cause: Option<IncidentCause>,
    /// The recipient on whose side it happened.
    #[arg(long, value_name = "ID")]
    recipient: Option<String>,
    /// Beginning of the window of exposure (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// End of it (RFC 3339).
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    /// A credential that is concerned, by fingerprint in hex; may be given several times.
    #[arg(long = "credential", value_name = "FINGERPRINT", value_parser = words::fingerprint)]
    credentials: Vec<Vec<u8>>,
    /// An endpoint that is concerned; may be given several times.
    #[arg(long = "endpoint", value_name = "NAME")]
    endpoints: Vec<String>,
}

/// It was graded. With --exposure, the grade that `custodia exposure --json` suggests fills in what isn't
/// given.
#[derive(Debug, Args)]
pub struct Grade {
    #[command(flatten)]
    sender: Sender,
    /// The grade: general, larger, major, especially-major.
    #[arg(long = "grade", value_parser = words::grade, required_unless_present = "exposure")]
    given: Option<IncidentGrade>,
    /// The criterion it rests on.
    #[arg(long, value_name = "TEXT", required_unless_present = "exposure")]
    criterion: Option<String>,
    /// How many people it counts.
    #[arg(long, value_name = "N")]
    people: Option<u64>,
    /// The answer of `custodia exposure --json`.
    #[arg(long, value_name = "FILE.json")]
    exposure: Option<PathBuf>,
}

/// A step was taken against it.
#[derive(Debug, Args)]
pub struct Contain {
    #[command(flatten)]
    sender: Sender,
    /// The step: stop-loss, analyse, locate, remedy, trace.
    #[arg(long, value_parser = words::step)]
    step: ContainmentStep,
    /// The record of it; its SHA-256 goes on record.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// The recipient it concerns.
    #[arg(long, value_name = "ID", default_value = "")]
    recipient: String,
    /// A credential that was revoked, by fingerprint in hex; may be given several times.
    #[arg(long = "credential", value_name = "FINGERPRINT", value_parser = words::fingerprint)]
    credentials: Vec<Vec<u8>>,
    /// An endpoint that was closed; may be given several times.
    #[arg(long = "endpoint", value_name = "NAME")]
    endpoints: Vec<String>,
}

/// It is over.
#[derive(Debug, Args)]
pub struct Close {
    #[command(flatten)]
    sender: Sender,
    /// How many people, in the end.
    #[arg(long, value_name = "N")]
    people: Option<u64>,
}

impl Open {
    pub(super) fn run(self, config: &Config) -> Result<u8, Error> {
        let exposure = self.exposure.as_deref().map(exposure).transpose()?;
        let mut bodies = vec![Body::IncidentDetected(self.body(exposure.as_ref()))];
        if let Some(exposure) = exposure.as_ref().filter(|_| self.graded) {
            let body = suggested(exposure, &self.sender);
            bodies.push(Body::IncidentGraded(body));
        }
        self.sender.say_all(config, bodies)
    }

    fn body(&self, exposure: Option<&Exposure>) -> IncidentDetected {
        use crate::clock::Clock as _;
        let now = || Time(crate::clock::SystemClock::new().now_ms());
        let known = self.known.or(self.sender.at).unwrap_or_else(now);
        let detected = self.detected.unwrap_or(known);
        let leaked = exposure.map(|exposure| &exposure.of);
        let mut body = IncidentDetected {
            recipient_id: self.recipient.clone().unwrap_or_default(),
            incident_id: self.sender.incident.clone(),
            detected_at: Some(detected.timestamp()),
            known_at: Some(known.timestamp()),
            kinds: self.kinds.iter().map(|kind| (*kind).into()).collect(),
            categories: self.categories.iter().map(|one| (*one).into()).collect(),
            estimated_count: self.people.or(exposure.map(|exposure| exposure.people)),
            critical_infrastructure: Some(self.critical),
            cause: self.cause.map_or(0, Into::into),
            window_from: self
                .from
                .or(exposure.and_then(|exposure| exposure.from.or(exposure.first)))
                .map(Time::timestamp),
            window_until: self
                .to
                .or(exposure.and_then(|exposure| exposure.until.or(exposure.last)))
                .map(Time::timestamp),
            endpoint_refs: self.endpoints.clone(),
            credential_fingerprints: self.credentials.clone(),
        };
        if body.categories.is_empty() {
            body.categories = exposure.map(categories).unwrap_or_default();
        }
        match leaked {
            Some(Leaked::Credential(hex)) if body.credential_fingerprints.is_empty() => {
                body.credential_fingerprints.extend(hex::decode(hex).ok());
            }
            Some(Leaked::Endpoint(name)) if body.endpoint_refs.is_empty() => {
                body.endpoint_refs.push(name.clone());
            }
            Some(Leaked::Recipient(id)) if body.recipient_id.is_empty() => {
                body.recipient_id.clone_from(id);
            }
            _ => {}
        }
        if body.recipient_id.is_empty()
            && let Some([held]) = exposure.map(|exposure| exposure.recipients.as_slice())
        {
            body.recipient_id.clone_from(&held.id);
        }
        body
    }
}

impl Grade {
    pub(super) fn run(self, config: &Config) -> Result<u8, Error> {
        let exposure = self.exposure.as_deref().map(exposure).transpose()?;
        let base = exposure
            .as_ref()
            .map(|exposure| suggested(exposure, &self.sender));
        let base = base.unwrap_or_else(|| IncidentGraded {
            incident_id: self.sender.incident.clone(),
            graded_by_ref: self.sender.by.clone(),
            ..IncidentGraded::default()
        });
        let body = IncidentGraded {
            grade: self.given.map_or(base.grade, Into::into),
            criterion: self.criterion.clone().unwrap_or(base.criterion),
            person_count: self.people.or(base.person_count),
            ..base
        };
        self.sender.say(config, Body::IncidentGraded(body))
    }
}

impl Contain {
    pub(super) fn run(self, config: &Config) -> Result<u8, Error> {
        let record = self.record.as_deref().map(read).transpose()?;
        let body = ContainmentTaken {
            recipient_id: self.recipient.clone(),
            incident_id: self.sender.incident.clone(),
            step: self.step.into(),
            record_sha256: record.map(|text| sha256(&text)).unwrap_or_default(),
            taken_by_ref: self.sender.by.clone(),
            endpoint_refs: self.endpoints.clone(),
            credential_fingerprints: self.credentials.clone(),
        };
        self.sender.say(config, Body::ContainmentTaken(body))
    }
}

impl Close {
    pub(super) fn run(self, config: &Config) -> Result<u8, Error> {
        use crate::clock::Clock as _;
        let now = || Time(crate::clock::SystemClock::new().now_ms());
        let body = IncidentClosed {
            incident_id: self.sender.incident.clone(),
            closed_at: Some(self.sender.at.unwrap_or_else(now).timestamp()),
            final_count: self.people,
            closed_by_ref: self.sender.by.clone(),
        };
        self.sender.say(config, Body::IncidentClosed(body))
    }
}

/// The grade that an exposure suggests; none given where it suggests none, which is then refused.
fn suggested(exposure: &Exposure, sender: &Sender) -> IncidentGraded {
    let grade = exposure.grade.as_ref();
    let by_name = grade.and_then(|one| IncidentGrade::from_str_name(&one.grade));
    IncidentGraded {
        incident_id: sender.incident.clone(),
        grade: by_name.map_or(0, Into::into),
        criterion: grade.map_or_else(String::new, |one| one.criterion.clone()),
        person_count: Some(exposure.people),
        graded_by_ref: sender.by.clone(),
    }
}

/// The answer of `custodia exposure --json` in a file.
pub(super) fn exposure(path: &Path) -> Result<Exposure, Error> {
    let text = read(path)?;
    serde_json::from_str(&text).map_err(|error| Error::File {
        path: path.to_owned(),
        source: error.into(),
    })
}

/// The categories that an exposure touches, by number.
pub(super) fn categories(exposure: &Exposure) -> Vec<i32> {
    let names = exposure.categories.iter();
    let known = names.filter_map(|one| DataCategory::from_str_name(&one.category.value));
    known.map(Into::into).collect()
}
