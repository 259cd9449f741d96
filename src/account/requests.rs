//! Where is my request, and when is it due? (question 3)

use custodia_core::assess::state::requests::{End, Request, Requests, end_of};
use custodia_core::assess::{Day, Finding, LeafAt, Outcome};
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Question, Said, Seen, When, Whom, of_person, some_hex, unknown};
use crate::assess::FindingsDesk;
use crate::query::{Asking, Time, Unknown, Word};

/// The rules by whose clocks requests and complaints are due.
pub(super) const CLOCKS: [u8; 2] = [19, 20];

/// Where are this person's requests?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestsQuestion {
    /// The reference.
    pub subject: String,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
    /// What had happened by then.
    pub at: Option<Time>,
}

/// A person's requests and complaints, by when they arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestsAnswer {
    /// Whom it is about, and where it stands.
    #[serde(flatten)]
    pub whom: Whom,
    /// The requests.
    pub requests: Vec<RequestShown>,
}

/// One request or complaint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestShown {
    /// Its id.
    pub id: String,
    /// What was asked for; none where the receipt isn't on record.
    pub kind: Option<Word>,
    /// By which way.
    pub channel: Option<Word>,
    /// `not received`, `received`, `identity verified`, `fulfilled`, `refused`, `taken back` or `answered`.
    pub state: String,
    /// When it arrived.
    pub received: Option<Time>,
    /// When it is due by the policy's clock; none where the policy names none, or none runs yet.
    pub due: Option<DueDates>,
    /// When it is due by the producer's word.
    pub due_by_producer: Option<Time>,
    /// While it is open: the days left until the strict date, 0 on the last one, below it once it is past.
    pub days_left: Option<i64>,
    /// Whether it is open past the strict date, or ended after it.
    pub overdue: bool,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// What happened, in order.
    pub steps: Vec<Step>,
}

/// When something is due: the first moments that are too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DueDates {
    /// Without any holiday: what alerts use.
    pub strict: Time,
    /// Where the last day is a day off, after it; none where the year's calendar isn't known.
    pub lawful: Option<Time>,
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The policy's case; none where none was named.
    pub ground: Option<Word>,
    /// SHA-256 of the reasons that were given, hex.
    pub reason_sha256: Option<String>,
    /// Whether the person was told of the way to court.
    pub remedy_told: Option<bool>,
    /// What did not hold.
    pub open_conditions: Vec<Word>,
}

/// A step of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The state that it led to.
    pub state: String,
    /// The event.
    #[serde(flatten)]
    pub seen: Seen,
}

impl RequestsQuestion {
    /// The answer, the look on record.
    ///
    /// # Errors
    /// As [`FindingsDesk::findings`] of a person.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<RequestsAnswer, Error> {
        let question = Question {
            name: "requests",
            subject: &self.subject,
            when: When {
                as_of: self.as_of.as_deref(),
                at: self.at,
            },
        };
        let (whom, requests) = of_person(desk, asking, &question, |asked| {
            let all = Requests::of(asked.timeline);
            let mut unknowns = Vec::new();
            let mut shown: Vec<RequestShown> = all
                .by_id()
                .map(|(id, request)| {
                    unknowns.extend(unknowns_of(id, request, asked.findings));
                    shown(id, request, asked.findings, asked.moment_ms)
                })
                .collect();
            shown.sort_by(|a, b| (a.received, &a.id).cmp(&(b.received, &b.id)));
            Ok(Said {
                rows: shown.len(),
                what: shown,
                unknowns,
            })
        })?;
        Ok(RequestsAnswer { whom, requests })
    }
}

/// A request as it stands at a moment; its due dates are those of the rules' findings on its receipt.
pub(super) fn shown(
    id: &str,
    request: &Request<'_>,
    findings: &[Finding],
    moment_ms: i64,
) -> RequestShown {
    let receipt = request.receipt();
    let (end, verified) = (request.end(), request.verified());
    let due = receipt.and_then(|receipt| due_of(&receipt.on.leaf, findings));
    let state = match (end.and_then(end_of), verified, receipt) {
        (Some(end), _, _) => name_of(end),
        (None, _, None) => "not received",
        (None, Some(_), _) => "identity verified",
        (None, None, _) => "received",
    };
    let days_left = due.filter(|_| end.is_none()).map(|due| {
        let last = Day::of(due.strict.0 - 1);
        last.0 - Day::of(moment_ms).0
    });
    let until_ms = end.map_or(moment_ms, |end| end.occurred_at_ms);
    let mut steps: Vec<Step> = Vec::new();
    let told = [
        ("received", receipt.map(|receipt| receipt.on)),
        ("identity verified", verified),
    ];
    for (state, one) in told {
        steps.extend(one.map(|one| Step {
            state: state.to_owned(),
            seen: Seen::of(one),
        }));
    }
    steps.extend(request.ends().iter().map(|one| Step {
        state: end_of(one).map_or("ended", name_of).to_owned(),
        seen: Seen::of(one),
    }));
    steps.sort_by(|a, b| (a.seen.time, &a.seen.leaf).cmp(&(b.seen.time, &b.seen.leaf)));
    RequestShown {
        id: id.to_owned(),
        kind: receipt.and_then(|receipt| Word::of("RightsRequestKind", receipt.kind.into())),
        channel: receipt.and_then(|receipt| match receipt.on.body() {
            Body::RightsRequestReceived(said) => Word::of("RightsChannel", said.channel),
            Body::ComplaintReceived(said) => Word::of("RightsChannel", said.channel),
            _ => None,
        }),
        state: state.to_owned(),
        received: receipt.map(|receipt| Time(receipt.received_ms)),
        due,
        due_by_producer: receipt.and_then(|receipt| receipt.due_at_ms).map(Time),
        days_left,
        overdue: due.is_some_and(|due| until_ms >= due.strict.0),
        refusal: request.ends().iter().find_map(|one| match one.body() {
            Body::RightsRequestRefused(said) => Some(Refusal {
                ground: Word::of("RightsRefusal", said.refusal),
                reason_sha256: some_hex(&said.reason_sha256),
                remedy_told: said.remedy_told,
                open_conditions: Word::all("RightsCondition", &said.open_conditions),
            }),
            _ => None,
        }),
        steps,
    }
}

const fn name_of(end: End) -> &'static str {
    match end {
        End::Fulfilled => "fulfilled",
        End::Refused => "refused",
        End::Withdrawn => "taken back",
        End::Answered => "answered",
    }
}

/// When what a receipt tells of is due; a complaint whose person wasn't verified is due by no clock yet.
fn due_of(receipt: &LeafAt, findings: &[Finding]) -> Option<DueDates> {
    let clocked = |one: &&Finding| {
        CLOCKS.contains(&one.rule)
            && one.judged.as_ref() == Some(receipt)
            && one.result != Outcome::Warn
    };
    let due = findings.iter().filter(clocked).find_map(|one| one.due)?;
    Some(DueDates {
        strict: Time(due.strict_ms),
        lawful: due.lawful_ms.map(Time),
    })
}

/// Where the rules can't tell when it is due, or what it was.
fn unknowns_of(id: &str, request: &Request<'_>, findings: &[Finding]) -> Option<Unknown> {
    let Some(receipt) = request.receipt() else {
        return Some(unknown("receipt of request", id));
    };
    let undecided = |one: &Finding| {
        CLOCKS.contains(&one.rule)
            && one.judged.as_ref() == Some(&receipt.on.leaf)
            && one.result == Outcome::Unknown
    };
    let found = findings.iter().any(undecided);
    found.then(|| unknown("due date of request", id))
}
