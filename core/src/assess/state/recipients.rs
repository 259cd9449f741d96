//! Recipients: agreement, confidentiality, country, assessment, allowed purposes and categories.

use crate::assess::register::Register;
use crate::schema::v1::event::Body;
use crate::schema::v1::{Actor, AllowedUse, LegalRole};

/// `RecipientRegistered`, `RecipientUpdated`, in the envelope.
const SAID_IN_FULL: [u32; 2] = [120, 121];

/// What the register says of a recipient at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// Its name.
    pub name: &'a str,
    /// What part it plays.
    pub kind: Actor,
    /// What it is in law.
    pub legal_role: LegalRole,
    /// What it may have, and for what.
    pub allowed_uses: &'a [AllowedUse],
    /// Whether it may pass data on.
    pub onward_provision_allowed: Option<bool>,
}

/// What the register says of a recipient at a moment: the last that happened by then. None where it
/// isn't registered.
pub fn recipient_at<'a>(register: &'a Register, id: &str, ms: i64) -> Option<Recipient<'a>> {
    let all = SAID_IN_FULL
        .iter()
        .flat_map(|kind| register.under(*kind, id));
    let last = all
        .filter(|one| one.occurred_at_ms <= ms)
        .max_by(|a, b| a.order().cmp(&b.order()))?;
    match last.body() {
        Body::RecipientRegistered(said) => Some(Recipient {
            name: &said.name,
            kind: said.kind(),
            legal_role: said.legal_role(),
            allowed_uses: &said.allowed_uses,
            onward_provision_allowed: said.onward_provision_allowed,
        }),
        Body::RecipientUpdated(said) => Some(Recipient {
            name: &said.name,
            kind: said.kind(),
            legal_role: said.legal_role(),
            allowed_uses: &said.allowed_uses,
            onward_provision_allowed: said.onward_provision_allowed,
        }),
        _ => None,
    }
}
