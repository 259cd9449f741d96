//! What the rules say of the one whom an extract is about, on evidence that its reader has too.
//!
//! Who cuts an extract judges on whole events, who checks it on what is opened of them, both with these
//! functions: what comes out of both is confirmed.

use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::calendar::{BUILT_IN_HOLIDAYS, Holidays};
use super::finding::{About, Finding};
use super::grounds::{Grounds, Tallies, Totals, assess};
use super::occurrence::Occurrence;
use super::policy_book::PolicyBook;
use super::register::Register;
use super::rule::{Scope, bundle_digest};
use super::timeline::{MOST_OCCURRENCES, Timeline, TooMany};
use crate::schema;
use crate::schema::v1::Topic;

/// Kinds of registry events that rules about a person look at: policies and notices of them, recipients,
/// SDKs, entrustments, mergers, authorities' cases, impact assessments, erasures.
const OF_A_PERSON: [u32; 17] = [
    100, 101, 120, 121, 122, 123, 130, 132, 201, 202, 204, 205, 207, 208, 280, 303, 304,
];
/// Those that rules about a recipient look at.
const OF_A_RECIPIENT: [u32; 10] = [100, 120, 121, 122, 123, 201, 202, 204, 211, 280];

/// Those that rules about an incident look at, beside the events that name it.
const OF_AN_INCIDENT: [u32; 1] = [100];

/// Shared, transferred, disclosed.
const OUTFLOWS: [u32; 3] = [200, 206, 209];

/// Whether rules of this scope look at registry events of a kind (the body's field number).
pub fn is_evidence(scope: Scope, kind: u32) -> bool {
    match scope {
        Scope::Subject => OF_A_PERSON.contains(&kind),
        Scope::Recipient => OF_A_RECIPIENT.contains(&kind),
        Scope::Incident => OF_AN_INCIDENT.contains(&kind),
        Scope::Producer | Scope::Operator => false,
    }
}

/// What is judged of the person, recipient or incident asked about, taken leaf by leaf in any order.
#[derive(Debug, Clone)]
pub struct Evidence {
    about: About,
    scope: Scope,
    timeline: Vec<Occurrence>,
    register: Vec<Occurrence>,
    outflows_ms: Vec<i64>,
}

impl Evidence {
    /// None yet, about a person by reference.
    pub const fn of_person(reference: String) -> Self {
        Self::new(About::Subject(reference), Scope::Subject)
    }

    /// None yet, about a recipient by id.
    pub const fn of_recipient(id: String) -> Self {
        Self::new(About::Recipient(id), Scope::Recipient)
    }

    /// None yet, about an incident by id.
    pub const fn of_incident(id: String) -> Self {
        Self::new(About::Incident(id), Scope::Incident)
    }

    const fn new(about: About, scope: Scope) -> Self {
        Self {
            about,
            scope,
            timeline: Vec::new(),
            register: Vec::new(),
            outflows_ms: Vec::new(),
        }
    }

    /// Takes an accepted event of the person, with the recipient, or of the incident asked about, or one of the registry that
    /// stands beside them. What rules don't look at is dropped, and so is what comes after one more than are
    /// judged.
    pub fn take(&mut self, one: Occurrence) {
        let Some(kind) = schema::body_of(one.kind) else {
            return;
        };
        match self.scope {
            // Without a subject in the envelope it stands in the registry, and may name the person in its body.
            Scope::Subject
                if kind.topic == Topic::Events
                    && (one.subject().is_some() || names_somebody(kind))
                    && self.timeline.len() <= MOST_OCCURRENCES =>
            {
                self.timeline.push(one);
            }
            Scope::Recipient if OUTFLOWS.contains(&one.kind) => {
                self.outflows_ms.push(one.occurred_at_ms);
            }
            _ => self.take_registered(one),
        }
    }

    /// Takes an accepted event of the registry, whomever it is about. Of an incident every event that names it
    /// counts, in whichever log.
    pub fn take_registered(&mut self, one: Occurrence) {
        if let About::Incident(id) = &self.about
            && has(&one, "incident_id", id)
        {
            if self.timeline.len() <= MOST_OCCURRENCES {
                self.timeline.push(one);
            }
            return;
        }
        if is_evidence(self.scope, one.kind)
            && one.subject().is_none()
            && self.register.len() <= MOST_OCCURRENCES
        {
            self.register.push(one);
        }
    }

    /// All findings, [`super::Outcome::Pass`] too, in canonical order. Holidays are those that the program
    /// is built with.
    ///
    /// # Errors
    /// [`TooMany`]: of the person, or of the registry.
    pub fn assess(mut self) -> Result<Vec<Finding>, TooMany> {
        if let About::Recipient(id) = &self.about {
            let named = self
                .register
                .iter()
                .filter(|one| has(one, "recipient_id", id));
            self.timeline = named.cloned().collect();
        }
        if self.register.len() > MOST_OCCURRENCES {
            return Err(TooMany);
        }
        self.outflows_ms.sort_unstable();
        let register = Register::new(self.register);
        let grounds = Grounds {
            about: &self.about,
            timeline: &Timeline::new(self.timeline)?,
            register: &register,
            policies: &PolicyBook::of(&register),
            holidays: &Holidays::built_in(),
            tallies: &Tallies {
                outflows_ms: self.outflows_ms,
                gaps: Vec::new(),
            },
            totals: &Totals::default(),
        };
        Ok(assess(self.scope, &grounds).findings)
    }
}

/// Whether a body has a field for the person whom the envelope doesn't name.
fn names_somebody(kind: &schema::BodyKind) -> bool {
    let field = kind.descriptor.get_field_by_name("named_subject_ref");
    field.is_some()
}

/// Whether a field of an event's body is this id.
fn has(one: &Occurrence, field: &str, id: &str) -> bool {
    let kind = schema::body_of(one.kind);
    if kind.is_none_or(|kind| kind.descriptor.get_field_by_name(field).is_none()) {
        return false;
    }
    let event = schema::decode(&one.event.encode_to_vec()).ok();
    let is_it = event.and_then(|event| {
        let body = event.get_field_by_number(one.kind)?;
        let value = body.as_message()?.get_field_by_name(field)?;
        Some(value.as_str()? == id)
    });
    is_it.unwrap_or(false)
}

/// SHA-256 over [`bundle_digest`] and the built-in calendar: by which rules and holidays an extract is judged.
pub fn built_in_digest() -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(bundle_digest());
    digest.update(BUILT_IN_HOLIDAYS);
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::finding::LeafAt;
    use crate::schema::v1::event::Body;
    use crate::schema::v1::{ConsentWithdrawn, Event, SubjectRule};

    #[test]
    fn the_built_in_calendar_can_be_read() {
        assert_ne!(Holidays::built_in(), Holidays::default());
    }

    /// A consent withdrawn, at a place.
    fn withdrawn(index: u64) -> Occurrence {
        let event = Event {
            subject_ref: "k3vq7mzt2hxw5ncyadj4rbg6ps".into(),
            occurred_at: Some(prost_types::Timestamp::default()),
            body: Some(Body::ConsentWithdrawn(ConsentWithdrawn::default())),
            ..Event::default()
        };
        let log = "l.example/custodia.events/0/0".into();
        Occurrence::of(LeafAt { log, index }, None, event).unwrap()
    }

    #[test]
    fn more_than_is_judged_is_refused_and_takes_no_more_memory() {
        let mut evidence = Evidence::of_person("k3vq7mzt2hxw5ncyadj4rbg6ps".into());
        for index in 0..MOST_OCCURRENCES as u64 + 3 {
            evidence.take(withdrawn(index));
        }
        assert_eq!(evidence.timeline.len(), MOST_OCCURRENCES + 1);
        assert_eq!(evidence.assess(), Err(TooMany));
    }

    #[test]
    fn every_kind_that_rules_look_at_can_stand_in_the_registry() {
        for kind in OF_A_PERSON
            .iter()
            .chain(&OF_A_RECIPIENT)
            .chain(&OF_AN_INCIDENT)
        {
            let known = schema::body_of(*kind).unwrap();
            assert_ne!(known.subject, SubjectRule::Required, "{}", known.name);
            assert!(Register::keeps(*kind), "{}", known.name);
        }
    }
}
