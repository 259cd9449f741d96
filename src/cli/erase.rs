//! `custodia erase`: the right to be forgotten, by two people's approval.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use custodia_core::assess::LeafAt;

use super::extract::{USUAL_MS, approval};
use super::{Error, exit, shown};
use crate::account::{BarShown, Certificate, ErasableThing, IssuedExtract};
use crate::app::{self, Erased, Erasure, Standing};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::query::Time;

/// Erases a person from the ledger: keys are destroyed, payloads and rows deleted, in this ledger and in every
/// replica; roots, receipts and extracts stay valid. Refused under a legal hold or gag, with open orders or
/// requests, and while a duty to keep records runs. Without --request-approval and --approval it says what keeps
/// the records, and until when. A ledger must run.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("of").required(true).args(["subject", "leaf", "case", "certificate"]))]
pub struct Erase {
    /// The person's reference; all that are linked to it are erased with it.
    #[arg(value_name = "REF")]
    subject: Option<String>,
    /// One record that doesn't split, as LOG#INDEX, e.g. `ledger.example/custodia.events/0/1#17`.
    #[arg(long, value_name = "LOG#INDEX", value_parser = leaf)]
    leaf: Option<LeafAt>,
    /// A case whose gag has ended, once the person has what was told under it.
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// Print what an order did, and what ends when.
    #[arg(long, value_name = "ORDER")]
    certificate: Option<String>,
    /// On what basis, e.g. `PIPL 47(1)`; it stands in the registry for good, so it names nobody.
    #[arg(long, value_name = "TEXT", value_parser = basis)]
    basis: Option<String>,
    /// The person's request that the erasure answers; it alone may be open.
    #[arg(long, value_name = "ID", requires = "subject")]
    request_id: Option<String>,
    /// Write the request for two people's approvals into this new file (one more file for each linked reference), and
    /// what it is about beside it in FILE.question.json; order nothing.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "approval",
        requires = "basis"
    )]
    request_approval: Option<PathBuf>,
    /// Until when approvals count (RFC 3339); default: seven days from now.
    #[arg(long, value_name = "TIME", requires = "request_approval")]
    approval_until: Option<Time>,
    /// An approval that `custodia approve` wrote; two for each request, by others than who runs this.
    #[arg(long, value_name = "FILE", requires = "basis")]
    approval: Vec<PathBuf>,
    /// The service that orders it, as the register has it.
    #[arg(long, value_name = "NAME", default_value = "platform")]
    producer: String,
    /// How long to wait until the ledger attests it, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// What the look at the person is for.
    #[arg(long, default_value = "rights_request")]
    reason: String,
    /// The case or ticket that it belongs to.
    #[arg(long, default_value = "")]
    ticket: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `LOG#INDEX`.
fn leaf(word: &str) -> Result<LeafAt, String> {
    let parts = word.rsplit_once('#');
    let parts = parts.and_then(|(log, index)| Some((log, index.parse().ok()?)));
    let (log, index) = parts.ok_or("expected LOG#INDEX, as answers show leaves with --json")?;
    let origin: Result<custodia_core::origin::Origin, _> = log.parse();
    match origin {
        Ok(_) => Ok(LeafAt {
            log: log.to_owned(),
            index,
        }),
        Err(_) => Err(format!("{log:?} is no log's origin")),
    }
}

/// A short text.
fn basis(word: &str) -> Result<String, String> {
    let word = word.trim();
    if word.is_empty() || word.len() > 200 || word.chars().any(char::is_control) {
        return Err("expected a statute or line of the policy, in 200 bytes at most".to_owned());
    }
    Ok(word.to_owned())
}

impl Erase {
    /// Runs the command; exit status 5 where something keeps the records and nothing was to be ordered, 4 where
    /// nobody of that reference is known.
    ///
    /// # Errors
    /// Where nothing is ordered, or the ledger has not attested it in time.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        if let Some(order) = &self.certificate {
            self.show(config, &app::certificate(config, order)?);
            return Ok(exit::OK);
        }
        let clock = SystemClock::new();
        let erasure = self.erasure();
        let why = crate::query::Why {
            reason: self.reason.clone(),
            ticket: self.ticket.clone(),
            ..crate::query::Why::default()
        };
        if let Some(file) = &self.request_approval {
            let week = Time(clock.now_ms().saturating_add(USUAL_MS));
            let until = self.approval_until.unwrap_or(week);
            for file in app::request_erasure(config, &clock, &why, &erasure, until, file)? {
                let file = file.display();
                println!(
                    "{file}: for two people to approve by {until}\n\
                     each: custodia approve {file} --key KEY --as REF -o APPROVAL"
                );
            }
            return Ok(exit::OK);
        }
        if self.approval.is_empty() {
            return Ok(self.stand(&app::erasable(config, &clock, &why, &erasure)?));
        }
        let approvals = self.approval.iter().map(|path| approval(path));
        let approvals: Vec<_> = approvals.collect::<Result<_, _>>()?;
        let sender = (self.producer.as_str(), Duration::from_secs(self.timeout));
        let certificate = app::erase(config, &clock, &why, &erasure, sender, &approvals)?;
        self.show(config, &certificate);
        Ok(exit::OK)
    }

    fn erasure(&self) -> Erasure {
        let of = match (&self.subject, &self.leaf, &self.case) {
            (_, Some(leaf), _) => Erased::Thing(ErasableThing::Leaf(leaf.clone())),
            (_, _, Some(case)) => Erased::Thing(ErasableThing::Case(case.clone())),
            (subject, None, None) => Erased::Person(subject.clone().unwrap_or_default()),
        };
        Erasure {
            of,
            basis: self.basis.clone().unwrap_or_default(),
            request_id: self.request_id.clone(),
        }
    }

    fn stand(&self, standing: &Standing) -> u8 {
        match (self.json, standing) {
            (true, Standing::Person(answer)) => println!("{}", serde_json::json!(answer)),
            (true, Standing::Thing(_, answer)) => println!("{}", serde_json::json!(answer)),
            (false, Standing::Person(answer)) => {
                shown::whom(&answer.whom);
                print_bars(&answer.bars);
                if let Some(ended) = &answer.ended {
                    println!("ended: {} at {}", ended.cites, ended.at);
                }
                print_extracts(&answer.extracts);
                shown::foot(&answer.whom.unknowns, &answer.whom.cut);
            }
            (false, Standing::Thing(_, answer)) => {
                println!("digest {}", answer.digest);
                print_bars(&answer.bars);
                shown::foot(&[], &answer.cut);
            }
        }
        match standing {
            Standing::Person(answer) if !answer.whom.known => exit::UNKNOWN,
            _ if standing.bars().is_empty() => exit::OK,
            _ => exit::REFUSED,
        }
    }

    fn show(&self, config: &Config, certificate: &Certificate) {
        let kept_ms = config.erasure.key_backups_kept_ms;
        if self.json {
            let mut json = serde_json::json!(certificate);
            json["key_backups_end"] = serde_json::json!(backups_end(certificate, kept_ms));
            println!("{json}");
        } else {
            print_certificate(certificate, kept_ms);
        }
    }
}

fn print_bars(bars: &[BarShown]) {
    if bars.is_empty() {
        println!("Nothing keeps the records: two people may approve the erasure.");
        return;
    }
    let mut table = shown::table(&["kept by", "what", "until", "since", "leaf"]);
    for bar in bars {
        let on = bar.on.as_ref();
        table.add_row([
            bar.kind.clone(),
            bar.cites.clone(),
            shown::time(bar.until),
            shown::time(on.map(|on| on.time)),
            on.map_or_else(shown::dash, |on| shown::leaf(&on.leaf.log, on.leaf.index)),
        ]);
    }
    println!("{table}");
}

fn print_extracts(extracts: &[IssuedExtract]) {
    if extracts.is_empty() {
        println!("No extract that names the person has left.");
        return;
    }
    let header = ["extract", "opens", "held by", "name", "issued"];
    let mut table = shown::table(&header);
    for extract in extracts {
        table.add_row([
            shown::short(Some(&extract.extract_id)),
            shown::word(extract.profile.as_ref()),
            shown::word(extract.requester.as_ref()),
            extract.requester_name.clone().unwrap_or_else(shown::dash),
            extract.issued.time.to_string(),
        ]);
    }
    println!("{table}");
}

/// When the last backup of the destroyed keys ends, as far as the configuration says how long they are kept.
fn backups_end(certificate: &Certificate, kept_ms: u64) -> Option<Time> {
    let all = certificate.erased.iter().flat_map(|one| &one.attested);
    let last = all.map(|word| word.said.time).max()?;
    let kept = i64::try_from(kept_ms).ok().filter(|ms| *ms > 0)?;
    Some(Time(last.0.saturating_add(kept)))
}

fn print_certificate(certificate: &Certificate, kept_ms: u64) {
    println!("certificate of erasure {}", certificate.order_id);
    for one in &certificate.erased {
        let what = match &one.leaf {
            Some(leaf) => format!("leaf {}", shown::leaf(&leaf.log, leaf.index)),
            None if one.is_case => "case".to_owned(),
            None => "person".to_owned(),
        };
        println!("{what} {}", one.digest);
        let leaf = shown::leaf(&one.ordered.leaf.log, one.ordered.leaf.index);
        println!("ordered {} ({leaf}): {}", one.ordered.time, one.duty_ended);
        println!(
            "asked by {}, approved by {}",
            one.asked_by,
            one.approvers.join(", ")
        );
        let header = [
            "carried out by",
            "at",
            "keys",
            "payloads",
            "rows",
            "Kafka's last copy ends",
        ];
        let mut table = shown::table(&header);
        for word in &one.attested {
            table.add_row([
                word.store_id.clone(),
                word.said.time.to_string(),
                word.keys.to_string(),
                word.payloads.to_string(),
                word.rows.to_string(),
                shown::time(word.kafka_copies_end),
            ]);
        }
        if one.attested.is_empty() {
            println!("No ledger has said yet that it carried it out.");
        } else {
            println!("{table}");
        }
    }
    match backups_end(certificate, kept_ms) {
        Some(end) => println!("backups of the keys end {end}"),
        None => println!(
            "when backups of the keys end isn't known (erasure.key_backups_kept_ms); one that is restored applies \
             this order before it answers"
        ),
    }
    print_extracts(&certificate.extracts);
    println!("cut {}", certificate.cut.digest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_named_by_its_log_and_index() {
        let log = "ledger.example/custodia.events/0/1";
        let at = leaf(&format!("{log}#17")).unwrap();
        assert_eq!((at.log.as_str(), at.index), (log, 17));
        for word in [
            "",
            "17",
            &format!("{log}#"),
            &format!("{log}#-1"),
            "custodia.events/0#1",
        ] {
            assert!(leaf(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_basis_is_a_short_text() {
        assert_eq!(basis(" PIPL 47(1) "), Ok("PIPL 47(1)".to_owned()));
        for word in ["", "  ", "a\nb", &"x".repeat(201)] {
            assert!(basis(word).is_err(), "{word:?}");
        }
    }
}
