//! The dossier of one recipient: agreement, assessments, volume, incidents, deletions (question 12).

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::state::assessments::Assessments;
use custodia_core::assess::state::recipients::recipient_at;
use custodia_core::assess::{Day, Finding, LeafAt, Register, ms_of};
use custodia_core::schema::v1::event::Body;
use custodia_core::verdict::Named;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Seen, When, some, some_hex};
use super::provisions::outflow;
use super::stream::{Period, accepted_of, occurrence};
use crate::assess::{FindingsDesk, FindingsQuestion};
use crate::project::{Page, VerdictKind};
use crate::query::{self, CutName, LogRows, Standpoint, Time, Word};

/// Registered, updated, terminated.
const HISTORY: [u32; 3] = [120, 121, 122];
/// `RecipientAssessed`, in the envelope.
const ASSESSED: u32 = 123;
/// `IncidentDetected`.
const DETECTED: u32 = 260;
/// `RightsRequestFulfilled`, which names the recipients who were told.
const FULFILLED: u32 = 222;
/// Leaves of findings that are shown of each rule and result.
const SAMPLES: usize = 5;
/// Rows of a person read at once.
const PAGE: usize = 4096;

/// What is on record of a recipient?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DossierQuestion {
    /// The recipient's id.
    pub recipient: String,
    /// What was known: a cut's name or a time; everything is judged again then.
    pub as_of: Option<String>,
    /// The moment at which the register and the findings stand; none for now.
    pub at: Option<Time>,
}

/// A recipient's dossier. Names no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The moment that it is of.
    pub moment: Time,
    /// The recipient's id.
    pub id: String,
    /// Whether the register has it.
    pub known: bool,
    /// Its name.
    pub name: Option<String>,
    /// How people reach it.
    pub contact: Option<String>,
    /// What part it plays.
    pub kind: Option<Word>,
    /// What it is in law.
    pub legal_role: Option<Word>,
    /// Since when it may receive nothing more.
    pub terminated: Option<Time>,
    /// Where it keeps data.
    pub storage_countries: Vec<String>,
    /// Whether it signed for confidentiality (L176).
    pub confidentiality: Option<bool>,
    /// The agreement.
    pub agreement: Option<AgreementShown>,
    /// What it took on.
    pub conditions: Vec<Word>,
    /// What it may have, and for what.
    pub allowed: Vec<Allowed>,
    /// What the register said of it, in order.
    pub history: Vec<Seen>,
    /// Assessments of it, and impact assessments that cover it.
    pub assessments: Vec<AssessmentShown>,
    /// What left for it, by month at UTC+8 and category.
    pub volume: Vec<Month>,
    /// Incidents that name it.
    pub incidents: Vec<IncidentNamed>,
    /// How many fulfilled requests told it of a withdrawal or a deletion.
    pub deletions_asked: u64,
    /// How many deletions it confirmed.
    pub deletions_confirmed: u64,
    /// Findings that concern it and stand, by rule and result.
    pub findings: Vec<FindingsOf>,
}

/// An agreement as the register names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementShown {
    /// SHA-256 of it, hex.
    pub sha256: String,
    /// From when it holds.
    pub from: Option<Time>,
    /// Until when.
    pub until: Option<Time>,
}

/// A purpose, and the categories that a recipient may have for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// The purpose.
    pub purpose: Option<Word>,
    /// The categories.
    pub categories: Vec<Word>,
}

/// An assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessmentShown {
    /// Its id; none for one of the recipient itself (L11).
    pub id: Option<String>,
    /// What it came to.
    pub result: Option<Word>,
    /// SHA-256 of the report, hex.
    pub report_sha256: Option<String>,
    /// Until when it holds.
    pub until: Option<Time>,
    /// The event.
    #[serde(flatten)]
    pub seen: Seen,
}

/// What left in one month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Month {
    /// Which, at UTC+8, e.g. `2026-09`.
    #[serde(rename = "month")]
    pub name: String,
    /// In how many events.
    pub events: u64,
    /// How many records, as the events say.
    pub records: u64,
    /// In how many events each category went, by the category's value.
    pub categories: BTreeMap<String, u64>,
    /// How many of the events it acknowledged.
    pub acknowledged: u64,
}

/// An incident that names the recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentNamed {
    /// Its id.
    pub id: String,
    /// What kind.
    pub kinds: Vec<Word>,
    /// Its detection.
    #[serde(flatten)]
    pub seen: Seen,
}

/// Findings of one rule and result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingsOf {
    /// The rule's code.
    pub code: String,
    /// The result.
    pub result: String,
    /// How many.
    pub count: u64,
    /// The first leaves that they judge.
    pub samples: Vec<LeafAt>,
}

impl DossierQuestion {
    /// The answer. What left is read from the rows of this recipient alone.
    ///
    /// # Errors
    /// As [`FindingsDesk::findings`] of the whole ledger.
    pub fn answer(&self, desk: &FindingsDesk) -> Result<Dossier, Error> {
        let mut findings = Counts::default();
        let question = FindingsQuestion {
            recipient: Some(self.recipient.clone()),
            as_of: self.as_of.clone(),
            at: self.at,
            ..FindingsQuestion::default()
        };
        let cut = desk.each(&question, &mut |finding| findings.count(finding))?;
        let when = When {
            as_of: Some(&cut.digest),
            at: None,
        };
        let from = when.standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let register = judging.register();
        let moment = self.at.unwrap_or_else(|| Time(desk.clock().now_ms()));
        let id = self.recipient.as_str();
        let mut dossier = registered(register, id, moment, cut);
        dossier.assessments = assessments(register, id);
        dossier.incidents = incidents(register, id);
        let mut months = Months::default();
        accepted_of(&from, register, id, Period::default(), &mut |one| {
            months.take(one.occurred_at_ms, one.body());
            Ok(())
        })?;
        dossier.deletions_confirmed = months.confirmed;
        dossier.volume = months.into_rows();
        dossier.deletions_asked = asked(desk, &from, id)?;
        dossier.findings = findings.into_rows();
        Ok(dossier)
    }
}

fn registered(register: &Register, id: &str, moment: Time, cut: CutName) -> Dossier {
    let known = recipient_at(register, id, moment.0);
    let mut history: Vec<Seen> = HISTORY
        .iter()
        .flat_map(|kind| register.under(*kind, id))
        .map(Seen::of)
        .collect();
    history.sort_by(|a, b| (a.time, &a.leaf).cmp(&(b.time, &b.leaf)));
    let of = known.as_ref();
    let uses = of.map_or(&[][..], |known| known.allowed_uses).iter();
    Dossier {
        cut,
        moment,
        id: id.to_owned(),
        known: known.is_some(),
        name: of.and_then(|known| some(known.name)),
        contact: of.and_then(|known| some(known.contact)),
        kind: of.and_then(|known| Word::of("Actor", known.kind.into())),
        legal_role: of.and_then(|known| Word::of("LegalRole", known.legal_role.into())),
        terminated: of.and_then(|known| known.terminated_at).map(Time),
        storage_countries: of.map_or(Vec::new(), |known| known.storage_countries.to_vec()),
        confidentiality: of.map(|known| known.confidentiality),
        agreement: of
            .and_then(|known| known.agreement)
            .map(|agreed| AgreementShown {
                sha256: hex::encode(agreed.sha256),
                from: agreed.valid_from_ms.map(Time),
                until: agreed.valid_until_ms.map(Time),
            }),
        conditions: of.map_or(Vec::new(), |known| {
            Word::all("ShareCondition", known.conditions)
        }),
        allowed: uses
            .map(|one| Allowed {
                purpose: Word::of("Purpose", one.purpose),
                categories: Word::all("DataCategory", &one.categories),
            })
            .collect(),
        history,
        assessments: Vec::new(),
        volume: Vec::new(),
        incidents: Vec::new(),
        deletions_asked: 0,
        deletions_confirmed: 0,
        findings: Vec::new(),
    }
}

fn assessments(register: &Register, id: &str) -> Vec<AssessmentShown> {
    let own = register
        .under(ASSESSED, id)
        .filter_map(|one| match one.body() {
            Body::RecipientAssessed(said) => Some(AssessmentShown {
                id: None,
                result: Word::of("AssessmentResult", said.result),
                report_sha256: some_hex(&said.report_sha256),
                until: said.valid_until.as_ref().map(ms_of).map(Time),
                seen: Seen::of(one),
            }),
            _ => None,
        });
    let all = Assessments::of(register);
    let covering = all.all().iter().filter(|one| one.recipients.contains(id));
    let covering = covering.map(|one| AssessmentShown {
        id: Some(one.id.to_owned()),
        result: Word::of("AssessmentResult", one.result.into()),
        report_sha256: match one.said.body() {
            Body::ImpactAssessmentRecorded(said) => some_hex(&said.report_sha256),
            _ => None,
        },
        until: one.valid_until_ms.map(Time),
        seen: Seen::of(one.said),
    });
    own.chain(covering).collect()
}

fn incidents(register: &Register, id: &str) -> Vec<IncidentNamed> {
    let named = register
        .under(DETECTED, id)
        .filter_map(|one| match one.body() {
            Body::IncidentDetected(said) if said.recipient_id == id => Some(IncidentNamed {
                id: said.incident_id.clone(),
                kinds: Word::all("IncidentKind", &said.kinds),
                seen: Seen::of(one),
            }),
            _ => None,
        });
    named.collect()
}

#[derive(Default)]
struct Months {
    by_month: BTreeMap<String, Month>,
    confirmed: u64,
}

impl Months {
    fn take(&mut self, ms: i64, body: &Body) {
        match body {
            Body::RecipientDeletionConfirmed(_) => self.confirmed += 1,
            Body::RecipientAcknowledged(_) => self.month(ms).acknowledged += 1,
            body => {
                let Some(out) = outflow(body) else { return };
                let month = self.month(ms);
                month.events += 1;
                month.records = month.records.saturating_add(out.records.unwrap_or(0));
                let categories: BTreeSet<i32> = out.categories.iter().copied().collect();
                for category in categories {
                    let word = Word::of("DataCategory", category);
                    let value = word.map_or_else(|| category.to_string(), |word| word.value);
                    *month.categories.entry(value).or_default() += 1;
                }
            }
        }
    }

    fn month(&mut self, ms: i64) -> &mut Month {
        let day = Day::of(ms).to_string();
        let month = day
            .rsplit_once('-')
            .map_or(day.as_str(), |(month, _)| month);
        self.by_month
            .entry(month.to_owned())
            .or_insert_with(|| Month {
                name: month.to_owned(),
                events: 0,
                records: 0,
                categories: BTreeMap::new(),
                acknowledged: 0,
            })
    }

    fn into_rows(self) -> Vec<Month> {
        self.by_month.into_values().collect()
    }
}

/// How many fulfilled requests told a recipient. Only people who have an event that names it are looked at,
/// and of them only those rows.
fn asked(desk: &FindingsDesk, from: &Standpoint<'_>, id: &str) -> Result<u64, Error> {
    let mut count = 0;
    for subject in desk.people_naming(from, id)? {
        let subject = subject?;
        for log in from.logs() {
            count += told_in(from, log, &subject, id)?;
        }
    }
    Ok(count)
}

fn told_in(from: &Standpoint<'_>, log: &LogRows, subject: &str, id: &str) -> Result<u64, Error> {
    let mut count = 0;
    let mut page = Page {
        most: PAGE,
        ..Page::all_below(from.size_of(log))
    };
    loop {
        let rows = log.rows.leaves_of_subject(subject.as_bytes(), &page);
        let rows = rows.map_err(query::Error::from)?;
        for row in &rows {
            let wanted = row.body_number == Some(FULFILLED)
                && row.verdict == VerdictKind::Accepted
                && row.is_named(Named::Envelope);
            if wanted
                && let Some(one) = occurrence(from, log, row.index)?
                && let Body::RightsRequestFulfilled(said) = one.body()
                && said.recipients_told.iter().any(|told| told == id)
            {
                count += 1;
            }
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => page.from = last.index + 1,
            _ => return Ok(count),
        }
    }
}

/// Counts of findings, by rule and result.
#[derive(Default)]
struct Counts(BTreeMap<(u8, &'static str), (u64, Vec<LeafAt>)>);

impl Counts {
    fn count(&mut self, finding: Finding) {
        let (count, samples) = self
            .0
            .entry((finding.rule, finding.result.name()))
            .or_default();
        *count += 1;
        if samples.len() < SAMPLES {
            samples.extend(finding.judged);
        }
    }

    fn into_rows(self) -> Vec<FindingsOf> {
        let rows = self.0.into_iter();
        let row =
            |((rule, result), (count, samples)): ((u8, &str), (u64, Vec<LeafAt>))| FindingsOf {
                code: format!("R{rule:02}"),
                result: result.to_owned(),
                count,
                samples,
            };
        rows.map(row).collect()
    }
}
