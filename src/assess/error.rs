//! What can go wrong with findings.

use std::path::PathBuf;

use custodia_core::assess::CalendarError;

use super::unjudged::MOST_REGISTERED;
use crate::{keys, log, project, query, store};

/// Findings that can't be made, kept or asked for. Leaves, rows and other answers are not concerned:
/// findings can always be dropped and made again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Findings of the whole ledger are asked for, and none are kept up.
    #[error(
        "findings are not kept up here; set findings.enabled and project.enabled, or ask about one person with --subject"
    )]
    SwitchedOff,
    /// The findings' rows don't reach the cut that was asked for.
    #[error(
        "{log}: findings reach to leaf {covered}, and {asked} leaves were asked for; wait, and ask again"
    )]
    NotAssessed {
        /// The log.
        log: String,
        /// The leaves that findings cover.
        covered: u64,
        /// The leaves asked for.
        asked: u64,
    },
    /// The file of public holidays can't be read.
    #[error("{}: {source}; policy.holidays names it", path.display())]
    HolidaysUnread {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file of public holidays is none.
    #[error("{}: {source}", path.display())]
    HolidaysRefused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CalendarError,
    },
    /// The findings' store holds what this version doesn't write.
    #[error("{}: {what}; run `custodia rebuild`", path.display())]
    Corrupt {
        /// The store's folder.
        path: PathBuf,
        /// Which row, and what is wrong with it.
        what: String,
    },
    /// The findings cover more leaves than a log has.
    #[error(
        "{log}: findings reach to leaf {covered}, and the log has {size}; run `custodia fsck`, then `custodia rebuild`"
    )]
    AheadOfLog {
        /// The log.
        log: String,
        /// The leaves that findings are said to cover.
        covered: u64,
        /// The leaves that there are.
        size: u64,
    },
    /// The registry holds more events that rules look at than fit in memory.
    #[error(
        "the registry has more than {MOST_REGISTERED} events that rules look at; that many are judged at most"
    )]
    RegisterTooLong,
    /// A producer's sequence has more gaps than are judged.
    #[error(
        "the sequence of producer {0} has more gaps than are judged; does it number its events at random?"
    )]
    TooManyGaps(String),
    /// Assessing stopped, and findings are no longer kept up.
    #[error("findings are no longer kept up since assessing stopped: {0}")]
    Stopped(String),
    /// A question that contradicts itself.
    #[error("{0}")]
    BadQuestion(String),
    /// The store of the findings failed.
    #[error(transparent)]
    Store(#[from] store::Error),
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
            Self::SwitchedOff => "CU-0850",
            Self::NotAssessed { .. } => "CU-0851",
            Self::HolidaysUnread { .. } => "CU-0852",
            Self::HolidaysRefused { .. } => "CU-0853",
            Self::Corrupt { .. } => "CU-0854",
            Self::AheadOfLog { .. } => "CU-0855",
            Self::RegisterTooLong => "CU-0856",
            Self::TooManyGaps(_) => "CU-0857",
            Self::Stopped(_) => "CU-0858",
            Self::BadQuestion(_) => "CU-0859",
            Self::Store(source) => source.code(),
            Self::Project(source) => source.code(),
            Self::Query(source) => source.code(),
            Self::Log(source) => source.code(),
            Self::Keys(source) => source.code(),
        }
    }

    /// Whether the question, not the ledger, is at fault.
    pub const fn is_the_askers(&self) -> bool {
        match self {
            Self::Query(source) => source.is_the_askers(),
            Self::BadQuestion(_) | Self::SwitchedOff => true,
            _ => false,
        }
    }
}
