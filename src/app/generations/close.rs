//! `custodia log close`: ends a generation.

use custodia_core::schema::v1::LogEnd;

use super::list::LogStanding;
use super::named::to_close;
use super::operator;
use crate::app::{Error, parts};
use crate::clock::Clock;
use crate::config::Config;
use crate::log::{Closing, notices};

/// Closes logs as they stand: nothing is appended to them any more. `named` are origins,
/// `topic/partition` for a partition's newest log, or topics for all of their open logs.
///
/// # Errors
/// [`super::Error::NoSuchLog`]; [`crate::log::Error::Closed`] where one is closed already: then
/// none was closed. What opening the folder says.
pub fn close_logs(
    config: &Config,
    named: &[String],
    end: LogEnd,
    clock: &dyn Clock,
) -> Result<Vec<LogStanding>, Error> {
    let opened = parts::open_logs(config)?;
    let chosen = to_close(&opened.logs, named)?;
    chosen.iter().try_for_each(|log| log.refuse_closed())?;
    let mut closed = Vec::new();
    for log in &chosen {
        let closing = Closing::of(&log.state()?, end);
        let event = notices::log_closed(log.origin(), &closing, operator(config), clock)?;
        log.close(&closing, &event)?;
        closed.push(LogStanding::of(log)?);
    }
    Ok(closed)
}
