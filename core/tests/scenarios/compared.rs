//! What a scenario expects, beside what came out.

use custodia_core::assess::{About, Finding};
use serde_json::Value;

use crate::facts::reference;
use crate::moment;
use crate::scene::{Arrival, Scene};
use crate::written::Expected;

/// Whether the rule finds exactly what is expected, in any order.
pub fn compare(expected: &[Expected], number: u8, scene: &Scene) -> Result<(), String> {
    let mut found = scene.findings(&Arrival::AsWritten)?;
    found.retain(|finding| finding.rule == number);
    let mut open: Vec<Option<&Finding>> = found.iter().map(Some).collect();
    let mut wrong = Vec::new();
    for one in expected {
        let fits = |finding: Option<&Finding>| {
            finding.is_some_and(|finding| differs(one, finding).is_ok_and(|what| what.is_empty()))
        };
        match open.iter().position(|finding| fits(*finding)) {
            Some(place) => open[place] = None,
            None => wrong.push(missed(one, &found)),
        }
    }
    let over = open.into_iter().flatten();
    wrong.extend(over.map(|finding| format!("  came out unexpected:\n    {}", line(finding))));
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// An expected finding that didn't come out, and what differs in the one nearest to it.
fn missed(one: &Expected, found: &[Finding]) -> String {
    let title = format!(
        "  expected: {} {} on {}",
        one.result,
        one.cause,
        one.on.as_deref().unwrap_or("nothing")
    );
    let differing = found.iter().map(|finding| match differs(one, finding) {
        Ok(what) => what,
        Err(wrong) => vec![wrong],
    });
    match differing.min_by_key(Vec::len) {
        Some(what) => format!("{title}\n    nearest differs: {}", what.join("; ")),
        None => format!("{title}\n    nothing came out"),
    }
}

/// What of a finding differs from what is expected.
fn differs(one: &Expected, finding: &Finding) -> Result<Vec<String>, String> {
    let mut what = Vec::new();
    let mut check = |key: &str, expected: Option<&str>, found: String| {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            what.push(format!("{key} is {found}, not {expected}"));
        }
    };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".into());
    let judged = finding.judged.as_ref().map(|leaf| leaf.log.clone());
    check("result", Some(&one.result), finding.result.name().into());
    check("cause", Some(&one.cause), finding.cause.clone());
    check(
        "on",
        Some(one.on.as_deref().unwrap_or("nothing")),
        judged.clone().unwrap_or("nothing".into()),
    );
    let moments = moments(one, finding);
    for (key, expected, found) in moments {
        let expected = expected.as_deref().map(canonical).transpose()?;
        check(key, expected.as_deref(), found);
    }
    check(
        "recipient",
        one.recipient.as_deref(),
        or_none(&finding.recipient),
    );
    check(
        "producer",
        one.producer.as_deref(),
        or_none(&finding.producer),
    );
    check("mark", one.mark.as_deref(), mark(finding));
    check("zh", one.zh.as_deref(), finding.sentence.zh.clone());
    check("en", one.en.as_deref(), finding.sentence.en.clone());
    let about = one.about.as_deref().map(reference);
    if let (Some(name), About::Subject(found)) = (&about, &finding.about) {
        check("about", Some(name), found.clone());
    }
    let others = finding.leaves.iter().map(|leaf| leaf.log.clone());
    let others = others
        .filter(|name| Some(name) != judged.as_ref())
        .collect();
    check(
        "rests_on",
        one.rests_on.clone().map(sorted).as_deref(),
        sorted(others),
    );
    check(
        "clauses",
        one.clauses.clone().map(|all| all.join(", ")).as_deref(),
        finding.clauses.join(", "),
    );
    Ok(what)
}

/// The moments of a finding: what is expected, and what came out.
fn moments<'a>(
    one: &'a Expected,
    finding: &Finding,
) -> [(&'static str, &'a Option<String>, String); 5] {
    let at = |ms: Option<i64>, none: &str| ms.map_or_else(|| none.to_owned(), moment::shown);
    let lawful_ms = finding.due.and_then(|due| due.lawful_ms);
    [
        ("since", &one.since, at(Some(finding.since_ms), "")),
        ("until", &one.until, at(finding.until_ms, "never")),
        (
            "due",
            &one.due,
            at(finding.due.map(|due| due.strict_ms), "never"),
        ),
        ("lawful", &one.lawful, at(lawful_ms, "unknown")),
        (
            "judged_at",
            &one.judged_at,
            at(Some(finding.judged_at_ms), ""),
        ),
    ]
}

/// A moment however it is written, or a word in its place.
fn canonical(text: &str) -> Result<String, String> {
    if ["never", "unknown"].contains(&text) {
        return Ok(text.to_owned());
    }
    Ok(moment::shown(moment::ms_of(text)?))
}

fn mark(finding: &Finding) -> String {
    let mark = serde_json::to_value(finding.mark).unwrap_or_default();
    match mark {
        Value::String(mark) => mark,
        _ => "none".into(),
    }
}

fn sorted(mut names: Vec<String>) -> String {
    names.sort();
    names.join(", ")
}

fn line(finding: &Finding) -> String {
    let judged = finding.judged.as_ref().map_or("nothing", |leaf| &leaf.log);
    let others: Vec<&str> = finding
        .leaves
        .iter()
        .map(|leaf| leaf.log.as_str())
        .collect();
    format!(
        "{} {} on {judged}, since {}, until {}, resting on {others:?}\n    {}\n    {}",
        finding.result.name(),
        finding.cause,
        moment::shown(finding.since_ms),
        finding
            .until_ms
            .map_or_else(|| "never".into(), moment::shown),
        finding.sentence.zh,
        finding.sentence.en,
    )
}
