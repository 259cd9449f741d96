//! R43: whether each safeguard that the policy promises is attested.

use super::wording::{day, no_policy, source_en, source_zh};
use crate::assess::finding::{Due, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::safeguards::{Attestation, Promised, attestations, promises};
use crate::assess::words;
use crate::privacy_policy::Vocabulary as _;
use crate::schema::v1::SecurityMeasure;

/// For as long as policies promise a safeguard some attestation of it must hold; it holds from when it was made
/// until the moment it names, that moment not included. Before the first one the safeguard is unknown; from where the
/// last one ended to the next it is overdue. A cause names the safeguard, since none of them has an event that
/// could be judged in its place.
pub(super) const RULE: Rule = Rule {
    number: 43,
    name: "safeguard_unattested",
    title_zh: "政策承诺的安全措施是否有有效证明",
    title_en: "Is each safeguard that the policy promises attested?",
    scope: Scope::Operator,
    clauses: &["L230-L250", "L260", "PIPL 51"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let attested = attestations(grounds.register);
    let promised = promises(grounds.policies);
    let mut findings: Vec<Finding> = attested
        .values()
        .flatten()
        .filter(|one| {
            grounds.policies.policy(one.on.occurred_at_ms).is_none() && promised.is_empty()
        })
        .map(|one| no_policy(grounds, one.on, one.on.occurred_at_ms))
        .collect();
    for (measure, stretches) in promised {
        let attested = attested.get(&measure).map_or(&[][..], Vec::as_slice);
        for stretch in stretches {
            findings.extend(kept(grounds, measure, stretch, attested));
        }
    }
    findings
}

/// One safeguard over one stretch of being promised.
fn kept(
    grounds: &Grounds<'_>,
    measure: SecurityMeasure,
    stretch: Promised,
    attested: &[Attestation<'_>],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The attestation that holds longest of those so far.
    let mut longest: Option<Attestation<'_>> = None;
    for one in attested {
        let made = one.on.occurred_at_ms;
        if stretch.until_ms.is_some_and(|until| made >= until) {
            break;
        }
        if made > stretch.from_ms {
            findings.extend(uncovered(grounds, measure, stretch, longest, Some(made)));
        }
        if one.until_ms > stretch.from_ms {
            findings.push(holds(grounds, measure, one));
        }
        if longest.is_none_or(|longest| one.until_ms > longest.until_ms) {
            longest = Some(*one);
        }
    }
    findings.extend(uncovered(
        grounds,
        measure,
        stretch,
        longest,
        stretch.until_ms,
    ));
    findings
}

/// The hole between the attestation that holds longest and a moment; none where there is no hole.
fn uncovered(
    grounds: &Grounds<'_>,
    measure: SecurityMeasure,
    stretch: Promised,
    longest: Option<Attestation<'_>>,
    until: Option<i64>,
) -> Option<Finding> {
    let number = [measure as i32];
    let (zh, en) = (
        words::zh("SecurityMeasure", &number),
        words::en("SecurityMeasure", &number),
    );
    let Some(longest) = longest else {
        let from = stretch.from_ms;
        let item = grounds
            .policies
            .policy(from)
            .and_then(|policy| policy.safeguards.get(&measure));
        let sentence = Sentence::new(
            format!(
                "政策自{}起承诺「{zh}」{}，没有证明。",
                day(from),
                source_zh(item)
            ),
            format!(
                "The policy promises {en} from {} on{}; no attestation is recorded.",
                day(from),
                source_en(item)
            ),
        );
        let finding = Finding::bare(
            grounds,
            Outcome::Unknown,
            &cause(measure, "not_attested"),
            from,
            sentence,
        );
        return Some(mended(finding, until));
    };
    let ended = longest.until_ms.max(stretch.from_ms);
    if until.is_some_and(|until| until <= ended) {
        return None;
    }
    let sentence = Sentence::new(
        format!(
            "「{zh}」的证明有效期至{}，之后没有新的证明。",
            day(longest.until_ms)
        ),
        format!(
            "The attestation of {en} held until {}; no newer one followed.",
            day(longest.until_ms)
        ),
    );
    let due = Due {
        strict_ms: ended,
        lawful_ms: Some(ended),
    };
    let expired = cause(measure, "expired");
    let finding = Finding::on(grounds, longest.on, Outcome::Overdue, &expired, sentence);
    Some(mended(finding.due(due), until))
}

fn holds(grounds: &Grounds<'_>, measure: SecurityMeasure, one: &Attestation<'_>) -> Finding {
    let number = [measure as i32];
    let sentence = Sentence::new(
        format!(
            "「{}」有证明，有效期至{}。",
            words::zh("SecurityMeasure", &number),
            day(one.until_ms)
        ),
        format!(
            "The safeguard {} is attested until {}.",
            words::en("SecurityMeasure", &number),
            day(one.until_ms)
        ),
    );
    let attested = cause(measure, "attested");
    Finding::on(grounds, one.on, Outcome::Pass, &attested, sentence).mended_at(one.until_ms)
}

fn mended(finding: Finding, until: Option<i64>) -> Finding {
    match until {
        Some(until) => finding.mended_at(until),
        None => finding,
    }
}

/// A cause of one safeguard, e.g. `masking_not_attested`.
fn cause(measure: SecurityMeasure, what: &str) -> String {
    let name = measure.name().trim_start_matches("SM_").to_lowercase();
    format!("{name}_{what}")
}
