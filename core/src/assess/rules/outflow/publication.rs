//! R39: whether a publication rests on a separate consent (PIPL 25; L192).
//!
//! A publication is what goes to the recipient registered as the public, or onto a page. No other ground
//! stands for the separate consent: PIPL 25 knows none. The consent may be given at the very moment. Whether
//! a disclosure at the person's request (L192) to one who wasn't registered then is a publication is
//! unknown.

use super::flow::{Flow, Said, flows, said};
use super::separate_consent::separate_consent;
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::Consents;
use crate::schema::v1::DisclosureCase;

pub(super) const RULE: Rule = Rule {
    number: 39,
    name: "publication",
    title_zh: "公开个人信息是否取得单独同意",
    title_en: "Did the person consent separately to publication?",
    scope: Scope::Subject,
    clauses: &["PIPL 25", "L192"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    flows(grounds)
        .filter_map(|flow| judged(grounds, &consents, &flow))
        .collect()
}

fn judged(grounds: &Grounds<'_>, consents: &Consents<'_>, flow: &Flow<'_>) -> Option<Finding> {
    if !flow.is_publication(grounds) {
        return is_undecided(grounds, flow).then(|| {
            let why = said(
                "接收方当时没有登记,无法判断是否属于公开",
                "the recipient wasn't registered, so that nobody can say whether it was made public",
            );
            flow.finding(grounds, Outcome::Unknown, "recipient_unknown", why)
        });
    }
    Some(match separate_consent(consents, flow) {
        Ok(grant) => {
            let day = Day::of(grant.given.occurred_at_ms);
            let why = said(
                format!("已公开,本人{day}已单独同意"),
                format!(
                    "it was made public, and the person had consented to it separately on {day}"
                ),
            );
            flow.finding(grounds, Outcome::Pass, "separately_consented", why)
                .resting_on(grant.events())
        }
        Err((result, cause, (zh, en))) => {
            let why = said(
                format!("属于公开,但{zh}(个人信息保护法第二十五条)"),
                format!("it was made public, but {en} (PIPL 25)"),
            );
            flow.finding(grounds, result, cause, why)
        }
    })
}

fn is_undecided(grounds: &Grounds<'_>, flow: &Flow<'_>) -> bool {
    let Said::Disclosed(body) = flow.said else {
        return false;
    };
    body.case() == DisclosureCase::Di01SubjectRequest && flow.recipient(grounds).is_none()
}
