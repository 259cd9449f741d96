//! R18, of a person: whether the person was told of a major change before it was in force (L304; PIPL 17).
//!
//! Judged is each major version under which the data of someone was handled whom the log knew before: the
//! first handling under it. Either notice counts, one where everyone sees it or one that reached the person
//! (L304: 「提供相关通知或另行弹窗确认」), strictly before the effect. Told after the effect, yet before
//! anything was handled, is a warning; told after that, a violation until then.

use super::change_told::{Change, change, earliest, public_notice};
use super::flow::{Words, said, sentence};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::policy_book::PolicyVersion;
use crate::assess::rule::{Rule, Scope};
use crate::schema::v1::event::Body;

pub(super) const RULE: Rule = Rule {
    number: 18,
    name: "major_change_no_notice",
    title_zh: "政策重大变更是否在生效前告知本人",
    title_en: "Was the person told of a major change before it was in force?",
    scope: Scope::Subject,
    clauses: &["L304", "PIPL 17"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let versions = grounds.policies.versions();
    let judged = versions.iter().enumerate().filter_map(|(place, version)| {
        let until = versions
            .get(place + 1)
            .map_or(i64::MAX, |next| next.effective_ms);
        let change = change(version, place == 0);
        (change != Change::Minor).then(|| judged(grounds, version, change, until))?
    });
    judged.collect()
}

fn judged(
    grounds: &Grounds<'_>,
    version: &PolicyVersion,
    change: Change,
    until_ms: i64,
) -> Option<Finding> {
    let known = !grounds.timeline.before(version.effective_ms).is_empty();
    let handled = first_handled(grounds, version.effective_ms, until_ms).filter(|_| known)?;
    let id = &version.published.policy_version_id;
    let own = earliest(grounds.timeline.iter(), id);
    let told = [public_notice(grounds.register, id), own];
    let told = told.into_iter().flatten().min_by_key(|(at, _)| *at);
    let (result, cause, why) = outcome(version, change, told.map(|(at, _)| at), handled);
    let did = said(
        format!("在政策版本{id}生效后处理本人信息"),
        format!("data was handled under version {id} of the policy"),
    );
    let text = sentence(handled.occurred_at_ms, did, why);
    let found = Finding::on(grounds, handled, result, cause, text);
    let found = found.resting_on(told.map(|(_, one)| one));
    Some(match told {
        Some((at, _)) if cause == "not_told" => found.mended_at(at),
        _ => found,
    })
}

fn first_handled<'a>(grounds: &Grounds<'a>, from_ms: i64, until_ms: i64) -> Option<&'a Occurrence> {
    let before = grounds.timeline.before(from_ms).len();
    let after = grounds.timeline.iter().skip(before);
    let mut within = after.take_while(|one| one.occurred_at_ms < until_ms);
    within.find(|one| {
        matches!(
            one.body(),
            Body::DataCollected(_)
                | Body::DataReceivedFromThirdParty(_)
                | Body::AutomatedDecisionMade(_)
                | Body::DataShared(_)
                | Body::DataTransferred(_)
                | Body::DataDisclosed(_)
        )
    })
}

fn outcome(
    version: &PolicyVersion,
    change: Change,
    told_ms: Option<i64>,
    handled: &Occurrence,
) -> (Outcome, &'static str, Words) {
    if change == Change::Unknown {
        let why = said(
            "该版本自称首个版本,但此前已有版本,无法判断是否属于重大变更",
            "that version calls itself the first, though there was one before; how far it changes isn't known",
        );
        return (Outcome::Unknown, "change_unknown", why);
    }
    let quote = "隐私政策L304“对于重大变更,我们会提供相关通知或另行弹窗确认”";
    match told_ms {
        Some(at) if at < version.effective_ms => {
            let day = Day::of(at);
            let why = said(
                format!("该版本的重大变更已于{day}告知"),
                format!("its major change had been told on {day}"),
            );
            (Outcome::Pass, "told_before_effect", why)
        }
        Some(at) if at <= handled.occurred_at_ms => {
            let day = Day::of(at);
            let why = said(
                format!("该版本的重大变更在生效后{day}才告知({quote})"),
                format!(
                    "its major change was told only on {day}, after it was in force (policy L304)"
                ),
            );
            (Outcome::Warn, "told_after_effect", why)
        }
        _ => {
            let why = said(
                format!("该版本的重大变更没有在此前告知({quote})"),
                "its major change had not been told (policy L304: “对于重大变更,我们会提供相关通知或另行弹窗确认”)",
            );
            (Outcome::Violation, "not_told", why)
        }
    }
}
