//! R12: whether a compelled disclosure had its document, its two reviewers and its scope (L194).
//!
//! Judged are disclosures under legal compulsion. The demand must have arrived and been reviewed at the
//! moment of the disclosure or before; the document is the one of the demand, or the one that the
//! disclosure itself names where no demand is registered, whose scope then is unknown. The last review by
//! then decides: as many different people as the policy asks for, a decision to disclose, and categories
//! that both the demand and the review allow. A gag that ran then binds the record too: it must stand in
//! the registry under its case, without the person's reference, and name no shorter time.

use std::collections::BTreeSet;

use super::flow::{Flow, Said, Words, categories, flows, said, with_quote};
use crate::assess::finding::{About, Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::authority_requests::{Demand, Review, demand_at, review_at};
use crate::privacy_policy::{Cited, PrivacyPolicy, ThresholdId};
use crate::schema::v1::event::Body;
use crate::schema::v1::{DataDisclosed, DisclosureCase, DisclosureDecision, DisclosureDuty};

pub(super) const RULE: Rule = Rule {
    number: 12,
    name: "disclosure_no_document",
    title_zh: "依要求披露是否有法律文件、两人审查且未超范围",
    title_en: "Did a compelled disclosure have its document, two reviewers and its scope?",
    scope: Scope::Subject,
    clauses: &["L194"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// What is wrong with a disclosure.
type Fault = (Outcome, &'static str, Words);

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let people = references(grounds);
    let judged = flows(grounds).flat_map(|flow| match flow.said {
        Said::Disclosed(body) if body.case() == DisclosureCase::Di02LegalCompulsion => {
            judged(grounds, &flow, body, &people)
        }
        _ => Vec::new(),
    });
    judged.collect()
}

/// Every reference of the person that the timeline shows.
fn references<'a>(grounds: &Grounds<'a>) -> BTreeSet<&'a str> {
    let about = match grounds.about {
        About::Subject(subject) => Some(subject.as_str()),
        _ => None,
    };
    let named = grounds.timeline.iter().flat_map(|one| {
        let other = match one.body() {
            Body::SubjectLinked(link) => Some(link.other_ref.as_str()),
            Body::DataDisclosed(body) => Some(body.named_subject_ref.as_str()),
            _ => None,
        };
        one.subject().into_iter().chain(other)
    });
    named.chain(about).filter(|one| !one.is_empty()).collect()
}

fn judged(
    grounds: &Grounds<'_>,
    flow: &Flow<'_>,
    body: &DataDisclosed,
    people: &BTreeSet<&str>,
) -> Vec<Finding> {
    let Some(policy) = grounds.policies.policy(flow.ms()) else {
        return vec![flow.no_policy(grounds)];
    };
    let demand = demand_at(grounds.register, &body.case_ref, flow.ms());
    let mut faults = Vec::new();
    faults.extend(document(policy, body, demand.as_ref()));
    if let Some(demand) = &demand {
        faults.extend(asked(flow, demand, people));
        faults.extend(gag(flow, body, demand));
    }
    let review = review_at(grounds.register, &body.case_ref, flow.ms());
    faults.extend(reviewed(policy, flow, review));
    let rests: Vec<&Occurrence> = demand
        .map(|one| one.on)
        .into_iter()
        .chain(review.map(|one| one.on))
        .collect();
    if faults.is_empty() {
        let why = said(
            "有相应的法律文件,经不同的人审查,且未超出范围",
            "there was a document, different people had reviewed it, and it kept to its scope",
        );
        faults.push((Outcome::Pass, "documented_and_reviewed", why));
    }
    let finding = |(result, cause, why): Fault| {
        flow.finding(grounds, result, cause, why)
            .resting_on(rests.iter().copied())
    };
    faults.into_iter().map(finding).collect()
}

fn duty(policy: &PrivacyPolicy, duty: DisclosureDuty) -> Option<&dyn Cited> {
    policy
        .disclosure_duties
        .get(&duty)
        .map(|item| item as &dyn Cited)
}

fn document(
    policy: &PrivacyPolicy,
    body: &DataDisclosed,
    demand: Option<&Demand<'_>>,
) -> Option<Fault> {
    let (here, there) = (
        &body.document_sha256,
        demand.map_or(&[][..], |one| &one.asked.document_sha256),
    );
    if here.is_empty() && there.is_empty() {
        let why = said(
            "没有对方出具法律文件的记录",
            "no document of the authority is recorded",
        );
        let why = with_quote(why, duty(policy, DisclosureDuty::DiDutyDocRequired));
        return Some((Outcome::Violation, "no_document", why));
    }
    if demand.is_none() {
        let why = said(
            "登记库中没有对方提出要求的记录,无法判断是否在要求的范围内",
            "the registry has nothing on the demand, so that nobody can say whether it kept to its scope",
        );
        return Some((Outcome::Unknown, "demand_not_in_log", why));
    }
    (!here.is_empty() && !there.is_empty() && here.as_slice() != there).then(|| {
        let why = said(
            "所称的法律文件与登记的不是同一份",
            "the document that it names isn't the one that was registered",
        );
        (Outcome::Violation, "other_document", why)
    })
}

fn asked(flow: &Flow<'_>, demand: &Demand<'_>, people: &BTreeSet<&str>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let named = demand.asked.named_subject_ref.as_str();
    if !named.is_empty() && !people.contains(named) {
        let why = said(
            "对方要求的是另一个人的信息",
            "the authority had asked about another person",
        );
        faults.push((Outcome::Violation, "other_person", why));
    }
    faults.extend(beyond(
        flow,
        &demand.asked.scope,
        "对方要求的范围",
        "what was asked for",
    ));
    if demand.asked.officers_verified == Some(false) {
        let why = said(
            format!("没有核验{}经办人员的身份", demand.asked.authority),
            format!(
                "the credentials of the officers of {} weren't checked",
                demand.asked.authority
            ),
        );
        faults.push((Outcome::Warn, "officers_not_verified", why));
    }
    faults
}

/// What went beyond a scope.
fn beyond(flow: &Flow<'_>, scope: &[i32], of_zh: &str, of_en: &str) -> Option<Fault> {
    let over: Vec<i32> = flow
        .categories
        .iter()
        .filter(|category| !scope.contains(category))
        .copied()
        .collect();
    let (zh, en) = categories(&over);
    (!over.is_empty()).then(|| {
        let why = said(
            format!("{zh}超出{of_zh}(隐私政策L194“特定调查目的”)"),
            format!("{en} goes beyond {of_en} (policy L194: “特定调查目的”)"),
        );
        (Outcome::Violation, "out_of_scope", why)
    })
}

fn gag(flow: &Flow<'_>, body: &DataDisclosed, demand: &Demand<'_>) -> Option<Fault> {
    let until = demand.gag_until_ms().filter(|until| flow.ms() < *until)?;
    if flow.on.subject().is_some() {
        let why = said(
            "保密期内,披露却记在本人名下,本人可以查到",
            "a gag ran, yet it was recorded where the person can see it",
        );
        return Some((Outcome::Violation, "gag_not_kept", why));
    }
    let shorter = body.gag_until.as_ref().is_none_or(|own| ms_of(own) < until);
    shorter.then(|| {
        let why = said(
            "披露记录的保密期短于对方要求的保密期",
            "the record's gag ends before the one that the authority asked for",
        );
        (Outcome::Violation, "gag_shortened", why)
    })
}

fn reviewed(policy: &PrivacyPolicy, flow: &Flow<'_>, review: Option<Review<'_>>) -> Option<Fault> {
    let quote = duty(policy, DisclosureDuty::DiDutyPrudentReview);
    let Some(review) = review else {
        let why = said(
            "披露前没有审查的记录",
            "nobody had reviewed the demand before",
        );
        return Some((Outcome::Violation, "not_reviewed", with_quote(why, quote)));
    };
    let threshold = policy.threshold(ThresholdId::DisclosureReviewers);
    let asked = threshold.map_or(2, |threshold| threshold.value);
    let count = review.reviewers();
    if (count as u64) < asked {
        let why = said(
            format!("只有{count}人审查,需要{asked}名不同的人"),
            format!("{count} reviewed it, and {asked} different people are asked for"),
        );
        return Some((
            Outcome::Violation,
            "too_few_reviewers",
            with_quote(why, quote),
        ));
    }
    if review.said.decision() == DisclosureDecision::DiDecisionRefuse {
        let why = said("审查决定拒绝披露", "the review had decided to refuse");
        return Some((Outcome::Violation, "review_refused", why));
    }
    beyond(
        flow,
        &review.said.scope,
        "审查同意的范围",
        "what the review allowed",
    )
    .map(|(result, _, why)| (result, "beyond_review", why))
}
