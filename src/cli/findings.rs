//! `custodia findings`: what the rules say.

use clap::Args;
use custodia_core::assess::Outcome;

use super::who::Reason;
use super::{Error, exit, shown};
use crate::app::Counter;
use crate::assess::{FindingsAnswer, FindingsQuestion, Group, Grouping, ShownFinding};
use crate::config::Config;
use crate::query::Time;

/// What the rules say: what was done that may not be, what is overdue, what can't be told. A look at each
/// person shown is put on record first.
#[derive(Debug, Args)]
pub struct Findings {
    /// Of a person's reference, and those linked to it; judged now.
    #[arg(long)]
    subject: Option<String>,
    /// Concerning this recipient alone.
    #[arg(long)]
    recipient: Option<String>,
    /// Concerning this producer's events alone.
    #[arg(long)]
    producer: Option<String>,
    /// About this incident alone.
    #[arg(long)]
    incident: Option<String>,
    /// Of this rule alone, e.g. R04; R00 is what could not be judged.
    #[arg(long, value_parser = rule_number)]
    rule: Option<u8>,
    /// With this result alone.
    #[arg(long, value_parser = result_named)]
    result: Option<Outcome>,
    /// That began then or later (RFC 3339).
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// That began then or before (RFC 3339).
    #[arg(long, value_name = "TIME")]
    until: Option<Time>,
    /// That stand then in the place of now (RFC 3339); of a person nothing is judged that happened later.
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// What will be overdue within this time where nothing is done: 3d, 12h, 30m or 90s.
    #[arg(long, value_name = "SPAN", value_parser = span_ms)]
    due_within: Option<u64>,
    /// What was known: a cut's name, or a time (RFC 3339). Without --subject everything is judged again,
    /// which takes its time.
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// Those that were mended by then, too.
    #[arg(long)]
    mended: bool,
    /// With --subject: everything that was judged, what passes and what was mended, too.
    #[arg(long, requires = "subject")]
    all: bool,
    /// How many are shown, at most 10000; all are counted.
    #[arg(long, value_name = "N")]
    most: Option<usize>,
    /// Counted by recipient, producer or cause, in the place of one by one.
    #[arg(long, value_name = "WHAT", value_parser = grouping_named)]
    by: Option<Grouping>,
    #[command(flatten)]
    why: Reason,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Findings {
    /// Runs the command; exit status 4 where the ledger knows nothing of whom or what was asked about.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let answer = Counter::find(config)?.ask(&self.why.why(), &self.question())?;
        if self.json {
            println!("{}", serde_json::json!(answer));
        } else {
            print(&answer);
        }
        Ok(if answer.known {
            exit::OK
        } else {
            exit::UNKNOWN
        })
    }

    fn question(&self) -> FindingsQuestion {
        FindingsQuestion {
            subject: self.subject.clone(),
            recipient: self.recipient.clone(),
            producer: self.producer.clone(),
            incident: self.incident.clone(),
            rule: self.rule,
            result: self.result,
            from: self.from,
            until: self.until,
            at: self.at,
            due_within_ms: self.due_within,
            as_of: self.as_of.clone(),
            mended: self.mended,
            all: self.all,
            most: self.most,
            by: self.by,
        }
    }
}

fn print(answer: &FindingsAnswer) {
    if !answer.known {
        println!("The ledger knows nothing of it.");
    }
    for linked in &answer.linked {
        println!("also known as {linked}");
    }
    for erased in &answer.erasures {
        let leaf = shown::leaf(&erased.log, erased.index);
        println!(
            "erased under certificate {}: {} ({leaf})",
            erased.order_id, erased.event
        );
    }
    let mut table = shown::table(&[
        "rule", "result", "since", "about", "says", "clauses", "leaves",
    ]);
    for one in &answer.findings {
        table.add_row(cells(one));
    }
    if !answer.findings.is_empty() {
        println!("{table}");
    }
    if !answer.groups.is_empty() {
        println!("{}", groups(&answer.groups));
    }
    for (rule, results) in &answer.counts {
        let results: Vec<_> = results
            .iter()
            .map(|(result, count)| format!("{count} {result}"))
            .collect();
        println!("{rule}: {}", results.join(", "));
    }
    if answer.counts.is_empty() && answer.known {
        println!("No findings.");
    }
    if answer.more {
        println!("There are more of them; narrow the question, or raise --most.");
    }
    if answer.under_way {
        println!("Some of them are judged at a later cut already.");
    }
    println!("rules {}", answer.rules);
    println!("cut {}", answer.cut.digest);
}

/// Findings that are counted by something.
fn groups(groups: &[Group]) -> comfy_table::Table {
    let mut table = shown::table(&["of", "findings", "leaves"]);
    for group in groups {
        let counts = group.counts.iter().flat_map(|(rule, results)| {
            let results = results.iter();
            results.map(move |(result, count)| format!("{rule}: {count} {result}"))
        });
        let leaves = group.leaves.iter();
        let leaves = leaves.map(|leaf| shown::leaf(&leaf.log, leaf.index));
        table.add_row([
            group.key.clone().unwrap_or_else(shown::dash),
            counts.collect::<Vec<_>>().join("\n"),
            leaves.collect::<Vec<_>>().join("\n"),
        ]);
    }
    table
}

fn cells(one: &ShownFinding) -> [String; 7] {
    use custodia_core::assess::About;
    let finding = &one.finding;
    let rule = match &one.name {
        Some(name) => format!("{} {name}", one.code),
        None => one.code.clone(),
    };
    let about = match &finding.about {
        About::Subject(id) | About::Recipient(id) | About::Incident(id) | About::Producer(id) => {
            id.clone()
        }
        About::Operator => "the operator".to_owned(),
    };
    let result = match finding.until_ms {
        Some(until) => format!("{} until {}", finding.result.name(), Time(until)),
        None => finding.result.name().to_owned(),
    };
    let leaves = finding.leaves.iter();
    let leaves = leaves.map(|leaf| shown::leaf(&leaf.log, leaf.index));
    [
        rule,
        result,
        Time(finding.since_ms).to_string(),
        about,
        format!("{}\n{}", finding.sentence.zh, finding.sentence.en),
        finding.clauses.join("; "),
        leaves.collect::<Vec<_>>().join("\n"),
    ]
}

/// Reads `R04`, `r4` or `4`.
fn rule_number(word: &str) -> Result<u8, String> {
    let digits = word.trim_start_matches(['R', 'r']);
    let number = digits.parse().ok().filter(|number| *number <= 44);
    number.ok_or_else(|| "expected a rule, R01 to R44".to_owned())
}

fn result_named(word: &str) -> Result<Outcome, String> {
    let results = [
        Outcome::Pass,
        Outcome::Violation,
        Outcome::Overdue,
        Outcome::Warn,
        Outcome::Unknown,
    ];
    let found = results
        .into_iter()
        .find(|result| result.name().eq_ignore_ascii_case(word));
    found.ok_or_else(|| "expected VIOLATION, OVERDUE, WARN, UNKNOWN or PASS".to_owned())
}

fn grouping_named(word: &str) -> Result<Grouping, String> {
    let all = [Grouping::Recipient, Grouping::Producer, Grouping::Cause];
    let found = all.into_iter().find(|by| by.name() == word);
    found.ok_or_else(|| "expected recipient, producer or cause".to_owned())
}

/// Reads a number and its unit: `3d`, `12h`, `30m` or `90s`.
pub(super) fn span_ms(word: &str) -> Result<u64, String> {
    let wrong =
        || "expected a number of days, hours, minutes or seconds: 3d, 12h, 30m, 90s".to_owned();
    let (unit, seconds) = match word.as_bytes().last() {
        Some(b'd') => ('d', 86_400),
        Some(b'h') => ('h', 3_600),
        Some(b'm') => ('m', 60),
        Some(b's') => ('s', 1),
        _ => return Err(wrong()),
    };
    let number: u64 = word
        .strip_suffix(unit)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(wrong)?;
    number.checked_mul(seconds * 1000).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_results_and_spans_are_read_and_others_refused() {
        assert_eq!(rule_number("R04"), Ok(4));
        assert_eq!(rule_number("44"), Ok(44));
        assert_eq!(result_named("overdue"), Ok(Outcome::Overdue));
        assert_eq!(span_ms("3d"), Ok(3 * 86_400_000));
        assert_eq!(span_ms("90s"), Ok(90_000));
        for word in ["R45", "R", "", "-1"] {
            assert!(rule_number(word).is_err(), "{word}");
        }
        for word in [
            "3",
            "d",
            "-1d",
            "3w",
            "1.5d",
            "99999999999999999d",
            "三d",
            "3天",
        ] {
            assert!(span_ms(word).is_err(), "{word}");
        }
        assert!(result_named("FINE").is_err());
    }
}
