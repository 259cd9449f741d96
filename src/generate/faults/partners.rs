//! Stories on recipients: R08, R10, R11, each of a recipient of its own.

use custodia_core::assess::About;
use custodia_core::assess::Outcome::{Unknown, Violation};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{
    DataShared, RecipientRegistered, RecipientTerminated, TerminationReason,
};

use super::super::envelope::timestamp;
use super::super::flow::{Flow, Outflow};
use super::super::life::What;
use super::super::register::{Person, Producer, SCORER};
use super::super::terms::Ask;
use super::super::town_days::Fact;
use super::story::{DAY, Said, Teller, but};

const SCORE: What = What::Share(Outflow {
    flow: Flow::Score,
    to: SCORER,
});
pub(super) fn tell(t: &mut Teller<'_>) {
    standing(t);
    assessed(t);
    abroad(t);
}

/// What the registry lacks of a partner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacks {
    Nothing,
    Registration,
    Assessment,
    ImpactAssessment,
}

/// A new partner who scores people, and a person of whom it got data.
fn partner(
    t: &mut Teller<'_>,
    story: &'static str,
    lacks: Lacks,
    change: impl FnOnce(&mut RecipientRegistered),
) -> (String, Said) {
    t.person(story);
    let id = registered(t, lacks, change);
    let said = given(t, &id);
    (id, said)
}

pub(super) fn registered(
    t: &mut Teller<'_>,
    lacks: Lacks,
    change: impl FnOnce(&mut RecipientRegistered),
) -> String {
    let id = t.own("partner");
    if lacks != Lacks::Assessment {
        t.enters_fact(
            Fact::Assessed(SCORER),
            &id,
            but!(RecipientAssessed, b => b.recipient_id.clone_from(&id)),
        );
    }
    if lacks != Lacks::ImpactAssessment {
        let pia = t.own("pia");
        t.enters_fact(
            Fact::Impact(1),
            &pia,
            but!(ImpactAssessmentRecorded, b => {
                b.assessment_id.clone_from(&pia);
                b.recipient_ids = vec![id.clone()];
            }),
        );
    }
    if lacks != Lacks::Registration {
        t.enters_fact(
            Fact::Recipient(SCORER),
            &id,
            but!(RecipientRegistered, b => {
                b.recipient_id.clone_from(&id);
                b.name = format!("故事里的评估公司 {id}");
                change(b);
            }),
        );
    }
    id
}

/// The person's data goes to a partner, on a separate consent that names it.
fn given(t: &mut Teller<'_>, id: &str) -> Said {
    consented(t, id);
    share(t, id, |_| {})
}

/// The person consents separately that a partner gets data for scoring.
pub(super) fn consented(t: &mut Teller<'_>, id: &str) {
    let named = || vec![id.to_owned()];
    t.does_but(
        What::Notice(Ask::Score),
        but!(NoticePresented, b => b.recipient_ids = named()),
    );
    t.does_but(
        What::Grant(Ask::Score),
        but!(ConsentGranted, b => b.recipient_ids = named()),
    );
}

/// The person's data goes to a partner.
pub(super) fn share(t: &mut Teller<'_>, id: &str, change: impl FnOnce(&mut DataShared)) -> Said {
    let pia = t.own("pia");
    t.does_but(
        SCORE,
        but!(DataShared, b => {
            id.clone_into(&mut b.recipient_id);
            b.assessment_id = pia;
            change(b);
        }),
    )
}

fn standing(t: &mut Teller<'_>) {
    let (_, said) = partner(
        t,
        "data went to a company that isn't registered",
        Lacks::Registration,
        |_| {},
    );
    t.find(8, Violation, "recipient_unregistered", &said);
    t.find(5, Unknown, "recipient_not_registered", &said);
    t.find(11, Unknown, "storage_unknown", &said);

    let (_, said) = partner(
        t,
        "data went to a partner without an agreement",
        Lacks::Nothing,
        |b| {
            b.agreement_sha256.clear();
        },
    );
    t.find(8, Violation, "no_agreement", &said);

    let (_, said) = partner(
        t,
        "data went to a partner whose agreement had run out",
        Lacks::Nothing,
        |b| {
            b.agreement_valid_until = b.agreement_valid_from;
        },
    );
    t.find(8, Violation, "agreement_expired", &said);

    let (_, said) = partner(
        t,
        "until when the partner's agreement holds isn't said",
        Lacks::Nothing,
        |b| {
            b.agreement_valid_until = None;
        },
    );
    t.find(8, Unknown, "agreement_end_unknown", &said);

    let (_, said) = partner(
        t,
        "data went to a partner who signed no confidentiality",
        Lacks::Nothing,
        |b| {
            b.confidentiality = Some(false);
        },
    );
    t.find(8, Violation, "no_confidentiality", &said);

    let (_, said) = partner(
        t,
        "data went to a partner whom nobody assessed",
        Lacks::Assessment,
        |_| {},
    );
    t.find(8, Violation, "not_assessed", &said);

    let (id, _) = partner(
        t,
        "data went to a partner after the end",
        Lacks::Nothing,
        |_| {},
    );
    let end = RecipientTerminated {
        recipient_id: id.clone(),
        reason: TerminationReason::TmAgreementEnded.into(),
        effective_at: Some(timestamp(t.at + super::story::MINUTE)),
        decided_by_ref: t.pen.register.person(Person::Officer),
        ..RecipientTerminated::default()
    };
    t.enters(Producer::Vendors, &id, Body::RecipientTerminated(end));
    let said = share(t, &id, |_| {});
    t.find(8, Violation, "recipient_terminated", &said);
}

fn assessed(t: &mut Teller<'_>) {
    let (_, said) = partner(
        t,
        "data shared under an impact assessment that never came",
        Lacks::ImpactAssessment,
        |_| {},
    );
    t.find(10, Unknown, "assessment_not_in_log", &said);

    t.person("data shared without an impact assessment");
    let id = registered(t, Lacks::ImpactAssessment, |_| {});
    consented(t, &id);
    let said = share(t, &id, |b| b.assessment_id.clear());
    t.find(10, Violation, "not_assessed", &said);

    t.person("an impact assessment kept for a year only");
    let pia = t.own("pia");
    let until = t.at + 365 * DAY;
    let mut said = t.enters_fact(
        Fact::Impact(1),
        &pia,
        but!(ImpactAssessmentRecorded, b => {
            b.assessment_id.clone_from(&pia);
            b.recipient_ids.clear();
            b.keep_until = Some(timestamp(until));
        }),
    );
    said.about = About::Operator;
    t.find(10, Violation, "kept_too_short", &said);
}

fn abroad(t: &mut Teller<'_>) {
    let (id, said) = partner(
        t,
        "data went to a partner who keeps it abroad",
        Lacks::Nothing,
        |b| {
            b.storage_countries = vec!["CN".to_owned(), "SG".to_owned()];
        },
    );
    t.find(11, Violation, "stored_abroad", &said);
    let entry = t.last_entry();
    t.find_about(
        11,
        Violation,
        "stored_abroad",
        About::Recipient(id),
        Some(entry.id),
        entry.at,
    );

    t.person("data was sent abroad");
    let id = registered(t, Lacks::Nothing, |_| {});
    consented(t, &id);
    let said = share(t, &id, |b| "SG".clone_into(&mut b.destination_country));
    t.find(11, Violation, "sent_abroad", &said);
}
