//! R04: nothing is handled on a consent after its end.

use super::consent_words::{lapsed, of_grant};
use super::deed::{Deed, deeds, said};
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Standing};

/// `after_withdrawal`.
///
/// What was collected, received or shared on a consent that the person had withdrawn; and likewise on one
/// that had ended otherwise: refused when it was asked for anew, expired, revoked, held invalid. What
/// happened before, and at the very moment of withdrawing, stays as it was (PIPL 15 ¶2). A consent that
/// never was in force is for R01 and R06.
pub(super) const RULE: Rule = Rule {
    number: 4,
    name: "after_withdrawal",
    title_zh: "同意撤回后是否仍在处理",
    title_en: "Is data handled after consent was withdrawn?",
    scope: Scope::Subject,
    clauses: &["L274", "PIPL 15"],
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

/// The worst of what its two consents say.
fn judge_deed(grounds: &Grounds<'_>, consents: &Consents<'_>, deed: &Deed<'_>) -> Option<Finding> {
    let separate = Some(deed.separate_consent_id).filter(|id| !id.is_empty());
    let judged = deed
        .consent_id()
        .into_iter()
        .chain(separate)
        .filter_map(|id| judge_consent(grounds, consents, deed, id));
    let rank = |finding: &Finding| match finding.result {
        Outcome::Violation => 0,
        Outcome::Unknown => 1,
        _ => 2,
    };
    judged.min_by_key(rank)
}

fn judge_consent(
    grounds: &Grounds<'_>,
    consents: &Consents<'_>,
    deed: &Deed<'_>,
    id: &str,
) -> Option<Finding> {
    match consents.standing(id, deed.ms()) {
        Standing::InForce(grant) => {
            let (of_zh, of_en) = of_grant(&grant);
            let words = said(format!("{of_zh}当时有效"), format!("{of_en} was in force"));
            let finding = deed.finding(grounds, Outcome::Pass, "consent_in_force", words);
            Some(finding.resting_on([grant.given]))
        }
        Standing::NotInForce(lapse) => lapse.is_end().then(|| lapsed(grounds, deed, &lapse)),
        Standing::Unknown => {
            let words = said(
                "日志中没有所称同意的记录,无法判断是否已撤回",
                "the log has nothing on the consent, so it can't say whether it was withdrawn",
            );
            Some(deed.finding(grounds, Outcome::Unknown, "consent_not_in_log", words))
        }
    }
}
