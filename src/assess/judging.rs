//! Judges one person, recipient, incident, producer, or the operator, at a standpoint.

use custodia_core::assess::{About, Finding, Grounds, Scope, Tallies, Timeline, Totals};

use super::Error;
use super::gather::{self, Person};
use super::ground::Ground;
use super::rulebook::Rulebook;
use super::tallies::Counts;
use super::unjudged::Unjudged;
use crate::project::Kind;
use crate::query::Standpoint;

/// Number of `EgressCountReported`, against which a recipient's outflows are held.
const EGRESS_COUNT: u32 = 211;

/// What everybody is judged on.
pub(super) struct Judging<'a> {
    pub(super) from: &'a Standpoint<'a>,
    pub(super) ground: &'a Ground,
    pub(super) book: &'a Rulebook,
}

impl Judging<'_> {
    /// The person of a reference, with the findings about any reference of the person.
    pub(super) fn person(&self, subject: &str) -> Result<(Person, Vec<Finding>), Error> {
        let person = gather::person(self.from, subject)?;
        // Whichever reference is asked about, the findings are the same.
        let first = person.references.first().map_or(subject, String::as_str);
        let about = About::Subject(first.to_owned());
        let findings = match &person.timeline {
            Ok(timeline) => self.judge(
                Scope::Subject,
                &about,
                timeline,
                &Tallies::default(),
                &Totals::default(),
            ),
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
