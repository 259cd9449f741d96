//! What is under a gag is shown to few: judged by the true clock and the role of whoever asks (design §2).

use custodia_core::assess::{Occurrence, ms_of};
use custodia_core::schema::v1::PersonRole;
use custodia_core::schema::v1::event::Body;

use crate::query::Asking;

/// Whether whoever asks may see what is under a running gag: the lawyers who answer authorities, and regulators.
pub(super) const fn may_see(asking: &Asking) -> bool {
    matches!(
        asking.principal.role,
        PersonRole::PrLegal | PersonRole::PrRegulator
    )
}

/// Whether a gag that an event tells of runs at a moment. A disclosure or refusal that the registry has, and
/// that names its person in the body alone, is under one until it is told again (design §3.5).
pub(super) fn runs(one: &Occurrence, now_ms: i64) -> bool {
    let (until, named) = match one.body() {
        Body::AuthorityRequestReceived(said) => (&said.gag_until, ""),
        Body::DataDisclosed(said) => (&said.gag_until, said.named_subject_ref.as_str()),
        Body::DisclosureRefused(said) => (&said.gag_until, said.named_subject_ref.as_str()),
        _ => return false,
    };
    match until.as_ref().map(ms_of) {
        Some(until) => until > now_ms,
        None => one.subject().is_none() && !named.is_empty(),
    }
}
