//! What is signed, held and refused; each test has a signer of its own.

mod files;
mod rotation;

use super::folder::Folder;
use super::key::FileKey;
use super::state::State;
use super::*;
use custodia_core::checkpoint::{self, Checkpoint};
use custodia_core::note::SignerKey;
use custodia_core::tree::{self, Hash, NodeId, Nodes};
use proptest::prelude::*;
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const ORIGIN: &str = "ledger.example/custodia.events/0/0";
const OTHER: &str = "ledger.example/custodia.events/1/0";

/// A log whose leaf `n` is `n`, up to `fork`, and another byte string from there on.
#[derive(Clone, Copy)]
struct Log {
    origin: &'static str,
    fork: u64,
}

const LOG: Log = Log {
    origin: ORIGIN,
    fork: u64::MAX,
};

impl Nodes for Log {
    type Error = Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Infallible> {
        if id.level > 0 {
            let child = |side| {
                self.node(NodeId {
                    level: id.level - 1,
                    index: 2 * id.index + side,
                })
            };
            return Ok(tree::node_hash(&child(0)?, &child(1)?));
        }
        let word = if id.index < self.fork {
            "leaf"
        } else {
            "rival"
        };
        Ok(tree::leaf_hash(format!("{word} {}", id.index).as_bytes()))
    }
}

impl Log {
    fn at(self, size: u64) -> Checkpoint {
        let root = tree::root(&self, size).unwrap();
        Checkpoint {
            origin: self.origin.to_owned(),
            size,
            root,
        }
    }

    fn proof(self, from: u64, to: u64) -> Vec<Hash> {
        if from == 0 || from >= to {
            return Vec::new();
        }
        tree::consistency_proof(&self, from, to).unwrap()
    }

    fn request(self, from: u64, to: u64) -> Request {
        Request {
            checkpoint: self.at(to),
            proof: self.proof(from, to),
        }
    }
}

fn folder() -> (TempDir, PathBuf) {
    let temporary = TempDir::new().unwrap();
    let path = temporary.path().join("signer");
    (temporary, path)
}

fn sign(signer: &mut Signer, log: Log, from: u64, to: u64) -> Result<String, Error> {
    signer.sign(&log.at(to), &log.proof(from, to))
}

/// A signer that begun the log and signed it at size 5.
fn signed_at_five(path: &Path) -> Signer {
    let mut signer = Signer::create(path).unwrap();
    signer.begin(ORIGIN, &[]).unwrap();
    sign(&mut signer, LOG, 0, 5).unwrap();
    signer
}

fn reopened(path: &Path) -> Signer {
    let mut signer = Signer::open(path).unwrap();
    signer.observe(ORIGIN, &[]).unwrap();
    signer
}

/// A checkpoint as another process with the same key would have signed it.
fn seen(signer: &Signer, path: &Path, tree: &Checkpoint) -> Seen {
    use base64::Engine as _;
    let file = fs::read_to_string(path.join("key")).unwrap();
    let seed = base64::engine::general_purpose::STANDARD.decode(file.lines().nth(1).unwrap());
    let seed: [u8; 32] = seed.unwrap().try_into().unwrap();
    let key = SignerKey::from_seed(&tree.origin, &seed).unwrap();
    signer
        .recognise(tree.sign(&key).unwrap().as_bytes())
        .unwrap()
}

fn code<T>(result: Result<T, Error>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}

#[test]
fn signs_a_growing_log_under_its_own_name() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let note = sign(&mut signer, LOG, 5, 9).unwrap();
    let opened = checkpoint::open(note.as_bytes(), &signer.vkey(ORIGIN).unwrap()).unwrap();
    assert_eq!(opened, LOG.at(9));
    assert_eq!(
        signer.standing(ORIGIN),
        Standing::Ready {
            size: 9,
            root: LOG.at(9).root
        }
    );
}

#[test]
fn the_same_tree_again_has_the_same_bytes_and_leaves_the_state_alone() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let first = sign(&mut signer, LOG, 5, 9).unwrap();
    let state = fs::read(path.join("state")).unwrap();
    assert_eq!(sign(&mut signer, LOG, 9, 9).unwrap(), first);
    assert_eq!(fs::read(path.join("state")).unwrap(), state);
    drop(signer);
    assert_eq!(sign(&mut reopened(&path), LOG, 9, 9).unwrap(), first);
}

#[test]
fn an_empty_log_may_be_signed_with_the_empty_root_alone() {
    let (_kept, path) = folder();
    let mut signer = Signer::create(&path).unwrap();
    signer.begin(ORIGIN, &[]).unwrap();
    let odd = Checkpoint {
        root: [1; 32],
        ..LOG.at(0)
    };
    assert_eq!(code(signer.sign(&odd, &[])), "CU-0366");
    assert!(signer.sign(&LOG.at(0), &[]).is_ok());
}

#[test]
fn a_fork_a_smaller_tree_and_a_bad_proof_are_refused() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let rival = Log { fork: 3, ..LOG };
    assert_eq!(code(sign(&mut signer, rival, 5, 5)), "CU-0366");
    assert_eq!(code(sign(&mut signer, LOG, 0, 4)), "CU-0365");
    assert_eq!(code(sign(&mut signer, rival, 5, 9)), "CU-0367");
    assert_eq!(code(signer.sign(&LOG.at(9), &[])), "CU-0367");
    assert_eq!(code(signer.sign(&LOG.at(9), &LOG.proof(4, 9))), "CU-0367");
    assert!(sign(&mut signer, LOG, 5, 9).is_ok());
}

#[test]
fn what_was_neither_begun_nor_adopted_is_refused() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let other = Log {
        origin: OTHER,
        ..LOG
    };
    assert_eq!(signer.standing(OTHER), Standing::Unknown);
    assert_eq!(code(sign(&mut signer, other, 0, 5)), "CU-0360");
    assert_eq!(code(signer.observe(OTHER, &[])), "CU-0360");
    assert_eq!(code(signer.begin(ORIGIN, &[])), "CU-0361");
    assert_eq!(code(signer.begin("no name", &[])), "CU-0371");
}

#[test]
fn nothing_is_signed_before_somebody_looked_for_checkpoints() {
    let (_kept, path) = folder();
    drop(signed_at_five(&path));
    let mut signer = Signer::open(&path).unwrap();
    assert_eq!(signer.standing(ORIGIN), Standing::NotLookedFor);
    assert_eq!(code(sign(&mut signer, LOG, 5, 9)), "CU-0363");
    assert_eq!(code(sign(&mut signer, LOG, 5, 5)), "CU-0363");
    signer.observe(ORIGIN, &[]).unwrap();
    assert!(sign(&mut signer, LOG, 5, 9).is_ok());
}

#[test]
fn a_restored_old_state_is_held_until_the_log_extends_what_was_seen() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let old = fs::read(path.join("state")).unwrap();
    let nine = sign(&mut signer, LOG, 5, 9).unwrap();
    drop(signer);
    fs::write(path.join("state"), old).unwrap();

    let mut signer = Signer::open(&path).unwrap();
    let nine = [signer.recognise(nine.as_bytes()).unwrap()];
    let held = Standing::OnHold { seen: 9, signed: 5 };
    assert_eq!(signer.observe(ORIGIN, &nine).unwrap(), held);
    drop(signer);
    // The hold is on disk, whatever the next look finds.
    let mut signer = reopened(&path);
    assert_eq!(signer.standing(ORIGIN), held);
    let rival = Log { fork: 7, ..LOG };
    for log in [LOG, rival] {
        assert_eq!(code(sign(&mut signer, log, 5, 9)), "CU-0364");
        assert_eq!(code(sign(&mut signer, log, 5, 12)), "CU-0364");
    }
    let release = |signer: &mut Signer, log: Log, to| {
        signer.release(&log.at(to), &log.proof(5, to), &log.proof(9, to))
    };
    assert_eq!(code(release(&mut signer, LOG, 8)), "CU-0365");
    assert_eq!(code(release(&mut signer, rival, 9)), "CU-0366");
    assert_eq!(code(release(&mut signer, rival, 12)), "CU-0367");
    release(&mut signer, LOG, 12).unwrap();
    assert_eq!(
        signer.standing(ORIGIN),
        Standing::Ready {
            size: 9,
            root: LOG.at(9).root
        }
    );
    assert_eq!(code(sign(&mut signer, LOG, 5, 8)), "CU-0365");
    assert!(sign(&mut signer, LOG, 9, 12).is_ok());
}

#[test]
fn what_is_seen_behind_the_state_changes_nothing() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let state = fs::read(path.join("state")).unwrap();
    let earlier = [
        seen(&signer, &path, &LOG.at(3)),
        seen(&signer, &path, &LOG.at(5)),
    ];
    let ready = Standing::Ready {
        size: 5,
        root: LOG.at(5).root,
    };
    assert_eq!(signer.observe(ORIGIN, &earlier).unwrap(), ready);
    assert_eq!(fs::read(path.join("state")).unwrap(), state);
}

#[test]
fn a_rival_of_the_same_size_stops_the_log_for_good() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let rival = Log { fork: 3, ..LOG };
    let at_five = [seen(&signer, &path, &rival.at(5))];
    assert_eq!(
        signer.observe(ORIGIN, &at_five).unwrap(),
        Standing::Forked { size: 5 }
    );
    drop(signer);
    let mut signer = reopened(&path);
    assert_eq!(code(sign(&mut signer, LOG, 5, 9)), "CU-0366");
    for log in [LOG, rival] {
        assert!(
            signer
                .release(&log.at(9), &log.proof(5, 9), &log.proof(5, 9))
                .is_err()
        );
    }
}

#[test]
fn two_rivals_ahead_of_the_state_stop_the_log_too() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let rival = Log { fork: 7, ..LOG };
    let nines = [
        seen(&signer, &path, &LOG.at(9)),
        seen(&signer, &path, &rival.at(9)),
    ];
    assert_eq!(
        signer.observe(ORIGIN, &nines).unwrap(),
        Standing::Forked { size: 9 }
    );
    for log in [LOG, rival] {
        let release = signer.release(&log.at(12), &log.proof(9, 12), &log.proof(9, 12));
        assert!(release.is_err());
    }
}

#[test]
fn an_extension_signed_elsewhere_is_held_even_while_signing() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    let twin = [seen(&signer, &path, &LOG.at(9))];
    signer.observe(ORIGIN, &twin).unwrap();
    assert_eq!(code(sign(&mut signer, LOG, 5, 12)), "CU-0364");
}

/// A key that draws the crash: it fails after the state was synced and before a signature leaves.
struct DyingKey(FileKey);

impl SigningKey for DyingKey {
    fn public(&self) -> [u8; 32] {
        self.0.public()
    }

    fn sign(&self, _message: &[u8]) -> Result<[u8; 64], KeyFailure> {
        Err("the process dies here".into())
    }
}

/// A key that answers with a signature of something else.
struct LyingKey(FileKey);

impl SigningKey for LyingKey {
    fn public(&self) -> [u8; 32] {
        self.0.public()
    }

    fn sign(&self, _message: &[u8]) -> Result<[u8; 64], KeyFailure> {
        self.0.sign(b"something else")
    }
}

fn file_key(path: &Path) -> FileKey {
    FileKey::open(&Folder::open(path).unwrap()).unwrap()
}

#[test]
fn a_crash_between_state_sync_and_release_binds_to_the_synced_root() {
    let (_kept, path) = folder();
    drop(signed_at_five(&path));
    let key = file_key(&path);
    let mut dying = Signer::open_with(&path, Box::new(DyingKey(key))).unwrap();
    dying.observe(ORIGIN, &[]).unwrap();
    assert_eq!(code(sign(&mut dying, LOG, 5, 9)), "CU-0369");
    drop(dying);
    let mut signer = reopened(&path);
    assert_eq!(
        signer.standing(ORIGIN),
        Standing::Ready {
            size: 9,
            root: LOG.at(9).root
        }
    );
    assert_eq!(
        code(sign(&mut signer, Log { fork: 7, ..LOG }, 5, 9)),
        "CU-0366"
    );
    assert_eq!(code(sign(&mut signer, LOG, 5, 8)), "CU-0365");
    assert!(sign(&mut signer, LOG, 9, 9).is_ok());
}

#[test]
fn a_signature_that_does_not_verify_never_leaves() {
    let (_kept, path) = folder();
    drop(signed_at_five(&path));
    let mut lying = Signer::open_with(&path, Box::new(LyingKey(file_key(&path)))).unwrap();
    lying.observe(ORIGIN, &[]).unwrap();
    assert_eq!(code(sign(&mut lying, LOG, 5, 9)), "CU-0369");
}

#[test]
fn many_logs_cost_one_state_sync_and_refuse_alone() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    signer.begin(OTHER, &[]).unwrap();
    let written = |path: &Path| {
        let bytes = fs::read(path.join("state")).unwrap();
        State::from_bytes(&bytes, path).unwrap().written
    };
    let before = written(&path);
    let other = Log {
        origin: OTHER,
        ..LOG
    };
    let unknown = Log {
        origin: "ledger.example/custodia.events/2/0",
        ..LOG
    };
    let requests = [
        LOG.request(5, 9),
        other.request(0, 6),
        unknown.request(0, 6),
        LOG.request(9, 12),
        Log { fork: 2, ..LOG }.request(12, 12),
        other.request(6, 7),
    ];
    let results = signer.sign_all(&requests).unwrap();
    let codes: Vec<&str> = results.into_iter().map(code).collect();
    assert_eq!(codes, ["ok", "ok", "CU-0360", "ok", "CU-0366", "ok"]);
    assert_eq!(written(&path), before + 1);
    assert_eq!(
        signer.standing(ORIGIN),
        Standing::Ready {
            size: 12,
            root: LOG.at(12).root
        }
    );
}

#[test]
fn only_what_this_key_signed_is_recognised() {
    let (_kept, path) = folder();
    let signer = signed_at_five(&path);
    let stranger = SignerKey::from_seed(ORIGIN, &[3; 32]).unwrap();
    let foreign = LOG.at(9).sign(&stranger).unwrap();
    assert_eq!(code(signer.recognise(foreign.as_bytes())), "CU-0370");
    assert_eq!(code(signer.recognise(b"noise")), "CU-0370");
    let ours = seen(&signer, &path, &LOG.at(9));
    assert_eq!(ours.checkpoint(), &LOG.at(9));
}

proptest! {
    // Each step of a case writes and syncs files.
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked for, in any order, over restarts, restored copies of the state (each
    /// followed by an honest look) and a log that may be replaced by a rival: no size has two
    /// signed roots.
    #[test]
    fn no_size_is_ever_signed_with_two_roots(
        steps in prop::collection::vec((0..4u8, 0..12u64, prop::bool::ANY), 1..20),
    ) {
        let (_kept, path) = folder();
        let mut signer = signed_at_five(&path);
        let mut copy = fs::read(path.join("state")).unwrap();
        let mut released = vec![LOG.at(5)];
        for (step, size, on_rival) in steps {
            let log = if on_rival { Log { fork: 7, ..LOG } } else { LOG };
            match step {
                0 => copy = fs::read(path.join("state")).unwrap(),
                1 => {
                    drop(signer);
                    fs::write(path.join("state"), &copy).unwrap();
                    signer = Signer::open(&path).unwrap();
                    let found: Vec<Seen> =
                        released.iter().map(|tree| seen(&signer, &path, tree)).collect();
                    signer.observe(ORIGIN, &found).unwrap();
                }
                2 => {
                    if let Standing::OnHold { seen, signed } = signer.standing(ORIGIN) {
                        let proofs = (log.proof(signed, size), log.proof(seen, size));
                        let _ = signer.release(&log.at(size), &proofs.0, &proofs.1);
                    }
                }
                _ => {
                    let Standing::Ready { size: from, .. } = signer.standing(ORIGIN) else { continue };
                    if sign(&mut signer, log, from, size).is_ok() {
                        released.push(log.at(size));
                    }
                }
            }
        }
        for one in &released {
            let rival = released.iter().find(|other| other.size == one.size && *other != one);
            prop_assert!(rival.is_none(), "size {}", one.size);
        }
    }
}
