//! The sections of the configuration. Each field's docstring gives meaning, default and bounds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use custodia_core::origin::LedgerName;
use serde::{Deserialize, Serialize};

/// The whole configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which ledger, and where it lies.
    pub ledger: Ledger,
    /// How to reach Kafka.
    pub kafka: Kafka,
    /// The topics' names.
    pub topics: Topics,
    /// How records become batches.
    pub ingest: Ingest,
    /// When checkpoints are signed and published.
    pub checkpoints: Checkpoints,
    /// Where the key-encryption key lies.
    pub keys: Keys,
    /// Where the signing key and its state lie.
    pub signer: Signer,
    /// How much memory and bandwidth `RocksDB` may take.
    pub store: Store,
    /// Limits of the verdicts.
    pub project: Project,
    /// What the rules say.
    pub findings: Findings,
    /// What the rules are told beside the registry.
    pub policy: Policy,
    /// How erasures are attested, and when their bytes leave the disk.
    pub erasure: Erasure,
    /// The doors.
    pub serve: Serve,
    /// Who may ask.
    pub access: Access,
}

/// Which ledger, and where it lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ledger {
    /// A host name that the operator owns; the first part of every origin. Default: empty, which
    /// only `init` and `serve` refuse.
    pub name: String,
    /// The data folder. Default: `./ledger`.
    pub folder: PathBuf,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            name: String::new(),
            folder: PathBuf::from("ledger"),
        }
    }
}

/// How to reach Kafka.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    /// Brokers, `host:port` with commas between. Default: `127.0.0.1:9092`.
    pub bootstrap: String,
    /// Further librdkafka properties. Those that the ledger's laws own are refused.
    pub properties: BTreeMap<String, String>,
    /// Copies of each partition of a topic that `init` makes. Default: 3.
    pub replication: u16,
    /// How long to wait for an answer of the brokers, in ms. Default: 10000.
    pub timeout_ms: u64,
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            bootstrap: "127.0.0.1:9092".into(),
            properties: BTreeMap::new(),
            replication: 3,
            timeout_ms: 10_000,
        }
    }
}

/// The topics' names, and how many partitions `init` gives those that it makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Topics {
    /// What concerns one person. Default: `custodia.events`.
    pub events: String,
    /// What concerns no single person. Default: `custodia.registry`; always one partition.
    pub registry: String,
    /// Looks. Default: `custodia.access`.
    pub access: String,
    /// Signed checkpoints as they are made. Default: `custodia.checkpoints`; one partition.
    pub checkpoints: String,
    /// Partitions of `events`, where `init` makes it. Default: 4.
    pub events_partitions: u32,
    /// Partitions of `access`, where `init` makes it. Default: 1.
    pub access_partitions: u32,
}

impl Default for Topics {
    fn default() -> Self {
        Self {
            events: "custodia.events".into(),
            registry: "custodia.registry".into(),
            access: "custodia.access".into(),
            checkpoints: "custodia.checkpoints".into(),
            events_partitions: 4,
            access_partitions: 1,
        }
    }
}

/// Which logs this process appends to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Assignment {
    /// The word `all`: every log of the folder.
    #[default]
    #[serde(deserialize_with = "all", serialize_with = "say_all")]
    All,
    /// A list of `topic/partition`.
    Only(Vec<String>),
}

fn all<'de, D: serde::Deserializer<'de>>(de: D) -> Result<(), D::Error> {
    let word = String::deserialize(de)?;
    if word == "all" {
        return Ok(());
    }
    Err(serde::de::Error::custom(
        "expected \"all\" or a list of \"topic/partition\"",
    ))
}

fn say_all<S: serde::Serializer>(ser: S) -> Result<S::Ok, S::Error> {
    ser.serialize_str("all")
}

/// How records become batches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingest {
    /// Which logs this process appends to: `"all"`, or a list of `topic/partition`. Default: all.
    pub assign: Assignment,
    /// Most records a batch. Default: 4096; 1 to 65536.
    pub batch_records: usize,
    /// Bytes of keys, values and headers after which a batch is closed. Default: 4 MiB.
    pub batch_bytes: usize,
    /// How long the first record of a batch may wait for more, in ms. Default: 20.
    pub batch_age_ms: u64,
    /// How often the topics' facts are asked for again, in ms. Default: 30000.
    pub facts_interval_ms: u64,
}

impl Default for Ingest {
    fn default() -> Self {
        Self {
            assign: Assignment::All,
            batch_records: 4096,
            batch_bytes: 4 << 20,
            batch_age_ms: 20,
            facts_interval_ms: 30_000,
        }
    }
}

/// When checkpoints are signed and published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Checkpoints {
    /// How often logs that grew are signed, in ms. Default: 1000; at least 10.
    pub interval_ms: u64,
    /// How often checkpoints are put in the registry too, in ms. Default: 60000.
    pub publish_interval_ms: u64,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self {
            interval_ms: 1000,
            publish_interval_ms: 60_000,
        }
    }
}

/// Where the key-encryption key lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// The file of the key-encryption key, mode 0600. Default: `./kek`.
    pub kek_file: PathBuf,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            kek_file: PathBuf::from("kek"),
        }
    }
}

/// Where the signing key and its state lie: beside each other, and in no backup (law 5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Signer {
    /// The folder. Default: `./signer`.
    pub folder: PathBuf,
    /// Whether this ledger signs; a replica doesn't. Default: true.
    pub enabled: bool,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("signer"),
            enabled: true,
        }
    }
}

/// How much memory and bandwidth `RocksDB` may take, over all logs together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// Block cache and write buffers together, in bytes. Default: 512 MiB; at least 64 MiB.
    pub memory_bytes: usize,
    /// Most bytes a second that flush and compaction write; 0 for no limit. Default: 0.
    pub write_bytes_per_s: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            memory_bytes: 512 << 20,
            write_bytes_per_s: 0,
        }
    }
}

/// Limits of the verdicts. They are part of the projection: another value is another projection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Project {
    /// Whether rows are kept up. Default: true.
    pub enabled: bool,
}

impl Default for Project {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Findings {
    /// Whether findings are kept up; needs `project.enabled`. Those of one person can be asked for in any
    /// case. Default: true.
    pub enabled: bool,
}

impl Default for Findings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// What the rules are told beside the registry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// A file of public holidays (TOML, as `ops/policy/holidays.toml`), by which deadlines that end on one
    /// go on. Default: those that the program was built with. Others make all findings anew.
    pub holidays: Option<PathBuf>,
}

/// How erasures are attested, and when their bytes leave the disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Erasure {
    /// By which name this ledger attests an erasure; each replica needs its own. Default: empty, which
    /// stands for the ledger's name.
    pub store_id: String,
    /// How long bytes of what was erased may stay on disk at most, sealed under destroyed keys, before all
    /// tables are rewritten, in ms. Default: 3600000.
    pub purge_interval_ms: u64,
    /// How long backups of the key store are kept, in ms: certificates say when the last one ends. Default: 0,
    /// which stands for not known.
    pub key_backups_kept_ms: u64,
}

impl Default for Erasure {
    fn default() -> Self {
        Self {
            store_id: String::new(),
            purge_interval_ms: 3_600_000,
            key_backups_kept_ms: 0,
        }
    }
}

/// The doors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Serve {
    /// Where `/livez`, `/readyz` and `/metrics` listen. Default: `127.0.0.1:9190`; port 0 takes a
    /// free one.
    pub listen: String,
    /// Free bytes on the disk below which appending stops. Default: 1 GiB.
    pub disk_floor_bytes: u64,
    /// How long a graceful stop may take, in ms. Default: 10000.
    pub stop_deadline_ms: u64,
    /// How long an extract waits for its own record to be a leaf under a signed checkpoint, in ms.
    /// Default: 60000.
    pub extract_patience_ms: u64,
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9190".into(),
            disk_floor_bytes: 1 << 30,
            stop_deadline_ms: 10_000,
            extract_patience_ms: 60_000,
        }
    }
}

/// Who may ask (law 9).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// From a user id of this host to the person who asks. A uid that is not listed is refused.
    pub principals: BTreeMap<String, Principal>,
}

/// One person who may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// The person's employee reference, `[a-z2-7]{26}`.
    pub employee: String,
    /// What the person may do here, e.g. `protection_officer`.
    pub role: String,
}

impl Config {
    /// Every fault of the values, one line each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut refuse = |bad: bool, what: String| {
            if bad {
                faults.push(what);
            }
        };
        let ingest = &self.ingest;
        refuse(
            !self.ledger.name.is_empty() && self.ledger.name.parse::<LedgerName>().is_err(),
            format!("ledger.name = {:?} is not a host name", self.ledger.name),
        );
        refuse(
            !(1..=65_536).contains(&ingest.batch_records),
            format!(
                "ingest.batch_records = {} is not in 1..=65536",
                ingest.batch_records
            ),
        );
        refuse(
            ingest.batch_bytes == 0,
            "ingest.batch_bytes = 0; name at least 1".into(),
        );
        refuse(
            self.checkpoints.interval_ms < 10,
            format!(
                "checkpoints.interval_ms = {} is below 10",
                self.checkpoints.interval_ms
            ),
        );
        refuse(
            self.store.memory_bytes < 64 << 20,
            format!(
                "store.memory_bytes = {} is below 64 MiB",
                self.store.memory_bytes
            ),
        );
        refuse(
            self.kafka.bootstrap.is_empty(),
            "kafka.bootstrap is empty".into(),
        );
        for (uid, principal) in &self.access.principals {
            refuse(
                uid.parse::<u32>().is_err(),
                format!("access.principals: {uid:?} is no uid"),
            );
            refuse(
                !custodia_core::schema::is_reference(&principal.employee),
                format!("access.principals.{uid}.employee is not 26 of [a-z2-7]"),
            );
        }
        faults
    }
}
