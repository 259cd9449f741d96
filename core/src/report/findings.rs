//! `findings.csv`, and what it shares with the pages: results, marks and standing in words.

use std::fmt;

use super::Language;
use super::answer::Answer;
use super::clause::clause;
use super::csv::Csv;
use super::judged::Standing;
use super::names::Name;
use super::said;
use crate::assess::{Finding, LeafAt, Mark, Outcome, rule};
use crate::moment::Moment;

const FINDINGS: [(&str, &str); 26] = [
    ("序号", "number"),
    ("规则", "rule"),
    ("规则标识", "rule_name"),
    ("规则所问", "rule_zh"),
    ("结果", "result"),
    ("结果名称", "result_zh"),
    ("标记", "mark"),
    ("何以成立", "standing"),
    ("何以成立（说明）", "standing_zh"),
    ("缘由", "cause"),
    ("自UTC+8", "since"),
    ("至UTC+8", "until"),
    ("期限（严格）UTC+8", "due_strict"),
    ("期限（依法顺延）UTC+8", "due_lawful"),
    ("判定依当时UTC+8", "judged_at"),
    ("个人", "subject"),
    ("接收方编号", "recipient_id"),
    ("生产方", "producer"),
    ("被判定的条目", "leaf"),
    ("日志", "log"),
    ("叶序号", "index"),
    ("所据条目", "leaves"),
    ("条款", "clauses"),
    ("政策原文", "policy_words"),
    ("说明", "sentence_zh"),
    ("说明（英文）", "sentence_en"),
];

/// `findings.csv`: what the rules say, as far as it isn't that they are kept.
pub(super) fn table(answer: &Answer, to: &mut dyn fmt::Write) -> fmt::Result {
    let mut csv = Csv::new(to, &FINDINGS)?;
    for (number, (finding, standing)) in (1_u64..).zip(&answer.judged.findings) {
        let cells = [
            rule_cells(number, finding, *standing),
            time_cells(finding),
            place_cells(finding, answer),
            word_cells(finding, answer),
        ];
        csv.row(cells.iter().flatten().map(String::as_str))?;
    }
    Ok(())
}

/// The cells of which rule, what it says, and what makes it count.
fn rule_cells(number: u64, finding: &Finding, standing: Standing) -> Vec<String> {
    let asked = rule(finding.rule);
    let of_rule = |pick: fn(&crate::assess::Rule) -> &'static str| {
        asked.map_or(String::new(), |rule| pick(rule).to_owned())
    };
    vec![
        number.to_string(),
        code(finding),
        of_rule(|rule| rule.name),
        of_rule(|rule| rule.title_zh),
        finding.result.name().to_owned(),
        result(finding.result).zh.to_owned(),
        finding
            .mark
            .map_or(String::new(), |of| mark(of).zh.to_owned()),
        standing.name().to_owned(),
        standing_name(standing).zh.to_owned(),
        finding.cause.clone(),
    ]
}

/// The cells of when.
fn time_cells(finding: &Finding) -> Vec<String> {
    let moment = |ms: Option<i64>| ms.map_or(String::new(), |ms| Moment(ms).to_string());
    vec![
        moment(Some(finding.since_ms)),
        moment(finding.until_ms),
        moment(finding.due.map(|due| due.strict_ms)),
        moment(finding.due.and_then(|due| due.lawful_ms)),
        moment(Some(finding.judged_at_ms)),
    ]
}

/// The cells of whom, and of the leaves.
fn place_cells(finding: &Finding, answer: &Answer) -> Vec<String> {
    let subject = match &finding.about {
        crate::assess::About::Subject(reference) => reference.clone(),
        _ => String::new(),
    };
    let judged = finding.judged.as_ref();
    vec![
        subject,
        finding.recipient.clone().unwrap_or_default(),
        finding.producer.clone().unwrap_or_default(),
        judged.map_or(String::new(), |leaf| short(answer, leaf)),
        judged.map_or(String::new(), |leaf| leaf.log.clone()),
        judged.map_or(String::new(), |leaf| leaf.index.to_string()),
        leaves(answer, finding).join(" "),
    ]
}

/// The cells of what it rests on and what it says.
fn word_cells(finding: &Finding, answer: &Answer) -> Vec<String> {
    let clauses: Vec<String> = finding
        .clauses
        .iter()
        .map(|one| clause(one, Language::Zh))
        .collect();
    let words = quoted(answer, finding);
    let words: Vec<String> = words
        .iter()
        .map(|(line, words)| format!("{line} {words}"))
        .collect();
    vec![
        clauses.join("；"),
        words.join("；"),
        finding.sentence.zh.clone(),
        finding.sentence.en.clone(),
    ]
}

/// The code of a finding's rule.
pub(super) fn code(finding: &Finding) -> String {
    format!("R{:02}", finding.rule)
}

/// The leaves that a finding rests on, by their short names.
pub(super) fn leaves(answer: &Answer, finding: &Finding) -> Vec<String> {
    finding
        .leaves
        .iter()
        .map(|leaf| short(answer, leaf))
        .collect()
}

fn short(answer: &Answer, leaf: &LeafAt) -> String {
    said::short(answer.place(&leaf.log, leaf.index))
}

/// The lines of the policy in force then that a finding rests on, with their words.
pub(super) fn quoted<'a>(answer: &'a Answer, finding: &'a Finding) -> Vec<(&'a str, &'a str)> {
    let clauses = finding.clauses.iter();
    clauses
        .filter_map(|one| {
            let words = answer.judged.words_of(one, finding.judged_at_ms)?;
            Some((one.as_str(), words))
        })
        .collect()
}

/// A result for people.
pub(crate) const fn result(result: Outcome) -> Name {
    match result {
        Outcome::Pass => Name::new("符合", "kept"),
        Outcome::Violation => Name::new("违反", "violation"),
        Outcome::Overdue => Name::new("逾期", "overdue"),
        Outcome::Warn => Name::new("需查看", "to be looked at"),
        Outcome::Unknown => Name::new("证据不足", "evidence missing"),
    }
}

/// A mark for people.
pub(super) const fn mark(mark: Mark) -> Name {
    match mark {
        Mark::Critical => Name::new("最严重", "gravest kind"),
        Mark::Alert => Name::new("须即时告知值班人员", "on-call to be told"),
        Mark::LegalReview => Name::new("须由法律顾问判断", "for counsel to decide"),
    }
}

/// What makes a finding count, for people.
pub(crate) const fn standing_name(standing: Standing) -> Name {
    match standing {
        Standing::Confirmed => Name::new(
            "由已开示的条目即可得出",
            "follows from the opened leaves alone",
        ),
        Standing::Said => Name::new(
            "运营者的陈述，所据内容部分未开示",
            "the operator's word: it rests in part on what is withheld",
        ),
        Standing::Refuted => Name::new(
            "仅凭已开示的条目会得出；运营者称，依未开示的内容并不成立",
            "the opened leaves alone would give it; the operator says that what is withheld refutes it",
        ),
    }
}
