//! R31: no commercial message on a channel after its opt-out.
//!
//! A message is commercial where it says so, or where its purpose is one that the policy lets people refuse
//! (L101, L218); a notice that can't be refused (L308) is exempt, unless it says that it is commercial. A
//! message of the very moment of the opt-out is not after it. A consent given anew ends the opt-out.

use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::opt_outs::OptOuts;
use crate::assess::words;
use crate::schema::v1::event::Body;
use crate::schema::v1::{MessageSent, Purpose};

pub(super) const RULE: Rule = Rule {
    number: 31,
    name: "marketing_after_optout",
    title_zh: "退订后是否仍发送商业性信息",
    title_en: "Are commercial messages sent after an opt-out?",
    scope: Scope::Subject,
    clauses: &["L101", "L218", "PIPL 24"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let opt_outs = OptOuts::of(grounds.timeline, grounds.policies);
    let messages = grounds.timeline.iter().filter_map(|one| match one.body() {
        Body::MessageSent(said) => Some((one, said)),
        _ => None,
    });
    messages
        .filter_map(|(one, said)| judged(grounds, &opt_outs, one, said))
        .collect()
}

/// Whether a message is commercial; none where only a policy could say so, and there is none.
fn commercial(grounds: &Grounds<'_>, one: &Occurrence, said: &MessageSent) -> Option<bool> {
    if said.commercial == Some(true) || said.purpose() == Purpose::PuCommercialMessage {
        return Some(true);
    }
    let policy = grounds.policies.policy(one.occurred_at_ms)?;
    let item = policy.messages.get(&said.purpose());
    Some(item.is_some_and(|item| item.refusable))
}

fn judged(
    grounds: &Grounds<'_>,
    opt_outs: &OptOuts<'_>,
    one: &Occurrence,
    said: &MessageSent,
) -> Option<Finding> {
    let stopped = opt_outs.in_force(said.channel, one.occurred_at_ms);
    let (day, channel) = (Day::of(one.occurred_at_ms), [said.channel]);
    let (zh, en) = (
        words::zh("Channel", &channel),
        words::en("Channel", &channel),
    );
    let finding = |result, cause, zh: String, en: String| {
        Finding::on(grounds, one, result, cause, Sentence::new(zh, en)).resting_on(stopped)
    };
    match (commercial(grounds, one, said), stopped) {
        (Some(false), _) | (None, None) => None,
        (Some(true), None) => Some(finding(
            Outcome::Pass,
            "no_opt_out",
            format!("{day}以{zh}发送商业性信息时，本人没有退订。"),
            format!(
                "When a commercial message was sent by {en} on {day}, the person had not opted out."
            ),
        )),
        (Some(true), Some(stop)) => {
            let since = Day::of(stop.occurred_at_ms);
            Some(finding(
                Outcome::Violation,
                "after_opt_out",
                format!(
                    "本人已于{since}退订，{day}仍以{zh}发送商业性信息；隐私政策载明：「停止推送」（L218）。"
                ),
                format!(
                    "The person had opted out on {since}, and on {day} a commercial message was still sent by {en}; the policy says 「停止推送」 (L218)."
                ),
            ))
        }
        (None, Some(_)) => Some(finding(
            Outcome::Unknown,
            "no_policy",
            format!(
                "本人已退订，{day}以{zh}发送的信息是否可以拒绝，因当时没有已登记的隐私政策而无法判断。"
            ),
            format!(
                "The person had opted out, and whether the message sent by {en} on {day} could be refused can't be told: no policy was in force."
            ),
        )),
    }
}
