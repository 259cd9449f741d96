//! Stories on authorities, mergers and the public: R11 to R13, R33, R39.

use custodia_core::assess::Outcome::{Unknown, Violation, Warn};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{
    Actor, AuthorityRequestReceived, Basis, BasisKind, DataCategory, DataDisclosed,
    DataTransferred, DisclosureCase, DisclosureDecision, ErasureOrdered, MergerAnnounced,
    RecipientAcknowledged,
};

use super::super::bodies::numbers;
use super::super::envelope::timestamp;
use super::super::life::What;
use super::super::register::{AUTHORITY, COURIERS, Person, Producer, RECIPIENTS};
use super::super::terms::Ask;
use super::super::town_days::Fact;
use super::story::{DAY, Said, Teller, but};

pub(super) fn tell(t: &mut Teller<'_>) {
    compelled(t);
    foreign(t);
    mergers(t);
    published(t);
    records(t);
}

/// What is missing of a disclosure that an authority asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lacks {
    Nothing,
    Demand,
    Review,
}

fn disclosure(
    t: &mut Teller<'_>,
    lacks: Lacks,
    demand: impl FnOnce(&mut AuthorityRequestReceived),
    change: impl FnOnce(&mut DataDisclosed),
) -> Said {
    let (case, subject) = (t.own("case"), t.life.account.as_str().to_owned());
    if lacks != Lacks::Demand {
        t.enters_fact(
            Fact::AuthorityAsked,
            &case,
            but!(AuthorityRequestReceived, b => {
                b.case_ref.clone_from(&case);
                b.named_subject_ref = subject;
                demand(b);
            }),
        );
    }
    if lacks != Lacks::Review {
        let disclose = Fact::Reviewed(DisclosureDecision::DiDecisionDisclose);
        t.enters_fact(
            disclose,
            &case,
            but!(DisclosureReviewed, b => b.case_ref.clone_from(&case)),
        );
    }
    t.does_but(
        What::Disclose,
        but!(DataDisclosed, b => {
            b.case_ref.clone_from(&case);
            change(b);
        }),
    )
}

fn compelled(t: &mut Teller<'_>) {
    t.person("disclosed to the police without a document");
    let said = disclosure(
        t,
        Lacks::Nothing,
        |b| {
            b.document_sha256.clear();
            b.document_no.clear();
        },
        |b| b.document_sha256.clear(),
    );
    t.find(12, Violation, "no_document", &said);

    t.person("disclosed to the police before anyone reviewed it");
    let said = disclosure(t, Lacks::Review, |_| {}, |_| {});
    t.find(12, Violation, "not_reviewed", &said);

    t.person("nobody checked who the officers were");
    let said = disclosure(
        t,
        Lacks::Nothing,
        |b| b.officers_verified = Some(false),
        |_| {},
    );
    t.find(12, Warn, "officers_not_verified", &said);

    t.person("disclosed on a demand that never came");
    let said = disclosure(t, Lacks::Demand, |_| {}, |_| {});
    t.find(12, Unknown, "demand_not_in_log", &said);

    t.person("more disclosed than the police asked for");
    let said = disclosure(
        t,
        Lacks::Nothing,
        |b| {
            b.scope.pop();
        },
        |_| {},
    );
    t.find(12, Violation, "out_of_scope", &said);
}

fn foreign(t: &mut Teller<'_>) {
    t.person("disclosed to a foreign court without approval");
    let said = disclosure(
        t,
        Lacks::Nothing,
        |b| "US".clone_into(&mut b.authority_country),
        |_| {},
    );
    t.find(11, Violation, "foreign_authority", &said);
}

fn announcement(t: &mut Teller<'_>, change: impl FnOnce(&mut MergerAnnounced)) -> String {
    let merger = t.own("merger");
    let at = t.at;
    t.enters_fact(
        Fact::MergerAnnounced,
        &merger,
        but!(MergerAnnounced, b => {
            b.merger_id.clone_from(&merger);
            b.announced_at = Some(timestamp(at));
            change(b);
        }),
    );
    merger
}

fn transfer(t: &mut Teller<'_>, change: impl FnOnce(&mut DataTransferred)) -> Said {
    t.does_but(What::Transfer, but!(DataTransferred, b => change(b)))
}

fn mergers(t: &mut Teller<'_>) {
    t.person("transferred in a merger that nobody announced");
    let merger = t.own("merger");
    let said = transfer(t, |b| b.merger_id = merger);
    t.find(13, Violation, "not_announced", &said);

    t.person("transferred the day before the merger was announced");
    let merger = t.own("merger");
    let said = transfer(t, |b| b.merger_id = merger);
    t.wait(DAY);
    announcement(t, |_| {});
    t.find(13, Violation, "announced_too_late", &said);

    t.person("what the successor took on isn't said");
    let merger = announcement(t, |b| b.duties_taken_on.clear());
    let said = transfer(t, |b| b.merger_id = merger);
    t.find(13, Unknown, "successor_duties_unknown", &said);

    t.person("transferred for another purpose without new consent");
    let merger = announcement(t, |_| {});
    let said = transfer(t, |b| {
        b.merger_id = merger;
        b.purpose_changed = Some(true);
    });
    t.find(13, Violation, "purpose_changed_without_consent", &said);
}

/// A person's nickname is published, as the person's own wish.
fn publishes(t: &mut Teller<'_>, to: String, assessment_id: String) -> Said {
    let basis = Basis {
        kind: BasisKind::BaConsent.into(),
        consent_id: t.consent_id(Ask::Account),
        ..Basis::default()
    };
    t.does_but(
        What::Disclose,
        but!(DataDisclosed, b => {
            b.recipient_id = to;
            b.set_case(DisclosureCase::Di01SubjectRequest);
            b.categories = numbers(&[DataCategory::DcNickname]);
            "prizes".clone_into(&mut b.case_ref);
            b.document_sha256.clear();
            b.assessment_id = assessment_id;
            b.purpose = 0;
            b.basis = Some(basis);
        }),
    )
}

fn published(t: &mut Teller<'_>) {
    t.person("a prize list published without separate consent");
    let (public, pia) = (t.own("public"), t.own("pia"));
    t.enters_fact(
        Fact::Recipient(AUTHORITY),
        &public,
        but!(RecipientRegistered, b => {
            b.recipient_id.clone_from(&public);
            "公众".clone_into(&mut b.name);
            b.set_kind(Actor::AcPublic);
        }),
    );
    t.enters_fact(
        Fact::Impact(5),
        &pia,
        but!(ImpactAssessmentRecorded, b => {
            b.assessment_id.clone_from(&pia);
            b.recipient_ids = vec![public.clone()];
        }),
    );
    let said = publishes(t, public.clone(), pia.clone());
    t.find(39, Violation, "consent_too_weak", &said);

    t.person("whether a prize list was published isn't known");
    let unknown = t.own("winners");
    let said = publishes(t, unknown, String::new());
    t.find(39, Unknown, "recipient_unknown", &said);
    t.find(8, Violation, "recipient_unregistered", &said);
    t.find(11, Unknown, "storage_unknown", &said);
}

fn records(t: &mut Teller<'_>) {
    t.person("a courier signed for what nobody shared");
    let sealed = RecipientAcknowledged {
        recipient_id: RECIPIENTS[COURIERS[0]].id.to_owned(),
        received_at: Some(timestamp(t.at)),
        transfer_sha256: t.paper("parcel"),
        countersignature: t.paper("signature").repeat(2),
        countersignature_key_id: "courier-lishan/1".to_owned(),
    };
    let said = t.says(Producer::Mall, Body::RecipientAcknowledged(sealed));
    t.find(33, Unknown, "record_missing", &said);

    t.begin("records ordered to be erased before the duty to keep them ended");
    let register = t.pen.register;
    let order = ErasureOrdered {
        erased_subject_blake3: t.paper("nobody"),
        order_id: t.own("order"),
        duty_ended: "NDSR 12".to_owned(),
        duty_ended_at: Some(timestamp(t.at + 365 * DAY)),
        approver_refs: vec![
            register.person(Person::Officer),
            register.person(Person::Lawyer),
        ],
        ..ErasureOrdered::default()
    };
    let key = order.erased_subject_blake3.clone();
    let said = t.enters_under(Producer::Legal, &key, Body::ErasureOrdered(order));
    t.find(33, Violation, "ordered_before_duty_ended", &said);
}
