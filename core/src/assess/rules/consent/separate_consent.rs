//! R02: who decides for itself what it does with the data gets it on a separate consent.

use super::consent_words::{in_force, of_grant};
use super::deed::{Act, Deed, deeds, said};
use super::legal_role::legal_role;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Grant};
use crate::schema::v1::{BasisKind, ConsentStrength, LegalRole};

/// `separate_consent_missing`.
///
/// Shares with independent handlers alone; entrusted parties and joint handlers get data by PIPL 20 and
/// 21. One of the consents that the share names must be separate or written, in force, and for this
/// recipient, purpose and data. Whether a share on another ground than consent (PIPL 13(1)(2) to (7))
/// needs one too is debated: a warning.
pub(super) const RULE: Rule = Rule {
    number: 2,
    name: "separate_consent_missing",
    title_zh: "向独立处理者提供是否取得单独同意",
    title_en: "Does data go to independent handlers on separate consent?",
    scope: Scope::Subject,
    clauses: &["L51", "PIPL 23"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    deeds(grounds)
        .filter(|deed| deed.act == Act::Shared)
        .filter_map(|deed| match legal_role(grounds, &deed) {
            Some(LegalRole::LrIndependent) => Some(judge_share(grounds, &consents, &deed)),
            Some(_) => None,
            None => Some(role_missing(grounds, &deed)),
        })
        .collect()
}

fn judge_share(grounds: &Grounds<'_>, consents: &Consents<'_>, deed: &Deed<'_>) -> Finding {
    let mut named: Vec<&str> = [deed.separate_consent_id]
        .into_iter()
        .filter(|id| !id.is_empty())
        .collect();
    named.extend(deed.consent_id().filter(|id| !named.contains(id)));
    let judged = named
        .iter()
        .map(|id| judge_consent(grounds, consents, deed, id));
    // One that suffices counts, and one that isn't known may be it.
    let rank = |finding: &Finding| match finding.result {
        Outcome::Pass => 0,
        Outcome::Unknown => 1,
        _ => 2,
    };
    judged
        .min_by_key(rank)
        .unwrap_or_else(|| on_other_ground(grounds, deed))
}

fn judge_consent(
    grounds: &Grounds<'_>,
    consents: &Consents<'_>,
    deed: &Deed<'_>,
    id: &str,
) -> Finding {
    let grant = match in_force(grounds, consents, deed, id) {
        Ok(grant) => grant,
        Err(finding) => return *finding,
    };
    let (result, cause, (zh, en)) = verdict(&grant, deed);
    let (of_zh, of_en) = of_grant(&grant);
    let words = said(format!("{of_zh}{zh}"), format!("{of_en} {en}"));
    let finding = deed.finding(grounds, result, cause, words);
    finding.resting_on(grant.events())
}

fn verdict(
    grant: &Grant<'_>,
    deed: &Deed<'_>,
) -> (Outcome, &'static str, (&'static str, &'static str)) {
    let for_it =
        grant.covers(deed.purpose, deed.categories) && grant.names(deed.party.unwrap_or_default());
    if !grant.is_at_least(ConsentStrength::CsSeparate) {
        let words = ("不是单独同意", "isn't a separate consent");
        (Outcome::Violation, "consent_not_separate", words)
    } else if for_it {
        let words = ("正是针对此次提供的", "is for this very share");
        (Outcome::Pass, "consent_separate", words)
    } else {
        let words = (
            "不是针对此接收方、目的和信息种类的",
            "is for another recipient, purpose or data",
        );
        (Outcome::Violation, "consent_for_something_else", words)
    }
}

fn on_other_ground(grounds: &Grounds<'_>, deed: &Deed<'_>) -> Finding {
    let none = [None, Some(BasisKind::BaNoneClaimed)];
    if none.contains(&deed.ground()) {
        let words = said(
            "接收方自行决定处理目的,而没有任何单独同意",
            "the recipient decides for itself, and no separate consent is named",
        );
        return deed.finding(grounds, Outcome::Violation, "no_consent", words);
    }
    let words = said(
        "以同意以外的依据向独立的个人信息处理者提供;此时是否仍需单独同意存在争议,请法务判断",
        "it went to an independent handler on another ground than consent; whether that needs a separate consent too is debated",
    );
    deed.finding(grounds, Outcome::Warn, "other_ground", words)
}

fn role_missing(grounds: &Grounds<'_>, deed: &Deed<'_>) -> Finding {
    let words = said(
        "没有说明接收方在法律上的身份(独立处理者、受托人或共同处理者)",
        "nothing says what the recipient is in law: independent, entrusted or joint",
    );
    deed.finding(grounds, Outcome::Unknown, "legal_role_missing", words)
}
