//! The clock, behind a trait: the one place that asks for the time.
//!
//! Nothing that a leaf or a row depends on may hold a [`Clock`] (laws 2 and 3): it times batches,
//! checkpoints and looks.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;

    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl SystemClock {
    /// A clock whose [`Clock::monotonic`] counts from now.
    #[allow(clippy::disallowed_methods)]
    pub fn new() -> Self {
        Self {
            started: std::time::Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A machine set before 1970 is told apart from one set right: its times are negative.
        since.map_or_else(
            |before| -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
            |after| i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        )
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A clock that stands still until it is told to move.
#[derive(Debug, Default)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `ms` since 1970.
    pub fn at(ms: i64) -> Self {
        Self(AtomicI64::new(ms))
    }

    /// Moves the clock on by `ms`.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.now_ms()).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = FixedClock::at(5);
        assert_eq!(clock.now_ms(), 5);
        clock.advance(7);
        assert_eq!(
            (clock.now_ms(), clock.monotonic()),
            (12, Duration::from_millis(12))
        );
    }

    #[test]
    fn the_machines_clock_is_past_2020() {
        assert!(SystemClock::new().now_ms() > 1_577_836_800_000);
    }
}
