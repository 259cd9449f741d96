//! What came out of checking an extract.

use super::fault::Failure;
use super::manifest::Checked;
use crate::assess::Finding;
use crate::extract::Manifest;
use crate::report::{Standing, fingerprint};

/// The parts of an extract that nothing in it proves (`proto/FORMAT.md` 13.11).
pub const OPERATORS_WORD: [&str; 7] = [
    "said",
    "findings",
    "refuted",
    "open_elsewhere",
    "policy_versions",
    "request",
    "cut.time",
];

/// The verdict on an extract (`proto/FORMAT.md` 13.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// All holds, and the policy vouches for the key.
    Proven,
    /// All holds, but no policy vouches for the key.
    KeyUnconfirmed,
    /// All but the documents holds: their edition is not known here.
    ReportsUnchecked,
    /// Something doesn't hold.
    Failed,
    /// The members can't be told apart.
    Unreadable,
}

impl Outcome {
    /// The status that a program ends with.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Proven => 0,
            Self::KeyUnconfirmed => 6,
            Self::ReportsUnchecked => 7,
            Self::Failed => 8,
            Self::Unreadable => 9,
        }
    }

    /// Its name, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::KeyUnconfirmed => "unconfirmed_key",
            Self::ReportsUnchecked => "reports_unchecked",
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
        }
    }

    pub(super) const fn of(is_confirmed: bool, is_checked: bool) -> Self {
        match (is_confirmed, is_checked) {
            (false, _) => Self::KeyUnconfirmed,
            (true, false) => Self::ReportsUnchecked,
            (true, true) => Self::Proven,
        }
    }
}

/// One thing that was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proven {
    /// The manifest is signed by the key that it names.
    Manifest,
    /// The members are those that the manifest names, byte for byte.
    Members,
    /// Each event shown is a leaf of the cut, and what is opened is what the leaf commits to.
    Events,
    /// The cut's logs are of one history with checkpoints that the key signed.
    Cut,
    /// The policy vouches for the key, and its quorum signed each checkpoint.
    Key,
    /// The known checkpoints are of the same history.
    Known,
    /// That this extract was issued is a leaf of its ledger.
    Receipt,
    /// The documents say what the manifest and the events say.
    Reports,
}

impl Proven {
    /// Its name, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Members => "members",
            Self::Events => "events",
            Self::Cut => "cut",
            Self::Key => "key",
            Self::Known => "known",
            Self::Receipt => "receipt",
            Self::Reports => "reports",
        }
    }
}

/// What a reader must know beside the outcome. None of it makes an extract fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// That no event was left out is not proven: there is no such proof yet.
    Completeness,
    /// Logs that the operator has open and that the cut lacks, by origin.
    OpenElsewhere(Vec<String>),
    /// No receipt was at hand: it isn't shown that issuing this extract is on record.
    NoReceipt,
    /// Neither witnesses nor known checkpoints: the operator may show others another history.
    NoOtherEyes,
    /// The policy has keys of a type that isn't verified here: name and type of each.
    UnverifiedKeys(Vec<(String, u8)>),
    /// The cut has no time: none of its records has a timestamp.
    NoCutTime,
    /// The policy has keys of this ledger, and the one that signed is none of them.
    OtherKeys,
}

impl Warning {
    /// Its name, for programs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Completeness => "completeness_not_proven",
            Self::OpenElsewhere(_) => "open_elsewhere",
            Self::NoReceipt => "no_receipt",
            Self::NoOtherEyes => "no_other_eyes",
            Self::UnverifiedKeys(_) => "unverified_keys",
            Self::NoCutTime => "no_cut_time",
            Self::OtherKeys => "other_keys",
        }
    }
}

/// The report on one extract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The verdict.
    pub outcome: Outcome,
    /// What the extract says of itself, without its list of members; `None` where it can't be read.
    /// Until [`Proven::Manifest`] it may be anybody's words.
    pub manifest: Option<Manifest>,
    /// How many leaves are shown, once they were read.
    pub events: Option<u64>,
    /// What the rules say, each finding with what makes it count; once the opened slots were judged again.
    pub findings: Option<Vec<(Finding, Standing)>>,
    /// What was proven, in order; where the outcome is [`Outcome::Failed`], before that.
    pub proven: Vec<Proven>,
    /// What a reader must know besides.
    pub warnings: Vec<Warning>,
    /// Where it failed and what, with [`Outcome::Failed`] and [`Outcome::Unreadable`].
    pub failure: Option<Failure>,
}

impl Report {
    pub(super) const fn new() -> Self {
        Self {
            outcome: Outcome::Failed,
            manifest: None,
            events: None,
            findings: None,
            proven: Vec::new(),
            warnings: Vec::new(),
            failure: None,
        }
    }

    pub(super) fn stopped(outcome: Outcome, failure: Failure) -> Self {
        Self {
            outcome,
            failure: Some(failure),
            ..Self::new()
        }
    }

    pub(super) fn learn(&mut self, checked: &Checked) {
        let manifest = &checked.manifest;
        self.manifest = Some(Manifest {
            members: None,
            ..manifest.clone()
        });
        self.warnings.push(Warning::Completeness);
        if !manifest.open_elsewhere.is_empty() {
            let logs = manifest.open_elsewhere.clone();
            self.warnings.push(Warning::OpenElsewhere(logs));
        }
        if manifest.cut.time.is_none() {
            self.warnings.push(Warning::NoCutTime);
        }
    }

    /// How many findings the opened slots alone confirm, how many are the operator's word, and how many of
    /// those that the slots would give the operator refutes; once they were judged again.
    #[must_use]
    pub fn finding_counts(&self) -> Option<[u64; 3]> {
        let findings = self.findings.as_ref()?;
        let of =
            |wanted: Standing| findings.iter().filter(|(_, one)| *one == wanted).count() as u64;
        Some([Standing::Confirmed, Standing::Said, Standing::Refuted].map(of))
    }

    /// The extract's id (`proto/FORMAT.md` 13.4).
    #[must_use]
    pub fn id(&self) -> Option<[u8; 32]> {
        self.manifest.as_ref().map(Manifest::id)
    }

    /// The fingerprint of the key that signed it: hex SHA-256 of its 32 public bytes, in groups of
    /// four.
    #[must_use]
    pub fn fingerprint(&self) -> Option<String> {
        fingerprint(&self.manifest.as_ref()?.key)
    }

    /// The latest record timestamp in the cut, in milliseconds since 1970: the operator's word.
    #[must_use]
    pub fn cut_time_ms(&self) -> Option<i64> {
        Some(self.manifest.as_ref()?.cut.time?.0)
    }
}
