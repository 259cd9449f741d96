//! `docs/rules/Rnn.md` and `docs/coverage.md`, from the rules, the seed's policy and the scenarios.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use custodia_core::assess::{Day, Finding, Rule, Scope, rules};

use crate::policy_lines::{Lines, Source, covers};
use crate::scene::{Arrival, Scene};
use crate::shelf::{Shelf, Shelved};

/// What makes the pages anew.
pub const COMMAND: &str = "WRITE_RULE_PAGES=1 cargo test -p custodia-core --test scenarios pages";

/// Every page by its path from `docs/`.
pub type Pages = BTreeMap<String, String>;

/// A scenario with what all rules of its scope found.
struct Played<'a> {
    shelved: &'a Shelved,
    findings: Vec<Finding>,
}

impl Played<'_> {
    fn of_rule(&self, number: u8) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.rule == number)
    }
}

/// All pages as they would be generated.
pub fn pages(shelf: &Shelf) -> Result<Pages, String> {
    let lines = Lines::read()?;
    let played = played(shelf)?;
    let mut by_number: BTreeMap<u8, Vec<&Rule>> = BTreeMap::new();
    for rule in rules() {
        by_number.entry(rule.number).or_default().push(rule);
    }
    let mut pages = Pages::new();
    for rules in by_number.values() {
        let code = rules[0].code();
        pages.insert(format!("rules/{code}.md"), page(rules, &played, &lines));
    }
    let mut counts: BTreeMap<u8, usize> = BTreeMap::new();
    for one in &played {
        *counts.entry(one.shelved.number).or_default() += 1;
    }
    pages.insert("rules/README.md".into(), index(&by_number, &counts));
    pages.insert("coverage.md".into(), coverage(&by_number, &counts, &lines));
    Ok(pages)
}

fn played(shelf: &Shelf) -> Result<Vec<Played<'_>>, String> {
    let play = |shelved| {
        let findings = Scene::of(shelf, shelved)?.findings(&Arrival::AsWritten)?;
        Ok(Played { shelved, findings })
    };
    let named =
        |shelved: &'_ Shelved, wrong: String| format!("{}:\n{wrong}", shelved.path.display());
    let all = shelf.scenarios.iter();
    all.map(|shelved| play(shelved).map_err(|wrong| named(shelved, wrong)))
        .collect()
}

const INDEX: &str = "\
# The rules

Each rule is a pure function of what the log, the registry and the privacy policies say. It judges by the law and the
policy in force when something happened. A finding says from when on it stands, and whether it was mended.

- PASS: what was judged keeps the rule.
- VIOLATION: something was done that may not be, or not done that must be.
- OVERDUE: a time limit has passed; before that, when it will.
- WARN: to be looked at.
- UNKNOWN: the evidence that would decide it is missing. It is never a PASS.

| Rule | 中文 | English | Judges | In force | Scenarios |
| --- | --- | --- | --- | --- | --- |
";

fn index(rules: &BTreeMap<u8, Vec<&Rule>>, scenarios: &BTreeMap<u8, usize>) -> String {
    let mut page = made() + INDEX;
    for of in rules.values() {
        let (rule, code) = (of[0], of[0].code());
        let scopes: Vec<&str> = of.iter().map(|rule| scope(rule.scope)).collect();
        let count = scenarios.get(&rule.number).copied().unwrap_or(0);
        let _ = writeln!(
            page,
            "| [{code}]({code}.md) | {} | {} | {} | {} | {count} |",
            cell(rule.title_zh),
            cell(rule.title_en),
            scopes.join("; "),
            in_force(rule)
        );
    }
    page
}

/// Made by hand it would drift, so it says where it comes from.
fn made() -> String {
    format!("<!-- Made by `{COMMAND}`; don't edit. -->\n\n")
}

fn page(rules: &[&Rule], played: &[Played<'_>], lines: &Lines) -> String {
    let rule = rules[0];
    let mut page = made();
    let _ = writeln!(page, "# {} {}\n", rule.code(), rule.title_zh);
    let _ = writeln!(
        page,
        "{}\n\nIn findings it is `{}`.\n",
        rule.title_en, rule.name
    );
    for rule in rules {
        let _ = writeln!(
            page,
            "- It judges {}; revision {}.",
            scope(rule.scope),
            rule.revision
        );
    }
    let _ = writeln!(page, "- In force: {}.\n", in_force(rule));
    page.push_str("## What it rests on\n\n");
    for clause in rule.clauses {
        let _ = writeln!(page, "- {clause}");
        for (line, text) in lines.of_clause(clause) {
            let _ = writeln!(page, "  > L{line} {text}\n");
        }
    }
    page.push_str("\n## What it says\n\n");
    page.push_str("One example of each cause, as it comes out of a scenario.\n\n");
    page.push_str("| Result | Cause | 中文 | English |\n| --- | --- | --- | --- |\n");
    for ((result, cause), finding) in causes(rule.number, played) {
        let (zh, en) = (cell(&finding.sentence.zh), cell(&finding.sentence.en));
        let _ = writeln!(page, "| {result} | `{cause}` | {zh} | {en} |");
    }
    page.push_str("\n## Scenarios\n\n");
    for played in played
        .iter()
        .filter(|one| one.shelved.number == rule.number)
    {
        let file = played
            .shelved
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let link = format!("../../tests/scenarios/{}/{file}", rule.code());
        let _ = writeln!(
            page,
            "- [{}]({link}) → {}",
            played.shelved.written.says,
            outcomes(played.of_rule(rule.number))
        );
    }
    page
}

/// An example of each cause, by result and cause: from a scenario of the rule's own, else from another rule's.
fn causes<'a>(
    number: u8,
    played: &'a [Played<'_>],
) -> BTreeMap<(&'static str, &'a str), &'a Finding> {
    let (own, others): (Vec<_>, Vec<_>) =
        played.iter().partition(|one| one.shelved.number == number);
    let mut causes = BTreeMap::new();
    for finding in own
        .into_iter()
        .chain(others)
        .flat_map(|one| one.of_rule(number))
    {
        causes
            .entry((finding.result.name(), finding.cause.as_str()))
            .or_insert(finding);
    }
    causes
}

fn outcomes<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut named: Vec<String> = findings
        .map(|one| format!("{} `{}`", one.result.name(), one.cause))
        .collect();
    named.dedup();
    if named.is_empty() {
        "nothing".into()
    } else {
        named.join(", ")
    }
}

const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Subject => "what happened to one person",
        Scope::Recipient => "one recipient",
        Scope::Incident => "one incident",
        Scope::Producer => "one producer",
        Scope::Operator => "the operator as a whole",
    }
}

fn in_force(rule: &Rule) -> String {
    let day = |ms| Day::of(ms).to_string();
    match (rule.from_ms, rule.until_ms) {
        (None, None) => "for as long as the ledger looks back".into(),
        (Some(from), None) => format!("from {}", day(from)),
        (None, Some(until)) => format!("until {}, that day not included", day(until)),
        (Some(from), Some(until)) => {
            format!(
                "from {} until {}, that day not included",
                day(from),
                day(until)
            )
        }
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn coverage(
    rules: &BTreeMap<u8, Vec<&Rule>>,
    scenarios: &BTreeMap<u8, usize>,
    lines: &Lines,
) -> String {
    let mut page = made();
    page.push_str("# From the policy's lines to scenarios\n\n");
    page.push_str(
        "Each line of the [policy](../ops/policy/privacy-policy.zh.txt) that an item of the \
         [machine-readable policy](../ops/policy/2024-07-15.toml) cites; the rules that rest on the line, \
         with how many scenarios each has. A line without a rule is vocabulary, or a promise that only \
         other lines' rules use.\n\n",
    );
    page.push_str("| Line | Words and items | Rules |\n| --- | --- | --- |\n");
    for (line, cited) in &lines.cited {
        let on_line = rules
            .values()
            .filter(|of| of[0].clauses.iter().any(|clause| covers(clause, *line)));
        let words = cited
            .iter()
            .map(|(phrase, items)| format!("「{}」 {}", cell(phrase), ticked(items)));
        let words = words.collect::<Vec<_>>().join("; ");
        let _ = writeln!(
            page,
            "| L{line} | {words} | {} |",
            linked(on_line, scenarios)
        );
    }
    let uncited: Vec<String> = lines.uncited().map(|line| format!("L{line}")).collect();
    let _ = writeln!(
        page,
        "\nLines with text that no item cites: {}.\n",
        uncited.join(", ")
    );
    page.push_str("## Items that rest on a law, or on the operator's choice\n\n");
    page.push_str("| Source | Items | Rules |\n| --- | --- | --- |\n");
    for (source, items) in &lines.elsewhere {
        let (text, by_law) = match source {
            Source::Law(law) => (law, true),
            Source::Ours(why) => (why, false),
        };
        let of_law = rules
            .values()
            .filter(|of| by_law && of[0].clauses.contains(&text.as_str()));
        let items = ticked(items);
        let _ = writeln!(
            page,
            "| {} | {} | {} |",
            cell(text),
            items,
            linked(of_law, scenarios)
        );
    }
    page
}

fn ticked(items: &BTreeSet<String>) -> String {
    items
        .iter()
        .map(|item| format!("`{item}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn linked<'a>(
    rules: impl Iterator<Item = &'a Vec<&'a Rule>>,
    scenarios: &BTreeMap<u8, usize>,
) -> String {
    let link = |of: &Vec<&Rule>| {
        let (code, count) = (
            of[0].code(),
            scenarios.get(&of[0].number).copied().unwrap_or(0),
        );
        format!("[{code}](rules/{code}.md) ({count})")
    };
    rules.map(link).collect::<Vec<_>>().join(", ")
}
