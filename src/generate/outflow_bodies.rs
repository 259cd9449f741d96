//! Bodies of what leaves: shared, transferred, disclosed, and what recipients say of it.

use custodia_core::schema::v1::{
    Access, Basis, BasisKind, DataDisclosed, DataShared, DataTransferred, DisclosureCase,
    ErasureMethod, Purpose, RecipientAcknowledged, RecipientDeletionConfirmed, ShareMethod,
    TransferCase,
};

use super::bodies::numbers;
use super::envelope::{CASE, MERGER, Pen, moved_digest};
use super::flow::{Flow, Ground, Outflow};
use super::register::{AUTHORITY, RECIPIENTS, RecipientNo, SDK_NAME, SUCCESSOR, paper};
use super::terms;

const CHINA: &str = "CN";

impl Pen<'_> {
    pub(super) fn access(&self, recipient: RecipientNo) -> Access {
        Access {
            endpoint_ref: self.register.endpoint(recipient),
            credential_fingerprint: self.register.credential(recipient),
            transfer_id: format!(
                "transfer-{:016x}-{}",
                self.life.code(self.step.who),
                self.step.id
            ),
        }
    }

    pub(super) fn shared(&self, outflow: Outflow) -> DataShared {
        let terms = outflow.flow.terms();
        let recipient = &RECIPIENTS[outflow.to];
        let (basis, separate_consent_id) = self.ground(terms.ground);
        let for_order = terms.ground == Ground::Order;
        let sdk_name = if outflow.flow == Flow::Sdk {
            SDK_NAME
        } else {
            ""
        };
        DataShared {
            recipient_id: recipient.id.to_owned(),
            case: terms.case.into(),
            purpose: terms.purpose.into(),
            categories: numbers(terms.categories),
            basis: Some(basis),
            method: terms.method.into(),
            separate_consent_id,
            assessment_id: terms.assessment.to_owned(),
            destination_country: CHINA.to_owned(),
            transfer_sha256: self.digest(),
            field_count: u64::try_from(terms.categories.len()).ok(),
            record_count: Some(1),
            sdk_name: sdk_name.to_owned(),
            access: Some(self.access(outflow.to)),
            order_ref: if for_order {
                self.order_ref()
            } else {
                String::new()
            },
            legal_role: recipient.role.into(),
            ..DataShared::default()
        }
    }

    /// The recipient's word on the share that brought this step about: the same digest.
    pub(super) fn acknowledged(&self, to: RecipientNo) -> RecipientAcknowledged {
        let share = self.step.cause.unwrap_or(self.step.id);
        let mut countersignature = self.digest();
        countersignature.extend(self.dice.salt.iter().rev());
        RecipientAcknowledged {
            recipient_id: RECIPIENTS[to].id.to_owned(),
            received_at: Some(self.time()),
            transfer_sha256: moved_digest(self.source, self.life, share),
            countersignature,
            countersignature_key_id: format!("{}/1", RECIPIENTS[to].id),
        }
    }

    pub(super) fn transferred(&self) -> DataTransferred {
        let basis = Basis {
            kind: BasisKind::BaAnnouncement.into(),
            citation: "PIPL 22".to_owned(),
            ..Basis::default()
        };
        DataTransferred {
            recipient_id: RECIPIENTS[SUCCESSOR].id.to_owned(),
            case: TransferCase::Tr03MergerBankruptcy.into(),
            categories: numbers(terms::TRANSFERRED),
            purpose_changed: Some(false),
            basis: Some(basis),
            merger_id: MERGER.to_owned(),
            assessment_id: "pia-merger".to_owned(),
            destination_country: CHINA.to_owned(),
            transfer_sha256: self.digest(),
            record_count: Some(1),
            method: ShareMethod::MtFile.into(),
            access: Some(self.access(SUCCESSOR)),
            ..DataTransferred::default()
        }
    }

    pub(super) fn disclosed(&self) -> DataDisclosed {
        let basis = Basis {
            kind: BasisKind::BaLegalCompulsion.into(),
            citation: "PIPL 13(1)(3)".to_owned(),
            ..Basis::default()
        };
        DataDisclosed {
            recipient_id: RECIPIENTS[AUTHORITY].id.to_owned(),
            case: DisclosureCase::Di02LegalCompulsion.into(),
            categories: numbers(terms::DISCLOSED),
            method: ShareMethod::MtFile.into(),
            case_ref: CASE.to_owned(),
            basis: Some(basis),
            destination_country: CHINA.to_owned(),
            transfer_sha256: self.digest(),
            record_count: Some(1),
            purpose: Purpose::PuLegalCompliance.into(),
            document_sha256: paper("subpoena"),
            ..DataDisclosed::default()
        }
    }

    pub(super) fn deletion(&self, by: RecipientNo) -> RecipientDeletionConfirmed {
        RecipientDeletionConfirmed {
            recipient_id: RECIPIENTS[by].id.to_owned(),
            categories: numbers(RECIPIENTS[by].categories),
            certificate_sha256: self.digest(),
            deleted_at: Some(self.time()),
            request_id: self.request_id(),
            method: ErasureMethod::ErDeleted.into(),
            ..RecipientDeletionConfirmed::default()
        }
    }
}
