//! That a log is closed: at its size and root, for good.

use std::sync::atomic::Ordering;

use custodia_core::schema::v1::LogEnd;
use custodia_core::tree::Hash;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::layout::{CLOSED, CLOSING, META};
use super::notice::Notice;
use super::reader::store_error;
use super::{Error, Log, State};
use crate::store::{Batch, Durability};

/// How a log was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// How many leaves it has for good.
    pub size: u64,
    /// Its root at that size.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub root: Hash,
    /// The offset after its last record: the first that it did not read.
    pub next_offset: u64,
    /// Why it ends, as the schema names it, e.g. `LE_PARTITIONS_CHANGED`.
    pub end: String,
}

impl Closing {
    /// The closing of a log that stands so.
    pub fn of(state: &State, end: LogEnd) -> Self {
        Self {
            size: state.size,
            root: state.root,
            next_offset: state.position.next_offset,
            end: end.as_str_name().to_owned(),
        }
    }

    /// Why it ends; unspecified where this version's schema doesn't know.
    pub fn log_end(&self) -> LogEnd {
        LogEnd::from_str_name(&self.end).unwrap_or(LogEnd::LeUnspecified)
    }
}

impl Log {
    /// How the log was closed; none while it is open.
    pub fn closing(&self) -> Option<&Closing> {
        self.closing.get()
    }

    /// Closes the log as it stands: nothing is appended any more, and everything else goes on.
    /// `event` is the `LogClosed` that the registry will have.
    ///
    /// # Errors
    /// [`Error::Closed`] where it is closed already, [`Error::SecondWriter`] where it is being
    /// written to, [`Error::Corrupt`] where `closing` is not how it stands.
    pub fn close(&self, closing: &Closing, event: &[u8]) -> Result<(), Error> {
        self.refuse_closed()?;
        // Nobody gives the place back: the log is never written to again.
        if self.has_writer.swap(true, Ordering::SeqCst) {
            return Err(Error::SecondWriter(self.name.clone()));
        }
        let state = self.state()?;
        if *closing != Closing::of(&state, closing.log_end()) {
            return Err(self.corrupt("it is to be closed at another size or root".into()));
        }
        let text = serde_json::to_vec(closing)
            .map_err(|e| self.corrupt(format!("its closing can't be written: {e}")))?;
        let mut batch = Batch::new();
        batch.put(META, CLOSING, &text);
        batch.put(META, CLOSED, &Notice::new(event).to_bytes());
        let written = self.store.write(&batch, Durability::Synced);
        written.map_err(|e| store_error(&self.name, e))?;
        self.closing.get_or_init(|| closing.clone());
        self.tail.close();
        Ok(())
    }

    /// Whether it is open, as an outcome.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn refuse_closed(&self) -> Result<(), Error> {
        match self.closing() {
            None => Ok(()),
            Some(closing) => Err(Error::Closed {
                origin: self.name.clone(),
                size: closing.size,
            }),
        }
    }
}

fn to_hex<S: Serializer>(root: &Hash, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&hex::encode(root))
}

fn from_hex<'de, D: Deserializer<'de>>(from: D) -> Result<Hash, D::Error> {
    let text = String::deserialize(from)?;
    let mut root = Hash::default();
    hex::decode_to_slice(text, &mut root).map_err(serde::de::Error::custom)?;
    Ok(root)
}
