//! A power cut: what was not synced is lost.
//!
//! What is simulated: after SIGKILL the newest write-ahead log of each log's store is cut at a
//! random byte behind everything that somebody rests on, which is the last batch of leaves that
//! was signed (a signature follows the sync). So batches of leaves that were under way, rows and
//! checkpoints of which the ledger waits for no sync are lost, in whole or torn in the middle, and
//! files keep the order in which they were written, as on a journaling file system. What is not:
//! disks that lie about syncing (the last tests take synced bytes away, and want to be told), and
//! loss of a new file's name, which the stores sync folders against.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use crate::broker::Broker;
use crate::chance::Chance;
use crate::faults::{caught_up, same_roots, some_records};
use crate::ledger::Ledger;
use crate::produce::with_librdkafka;
use crate::record_to_leaf::{send_town, town_events};
use crate::wal;

const CUTS: u64 = 6;

/// Origin and folder of each log.
fn logs(ledger: &Ledger) -> Vec<(String, PathBuf)> {
    let folders = std::fs::read_dir(ledger.path("ledger/logs")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    folders.map(|path| (origin_of(&path), path)).collect()
}

fn origin_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap().to_str().unwrap();
    let mut parts = name.rsplitn(3, '-');
    let mut part = || parts.next().unwrap();
    let (generation, partition, topic) = (part(), part(), part());
    format!("{}/{topic}/{partition}/{generation}", crate::ledger::NAME)
}

/// The last size signed of each log, as the signer remembers.
fn signed_sizes(ledger: &Ledger) -> BTreeMap<String, u64> {
    let text = std::fs::read_to_string(ledger.path("signer/state")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let signed = |pair: &[&str]| {
        let origin = pair[0].strip_prefix("log ")?.to_owned();
        let size = pair[1].strip_prefix("signed ")?.split(' ').next()?;
        Some((origin, size.parse().unwrap()))
    };
    lines.windows(2).filter_map(signed).collect()
}

fn cut(file: &Path, length: u64) {
    let file = OpenOptions::new().write(true).open(file).unwrap();
    file.set_len(length).unwrap();
}

/// Takes from each log a random part of what nobody rests on yet; how many bytes.
fn cut_power(ledger: &Ledger, chance: &mut Chance) -> u64 {
    let signed = signed_sizes(ledger);
    let mut lost = 0;
    for (origin, folder) in logs(ledger) {
        let file = wal::newest(&folder);
        let batches = wal::batches_of_leaves(&file);
        let rested_on = batches.iter().rfind(|batch| batch.size <= signed[&origin]);
        let floor = rested_on.map_or(0, |batch| batch.end);
        let length = file.metadata().unwrap().len();
        let left = floor + chance.below(length - floor + 1);
        cut(&file, left);
        lost += length - left;
    }
    lost
}

#[test]
fn after_power_cuts_nothing_is_missing_doubled_or_different() {
    let mut chance = Chance::new();
    let broker = Broker::start();
    let undisturbed = Ledger::at(broker.bootstrap()).init();
    let disturbed = Ledger::at(broker.bootstrap())
        .set("ingest.batch_records", "50")
        .init();
    let leaves = send_town(&undisturbed, town_events());
    caught_up(&undisturbed, leaves);
    let mut lost = 0;
    for part in 1..=CUTS {
        let mut serving = disturbed.serve();
        let share = leaves / (CUTS + 1);
        serving.wait_for_leaves(share * (part - 1) + chance.below(share));
        serving.kill();
        lost += cut_power(&disturbed, &mut chance);
    }
    assert!(lost > 0, "no cut took anything");
    caught_up(&disturbed, leaves);
    same_roots(&disturbed, &undisturbed);
}

/// A ledger at rest, everything of it signed, with the log of events that has the most leaves in
/// its write-ahead log: origin, file and batches.
fn at_rest(broker: &Broker) -> (Ledger, String, PathBuf, Vec<wal::Leaves>) {
    let ledger = Ledger::at(broker.bootstrap())
        .set("ingest.batch_records", "20")
        .init();
    with_librdkafka(broker.bootstrap(), &some_records(0, 400));
    caught_up(&ledger, 400);
    let of_log = |(origin, folder): (String, PathBuf)| {
        let file = wal::newest(&folder);
        let batches = wal::batches_of_leaves(&file);
        (origin, file, batches)
    };
    let events = logs(&ledger).into_iter();
    let events = events.filter(|(origin, _)| origin.contains("/custodia.events/"));
    let most = events
        .map(of_log)
        .max_by_key(|(_, _, batches)| batches.len());
    let (origin, file, batches) = most.unwrap();
    assert!(batches.len() > 2, "{batches:?}");
    (ledger, origin, file, batches)
}

#[test]
fn a_log_that_lost_leaves_which_were_signed_is_refused_and_reads_them_again_on_purpose() {
    let broker = Broker::start();
    let (ledger, origin, file, batches) = at_rest(&broker);
    let undisturbed = Ledger::at(broker.bootstrap()).init();
    caught_up(&undisturbed, 400);
    cut(&file, batches[batches.len() - 1].end - 1);
    let line = ledger.fails(&["serve"], "CU-0365");
    assert!(line.contains(&origin), "{line}");
    let ledger = ledger.set("signer.enabled", "false");
    caught_up(&ledger, 400);
    let ledger = ledger.set("signer.enabled", "true");
    caught_up(&ledger, 400);
    same_roots(&ledger, &undisturbed);
}

#[test]
fn a_synced_byte_that_changed_is_refused_by_the_name_of_the_store() {
    let broker = Broker::start();
    let (ledger, _, file, batches) = at_rest(&broker);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = usize::try_from(batches[0].begin.midpoint(batches[0].end)).unwrap();
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let line = ledger.fails(&["serve"], "CU-0205");
    assert!(
        line.contains(file.parent().unwrap().to_str().unwrap()),
        "{line}"
    );
}
