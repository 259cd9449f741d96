//! The memory of who was erased, and what a handle leads to.

use std::collections::HashMap;

use super::label::Locator;

/// What is remembered of somebody who was erased. There is no reference in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// Records up to this time, as Kafka has it (ms since 1970), are erased, whenever they are read.
    pub until_ms: i64,
}

/// Who was erased, in memory: by handle, so that it holds no digest either.
#[derive(Debug, Default)]
pub(super) struct Erased {
    people: HashMap<Locator, Remembered>,
    /// How many keys of one person and one log were destroyed; none where it was none.
    generations: HashMap<Locator, u32>,
}

impl Erased {
    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    pub(super) fn person(&self, handle: &Locator) -> Option<Remembered> {
        self.people.get(handle).copied()
    }

    pub(super) fn generation(&self, handle: &Locator) -> u32 {
        self.generations.get(handle).copied().unwrap_or(0)
    }

    pub(super) fn put_person(&mut self, handle: Locator, remembered: Remembered) {
        self.people.insert(handle, remembered);
    }

    pub(super) fn put_generation(&mut self, handle: Locator, generation: u32) {
        self.generations.insert(handle, generation);
    }

    /// Takes a row of the store; whether it is one.
    pub(super) fn take(&mut self, key: &[u8], value: &[u8]) -> bool {
        let Ok(handle) = Locator::try_from(key) else {
            return false;
        };
        match value.split_first() {
            Some((&PERSON, ms)) => {
                let Ok(ms) = ms.try_into().map(i64::from_be_bytes) else {
                    return false;
                };
                self.put_person(handle, Remembered { until_ms: ms });
            }
            Some((&GENERATION, number)) => {
                let Ok(number) = number.try_into().map(u32::from_be_bytes) else {
                    return false;
                };
                self.put_generation(handle, number);
            }
            _ => return false,
        }
        true
    }
}

const PERSON: u8 = 0x01;
const GENERATION: u8 = 0x02;

/// `0x01 ‖ until_ms i64be`.
pub(super) fn person_row(remembered: Remembered) -> [u8; 9] {
    let mut row = [PERSON; 9];
    row[1..].copy_from_slice(&remembered.until_ms.to_be_bytes());
    row
}

/// `0x02 ‖ generation u32be`.
pub(super) fn generation_row(generation: u32) -> [u8; 5] {
    let mut row = [GENERATION; 5];
    row[1..].copy_from_slice(&generation.to_be_bytes());
    row
}

/// A key that is to be destroyed, and what goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doomed {
    /// Where it stands.
    pub locator: [u8; 32],
    /// How many payloads it sealed, as they were counted before the first of them was deleted.
    pub payloads: u64,
    /// How many rows.
    pub rows: u64,
}

/// Which keys one person has in one log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Handle {
    /// The one that seals.
    pub(super) current: Option<Locator>,
    /// One that is being destroyed.
    pub(super) doomed: Option<Doomed>,
}

impl Handle {
    /// `flags u8 ‖ current locator ‖ doomed locator ‖ payloads u64be ‖ rows u64be`, each part where its
    /// flag is set: bit 0 the current one, bit 1 the doomed.
    pub(super) fn encode(&self) -> Vec<u8> {
        let flags = u8::from(self.current.is_some()) | u8::from(self.doomed.is_some()) << 1;
        let mut out = vec![flags];
        out.extend(self.current.iter().flatten());
        if let Some(doomed) = &self.doomed {
            out.extend_from_slice(&doomed.locator);
            out.extend_from_slice(&doomed.payloads.to_be_bytes());
            out.extend_from_slice(&doomed.rows.to_be_bytes());
        }
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&flags, mut rest) = bytes.split_first()?;
        let current = (flags & 1 != 0).then(|| take(&mut rest));
        let doomed = (flags & 2 != 0).then(|| {
            Some(Doomed {
                locator: take(&mut rest)?,
                payloads: u64::from_be_bytes(take(&mut rest)?),
                rows: u64::from_be_bytes(take(&mut rest)?),
            })
        });
        let handle = Self {
            current: current.map_or(Some(None), |locator| locator.map(Some))?,
            doomed: doomed.map_or(Some(None), |doomed| doomed.map(Some))?,
        };
        (rest.is_empty() && flags < 4).then_some(handle)
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_come_back_from_their_bytes_and_from_no_others() {
        let doomed = Doomed {
            locator: [7; 32],
            payloads: 3,
            rows: u64::MAX,
        };
        for current in [None, Some([1; 32])] {
            for doomed in [None, Some(doomed)] {
                let handle = Handle { current, doomed };
                let bytes = handle.encode();
                assert_eq!(Handle::decode(&bytes), Some(handle));
                assert_eq!(Handle::decode(&[&bytes[..], &[0]].concat()), None);
                assert_eq!(Handle::decode(&bytes[..bytes.len() - 1]), None);
            }
        }
    }

    #[test]
    fn what_is_remembered_comes_back_from_its_rows() {
        let mut erased = Erased::default();
        let remembered = Remembered { until_ms: -1 };
        assert!(erased.take(&[1; 32], &person_row(remembered)));
        assert!(erased.take(&[2; 32], &generation_row(3)));
        assert_eq!(erased.person(&[1; 32]), Some(remembered));
        assert_eq!(erased.generation(&[2; 32]), 3);
        assert!(!erased.take(&[1; 31], &generation_row(3)));
        assert!(!erased.take(&[1; 32], &[0x03, 0]));
        assert!(!erased.take(&[1; 32], &[GENERATION, 0]));
    }
}
