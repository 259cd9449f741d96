//! What a reader has besides the extract: a policy, checkpoints, the receipt.

use custodia_core::extract::Profile;
use custodia_core::verify::{Beside, Extract, Outcome, Proven, Report, Warning, verify};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;

use crate::asked::policy_of;
use crate::maker::{
    ACCESS, DATA, Draft, EMPTY, LEDGER, Ledger, REGISTRY, SEED, base64, policy, signer,
};
use custodia_core::note::{Algorithm, VerifierKey};

const OTHER_SEED: [u8; 32] = [8; 32];

fn ledger() -> Ledger {
    Ledger::with_events(40)
}

fn with(draft: &Draft, policy: &str, known: &[&str], receipt: Option<&str>) -> Report {
    let policy = policy_of(policy);
    let known: Vec<&[u8]> = known.iter().map(|known| known.as_bytes()).collect();
    let beside = Beside {
        policy: Some(&policy),
        known: &known,
        receipt: receipt.map(str::as_bytes),
    };
    verify(&Extract::Archive(&draft.archive()), &beside)
}

fn assert_fails(report: &Report, place: &str, reason: &str, words: &str) {
    let failure = report.failure.as_ref().expect("it must fail");
    assert_eq!(report.outcome, Outcome::Failed);
    assert_eq!(
        (failure.place.as_str(), failure.fault.reason()),
        (place, reason),
        "{failure}"
    );
    assert!(
        failure.to_string().contains(words),
        "{failure} doesn't say {words:?}"
    );
}

fn assert_unconfirmed(report: &Report) {
    assert_eq!(report.failure, None);
    assert_eq!(report.outcome, Outcome::KeyUnconfirmed);
    assert_eq!(report.outcome.exit_code(), 6);
    assert!(report.warnings.contains(&Warning::OtherKeys));
    assert!(!report.proven.contains(&Proven::Key));
    assert!(report.proven.contains(&Proven::Cut) && report.proven.contains(&Proven::Reports));
}

#[test]
fn a_key_that_the_policy_does_not_have_for_this_ledger_is_unconfirmed() {
    let draft = ledger().draft(Profile::RSubject);
    // A new key of the ledger: the one that signed is retired, or somebody else's.
    let now = format!(
        "log {}\nquorum none\n",
        signer(&OTHER_SEED, DATA).verifier()
    );
    assert_unconfirmed(&with(&draft, &now, &[], None));
    let both = format!(
        "log {}\n{}",
        signer(&OTHER_SEED, REGISTRY).verifier(),
        policy()
    );
    assert_eq!(with(&draft, &both, &[], None).outcome, Outcome::Proven);
    let extract = signer(&SEED, &format!("{LEDGER}/extract"));
    let extract = format!("log {}\nquorum none\n", extract.verifier());
    assert_eq!(with(&draft, &extract, &[], None).outcome, Outcome::Proven);
    for name in ["other.example/extract", "ledger.example.com"] {
        let elsewhere = format!("log {}\nquorum none\n", signer(&SEED, name).verifier());
        let report = with(&draft, &elsewhere, &[], None);
        assert_eq!(report.outcome, Outcome::KeyUnconfirmed, "{name}");
    }
}

/// All of it well signed, by somebody else.
#[test]
fn an_extract_signed_throughout_by_an_unknown_key_is_unconfirmed_and_one_signed_badly_fails() {
    let ledger = ledger();
    let mut draft = ledger.draft(Profile::RSubject);
    draft.seed = OTHER_SEED;
    let key = signer(&OTHER_SEED, &format!("{LEDGER}/extract"));
    draft.manifest.key = key.verifier().to_string();
    for (place, origin) in [ACCESS, DATA, REGISTRY].into_iter().enumerate() {
        let log = ledger.log(origin);
        draft.checkpoints[place].1 = log.checkpoint(log.size(), &OTHER_SEED).into_bytes();
    }
    draft.make_documents();
    assert_unconfirmed(&with(&draft, &policy(), &[], None));
    let nobody = verify(&Extract::Archive(&draft.archive()), &Beside::default());
    assert_eq!(nobody.outcome, Outcome::KeyUnconfirmed);
    // The manifest names a key that didn't sign it, or one checkpoint is another key's.
    let mut named = draft.clone();
    named.seed = SEED;
    named.make_documents();
    let report = with(&named, &policy(), &[], None);
    assert_eq!(report.outcome, Outcome::Failed);
    let log = ledger.log(DATA);
    draft.checkpoints[1].1 = log.checkpoint(log.size(), &SEED).into_bytes();
    let report = with(&draft, &policy(), &[], None);
    assert_eq!(report.outcome, Outcome::Failed);
}

fn witness(seed: u8) -> (String, SigningKey) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let name = format!("witness.example/w{seed}");
    let public = key.verifying_key();
    let vkey = VerifierKey::new(&name, Algorithm::Cosignature, public.as_bytes()).unwrap();
    (vkey.to_string(), key)
}

/// A checkpoint with a witness's signature (C2SP tlog-cosignature, v1) under the others.
fn cosigned(note: &[u8], seed: u8, over: &str) -> Vec<u8> {
    let note = str::from_utf8(note).unwrap();
    let (text, _) = note.split_once("\n\n").unwrap();
    let (vkey, key) = witness(seed);
    let vkey: VerifierKey = vkey.parse().unwrap();
    let signature = key.sign(format!("cosignature/v1\ntime 1000\n{text}\n{over}").as_bytes());
    let bytes = [
        &vkey.key_id().to_be_bytes()[..],
        &1000_u64.to_be_bytes(),
        &signature.to_bytes(),
    ]
    .concat();
    format!("{note}— {} {}\n", vkey.name(), base64(&bytes)).into_bytes()
}

#[test]
fn each_checkpoint_reaches_the_quorum() {
    let asks = format!(
        "log {}\nwitness w {}\nwitness x {}\ngroup g any w x\nquorum g\n",
        signer(&SEED, DATA).verifier(),
        witness(21).0,
        witness(22).0
    );
    let mut draft = ledger().draft(Profile::RSubject);
    for checkpoint in 0..3 {
        let name = draft.checkpoints[checkpoint].0.clone();
        assert_fails(
            &with(&draft, &asks, &[], None),
            &name,
            "quorum",
            "the policy's quorum",
        );
        let bad = cosigned(&draft.checkpoints[checkpoint].1, 22, "else");
        let mut other = draft.clone();
        other.checkpoints[checkpoint].1 = bad;
        assert_fails(
            &with(&other, &asks, &[], None),
            &name,
            "witness",
            "is not good",
        );
        let good = cosigned(&draft.checkpoints[checkpoint].1, 21, "");
        draft.checkpoints[checkpoint].1 = good;
    }
    let report = with(&draft, &asks, &[], None);
    assert_eq!(report.outcome, Outcome::Proven, "{:?}", report.failure);
    assert!(!report.warnings.contains(&Warning::NoOtherEyes));
    let receipt = ledger().receipt(&draft.files()[0].1, |_| ());
    let report = with(&draft, &asks, &[], Some(&receipt));
    assert_fails(&report, "receipt", "receipt", "the policy's quorum");
}

#[test]
fn a_known_checkpoint_is_of_the_same_history() {
    let ledger = ledger();
    let draft = ledger.draft(Profile::RSubject);
    let data = ledger.log(DATA);
    // Size 0, held, the cut, held, the checkpoint.
    for size in [0, 5, 38, 39, 40] {
        let known = data.checkpoint(size, &SEED);
        let report = with(&draft, &policy(), &[&known], None);
        assert_eq!(report.failure, None, "{size}");
        assert!(report.proven.contains(&Proven::Known));
        assert!(!report.warnings.contains(&Warning::NoOtherEyes));
    }
    let access = ledger.log(ACCESS).checkpoint(5, &SEED);
    for size in [1, 4, 6, 37] {
        let known = data.checkpoint(size, &SEED);
        let report = with(&draft, &policy(), &[&access, &known], None);
        let words = format!("it is of size {size}");
        assert_fails(&report, "known checkpoint 2", "known_size", &words);
    }
}

#[test]
fn a_forked_ledger_shows_against_a_known_checkpoint() {
    let ledger = ledger();
    let draft = ledger.draft(Profile::RSubject);
    let forked = |origin: &str, size: u64| {
        let text = format!("{origin}\n{size}\n{}\n", base64(&[1; 32]));
        signer(&SEED, origin).sign_note(&text).unwrap()
    };
    for (origin, size) in [
        (DATA, 5),
        (DATA, 38),
        (DATA, 40),
        (DATA, 0),
        (EMPTY, 0),
        (REGISTRY, 3),
    ] {
        let known = forked(origin, size);
        let report = with(&draft, &policy(), &[&known], None);
        assert_fails(
            &report,
            "known checkpoint 1",
            "fork",
            "the ledger was forked",
        );
    }
    let elsewhere = forked("ledger.example.com/custodia.events/9/0", 0);
    let report = with(&draft, &policy(), &[&elsewhere], None);
    assert_fails(
        &report,
        "known checkpoint 1",
        "known_elsewhere",
        "no log of the cut",
    );
    let strangers = ledger.log(DATA).checkpoint(40, &OTHER_SEED);
    let report = with(&draft, &policy(), &[&strangers], None);
    assert_fails(
        &report,
        "known checkpoint 1",
        "known",
        "no known key signed",
    );
    let report = with(&draft, &policy(), &["nothing"], None);
    assert_fails(&report, "known checkpoint 1", "known", "no signatures");
}

#[test]
fn a_receipt_is_of_this_extract() {
    let ledger = ledger();
    let draft = ledger.draft(Profile::RSubject);
    let manifest = draft.files()[0].1.clone();
    let good = ledger.receipt(&manifest, |_| ());
    let fails = |receipt: &str, words: &str| {
        let report = with(&draft, &policy(), &[], Some(receipt));
        assert_fails(&report, "receipt", "receipt", words);
    };
    let issued = |name: &str, value: serde_json::Value| {
        ledger.receipt(&manifest, |body| {
            body["extract_issued"][name] = value.clone();
        })
    };
    fails(
        &issued("extract_id", json!("00".repeat(32))),
        "of another extract",
    );
    fails(
        &issued("manifest_sha256", json!(base64(&[0; 32]))),
        "of another extract",
    );
    let other = ledger.receipt(&manifest, |body| {
        *body = json!({"extract_verified": {
            "extract_request_id": "x", "manifest_sha256": base64(&[0; 32]),
        }});
    });
    fails(&other, "something else than that an extract was issued");
    fails(&good.replace("index 7", "index 2"), "of another index");
    let line = good
        .lines()
        .find(|line| line.starts_with("extra "))
        .unwrap();
    fails(&good.replace(&format!("{line}\n"), ""), "no extra data");
    fails(
        &good.replace(line, "extra e30="),
        "its line: it can't be read",
    );
    fails("", "no checkpoint");
    let hash = good.lines().nth(3).unwrap();
    fails(
        &good.replace(hash, &base64(&[1; 32])),
        "its leaf is not proven",
    );
    fails(
        &good.replace(&format!("{hash}\n"), ""),
        "its leaf is not proven",
    );
    let (head, _) = good.split_once("\n\n").unwrap();
    let strangers = format!(
        "{head}\n\n{}",
        ledger.log(REGISTRY).checkpoint(3, &OTHER_SEED)
    );
    fails(&strangers, "no known key signed");
    let another_log = format!("{head}\n\n{}", ledger.log(DATA).checkpoint(40, &SEED));
    fails(&another_log, "its checkpoint: it is of");
    assert_eq!(
        with(&draft, &policy(), &[], Some(&good)).outcome,
        Outcome::Proven
    );
}
