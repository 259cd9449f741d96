//! What leaked, and the leaves that it reaches in a window.

use std::fmt;

use custodia_core::schema::is_reference;
use custodia_core::verdict::TopicRole;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::project::{Days, Kind, Page, day_of};
use crate::query::{LogRows, Standpoint, Time};

/// Leaves read at once.
const PAGE: usize = 4096;

/// What may have leaked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaked {
    /// A credential, by its fingerprint in hex.
    Credential(String),
    /// An endpoint, by its name.
    Endpoint(String),
    /// A recipient: everything that it holds.
    Recipient(String),
    /// An SDK, by its name.
    Sdk(String),
    /// A service that sends events, by its name.
    Producer(String),
    /// An employee, by reference: what was looked at.
    Employee(String),
}

/// From a moment on, up to and without another; by the events' own times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
}

impl Window {
    pub(super) fn new(from: Option<Time>, until: Option<Time>) -> Result<Self, Error> {
        let window = Self {
            from_ms: from.map_or(i64::MIN, |time| time.0),
            until_ms: until.map_or(i64::MAX, |time| time.0),
        };
        if window.from_ms < window.until_ms {
            Ok(window)
        } else {
            Err(Error::EmptyWindow)
        }
    }

    pub(super) const fn holds(self, ms: i64) -> bool {
        self.from_ms <= ms && ms < self.until_ms
    }
}

impl fmt::Display for Leaked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, id) = self.parts();
        write!(f, "{kind} {id}")
    }
}

impl Leaked {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Credential(id) => ("credential", id),
            Self::Endpoint(id) => ("endpoint", id),
            Self::Recipient(id) => ("recipient", id),
            Self::Sdk(id) => ("sdk", id),
            Self::Producer(id) => ("producer", id),
            Self::Employee(id) => ("employee", id),
        }
    }

    /// As looks name it: an employee's reference isn't repeated in the query.
    pub(super) fn normal(&self) -> String {
        match self {
            Self::Employee(_) => "employee".to_owned(),
            other => other.to_string(),
        }
    }

    /// The kind of rows and the id in them.
    fn rows(&self) -> Result<(Kind, Vec<u8>), Error> {
        let (_, id) = self.parts();
        if id.is_empty() {
            return Err(Error::NotLeaked("what leaked is not named; give its id"));
        }
        let text = id.as_bytes().to_vec();
        Ok(match self {
            Self::Credential(hex) => {
                let bytes = hex::decode(hex).ok().filter(|bytes| !bytes.is_empty());
                let why = "a credential is named by its fingerprint in hex, never by itself";
                (Kind::Credential, bytes.ok_or(Error::NotLeaked(why))?)
            }
            Self::Endpoint(_) => (Kind::Endpoint, text),
            Self::Recipient(_) => (Kind::Recipient, text),
            Self::Sdk(_) => (Kind::Sdk, text),
            Self::Producer(_) => (Kind::Producer, text),
            Self::Employee(id) if is_reference(id) => (Kind::Employee, text),
            Self::Employee(_) => {
                return Err(Error::NotLeaked(
                    "an employee is named by reference: 26 characters of a-z and 2-7",
                ));
            }
        })
    }

    /// Hands on the leaves that it reaches in a window, log by log; some more at the window's ends may be
    /// among them. By whatever has rows by day, it costs by what the window holds; of a producer every
    /// leaf's row in clear is read.
    pub(super) fn each_leaf(
        &self,
        from: &Standpoint<'_>,
        window: Window,
        each: &mut dyn FnMut(&LogRows, u64) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (kind, id) = self.rows()?;
        for log in from.logs().filter(|log| log.role != TopicRole::Access) {
            match self {
                Self::Producer(name) => of_producer(from, log, name, each)?,
                _ => by_day(from, log, kind, &id, window, each)?,
            }
        }
        Ok(())
    }
}

fn by_day(
    from: &Standpoint<'_>,
    log: &LogRows,
    kind: Kind,
    id: &[u8],
    window: Window,
    each: &mut dyn FnMut(&LogRows, u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut days = Days {
        first: day_of(window.from_ms),
        last: day_of(window.until_ms.saturating_sub(1)),
        after: None,
        most: PAGE,
    };
    loop {
        let leaves = log.rows.leaves_by_day(kind, id, &days, from.size_of(log))?;
        for leaf in &leaves {
            each(log, leaf.index)?;
        }
        if leaves.len() < PAGE {
            return Ok(());
        }
        days.after = leaves.last().copied();
    }
}

fn of_producer(
    from: &Standpoint<'_>,
    log: &LogRows,
    name: &str,
    each: &mut dyn FnMut(&LogRows, u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let below = from.size_of(log);
    let mut begin = 0;
    while begin < below {
        let page = Page {
            from: begin,
            ..Page::all_below(below.min(begin.saturating_add(PAGE as u64)))
        };
        for (index, row) in log.rows.verdicts(&page)? {
            if row.producer.as_deref() == Some(name) {
                each(log, index)?;
            }
        }
        begin = page.below;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaked_must_have_its_form_and_the_window_something_in_it() {
        let code = |leaked: Leaked| leaked.rows().map(|(kind, _)| kind).map_err(|e| e.code());
        let credential = |hex: &str| code(Leaked::Credential(hex.into()));
        assert_eq!(credential("0aFF"), Ok(Kind::Credential));
        assert_eq!(credential("secret"), Err("CU-0901"));
        assert_eq!(credential(""), Err("CU-0901"));
        assert_eq!(code(Leaked::Employee("Li Lei".into())), Err("CU-0901"));
        let (one, two) = (Some(Time(1)), Some(Time(2)));
        assert!(Window::new(one, one).is_err() && Window::new(two, one).is_err());
        let window = Window::new(one, two).unwrap();
        assert!(window.holds(1) && !window.holds(2) && !window.holds(0));
        assert!(Window::new(None, None).unwrap().holds(i64::MIN));
    }
}
