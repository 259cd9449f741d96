//! The logs with their rows, read at a cut.

use std::sync::Arc;

use custodia_core::record::Record;
use custodia_core::schema::v1::Event;
use custodia_core::verdict::{TopicRole, Verdict, event_of};

use super::{AsOf, Cut, CutFiles, Error, Time};
use crate::keys::KeyStore;
use crate::log::Log;
use crate::project::RowsReader;

/// One log with its rows.
#[derive(Clone)]
pub struct LogRows {
    /// What its topic is for.
    pub role: TopicRole,
    /// Its rows.
    pub rows: RowsReader,
}

impl LogRows {
    /// The log.
    pub fn log(&self) -> &Arc<Log> {
        self.rows.log()
    }
}

/// All logs of a ledger with their rows, the keys and the cuts.
pub struct View {
    logs: Vec<LogRows>,
    keys: Arc<KeyStore>,
    cuts: CutFiles,
}

/// From where one answer looks: what was known, and what of it had happened.
pub struct Standpoint<'a> {
    pub(super) view: &'a View,
    pub(super) cut: Cut,
    pub(super) at: Option<Time>,
}

/// One leaf, as far as it is still held.
pub(super) struct Leaf {
    pub(super) log: String,
    pub(super) index: u64,
    pub(super) record_time: Option<Time>,
    pub(super) verdict: Option<Verdict>,
    pub(super) record: Option<Record>,
    pub(super) event: Option<Event>,
}

impl View {
    /// A view of these logs.
    pub fn new(mut logs: Vec<LogRows>, keys: Arc<KeyStore>, cuts: CutFiles) -> Self {
        // By generation as a number: what a later one says of the registry's entries comes later.
        logs.sort_by(|a, b| a.log().origin().cmp(b.log().origin()));
        Self { logs, keys, cuts }
    }

    /// Where an extract stands: `as_of`, or of each log what its latest signed checkpoint covers,
    /// as far as there are rows.
    ///
    /// # Errors
    /// Where the cut isn't known, or can't be kept or computed.
    pub fn signed_standpoint(&self, as_of: Option<&AsOf>) -> Result<Standpoint<'_>, Error> {
        if as_of.is_some() {
            return self.standpoint(as_of, None);
        }
        let size = |log: &LogRows| {
            let signed = log
                .log()
                .checkpoint_within(log.rows.progress().projected())?;
            let size = signed.map_or(0, |(size, _)| size);
            Ok((log.log().name().to_owned(), size))
        };
        let sizes: Vec<_> = self.logs.iter().map(size).collect::<Result<_, Error>>()?;
        let cut = Cut::new(sizes);
        self.cuts.keep(&cut)?;
        Ok(Standpoint {
            view: self,
            cut,
            at: None,
        })
    }

    /// The keys of the ledger.
    pub fn keys(&self) -> &Arc<KeyStore> {
        &self.keys
    }

    /// All logs with their rows, by origin.
    pub fn logs(&self) -> impl Iterator<Item = &LogRows> {
        self.logs.iter()
    }

    /// Where an answer stands: `as_of`, or everything that has rows now. The cut is kept, so that its
    /// name can be asked for again.
    ///
    /// # Errors
    /// Where the cut isn't known, or can't be kept or computed.
    pub fn standpoint(
        &self,
        as_of: Option<&AsOf>,
        at: Option<Time>,
    ) -> Result<Standpoint<'_>, Error> {
        let cut = match as_of {
            Some(AsOf::Cut(digest)) => self.cuts.find(digest)?,
            Some(AsOf::Time(time)) => self.cut_at(*time)?,
            None => Cut::new(
                self.logs
                    .iter()
                    .map(|log| (log.log().name().to_owned(), log.rows.progress().projected())),
            ),
        };
        self.cuts.keep(&cut)?;
        Ok(Standpoint {
            view: self,
            cut,
            at,
        })
    }

    /// Where those stand who follow the rows and name no answer: the cut isn't kept.
    pub const fn at_cut(&self, cut: Cut) -> Standpoint<'_> {
        Standpoint {
            view: self,
            cut,
            at: None,
        }
    }

    /// Keeps a cut that an answer names, so that its name can be asked for again.
    ///
    /// # Errors
    /// [`Error::CutFile`].
    pub fn keep(&self, cut: &Cut) -> Result<(), Error> {
        self.cuts.keep(cut)
    }

    fn cut_at(&self, time: Time) -> Result<Cut, Error> {
        let size = |log: &LogRows| {
            let size = log.log().size_at(time.0, log.rows.progress().projected())?;
            Ok((log.log().name().to_owned(), size))
        };
        let sizes: Vec<_> = self.logs.iter().map(size).collect::<Result<_, Error>>()?;
        Ok(Cut::new(sizes))
    }

    /// The log of this origin.
    pub fn log_named(&self, name: &str) -> Option<&LogRows> {
        self.logs.iter().find(|log| log.log().name() == name)
    }
}

impl Standpoint<'_> {
    /// The view.
    pub fn view(&self) -> &View {
        self.view
    }

    /// What was known.
    pub fn cut(&self) -> &Cut {
        &self.cut
    }

    /// By when it had happened; none for whenever it did.
    pub const fn at(&self) -> Option<Time> {
        self.at
    }

    /// All logs, by origin.
    pub fn logs(&self) -> impl Iterator<Item = &LogRows> {
        self.view.logs.iter()
    }

    pub(super) fn registries(&self) -> impl Iterator<Item = &LogRows> {
        self.logs().filter(|log| log.role == TopicRole::Registry)
    }

    /// How many leaves of a log are in the cut.
    pub fn size_of(&self, log: &LogRows) -> u64 {
        self.cut.size_of(log.log().name())
    }

    /// Whether what says it happened at `time` had happened; what says no time had.
    pub fn had_happened(&self, time: Option<Time>) -> bool {
        self.at.is_none() || time.is_none() || time <= self.at
    }

    pub(super) fn leaf(&self, log: &LogRows, index: u64) -> Result<Leaf, Error> {
        let entry = log.log().entry(index)?;
        let record = log.log().record(&self.view.keys, index)?;
        let event = record.as_ref().and_then(event_of);
        Ok(Leaf {
            log: log.log().name().to_owned(),
            index,
            record_time: (entry.timestamp_ms >= 0).then_some(Time(entry.timestamp_ms)),
            verdict: log.rows.verdict_of(index)?.verdict,
            record,
            event,
        })
    }
}

impl Leaf {
    /// When it happened, by the event.
    pub(super) fn time(&self) -> Option<Time> {
        self.event.as_ref()?.occurred_at.as_ref().map(time_of)
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.verdict.as_ref().is_some_and(Verdict::is_accepted)
    }
}

/// A timestamp of an event, in whole milliseconds.
pub(crate) fn time_of(time: &prost_types::Timestamp) -> Time {
    let millis = i64::from(time.nanos) / 1_000_000;
    Time(time.seconds.saturating_mul(1000).saturating_add(millis))
}
