//! Where a partition begins and ends, asked without assigning it.

use std::time::Duration;

use super::error::Error;
use super::settings::Settings;
use super::watch::Probe;

/// The first offset that a partition still has, and its last stable offset.
///
/// # Errors
/// Where no broker answers in time, or the partition isn't known.
pub fn watermarks(
    settings: &Settings,
    topic: &str,
    partition: u32,
    timeout: Duration,
) -> Result<(u64, u64), Error> {
    Probe::of(settings)?.watermarks(topic, partition, timeout)
}
