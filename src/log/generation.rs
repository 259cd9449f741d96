//! What a generation of a log fixes (design §3.1).

use custodia_core::entry::ENTRY_VERSION;
use serde::{Deserialize, Serialize};

use super::Error;

/// The isolation level that law 1 speaks of.
pub const ISOLATION_LEVEL: &str = "read_committed";

/// The facts that any change of closes the log: the next generation opens by explicit command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// Kafka's cluster id.
    pub cluster_id: String,
    /// Kafka's id of the topic, base64; none where the broker can't be asked.
    pub topic_id: Option<String>,
    /// How many partitions the topic has.
    pub partitions: u32,
    /// The first offset that the log may hold.
    pub start_offset: u64,
    /// Always [`ISOLATION_LEVEL`].
    pub isolation_level: String,
    /// The version byte of the log's entries.
    pub entry_version: u8,
}

impl Generation {
    /// A generation of this version's entries.
    pub fn new(
        cluster_id: String,
        topic_id: Option<String>,
        partitions: u32,
        start_offset: u64,
    ) -> Self {
        Self {
            cluster_id,
            topic_id,
            partitions,
            start_offset,
            isolation_level: ISOLATION_LEVEL.into(),
            entry_version: ENTRY_VERSION,
        }
    }

    /// Holds what the broker says now against what this generation fixes.
    ///
    /// # Errors
    /// [`Error::FactsDiffer`] names the first fact that differs.
    pub fn check(
        &self,
        origin: &str,
        cluster_id: &str,
        topic_id: Option<&str>,
        partitions: u32,
    ) -> Result<(), Error> {
        let shown = |fact: Option<&str>| fact.unwrap_or("unknown").to_owned();
        let differ = |fact, remembered, found| {
            Err(Error::FactsDiffer {
                origin: origin.to_owned(),
                fact,
                remembered,
                found,
            })
        };
        if self.cluster_id != cluster_id {
            return differ(
                "the cluster id",
                self.cluster_id.clone(),
                cluster_id.to_owned(),
            );
        }
        if self.topic_id.as_deref() != topic_id {
            return differ(
                "the topic id",
                shown(self.topic_id.as_deref()),
                shown(topic_id),
            );
        }
        if self.partitions != partitions {
            return differ(
                "the partition count",
                self.partitions.to_string(),
                partitions.to_string(),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generation() -> Generation {
        Generation::new("cluster".into(), Some("topic".into()), 4, 0)
    }

    #[test]
    fn the_same_facts_pass() {
        generation()
            .check("o", "cluster", Some("topic"), 4)
            .unwrap();
    }

    #[test]
    fn each_differing_fact_is_named() {
        let named = |cluster, topic, partitions| {
            generation()
                .check("o", cluster, topic, partitions)
                .unwrap_err()
                .to_string()
        };
        assert!(named("other", Some("topic"), 4).contains("cluster id was cluster"));
        assert!(named("cluster", Some("new"), 4).contains("topic id was topic"));
        assert!(named("cluster", None, 4).contains("is unknown now"));
        assert!(named("cluster", Some("topic"), 6).contains("partition count was 4"));
    }
}
