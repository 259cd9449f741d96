//! That an event was on record by a time and is so unchanged: for who has its id, and perhaps an older
//! checkpoint.

use custodia_core::checkpoint::Checkpoint;
use custodia_core::note::Note;
use custodia_core::receipt;
use serde::{Deserialize, Serialize};

use super::view::LogRows;
use super::{Error, Time, View};

/// What is said of time in every answer.
const NO_TIMESTAMP: &str = "no timestamp of a third party: that the leaf was there by this time is the \
     operator's and Kafka's word; a checkpoint that someone else kept since then is stronger";

/// Was an event on record, and is it unchanged?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExistenceQuestion {
    /// The event's id, hex, with or without dashes.
    pub event: String,
    /// A signed checkpoint of the event's log that the asker holds.
    #[serde(default)]
    pub held: Option<String>,
}

/// Where an event is, and that it was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Existence {
    /// The event's id.
    pub event: String,
    /// The log.
    pub log: String,
    /// The leaf.
    pub index: u64,
    /// When Kafka took the record, or what its producer said where Kafka keeps that.
    pub record_time: Option<Time>,
    /// Whether that time is Kafka's own (`LogAppendTime`).
    pub log_append_time: bool,
    /// What stands for a timestamp of a third party.
    pub external_timestamp: String,
    /// The leaf's entry, hex.
    pub entry: String,
    /// The size of the signed checkpoint that covers it.
    pub size: u64,
    /// The `.tlog-proof` file under that checkpoint.
    pub tlog_proof: String,
    /// That the tree goes on from the checkpoint held; none where none was given.
    pub since_held: Option<SinceHeld>,
}

/// How a checkpoint that someone holds and the one of the proof fit together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinceHeld {
    /// The size held.
    pub size: u64,
    /// The root held, hex. Whose signature stands under it is for the holder to check.
    pub root: String,
    /// Whether the leaf was among those of the checkpoint held.
    pub holds_the_leaf: bool,
    /// The consistency proof from it to the proof's checkpoint (RFC 6962), hex.
    pub proof: Vec<String>,
}

impl View {
    /// Where an event is, and that it was there. Names nobody.
    ///
    /// # Errors
    /// [`Error::NoSuchEvent`]; [`Error::NotSigned`]; [`Error::HeldUnread`] and [`Error::HeldForked`] where the
    /// checkpoint held is none of this log; what keeps rows or leaves from being read.
    pub fn existence(&self, question: &ExistenceQuestion) -> Result<Existence, Error> {
        let id = event_id(&question.event)?;
        let (rows, index) = self.find_event(&id, &question.event)?;
        let log = rows.log();
        let held = question.held.as_deref();
        let held = held.map(|held| read(held, log.name())).transpose()?;
        let at_least = held.as_ref().map_or(0, |held| held.size);
        let covering = log.checkpoint_covering(index.saturating_add(1).max(at_least))?;
        let (size, signed) = covering.ok_or_else(|| Error::NotSigned {
            log: log.name().to_owned(),
            index,
        })?;
        let since_held = match held {
            None => None,
            Some(held) if log.root_at(held.size)? != held.root => {
                return Err(Error::HeldForked {
                    log: held.origin,
                    size: held.size,
                });
            }
            Some(held) => Some(SinceHeld {
                size: held.size,
                root: hex::encode(held.root),
                holds_the_leaf: index < held.size,
                proof: log
                    .consistency_proof(held.size, size)?
                    .iter()
                    .map(hex::encode)
                    .collect(),
            }),
        };
        let proof = log.inclusion_proof(index, size)?;
        let receipt =
            receipt::Receipt::new(index, proof, &signed).map_err(|source| Error::Checkpoint {
                log: log.name().to_owned(),
                source,
            })?;
        let (entry, bytes) = log.entry_and_bytes(index)?;
        Ok(Existence {
            event: question.event.clone(),
            log: log.name().to_owned(),
            index,
            record_time: (entry.timestamp_ms >= 0).then_some(Time(entry.timestamp_ms)),
            log_append_time: entry.log_append_time,
            external_timestamp: NO_TIMESTAMP.to_owned(),
            entry: hex::encode(bytes),
            size,
            tlog_proof: receipt.to_string(),
            since_held,
        })
    }

    fn find_event(&self, id: &[u8], shown: &str) -> Result<(&LogRows, u64), Error> {
        for rows in self.logs() {
            let below = rows.rows.progress().projected();
            if let Some(index) = rows.rows.leaf_of_event(id, below)? {
                return Ok((rows, index));
            }
        }
        Err(Error::NoSuchEvent(shown.to_owned()))
    }
}

fn event_id(text: &str) -> Result<Vec<u8>, Error> {
    let bytes = hex::decode(text.replace('-', "")).ok();
    let bytes = bytes.filter(|bytes| bytes.len() == 16);
    bytes.ok_or_else(|| Error::NoSuchEvent(text.to_owned()))
}

/// A checkpoint that someone holds, of the event's log.
fn read(held: &str, log: &str) -> Result<Checkpoint, Error> {
    let unread = |why: String| Error::HeldUnread(why);
    let note = Note::parse(held.as_bytes()).map_err(|error| unread(error.to_string()))?;
    let said = Checkpoint::parse(note.text()).map_err(|error| unread(error.to_string()))?;
    if said.origin != log {
        return Err(unread(format!(
            "it is of {}, and the event is in {log}",
            said.origin
        )));
    }
    if said.size == 0 {
        return Err(unread(
            "it is of an empty tree, which every tree goes on from".into(),
        ));
    }
    Ok(said)
}
