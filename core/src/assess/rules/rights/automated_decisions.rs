//! R30: automated decisions can be explained and refused, personal choice of content can be declined.
//!
//! PIPL 24 asks three things. Content chosen by personal traits comes with a choice without them, or with
//! an easy way to refuse. A decision that weighs on rights has an explanation. And who refused to be
//! decided about by a machine alone is decided about by a person. Earlier means before the judged moment;
//! a refusal of that very moment doesn't count yet.

use std::collections::BTreeSet;

use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::opt_outs::OptOuts;
use crate::assess::state::requests::{End, Requests, end_of};
use crate::schema::v1::event::Body;
use crate::schema::v1::{AutomatedDecisionMade, MessageSent, Purpose, RightsRequestKind};

pub(super) const RULE: Rule = Rule {
    number: 30,
    name: "adm_rights",
    title_zh: "自动化决策是否可说明、可拒绝，个性化推送是否可关闭",
    title_en: "Can automated decisions be explained and refused, personal content declined?",
    scope: Scope::Subject,
    clauses: &["PIPL 24", "L214", "L218"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// What of a person's life decides about decisions and messages.
struct Known<'a> {
    opt_outs: OptOuts<'a>,
    /// From when on and until when the person refuses to be decided about by a machine alone, in ms since
    /// 1970, with the request that began it; ascending, apart from each other.
    refusals: Vec<(i64, Option<i64>, &'a Occurrence)>,
    /// Matters in which a personalised message said how to refuse.
    offered: BTreeSet<&'a str>,
    /// The first decision that came with a choice without personal traits.
    first_choice_ms: Option<i64>,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let known = Known::of(grounds);
    let judged = |one| match Occurrence::body(one) {
        Body::AutomatedDecisionMade(said) => decision(grounds, &known, one, said),
        Body::MessageSent(said) => message(grounds, &known, one, said).into_iter().collect(),
        _ => Vec::new(),
    };
    grounds.timeline.iter().flat_map(judged).collect()
}

impl<'a> Known<'a> {
    fn of(grounds: &Grounds<'a>) -> Self {
        let mut known = Self {
            opt_outs: OptOuts::of(grounds.timeline, grounds.policies),
            refusals: refusals(grounds),
            offered: BTreeSet::new(),
            first_choice_ms: None,
        };
        for one in grounds.timeline {
            match one.body() {
                Body::MessageSent(said)
                    if said.personalised == Some(true) && said.opt_out_offered == Some(true) =>
                {
                    known.offered.insert(&one.event.correlation_id);
                }
                Body::AutomatedDecisionMade(said)
                    if said.purpose() == Purpose::PuPersonalisedPush
                        && said.non_personalised_option == Some(true) =>
                {
                    known.first_choice_ms.get_or_insert(one.occurred_at_ms);
                }
                _ => {}
            }
        }
        known.offered.remove("");
        known
    }

    /// The refusal in force before a moment.
    fn refused(&self, ms: i64) -> Option<&'a Occurrence> {
        let after = self.refusals.partition_point(|(from, _, _)| *from < ms);
        let (_, until, one) = self.refusals[after.checked_sub(1)?];
        until.is_none_or(|until| until > ms).then_some(one)
    }
}

/// Requests to explain or refuse automated decisions, until the person takes them back.
fn refusals<'a>(grounds: &Grounds<'a>) -> Vec<(i64, Option<i64>, &'a Occurrence)> {
    let requests = Requests::of(grounds.timeline);
    let mut all: Vec<_> = requests
        .iter()
        .filter_map(|request| {
            let receipt = request.receipt()?;
            let ours = receipt.kind == RightsRequestKind::RrAdmExplainRefuse;
            let taken_back = request
                .end()
                .filter(|end| end_of(end) == Some(End::Withdrawn))
                .map(|end| end.occurred_at_ms);
            ours.then_some((receipt.received_ms, taken_back, receipt.on))
        })
        .collect();
    all.sort_by_key(|(from, _, one)| (*from, &one.event.event_id));
    let mut apart: Vec<(i64, Option<i64>, &Occurrence)> = Vec::new();
    for (from, until, one) in all {
        match apart.last_mut() {
            Some((_, open, _)) if open.is_none_or(|end| from <= end) => {
                *open = open.zip(until).map(|(end, until)| end.max(until));
            }
            _ => apart.push((from, until, one)),
        }
    }
    apart
}

fn decision(
    grounds: &Grounds<'_>,
    known: &Known<'_>,
    one: &Occurrence,
    said: &AutomatedDecisionMade,
) -> Vec<Finding> {
    let personal = said.purpose() == Purpose::PuPersonalisedPush;
    let significant = said.significant_effect == Some(true);
    if !personal && !significant {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if significant {
        findings.extend(unexplained(grounds, known, one, said));
    }
    if personal {
        findings.extend(without_choice(grounds, known, one, said));
    }
    if findings.is_empty() {
        let (zh, en) = (
            "作出的自动化决策可以说明、可以拒绝。",
            "an automated decision was made that can be explained and refused.",
        );
        findings.push(finding(
            grounds,
            one,
            Outcome::Pass,
            "open_to_person",
            zh,
            en,
        ));
    }
    findings
}

fn unexplained(
    grounds: &Grounds<'_>,
    known: &Known<'_>,
    one: &Occurrence,
    said: &AutomatedDecisionMade,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if said.explanation_ref.is_empty() {
        let (zh, en) = (
            "作出了对个人权益有重大影响的自动化决策，却没有可供说明的记录（《个人信息保护法》第24条）。",
            "an automated decision that weighs on the person's rights was made with no explanation on record (PIPL 24).",
        );
        findings.push(finding(
            grounds,
            one,
            Outcome::Violation,
            "no_explanation",
            zh,
            en,
        ));
    }
    let refused = known.refused(one.occurred_at_ms);
    if let Some(refusal) = refused.filter(|_| said.human_review != Some(true)) {
        let (zh, en) = (
            "本人已拒绝仅由自动化方式作出决定，仍未经人工复核作出了有重大影响的决策（《个人信息保护法》第24条）。",
            "a decision that weighs on the person's rights was made by a machine alone, though the person had refused that (PIPL 24).",
        );
        let cause = "automated_after_refusal";
        let found = finding(grounds, one, Outcome::Violation, cause, zh, en);
        findings.push(found.resting_on([refusal]));
    }
    findings
}

fn without_choice(
    grounds: &Grounds<'_>,
    known: &Known<'_>,
    one: &Occurrence,
    said: &AutomatedDecisionMade,
) -> Option<Finding> {
    if let Some(stop) = known.opt_outs.personal_in_force(one.occurred_at_ms) {
        return Some(after_opt_out(grounds, one, stop));
    }
    let offered = known.offered.contains(one.event.correlation_id.as_str());
    match said.non_personalised_option {
        _ if offered => None,
        Some(true) => None,
        Some(false) => Some(finding(
            grounds,
            one,
            Outcome::Violation,
            "no_choice",
            "按个人特征选择推送内容，既没有不针对个人特征的选项，也没有拒绝的途径（《个人信息保护法》第24条）。",
            "content was chosen by personal traits, with neither a choice without them nor a way to refuse (PIPL 24).",
        )),
        None => Some(finding(
            grounds,
            one,
            Outcome::Unknown,
            "choice_not_stated",
            "按个人特征选择推送内容，但没有记录是否提供了不针对个人特征的选项，无法判断。",
            "content was chosen by personal traits, and whether a choice without them was offered is not on record: it can't be told.",
        )),
    }
}

/// A message chosen by personal traits. Notices that can't be refused (L308) are no concern of this rule.
fn message(
    grounds: &Grounds<'_>,
    known: &Known<'_>,
    one: &Occurrence,
    said: &MessageSent,
) -> Option<Finding> {
    let policy = grounds.policies.policy(one.occurred_at_ms);
    let notice = policy.is_some_and(|policy| !policy.is_refusable(said.purpose()));
    if said.personalised != Some(true) || (notice && said.commercial != Some(true)) {
        return None;
    }
    let ms = one.occurred_at_ms;
    if let Some(stop) = known.opt_outs.personal_in_force(ms) {
        return Some(after_opt_out(grounds, one, stop));
    }
    let choice = known.first_choice_ms.is_some_and(|from| from <= ms);
    if said.opt_out_offered == Some(true) || choice {
        let (zh, en) = (
            "发送的个性化信息可以拒绝。",
            "a message chosen by personal traits was sent that can be refused.",
        );
        return Some(finding(
            grounds,
            one,
            Outcome::Pass,
            "open_to_person",
            zh,
            en,
        ));
    }
    Some(finding(
        grounds,
        one,
        Outcome::Violation,
        "no_opt_out",
        "发送的个性化信息没有说明如何拒绝，此前也没有提供不针对个人特征的选项（《个人信息保护法》第24条；L218）。",
        "a message chosen by personal traits was sent that didn't say how to refuse, and no choice without them had been offered (PIPL 24; L218).",
    ))
}

fn after_opt_out(grounds: &Grounds<'_>, one: &Occurrence, stop: &Occurrence) -> Finding {
    let (zh, en) = (
        "本人已关闭个性化推荐，仍按个人特征选择推送内容（《个人信息保护法》第24条）。",
        "content was still chosen by personal traits after the person had turned that off (PIPL 24).",
    );
    let cause = "personalised_after_opt_out";
    finding(grounds, one, Outcome::Violation, cause, zh, en).resting_on([stop])
}

fn finding(
    grounds: &Grounds<'_>,
    one: &Occurrence,
    result: Outcome,
    cause: &str,
    zh: &str,
    en: &str,
) -> Finding {
    let day = Day::of(one.occurred_at_ms);
    let sentence = Sentence::new(format!("{day}：{zh}"), format!("On {day} {en}"));
    Finding::on(grounds, one, result, cause, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::state::told::{LIN, Told};
    use crate::assess::{About, Holidays, PolicyBook, Tallies, Totals};
    use crate::schema::v1::DecisionOutcome;

    /// The schema refuses an event that names no explanation, so no scenario can tell of one; a ledger with
    /// another schema may hold it all the same.
    #[test]
    fn a_decision_without_an_explanation_on_record_is_a_violation() {
        let decided = AutomatedDecisionMade {
            purpose: Purpose::PuCreditLimit.into(),
            outcome: DecisionOutcome::DoDeclined.into(),
            significant_effect: Some(true),
            ..AutomatedDecisionMade::default()
        };
        let told = Told::default().then("2026-03-01 10:00", Body::AutomatedDecisionMade(decided));
        let grounds = Grounds {
            about: &About::Subject(LIN.into()),
            timeline: &told.timeline(),
            register: &told.register(),
            policies: &PolicyBook::default(),
            holidays: &Holidays::default(),
            tallies: &Tallies::default(),
            totals: &Totals::default(),
        };
        let found = judge(&grounds);
        let said: Vec<_> = found
            .iter()
            .map(|one| (one.result, one.cause.as_str()))
            .collect();
        assert_eq!(said, [(Outcome::Violation, "no_explanation")]);
    }
}
