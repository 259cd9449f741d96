//! What stops a command or the running ledger.

use std::path::PathBuf;

use super::{KeyFault, NoReceipt};
use super::{approving, generations};
use crate::{
    account, assess, backup, config, extract, fsck, ingest, kafka, keys, log, project, query,
    replay, respond, serve, sign,
};

/// The first thing that went wrong, with the stable code of the room that it went wrong in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] config::Error),
    /// Kafka.
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
    /// A partition on its way to its log.
    #[error(transparent)]
    Ingest(#[from] ingest::Error),
    /// A backup.
    #[error(transparent)]
    Backup(#[from] backup::Error),
    /// A log or the data folder.
    #[error(transparent)]
    Log(#[from] log::Error),
    /// The key store or the key-encryption key.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The signer.
    #[error(transparent)]
    Sign(#[from] sign::Error),
    /// The oracle.
    #[error(transparent)]
    Fsck(#[from] fsck::Error),
    /// Rows.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// A question.
    #[error(transparent)]
    Query(#[from] query::Error),
    /// Findings.
    #[error(transparent)]
    Assess(#[from] assess::Error),
    /// A replay or a difference.
    #[error(transparent)]
    Replay(#[from] replay::Error),
    /// An account.
    #[error(transparent)]
    Account(#[from] account::Error),
    /// Exposure or an incident.
    #[error(transparent)]
    Respond(#[from] respond::Error),
    /// Nothing is erased, or not yet.
    #[error(transparent)]
    Erasure(#[from] super::erase::ErasureError),
    /// Erasing failed.
    #[error(transparent)]
    Erase(#[from] crate::erase::Error),
    /// An extract.
    #[error(transparent)]
    Extract(#[from] extract::Error),
    /// The file that makes a replica can't be used.
    #[error("{}: {what}", path.display())]
    ReplicaFile {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file that an extract should be written to is there.
    #[error("{}: it is there already, and nothing is overwritten", .0.display())]
    OutputExists(std::path::PathBuf),
    /// The file of an extract can't be written.
    #[error("{}: {source}", path.display())]
    Output {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The socket.
    #[error(transparent)]
    Serve(#[from] serve::Error),
    /// A record that the ledger itself writes.
    #[error(transparent)]
    Outbox(#[from] log::OutboxError),
    /// A log that is not closed, or a generation that is not opened, so.
    #[error(transparent)]
    Generations(#[from] generations::Error),
    /// A person's key, a request or an approval.
    #[error(transparent)]
    Approving(#[from] approving::Error),
    /// The system lets this process open too few files for the folder's logs.
    #[error(
        "this process may open {allowed} files, and {logs} logs may need {needed}; raise the hard \
         limit (ulimit -Hn, LimitNOFILE=)"
    )]
    FewOpenFiles {
        /// The hard limit.
        allowed: u64,
        /// The logs of the folder.
        logs: usize,
        /// What they may need.
        needed: u64,
    },
    /// `ledger.name` is needed and empty.
    #[error(
        "ledger.name is empty; name a host name that you own, e.g. --set ledger.name=ledger.example.com"
    )]
    Unnamed,
    /// The folder is another ledger's than the configuration names.
    #[error("{folder} holds the ledger {found}, and the configuration names {wanted}")]
    OtherLedger {
        /// The folder.
        folder: String,
        /// The ledger in it.
        found: String,
        /// The ledger configured.
        wanted: String,
    },
    /// A log named by `ingest.assign` is not in the folder.
    #[error("ingest.assign names {0}, and the folder has no such log")]
    NoSuchLog(String),
    /// `--start` names no partition of the ledger's topics, or is no `topic/partition=offset`.
    #[error("--start {0}: name a partition of a topic of the ledger, as topic/partition=offset")]
    BadStart(String),
    /// A topic's name can't stand in an origin.
    #[error("the topic name {0:?} can't stand in a log's origin")]
    BadTopicName(String),
    /// A topic has fewer partitions than it must, or more.
    #[error("{topic} has {found} partitions, and must have {wanted}")]
    Partitions {
        /// The topic.
        topic: String,
        /// How many it has.
        found: u32,
        /// How many it must have.
        wanted: u32,
    },
    /// A replica has no key of its own, so no policy.
    #[error("{}: this ledger doesn't sign, so it has no policy; ask the one that does", .0.display())]
    NoPolicy(PathBuf),
    /// Receipts are asked for and no ledger runs.
    #[error("{}: no ledger runs here, so nobody would give receipts; start custodia serve, or publish without --wait. Nothing was sent", .0.display())]
    NothingRuns(PathBuf),
    /// The time for receipts is up. What was sent stays sent.
    #[error(transparent)]
    NoReceipt(NoReceipt),
    /// A receipt's file or the folder can't be written.
    #[error("{}: the receipt can't be written: {source}", path.display())]
    ReceiptUnwritten {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The leaf at a record's place is of another record.
    #[error(
        "{log}: leaf {index} is not the event {event_id} that Kafka took at its offset; is the ledger's folder of this cluster?"
    )]
    OtherRecord {
        /// The event.
        event_id: uuid::Uuid,
        /// The log.
        log: String,
        /// The leaf.
        index: u64,
    },
    /// A producer's key can't be used.
    #[error("{}: {fault}", path.display())]
    ProducerKey {
        /// The file.
        path: PathBuf,
        /// Why not.
        fault: KeyFault,
    },
    /// A replica has no signer that could be recovered.
    #[error("{}: this ledger doesn't sign (signer.enabled), so nothing is to be recovered", .0.display())]
    NotASigner(PathBuf),
    /// The demo's customer has nothing to show.
    #[error("the town's customers shared nothing; take another seed or more customers")]
    NothingReceived,
    /// A proof that the ledger gave does not verify.
    #[error("the proof does not verify: {0}")]
    Unproven(String),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// A thread panicked; a fault of the program.
    #[error("{thread} ended unexpectedly: {what}")]
    Panicked {
        /// The thread's name.
        thread: String,
        /// The panic's message.
        what: String,
    },
    /// A thread could not be started, or an address not be bound.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &str {
        match self {
            Self::Config(source) => source.code(),
            Self::Kafka(source) => source.code(),
            Self::Ingest(source) => source.code(),
            Self::Backup(source) => source.code(),
            Self::Log(source) => source.code(),
            Self::Keys(source) => source.code(),
            Self::Sign(source) => source.code(),
            Self::Fsck(source) => source.code(),
            Self::Project(source) => source.code(),
            Self::Query(source) => source.code(),
            Self::Respond(source) => source.code(),
            Self::Assess(source) => source.code(),
            Self::Replay(source) => source.code(),
            Self::Account(source) => source.code(),
            Self::Extract(source) => source.code(),
            Self::Erase(source) => source.code(),
            Self::ReplicaFile { .. } => "CU-0765",
            Self::OutputExists(_) => "CU-0763",
            Self::Output { .. } => "CU-0764",
            Self::Serve(source) => source.code(),
            Self::Outbox(source) => source.code(),
            Self::Generations(source) => source.code(),
            Self::Approving(source) => source.code(),
            Self::Erasure(source) => source.code(),
            Self::FewOpenFiles { .. } => "CU-0040",
            Self::NotASigner(_) => "CU-0041",
            Self::Unnamed => "CU-0010",
            Self::OtherLedger { .. } => "CU-0011",
            Self::NoSuchLog(_) => "CU-0012",
            Self::BadStart(_) => "CU-0013",
            Self::Partitions { .. } => "CU-0014",
            Self::BadTopicName(_) => "CU-0018",
            Self::NoPolicy(_) => "CU-0021",
            Self::NothingRuns(_) => "CU-0022",
            Self::NoReceipt(_) => "CU-0023",
            Self::ReceiptUnwritten { .. } => "CU-0024",
            Self::OtherRecord { .. } => "CU-0025",
            Self::ProducerKey { .. } => "CU-0026",
            Self::NothingReceived => "CU-0650",
            Self::Unproven(_) => "CU-0651",
            Self::Random(_) => "CU-0015",
            Self::Panicked { .. } => "CU-0016",
            Self::System { .. } => "CU-0017",
        }
    }
}
