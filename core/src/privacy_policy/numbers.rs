//! Numbers that rules need: deadlines with the moment their clock starts, thresholds, retention.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::item::{Name, item, screaming};
use super::vocabulary::{one, set};
use super::{Citation, Moment};
use crate::schema::v1::{CrossBorderRule, ErasureMethod, RetentionRule};

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Period {
    /// Seconds.
    Seconds(u32),
    /// Hours from the moment itself.
    Hours(u32),
    /// Days of the calendar, the first not counted, the last until 24:00 (民法典 201, 203).
    Days(u32),
    /// Working days, counted alike.
    WorkingDays(u32),
    /// Months of the calendar.
    Months(u32),
    /// Years of the calendar.
    Years(u32),
}

/// The moment from which a clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// A request or withdrawal was received.
    Received,
    /// The person's identity was verified.
    IdentityVerified,
    /// An account was cancelled.
    Cancelled,
    /// The person authorised the handling.
    Authorised,
    /// The last order was completed.
    LastOrderCompleted,
    /// The account was opened.
    AccountOpened,
    /// An incident was known.
    IncidentKnown,
    /// An incident was closed.
    IncidentClosed,
    /// A recipient was told to delete, or had to be.
    RecipientTold,
    /// Something was recorded, provided or assessed.
    Recorded,
    /// The event occurred.
    Occurred,
    /// A number of people was reached.
    NumberReached,
    /// The last audit ended.
    LastAudit,
}

/// A deadline that a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeadlineId {
    /// A request must be fulfilled or refused (R19).
    RightsRequest,
    /// The desk is warned of a request that is still open (R19).
    RightsWarning,
    /// A complaint must be answered (R20).
    ComplaintAnswer,
    /// The identity of who complains must be verified (R20).
    IdentityVerification,
    /// Every store must have erased, anonymised or restricted after cancellation (R22).
    CancellationWipe,
    /// Recipients must have confirmed deletion (R24).
    DownstreamConfirmation,
    /// The regulator must be told of a larger incident (R25).
    IncidentReport,
    /// The same for an operator of critical infrastructure (R25).
    IncidentReportCritical,
    /// The same for organs of the central state (R25).
    IncidentReportCentralOrgan,
    /// The regulator must be told of any incident (R25).
    IncidentReportAnyGrade,
    /// People must be told of an incident (R26).
    IncidentNotice,
    /// The report after an incident must be filed (R27).
    PostIncidentReport,
    /// Face data must be filed with the authority (R36).
    FaceFiling,
    /// A compliance audit must be made (R37).
    ComplianceAudit,
    /// Impact assessments must be kept (R10).
    AssessmentKept,
    /// Records of provision and entrustment must be kept (R33).
    ProvisionRecordsKept,
    /// Network logs must be kept (R33).
    NetworkLogsKept,
    /// An event must have reached the ledger (R35).
    EventArrival,
    /// How far ahead of the ledger a producer's clock may run (R35).
    ClockAhead,
}

impl DeadlineId {
    /// All of them; a policy states each.
    pub const ALL: [Self; 19] = [
        Self::RightsRequest,
        Self::RightsWarning,
        Self::ComplaintAnswer,
        Self::IdentityVerification,
        Self::CancellationWipe,
        Self::DownstreamConfirmation,
        Self::IncidentReport,
        Self::IncidentReportCritical,
        Self::IncidentReportCentralOrgan,
        Self::IncidentReportAnyGrade,
        Self::IncidentNotice,
        Self::PostIncidentReport,
        Self::FaceFiling,
        Self::ComplianceAudit,
        Self::AssessmentKept,
        Self::ProvisionRecordsKept,
        Self::NetworkLogsKept,
        Self::EventArrival,
        Self::ClockAhead,
    ];
}

/// A deadline: how long, and from when.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Which.
    pub id: DeadlineId,
    /// How long.
    pub period: Period,
    /// From when the clock runs.
    pub starts: Start,
    /// From when it is law, where that is later than the policy.
    pub since: Option<Moment>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// A number that a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ThresholdId {
    /// Uses of one exemption for one recipient or service, above which there is a warning (R07).
    ExemptionUses,
    /// People whose records one internal query touches, above which there is an alert (R34).
    BulkAccessPeople,
    /// Different reviewers of a disclosure (R12).
    DisclosureReviewers,
    /// People affected from which an incident is larger (R28).
    IncidentLargerPeople,
    /// People affected from which an incident is major (R28).
    IncidentMajorPeople,
    /// People affected from which an incident is especially major (R28).
    IncidentEspeciallyMajorPeople,
    /// People whose face data is stored, from which it is filed (R36).
    FaceFilingPeople,
    /// People whose data is handled, above which audits have a fixed cycle (R37).
    AuditPeople,
}

impl ThresholdId {
    /// All of them; a policy states each.
    pub const ALL: [Self; 8] = [
        Self::ExemptionUses,
        Self::BulkAccessPeople,
        Self::DisclosureReviewers,
        Self::IncidentLargerPeople,
        Self::IncidentMajorPeople,
        Self::IncidentEspeciallyMajorPeople,
        Self::FaceFilingPeople,
        Self::AuditPeople,
    ];
}

/// A number, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Which.
    pub id: ThresholdId,
    /// The number.
    pub value: u64,
    /// From when it is law, where that is later than the policy.
    pub since: Option<Moment>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// How long data stays (domain §1.7).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The rule.
    #[serde(with = "one")]
    pub id: RetentionRule,
    /// How long after `starts` data may stay; none where the rule names no length.
    pub period: Option<Period>,
    /// From when the clock runs.
    pub starts: Option<Start>,
    /// From when it runs where that never happens (domain §1.8, 21).
    pub otherwise_starts: Option<Start>,
    /// What follows at its end.
    #[serde(default, with = "set")]
    pub then: BTreeSet<RetentionRule>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// How data is made to go (domain §1.7).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// The method.
    #[serde(with = "one")]
    pub id: ErasureMethod,
    /// Whether it ends the duty to delete (PIPL 47, 73).
    pub ends_duty: bool,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

/// Where data may be (domain §1.7).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Residence {
    /// The rule.
    #[serde(with = "one")]
    pub id: CrossBorderRule,
    /// The countries, ISO 3166-1 alpha-2; CN is the mainland.
    pub countries: BTreeSet<String>,
    /// Where it comes from.
    pub cites: Vec<Citation>,
    /// What it says, in English.
    pub en: String,
}

impl Name for DeadlineId {
    fn name_of(&self) -> String {
        screaming(&format!("{self:?}"))
    }
}

impl Name for ThresholdId {
    fn name_of(&self) -> String {
        screaming(&format!("{self:?}"))
    }
}

item!(Deadline, DeadlineId);
item!(Threshold, ThresholdId);
item!(Retention, RetentionRule);
item!(Erasure, ErasureMethod);
item!(Residence, CrossBorderRule);
