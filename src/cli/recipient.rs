//! `custodia recipient`: the dossier of one recipient.

use clap::Args;

use super::{Error, shown};
use crate::account::{Dossier, DossierQuestion};
use crate::app::Counter;
use crate::config::Config;
use crate::query::Time;

/// What is on record of a recipient: agreement, assessments, volume, incidents, deletions, findings. Names
/// no person.
#[derive(Debug, Args)]
pub struct Recipient {
    /// The recipient's id in the register.
    id: String,
    /// What was known: a cut's name, or a time (RFC 3339); everything is judged again then.
    #[arg(long, value_name = "CUT|TIME")]
    as_of: Option<String>,
    /// The moment at which the register and the findings stand (RFC 3339).
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Recipient {
    /// Runs the command; exit status 4 where the register doesn't know the recipient.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = DossierQuestion {
            recipient: self.id.clone(),
            as_of: self.as_of.clone(),
            at: self.at,
        };
        let dossier = Counter::find(config)?.ask_openly(&question)?;
        if self.json {
            println!("{}", serde_json::json!(dossier));
        } else {
            print(&dossier);
        }
        Ok(shown::status(dossier.known))
    }
}

fn print(dossier: &Dossier) {
    if !dossier.known {
        println!("The register doesn't know {}.", dossier.id);
    }
    print_register(dossier);
    let mut table = shown::table(&["assessment", "result", "when", "until", "report", "leaf"]);
    for one in &dossier.assessments {
        table.add_row([
            one.id.clone().unwrap_or_else(|| one.seen.event.clone()),
            shown::word(one.result.as_ref()),
            one.seen.time.to_string(),
            shown::time(one.until),
            shown::short(one.report_sha256.as_deref()),
            shown::leaf_at(&one.seen.leaf),
        ]);
    }
    if !dossier.assessments.is_empty() {
        println!("{table}");
    }
    let mut table = shown::table(&["month", "events", "records", "acknowledged", "by category"]);
    for month in &dossier.volume {
        let by = month
            .categories
            .iter()
            .map(|(category, count)| format!("{category} {count}"));
        table.add_row([
            month.name.clone(),
            month.events.to_string(),
            month.records.to_string(),
            month.acknowledged.to_string(),
            by.collect::<Vec<_>>().join(", "),
        ]);
    }
    if !dossier.volume.is_empty() {
        println!("{table}");
    }
    for incident in &dossier.incidents {
        let (kinds, leaf) = (
            shown::words(&incident.kinds),
            shown::leaf_at(&incident.seen.leaf),
        );
        println!(
            "incident {} {}: {kinds} ({leaf})",
            incident.id, incident.seen.time
        );
    }
    println!(
        "deletions: told of {}, confirmed {}",
        dossier.deletions_asked, dossier.deletions_confirmed
    );
    for one in &dossier.findings {
        let leaves = one.samples.iter().map(shown::leaf_at);
        let leaves = leaves.collect::<Vec<_>>().join(", ");
        println!("{}: {} {} ({leaves})", one.code, one.count, one.result);
    }
    shown::foot(&[], &dossier.cut);
}

fn print_register(dossier: &Dossier) {
    let name = shown::text(dossier.name.as_deref());
    println!("{} {name}", dossier.id);
    println!(
        "{}, {}; contact {}; data kept in {}",
        shown::word(dossier.kind.as_ref()),
        shown::word(dossier.legal_role.as_ref()),
        shown::text(dossier.contact.as_deref()),
        dossier.storage_countries.join(", ")
    );
    match &dossier.agreement {
        Some(agreed) => println!(
            "agreement {} from {} until {}; confidentiality: {}",
            shown::short(Some(&agreed.sha256)),
            shown::time(agreed.from),
            shown::time(agreed.until),
            if dossier.confidentiality == Some(true) {
                "yes"
            } else {
                "no"
            }
        ),
        None => println!("no agreement on record"),
    }
    if let Some(terminated) = dossier.terminated {
        println!("may receive nothing more since {terminated}");
    }
    println!("took on: {}", shown::words(&dossier.conditions));
    for allowed in &dossier.allowed {
        let purpose = shown::word(allowed.purpose.as_ref());
        println!(
            "may have for {purpose}: {}",
            shown::words(&allowed.categories)
        );
    }
    for seen in &dossier.history {
        println!(
            "{} {} ({})",
            seen.time,
            seen.event,
            shown::leaf_at(&seen.leaf)
        );
    }
}
