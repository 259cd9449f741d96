//! What the town's customers are asked for, and which categories go where.

use custodia_core::schema::v1::{ConsentForm, ConsentStrength, DataCategory as Dc, Purpose as Pu};

use super::register::{
    CARD_AUTH, CREDIT_AGENCIES, CROSS_VERIFIER, ID_VERIFIER, LENDERS, LOAN_SERVICE, RECIPIENTS,
    RecipientNo, SCORER, SDK_VENDOR,
};

pub(super) type Categories = &'static [Dc];

pub(super) const ACCOUNT: Categories = &[
    Dc::DcMobileNumber,
    Dc::DcSmsVerificationCode,
    Dc::DcNickname,
    Dc::DcAvatar,
];
pub(super) const DEVICE: Categories = &[
    Dc::DcDeviceModel,
    Dc::DcAndroidId,
    Dc::DcOaid,
    Dc::DcIpAddress,
    Dc::DcOsType,
    Dc::DcNetworkInfo,
    Dc::DcServiceUsageLog,
];
const ACCOUNT_AND_DEVICE: Categories = &[
    Dc::DcMobileNumber,
    Dc::DcSmsVerificationCode,
    Dc::DcNickname,
    Dc::DcAvatar,
    Dc::DcDeviceModel,
    Dc::DcAndroidId,
    Dc::DcOaid,
    Dc::DcIpAddress,
    Dc::DcOsType,
    Dc::DcNetworkInfo,
    Dc::DcServiceUsageLog,
    Dc::DcBrowseSearchHistory,
];
pub(super) const ORDER: Categories = &[
    Dc::DcConsigneeName,
    Dc::DcShippingAddress,
    Dc::DcConsigneePhone,
    Dc::DcGoodsInfo,
    Dc::DcOrderNo,
    Dc::DcAmountPayable,
];
pub(super) const DELIVERY: Categories = &[
    Dc::DcConsigneeName,
    Dc::DcShippingAddress,
    Dc::DcConsigneePhone,
    Dc::DcGoodsInfo,
];
pub(super) const CONSIGNEE: Categories = &[
    Dc::DcConsigneeName,
    Dc::DcShippingAddress,
    Dc::DcConsigneePhone,
];
pub(super) const IDENTITY: Categories = &[
    Dc::DcRealName,
    Dc::DcMobileNumber,
    Dc::DcIdNumber,
    Dc::DcIdCardImages,
    Dc::DcIdValidity,
    Dc::DcFaceImage,
];
pub(super) const CROSS_CHECK: Categories = &[Dc::DcRealName, Dc::DcIdNumber, Dc::DcFaceImage];
pub(super) const CARD: Categories = &[
    Dc::DcBankCardNumber,
    Dc::DcCardholderName,
    Dc::DcBankReservedMobile,
    Dc::DcBankSmsCode,
];
pub(super) const SCORE_INPUT: Categories = &[Dc::DcRealName, Dc::DcIdNumber, Dc::DcMobileNumber];
pub(super) const SCORE: Categories = &[Dc::DcCreditScore];
pub(super) const CREDIT_QUERY: Categories = &[Dc::DcRealName, Dc::DcIdNumber, Dc::DcMobileNumber];
pub(super) const CREDIT_ANSWER: Categories = &[Dc::DcCreditInfo, Dc::DcCreditReport];
pub(super) const CREDIT_HELD: Categories =
    &[Dc::DcCreditScore, Dc::DcCreditInfo, Dc::DcCreditReport];
pub(super) const LOAN: Categories = &[
    Dc::DcRealName,
    Dc::DcIdNumber,
    Dc::DcMaritalStatus,
    Dc::DcEmployerName,
    Dc::DcMonthlyIncome,
    Dc::DcLoanPurpose,
    Dc::DcImei,
    Dc::DcIpAddress,
    Dc::DcLatLong,
];
pub(super) const SDK: Categories = &[Dc::DcSdkDeviceInfo, Dc::DcSdkAppInfo, Dc::DcWifiStateParams];
pub(super) const MARKETING: Categories = &[Dc::DcMobileNumber, Dc::DcBrowseSearchHistory];
pub(super) const SERVICE_DESK: Categories = &[Dc::DcMobileNumber, Dc::DcOrderInfo];
pub(super) const TRANSFERRED: Categories = &[
    Dc::DcMobileNumber,
    Dc::DcNickname,
    Dc::DcOrderInfo,
    Dc::DcShippingAddress,
];
pub(super) const DISCLOSED: Categories =
    &[Dc::DcMobileNumber, Dc::DcTransactionInfo, Dc::DcIpAddress];

/// What a customer is asked to consent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// The device's data, before anyone has logged in.
    Device,
    /// The policy, at registration.
    Account,
    Marketing,
    Sdk,
    Identity,
    Card,
    Score,
    Credit,
    Loan,
}

/// The terms of one [`Ask`].
pub(super) struct Terms {
    pub(super) name: &'static str,
    pub(super) purposes: &'static [Pu],
    pub(super) categories: Categories,
    pub(super) recipients: &'static [RecipientNo],
    pub(super) form: ConsentForm,
    pub(super) strength: ConsentStrength,
}

const fn own(
    name: &'static str,
    purposes: &'static [Pu],
    categories: Categories,
    form: ConsentForm,
    strength: ConsentStrength,
) -> Terms {
    Terms {
        name,
        purposes,
        categories,
        recipients: &[],
        form,
        strength,
    }
}

const fn separate(
    name: &'static str,
    purposes: &'static [Pu],
    categories: Categories,
    recipients: &'static [RecipientNo],
    strength: ConsentStrength,
) -> Terms {
    Terms {
        name,
        purposes,
        categories,
        recipients,
        form: ConsentForm::CmPopup,
        strength,
    }
}

static TERMS: [Terms; 9] = [
    own(
        "device",
        &[Pu::PuAppAdaptation, Pu::PuAntiFraud],
        DEVICE,
        ConsentForm::CmPopup,
        ConsentStrength::CsExpress,
    ),
    own(
        "account",
        &[
            Pu::PuAccountRegisterLogin,
            Pu::PuAntiFraud,
            Pu::PuAppAdaptation,
        ],
        ACCOUNT_AND_DEVICE,
        ConsentForm::CmAgreement,
        ConsentStrength::CsExpress,
    ),
    own(
        "marketing",
        &[Pu::PuCommercialMessage, Pu::PuPersonalisedPush],
        MARKETING,
        ConsentForm::CmPagePrompt,
        ConsentStrength::CsExplicit,
    ),
    separate(
        "sdk",
        &[Pu::PuSdkStatistics],
        SDK,
        &[SDK_VENDOR],
        ConsentStrength::CsSeparate,
    ),
    separate(
        "identity",
        &[Pu::PuRealNameAuth, Pu::PuLivenessCheck, Pu::PuCrossVerify],
        IDENTITY,
        &[ID_VERIFIER, CROSS_VERIFIER],
        ConsentStrength::CsSeparate,
    ),
    separate(
        "card",
        &[Pu::PuCardAuthentication],
        CARD,
        &[CARD_AUTH],
        ConsentStrength::CsSeparate,
    ),
    separate(
        "score",
        &[Pu::PuScoreEvaluation],
        &[
            Dc::DcRealName,
            Dc::DcIdNumber,
            Dc::DcMobileNumber,
            Dc::DcCreditScore,
        ],
        &[SCORER],
        ConsentStrength::CsSeparate,
    ),
    separate(
        "credit",
        &[Pu::PuCreditQuery],
        &[
            Dc::DcRealName,
            Dc::DcIdNumber,
            Dc::DcMobileNumber,
            Dc::DcCreditInfo,
            Dc::DcCreditReport,
        ],
        &CREDIT_AGENCIES,
        ConsentStrength::CsWritten,
    ),
    separate(
        "loan",
        &[Pu::PuLoanApplication, Pu::PuLoanDataForwarding],
        LOAN,
        &[LOAN_SERVICE, LENDERS[0], LENDERS[1]],
        ConsentStrength::CsSeparate,
    ),
];

impl Ask {
    pub(super) fn terms(self) -> &'static Terms {
        &TERMS[self as usize]
    }

    /// The ids of the recipients that the notice names.
    pub(super) fn recipient_ids(self) -> Vec<String> {
        self.terms()
            .recipients
            .iter()
            .map(|no| RECIPIENTS[*no].id.to_owned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ask_has_terms_of_its_own() {
        assert_eq!(Ask::Device.terms().name, "device");
        assert_eq!(Ask::Sdk.terms().name, "sdk");
        assert_eq!(Ask::Loan as usize, TERMS.len() - 1);
    }

    #[test]
    fn a_recipient_may_hold_what_consent_lets_it_have() {
        for terms in &TERMS {
            for no in terms.recipients {
                let allowed = RECIPIENTS[*no].categories;
                assert!(
                    allowed.iter().all(|c| terms.categories.contains(c)),
                    "{}",
                    terms.name
                );
            }
        }
    }
}
