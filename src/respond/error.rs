//! What can go wrong with exposures and incidents.

use custodia_core::incident::{ListError, NoticeError};

use crate::{assess, keys, log, project, query};

/// A question that isn't answered, or a deed that isn't put on record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The window is empty.
    #[error("the window ends before it begins; give --from before --to")]
    EmptyWindow,
    /// What leaked has not the form of its kind.
    #[error("{0}")]
    NotLeaked(&'static str),
    /// More people than are listed at once.
    #[error(
        "more than {0} people are touched; ask for shorter windows with --list, and give all lists to `custodia incident affected`"
    )]
    TooManyPeople(usize),
    /// More categories, or more recipients, than are counted apart.
    #[error("more than {0} {1} are touched; ask for a shorter window")]
    TooManyKinds(usize, &'static str),
    /// The incident isn't known.
    #[error("the ledger knows no incident {0}; `custodia incident open {0}` makes it known")]
    NoSuchIncident(String),
    /// The deed doesn't fit how the incident stands.
    #[error("{incident}: {why}")]
    DoesNotFit {
        /// The incident.
        incident: String,
        /// What is in the way, and what to do.
        why: String,
    },
    /// A list of references that can't be used.
    #[error(transparent)]
    List(#[from] ListError),
    /// A list that isn't the one the log has the root of.
    #[error(
        "the list is not the one on record: it has {count} people and the root {root}; on record are {recorded}"
    )]
    AnotherList {
        /// How many references the list has.
        count: u64,
        /// Its root, hex.
        root: String,
        /// What the log has.
        recorded: String,
    },
    /// A notice that says too little.
    #[error("the notice lacks: {0}; `custodia incident notice` makes a draft with all of it")]
    Lacks(String),
    /// A text that is no notice yet.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// The ledger that runs has not read what the registry's topic has.
    #[error(
        "{0}: the ledger that runs has not read all of it yet, so how the incident stands isn't known; wait, and repeat"
    )]
    Behind(String),
    /// Findings.
    #[error(transparent)]
    Assess(#[from] assess::Error),
    /// Rows.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// A question below.
    #[error(transparent)]
    Query(#[from] query::Error),
    /// A log.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] keys::Error),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyWindow => "CU-0900",
            Self::NotLeaked(_) => "CU-0901",
            Self::TooManyPeople(_) => "CU-0902",
            Self::TooManyKinds(..) => "CU-0903",
            Self::NoSuchIncident(_) => "CU-0904",
            Self::DoesNotFit { .. } => "CU-0905",
            Self::List(_) => "CU-0906",
            Self::AnotherList { .. } => "CU-0907",
            Self::Lacks(_) => "CU-0908",
            Self::Notice(_) => "CU-0909",
            Self::Behind(_) => "CU-0910",
            Self::Assess(source) => source.code(),
            Self::Project(source) => source.code(),
            Self::Query(source) => source.code(),
            Self::Log(source) => source.code(),
            Self::Keys(source) => source.code(),
        }
    }

    /// Whether the question, not the ledger, is at fault.
    pub const fn is_the_askers(&self) -> bool {
        match self {
            Self::Assess(source) => source.is_the_askers(),
            Self::Query(source) => source.is_the_askers(),
            Self::Project(_) | Self::Log(_) | Self::Keys(_) | Self::Behind(_) => false,
            _ => true,
        }
    }
}
