//! The notices about a log, `LogOpened` and `LogClosed`, until the registry has them.
//!
//! A notice is on disk before it is sent, and so is how far its sending has come: one whose
//! sending was cut short is looked for in the registry before it is sent again.

use super::layout::{CLOSED, HANDED_OVER, META, OPENED};
use super::reader::store_error;
use super::{Error, Log, Registry};
use crate::store::{Batch, Durability};

/// A notice's event, and how far its sending has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// The event's bytes, as they are sent.
    event: Vec<u8>,
    sending: Sending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    /// Nothing was sent.
    Waiting,
    /// It was sent, or was about to be: where it landed, it stands at this offset or later.
    Begun(u64),
    /// Kafka has it.
    Done,
}

const WAITING: u8 = 0;
const DONE: u8 = 1;
const BEGUN: u8 = 2;

impl Notice {
    /// A notice that nothing was sent of.
    pub(super) fn new(event: &[u8]) -> Self {
        Self {
            event: event.to_vec(),
            sending: Sending::Waiting,
        }
    }

    /// How far it is, as a byte; where it was begun, an offset u64be; then the event.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = match self.sending {
            Sending::Waiting => vec![WAITING],
            Sending::Done => vec![DONE],
            Sending::Begun(from) => [&[BEGUN][..], &from.to_be_bytes()].concat(),
        };
        bytes.extend_from_slice(&self.event);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (sending, event) = match *kind {
            WAITING => (Sending::Waiting, rest),
            DONE => (Sending::Done, rest),
            BEGUN => {
                let (from, event) = rest.split_first_chunk()?;
                (Sending::Begun(u64::from_be_bytes(*from)), event)
            }
            _ => return None,
        };
        Some(Self {
            event: event.to_vec(),
            sending,
        })
    }
}

impl Log {
    /// Puts into the registry what it doesn't have yet of this log's notices: that it was opened,
    /// then that it was closed, then what [`Self::tell`] left here. Returns which it put there, or found to have arrived.
    ///
    /// # Errors
    /// [`Error::Outbox`] where Kafka can't be asked or doesn't acknowledge; [`Error::Store`].
    pub fn announce(&self, registry: &dyn Registry) -> Result<Vec<&'static str>, Error> {
        let mut announced = Vec::new();
        for (key, what) in [
            (OPENED, "opened"),
            (CLOSED, "closed"),
            (HANDED_OVER, "the key's hand-over"),
        ] {
            if self.send(key, registry)? {
                announced.push(what);
            }
        }
        Ok(announced)
    }

    /// Leaves a `SigningKeyHandedOver` event for [`Self::announce`]; one that is there already stays as
    /// it is. An earlier one must have been announced.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn tell(&self, event: &[u8]) -> Result<(), Error> {
        match self.notice(HANDED_OVER)? {
            Some(notice) if notice.event == event => Ok(()),
            _ => self.keep_notice(HANDED_OVER, &Notice::new(event)),
        }
    }

    fn send(&self, key: &[u8], registry: &dyn Registry) -> Result<bool, Error> {
        let Some(mut notice) = self.notice(key)? else {
            return Ok(false);
        };
        let arrived = match notice.sending {
            Sending::Done => return Ok(false),
            Sending::Begun(from) => registry.holds(from, &notice.event)?,
            Sending::Waiting => {
                notice.sending = Sending::Begun(registry.end()?);
                self.keep_notice(key, &notice)?;
                false
            }
        };
        if !arrived {
            registry.put(self.name().as_bytes(), &notice.event)?;
        }
        notice.sending = Sending::Done;
        self.keep_notice(key, &notice)?;
        Ok(true)
    }

    fn notice(&self, key: &[u8]) -> Result<Option<Notice>, Error> {
        let Some(bytes) = self.get(META, key)? else {
            return Ok(None);
        };
        let notice = Notice::from_bytes(&bytes);
        let unreadable = || self.corrupt("a notice about it can't be read".into());
        notice.map(Some).ok_or_else(unreadable)
    }

    fn keep_notice(&self, key: &[u8], notice: &Notice) -> Result<(), Error> {
        let mut batch = Batch::new();
        batch.put(META, key, &notice.to_bytes());
        let written = self.store.write(&batch, Durability::Synced);
        written.map_err(|e| store_error(&self.name, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_reads_back_and_nothing_else_does() {
        for sending in [Sending::Waiting, Sending::Begun(7), Sending::Done] {
            let notice = Notice {
                event: b"event".to_vec(),
                sending,
            };
            assert_eq!(Notice::from_bytes(&notice.to_bytes()), Some(notice));
        }
        assert_eq!(Notice::from_bytes(b""), None);
        assert_eq!(Notice::from_bytes(&[3, 1]), None);
        assert_eq!(Notice::from_bytes(&[2, 0, 0, 0, 0, 0, 0, 7]), None);
    }
}
