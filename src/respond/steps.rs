//! The events of an incident, each in a line.

use custodia_core::assess::{LeafAt, Occurrence, Timeline};
use custodia_core::schema;
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use crate::query::{Time, Word};

/// An event of an incident. Notices to people aren't among them: they are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When it happened, by the event.
    pub time: Time,
    /// When Kafka took the record.
    pub record_time: Option<Time>,
    /// The kind of event.
    pub event: String,
    /// What it says, in a few words.
    pub says: String,
    /// The leaf.
    pub leaf: LeafAt,
}

/// The events but those of people, in order.
pub(super) fn steps(timeline: &Timeline) -> Vec<Step> {
    let own = timeline.iter().filter(|one| one.subject().is_none());
    own.map(step).collect()
}

fn step(one: &Occurrence) -> Step {
    let kind = schema::body_of(one.kind).map(|kind| kind.name.clone());
    Step {
        time: Time(one.occurred_at_ms),
        record_time: one.record_time_ms.map(Time),
        event: kind.unwrap_or_default(),
        says: says(one.body()),
        leaf: one.leaf.clone(),
    }
}

fn says(body: &Body) -> String {
    match body {
        Body::IncidentDetected(said) => format!(
            "{}; about {} people",
            names("IncidentKind", &said.kinds),
            said.estimated_count.unwrap_or_default()
        ),
        Body::IncidentGraded(said) => {
            format!("{}: {}", name("IncidentGrade", said.grade), said.criterion)
        }
        Body::ContainmentTaken(said) => name("ContainmentStep", said.step),
        Body::AffectedSubjectsIdentified(said) => format!(
            "{} people, root {}",
            said.subject_count.unwrap_or_default(),
            hex::encode(&said.subject_set_root_sha256)
        ),
        Body::RegulatorNotified(said) => format!(
            "{} by {}{}",
            name("ReportedBody", said.authority),
            name("Channel", said.channel),
            receipt(&said.receipt_no)
        ),
        Body::PoliceReported(said) => {
            format!(
                "by {}{}",
                name("Channel", said.channel),
                receipt(&said.receipt_no)
            )
        }
        Body::PublicNoticePosted(said) => name("Channel", said.channel),
        Body::IncidentClosed(said) => match said.final_count {
            Some(count) => format!("{count} people in the end"),
            None => String::new(),
        },
        Body::PostIncidentReportFiled(said) => format!(
            "with {}{}",
            name("ReportedBody", said.authority),
            receipt(&said.receipt_no)
        ),
        _ => String::new(),
    }
}

fn receipt(number: &str) -> String {
    if number.is_empty() {
        String::new()
    } else {
        format!(", receipt {number}")
    }
}

fn name(vocabulary: &str, number: i32) -> String {
    let word = Word::of(vocabulary, number);
    word.map_or_else(String::new, |word| word.shown().to_owned())
}

fn names(vocabulary: &str, numbers: &[i32]) -> String {
    let all: Vec<String> = numbers.iter().map(|one| name(vocabulary, *one)).collect();
    all.join(", ")
}
