//! Events as JSON lines, as people write them for `publish`, and producers' keys.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::producer_signature::ProducerKey;
use serde_json::{Value, json};

pub const LI: &str = "abcdefghijklmnopqrstuv2345";
pub const WANG: &str = "bbcdefghijklmnopqrstuv2345";
pub const OTHER: &str = "cbcdefghijklmnopqrstuv2345";

/// A share of a person's data with a courier, through an endpoint, under a credential.
pub fn share(subject: &str, order: &str) -> Value {
    json!({
        "occurred_at": "2026-01-02T03:04:05Z",
        "producer": "shop",
        "subject_ref": subject,
        "subject_role": "AC_SUBJECT_USER",
        "correlation_id": order,
        "data_shared": {
            "recipient_id": "courier-1",
            "case": "SH_03_GOODS_DELIVERY",
            "purpose": "PU_DELIVERY",
            "categories": ["DC_CONSIGNEE_NAME"],
            "basis": { "kind": "BA_CONTRACT", "contract_ref": order },
            "method": "MT_API",
            "destination_country": "CN",
            "transfer_sha256": STANDARD.encode([1; 32]),
            "field_count": 1,
            "record_count": 1,
            "access": {
                "endpoint_ref": "gateway-1",
                "credential_fingerprint": STANDARD.encode([0xab; 32]),
            },
        },
    })
}

/// The registration of a producer with the key of a seed.
pub fn registration(name: &str, key_id: &str, seed: u8) -> Value {
    json!({
        "occurred_at": "2026-01-01T00:00:00Z",
        "producer": "platform",
        "producer_registered": {
            "producer_name": name,
            "on_call_contact": "team@shop.example",
            "event_types": [200],
            "public_key": STANDARD.encode(ProducerKey::from_seed(&[seed; 32]).public()),
            "key_id": key_id,
        },
    })
}

/// Each as one line.
pub fn lines(events: &[Value]) -> String {
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    lines.join("\n") + "\n"
}

/// The objects of JSON lines.
pub fn objects(printed: &str) -> Vec<Value> {
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A producer's key of a seed, in a file as openssl writes it.
pub fn key_file(folder: &Path, seed: u8) -> PathBuf {
    let path = folder.join(format!("producer-{seed}.pem"));
    let head = hex::decode("302e020100300506032b657004220420").unwrap();
    let text = STANDARD.encode([&head[..], &[seed; 32]].concat());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    std::fs::write(&path, pem).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}
