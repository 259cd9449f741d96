//! Findings of a small ledger, by rules made for these tests.

mod erasing;
mod keeping;
mod questions;
pub(crate) mod town;

use custodia_core::assess::{
    About, Assessed, Due, Finding, Grounds, LeafAt, Occurrence, Outcome, Scope, Sentence,
};
use custodia_core::schema::v1::event::Body;

use town::DAY_MS;

/// When somebody asks, an answer is due after so many days.
const DAYS: i64 = 15;

/// Rules that need everything which rules are given: the timeline, the register under a key and as a whole,
/// tallies and totals.
fn judge(scope: Scope, grounds: &Grounds<'_>) -> Assessed {
    let mut findings = match scope {
        Scope::Subject => of_person(grounds),
        Scope::Recipient => of_recipient(grounds),
        Scope::Incident => of_incident(grounds),
        Scope::Producer => of_producer(grounds),
        Scope::Operator => of_operator(grounds),
    };
    findings.sort();
    Assessed { findings }
}

fn finding(grounds: &Grounds<'_>, rule: u8, result: Outcome, cause: &str) -> Finding {
    Finding {
        rule,
        result,
        cause: cause.into(),
        mark: None,
        about: grounds.about.clone(),
        judged: None,
        leaves: Vec::new(),
        recipient: None,
        producer: None,
        judged_at_ms: 0,
        since_ms: 0,
        until_ms: None,
        due: None,
        clauses: vec!["L160".into()],
        sentence: Sentence {
            zh: "一句话。".into(),
            en: "A sentence.".into(),
        },
    }
}

fn on(grounds: &Grounds<'_>, one: &Occurrence, rule: u8, result: Outcome, cause: &str) -> Finding {
    let about = match one.subject() {
        Some(subject) => About::Subject(subject.into()),
        None => grounds.about.clone(),
    };
    Finding {
        about,
        judged: Some(one.leaf.clone()),
        leaves: vec![one.leaf.clone()],
        producer: Some(one.event.producer.clone()),
        judged_at_ms: one.occurred_at_ms,
        since_ms: one.occurred_at_ms,
        ..finding(grounds, rule, result, cause)
    }
}

/// R08: a share with a recipient that wasn't registered by then. R19: a request that wasn't fulfilled in
/// time. R43: nothing was attested when something was shared.
fn of_person(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for one in grounds.timeline {
        match one.body() {
            Body::DataShared(said) => {
                let mut registered = grounds.register.under(120, &said.recipient_id);
                let registered = registered.any(|entry| entry.occurred_at_ms <= one.occurred_at_ms);
                let (result, cause) = if registered {
                    (Outcome::Pass, "registered")
                } else {
                    (Outcome::Violation, "unregistered")
                };
                findings.push(Finding {
                    recipient: Some(said.recipient_id.clone()),
                    ..on(grounds, one, 8, result, cause)
                });
                let attested = grounds
                    .register
                    .of(283)
                    .any(|entry| entry.occurred_at_ms <= one.occurred_at_ms);
                if !attested {
                    findings.push(on(grounds, one, 43, Outcome::Unknown, "unattested"));
                }
            }
            Body::RightsRequestReceived(said) => {
                findings.push(request(grounds, one, &said.request_id));
            }
            _ => {}
        }
    }
    findings
}

fn request(grounds: &Grounds<'_>, one: &Occurrence, id: &str) -> Finding {
    let due_ms = one.occurred_at_ms + DAYS * DAY_MS;
    let fulfilled = grounds.timeline.iter().find(
        |other| matches!(other.body(), Body::RightsRequestFulfilled(said) if said.request_id == id),
    );
    let overdue = Finding {
        since_ms: due_ms,
        due: Some(Due {
            strict_ms: due_ms,
            lawful_ms: None,
        }),
        ..on(grounds, one, 19, Outcome::Overdue, "unanswered")
    };
    match fulfilled {
        None => overdue,
        Some(other) if other.occurred_at_ms < due_ms => {
            on(grounds, one, 19, Outcome::Pass, "answered")
        }
        Some(other) => Finding {
            until_ms: Some(other.occurred_at_ms),
            cause: "answered_late".into(),
            ..overdue
        },
    }
}

/// R35: a gateway counted what the ledger didn't.
fn of_recipient(grounds: &Grounds<'_>) -> Vec<Finding> {
    let counted = grounds.tallies.outflows_ms.len() as u64;
    let mut findings = Vec::new();
    for one in grounds.timeline {
        if let Body::EgressCountReported(said) = one.body()
            && said.event_count != Some(counted)
        {
            let cause = format!("counted_{counted}");
            findings.push(on(grounds, one, 35, Outcome::Violation, &cause));
        }
    }
    findings
}

/// R26: so many were told.
fn of_incident(grounds: &Grounds<'_>) -> Vec<Finding> {
    let told: Vec<LeafAt> = grounds
        .timeline
        .iter()
        .map(|one| one.leaf.clone())
        .collect();
    let cause = format!("told_{}", told.len());
    vec![Finding {
        leaves: told,
        ..finding(grounds, 26, Outcome::Warn, &cause)
    }]
}

/// R35: gaps.
fn of_producer(grounds: &Grounds<'_>) -> Vec<Finding> {
    let gap = |gap: &custodia_core::assess::SequenceGap| Finding {
        judged: Some(gap.after.clone()),
        since_ms: gap.after_ms,
        ..finding(
            grounds,
            35,
            Outcome::Warn,
            &format!("gap_{}_{}", gap.first, gap.last),
        )
    };
    let mut findings: Vec<Finding> = grounds.tallies.gaps.iter().map(gap).collect();
    let unnumbered = |one: &&Occurrence| one.event.producer_seq.is_none();
    if let Some(first) = grounds.timeline.iter().find(unnumbered) {
        findings.push(on(grounds, first, 35, Outcome::Unknown, "unnumbered"));
    }
    findings
}

/// R36, R37: faces, and how many people there are.
fn of_operator(grounds: &Grounds<'_>) -> Vec<Finding> {
    let people = format!("people_{}", grounds.totals.people);
    let mut findings = vec![finding(grounds, 37, Outcome::Warn, &people)];
    if let Some((ms, leaf)) = &grounds.totals.large_face_store {
        findings.push(Finding {
            judged: Some(leaf.clone()),
            since_ms: *ms,
            ..finding(grounds, 36, Outcome::Unknown, "faces")
        });
    }
    findings
}
