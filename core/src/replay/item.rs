//! What a state says something of.

use serde::{Deserialize, Serialize};

use crate::assess::{About, LeafAt};

/// One thing whose standing a state tells. Items are ordered by kind, then by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Item {
    /// The privacy policy in force.
    Policy,
    /// The list of SDKs that people can read.
    SdkList,
    /// A recipient, as the register has it.
    Recipient {
        /// Its id.
        recipient: String,
    },
    /// An entrustment.
    Entrustment {
        /// The recipient's id.
        recipient: String,
        /// The entrustment's id.
        entrustment: String,
    },
    /// A safeguard that was attested, by its name in the schema.
    Safeguard {
        /// The measure, e.g. `SG_ENCRYPTION`.
        measure: String,
    },
    /// A consent record.
    Consent {
        /// Its id.
        consent: String,
    },
    /// A device permission, by its name in the schema.
    Permission {
        /// The permission, e.g. `PERM_LOCATION`.
        permission: String,
    },
    /// An opt-out from commercial messages.
    OptOut {
        /// The channel, e.g. `CH_SMS`; `all` for a request to stop all marketing; `personalisation`.
        channel: String,
    },
    /// A rights request that is open.
    Request {
        /// Its id.
        request: String,
    },
    /// A complaint that is open.
    Complaint {
        /// Its id.
        complaint: String,
    },
    /// What lets data stay beyond its time.
    Cover {
        /// Why it may.
        cover: CoverWord,
        /// The hold's id; else the leaf.
        id: String,
    },
    /// A stage that an incident has reached.
    Incident {
        /// The incident's id.
        incident: String,
        /// The stage.
        stage: Stage,
    },
    /// A legal clock that runs: what a rule will find overdue where nothing is done.
    Clock(Judged),
    /// A finding that stands.
    Finding(Judged),
}

/// What tells a finding, or the clock that runs before it, from all others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Judged {
    /// The rule's number; 0 for what could not be judged.
    pub rule: u8,
    /// Whom or what it is about.
    pub about: About,
    /// The leaf that is judged; none where what is missing is the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<LeafAt>,
    /// Why, as a stable word of the rule.
    pub cause: String,
    /// The recipient concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
}

/// Why data may stay beyond its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverWord {
    /// The person authorised it anew (L322).
    Reauthorised,
    /// A legal hold by a statute or a case.
    Held,
    /// Restricted to storage and protection (PIPL 47).
    Restricted,
}

/// The stages of an incident, in the order in which an answer shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The operator knows of it.
    Known,
    /// It is graded.
    Graded,
    /// It is being contained.
    Contained,
    /// It is known how many people it touches.
    Counted,
    /// A regulator was told.
    RegulatorTold,
    /// The police were told.
    PoliceTold,
    /// People were told one by one.
    PeopleTold,
    /// A public notice was posted.
    PublicTold,
    /// It is closed.
    Closed,
    /// The closing report is filed.
    Reported,
}
