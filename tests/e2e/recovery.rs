//! What can be found out, or made, again: what was signed, and rows.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia::app;
use custodia::config;
use custodia::kafka::{Error, Outgoing, Settings, Writer, read_range};
use custodia::log::ROWS;
use custodia::project::VERSION;
use custodia::store::{Batch, Direction, Durability, KeyRange, Pair, Read as _};
use custodia_core::checkpoint::Checkpoint;
use custodia_core::note::{Note, SignerKey};
use custodia_core::tree::Hash;

use crate::broker::Broker;
use crate::faults::{caught_up, copy, some_records};
use crate::ledger::{Ledger, PATIENCE};
use crate::produce::with_librdkafka;
use crate::record_to_leaf::send_town;

const CHECKPOINTS: &str = "custodia.checkpoints";

/// Every checkpoint of the topic, by origin and size: each has one root.
fn published(broker: &Broker) -> BTreeMap<(String, u64), Hash> {
    let mut roots = BTreeMap::new();
    let settings = Settings::at(broker.bootstrap());
    let take = |fetched: custodia::kafka::Fetched| {
        let note = Note::parse(&fetched.record.value.unwrap()).unwrap();
        let tree = Checkpoint::parse(note.text()).unwrap();
        let before = roots.insert((tree.origin, tree.size), tree.root);
        assert!(before.is_none_or(|root| root == tree.root));
        Ok::<_, Error>(())
    };
    read_range(&settings, CHECKPOINTS, 0, 0, PATIENCE, take).unwrap();
    roots
}

fn lose_state(ledger: &Ledger) {
    std::fs::remove_file(ledger.path("signer/state")).unwrap();
}

#[test]
fn a_signer_that_lost_its_state_signs_on_and_no_size_has_two_roots() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    caught_up(&ledger, 40);
    let early = ledger.path("early");
    copy(&ledger.path("ledger"), &early);
    with_librdkafka(broker.bootstrap(), &some_records(40, 80));
    caught_up(&ledger, 80);
    lose_state(&ledger);
    let line = ledger.fails(&["serve"], "CU-0356");
    assert!(line.contains("custodia key recover"), "{line}");

    // With the logs of an older copy: they are behind what was published.
    let (folder, late) = (ledger.path("ledger"), ledger.path("late"));
    std::fs::rename(&folder, &late).unwrap();
    copy(&early, &folder);
    ledger.fails(&["key", "recover"], "CU-0365");
    ledger.fails(&["serve"], "CU-0356");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::rename(&late, &folder).unwrap();

    let recovered = ledger.ok(&["key", "recover"]);
    assert!(
        recovered.contains("ledger.example/custodia.events/0/1"),
        "{recovered}"
    );
    let before = published(&broker).len();
    with_librdkafka(broker.bootstrap(), &some_records(80, 120));
    caught_up(&ledger, 120);
    assert!(published(&broker).len() > before);
    ledger.fsck();
    a_fork_is_refused(&broker, &ledger);
}

/// Somebody signed other records with the ledger's key.
fn a_fork_is_refused(broker: &Broker, ledger: &Ledger) {
    let origin = "ledger.example/custodia.events/1/1";
    let mut sizes = published(broker).into_keys().filter(|(of, _)| of == origin);
    let size = sizes.next().unwrap().1;
    let file = std::fs::read_to_string(ledger.path("signer/key")).unwrap();
    let seed = STANDARD.decode(file.lines().nth(1).unwrap()).unwrap();
    let key = SignerKey::from_seed(origin, &seed.try_into().unwrap()).unwrap();
    let fork = Checkpoint {
        origin: origin.to_owned(),
        size,
        root: [7; 32],
    };
    let writer = Writer::new(&Settings::at(broker.bootstrap())).unwrap();
    let fork = fork.sign(&key).unwrap();
    let outgoing = Outgoing {
        topic: CHECKPOINTS,
        key: Some(origin.as_bytes()),
        value: Some(fork.as_bytes()),
        headers: &[],
    };
    writer.send_blocking(&outgoing, PATIENCE).unwrap();
    lose_state(ledger);
    let line = ledger.fails(&["key", "recover"], "CU-0366");
    assert!(
        line.contains(origin) && line.contains(&format!("size {size}")),
        "{line}"
    );
    ledger.fails(&["serve"], "CU-0356");
}

/// The rows of every log, as they lie on disk.
fn rows(ledger: &Ledger) -> BTreeMap<String, Vec<Pair>> {
    let (config, _) = config::load(None::<&Path>, &ledger.overrides()).unwrap();
    let opened = app::open(&config).unwrap();
    let of_log = |log: &std::sync::Arc<custodia::log::Log>| {
        let rows = log
            .store()
            .iterate(ROWS.at(VERSION), &KeyRange::all(), Direction::Ascending)
            .unwrap();
        (log.name().to_owned(), rows.map(Result::unwrap).collect())
    };
    opened.logs.iter().map(of_log).collect()
}

/// Takes every other row away.
fn damage_rows(ledger: &Ledger, rows: &BTreeMap<String, Vec<Pair>>) {
    let (config, _) = config::load(None::<&Path>, &ledger.overrides()).unwrap();
    let opened = app::open(&config).unwrap();
    for log in &opened.logs {
        let mut batch = Batch::new();
        for (key, _) in rows[log.name()].iter().step_by(2) {
            batch.delete(ROWS.at(VERSION), key);
        }
        log.store().write(&batch, Durability::Synced).unwrap();
    }
}

#[test]
fn rows_that_are_made_again_are_byte_for_byte_the_same() {
    let broker = Broker::start();
    let ledger = Ledger::at(broker.bootstrap()).init();
    let leaves = send_town(&ledger, 2_000);
    caught_up(&ledger, leaves);
    // What `serve` had no time for.
    ledger.ok(&["rebuild"]);
    let before = rows(&ledger);
    assert!(before.values().map(Vec::len).sum::<usize>() > 2_000);
    damage_rows(&ledger, &before);
    assert_ne!(rows(&ledger), before);
    let first = before.keys().next().unwrap();
    let one = ledger.ok(&["rebuild", "--log", first, "--json"]);
    let one: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert_eq!(
        (one.as_array().unwrap().len(), &one[0]["log"]),
        (1, &first[..].into())
    );
    let halfway = rows(&ledger);
    assert!(halfway[first] == before[first] && halfway != before);
    let all = ledger.ok(&["rebuild"]);
    assert!(before.keys().all(|log| all.contains(log)), "{all}");
    assert_eq!(rows(&ledger), before);
    ledger.fails(&["rebuild", "--log", "ledger.example/other/0/1"], "CU-0030");
    let serving = ledger.serve();
    ledger.fails(&["rebuild"], "CU-0408");
    serving.stop();
}
