//! Orders of erasure, carried out: every ledger that reads one destroys keys, payloads and rows, and says so
//! (design §4, "Erasing").
//!
//! One thread follows the registry. The key store knows the last order that was carried out, so that what a
//! process left undone, and what a restored backup brings back, is done before anything is answered. Never
//! holds appending back, never erases what no order names, and never takes an order for carried out before
//! its keys are gone from disk.

mod carrier;
mod error;
mod order;
mod reach;

pub use carrier::{Carrier, CarrierParts, CopiesEnd};
pub use error::Error;
pub use order::{Authority, Order};
pub use reach::Reach;

#[cfg(test)]
mod tests;
