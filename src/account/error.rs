//! Why an account is not given.

use custodia_core::approval::Refused;

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
    /// Approvals don't count.
    #[error(transparent)]
    Approval(#[from] Refused),
    /// An approval is of nothing that is to be erased.
    #[error("{0} approves none of the references that are to be erased; leave it out")]
    StrayApproval(String),
    /// The order was given before.
    #[error(
        "the order {0} was given before, and approvals count once: request new ones, or see what it did with \
         custodia erase --certificate {0}"
    )]
    OrderUsed(String),
    /// There is nothing to erase at a leaf.
    #[error("{log} #{index}: {why}")]
    NotErasable {
        /// The log.
        log: String,
        /// The leaf.
        index: u64,
        /// Why not.
        why: &'static str,
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
            Self::Approval(source) => source.code(),
            Self::StrayApproval(_) => "CU-0973",
            Self::OrderUsed(_) => "CU-0974",
            Self::NotErasable { .. } => "CU-0975",
            Self::Query(source) => source.code(),
            Self::Assess(source) => source.code(),
        }
    }

    /// Whether the question, not the ledger, is at fault.
    pub fn is_the_askers(&self) -> bool {
        match self {
            Self::BadQuestion(_)
            | Self::TooLarge { .. }
            | Self::Digests { .. }
            | Self::Approval(_)
            | Self::StrayApproval(_)
            | Self::OrderUsed(_)
            | Self::NotErasable { .. } => true,
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
            Error::StrayApproval("a.approval".to_owned()),
            Error::OrderUsed("order-1".to_owned()),
            Error::NotErasable {
                log: "log".to_owned(),
                index: 1,
                why: "why",
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
