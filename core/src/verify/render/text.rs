//! A report for people.

use std::fmt::{self, Write as _};

use super::words::Both;
use super::{faults, words};
use crate::assess::Finding;
use crate::extract::Manifest;
use crate::moment::Moment;
use crate::report::{Language, Standing, Visible, findings as made};
use crate::verify::fault::Failure;
use crate::verify::report::{OPERATORS_WORD, Report, Warning};

/// A report as lines for a terminal, each ended.
#[must_use]
pub fn text(report: &Report, language: Language) -> String {
    let mut text = String::new();
    // Writing to a String can't fail.
    let _ = Page { report, language }.write(&mut text);
    text
}

/// Most findings of each standing that stand in lines; `findings.csv` has them all.
const MOST_FINDINGS: usize = 20;

struct Page<'a> {
    report: &'a Report,
    language: Language,
}

impl Page<'_> {
    const fn pick(&self, both: Both) -> &'static str {
        self.language.pick(both.0, both.1)
    }

    fn write(&self, to: &mut String) -> fmt::Result {
        let outcome = self.report.outcome;
        writeln!(to, "{}", self.pick(words::outcome(outcome)))?;
        writeln!(to, "{}", self.pick(words::meaning(outcome)))?;
        if let Some(failure) = &self.report.failure {
            self.write_failure(failure, to)?;
        }
        if let Some(manifest) = &self.report.manifest {
            writeln!(to)?;
            self.write_manifest(manifest, to)?;
            self.write_proven(to)?;
            self.write_findings(to)?;
            self.write_word(to)?;
            self.write_warnings(to)?;
        }
        Ok(())
    }

    fn write_failure(&self, failure: &Failure, to: &mut String) -> fmt::Result {
        let details = failure.fault.to_string();
        writeln!(to)?;
        self.row(("位置", "Where"), &failure.place, to)?;
        match self.language {
            Language::Zh => {
                let words = faults::in_chinese(&failure.fault);
                self.row(("原因", ""), &format!("{words}（{details}）"), to)
            }
            Language::En => self.row(("", "What"), &details, to),
        }
    }

    fn write_manifest(&self, manifest: &Manifest, to: &mut String) -> fmt::Result {
        let id = self.report.id().map(hex::encode).unwrap_or_default();
        let fingerprint = self.report.fingerprint().unwrap_or_default();
        self.row(("账本", "Ledger"), &manifest.ledger, to)?;
        self.row(("摘录编号", "Extract"), &id, to)?;
        self.row(("密钥指纹", "Fingerprint"), &fingerprint, to)?;
        let question = self.language.pick(&manifest.words.zh, &manifest.words.en);
        self.row(("问题", "Question"), question, to)?;
        self.row(("时点", "Cut"), &self.cut(manifest), to)?;
        if let Some(events) = self.report.events {
            self.row(("所示条目", "Events"), &events.to_string(), to)?;
        }
        if let Some(counts) = self.report.finding_counts() {
            self.row(("规则判定", "Findings"), &self.findings(counts), to)?;
        }
        Ok(())
    }

    fn findings(&self, [confirmed, said, refuted]: [u64; 3]) -> String {
        match self.language {
            Language::Zh => format!(
                "{confirmed}项由已开示的条目确认，{said}项为运营者的陈述，{refuted}项运营者称不成立"
            ),
            Language::En => format!(
                "{confirmed} confirmed by the opened leaves, {said} the operator's word, {refuted} that the \
                 operator says don't hold"
            ),
        }
    }

    fn cut(&self, manifest: &Manifest) -> String {
        let cut = &manifest.cut;
        let time = cut.time.map(|time| Moment(time.0).to_string());
        let time = time.unwrap_or_else(|| self.pick(("无时间", "no time")).to_owned());
        let (logs, digest) = (cut.logs.len(), hex::encode(cut.digest));
        match self.language {
            Language::Zh => format!("{time}（北京时间），{logs}个日志，{digest}"),
            Language::En => format!("{time} (UTC+8), {logs} logs, {digest}"),
        }
    }

    fn write_proven(&self, to: &mut String) -> fmt::Result {
        self.heading(("已证明", "Proven"), to)?;
        if self.report.proven.is_empty() {
            point(self.pick(("无", "nothing")), to)?;
        }
        for proven in &self.report.proven {
            point(self.pick(words::proven(*proven)), to)?;
        }
        Ok(())
    }

    /// The first findings of each standing, the gravest first.
    fn write_findings(&self, to: &mut String) -> fmt::Result {
        let findings = self.report.findings.as_deref().unwrap_or_default();
        for wanted in [Standing::Confirmed, Standing::Said, Standing::Refuted] {
            let of_it = findings.iter().filter(|(_, standing)| *standing == wanted);
            let mut of_it: Vec<&Finding> = of_it.map(|(finding, _)| finding).collect();
            of_it.sort_by_key(|finding| finding.result);
            if !of_it.is_empty() {
                self.write_standing(wanted, &of_it, to)?;
            }
        }
        Ok(())
    }

    fn write_standing(
        &self,
        standing: Standing,
        findings: &[&Finding],
        to: &mut String,
    ) -> fmt::Result {
        let by = made::standing_name(standing).pick(self.language);
        let (open, close) = self.language.pick(("（", "）"), (" (", ")"));
        let heading = self.language.pick("规则判定", "What the rules say");
        writeln!(to, "\n{heading}{open}{by}{close}")?;
        for finding in findings.iter().take(MOST_FINDINGS) {
            let result = made::result(finding.result).pick(self.language);
            let sentence = self
                .language
                .pick(&finding.sentence.zh, &finding.sentence.en);
            let (rule, colon) = (finding.rule, self.language.pick("：", ": "));
            point(&format!("R{rule:02} {result}{colon}{sentence}"), to)?;
        }
        let more = findings.len().saturating_sub(MOST_FINDINGS);
        if more == 0 {
            return Ok(());
        }
        let words = match self.language {
            Language::Zh => format!("另有{more}项，见 findings.csv"),
            Language::En => format!("{more} more in findings.csv"),
        };
        point(&words, to)
    }

    fn write_word(&self, to: &mut String) -> fmt::Result {
        let heading = (
            "账本运营者的说法，未经证明",
            "The operator's word, not proven",
        );
        self.heading(heading, to)?;
        for name in OPERATORS_WORD {
            let words = self.pick(words::operators_word(name));
            let (open, close) = self.language.pick(("（", "）"), (" (", ")"));
            point(&format!("{words}{open}{name}{close}"), to)?;
        }
        Ok(())
    }

    fn write_warnings(&self, to: &mut String) -> fmt::Result {
        self.heading(("请注意", "Mind"), to)?;
        for warning in &self.report.warnings {
            let words = self.pick(words::warning(warning));
            match named(warning) {
                Some(names) => point(&format!("{words}: {names}"), to)?,
                None => point(words, to)?,
            }
        }
        Ok(())
    }

    fn heading(&self, both: Both, to: &mut String) -> fmt::Result {
        writeln!(to, "\n{}", self.pick(both))
    }

    fn row(&self, label: Both, value: &str, to: &mut String) -> fmt::Result {
        let label = self.pick(label);
        let colon = self.language.pick("：", ": ");
        writeln!(to, "{label}{colon}{}", Visible(value))
    }
}

fn point(words: &str, to: &mut String) -> fmt::Result {
    writeln!(to, "  - {}", Visible(words))
}

/// What a warning names.
fn named(warning: &Warning) -> Option<String> {
    match warning {
        Warning::OpenElsewhere(logs) => Some(logs.join(", ")),
        Warning::UnverifiedKeys(keys) => {
            let keys = keys
                .iter()
                .map(|(name, kind)| format!("{name} (0x{kind:02x})"));
            Some(keys.collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}
