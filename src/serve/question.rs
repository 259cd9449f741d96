//! Questions, and the door that each is asked at: once for the socket, its client and the folder.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::assess::{
    self, FindingsAnswer, FindingsDesk, FindingsQuestion, TrialAnswer, TrialQuestion,
};
use crate::query::{
    self, Asking, Desk, Existence, ExistenceQuestion, Landed, LandedQuestion, OfOne,
    PeopleQuestion, Policies, PoliciesQuestion, Receipt, ReceiptQuestion, Timeline,
    TimelineQuestion, Verdicts, VerdictsQuestion, WhoAnswer, WhoQuestion,
};
use crate::replay::{self, DiffQuestion, Differs, ReplayQuestion, Replayed};
use crate::respond::{
    self, ExposureQuestion, GapsAnswer, GapsQuestion, IncidentPiece, IncidentQuestion, Piece,
};

/// The largest question, in bytes.
pub(super) const MOST_BYTES: usize = 64 << 10;
/// The largest question about several people, in bytes: as many references as one answer may show.
const MOST_BYTES_OF_PEOPLE: usize = 512 << 10;

/// Who answers.
#[derive(Clone)]
pub struct Desks {
    /// What rows say.
    pub desk: Arc<Desk>,
    /// What the rules say.
    pub findings: Arc<FindingsDesk>,
}

/// Why a question has no answer.
pub trait Refusing: std::error::Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    fn code(&self) -> &str;
    /// Whether the question, not the ledger, is at fault.
    fn is_the_askers(&self) -> bool;
    /// Whether the one who asks may ask nothing.
    fn is_nobodys(&self) -> bool {
        false
    }
}

/// A question whose answer may show people: a look goes on record first.
pub trait Question: Serialize + DeserializeOwned + Send + 'static {
    /// The path at the socket.
    const DOOR: &'static str;
    /// The largest one, in bytes.
    const MOST_BYTES: usize = MOST_BYTES;
    /// What comes back.
    type Answer: Serialize + DeserializeOwned + Send + 'static;
    /// Why nothing does.
    type Error: Refusing + From<query::Error> + Send + 'static;

    /// Whether it is answered from the findings that are kept up.
    fn needs_findings(&self) -> bool {
        false
    }

    /// The answer, once the looks are on record.
    ///
    /// # Errors
    /// Why there is none; then nothing has left.
    fn answer(&self, desks: &Desks, asking: &Asking) -> Result<Self::Answer, Self::Error>;
}

/// A question whose answer names nobody: no look is recorded, but whoever asks must be somebody.
pub trait OpenQuestion: Serialize + DeserializeOwned + Send + 'static {
    /// The path at the socket.
    const DOOR: &'static str;
    /// The largest one, in bytes.
    const MOST_BYTES: usize = MOST_BYTES;
    /// What comes back.
    type Answer: Serialize + DeserializeOwned + Send + 'static;
    /// Why nothing does.
    type Error: Refusing + From<query::Error> + Send + 'static;

    /// Whether it is answered from the findings that are kept up.
    fn needs_findings(&self) -> bool {
        false
    }

    /// The answer.
    ///
    /// # Errors
    /// Why there is none.
    fn answer(&self, desks: &Desks) -> Result<Self::Answer, Self::Error>;
}

/// A question whose answer may be long: it comes in pieces. Looks go on record before the first.
pub trait PiecemealQuestion: Serialize + DeserializeOwned + Send + 'static {
    /// The path at the socket.
    const DOOR: &'static str;
    /// What comes back, many times.
    type Piece: Serialize + DeserializeOwned + Send + 'static;
    /// Why nothing does.
    type Error: Refusing + From<query::Error> + Send + 'static;

    /// Whether it is answered from the findings that are kept up.
    fn needs_findings(&self) -> bool {
        false
    }

    /// Hands on the answer once the looks are on record; where `each` says false, the rest is left out.
    ///
    /// # Errors
    /// Why there is none, or none to the end.
    fn answer(
        &self,
        desks: &Desks,
        asking: &Asking,
        each: &mut dyn FnMut(Self::Piece) -> bool,
    ) -> Result<(), Self::Error>;
}

impl Refusing for query::Error {
    fn code(&self) -> &str {
        self.code()
    }

    fn is_the_askers(&self) -> bool {
        self.is_the_askers()
    }

    fn is_nobodys(&self) -> bool {
        matches!(self, Self::UnmappedUid(_))
    }
}

impl Refusing for assess::Error {
    fn code(&self) -> &str {
        self.code()
    }

    fn is_the_askers(&self) -> bool {
        self.is_the_askers()
    }

    fn is_nobodys(&self) -> bool {
        matches!(self, Self::Query(source) if source.is_nobodys())
    }
}

impl Refusing for replay::Error {
    fn code(&self) -> &str {
        self.code()
    }

    fn is_the_askers(&self) -> bool {
        self.is_the_askers()
    }

    fn is_nobodys(&self) -> bool {
        matches!(self, Self::Query(source) if source.is_nobodys())
    }
}

impl Question for ReplayQuestion {
    const DOOR: &'static str = "/v1/replay";
    type Answer = Replayed;
    type Error = replay::Error;

    fn needs_findings(&self) -> bool {
        self.needs_findings()
    }

    fn answer(&self, desks: &Desks, asking: &Asking) -> Result<Replayed, replay::Error> {
        replay::replay(&desks.findings, asking, self)
    }
}

impl Question for DiffQuestion {
    const DOOR: &'static str = "/v1/diff";
    type Answer = Differs;
    type Error = replay::Error;

    fn needs_findings(&self) -> bool {
        self.needs_findings()
    }

    fn answer(&self, desks: &Desks, asking: &Asking) -> Result<Differs, replay::Error> {
        replay::differ(&desks.findings, asking, self)
    }
}

impl Refusing for respond::Error {
    fn code(&self) -> &str {
        self.code()
    }

    fn is_the_askers(&self) -> bool {
        self.is_the_askers()
    }

    fn is_nobodys(&self) -> bool {
        matches!(self, Self::Query(source) if source.is_nobodys())
    }
}

impl PiecemealQuestion for ExposureQuestion {
    const DOOR: &'static str = "/v1/exposure";
    type Piece = Piece;
    type Error = respond::Error;

    fn needs_findings(&self) -> bool {
        true
    }

    fn answer(
        &self,
        desks: &Desks,
        asking: &Asking,
        each: &mut dyn FnMut(Piece) -> bool,
    ) -> Result<(), respond::Error> {
        respond::exposure(&desks.findings, asking, self, each)
    }
}

impl PiecemealQuestion for IncidentQuestion {
    const DOOR: &'static str = "/v1/incident";
    type Piece = IncidentPiece;
    type Error = respond::Error;

    fn answer(
        &self,
        desks: &Desks,
        asking: &Asking,
        each: &mut dyn FnMut(IncidentPiece) -> bool,
    ) -> Result<(), respond::Error> {
        respond::incident(&desks.findings, asking, self, each)
    }
}

impl Question for WhoQuestion {
    const DOOR: &'static str = "/v1/who";
    type Answer = WhoAnswer;
    type Error = query::Error;

    fn answer(&self, desks: &Desks, asking: &Asking) -> Result<WhoAnswer, query::Error> {
        desks.desk.who(asking, self)
    }
}

impl Question for PeopleQuestion {
    const DOOR: &'static str = "/v1/who-of-people";
    const MOST_BYTES: usize = MOST_BYTES_OF_PEOPLE;
    type Answer = Vec<OfOne>;
    type Error = query::Error;

    fn answer(&self, desks: &Desks, asking: &Asking) -> Result<Vec<OfOne>, query::Error> {
        desks.desk.who_of_people(asking, self)
    }
}

impl Question for TimelineQuestion {
    const DOOR: &'static str = "/v1/timeline";
    type Answer = Timeline;
    type Error = query::Error;

    fn answer(&self, desks: &Desks, asking: &Asking) -> Result<Timeline, query::Error> {
        desks.desk.timeline(asking, self)
    }
}

impl Question for FindingsQuestion {
    const DOOR: &'static str = "/v1/findings";
    type Answer = FindingsAnswer;
    type Error = assess::Error;

    /// A person's findings rest on none that are kept up.
    fn needs_findings(&self) -> bool {
        self.subject.is_none()
    }

    fn answer(&self, desks: &Desks, asking: &Asking) -> Result<FindingsAnswer, assess::Error> {
        desks.findings.findings(asking, self)
    }
}

impl Question for TrialQuestion {
    const DOOR: &'static str = "/v1/trial";
    /// An event of the largest size, in hex.
    const MOST_BYTES: usize = 16 << 20;
    type Answer = TrialAnswer;
    type Error = assess::Error;

    fn answer(&self, desks: &Desks, asking: &Asking) -> Result<TrialAnswer, assess::Error> {
        desks.findings.trial(asking, self)
    }
}

impl OpenQuestion for ExistenceQuestion {
    const DOOR: &'static str = "/v1/existence";
    type Answer = Existence;
    type Error = query::Error;

    fn answer(&self, desks: &Desks) -> Result<Existence, query::Error> {
        desks.desk.view().existence(self)
    }
}

impl OpenQuestion for GapsQuestion {
    const DOOR: &'static str = "/v1/gaps";
    type Answer = GapsAnswer;
    type Error = respond::Error;

    fn needs_findings(&self) -> bool {
        true
    }

    fn answer(&self, desks: &Desks) -> Result<GapsAnswer, respond::Error> {
        respond::gaps(&desks.findings, self)
    }
}

impl OpenQuestion for VerdictsQuestion {
    const DOOR: &'static str = "/v1/verdicts";
    type Answer = Verdicts;
    type Error = query::Error;

    fn answer(&self, desks: &Desks) -> Result<Verdicts, query::Error> {
        desks.desk.verdicts(self)
    }
}

impl OpenQuestion for PoliciesQuestion {
    const DOOR: &'static str = "/v1/policies";
    type Answer = Policies;
    type Error = query::Error;

    fn answer(&self, desks: &Desks) -> Result<Policies, query::Error> {
        desks.desk.policies(self)
    }
}

impl OpenQuestion for ReceiptQuestion {
    const DOOR: &'static str = "/v1/receipt";
    type Answer = Receipt;
    type Error = query::Error;

    fn answer(&self, desks: &Desks) -> Result<Receipt, query::Error> {
        desks.desk.receipt(self)
    }
}

impl OpenQuestion for LandedQuestion {
    const DOOR: &'static str = "/v1/landed";
    type Answer = Vec<Landed>;
    type Error = query::Error;

    fn answer(&self, desks: &Desks) -> Result<Vec<Landed>, query::Error> {
        desks.desk.landed(self)
    }
}
