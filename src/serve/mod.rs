//! The doors: a Unix socket for the command line, HTTP for probes and metrics.
//!
//! Owns listening and the shapes of requests and answers. It decides nothing: what is healthy and
//! what may be answered is said by those it asks.

mod account_doors;
mod backup_door;
mod client;
mod error;
mod extract_door;
mod glass;
mod pieces;
mod probes;
mod question;
mod socket;

pub use client::Client;
pub use error::{Error, Refusal};
pub use extract_door::{Line, Shelf, Waiting};
pub use glass::with_glass;
pub use probes::{Check, Probes, listen};
pub use question::{Desks, OpenQuestion, PiecemealQuestion, Question, Refusing};
pub use socket::{Door, answer_socket, bind_socket};
