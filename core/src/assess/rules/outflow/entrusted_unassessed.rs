//! R10, of a recipient: whether an impact assessment came before data was entrusted to it (PIPL 55, item 3).
//!
//! Judged is each beginning of an entrustment that the registry has; a renewal is a beginning. The
//! assessment was recorded strictly before, and covers the recipient, every purpose and every category.

use super::flow::{said, sentence};
use super::impact_assessment::outcome;
use crate::assess::finding::{About, Finding};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::assessments::{Assessments, Covered};
use crate::assess::words;
use crate::schema::v1::EntrustmentStarted;
use crate::schema::v1::event::Body;

/// `EntrustmentStarted`, in the envelope.
const STARTED: u32 = 201;

pub(super) const RULE: Rule = Rule {
    number: 10,
    name: "impact_assessment_missing",
    title_zh: "委托处理前是否做过个人信息保护影响评估",
    title_en: "Did an impact assessment come before entrusting?",
    scope: Scope::Recipient,
    clauses: &["PIPL 55", "PIPL 56"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let About::Recipient(id) = grounds.about else {
        return Vec::new();
    };
    let assessments = Assessments::of(grounds.register);
    let begun = grounds.register.under(STARTED, id);
    let judged = begun.flat_map(|on| match on.body() {
        Body::EntrustmentStarted(body) => of_entrustment(grounds, on, body, &assessments),
        _ => Vec::new(),
    });
    judged.collect()
}

/// One finding for an entrustment: the first purpose that isn't covered decides.
fn of_entrustment(
    grounds: &Grounds<'_>,
    on: &Occurrence,
    body: &EntrustmentStarted,
    all: &Assessments<'_>,
) -> Vec<Finding> {
    let covered = |purpose: &i32| Covered {
        recipient: Some(&body.recipient_id),
        purpose: Some(*purpose),
        categories: &body.categories,
        ms: on.occurred_at_ms,
    };
    let uncovered = body
        .purposes
        .iter()
        .find(|purpose| all.covering(&covered(purpose)).is_err());
    let Some(decides) = uncovered.or(body.purposes.first()) else {
        return Vec::new();
    };
    let (result, cause, why, by) = outcome(all, &covered(decides), &body.assessment_id);
    let did = said(
        format!(
            "委托其为“{}”处理个人信息",
            words::zh("Purpose", &[*decides])
        ),
        format!(
            "it was entrusted with data (purpose: {})",
            words::en("Purpose", &[*decides])
        ),
    );
    let text = sentence(on.occurred_at_ms, did, why);
    let found = Finding::on(grounds, on, result, cause, text);
    vec![found.concerning(&body.recipient_id).resting_on(by)]
}
