//! The three tables of an extract, for spreadsheets.

use std::fmt;

use super::Language;
use super::answer::{Answer, Class, Leaf};
use super::clause::clause;
use super::csv::Csv;
use super::names;
use super::row::{Ground, Row};
use super::said;
use super::word::{Word, names_of, values_of};
use crate::moment::Moment;

const TIMELINE: [(&str, &str); 35] = [
    ("序号", "number"),
    ("条目", "leaf"),
    ("日志", "log"),
    ("叶序号", "index"),
    ("归类", "class"),
    ("记录时间UTC+8", "record_time"),
    ("记录时间来源", "record_time_by"),
    ("发生时间UTC+8（生产方所述）", "occurred_at"),
    ("事件", "event"),
    ("事件名称", "event_zh"),
    ("接收方编号", "recipient_id"),
    ("接收方名称", "recipient_name"),
    ("接收方类型", "recipient_kind_zh"),
    ("个人", "subject"),
    ("关联编号", "correlation_id"),
    ("个人信息类别", "categories"),
    ("个人信息类别名称", "categories_zh"),
    ("处理目的", "purposes"),
    ("处理目的名称", "purposes_zh"),
    ("情形", "case"),
    ("情形名称", "case_zh"),
    ("依据", "basis"),
    ("依据名称", "basis_zh"),
    ("依据法条", "basis_law"),
    ("依据文书", "grounds"),
    ("同意记录的条目", "consent_leaf"),
    ("其他词汇", "other_words_zh"),
    ("生产方", "producer"),
    ("政策版本", "policy_version"),
    ("裁决（运营者陈述）", "verdict"),
    ("裁决说明", "verdict_zh"),
    ("其他人员代称（运营者陈述）", "other_people"),
    ("删除", "erased"),
    ("未开示的槽", "withheld"),
    ("已开示内容JSON", "content"),
];

/// `timeline.csv`: every leaf of the extract.
pub(super) fn timeline(answer: &Answer, to: &mut dyn fmt::Write) -> fmt::Result {
    let mut csv = Csv::new(to, &TIMELINE)?;
    for (number, leaf) in (1_u64..).zip(&answer.leaves) {
        let row = Row::of(leaf);
        let cells = [
            leaf_cells(number, leaf, answer),
            event_cells(leaf, &row, answer),
            word_cells(&row, answer),
            said_cells(leaf, &row, answer),
        ];
        csv.row(cells.iter().flatten().map(String::as_str))?;
    }
    Ok(())
}

/// The cells of which leaf it is, and when.
fn leaf_cells(number: u64, leaf: &Leaf, answer: &Answer) -> Vec<String> {
    let by = if leaf.broker_time {
        "broker"
    } else {
        "producer"
    };
    vec![
        number.to_string(),
        said::short(leaf.place),
        answer.origin(leaf.place).to_owned(),
        leaf.place.index.to_string(),
        class_code(leaf.class).to_owned(),
        Moment(leaf.record_ms).to_string(),
        by.to_owned(),
    ]
}

/// The cells of what happened, to whom.
fn event_cells(leaf: &Leaf, row: &Row, answer: &Answer) -> Vec<String> {
    let kind = leaf.kind.and_then(crate::schema::body_of);
    let number = leaf.kind.map(|number| number.to_string());
    let registered = row
        .recipient
        .as_ref()
        .and_then(|id| answer.register.get(id));
    let person = row.subject.clone().or_else(|| leaf.said.subject.clone());
    vec![
        row.occurred_ms
            .map_or(String::new(), |ms| Moment(ms).to_string()),
        kind.map(|kind| kind.name.clone())
            .or(number)
            .unwrap_or_default(),
        event_name(leaf, Language::Zh),
        row.recipient.clone().unwrap_or_default(),
        registered.map_or(String::new(), |known| known.name.clone()),
        registered
            .and_then(|known| known.kind)
            .map_or(String::new(), |kind| kind.name(Language::Zh)),
        person.unwrap_or_default(),
        row.correlation.clone().unwrap_or_default(),
    ]
}

/// The cells of categories, purpose, case and ground.
fn word_cells(row: &Row, answer: &Answer) -> Vec<String> {
    let mut cells = Vec::new();
    for words in [&row.categories, &row.purposes, &row.cases, &row.bases] {
        cells.push(values_of(words));
        cells.push(names_of(words, Language::Zh));
    }
    cells.push(laws_of(&row.bases, Language::Zh));
    let grounds = row.grounds();
    let shown: Vec<String> = grounds
        .iter()
        .map(|ground| format!("{}={}", ground.field, ground.text))
        .collect();
    cells.push(shown.join("; "));
    cells.push(consent_leaf(&grounds, answer).unwrap_or_default());
    cells.push(details_of(row, Language::Zh));
    cells
}

/// The cells of who says so, the verdict, and what is withheld.
fn said_cells(leaf: &Leaf, row: &Row, answer: &Answer) -> Vec<String> {
    let verdict = serde_json::to_value(leaf.said.verdict).ok();
    let people: Vec<String> = leaf
        .said
        .people
        .iter()
        .map(|person| format!("{}={}", person.field, person.pseudonym))
        .collect();
    vec![
        row.producer.clone().unwrap_or_default(),
        row.policy_version.clone().unwrap_or_default(),
        verdict
            .as_ref()
            .and_then(|v| v.as_str())
            .unwrap_or_default()
            .to_owned(),
        said::verdict(leaf, Language::Zh),
        people.join("; "),
        said::erased(leaf, answer, Language::Zh).unwrap_or_default(),
        slots_of(answer.withheld_of(leaf)),
        row.content(),
    ]
}

/// The ids of slots, in hex.
pub(super) fn slots_of(slots: &[u8]) -> String {
    let ids: Vec<String> = slots.iter().map(|id| format!("{id:02x}")).collect();
    ids.join(" ")
}

/// The leaf where the consent was given that an outflow rests on, where this extract has it.
pub(super) fn consent_leaf(grounds: &[Ground], answer: &Answer) -> Option<String> {
    let consents = grounds
        .iter()
        .filter(|ground| ground.field.ends_with("consent_id"));
    let mut places: Vec<_> = consents
        .filter_map(|ground| answer.consents.get(&ground.text))
        .collect();
    places.dedup();
    let shown: Vec<String> = places
        .into_iter()
        .map(|place| said::short(*place))
        .collect();
    (!shown.is_empty()).then(|| shown.join(" "))
}

/// The clauses that words rest on.
pub(super) fn laws_of(words: &[Word], language: Language) -> String {
    let laws = words.iter().filter_map(|word| word.label()?.law.as_deref());
    let laws: Vec<String> = laws.map(|law| clause(law, language)).collect();
    laws.join(language.pick("、", ", "))
}

/// The words of a row that have no column of their own, under the names of their vocabularies.
pub(super) fn details_of(row: &Row, language: Language) -> String {
    let mut vocabularies: Vec<&str> = row.details.iter().map(|word| word.vocabulary).collect();
    vocabularies.dedup();
    let mut parts = Vec::new();
    for vocabulary in vocabularies {
        let of = row
            .details
            .iter()
            .filter(|word| word.vocabulary == vocabulary);
        let words: Vec<Word> = of.copied().collect();
        let name = names::vocabulary(vocabulary).map_or("", |(_, name)| name.pick(language));
        let separator = language.pick("：", ": ");
        let part = format!("{name}{separator}{}", names_of(&words, language));
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join(language.pick("；", "; "))
}

/// The name of what happened; what can't be read is named by its number.
pub(super) fn event_name(leaf: &Leaf, language: Language) -> String {
    match leaf.kind {
        Some(number) => names::event(number).map_or_else(
            || format!("{}{number}", language.pick("未知事件", "unknown event ")),
            |name| name.pick(language).to_owned(),
        ),
        None => language.pick("不可见", "not shown").to_owned(),
    }
}

fn class_code(class: Class) -> &'static str {
    match class {
        Class::Outflow => "outflow",
        Class::Other => "other",
        Class::Source => "source",
        Class::Unread => "unread",
        Class::Erased => "erased",
    }
}

const RECIPIENTS: [(&str, &str); 20] = [
    ("接收方编号", "recipient_id"),
    ("名称（登记）", "name"),
    ("类型", "kind"),
    ("类型名称", "kind_zh"),
    ("法律地位", "legal_role"),
    ("法律地位名称", "legal_role_zh"),
    ("联系方式（登记）", "contact"),
    ("登记的条目", "registered_at"),
    ("终止的条目", "terminated_at"),
    ("提供次数", "shared"),
    ("转移次数", "transferred"),
    ("披露次数", "disclosed"),
    ("重复记录", "repeated"),
    ("其他记录", "others"),
    ("首次UTC+8", "first"),
    ("末次UTC+8", "last"),
    ("个人数（按假名）", "people"),
    ("个人信息类别名称", "categories_zh"),
    ("处理目的名称", "purposes_zh"),
    ("依据名称", "bases_zh"),
];

/// `recipients.csv`: what each recipient received, over all leaves.
pub(super) fn recipients(answer: &Answer, to: &mut dyn fmt::Write) -> fmt::Result {
    let mut csv = Csv::new(to, &RECIPIENTS)?;
    for (id, received) in &answer.recipients {
        let known = answer.register.get(id);
        let word = |word: Option<Word>| {
            word.map_or([String::new(), String::new()], |word| {
                [word.value(), word.name(Language::Zh)]
            })
        };
        let [kind, kind_zh] = word(known.and_then(|known| known.kind));
        let [role, role_zh] = word(known.and_then(|known| known.role));
        let between = |at: Option<i64>| at.map_or(String::new(), |ms| Moment(ms).to_string());
        let name = known.map_or("未在本摘录中登记".to_owned(), |known| {
            known.name.clone()
        });
        let names = |words: &std::collections::BTreeSet<Word>| {
            names_of(&words.iter().copied().collect::<Vec<_>>(), Language::Zh)
        };
        let cells = [
            id.clone(),
            name,
            kind,
            kind_zh,
            role,
            role_zh,
            known.map_or(String::new(), |known| known.contact.clone()),
            known.map_or(String::new(), |known| said::short(known.from)),
            known
                .and_then(|known| known.terminated)
                .map_or(String::new(), said::short),
            received.shared.to_string(),
            received.transferred.to_string(),
            received.disclosed.to_string(),
            received.repeated.to_string(),
            received.others.to_string(),
            between(received.between.map(|(first, _)| first)),
            between(received.between.map(|(_, last)| last)),
            received.people.len().to_string(),
            names(&received.categories),
            names(&received.purposes),
            names(&received.bases),
        ];
        csv.row(cells.iter().map(String::as_str))?;
    }
    Ok(())
}

const VOCABULARY: [(&str, &str); 13] = [
    ("词汇表", "vocabulary_zh"),
    ("词汇表标识", "vocabulary"),
    ("值", "value"),
    ("编号", "number"),
    ("中文", "zh"),
    ("英文", "en"),
    ("政策原文", "policy_words"),
    ("政策行号", "policy_line"),
    ("首见政策版本", "first_policy"),
    ("法条", "law_zh"),
    ("无出处的理由", "no_source"),
    ("敏感个人信息", "sensitive"),
    ("出现次数", "count"),
];

/// `vocabulary.csv`: the values that stand in this extract, and where each comes from.
pub(super) fn vocabulary(answer: &Answer, to: &mut dyn fmt::Write) -> fmt::Result {
    let mut csv = Csv::new(to, &VOCABULARY)?;
    for (word, count) in &answer.words {
        let label = word.label();
        let text = |text: Option<&Option<String>>| text.and_then(Clone::clone).unwrap_or_default();
        let law = label.and_then(|label| label.law.as_deref());
        let cells = [
            word.vocabulary_name().zh.to_owned(),
            word.vocabulary.to_owned(),
            word.value(),
            word.number.to_string(),
            word.name(Language::Zh),
            word.name(Language::En),
            text(label.map(|label| &label.zh)),
            label
                .and_then(|label| label.line)
                .map_or(String::new(), |line| line.to_string()),
            text(label.map(|label| &label.first_policy)),
            law.map_or(String::new(), |law| clause(law, Language::Zh)),
            text(label.map(|label| &label.none)),
            if word.is_sensitive() { "是 yes" } else { "" }.to_owned(),
            count.to_string(),
        ];
        csv.row(cells.iter().map(String::as_str))?;
    }
    Ok(())
}
