//! The doors: a Unix socket for the command line, HTTP for probes and metrics.
//!
//! Owns listening and the shapes of requests and answers. It decides nothing: what is healthy and
//! what may be answered is said by those it asks.

mod probes;

pub use probes::{Check, Probes, listen};
