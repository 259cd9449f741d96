//! What the rules say in an extract: judged again, and compared with what stands there.

use custodia_core::assess::Outcome as Result;
use custodia_core::extract::{Int, Profile, SaidAbout};
use custodia_core::verify::{Extract, Language, Outcome, render};

use crate::asked::{check, fails, proven};
use crate::maker::{Draft, Ledger, PROFILES, policy};

fn draft() -> Draft {
    Ledger::with_events(40).draft(Profile::RSubject)
}

/// Changes the text of a document and lists and signs it again, as an operator could.
fn document_fails(name: &str, from: &str, to: &str) {
    let mut draft = draft();
    let document = draft.documents.iter_mut().find(|(one, _)| one == name);
    let (_, bytes) = document.unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(from), "{name} has no {from:?}");
    *bytes = text.replacen(from, to, 1).into_bytes();
    let files = draft.files();
    let report = check(&Extract::Archive(&crate::maker::archive(&files)), &policy());
    let failure = report.failure.unwrap();
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(failure.place.starts_with(name), "{failure}");
    assert_eq!(failure.fault.reason(), "document");
}

/// Changes what the manifest says, makes the documents again, and signs all of it.
fn manifest_fails(reason: &str, words: &str, change: impl FnOnce(&mut Draft)) {
    let mut draft = draft();
    change(&mut draft);
    draft.make_documents();
    fails(&draft.files(), "manifest.json", reason, words);
}

#[test]
fn findings_are_judged_again_and_counted_by_what_makes_them_count() {
    for profile in PROFILES {
        let draft = Ledger::with_events(40).draft(profile);
        let [confirmed, said, refuted] = proven(&draft).finding_counts().unwrap();
        let listed = draft.manifest.findings.len() as u64;
        assert_eq!(
            (said, refuted),
            (listed, draft.manifest.refuted.len() as u64)
        );
        if profile.judged().is_none() {
            assert_eq!([confirmed, said, refuted], [0; 3]);
        } else if profile != Profile::RRecipient {
            assert!(
                confirmed > 0 && said == 1 && refuted == 1,
                "{confirmed} {said} {refuted}"
            );
        }
        let table = draft
            .documents
            .iter()
            .find(|(name, _)| name == "findings.csv");
        let rows = String::from_utf8(table.unwrap().1.clone()).unwrap();
        assert_eq!(rows.lines().count() as u64, 1 + confirmed + said + refuted);
    }
}

#[test]
fn people_and_programs_are_told_which_findings_are_confirmed() {
    let report = proven(&draft());
    let json: serde_json::Value = serde_json::from_str(&render::json(&report)).unwrap();
    let list = json["findings"]["list"].as_array().unwrap();
    for (standing, words) in [
        ("confirmed", "follows from the opened leaves alone"),
        ("operator", "the operator's word: it rests in part"),
        ("refuted", "says that what is withheld refutes it"),
    ] {
        let of_it = list.iter().filter(|one| one["standing"] == standing);
        assert_eq!(
            of_it.count() as u64,
            json["findings"][standing].as_u64().unwrap()
        );
        assert!(
            list.iter()
                .any(|one| one["standing"] == standing && one["rule"].is_string())
        );
        let text = render::text(&report, Language::En);
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_changed_finding_sentence_or_policy_line_fails_though_it_is_signed() {
    document_fails("findings.csv", "UNKNOWN", "WARN");
    document_fails("findings.csv", "confirmed", "operator");
    document_fails("报告.zh-CN.html", "证据不足</span>", "需查看</span>");
    document_fails(
        "report.en.html",
        "follows from the opened leaves alone",
        "is proven",
    );
    let id = "2024-07-15-34b0c98b57f7eb15";
    document_fails(&format!("policy/{id}.txt"), "第二行", "第三行");
    document_fails(&format!("policy/{id}.toml"), "version = 1", "version = 2");
}

#[test]
fn what_the_operator_says_is_held_against_what_the_leaves_give() {
    // Of a confirmed finding nobody's word is needed, and none may differ from it under its name.
    manifest_fails("contradiction", "confirmed by the opened slots", |draft| {
        let mut answer = custodia_core::report::Answer::new(&draft.manifest);
        draft
            .lines
            .iter()
            .for_each(|line| answer.push(line).unwrap());
        answer.finish();
        let given = answer.findings().nth(1).unwrap();
        draft.manifest.findings = vec![custodia_core::extract::SaidFinding::of(given).unwrap()];
    });
    manifest_fails("contradiction", "not of this question", |draft| {
        draft.manifest.findings[0].since = Int(i64::MAX);
    });
    manifest_fails("contradiction", "give no finding number 9000", |draft| {
        draft.manifest.refuted = vec![Int(9000)];
    });
    manifest_fails(
        "contradiction",
        "not those that the leaves publish",
        |draft| {
            draft.manifest.policies.clear();
        },
    );
    manifest_fails(
        "contradiction",
        "not those that the leaves publish",
        |draft| {
            draft.manifest.policies.push("2025-01-01".into());
        },
    );
}

#[test]
fn findings_keep_the_manifests_rules() {
    manifest_fails("manifest_rule", "findings doesn't ascend", |draft| {
        let twice = draft.manifest.findings[0].clone();
        draft.manifest.findings.push(twice);
    });
    manifest_fails("manifest_rule", "about somebody else", |draft| {
        draft.manifest.findings[0].about = SaidAbout::Recipient("courier-1".into());
    });
    manifest_fails("manifest_rule", "says that a rule is kept", |draft| {
        draft.manifest.findings[0].result = Result::Pass;
    });
    manifest_fails("manifest_rule", "refuted doesn't ascend", |draft| {
        draft.manifest.refuted = vec![Int(1), Int(0)];
    });
    manifest_fails("manifest_rule", "can't be part of a name", |draft| {
        draft.manifest.policies = vec!["../x".into()];
    });
    manifest_fails("manifest_rule", "more than 10000", |draft| {
        let one = draft.manifest.findings[0].clone();
        draft.manifest.findings = vec![one; 10_001];
    });
}

#[test]
fn of_rules_that_are_not_known_the_leaves_are_proven_and_the_reports_are_not() {
    let mut draft = draft();
    draft.manifest.rules = [7; 32];
    draft.make_documents();
    let report = check(&Extract::Archive(&draft.archive()), &policy());
    assert_eq!(report.failure, None);
    assert_eq!(report.outcome, Outcome::ReportsUnchecked);
    assert_eq!(report.findings, None);
}

#[test]
fn with_a_period_nothing_is_judged_again() {
    let mut draft = draft();
    draft.manifest.query.from = Some(Int(0));
    draft.manifest.refuted.clear();
    draft.make_documents();
    let [confirmed, said, refuted] = proven(&draft).finding_counts().unwrap();
    assert_eq!((confirmed, said, refuted), (0, 1, 0));
}
