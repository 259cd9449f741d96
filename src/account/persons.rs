//! Who is registered, with which key and in which role.

use custodia_core::approval::Persons;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::When;
use crate::assess::FindingsDesk;
use crate::query::{CutName, Time, Word};

/// Who is registered?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonsQuestion {
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
}

/// The people whose approvals count, by reference. Names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonsAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// All that was registered, by person, in order.
    pub rows: Vec<PersonRow>,
}

/// One key of a person, in one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRow {
    /// The person, by employee reference.
    pub person: String,
    /// The role.
    pub role: Option<Word>,
    /// The Ed25519 public key, hex.
    pub public_key: String,
    /// Since when.
    pub from: Time,
    /// The first moment at which it holds no more; none where nothing says so.
    pub until: Option<Time>,
    /// Whether it holds now.
    pub holds: bool,
}

impl PersonsQuestion {
    /// The answer.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn answer(&self, desk: &FindingsDesk) -> Result<PersonsAnswer, Error> {
        let when = When {
            as_of: self.as_of.as_deref(),
            at: None,
        };
        let from = when.standpoint(desk)?;
        let persons = Persons::of(desk.judging(&from)?.register());
        let now_ms = desk.clock().now_ms();
        let mut rows = Vec::new();
        for (person, all) in persons.all() {
            rows.extend(all.iter().map(|one| PersonRow {
                person: person.to_owned(),
                role: Word::of("PersonRole", one.role.into()),
                public_key: hex::encode(&one.public_key),
                from: Time(one.from_ms),
                until: one.until_ms.map(Time),
                holds: one.holds_at(now_ms),
            }));
        }
        Ok(PersonsAnswer {
            cut: CutName::from(from.cut()),
            rows,
        })
    }
}
