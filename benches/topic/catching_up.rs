//! A ledger that reads its topics to their ends.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use custodia::app::{self, Running};
use custodia::clock::Clock;
use custodia::config::Config;

use super::topic::FullTopic;

/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(20);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Runs the ledger until all that its topics hold has rows, and stops it: so it is signed, too.
pub fn catch_up(config: &Config, clock: &Arc<dyn Clock>, patience: Duration) -> Outcome<()> {
    let topics = [&config.topics.events, &config.topics.registry];
    let topics = topics.map(|name| FullTopic::of(config, name));
    let topics = topics.into_iter().collect::<Outcome<Vec<_>>>()?;
    let running = app::start(config, clock)?;
    let through = wait(&running, &topics, clock.as_ref(), patience);
    running.stop()?;
    through
}

fn wait(
    running: &Running,
    topics: &[FullTopic],
    clock: &dyn Clock,
    patience: Duration,
) -> Outcome<()> {
    let begun = clock.monotonic();
    let is_through = |topic: &FullTopic| topic.through(running, true) >= topic.records();
    while !topics.iter().all(is_through) {
        if let Some(error) = running.failure(LOOK) {
            return Err(error.into());
        }
        if clock.monotonic().saturating_sub(begun) > patience {
            return Err(format!("not caught up after {} s", patience.as_secs()).into());
        }
    }
    Ok(())
}
