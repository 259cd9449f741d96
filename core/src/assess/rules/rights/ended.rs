//! Whether what was asked for ended in time: the same question of requests and complaints.

use super::clock::last_day;
use crate::assess::calendar::Day;
use crate::assess::finding::{Due, Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::state::requests::{End, end_of};

/// What was asked, and until when it must end.
pub(super) struct Asked<'a> {
    /// The receipt.
    pub(super) on: &'a Occurrence,
    /// What was asked for and when, e.g. `2026-03-01收到的“删除”请求`.
    pub(super) what: Sentence,
    /// The end of the limit.
    pub(super) due: Due,
    /// What the policy says of it.
    pub(super) quoted: Sentence,
}

impl Asked<'_> {
    /// The finding on its end. In time is before the strict end. An end after it and before the lawful one
    /// (the last day was a day off) is overdue by the strict clock until then, and says so.
    pub(super) fn judged(&self, grounds: &Grounds<'_>, end: Option<&Occurrence>) -> Finding {
        let Some(end) = end else {
            let sentence = self.sentence("没有答复记录", "has no answer on record");
            return self.finding(grounds, Outcome::Overdue, "unanswered", sentence);
        };
        let (zh, en) = verb(end);
        let day = Day::of(end.occurred_at_ms);
        let ms = end.occurred_at_ms;
        let finding = if ms < self.due.strict_ms {
            let sentence = self.sentence(
                &format!("于{day}{zh}，在期限之内"),
                &format!("was {en} on {day}, in time"),
            );
            let mut finding = Finding::on(
                grounds,
                self.on,
                Outcome::Pass,
                "answered_in_time",
                sentence,
            );
            finding.due = Some(self.due);
            return finding.resting_on([end]);
        } else if self.due.lawful_ms.is_some_and(|lawful| ms < lawful) {
            let sentence = self.sentence(
                &format!("于{day}{zh}；期限最后一日是休息日，依《民法典》第203条顺延，法律上未逾期"),
                &format!("was {en} on {day}: its last day was a day off, so by Civil Code 203 the limit had not ended"),
            );
            self.finding(
                grounds,
                Outcome::Overdue,
                "answered_by_lawful_date",
                sentence,
            )
        } else {
            let sentence = self.sentence(
                &format!("直到{day}才{zh}，已逾期"),
                &format!("was {en} only on {day}, too late"),
            );
            self.finding(grounds, Outcome::Overdue, "answered_late", sentence)
        };
        finding.mended_at(ms).resting_on([end])
    }

    fn finding(
        &self,
        grounds: &Grounds<'_>,
        result: Outcome,
        cause: &str,
        sentence: Sentence,
    ) -> Finding {
        Finding::on(grounds, self.on, result, cause, sentence).due(self.due)
    }

    fn sentence(&self, zh: &str, en: &str) -> Sentence {
        let last = last_day(self.due);
        Sentence::new(
            format!(
                "{}{zh}（期限至{last} 24:00）。{}",
                self.what.zh, self.quoted.zh
            ),
            format!(
                "{} {en} (the limit ends at 24:00 on {last}). {}",
                self.what.en, self.quoted.en
            ),
        )
    }
}

fn verb(end: &Occurrence) -> (&'static str, &'static str) {
    match end_of(end) {
        Some(End::Fulfilled) => ("办结", "fulfilled"),
        Some(End::Refused) => ("拒绝", "refused"),
        Some(End::Withdrawn) => ("由本人撤回", "taken back by the person"),
        Some(End::Answered) | None => ("答复", "answered"),
    }
}

/// The finding on a step whose request or complaint was never received, as far as the log knows.
pub(super) fn not_received(grounds: &Grounds<'_>, step: &Occurrence) -> Finding {
    let (zh, en) = verb(step);
    let day = Day::of(step.occurred_at_ms);
    let sentence = Sentence::new(
        format!("{day}有一项请求{zh}，但账本没有它的收到记录，无法判断是否按期。"),
        format!(
            "A request was {en} on {day}, and the log doesn't know of its receipt: whether it was in time can't be told."
        ),
    );
    Finding::on(
        grounds,
        step,
        Outcome::Unknown,
        "request_not_received",
        sentence,
    )
}

/// The finding where no machine-readable policy was in force at the judged moment.
pub(super) fn no_policy(grounds: &Grounds<'_>, on: &Occurrence) -> Finding {
    let day = Day::of(on.occurred_at_ms);
    let sentence = Sentence::new(
        format!("{day}没有已登记的机器可读隐私政策生效，无法判断。"),
        format!("On {day} no machine-readable policy was in force, so this can't be judged."),
    );
    Finding::on(grounds, on, Outcome::Unknown, "no_policy", sentence)
}
