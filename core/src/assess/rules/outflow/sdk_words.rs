//! What an SDK may be found to break, in the same words for a scan (operator) and a share (person).

use super::flow::{Words, categories, said, with_quote};
use crate::assess::calendar::Day;
use crate::assess::finding::Outcome;
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::state::sdks::{Entry, review_at};
use crate::privacy_policy::Cited;
use crate::schema::v1::SdkDuty;

/// What is wrong with an SDK.
pub(super) struct Fault<'a> {
    pub(super) result: Outcome,
    pub(super) cause: &'static str,
    pub(super) why: Words,
    pub(super) by: Option<&'a Occurrence>,
}

/// That an SDK isn't on the list.
pub(super) fn not_listed<'a>(name: &str, list: Option<&'a Occurrence>) -> Fault<'a> {
    Fault {
        result: Outcome::Violation,
        cause: "sdk_not_listed",
        why: said(
            format!("SDK“{name}”不在当时公开的SDK清单中(隐私政策L109)"),
            format!("the SDK {name} is not on the list that was public then (policy L109)"),
        ),
        by: list,
    }
}

/// What a listed SDK took beyond its entry.
pub(super) fn takes_more<'a>(
    entry: &Entry<'_>,
    taken: &[i32],
    list: Option<&'a Occurrence>,
) -> Option<Fault<'a>> {
    let over: Vec<i32> = taken
        .iter()
        .filter(|category| !entry.categories.contains(category))
        .copied()
        .collect();
    let (zh, en) = categories(&over);
    let name = entry.name;
    (!over.is_empty()).then(|| Fault {
        result: Outcome::Violation,
        cause: "sdk_takes_more",
        why: said(
            format!("SDK“{name}”获取的{zh}未在清单中说明"),
            format!("the SDK {name} took {en}, which the list doesn't declare"),
        ),
        by: list,
    })
}

/// Whether an SDK was strictly reviewed by then (L105): what is wrong, or the review.
pub(super) fn review<'a>(
    grounds: &Grounds<'a>,
    name: &str,
    ms: i64,
) -> Result<&'a Occurrence, Fault<'a>> {
    let policy = grounds.policies.policy(ms);
    let item = policy.and_then(|policy| policy.sdk_duties.get(&SdkDuty::StrictReview));
    let item = item.map(|item| item as &dyn Cited);
    let review = review_at(grounds.register, name, ms);
    let (cause, zh, en) = match review {
        None => (
            "sdk_not_reviewed",
            format!("SDK“{name}”当时没有经过审查"),
            format!("the SDK {name} had not been reviewed"),
        ),
        Some(one) if !one.passed() => {
            let day = Day::of(one.said.occurred_at_ms);
            (
                "sdk_review_failed",
                format!("SDK“{name}”{day}的审查没有通过"),
                format!("the review of {day} did not let the SDK {name} in"),
            )
        }
        Some(one) if one.ended_at(ms) => {
            let day = Day::of(one.said.occurred_at_ms);
            (
                "sdk_review_expired",
                format!("SDK“{name}”{day}的审查当时已过有效期"),
                format!("the review of the SDK {name} of {day} held no more"),
            )
        }
        Some(one) => return Ok(one.said),
    };
    Err(Fault {
        result: Outcome::Violation,
        cause,
        why: with_quote(said(zh, en), item),
        by: review.map(|one| one.said),
    })
}
