//! `counts.csv`: an audit's counts; and what their keys mean.

use std::fmt;

use super::Language;
use super::answer::Answer;
use super::csv::Csv;
use super::findings::result;
use super::names::{self, Name};
use super::word::Word;
use crate::assess::{Outcome, rule};
use crate::extract::CountCell;
use crate::schema;

const COLUMNS: [(&str, &str); 10] = [
    ("表", "table"),
    ("表名", "table_zh"),
    ("月份UTC+8", "month"),
    ("键一", "key_1"),
    ("键一名称", "key_1_zh"),
    ("键二", "key_2"),
    ("键二名称", "key_2_zh"),
    ("键三", "key_3"),
    ("键三名称", "key_3_zh"),
    ("次数（运营者陈述）", "count"),
];

/// Writes the member.
pub(super) fn table(answer: &Answer, to: &mut dyn fmt::Write) -> fmt::Result {
    let mut csv = Csv::new(to, &COLUMNS)?;
    for table in &answer.manifest.counts {
        for cell in &table.cells {
            let mut cells = vec![
                table.name.clone(),
                table_name(&table.name).zh.to_owned(),
                cell.month.clone(),
            ];
            for place in 0..3 {
                let key = cell.keys.get(place).cloned().unwrap_or_default();
                let name = key_name(answer, &table.name, place, &key, Language::Zh);
                cells.extend([key, name]);
            }
            cells.push(shown(answer, cell));
            csv.row(cells.iter().map(String::as_str))?;
        }
    }
    Ok(())
}

/// A count, or that it is withheld.
pub(super) fn shown(answer: &Answer, cell: &CountCell) -> String {
    let k = answer.manifest.query.k.map_or(0, |k| k.0);
    cell.count
        .map_or_else(|| format!("<{k}"), |count| count.0.to_string())
}

/// A table's name for people.
pub(super) fn table_name(table: &str) -> Name {
    match table {
        "events" => Name::new("事件，按种类", "Events by kind"),
        "findings" => Name::new(
            "关于个人的规则判定，按规则和结果",
            "Findings about people by rule and result",
        ),
        "outflows" => Name::new(
            "流出，按种类、接收方和情形",
            "Outflows by kind, recipient and case",
        ),
        "requests" => Name::new(
            "个人权利请求，按请求和结果",
            "Requests of people by kind and outcome",
        ),
        _ => Name::new("", ""),
    }
}

/// What a key of a table means; empty where nothing is known of it.
pub(super) fn key_name(
    answer: &Answer,
    table: &str,
    place: usize,
    key: &str,
    language: Language,
) -> String {
    match (table, place) {
        ("events" | "outflows", 0) => {
            let name = schema::body_named(key).and_then(|kind| names::event(kind.number));
            name.map_or("", |name| name.pick(language)).to_owned()
        }
        ("outflows", 1) => {
            let known = answer.register.get(key);
            known.map_or(String::new(), |known| known.name.clone())
        }
        ("outflows", 2) => word(
            &["ShareCase", "TransferCase", "DisclosureCase"],
            key,
            language,
        ),
        ("findings", 0) => {
            let number = key.strip_prefix('R').and_then(|number| number.parse().ok());
            let asked = number.and_then(rule);
            let title = asked.map_or("", |rule| language.pick(rule.title_zh, rule.title_en));
            title.to_owned()
        }
        ("findings", 1) => {
            let all = [
                Outcome::Violation,
                Outcome::Overdue,
                Outcome::Warn,
                Outcome::Unknown,
            ];
            let found = all.into_iter().find(|one| one.name() == key);
            found
                .map_or("", |one| result(one).pick(language))
                .to_owned()
        }
        ("requests", 0) => word(&["RightsRequestKind"], key, language),
        ("requests", 1) => outcome(key).pick(language).to_owned(),
        _ => String::new(),
    }
}

fn word(vocabularies: &[&str], value: &str, language: Language) -> String {
    let mut words = vocabularies
        .iter()
        .filter_map(|vocabulary| Word::named(vocabulary, value));
    words
        .next()
        .map_or(String::new(), |word| word.name(language))
}

/// How a request ended.
fn outcome(key: &str) -> Name {
    match key {
        "fulfilled" => Name::new("办结", "fulfilled"),
        "open" => Name::new("未答复", "not answered"),
        "refused" => Name::new("拒绝", "refused"),
        "withdrawn" => Name::new("撤回", "withdrawn"),
        _ => Name::new("", ""),
    }
}
