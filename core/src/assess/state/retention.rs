//! Retention clocks: orders, re-authorisation, holds, erasure.
//!
//! [`Orders`] says when no order was open, [`Holdings`] what stores hold and when it went,
//! [`Covers`] what lets data stay beyond its time, [`Cancellation`] what became of a cancelled
//! account, [`Erasable`] what keeps the ledger's own records from being erased, [`erased_subject`]
//! under which digest the registry knows a person whom the ledger erased.

mod bars;
mod cancellation;
mod covers;
mod holdings;
mod orders;

pub(in crate::assess) use bars::provision_kept_months;
pub use bars::{Bar, BarKind, Ended, Erasable};
pub use cancellation::{Cancellation, Wiping};
pub use covers::{Cover, CoverKind, Covers};
pub use holdings::{Holding, Holdings};
pub use orders::{Orders, Quiet};

/// What stands in the registry for a subject that was erased (design §4): the digest of the reference by
/// `BLAKE3-derive-key("custodia.v1 erased subject", reference)`.
pub fn erased_subject(reference: &str) -> [u8; 32] {
    blake3::derive_key("custodia.v1 erased subject", reference.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_erased_subject_is_known_by_a_digest_alone() {
        let reference = "abcdefghijklmnopqrstuvwxyz";
        let mut hasher = blake3::Hasher::new_derive_key("custodia.v1 erased subject");
        hasher.update(reference.as_bytes());
        assert_eq!(erased_subject(reference), *hasher.finalize().as_bytes());
        assert_ne!(erased_subject(reference), erased_subject(&reference[1..]));
    }
}
