//! Judges one person, recipient, incident, producer, or the operator, at a standpoint.

use std::sync::Arc;

use custodia_core::assess::{
    About, Finding, Grounds, Holidays, PolicyBook, Register, Scope, Tallies, Timeline, Totals,
};

use super::Error;
use super::gather::{self, Judgeable, Person};
use super::ground::Ground;
use super::rulebook::{Judge, Rulebook};
use super::tallies::Counts;
use super::unjudged::Unjudged;
use crate::project::Kind;
use crate::query::Standpoint;

/// Number of `EgressCountReported`, against which a recipient's outflows are held.
pub(super) const EGRESS_COUNT: u32 = 211;

/// What everybody is judged on, at one standpoint.
pub struct Judging<'a> {
    pub(super) from: &'a Standpoint<'a>,
    pub(super) ground: Arc<Ground>,
    pub(super) book: Arc<Rulebook>,
}

impl<'a> Judging<'a> {
    /// The standpoint.
    pub const fn from(&self) -> &'a Standpoint<'a> {
        self.from
    }

    /// What the registry says.
    pub fn register(&self) -> &Register {
        &self.ground.register
    }

    /// The privacy policies that were published.
    pub fn policies(&self) -> &PolicyBook {
        &self.ground.policies
    }

    /// The public holidays that terms are counted by.
    pub fn holidays(&self) -> &Holidays {
        &self.book.holidays
    }

    /// How a scope is judged.
    pub fn judge_of_scope(&self) -> Judge {
        self.book.judge
    }

    /// The events of a recipient, an incident or a producer; `kind` is one of these three.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn timeline(&self, kind: Kind, id: &str) -> Result<Judgeable, Error> {
        gather::thing(self.from, kind, id, Vec::new())
    }

    /// What the rules say of a timeline, where nothing counted over the ledger is asked for.
    pub fn findings(&self, scope: Scope, about: &About, timeline: &Timeline) -> Vec<Finding> {
        self.judge(
            scope,
            about,
            timeline,
            &Tallies::default(),
            &Totals::default(),
        )
    }

    /// The person of a reference, with all that are linked to it.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn gathered(&self, subject: &str) -> Result<Person, Error> {
        gather::person(self.from, subject)
    }

    /// The person of a reference, with the findings about any reference of the person.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn person(&self, subject: &str) -> Result<(Person, Vec<Finding>), Error> {
        let person = self.gathered(subject)?;
        // Whichever reference is asked about, the findings are the same.
        let first = person.references.first().map_or(subject, String::as_str);
        let about = About::Subject(first.to_owned());
        let findings = match &person.timeline {
            Ok(timeline) => self.findings(Scope::Subject, &about, timeline),
            Err(unjudged) => vec![unjudged.finding(about)],
        };
        Ok((person, findings))
    }

    /// The findings about a recipient, an incident or a producer.
    pub(super) fn thing(
        &self,
        scope: Scope,
        id: &str,
        counts: &Counts<'_>,
    ) -> Result<Vec<Finding>, Error> {
        let (kind, about) = match scope {
            Scope::Recipient => (Kind::Recipient, About::Recipient(id.to_owned())),
            Scope::Incident => (Kind::Incident, About::Incident(id.to_owned())),
            Scope::Producer => (Kind::Producer, About::Producer(id.to_owned())),
            Scope::Subject | Scope::Operator => return Ok(Vec::new()),
        };
        let further = match scope {
            Scope::Producer => counts.unnumbered(id)?,
            _ => Vec::new(),
        };
        let timeline = match gather::thing(self.from, kind, id, further)? {
            Ok(timeline) => timeline,
            Err(unjudged) => return Ok(vec![unjudged.finding(about)]),
        };
        let tallies = match scope {
            // They are counted where a gateway's count is there to hold against them.
            Scope::Recipient if timeline.iter().any(|one| one.kind == EGRESS_COUNT) => {
                match counts.outflows(id)? {
                    Some(tallies) => tallies,
                    None => return Ok(vec![Unjudged::TimelineTooLong.finding(about)]),
                }
            }
            Scope::Producer => counts.gaps(id)?,
            _ => Tallies::default(),
        };
        Ok(self.judge(scope, &about, &timeline, &tallies, &Totals::default()))
    }

    /// The findings about the operator as a whole.
    pub(super) fn operator(&self, totals: &Totals) -> Vec<Finding> {
        self.judge(
            Scope::Operator,
            &About::Operator,
            &Timeline::default(),
            &Tallies::default(),
            totals,
        )
    }

    fn judge(
        &self,
        scope: Scope,
        about: &About,
        timeline: &Timeline,
        tallies: &Tallies,
        totals: &Totals,
    ) -> Vec<Finding> {
        let grounds = Grounds {
            about,
            timeline,
            register: &self.ground.register,
            policies: &self.ground.policies,
            holidays: &self.book.holidays,
            tallies,
            totals,
        };
        (self.book.judge)(scope, &grounds).findings
    }
}
