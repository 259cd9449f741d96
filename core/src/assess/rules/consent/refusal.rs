//! R16: who refuses one thing isn't denied another.

use super::consent_words::cited;
use super::deed::{Words, said};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Standing};
use crate::assess::words;
use crate::privacy_policy::PrivacyPolicy;
use crate::schema::v1::event::Body;
use crate::schema::v1::{DevicePermission, FeatureDenied, Purpose};

/// `refusal_coupling`.
///
/// A feature that was denied to who had refused or withdrawn a consent, or refused a permission. The
/// policy in force says what a refusal may cost: what was refused itself, and the features named there.
/// A consent that was refused at the very moment of the denial counts as refused before.
pub(super) const RULE: Rule = Rule {
    number: 16,
    name: "refusal_coupling",
    title_zh: "拒绝同意后是否被拒绝无关服务",
    title_en: "Is an unrelated feature denied to who refuses?",
    scope: Scope::Subject,
    clauses: &["PIPL 16"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// What was refused, as far as the log tells.
enum Refused<'a> {
    Purposes(Vec<i32>, &'a Occurrence),
    Permission(DevicePermission),
    /// Why it isn't known.
    NotKnown(&'static str, Words),
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    let denied = grounds.timeline.iter().filter_map(|one| match one.body() {
        Body::FeatureDenied(denied) => Some((one, denied)),
        _ => None,
    });
    denied
        .map(|(one, denied)| judge_denial(grounds, &consents, one, denied))
        .collect()
}

fn judge_denial(
    grounds: &Grounds<'_>,
    consents: &Consents<'_>,
    one: &Occurrence,
    denied: &FeatureDenied,
) -> Finding {
    let find = |result, cause: &str, words| {
        Finding::on(grounds, one, result, cause, sentence(one, denied, words))
    };
    let refused = refused_of(consents, one, denied);
    if let Refused::NotKnown(cause, words) = refused {
        return find(Outcome::Unknown, cause, words);
    }
    let Some(policy) = grounds.policies.policy(one.occurred_at_ms) else {
        let words = said(
            "登记库中没有当时有效的、可供机器读取的隐私政策",
            "the registry has no machine-readable policy that was in force then",
        );
        return find(Outcome::Unknown, "no_policy", words);
    };
    let (what_zh, what_en) = name_of(&refused);
    let by = match &refused {
        Refused::Purposes(_, by) => Some(*by),
        _ => None,
    };
    let finding = if may_deny(policy, &refused, denied.feature()) {
        let words = said(
            format!("本人拒绝了{what_zh},这一功能确实需要它"),
            format!("the person had refused {what_en}, which this feature needs"),
        );
        find(Outcome::Pass, "feature_depends", words)
    } else {
        let (quote_zh, quote_en) = cost_of(policy, &refused);
        let words = said(
            format!("本人拒绝的是{what_zh},与这一功能无关{quote_zh}"),
            format!(
                "the person had refused {what_en}, which has nothing to do with this feature{quote_en}"
            ),
        );
        find(Outcome::Violation, "unrelated_feature", words)
    };
    finding.resting_on(by)
}

fn refused_of<'a>(
    consents: &Consents<'a>,
    one: &Occurrence,
    denied: &FeatureDenied,
) -> Refused<'a> {
    if !denied.refused_consent_id.is_empty() {
        return refused_consent(consents, one, &denied.refused_consent_id);
    }
    match denied.refused_permission() {
        DevicePermission::PermUnspecified => Refused::NotKnown(
            "refused_not_named",
            said(
                "没有说明本人拒绝了什么",
                "nothing says what the person had refused",
            ),
        ),
        permission => Refused::Permission(permission),
    }
}

fn refused_consent<'a>(consents: &Consents<'a>, one: &Occurrence, id: &str) -> Refused<'a> {
    let not_in_log = || {
        Refused::NotKnown(
            "refusal_not_in_log",
            said(
                "日志中没有本人拒绝或撤回该同意的记录",
                "the log doesn't say that the person refused or withdrew that consent",
            ),
        )
    };
    let Standing::NotInForce(lapse) = consents.standing(id, one.occurred_at_ms) else {
        return not_in_log();
    };
    match (lapse.by.body(), lapse.grant) {
        (Body::ConsentRefused(refused), _) => Refused::Purposes(refused.purposes.clone(), lapse.by),
        (Body::ConsentWithdrawn(_), Some(grant)) => {
            Refused::Purposes(grant.terms.purposes.clone(), lapse.by)
        }
        _ => not_in_log(),
    }
}

fn may_deny(policy: &PrivacyPolicy, refused: &Refused<'_>, feature: Purpose) -> bool {
    match refused {
        Refused::Purposes(purposes, _) => purposes
            .iter()
            .filter_map(|number| Purpose::try_from(*number).ok())
            .any(|purpose| policy.may_deny(purpose, feature)),
        Refused::Permission(permission) => policy.permission_may_deny(*permission, feature),
        Refused::NotKnown(..) => false,
    }
}

fn name_of(refused: &Refused<'_>) -> Words {
    match refused {
        Refused::Purposes(purposes, by) => {
            let day = Day::of(by.occurred_at_ms);
            said(
                format!("用于“{}”的同意({day})", words::zh("Purpose", purposes)),
                format!("consent for {} (on {day})", words::en("Purpose", purposes)),
            )
        }
        Refused::Permission(permission) => {
            let number = [*permission as i32];
            said(
                format!("“{}”权限", words::zh("DevicePermission", &number)),
                format!(
                    "the permission “{}”",
                    words::en("DevicePermission", &number)
                ),
            )
        }
        Refused::NotKnown(..) => said("", ""),
    }
}

/// What the policy says that the refusal costs, where it says anything.
fn cost_of(policy: &PrivacyPolicy, refused: &Refused<'_>) -> Words {
    let purposes: Vec<Purpose> = match refused {
        Refused::Purposes(numbers, _) => numbers
            .iter()
            .filter_map(|number| Purpose::try_from(*number).ok())
            .collect(),
        Refused::Permission(permission) => policy
            .permissions
            .get(permission)
            .map(|item| item.purposes.iter().copied().collect())
            .unwrap_or_default(),
        Refused::NotKnown(..) => Vec::new(),
    };
    let cite = purposes
        .iter()
        .filter_map(|purpose| policy.purpose(*purpose)?.refusal.as_ref()?.cites.first())
        .find(|cite| cite.line.is_some());
    cite.map_or_else(|| said("", ""), cited)
}

fn sentence(one: &Occurrence, denied: &FeatureDenied, (why_zh, why_en): Words) -> Sentence {
    let day = Day::of(one.occurred_at_ms);
    let feature = [denied.feature];
    Sentence::new(
        format!(
            "{day} 拒绝提供“{}”:{why_zh}。",
            words::zh("Purpose", &feature)
        ),
        format!(
            "On {day} a feature was denied ({}): {why_en}.",
            words::en("Purpose", &feature)
        ),
    )
}
