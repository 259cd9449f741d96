//! The answers of this room.

use std::collections::BTreeMap;

use custodia_core::assess::LeafAt;
use custodia_core::replay::{Change, Player, State, Step, Tape};
use serde::{Deserialize, Serialize};

use crate::query::{CutName, Erased, Happened, Time};

/// A timeline with the state before it and what each step changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// The cut that it stands on: the log may grow, the answer doesn't.
    pub cut: CutName,
    /// Nothing later than this, by the events, is in it.
    pub at: Option<Time>,
    /// When it was asked; what is shown after that is what falls due if nothing is done.
    pub now: Time,
    /// Since when the ledger has records.
    pub began: Option<Time>,
    /// Whether any log but that of the looks has something of it, in the period or not.
    pub known: bool,
    /// Further references of the person asked about, sorted.
    pub linked: Vec<String>,
    /// What says that the person was erased.
    pub erasures: Vec<Erased>,
    /// Whether there is a state: of a matter, a credential or an endpoint there is none.
    pub has_state: bool,
    /// The moment before the first step; the state there is `begin`.
    pub from: Time,
    /// The last moment.
    pub to: Time,
    /// The state before the first step.
    pub begin: State,
    /// The steps, in the order in which they happened.
    pub steps: Vec<ReplayStep>,
    /// The place of the step at which the finding that was asked for begins.
    pub start: Option<usize>,
    /// The leaves that it rests on.
    pub marked: Vec<LeafAt>,
}

/// One step of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayStep {
    /// When.
    pub time: Time,
    /// The event of the timeline; none where the registry says something, or time alone changes something.
    pub event: Option<Happened>,
    /// The leaf; none where time alone changes something.
    pub leaf: Option<LeafAt>,
    /// The kind of event, where the registry says something.
    pub registry: Option<String>,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// What changed between two moments or cuts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differs {
    /// What the two differ in.
    pub what: What,
    /// The one.
    pub from: Side,
    /// The other.
    pub to: Side,
    /// When it was asked; what is shown after that is what falls due if nothing is done.
    pub now: Time,
    /// Since when the ledger has records.
    pub began: Option<Time>,
    /// Whether either of the two knows it.
    pub known: bool,
    /// Further references of the person asked about, sorted.
    pub linked: Vec<String>,
    /// What says that the person was erased.
    pub erasures: Vec<Erased>,
    /// What makes the other state of the one, by item.
    pub changes: Vec<Change>,
    /// Of the whole ledger: how much there is of everything.
    pub counts: Option<Counts>,
}

/// What two states differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// What was known: two cuts, at one moment.
    Known,
    /// What had happened: two moments, at one cut.
    Happened,
}

/// Where one of the two states stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// What was known.
    pub cut: CutName,
    /// What had happened.
    pub moment: Time,
}

/// How much of everything there is on the two sides, the one first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// People whom accepted events are about.
    pub people: [u64; 2],
    /// Accepted events about people.
    pub events: [u64; 2],
    /// Accepted events of the registry that rules look at.
    pub registry: [u64; 2],
    /// Leaves, by log.
    pub leaves: BTreeMap<String, [u64; 2]>,
    /// Findings that stand, by rule (`R04`) and result.
    pub findings: BTreeMap<String, BTreeMap<String, [u64; 2]>>,
}

impl Replayed {
    /// What plays it.
    pub fn player(&self) -> Player {
        let step = |step: &ReplayStep| Step {
            ms: step.time.0,
            on: step.leaf.clone(),
            changes: step.changes.clone(),
        };
        Player::new(Tape {
            begin_ms: self.from.0,
            end_ms: self.to.0,
            begin: self.begin.clone(),
            steps: self.steps.iter().map(step).collect(),
        })
    }
}
