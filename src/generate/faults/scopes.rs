//! Stories on what data may be used for, and whose it is: R05, R29, R32, R40 to R42.

use custodia_core::assess::Outcome::{Unknown, Violation, Warn};
use custodia_core::schema::v1::{
    AccessReason, Actor, AudienceRule, Basis, BasisKind, CollectionWay, DataCategory, OrderKind,
    Purpose,
};

use super::super::bodies::numbers;
use super::super::flow::{Flow, Outflow};
use super::super::life::{Taken, What, Who};
use super::super::register::{CREDIT_AGENCIES, SDK_VENDOR};
use super::super::terms::Ask;
use super::story::{Teller, but};

const SDK: What = What::Share(Outflow {
    flow: Flow::Sdk,
    to: SDK_VENDOR,
});

pub(super) fn tell(t: &mut Teller<'_>) {
    exceeded(t);
    audience(t);
    other_people(t);
    inbound(t);
    locked(t);
    reused(t);
}

fn exceeded(t: &mut Teller<'_>) {
    t.person("more taken than was agreed");
    let said = t.does_but(
        What::Collect(Taken::Account),
        but!(DataCollected, b => {
            b.categories.push(DataCategory::DcAccountInfo.into());
        }),
    );
    t.find(5, Violation, "category_outside_consent", &said);

    t.person("an SDK's vendor passed on what nobody knows that it got");
    t.granted(Ask::Sdk);
    let source = t.paper("source")[..16].to_vec();
    let said = t.does_but(SDK, but!(DataShared, b => b.onward_of_event_id = source));
    t.find(5, Unknown, "onward_source_not_in_log", &said);
}

fn audience(t: &mut Teller<'_>) {
    t.begin("data taken from a minor after the check failed");
    t.granted(Ask::Account);
    t.does_but(
        What::Eligible,
        but!(EligibilityChecked, b => {
            b.adult = Some(false);
            b.failed_rules = numbers(&[AudienceRule::AgAdultOnly]);
        }),
    );
    let said = t.does(What::Collect(Taken::Account));
    t.find(29, Violation, "collected_from_minor", &said);

    t.begin("data taken from a student after the check failed");
    t.granted(Ask::Account);
    t.does_but(
        What::Eligible,
        but!(EligibilityChecked, b => {
            b.student = Some(true);
            b.failed_rules = numbers(&[AudienceRule::AgNoStudents]);
        }),
    );
    let said = t.does(What::Collect(Taken::Account));
    t.find(29, Violation, "collected_from_student", &said);

    t.begin("data taken though nobody asked for the age");
    t.granted(Ask::Account);
    let said = t.does(What::Collect(Taken::Account));
    t.find(29, Unknown, "not_checked", &said);
}

fn other_people(t: &mut Teller<'_>) {
    t.begin("a consignee's data taken without an attestation");
    let said = t.step(Who::Consignee, What::Collect(Taken::Consignee), |_| {});
    t.find(32, Warn, "unattested", &said);

    t.begin("the user says that the consignee didn't consent");
    t.step(Who::Consignee, What::Attest, |event| {
        let change = but!(ThirdPartySubjectAttested, b => b.consent_attested = Some(false));
        change(event.body.as_mut().expect("a step has a body"));
    });
    let said = t.step(Who::Consignee, What::Collect(Taken::Consignee), |_| {});
    t.find(32, Warn, "not_consented", &said);

    t.begin("the address book was compared");
    let said = t.step(Who::Consignee, What::Collect(Taken::Consignee), |event| {
        event.set_subject_role(Actor::AcSubjectAddressBookContact);
        let change = but!(DataCollected, b => {
            b.categories = numbers(&[DataCategory::DcAddressBookComparison]);
            b.set_purpose(Purpose::PuGroupFraud);
        });
        change(event.body.as_mut().expect("a step has a body"));
    });
    t.find(32, Violation, "address_book", &said);

    t.person("an emergency contact's data under the user's own name");
    t.does(What::Open(OrderKind::OkLoan));
    let said = t.does_but(
        What::Collect(Taken::Order),
        but!(DataCollected, b => {
            b.categories = numbers(&[DataCategory::DcEcName, DataCategory::DcEcPhone]);
            b.set_purpose(Purpose::PuLoanApplication);
        }),
    );
    t.find(32, Unknown, "contact_not_named", &said);
}

fn inbound(t: &mut Teller<'_>) {
    t.person("a credit report received on a contract");
    let order = t.order_ref();
    let said = t.does_but(
        What::Receive(CREDIT_AGENCIES[0]),
        but!(DataReceivedFromThirdParty, b => {
            b.basis = Some(Basis {
                kind: BasisKind::BaContract.into(),
                contract_ref: order,
                ..Basis::default()
            });
        }),
    );
    t.find(40, Violation, "no_consent", &said);

    t.person("a credit report received on a consent that never came");
    let said = t.does(What::Receive(CREDIT_AGENCIES[0]));
    t.find_all(&[3, 4, 5, 17, 40], Unknown, "consent_not_in_log", &said);
}

fn locked(t: &mut Teller<'_>) {
    t.person("the service desk looked at a bank card");
    let said = t.does_but(
        What::Look(AccessReason::ArCustomerService),
        but!(InternalAccess, b => {
            b.categories = numbers(&[DataCategory::DcBankCardNumber]);
        }),
    );
    t.find(41, Violation, "other_use", &said);

    t.person("a card's number shared for the mall on a consent that never came");
    t.granted(Ask::Sdk);
    let said = t.does_but(
        What::Collect(Taken::Card),
        but!(DataCollected, b => {
            b.set_purpose(Purpose::PuReconciliation);
        }),
    );
    t.find_all(&[3, 4, 5, 6, 17, 41], Unknown, "consent_not_in_log", &said);
    t.find(10, Violation, "assessment_too_narrow", &said);
}

fn reused(t: &mut Teller<'_>) {
    let reuse = |b: &mut custodia_core::schema::v1::DataCollected, confirmed| {
        "loan-gateway".clone_into(&mut b.reused_from_service);
        b.subject_confirmed = confirmed;
        b.set_way(CollectionWay::CwProvidedBySubject);
    };
    t.person("the loan service's data used again without asking");
    let said = t.does_but(
        What::Collect(Taken::Account),
        but!(DataCollected, b => reuse(b, Some(false))),
    );
    t.find(42, Violation, "reuse_unconfirmed", &said);

    t.person("whether the person confirmed the re-use isn't said");
    let said = t.does_but(
        What::Collect(Taken::Account),
        but!(DataCollected, b => reuse(b, None)),
    );
    t.find(42, Unknown, "confirmation_not_said", &said);
}
