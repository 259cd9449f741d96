//! Why a replay or a difference has no answer.

use custodia_core::assess::MOST_OCCURRENCES;
use custodia_core::replay::MOST_LOOKED_AT;

use crate::query::Time;
use crate::{assess, log, query};

/// A replay or a difference that isn't answered. Nothing about a person has left then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A question that contradicts itself.
    #[error("{0}")]
    BadQuestion(String),
    /// A time is held against a cut.
    #[error(
        "{0:?} is a time and {1:?} a cut's name: give two times (what had happened) or two cuts (what was known)"
    )]
    Mixed(String, String),
    /// Too much happened in the period.
    #[error(
        "too much happened to play it whole: more than {MOST_LOOKED_AT} events would be looked at again; it got \
         as far as {reached}. Ask for a shorter period with --from and --to"
    )]
    TooLong {
        /// How far it got.
        reached: Time,
    },
    /// A person or thing has more events than are judged, so that no state can be told.
    #[error(
        "there are more than {MOST_OCCURRENCES} events or too many references, so no state can be told; \
         `custodia timeline` shows the events, with --from and --to"
    )]
    Unjudged,
    /// A finding's name can't be read.
    #[error(
        "{0:?} names no finding; write its rule and a leaf that it rests on: R04@custodia.events/0/0#17"
    )]
    BadFindingName(String),
    /// No such finding begins in the period.
    #[error(
        "no finding {0} begins in the period; `custodia findings --all` names those there are, and --from and --to \
         set the period"
    )]
    NoSuchFinding(String),
    /// What the rules are asked.
    #[error(transparent)]
    Assess(#[from] assess::Error),
    /// A question below.
    #[error(transparent)]
    Query(#[from] query::Error),
    /// A log.
    #[error(transparent)]
    Log(#[from] log::Error),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadQuestion(_) => "CU-0950",
            Self::Mixed(..) => "CU-0951",
            Self::TooLong { .. } => "CU-0952",
            Self::Unjudged => "CU-0953",
            Self::BadFindingName(_) => "CU-0954",
            Self::NoSuchFinding(_) => "CU-0955",
            Self::Assess(source) => source.code(),
            Self::Query(source) => source.code(),
            Self::Log(source) => source.code(),
        }
    }

    /// Whether the question, not the ledger, is at fault.
    pub const fn is_the_askers(&self) -> bool {
        match self {
            Self::Assess(source) => source.is_the_askers(),
            Self::Query(source) => source.is_the_askers(),
            Self::Log(_) => false,
            _ => true,
        }
    }
}
