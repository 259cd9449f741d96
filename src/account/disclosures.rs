//! On what document was data disclosed to an authority? (question 17)

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::{Occurrence, Register, ms_of};
use custodia_core::schema::is_reference;
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Seen, When, some, some_hex, unknown};
use super::gagged::{may_see, runs};
use super::reached::{Shown, record};
use super::stream::{Period, accepted_of};
use crate::assess::{FindingsDesk, Judging};
use crate::query::{self, Asking, CutName, Time, Unknown, Word};

/// `AuthorityRequestReceived`, in the envelope.
const ASKED: u32 = 207;
/// `DisclosureReviewed`.
const REVIEWED: u32 = 208;
/// `PersonRegistered`.
const PERSON: u32 = 345;

/// On what documents was a person's data disclosed, or what did an authority get?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DisclosuresQuestion {
    /// The person's reference; this or the authority is asked about.
    pub subject: Option<String>,
    /// The authority, by its id in the register or by its name.
    pub authority: Option<String>,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
    /// What had happened by then.
    pub at: Option<Time>,
}

/// The cases, by when they were asked. What is under a running gag is in it for legal and regulator roles only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisclosuresAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// Whether the ledger knows the person or the authority.
    pub known: bool,
    /// The cases.
    pub cases: Vec<AuthorityCase>,
    /// What the answer can't say.
    pub unknowns: Vec<Unknown>,
}

/// One demand, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityCase {
    /// The case.
    pub case_ref: String,
    /// The authority's name.
    pub authority: Option<String>,
    /// Its id in the register.
    pub recipient_id: Option<String>,
    /// What kind of authority.
    pub kind: Option<Word>,
    /// When the demand arrived.
    pub received: Option<Time>,
    /// The kind of document.
    pub document: Option<Word>,
    /// Its number.
    pub document_no: Option<String>,
    /// SHA-256 of it, hex.
    pub document_sha256: Option<String>,
    /// Whether the officers were verified.
    pub officers_verified: Option<bool>,
    /// What was demanded.
    pub scope: Vec<Word>,
    /// Until when the person must not be told.
    pub gag_until: Option<Time>,
    /// The demand; none where it isn't on record.
    pub demanded: Option<Seen>,
    /// Reviews of it.
    pub reviews: Vec<ReviewShown>,
    /// What was disclosed or refused.
    pub outcomes: Vec<Outcome>,
}

/// One review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewShown {
    /// What was decided.
    pub decision: Option<Word>,
    /// For which categories.
    pub scope: Vec<Word>,
    /// The reviewers by their role; none where the register doesn't know one.
    pub reviewers: Vec<Option<Word>>,
    /// SHA-256 of the opinion, hex.
    pub opinion_sha256: Option<String>,
    /// The event.
    #[serde(flatten)]
    pub seen: Seen,
}

/// A disclosure, or a refusal of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whose data; none where the event names nobody.
    pub subject: Option<String>,
    /// Which categories.
    pub categories: Vec<Word>,
    /// The policy's case; none for a refusal.
    pub case: Option<Word>,
    /// SHA-256 of the document that it names, hex.
    pub document_sha256: Option<String>,
    /// The event.
    #[serde(flatten)]
    pub seen: Seen,
}

impl DisclosuresQuestion {
    /// The answer, a look at each person on record.
    ///
    /// # Errors
    /// [`Error::BadQuestion`] where not exactly one of the two is named; [`Error::TooLarge`] beyond 10,000
    /// people; what keeps rows or leaves from being read.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<DisclosuresAnswer, Error> {
        let when = When {
            as_of: self.as_of.as_deref(),
            at: self.at,
        };
        let from = when.standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let sight = Sight {
            may_see: may_see(asking),
            now_ms: desk.clock().now_ms(),
        };
        let mut people = Shown::default();
        let (events, known) = match (&self.subject, &self.authority) {
            (Some(subject), None) => {
                people.add(subject)?;
                let (events, references, known) = of_person(&judging, subject)?;
                let erased = !from.erasures(&references)?.is_empty();
                (events, known || erased)
            }
            (None, Some(authority)) => of_authority(&judging, authority)?,
            _ => {
                return Err(Error::BadQuestion(
                    "name one person, or one authority with --authority".to_owned(),
                ));
            }
        };
        let cases = cases(judging.register(), &events, sight);
        let mut unknowns: Vec<Unknown> = Vec::new();
        for case in &cases {
            if case.demanded.is_none() {
                unknowns.push(unknown("demand of case", &case.case_ref));
            }
            for outcome in &case.outcomes {
                if let Some(subject) = &outcome.subject {
                    people.add(subject)?;
                }
            }
        }
        let given = [("authority", self.authority.clone())];
        record(desk, asking, "disclosures", &when, &given, &from, people)?;
        Ok(DisclosuresAnswer {
            cut: CutName::from(from.cut()),
            known,
            cases,
            unknowns,
        })
    }
}

/// What whoever asks may see, by the true clock.
#[derive(Clone, Copy)]
struct Sight {
    may_see: bool,
    now_ms: i64,
}

/// The demands, disclosures and refusals that a question is about, by case.
type Events = BTreeMap<String, Vec<Occurrence>>;

fn of_person(
    judging: &Judging<'_>,
    subject: &str,
) -> Result<(Events, BTreeSet<String>, bool), Error> {
    if !is_reference(subject) {
        return Err(query::Error::NotAReference.into());
    }
    let (person, _) = judging.person(subject)?;
    let mut events = Events::new();
    let timeline = person.timeline.map_err(|_| Error::TooLarge {
        what: "events of the person",
        limit: custodia_core::assess::MOST_OCCURRENCES,
    })?;
    for one in &timeline {
        take(&mut events, one);
    }
    // A demand names a person, but is no event of theirs.
    for one in judging.register().of(ASKED) {
        if let Body::AuthorityRequestReceived(said) = one.body()
            && person.references.contains(&said.named_subject_ref)
        {
            take(&mut events, one);
        }
    }
    Ok((events, person.references, person.known))
}

fn of_authority(judging: &Judging<'_>, authority: &str) -> Result<(Events, bool), Error> {
    let mut events = Events::new();
    let mut ids = BTreeSet::from([authority.to_owned()]);
    for one in judging.register().of(ASKED) {
        if let Body::AuthorityRequestReceived(said) = one.body()
            && (said.authority == authority || said.recipient_id == authority)
        {
            take(&mut events, one);
            ids.extend(some(&said.recipient_id));
        }
    }
    for id in &ids {
        let register = judging.register();
        accepted_of(
            judging.from(),
            register,
            id,
            Period::default(),
            &mut |one| {
                take(&mut events, one);
                if events.values().map(Vec::len).sum::<usize>() > 2 * super::reached::MOST_PEOPLE {
                    return Err(Error::TooLarge {
                        what: "disclosures",
                        limit: 2 * super::reached::MOST_PEOPLE,
                    });
                }
                Ok(())
            },
        )?;
    }
    let known = !events.is_empty() || judging.register().under(120, authority).next().is_some();
    Ok((events, known))
}

fn take(events: &mut Events, one: &Occurrence) {
    let case = match one.body() {
        Body::AuthorityRequestReceived(said) => &said.case_ref,
        Body::DataDisclosed(said) => &said.case_ref,
        Body::DisclosureRefused(said) => &said.case_ref,
        _ => return,
    };
    let of_case = events.entry(case.clone()).or_default();
    if !of_case.iter().any(|known| known.leaf == one.leaf) {
        of_case.push(one.clone());
    }
}

/// The cases as they may be seen. Where any word of a case is under a running gag, all of the case is.
fn cases(register: &Register, events: &Events, sight: Sight) -> Vec<AuthorityCase> {
    let mut cases = Vec::new();
    for (case_ref, of_case) in events {
        let demands = || register.under(ASKED, case_ref);
        let gagged = of_case
            .iter()
            .chain(demands())
            .any(|one| runs(one, sight.now_ms));
        if !gagged || sight.may_see {
            cases.push(case(register, case_ref, of_case));
        }
    }
    cases.sort_by(|a, b| (a.received, &a.case_ref).cmp(&(b.received, &b.case_ref)));
    cases
}

fn case(register: &Register, case_ref: &str, events: &[Occurrence]) -> AuthorityCase {
    let mut shown = AuthorityCase {
        case_ref: case_ref.to_owned(),
        ..AuthorityCase::default()
    };
    let own = register.under(ASKED, case_ref).next_back();
    if let Some(one) = own
        && let Body::AuthorityRequestReceived(said) = one.body()
    {
        let received = said.received_at.as_ref().map_or(one.occurred_at_ms, ms_of);
        shown.authority = some(&said.authority);
        shown.recipient_id = some(&said.recipient_id);
        shown.kind = Word::of("Actor", said.authority_kind);
        shown.received = Some(Time(received));
        shown.document = Word::of("AuthorityDocument", said.document_type);
        shown.document_no = some(&said.document_no);
        shown.document_sha256 = some_hex(&said.document_sha256);
        shown.officers_verified = said.officers_verified;
        shown.scope = Word::all("DataCategory", &said.scope);
        shown.gag_until = said.gag_until.as_ref().map(ms_of).map(Time);
        shown.demanded = Some(Seen::of(one));
    }
    for one in register.under(REVIEWED, case_ref) {
        if let Body::DisclosureReviewed(said) = one.body() {
            shown.reviews.push(ReviewShown {
                decision: Word::of("DisclosureDecision", said.decision),
                scope: Word::all("DataCategory", &said.scope),
                reviewers: said
                    .reviewer_refs
                    .iter()
                    .map(|person| role_of(register, person, one.occurred_at_ms))
                    .collect(),
                opinion_sha256: some_hex(&said.opinion_sha256),
                seen: Seen::of(one),
            });
        }
    }
    shown.outcomes = events.iter().filter_map(outcome).collect();
    shown
        .outcomes
        .sort_by(|a, b| (a.seen.time, &a.seen.leaf).cmp(&(b.seen.time, &b.seen.leaf)));
    shown
}

fn outcome(one: &Occurrence) -> Option<Outcome> {
    let (named, categories, case, document) = match one.body() {
        Body::DataDisclosed(said) => (
            &said.named_subject_ref,
            &said.categories,
            Word::of("DisclosureCase", said.case),
            some_hex(&said.document_sha256),
        ),
        Body::DisclosureRefused(said) => (&said.named_subject_ref, &said.categories, None, None),
        _ => return None,
    };
    Some(Outcome {
        subject: one.subject().map(str::to_owned).or_else(|| some(named)),
        categories: Word::all("DataCategory", categories),
        case,
        document_sha256: document,
        seen: Seen::of(one),
    })
}

/// The role of an employee at a moment, by the register.
fn role_of(register: &Register, person: &str, ms: i64) -> Option<Word> {
    let mut by_then = register.under(PERSON, person).rev();
    let one = by_then.find(|one| one.occurred_at_ms <= ms)?;
    match one.body() {
        Body::PersonRegistered(said) => Word::of("PersonRole", said.role),
        _ => None,
    }
}
