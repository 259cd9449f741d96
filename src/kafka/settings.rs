//! What the Kafka clients are told: the user's properties, our defaults, and what the laws own.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use super::error::Error;
use super::watch;

const OFFSETS: &str = "reading goes on from the ledger's own position (law 4)";
const GROUPS: &str = "partitions are assigned by configuration, never by a group (design 4)";
const RECORDS: &str = "every log must see the same records, whole (laws 1 and 2)";
const PLACES: &str = "a subject's records must land where Java's clients put them (design 3.1)";
const ACKS: &str = "a record counts once all replicas that must have it do (law 9)";
const CREATES: &str = "creating topics is an explicit act: `custodia init` (design 6)";
const OURS: &str = "it has a setting of its own";
const REPORTS: &str = "every record's delivery is waited for";
const MOCK: &str = "a mock cluster is started by `custodia demo` alone";
const PLUGIN: &str = "foreign code must not stand between Kafka and the log (law 2)";

/// Properties that the laws own, with the reason (design 5). Every alias is named too.
const OWNED: [(&str, &str); 35] = [
    ("acks", ACKS),
    ("allow.auto.create.topics", CREATES),
    ("auto.commit.enable", OFFSETS),
    ("auto.commit.interval.ms", OFFSETS),
    ("auto.offset.reset", OFFSETS),
    ("bootstrap.servers", OURS),
    ("check.crcs", RECORDS),
    ("delivery.report.only.error", REPORTS),
    ("enable.auto.commit", OFFSETS),
    ("enable.auto.offset.store", OFFSETS),
    ("enable.gapless.guarantee", ACKS),
    ("enable.idempotence", ACKS),
    ("enable.partition.eof", OURS),
    ("group.instance.id", GROUPS),
    ("group.protocol", GROUPS),
    ("group.protocol.type", GROUPS),
    ("group.remote.assignor", GROUPS),
    ("heartbeat.interval.ms", GROUPS),
    ("isolation.level", RECORDS),
    ("log.queue", OURS),
    ("max.poll.interval.ms", GROUPS),
    ("metadata.broker.list", OURS),
    ("offset.store.method", OFFSETS),
    ("offset.store.path", OFFSETS),
    ("offset.store.sync.interval.ms", OFFSETS),
    ("partition.assignment.strategy", GROUPS),
    ("partitioner", PLACES),
    ("plugin.library.paths", PLUGIN),
    ("produce.offset.report", REPORTS),
    ("request.required.acks", ACKS),
    ("session.timeout.ms", GROUPS),
    ("test.mock.broker.rtt", MOCK),
    ("test.mock.num.brokers", MOCK),
    ("topic.blacklist", RECORDS),
    ("transactional.id", ACKS),
];

/// Where the brokers are and how to talk to them.
///
/// Any property of librdkafka 2.12 may be given (TLS, SASL, buffers, intervals) but for those the
/// laws own, which [`Settings::validate`] refuses. Ours, unless given: `client.id` and `group.id`
/// `custodia` (the group only holds offsets for lag dashboards), and what `DEFAULTS`,
/// `CONSUMER_DEFAULTS` and `PRODUCER_DEFAULTS` list.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Brokers to ask first, `host:port` with commas between.
    pub bootstrap: String,
    /// librdkafka's properties by name.
    pub properties: BTreeMap<String, String>,
}

const DEFAULTS: [(&str, &str); 7] = [
    ("allow.auto.create.topics", "false"),
    ("client.id", "custodia"),
    ("enable.metrics.push", "false"),
    // The largest record a topic of ours takes is 12 MiB.
    ("message.max.bytes", "16777216"),
    ("socket.keepalive.enable", "true"),
    // How soon a deleted topic or another leader is noticed where nothing fails.
    ("topic.metadata.refresh.interval.ms", "30000"),
    ("topic.metadata.propagation.max.ms", "10000"),
];

const CONSUMER_DEFAULTS: [(&str, &str); 7] = [
    ("fetch.message.max.bytes", "4194304"),
    ("fetch.min.bytes", "65536"),
    // The library waits 1 s by default once its queue was full, which caps the rate.
    ("fetch.queue.backoff.ms", "10"),
    ("fetch.wait.max.ms", "20"),
    ("group.id", "custodia"),
    ("queued.max.messages.kbytes", "65536"),
    ("queued.min.messages", "1000000"),
];

const CONSUMER_FIXED: [(&str, &str); 5] = [
    ("auto.offset.reset", "error"),
    ("check.crcs", "true"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("isolation.level", "read_committed"),
];

const PRODUCER_DEFAULTS: [(&str, &str); 4] = [
    ("compression.type", "zstd"),
    ("linger.ms", "5"),
    ("message.timeout.ms", "60000"),
    ("queue.buffering.max.kbytes", "65536"),
];

const PRODUCER_FIXED: [(&str, &str); 3] = [
    ("acks", "all"),
    ("enable.idempotence", "true"),
    ("partitioner", "murmur2_random"),
];

/// Prefetched records of one consumer, in KiB; for all its partitions together.
pub(super) const PREFETCH_KIBIBYTES: &str = "queued.max.messages.kbytes";

impl Settings {
    /// Settings with no properties of the user's.
    pub fn at(bootstrap: &str) -> Self {
        Self {
            bootstrap: bootstrap.to_owned(),
            properties: BTreeMap::new(),
        }
    }

    /// Whether the value of a property must not be shown.
    pub fn is_secret(property: &str) -> bool {
        const MARKS: [&str; 5] = [
            "password",
            "secret",
            "passphrase",
            "key.pem",
            "oauthbearer.config",
        ];
        let property = property.to_ascii_lowercase();
        MARKS.iter().any(|mark| property.contains(mark))
    }

    /// Checks every property without connecting.
    ///
    /// # Errors
    /// [`Error::Owned`] for a property of the laws, [`Error::Property`] for one that the library
    /// doesn't know or whose value it refuses.
    pub fn validate(&self) -> Result<(), Error> {
        for property in self.properties.keys() {
            if let Some((_, reason)) = OWNED.iter().find(|(name, _)| name == property) {
                return Err(Error::Owned {
                    property: property.clone(),
                    reason,
                });
            }
        }
        let native = self.consumer().create_native_config();
        native.map_err(|error| Error::of("checking properties", &error))?;
        let native = self.producer().create_native_config();
        native.map_err(|error| Error::of("checking properties", &error))?;
        Ok(())
    }

    /// Connects, asks who the cluster is, and hangs up.
    ///
    /// # Errors
    /// As soon as it is clear which: [`Error::AuthenticationFailed`], [`Error::TlsFailed`], or
    /// after `timeout` [`Error::Unreachable`]; also what [`Settings::validate`] refuses.
    pub fn probe(&self, timeout: Duration) -> Result<(), Error> {
        watch::Probe::of(self)?.cluster_id(timeout).map(|_| ())
    }

    pub(super) fn consumer(&self) -> ClientConfig {
        self.client(&CONSUMER_DEFAULTS, &CONSUMER_FIXED)
    }

    pub(super) fn producer(&self) -> ClientConfig {
        self.client(&PRODUCER_DEFAULTS, &PRODUCER_FIXED)
    }

    /// For questions about topics: no group, so that closing waits for no coordinator.
    pub(super) fn admin(&self) -> ClientConfig {
        let mut config = self.client(&[], &CONSUMER_FIXED);
        config.remove("group.id");
        config
    }

    fn client(&self, defaults: &[(&str, &str)], fixed: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Info);
        for (name, value) in DEFAULTS.iter().chain(defaults) {
            config.set(*name, *value);
        }
        for (name, value) in &self.properties {
            config.set(name, value);
        }
        for (name, value) in fixed {
            config.set(*name, *value);
        }
        config.set("bootstrap.servers", &self.bootstrap);
        config
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: BTreeMap<&str, &str> = self
            .properties
            .iter()
            .map(|(name, value)| {
                let value = if Self::is_secret(name) { "***" } else { value };
                (name.as_str(), value)
            })
            .collect();
        out.debug_struct("Settings")
            .field("bootstrap", &self.bootstrap)
            .field("properties", &shown)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Settings {
        let mut settings = Settings::at("broker.example:9092");
        settings.properties.insert(name.into(), value.into());
        settings
    }

    #[test]
    fn what_the_laws_own_is_refused_with_the_reason() {
        for (name, reason) in OWNED {
            let refused = with(name, "true").validate().unwrap_err();
            assert_eq!(
                refused,
                Error::Owned {
                    property: name.into(),
                    reason
                }
            );
            assert!(refused.to_string().contains(reason), "{refused}");
        }
    }

    #[test]
    fn whatever_we_fix_is_owned() {
        for (name, _) in CONSUMER_FIXED.iter().chain(&PRODUCER_FIXED) {
            assert!(OWNED.iter().any(|(owned, _)| owned == name), "{name}");
        }
    }

    #[test]
    fn other_properties_pass_and_win_over_our_defaults() {
        let settings = with("fetch.wait.max.ms", "7");
        settings.validate().unwrap();
        assert_eq!(settings.consumer().get("fetch.wait.max.ms"), Some("7"));
        with("ssl.ca.location", "/etc/ssl/ca.crt")
            .validate()
            .unwrap();
        with("sasl.mechanism", "SCRAM-SHA-512").validate().unwrap();
    }

    #[test]
    fn an_unknown_property_and_a_wrong_value_are_refused_by_name() {
        for (name, value) in [("no.such.thing", "1"), ("fetch.wait.max.ms", "soon")] {
            let refused = with(name, value).validate().unwrap_err();
            assert!(
                matches!(&refused, Error::Property { property, .. } if property == name),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn secrets_are_masked() {
        let shown = format!("{:?}", with("sasl.password", "hunter2"));
        assert!(
            shown.contains("***") && !shown.contains("hunter2"),
            "{shown}"
        );
        assert!(Settings::is_secret("ssl.key.pem") && !Settings::is_secret("sasl.username"));
    }
}
