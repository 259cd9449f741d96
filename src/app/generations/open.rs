//! `custodia log open`: begins a generation.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use custodia_core::approval::Approval;
use custodia_core::origin::{LedgerName, Origin};
use serde::Serialize;

use super::Error;
use super::approved::{approved, wanted};
use super::named::{Named, generations_of, open_log};
use super::operator;
use super::start::{Place, StartFrom};
use crate::app::approving::write_request;
use crate::app::init::{FIRST_GENERATION, check_registry, facts_of, logged_topics, timeout};
use crate::app::parts::open as open_folder;
use crate::app::published::published_checkpoints;
use crate::app::{self, Opened, kafka_settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::kafka::{Settings, TopicFacts, watermarks};
use crate::log::{Generation, Log, notices};
use crate::query::Time;
use crate::sign::{self, Seen, Signer, Standing};

/// A generation that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenedLog {
    /// Its origin.
    pub log: String,
    /// The first offset that it may hold.
    pub start_offset: u64,
    /// The generation before it.
    pub previous: Option<String>,
    /// The offsets that neither holds, as `(first, first after)`: what Kafka lost, or what was
    /// left out on purpose.
    pub skipped: Option<(u64, u64)>,
    /// Who approved it, by employee reference; empty where nobody is registered who may.
    pub approved_by: Vec<String>,
}

/// Which generations are opened, and where they begin.
#[derive(Debug, Clone)]
pub struct Opening {
    /// `topic/partition`, or topics for all of their partitions without an open log.
    pub named: Vec<String>,
    /// A number above those that there were; none for the next one.
    pub generation: Option<u32>,
    /// Where they begin.
    pub from: StartFrom,
}

/// What is to be made.
pub(super) struct Plan {
    pub(super) origin: Origin,
    pub(super) generation: Generation,
    previous: Option<Origin>,
    skipped: Option<(u64, u64)>,
}

/// Opens the next generation of partitions that have no open log, once two people have approved it.
///
/// # Errors
/// [`Error`] where what is named can't be opened so, [`custodia_core::approval::Refused`] where the approvals
/// don't count: then nothing was made. What opening the folder, Kafka and the signer say.
pub fn open_logs(
    config: &Config,
    opening: &Opening,
    approvals: &[Approval],
    clock: &dyn Clock,
) -> Result<Vec<OpenedLog>, app::Error> {
    let opened = open_folder(config)?;
    let settings = reached(config)?;
    let plans = plans(config, &settings, &opened, opening)?;
    let approved_by = approved(config, &opened, &plans, approvals, clock.now_ms())?;
    begin(config, &settings, &plans)?;
    let approving = Approving {
        notes: approvals.iter().map(Approval::note).collect(),
        by: approved_by,
    };
    let made = plans
        .iter()
        .map(|plan| make(config, &opened, plan, &approving, clock));
    made.collect()
}

/// Writes the request for approvals of what would be opened into the new file `path`; opens nothing.
///
/// # Errors
/// As [`open_logs`]; where the file can't be written.
pub fn request_open(
    config: &Config,
    opening: &Opening,
    until: Time,
    path: &Path,
) -> Result<Vec<String>, app::Error> {
    let opened = open_folder(config)?;
    let plans = plans(config, &reached(config)?, &opened, opening)?;
    write_request(path, &wanted(config, &opened, &plans, until.0)?)?;
    let line = |plan: &Plan| {
        format!(
            "{} from offset {}",
            plan.origin, plan.generation.start_offset
        )
    };
    Ok(plans.iter().map(line).collect())
}

/// What people signed, and who they are.
struct Approving {
    notes: Vec<String>,
    by: Vec<String>,
}

fn reached(config: &Config) -> Result<Settings, app::Error> {
    let settings = kafka_settings(config);
    settings.validate()?;
    settings.probe(timeout(config))?;
    Ok(settings)
}

fn plans(
    config: &Config,
    settings: &Settings,
    opened: &Opened,
    opening: &Opening,
) -> Result<Vec<Plan>, app::Error> {
    let facts = facts(config, settings, &opening.named)?;
    let mut plans = Vec::new();
    for (facts, partition) in targets(&opened.logs, &facts, &opening.named)? {
        let place = place(config, settings, &opened.logs, facts, partition)?;
        let start = place.first_offset(opening.from)?;
        place.refuse_leaf(start, settings, timeout(config))?;
        plans.push(plan(
            opened.folder.ledger(),
            &place,
            opening.generation,
            start,
        )?);
    }
    Ok(plans)
}

/// The facts of the topics that are named.
fn facts(
    config: &Config,
    settings: &Settings,
    named: &[String],
) -> Result<Vec<TopicFacts>, app::Error> {
    let mut topics = BTreeSet::new();
    for word in named {
        let (Named::Partition(topic, _) | Named::Topic(topic)) = Named::parse(word) else {
            return Err(no_such(word).into());
        };
        if !logged_topics(config).contains(&topic.as_str()) {
            return Err(no_such(word).into());
        }
        topics.insert(topic);
    }
    let topics: Vec<&str> = topics.iter().map(String::as_str).collect();
    let facts = facts_of(settings, &topics, timeout(config))?;
    facts.iter().try_for_each(TopicFacts::check)?;
    check_registry(config, &facts)?;
    Ok(facts)
}

/// The partitions that get a generation, each once.
fn targets<'a>(
    logs: &[Arc<Log>],
    facts: &'a [TopicFacts],
    named: &[String],
) -> Result<Vec<(&'a TopicFacts, u32)>, Error> {
    let mut targets: Vec<(&TopicFacts, u32)> = Vec::new();
    for word in named {
        let (topic, only) = match Named::parse(word) {
            Named::Partition(topic, partition) => (topic, Some(partition)),
            Named::Topic(topic) => (topic, None),
            Named::Log(_) => return Err(no_such(word)),
        };
        let facts = facts.iter().find(|facts| facts.topic == topic);
        let facts = facts.ok_or_else(|| no_such(word))?;
        let wanted = only.map_or(0..facts.partitions, |one| one..one.saturating_add(1));
        if wanted.end > facts.partitions {
            return Err(no_such(word));
        }
        let open = |partition: &u32| open_log(logs, &topic, *partition);
        let free: Vec<u32> = wanted.clone().filter(|n| open(n).is_none()).collect();
        if let (true, Some(log)) = (free.is_empty(), wanted.clone().find_map(|n| open(&n))) {
            return Err(Error::StillOpen(log.name().to_owned()));
        }
        for partition in free {
            if !targets
                .iter()
                .any(|(of, n)| of.topic == topic && *n == partition)
            {
                targets.push((facts, partition));
            }
        }
    }
    Ok(targets)
}

fn no_such(named: &str) -> Error {
    Error::NoSuchPartition {
        named: named.to_owned(),
    }
}

fn place<'a>(
    config: &Config,
    settings: &Settings,
    logs: &'a [Arc<Log>],
    facts: &'a TopicFacts,
    partition: u32,
) -> Result<Place<'a>, app::Error> {
    let marks = watermarks(settings, &facts.topic, partition, timeout(config))?;
    Ok(Place {
        name: format!("{}/{partition}", facts.topic),
        partition,
        facts,
        marks,
        earlier: generations_of(logs, &facts.topic, partition),
    })
}

fn plan(
    ledger: &LedgerName,
    place: &Place<'_>,
    given: Option<u32>,
    start: u64,
) -> Result<Plan, app::Error> {
    let previous = place.earlier.last().map(|log| log.origin().clone());
    let last = previous.as_ref().map(|origin| origin.generation);
    let next = last.map_or(FIRST_GENERATION, |last| last.saturating_add(1));
    let number = given.unwrap_or(next);
    if let Some(last) = last.filter(|last| number <= *last) {
        let place = place.name.clone();
        return Err(Error::NotNext {
            place,
            given: number,
            last,
        }
        .into());
    }
    let topic = &place.facts.topic;
    let origin = Origin::new(ledger.clone(), topic, place.partition, number);
    Ok(Plan {
        origin: origin.map_err(|_| app::Error::BadTopicName(topic.clone()))?,
        generation: Generation::new(
            place.facts.cluster_id.clone(),
            place.facts.topic_id.clone(),
            place.facts.partitions,
            start,
        ),
        previous,
        skipped: place.skipped(start),
    })
}

/// Begins the logs with the signer, before there are any: a log that it doesn't know can't be told
/// from one whose history it lost.
fn begin(config: &Config, settings: &Settings, plans: &[Plan]) -> Result<(), app::Error> {
    if !config.signer.enabled {
        return Ok(());
    }
    let mut signer = Signer::open(&config.signer.folder)?;
    let published = published_checkpoints(config, settings)?;
    let recognised = published.iter().map(|signed| signer.recognise(signed));
    let seen: Vec<Seen> = recognised.filter_map(Result::ok).collect();
    for plan in plans {
        begin_one(&mut signer, &plan.origin.to_string(), &seen)?;
    }
    Ok(())
}

/// A command that was killed may have begun it already: then nothing was signed of it.
fn begin_one(signer: &mut Signer, origin: &str, seen: &[Seen]) -> Result<(), sign::Error> {
    if signer.standing(origin) == Standing::Unknown {
        return signer.begin(origin, seen);
    }
    let size = match signer.observe(origin, seen)? {
        Standing::Ready { size: 0, .. } => return Ok(()),
        Standing::Ready { size, .. } | Standing::Forked { size } => size,
        Standing::OnHold { seen, .. } => seen,
        Standing::Unknown | Standing::NotLookedFor => 0,
    };
    Err(sign::Error::SignedBefore {
        origin: origin.to_owned(),
        size,
    })
}

fn make(
    config: &Config,
    opened: &Opened,
    plan: &Plan,
    approving: &Approving,
    clock: &dyn Clock,
) -> Result<OpenedLog, app::Error> {
    let Plan {
        origin,
        generation,
        previous,
        skipped,
    } = plan;
    let Approving {
        notes,
        by: approved_by,
    } = approving;
    let (previous, by) = (previous.as_ref(), operator(config));
    let event = notices::log_opened(origin, generation, previous, by, notes, clock)?;
    let path = opened.folder.log_path(origin);
    Log::create(&path, origin, generation, &event, &opened.shared)?;
    Ok(OpenedLog {
        log: origin.to_string(),
        start_offset: generation.start_offset,
        previous: previous.map(ToString::to_string),
        skipped: *skipped,
        approved_by: approved_by.clone(),
    })
}
