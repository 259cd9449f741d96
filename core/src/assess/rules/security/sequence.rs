//! R35 of a producer: whether its sequence has gaps.

use crate::assess::finding::{About, Finding, Outcome, Sentence};
use crate::assess::grounds::{Grounds, SequenceGap};
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::schema::LEDGER_PRODUCER;

/// `ProducerRegistered`, in the envelope.
const REGISTERED: u32 = 340;

/// Numbers that a producer's sequence skips are events that it sent and that never came, or numbers that it wasted.
/// A producer that sends events without numbers can't be judged. A registered producer whose numbers have no gap
/// passes, on its registration.
///
/// Of ledgers no numbers are asked: any number of them may follow one registry, each speaks of its own logs there,
/// and whether these are whole is what their signatures and proofs are for.
pub(super) const RULE: Rule = Rule {
    scope: Scope::Producer,
    revision: 2,
    ..super::completeness(judge)
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let About::Producer(name) = grounds.about else {
        return Vec::new();
    };
    let mut findings: Vec<Finding> = grounds
        .tallies
        .gaps
        .iter()
        .map(|gap| skipped(grounds, name, gap))
        .collect();
    let own = |one: &&Occurrence| one.event.producer == *name;
    let unnumbered = grounds
        .timeline
        .iter()
        .filter(own)
        .find(|one| one.event.producer_seq.is_none() && name != LEDGER_PRODUCER);
    if let Some(first) = unnumbered {
        let sentence = Sentence::new(
            "该生产方的事件没有序号，不知是否有事件遗失。",
            "The producer's events bear no sequence numbers, so whether any is missing is unknown.",
        );
        findings.push(Finding::on(
            grounds,
            first,
            Outcome::Unknown,
            "no_sequence",
            sentence,
        ));
    }
    if findings.is_empty()
        && let Some(registered) = grounds.register.under(REGISTERED, name).next()
    {
        let sentence = Sentence::new(
            "该生产方的事件序号没有间断。",
            "The producer's sequence numbers have no gap.",
        );
        findings.push(Finding::on(
            grounds,
            registered,
            Outcome::Pass,
            "no_gap",
            sentence,
        ));
    }
    findings
}

fn skipped(grounds: &Grounds<'_>, name: &str, gap: &SequenceGap) -> Finding {
    let (first, last, epoch) = (gap.first, gap.last, gap.epoch);
    let count = last.saturating_sub(first).saturating_add(1);
    let sentence = Sentence::new(
        format!("该生产方第{epoch}纪元的序号{first}至{last}缺失，共{count}个事件没有到达。"),
        format!(
            "Numbers {first} to {last} of the producer's epoch {epoch} are missing; events that never came: {count}."
        ),
    );
    let mut finding = Finding::bare(
        grounds,
        Outcome::Warn,
        "sequence_gap",
        gap.after_ms,
        sentence,
    );
    finding.judged = Some(gap.after.clone());
    finding.producer = Some(name.to_owned());
    finding
}
