//! R17: a changed policy asks for consent anew.

use super::consent_words::{of_grant, why};
use super::deed::{Deed, deeds, said};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::policy_book::{PolicyBook, PolicyVersion};
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Grant, Lapse, Standing, Why};
use crate::assess::words;
use crate::schema::v1::event::Body;
use crate::schema::v1::{ChangeClass, ConsentForm};

/// `reconsent_on_change`.
///
/// What is collected, received or shared on a consent, once a version of the policy is in force that
/// changes purpose, way or categories, or says that consent is to be given anew: the consent must have
/// been given since that version took effect, or under it. From the very moment of its effect on, an
/// older consent doesn't do. Continued use is no consent, whatever the text says (L304; PIPL 14). Consents
/// that aren't in force for other reasons are for R01, R04 and R06.
pub(super) const RULE: Rule = Rule {
    number: 17,
    name: "reconsent_on_change",
    title_zh: "政策变更后是否重新取得同意",
    title_en: "Is consent given anew after the policy changed?",
    scope: Scope::Subject,
    clauses: &["L41", "L304", "PIPL 14"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    deeds(grounds)
        .filter(|deed| deed.act.is_taking_or_sharing())
        .filter_map(|deed| judge_deed(grounds, &consents, &deed))
        .collect()
}

fn judge_deed(grounds: &Grounds<'_>, consents: &Consents<'_>, deed: &Deed<'_>) -> Option<Finding> {
    let id = deed.consent_id()?;
    if grounds.policies.in_force(deed.ms()).is_none() {
        let words = said(
            "登记库中没有当时有效的隐私政策版本",
            "the registry has no version of the policy that was in force then",
        );
        return Some(deed.finding(grounds, Outcome::Unknown, "no_policy", words));
    }
    match consents.standing(id, deed.ms()) {
        Standing::InForce(grant) => Some(on_grant(grounds, deed, &grant)),
        Standing::NotInForce(lapse) => on_continued_use(grounds, deed, &lapse),
        Standing::Unknown => {
            let words = said(
                "日志中没有所称同意的记录,不知道是在哪一版政策下作出的",
                "the log has nothing on the consent, so it can't say under which version it was given",
            );
            Some(deed.finding(grounds, Outcome::Unknown, "consent_not_in_log", words))
        }
    }
}

fn on_grant(grounds: &Grounds<'_>, deed: &Deed<'_>, grant: &Grant<'_>) -> Finding {
    let (of_zh, of_en) = of_grant(grant);
    let Some(version) = last_change(grounds.policies, deed.ms()) else {
        let words = said(
            format!("{of_zh}之后政策没有需要重新同意的变更"),
            format!("since {of_en} the policy hasn't changed in a way that asks for it anew"),
        );
        let finding = deed.finding(grounds, Outcome::Pass, "no_change_since", words);
        return finding.resting_on([grant.given]);
    };
    let effect = Day::of(version.effective_ms);
    let changed = &version.published.changed_dimensions;
    let (what_zh, what_en) = match changed.as_slice() {
        [] => (
            "要求重新同意".to_owned(),
            "asks for consent anew".to_owned(),
        ),
        changed => (
            format!("变更了{}", words::zh("ChangedDimension", changed)),
            format!("changes: {}", words::en("ChangedDimension", changed)),
        ),
    };
    let (result, cause, words) = if is_given_under(grant, version) {
        let words = said(
            format!("{of_zh}是在{effect}生效的政策下作出的"),
            format!("{of_en} was given under the policy in force since {effect}"),
        );
        (Outcome::Pass, "consent_given_anew", words)
    } else {
        let words = said(
            format!("{effect}生效的政策{what_zh},而{of_zh}早于该变更,未重新取得同意"),
            format!(
                "the policy in force since {effect} {what_en}; {of_en} is older, and wasn't given anew"
            ),
        );
        (Outcome::Violation, "not_given_anew", words)
    };
    let mut finding = deed
        .finding(grounds, result, cause, words)
        .resting_on([grant.given]);
    finding.leaves.push(version.leaf.clone());
    finding
}

/// A deed on nothing but continued use; other lapses aren't this rule's.
fn on_continued_use(grounds: &Grounds<'_>, deed: &Deed<'_>, lapse: &Lapse<'_>) -> Option<Finding> {
    let Body::ConsentGranted(terms) = lapse.by.body() else {
        return None;
    };
    if lapse.why != Why::FormIsNone || terms.form() != ConsentForm::CmContinuedUse {
        return None;
    }
    let cause = "continued_use_is_no_consent";
    let finding = deed.finding(grounds, Outcome::Violation, cause, why(lapse));
    Some(finding.resting_on([lapse.by]))
}

/// The last version in force by then that asks for consent anew.
fn last_change(policies: &PolicyBook, ms: i64) -> Option<&PolicyVersion> {
    let by_then = policies
        .versions()
        .iter()
        .filter(|version| version.effective_ms <= ms);
    by_then.rev().find(|version| asks_anew(version))
}

/// The first version changes nothing that anyone could have agreed to.
fn asks_anew(version: &PolicyVersion) -> bool {
    let published = &version.published;
    let changes = !published.changed_dimensions.is_empty();
    published.change_class() != ChangeClass::PvChangeFirst
        && (changes || published.requires_reconsent == Some(true))
}

fn is_given_under(grant: &Grant<'_>, version: &PolicyVersion) -> bool {
    let given = grant.given;
    let under = &version.published.policy_version_id;
    given.occurred_at_ms >= version.effective_ms || given.event.policy_version_id == *under
}
