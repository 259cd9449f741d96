//! Recipients: agreement, confidentiality, country, assessment, allowed purposes and categories.

use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::register::Register;
use crate::schema::v1::event::Body;
use crate::schema::v1::{
    Actor, AllowedUse, AssessmentResult, DataCategory, LegalRole, Purpose, ShareCondition,
};

/// `RecipientRegistered`, in the envelope.
const REGISTERED: u32 = 120;
/// `RecipientUpdated`.
const UPDATED: u32 = 121;
/// `RecipientTerminated`.
const TERMINATED: u32 = 122;
/// `RecipientAssessed`.
const ASSESSED: u32 = 123;

/// An agreement with a recipient, as the register names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement<'a> {
    /// SHA-256 of the agreement.
    pub sha256: &'a [u8],
    /// From when it holds, in ms since 1970; none where the register doesn't say.
    pub valid_from_ms: Option<i64>,
    /// The first moment that it holds no more; none where the register doesn't say.
    pub valid_until_ms: Option<i64>,
}

/// The last assessment of a recipient before a moment (L11).
#[derive(Debug, Clone, Copy)]
pub struct RecipientAssessment<'a> {
    /// What it came to.
    pub result: AssessmentResult,
    /// Whether lawfulness, legitimacy and necessity were each found.
    pub all_three: bool,
    /// The first moment that it holds no more; none where it says no end.
    pub valid_until_ms: Option<i64>,
    /// The event that says so.
    pub said: &'a Occurrence,
}

/// What the register says of a recipient at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name; may be empty only where the register breaks the schema.
    pub name: &'a str,
    /// How people can reach it.
    pub contact: &'a str,
    /// What part it plays.
    pub kind: Actor,
    /// What it is in law.
    pub legal_role: LegalRole,
    /// The agreement; none where the register names none. Whether it holds says [`Agreement`].
    pub agreement: Option<Agreement<'a>>,
    /// Whether it signed for confidentiality (L176).
    pub confidentiality: bool,
    /// Where it keeps data, ISO 3166-1 alpha-2.
    pub storage_countries: &'a [String],
    /// What it may have, and for what.
    pub allowed_uses: &'a [AllowedUse],
    /// What it took on, by number of [`ShareCondition`].
    pub conditions: &'a [i32],
    /// Whether it may pass data on; none where the register doesn't say.
    pub onward_provision_allowed: Option<bool>,
    /// From when on it may receive nothing more, in ms since 1970; none where that isn't so at the moment
    /// asked about.
    pub terminated_at: Option<i64>,
    /// The last assessment, whatever it came to; none where it was never assessed.
    pub assessed: Option<RecipientAssessment<'a>>,
    /// The event that says all this.
    pub said: &'a Occurrence,
    /// The event that ended it, where `terminated_at` says when.
    pub termination: Option<&'a Occurrence>,
}

impl Agreement<'_> {
    /// Whether it has begun at a moment; where the register says no beginning, it has.
    pub fn begun_at(&self, ms: i64) -> bool {
        self.valid_from_ms.is_none_or(|from| from <= ms)
    }

    /// Whether it has ended at a moment; none where the register doesn't say when it ends.
    pub fn ended_at(&self, ms: i64) -> Option<bool> {
        self.valid_until_ms.map(|until| until <= ms)
    }
}

impl RecipientAssessment<'_> {
    /// Whether it let data go, whenever it was asked.
    pub fn passed(&self) -> bool {
        let passed = matches!(
            self.result,
            AssessmentResult::AsPassed | AssessmentResult::AsPassedWithMeasures
        );
        passed && self.all_three
    }

    /// Whether it has run out at a moment.
    pub fn ended_at(&self, ms: i64) -> bool {
        self.valid_until_ms.is_some_and(|until| until <= ms)
    }
}

impl Recipient<'_> {
    /// Whether the register lets it have a category for a purpose.
    pub fn may_have(&self, purpose: Purpose, category: DataCategory) -> bool {
        self.allowed_uses.iter().any(|allowed| {
            allowed.purpose == purpose as i32 && allowed.categories.contains(&(category as i32))
        })
    }

    /// Whether it took on a condition.
    pub fn took_on(&self, condition: ShareCondition) -> bool {
        self.conditions.contains(&(condition as i32))
    }
}

/// What the register says of a recipient at a moment (`ms` since 1970, itself included); none where it was
/// not registered by then. The last registration or update by then counts, by when it occurred; an update
/// at the moment of a registration changes it. A
/// termination counts from its `effective_at` on; a registration at or after that moment begins anew, an
/// update doesn't.
pub fn recipient_at<'a>(register: &'a Register, id: &str, ms: i64) -> Option<Recipient<'a>> {
    let by_then = |one: &&Occurrence| one.occurred_at_ms <= ms;
    let registered = register.under(REGISTERED, id).rfind(by_then)?;
    let updated = register.under(UPDATED, id).rfind(by_then);
    let newer = |one: &&Occurrence| one.occurred_at_ms >= registered.occurred_at_ms;
    let said = updated.filter(newer).unwrap_or(registered);
    let termination = ended_by(register, id, registered.occurred_at_ms, ms);
    Some(Recipient {
        assessed: assessed_at(register, id, ms),
        terminated_at: termination.map(|(at, _)| at),
        termination: termination.map(|(_, one)| one),
        ..read(said)?
    })
}

/// The ids of all recipients that the register ever named, ascending.
pub fn recipient_ids(register: &Register) -> impl Iterator<Item = &str> {
    register.keys(REGISTERED)
}

/// The first termination that took effect after `registered_ms` and by `ms`, with its moment of effect.
fn ended_by<'a>(
    register: &'a Register,
    id: &str,
    registered_ms: i64,
    ms: i64,
) -> Option<(i64, &'a Occurrence)> {
    let effects = register.under(TERMINATED, id).filter_map(|one| {
        let Body::RecipientTerminated(said) = one.body() else {
            return None;
        };
        let at = said.effective_at.as_ref().map_or(one.occurred_at_ms, ms_of);
        (registered_ms < at && at <= ms).then_some((at, one))
    });
    effects.min_by_key(|(at, _)| *at)
}

fn assessed_at<'a>(register: &'a Register, id: &str, ms: i64) -> Option<RecipientAssessment<'a>> {
    let said = register
        .under(ASSESSED, id)
        .rfind(|one| one.occurred_at_ms <= ms)?;
    let Body::RecipientAssessed(body) = said.body() else {
        return None;
    };
    let found = [body.lawfulness, body.legitimacy, body.necessity];
    Some(RecipientAssessment {
        result: body.result(),
        all_three: found == [Some(true); 3],
        valid_until_ms: body.valid_until.as_ref().map(ms_of),
        said,
    })
}

/// What a registration or an update says; the two have the same fields.
fn read(said: &Occurrence) -> Option<Recipient<'_>> {
    macro_rules! recipient {
        ($body:expr) => {
            Recipient {
                id: &$body.recipient_id,
                name: &$body.name,
                contact: &$body.contact,
                kind: $body.kind(),
                legal_role: $body.legal_role(),
                agreement: (!$body.agreement_sha256.is_empty()).then(|| Agreement {
                    sha256: &$body.agreement_sha256,
                    valid_from_ms: $body.agreement_valid_from.as_ref().map(ms_of),
                    valid_until_ms: $body.agreement_valid_until.as_ref().map(ms_of),
                }),
                confidentiality: $body.confidentiality == Some(true),
                storage_countries: &$body.storage_countries,
                allowed_uses: &$body.allowed_uses,
                conditions: &$body.conditions,
                onward_provision_allowed: $body.onward_provision_allowed,
                terminated_at: None,
                assessed: None,
                said,
                termination: None,
            }
        };
    }
    match said.body() {
        Body::RecipientRegistered(body) => Some(recipient!(body)),
        Body::RecipientUpdated(body) => Some(recipient!(body)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
