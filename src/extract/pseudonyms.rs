//! Names for people within one extract.

use custodia_core::schema::v1::Format;
use zeroize::Zeroizing;

/// RFC 4648 §6: no lower-case letter, so that no pseudonym passes for a part of a reference.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// 50 bits: two of a million people share one with a chance of one in two thousand.
const CHARACTERS: usize = 10;

/// Gives each reference its pseudonym, under a key of one question at one cut.
pub(super) struct Pseudonyms(Zeroizing<[u8; 32]>);

impl Pseudonyms {
    pub(super) const fn new(key: Zeroizing<[u8; 32]>) -> Self {
        Self(key)
    }

    /// The pseudonym of a person (`P-`) or an employee (`E-`).
    pub(super) fn of(&self, whose: Format, reference: &str) -> String {
        let sign = match whose {
            Format::EmployeeRef => "E-",
            _ => "P-",
        };
        let digest = blake3::keyed_hash(&self.0, reference.as_bytes());
        let (bits, _) = digest.as_bytes().split_at(8);
        let bits = bits
            .iter()
            .fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        let letter = |n: usize| {
            let place = (bits >> (59 - 5 * n)) & 31;
            char::from(ALPHABET[usize::try_from(place).unwrap_or(0)])
        };
        sign.chars().chain((0..CHARACTERS).map(letter)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_rests_on_key_and_reference() {
        let (one, other) = (
            Pseudonyms::new(Zeroizing::new([1; 32])),
            Pseudonyms::new(Zeroizing::new([2; 32])),
        );
        let person = one.of(Format::SubjectRef, "a");
        assert_eq!(person, one.of(Format::SubjectRef, "a"));
        assert_ne!(person, one.of(Format::SubjectRef, "b"));
        assert_ne!(person, other.of(Format::SubjectRef, "a"));
        let rest = person.strip_prefix("P-").unwrap();
        assert!(rest.len() == 10 && rest.bytes().all(|c| ALPHABET.contains(&c)));
        assert!(one.of(Format::EmployeeRef, "a").starts_with("E-"));
    }
}
