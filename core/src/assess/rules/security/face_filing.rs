//! R36: whether the storing of face data was filed with the authority.

use super::limit::limit;
use super::wording::{day, last_moment};
use crate::assess::finding::{Due, Finding, LeafAt, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::rule::{Rule, Scope};
use crate::privacy_policy::DeadlineId;
use crate::schema::v1::event::Body;

/// `FaceProcessingFiled`, in the envelope.
const FILED: u32 = 282;

/// 2025-06-01 00:00 at UTC+8.
const LAW_MS: i64 = 1_748_707_200_000;

/// Once a store holds face data of as many people as the law counts (the number itself included), it is filed within
/// thirty working days, the day on which the number was reached not counted. Where it was reached before the
/// law, the days run from the law's first day. A filing made before the number was reached counts.
pub(super) const RULE: Rule = Rule {
    number: 36,
    name: "face_filing",
    title_zh: "存储人脸信息达到规定人数是否按期备案",
    title_en: "Was face data of as many people as the law counts filed in time?",
    scope: Scope::Operator,
    clauses: &["人脸识别技术应用安全管理办法 15"],
    from_ms: Some(LAW_MS),
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let Some((reached, store)) = &grounds.totals.large_face_store else {
        return Vec::new();
    };
    let from = (*reached).max(LAW_MS);
    let Some(policy) = grounds.policies.policy(from) else {
        let sentence = Sentence::new(
            format!("{}没有可机读的隐私政策生效，无法据以判断。", day(from)),
            format!(
                "No machine-readable privacy policy was in force on {}, so this can't be judged.",
                day(from)
            ),
        );
        return vec![on_store(
            grounds,
            store,
            Outcome::Unknown,
            "no_policy",
            from,
            sentence,
        )];
    };
    let Some(deadline) = policy.deadline(DeadlineId::FaceFiling) else {
        return Vec::new();
    };
    let due = limit(deadline.period, from, grounds.holidays);
    vec![filed(grounds, store, *reached, due).judged_by(from)]
}

fn filed(grounds: &Grounds<'_>, store: &LeafAt, reached: i64, due: Due) -> Finding {
    let (reached, last) = (day(reached), last_moment(due));
    let mut finding = match first_filing(grounds) {
        Some((on, ms)) if ms < due.strict_ms => {
            let sentence = Sentence::new(
                format!(
                    "人脸信息存储人数于{reached}达到规定数量，已于{}备案，未超过期限{last}。",
                    day(ms)
                ),
                format!(
                    "Face data reached the number that the law counts on {reached}; it was filed on {}, no later than {last}.",
                    day(ms)
                ),
            );
            let mut finding = Finding::on(grounds, on, Outcome::Pass, "filed_in_time", sentence);
            finding.due = Some(due);
            finding
        }
        Some((on, ms)) => {
            let sentence = Sentence::new(
                format!(
                    "人脸信息存储人数于{reached}达到规定数量，应在{last}之前备案，{}才备案。",
                    day(ms)
                ),
                format!(
                    "Face data reached the number that the law counts on {reached}; the filing was due by {last} and made on {}.",
                    day(ms)
                ),
            );
            Finding::on(grounds, on, Outcome::Overdue, "filed_late", sentence)
                .due(due)
                .mended_at(ms)
        }
        None => {
            let sentence = Sentence::new(
                format!(
                    "人脸信息存储人数于{reached}达到规定数量，应在{last}之前备案，没有备案的记录。"
                ),
                format!(
                    "Face data reached the number that the law counts on {reached}; the filing was due by {last}, and none is recorded."
                ),
            );
            on_store(
                grounds,
                store,
                Outcome::Overdue,
                "not_filed",
                due.strict_ms,
                sentence,
            )
            .due(due)
        }
    };
    finding.leaves.push(store.clone());
    finding
}

/// The filing that was made first, and when.
fn first_filing<'a>(grounds: &Grounds<'a>) -> Option<(&'a Occurrence, i64)> {
    let filed = grounds
        .register
        .of(FILED)
        .filter_map(|one| match one.body() {
            Body::FaceProcessingFiled(body) => Some((one, body.filed_at.as_ref().map(ms_of)?)),
            _ => None,
        });
    filed.min_by_key(|(_, ms)| *ms)
}

/// A finding on the collection with which the number was reached, which stands in no timeline of the operator.
fn on_store(
    grounds: &Grounds<'_>,
    store: &LeafAt,
    result: Outcome,
    cause: &str,
    since_ms: i64,
    sentence: Sentence,
) -> Finding {
    let mut finding = Finding::bare(grounds, result, cause, since_ms, sentence);
    finding.judged = Some(store.clone());
    finding
}
