//! R10: whether an impact assessment came before what PIPL 55 asks one for.
//!
//! Judged: sharing, entrusting and transferring (55, item 3), making public (item 3), handling sensitive
//! data when it is collected or received (item 1), automated decisions (item 2) and what leaves the mainland
//! (item 4). A disclosure to an authority in the mainland isn't a provision to another handler and isn't
//! judged. An assessment covers it that was recorded strictly before (事前), passed, still held, and names
//! the recipient, the purpose (where the event states one) and every category: the one that the event names
//! or any other. A fold over the register alone: no policy is needed, and a category is sensitive by the
//! schema's label where none is in force.

use super::flow::{Flow, Said, Words, categories, flows, said, sentence, with_clauses};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::assessments::{Assessment, Assessments, Covered, Uncovered};
use crate::assess::words;
use crate::privacy_policy::Vocabulary as _;
use crate::schema;
use crate::schema::v1::DataCategory;
use crate::schema::v1::event::Body;

pub(super) const RULE: Rule = Rule {
    number: 10,
    name: "impact_assessment_missing",
    title_zh: "事前是否做过个人信息保护影响评估",
    title_en: "Did an impact assessment come first?",
    scope: Scope::Subject,
    clauses: &["PIPL 55", "PIPL 56"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// Something that an assessment has to come before.
struct Deed<'a> {
    on: &'a Occurrence,
    recipient: Option<&'a str>,
    purpose: Option<i32>,
    categories: Vec<i32>,
    named: &'a str,
    did: Words,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let assessments = Assessments::of(grounds.register);
    let of_flows = flows(grounds)
        .filter(|flow| is_owed(grounds, flow))
        .map(|flow| of_flow(grounds, &flow, &assessments));
    let inside = grounds
        .timeline
        .iter()
        .filter_map(|one| deed(grounds, one))
        .map(|deed| of_deed(grounds, &deed, &assessments));
    of_flows.chain(inside).collect()
}

fn is_owed(grounds: &Grounds<'_>, flow: &Flow<'_>) -> bool {
    let abroad = !["", "CN"].contains(&flow.destination);
    match flow.said {
        Said::Shared(_) | Said::Transferred(_) => true,
        Said::Disclosed(_) => abroad || flow.is_publication(grounds),
    }
}

fn of_flow(grounds: &Grounds<'_>, flow: &Flow<'_>, all: &Assessments<'_>) -> Finding {
    let what = Covered {
        recipient: Some(flow.recipient_id),
        purpose: Some(flow.purpose).filter(|purpose| *purpose != 0),
        categories: flow.categories,
        ms: flow.ms(),
    };
    let (result, cause, why, by) = outcome(all, &what, flow.assessment_id);
    flow.finding(grounds, result, cause, why).resting_on(by)
}

fn of_deed(grounds: &Grounds<'_>, deed: &Deed<'_>, all: &Assessments<'_>) -> Finding {
    let what = Covered {
        recipient: deed.recipient,
        purpose: deed.purpose,
        categories: &deed.categories,
        ms: deed.on.occurred_at_ms,
    };
    let (result, cause, why, by) = outcome(all, &what, deed.named);
    let text = sentence(deed.on.occurred_at_ms, deed.did.clone(), why);
    let found = Finding::on(grounds, deed.on, result, cause, text).resting_on(by);
    with_clauses(found, &["PIPL 55"])
}

/// What is found of something that an assessment has to come before.
pub(super) fn outcome<'a>(
    all: &Assessments<'a>,
    what: &Covered<'_>,
    named: &str,
) -> (Outcome, &'static str, Words, Option<&'a Occurrence>) {
    match all.covering(what) {
        Ok(one) => {
            let why = said(
                format!("此前{}的影响评估已覆盖并通过", Day::of(one.recorded_ms)),
                format!(
                    "the impact assessment of {} covers it",
                    Day::of(one.recorded_ms)
                ),
            );
            (Outcome::Pass, "assessed_before", why, Some(one.said))
        }
        Err((Uncovered::Missing, _)) if !named.is_empty() && !all.knows(named) => {
            let why = said(
                format!("所称的影响评估“{named}”在登记库中没有记录"),
                format!("the registry has nothing on the impact assessment {named} that it names"),
            );
            (Outcome::Unknown, "assessment_not_in_log", why, None)
        }
        Err((why, nearest)) => {
            let (cause, words) = uncovered(why, nearest);
            (
                Outcome::Violation,
                cause,
                words,
                nearest.map(|one| one.said),
            )
        }
    }
}

fn uncovered(why: Uncovered, nearest: Option<&Assessment<'_>>) -> (&'static str, Words) {
    let day = nearest.map_or_else(String::new, |one| Day::of(one.recorded_ms).to_string());
    match why {
        Uncovered::Missing => (
            "not_assessed",
            said(
                "事前没有做过影响评估(个人信息保护法第五十五条)",
                "no impact assessment was made before (PIPL 55)",
            ),
        ),
        Uncovered::TooNarrow => (
            "assessment_too_narrow",
            said(
                format!("{day}的影响评估没有覆盖全部信息种类、目的或接收方"),
                format!(
                    "the impact assessment of {day} doesn't cover all of the data, purpose or recipient"
                ),
            ),
        ),
        Uncovered::TooLate => (
            "assessed_too_late",
            said(
                format!("影响评估{day}才作出,不是事前"),
                format!("the impact assessment was made only on {day}, not before"),
            ),
        ),
        Uncovered::Failed => (
            "assessment_failed",
            said(
                format!("{day}的影响评估没有通过"),
                format!("the impact assessment of {day} was not passed"),
            ),
        ),
        Uncovered::Expired => (
            "assessment_expired",
            said(
                format!("{day}的影响评估当时已过有效期"),
                format!("the impact assessment of {day} held no more"),
            ),
        ),
    }
}

fn deed<'a>(grounds: &Grounds<'_>, on: &'a Occurrence) -> Option<Deed<'a>> {
    let sensitive = |all: &[i32]| sensitive_of(grounds, on.occurred_at_ms, all);
    let deed = match on.body() {
        Body::DataCollected(body) => {
            let (categories, purpose) = (sensitive(&body.categories), body.purpose);
            taken(on, categories, purpose, "收集敏感个人信息", "collected")
        }
        Body::DataReceivedFromThirdParty(body) => {
            let (categories, purpose) = (sensitive(&body.categories), body.purpose);
            taken(
                on,
                categories,
                purpose,
                "从第三方获取敏感个人信息",
                "received from a third party",
            )
        }
        Body::AutomatedDecisionMade(body) => {
            return Some(Deed {
                on,
                recipient: None,
                purpose: Some(body.purpose),
                categories: body.categories.clone(),
                named: &body.assessment_id,
                did: said(
                    format!(
                        "为“{}”作出自动化决策",
                        words::zh("Purpose", &[body.purpose])
                    ),
                    format!(
                        "an automated decision was made (purpose: {})",
                        words::en("Purpose", &[body.purpose])
                    ),
                ),
            });
        }
        _ => return None,
    };
    Some(deed).filter(|deed| !deed.categories.is_empty())
}

fn taken<'a>(
    on: &'a Occurrence,
    of: Vec<i32>,
    purpose: i32,
    verb_zh: &str,
    verb_en: &str,
) -> Deed<'a> {
    let (zh, en) = categories(&of);
    Deed {
        on,
        recipient: None,
        purpose: Some(purpose),
        categories: of,
        named: "",
        did: said(
            format!("{verb_zh}{zh}"),
            format!("{en}, which is sensitive, was {verb_en}"),
        ),
    }
}

fn sensitive_of(grounds: &Grounds<'_>, ms: i64, categories: &[i32]) -> Vec<i32> {
    let policy = grounds.policies.policy(ms);
    let sensitive = |number: &&i32| {
        let Ok(category) = DataCategory::try_from(**number) else {
            return false;
        };
        match policy {
            Some(policy) => policy.is_sensitive(category),
            None => {
                schema::label(DataCategory::ENUM, **number).is_some_and(|label| label.sensitive)
            }
        }
    };
    categories.iter().filter(sensitive).copied().collect()
}
