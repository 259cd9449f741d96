//! R15: nothing is collected under a device permission that is off.

use super::consent_words::{no_policy, quoted};
use super::deed::{Act, Deed, Words, deeds, said};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::permissions::{Permissions, Switch};
use crate::assess::words;
use crate::privacy_policy::{Permission, PrivacyPolicy};
use crate::schema::v1::event::Body;
use crate::schema::v1::{CollectionWay, DataCategory, DevicePermission};

/// `permission_off_but_collected`.
///
/// What the policy in force collects under a permission and not without it, and what an event says it
/// took under one. Of several permissions for the same data one that is on suffices. What a third party
/// or a phone call brings needs none; what the person provides is judged only where a switch of its
/// permission is known. At the very moment of switching off it is still on.
pub(super) const RULE: Rule = Rule {
    number: 15,
    name: "permission_off_but_collected",
    title_zh: "系统权限关闭后是否仍在收集",
    title_en: "Is data collected though the device permission is off?",
    scope: Scope::Subject,
    clauses: &["L47", "L69", "L81", "L278"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let permissions = Permissions::of(grounds.timeline);
    deeds(grounds)
        .filter(|deed| deed.act == Act::Collected)
        .filter_map(|deed| judge_deed(grounds, &permissions, &deed))
        .collect()
}

fn judge_deed(
    grounds: &Grounds<'_>,
    permissions: &Permissions<'_>,
    deed: &Deed<'_>,
) -> Option<Finding> {
    let Body::DataCollected(collected) = deed.one.body() else {
        return None;
    };
    let named =
        Some(collected.permission()).filter(|one| *one != DevicePermission::PermUnspecified);
    let (may_need, must_know) = match collected.way() {
        CollectionWay::CwAutomatic | CollectionWay::CwThirdPartySdk => (true, true),
        CollectionWay::CwProvidedBySubject => (true, named.is_some()),
        _ => (named.is_some(), true),
    };
    if !may_need {
        return None;
    }
    let groups = match (named, grounds.policies.policy(deed.ms())) {
        (Some(named), _) => vec![vec![named]],
        (None, Some(policy)) => groups_of(policy, deed.categories),
        (None, None) => return must_know.then(|| no_policy(grounds, deed)),
    };
    let judged = groups.iter().filter_map(|group| {
        let finding = judge_group(grounds, permissions, deed, group);
        (must_know || finding.result != Outcome::Unknown).then_some(finding)
    });
    let rank = |finding: &Finding| match finding.result {
        Outcome::Violation => 0,
        Outcome::Unknown => 1,
        _ => 2,
    };
    judged.min_by_key(rank)
}

/// For each category that is collected under permissions alone, those permissions.
fn groups_of(policy: &PrivacyPolicy, categories: &[i32]) -> Vec<Vec<DevicePermission>> {
    let under = |number: &i32| {
        let category = DataCategory::try_from(*number).ok()?;
        let covers = |item: &&Permission| item.categories.contains(&category);
        let group: Vec<_> = policy.permissions.values().filter(covers).collect();
        let group: Vec<_> = group.into_iter().map(|item| item.id).collect();
        (!group.is_empty()).then_some(group)
    };
    let mut groups: Vec<_> = categories.iter().filter_map(under).collect();
    groups.sort();
    groups.dedup();
    groups
}

/// One that is on suffices; one that is off, with none on, is a violation.
fn judge_group(
    grounds: &Grounds<'_>,
    permissions: &Permissions<'_>,
    deed: &Deed<'_>,
    group: &[DevicePermission],
) -> Finding {
    let states = || {
        group
            .iter()
            .filter_map(|one| Some((*one, permissions.at(*one, deed.ms())?)))
    };
    let state = states()
        .find(|(_, switch)| switch.on)
        .or_else(|| states().next());
    let Some((permission, switch)) = state else {
        let numbers: Vec<i32> = group.iter().map(|one| *one as i32).collect();
        let words = said(
            format!(
                "日志中没有“{}”权限的开关记录",
                words::zh("DevicePermission", &numbers)
            ),
            format!(
                "the log doesn't say whether the permission was on: {}",
                words::en("DevicePermission", &numbers)
            ),
        );
        return deed.finding(grounds, Outcome::Unknown, "permission_not_in_log", words);
    };
    let (result, cause) = if switch.on {
        (Outcome::Pass, "permission_on")
    } else {
        (Outcome::Violation, "permission_off")
    };
    let words = state_words(grounds, deed, permission, switch);
    let finding = deed.finding(grounds, result, cause, words);
    finding.resting_on([switch.by])
}

fn state_words(
    grounds: &Grounds<'_>,
    deed: &Deed<'_>,
    permission: DevicePermission,
    switch: Switch<'_>,
) -> Words {
    let day = Day::of(switch.by.occurred_at_ms);
    let number = [permission as i32];
    let (zh, en) = (
        words::zh("DevicePermission", &number),
        words::en("DevicePermission", &number),
    );
    let policy = grounds.policies.policy(deed.ms());
    let item = policy.and_then(|policy| policy.permissions.get(&permission));
    let (quote_zh, quote_en) = item.map_or_else(|| said("", ""), |item| quoted(item));
    if switch.on {
        said(
            format!("“{zh}”权限自{day}起开启"),
            format!("the permission “{en}” had been on since {day}"),
        )
    } else {
        said(
            format!("“{zh}”权限已于{day}关闭{quote_zh}"),
            format!("the permission “{en}” had been off since {day}{quote_en}"),
        )
    }
}
