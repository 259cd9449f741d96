//! The signed file that leaves the ledger (`proto/FORMAT.md` 13, design 3.4).
//!
//! Owns what an extract says ([`Manifest`], [`EventLine`]) in its one spelling, and which slots a
//! [`Profile`] opens. It never reads a file, a clock or a ledger.

pub mod archive;
mod canonical;
mod counts;
mod event_line;
pub mod layout;
mod manifest;
mod profile;
mod query;
mod said_finding;

pub use canonical::{Error as CanonicalError, Hex32, Int, MAX_JSON_BYTES};
pub use counts::{
    COUNT_TABLES, CountCell, CountTable, LEAST_PEOPLE, MAX_CELLS, check_counts, is_month, month_of,
};
pub use event_line::{
    Erased, EventLine, OpenedSlot, Pseudonymous, Said, SaidVerdict, SlotLine, WithheldSlot,
};
pub use manifest::{
    Cut, EDITION, FORMAT, LogAt, MAX_FINDINGS, MAX_LOGS, Manifest, Member, Request, Words,
    cut_digest, cut_text, note_text,
};
pub use profile::{People, Profile};
pub use query::{Query, QueryKind};
pub use said_finding::{SaidAbout, SaidDue, SaidFinding, SaidLeaf};
