//! Which leaves are in an extract, written log by log.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use custodia_core::assess::Evidence;
use custodia_core::extract::{People, QueryKind};
use custodia_core::report;
use custodia_core::schema::{self, v1::Topic};
use custodia_core::verdict::{TopicRole, Verdict, event_of};

use super::Error;
use super::gag::Gags;
use super::leaf::{Leaf, Words};
use super::line::{Redactor, subject_of};
use super::office::Progress;
use super::question::Asked;
use super::spool::Spool;
use super::support::{Named, Reading, occurrence};
use crate::keys::erased_subject;
use crate::project::{Kind, Page};
use crate::query::{LogRows, Standpoint};
use crate::store::Direction;

/// Rows read at once.
const PAGE: usize = 4096;
/// Leaves between two words about progress.
const STRIDE: u64 = 1024;
/// What is in whatever the period is: what joins references, and what says that payloads are gone.
const ALWAYS: [&str; 3] = ["SubjectLinked", "ErasureOrdered", "SubjectKeyShredded"];

/// The lines of one log, in a file.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) log: String,
    pub(super) path: PathBuf,
    pub(super) indices: Vec<u64>,
}

/// Everything that is shown.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Of each log of the cut, in its order.
    pub(super) parts: Vec<Part>,
    pub(super) events: u64,
    /// How many people the events are about.
    pub(super) people: u64,
    /// How many leaves are under each reference of the person asked about.
    pub(super) shown: BTreeMap<String, u64>,
    pub(super) policy_versions: Vec<String>,
    pub(super) open_elsewhere: Vec<String>,
    /// What is judged of whom was asked about: whole events, of any period.
    pub(super) evidence: Option<Evidence>,
}

/// Gathers the leaves of one extract.
pub(super) struct Gathering<'a> {
    from: &'a Standpoint<'a>,
    asked: &'a Asked,
    redactor: &'a Redactor,
    gags: Option<Gags>,
    progress: &'a dyn Fn(Progress),
    named: Named,
    evidence: Option<Evidence>,
    policies: BTreeSet<String>,
    people: HashSet<[u8; 16]>,
    shown: BTreeMap<String, u64>,
    known: bool,
    events: u64,
}

/// A log's file, while it is being written.
struct Lines<'a> {
    log: &'a LogRows,
    part: Part,
    file: BufWriter<File>,
}

impl<'a> Gathering<'a> {
    /// `now_ms` is the true clock: gags are judged by it.
    pub(super) fn new(
        from: &'a Standpoint<'a>,
        asked: &'a Asked,
        redactor: &'a Redactor,
        now_ms: i64,
        progress: &'a dyn Fn(Progress),
    ) -> Self {
        let own = redactor.profile == custodia_core::extract::Profile::SSelf;
        let shown = redactor.references.iter().map(|one| (one.clone(), 0));
        Self {
            from,
            asked,
            redactor,
            gags: own.then(|| Gags::new(now_ms)),
            progress,
            named: Named::default(),
            evidence: asked.query.evidence(),
            policies: BTreeSet::new(),
            people: HashSet::new(),
            shown: shown.collect(),
            // Of a class, and in an audit, that nothing is there is an answer.
            known: matches!(asked.query.kind, QueryKind::Class | QueryKind::Audit),
            events: 0,
        }
    }

    /// Writes the lines of every log into a file of `spool`.
    ///
    /// The registry comes last, since what is shown of it rests on what the others name.
    pub(super) fn run(mut self, spool: &Spool) -> Result<Gathered, Error> {
        self.learn_gags()?;
        let mut parts = BTreeMap::new();
        for (place, log) in self.from.logs().enumerate() {
            if log.role != TopicRole::Registry {
                let indices = self.indices(log)?;
                let part = self.write(place, log, &indices, &BTreeSet::new(), spool)?;
                parts.insert(place, part);
            }
        }
        let mut own = BTreeMap::new();
        for (place, log) in self.from.logs().enumerate() {
            if log.role == TopicRole::Registry {
                own.insert(place, self.registry_indices(log)?);
            }
        }
        if !self.known {
            return Err(Error::Unknown(self.asked.query.kind.noun()));
        }
        let gags = self.gags.as_ref();
        let registry = Reading {
            profile: self.redactor.profile,
            may_tell: &|leaf| gags.is_none_or(|gags| !gags.names_a_case(leaf)),
            evidence: self.evidence.as_mut(),
        }
        .read(self.from)?;
        if self.asked.query.kind == QueryKind::Recipient {
            let id = &self.asked.query.id;
            self.named.recipients.insert(id.clone());
            self.named.matters.insert(id.clone());
        }
        let support = match self.redactor.profile.people() {
            People::Nobody => BTreeSet::new(),
            _ => registry.about(self.named.clone()),
        };
        for (place, log) in self.from.logs().enumerate() {
            let Some(own) = own.get(&place) else { continue };
            let supporting: BTreeSet<u64> = support
                .iter()
                .filter(|(at, _)| *at == place)
                .map(|(_, index)| *index)
                .collect();
            let all: Vec<u64> = own.union(&supporting).copied().collect();
            let part = self.write(place, log, &all, &supporting, spool)?;
            parts.insert(place, part);
        }
        let open_elsewhere = registry.open_elsewhere(self.from);
        Ok(Gathered {
            parts: parts.into_values().collect(),
            events: self.events,
            people: self.people.len() as u64,
            shown: self.shown,
            policy_versions: self.policies.into_iter().collect(),
            open_elsewhere,
            evidence: self.evidence,
        })
    }

    /// The leaves of a log that name whom or what was asked about, ascending.
    fn indices(&self, log: &LogRows) -> Result<Vec<u64>, Error> {
        let below = self.from.size_of(log);
        let id = &self.asked.query.id;
        let rows = match self.asked.query.kind {
            QueryKind::Subject => return self.indices_of_person(log),
            QueryKind::Recipient => Kind::Recipient,
            QueryKind::Incident => Kind::Incident,
            QueryKind::Class => return self.indices_of_class(log),
            QueryKind::Audit => return self.indices_of_nobody(log),
        };
        paged(below, |page| {
            Ok(log.rows.leaves_of(rows, id.as_bytes(), page)?)
        })
    }

    fn indices_of_class(&self, log: &LogRows) -> Result<Vec<u64>, Error> {
        let query = &self.asked.query;
        self.scanned(log, |leaf, words| {
            let kind = words.and_then(|words| schema::body_of(words.split.body_number));
            let is_of_class =
                kind.is_some_and(|kind| query.events.binary_search(&kind.name).is_ok());
            is_of_class && self.asked.is_within(leaf.time(words))
        })
    }

    /// What names nobody: up to the end of the period, since what was registered before it still holds; of
    /// incidents and audits what was in it.
    fn indices_of_nobody(&self, log: &LogRows) -> Result<Vec<u64>, Error> {
        if log.role != TopicRole::Registry {
            return Ok(Vec::new());
        }
        let query = &self.asked.query;
        self.scanned(log, |leaf, words| {
            let Some((words, time)) =
                words.and_then(|words| Some((words, leaf.time(Some(words))?)))
            else {
                return false;
            };
            let kind = words.split.body_number;
            let is_asked = match kind {
                260..=269 | 281 => query.is_within(time),
                _ => query.until.is_none_or(|until| time < until.0),
            };
            let shows = self.redactor.profile.shows(kind) && leaf.is_event();
            is_asked && shows && !leaf.names_somebody()
        })
    }

    /// The leaves of a log that are wanted. Of kinds of event there are no rows: every leaf is looked at.
    fn scanned(
        &self,
        log: &LogRows,
        wanted: impl Fn(&Leaf, Option<&Words<'_>>) -> bool,
    ) -> Result<Vec<u64>, Error> {
        let mut indices = Vec::new();
        for index in 0..self.from.size_of(log) {
            let leaf = self.leaf(log, index)?;
            if wanted(&leaf, leaf.said(log).as_ref()) {
                indices.push(index);
            }
            if indices.len() > report::MAX_EVENTS {
                return Err(too_many());
            }
        }
        Ok(indices)
    }

    fn indices_of_person(&self, log: &LogRows) -> Result<Vec<u64>, Error> {
        let below = self.from.size_of(log);
        let mut indices = BTreeSet::new();
        for reference in &self.redactor.references {
            for name in [reference.as_bytes(), &erased_subject(reference)] {
                indices.extend(paged(below, |page| {
                    let rows = log.rows.leaves_of_subject(name, page)?;
                    Ok(rows.into_iter().map(|row| row.index).collect())
                })?);
            }
        }
        Ok(indices.into_iter().collect())
    }

    /// A first reading, for the person's own copy: which cases are under a gag.
    fn learn_gags(&mut self) -> Result<(), Error> {
        let Some(mut gags) = self.gags.take() else {
            return Ok(());
        };
        for log in self.from.logs() {
            for index in self.indices(log)? {
                let leaf = self.leaf(log, index)?;
                gags.learn(self.redactor, &leaf, leaf.said(log).as_ref());
            }
        }
        self.gags = Some(gags);
        Ok(())
    }

    /// The leaves of a registry that are shown for their own sake; takes in whom they name.
    fn registry_indices(&mut self, log: &LogRows) -> Result<BTreeSet<u64>, Error> {
        let mut shown = BTreeSet::new();
        for index in self.indices(log)? {
            let leaf = self.leaf(log, index)?;
            let words = leaf.said(log);
            if self.is_hidden(log, &leaf, words.as_ref()) {
                continue;
            }
            self.take_evidence(log, index, &leaf, words.as_ref());
            if self.is_asked(log, &leaf, words.as_ref()) {
                self.take_names(&leaf, words.as_ref());
                shown.insert(index);
            }
        }
        Ok(shown)
    }

    fn leaf(&self, log: &LogRows, index: u64) -> Result<Leaf, Error> {
        Leaf::read(log, self.from.view().keys(), index)
    }

    /// Whether something keeps a leaf that names whom was asked about out of this extract.
    fn is_hidden(&self, log: &LogRows, leaf: &Leaf, words: Option<&Words<'_>>) -> bool {
        let gags = self.gags.as_ref();
        gags.is_some_and(|gags| gags.hide(log.role, self.redactor, leaf, words))
    }

    /// Whether a leaf that names whom was asked about is of the period.
    fn is_asked(&mut self, log: &LogRows, leaf: &Leaf, words: Option<&Words<'_>>) -> bool {
        self.known |= log.role != TopicRole::Access;
        let kind = words.and_then(|words| schema::body_of(words.split.body_number));
        let always = self.asked.query.kind == QueryKind::Subject
            && kind.is_some_and(|kind| ALWAYS.contains(&kind.name.as_str()));
        // What an audit shows was chosen by kind.
        always
            || self.asked.query.kind == QueryKind::Audit
            || self.asked.is_within(leaf.time(words))
    }

    /// Takes what rules judge of whom was asked about. Of the registry's own events [`Reading`] does.
    fn take_evidence(&mut self, log: &LogRows, index: u64, leaf: &Leaf, words: Option<&Words<'_>>) {
        let accepted = leaf.verdict.as_ref().is_some_and(Verdict::is_accepted);
        let kind = words.and_then(|words| schema::body_of(words.split.body_number));
        if !accepted || kind.is_none_or(|kind| kind.topic != Topic::Events) {
            return;
        }
        let of_another =
            self.asked.query.kind == QueryKind::Subject && self.redactor.is_of_another(leaf, words);
        if of_another {
            return;
        }
        let event = leaf.record.as_ref().and_then(event_of);
        let one = event.and_then(|event| occurrence(log, index, leaf, event));
        if let Some((evidence, one)) = self.evidence.as_mut().zip(one) {
            evidence.take(one);
        }
    }

    fn take_names(&mut self, leaf: &Leaf, words: Option<&Words<'_>>) {
        if let Some(words) = words.filter(|_| leaf.is_event()) {
            self.named.take(words);
            if self.asked.query.kind == QueryKind::Subject {
                self.named.take_matters(leaf, words);
            }
        }
    }

    fn write(
        &mut self,
        place: usize,
        log: &LogRows,
        indices: &[u64],
        support: &BTreeSet<u64>,
        spool: &Spool,
    ) -> Result<Part, Error> {
        let path = spool.file(&format!("log-{place}"));
        let file = File::create_new(&path).map_err(Error::spool(&path))?;
        let mut lines = Lines {
            log,
            part: Part {
                log: log.log().name().to_owned(),
                path: path.clone(),
                indices: Vec::new(),
            },
            file: BufWriter::with_capacity(1 << 16, file),
        };
        for index in indices {
            self.write_one(&mut lines, *index, support.contains(index))?;
        }
        lines.file.flush().map_err(Error::spool(&path))?;
        Ok(lines.part)
    }

    fn write_one(&mut self, lines: &mut Lines<'_>, index: u64, support: bool) -> Result<(), Error> {
        let leaf = self.leaf(lines.log, index)?;
        let words = leaf.said(lines.log);
        if support {
            // Of a recipient that a case under a gag alone names nothing is in `support`; of the
            // others nothing may name the case.
            if self
                .gags
                .as_ref()
                .is_some_and(|gags| gags.names_a_case(&leaf))
            {
                return Ok(());
            }
        } else if self.is_hidden(lines.log, &leaf, words.as_ref()) {
            return Ok(());
        } else {
            // Of the registry it was taken before.
            if lines.log.role != TopicRole::Registry {
                self.take_evidence(lines.log, index, &leaf, words.as_ref());
            }
            if !self.is_asked(lines.log, &leaf, words.as_ref()) {
                return Ok(());
            }
        }
        self.take_names(&leaf, words.as_ref());
        self.count(&leaf, words.as_ref())?;
        let line = self
            .redactor
            .line(&lines.part.log, index, &leaf, words.as_ref());
        let written = lines.file.write_all(&line.to_json());
        let written = written.and_then(|()| lines.file.write_all(b"\n"));
        written.map_err(Error::spool(&lines.part.path))?;
        lines.part.indices.push(index);
        Ok(())
    }

    fn count(&mut self, leaf: &Leaf, words: Option<&Words<'_>>) -> Result<(), Error> {
        self.events += 1;
        if self.events > report::MAX_EVENTS as u64 {
            return Err(too_many());
        }
        if self.events.is_multiple_of(STRIDE) {
            (self.progress)(Progress::Reading {
                events: self.events,
            });
        }
        if leaf.is_event()
            && let Some(version) = words.and_then(Words::policy_version)
            && !self.policies.contains(version)
        {
            self.policies.insert(version.to_owned());
        }
        let Some(subject) = subject_of(leaf, words) else {
            return Ok(());
        };
        if let Some(shown) = self.shown.get_mut(subject) {
            *shown += 1;
        }
        let digest = blake3::hash(subject.as_bytes());
        if let Some(short) = digest.as_bytes().first_chunk() {
            self.people.insert(*short);
        }
        Ok(())
    }
}

fn too_many() -> Error {
    let what = "events";
    let limit = report::MAX_EVENTS;
    crate::query::Error::TooMany { what, limit }.into()
}

/// All pages of rows, one after the other.
fn paged(below: u64, read: impl Fn(&Page) -> Result<Vec<u64>, Error>) -> Result<Vec<u64>, Error> {
    let mut all = Vec::new();
    let mut from = 0;
    loop {
        let page = read(&Page {
            from,
            below,
            direction: Direction::Ascending,
            most: PAGE,
        })?;
        let full = page.len() == PAGE;
        all.extend(page);
        match all.last() {
            Some(last) if full => from = last + 1,
            _ => return Ok(all),
        }
    }
}
