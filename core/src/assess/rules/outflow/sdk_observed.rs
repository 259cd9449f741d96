//! R14, of the operator: whether an SDK that a scan saw is on the list, takes no more than the list says and
//! was reviewed (L105 to L114).
//!
//! The list is the one that was public at the moment of the scan for the policy in force then; an entry is
//! found by name, package or vendor. Non-personal data that the policy names beside its list counts as
//! declared. Where the scan names neither an SDK nor a package of the list, and not every entry says its
//! package, whether it is listed is unknown; so is what it took where the scan doesn't say.

use super::flow::{no_policy, said, sentence};
use super::sdk_words::{Fault, not_listed, review, takes_more};
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::sdks::{SdkList, list_at};
use crate::schema::v1::SdkObserved;
use crate::schema::v1::event::Body;

/// `SdkObserved`, in the envelope.
const OBSERVED: u32 = 131;

pub(super) const RULE: Rule = Rule {
    number: 14,
    name: "sdk_undisclosed",
    title_zh: "扫描发现的SDK是否已公开并经审查",
    title_en: "Is an SDK that a scan saw disclosed and reviewed?",
    scope: Scope::Operator,
    clauses: &["L105", "L109", "L110", "L114"],
    from_ms: None,
    until_ms: None,
    revision: 2,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let seen = grounds.register.of(OBSERVED);
    let judged = seen.flat_map(|on| match on.body() {
        Body::SdkObserved(body) => judged(grounds, on, body),
        _ => Vec::new(),
    });
    judged.collect()
}

fn judged(grounds: &Grounds<'_>, on: &Occurrence, body: &SdkObserved) -> Vec<Finding> {
    let text = |why| sentence_of(on, body, why);
    let Some(list) = list_at(grounds.register, grounds.policies, on.occurred_at_ms) else {
        let text = text(no_policy());
        return vec![Finding::on(
            grounds,
            on,
            Outcome::Unknown,
            "no_policy",
            text,
        )];
    };
    let (faults, rests) = faults(grounds, on, body, &list);
    if faults.is_empty() {
        let text = text(said(
            "已在清单中公开,并经审查",
            "it is on the list, takes what the list says, and was reviewed",
        ));
        let found = Finding::on(grounds, on, Outcome::Pass, "sdk_disclosed", text);
        return vec![found.resting_on(list.said).resting_on(rests)];
    }
    let finding = |fault: Fault<'_>| {
        let text = text(fault.why);
        Finding::on(grounds, on, fault.result, fault.cause, text).resting_on(fault.by)
    };
    faults.into_iter().map(finding).collect()
}

fn faults<'a>(
    grounds: &Grounds<'a>,
    on: &Occurrence,
    body: &SdkObserved,
    list: &SdkList<'a>,
) -> (Vec<Fault<'a>>, Option<&'a Occurrence>) {
    let ms = on.occurred_at_ms;
    let Some(entry) = list.find(&body.sdk_name, &body.package, &body.recipient_id) else {
        return (vec![unlisted(body, list)], None);
    };
    let mut faults: Vec<Fault<'a>> = takes_more(entry, &body.categories, list.said)
        .into_iter()
        .collect();
    if body.categories.is_empty() {
        faults.push(Fault {
            result: Outcome::Unknown,
            cause: "categories_unknown",
            why: said(
                "扫描没有写明获取了哪些信息",
                "the scan doesn't say what it took",
            ),
            by: None,
        });
    }
    let rests = match review(grounds, entry.name, ms) {
        Ok(review) => Some(review),
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    (faults, rests)
}

fn unlisted<'a>(body: &SdkObserved, list: &SdkList<'a>) -> Fault<'a> {
    if !body.sdk_name.is_empty() {
        return not_listed(&body.sdk_name, list.said);
    }
    if list.says_all_packages() {
        return not_listed(&body.package, list.said);
    }
    Fault {
        result: Outcome::Unknown,
        cause: "sdk_not_named",
        why: said(
            "扫描没有写明SDK名称,清单也没有写明全部SDK的包名",
            "the scan names no SDK, and the list doesn't give every SDK's package",
        ),
        by: list.said,
    }
}

fn sentence_of(on: &Occurrence, body: &SdkObserved, why: super::flow::Words) -> Sentence {
    let did = said(
        format!("在应用版本{}中扫描到{}", body.app_build, body.package),
        format!("a scan saw {} in build {}", body.package, body.app_build),
    );
    sentence(on.occurred_at_ms, did, why)
}
