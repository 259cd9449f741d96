//! Bodies of the town's breach, merger and subpoena.

use custodia_core::schema::v1::{
    AffectedSubjectsIdentified, AuthorityDocument, AuthorityRequestReceived, Channel,
    ContainmentStep, ContainmentTaken, DisclosureDecision, DisclosureReviewed, IncidentCause,
    IncidentClosed, IncidentDetected, IncidentGrade, IncidentGraded, IncidentKind, MergerAnnounced,
    PostIncidentReportFiled, RegulatorNotified, ReportedBody, TransferDuty,
};

use super::bodies::{BREACH_CONTENTS, numbers};
use super::envelope::{CASE, INCIDENT, MERGER, timestamp};
use super::life::Life;
use super::register::{AUTHORITY, LEAKED_COURIER, Person, RECIPIENTS, SUCCESSOR, paper};
use super::terms;
use super::town_days::TownPen;

impl TownPen<'_> {
    pub(super) fn detected(&self, at: i64) -> IncidentDetected {
        IncidentDetected {
            recipient_id: RECIPIENTS[LEAKED_COURIER].id.to_owned(),
            incident_id: INCIDENT.to_owned(),
            detected_at: Some(timestamp(at)),
            known_at: Some(timestamp(at)),
            kinds: numbers(&[
                IncidentKind::BrEventLeak,
                IncidentKind::BrEventUnauthorisedAccess,
            ]),
            categories: numbers(terms::DELIVERY),
            estimated_count: Some(self.affected.count),
            critical_infrastructure: Some(false),
            cause: IncidentCause::BrCauseCredentialLeaked.into(),
            window_from: Some(timestamp(self.calendar.breach.start)),
            window_until: Some(timestamp(self.calendar.breach.end)),
            endpoint_refs: vec![self.register.endpoint(LEAKED_COURIER)],
            credential_fingerprints: vec![self.register.credential(LEAKED_COURIER)],
        }
    }

    pub(super) fn contained(&self, step: ContainmentStep, digest: Vec<u8>) -> ContainmentTaken {
        ContainmentTaken {
            recipient_id: RECIPIENTS[LEAKED_COURIER].id.to_owned(),
            incident_id: INCIDENT.to_owned(),
            step: step.into(),
            record_sha256: digest,
            taken_by_ref: self.register.person(Person::Responder),
            endpoint_refs: vec![self.register.endpoint(LEAKED_COURIER)],
            credential_fingerprints: vec![self.register.credential(LEAKED_COURIER)],
        }
    }

    pub(super) fn graded(&self) -> IncidentGraded {
        IncidentGraded {
            incident_id: INCIDENT.to_owned(),
            grade: IncidentGrade::BrGradeGeneral.into(),
            criterion: "fewer than 1,000,000 people".to_owned(),
            person_count: Some(self.affected.count),
            graded_by_ref: self.register.person(Person::Responder),
        }
    }

    pub(super) fn identified(&self) -> AffectedSubjectsIdentified {
        AffectedSubjectsIdentified {
            incident_id: INCIDENT.to_owned(),
            subject_set_root_sha256: self.affected.root.to_vec(),
            subject_count: Some(self.affected.count),
            categories: numbers(terms::DELIVERY),
            harm_excluded: Some(false),
        }
    }

    pub(super) fn regulator_told(&self, at: i64, digest: Vec<u8>) -> RegulatorNotified {
        RegulatorNotified {
            incident_id: INCIDENT.to_owned(),
            authority: ReportedBody::BrReportedProvincialCac.into(),
            channel: Channel::ChEmail.into(),
            contents: numbers(&BREACH_CONTENTS),
            receipt_no: "receipt-1".to_owned(),
            notified_at: Some(timestamp(at)),
            report_sha256: digest,
            first_report: Some(true),
            notified_by_ref: self.register.person(Person::Officer),
            ..RegulatorNotified::default()
        }
    }

    pub(super) fn closed(&self, at: i64) -> IncidentClosed {
        IncidentClosed {
            incident_id: INCIDENT.to_owned(),
            closed_at: Some(timestamp(at)),
            final_count: Some(self.affected.count),
            closed_by_ref: self.register.person(Person::Responder),
        }
    }

    pub(super) fn reported(at: i64, digest: Vec<u8>) -> PostIncidentReportFiled {
        PostIncidentReportFiled {
            incident_id: INCIDENT.to_owned(),
            authority: ReportedBody::BrReportedProvincialCac.into(),
            report_sha256: digest,
            filed_at: Some(timestamp(at)),
            receipt_no: "receipt-2".to_owned(),
            ..PostIncidentReportFiled::default()
        }
    }

    pub(super) fn merger(&self, at: i64, digest: Vec<u8>) -> MergerAnnounced {
        let successor = &RECIPIENTS[SUCCESSOR];
        MergerAnnounced {
            recipient_id: successor.id.to_owned(),
            merger_id: MERGER.to_owned(),
            announced_at: Some(timestamp(at)),
            channel: Channel::ChPublicNotice.into(),
            successor_name: successor.name.to_owned(),
            successor_contact: successor.contact(),
            announcement_sha256: digest,
            transfer_planned_at: Some(timestamp(self.calendar.transfers.start)),
            duties_taken_on: numbers(&[
                TransferDuty::TrDutyPriorAnnouncement,
                TransferDuty::TrDutySuccessorBound,
                TransferDuty::TrDutyReconsentOnPurposeChange,
            ]),
        }
    }

    pub(super) fn asked(&self, at: i64) -> AuthorityRequestReceived {
        let authority = &RECIPIENTS[AUTHORITY];
        let named = self
            .calendar
            .subpoenaed()
            .map(|n| Life::of(self.dice, self.calendar, n));
        let named = named.map(|life| life.account.as_str().to_owned());
        AuthorityRequestReceived {
            recipient_id: authority.id.to_owned(),
            case_ref: CASE.to_owned(),
            authority: authority.name.to_owned(),
            officers_verified: Some(true),
            document_type: AuthorityDocument::DiDocSubpoena.into(),
            document_no: "2026-1".to_owned(),
            document_sha256: paper("subpoena"),
            scope: numbers(terms::DISCLOSED),
            received_at: Some(timestamp(at)),
            authority_country: "CN".to_owned(),
            authority_kind: authority.kind.into(),
            named_subject_ref: named.unwrap_or_default(),
            officer_evidence_sha256: paper("officers' papers"),
            ..AuthorityRequestReceived::default()
        }
    }

    pub(super) fn reviewed(
        &self,
        decision: DisclosureDecision,
        digest: Vec<u8>,
    ) -> DisclosureReviewed {
        DisclosureReviewed {
            recipient_id: RECIPIENTS[AUTHORITY].id.to_owned(),
            case_ref: CASE.to_owned(),
            decision: decision.into(),
            scope: numbers(terms::DISCLOSED),
            opinion_sha256: digest,
            reviewer_refs: vec![
                self.register.person(Person::Lawyer),
                self.register.person(Person::SecondLawyer),
            ],
        }
    }
}
