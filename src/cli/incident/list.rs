//! `custodia incident affected|prove|check`: the list of people, and its root.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use custodia_core::incident::{AffectedList, ListProof};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{AffectedSubjectsIdentified, DataCategory};

use super::{Sender, read, why, words};
use crate::app;
use crate::cli::{Error, exit};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::respond::{self, IncidentAnswer, IncidentQuestion, RecordedList};

/// A list as files have it: the people, and of each the categories named beside.
pub(super) struct Listed {
    pub(super) list: AffectedList,
    pub(super) categories: BTreeMap<String, Vec<i32>>,
}

impl Listed {
    /// Reads files as `custodia exposure --affected` writes them, or plain lists of references.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let (mut references, mut categories) = (Vec::new(), BTreeMap::new());
        for path in paths {
            let text = read(path)?;
            let list = AffectedList::read(&text).map_err(respond::Error::from);
            let list = list.map_err(app::Error::from)?;
            references.extend(list.references().iter().cloned());
            for line in text.lines() {
                let mut cells = line.split(',');
                let (Some(reference), Some(named)) = (cells.next(), cells.next()) else {
                    continue;
                };
                let named = named.split(' ').filter_map(DataCategory::from_str_name);
                let of: &mut BTreeSet<i32> = categories.entry(reference.to_owned()).or_default();
                of.extend(named.map(i32::from));
            }
        }
        let sorted =
            |(reference, of): (String, BTreeSet<i32>)| (reference, of.into_iter().collect());
        Ok(Self {
            list: AffectedList::new(references),
            categories: categories.into_iter().map(sorted).collect(),
        })
    }

    /// Holds it against the root that is on record.
    pub(super) fn must_be(&self, stands: &IncidentAnswer) -> Result<(), Error> {
        let root = hex::encode(self.list.root());
        let recorded = match &stands.list {
            Some(list) if list.root == root && list.count == self.list.count() => return Ok(()),
            Some(RecordedList { root, count, .. }) => format!("{count} people and the root {root}"),
            None => "none yet; `custodia incident affected` puts one there".to_owned(),
        };
        Err(app::Error::from(respond::Error::AnotherList {
            count: self.list.count(),
            root,
            recorded,
        })
        .into())
    }
}

/// The people are known: the root of their list and their number go on record, no reference.
#[derive(Debug, Args)]
pub struct Affected {
    #[command(flatten)]
    sender: Sender,
    /// The list, as `custodia exposure --affected` writes it; several lists are joined.
    #[arg(long = "list", value_name = "FILE.csv", required = true)]
    lists: Vec<PathBuf>,
    /// A category; default: those that the list names.
    #[arg(long = "category", value_name = "DC_…", value_parser = words::category)]
    categories: Vec<DataCategory>,
    /// Harm could be excluded, so that people need not be told (PIPL 57).
    #[arg(long)]
    harm_excluded: bool,
}

/// Proves that someone is, or isn't, on an incident's list. That someone isn't shows the two references beside
/// which it would stand: such a proof is for an authority or a court.
#[derive(Debug, Args)]
pub struct Prove {
    /// The incident's id.
    incident: String,
    /// The list whose root is on record; several are joined.
    #[arg(long = "list", value_name = "FILE.csv", required = true)]
    lists: Vec<PathBuf>,
    /// Who is asked about.
    #[arg(long, value_name = "REF")]
    subject: String,
}

/// Checks a proof of `custodia incident prove` against a root that is known from elsewhere, e.g. an extract.
#[derive(Debug, Args)]
pub struct Check {
    /// The proof (JSON).
    #[arg(value_name = "PROOF.json")]
    proof: PathBuf,
    /// The list's root, hex: `subject_set_root_sha256` of `AffectedSubjectsIdentified`.
    #[arg(long, value_name = "HEX")]
    root: String,
    /// How many people the list has: `subject_count` of the same event.
    #[arg(long, value_name = "N")]
    count: u64,
}

impl Affected {
    pub(super) fn run(self, config: &Config) -> Result<u8, Error> {
        let listed = Listed::read(&self.lists)?;
        let mut categories: BTreeSet<i32> =
            self.categories.iter().map(|one| (*one).into()).collect();
        if categories.is_empty() {
            categories.extend(listed.categories.values().flatten());
        }
        let body = AffectedSubjectsIdentified {
            incident_id: self.sender.incident.clone(),
            subject_set_root_sha256: listed.list.root().to_vec(),
            subject_count: Some(listed.list.count()),
            categories: categories.into_iter().collect(),
            harm_excluded: Some(self.harm_excluded),
        };
        self.sender
            .say(config, Body::AffectedSubjectsIdentified(body))
    }
}

impl Prove {
    pub(super) fn run(self, config: &Config) -> Result<u8, Error> {
        let listed = Listed::read(&self.lists)?;
        let question = IncidentQuestion {
            incident: self.incident.clone(),
            ..IncidentQuestion::default()
        };
        let (stands, _) =
            app::incident(config, &SystemClock::new(), &why(&self.incident), &question)?;
        listed.must_be(&stands)?;
        if !custodia_core::schema::is_reference(&self.subject) {
            return Err(app::Error::from(crate::query::Error::NotAReference).into());
        }
        let proof = listed.list.prove(&self.incident, &self.subject);
        println!("{}", serde_json::json!(proof));
        Ok(exit::OK)
    }
}

impl Check {
    pub(super) fn run(&self) -> Result<u8, Error> {
        let proof: ListProof = parsed(&self.proof)?;
        let failed = |why: String| Error::File {
            path: self.proof.clone(),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, why),
        };
        if !proof.root.eq_ignore_ascii_case(&self.root) {
            return Err(failed(format!(
                "it is of the root {}, not of {}",
                proof.root, self.root
            )));
        }
        if proof.count != self.count {
            let (has, asked) = (proof.count, self.count);
            return Err(failed(format!("it is of {has} people, not of {asked}")));
        }
        let on = proof.verify().map_err(|error| failed(error.to_string()))?;
        let word = if on { "is" } else { "is not" };
        println!(
            "{} {word} on the list of {} people of {}",
            proof.subject, proof.count, proof.incident_id
        );
        Ok(exit::OK)
    }
}

fn parsed(path: &Path) -> Result<ListProof, Error> {
    serde_json::from_str(&read(path)?).map_err(|error| Error::File {
        path: path.to_owned(),
        source: error.into(),
    })
}
