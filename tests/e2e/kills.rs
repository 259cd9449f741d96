//! SIGKILL at random moments.

use std::time::Duration;

use crate::broker::Broker;
use crate::chance::Chance;
use crate::faults::{caught_up, same_roots};
use crate::ledger::Ledger;
use crate::record_to_leaf::{send_town, town_events};

const KILLS: usize = 20;
/// How long after the drawn leaf, or after its start, the ledger may still live.
const MOST_JITTER_MS: u64 = 40;
const MOST_START_MS: u64 = 400;

/// Where one life of the ledger ends.
enum Moment {
    /// While it opens its stores, replays what the life before it left, and connects.
    Starting,
    /// Soon after so many leaves.
    After(u64),
}

/// Most kills fall behind leaves drawn over the whole topic, in order; a few while it starts.
fn moments(chance: &mut Chance, leaves: u64) -> Vec<Moment> {
    let mut after: Vec<u64> = (0..KILLS).map(|_| chance.below(leaves)).collect();
    after.sort_unstable();
    let moment = |leaf| match chance.below(5) {
        0 => Moment::Starting,
        _ => Moment::After(leaf),
    };
    after.into_iter().map(moment).collect()
}

/// Time itself is what is drawn here: nothing is waited for.
pub fn live_on(chance: &mut Chance, most_ms: u64) {
    std::thread::sleep(Duration::from_millis(chance.below(most_ms)));
}

#[test]
fn killed_twenty_times_at_random_moments_nothing_is_missing_doubled_or_different() {
    let mut chance = Chance::new();
    let broker = Broker::start();
    let undisturbed = Ledger::at(broker.bootstrap()).init();
    let disturbed = Ledger::at(broker.bootstrap())
        .set("ingest.batch_records", "50")
        .init();
    let leaves = send_town(&undisturbed, town_events());
    caught_up(&undisturbed, leaves);
    for moment in moments(&mut chance, leaves) {
        let serving = match moment {
            Moment::Starting => {
                let serving = disturbed.starting();
                live_on(&mut chance, MOST_START_MS);
                serving
            }
            Moment::After(leaf) => {
                let mut serving = disturbed.serve();
                serving.wait_for_leaves(leaf);
                live_on(&mut chance, MOST_JITTER_MS);
                serving
            }
        };
        serving.kill();
    }
    caught_up(&disturbed, leaves);
    same_roots(&disturbed, &undisturbed);
}
