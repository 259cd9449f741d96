//! Bodies of the registry's events: who takes part, and the town's days.

use custodia_core::schema::v1::{
    Actor, AllowedUse, AssessmentResult, Channel, ComplianceAuditRecorded, DataCategory,
    EgressCountReported, ImpactAssessmentRecorded, PersonRegistered, PolicyNoticeDelivered,
    PolicyVersionPublished, ProducerRegistered, Purpose, RecipientAssessed, RecipientRegistered,
    SafeguardAttested, SdkEntry, SdkListPublished, SdkObserved, SdkReviewed, SecurityMeasure,
    ShareCondition, Surface,
};

use super::POLICY_VERSION;
use super::bodies::numbers;
use super::envelope::timestamp;
use super::faults;
use super::published::Version;
use super::register::{
    CREDIT_AGENCIES, LENDERS, LOAN_SERVICE, PERSONS, PRODUCERS, Person, RECIPIENTS, RecipientNo,
    SDK_NAME, SDK_PACKAGE, SDK_VENDOR, paper,
};
use super::terms::{self, Categories};
use super::town_days::TownPen;

const YEAR_MS: i64 = 365 * 86_400_000;
/// How long impact assessments are kept after the town's month (PIPL 56: three years at least).
const KEPT_YEARS: i64 = 4;

/// An impact assessment (PIPL 55).
pub(super) struct Assessment {
    pub(super) id: &'static str,
    purposes: &'static [Purpose],
    categories: Categories,
    recipients: &'static [RecipientNo],
}

pub(super) static ASSESSMENTS: [Assessment; 6] = [
    Assessment {
        id: "pia-delivery",
        purposes: &[Purpose::PuDelivery, Purpose::PuOrderFulfilment],
        categories: terms::DELIVERY,
        recipients: &[0, 1, 2, 3, 4, 5],
    },
    Assessment {
        id: "pia-pay-later",
        purposes: &[
            Purpose::PuRealNameAuth,
            Purpose::PuLivenessCheck,
            Purpose::PuCrossVerify,
            Purpose::PuCardAuthentication,
            Purpose::PuScoreEvaluation,
        ],
        categories: &[
            DataCategory::DcRealName,
            DataCategory::DcMobileNumber,
            DataCategory::DcIdNumber,
            DataCategory::DcIdCardImages,
            DataCategory::DcIdValidity,
            DataCategory::DcFaceImage,
            DataCategory::DcBankCardNumber,
            DataCategory::DcCardholderName,
            DataCategory::DcBankReservedMobile,
            DataCategory::DcBankSmsCode,
            DataCategory::DcCreditScore,
        ],
        recipients: &[6, 7, 8, 9],
    },
    Assessment {
        id: "pia-loan",
        purposes: &[Purpose::PuLoanApplication, Purpose::PuLoanDataForwarding],
        categories: terms::LOAN,
        recipients: &[LOAN_SERVICE, LENDERS[0], LENDERS[1]],
    },
    Assessment {
        id: "pia-credit",
        purposes: &[Purpose::PuCreditQuery, Purpose::PuCreditLimit],
        categories: &[
            DataCategory::DcRealName,
            DataCategory::DcIdNumber,
            DataCategory::DcMobileNumber,
            DataCategory::DcCreditInfo,
            DataCategory::DcCreditReport,
        ],
        recipients: &CREDIT_AGENCIES,
    },
    Assessment {
        id: "pia-sdk",
        purposes: &[Purpose::PuSdkStatistics],
        categories: terms::SDK,
        recipients: &[SDK_VENDOR],
    },
    Assessment {
        id: "pia-merger",
        purposes: &[Purpose::PuOrderFulfilment],
        categories: terms::TRANSFERRED,
        recipients: &[16],
    },
];

/// Safeguards that are attested, id and measure: all that the policy promises (rule R43).
pub(super) static SAFEGUARDS: [(&str, SecurityMeasure); 15] = [
    ("safeguard-transport", SecurityMeasure::SmEncryptSsl),
    ("safeguard-at-rest", SecurityMeasure::SmEncryptAtRest),
    ("safeguard-isolation", SecurityMeasure::SmIsolation),
    ("safeguard-masking", SecurityMeasure::SmMasking),
    ("safeguard-access", SecurityMeasure::SmAccessControl),
    ("safeguard-login", SecurityMeasure::SmMultiFactor),
    ("safeguard-classes", SecurityMeasure::SmClassification),
    (
        "safeguard-secrecy",
        SecurityMeasure::SmConfidentialityAgreement,
    ),
    ("safeguard-audit", SecurityMeasure::SmMonitorAudit),
    ("safeguard-training", SecurityMeasure::SmTraining),
    ("safeguard-norms", SecurityMeasure::SmNorms),
    ("safeguard-partners", SecurityMeasure::SmPartnerPurposeLimit),
    ("safeguard-staff", SecurityMeasure::SmStaffDuty),
    ("safeguard-minimum", SecurityMeasure::SmMinimisation),
    ("safeguard-incidents", SecurityMeasure::SmIncidentPlan),
];

impl TownPen<'_> {
    pub(super) fn producer(&self, no: usize) -> ProducerRegistered {
        let (name, bodies) = PRODUCERS[no];
        ProducerRegistered {
            producer_name: name.to_owned(),
            on_call_contact: format!("oncall@{name}.example"),
            event_types: bodies.to_vec(),
            public_key: self.register.producer_key(no),
            key_id: format!("{name}/1"),
            valid_from: Some(timestamp(self.calendar.setup.start)),
            registered_by_ref: self.register.person(Person::Operator),
        }
    }

    pub(super) fn person(&self, no: usize) -> PersonRegistered {
        let (person_ref, public_key) = self.register.person_at(no);
        PersonRegistered {
            role: PERSONS[no].into(),
            public_key,
            valid_until: Some(timestamp(self.calendar.end + YEAR_MS)),
            person_ref,
        }
    }

    pub(super) fn policy(&self) -> PolicyVersionPublished {
        let years = if self.faults { 1 } else { 2 };
        PolicyVersionPublished {
            approver_ref: self.register.person(Person::Officer),
            ..Version::of_town(years).document().event(None)
        }
    }

    pub(super) fn policy_notice(at: i64) -> PolicyNoticeDelivered {
        PolicyNoticeDelivered {
            policy_version_id: POLICY_VERSION.to_owned(),
            channel: Channel::ChWebsiteOrApp.into(),
            notice_sha256: paper("policy notice"),
            delivered_at: Some(timestamp(at)),
            surface: Surface::SfApp.into(),
        }
    }

    pub(super) fn audit(&self, at: i64, digest: Vec<u8>) -> ComplianceAuditRecorded {
        ComplianceAuditRecorded {
            audit_id: "audit-1".to_owned(),
            auditor: "竹篱合规审计事务所".to_owned(),
            period_from: Some(timestamp(at - YEAR_MS)),
            period_until: Some(timestamp(at)),
            findings_sha256: digest,
            finding_count: Some(0),
            auditor_ref: self.register.person(Person::Auditor),
        }
    }

    pub(super) fn egress(&self, no: RecipientNo, quarter: usize) -> EgressCountReported {
        let (from, until) = self.calendar.quarter(quarter);
        EgressCountReported {
            recipient_id: RECIPIENTS[no].id.to_owned(),
            period_from: Some(timestamp(from)),
            period_until: Some(timestamp(until)),
            event_count: Some(self.outflows[no]),
            record_count: Some(self.outflows[no]),
            gateway_ref: self.register.endpoint(no),
        }
    }

    pub(super) fn safeguard(&self, no: usize) -> SafeguardAttested {
        let (id, measure) = SAFEGUARDS[no];
        let until = if self.faults && no == faults::RUNS_OUT {
            faults::runs_out(self.calendar)
        } else {
            self.calendar.end + YEAR_MS
        };
        SafeguardAttested {
            attestation_id: id.to_owned(),
            measure: measure.into(),
            scope: "all services".to_owned(),
            report_sha256: paper(id),
            valid_until: Some(timestamp(until)),
            attested_by_ref: self.register.person(Person::Operator),
        }
    }

    pub(super) fn impact(&self, no: usize) -> ImpactAssessmentRecorded {
        let assessment = &ASSESSMENTS[no];
        let ids = assessment
            .recipients
            .iter()
            .map(|at| RECIPIENTS[*at].id.to_owned());
        ImpactAssessmentRecorded {
            assessment_id: assessment.id.to_owned(),
            purposes: numbers(assessment.purposes),
            categories: numbers(assessment.categories),
            recipient_ids: ids.collect(),
            result: AssessmentResult::AsPassed.into(),
            report_sha256: paper(assessment.id),
            keep_until: Some(timestamp(self.calendar.end + KEPT_YEARS * YEAR_MS)),
            valid_until: Some(timestamp(self.calendar.end + YEAR_MS)),
            assessor_ref: self.register.person(Person::Officer),
            ..ImpactAssessmentRecorded::default()
        }
    }

    pub(super) fn assessed(&self, no: usize) -> RecipientAssessed {
        RecipientAssessed {
            recipient_id: RECIPIENTS[no].id.to_owned(),
            lawfulness: Some(true),
            legitimacy: Some(true),
            necessity: Some(true),
            result: AssessmentResult::AsPassed.into(),
            report_sha256: paper(&format!("assessment of {}", RECIPIENTS[no].id)),
            valid_until: Some(timestamp(self.calendar.end + YEAR_MS)),
            reviewer_ref: self.register.person(Person::Officer),
        }
    }

    pub(super) fn recipient(&self, no: usize) -> RecipientRegistered {
        let recipient = &RECIPIENTS[no];
        let agreed = recipient.kind != Actor::AcLawEnforcement;
        let uses = recipient.purposes.iter().map(|purpose| AllowedUse {
            purpose: (*purpose).into(),
            categories: numbers(recipient.categories),
        });
        RecipientRegistered {
            recipient_id: recipient.id.to_owned(),
            name: recipient.name.to_owned(),
            contact: recipient.contact(),
            kind: recipient.kind.into(),
            legal_role: recipient.role.into(),
            agreement_sha256: if agreed {
                paper(recipient.id)
            } else {
                Vec::new()
            },
            agreement_valid_from: agreed.then(|| timestamp(self.calendar.setup.start)),
            agreement_valid_until: agreed.then(|| timestamp(self.calendar.end + YEAR_MS)),
            confidentiality: Some(true),
            storage_countries: vec!["CN".to_owned()],
            allowed_uses: uses.collect(),
            conditions: numbers(&[
                ShareCondition::ShCondConfidentiality,
                ShareCondition::ShCondNoOnward,
                ShareCondition::ShCondNecessity,
                ShareCondition::ShCondPurposeLimited,
            ]),
            onward_provision_allowed: Some(false),
            registered_by_ref: self.register.person(Person::Operator),
            ..RecipientRegistered::default()
        }
    }

    pub(super) fn sdk_reviewed(&self, digest: Vec<u8>) -> SdkReviewed {
        SdkReviewed {
            recipient_id: RECIPIENTS[SDK_VENDOR].id.to_owned(),
            sdk_name: SDK_NAME.to_owned(),
            sdk_version: "4.2.0".to_owned(),
            result: AssessmentResult::AsPassed.into(),
            report_sha256: digest,
            package: SDK_PACKAGE.to_owned(),
            valid_until: Some(timestamp(self.calendar.end + YEAR_MS)),
            reviewer_ref: self.register.person(Person::Operator),
        }
    }

    pub(super) fn sdk_list(at: i64) -> SdkListPublished {
        let vendor = &RECIPIENTS[SDK_VENDOR];
        let entry = SdkEntry {
            sdk_name: SDK_NAME.to_owned(),
            vendor_name: vendor.name.to_owned(),
            categories: numbers(vendor.categories),
            purposes: numbers(vendor.purposes),
            recipient_id: vendor.id.to_owned(),
            package: SDK_PACKAGE.to_owned(),
            ..SdkEntry::default()
        };
        SdkListPublished {
            policy_version_id: POLICY_VERSION.to_owned(),
            sdks: vec![entry],
            list_sha256: paper("sdk list"),
            published_at: Some(timestamp(at)),
        }
    }

    pub(super) fn sdk_seen(&self) -> SdkObserved {
        SdkObserved {
            recipient_id: RECIPIENTS[SDK_VENDOR].id.to_owned(),
            package: SDK_PACKAGE.to_owned(),
            api_called: "android.os.Build.MODEL".to_owned(),
            before_consent: Some(false),
            app_build: format!("5.{}.0", self.town.days),
            categories: numbers(RECIPIENTS[SDK_VENDOR].categories),
            sdk_name: SDK_NAME.to_owned(),
            surface: Surface::SfApp.into(),
            destination_endpoint: "collect.sdk-fengche.example".to_owned(),
        }
    }
}
