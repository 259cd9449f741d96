//! The rows: by recipient, then leaf by leaf.

use std::collections::BTreeSet;
use std::fmt;

use super::super::Language;
use super::super::answer::{Answer, Class, Leaf, Received};
use super::super::row::{Ground, Row};
use super::super::said;
use super::super::shown::Escaped;
use super::super::tables::{consent_leaf, details_of, event_name, laws_of, slots_of};
use super::super::word::Word;
use super::{MOST_ROWS, Page, count};
use crate::moment::Moment;

pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    by_recipient(page)?;
    if page.answer.of(Class::Outflow).next().is_some() {
        outflows(page)?;
    }
    if page.answer.of(Class::Other).next().is_some() {
        others(page)?;
    }
    sources(page)?;
    unread(page)
}

fn by_recipient(page: &mut Page<'_>) -> fmt::Result {
    if page.answer.recipients.is_empty() {
        return Ok(());
    }
    page.section("", "按接收方汇总", "By recipient")?;
    page.columns(&[
        ("", "接收方", "Recipient"),
        ("n", "提供", "Shared"),
        ("n", "转移", "Transferred"),
        ("n", "披露", "Disclosed"),
        ("", "首次与末次", "First and last"),
        ("", "个人信息类别（★敏感）", "Categories (★ sensitive)"),
        ("", "处理目的", "Purposes"),
    ])?;
    let answer = page.answer;
    for (id, received) in answer.recipients.iter().take(MOST_ROWS) {
        recipient_row(page, id, received)?;
    }
    page.end_table()?;
    page.more(answer.recipients.len(), "recipients.csv")?;
    page.end_section()
}

fn recipient_row(page: &mut Page<'_>, id: &str, received: &Received) -> fmt::Result {
    let who = recipient(page.answer, id, page.language);
    page.write(format_args!("<tr><td>{who}</td>"))?;
    for number in [received.shared, received.transferred, received.disclosed] {
        page.write(format_args!("<td class=\"n\">{}</td>", count(number)))?;
    }
    let between = received.between.map_or("—".to_owned(), |(first, last)| {
        format!("{}<br>{}", minute(first), minute(last))
    });
    page.write(format_args!(
        "<td class=\"t\">{between}</td><td>{}</td><td>{}</td></tr>\n",
        starred(received.categories.iter(), page.language),
        starred(received.purposes.iter(), page.language),
    ))
}

/// A recipient with its name and kind, where this extract has its registration.
fn recipient(answer: &Answer, id: &str, language: Language) -> String {
    let id_shown = Escaped(id);
    let Some(known) = answer.register.get(id) else {
        let note = language.pick("未在本摘录中登记", "not registered in this extract");
        return format!("<bdi>{id_shown}</bdi><span class=\"s\">{note}</span>");
    };
    let kind = known.kind.map_or(String::new(), |kind| {
        format!("{}, ", Escaped(&kind.name(language)))
    });
    let kind = if language == Language::Zh {
        kind.replace(", ", "，")
    } else {
        kind
    };
    let ended = if known.terminated.is_some() {
        language.pick("，已终止", ", terminated")
    } else {
        ""
    };
    format!(
        "<bdi>{}</bdi><span class=\"s\">{kind}<bdi>{id_shown}</bdi>{ended}</span>",
        Escaped(&known.name)
    )
}

/// A moment to the minute, for summaries.
fn minute(ms: i64) -> String {
    let text = Moment(ms).to_string();
    text.get(..16).map_or(text.clone(), str::to_owned)
}

/// The names of words, with a star at sensitive categories.
fn starred<'a>(words: impl Iterator<Item = &'a Word>, language: Language) -> String {
    let names: Vec<String> = words
        .map(|word| {
            let star = if word.is_sensitive() { "★" } else { "" };
            format!("{}{star}", Escaped(&word.name(language)))
        })
        .collect();
    names.join(language.pick("、", ", "))
}

fn outflows(page: &mut Page<'_>) -> fmt::Result {
    page.section(
        "rows",
        "逐条记录：谁收到了什么",
        "Leaf by leaf: who received what",
    )?;
    page.say(
        "<p class=\"note\">按记录时间排列，时间均为北京时间（UTC+8）。条目L<i>n</i>#<i>m</i>指切面第<i>n</i>个日志\
         （见“切面与日志”）序号为<i>m</i>的叶。记录时间已证；发生时间由生产方陈述；加点线的由运营者陈述。\
         ★敏感个人信息。末列为未开示的槽，理由见“未开示的内容及理由”。</p>\n",
        "<p class=\"note\">In order of record time, all times at UTC+8. Leaf L<i>n</i>#<i>m</i> is leaf <i>m</i> of \
         the cut's log <i>n</i> (see “Cut and logs”). The record's time is proven, the event's own is its \
         producer's word; what is dotted is the operator's word. ★ sensitive. The last column names the slots \
         withheld: see “What was withheld, and why”.</p>\n",
    )?;
    page.raw("<div class=\"wide\">")?;
    page.columns(&[
        ("", "条目", "Leaf"),
        ("", "记录时间<br>发生时间", "Recorded<br>happened"),
        ("", "事件与接收方", "Event and recipient"),
        ("", "个人信息类别", "Categories"),
        ("", "目的与情形", "Purpose and case"),
        ("", "依据与文书", "Ground and documents"),
        ("", "个人与裁决", "Person and verdict"),
        ("", "未开示", "Withheld"),
    ])?;
    let answer = page.answer;
    for leaf in answer.of(Class::Outflow).take(MOST_ROWS) {
        outflow(page, leaf)?;
    }
    page.end_table()?;
    page.raw("</div>")?;
    page.more(answer.of(Class::Outflow).count(), "timeline.csv")?;
    page.end_section()
}

fn outflow(page: &mut Page<'_>, leaf: &Leaf) -> fmt::Result {
    let (answer, language) = (page.answer, page.language);
    let row = Row::of(leaf);
    let who = row
        .recipient
        .as_deref()
        .map_or(String::new(), |id| recipient(answer, id, language));
    page.write(format_args!(
        "<tr><td class=\"leaf\">{}</td><td class=\"t\">{}</td><td><span class=\"tag\">{}</span> {who}</td><td>{}</td>",
        said::short(leaf.place),
        times(leaf, &row),
        Escaped(&event_name(leaf, language)),
        starred(row.categories.iter(), language),
    ))?;
    let cases = starred(row.cases.iter(), language);
    page.write(format_args!(
        "<td>{}<span class=\"s\">{cases}</span></td><td>{}</td><td>{}</td><td class=\"leaf\">{}</td></tr>\n",
        starred(row.purposes.iter(), language),
        grounds(&row, answer, language),
        person(leaf, &row, answer, language),
        slots_of(answer.withheld_of(leaf)),
    ))
}

/// Record time, then the event's own.
fn times(leaf: &Leaf, row: &Row) -> String {
    let mark = if leaf.broker_time { "" } else { "†" };
    let occurred = row
        .occurred_ms
        .map_or("—".to_owned(), |ms| Moment(ms).to_string());
    format!(
        "{}{mark}<span class=\"s\">{occurred}</span>",
        Moment(leaf.record_ms)
    )
}

fn grounds(row: &Row, answer: &Answer, language: Language) -> String {
    let mut html = vec![starred(row.bases.iter(), language)];
    let laws = laws_of(&row.bases, language);
    if !laws.is_empty() {
        html.push(format!("<span class=\"s\">{}</span>", Escaped(&laws)));
    }
    let grounds = row.grounds();
    for ground in &grounds {
        html.push(format!(
            "<span class=\"s\">{} <bdi class=\"m\">{}</bdi></span>",
            ground_name(ground, language),
            Escaped(&ground.text)
        ));
    }
    if grounds
        .iter()
        .any(|ground| ground.field.ends_with("consent_id"))
    {
        let place = match consent_leaf(&grounds, answer) {
            Some(places) => format!(
                "{}{places}",
                language.pick("同意记录见", "consent given at ")
            ),
            None => language
                .pick("同意记录不在本摘录中", "the consent is not in this extract")
                .to_owned(),
        };
        html.push(format!("<span class=\"s\">{place}</span>"));
    }
    html.concat()
}

fn ground_name(ground: &Ground, language: Language) -> &'static str {
    match ground.field {
        "consent_id" => language.pick("同意", "consent"),
        "contract_ref" => language.pick("合同或订单", "contract or order"),
        "citation" => language.pick("引用", "cited"),
        "separate_consent_id" => language.pick("单独同意", "separate consent"),
        "reconsent_id" => language.pick("重新同意", "new consent"),
        _ => language.pick("案件", "case"),
    }
}

/// Whom the row is about, where the rows differ in it, the verdict, and others who stand in it.
fn person(leaf: &Leaf, row: &Row, answer: &Answer, language: Language) -> String {
    let mut html = Vec::new();
    if let Some(pseudonym) = &leaf.said.subject {
        html.push(format!("<bdi class=\"said\">{}</bdi> ", Escaped(pseudonym)));
    }
    let query = &answer.manifest.query;
    if answer.manifest.profile.names_people()
        && let Some(subject) = row.subject.as_ref().filter(|subject| **subject != query.id)
    {
        html.push(format!("<bdi class=\"m\">{}</bdi> ", Escaped(subject)));
    }
    html.push(format!(
        "<span class=\"said\">{}</span>",
        Escaped(&said::verdict(leaf, language))
    ));
    for other in &leaf.said.people {
        html.push(format!(
            "<span class=\"s\">{} <bdi class=\"said\">{}</bdi> <code>{}</code></span>",
            language.pick("另涉", "also"),
            Escaped(&other.pseudonym),
            Escaped(&other.field)
        ));
    }
    html.concat()
}

fn others(page: &mut Page<'_>) -> fmt::Result {
    page.section("rows", "逐条记录：其他", "Leaf by leaf: the rest")?;
    page.say(
        "<p class=\"note\">与问题有关而未流向接收方的记录。已开示的全部字段见 timeline.csv 末列。</p>\n",
        "<p class=\"note\">Records on the question with which no data went out. The last column of timeline.csv \
         has all fields that are opened.</p>\n",
    )?;
    page.raw("<div class=\"wide\">")?;
    page.columns(&[
        ("", "条目", "Leaf"),
        ("", "记录时间<br>发生时间", "Recorded<br>happened"),
        ("", "事件", "Event"),
        ("", "个人信息类别与目的", "Categories and purposes"),
        ("", "其他内容", "What else it says"),
        ("", "个人与裁决", "Person and verdict"),
        ("", "未开示", "Withheld"),
    ])?;
    let answer = page.answer;
    for leaf in answer.of(Class::Other).take(MOST_ROWS) {
        other(page, leaf)?;
    }
    page.end_table()?;
    page.raw("</div>")?;
    page.more(answer.of(Class::Other).count(), "timeline.csv")?;
    page.end_section()
}

fn other(page: &mut Page<'_>, leaf: &Leaf) -> fmt::Result {
    let (answer, language) = (page.answer, page.language);
    let row = Row::of(leaf);
    let who = row
        .recipient
        .as_deref()
        .map_or(String::new(), |id| recipient(answer, id, language));
    let purposes = starred(row.purposes.iter(), language);
    let mut details = Escaped(&details_of(&row, language)).to_string();
    let own = row.text("consent_id").map(|id| {
        let name = language.pick("同意", "consent");
        format!(
            "<span class=\"s\">{name} <bdi class=\"m\">{}</bdi></span>",
            Escaped(&id)
        )
    });
    details.push_str(&own.unwrap_or_default());
    details.push_str(&grounds(&row, answer, language));
    page.write(format_args!(
        "<tr><td class=\"leaf\">{}</td><td class=\"t\">{}</td><td><span class=\"tag\">{}</span> {who}</td>\
         <td>{}<span class=\"s\">{purposes}</span></td><td>{details}</td><td>{}</td><td class=\"leaf\">{}</td></tr>\n",
        said::short(leaf.place),
        times(leaf, &row),
        Escaped(&event_name(leaf, language)),
        starred(row.categories.iter(), language),
        person(leaf, &row, answer, language),
        slots_of(answer.withheld_of(leaf)),
    ))
}

fn sources(page: &mut Page<'_>) -> fmt::Result {
    let answer = page.answer;
    if answer.of(Class::Source).next().is_none() {
        return Ok(());
    }
    page.section(
        "after",
        "出处：各行所依据的登记",
        "Sources: the registrations that rows rest on",
    )?;
    page.columns(&[
        ("", "条目", "Leaf"),
        ("", "记录时间", "Recorded"),
        ("", "事件", "Event"),
        ("", "所登记者", "Of"),
        ("", "裁决", "Verdict"),
    ])?;
    for leaf in answer.of(Class::Source).take(MOST_ROWS) {
        let row = Row::of(leaf);
        page.write(format_args!(
            "<tr><td class=\"leaf\">{}</td><td class=\"t\">{}</td><td>{}</td><td>{}</td>\
             <td><span class=\"said\">{}</span></td></tr>\n",
            said::short(leaf.place),
            Moment(leaf.record_ms),
            Escaped(&event_name(leaf, page.language)),
            source(&row),
            Escaped(&said::verdict(leaf, page.language)),
        ))?;
    }
    page.end_table()?;
    page.more(answer.of(Class::Source).count(), "timeline.csv")?;
    page.end_section()
}

/// What a registration is of, as it says.
fn source(row: &Row) -> String {
    let fields = [
        "recipient_id",
        "name",
        "producer_name",
        "policy_version_id",
        "order_id",
        "contact",
    ];
    let texts: BTreeSet<(usize, String)> = (0..)
        .zip(fields)
        .filter_map(|(place, field)| Some((place, row.text(field)?)))
        .collect();
    let texts: Vec<String> = texts
        .iter()
        .map(|(_, text)| format!("<bdi>{}</bdi>", Escaped(text)))
        .collect();
    texts.join(" · ")
}

fn unread(page: &mut Page<'_>) -> fmt::Result {
    let answer = page.answer;
    let leaves = || {
        answer
            .leaves
            .iter()
            .filter(|leaf| matches!(leaf.class, Class::Unread | Class::Erased))
    };
    if leaves().next().is_none() {
        return Ok(());
    }
    page.section(
        "",
        "已删除或不能解读的条目",
        "Leaves erased, or not to be read",
    )?;
    page.say(
        "<p>这些条目确在账本中，其内容不在本摘录中。是否与问题有关，由运营者陈述。</p>\n",
        "<p>These leaves are in the ledger; what they hold is not in this extract. That they belong to the \
         question is the operator's word.</p>\n",
    )?;
    page.columns(&[
        ("", "条目", "Leaf"),
        ("", "记录时间", "Recorded"),
        ("", "事件种类", "Kind of event"),
        ("", "缘由", "Why"),
    ])?;
    for leaf in leaves().take(MOST_ROWS) {
        let why = said::erased(leaf, answer, page.language)
            .unwrap_or_else(|| unreadable(leaf, page.language));
        page.write(format_args!(
            "<tr><td class=\"leaf\">{}</td><td class=\"t\">{}</td><td>{}</td><td><span class=\"said\">{}</span></td></tr>\n",
            said::short(leaf.place),
            Moment(leaf.record_ms),
            Escaped(&event_name(leaf, page.language)),
            Escaped(&why),
        ))?;
    }
    page.end_table()?;
    page.more(leaves().count(), "timeline.csv")?;
    page.end_section()
}

fn unreadable(leaf: &Leaf, language: Language) -> String {
    use crate::extract::SaidVerdict::{Quarantined, Unknown};
    if matches!(leaf.said.verdict, Quarantined | Unknown) {
        return said::verdict(leaf, language);
    }
    language
        .pick(
            "本版报告不能解读其内容",
            "this edition of the report can't read it",
        )
        .to_owned()
}
