//! What the rules say: how often each was kept, and each finding with the words it rests on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::super::Language;
use super::super::clause::clause;
use super::super::findings::{code, leaves, mark, quoted, result, standing_name};
use super::super::judged::{Standing, Unjudged};
use super::super::shown::{Escaped, Whole};
use super::{MOST_ROWS, Page, count};
use crate::assess::{Finding, MOST_OCCURRENCES, Outcome, rule};
use crate::moment::Moment;

pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    page.section("after", "规则判定", "What the rules say")?;
    introduction(page)?;
    if page.answer.judged.unjudged == Some(Unjudged::Nothing) {
        return page.end_section();
    }
    by_rule(page)?;
    let judged = &page.answer.judged;
    let holds = |wanted: bool| {
        move |(_, standing): &&(Finding, Standing)| (*standing != Standing::Refuted) == wanted
    };
    let mut standing: Vec<_> = judged.findings.iter().filter(holds(true)).collect();
    let mut refuted: Vec<_> = judged.findings.iter().filter(holds(false)).collect();
    for some in [&mut standing, &mut refuted] {
        // The gravest first; the rest of the order stays.
        some.sort_by_key(|(finding, _)| finding.result);
    }
    if standing.is_empty() {
        page.say(
            "<p>截至切面，没有违反、逾期、需查看或证据不足的判定。</p>\n",
            "<p>Up to the cut there is no finding of a violation, of anything overdue, to be looked at, or \
             without evidence.</p>\n",
        )?;
    } else {
        list(page, &standing)?;
    }
    if !refuted.is_empty() {
        page.say(
            "<h3>仅凭已开示的条目会得出、运营者称并不成立的判定</h3>\n",
            "<h3>What the opened leaves alone would give, and the operator says does not hold</h3>\n",
        )?;
        list(page, &refuted)?;
    }
    page.end_section()
}

fn introduction(page: &mut Page<'_>) -> fmt::Result {
    page.say(
        "<p>每条规则对照当时有效的隐私政策和法律作出判定，附所据的条目、条款和政策原文。查验程序会用同样的\
         规则，从已开示的条目重新判定：凡仅凭这些条目即可得出的，已由其确认；其余为运营者的陈述，逐条注明。\
         判定说明事实与规则是否相符，不是有权机关的认定。规则与节假日表的摘要：<code>",
        "<p>Each rule holds what happened against the privacy policy and the law in force then, and names the \
         leaves, clauses and words it rests on. The verifier judges the opened leaves again by the same rules: \
         what follows from them alone is confirmed, the rest is the operator's word and says so. A finding says \
         whether the record agrees with a rule; it is no authority's decision. Digest of rules and holidays: \
         <code>",
    )?;
    let rules = hex::encode(page.answer.manifest.rules);
    page.raw(&rules)?;
    page.say("</code>。</p>\n", "</code>.</p>\n")?;
    match page.answer.judged.unjudged {
        None => Ok(()),
        Some(Unjudged::Nothing) => page.say(
            "<p><strong>规则判定的对象是个人、接收方或安全事件；本摘录不以其中任何一个为对象，因此没有判定。\
             </strong></p>\n",
            "<p><strong>Rules judge a person, a recipient or an incident. This extract is about none of them, so \
             nothing was judged.</strong></p>\n",
        ),
        Some(Unjudged::Period) => page.say(
            "<p><strong>本摘录只涉及一段期间，此前的条目（如同意）不在其中，因此不能重新判定：以下各项均为运营者\
             的陈述。</strong></p>\n",
            "<p><strong>This extract is about a period. What came before it, such as consents, is not in it, so \
             nothing can be judged again: all that follows is the operator's word.</strong></p>\n",
        ),
        Some(Unjudged::TooMany) => {
            let most = count(MOST_OCCURRENCES as u64);
            match page.language {
                Language::Zh => page.write(format_args!(
                    "<p><strong>相关条目超过{most}条，未作判定。</strong></p>\n"
                )),
                Language::En => page.write(format_args!(
                    "<p><strong>There are more than {most} leaves to judge: nothing was judged.</strong></p>\n"
                )),
            }
        }
    }
}

/// How often each rule was kept, and what else it said.
fn by_rule(page: &mut Page<'_>) -> fmt::Result {
    let judged = &page.answer.judged;
    let mut counts: BTreeMap<(u8, Outcome), u64> = BTreeMap::new();
    for (finding, standing) in &judged.findings {
        if *standing != Standing::Refuted {
            *counts.entry((finding.rule, finding.result)).or_default() += 1;
        }
    }
    let said: BTreeSet<u8> = counts.keys().map(|(rule, _)| *rule).collect();
    let rules: BTreeSet<u8> = judged.passed.keys().copied().chain(said).collect();
    if rules.is_empty() {
        return Ok(());
    }
    let results = [
        Outcome::Violation,
        Outcome::Overdue,
        Outcome::Warn,
        Outcome::Unknown,
    ];
    page.columns(&[
        ("leaf", "规则", "Rule"),
        ("", "所问", "What it asks"),
        ("n", "符合", "Kept"),
        ("n", "违反", "Violation"),
        ("n", "逾期", "Overdue"),
        ("n", "需查看", "To look at"),
        ("n", "证据不足", "No evidence"),
    ])?;
    for number in rules {
        let asked = rule(number);
        let title = asked.map_or("", |rule| page.language.pick(rule.title_zh, rule.title_en));
        page.write(format_args!(
            "<tr><td class=\"leaf\">R{number:02}</td><td>{}</td>",
            Escaped(title)
        ))?;
        let passed = judged.passed.get(&number).copied().unwrap_or_default();
        let others = results.map(|of| counts.get(&(number, of)).copied().unwrap_or_default());
        for number in std::iter::once(passed).chain(others) {
            let shown = if number == 0 {
                "—".to_owned()
            } else {
                count(number)
            };
            page.write(format_args!("<td class=\"n\">{shown}</td>"))?;
        }
        page.raw("</tr>\n")?;
    }
    page.end_table()
}

fn list(page: &mut Page<'_>, findings: &[&(Finding, Standing)]) -> fmt::Result {
    page.columns(&[
        ("", "判定", "Finding"),
        ("", "说明与依据", "What it says, and what it rests on"),
        ("", "时间与条目", "When, and which leaves"),
    ])?;
    for (finding, standing) in findings.iter().take(MOST_ROWS) {
        row(page, finding, *standing)?;
    }
    page.end_table()?;
    page.more(findings.len(), "findings.csv")
}

fn row(page: &mut Page<'_>, finding: &Finding, standing: Standing) -> fmt::Result {
    let language = page.language;
    let marked = finding.mark.map_or(String::new(), |of| {
        format!("<span class=\"s\">{}</span>", mark(of).pick(language))
    });
    page.write(format_args!(
        "<tr><td><span class=\"tag result {}\">{} {}</span><span class=\"s leaf\">{}</span>{marked}</td>",
        shape(finding.result).0,
        shape(finding.result).1,
        result(finding.result).pick(language),
        code(finding),
    ))?;
    let sentence = language.pick(&finding.sentence.zh, &finding.sentence.en);
    page.write(format_args!(
        "<td>{}{}",
        Whole(sentence),
        grounds(page, finding)
    ))?;
    let class = if standing == Standing::Confirmed {
        "s"
    } else {
        "s said"
    };
    page.write(format_args!(
        "<span class=\"{class}\">{}</span></td><td>{}</td></tr>\n",
        standing_name(standing).pick(language),
        when(page, finding),
    ))
}

/// A result's style and sign: no colour says what it is.
const fn shape(result: Outcome) -> (&'static str, &'static str) {
    match result {
        Outcome::Violation => ("grave", "✕"),
        Outcome::Overdue => ("grave", "◷"),
        Outcome::Warn => ("", "△"),
        Outcome::Unknown => ("", "?"),
        Outcome::Pass => ("", "✓"),
    }
}

/// The words of the policy, and the clauses of laws.
fn grounds(page: &Page<'_>, finding: &Finding) -> String {
    let language = page.language;
    let quoted = quoted(page.answer, finding);
    let lines: BTreeSet<&str> = quoted.iter().map(|(line, _)| *line).collect();
    let mut html: Vec<String> = quoted
        .iter()
        .map(|(line, words)| {
            let (name, colon) = (cited(line, language), language.pick("：", ": "));
            let words = Whole(words);
            format!("<span class=\"s quote\">{name}{colon}<q>{words}</q></span>")
        })
        .collect();
    let others = finding.clauses.iter();
    let others = others.filter(|one| !lines.contains(one.as_str()));
    let others: Vec<String> = others
        .map(|one| Escaped(&cited(one, language)).to_string())
        .collect();
    if !others.is_empty() {
        let joined = others.join(language.pick("、", ", "));
        html.push(format!("<span class=\"s\">{joined}</span>"));
    }
    html.concat()
}

/// A clause for people: lines of the policy (`L160`, `L160–L174`), or of a law.
fn cited(one: &str, language: Language) -> String {
    let is_line = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit());
    let Some(lines) = one.strip_prefix('L').filter(is_line) else {
        return clause(one, language);
    };
    let several = lines.contains('–');
    let lines = lines.replace("–L", language.pick("至", " to "));
    match (language, several) {
        (Language::Zh, _) => format!("政策第{lines}行"),
        (Language::En, false) => format!("policy, line {lines}"),
        (Language::En, true) => format!("policy, lines {lines}"),
    }
}

/// From when on, until when, what was due, and the leaves.
fn when(page: &Page<'_>, finding: &Finding) -> String {
    let language = page.language;
    let mut html = vec![format!(
        "<span class=\"t\">{}</span>",
        Moment(finding.since_ms)
    )];
    let line = |zh: &str, en: &str, ms: i64| {
        let name = language.pick(zh, en);
        format!("<span class=\"s\">{name} {}</span>", Moment(ms))
    };
    html.extend(
        finding
            .until_ms
            .map(|until| line("已补正于", "mended", until)),
    );
    if let Some(due) = finding.due {
        html.push(line("期限（严格）", "due (strict)", due.strict_ms));
        let lawful = due.lawful_ms.filter(|lawful| *lawful != due.strict_ms);
        html.extend(lawful.map(|ms| line("期限（依法顺延）", "due (by law)", ms)));
    }
    let all = leaves(page.answer, finding);
    let shown: Vec<&str> = all.iter().take(MOST_LEAVES).map(String::as_str).collect();
    let more = if all.len() > shown.len() {
        format!(" … [{}]", all.len())
    } else {
        String::new()
    };
    if !all.is_empty() {
        let shown = shown.join(" ");
        html.push(format!("<span class=\"s leaf wrap\">{shown}{more}</span>"));
    }
    let recipient = finding.recipient.as_ref();
    html.extend(recipient.map(|id| format!("<span class=\"s\"><bdi>{}</bdi></span>", Escaped(id))));
    html.concat()
}

/// Most leaves of one finding that a page names; `findings.csv` names all.
const MOST_LEAVES: usize = 12;
