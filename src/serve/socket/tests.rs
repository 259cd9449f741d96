//! The socket with a client at its other end.

use std::sync::Mutex;

use super::*;
use crate::assess::{FindingsDesk, Keeping, Rulebook};
use crate::backup::Source;
use crate::clock::FixedClock;
use crate::extract::{OfficeParts, Spools};
use crate::keys::{FileKek, KeyStore};
use crate::log::{Delivered, Outbox, OutboxError};
use crate::query::{CutFiles, Desk, Looks, Principal, View, WhoAnswer};
use crate::serve::Client;
use crate::store::{Budget, Shared};

const SUBJECT: &str = "abcdefghijklmnopqrstuv2345";

#[derive(Default)]
struct Memory(Mutex<Vec<Vec<u8>>>);

impl Outbox for Memory {
    fn deliver(&self, _: &str, key: &[u8], _: &[u8]) -> Result<Delivered, OutboxError> {
        self.0.lock().unwrap().push(key.to_vec());
        Ok(Delivered {
            partition: 0,
            offset: 0,
        })
    }
}

fn door(folder: &Path, outbox: &Arc<Memory>, uids: &[u32]) -> Door {
    let shared = Shared::new(&Budget {
        memory_bytes: 16 << 20,
        stores: 1,
        write_bytes_per_s: None,
    });
    let kek = Arc::new(FileKek::create(&folder.join("kek")).unwrap());
    let keys = Arc::new(KeyStore::create(&folder.join("keys"), &shared, kek).unwrap());
    let view = View::new(
        Vec::new(),
        Arc::clone(&keys),
        CutFiles::new(&folder.join("cuts")),
    );
    let clock = Arc::new(FixedClock::at(0));
    let looks = Looks::new(
        Arc::clone(outbox) as _,
        "access".into(),
        Arc::clone(&clock) as _,
    );
    let desk = Arc::new(Desk::new(view, looks));
    let findings = Arc::new(FindingsDesk::new(
        Arc::clone(&desk),
        Arc::new(Rulebook::with_holidays_of(None).unwrap()),
        Keeping::Off,
        Arc::new(FixedClock::at(0)),
    ));
    let office = Office::new(OfficeParts {
        desk: Arc::clone(&desk),
        findings: Arc::clone(&findings),
        signer: None,
        outbox: Arc::clone(outbox) as _,
        registry_topic: "registry".into(),
        spools: Spools::emptied(&folder.join("extracts")).unwrap(),
        ledger: "ledger.example".parse().unwrap(),
        clock,
        patience: std::time::Duration::ZERO,
    });
    let person = |uid: &u32| (*uid, Principal::new(*uid, SUBJECT, "auditor").unwrap());
    let principals = Principals::new(uids.iter().map(person));
    let ledger = "ledger.example".parse().unwrap();
    let clock = Arc::new(FixedClock::at(0));
    let backups = Source::new((folder, &ledger), Vec::new(), keys, shared, clock).unwrap();
    Door {
        desks: Desks { desk, findings },
        principals: Arc::new(principals),
        office: Arc::new(office),
        shelf: Arc::default(),
        backups: Arc::new(backups),
    }
}

/// What a client hears, and the keys of the looks that were put on record.
fn ask(uids: &[u32]) -> (Result<WhoAnswer, Error>, Vec<Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("custodia.sock");
    // What a killed process left there.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let outbox = Arc::new(Memory::default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    assert!(
        Client::at(&path).unwrap().is_none(),
        "nobody listens at a dead socket"
    );
    let entered = runtime.enter();
    let listener = bind_socket(&path).unwrap();
    drop(entered);
    let stop = CancellationToken::new();
    let served = runtime.spawn(answer_socket(
        listener,
        door(folder.path(), &outbox, uids),
        stop.clone(),
    ));
    let why = Why {
        reason: "audit".into(),
        ..Why::default()
    };
    let question = WhoQuestion {
        subject: SUBJECT.into(),
        ..WhoQuestion::default()
    };
    let heard = Client::at(&path).unwrap().unwrap().ask(&why, &question);
    stop.cancel();
    runtime.block_on(served).unwrap().unwrap();
    let looks = outbox.0.lock().unwrap().clone();
    (heard, looks)
}

#[test]
fn whoever_is_mapped_is_answered_after_a_look() {
    let (heard, looks) = ask(&[rustix::process::getuid().as_raw()]);
    let answer = heard.unwrap();
    assert_eq!((answer.subject.as_str(), answer.known), (SUBJECT, false));
    assert_eq!(looks, [SUBJECT.as_bytes()]);
}

#[test]
fn an_unmapped_uid_is_refused_and_leaves_no_look() {
    let (heard, looks) = ask(&[rustix::process::getuid().as_raw().wrapping_add(1)]);
    let Err(Error::Refused(refusal)) = heard else {
        panic!("{heard:?}")
    };
    assert_eq!(refusal.code, "CU-0551");
    assert!(looks.is_empty());
}
