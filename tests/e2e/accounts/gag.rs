//! What is under a running gag is for the lawyers and for regulators: to others it is as if it weren't there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Asked, text};
use crate::events::lines;
use crate::ledger::Serving;

const CASE: &str = "case-under-gag";

/// A demand that names a person and gags, and the disclosure that it brought: both in the registry.
fn told(subject: &str) -> [Value; 2] {
    let gag = "2126-01-01T00:00:00Z";
    let demand = json!({
        "occurred_at": "2026-10-02T00:00:00Z",
        "producer": "legal-desk",
        "authority_request_received": {
            "recipient_id": "authority-taoxi",
            "case_ref": CASE,
            "authority": "桃溪坞县公安局",
            "officers_verified": true,
            "document_type": "DI_DOC_INVESTIGATION_LETTER",
            "document_no": "2026-77",
            "document_sha256": STANDARD.encode([7; 32]),
            "scope": ["DC_MOBILE_NUMBER"],
            "gag_until": gag,
            "named_subject_ref": subject,
        },
    });
    let disclosed = json!({
        "occurred_at": "2026-10-03T00:00:00Z",
        "producer": "legal-desk",
        "data_disclosed": {
            "recipient_id": "authority-taoxi",
            "case": "DI_02_LEGAL_COMPULSION",
            "categories": ["DC_MOBILE_NUMBER"],
            "method": "MT_FILE",
            "case_ref": CASE,
            "basis": { "kind": "BA_LEGAL_COMPULSION", "citation": "PIPL 13(1)(3)" },
            "gag_until": gag,
            "document_sha256": STANDARD.encode([7; 32]),
            "named_subject_ref": subject,
        },
    });
    [demand, disclosed]
}

fn cases(asked: &Asked, of: &[&str]) -> Vec<String> {
    let answer = asked.of_people(&[&["disclosures"], of].concat());
    let cases = answer["cases"].as_array().unwrap().iter();
    cases.map(|case| text(&case["case_ref"])).collect()
}

pub fn hidden_and_shown(mut asked: Asked, mut serving: Serving) {
    let rows =
        |serving: &mut Serving| serving.metric("custodia_projected_size", "custodia.registry");
    let before = rows(&mut serving).unwrap();
    let subpoenaed = asked.town.facts().subpoenaed.unwrap();
    let subject = asked.town.customer(subpoenaed).subject_ref;
    asked.ledger.ok_on(&["publish"], &lines(&told(&subject)));
    serving.until("rows of the registry", |serving| {
        (rows(serving)? >= before + 2).then_some(())
    });
    let authority = ["--authority", "authority-taoxi"];
    let open = cases(&asked, &authority);
    assert_eq!(cases(&asked, &[&subject]), ["case-1"]);
    assert!(!open.contains(&CASE.to_owned()));
    serving.stop();
    let uid = rustix::process::getuid().as_raw();
    let role = format!("access.principals.{uid}.role");
    asked.ledger = asked.ledger.set(&role, "legal");
    assert_eq!(cases(&asked, &[&subject]), ["case-1", CASE]);
    assert_eq!(cases(&asked, &authority).len(), open.len() + 1);
    let answer = asked.of_people(&["disclosures", &subject]);
    let outcome = &answer["cases"][1]["outcomes"][0];
    assert_eq!(outcome["subject"], subject.as_str());
    asked.ledger = asked.ledger.set(&role, "protection_officer");
    assert_eq!(cases(&asked, &[&subject]), ["case-1"]);
}
