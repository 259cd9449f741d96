//! What was measured, a column for each extract.

use super::Measured;
use super::cutting::Cut;

const MIB: f64 = (1 << 20) as f64;

/// What a row shows of an extract.
type Figure = fn(&Measured) -> String;

const ROWS: [(&str, Figure); 16] = [
    ("events shown", |of| of.cut.events.to_string()),
    ("leaves of the cut's logs", |of| {
        of.checked.singles.leaves.to_string()
    }),
    ("archive, bytes", |of| of.cut.archive_bytes.to_string()),
    ("cut, s", |of| format!("{:.2}", of.cut.seconds)),
    ("cut, events/s", |of| {
        format!("{:.0}", number(of.cut.events) / of.cut.seconds)
    }),
    ("peak memory of cutting, MiB", |of| mib(of.cut.peak)),
    ("  of it before anything is read", |of| {
        mib(of.cut.resident_before)
    }),
    ("checked, s", |of| format!("{:.2}", of.checked.seconds)),
    ("checked, events/s", |of| {
        format!("{:.0}", number(of.cut.events) / of.checked.seconds)
    }),
    ("  beside one SHA-256 over it", |of| {
        let times = of.checked.seconds / of.checked.hashing_seconds;
        format!("1/{times:.1}")
    }),
    ("peak memory of checking, MiB", |of| mib(of.checked.peak)),
    ("proofs, bytes", |of| of.cut.proof_bytes.to_string()),
    ("as many proofs' hashes, bytes", |of| {
        of.checked.singles.hash_bytes.to_string()
    }),
    ("  share of them", |of| {
        share(of.cut.proof_bytes, of.checked.singles.hash_bytes)
    }),
    ("as many receipts, bytes", |of| {
        of.checked.singles.receipt_bytes.to_string()
    }),
    ("  share of them", |of| {
        share(of.cut.proof_bytes, of.checked.singles.receipt_bytes)
    }),
];

/// Prints the table, and how memory grows.
pub fn print(recipient: &str, all: &[Measured]) {
    println!("\nextracts about {recipient}");
    for (name, figure) in ROWS {
        print!("{name:<32}");
        for of in all {
            print!("{:>16}", figure(of));
        }
        println!();
    }
    if let [one, .., other] = all {
        println!(
            "cutting took {:.0} bytes of memory for each event more",
            (taken(&other.cut) - taken(&one.cut))
                / (number(other.cut.events) - number(one.cut.events))
        );
    }
}

/// Bytes that cutting took beside the open ledger.
fn taken(cut: &Cut) -> f64 {
    number(cut.peak) - number(cut.resident_before)
}

#[allow(clippy::cast_precision_loss)]
fn number(count: u64) -> f64 {
    count as f64
}

fn mib(bytes: u64) -> String {
    format!("{:.0}", number(bytes) / MIB)
}

fn share(part: u64, whole: u64) -> String {
    format!("{:.3}", number(part) / number(whole))
}
