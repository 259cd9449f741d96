//! Chances from a seed that a failing test prints.

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};

/// Where the moments and places of a test's faults come from.
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// Of another seed in each run; `CUSTODIA_E2E_SEED` repeats one. The line that names the seed
    /// is shown where the test fails.
    pub fn new() -> Self {
        let asked = std::env::var("CUSTODIA_E2E_SEED").ok();
        let seed = asked.map_or_else(
            || getrandom::u64().unwrap(),
            |text| text.parse().expect("CUSTODIA_E2E_SEED is a number"),
        );
        println!("repeat with CUSTODIA_E2E_SEED={seed}");
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The bias of a remainder moves no fault noticeably.
        self.0.next_u64() % end
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
