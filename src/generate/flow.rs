//! The ways in which a customer's data is shared: the policy's cases with their purpose,
//! categories and ground (domain.md 1.6).

use custodia_core::schema::v1::{Purpose, ShareCase, ShareMethod};

use super::register::{Producer, RecipientNo};
use super::terms::{self, Ask, Categories};

/// A way of sharing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Supplier,
    Courier,
    Verify,
    CrossVerify,
    CardAuth,
    Score,
    Credit,
    LoanService,
    Lender,
    Sdk,
}

/// One sharing: which way, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outflow {
    pub(super) flow: Flow,
    pub(super) to: RecipientNo,
}

/// What a sharing rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// The order (L166).
    Order,
    Consent(Ask),
}

/// What holds for every sharing of one way.
pub(super) struct FlowTerms {
    pub(super) case: ShareCase,
    pub(super) purpose: Purpose,
    pub(super) categories: Categories,
    pub(super) ground: Ground,
    pub(super) method: ShareMethod,
    pub(super) producer: Producer,
    /// The impact assessment that covers it.
    pub(super) assessment: &'static str,
}

impl Flow {
    pub(super) fn terms(self) -> FlowTerms {
        use Purpose as Pu;
        use ShareCase as Sh;
        let delivery = |purpose| self.with(Sh::Sh03GoodsDelivery, purpose, terms::DELIVERY);
        match self {
            Self::Supplier => delivery(Pu::PuOrderFulfilment),
            Self::Courier => delivery(Pu::PuDelivery),
            Self::Verify => self.with(
                Sh::Sh02aIdentityVerification,
                Pu::PuRealNameAuth,
                terms::IDENTITY,
            ),
            Self::CrossVerify => {
                self.with(Sh::ShX3IdCrossVerify, Pu::PuCrossVerify, terms::CROSS_CHECK)
            }
            Self::CardAuth => self.with(Sh::ShX4CardAuth, Pu::PuCardAuthentication, terms::CARD),
            Self::Score => self.with(Sh::ShX5Score, Pu::PuScoreEvaluation, terms::SCORE_INPUT),
            Self::Credit => self.with(
                Sh::ShX6CreditAgencies,
                Pu::PuCreditQuery,
                terms::CREDIT_QUERY,
            ),
            Self::LoanService => self.with(
                Sh::Sh01CoopProductApplication,
                Pu::PuLoanApplication,
                terms::LOAN,
            ),
            Self::Lender => self.with(Sh::ShX7LenderForward, Pu::PuLoanDataForwarding, terms::LOAN),
            Self::Sdk => self.with(Sh::Sh04Sdk, Pu::PuSdkStatistics, terms::SDK),
        }
    }

    fn with(self, case: ShareCase, purpose: Purpose, categories: Categories) -> FlowTerms {
        let method = if self == Self::Sdk {
            ShareMethod::MtSdk
        } else {
            ShareMethod::MtApi
        };
        FlowTerms {
            case,
            purpose,
            categories,
            ground: self.ground(),
            method,
            producer: self.producer(),
            assessment: self.assessment(),
        }
    }

    fn ground(self) -> Ground {
        match self {
            Self::Supplier | Self::Courier => Ground::Order,
            Self::Verify | Self::CrossVerify => Ground::Consent(Ask::Identity),
            Self::CardAuth => Ground::Consent(Ask::Card),
            Self::Score => Ground::Consent(Ask::Score),
            Self::Credit => Ground::Consent(Ask::Credit),
            Self::LoanService | Self::Lender => Ground::Consent(Ask::Loan),
            Self::Sdk => Ground::Consent(Ask::Sdk),
        }
    }

    fn producer(self) -> Producer {
        match self {
            Self::Supplier | Self::Courier => Producer::Mall,
            Self::Verify | Self::CrossVerify | Self::CardAuth | Self::Score => Producer::Verify,
            Self::Credit | Self::LoanService | Self::Lender => Producer::Loan,
            Self::Sdk => Producer::App,
        }
    }

    fn assessment(self) -> &'static str {
        match self {
            Self::Supplier | Self::Courier => "pia-delivery",
            Self::Verify | Self::CrossVerify | Self::CardAuth | Self::Score => "pia-pay-later",
            Self::LoanService | Self::Lender => "pia-loan",
            Self::Credit => "pia-credit",
            Self::Sdk => "pia-sdk",
        }
    }
}
