//! Was my data in the breach, and what should I do? (question 4)

use std::collections::BTreeSet;

use custodia_core::assess::{Occurrence, Register, ms_of};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Access, IncidentDetected};
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Asked, Question, Said, Seen, When, Whom, of_person, some_hex, unknown};
use crate::assess::FindingsDesk;
use crate::query::{Asking, Time, Unknown, Word};

/// `IncidentDetected`, in the envelope.
const DETECTED: u32 = 260;
/// `IncidentGraded`.
const GRADED: u32 = 261;
/// `ContainmentTaken`.
const CONTAINED: u32 = 262;
/// `AffectedSubjectsIdentified`.
const IDENTIFIED: u32 = 263;
/// `PublicNoticePosted`.
const POSTED: u32 = 266;

/// In which incidents was this person's data?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BreachesQuestion {
    /// The reference.
    pub subject: String,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
    /// What had happened by then.
    pub at: Option<Time>,
}

/// Incidents that concern a person, or may, by when they were known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachesAnswer {
    /// Whom it is about, and where it stands.
    #[serde(flatten)]
    pub whom: Whom,
    /// The incidents.
    pub breaches: Vec<Breach>,
}

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Its id.
    pub incident_id: String,
    /// How the person stands to it: `told`, `in the window`, or `public notice`.
    pub standing: String,
    /// What kind of incident.
    pub kinds: Vec<Word>,
    /// When the operator knew; none where the detection isn't on record.
    pub known_at: Option<Time>,
    /// The last grade.
    pub grade: Option<Word>,
    /// Which categories: of the person where that is known, else of the incident.
    pub categories: Vec<Word>,
    /// What was told to the person or the public, with the advice that it held.
    pub notices: Vec<NoticeShown>,
    /// The person's events that moved under the endpoint or credential, or to the recipient, in the window.
    pub in_window: Vec<Seen>,
    /// What was done against it.
    pub measures: Vec<Measure>,
    /// The root over the list of the people affected, hex: whether one is on it can be asked with its proof.
    pub list_root_sha256: Option<String>,
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeShown {
    /// Whether everyone could see it; else it went to the person.
    pub public: bool,
    /// By which channel.
    pub channel: Option<Word>,
    /// What it said, the advice among it.
    pub contents: Vec<Word>,
    /// SHA-256 of its text, hex.
    pub notice_sha256: Option<String>,
    /// The event.
    #[serde(flatten)]
    pub seen: Seen,
}

/// A step against an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Which.
    pub step: Option<Word>,
    /// The event.
    #[serde(flatten)]
    pub seen: Seen,
}

impl BreachesQuestion {
    /// The answer, the look on record.
    ///
    /// # Errors
    /// As [`FindingsDesk::findings`] of a person.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<BreachesAnswer, Error> {
        let question = Question {
            name: "breaches",
            subject: &self.subject,
            when: When {
                as_of: self.as_of.as_deref(),
                at: self.at,
            },
        };
        let (whom, breaches) = of_person(desk, asking, &question, |asked| Ok(breaches(asked)))?;
        Ok(BreachesAnswer { whom, breaches })
    }
}

fn breaches(asked: &Asked<'_>) -> Said<Vec<Breach>> {
    let register = asked.judging.register();
    let told = asked.timeline.iter().filter_map(|one| match one.body() {
        Body::SubjectNotified(said) => Some(said.incident_id.as_str()),
        _ => None,
    });
    let ids: BTreeSet<&str> = register.keys(DETECTED).chain(told).collect();
    let mut unknowns = Vec::new();
    let mut breaches: Vec<Breach> = ids
        .into_iter()
        .filter_map(|id| breach(asked, register, id, &mut unknowns))
        .collect();
    breaches.sort_by(|a, b| (a.known_at, &a.incident_id).cmp(&(b.known_at, &b.incident_id)));
    Said {
        rows: breaches.len(),
        what: breaches,
        unknowns,
    }
}

/// An incident as it concerns the person; none where nothing says that it may.
fn breach(
    asked: &Asked<'_>,
    register: &Register,
    id: &str,
    unknowns: &mut Vec<Unknown>,
) -> Option<Breach> {
    let detections: Vec<(&Occurrence, &IncidentDetected)> = register
        .under(DETECTED, id)
        .filter_map(|one| match one.body() {
            Body::IncidentDetected(said) if said.incident_id == id => Some((one, said)),
            _ => None,
        })
        .collect();
    let (told, mut of_person) = own_notices(asked, id);
    let in_window = touched(asked, &detections, &mut of_person);
    let public = public_notices(register, id);
    let standing = match (told.is_empty(), in_window.is_empty(), public.is_empty()) {
        (false, _, _) => "told",
        (true, false, _) => "in the window",
        (true, true, false) => "public notice",
        (true, true, true) => return None,
    };
    if detections.is_empty() {
        unknowns.push(unknown("detection of incident", id));
    }
    let known_at = detections.iter().map(|(one, said)| {
        let known = said.known_at.as_ref();
        known.map_or(one.occurred_at_ms, ms_of)
    });
    let of_incident = || {
        detections
            .iter()
            .flat_map(|(_, said)| &said.categories)
            .copied()
    };
    let categories: BTreeSet<i32> = if of_person.is_empty() {
        of_incident().collect()
    } else {
        of_person
    };
    let kinds: BTreeSet<i32> = detections
        .iter()
        .flat_map(|(_, said)| &said.kinds)
        .copied()
        .collect();
    let numbers = |of: BTreeSet<i32>| of.into_iter().collect::<Vec<_>>();
    Some(Breach {
        incident_id: id.to_owned(),
        standing: standing.to_owned(),
        kinds: Word::all("IncidentKind", &numbers(kinds)),
        known_at: known_at.min().map(Time),
        grade: register
            .under(GRADED, id)
            .next_back()
            .and_then(|one| match one.body() {
                Body::IncidentGraded(said) => Word::of("IncidentGrade", said.grade),
                _ => None,
            }),
        categories: Word::all("DataCategory", &numbers(categories)),
        notices: told.into_iter().chain(public).collect(),
        in_window,
        measures: measures(register, id),
        list_root_sha256: register.under(IDENTIFIED, id).next_back().and_then(|one| {
            match one.body() {
                Body::AffectedSubjectsIdentified(said) => some_hex(&said.subject_set_root_sha256),
                _ => None,
            }
        }),
    })
}

/// What the person was told, and which categories of theirs the notices name.
fn own_notices(asked: &Asked<'_>, id: &str) -> (Vec<NoticeShown>, BTreeSet<i32>) {
    let (mut notices, mut categories) = (Vec::new(), BTreeSet::new());
    for one in asked.timeline {
        if let Body::SubjectNotified(said) = one.body()
            && said.incident_id == id
        {
            categories.extend(said.categories.iter().copied());
            notices.push(NoticeShown {
                public: false,
                channel: Word::of("Channel", said.channel),
                contents: Word::all("NoticeContent", &said.contents),
                notice_sha256: some_hex(&said.notice_sha256),
                seen: Seen::of(one),
            });
        }
    }
    (notices, categories)
}

fn public_notices(register: &Register, id: &str) -> Vec<NoticeShown> {
    let posted = register
        .under(POSTED, id)
        .filter_map(|one| match one.body() {
            Body::PublicNoticePosted(said) => Some(NoticeShown {
                public: true,
                channel: Word::of("Channel", said.channel),
                contents: Word::all("NoticeContent", &said.contents),
                notice_sha256: some_hex(&said.notice_sha256),
                seen: Seen::of(one),
            }),
            _ => None,
        });
    posted.collect()
}

fn measures(register: &Register, id: &str) -> Vec<Measure> {
    let taken = register
        .under(CONTAINED, id)
        .filter_map(|one| match one.body() {
            Body::ContainmentTaken(said) => Some(Measure {
                step: Word::of("ContainmentStep", said.step),
                seen: Seen::of(one),
            }),
            _ => None,
        });
    taken.collect()
}

/// The person's events that a detection's window holds; their categories are added.
fn touched(
    asked: &Asked<'_>,
    detections: &[(&Occurrence, &IncidentDetected)],
    categories: &mut BTreeSet<i32>,
) -> Vec<Seen> {
    let mut seen = Vec::new();
    for one in asked.timeline {
        let Some((recipient, access, of_event)) = moved(one.body()) else {
            continue;
        };
        let hit = |(on, said): &(&Occurrence, &IncidentDetected)| {
            let from = said.window_from.as_ref().map(ms_of);
            let until = said.window_until.as_ref().map_or(on.occurred_at_ms, ms_of);
            let within = from.is_some_and(|from| (from..=until).contains(&one.occurred_at_ms));
            within && is_of(said, recipient, access)
        };
        if detections.iter().any(hit) {
            categories.extend(of_event.iter().copied());
            seen.push(Seen::of(one));
        }
    }
    seen
}

/// Whether what moved went through what the incident names: an endpoint, a credential, or, where it names
/// neither, the recipient.
fn is_of(said: &IncidentDetected, recipient: &str, access: Option<&Access>) -> bool {
    let traced = !said.endpoint_refs.is_empty() || !said.credential_fingerprints.is_empty();
    if !traced {
        return !recipient.is_empty() && said.recipient_id == recipient;
    }
    access.is_some_and(|access| {
        said.endpoint_refs.contains(&access.endpoint_ref)
            || said
                .credential_fingerprints
                .contains(&access.credential_fingerprint)
    })
}

/// What moved data: to or from whom, through what, and which categories.
fn moved(body: &Body) -> Option<(&str, Option<&Access>, &[i32])> {
    Some(match body {
        Body::DataShared(said) => (&said.recipient_id, said.access.as_ref(), &said.categories),
        Body::DataTransferred(said) => (&said.recipient_id, said.access.as_ref(), &said.categories),
        Body::DataDisclosed(said) => (&said.recipient_id, said.access.as_ref(), &said.categories),
        Body::DataReceivedFromThirdParty(said) => {
            (&said.provider_id, said.access.as_ref(), &said.categories)
        }
        Body::InternalAccess(said) => ("", said.access.as_ref(), &said.categories),
        _ => return None,
    })
}
