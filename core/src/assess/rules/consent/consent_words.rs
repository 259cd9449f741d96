//! What findings say of a consent that a deed is said to rest on.

use super::deed::{Deed, Words, said};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::state::consents::{Consents, Grant, Lapse, Standing, Why};
use crate::assess::words;
use crate::privacy_policy::{Citation, Cited};
use crate::schema::v1::ConsentStrength;

/// The consent that a deed rests on, where it was in force then; else the finding that says why not:
/// unknown where the log doesn't tell, a violation where it does.
pub(super) fn in_force<'a>(
    grounds: &Grounds<'_>,
    consents: &Consents<'a>,
    deed: &Deed<'_>,
    consent_id: &str,
) -> Result<Grant<'a>, Box<Finding>> {
    if consent_id.is_empty() {
        return Err(Box::new(not_named(grounds, deed)));
    }
    match consents.standing(consent_id, deed.ms()) {
        Standing::InForce(grant) => Ok(grant),
        Standing::NotInForce(lapse) => Err(Box::new(lapsed(grounds, deed, &lapse))),
        Standing::Unknown => Err(Box::new(deed.finding(
            grounds,
            Outcome::Unknown,
            "consent_not_in_log",
            said(
                "所称的同意在日志中没有任何记录",
                "the log has nothing on the consent that it is said to rest on",
            ),
        ))),
    }
}

fn not_named(grounds: &Grounds<'_>, deed: &Deed<'_>) -> Finding {
    deed.finding(
        grounds,
        Outcome::Unknown,
        "consent_not_named",
        said(
            "称以同意为依据,但没有指明是哪一次同意",
            "it is said to rest on consent, but not on which",
        ),
    )
}

/// A deed on a consent that wasn't in force.
pub(super) fn lapsed(grounds: &Grounds<'_>, deed: &Deed<'_>, lapse: &Lapse<'_>) -> Finding {
    let mut finding = deed
        .finding(grounds, Outcome::Violation, lapse.why.slug(), why(lapse))
        .resting_on([lapse.by])
        .resting_on(lapse.grant.iter().map(|grant| grant.given));
    finding.since_ms = lapse.known_from_ms(deed.ms());
    finding
}

/// Why a consent wasn't in force.
pub(super) fn why(lapse: &Lapse<'_>) -> Words {
    let day = Day::of(lapse.by.occurred_at_ms);
    let (zh, en) = match lapse.why {
        Why::NotDecided => (
            format!("已于{day}告知,但没有本人作出同意的记录"),
            format!("a notice of {day} asked for consent, and no answer is recorded"),
        ),
        Why::GivenLater => (
            format!("本人{day}才同意"),
            format!("the person consented only later, on {day}"),
        ),
        Why::Refused => (
            format!("本人已于{day}拒绝"),
            format!("the person had refused on {day}"),
        ),
        Why::Deferred => (
            format!("本人于{day}暂缓决定,尚未同意"),
            format!("the person had put the decision off on {day}"),
        ),
        Why::FormIsNone => (
            format!("{day}记录的同意形式(如继续使用、抽查)在法律上不构成同意"),
            format!(
                "what was recorded on {day} is no consent in law (such as continued use or a spot check)"
            ),
        ),
        Why::StatusAllowsNone => (
            format!("{day}记录的状态不是“已同意”"),
            format!("what was recorded on {day} doesn't say that consent was given"),
        ),
        Why::NotYetValid => (
            format!("{day}作出的同意当时尚未生效"),
            format!("the consent of {day} wasn't in force yet"),
        ),
        Why::NoNewNotice => (
            format!("同意终止后,未重新告知即于{day}再次记录同意"),
            format!("after its end the consent was recorded again on {day} without a new notice"),
        ),
        Why::Expired => (
            format!("同意的期限已届满(见{day}的记录)"),
            format!("the consent's time was over, by the record of {day}"),
        ),
        Why::Withdrawn => (
            format!("本人已于{day}撤回同意"),
            format!("the person had withdrawn consent on {day}"),
        ),
        Why::Revoked => (
            format!("处理者于{day}撤销了该同意"),
            format!("the operator revoked that consent on {day}"),
        ),
        Why::Invalidated => (
            format!("主管机关于{day}认定该同意无效"),
            format!("an authority held that consent invalid on {day}"),
        ),
        Why::Superseded => (
            format!("该同意已于{day}被另一同意取代,而日志中没有后者的记录"),
            format!("another consent took its place on {day}, and the log has nothing on that one"),
        ),
    };
    (zh, en)
}

/// A consent, by its day and strength.
pub(super) fn of_grant(grant: &Grant<'_>) -> Words {
    let day = Day::of(grant.given.occurred_at_ms);
    let strength = grant.terms.strength;
    said(
        format!("本人{day}的{}", words::zh("ConsentStrength", &[strength])),
        format!(
            "the person's {} consent of {day}",
            words::en("ConsentStrength", &[strength])
        ),
    )
}

/// A strength of consent by name.
pub(super) fn of_strength(strength: ConsentStrength) -> Words {
    let number = [strength as i32];
    said(
        words::zh("ConsentStrength", &number),
        words::en("ConsentStrength", &number),
    )
}

/// The policy's own words on an item, with their line, to follow a sentence's reason.
pub(super) fn quoted(item: &dyn Cited) -> Words {
    item.citation().map_or_else(|| said("", ""), cited)
}

/// A source, to follow a sentence's reason: words of the policy with their line, or a law's clause.
pub(super) fn cited(citation: &Citation) -> Words {
    match citation {
        Citation {
            line: Some(line),
            phrase: Some(phrase),
            ..
        } => said(
            format!("(隐私政策L{line}“{phrase}”)"),
            format!(" (policy L{line}: “{phrase}”)"),
        ),
        Citation { law: Some(law), .. } => said(format!("({law})"), format!(" ({law})")),
        _ => said("", ""),
    }
}

/// Nothing can be said, as no machine-readable policy was in force.
pub(super) fn no_policy(grounds: &Grounds<'_>, deed: &Deed<'_>) -> Finding {
    deed.finding(
        grounds,
        Outcome::Unknown,
        "no_policy",
        said(
            "登记库中没有当时有效的、可供机器读取的隐私政策",
            "the registry has no machine-readable policy that was in force then",
        ),
    )
}
