//! Handing over to a new key: what carries over, and what a kill between any two steps leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use custodia_core::handover::Handover;
use custodia_core::note::Note;
use custodia_core::origin::LedgerName;

use super::super::folder::WRITES_LEFT;
use super::*;

fn ledger() -> LedgerName {
    "ledger.example".parse().unwrap()
}

fn begun(path: &Path) -> Result<Rotation, Error> {
    let mut signer = Signer::open(path)?;
    signer.observe(ORIGIN, &[])?;
    signer.begin_rotation(&ledger(), 7, |said, signed| {
        assert_eq!(Handover::open(signed.as_bytes()).as_ref(), Ok(said));
        Ok(b"told".to_vec())
    })
}

/// What `custodia key rotate` does with the signer's folder; the checkpoint with both signatures.
fn rotated(path: &Path, kept: &str) -> Result<String, Error> {
    let rotation = match Rotation::resume(path)? {
        Some(rotation) => rotation,
        None => begun(path)?,
    };
    assert_eq!(rotation.told(), b"told");
    let both = rotation.countersign(kept)?;
    rotation.switch()?;
    rotation.close()?;
    Ok(both)
}

/// A signer that signed size 5; its checkpoint and public key.
fn signed(path: &Path) -> (String, [u8; 32]) {
    let mut signer = signed_at_five(path);
    let kept = sign(&mut signer, LOG, 5, 5).unwrap();
    let public = signer.ring().publics().next().unwrap();
    (kept, public)
}

/// The state is the new key's, and what the old one signed forbids what it forbade.
fn check_handed_over(path: &Path, kept: &str, both: &str, old: [u8; 32]) {
    let mut signer = reopened(path);
    let publics: Vec<[u8; 32]> = signer.ring().publics().collect();
    assert_eq!((publics.len(), publics[1]), (2, old));
    assert_ne!(publics[0], old);
    assert_eq!(signer.ring().handed_over_at(ORIGIN), 5);
    let five = Standing::Ready {
        size: 5,
        root: LOG.at(5).root,
    };
    assert_eq!(signer.standing(ORIGIN), five);
    // Both signatures verify, each under its key.
    let note = Note::parse(both.as_bytes()).unwrap();
    let keys = signer.ring().vkeys(ORIGIN).unwrap();
    assert_eq!(note.verified_by(&keys).unwrap().len(), 2);
    assert!(signer.ring().is_of_present_key(both));
    assert!(!signer.ring().is_of_present_key(kept));
    // What the old key signed is seen as ours, and rivals of it are refused.
    assert!(signer.recognise(kept.as_bytes()).is_ok());
    let rival = Log { fork: 2, ..LOG };
    assert_eq!(code(sign(&mut signer, rival, 5, 5)), "CU-0366");
    assert_eq!(code(sign(&mut signer, rival, 5, 9)), "CU-0367");
    let nine = sign(&mut signer, LOG, 5, 9).unwrap();
    assert!(signer.ring().is_of_present_key(&nine));
}

#[test]
fn the_new_key_signs_on_where_the_old_one_stood() {
    let (_kept, path) = folder();
    let (kept, old) = signed(&path);
    let both = rotated(&path, &kept).unwrap();
    check_handed_over(&path, &kept, &both, old);
    // And once more: the chain is followed through both.
    let mut signer = reopened(&path);
    let kept = sign(&mut signer, LOG, 9, 12).unwrap();
    drop(signer);
    rotated(&path, &kept).unwrap();
    let signer = reopened(&path);
    assert_eq!(signer.ring().publics().last(), Some(old));
    assert_eq!(signer.ring().handovers().count(), 2);
    assert!(signer.recognise(both.as_bytes()).is_ok());
}

#[test]
fn a_kill_before_any_write_is_gone_on_from_and_nothing_is_signed_meanwhile() {
    for writes in 0..12 {
        let (_kept, path) = folder();
        let (kept, old) = signed(&path);
        WRITES_LEFT.set(Some(writes));
        let first = rotated(&path, &kept);
        WRITES_LEFT.set(None);
        if first.is_ok() {
            // Opening writes the state; then come the hand-over, the old key, the list, the state, the
            // new key, and the end.
            assert_eq!(writes, 7, "as many writes as steps");
            return;
        }
        assert_eq!(code(first), "CU-0350");
        let begun = path.join("rotation").exists();
        assert_eq!(begun, writes >= 2, "after {writes} writes");
        if begun {
            assert_eq!(code(Signer::open(&path)), "CU-0310");
            assert_eq!(code(Signer::recover(&path, &[])), "CU-0310");
            assert_eq!(code(ExtractSigner::open(&path)), "CU-0310");
            assert_eq!(code(retire(&path, None)), "CU-0310");
        }
        let both = rotated(&path, &kept).unwrap();
        check_handed_over(&path, &kept, &both, old);
    }
    panic!("it never came to its end");
}

#[test]
fn only_the_tree_that_was_handed_over_is_signed_by_the_new_key_too() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let five = sign(&mut signer, LOG, 5, 5).unwrap();
    let nine = sign(&mut signer, LOG, 5, 9).unwrap();
    drop(signer);
    let rotation = begun(&path).unwrap();
    assert_eq!(code(rotation.countersign(&five)), "CU-0313");
    let both = rotation.countersign(&nine).unwrap();
    // Taken again it is the same.
    assert_eq!(rotation.countersign(&both).unwrap(), both);
    let stranger = SignerKey::from_seed(ORIGIN, &[9; 32]).unwrap();
    let forged = LOG.at(9).sign(&stranger).unwrap();
    assert_eq!(code(rotation.countersign(&forged)), "CU-0370");
}

#[test]
fn a_log_on_hold_keeps_its_key() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let ahead = seen(&signer, &path, &LOG.at(9));
    signer.observe(ORIGIN, &[ahead]).unwrap();
    let begun = signer.begin_rotation(&ledger(), 7, |_, _| Ok(Vec::new()));
    assert_eq!(code::<Rotation>(begun), "CU-0364");
    assert!(!path.join("rotation").exists());
}

#[test]
fn files_that_are_damaged_or_of_other_keys_or_open_to_others_are_refused() {
    let (temporary, path) = folder();
    let (kept, _) = signed(&path);
    drop(begun(&path).unwrap());
    let file = path.join("rotation");
    let whole = fs::read(&file).unwrap();
    for cut in [0, 10, 40, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..cut]).unwrap();
        assert_eq!(code(Rotation::resume(&path)), "CU-0311", "{cut}");
    }
    fs::write(&file, &whole).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(code(Rotation::resume(&path)), "CU-0354");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    // The hand-over of another signer.
    let other = temporary.path().join("other");
    drop(signed_at_five(&other));
    fs::copy(&file, other.join("rotation")).unwrap();
    assert_eq!(code(Rotation::resume(&other)), "CU-0311");
    rotated(&path, &kept).unwrap();
    // The list of hand-overs, cut short, or another's.
    let list = path.join("handovers");
    let bytes = fs::read(&list).unwrap();
    fs::write(&list, &bytes[..bytes.len() - 9]).unwrap();
    assert_eq!(code(Signer::open(&path)), "CU-0312");
    fs::write(&list, &bytes).unwrap();
    fs::remove_file(other.join("rotation")).unwrap();
    fs::copy(&list, other.join("handovers")).unwrap();
    assert_eq!(code(Signer::open(&other)), "CU-0312");
    assert!(Signer::open(&path).is_ok());
}

#[test]
fn a_former_key_is_kept_until_it_is_retired_and_stays_known() {
    let (_kept, path) = folder();
    let (kept, old) = signed(&path);
    rotated(&path, &kept).unwrap();
    let id = key_id(&old);
    assert_eq!(Former::kept(&path), [Former { id: id.clone() }]);
    let mode = fs::metadata(path.join(format!("former-{id}"))).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    assert_eq!(code(retire(&path, Some("0123456789abcdef"))), "CU-0314");
    assert_eq!(retire(&path, Some(&id)).unwrap(), std::slice::from_ref(&id));
    assert_eq!(Former::kept(&path), []);
    assert_eq!(code(retire(&path, Some(&id))), "CU-0314");
    assert!(reopened(&path).recognise(kept.as_bytes()).is_ok());
}

#[test]
fn a_replica_follows_its_ledger_to_the_new_key() {
    let (temporary, path) = folder();
    let (kept, old) = signed(&path);
    let (seed, none) = ExtractSigner::seed(&path).unwrap();
    assert!(none.is_empty());
    let replica = temporary.path().join("replica");
    let mut ring = ExtractSigner::create_replica(&replica, &seed, &none)
        .unwrap()
        .ring()
        .clone();
    let rotation = begun(&path).unwrap();
    assert!(ring.follow(rotation.signed()) && !ring.follow(rotation.signed()));
    rotation.switch().unwrap();
    rotation.close().unwrap();
    let (seed, handovers) = ExtractSigner::seed(&path).unwrap();
    let taken = ExtractSigner::replace_replica(&replica, &seed, &handovers).unwrap();
    assert_eq!(taken.ring(), &ring);
    assert!(taken.ring().publics().any(|public| public == old));
    drop(taken);
    assert!(ExtractSigner::open(&replica).unwrap().is_some());
    let _ = kept;
    // Where trees are signed, or without a hand-over from the key that is there, none is taken.
    let refused = ExtractSigner::replace_replica(&path, &seed, &handovers);
    assert_eq!(code(refused), "CU-0353");
    let refused = ExtractSigner::replace_replica(&replica, &[3; 32], &[]);
    assert_eq!(code(refused), "CU-0312");
}
