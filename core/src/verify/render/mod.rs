//! A report as text for people, in Chinese or English, and as JSON for programs.
//!
//! Pure: a report gives the same text each time. Texts of the extract are shown so that nothing in
//! them can act on a terminal.

mod faults;
mod json;
mod text;
mod words;

pub use json::json;
pub use text::text;
