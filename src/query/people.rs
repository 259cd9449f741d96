//! One question about several people: each answered in its place, and a look at each on record
//! before any of it leaves (design §1, law 9).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::who::MOST_ROWS;
use super::{Error, Time, WhoAnswer};

/// Who received these people's data, and when?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PeopleQuestion {
    /// The references.
    pub subjects: Vec<String>,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
    /// What had happened by then.
    pub at: Option<Time>,
}

/// What there is to say of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfOne {
    /// The answer.
    Answer(Box<WhoAnswer>),
    /// Why there is none. The others are answered.
    Refused(Refused),
}

/// Why one of several questions has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refused {
    /// The error's stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
}

/// The answers as they grow, and whom they show.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) answers: Vec<OfOne>,
    /// Each reference, with how many rows are shown of it.
    pub(super) people: BTreeMap<String, u64>,
    rows: usize,
}

impl Gathered {
    /// Takes in what came of one question; an error that is of that question alone has its place
    /// among the answers.
    pub(super) fn take(&mut self, came: Result<WhoAnswer, Error>) -> Result<(), Error> {
        let answer = match came {
            Ok(answer) => answer,
            Err(error @ (Error::NotAReference | Error::TooMany { .. })) => {
                self.answers.push(OfOne::Refused(Refused {
                    code: error.code().to_owned(),
                    message: error.to_string(),
                }));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.rows += answer.rows.len() + answer.quarantined.len();
        if self.rows > MOST_ROWS {
            return Err(Error::TooMany {
                what: "rows",
                limit: MOST_ROWS,
            });
        }
        for (reference, rows) in answer.shown() {
            // Two that are linked show the same rows twice.
            let shown = self.people.entry(reference).or_default();
            *shown = rows.max(*shown);
        }
        self.answers.push(OfOne::Answer(Box::new(answer)));
        Ok(())
    }
}
