//! Why an account is not given.

use crate::{assess, query};

/// A question that isn't answered. Nothing about a person has left then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The question contradicts itself.
    #[error("{0}")]
    BadQuestion(String),
    /// The answer would hold more than fits in memory.
    #[error(
        "the answer would hold more than {limit} {what}; ask for less, e.g. a shorter period with --from and --to"
    )]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How many at most.
        limit: usize,
    },
    /// A line of a partner's list of digests can't be read.
    #[error("line {line} of the list of digests: {what}")]
    Digests {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// Rows, leaves or looks.
    #[error(transparent)]
    Query(#[from] query::Error),
    /// What is judged by, or kept findings.
    #[error(transparent)]
    Assess(#[from] assess::Error),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &str {
        match self {
            Self::BadQuestion(_) => "CU-0970",
            Self::TooLarge { .. } => "CU-0971",
            Self::Digests { .. } => "CU-0972",
            Self::Query(source) => source.code(),
            Self::Assess(source) => source.code(),
        }
    }

    /// Whether the question, not the ledger, is at fault.
    pub fn is_the_askers(&self) -> bool {
        match self {
            Self::BadQuestion(_) | Self::TooLarge { .. } | Self::Digests { .. } => true,
            Self::Query(source) => source.is_the_askers(),
            Self::Assess(source) => source.is_the_askers(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page() {
        let errors = [
            Error::BadQuestion("what".to_owned()),
            Error::TooLarge {
                what: "rows",
                limit: 1,
            },
            Error::Digests {
                line: 1,
                what: "why".to_owned(),
            },
        ];
        for error in errors {
            assert!(error.is_the_askers());
            let path = format!(
                "{}/ops/runbook/{}.md",
                env!("CARGO_MANIFEST_DIR"),
                error.code()
            );
            let page = std::fs::read_to_string(&path).unwrap();
            assert!(page.starts_with(&format!("# {}: ", error.code())), "{path}");
        }
    }
}
