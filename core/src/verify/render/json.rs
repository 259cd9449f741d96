//! A report for programs.

use serde::Serialize;

use crate::verify::report::{OPERATORS_WORD, Report, Warning};

#[derive(Serialize)]
struct Json<'a> {
    outcome: &'static str,
    exit_code: u8,
    failures: Vec<Failed>,
    proven: Vec<&'static str>,
    word: [&'static str; 7],
    warnings: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Key<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<Cut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edition: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Findings<'a>>,
}

#[derive(Serialize)]
struct Findings<'a> {
    confirmed: u64,
    operator: u64,
    refuted: u64,
    list: Vec<Judged<'a>>,
}

#[derive(Serialize)]
struct Judged<'a> {
    rule: String,
    result: &'static str,
    cause: &'a str,
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
}

#[derive(Serialize)]
struct Failed {
    place: String,
    reason: &'static str,
    words: String,
}

#[derive(Serialize)]
struct Key<'a> {
    vkey: &'a str,
    fingerprint: Option<String>,
}

/// Times as strings of decimal digits: JSON's numbers don't hold 64 bits.
#[derive(Serialize)]
struct Cut {
    digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    logs: Vec<Log>,
}

#[derive(Serialize)]
struct Log {
    origin: String,
    size: String,
}

/// A report as one JSON object, without a line's end.
///
/// Its names: `outcome` (`proven`, `unconfirmed_key`, `reports_unchecked`, `failed`, `unreadable`),
/// `exit_code`, `failures` (none, or one object of `place`, `reason`, `words`), `proven`, `word` (the
/// operator's), `warnings`; and as far as the manifest was read `id`, `ledger`, `key` (`vkey`,
/// `fingerprint`), `cut` (`digest`, `time` in milliseconds since 1970 as a string, `logs`),
/// `profile`, `edition`, `events` (how many leaves are shown), and once judged again `findings` (how many are
/// `confirmed` by the opened slots, how many the `operator` says, how many `refuted`, and the `list` of them: `rule`,
/// `result`, `cause`, `standing`, and as far as there are any `log` and `index` of the judged leaf and `recipient`). Where `proven` lacks `manifest`,
/// these last are anybody's words.
#[must_use]
pub fn json(report: &Report) -> String {
    let manifest = report.manifest.as_ref();
    let failures = report.failure.iter().map(|failure| Failed {
        place: failure.place.clone(),
        reason: failure.fault.reason(),
        words: failure.fault.to_string(),
    });
    let json = Json {
        outcome: report.outcome.name(),
        exit_code: report.outcome.exit_code(),
        failures: failures.collect(),
        proven: report.proven.iter().map(|proven| proven.name()).collect(),
        word: OPERATORS_WORD,
        warnings: report.warnings.iter().map(Warning::name).collect(),
        id: report.id().map(hex::encode),
        ledger: manifest.map(|manifest| manifest.ledger.as_str()),
        key: manifest.map(|manifest| Key {
            vkey: &manifest.key,
            fingerprint: report.fingerprint(),
        }),
        cut: manifest.map(|manifest| Cut {
            digest: hex::encode(manifest.cut.digest),
            time: manifest.cut.time.map(|time| time.to_string()),
            logs: manifest.cut.logs.iter().map(log).collect(),
        }),
        profile: manifest.map(|manifest| manifest.profile.name()),
        edition: manifest.map(|manifest| manifest.edition),
        events: report.events,
        findings: findings(report),
    };
    // Strings, small integers, and arrays of them: there is nothing that can't be written.
    serde_json::to_string(&json).unwrap_or_default()
}

fn findings(report: &Report) -> Option<Findings<'_>> {
    let [confirmed, operator, refuted] = report.finding_counts()?;
    let list = report.findings.iter().flatten();
    let list = list.map(|(finding, standing)| Judged {
        rule: format!("R{:02}", finding.rule),
        result: finding.result.name(),
        cause: &finding.cause,
        standing: standing.name(),
        log: finding.judged.as_ref().map(|leaf| leaf.log.as_str()),
        index: finding.judged.as_ref().map(|leaf| leaf.index.to_string()),
        recipient: finding.recipient.as_deref(),
    });
    Some(Findings {
        confirmed,
        operator,
        refuted,
        list: list.collect(),
    })
}

fn log(log: &crate::extract::LogAt) -> Log {
    Log {
        origin: log.origin.clone(),
        size: log.size.to_string(),
    }
}
