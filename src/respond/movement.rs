//! What one event says was moved or shown of a person's data.

use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Basis, BasisKind, Event};

/// A person's data that moved, or was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Movement<'a> {
    /// Which categories, by number.
    pub(super) categories: &'a [i32],
    /// Who received it; none where nobody outside did.
    pub(super) recipient: Option<&'a str>,
    /// The case under which it left.
    pub(super) case: &'static str,
    /// The basis it was said to rest on.
    pub(super) basis: Option<&'a Basis>,
}

/// What an event says was moved; none where it moves nothing.
pub(super) fn movement(event: &Event) -> Option<Movement<'_>> {
    let some = |recipient| Some(recipient).filter(|id: &&str| !id.is_empty());
    let (categories, recipient, case, basis): (&[i32], _, _, _) = match event.body.as_ref()? {
        Body::DataShared(said) => (
            &said.categories,
            some(said.recipient_id.as_str()),
            said.case().as_str_name(),
            said.basis.as_ref(),
        ),
        Body::DataTransferred(said) => (
            &said.categories,
            some(said.recipient_id.as_str()),
            said.case().as_str_name(),
            said.basis.as_ref(),
        ),
        Body::DataDisclosed(said) => (
            &said.categories,
            some(said.recipient_id.as_str()),
            said.case().as_str_name(),
            said.basis.as_ref(),
        ),
        Body::DataReceivedFromThirdParty(said) => (
            &said.categories,
            some(said.provider_id.as_str()),
            "received",
            said.basis.as_ref(),
        ),
        Body::DataCollected(said) => (&said.categories, None, "collected", said.basis.as_ref()),
        Body::InternalAccess(said) => (&said.categories, None, "internal access", None),
        _ => return None,
    };
    Some(Movement {
        categories,
        recipient,
        case,
        basis,
    })
}

/// What a basis is called where bases are counted.
pub(super) fn basis_name(basis: Option<&Basis>) -> &'static str {
    match basis.map(Basis::kind) {
        None | Some(BasisKind::BaUnspecified) => "none given",
        Some(kind) => kind.as_str_name(),
    }
}
