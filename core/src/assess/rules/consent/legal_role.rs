//! What a recipient is in law for one share.

use super::deed::Deed;
use crate::assess::grounds::Grounds;
use crate::assess::state::recipients::recipient_at;
use crate::schema::v1::LegalRole;
use crate::schema::v1::event::Body;

/// `EntrustmentStarted`, in the envelope.
const ENTRUSTED: u32 = 201;

/// What a share's recipient is in law: what the share says, else the register; none where neither does.
/// Its word alone makes no entrusted party of a handler that the register has as independent: then an
/// entrustment that had been registered is to be named (L87 calls lenders 「受托」, though they decide
/// themselves; domain §1.8, 12).
pub(super) fn legal_role(grounds: &Grounds<'_>, deed: &Deed<'_>) -> Option<LegalRole> {
    let share = deed.share()?;
    let recipient = recipient_at(grounds.register, &share.recipient_id, deed.ms());
    let registered = recipient
        .map(|one| one.legal_role)
        .filter(|role| is_said(*role));
    match Some(share.legal_role()).filter(|role| is_said(*role)) {
        Some(LegalRole::LrEntrusted)
            if registered == Some(LegalRole::LrIndependent) && !is_entrusted(grounds, deed) =>
        {
            registered
        }
        Some(role) => Some(role),
        None => registered,
    }
}

fn is_said(role: LegalRole) -> bool {
    role != LegalRole::LrUnspecified
}

fn is_entrusted(grounds: &Grounds<'_>, deed: &Deed<'_>) -> bool {
    let Some(share) = deed.share().filter(|one| !one.entrustment_id.is_empty()) else {
        return false;
    };
    grounds
        .register
        .under(ENTRUSTED, &share.recipient_id)
        .filter(|one| one.occurred_at_ms <= deed.ms())
        .any(|one| match one.body() {
            Body::EntrustmentStarted(said) => said.entrustment_id == share.entrustment_id,
            _ => false,
        })
}
