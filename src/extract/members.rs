//! The members of an extract, one after the other into the spool.

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use custodia_core::assess::Evidence;
use custodia_core::extract::{EventLine, LogAt, Manifest, layout};
use custodia_core::report::{self, Answer};

use super::Error;
use super::gather::Part;
use super::office::Progress;
use super::proofs::ToProve;
use super::spool::{Spool, Spooled, Writing};
use crate::log::Log;
use crate::query::Standpoint;
use crate::sign::KeyRing;

/// The longest line that is read back, in bytes.
const LONGEST_LINE: u64 = 1 << 26;

/// A signed checkpoint that covers a log of the cut.
pub(super) struct Covering<'a> {
    pub(super) log: &'a Log,
    /// The log's size in the cut.
    pub(super) cut: u64,
    pub(super) size: u64,
    pub(super) signed: String,
}

/// The earliest checkpoint of the present key that covers each log of the cut that has leaves: all
/// signatures of an extract are of one key.
pub(super) fn coverings<'a>(
    from: &'a Standpoint<'a>,
    ring: &KeyRing,
) -> Result<Vec<Covering<'a>>, Error> {
    let mut all = Vec::new();
    for rows in from.logs() {
        let (log, cut) = (rows.log(), from.size_of(rows));
        if cut == 0 {
            continue;
        }
        let least = cut.max(ring.handed_over_at(log.name()));
        let covering = log.checkpoint_covering(least)?;
        let of_present_key = covering.filter(|(_, signed)| ring.is_of_present_key(signed));
        let Some((size, signed)) = of_present_key else {
            return Err(Error::NotSigned {
                log: log.name().to_owned(),
                size: cut,
            });
        };
        all.push(Covering {
            log,
            cut,
            size,
            signed,
        });
    }
    Ok(all)
}

/// Writes all members but the manifest and its note; `number` counts the files.
pub(super) struct Members<'a> {
    pub(super) spool: &'a Spool,
    pub(super) coverings: &'a [Covering<'a>],
    pub(super) parts: &'a [Part],
    pub(super) held: &'a [LogAt],
    pub(super) progress: &'a dyn Fn(Progress),
}

impl Members<'_> {
    /// Checkpoints, events and proofs.
    pub(super) fn evidence(&self) -> Result<Vec<Spooled>, Error> {
        let mut members = Vec::new();
        for covering in self.coverings {
            let name = layout::checkpoint_name(covering.log.origin());
            let mut member = self.spool.member(members.len(), &name)?;
            member.append(covering.signed.as_bytes())?;
            members.push(member.finish()?);
        }
        let mut events = self.spool.member(members.len(), layout::EVENTS)?;
        for part in self.parts {
            let mut file = File::open(&part.path).map_err(Error::spool(&part.path))?;
            std::io::copy(&mut file, &mut events).map_err(Error::spool(&part.path))?;
        }
        members.push(events.finish()?);
        (self.progress)(Progress::Proving);
        let mut proofs = self.spool.member(members.len(), layout::PROOFS)?;
        for covering in self.coverings {
            let part = self
                .parts
                .iter()
                .find(|part| part.log == covering.log.name());
            let proving = ToProve {
                log: covering.log,
                size: covering.cut,
                indices: part.map_or(&[], |part| part.indices.as_slice()),
                checkpoint: covering.size,
                held: self.held,
            };
            proving.write(&mut proofs)?;
        }
        members.push(proofs.finish()?);
        Ok(members)
    }

    /// The documents of the edition; `before` is how many members there are.
    pub(super) fn reports(&self, answer: &Answer, before: usize) -> Result<Vec<Spooled>, Error> {
        let mut members = Vec::new();
        for name in report::members(answer.manifest()) {
            (self.progress)(Progress::Writing {
                member: name.clone(),
            });
            let number = before + members.len();
            let mut writing = Text {
                to: self.spool.member(number, &name)?,
                failed: None,
            };
            let written = report::write(&name, answer, &mut writing);
            if let Some(failed) = writing.failed {
                let path = self.spool.file(&number.to_string());
                return Err(Error::spool(&path)(failed));
            }
            written.map_err(|_| Error::Report(name))?;
            members.push(writing.to.finish()?);
        }
        Ok(members)
    }
}

/// What the documents are made from: the manifest without members, and the events, read back as whoever
/// verifies does. What the rules say on `evidence` beyond what the events show goes into its manifest.
pub(super) fn answer(
    manifest: &Manifest,
    judged: Option<Evidence>,
    members: &[Spooled],
) -> Result<Answer, Error> {
    let events = members.iter().find(|member| member.name == layout::EVENTS);
    let events = events.ok_or_else(|| Error::Unsound("no events.jsonl".into()))?;
    let mut answer = Answer::new(manifest);
    let file = File::open(&events.path).map_err(Error::spool(&events.path))?;
    let mut file = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = file.by_ref().take(LONGEST_LINE);
        let read = limited.read_until(b'\n', &mut line);
        if read.map_err(Error::spool(&events.path))? == 0 {
            break;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let event = EventLine::from_json(text).map_err(|e| Error::Unsound(e.to_string()))?;
        answer
            .push(&event)
            .map_err(|e| Error::Report(e.to_string()))?;
    }
    answer.finish();
    // Of more than is judged nothing can be said.
    let judged = judged.and_then(|judged| judged.assess().ok());
    answer.say(&judged.unwrap_or_default());
    Ok(answer)
}

/// Text into a member; keeps what went wrong, since [`fmt::Error`] says nothing.
struct Text {
    to: Writing,
    failed: Option<std::io::Error>,
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.to.write_all(text.as_bytes()).map_err(|error| {
            self.failed = Some(error);
            fmt::Error
        })
    }
}
