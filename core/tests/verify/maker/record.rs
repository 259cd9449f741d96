//! Made-up records.

use custodia_core::record::{Record, Timestamp};
use custodia_core::schema::event_from_json;
use serde_json::{Value, json};

use super::{BEGIN_MS, DATA, INCIDENT, PEOPLE, RECIPIENTS, REGISTRY, base64};

pub fn record(log: &str, offset: u64, key: &str, body: Value) -> Record {
    let mut id = [7_u8; 16];
    id[8..].copy_from_slice(&offset.to_be_bytes());
    let mut event = json!({
        "event_id": base64(&id),
        "salt": base64(&[9; 32]),
        "occurred_at": format!("2026-11-02T01:00:{:02}Z", offset % 60),
        "producer": "loan-gateway",
        "policy_version_id": "2024-07-15-34b0c98b57f7eb15",
    });
    if log == DATA {
        event["subject_ref"] = json!(key);
        event["subject_role"] = json!("AC_SUBJECT_USER");
        event["correlation_id"] = json!("order-7");
    }
    let Value::Object(body) = body else {
        panic!("a body is an object")
    };
    event.as_object_mut().unwrap().extend(body);
    Record {
        value: Some(event_from_json(&event.to_string()).unwrap()),
        ..plain(offset, key)
    }
}

/// A record whose value is no envelope.
pub fn plain(offset: u64, key: &str) -> Record {
    Record {
        offset,
        timestamp: Timestamp::LogAppend(BEGIN_MS + i64::try_from(offset).unwrap() * 60_000),
        key: Some(key.as_bytes().to_vec()),
        value: Some(b"no envelope".to_vec()),
        headers: Vec::new(),
    }
}

pub fn share(offset: u64) -> Record {
    let (person, recipient) = (offset % 3, (offset / 3) % 3);
    let [person, recipient] = [person, recipient].map(|n| usize::try_from(n).unwrap());
    let body = json!({"data_shared": {
        "recipient_id": RECIPIENTS[recipient], "case": "SH_03_GOODS_DELIVERY",
        "purpose": "PU_DELIVERY", "method": "MT_API", "destination_country": "CN",
        "categories": ["DC_CONSIGNEE_NAME", "DC_CONSIGNEE_PHONE"], "field_count": "2",
        "basis": {"kind": "BA_CONTRACT", "contract_ref": "order-7"}, "record_count": "1",
        "transfer_sha256": base64(&[3; 32]), "order_ref": "o-7",
        "access": {"endpoint_ref": "gw-1", "credential_fingerprint": base64(&[4; 16])},
    }});
    record(DATA, offset, PEOPLE[person], body)
}

pub fn recipient((offset, id): (u64, &&str)) -> Record {
    let body = json!({"recipient_registered": {
        "recipient_id": id, "name": format!("示例{id}有限公司"), "kind": "AC_COURIER",
        "contact": "privacy@recipient.example", "legal_role": "LR_INDEPENDENT",
        "confidentiality": true, "storage_countries": ["CN"],
    }});
    record(REGISTRY, offset, id, body)
}

/// A short policy: its text has two lines, and its document is none that rules can read.
pub fn policy_version(offset: u64) -> Record {
    let id = "2024-07-15-34b0c98b57f7eb15";
    let body = json!({"policy_version_published": {
        "policy_version_id": id, "content_sha256": base64(&[1; 32]), "change_class": "PV_CHANGE_FIRST",
        "published_at": "2024-07-15T00:00:00Z", "effective_at": "2024-07-15T00:00:00Z",
        "requires_reconsent": false, "content": base64("第一行\n第二行\n".as_bytes()),
        "machine_readable": base64(b"version = 1\n"),
    }});
    record(REGISTRY, offset, id, body)
}

/// A person was told of the incident.
pub fn notified(offset: u64) -> Record {
    let person = usize::try_from(offset % 3).unwrap();
    let body = json!({"subject_notified": {
        "incident_id": INCIDENT, "channel": "CH_SMS", "notice_sha256": base64(&[5; 32]),
        "contents": ["BR_NOTIFY_CONTENT_FACTS_AND_IMPACT"],
    }});
    record(DATA, offset, PEOPLE[person], body)
}

/// What the registry has of the incident, from this offset on.
pub fn incident(offset: u64) -> Vec<Record> {
    let bodies = [
        json!({"incident_detected": {
            "incident_id": INCIDENT, "recipient_id": RECIPIENTS[0], "kinds": ["BR_EVENT_LEAK"],
            "detected_at": "2026-11-02T00:00:00Z", "known_at": "2026-11-02T00:30:00Z",
            "categories": ["DC_CONSIGNEE_PHONE"], "estimated_count": "12",
            "critical_infrastructure": false, "cause": "BR_CAUSE_CREDENTIAL_LEAKED",
            "endpoint_refs": ["gw-1"], "credential_fingerprints": [base64(&[4; 16])],
        }}),
        json!({"incident_graded": {
            "incident_id": INCIDENT, "grade": "BR_GRADE_GENERAL", "criterion": "分级指南 4.1",
            "graded_by_ref": PEOPLE[2],
        }}),
        json!({"affected_subjects_identified": {
            "incident_id": INCIDENT, "subject_set_root_sha256": base64(&[6; 32]), "subject_count": "3",
            "categories": ["DC_CONSIGNEE_PHONE"],
        }}),
    ];
    let bodies = (offset..).zip(bodies);
    bodies
        .map(|(offset, body)| record(REGISTRY, offset, INCIDENT, body))
        .collect()
}
