//! R01: a share rests on a ground that holds.

use std::collections::BTreeMap;

use super::consent_words::{in_force, no_policy, of_grant, of_strength, quoted};
use super::deed::{Act, Deed, deeds, said};
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Grant};
use crate::assess::timeline::Timeline;
use crate::assess::words;
use crate::privacy_policy::{PrivacyPolicy, Sharing};
use crate::schema::v1::event::Body;
use crate::schema::v1::{Basis, BasisKind};

/// `share_without_basis`.
///
/// A consent that is in force, was asked for with a notice and covers purpose, categories and recipient;
/// or, for a case that allows it, the order or agreement named; or an exemption with its citation. The
/// policy in force says which grounds a case may rest on and how strong its consent is. A consent given
/// at the very moment of the share is in time.
pub(super) const RULE: Rule = Rule {
    number: 1,
    name: "share_without_basis",
    title_zh: "对外提供是否有合法依据",
    title_en: "Does every share rest on a ground that holds?",
    scope: Scope::Subject,
    clauses: &["L158", "L160–L174", "PIPL 13", "PIPL 23"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

struct Evidence<'a> {
    consents: Consents<'a>,
    /// When each order was opened first.
    orders: BTreeMap<&'a str, &'a Occurrence>,
}

type Fault = Box<Finding>;

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let evidence = Evidence {
        consents: Consents::of(grounds.timeline, grounds.policies),
        orders: orders_of(grounds.timeline),
    };
    let shares = deeds(grounds).filter(|deed| deed.act == Act::Shared);
    shares
        .map(|deed| judge_share(grounds, &evidence, &deed).unwrap_or_else(|fault| *fault))
        .collect()
}

fn orders_of(timeline: &Timeline) -> BTreeMap<&str, &Occurrence> {
    let mut orders = BTreeMap::new();
    for one in timeline {
        if let Body::OrderOpened(order) = one.body() {
            orders.entry(order.order_ref.as_str()).or_insert(one);
        }
    }
    orders
}

fn judge_share(
    grounds: &Grounds<'_>,
    evidence: &Evidence<'_>,
    deed: &Deed<'_>,
) -> Result<Finding, Fault> {
    let basis = claimed(grounds, deed)?;
    let policy = grounds.policies.policy(deed.ms());
    let case = policy
        .map(|policy| case_of(grounds, deed, policy, basis))
        .transpose()?;
    let leaves = match basis.kind() {
        BasisKind::BaConsent => consent_holds(grounds, evidence, deed, case)?,
        BasisKind::BaContract => contract_holds(grounds, evidence, deed, basis)?,
        _ => exemption_holds(grounds, deed, basis, policy)?,
    };
    if policy.is_none() {
        return Err(Box::new(no_policy(grounds, deed)));
    }
    let kind = [basis.kind];
    let words = said(
        format!("有依据:{}", words::zh("BasisKind", &kind)),
        format!("it rests on a ground: {}", words::en("BasisKind", &kind)),
    );
    let pass = deed.finding(grounds, Outcome::Pass, "basis_holds", words);
    Ok(pass.resting_on(leaves))
}

/// The ground that is claimed, of a kind that may carry a share at all.
fn claimed<'a>(grounds: &Grounds<'_>, deed: &Deed<'a>) -> Result<&'a Basis, Fault> {
    match (deed.ground(), deed.basis) {
        (Some(BasisKind::BaNoneClaimed), _) => Err(fault(
            grounds,
            deed,
            "none_claimed",
            "发送方自己表示没有依据",
            "the sender itself says that it knows of no ground",
        )),
        (Some(_), Some(basis)) => Ok(basis),
        _ => Err(unknown(
            grounds,
            deed,
            "basis_missing",
            "没有说明依据",
            "no ground is given",
        )),
    }
}

/// The policy's case, which allows the kind of ground.
fn case_of<'p>(
    grounds: &Grounds<'_>,
    deed: &Deed<'_>,
    policy: &'p PrivacyPolicy,
    basis: &Basis,
) -> Result<&'p Sharing, Fault> {
    let case = deed.share().and_then(|share| {
        let case = share.case();
        policy.sharing_case(case)
    });
    let Some(case) = case else {
        return Err(fault(
            grounds,
            deed,
            "case_not_in_policy",
            "当时有效的隐私政策没有这种共享情形",
            "the policy in force knows no such case of sharing",
        ));
    };
    let kind = basis.kind();
    if kind == BasisKind::BaOutflowExemption || case.bases.contains(&kind) {
        return Ok(case);
    }
    let (quote_zh, quote_en) = quoted(case);
    let number = [basis.kind];
    Err(fault(
        grounds,
        deed,
        "ground_not_of_case",
        format!(
            "该共享情形不能以“{}”为依据{quote_zh}",
            words::zh("BasisKind", &number)
        ),
        format!(
            "this case of sharing can't rest on {}{quote_en}",
            words::en("BasisKind", &number)
        ),
    ))
}

fn consent_holds<'a>(
    grounds: &Grounds<'_>,
    evidence: &Evidence<'a>,
    deed: &Deed<'_>,
    case: Option<&Sharing>,
) -> Result<Vec<&'a Occurrence>, Fault> {
    let id = deed.consent_id().unwrap_or_default();
    let consents = &evidence.consents;
    let grant = in_force(grounds, consents, deed, id)?;
    covers(grounds, deed, &grant)?;
    if let Some((case, strength)) = case.and_then(|case| Some((case, case.strength?)))
        && !grant.is_at_least(strength)
    {
        let (needed, (of_zh, of_en)) = (of_strength(strength), of_grant(&grant));
        let (quote_zh, quote_en) = quoted(case);
        let weak = fault(
            grounds,
            deed,
            "consent_too_weak",
            format!("{of_zh}弱于该情形所需的“{}”{quote_zh}", needed.0),
            format!(
                "{of_en} is weaker than the {} consent that this case needs{quote_en}",
                needed.1
            ),
        );
        return Err(Box::new(weak.resting_on(grant.events())));
    }
    was_told(grounds, consents, deed, &grant)?;
    Ok(grant.events().collect())
}

fn covers(grounds: &Grounds<'_>, deed: &Deed<'_>, grant: &Grant<'_>) -> Result<(), Fault> {
    let recipient = deed.party.unwrap_or_default();
    if grant.covers(deed.purpose, deed.categories) && grant.names(recipient) {
        return Ok(());
    }
    let (of_zh, of_en) = of_grant(grant);
    let uncovered = fault(
        grounds,
        deed,
        "consent_does_not_cover",
        format!("{of_zh}不涵盖此目的、信息种类或接收方"),
        format!("{of_en} doesn't cover this purpose, these data or this recipient"),
    );
    Err(Box::new(uncovered.resting_on(grant.events())))
}

/// The consent was asked for with a notice (PIPL 14, 17).
fn was_told(
    grounds: &Grounds<'_>,
    consents: &Consents<'_>,
    deed: &Deed<'_>,
    grant: &Grant<'_>,
) -> Result<(), Fault> {
    if grant.notice.is_some() {
        return Ok(());
    }
    let given = grant.given;
    let later = consents.notice_after(&grant.terms.consent_id, given.occurred_at_ms);
    let finding = match later {
        Some(later) => fault(
            grounds,
            deed,
            "notice_after_consent",
            "同意之后才告知",
            "the notice came only after the consent",
        )
        .resting_on([given, later]),
        None => unknown(
            grounds,
            deed,
            "notice_not_in_log",
            "日志中没有征得该同意之前的告知记录",
            "the log has no notice from before the consent",
        )
        .resting_on([given]),
    };
    Err(Box::new(finding))
}

fn contract_holds<'a>(
    grounds: &Grounds<'_>,
    evidence: &Evidence<'a>,
    deed: &Deed<'_>,
    basis: &Basis,
) -> Result<Vec<&'a Occurrence>, Fault> {
    if basis.contract_ref.is_empty() {
        return Err(unknown(
            grounds,
            deed,
            "contract_not_named",
            "称以订单或协议为依据,但没有指明",
            "it is said to rest on an order or agreement, but not on which",
        ));
    }
    let opened = evidence.orders.get(basis.contract_ref.as_str());
    match opened {
        Some(order) if order.occurred_at_ms > deed.ms() => {
            let finding = fault(
                grounds,
                deed,
                "order_opened_later",
                "所称的订单当时尚未订立",
                "the order that it is said to rest on was opened only later",
            );
            Err(Box::new(finding.resting_on([*order])))
        }
        opened => Ok(opened.into_iter().copied().collect()),
    }
}

fn exemption_holds<'a>(
    grounds: &Grounds<'_>,
    deed: &Deed<'_>,
    basis: &Basis,
    policy: Option<&PrivacyPolicy>,
) -> Result<Vec<&'a Occurrence>, Fault> {
    if basis.kind() != BasisKind::BaOutflowExemption {
        // Without a policy nothing else says so: no other kind of ground carries a share.
        return Err(fault(
            grounds,
            deed,
            "ground_not_of_case",
            "所称的依据不能用于对外提供",
            "a ground of that kind carries no share",
        ));
    }
    let case = basis.outflow_exemption();
    if basis.outflow_exemption == 0 {
        return Err(unknown(
            grounds,
            deed,
            "exemption_not_named",
            "称无需征得同意,但没有指明是哪一种情形",
            "it is said to need no consent, but not by which case",
        ));
    }
    if policy.is_some_and(|policy| policy.outflow_exemption(case).is_none()) {
        return Err(fault(
            grounds,
            deed,
            "exemption_not_in_policy",
            "当时有效的隐私政策没有这种无需同意的情形",
            "the policy in force knows no such case without consent",
        ));
    }
    if basis.citation.is_empty() {
        return Err(fault(
            grounds,
            deed,
            "exemption_without_citation",
            "称无需征得同意,但没有引用法条或案号",
            "it is said to need no consent, but cites no clause or case",
        ));
    }
    Ok(Vec::new())
}

fn fault(
    grounds: &Grounds<'_>,
    deed: &Deed<'_>,
    cause: &str,
    zh: impl Into<String>,
    en: impl Into<String>,
) -> Fault {
    Box::new(deed.finding(grounds, Outcome::Violation, cause, said(zh, en)))
}

fn unknown(grounds: &Grounds<'_>, deed: &Deed<'_>, cause: &str, zh: &str, en: &str) -> Fault {
    Box::new(deed.finding(grounds, Outcome::Unknown, cause, said(zh, en)))
}
