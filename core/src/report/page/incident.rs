//! One incident: its steps by the moments that count, its numbers, and its time limits.

use std::fmt;

use super::super::findings::{code, result, standing_name};
use super::super::judged::{Standing, occurrence};
use super::super::names::{self, Name};
use super::super::said;
use super::super::shown::{Escaped, Whole};
use super::super::word::Word;
use super::{MOST_ROWS, Page, count};
use crate::assess::state::incidents::{Counted, Incident, done_ms};
use crate::assess::{Due, Finding, Occurrence, Outcome, Timeline};
use crate::extract::QueryKind;
use crate::moment::Moment;
use crate::schema::v1::event::Body;

/// Number of `SubjectNotified`: those stand leaf by leaf.
const SUBJECT_NOTIFIED: u32 = 265;

pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    let manifest = &page.answer.manifest;
    if manifest.query.kind != QueryKind::Incident {
        return Ok(());
    }
    let all = page.answer.leaves.iter();
    let all = all.filter_map(|leaf| occurrence(manifest, leaf));
    let Ok(timeline) = Timeline::new(all) else {
        // More than is judged is listed leaf by leaf.
        return Ok(());
    };
    limits(page)?;
    numbers(page, &Incident::of(&timeline))?;
    steps(page, &timeline)
}

/// Each term that the rules of incidents know: when it ended, and whether it was kept.
fn limits(page: &mut Page<'_>) -> fmt::Result {
    page.section("", "法定时限", "Time limits")?;
    let judged = &page.answer.judged;
    let kept = judged.kept.iter().map(|one| (one, Standing::Confirmed));
    let others = judged.findings.iter().map(|(one, by)| (one, *by));
    let mut all: Vec<(Due, &Finding, Standing)> = kept
        .chain(others)
        .filter_map(|(one, by)| Some((one.due?, one, by)))
        .collect();
    all.sort();
    if all.is_empty() {
        page.say(
            "<p>没有可以判定的时限：见“规则判定”。</p>\n",
            "<p>No time limit could be judged: see “What the rules say”.</p>\n",
        )?;
        return page.end_section();
    }
    page.say(
        "<p class=\"note\">期限从运营者首次知悉起算，重新定级不改变起算点。只逐一告知个人的，须凭未开示的个人编号\
         才能数清，因此由运营者陈述。</p>\n",
        "<p class=\"note\">Terms run from when the operator first knew; grading again moves none. Where people were \
         told one by one, only the references that are withheld say how many, so that is the operator's word.</p>\n",
    )?;
    page.columns(&[
        ("", "期限", "Due"),
        ("", "结果", "Result"),
        ("", "说明", "What it says"),
        ("leaf", "规则", "Rule"),
    ])?;
    for (due, finding, by) in all.into_iter().take(MOST_ROWS) {
        limit(page, due, finding, by)?;
    }
    page.end_table()?;
    page.end_section()
}

fn limit(page: &mut Page<'_>, due: Due, finding: &Finding, by: Standing) -> fmt::Result {
    let language = page.language;
    let sentence = language.pick(&finding.sentence.zh, &finding.sentence.en);
    let outcome = match (by, finding.result) {
        (Standing::Refuted, _) => language.pick("运营者称不成立", "refuted by the operator"),
        (_, Outcome::Pass) => language.pick("按时", "kept"),
        (_, other) => result(other).pick(language),
    };
    let class = if by == Standing::Confirmed {
        "s"
    } else {
        "s said"
    };
    page.write(format_args!(
        "<tr><td class=\"t\">{}</td><td>{outcome}</td><td>{}<span class=\"{class}\">{}</span></td>\
         <td class=\"leaf\">{}</td></tr>\n",
        Moment(due.strict_ms),
        Whole(sentence),
        standing_name(by).pick(language),
        code(finding),
    ))
}

/// Grades, and how many people each step counts.
fn numbers(page: &mut Page<'_>, incident: &Incident<'_>) -> fmt::Result {
    page.section("", "等级与人数", "Grades and numbers")?;
    page.raw("<table class=\"facts\"><tbody>\n")?;
    for grade in &incident.grades {
        let word = Word::of("IncidentGrade", grade.said as i32);
        let name = word.map_or("—".to_owned(), |word| word.name(page.language));
        fact(page, Name::new("定级", "Graded"), grade.ms, &name)?;
    }
    for counted in &incident.counts {
        let people = count(counted.said.people());
        fact(page, of_count(counted.said), counted.ms, &people)?;
    }
    page.end_table()?;
    let totals = &page.answer.totals;
    let (leaves, people) = (
        count(incident.notices.iter().filter(|one| !one.is_public).count() as u64),
        count(totals.people.len() as u64),
    );
    match page.language {
        super::super::Language::Zh => page.write(format_args!(
            "<p>逐一告知的记录{leaves}条，本摘录共涉及{people}人（按假名计，由运营者陈述）。受影响个人的名单本身\
             另行封存，不在本摘录中：只有其人数和Merkle树根。</p>\n"
        ))?,
        super::super::Language::En => page.write(format_args!(
            "<p>Records of people told one by one: {leaves}; people in this extract: {people} (by pseudonym, the \
             operator's word). The list of the people affected is sealed separately and not here: only its count \
             and the root of its Merkle tree are.</p>\n"
        ))?,
    }
    page.end_section()
}

fn fact(page: &mut Page<'_>, name: Name, ms: i64, value: &str) -> fmt::Result {
    page.write(format_args!(
        "<tr><th scope=\"row\">{}</th><td>{} <span class=\"s t\">{}</span></td></tr>\n",
        name.pick(page.language),
        Escaped(value),
        Moment(ms),
    ))
}

const fn of_count(counted: Counted) -> Name {
    match counted {
        Counted::Estimated(_) => Name::new("估计人数", "People, estimated"),
        Counted::ByGrading(_) => Name::new("定级人数", "People, by grading"),
        Counted::Listed(_) => Name::new("名单人数", "People on the sealed list"),
        Counted::Final(_) => Name::new("最终人数", "People, in the end"),
    }
}

/// What was done, by the moments that count.
fn steps(page: &mut Page<'_>, timeline: &Timeline) -> fmt::Result {
    page.section("", "事件经过", "The incident step by step")?;
    page.say(
        "<p class=\"note\">按各步骤自身所述的时间（如知悉、报告的时间）排列，由运营者陈述；记录时间见“逐条记录”。\
         逐一告知个人的记录不在此表中。</p>\n",
        "<p class=\"note\">By the time that each step says of itself (when it was known, when it was reported), the \
         operator's word; “Leaf by leaf” has the record times. Notices to single people are not in this table.</p>\n",
    )?;
    let mut steps: Vec<(i64, &Occurrence)> = timeline
        .iter()
        .filter(|one| is_step(one))
        .map(|one| (done_ms(one), one))
        .collect();
    steps.sort_by_key(|(ms, one)| (*ms, one.leaf.clone()));
    page.columns(&[
        ("", "时间", "When"),
        ("", "步骤", "Step"),
        ("", "内容", "What it says"),
        ("", "条目", "Leaf"),
    ])?;
    for (ms, one) in steps.iter().take(MOST_ROWS) {
        step(page, *ms, one)?;
    }
    page.end_table()?;
    page.more(steps.len(), "timeline.csv")?;
    page.end_section()
}

/// Whether it is an event of the incident that stands for itself.
fn is_step(one: &Occurrence) -> bool {
    (260..=269).contains(&one.kind) && one.kind != SUBJECT_NOTIFIED
}

fn step(page: &mut Page<'_>, ms: i64, one: &Occurrence) -> fmt::Result {
    let name = names::event(one.kind).map_or("", |name| name.pick(page.language));
    let place = page.answer.place(&one.leaf.log, one.leaf.index);
    page.write(format_args!(
        "<tr><td class=\"t\">{}</td><td>{name}</td><td>{}</td><td class=\"leaf\">{}</td></tr>\n",
        Moment(ms),
        values(page, one),
        said::short(place),
    ))
}

/// What a step says, as far as no other column has it.
fn values(page: &Page<'_>, one: &Occurrence) -> String {
    let word = |vocabulary: &str, number: i32| {
        let word = Word::of(vocabulary, number);
        word.map_or(String::new(), |word| word.name(page.language))
    };
    let texts: Vec<String> = match one.body() {
        Body::IncidentDetected(said) => {
            let kinds = said.kinds.iter().map(|kind| word("IncidentKind", *kind));
            kinds.chain([word("IncidentCause", said.cause)]).collect()
        }
        Body::IncidentGraded(said) => {
            vec![word("IncidentGrade", said.grade), said.criterion.clone()]
        }
        Body::ContainmentTaken(said) => vec![word("ContainmentStep", said.step)],
        Body::AffectedSubjectsIdentified(said) => vec![
            page.language
                .pick("名单树根", "root of the list")
                .to_owned(),
            hex::encode(&said.subject_set_root_sha256),
        ],
        Body::RegulatorNotified(said) => {
            vec![
                word("ReportedBody", said.authority),
                said.receipt_no.clone(),
            ]
        }
        Body::PublicNoticePosted(said) => vec![word("Channel", said.channel)],
        Body::PoliceReported(said) => vec![said.receipt_no.clone()],
        Body::PostIncidentReportFiled(said) => {
            vec![
                word("ReportedBody", said.authority),
                said.receipt_no.clone(),
            ]
        }
        _ => Vec::new(),
    };
    let shown = texts.iter().filter(|text| !text.is_empty());
    let shown: Vec<String> = shown
        .map(|text| format!("<bdi>{}</bdi>", Escaped(text)))
        .collect();
    shown.join(" · ")
}
