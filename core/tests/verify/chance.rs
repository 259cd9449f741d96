//! Numbers that a seed's name decides: the same at every run.

use sha2::{Digest as _, Sha256};

pub struct Chance {
    seed: &'static str,
    drawn: u64,
}

impl Chance {
    pub const fn seeded(seed: &'static str) -> Self {
        Self { seed, drawn: 0 }
    }

    /// A number below `end`, which isn't 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.drawn += 1;
        let digest = Sha256::new()
            .chain_update(self.seed)
            .chain_update(self.drawn.to_be_bytes())
            .finalize();
        let number = u64::from_be_bytes(digest[..8].try_into().unwrap());
        usize::try_from(number % end as u64).unwrap()
    }
}
