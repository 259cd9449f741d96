//! The composition root: builds the parts, runs them, and stops them.
//!
//! The only room that knows all others. It decides nothing about records: it hands every part
//! what it stands on, and turns the first failure into a stop of the whole.

mod approving;
mod ask;
mod assessing;
mod assigned;
mod backup;
mod checkpointing;
mod demo;
mod erase;
mod erasing;
mod error;
mod extract;
mod fsck;
mod generations;
mod glass;
mod incident;
mod init;
mod kafka_outbox;
mod kafka_registry;
mod lag;
mod open_files;
mod parts;
mod persons;
mod policy;
mod privacy_policy;
mod publish;
mod published;
mod rebuild;
mod recover;
mod release;
mod replica;
mod restore;
mod rotate;
mod run;
mod serve;
mod threads;
mod town;

pub use approving::{
    Error as ApprovingError, approve, make_person_key, read_approval, read_request, write_request,
};
pub use ask::Counter;
pub use backup::backup;
pub use demo::{Proven, Shown, Step, demo};
pub use erase::{
    Erased, Erasure, ErasureError, Standing, certificate, erasable, erase, erasure_question,
    request_erasure,
};
pub use error::Error;
pub use extract::{extract, request_extract};
pub use fsck::fsck;
pub use generations::{
    Error as GenerationError, LogStanding, OpenedLog, Opening, StartFrom, close_logs, list_logs,
    open_logs, request_open,
};
pub use glass::{request_break_glass, request_break_glass_piecemeal};
pub use incident::{Saying, incident, say, say_of_people};
pub use init::{Made, StartAt, init};
pub use kafka_outbox::KafkaOutbox;
pub use parts::{Opened, kafka_settings, open};
pub use persons::{persons, register_person, retire_person};
pub use policy::policy;
pub use privacy_policy::{Publication, publish_policy};
pub use publish::{
    KeyFault, LineReport, Misfit, NoReceipt, Options, Outcome, Refusal, Tally, Vouching, Wait,
    check_events, publish,
};
pub use rebuild::{Rebuilt, rebuild};
pub use recover::{Recovered, recover};
pub use release::archive_at;
pub use replica::{export_replica, take_key};
pub use restore::{Restored, RestoredLog, Restoring, restore};
pub use rotate::{ListedKey, Rewrapped, Rotated, list_keys, retire_keys, rotate, rotate_kek};
pub use run::{Running, start};
pub use serve::serve;
pub use town::{Extent, Sent, send_events, town};
