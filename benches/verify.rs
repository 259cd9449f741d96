//! Checking an extract, as its reader does.
//!
//! `verify`: an extract of 10,000 leaves, every third of a log of 30,000 with 4 logs, 3 checkpoints that
//! the requester holds and all documents, from bytes to a report. Documents take most of the time; so
//! the same under an unknown edition stands beside it.

#[allow(clippy::unwrap_used, dead_code, unused_imports)]
#[path = "../core/tests/verify/maker/mod.rs"]
mod maker;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use custodia_core::extract::Profile;
use custodia_core::policy::Policy;
use custodia_core::verify::{self, Beside, Extract, Outcome};
use maker::Ledger;

/// Leaves of the log that concerns people.
const LEAVES: u64 = 30_000;

fn verify(c: &mut Criterion) {
    let mut draft = Ledger::with_events(LEAVES).draft(Profile::SSelf);
    let policy = Policy::parse(maker::policy().as_bytes()).expect("a policy");
    let beside = Beside {
        policy: Some(&policy),
        ..Beside::default()
    };
    let whole = draft.archive();
    draft.manifest.edition = u8::MAX;
    let without = draft.archive();
    let mut group = c.benchmark_group("verify");
    group
        .sample_size(10)
        .measurement_time(std::time::Duration::from_secs(15));
    group.throughput(Throughput::Elements(draft.lines.len() as u64));
    for (name, archive, outcome) in [
        ("leaves and documents", whole, Outcome::Proven),
        ("leaves alone", without, Outcome::ReportsUnchecked),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let report = verify::verify(&Extract::Archive(&archive), &beside);
                assert_eq!(report.outcome, outcome);
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = verify
}
criterion_main!(benches);
