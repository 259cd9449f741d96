//! R21: a refusal names its ground and gives reasons.
//!
//! The ground is one of the policy's cases (L284). For a request with a condition, e.g. that all orders are
//! completed before an account is cancelled (L282), the condition that did not hold is a ground as well;
//! whether it truly did not hold is R22's.

use super::ended::no_policy;
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::requests::{Receipt, Request, Requests};
use crate::assess::words;
use crate::privacy_policy::PrivacyPolicy;
use crate::schema::v1::event::Body;
use crate::schema::v1::{RightsRefusal, RightsRequestRefused};

pub(super) const RULE: Rule = Rule {
    number: 21,
    name: "refusal_no_reason",
    title_zh: "拒绝请求是否说明情形和理由",
    title_en: "Does a refusal name its ground and give reasons?",
    scope: Scope::Subject,
    clauses: &["L284", "PIPL 50"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let requests = Requests::of(grounds.timeline);
    let refusals = grounds.timeline.iter().filter_map(|one| match one.body() {
        Body::RightsRequestRefused(said) => Some((one, said)),
        _ => None,
    });
    refusals
        .flat_map(|(one, said)| {
            let request = requests.get(&said.request_id);
            judged(grounds, one, said, request.and_then(Request::receipt))
        })
        .collect()
}

fn judged(
    grounds: &Grounds<'_>,
    one: &Occurrence,
    said: &RightsRequestRefused,
    receipt: Option<Receipt<'_>>,
) -> Vec<Finding> {
    let policy = grounds.policies.policy(one.occurred_at_ms);
    let mut findings = Vec::new();
    if said.reason_sha256.is_empty() {
        findings.push(finding(
            grounds,
            one,
            Outcome::Violation,
            "no_reason",
            "没有说明理由的记录；《个人信息保护法》第50条要求说明理由",
            "without reasons on record; PIPL 50 asks for reasons",
        ));
    }
    findings.extend(ground(grounds, one, said, receipt, policy));
    if said.remedy_told == Some(false) {
        findings.push(finding(
            grounds,
            one,
            Outcome::Warn,
            "remedy_not_told",
            "没有告知本人可以向人民法院起诉（《个人信息保护法》第50条）",
            "without telling its person of the way to court (PIPL 50)",
        ));
    }
    if findings.is_empty() {
        findings.push(match policy {
            Some(_) => finding(
                grounds,
                one,
                Outcome::Pass,
                "reasons_given",
                "写明了情形并说明了理由",
                "with its ground and reasons",
            ),
            None => no_policy(grounds, one),
        });
    }
    let receipt = receipt.map(|receipt| receipt.on);
    findings
        .into_iter()
        .map(|finding| finding.resting_on(receipt))
        .collect()
}

/// What is wrong with the ground; none where it is one that the policy knows.
fn ground(
    grounds: &Grounds<'_>,
    one: &Occurrence,
    said: &RightsRequestRefused,
    receipt: Option<Receipt<'_>>,
    policy: Option<&PrivacyPolicy>,
) -> Option<Finding> {
    if said.refusal() == RightsRefusal::RxUnspecified {
        if said.refusal == 0 && rests_on_condition(said, receipt, policy) {
            return None;
        }
        return Some(finding(
            grounds,
            one,
            Outcome::Violation,
            "no_ground",
            "没有写明属于隐私政策列明的哪种情形（L284）",
            "without naming a case of the policy (L284)",
        ));
    }
    policy?.refusal_ground(said.refusal()).map_or_else(
        || {
            let names = words::zh("RightsRefusal", &[said.refusal]);
            let named = words::en("RightsRefusal", &[said.refusal]);
            Some(finding(
                grounds,
                one,
                Outcome::Violation,
                "ground_not_in_policy",
                &format!("所写情形“{names}”不在当时生效的隐私政策之内"),
                &format!("on the ground \"{named}\", which the policy then in force doesn't have"),
            ))
        },
        |_| None,
    )
}

/// Whether the refusal names a condition that the policy sets for this kind of request. Without a policy
/// it is taken at its word.
fn rests_on_condition(
    said: &RightsRequestRefused,
    receipt: Option<Receipt<'_>>,
    policy: Option<&PrivacyPolicy>,
) -> bool {
    let Some(policy) = policy else {
        return !said.open_conditions.is_empty();
    };
    let right = receipt.and_then(|receipt| policy.right(receipt.kind));
    right.is_some_and(|right| {
        said.open_conditions()
            .any(|named| right.conditions.contains(&named))
    })
}

fn finding(
    grounds: &Grounds<'_>,
    one: &Occurrence,
    result: Outcome,
    cause: &str,
    zh: &str,
    en: &str,
) -> Finding {
    let day = Day::of(one.occurred_at_ms);
    let sentence = Sentence::new(
        format!("{day}拒绝了一项请求，{zh}。"),
        format!("A request was refused on {day} {en}."),
    );
    Finding::on(grounds, one, result, cause, sentence)
}
