//! What the ledger signs and proves, under the eyes of implementations that are not ours.

use custodia::app;
use custodia::config::{self, Config};
use custodia::kafka::{Error, Settings, read_range};
use custodia::log::Log;
use custodia_core::note::VerifierKey;
use custodia_core::tree::{Hash, leaf_hash};
use tlog_tiles::{Checkpoint, Hash as Other, check_record, check_tree};

use crate::broker::Broker;
use crate::ledger::{Ledger, PATIENCE};
use crate::produce::with_librdkafka;

fn others(proof: &[Hash]) -> Vec<Other> {
    proof.iter().map(|hash| Other(*hash)).collect()
}

fn published(broker: &Broker) -> Vec<Vec<u8>> {
    let mut signed = Vec::new();
    let settings = Settings::at(broker.bootstrap());
    read_range(
        &settings,
        "custodia.checkpoints",
        0,
        0,
        PATIENCE,
        |fetched| {
            signed.extend(fetched.record.value);
            Ok::<(), Error>(())
        },
    )
    .unwrap();
    signed
}

/// Opens a signed checkpoint with another's reader: origin, size and root.
fn opened_elsewhere(signed: &[u8], vkey: &str) -> (String, u64, Hash) {
    let note = signed_note::Note::from_bytes(signed).unwrap();
    let verifier = signed_note::StandardVerifier::new(vkey).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    note.verify(&known).unwrap();
    let text = Checkpoint::from_bytes(note.text()).unwrap();
    (text.origin().to_owned(), text.size(), text.hash().0)
}

fn proofs_verify_elsewhere(log: &Log, checkpoints: &[(u64, Hash)]) {
    for (size, root) in checkpoints {
        for index in [0, size / 2, size - 1] {
            let proof = log.inclusion_proof(index, *size).unwrap();
            let leaf = Other(leaf_hash(&log.entry(index).unwrap().to_bytes()));
            check_record(&others(&proof), *size, Other(*root), index, leaf).unwrap();
        }
    }
    for pair in checkpoints.windows(2) {
        let [(old, old_root), (new, new_root)] = pair else {
            continue;
        };
        let proof = log.consistency_proof(*old, *new).unwrap();
        check_tree(
            &others(&proof),
            *new,
            Other(*new_root),
            *old,
            Other(*old_root),
        )
        .unwrap();
    }
}

fn config_of(ledger: &Ledger) -> Config {
    config::load(None, &ledger.overrides()).unwrap().0
}

#[test]
fn checkpoints_open_and_proofs_verify_with_third_party_implementations() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    let mut serving = ledger.serve();
    for round in 1..=5u32 {
        let record = |n: u32| (Some(n.to_be_bytes().to_vec()), Some(vec![7; 90]));
        with_librdkafka(
            broker.bootstrap(),
            &(0..200 * round).map(record).collect::<Vec<_>>(),
        );
        let leaves = u64::from((1..=round).sum::<u32>() * 200);
        serving.wait_for_leaves(leaves);
        let signed = serving.metric("custodia_checkpoint_signed_total", "custodia.events");
        serving.until("another checkpoint", |serving| {
            let now = serving.metric("custodia_checkpoint_signed_total", "custodia.events");
            (now > signed || now >= Some(4 * u64::from(round))).then_some(())
        });
    }
    serving.stop();
    let policy = ledger.ok(&["key"]);
    let line = policy
        .lines()
        .find_map(|line| line.strip_prefix("log "))
        .unwrap();
    let key: VerifierKey = line.parse().unwrap();
    let signed = published(&broker);
    let opened = app::open(&config_of(&ledger)).unwrap();
    let mut verified = 0;
    for log in opened
        .logs
        .iter()
        .filter(|log| log.name().contains("custodia.events"))
    {
        let vkey = key.under(log.name()).unwrap().to_string();
        let first = format!("{}\n", log.name());
        let of_log = signed
            .iter()
            .filter(|signed| signed.starts_with(first.as_bytes()));
        let mut checkpoints: Vec<(u64, Hash)> = of_log
            .map(|signed| opened_elsewhere(signed, &vkey))
            .map(|(origin, size, root)| {
                assert_eq!(origin, log.name());
                (size, root)
            })
            .collect();
        let ascending = checkpoints.is_sorted_by_key(|(size, _)| *size);
        assert!(ascending, "{}: checkpoints fell", log.name());
        checkpoints.dedup();
        proofs_verify_elsewhere(log, &checkpoints);
        verified += checkpoints.len();
    }
    assert!(verified > 4, "only {verified} checkpoints");
}
