//! Break-glass: two people's word that a question is answered while Kafka can't be reached (law 9).

use custodia_core::approval::{Approval, Deed, Persons, Request, about, check};
use custodia_core::origin::LedgerName;
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::{Error, Why, reason};

/// What doors begin with.
const DOORS: &str = "/v1/";

/// An approval as it was handed over with a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenApproval {
    /// What refusals call it: the file's name.
    pub name: String,
    /// The signed note.
    pub note: String,
}

/// Two people's word on one question, checked: it may be answered once while Kafka can't be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glass {
    /// The request's id.
    pub id: String,
    /// The approvals, as signed.
    pub approvals: Vec<String>,
}

/// What two people approve, in its one spelling: canonical JSON of the question asked at `door`, and of what
/// it is for (`proto/FORMAT.md` 15.2).
///
/// # Errors
/// [`Error::UnknownReason`].
pub fn spelt(door: &str, why: &Why, question: &impl Serialize) -> Result<String, Error> {
    let asked = serde_json::json!({
        "ask": door.strip_prefix(DOORS).unwrap_or(door),
        "question": question,
        "reason": reason(&why.reason)?.as_str_name(),
        "ticket": why.ticket,
    });
    Ok(asked.to_string())
}

/// The request for approvals of an answer to a question as [`spelt`] has it. `until_ms` is the first moment at
/// which approvals count no more.
pub fn glass_request(
    ledger: &LedgerName,
    asker: &str,
    spelt: &str,
    id: &str,
    until_ms: i64,
) -> Request {
    Request {
        ledger: ledger.clone(),
        deed: Deed::BreakGlass,
        about: about::question(spelt),
        id: id.to_owned(),
        asker: asker.to_owned(),
        until_ms,
    }
}

impl Glass {
    /// Two people's word on the question that is [`spelt`] so, asked by `asker` at `now_ms`. That it was not
    /// used before, [`super::Desk`] says.
    ///
    /// # Errors
    /// [`Error::Approval`].
    pub fn of(
        given: &[GivenApproval],
        (ledger, asker): (&LedgerName, &str),
        spelt: &str,
        persons: &Persons,
        now_ms: i64,
    ) -> Result<Self, Error> {
        let parse = |one: &GivenApproval| Approval::parse(&one.name, one.note.as_bytes());
        let given: Vec<Approval> = given.iter().map(parse).collect::<Result<_, _>>()?;
        // Without an approval there is no id: the check says how many are needed.
        let id = given.first().map_or("", |one| &one.request().id);
        let wanted = glass_request(ledger, asker, spelt, id, now_ms);
        check(&given, &wanted, persons, now_ms)?;
        Ok(Self {
            approvals: given.iter().map(Approval::note).collect(),
            id: wanted.id,
        })
    }
}

/// The requests that a notice of the access logs was answered on.
pub(super) fn ids_of(notice: Body) -> Vec<String> {
    let Body::LedgerQueried(look) = notice else {
        return Vec::new();
    };
    if !look.break_glass() {
        return Vec::new();
    }
    let notes = look.approvals.iter();
    let parsed = notes.filter_map(|note| Approval::parse("", note.as_bytes()).ok());
    parsed
        .map(|approval| approval.request().id.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::WhoQuestion;

    #[test]
    fn a_question_has_one_spelling_with_what_it_is_for() {
        let mut why = Why {
            reason: "rights-request".into(),
            ticket: "T-1".into(),
            ..Why::default()
        };
        let question = WhoQuestion {
            subject: "abcdefghijklmnopqrstuv2345".into(),
            ..WhoQuestion::default()
        };
        let text = spelt("/v1/who", &why, &question).unwrap();
        assert_eq!(
            text,
            r#"{"ask":"who","question":{"as_of":null,"at":null,"subject":"abcdefghijklmnopqrstuv2345"},"reason":"AR_RIGHTS_REQUEST","ticket":"T-1"}"#
        );
        let format = include_str!("../../proto/FORMAT.md");
        assert!(format.contains(&text), "the format shows another example");
        assert_ne!(spelt("/v1/timeline", &why, &question).unwrap(), text);
        why.ticket = "T-2".into();
        assert_ne!(spelt("/v1/who", &why, &question).unwrap(), text);
        why.reason = "curiosity".into();
        let error = spelt("/v1/who", &why, &question).unwrap_err();
        assert_eq!(error.code(), "CU-0553");
    }
}
