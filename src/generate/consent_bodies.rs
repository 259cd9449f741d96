//! Bodies of notices and consents, and of what is taken on them.

use custodia_core::schema::v1::{
    Actor, Basis, BasisKind, Channel, CollectionExemption, CollectionWay, ConsentGranted,
    ConsentRefused, ConsentStatus, ConsentWithdrawn, DataCollected, DataReceivedFromThirdParty,
    DevicePermission, DevicePermissionChanged, EligibilityChecked, EligibilityMethod, LinkReason,
    Necessity, NoticePresented, Purpose, RetentionRule, RightsChannel, SubjectLinked,
    SubjectNotified, Surface, ThirdPartySubjectAttested,
};

use super::bodies::{BREACH_CONTENTS, numbers};
use super::envelope::{INCIDENT, Pen};
use super::flow::Ground;
use super::life::{Store, Taken};
use super::register::{RECIPIENTS, RecipientNo, SCORER, paper};
use super::terms::{self, Ask};

const CHINESE: &str = "zh-CN";

pub(super) fn on_consent(consent_id: String) -> Basis {
    Basis {
        kind: BasisKind::BaConsent.into(),
        consent_id,
        ..Basis::default()
    }
}

fn notice_paper(ask: Ask) -> Vec<u8> {
    paper(ask.terms().name)
}

impl Pen<'_> {
    pub(super) fn notice(&self, ask: Ask) -> NoticePresented {
        let terms = ask.terms();
        NoticePresented {
            consent_id: self.consent_id(ask),
            purposes: numbers(terms.purposes),
            categories: numbers(terms.categories),
            recipient_ids: ask.recipient_ids(),
            form: terms.form.into(),
            notice_sha256: notice_paper(ask),
            notice_language: CHINESE.to_owned(),
            recipients_named: Some(true),
            ui_evidence_sha256: self.digest(),
            surface: Surface::SfApp.into(),
            strength: terms.strength.into(),
        }
    }

    pub(super) fn grant(&self, ask: Ask) -> ConsentGranted {
        let terms = ask.terms();
        ConsentGranted {
            consent_id: self.consent_id(ask),
            purposes: numbers(terms.purposes),
            categories: numbers(terms.categories),
            recipient_ids: ask.recipient_ids(),
            form: terms.form.into(),
            strength: terms.strength.into(),
            status: ConsentStatus::StGiven.into(),
            notice_sha256: notice_paper(ask),
            notice_language: CHINESE.to_owned(),
            valid_from: Some(self.time()),
            retention: RetentionRule::RtFiveYearsAfterLastOrder.into(),
            withdrawal_methods: numbers(&[
                RightsChannel::RrChannelCustomerService,
                RightsChannel::RrChannelEmail,
            ]),
            ui_evidence_sha256: self.digest(),
            surface: Surface::SfApp.into(),
            jurisdiction: "CN".to_owned(),
            storage_countries: vec!["CN".to_owned()],
            ..ConsentGranted::default()
        }
    }

    pub(super) fn refusal(&self, ask: Ask) -> ConsentRefused {
        let terms = ask.terms();
        ConsentRefused {
            consent_id: self.consent_id(ask),
            purposes: numbers(terms.purposes),
            categories: numbers(terms.categories),
            recipient_ids: ask.recipient_ids(),
            form: terms.form.into(),
            status: ConsentStatus::StRefused.into(),
            notice_sha256: notice_paper(ask),
            notice_language: CHINESE.to_owned(),
            ui_evidence_sha256: self.digest(),
            surface: Surface::SfApp.into(),
        }
    }

    pub(super) fn withdrawal(&self, ask: Ask) -> ConsentWithdrawn {
        ConsentWithdrawn {
            consent_id: self.consent_id(ask),
            channel: RightsChannel::RrChannelCustomerService.into(),
            ..ConsentWithdrawn::default()
        }
    }

    pub(super) fn permitted(&self, permission: DevicePermission) -> DevicePermissionChanged {
        let (purpose, ask) = match permission {
            DevicePermission::PermCamera => (Purpose::PuLivenessCheck, Ask::Identity),
            _ => (Purpose::PuRegionEligibility, Ask::Loan),
        };
        DevicePermissionChanged {
            permission: permission.into(),
            enabled: Some(true),
            prompt_purpose: purpose.into(),
            surface: Surface::SfApp.into(),
            consent_id: self.consent_id(ask),
        }
    }

    pub(super) fn eligible() -> EligibilityChecked {
        EligibilityChecked {
            adult: Some(true),
            student: Some(false),
            method: EligibilityMethod::EmSelfDeclared.into(),
            failed_rules: Vec::new(),
        }
    }

    pub(super) fn collected(&self, taken: Taken) -> DataCollected {
        let automatic = taken == Taken::Device;
        let for_order = matches!(taken, Taken::Order | Taken::Loan | Taken::Consignee);
        let permission = match taken {
            Taken::Identity => DevicePermission::PermCamera,
            Taken::Loan => DevicePermission::PermLocation,
            _ => DevicePermission::PermUnspecified,
        };
        let way = if automatic {
            CollectionWay::CwAutomatic
        } else {
            CollectionWay::CwProvidedBySubject
        };
        DataCollected {
            categories: numbers(taken.categories()),
            purpose: purpose_of(taken).into(),
            basis: Some(self.ground_for(taken)),
            way: way.into(),
            necessity: Necessity::NeNecessary.into(),
            surface: Surface::SfApp.into(),
            store_id: taken.store().id().to_owned(),
            permission: permission.into(),
            order_ref: if for_order {
                self.order_ref()
            } else {
                String::new()
            },
            ..DataCollected::default()
        }
    }

    fn ground_for(&self, taken: Taken) -> Basis {
        use super::life::Who;
        let ask = match taken {
            Taken::Order | Taken::Consignee => {
                return Basis {
                    kind: BasisKind::BaCollectionExemption.into(),
                    collection_exemption: CollectionExemption::Exc08ContractNecessity.into(),
                    contract_ref: self.order_ref(),
                    citation: "PIPL 13(1)(2)".to_owned(),
                    ..Basis::default()
                };
            }
            Taken::Device if self.step.who == Who::Device => Ask::Device,
            Taken::Device | Taken::Account => Ask::Account,
            Taken::Identity => Ask::Identity,
            Taken::Card => Ask::Card,
            Taken::Loan => Ask::Loan,
        };
        on_consent(self.consent_id(ask))
    }

    pub(super) fn received(&self, from: RecipientNo) -> DataReceivedFromThirdParty {
        let (ask, categories, purpose) = if from == SCORER {
            (Ask::Score, terms::SCORE, Purpose::PuScoreEvaluation)
        } else {
            (Ask::Credit, terms::CREDIT_ANSWER, Purpose::PuCreditQuery)
        };
        DataReceivedFromThirdParty {
            provider_id: RECIPIENTS[from].id.to_owned(),
            categories: numbers(categories),
            purpose: purpose.into(),
            basis: Some(on_consent(self.consent_id(ask))),
            authorisation_ref: self.consent_id(ask),
            necessity: Necessity::NeNecessary.into(),
            provider_role: RECIPIENTS[from].kind.into(),
            transfer_sha256: self.digest(),
            field_count: u64::try_from(categories.len()).ok(),
            record_count: Some(1),
            access: Some(self.access(from)),
            store_id: Store::Credit.id().to_owned(),
        }
    }

    pub(super) fn attested(&self) -> ThirdPartySubjectAttested {
        ThirdPartySubjectAttested {
            role: Actor::AcSubjectConsignee.into(),
            consent_attested: Some(true),
            attestation_sha256: paper("attestation"),
            order_ref: self.order_ref(),
            attested_by_ref: self.life.account.as_str().to_owned(),
        }
    }

    pub(super) fn linked(&self) -> SubjectLinked {
        SubjectLinked {
            reason: LinkReason::LkDeviceBeforeLogin.into(),
            other_ref: self.life.device.as_str().to_owned(),
        }
    }

    pub(super) fn notified() -> SubjectNotified {
        SubjectNotified {
            incident_id: INCIDENT.to_owned(),
            channel: Channel::ChSms.into(),
            contents: numbers(&BREACH_CONTENTS),
            notice_sha256: paper("breach notice"),
            categories: numbers(terms::DELIVERY),
        }
    }

    /// The basis of a sharing and, where it rests on a separate consent, that consent.
    pub(super) fn ground(&self, ground: Ground) -> (Basis, String) {
        match ground {
            Ground::Order => {
                let contract_ref = self.order_ref();
                let kind = BasisKind::BaContract.into();
                (
                    Basis {
                        kind,
                        contract_ref,
                        ..Basis::default()
                    },
                    String::new(),
                )
            }
            Ground::Consent(ask) => {
                let consent_id = self.consent_id(ask);
                (on_consent(consent_id.clone()), consent_id)
            }
        }
    }
}

pub(super) fn purpose_of(taken: Taken) -> Purpose {
    match taken {
        Taken::Account => Purpose::PuAccountRegisterLogin,
        Taken::Device => Purpose::PuAntiFraud,
        Taken::Order => Purpose::PuOrderFulfilment,
        Taken::Consignee => Purpose::PuOrderForOthers,
        Taken::Identity => Purpose::PuRealNameAuth,
        Taken::Card => Purpose::PuCardAuthentication,
        Taken::Loan => Purpose::PuLoanApplication,
    }
}
