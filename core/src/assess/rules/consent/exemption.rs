//! R07: handling without consent names its case and cites what it rests on.

use std::collections::BTreeMap;

use super::consent_words::{no_policy, quoted};
use super::deed::{Deed, deeds, said};
use crate::assess::finding::{Finding, Mark, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::words;
use crate::privacy_policy::{Cited, PrivacyPolicy, ThresholdId};
use crate::schema::v1::{Basis, BasisKind};

/// `exemption_abuse`.
///
/// Each use of a case without consent, for what is collected (L132) and for what leaves (L196). One
/// without a citation is a violation; one for which the law has no item of its own (`EXC_09`) goes to
/// counsel; and of one case for one recipient, or by one service, the first use above the policy's number
/// of uses for this person is a warning, with all the uses.
pub(super) const RULE: Rule = Rule {
    number: 7,
    name: "exemption_abuse",
    title_zh: "无需同意的情形是否被滥用",
    title_en: "Are cases without consent cited, and rare?",
    scope: Scope::Subject,
    clauses: &["L132", "L196", "PIPL 13"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// A case, by kind of ground and number, and for whom or by which service it is used.
type Use<'a> = (i32, i32, &'a str);

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut uses: BTreeMap<Use<'_>, Vec<Deed<'_>>> = BTreeMap::new();
    let mut findings = Vec::new();
    for deed in deeds(grounds) {
        let Some((basis, case)) = deed.basis.and_then(|basis| Some((basis, case_of(basis)?)))
        else {
            continue;
        };
        findings.push(judge_use(grounds, &deed, basis, case));
        let by = deed.party.unwrap_or(&deed.one.event.producer);
        let same = uses.entry((basis.kind, case, by)).or_default();
        same.push(deed);
        findings.extend(too_many(grounds, same));
    }
    findings
}

/// The number of the case that is claimed; none where the ground is no exemption.
fn case_of(basis: &Basis) -> Option<i32> {
    match basis.kind() {
        BasisKind::BaCollectionExemption => Some(basis.collection_exemption),
        BasisKind::BaOutflowExemption => Some(basis.outflow_exemption),
        _ => None,
    }
}

fn judge_use(grounds: &Grounds<'_>, deed: &Deed<'_>, basis: &Basis, case: i32) -> Finding {
    if case == 0 {
        let words = said(
            "称无需征得同意,但没有指明是哪一种情形",
            "it is said to need no consent, but not by which case",
        );
        return deed.finding(grounds, Outcome::Unknown, "exemption_not_named", words);
    }
    let (zh, en) = name_of(basis, case);
    if basis.citation.is_empty() {
        let words = said(
            format!("以“{zh}”为由不征得同意,但没有引用法条、案号或公告"),
            format!(
                "it was done without consent, as “{en}”, but cites no clause, case or announcement"
            ),
        );
        return deed.finding(grounds, Outcome::Violation, "no_citation", words);
    }
    let Some(policy) = grounds.policies.policy(deed.ms()) else {
        return no_policy(grounds, deed);
    };
    match item_of(policy, basis) {
        None => {
            let words = said(
                format!("当时有效的隐私政策没有“{zh}”这一情形"),
                format!("the policy in force has no case “{en}”"),
            );
            deed.finding(
                grounds,
                Outcome::Violation,
                "exemption_not_in_policy",
                words,
            )
        }
        Some((item, true)) => {
            let (quote_zh, quote_en) = quoted(item);
            let words = said(
                format!("以“{zh}”为由不征得同意{quote_zh};法律没有直接对应的规定,请法务判断"),
                format!(
                    "it was done without consent, as “{en}”{quote_en}; the law has no item of its own for that, so counsel has to decide"
                ),
            );
            deed.finding(grounds, Outcome::Warn, "legal_review", words)
                .marked(Mark::LegalReview)
        }
        Some((_, false)) => {
            let words = said(
                format!("以“{zh}”为由无需同意,并引用了{}", basis.citation),
                format!(
                    "it needed no consent, as “{en}”, and cites {}",
                    basis.citation
                ),
            );
            deed.finding(grounds, Outcome::Pass, "exemption_cited", words)
        }
    }
}

/// The policy's item, and whether counsel looks at each use of it.
fn item_of<'p>(policy: &'p PrivacyPolicy, basis: &Basis) -> Option<(&'p dyn Cited, bool)> {
    if basis.kind() == BasisKind::BaCollectionExemption {
        let item = policy.collection_exemption(basis.collection_exemption())?;
        Some((item, item.legal_review))
    } else {
        let item = policy.outflow_exemption(basis.outflow_exemption())?;
        Some((item, item.legal_review))
    }
}

fn name_of(basis: &Basis, case: i32) -> (String, String) {
    let vocabulary = if basis.kind() == BasisKind::BaCollectionExemption {
        "CollectionExemption"
    } else {
        "OutflowExemption"
    };
    (
        words::zh(vocabulary, &[case]),
        words::en(vocabulary, &[case]),
    )
}

/// A warning on the first use above the number.
fn too_many(grounds: &Grounds<'_>, same: &[Deed<'_>]) -> Option<Finding> {
    let last = same.last()?;
    let policy = grounds.policies.policy(last.ms())?;
    let most = policy.threshold(ThresholdId::ExemptionUses)?.value;
    let count = u64::try_from(same.len()).ok()?;
    if count != most.checked_add(1)? {
        return None;
    }
    let words = said(
        format!("同一无需同意的情形对本人已使用{count}次,超过{most}次"),
        format!(
            "the same case without consent has been used {count} times for this person, above {most}"
        ),
    );
    let finding = last.finding(grounds, Outcome::Warn, "many_uses", words);
    Some(finding.resting_on(same.iter().map(|deed| deed.one)))
}

#[cfg(test)]
mod tests;
