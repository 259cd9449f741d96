//! Extracts that keep every rule, and what is said of them.

use custodia_core::extract::Profile;
use custodia_core::extract::archive::Members;
use custodia_core::verify::{Beside, Extract, Language, Outcome, Proven, Warning, render, verify};

use crate::asked::{check, policy_of, proven};
use crate::maker::{DATA, Draft, Ledger, PROFILES, archive, policy};

#[test]
fn an_extract_of_each_profile_is_proven_with_its_receipt() {
    let ledger = Ledger::with_events(40);
    let policy = policy_of(&policy());
    for profile in PROFILES {
        let draft = ledger.draft(profile);
        let receipt = ledger.receipt(&draft.files()[0].1, |_| ());
        let beside = Beside {
            policy: Some(&policy),
            known: &[],
            receipt: Some(receipt.as_bytes()),
        };
        let report = verify(&Extract::Archive(&draft.archive()), &beside);
        assert_eq!(report.failure, None);
        assert_eq!(report.outcome, Outcome::Proven);
        assert_eq!(report.outcome.exit_code(), 0);
        let names: Vec<&str> = report.proven.iter().map(|proven| proven.name()).collect();
        let all = [
            "manifest", "members", "events", "cut", "key", "receipt", "reports",
        ];
        assert_eq!(names, all);
        assert_eq!(report.events, Some(draft.lines.len() as u64));
        assert_eq!(report.cut_time_ms(), Some(1_793_667_600_000));
    }
}

#[test]
fn an_unpacked_folder_is_the_same_extract_in_any_order() {
    let draft = Ledger::with_events(40).draft(Profile::RSubject);
    let mut files = draft.files();
    let whole = check(&Extract::Archive(&archive(&files)), &policy());
    files.reverse();
    let unpacked = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    let unpacked = check(&Extract::Folder(unpacked.collect()), &policy());
    assert_eq!(unpacked, whole);
    assert_eq!(unpacked.outcome, Outcome::Proven);
}

#[test]
fn without_a_policy_the_key_is_unconfirmed() {
    let archive = Ledger::with_events(40).draft(Profile::SSelf).archive();
    let report = verify(&Extract::Archive(&archive), &Beside::default());
    assert_eq!(report.outcome, Outcome::KeyUnconfirmed);
    assert_eq!(report.outcome.exit_code(), 6);
    assert!(!report.proven.contains(&Proven::Key));
    assert!(report.proven.contains(&Proven::Reports));
    let fingerprint = report.fingerprint().unwrap();
    let text = render::text(&report, Language::Zh);
    assert!(text.contains(&fingerprint), "{text}");
    assert_eq!(
        check(&Extract::Archive(&archive), "quorum none\n").outcome,
        report.outcome
    );
}

#[test]
fn the_documents_of_an_unknown_edition_are_unchecked() {
    let mut draft = Ledger::with_events(40).draft(Profile::SSelf);
    draft.manifest.edition = 2;
    let report = check(&Extract::Archive(&draft.archive()), &policy());
    assert_eq!(report.failure, None);
    assert_eq!(report.outcome, Outcome::ReportsUnchecked);
    assert_eq!(report.outcome.exit_code(), 7);
    assert!(!report.proven.contains(&Proven::Reports));
}

#[test]
fn an_extract_without_events_or_logs_is_proven() {
    let ledger = Ledger::with_events(40);
    let mut draft = ledger.draft(Profile::RRecipient);
    draft.lines.clear();
    draft.manifest.findings.clear();
    draft.manifest.refuted.clear();
    draft.manifest.policies.clear();
    draft.proofs = ledger.proofs(&draft);
    draft.make_documents();
    proven(&draft);
    draft.manifest.cut.logs.clear();
    draft.manifest.cut.time = None;
    draft.manifest.held.clear();
    draft.recut();
    draft.checkpoints.clear();
    draft.proofs.clear();
    draft.make_documents();
    let report = proven(&draft);
    assert!(report.warnings.contains(&Warning::NoCutTime));
}

#[test]
fn each_log_may_be_shown_at_each_size_with_each_earlier_and_later_checkpoint() {
    let ledger = Ledger::with_events(21);
    for size in 16..=21 {
        let mut draft = ledger.draft(Profile::SSelf);
        draft.manifest.cut.logs[1] = ledger.log(DATA).at(size);
        draft.manifest.held = (1..=21).map(|size| ledger.log(DATA).at(size)).collect();
        draft
            .lines
            .retain(|line| line.log != DATA || line.index.0 < size);
        remake(&mut draft, &ledger);
        proven(&draft);
    }
}

fn remake(draft: &mut Draft, ledger: &Ledger) {
    draft.recut();
    draft.proofs = ledger.proofs(draft);
    draft.make_documents();
}

#[test]
fn a_leaf_under_another_person_shows_not_whom() {
    let ledger = Ledger::with_events(40);
    for (profile, holds) in [(Profile::RSubject, true), (Profile::SSelf, false)] {
        let mut draft = ledger.draft(profile);
        let leaf = &ledger.log(DATA).leaves[0];
        let opens = |slot| profile.opens_of_another(slot, draft.lines[0].said.verdict);
        draft.lines[0].slots = Some(leaf.shown(opens));
        draft.make_documents();
        let report = check(&Extract::Archive(&draft.archive()), &policy());
        assert_eq!(
            report.outcome == Outcome::Proven,
            holds,
            "{:?}",
            report.failure
        );
    }
}

#[test]
fn a_report_always_says_that_completeness_is_not_proven() {
    let archive = Ledger::with_events(40).draft(Profile::RSubject).archive();
    let report = check(&Extract::Archive(&archive), &policy());
    assert_eq!(report.warnings[0], Warning::Completeness);
    let json: serde_json::Value = serde_json::from_str(&render::json(&report)).unwrap();
    assert_eq!(json["warnings"][0], "completeness_not_proven");
    assert_eq!(json["outcome"], "proven");
    assert_eq!(json["cut"]["time"], "1793667600000");
    let zh = render::text(&report, Language::Zh);
    let en = render::text(&report, Language::En);
    assert!(
        zh.starts_with("已证\n") && zh.contains("完整性未证"),
        "{zh}"
    );
    assert!(
        en.starts_with("PROVEN\n") && en.contains("completeness not proven"),
        "{en}"
    );
    assert!(zh.contains("2026-11-03 09:00:00.000（北京时间）"), "{zh}");
}

#[test]
fn nothing_in_an_extract_acts_on_a_terminal() {
    let mut draft = Ledger::with_events(40).draft(Profile::RSubject);
    let hostile = "\u{1b}]0;x\u{7}\u{202e}gnp";
    hostile.clone_into(&mut draft.manifest.words.zh);
    hostile.clone_into(&mut draft.manifest.words.en);
    hostile.clone_into(&mut draft.manifest.format);
    let report = check(&Extract::Archive(&draft.archive()), &policy());
    assert_eq!(report.outcome, Outcome::Failed);
    draft.manifest.format = custodia_core::extract::FORMAT.into();
    draft.make_documents();
    let proven = proven(&draft);
    for report in [report, proven] {
        for language in [Language::Zh, Language::En] {
            let text = render::text(&report, language);
            let is_bare = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert!(!text.contains(is_bare), "{text:?}");
        }
    }
}

#[test]
fn members_are_those_of_the_archive() {
    let draft = Ledger::with_events(40).draft(Profile::RSubject);
    let bytes = draft.archive();
    let members = Members::parse(&bytes).unwrap();
    assert_eq!(members.iter().count(), 2 + 3 + 2 + 8 + 2);
}
