//! What an extract is asked for, in one spelling.

use custodia_core::extract::{Hex32, Int, LEAST_PEOPLE, Profile, Query, QueryKind, Request};
use custodia_core::schema::is_reference;
use custodia_core::schema::v1::{LegalBasisOfReading, RequesterKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::sealing::Recipients;
use super::{Error, GivenApproval, class};
use crate::query::Time;

/// Longest names of a request, in characters.
const LONGEST_NAME: usize = 200;
/// How many people a count of an audit is about, where nothing else is asked for.
const USUAL_PEOPLE: u64 = 10;
/// The most that may be asked for: so many are kept in mind of each cell.
const MOST_PEOPLE: u64 = 1_000;
/// Longest recipient's id and request's id, in characters.
const LONGEST_ID: usize = 128;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Question {
    /// The person's reference; this or another of the next ones, and no two.
    pub subject: Option<String>,
    /// The recipient's id.
    pub recipient: Option<String>,
    /// The incident's id.
    pub incident: Option<String>,
    /// Counts, and what names nobody.
    pub audit: bool,
    /// How many people a count of an audit is about at least; none is 10.
    pub k: Option<u64>,
    /// Names of events or of families of them, e.g. `DataShared` or `sharing`.
    pub class: Vec<String>,
    /// The first moment, by the events.
    pub from: Option<Time>,
    /// The first moment after.
    pub until: Option<Time>,
    /// What was known: a cut's name or a time. None: what is signed now.
    pub as_of: Option<String>,
    /// The profile's name, e.g. `R-SUBJECT`.
    pub profile: Option<String>,
    /// Name of a `RequesterKind`.
    pub requester: String,
    /// The authority or office; for the person concerned `本人`.
    pub requester_name: String,
    /// Name of a `LegalBasisOfReading`.
    pub legal_basis: String,
    /// SHA-256 of the authority's document, hex.
    pub document_sha256: Option<String>,
    /// What the requester gave against older extracts.
    pub nonce: Option<String>,
    /// Signed checkpoints that the requester holds.
    pub held: Vec<String>,
    /// Age recipients (`age1…`) to whom the archive leaves encrypted; none: it leaves as it is.
    pub encrypt_to: Vec<String>,
    /// The request; none derives one from the question.
    pub request_id: Option<String>,
    /// What people signed who approve it; an authority's needs two.
    pub approvals: Vec<GivenApproval>,
}

/// A question that may be answered, in its one spelling.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) query: Query,
    pub(super) profile: Profile,
    pub(super) request: Request,
    pub(super) basis: LegalBasisOfReading,
    pub(super) recipients: Recipients,
}

impl Question {
    /// Checks the question by itself, before any work.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), Error> {
        self.read().map(drop)
    }

    /// Checks the question and puts it into its one spelling.
    pub(super) fn read(&self) -> Result<Asked, Error> {
        let requester = self.requester()?;
        let basis = LegalBasisOfReading::from_str_name(&self.legal_basis);
        let basis = basis.filter(|basis| *basis != LegalBasisOfReading::LbUnspecified);
        let basis = basis.ok_or_else(|| {
            wrong(
                "--basis",
                "no LegalBasisOfReading, e.g. LB_PIPL_63_INSPECTION",
            )
        })?;
        let query = self.query()?;
        let profile = self.profile(query.kind, requester)?;
        let recipients = Recipients::read(&self.encrypt_to)?;
        let mut request = Request {
            document_sha256: self.document()?,
            encrypted_to: recipients.fingerprints(),
            id: String::new(),
            legal_basis: basis.as_str_name().to_owned(),
            nonce: self.nonce.clone(),
            requester: requester.as_str_name().to_owned(),
            requester_name: self.name()?,
        };
        if self.nonce.as_deref().is_some_and(|nonce| !is_nonce(nonce)) {
            return Err(wrong("--nonce", "1 to 128 printable characters of ASCII"));
        }
        request.id = match &self.request_id {
            Some(id) if is_id(id) => id.clone(),
            Some(_) => {
                return Err(wrong(
                    "--request-id",
                    "1 to 128 of a-z, A-Z, 0-9, '.', '_', '-'",
                ));
            }
            None => derived_id(&query, profile, &request),
        };
        Ok(Asked {
            query,
            profile,
            request,
            basis,
            recipients,
        })
    }

    fn requester(&self) -> Result<RequesterKind, Error> {
        match RequesterKind::from_str_name(&self.requester) {
            Some(RequesterKind::RqForeign) => Err(Error::Foreign),
            None | Some(RequesterKind::RqUnspecified) => {
                Err(wrong("--requester", "no RequesterKind, e.g. RQ_REGULATOR"))
            }
            Some(kind) => Ok(kind),
        }
    }

    /// What is asked about; one thing alone.
    fn kind(&self) -> Result<QueryKind, Error> {
        let named = [
            (QueryKind::Subject, self.subject.is_some()),
            (QueryKind::Recipient, self.recipient.is_some()),
            (QueryKind::Incident, self.incident.is_some()),
            (QueryKind::Class, !self.class.is_empty()),
            (QueryKind::Audit, self.audit),
        ];
        let mut named = named.into_iter().filter(|(_, is_named)| *is_named);
        match (named.next(), named.next()) {
            (Some((kind, _)), None) => Ok(kind),
            _ => Err(wrong(
                "--subject",
                "name one thing: a subject, a recipient, an incident, a class or an audit",
            )),
        }
    }

    /// The id of what is asked about; empty where it has none.
    fn id(&self, kind: QueryKind) -> Result<String, Error> {
        let (id, word) = match kind {
            QueryKind::Subject => (&self.subject, "--subject"),
            QueryKind::Recipient => (&self.recipient, "--recipient"),
            QueryKind::Incident => (&self.incident, "--incident"),
            QueryKind::Class | QueryKind::Audit => return Ok(String::new()),
        };
        let id = id.as_deref().unwrap_or_default();
        match kind {
            QueryKind::Subject if !is_reference(id) => {
                Err(crate::query::Error::NotAReference.into())
            }
            QueryKind::Subject => Ok(id.to_owned()),
            _ if is_id(id) => Ok(id.to_owned()),
            _ => Err(wrong(word, &format!("no {}'s id", kind.noun()))),
        }
    }

    fn query(&self) -> Result<Query, Error> {
        let kind = self.kind()?;
        if self
            .from
            .zip(self.until)
            .is_some_and(|(from, until)| from >= until)
        {
            return Err(wrong(
                "--until",
                "the period is empty: it must end after it begins",
            ));
        }
        let query = Query {
            events: class::events(&self.class)?,
            from: self.from.map(|time| Int(time.0)),
            id: self.id(kind)?,
            k: self.k(kind)?,
            kind,
            until: self.until.map(|time| Int(time.0)),
        };
        if kind == QueryKind::Audit && !query.is_of_months() {
            let why = "an audit is of whole months: it begins and ends at midnight of a first day at UTC+8, \
                       e.g. 2026-09-01T00:00:00+08:00";
            return Err(wrong("--from, --until", why));
        }
        Ok(query)
    }

    fn k(&self, kind: QueryKind) -> Result<Option<Int<u64>>, Error> {
        match (kind, self.k) {
            (QueryKind::Audit, k)
                if k.is_none_or(|k| (LEAST_PEOPLE..=MOST_PEOPLE).contains(&k)) =>
            {
                Ok(Some(Int(k.unwrap_or(USUAL_PEOPLE))))
            }
            (QueryKind::Audit, _) => Err(wrong("--k", "2 to 1000 people")),
            (_, None) => Ok(None),
            _ => Err(wrong("--k", "it goes with --audit alone")),
        }
    }

    fn profile(&self, kind: QueryKind, requester: RequesterKind) -> Result<Profile, Error> {
        let mut fitting = Profile::ALL.into_iter().filter(|one| one.about() == kind);
        let profile = match &self.profile {
            Some(name) => fitting.find(|profile| profile.name() == name),
            None if kind == QueryKind::Subject && requester == RequesterKind::RqSubject => {
                Some(Profile::SSelf)
            }
            None => fitting.next(),
        };
        let profile = profile.ok_or_else(|| {
            let all: Vec<&str> = Profile::ALL
                .iter()
                .filter(|one| one.about() == kind)
                .map(|one| one.name())
                .collect();
            let why = format!("about a {} there is {}", kind.noun(), all.join(" or "));
            wrong("--profile", &why)
        })?;
        // What an authority may see of a case under a gag, the person may not.
        if requester == RequesterKind::RqSubject && profile != Profile::SSelf {
            return Err(wrong("--profile", "the person concerned gets S-SELF"));
        }
        Ok(profile)
    }

    fn document(&self) -> Result<Option<Hex32>, Error> {
        let Some(text) = &self.document_sha256 else {
            return Ok(None);
        };
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest)
            .map_err(|_| wrong("--document", "its SHA-256 is not the hex of 32 bytes"))?;
        Ok(Some(Hex32(digest)))
    }

    fn name(&self) -> Result<String, Error> {
        let name = &self.requester_name;
        let fits = (1..=LONGEST_NAME).contains(&name.chars().count());
        if fits && !name.chars().any(char::is_control) && !is_reference(name) {
            return Ok(name.clone());
        }
        Err(wrong(
            "--requester-name",
            "1 to 200 characters: an authority or office, never a person's name",
        ))
    }
}

impl Asked {
    /// The query as looks and pseudonyms name it, without the reference.
    pub(super) fn normal(&self) -> String {
        let mut text = format!(
            "extract {} profile={} requester={}",
            self.query.kind.name(),
            self.profile.name(),
            self.request.requester,
        );
        if !self.query.events.is_empty() {
            text.extend([" class=", &self.query.events.join(",")]);
        }
        if let Some(Int(k)) = self.query.k {
            text.extend([" k=", &k.to_string()]);
        }
        for (name, time) in [("from", self.query.from), ("until", self.query.until)] {
            if let Some(Int(time)) = time {
                text.extend([" ", name, "=", &Time(time).to_string()]);
            }
        }
        text
    }

    /// Whether an event of this time is in the period; one without a time is.
    pub(super) fn is_within(&self, time: Option<i64>) -> bool {
        time.is_none_or(|time| self.query.is_within(time))
    }
}

pub(super) fn wrong(what: &'static str, why: &str) -> Error {
    Error::Question {
        what,
        why: why.to_owned(),
    }
}

fn is_nonce(nonce: &str) -> bool {
    (1..=128).contains(&nonce.len()) && nonce.bytes().all(|c| (0x20..0x7f).contains(&c))
}

fn is_id(id: &str) -> bool {
    let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-' | b':');
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(fits)
}

/// The same question has the same id. A reference of 130 random bits can't be guessed from it.
fn derived_id(query: &Query, profile: Profile, request: &Request) -> String {
    let text = serde_json::json!([query, profile, request]).to_string();
    format!("q-{}", &hex::encode(Sha256::digest(text))[..20])
}

#[cfg(test)]
mod tests {
    use super::*;

    type Spoil = fn(&mut Question);

    fn question() -> Question {
        Question {
            subject: Some("k3vq7mzt2hxw5ncyadj4rbg6ps".into()),
            requester: "RQ_REGULATOR".into(),
            requester_name: "Office 3".into(),
            legal_basis: "LB_PIPL_63_INSPECTION".into(),
            ..Question::default()
        }
    }

    #[test]
    fn the_same_question_has_the_same_id_and_another_one_another() {
        let id = |question: &Question| question.read().unwrap().request.id;
        assert_eq!(id(&question()), id(&question()));
        let other = Question {
            nonce: Some("n".into()),
            ..question()
        };
        assert_ne!(id(&question()), id(&other));
        assert_eq!(question().read().unwrap().profile, Profile::RSubject);
    }

    #[test]
    fn what_may_not_be_asked_is_refused() {
        let time = Some(Time(5));
        let cases: [(&str, Spoil); 16] = [
            ("CU-0751", |q| q.requester = "RQ_FOREIGN".into()),
            ("CU-0750", |q| q.requester = "RQ_SUBJECT_".into()),
            ("CU-0750", |q| q.legal_basis = "LB_UNSPECIFIED".into()),
            ("CU-0550", |q| q.subject = Some("13800138000".into())),
            ("CU-0750", |q| q.recipient = Some("r".into())),
            ("CU-0750", |q| q.profile = Some("R-RECIPIENT".into())),
            ("CU-0750", |q| q.incident = Some("inc-1".into())),
            ("CU-0750", |q| q.class = vec!["sharing".into()]),
            ("CU-0750", |q| q.k = Some(10)),
            ("CU-0750", |q| {
                (q.subject, q.audit, q.k) = (None, true, Some(1));
            }),
            ("CU-0750", |q| {
                (q.subject, q.audit, q.k) = (None, true, Some(1_001));
            }),
            ("CU-0750", |q| {
                (q.subject, q.audit, q.from) = (None, true, Some(Time(5)));
            }),
            ("CU-0750", |q| {
                (q.subject, q.incident) = (None, Some("two words".into()));
            }),
            ("CU-0750", |q| q.requester_name = String::new()),
            ("CU-0750", |q| q.nonce = Some(String::new())),
            ("CU-0750", |q| {
                q.requester = "RQ_SUBJECT".into();
                q.profile = Some("R-SUBJECT".into());
            }),
        ];
        for (code, spoil) in cases {
            let mut question = question();
            spoil(&mut question);
            assert_eq!(question.read().unwrap_err().code(), code, "{question:?}");
        }
        for ask in [
            (|_| ()) as Spoil,
            |q| (q.subject, q.recipient) = (None, Some("r".into())),
            |q| (q.subject, q.incident) = (None, Some("inc-1".into())),
            |q| (q.subject, q.class) = (None, vec!["sharing".into()]),
            |q| (q.subject, q.audit) = (None, true),
        ] {
            let mut question = question();
            ask(&mut question);
            assert!(question.read().is_ok(), "{question:?}");
            question.requester = "RQ_FOREIGN".into();
            let refused = question.read().unwrap_err();
            assert_eq!(refused.code(), "CU-0751", "{question:?}");
            assert!(refused.to_string().contains("PIPL 41"));
        }
        let empty = Question {
            from: time,
            until: time,
            ..question()
        };
        assert!(empty.read().unwrap_err().to_string().contains("empty"));
    }
}
