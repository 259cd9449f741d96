//! What the ledger knows of an incident, as a notice tells it in Chinese.

use std::collections::BTreeSet;

use custodia_core::assess::Timeline;
use custodia_core::incident::Facts;
use custodia_core::privacy_policy::PrivacyPolicy;
use custodia_core::schema::v1::IncidentDetected;
use custodia_core::schema::v1::event::Body;

use crate::query::{Time, Word, time_of};

/// What the last detection, the steps taken and the policy say.
pub(super) fn facts(
    incident_id: &str,
    detected: Option<&IncidentDetected>,
    timeline: &Timeline,
    policy: Option<&PrivacyPolicy>,
) -> Facts {
    let mut categories: BTreeSet<i32> = BTreeSet::new();
    let mut measures = Vec::new();
    for one in timeline {
        match one.body() {
            Body::IncidentDetected(said) => categories.extend(&said.categories),
            Body::AffectedSubjectsIdentified(said) => categories.extend(&said.categories),
            Body::ContainmentTaken(said) => {
                let at = Time(one.occurred_at_ms);
                measures.push(format!("{at} {}", zh("ContainmentStep", &[said.step])));
            }
            _ => {}
        }
    }
    let categories: Vec<i32> = categories.into_iter().collect();
    Facts {
        incident_id: incident_id.to_owned(),
        what: detected.map(what).unwrap_or_default(),
        data_types: zh("DataCategory", &categories),
        cause: detected.map_or_else(String::new, |said| zh("IncidentCause", &[said.cause])),
        measures: measures.join("；"),
        contact: policy.map(contact).unwrap_or_default(),
    }
}

fn what(said: &IncidentDetected) -> String {
    let time = |time: &Option<prost_types::Timestamp>| time.as_ref().map(time_of);
    let mut parts = vec![zh("IncidentKind", &said.kinds)];
    if let (Some(from), Some(until)) = (time(&said.window_from), time(&said.window_until)) {
        parts.push(format!("发生于 {from} 至 {until}"));
    }
    parts.extend(time(&said.detected_at).map(|detected| format!("于 {detected} 发现")));
    parts.join("，")
}

fn contact(policy: &PrivacyPolicy) -> String {
    let operator = &policy.operator;
    let all = [&operator.name, &operator.address, &operator.email];
    let all: Vec<&str> = all.into_iter().map(String::as_str).collect();
    all.join("，")
}

fn zh(vocabulary: &str, numbers: &[i32]) -> String {
    let words = numbers.iter().filter_map(|one| Word::of(vocabulary, *one));
    let all: Vec<String> = words.map(|word| word.zh.unwrap_or(word.value)).collect();
    all.join("、")
}
