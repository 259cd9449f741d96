//! How an item stands.

use serde::{Deserialize, Serialize};

use crate::assess::{Due, LeafAt, Mark, Outcome, Sentence};

/// How an item stands, and the leaves that say so. Times are in ms since 1970, values of vocabularies by their
/// names in the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What holds.
    #[serde(flatten)]
    pub holds: Holds,
    /// The leaves that it rests on, ascending; none where the machine-readable policy alone says so.
    pub leaves: Vec<LeafAt>,
}

/// What holds of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "holds", rename_all = "snake_case")]
pub enum Holds {
    /// A policy is in force.
    PolicyInForce {
        /// Its version.
        version: String,
        /// Since when.
        effective_ms: i64,
    },
    /// A list of SDKs is published.
    SdksListed {
        /// The SDKs' names, in the list's order.
        sdks: Vec<String>,
    },
    /// A recipient is in the register.
    Registered {
        /// What part it plays, e.g. `AC_COURIER`.
        kind: String,
        /// What it is in law.
        legal_role: String,
        /// The agreement with it.
        agreement: AgreementWord,
        /// Whether it signed for confidentiality (L176).
        confidentiality: bool,
        /// The result of its last assessment that hasn't run out; none where there is none.
        assessed: Option<String>,
        /// Since when it may receive nothing more; none where it may.
        terminated_ms: Option<i64>,
    },
    /// An entrustment is known.
    Entrusted {
        /// How far it is.
        stage: EntrustmentWord,
        /// When its time ends or ended; none where it doesn't say.
        until_ms: Option<i64>,
    },
    /// A safeguard is attested.
    Attested {
        /// Until when.
        until_ms: i64,
    },
    /// A consent is in force.
    Given {
        /// How strong it is, e.g. `CS_SEPARATE`.
        strength: String,
        /// What it allows.
        purposes: Vec<String>,
        /// For which categories.
        categories: Vec<String>,
        /// For which recipients.
        recipients: Vec<String>,
        /// Until when, by its own words; none where it says no end.
        until_ms: Option<i64>,
        /// The consent that holds in its place; none where it holds itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// A consent is not in force.
    NotGiven {
        /// Why, as a stable word, e.g. `consent_withdrawn`.
        why: String,
        /// Whether it had been given before, and ended.
        ended: bool,
    },
    /// A permission is on.
    On,
    /// A permission is off.
    Off,
    /// An opt-out holds.
    OptedOut,
    /// A request or complaint is open.
    Open {
        /// What is asked for, e.g. `RR_DELETE`.
        kind: String,
        /// When it arrived.
        received_ms: i64,
        /// When it is due by the producer's word; the law's term is a clock of its own.
        due_ms: Option<i64>,
        /// Whether the person was recognised.
        verified: bool,
    },
    /// Data may stay.
    MayStay {
        /// Which categories.
        categories: Vec<String>,
        /// In which store; none where in all.
        store: Option<String>,
        /// Until when; none where no end is known.
        until_ms: Option<i64>,
    },
    /// An incident has a stage since a moment.
    Since {
        /// When the stage was reached first.
        ms: i64,
    },
    /// An incident has a grade.
    Grade {
        /// The grade, e.g. `BR_MAJOR`.
        grade: String,
        /// Since when.
        ms: i64,
    },
    /// An incident is being contained.
    Containing {
        /// The steps taken, each once, in order.
        steps: Vec<String>,
    },
    /// An incident touches so many people.
    People {
        /// How many.
        people: u64,
        /// Since when that is known.
        ms: i64,
    },
    /// Somebody was told.
    Told {
        /// How many: authorities' reports, people, notices.
        count: u64,
        /// When first.
        first_ms: i64,
    },
    /// A clock runs.
    Running {
        /// When it runs out.
        due: Due,
        /// What the rule will say.
        sentence: Sentence,
    },
    /// A finding stands.
    Stands {
        /// Its result.
        result: Outcome,
        /// What it needs beside its result.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
        /// Since when.
        since_ms: i64,
        /// When it will be mended, by what is known; none where nothing says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ms: Option<i64>,
        /// What was due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Due>,
        /// The clauses it rests on.
        clauses: Vec<String>,
        /// What it says.
        sentence: Sentence,
    },
}

/// How an agreement with a recipient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreementWord {
    /// The register names none.
    Missing,
    /// It hasn't begun.
    NotBegun,
    /// It is in force.
    InForce,
    /// It has ended.
    Ended,
}

/// How far an entrustment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntrustmentWord {
    /// It holds.
    Holds,
    /// It has ended, and nothing shows that the data is gone.
    Ended,
    /// It has ended, and the recipient confirmed deletion.
    Deleted,
}

impl Standing {
    /// A standing that rests on these leaves.
    pub(super) fn new(holds: Holds, leaves: impl IntoIterator<Item = LeafAt>) -> Self {
        let mut leaves: Vec<_> = leaves.into_iter().collect();
        leaves.sort();
        leaves.dedup();
        Self { holds, leaves }
    }
}
