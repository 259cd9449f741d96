//! A topic that is full, and how far a running ledger is through it.

use std::error::Error;
use std::time::Duration;

use custodia::app::{Running, kafka_settings};
use custodia::config::Config;
use custodia::kafka::{topic_facts, watermarks};

/// How long a question to the broker may take.
pub const ASKING: Duration = Duration::from_secs(10);

/// What a topic held when it was looked at.
pub struct FullTopic {
    /// Its name.
    pub name: String,
    /// First offset and end of each partition.
    pub ends: Vec<(u64, u64)>,
}

impl FullTopic {
    /// Looks at a topic of the broker that the configuration names.
    pub fn of(config: &Config, name: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let settings = kafka_settings(config);
        let facts = topic_facts(&settings, &[name], ASKING)?;
        let facts = facts.into_iter().flatten().next();
        let facts = facts.ok_or_else(|| format!("{} has no {name}", config.kafka.bootstrap))?;
        let ends = (0..facts.partitions)
            .map(|partition| watermarks(&settings, name, partition, ASKING))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            name: name.to_owned(),
            ends,
        })
    }

    /// How many records it held.
    pub fn records(&self) -> u64 {
        self.ends.iter().map(|(low, high)| high - low).sum()
    }

    /// How many leaves a ledger has of it; with `rows`, how many of those have their rows.
    pub fn through(&self, running: &Running, rows: bool) -> u64 {
        if rows {
            let all = running.rows().iter().map(|rows| &rows.rows);
            all.filter(|rows| rows.log().origin().topic == self.name)
                .map(|rows| rows.progress().projected())
                .sum()
        } else {
            let all = running.opened().logs.iter();
            all.filter(|log| log.origin().topic == self.name)
                .map(|log| log.tail().size)
                .sum()
        }
    }
}
