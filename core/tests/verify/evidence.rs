//! Checkpoints, proofs and documents that are signed and break a rule: each is refused and named.

use custodia_core::verify::Outcome;

use custodia_core::extract::Profile;

use crate::asked::{fails, refused};
use crate::maker::{DATA, Draft, Ledger, REGISTRY, SEED, archive, base64, signer};

const OTHER_SEED: [u8; 32] = [8; 32];

fn ledger() -> Ledger {
    Ledger::with_events(40)
}

fn draft() -> Draft {
    ledger().draft(Profile::RSubject)
}

#[test]
fn proofs_are_used_up_exactly() {
    let draft = draft();
    let count = draft.proofs.len();
    let proofs_fail = |proofs: Vec<[u8; 32]>, allowed: &[&str]| {
        let draft = Draft {
            proofs,
            ..draft.clone()
        };
        let (place, reason, _) = refused(&draft.archive(), Outcome::Failed);
        assert_eq!(place, "proofs.bin");
        assert!(allowed.contains(&reason), "{reason}");
    };
    for at in 0..count {
        let mut less = draft.proofs.clone();
        less.remove(at);
        proofs_fail(less, &["too_few_hashes", "root", "consistency"]);
        let mut more = draft.proofs.clone();
        more.insert(at, [1; 32]);
        proofs_fail(more, &["root", "consistency", "too_many_hashes"]);
        let mut other = draft.proofs.clone();
        other[at][31] ^= 1;
        proofs_fail(other, &["root", "consistency"]);
        if at > 0 {
            let mut swapped = draft.proofs.clone();
            swapped.swap(at - 1, at);
            proofs_fail(swapped, &["root", "consistency"]);
        }
    }
    let more = [draft.proofs.clone(), vec![[1; 32]]].concat();
    proofs_fail(more, &["too_many_hashes"]);
    proofs_fail(draft.proofs[..count - 1].to_vec(), &["too_few_hashes"]);
    let mut others = draft.others();
    others
        .iter_mut()
        .find(|(name, _)| name == "proofs.bin")
        .unwrap()
        .1
        .pop();
    fails(
        &draft.files_with(others),
        "proofs.bin",
        "not_hashes",
        "32 bytes",
    );
}

#[test]
fn a_held_checkpoint_of_another_history_is_refused() {
    for held in 0..3 {
        let mut draft = draft();
        draft.manifest.held[held].root[0] ^= 1;
        let (place, reason, said) = refused(&draft.archive(), Outcome::Failed);
        assert_eq!((place.as_str(), reason), ("proofs.bin", "consistency"));
        assert!(said.contains("that the requester holds"), "{said}");
    }
}

#[test]
fn a_checkpoint_is_of_its_log_its_key_and_not_older_than_the_cut() {
    let ledger = ledger();
    let checkpoint_fails = |checkpoint: String, words: &str| {
        let mut draft = draft();
        draft.checkpoints[1].1 = checkpoint.into_bytes();
        fails(
            &draft.files(),
            "checkpoints/custodia.events-0-0",
            "checkpoint",
            words,
        );
    };
    let data = ledger.log(DATA);
    checkpoint_fails(data.checkpoint(37, &SEED), "it is older than the cut");
    checkpoint_fails(data.checkpoint(40, &OTHER_SEED), "no known key signed");
    checkpoint_fails(
        ledger.log(REGISTRY).checkpoint(3, &SEED),
        "it is of \"ledger.example.com",
    );
    let text = data.checkpoint(40, &SEED);
    let (text, _) = text.split_once("\n\n").unwrap();
    let signed = |text: &str| signer(&SEED, DATA).sign_note(text).unwrap();
    checkpoint_fails(signed(&format!("{text}\nmore\n")), "extension lines");
    checkpoint_fails(
        signed(&format!("{}\n", text.replace("\n40\n", "\n040\n"))),
        "size \"040\"",
    );
    checkpoint_fails(signed("x\n"), "three lines");
    let other_ledger = "other.example/custodia.events/0/0";
    let other = text.replace(DATA, other_ledger);
    let other = signer(&SEED, other_ledger)
        .sign_note(&format!("{other}\n"))
        .unwrap();
    checkpoint_fails(other, "it is of \"other.example/custodia.events/0/0\"");
    // A checkpoint of the cut's own size has its root.
    let mut draft = draft();
    let registry = ledger.log(REGISTRY);
    let forged = registry.checkpoint(registry.size(), &SEED);
    let root = forged.split('\n').nth(2).unwrap().to_owned();
    let (forged, _) = forged.split_once("\n\n").unwrap();
    let forged = forged.replace(&root, &base64(&[1; 32]));
    let forged = signer(&SEED, REGISTRY)
        .sign_note(&format!("{forged}\n"))
        .unwrap();
    draft.checkpoints[2].1 = forged.into_bytes();
    let place = "checkpoints/custodia.registry-0-0";
    fails(
        &draft.files(),
        place,
        "checkpoint",
        "another root than the cut",
    );
    // A later one of another history is not proven.
    let mut draft = self::draft();
    let root = data
        .checkpoint(40, &SEED)
        .split('\n')
        .nth(2)
        .unwrap()
        .to_owned();
    let forged = format!("{}\n", text.replace(&root, &base64(&[1; 32])));
    draft.checkpoints[1].1 = signed(&forged).into_bytes();
    fails(
        &draft.files(),
        "proofs.bin",
        "consistency",
        "the checkpoint of",
    );
}

#[test]
fn a_document_that_says_what_the_events_do_not_is_refused() {
    let draft = draft();
    for at in 0..draft.documents.len() {
        let name = draft.documents[at].0.clone();
        let length = draft.documents[at].1.len();
        for (bytes, byte) in [
            (
                {
                    let mut other = draft.documents[at].1.clone();
                    other[length / 2] ^= 1;
                    other
                },
                length / 2,
            ),
            (draft.documents[at].1[..length - 1].to_vec(), length - 1),
            ([&draft.documents[at].1[..], b"\n"].concat(), length),
            (Vec::new(), 0),
        ] {
            let mut other = draft.clone();
            other.documents[at].1 = bytes;
            let place = format!("{name} byte {byte}");
            fails(
                &other.files(),
                &place,
                "document",
                "edition 1 makes other bytes",
            );
        }
    }
    // Documents of other events, or of another manifest.
    let mut other = draft.clone();
    other.lines.remove(0);
    let ledger = ledger();
    other.proofs = ledger.proofs(&other);
    let (place, reason, _) = refused(&archive(&other.files()), Outcome::Failed);
    assert!(place.starts_with("timeline.csv byte "), "{place}");
    assert_eq!(reason, "document");
}
