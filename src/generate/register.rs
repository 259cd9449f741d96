//! Who takes part in the town: made-up recipients, the services that emit its events, and the
//! people who approve and look. All names are invented.

use custodia_core::schema::v1::{Actor, LegalRole, PersonRole, Purpose};
use ed25519_dalek::SigningKey;
use sha2::{Digest as _, Sha256};

use super::dice::{Course, Dice, Reference};
use super::terms::{self, Categories};

/// A company or an authority that may receive data.
pub(super) struct Recipient {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Actor,
    pub(super) role: LegalRole,
    pub(super) purposes: &'static [Purpose],
    pub(super) categories: Categories,
}

impl Recipient {
    /// How people reach it.
    pub(super) fn contact(&self) -> String {
        format!("privacy@{}.example", self.id)
    }
}

const fn recipient(
    id: &'static str,
    name: &'static str,
    kind: Actor,
    purposes: &'static [Purpose],
    categories: Categories,
) -> Recipient {
    // Who delivers an order does so for the operator; everyone else decides for itself.
    let role = match kind {
        Actor::AcCourier | Actor::AcGoodsSupplier => LegalRole::LrEntrusted,
        _ => LegalRole::LrIndependent,
    };
    Recipient {
        id,
        name,
        kind,
        role,
        purposes,
        categories,
    }
}

/// A recipient's place in [`RECIPIENTS`].
pub(super) type RecipientNo = usize;

pub(super) const COURIERS: [RecipientNo; 3] = [0, 1, 2];
pub(super) const SUPPLIERS: [RecipientNo; 3] = [3, 4, 5];
pub(super) const ID_VERIFIER: RecipientNo = 6;
pub(super) const CROSS_VERIFIER: RecipientNo = 7;
pub(super) const CARD_AUTH: RecipientNo = 8;
pub(super) const SCORER: RecipientNo = 9;
pub(super) const CREDIT_AGENCIES: [RecipientNo; 2] = [10, 11];
pub(super) const LOAN_SERVICE: RecipientNo = 12;
pub(super) const LENDERS: [RecipientNo; 2] = [13, 14];
pub(super) const SDK_VENDOR: RecipientNo = 15;
pub(super) const SUCCESSOR: RecipientNo = 16;
pub(super) const AUTHORITY: RecipientNo = 17;
/// The courier whose endpoint's credential gets into the wrong hands.
pub(super) const LEAKED_COURIER: RecipientNo = COURIERS[1];

const DELIVERY: &[Purpose] = &[Purpose::PuDelivery, Purpose::PuOrderFulfilment];
const IDENTITY: &[Purpose] = &[
    Purpose::PuRealNameAuth,
    Purpose::PuLivenessCheck,
    Purpose::PuCrossVerify,
];
const LENDING: &[Purpose] = &[Purpose::PuLoanApplication, Purpose::PuLoanDataForwarding];

pub(super) const RECIPIENT_COUNT: usize = 18;

pub(super) static RECIPIENTS: [Recipient; RECIPIENT_COUNT] = [
    recipient(
        "courier-lishan",
        "栗山快递有限公司",
        Actor::AcCourier,
        DELIVERY,
        terms::DELIVERY,
    ),
    recipient(
        "courier-yunxiu",
        "云岫速运有限公司",
        Actor::AcCourier,
        DELIVERY,
        terms::DELIVERY,
    ),
    recipient(
        "courier-bailu",
        "白鹭湾同城配送有限公司",
        Actor::AcCourier,
        DELIVERY,
        terms::DELIVERY,
    ),
    recipient(
        "supplier-qingyou",
        "青柚家居商贸有限公司",
        Actor::AcGoodsSupplier,
        DELIVERY,
        terms::DELIVERY,
    ),
    recipient(
        "supplier-shuangjiang",
        "霜降电器商贸有限公司",
        Actor::AcGoodsSupplier,
        DELIVERY,
        terms::DELIVERY,
    ),
    recipient(
        "supplier-banpo",
        "半坡杂货商贸有限公司",
        Actor::AcGoodsSupplier,
        DELIVERY,
        terms::DELIVERY,
    ),
    recipient(
        "verifier-jinghu",
        "镜湖边身份核验技术有限公司",
        Actor::AcIdVerificationProvider,
        IDENTITY,
        terms::IDENTITY,
    ),
    recipient(
        "verifier-zhuying",
        "竹影核验服务有限公司",
        Actor::AcQualifiedVerifier,
        IDENTITY,
        terms::IDENTITY,
    ),
    recipient(
        "card-shiliu",
        "石榴籽鉴权服务有限公司",
        Actor::AcCardAuthProvider,
        &[Purpose::PuCardAuthentication],
        terms::CARD,
    ),
    recipient(
        "score-chengtuo",
        "秤砣分值评估有限公司",
        Actor::AcScoreProductProvider,
        &[Purpose::PuScoreEvaluation],
        terms::SCORE_INPUT,
    ),
    recipient(
        "credit-songguo",
        "松果林征信有限公司",
        Actor::AcCreditBureau,
        &[Purpose::PuCreditQuery],
        terms::CREDIT_QUERY,
    ),
    recipient(
        "credit-lantian",
        "蓝田垄信息查询有限公司",
        Actor::AcInfoQueryAgency,
        &[Purpose::PuCreditQuery],
        terms::CREDIT_QUERY,
    ),
    recipient(
        "loan-zhiyuan",
        "纸鸢坡借款服务有限公司",
        Actor::AcLoanServiceProvider,
        LENDING,
        terms::LOAN,
    ),
    recipient(
        "lender-tonghua",
        "桐花渡小额贷款有限公司",
        Actor::AcLicensedFi,
        LENDING,
        terms::LOAN,
    ),
    recipient(
        "lender-shatan",
        "沙滩鸥消费金融有限公司",
        Actor::AcLicensedFi,
        LENDING,
        terms::LOAN,
    ),
    recipient(
        "sdk-fengche",
        "风车谷统计技术有限公司",
        Actor::AcSdkVendor,
        &[Purpose::PuSdkStatistics],
        terms::SDK,
    ),
    recipient(
        "successor-xinya",
        "新芽坞优选网络科技有限公司",
        Actor::AcSuccessorEntity,
        DELIVERY,
        terms::TRANSFERRED,
    ),
    recipient(
        "authority-taoxi",
        "桃溪坞县公安局",
        Actor::AcLawEnforcement,
        &[Purpose::PuLegalCompliance],
        terms::DISCLOSED,
    ),
];

pub(super) const SDK_NAME: &str = "风车谷统计SDK";
pub(super) const SDK_PACKAGE: &str = "example.fengchegu.stat";

/// A service that emits events: its place in [`PRODUCERS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Producer {
    App,
    Mall,
    Verify,
    Loan,
    Risk,
    Messaging,
    Desk,
    Legal,
    Soc,
    Policy,
    Vendors,
    Scanner,
    Platform,
    Vault,
    Stores,
    Egress,
}

pub(super) const PRODUCER_COUNT: usize = 16;

/// Each service's name and the numbers of the bodies it may emit.
pub(super) static PRODUCERS: [(&str, &[u32]); PRODUCER_COUNT] = [
    ("app-bff", &[140, 141, 142, 143, 160, 161, 162, 184, 200]),
    ("mall-gateway", &[162, 164, 200, 203, 240, 241]),
    ("verify-gateway", &[162, 163, 200]),
    ("loan-gateway", &[162, 163, 200, 240, 241]),
    ("risk-engine", &[180]),
    ("messaging", &[181, 182, 265]),
    ("service-desk", &[183, 204, 220, 221, 222, 223, 225, 226]),
    ("legal-desk", &[205, 206, 207, 208, 209, 243, 303]),
    (
        "security-centre",
        &[260, 261, 262, 263, 264, 266, 268, 269, 283],
    ),
    ("policy-console", &[100, 101, 130, 280, 281]),
    ("vendor-register", &[120, 122, 123, 132, 201, 202]),
    ("sdk-scanner", &[131]),
    ("platform", &[340, 345]),
    ("vault", &[344]),
    ("stores", &[245, 246]),
    ("egress", &[211]),
];

impl Producer {
    pub(super) fn name(self) -> &'static str {
        PRODUCERS[self as usize].0
    }
}

/// An employee: a place in [`PERSONS`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Person {
    Officer,
    Lawyer,
    SecondLawyer,
    Responder,
    Agent,
    Reviewer,
    Operator,
    Auditor,
}

pub(super) const PERSON_COUNT: usize = 8;

pub(super) const PERSONS: [PersonRole; PERSON_COUNT] = [
    PersonRole::PrProtectionOfficer,
    PersonRole::PrLegal,
    PersonRole::PrLegal,
    PersonRole::PrIncidentResponder,
    PersonRole::PrCustomerService,
    PersonRole::PrRiskReviewer,
    PersonRole::PrPlatformOperator,
    PersonRole::PrAuditor,
];

/// What the seed gives to those who take part.
pub(super) struct Register {
    persons: [Reference; PERSON_COUNT],
    person_keys: [[u8; 32]; PERSON_COUNT],
    producer_keys: [[u8; 32]; PRODUCER_COUNT],
    credentials: [[u8; 32]; RECIPIENT_COUNT],
    endpoints: [String; RECIPIENT_COUNT],
}

impl Register {
    pub(super) fn of(dice: &Dice) -> Self {
        let mut course = dice.town();
        Self {
            persons: std::array::from_fn(|_| course.reference()),
            person_keys: std::array::from_fn(|_| public_key(&mut course)),
            producer_keys: std::array::from_fn(|_| public_key(&mut course)),
            credentials: std::array::from_fn(|_| course.bytes32()),
            endpoints: std::array::from_fn(|at| format!("egress/{}", RECIPIENTS[at].id)),
        }
    }

    pub(super) fn person(&self, person: Person) -> String {
        self.persons[person as usize].as_str().to_owned()
    }

    pub(super) fn person_at(&self, at: usize) -> (String, Vec<u8>) {
        (
            self.persons[at].as_str().to_owned(),
            self.person_keys[at].to_vec(),
        )
    }

    pub(super) fn producer_key(&self, at: usize) -> Vec<u8> {
        self.producer_keys[at].to_vec()
    }

    pub(super) fn credential(&self, recipient: RecipientNo) -> Vec<u8> {
        self.credentials[recipient].to_vec()
    }

    pub(super) fn endpoint(&self, recipient: RecipientNo) -> String {
        self.endpoints[recipient].clone()
    }
}

fn public_key(course: &mut Course) -> [u8; 32] {
    SigningKey::from_bytes(&course.bytes32())
        .verifying_key()
        .to_bytes()
}

/// SHA-256 of a paper of the town's, by the paper's name.
pub(super) fn paper(name: &str) -> Vec<u8> {
    Sha256::new()
        .chain_update(b"paper of a generated town\n")
        .chain_update(name)
        .finalize()
        .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_its_place_and_bodies_of_the_schema() {
        assert_eq!(Producer::Egress as usize, PRODUCERS.len() - 1);
        assert_eq!(Person::Auditor as usize, PERSONS.len() - 1);
        for (name, bodies) in PRODUCERS {
            for body in bodies {
                assert!(
                    custodia_core::schema::body_of(*body).is_some(),
                    "{name} {body}"
                );
            }
        }
    }

    #[test]
    fn every_recipient_has_its_place_and_a_name_of_its_own() {
        let kind = |no: RecipientNo| RECIPIENTS[no].kind;
        assert!(
            COURIERS
                .map(kind)
                .iter()
                .all(|kind| *kind == Actor::AcCourier)
        );
        assert!(
            SUPPLIERS
                .map(kind)
                .iter()
                .all(|kind| *kind == Actor::AcGoodsSupplier)
        );
        assert_eq!(kind(SDK_VENDOR), Actor::AcSdkVendor);
        assert_eq!(kind(SUCCESSOR), Actor::AcSuccessorEntity);
        assert_eq!(kind(AUTHORITY), Actor::AcLawEnforcement);
        let names: std::collections::BTreeSet<_> = RECIPIENTS.iter().map(|r| r.name).collect();
        assert_eq!(names.len(), RECIPIENTS.len());
    }
}
