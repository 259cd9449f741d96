//! Bodies of use, rights, orders and erasure.

use custodia_core::schema::v1::{
    AccessReason, AutomatedDecisionMade, Channel, ComplaintAnswered, ComplaintKind,
    ComplaintReceived, DataErased, DecisionOutcome, ErasureMethod, FeatureDenied, IdentityMethod,
    IdentityVerified, InternalAccess, MarketingOptOut, MessageSent, NoticeContent, OrderCompleted,
    OrderKind, OrderOpened, ProcessingRestricted, Purpose, RetentionRule, RightsChannel,
    RightsClock, RightsEffect, RightsRequestFulfilled, RightsRequestKind, RightsRequestReceived,
    Surface,
};

use super::envelope::{Pen, due_after_15_days, timestamp};
use super::life::{Store, What};
use super::register::{CREDIT_AGENCIES, Person, Producer, RECIPIENTS, RecipientNo, paper};
use super::terms::{self, Ask, Categories};

pub(super) const BREACH_CONTENTS: [NoticeContent; 8] = [
    NoticeContent::BrNotifyContentFactsAndImpact,
    NoticeContent::BrNotifyContentMeasures,
    NoticeContent::BrNotifyContentSelfProtection,
    NoticeContent::BrNotifyContentRemedies,
    NoticeContent::BrNotifyContentDataTypes,
    NoticeContent::BrNotifyContentCause,
    NoticeContent::BrNotifyContentHarm,
    NoticeContent::BrNotifyContentHandlerContact,
];

/// For how long at least records of provision are kept (NDSR 12), a leap day included.
const THREE_YEARS_MS: i64 = 1096 * 86_400_000;

/// The values' numbers, as repeated fields hold them.
pub(super) fn numbers<T: Copy + Into<i32>>(values: &[T]) -> Vec<i32> {
    values.iter().map(|value| (*value).into()).collect()
}

pub(super) fn order_producer(kind: OrderKind) -> Producer {
    if kind == OrderKind::OkLoan {
        Producer::Loan
    } else {
        Producer::Mall
    }
}

pub(super) fn receiving_producer(from: RecipientNo) -> Producer {
    if CREDIT_AGENCIES.contains(&from) {
        Producer::Loan
    } else {
        Producer::Verify
    }
}

impl Pen<'_> {
    pub(super) fn opened(&self, kind: OrderKind) -> OrderOpened {
        OrderOpened {
            order_ref: self.order_ref(),
            kind: kind.into(),
        }
    }

    pub(super) fn completed(&self, kind: OrderKind) -> OrderCompleted {
        OrderCompleted {
            order_ref: self.order_ref(),
            kind: kind.into(),
        }
    }

    pub(super) fn decision(&self, kind: OrderKind) -> AutomatedDecisionMade {
        let loan = kind == OrderKind::OkLoan;
        let approved = self.dice.small < 200;
        let outcome = if approved {
            DecisionOutcome::DoApproved
        } else {
            DecisionOutcome::DoReferred
        };
        let (purpose, assessment, categories) = if loan {
            (Purpose::PuCreditLimit, "pia-credit", terms::CREDIT_ANSWER)
        } else {
            (Purpose::PuScoreEvaluation, "pia-pay-later", terms::SCORE)
        };
        AutomatedDecisionMade {
            model_id: if loan { "limit" } else { "pay-later-score" }.to_owned(),
            model_version: "3".to_owned(),
            purpose: purpose.into(),
            outcome: outcome.into(),
            significant_effect: Some(true),
            explanation_ref: self.order_ref(),
            human_review: Some(!approved),
            categories: numbers(categories),
            assessment_id: assessment.to_owned(),
            reviewer_ref: if approved {
                String::new()
            } else {
                self.register.person(Person::Reviewer)
            },
            ..AutomatedDecisionMade::default()
        }
    }

    pub(super) fn message(commercial: bool) -> MessageSent {
        let purpose = if commercial {
            Purpose::PuCommercialMessage
        } else {
            Purpose::PuServiceNotice
        };
        let channel = if commercial {
            Channel::ChSms
        } else {
            Channel::ChPush
        };
        MessageSent {
            channel: channel.into(),
            commercial: Some(commercial),
            personalised: Some(false),
            opt_out_offered: Some(commercial),
            purpose: purpose.into(),
            template_sha256: paper(if commercial {
                "offer"
            } else {
                "service notice"
            }),
            cannot_be_refused: Some(!commercial),
        }
    }

    pub(super) fn opt_out() -> MarketingOptOut {
        MarketingOptOut {
            channels: numbers(&[Channel::ChSms, Channel::ChPush, Channel::ChPhone]),
            requested_through: RightsChannel::RrChannelSmsUnsubscribe.into(),
            ..MarketingOptOut::default()
        }
    }

    pub(super) fn look(&self, reason: AccessReason) -> InternalAccess {
        let (person, purpose, categories): (_, _, Categories) = match reason {
            AccessReason::ArRiskReview => (
                Person::Reviewer,
                Purpose::PuManualReview,
                terms::CREDIT_ANSWER,
            ),
            _ => (
                Person::Agent,
                Purpose::PuCustomerService,
                terms::SERVICE_DESK,
            ),
        };
        InternalAccess {
            reason: reason.into(),
            categories: numbers(categories),
            ticket: format!("ticket-{:016x}-{}", self.life.code, self.step.matter),
            purpose: purpose.into(),
            system_ref: "service-desk".to_owned(),
            batch_size: Some(1),
            exported: Some(false),
            employee_ref: self.register.person(person),
            access: None,
        }
    }

    pub(super) fn denied(&self) -> FeatureDenied {
        FeatureDenied {
            feature: Purpose::PuBnplEligibility.into(),
            refused_consent_id: self.consent_id(Ask::Identity),
            surface: Surface::SfApp.into(),
            missing_categories: numbers(terms::IDENTITY),
            ..FeatureDenied::default()
        }
    }

    pub(super) fn request(&self, kind: RightsRequestKind) -> RightsRequestReceived {
        RightsRequestReceived {
            request_id: self.request_id(),
            kind: kind.into(),
            channel: RightsChannel::RrChannelCustomerService.into(),
            received_at: Some(self.time()),
            due_at: Some(timestamp(due_after_15_days(self.step.at))),
            clock: RightsClock::RrClock15dFromReceipt.into(),
            manual_handling: Some(true),
            ..RightsRequestReceived::default()
        }
    }

    pub(super) fn verified(&self) -> IdentityVerified {
        IdentityVerified {
            request_id: self.request_id(),
            method: IdentityMethod::IvRegisteredMobile.into(),
            verified: Some(true),
            verifier_ref: self.register.person(Person::Agent),
        }
    }

    pub(super) fn fulfilled(&self, kind: RightsRequestKind) -> RightsRequestFulfilled {
        let closing = kind == RightsRequestKind::RrCancelAccount;
        let (scope, effects, statutes) = match kind {
            RightsRequestKind::RrCancelAccount => (
                terms::ACCOUNT,
                numbers(&[
                    RightsEffect::RrEffectWiped,
                    RightsEffect::RrEffectRetainedByLaw,
                ]),
                vec!["NDSR 12".to_owned()],
            ),
            RightsRequestKind::RrRectify => (
                terms::ACCOUNT,
                numbers(&[RightsEffect::RrEffectCorrected]),
                Vec::new(),
            ),
            _ => (
                terms::ACCOUNT,
                numbers(&[RightsEffect::RrEffectAnswered]),
                Vec::new(),
            ),
        };
        let (systems, told) = if closing {
            self.closed()
        } else {
            (vec![Store::Account.id().to_owned()], Vec::new())
        };
        RightsRequestFulfilled {
            request_id: self.request_id(),
            scope: numbers(scope),
            systems_touched: systems,
            recipients_told: told,
            effects,
            statutes_retained: statutes,
            handled_by_ref: self.register.person(Person::Agent),
            ..RightsRequestFulfilled::default()
        }
    }

    /// The stores that closing the account touched, and the recipients who are told of it.
    fn closed(&self) -> (Vec<String>, Vec<String>) {
        let own = || {
            self.life
                .steps
                .iter()
                .filter(|step| step.matter == self.step.matter)
        };
        let stores = own().filter_map(|step| match step.what {
            What::Erase(store) | What::Restrict(store) => Some(store.id().to_owned()),
            _ => None,
        });
        let told = own().filter_map(|step| match step.what {
            What::ConfirmDeletion(by) => Some(RECIPIENTS[by].id.to_owned()),
            _ => None,
        });
        (stores.collect(), told.collect())
    }

    pub(super) fn complaint(&self) -> ComplaintReceived {
        ComplaintReceived {
            request_id: self.request_id(),
            channel: RightsChannel::RrChannelEmail.into(),
            received_at: Some(self.time()),
            kind: ComplaintKind::CkComplaint.into(),
            due_at: None,
            text_sha256: self.digest(),
        }
    }

    pub(super) fn answer(&self) -> ComplaintAnswered {
        ComplaintAnswered {
            request_id: self.request_id(),
            answer_sha256: self.digest(),
            channel: Channel::ChEmail.into(),
            handled_by_ref: self.register.person(Person::Agent),
        }
    }

    pub(super) fn erased(&self, store: Store) -> DataErased {
        DataErased {
            store_id: store.id().to_owned(),
            categories: numbers(store.categories()),
            method: ErasureMethod::ErDeleted.into(),
            count: Some(u64::from(self.dice.small) + 1),
            request_id: self.request_id(),
            rule: RetentionRule::RtAfterCancelDeleteAnonymise.into(),
            verifier_ref: self.register.person(Person::Operator),
        }
    }

    pub(super) fn restricted(&self, store: Store) -> ProcessingRestricted {
        ProcessingRestricted {
            categories: numbers(store.categories()),
            statute: "NDSR 12".to_owned(),
            until: Some(timestamp(self.step.at + THREE_YEARS_MS)),
            request_id: self.request_id(),
            store_id: store.id().to_owned(),
        }
    }
}
