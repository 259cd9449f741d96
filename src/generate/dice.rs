//! Every chance of the town: numbers that follow from its seed, a life and a place in that life.
//!
//! No number depends on what was drawn before it elsewhere, so a life can be made, and an event's
//! id known, without the lives before it.

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// Words of the cipher's stream that belong to one event.
const WORDS_PER_EVENT: u128 = 64;
/// Where a life's own draws (its names, its course) begin in the life's stream.
const LIFE_WORDS: u128 = 1 << 40;
/// Stream of what belongs to no life: lives are numbered below it.
const TOWN_STREAM: u64 = u64::MAX;

const REFERENCE_ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Characters of a reference: 26 × 5 bits are 130.
const REFERENCE_CHARS: usize = 26;

/// A person's reference: 26 characters of `[a-z2-7]`, 130 bits (design law 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference([u8; REFERENCE_CHARS]);

impl Reference {
    /// The reference as text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }

    /// The reference's bytes: the key of the person's records.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What is random in one event.
pub(super) struct EventDice {
    /// The id, a version 7 UUID: its first 48 bits are the time it occurred.
    pub(super) id: [u8; 16],
    pub(super) salt: [u8; 32],
    /// Stands where a real event has the digest of a document.
    pub(super) digest: [u8; 32],
    /// Small numbers: counts of fields and the like.
    pub(super) small: u8,
}

/// The seeded source of all numbers.
pub(super) struct Dice {
    key: [u8; 32],
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let digest = Sha256::new()
            .chain_update(b"custodia generated town\n")
            .chain_update(seed.to_be_bytes())
            .finalize();
        Self { key: digest.into() }
    }

    fn at(&self, stream: u64, word: u128) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::from_seed(self.key);
        rng.set_stream(stream);
        rng.set_word_pos(word);
        rng
    }

    /// What is random in event `index` of life `life`, which occurred at `at_ms`.
    pub(super) fn event(&self, life: u64, index: u16, at_ms: i64) -> EventDice {
        event_dice(self.at(life, u128::from(index) * WORDS_PER_EVENT), at_ms)
    }

    /// What is random in event `index` of the town's own, which occurred at `at_ms`.
    pub(super) fn town_event(&self, index: u16, at_ms: i64) -> EventDice {
        self.event(TOWN_STREAM, index, at_ms)
    }

    /// A life's names and course.
    pub(super) fn life(&self, life: u64) -> Course {
        Course {
            rng: self.at(life, LIFE_WORDS),
        }
    }

    /// Names and keys of the town itself.
    pub(super) fn town(&self) -> Course {
        self.life(TOWN_STREAM)
    }
}

fn event_dice(mut rng: ChaCha8Rng, at_ms: i64) -> EventDice {
    let mut bytes = [0; 91];
    rng.fill_bytes(&mut bytes);
    let (salt, rest) = bytes.split_at(32);
    let (digest, rest) = rest.split_at(32);
    let mut id = [0; 16];
    id[..6].copy_from_slice(&at_ms.to_be_bytes()[2..]);
    id[6..].copy_from_slice(&rest[..10]);
    id[6] = id[6] & 0x0f | 0x70;
    id[8] = id[8] & 0x3f | 0x80;
    let mut dice = EventDice {
        id,
        salt: [0; 32],
        digest: [0; 32],
        small: rest[10],
    };
    dice.salt.copy_from_slice(salt);
    dice.digest.copy_from_slice(digest);
    dice
}

/// A run of draws that belong together.
pub(super) struct Course {
    rng: ChaCha8Rng,
}

impl Course {
    pub(super) fn number(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A number below `bound`, 0 where that is 0. The bias is below 2⁻³² for every bound in use.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let wide = ((self.number() >> 32) * u64::from(bound)) >> 32;
        u32::try_from(wide).expect("a product of two 32-bit numbers, shifted by 32")
    }

    /// A time in `[from, until)`, in the unit of its bounds; `from` where that is empty.
    pub(super) fn between(&mut self, from: i64, until: i64) -> i64 {
        let width = u64::try_from(until - from).unwrap_or(0).max(1);
        from + i64::try_from(self.number() % width).expect("below a positive i64")
    }

    /// True in `percent` of 100 draws.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of `choices`.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let bound = u32::try_from(choices.len()).unwrap_or(u32::MAX);
        choices[self.below(bound) as usize]
    }

    pub(super) fn reference(&mut self) -> Reference {
        let mut bytes = [0; REFERENCE_CHARS];
        self.rng.fill_bytes(&mut bytes);
        Reference(bytes.map(|byte| REFERENCE_ALPHABET[usize::from(byte & 31)]))
    }

    pub(super) fn bytes32(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use custodia_core::schema::is_reference;

    use super::*;

    #[test]
    fn an_event_is_the_same_whatever_was_drawn_before() {
        let dice = Dice::new(7);
        let early = dice.event(3, 2, 1_000).salt;
        let _ = dice.life(9).number();
        assert_eq!(dice.event(3, 2, 1_000).salt, early);
        assert_ne!(dice.event(3, 3, 1_000).salt, early);
        assert_ne!(dice.event(4, 2, 1_000).salt, early);
        assert_ne!(Dice::new(8).event(3, 2, 1_000).salt, early);
    }

    #[test]
    fn an_id_is_a_uuid_v7_of_its_time() {
        let id = Dice::new(1).event(0, 0, 0x0123_4567_89ab).id;
        assert_eq!(id[..6], [0x01, 0x23, 0x45, 0x67, 0x89, 0xab]);
        assert_eq!((id[6] >> 4, id[8] >> 6), (7, 2));
    }

    #[test]
    fn references_are_references_and_draws_stay_in_their_bounds() {
        let mut course = Dice::new(1).life(0);
        assert!(is_reference(course.reference().as_str()));
        assert!((0..1000).all(|_| course.below(3) < 3 && (5..7).contains(&course.between(5, 7))));
        assert_eq!((course.below(0), course.between(4, 4)), (0, 4));
    }
}
