//! Events of an incident, on their way into Kafka: held against how the incident stands, then published.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use custodia_core::origin::Origin;
use custodia_core::schema::event_to_json;
use custodia_core::schema::v1::Event;
use custodia_core::schema::v1::event::Body;
use prost::Message as _;

use super::init::timeout;
use super::publish::{Report, publish};
use super::{Counter, Error, Options, Tally, kafka_settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::kafka::watermarks;
use crate::query::{Landed, LandedQuestion, PoliciesQuestion, RecordPlace, Time, Why};
use crate::respond::{IncidentAnswer, IncidentPiece, IncidentQuestion, remarks};

/// How often the ledger is asked how far it is.
const POLL: Duration = Duration::from_millis(20);

/// What is to be said of an incident.
pub struct Saying<'a> {
    /// The service that says it, as the register has it.
    pub producer: &'a str,
    /// When it happened; none for now.
    pub at: Option<Time>,
    /// Whether to say what is on record already.
    pub again: bool,
    /// How the incident stands.
    pub stands: &'a IncidentAnswer,
}

/// How an incident stands, and by reference who was told, where they are asked for.
///
/// # Errors
/// As [`Counter::ask_piecemeal`]; [`crate::respond::Error::Behind`] where the ledger that runs does not come up to
/// what the registry has now.
pub fn incident(
    config: &Config,
    clock: &dyn Clock,
    why: &Why,
    question: &IncidentQuestion,
) -> Result<(IncidentAnswer, BTreeMap<String, String>), Error> {
    let counter = Counter::find(config)?;
    must_have_read(config, clock, &counter)?;
    let (mut stands, mut told) = (None, BTreeMap::new());
    counter.ask_piecemeal(why, question, &mut |piece| {
        match piece {
            IncidentPiece::Incident(answer) => stands = Some(*answer),
            IncidentPiece::Person(person) => {
                told.insert(person.subject_ref, person.channel);
            }
        }
        true
    })?;
    // The first piece of an answer without an error is the incident.
    let none = || Error::System {
        what: "asking how the incident stands".into(),
        source: io::Error::from(io::ErrorKind::UnexpectedEof),
    };
    Ok((stands.ok_or_else(none)?, told))
}

/// Waits until a ledger that runs has rows for all that the registry's topic has now: what was published a
/// moment ago counts. One that doesn't run reads nothing, and answers as it stands.
pub(super) fn must_have_read(
    config: &Config,
    clock: &dyn Clock,
    counter: &Counter,
) -> Result<(), Error> {
    if !counter.is_running() {
        return Ok(());
    }
    let deadline = clock.monotonic() + timeout(config);
    let (topic, deadline) = (&config.topics.registry, (clock, deadline));
    must_have_read_of(config, counter, topic, 0, deadline)
}

/// As [`must_have_read`], of every partition of which the ledger has a log, but for those of the looks.
pub(super) fn must_have_read_all(
    config: &Config,
    clock: &dyn Clock,
    counter: &Counter,
) -> Result<(), Error> {
    let cut = counter.ask_openly(&PoliciesQuestion::default())?.cut;
    let origins = cut
        .sizes
        .keys()
        .filter_map(|log| log.parse::<Origin>().ok());
    let places: BTreeSet<(String, u32)> = origins
        .filter(|origin| origin.topic != config.topics.access)
        .map(|origin| (origin.topic, origin.partition))
        .collect();
    let deadline = clock.monotonic() + timeout(config);
    for (topic, partition) in places {
        must_have_read_of(config, counter, &topic, partition, (clock, deadline))?;
    }
    Ok(())
}

fn must_have_read_of(
    config: &Config,
    counter: &Counter,
    topic: &str,
    partition: u32,
    (clock, deadline): (&dyn Clock, Duration),
) -> Result<(), Error> {
    let settings = kafka_settings(config);
    settings.validate()?;
    let (_, end) = watermarks(&settings, topic, partition, timeout(config))?;
    let Some(offset) = end.checked_sub(1) else {
        return Ok(());
    };
    let question = LandedQuestion {
        places: vec![RecordPlace {
            topic: topic.to_owned(),
            partition,
            offset,
        }],
    };
    loop {
        let landed = counter.ask_openly(&question)?.pop();
        let leaf = match landed {
            Some(Landed::Unsigned { log, index }) => Some((log, index)),
            Some(Landed::Signed(receipt)) => Some((receipt.log, receipt.index)),
            Some(Landed::Unread) => None,
            // No leaf comes of it: it is a marker of a transaction.
            Some(Landed::Nowhere) | None => return Ok(()),
        };
        if let Some((log, index)) = leaf {
            let cut = counter.ask_openly(&PoliciesQuestion::default())?.cut;
            if cut.sizes.get(&log).is_some_and(|size| *size > index) {
                return Ok(());
            }
        }
        if clock.monotonic() > deadline {
            return Err(crate::respond::Error::Behind(topic.to_owned()).into());
        }
        thread::sleep(POLL);
    }
}

/// Publishes an event of the incident, unless it doesn't fit how it stands; gives back what is to be told.
///
/// # Errors
/// [`crate::respond::Error::DoesNotFit`] and [`crate::respond::Error::NoSuchIncident`]: then nothing was sent;
/// as [`publish`].
pub fn say(
    config: &Config,
    clock: &dyn Clock,
    saying: &Saying<'_>,
    body: Body,
    options: &Options,
    report: Report<'_>,
) -> Result<(Vec<String>, Tally), Error> {
    let remarks = remarks(&body, saying.stands, saying.again)?;
    let line = line(&saying.event(clock, String::new(), body));
    let sent = publish(config, clock, line.as_bytes(), options, report)?;
    Ok((remarks, sent))
}

/// Publishes an event for each person.
///
/// # Errors
/// As [`say`].
pub fn say_of_people(
    config: &Config,
    clock: &dyn Clock,
    saying: &Saying<'_>,
    people: impl IntoIterator<Item = (String, Body)>,
    options: &Options,
    report: Report<'_>,
) -> Result<Tally, Error> {
    if !saying.stands.known {
        let id = saying.stands.incident.clone();
        return Err(crate::respond::Error::NoSuchIncident(id).into());
    }
    let lines = people
        .into_iter()
        .map(|(subject, body)| line(&saying.event(clock, subject, body)));
    let input = LinesRead {
        lines,
        rest: io::Cursor::default(),
    };
    publish(config, clock, input, options, report)
}

impl Saying<'_> {
    fn event(&self, clock: &dyn Clock, subject_ref: String, body: Body) -> Event {
        let at = self.at.unwrap_or_else(|| Time(clock.now_ms()));
        Event {
            occurred_at: Some(at.timestamp()),
            producer: self.producer.to_owned(),
            policy_version_id: self.stands.policy_version_id.clone().unwrap_or_default(),
            correlation_id: self.stands.incident.clone(),
            subject_ref,
            body: Some(body),
            ..Event::default()
        }
    }
}

/// The event as a line that `publish` takes.
pub(super) fn line(event: &Event) -> String {
    event_to_json(&event.encode_to_vec()).expect("an event of this schema with times of this era")
}

/// Lines as they are made, read as bytes, as many at once as there is room for: what stands whole in a buffer is
/// sent together. A list of a million people is never held as one text.
struct LinesRead<I> {
    lines: I,
    rest: io::Cursor<Vec<u8>>,
}

impl<I: Iterator<Item = String>> Read for LinesRead<I> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut filled = self.rest.read(into)?;
        while filled < into.len() {
            let Some(mut line) = self.lines.next() else {
                break;
            };
            line.push('\n');
            self.rest = io::Cursor::new(line.into_bytes());
            filled += self.rest.read(&mut into[filled..])?;
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &'static [&'static str]) -> LinesRead<impl Iterator<Item = String>> {
        LinesRead {
            lines: texts.iter().map(|&text| text.to_owned()),
            rest: io::Cursor::default(),
        }
    }

    #[test]
    fn as_many_lines_are_read_at_once_as_there_is_room_for() {
        let mut read = lines(&["one", "two", "three"]);
        let mut buffer = [0; 10];
        assert_eq!(read.read(&mut buffer).unwrap(), 10);
        assert_eq!(&buffer, b"one\ntwo\nth");
        assert_eq!(read.read(&mut buffer).unwrap(), 4);
        assert_eq!(&buffer[..4], b"ree\n");
        assert_eq!(read.read(&mut buffer).unwrap(), 0);
    }

    #[test]
    fn nothing_is_lost_whatever_the_room() {
        for room in 1..20 {
            let (mut read, mut all, mut buffer) = (lines(&["a", "", "bcd"]), Vec::new(), [0; 20]);
            loop {
                match read.read(&mut buffer[..room]).unwrap() {
                    0 => break,
                    taken => all.extend_from_slice(&buffer[..taken]),
                }
            }
            assert_eq!(all, b"a\n\nbcd\n", "room {room}");
        }
    }
}
