//! What two people must say before an extract goes to an authority.

use custodia_core::approval::{Approval, Approver, Deed, Persons, Request, about, check};
use custodia_core::origin::LedgerName;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ExtractApproved, RequesterKind};
use custodia_core::verdict::TopicRole;

use super::office::OfficeParts;
use super::question::Asked;
use super::{Error, Question};
use crate::log::notices;
use crate::query::{Asking, UsedRequests};

impl Question {
    /// Whether two people must approve it: what an authority gets, the operator can't call back (L194).
    ///
    /// # Errors
    /// As [`Question::check`].
    pub fn needs_approvals(&self) -> Result<bool, Error> {
        Ok(self.read()?.needs_approvals())
    }

    /// The request for approvals of this extract, and the question in its one spelling, of which the
    /// request has the digest (`proto/FORMAT.md` 15.2). `asker` is who will ask, `until_ms` the first
    /// moment at which approvals count no more.
    ///
    /// # Errors
    /// As [`Question::check`].
    pub fn approval_request(
        &self,
        ledger: &LedgerName,
        asker: &str,
        until_ms: i64,
    ) -> Result<(Request, String), Error> {
        let asked = self.read()?;
        let request = asked.wanted(ledger, asker, until_ms);
        Ok((request, asked.spelt()))
    }
}

impl Asked {
    fn needs_approvals(&self) -> bool {
        let requester = RequesterKind::from_str_name(&self.request.requester);
        matches!(
            requester,
            Some(RequesterKind::RqRegulator | RequesterKind::RqCourtOrPolice)
        )
    }

    /// The question in canonical JSON: names ascend, and no number stands in it that isn't text or small.
    fn spelt(&self) -> String {
        let question = serde_json::json!({
            "profile": self.profile,
            "query": self.query,
            "request": self.request,
        });
        question.to_string()
    }

    fn wanted(&self, ledger: &LedgerName, asker: &str, until_ms: i64) -> Request {
        Request {
            ledger: ledger.clone(),
            deed: Deed::Extract,
            about: about::extract(&self.spelt()),
            id: self.request.id.clone(),
            asker: asker.to_owned(),
            until_ms,
        }
    }
}

/// Of the registry: requests whose extract is on record.
pub(super) const fn used_requests() -> UsedRequests {
    UsedRequests::new(TopicRole::Registry, |notice| match notice {
        Body::ExtractIssued(issued) => vec![issued.extract_request_id],
        _ => Vec::new(),
    })
}

/// What is to be put on record before the extract is: an event for each approval, none where none is
/// needed. Checked against the newest register and the true clock, whatever the question's `as_of` says.
pub(super) fn approved(
    parts: &OfficeParts,
    used: &mut UsedRequests,
    asking: &Asking,
    question: &Question,
    asked: &Asked,
) -> Result<Vec<ExtractApproved>, Error> {
    if !asked.needs_approvals() && question.approvals.is_empty() {
        return Ok(Vec::new());
    }
    let given = question.approvals.iter();
    let given = given.map(|one| Approval::parse(&one.name, one.note.as_bytes()));
    let given: Vec<Approval> = given.collect::<Result<_, _>>()?;
    let now_ms = parts.clock.now_ms();
    let wanted = asked.wanted(&parts.ledger, &asking.principal.employee, now_ms);
    let from = parts.desk.view().standpoint(None, None)?;
    let persons = Persons::of(parts.findings.judging(&from)?.register());
    let approvers = check(&given, &wanted, &persons, now_ms)?;
    if used.has(parts.desk.view(), &wanted.id)? {
        return Err(Error::Replayed(wanted.id));
    }
    let event = |(approver, approval): (Approver, &Approval)| ExtractApproved {
        extract_request_id: wanted.id.clone(),
        approver_ref: approver.reference,
        approval: approval.note(),
    };
    Ok(approvers.into_iter().zip(&given).map(event).collect())
}

/// Sends the approvals; Kafka has them before it gets `ExtractIssued`.
pub(super) fn record(parts: &OfficeParts, approved: Vec<ExtractApproved>) -> Result<(), Error> {
    for one in approved {
        let key = one.extract_request_id.clone();
        let event = notices::notice(Body::ExtractApproved(one), parts.clock.as_ref())?;
        parts
            .outbox
            .deliver(&parts.registry_topic, key.as_bytes(), &event)
            .map_err(Error::NotRecorded)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question {
            subject: Some("k3vq7mzt2hxw5ncyadj4rbg6ps".into()),
            requester: "RQ_REGULATOR".into(),
            requester_name: "Office 3".into(),
            legal_basis: "LB_PIPL_63_INSPECTION".into(),
            ..Question::default()
        }
    }

    fn request(question: &Question) -> Request {
        let ledger = "ledger.example".parse().unwrap();
        let asker = "a".repeat(26);
        question.approval_request(&ledger, &asker, 9).unwrap().0
    }

    #[test]
    fn authorities_need_two_people_and_nobody_else_does() {
        for (requester, needs) in [
            ("RQ_REGULATOR", true),
            ("RQ_COURT_OR_POLICE", true),
            ("RQ_SUBJECT", false),
            ("RQ_OFFICER", false),
            ("RQ_AUDITOR", false),
            ("RQ_INCIDENT_RESPONDER", false),
        ] {
            let question = Question {
                requester: requester.into(),
                ..question()
            };
            assert_eq!(question.needs_approvals().unwrap(), needs, "{requester}");
        }
    }

    #[test]
    fn another_question_is_about_something_else() {
        type Change = fn(&mut Question);
        let changes: [Change; 6] = [
            |q| q.subject = Some("j3vq7mzt2hxw5ncyadj4rbg6ps".into()),
            |q| q.requester = "RQ_COURT_OR_POLICE".into(),
            |q| q.requester_name = "Office 4".into(),
            |q| q.until = Some(crate::query::Time(5)),
            |q| q.document_sha256 = Some("ab".repeat(32)),
            |q| q.nonce = Some("another".into()),
        ];
        let named = Question {
            request_id: Some("req-1".into()),
            ..question()
        };
        let own = request(&named);
        assert_eq!(own.id, "req-1");
        for (place, change) in changes.into_iter().enumerate() {
            let mut other = named.clone();
            change(&mut other);
            let other = request(&other);
            assert_ne!(other.about, own.about, "change {place}");
            assert_eq!(other.id, own.id);
        }
        // A cut is no part of it: what may be shown is judged by the newest state.
        let earlier = Question {
            as_of: Some("2026-01-01T00:00:00Z".into()),
            ..named
        };
        assert_eq!(request(&earlier), own);
    }

    #[test]
    fn the_question_is_handed_over_in_the_spelling_that_was_digested() {
        let ledger = "ledger.example".parse().unwrap();
        let (request, text) = question().approval_request(&ledger, "a", 9).unwrap();
        assert_eq!(request.about, about::extract(&text));
        assert!(
            text.starts_with("{\"profile\":\"R-SUBJECT\",\"query\":{"),
            "{text}"
        );
        assert!(text.contains("Office 3"), "{text}");
    }
}
