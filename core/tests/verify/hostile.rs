//! Bytes that nobody would write: no panic, no long wait, and never a good word for them.

use std::sync::LazyLock;

use custodia_core::extract::{EventLine, Manifest, Profile};
use custodia_core::policy::Policy;
use custodia_core::report::MAX_EVENTS;
use custodia_core::verify::{Beside, Extract, Language, Outcome, Report, render, verify};
use proptest::prelude::*;

use crate::asked::{check, fails};
use crate::maker::{DATA, Draft, Files, Ledger, SEED, archive, policy};

static DRAFT: LazyLock<Draft> = LazyLock::new(|| Ledger::with_events(40).draft(Profile::RSubject));
static RECEIPT: LazyLock<String> =
    LazyLock::new(|| Ledger::with_events(40).receipt(&DRAFT.files()[0].1, |_| ()));
static FILES: LazyLock<Files> = LazyLock::new(|| DRAFT.files());

fn render_all(report: &Report) {
    let texts = [Language::Zh, Language::En].map(|language| render::text(report, language));
    assert!(!render::json(report).is_empty() && texts.iter().all(|text| text.ends_with('\n')));
}

/// Bytes with some replaced, put in, or left out.
fn edited(bytes: &[u8], edits: &[(prop::sample::Index, usize, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, drop, put) in edits {
        let at = at.index(bytes.len() + 1);
        let end = (at + drop).min(bytes.len());
        bytes.splice(at..end, put.iter().copied());
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, Vec<u8>)>> {
    let edit = (
        any::<prop::sample::Index>(),
        0..40_usize,
        prop::collection::vec(any::<u8>(), 0..6),
    );
    prop::collection::vec(edit, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn bytes_at_random_are_unreadable(bytes: Vec<u8>, head in 0..3_usize) {
        let head = [&b""[..], b"PK\x03\x04", b"PK\x05\x06"][head];
        let bytes = [head, &bytes].concat();
        let report = check(&Extract::Archive(&bytes), &policy());
        prop_assert_eq!(report.outcome, Outcome::Unreadable);
        render_all(&report);
    }

    #[test]
    fn an_edited_archive_is_refused(edits in edits()) {
        let whole = archive(&FILES);
        let bytes = edited(&whole, &edits);
        let report = check(&Extract::Archive(&bytes), &policy());
        prop_assert_eq!(report.outcome == Outcome::Proven, bytes == whole);
        prop_assert_eq!(report.failure.is_none(), bytes == whole);
        render_all(&report);
    }

    /// Listed and signed again, so that the checks behind the digests are reached.
    #[test]
    fn an_edited_member_that_is_signed_never_panics(
        member in any::<prop::sample::Index>(), edits in edits()
    ) {
        let mut others = DRAFT.others();
        let at = member.index(others.len());
        others[at].1 = edited(&others[at].1, &edits);
        let same = others == DRAFT.others();
        let files = DRAFT.files_with(others);
        let report = check(&Extract::Archive(&archive(&files)), &policy());
        // The hash of a signature line may change where nobody is asked: other keys are ignored.
        let is_checkpoint = files[at + 2].0.starts_with("checkpoints/");
        prop_assert!(same || is_checkpoint || report.outcome == Outcome::Failed);
        render_all(&report);
    }

    #[test]
    fn an_edited_manifest_that_is_signed_never_panics(edits in edits()) {
        let manifest = edited(&FILES[0].1, &edits);
        let files = DRAFT.sign(&manifest, FILES[2..].to_vec());
        let report = check(&Extract::Archive(&archive(&files)), &policy());
        prop_assert_eq!(report.outcome == Outcome::Proven, manifest == FILES[0].1);
        render_all(&report);
    }

    #[test]
    fn what_stands_beside_never_panics(
        known in edits(), receipt in edits(), policy_edits in edits(), bytes: Vec<u8>
    ) {
        let checkpoint = Ledger::with_events(16).log(DATA).checkpoint(5, &SEED);
        let known = edited(checkpoint.as_bytes(), &known);
        let receipt = edited(RECEIPT.as_bytes(), &receipt);
        let changed = Policy::parse(&edited(policy().as_bytes(), &policy_edits)).ok();
        let whole = archive(&FILES);
        let known: [&[u8]; 2] = [&known, &bytes];
        let beside = Beside { policy: changed.as_ref(), known: &known, receipt: Some(&receipt) };
        render_all(&verify(&Extract::Archive(&whole), &beside));
        let beside = Beside { known: &[], ..beside };
        let report = verify(&Extract::Archive(&whole), &beside);
        prop_assert!(receipt == RECEIPT.as_bytes() || report.outcome == Outcome::Failed);
    }

    #[test]
    fn lines_of_any_json_never_panic(text in "[{}\\[\\]\":,a-z0-9-]{0,60}", digits: u64) {
        let _ = EventLine::from_json(text.as_bytes());
        let _ = Manifest::from_json(text.as_bytes());
        let mut others = DRAFT.others();
        let events = others.iter_mut().find(|(name, _)| name == "events.jsonl").unwrap();
        events.1 = format!("{}\n", text.replace('0', &digits.to_string())).into_bytes();
        let files = DRAFT.files_with(others);
        let report = check(&Extract::Archive(&archive(&files)), &policy());
        prop_assert_eq!(report.outcome, Outcome::Failed);
    }
}

fn with_events_of(bytes: Vec<u8>) -> Files {
    let mut others = DRAFT.others();
    let events = others
        .iter_mut()
        .find(|(name, _)| name == "events.jsonl")
        .unwrap();
    events.1 = bytes;
    DRAFT.files_with(others)
}

#[test]
fn more_lines_than_are_read_are_refused_unread() {
    let files = with_events_of(vec![b'\n'; MAX_EVENTS + 1]);
    fails(&files, "events.jsonl", "too_many_lines", "1000000");
}

#[test]
fn json_that_is_nested_deep_or_long_is_refused() {
    for line in [
        "[".repeat(200_000),
        format!("{}1{}", "{\"a\":".repeat(9_000), "}".repeat(9_000)),
    ] {
        let files = with_events_of(format!("{line}\n").into_bytes());
        fails(&files, "events.jsonl line 1", "line", "can't be read");
        let files = DRAFT.sign(line.as_bytes(), FILES[2..].to_vec());
        fails(&files, "manifest.json", "manifest", "can't be read");
    }
    let long = vec![b' '; (1 << 24) + 1];
    let files = DRAFT.sign(&long, FILES[2..].to_vec());
    fails(&files, "manifest.json", "manifest", "at most");
}

#[test]
fn as_many_checkpoints_may_be_held_as_the_log_has_sizes() {
    let ledger = Ledger::with_events(3_000);
    let mut draft = ledger.draft(Profile::SSelf);
    draft.manifest.held = (1..=3_000).map(|size| ledger.log(DATA).at(size)).collect();
    draft.proofs = ledger.proofs(&draft);
    draft.make_documents();
    crate::asked::proven(&draft);
}
