//! What a leak touches, and how an incident stands: answers for those who respond to one.
//!
//! Owns exposure (whom did a credential, an endpoint, a recipient, an SDK, a producer or an employee reach
//! in a window?), the state of an incident against its clocks, and which of its events may be said next. It
//! reads rows and findings and sends nothing: `app` publishes. Nobody is named before the looks at them are
//! on record (design §1, law 9).

mod deeds;
mod error;
mod exposure;
mod facts;
mod gaps;
mod incident;
mod leaked;
mod movement;
mod people;
mod question;
mod standing;
mod steps;

pub use deeds::remarks;
pub use error::Error;
pub use exposure::{
    Agreement, Exposure, Gap, HeldBy, KindCount, Sensitivity, StillAllowed, TouchedCategory,
};
pub use gaps::{GapsAnswer, GapsQuestion, OffsetGap, ProducerGap, gaps};
pub use incident::{
    Clock, IncidentAnswer, IncidentPiece, RecordedList, Required, Told, ToldPerson, incident,
};
pub use leaked::Leaked;
pub use people::AffectedPerson;
pub use question::{ExposureQuestion, IncidentQuestion, Piece, exposure};
pub use steps::Step;

#[cfg(test)]
mod tests;
