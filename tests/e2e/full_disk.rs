//! A disk that takes no more: the ledger stops with its code, loses nothing, and goes on once there
//! is room again.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};

use crate::broker::Broker;
use crate::faults::{caught_up, same_roots, some_records};
use crate::ledger::{Ledger, Serving};
use crate::produce::{EVENTS, Pair, with_librdkafka};

const MIB: u64 = 1 << 20;
/// Room enough for everything that these tests append.
const PLENTY: u64 = 768 * MIB;

/// A disk of its own: a tmpfs in a mount namespace of its own, which needs no rights that a user
/// doesn't have. Both go with the process that holds them.
struct SmallDisk {
    holder: Child,
    _ends_the_holder: ChildStdin,
    at: PathBuf,
}

impl SmallDisk {
    /// `None` where this system keeps namespaces from its users.
    fn at(folder: &Path) -> Option<Self> {
        std::fs::create_dir(folder).unwrap();
        let script = format!("mount -t tmpfs -o size={PLENTY} none \"$0\" && echo && exec cat");
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let ends_the_holder = holder.stdin.take().unwrap();
        let mut line = [0];
        let said = std::io::Read::read(holder.stdout.as_mut().unwrap(), &mut line).unwrap();
        (said == 1).then(|| Self {
            holder,
            _ends_the_holder: ends_the_holder,
            at: folder.to_owned(),
        })
    }

    /// The words under which a program sees this disk.
    fn under(&self) -> Vec<String> {
        let target = self.holder.id().to_string();
        let words = ["nsenter", "--preserve-credentials", "--user", "--mount"];
        let words = words.map(str::to_owned).into_iter();
        words.chain(["--target".to_owned(), target]).collect()
    }

    fn run(&self, words: &[&str]) -> String {
        let under = self.under();
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(&under[0])
            .args(&under[1..])
            .args(words)
            .arg(&self.at)
            .output()
            .unwrap();
        assert!(status.success(), "{words:?}: {stderr:?}");
        String::from_utf8(stdout).unwrap()
    }

    fn resize(&self, bytes: u64) {
        self.run(&["mount", "-o", &format!("remount,size={bytes}")]);
    }

    /// Leaves so many bytes free.
    fn leave(&self, bytes: u64) {
        let said = self.run(&["stat", "-f", "-c", "%b %f %S"]);
        let numbers: Vec<u64> = said
            .split_whitespace()
            .map(|word| word.parse().unwrap())
            .collect();
        let [blocks, free, block] = numbers[..] else {
            panic!("{said}")
        };
        self.resize((blocks - free) * block + bytes);
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// A ledger on a small disk of its own.
fn on_small_disk(broker: &Broker) -> Option<(Ledger, SmallDisk)> {
    let mut ledger = Ledger::at(broker.bootstrap());
    let Some(disk) = SmallDisk::at(&ledger.path("disk")) else {
        eprintln!("not run: no user namespaces here; a limit on files stands in for a full disk");
        return None;
    };
    ledger.run_under(disk.under());
    let folder = ledger.path("disk/ledger");
    let ledger = ledger
        .set("ledger.folder", folder.to_str().unwrap())
        .set("serve.disk_floor_bytes", "0");
    Some((ledger.init(), disk))
}

/// Records that take `mebibytes` on disk.
fn weighty(mebibytes: u8) -> Vec<Pair> {
    (0..mebibytes)
        .map(|n| (Some(vec![n]), Some(vec![n; 1 << 20])))
        .collect()
}

/// Ended by itself, with the code in the line that says why.
fn stopped(serving: Serving, code: &str) {
    let (status, log) = serving.ended();
    assert_eq!(status.code(), Some(1), "{log}");
    let line = log.lines().last().unwrap_or_default();
    assert!(line.starts_with("custodia: CU-"), "{log}");
    assert!(line.contains(code), "{log}");
}

#[test]
fn a_full_disk_stops_the_ledger_which_goes_on_once_there_is_room() {
    let broker = Broker::start();
    let Some((ledger, disk)) = on_small_disk(&broker) else {
        return;
    };
    let undisturbed = Ledger::at(broker.bootstrap()).init();
    with_librdkafka(broker.bootstrap(), &some_records(0, 400));
    let mut serving = ledger.serve();
    serving.wait_for_leaves(400);
    disk.leave(MIB);
    with_librdkafka(broker.bootstrap(), &weighty(120));
    stopped(serving, "CU-0206");
    // Whether it opens on a full disk is the store's to say; it must not lose anything by trying.
    match ledger.try_serve() {
        Ok(serving) => serving.kill(),
        Err(said) => assert!(said.contains("CU-0206"), "{said}"),
    }
    disk.resize(PLENTY);
    caught_up(&ledger, 520);
    caught_up(&undisturbed, 520);
    same_roots(&ledger, &undisturbed);
}

#[test]
fn below_the_floor_appending_waits_and_goes_on_by_itself() {
    let broker = Broker::start();
    let Some((ledger, disk)) = on_small_disk(&broker) else {
        return;
    };
    let ledger = ledger.set("serve.disk_floor_bytes", &(64 * MIB).to_string());
    let mut serving = ledger.serve();
    disk.leave(32 * MIB);
    serving.until("the disk to be low", |serving| {
        let said = serving.get("/readyz")?;
        said.contains(" 503 ").then_some(())
    });
    // What was polled before the disk was low may still be appended; what follows waits.
    with_librdkafka(broker.bootstrap(), &some_records(0, 40));
    with_librdkafka(broker.bootstrap(), &some_records(40, 80));
    serving.until("records to wait", |serving| {
        let waiting = serving.metric("custodia_consumer_lag_records", EVENTS)?;
        (waiting >= 40).then_some(())
    });
    disk.resize(PLENTY);
    serving.wait_for_leaves(80);
    serving.until("the disk to have room", |serving| {
        let said = serving.get("/readyz")?;
        said.contains(" 200 ").then_some(())
    });
    serving.stop();
    ledger.fsck();
}

/// A limit on the size of files refuses a write as a full disk does, in the middle of it, and
/// every system has it. Its own reason is another one, and so is the code.
#[test]
fn a_write_that_is_cut_short_stops_the_ledger_which_goes_on_without_the_limit() {
    let broker = Broker::start();
    let undisturbed = Ledger::at(broker.bootstrap()).init();
    let mut ledger = Ledger::at(broker.bootstrap()).init();
    with_librdkafka(broker.bootstrap(), &some_records(0, 400));
    // In blocks of 512 bytes: 2 MiB. Without the trap the signal would end the process.
    let limited = "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\"";
    ledger.run_under(["sh", "-c", limited]);
    let mut serving = ledger.serve();
    serving.wait_for_leaves(400);
    with_librdkafka(broker.bootstrap(), &weighty(24));
    stopped(serving, "CU-0209");
    ledger.run_under::<String>([]);
    caught_up(&ledger, 424);
    caught_up(&undisturbed, 424);
    same_roots(&ledger, &undisturbed);
}
