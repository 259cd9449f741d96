//! Who is answered once an account was cancelled.

use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{self, PersonRole};

use super::super::*;
use super::town::{LI, OTHER, Town, WANG, asking, stamp};

fn cancel(town: &mut Town, subject: &str, id: u8, ms: i64) {
    let received = v1::RightsRequestReceived {
        request_id: "r-1".into(),
        kind: v1::RightsRequestKind::RrCancelAccount.into(),
        channel: v1::RightsChannel::RrChannelEmail.into(),
        received_at: Some(stamp(ms)),
        due_at: Some(stamp(ms + 15 * 86_400_000)),
        ..v1::RightsRequestReceived::default()
    };
    town.put(subject, Body::RightsRequestReceived(received), id, ms);
    let fulfilled = v1::RightsRequestFulfilled {
        request_id: "r-1".into(),
        scope: vec![v1::DataCategory::DcConsigneeName.into()],
        systems_touched: vec!["shop".into()],
        ..v1::RightsRequestFulfilled::default()
    };
    town.put(
        subject,
        Body::RightsRequestFulfilled(fulfilled),
        id + 1,
        ms + 1,
    );
}

fn who(
    town: &Town,
    role: PersonRole,
    subject: &str,
    as_of: Option<&str>,
) -> Result<WhoAnswer, Error> {
    let mut asking = asking();
    asking.principal.role = role;
    let question = WhoQuestion {
        subject: subject.into(),
        as_of: as_of.map(str::to_owned),
        at: None,
    };
    town.desk().who(&asking, &question)
}

#[test]
fn after_a_cancellation_legal_roles_alone_are_answered_and_told() {
    use PersonRole::{
        PrAuditor, PrCustomerService, PrIncidentResponder, PrLegal, PrPlatformOperator,
        PrProducerDeveloper, PrProtectionOfficer, PrRegulator, PrRiskReviewer,
    };
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    let before = who(&town, PrCustomerService, LI, None).unwrap();
    assert_eq!(before.restricted, None);
    cancel(&mut town, LI, 2, 2_000);
    let looks = town.looks().len();
    for role in [
        PrCustomerService,
        PrRiskReviewer,
        PrPlatformOperator,
        PrProducerDeveloper,
    ] {
        // What was known then makes no difference to what may be seen now.
        for as_of in [None, Some(before.cut.digest.as_str())] {
            let refused = who(&town, role, LI, as_of).unwrap_err();
            assert_eq!(refused.code(), "CU-0568");
            assert!(!refused.to_string().contains(LI));
        }
    }
    assert_eq!(town.looks().len(), looks, "nothing was shown");
    for role in [
        PrProtectionOfficer,
        PrLegal,
        PrIncidentResponder,
        PrAuditor,
        PrRegulator,
    ] {
        let answer = who(&town, role, LI, None).unwrap();
        assert_eq!(answer.rows.len(), 1);
        let restricted = answer.restricted.unwrap();
        assert_eq!(
            (restricted.since, restricted.index),
            (super::town::time(2_001), 2)
        );
    }
}

#[test]
fn a_linked_reference_is_restricted_too_and_so_is_a_list_that_shows_one() {
    let mut town = Town::new();
    town.link(LI, WANG, 1);
    town.share(WANG, "courier-1", 2, 2_000);
    town.share(OTHER, "courier-1", 3, 3_000);
    cancel(&mut town, LI, 4, 4_000);
    let service = PersonRole::PrCustomerService;
    assert_eq!(
        who(&town, service, WANG, None).unwrap_err().code(),
        "CU-0568"
    );
    assert!(who(&town, service, OTHER, None).is_ok());
    let mut asking = asking();
    asking.principal.role = service;
    let question = TimelineQuestion {
        of: Topic::Recipient("courier-1".into()),
        from: None,
        to: None,
        as_of: None,
        at: None,
    };
    let refused = town.desk().timeline(&asking, &question).unwrap_err();
    assert!(
        matches!(refused, Error::Restricted { people: 1 }),
        "{refused}"
    );
    asking.principal.role = PersonRole::PrIncidentResponder;
    assert_eq!(
        town.desk()
            .timeline(&asking, &question)
            .unwrap()
            .events
            .len(),
        2
    );
}

#[test]
fn who_consents_again_is_a_customer_again() {
    let mut town = Town::new();
    cancel(&mut town, LI, 1, 1_000);
    let service = PersonRole::PrCustomerService;
    assert!(who(&town, service, LI, None).is_err());
    let granted = v1::ConsentGranted {
        consent_id: "c-1".into(),
        purposes: vec![v1::Purpose::PuDelivery.into()],
        categories: vec![v1::DataCategory::DcConsigneeName.into()],
        form: v1::ConsentForm::try_from(1).unwrap().into(),
        strength: v1::ConsentStrength::try_from(1).unwrap().into(),
        status: v1::ConsentStatus::try_from(1).unwrap().into(),
        notice_sha256: vec![7; 32],
        notice_language: "zh-CN".into(),
        valid_from: Some(stamp(9_000)),
        retention: v1::RetentionRule::RtFiveYearsAfterLastOrder.into(),
        withdrawal_methods: vec![v1::RightsChannel::RrChannelEmail.into()],
        ui_evidence_sha256: vec![8; 32],
        ..v1::ConsentGranted::default()
    };
    town.put(LI, Body::ConsentGranted(granted), 9, 9_000);
    assert_eq!(who(&town, service, LI, None).unwrap().restricted, None);
}
