//! R42: data of one service serves another only after the person confirmed it.

use super::consent_words::{no_policy, quoted};
use super::deed::{Act, Deed, deeds, said};
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::privacy_policy::{PrivacyPolicy, PurposeItem};
use crate::schema::v1::event::Body;
use crate::schema::v1::{DataCollected, Purpose};

/// `reuse_unconfirmed`.
///
/// What a service takes over from another, where the policy in force promises that the person confirms
/// each such use first (L222). What a service takes from itself is no re-use.
pub(super) const RULE: Rule = Rule {
    number: 42,
    name: "reuse_unconfirmed",
    title_zh: "跨服务使用信息前是否经本人确认",
    title_en: "Did the person confirm before one service's data served another?",
    scope: Scope::Subject,
    clauses: &["L222"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    deeds(grounds)
        .filter(|deed| deed.act == Act::Collected)
        .filter_map(|deed| match deed.one.body() {
            Body::DataCollected(collected) => judge_deed(grounds, &deed, collected),
            _ => None,
        })
        .collect()
}

fn judge_deed(
    grounds: &Grounds<'_>,
    deed: &Deed<'_>,
    collected: &DataCollected,
) -> Option<Finding> {
    let from = collected.reused_from_service.as_str();
    let is_other = !from.is_empty() && from != deed.one.event.producer;
    let is_reuse =
        is_other || (from.is_empty() && collected.purpose() == Purpose::PuCrossServiceReuse);
    if !is_reuse {
        return None;
    }
    let Some(policy) = grounds.policies.policy(deed.ms()) else {
        return Some(no_policy(grounds, deed));
    };
    let promise = promise_of(policy)?;
    let (quote_zh, quote_en) = quoted(promise);
    let (result, cause, zh, en) = match collected.subject_confirmed {
        Some(true) => (
            Outcome::Pass,
            "reuse_confirmed",
            "使用另一服务的信息,并经本人确认",
            "it came from another service, and the person confirmed that",
        ),
        Some(false) => (
            Outcome::Violation,
            "reuse_unconfirmed",
            "使用另一服务的信息,而本人没有确认",
            "it came from another service, and the person hadn't confirmed that",
        ),
        None => (
            Outcome::Unknown,
            "confirmation_not_said",
            "使用另一服务的信息,没有说明本人是否确认",
            "it came from another service, and nothing says whether the person confirmed that",
        ),
    };
    let words = said(format!("{zh}{quote_zh}"), format!("{en}{quote_en}"));
    Some(deed.finding(grounds, result, cause, words))
}

/// The item that promises a confirmation, where the policy has one.
fn promise_of(policy: &PrivacyPolicy) -> Option<&PurposeItem> {
    policy.purposes.values().find(|item| item.confirmed_first)
}
