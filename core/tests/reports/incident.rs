//! A made-up incident: known, graded up, told of late, closed.

use custodia_core::extract::Profile;
use serde_json::{Value, json};

use crate::sample::{BEGIN_MS, EVENTS, HOUR_MS, INCIDENT, REGISTRY, Sample, base64, manifest};

/// 2026-11-04 09:00 at UTC+8.
const KNOWN_MS: i64 = BEGIN_MS + 48 * HOUR_MS;

/// What stands in the registry of it.
const STEPS: &str = include_str!("incident.json");

#[derive(serde::Deserialize)]
struct Step {
    /// When the record came, after the operator knew.
    hours: i64,
    kind: String,
    body: Value,
}

/// The incident with everything that names it.
pub fn incident() -> Sample {
    let mut sample = Sample {
        manifest: manifest(Profile::RIncident),
        lines: Vec::new(),
    };
    sample.recipient("courier-1", "快马加鞭物流(示例)有限公司", "AC_COURIER");
    sample.policy();
    for step in serde_json::from_str::<Vec<Step>>(STEPS).unwrap() {
        let mut body = step.body;
        body["incident_id"] = json!(INCIDENT);
        let body = json!({ step.kind: body });
        sample.event(REGISTRY, KNOWN_MS + step.hours * HOUR_MS, &body);
    }
    for number in 0..3 {
        let told = sample.event(EVENTS, KNOWN_MS + (30 + number) * HOUR_MS, &told());
        told.said.subject = Some(format!("P-SAMPLE{number:04}"));
    }
    sample
}

fn told() -> Value {
    json!({"subject_notified": {
        "incident_id": INCIDENT, "channel": "CH_SMS", "notice_sha256": base64(&[5; 32]),
        "contents": ["BR_NOTIFY_CONTENT_FACTS_AND_IMPACT"],
    }})
}
