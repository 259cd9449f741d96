//! Where findings are asked for: the look goes on record, then the answer leaves.

use std::sync::Arc;

use custodia_core::assess::{Finding, Scope, Tallies, Timeline, Totals};
use custodia_core::schema::is_reference;

use super::answer::{FindingsAnswer, Found};
use super::gather::Person;
use super::ground::GroundKeeper;
use super::judging::{EGRESS_COUNT, Judging};
use super::progress::Progress;
use super::question::{FindingsQuestion, Wanted};
use super::rows::{
    Header, NAMED, Owner, PERSON, SINCE, THING, finding_of_since, key, name_tag, person_tag,
    scope_byte, sortable, tag_at,
};
use super::rulebook::Rulebook;
use super::store::{FAMILY, FindingsStore};
use super::tallies::Counts;
use super::{Error, gather};
use crate::clock::Clock;
use crate::query::{self, AsOf, Asking, Cut, CutName, Desk, Look, Standpoint, Time};
use crate::store::{Direction, KeyRange, Pair, Read as _, Snapshot};

/// The findings that are kept up.
#[derive(Clone)]
pub struct KeptFindings {
    /// Where they are.
    pub store: Arc<FindingsStore>,
    /// How far they reach.
    pub progress: Arc<Progress>,
}

/// Whether findings are kept up.
#[derive(Clone, Default)]
pub enum Keeping {
    /// They are not.
    #[default]
    Off,
    /// They can't be, and why.
    Stopped(String),
    /// They are.
    On(KeptFindings),
}

/// Whose findings they are, where everybody's are judged.
#[derive(Clone, Copy)]
pub enum Everybody<'a> {
    /// A person's, whom the standpoint knows.
    Person(&'a Person),
    /// A recipient's, an incident's or a producer's, by id.
    Thing(Scope, &'a str),
    /// The operator's, with what is counted over the ledger.
    Operator(&'a Totals),
}

/// Answers questions about findings.
pub struct FindingsDesk {
    desk: Arc<Desk>,
    book: Arc<Rulebook>,
    keeping: Keeping,
    clock: Arc<dyn Clock>,
    ground: GroundKeeper,
}

impl FindingsDesk {
    /// A desk beside the one for all other questions.
    pub fn new(
        desk: Arc<Desk>,
        book: Arc<Rulebook>,
        keeping: Keeping,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            desk,
            book,
            keeping,
            clock,
            ground: GroundKeeper::default(),
        }
    }

    /// Which findings?
    ///
    /// # Errors
    /// [`Error::BadQuestion`]; [`query::Error::NotAReference`]; [`Error::SwitchedOff`],
    /// [`Error::NotAssessed`] and [`Error::Stopped`] where the question is about the whole ledger;
    /// [`query::Error::LookNotRecorded`] and what keeps rows or leaves from being read: then nothing
    /// has left.
    pub fn findings(
        &self,
        asking: &Asking,
        question: &FindingsQuestion,
    ) -> Result<FindingsAnswer, Error> {
        question.check()?;
        let now_ms = self.clock.now_ms();
        let wanted = Wanted::new(question, self.desk.view().keys(), now_ms);
        let moment = question.at.unwrap_or(Time(now_ms));
        let answer = match (&question.subject, &question.as_of) {
            (Some(subject), _) => self.of_person(subject, question, &wanted, moment)?,
            (None, None) => self.of_all(question, &wanted, moment)?,
            (None, Some(as_of)) => self.of_all_then(as_of, question, &wanted, moment)?,
        };
        self.desk.record(&Look {
            asking,
            query: &question.normal(),
            cut: &Cut::new(answer.cut.sizes.clone()),
            people: answer.shown(question.subject.as_ref()),
            extract: None,
        })?;
        Ok(answer)
    }

    /// Hands over what a question about the whole ledger asks for, one finding after the other, and puts no
    /// look on record: whoever shows people of it does. Gives back the cut that they stand on.
    ///
    /// # Errors
    /// [`Error::BadQuestion`], also where the question is about a person; else as [`Self::people`].
    pub fn each(
        &self,
        question: &FindingsQuestion,
        take: &mut dyn FnMut(Finding),
    ) -> Result<CutName, Error> {
        question.check()?;
        if question.subject.is_some() {
            return Err(Error::BadQuestion(
                "a person is judged alone; leave the person out".to_owned(),
            ));
        }
        let wanted = Wanted::new(question, self.desk.view().keys(), self.clock.now_ms());
        let store = self.store()?;
        let Some(as_of) = &question.as_of else {
            let rows = store.snapshot();
            let head = store.head_in(&rows)?;
            let covered = head.covered.ok_or_else(|| self.not_assessed(None, None))?;
            walk(store, &rows, &wanted, &mut |owner, key, _| {
                if let Some(value) = rows.get(FAMILY, key)?
                    && let Some(finding) = store.open_finding(owner, key, &value)?
                {
                    take(finding);
                }
                Ok(())
            })?;
            self.desk.view().keep(&Cut::new(covered.sizes.clone()))?;
            return Ok(covered);
        };
        let as_of: AsOf = as_of.parse()?;
        let from = self.desk.view().standpoint(Some(&as_of), None)?;
        self.judge_all(&from, &mut |owner, findings| {
            for finding in findings {
                let header = Header::of(self.desk.view().keys(), &finding);
                if wanted.wants(owner, &header) {
                    take(finding);
                }
            }
        })?;
        Ok(CutName::from(from.cut()))
    }

    /// The desk for questions about rows, with the looks.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The clock by which answers know what is due now.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// What everybody is judged on at a standpoint of this desk's view.
    ///
    /// # Errors
    /// [`Error::RegisterTooLong`], and what keeps rows or leaves from being read.
    pub fn judging<'a>(&self, from: &'a Standpoint<'a>) -> Result<Judging<'a>, Error> {
        Ok(Judging {
            from,
            ground: self.ground.at(from)?,
            book: Arc::clone(&self.book),
        })
    }

    /// What is kept up, without a look: a caller may show no person of it.
    ///
    /// # Errors
    /// As [`Self::findings`], of the whole ledger now.
    pub(crate) fn kept(&self, question: &FindingsQuestion) -> Result<FindingsAnswer, Error> {
        question.check()?;
        let now_ms = self.clock.now_ms();
        let wanted = Wanted::new(question, self.desk.view().keys(), now_ms);
        self.of_all(question, &wanted, question.at.unwrap_or(Time(now_ms)))
    }

    /// Every person whom findings are kept of, one reference each at least; ask [`Judging::person`] whether
    /// the standpoint knows them.
    ///
    /// # Errors
    /// [`Error::SwitchedOff`], [`Error::Stopped`], [`Error::NotAssessed`] where findings don't reach the
    /// standpoint, and what keeps rows from being read.
    pub fn people(
        &self,
        from: &Standpoint<'_>,
    ) -> Result<impl Iterator<Item = Result<String, Error>>, Error> {
        let store = self.store()?;
        self.must_cover(store, from)?;
        let reference = |row: Result<Pair, Error>| {
            let tag = tag_at(&row?.0, 1);
            let tag = tag.ok_or_else(|| store.corrupt("a row's key is cut short"))?;
            Ok(store.person(&tag)?.map(|person| person.reference))
        };
        let all = store.scan(&[PERSON], None)?.map(reference);
        Ok(all.filter_map(Result::transpose))
    }

    /// Every person who has an accepted event that names a recipient, an incident, a case or a merger, one
    /// reference each at least.
    ///
    /// # Errors
    /// As [`Self::people`].
    pub fn people_naming(
        &self,
        from: &Standpoint<'_>,
        name: &str,
    ) -> Result<impl Iterator<Item = Result<String, Error>>, Error> {
        let store = self.store()?;
        self.must_cover(store, from)?;
        let tags = store.tags_under(NAMED, &name_tag(self.desk.view().keys(), name))?;
        let reference = move |tag| Ok(store.person(&tag)?.map(|person| person.reference));
        let all = tags.into_iter().map(reference);
        Ok(all.filter_map(Result::transpose))
    }

    /// Every recipient, incident or producer that findings are kept of, by id.
    ///
    /// # Errors
    /// As [`Self::people`].
    pub fn things(&self, from: &Standpoint<'_>, scope: Scope) -> Result<Vec<String>, Error> {
        let store = self.store()?;
        self.must_cover(store, from)?;
        let prefix = key(THING, &[&[scope_byte(scope)]]);
        let mut ids = Vec::new();
        for row in store.scan(&prefix, None)? {
            let tag = tag_at(&row?.0, prefix.len());
            let tag = tag.ok_or_else(|| store.corrupt("a row's key is cut short"))?;
            ids.extend(store.thing(Owner { scope, tag })?);
        }
        ids.sort();
        Ok(ids)
    }

    /// Judges everybody and everything anew, one after the other, the operator last: which takes its time,
    /// and holds one of them at once.
    ///
    /// # Errors
    /// As [`Self::people`].
    pub fn everybody(
        &self,
        judging: &Judging<'_>,
        visit: &mut dyn FnMut(Everybody<'_>, Vec<Finding>),
    ) -> Result<(), Error> {
        let store = self.store()?;
        for reference in self.people(judging.from)? {
            let reference = reference?;
            let (person, findings) = judging.person(&reference)?;
            // Who has several references is judged once.
            if person.known && person.references.first() == Some(&reference) {
                visit(Everybody::Person(&person), findings);
            }
        }
        let counts = Counts::then(store, judging.from)?;
        for scope in [Scope::Recipient, Scope::Incident, Scope::Producer] {
            for id in self.things(judging.from, scope)? {
                let findings = judging.thing(scope, &id, &counts)?;
                visit(Everybody::Thing(scope, &id), findings);
            }
        }
        let totals = counts.totals(0)?;
        let findings = judging.operator(&totals);
        visit(Everybody::Operator(&totals), findings);
        Ok(())
    }

    /// When data left for a recipient, where a gateway's count of it is to be held against that.
    ///
    /// # Errors
    /// As [`Self::people`] where it is; none else.
    pub fn outflows(
        &self,
        from: &Standpoint<'_>,
        recipient: &str,
        timeline: &Timeline,
    ) -> Result<Option<Tallies>, Error> {
        if !timeline.iter().any(|one| one.kind == EGRESS_COUNT) {
            return Ok(Some(Tallies::default()));
        }
        let store = self.store()?;
        self.must_cover(store, from)?;
        Counts::newest(store, from).outflows(recipient)
    }

    /// A person is judged anew at the question's standpoint.
    fn of_person(
        &self,
        subject: &str,
        question: &FindingsQuestion,
        wanted: &Wanted,
        moment: Time,
    ) -> Result<FindingsAnswer, Error> {
        if !is_reference(subject) {
            return Err(query::Error::NotAReference.into());
        }
        let view = self.desk.view();
        let as_of: Option<AsOf> = question.as_of.as_deref().map(str::parse).transpose()?;
        let from = view.standpoint(as_of.as_ref(), question.at)?;
        let judging = self.judging(&from)?;
        let (person, findings) = judging.person(subject)?;
        let owner = Owner::person(person_tag(view.keys(), subject));
        let mut found = self.nothing(question);
        self.take(&mut found, wanted, owner, findings);
        let mut answer = found.answer(CutName::from(from.cut()), moment);
        answer.erasures = from.erasures(&person.references)?;
        answer.known = person.known || !answer.erasures.is_empty();
        let others = person.references.into_iter();
        answer.linked = others.filter(|other| other != subject).collect();
        Ok(answer)
    }

    /// What is kept up, as it stands.
    fn of_all(
        &self,
        question: &FindingsQuestion,
        wanted: &Wanted,
        moment: Time,
    ) -> Result<FindingsAnswer, Error> {
        let store = self.store()?;
        let rows = store.snapshot();
        let head = store.head_in(&rows)?;
        let covered = head.covered.ok_or_else(|| self.not_assessed(None, None))?;
        let mut found = self.nothing(question);
        walk(store, &rows, wanted, &mut |owner, key, header| {
            if !found.has_room() {
                found.count(header);
            } else if let Some(value) = rows.get(FAMILY, key)?
                && let Some(finding) = store.open_finding(owner, key, &value)?
            {
                found.count(header);
                found.show(finding);
            }
            Ok(())
        })?;
        self.desk.view().keep(&Cut::new(covered.sizes.clone()))?;
        let mut answer = found.answer(covered, moment);
        answer.under_way = head.under_way.is_some();
        answer.known = Self::knows(store, wanted)?;
        Ok(answer)
    }

    /// Everybody and everything judged again at an earlier cut.
    fn of_all_then(
        &self,
        as_of: &str,
        question: &FindingsQuestion,
        wanted: &Wanted,
        moment: Time,
    ) -> Result<FindingsAnswer, Error> {
        let store = self.store()?;
        let as_of: AsOf = as_of.parse()?;
        let from = self.desk.view().standpoint(Some(&as_of), None)?;
        let mut found = self.nothing(question);
        self.judge_all(&from, &mut |owner, findings| {
            self.take(&mut found, wanted, owner, findings);
        })?;
        let mut answer = found.answer(CutName::from(from.cut()), moment);
        answer.known = Self::knows(store, wanted)?;
        Ok(answer)
    }

    /// Judges everybody and everything at an earlier cut, each by the owner of its rows.
    fn judge_all(
        &self,
        from: &Standpoint<'_>,
        visit: &mut dyn FnMut(Owner, Vec<Finding>),
    ) -> Result<(), Error> {
        let judging = self.judging(from)?;
        let keys = self.desk.view().keys();
        self.everybody(&judging, &mut |whose, findings| {
            let owner = match whose {
                Everybody::Person(person) => {
                    let first = person.references.first().map_or("", String::as_str);
                    Owner::person(person_tag(keys, first))
                }
                Everybody::Thing(scope, id) => Owner {
                    scope,
                    tag: name_tag(keys, id),
                },
                Everybody::Operator(_) => Owner::OPERATOR,
            };
            visit(owner, findings);
        })
    }

    fn nothing(&self, question: &FindingsQuestion) -> Found {
        Found::new(question.most(), question.by, hex::encode(self.book.rules()))
    }

    /// Takes in those of an owner's findings that are asked for.
    fn take(&self, found: &mut Found, wanted: &Wanted, owner: Owner, findings: Vec<Finding>) {
        for finding in findings {
            let header = Header::of(self.desk.view().keys(), &finding);
            if wanted.wants(owner, &header) {
                found.count(&header);
                found.show(finding);
            }
        }
    }

    /// Whether the ledger knows the recipient, incident or producer asked about.
    fn knows(store: &FindingsStore, wanted: &Wanted) -> Result<bool, Error> {
        for owner in wanted.things() {
            if store.thing(owner)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn store(&self) -> Result<&FindingsStore, Error> {
        let kept = match &self.keeping {
            Keeping::Off => return Err(Error::SwitchedOff),
            Keeping::Stopped(why) => return Err(Error::Stopped(why.clone())),
            Keeping::On(kept) => kept,
        };
        match kept.progress.reached().stopped {
            Some(why) => Err(Error::Stopped(why)),
            None => Ok(&kept.store),
        }
    }

    /// Findings must have come as far as the standpoint: whom the ledger knows is read from their rows.
    fn must_cover(&self, store: &FindingsStore, from: &Standpoint<'_>) -> Result<(), Error> {
        let head = store.head_in(&store.snapshot())?;
        for log in gather::logs(from) {
            let (name, asked) = (log.log().name(), from.size_of(log));
            let covered = head.covered.as_ref().and_then(|cut| cut.sizes.get(name));
            if covered.copied().unwrap_or(0) < asked {
                return Err(self.not_assessed(Some((name, asked)), covered.copied()));
            }
        }
        Ok(())
    }

    fn not_assessed(&self, log: Option<(&str, u64)>, covered: Option<u64>) -> Error {
        let first = self.desk.view().logs().next();
        let first = first.map_or(("the ledger", 0), |log| {
            (log.log().name(), log.rows.progress().projected())
        });
        let (log, asked) = log.unwrap_or(first);
        Error::NotAssessed {
            log: log.to_owned(),
            covered: covered.unwrap_or(0),
            asked,
        }
    }
}

/// Takes in a kept finding's row: whose, its key, and what stands of it in clear.
type Visit<'a> = dyn FnMut(Owner, &[u8], &Header) -> Result<(), Error> + 'a;

/// Visits the rows of kept findings that are asked for, by when they began: whose, the finding's key, and
/// what stands of it in clear.
fn walk(
    store: &FindingsStore,
    rows: &Snapshot,
    wanted: &Wanted,
    visit: &mut Visit<'_>,
) -> Result<(), Error> {
    let from = key(SINCE, &[&sortable(wanted.first_ms)]);
    for row in rows.iterate(FAMILY, &between(&from), Direction::Ascending)? {
        let (row, value) = row?;
        let read = finding_of_since(&row).zip(Header::decode(&value));
        let read = read.ok_or_else(|| store.corrupt("a finding's row can't be read"))?;
        let ((owner, finding), header) = read;
        if header.since_ms > wanted.last_ms {
            break;
        }
        if wanted.wants(owner, &header) {
            visit(owner, &finding, &header)?;
        }
    }
    Ok(())
}

/// Rows by time, from a key on.
fn between(from: &[u8]) -> KeyRange {
    KeyRange::between(from, &[SINCE + 1])
}
