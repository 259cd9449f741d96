//! R14, of a person: whether data went to an SDK that is on the list, that lists it, and was reviewed (L105
//! to L114, L168).
//!
//! Judged are shares under the case of SDKs, by the method of SDKs, or that name an SDK. The SDK is found
//! on the list that was public then by the name that the share gives, or by the vendor.

use super::flow::{Flow, Said, flows, said};
use super::sdk_words::{Fault, not_listed, review, takes_more};
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::sdks::{SdkList, list_at};
use crate::schema::v1::{DataShared, ShareCase, ShareMethod};

pub(super) const RULE: Rule = Rule {
    number: 14,
    name: "sdk_undisclosed",
    title_zh: "通过SDK提供的信息是否在公开的清单内",
    title_en: "Is what goes through an SDK on the list?",
    scope: Scope::Subject,
    clauses: &["L105", "L109", "L110", "L168"],
    from_ms: None,
    until_ms: None,
    revision: 2,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let judged = flows(grounds).flat_map(|flow| match flow.said {
        Said::Shared(body) if is_of_sdk(body) => judged(grounds, &flow, body),
        _ => Vec::new(),
    });
    judged.collect()
}

fn is_of_sdk(body: &DataShared) -> bool {
    body.case() == ShareCase::Sh04Sdk
        || body.method() == ShareMethod::MtSdk
        || !body.sdk_name.is_empty()
}

fn judged(grounds: &Grounds<'_>, flow: &Flow<'_>, body: &DataShared) -> Vec<Finding> {
    let Some(list) = list_at(grounds.register, grounds.policies, flow.ms()) else {
        return vec![flow.no_policy(grounds)];
    };
    let (faults, rests) = faults(grounds, flow, body, &list);
    if faults.is_empty() {
        let why = said(
            "该SDK及所提供的信息均在当时公开的清单中,并经审查",
            "the SDK is on the list that was public then, with all of this data, and was reviewed",
        );
        let found = flow.finding(grounds, Outcome::Pass, "sdk_disclosed", why);
        return vec![found.resting_on(list.said).resting_on(rests)];
    }
    let finding = |fault: Fault<'_>| {
        flow.finding(grounds, fault.result, fault.cause, fault.why)
            .resting_on(fault.by)
    };
    faults.into_iter().map(finding).collect()
}

fn faults<'a>(
    grounds: &Grounds<'a>,
    flow: &Flow<'_>,
    body: &DataShared,
    list: &SdkList<'a>,
) -> (Vec<Fault<'a>>, Option<&'a Occurrence>) {
    let Some(entry) = list.find(&body.sdk_name, "", &body.recipient_id) else {
        return (vec![unlisted(body, list)], None);
    };
    let mut faults: Vec<Fault<'a>> = takes_more(entry, flow.categories, list.said)
        .into_iter()
        .collect();
    match review(grounds, entry.name, flow.ms()) {
        Ok(review) => (faults, Some(review)),
        Err(fault) => {
            faults.push(fault);
            (faults, None)
        }
    }
}

fn unlisted<'a>(body: &DataShared, list: &SdkList<'a>) -> Fault<'a> {
    if !body.sdk_name.is_empty() {
        return not_listed(&body.sdk_name, list.said);
    }
    Fault {
        result: Outcome::Unknown,
        cause: "sdk_not_named",
        why: said(
            "没有写明经由哪个SDK,清单中也没有该接收方",
            "through which SDK it went isn't said, and the list doesn't name that recipient",
        ),
        by: list.said,
    }
}
