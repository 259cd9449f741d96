//! Whether a flow rests on a separate consent of its own: what publication (PIPL 25) and the border
//! (PIPL 39) ask for.

use super::flow::{Flow, Words, said};
use crate::assess::calendar::Day;
use crate::assess::finding::Outcome;
use crate::assess::state::consents::{Consents, Grant, Standing};
use crate::schema::v1::{BasisKind, ConsentStrength};

/// Why a flow has no separate consent: result, cause and words.
pub(super) type Lacking = (Outcome, &'static str, Words);

/// The separate consent of a flow, in force when it happened, that covers all its categories and, where it
/// names recipients at all, names this one: the one that the event names as such, or else the consent that
/// it rests on.
///
/// # Errors
/// [`Lacking`]: unknown where the log has nothing on the consent named, a violation otherwise.
pub(super) fn separate_consent<'a>(
    consents: &Consents<'a>,
    flow: &Flow<'_>,
) -> Result<Grant<'a>, Lacking> {
    let basis = flow
        .basis
        .filter(|basis| basis.kind() == BasisKind::BaConsent)
        .map_or("", |basis| &basis.consent_id);
    let named = [flow.separate_consent_id, basis];
    let Some(id) = named.into_iter().find(|id| !id.is_empty()) else {
        let why = said("没有取得单独同意", "there is no separate consent to it");
        return Err((Outcome::Violation, "no_separate_consent", why));
    };
    let grant = in_force(consents, id, flow.ms())?;
    suits(&grant, flow, ConsentStrength::CsSeparate)?;
    Ok(grant)
}

/// The consent of an id, where it was in force at a moment.
///
/// # Errors
/// [`Lacking`].
pub(super) fn in_force<'a>(
    consents: &Consents<'a>,
    id: &str,
    ms: i64,
) -> Result<Grant<'a>, Lacking> {
    match consents.standing(id, ms) {
        Standing::InForce(grant) => Ok(grant),
        Standing::NotInForce(lapse) => {
            let day = Day::of(lapse.by.occurred_at_ms);
            let why = said(
                format!("所称的同意当时无效(见{day}的记录)"),
                format!("the consent that it names wasn't in force, by the record of {day}"),
            );
            Err((Outcome::Violation, lapse.why.slug(), why))
        }
        Standing::Unknown => {
            let why = said(
                "所称的同意在日志中没有任何记录",
                "the log has nothing on the consent that it names",
            );
            Err((Outcome::Unknown, "consent_not_in_log", why))
        }
    }
}

/// Whether a consent is strong enough for a flow, and covers what left and for whom.
///
/// # Errors
/// [`Lacking`].
pub(super) fn suits(
    grant: &Grant<'_>,
    flow: &Flow<'_>,
    strength: ConsentStrength,
) -> Result<(), Lacking> {
    let day = Day::of(grant.given.occurred_at_ms);
    if !grant.is_at_least(strength) {
        let why = said(
            format!("本人{day}的同意不够强,法律或政策要求更明确的同意"),
            format!("the person's consent of {day} is weaker than what is asked for"),
        );
        return Err((Outcome::Violation, "consent_too_weak", why));
    }
    let recipients = &grant.terms.recipient_ids;
    let names = recipients.is_empty() || grant.names(flow.recipient_id);
    if !names || !grant.lacking(flow.categories).is_empty() {
        let why = said(
            format!("本人{day}的同意没有覆盖全部信息种类或该接收方"),
            format!(
                "the person's consent of {day} doesn't cover all of the data or that recipient"
            ),
        );
        return Err((Outcome::Violation, "consent_too_narrow", why));
    }
    Ok(())
}
