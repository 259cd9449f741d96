//! `custodia log list|close|open`: the generations of a ledger's logs (design §3.1).
//!
//! Owns which logs an operator names, and where a generation may begin. Each command takes the
//! folder; what it did is on disk when it returns, and the registry has it once `serve` runs.

mod approved;
mod close;
mod error;
mod list;
mod named;
mod open;
mod start;
#[cfg(test)]
mod tests;

pub use close::close_logs;
pub use error::Error;
pub use list::{LogStanding, list_logs};
pub use open::{OpenedLog, Opening, open_logs, request_open};
pub use start::StartFrom;

pub(super) use named::{generations_of, open_log};

use crate::config::Config;

/// The employee that the configuration knows behind whoever runs this command.
fn operator(config: &Config) -> Option<&str> {
    let uid = rustix::process::getuid().as_raw().to_string();
    let principal = config.access.principals.get(&uid)?;
    Some(&principal.employee)
}
