//! Stories on recipients: R08, R10, R11, R14, R24, R38, each of a recipient of its own.

use custodia_core::assess::About;
use custodia_core::assess::Outcome::{Overdue, Unknown, Violation, Warn};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{
    Actor, DataCategory, EntrustmentEnded, EntrustmentStarted, LegalRole, Purpose,
    RecipientRegistered, RecipientTerminated, TerminationReason,
};

use super::super::bodies::numbers;
use super::super::envelope::timestamp;
use super::super::flow::{Flow, Outflow};
use super::super::life::What;
use super::super::register::{Person, Producer, SCORER, SDK_VENDOR};
use super::super::terms::{self, Ask};
use super::super::town_days::Fact;
use super::story::{DAY, Said, Teller, but, end_of_day};

const SCORE: What = What::Share(Outflow {
    flow: Flow::Score,
    to: SCORER,
});
const SDK: What = What::Share(Outflow {
    flow: Flow::Sdk,
    to: SDK_VENDOR,
});

pub(super) fn tell(t: &mut Teller<'_>) {
    standing(t);
    assessed(t);
    abroad(t);
    sdks(t);
    propagated(t);
    entrusted(t);
    entrustment_ends(t);
}

/// What the registry lacks of a partner.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lacks {
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

fn registered(
    t: &mut Teller<'_>,
    lacks: Lacks,
    change: impl FnOnce(&mut RecipientRegistered),
) -> String {
    let id = t.own("partner");
    if lacks != Lacks::Assessment {
        t.enters_fact(
            Fact::Assessed(SCORER),
            &id,
            but!(RecipientAssessed, b => b.recipient_id = id.clone()),
        );
    }
    if lacks != Lacks::ImpactAssessment {
        let pia = t.own("pia");
        t.enters_fact(
            Fact::Impact(1),
            &pia,
            but!(ImpactAssessmentRecorded, b => {
                b.assessment_id = pia.clone();
                b.recipient_ids = vec![id.clone()];
            }),
        );
    }
    if lacks != Lacks::Registration {
        t.enters_fact(
            Fact::Recipient(SCORER),
            &id,
            but!(RecipientRegistered, b => {
                b.recipient_id = id.clone();
                b.name = format!("故事里的评估公司 {id}");
                change(b);
            }),
        );
    }
    id
}

/// The person's data goes to a partner, on a separate consent that names it.
fn given(t: &mut Teller<'_>, id: &str) -> Said {
    t.does_but(
        What::Notice(Ask::Score),
        but!(NoticePresented, b => b.recipient_ids = vec![id.to_owned()]),
    );
    t.does_but(
        What::Grant(Ask::Score),
        but!(ConsentGranted, b => b.recipient_ids = vec![id.to_owned()]),
    );
    share(t, id)
}

fn share(t: &mut Teller<'_>, id: &str) -> Said {
    let pia = t.own("pia");
    t.does_but(
        SCORE,
        but!(DataShared, b => {
            b.recipient_id = id.to_owned();
            b.assessment_id = pia;
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
        effective_at: Some(timestamp(t.at)),
        decided_by_ref: t.pen.register.person(Person::Officer),
        ..RecipientTerminated::default()
    };
    t.enters(Producer::Vendors, &id, Body::RecipientTerminated(end));
    let said = share(t, &id);
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
    t.does_but(
        What::Notice(Ask::Score),
        but!(NoticePresented, b => b.recipient_ids = vec![id.clone()]),
    );
    t.does_but(
        What::Grant(Ask::Score),
        but!(ConsentGranted, b => b.recipient_ids = vec![id.clone()]),
    );
    let said = t.does_but(
        SCORE,
        but!(DataShared, b => {
            b.recipient_id = id.clone();
            b.assessment_id.clear();
        }),
    );
    t.find(10, Violation, "not_assessed", &said);

    t.person("an impact assessment kept for a year only");
    let pia = t.own("pia");
    let until = t.at + 365 * DAY;
    let mut said = t.enters_fact(
        Fact::Impact(1),
        &pia,
        but!(ImpactAssessmentRecorded, b => {
            b.assessment_id = pia.clone();
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
    let registered = t.last_entry();
    t.find_about(
        11,
        Violation,
        "stored_abroad",
        About::Recipient(id),
        Some(registered.id),
        registered.at,
    );

    t.person("data was sent abroad");
    let id = registered_at_home(t);
    t.does_but(
        What::Notice(Ask::Score),
        but!(NoticePresented, b => b.recipient_ids = vec![id.clone()]),
    );
    t.does_but(
        What::Grant(Ask::Score),
        but!(ConsentGranted, b => b.recipient_ids = vec![id.clone()]),
    );
    let pia = t.own("pia");
    let said = t.does_but(
        SCORE,
        but!(DataShared, b => {
            b.recipient_id = id.clone();
            b.assessment_id = pia;
            b.destination_country = "SG".to_owned();
        }),
    );
    t.find(11, Violation, "sent_abroad", &said);
}

fn registered_at_home(t: &mut Teller<'_>) -> String {
    registered(t, Lacks::Nothing, |_| {})
}

fn sdks(t: &mut Teller<'_>) {
    t.person("an SDK took data that isn't on the list");
    t.granted(Ask::Sdk);
    let name = t.own("sdk");
    let said = t.does_but(SDK, but!(DataShared, b => b.sdk_name = name));
    t.find(14, Violation, "sdk_not_listed", &said);

    t.begin("a scan saw an SDK that isn't on the list");
    let package = t.own("example.hidden");
    let said = t.enters_fact(
        Fact::SdkSeen,
        &package,
        but!(SdkObserved, b => {
            b.package = package.clone();
            b.sdk_name = package.clone();
            b.recipient_id.clear();
        }),
    );
    t.find(14, Violation, "sdk_not_listed", &said);

    t.begin("a scan saw that an SDK takes more than the list says");
    let said = t.enters_fact(
        Fact::SdkSeen,
        super::super::register::SDK_PACKAGE,
        but!(SdkObserved, b => {
            b.categories.push(DataCategory::DcImei.into());
        }),
    );
    t.find(14, Violation, "sdk_takes_more", &said);

    t.begin("what the SDK took isn't said");
    let said = t.enters_fact(
        Fact::SdkSeen,
        super::super::register::SDK_PACKAGE,
        but!(SdkObserved, b => b.categories.clear()),
    );
    t.find(14, Unknown, "categories_unknown", &said);

    t.begin("an SDK ran before any consent");
    let said = t.enters_fact(
        Fact::SdkSeen,
        super::super::register::SDK_PACKAGE,
        but!(SdkObserved, b => b.before_consent = Some(true)),
    );
    t.find(6, Violation, "sdk_before_consent", &said);
}

fn propagated(t: &mut Teller<'_>) {
    t.person("an SDK's vendor never confirmed that it deleted");
    t.granted(Ask::Sdk);
    t.does(SDK);
    let said = t.does(What::Withdraw(Ask::Sdk));
    t.find_since(24, Warn, "not_confirmed", &said, end_of_day(said.at, 15));
}

fn entrustment(t: &Teller<'_>, id: &str, valid_ms: i64) -> EntrustmentStarted {
    EntrustmentStarted {
        recipient_id: id.to_owned(),
        entrustment_id: t.own("entrustment"),
        purposes: numbers(&[Purpose::PuScoreEvaluation]),
        categories: numbers(terms::SCORE_INPUT),
        agreement_sha256: t.paper("entrustment"),
        valid_until: Some(timestamp(t.at + valid_ms)),
        assessment_id: t.own("pia"),
        sub_entrustment_allowed: Some(false),
        storage_country: "CN".to_owned(),
        ..EntrustmentStarted::default()
    }
}

/// A partner who acts for the operator.
fn processor(t: &mut Teller<'_>, story: &'static str, lacks: Lacks) -> String {
    t.begin(story);
    registered(t, lacks, |b| {
        b.set_legal_role(LegalRole::LrEntrusted);
        b.set_kind(Actor::AcScoreProductProvider);
    })
}

fn starts(
    t: &mut Teller<'_>,
    id: &str,
    valid_ms: i64,
    change: impl FnOnce(&mut EntrustmentStarted),
) -> Said {
    let mut started = entrustment(t, id, valid_ms);
    change(&mut started);
    let said = t.enters(Producer::Vendors, id, Body::EntrustmentStarted(started));
    Said {
        about: About::Recipient(id.to_owned()),
        ..said
    }
}

fn entrusted(t: &mut Teller<'_>) {
    let years = 2 * 365 * DAY;
    let id = processor(
        t,
        "a processor entrusted another without asking",
        Lacks::Nothing,
    );
    let said = starts(t, &id, years, |b| {
        b.sub_entrusted_by = "score-chengtuo".to_owned();
        b.handler_consented = Some(false);
    });
    t.find(38, Violation, "sub_entrusted_without_consent", &said);

    let id = processor(
        t,
        "whether a processor might entrust another isn't said",
        Lacks::Nothing,
    );
    let said = starts(t, &id, years, |b| {
        b.sub_entrusted_by = "score-chengtuo".to_owned()
    });
    t.find(38, Unknown, "consent_to_sub_entrustment_unknown", &said);

    let id = processor(
        t,
        "entrusted without an impact assessment",
        Lacks::ImpactAssessment,
    );
    let said = starts(t, &id, years, |b| b.assessment_id.clear());
    t.find(10, Violation, "not_assessed", &said);
}

fn entrustment_ends(t: &mut Teller<'_>) {
    let id = processor(
        t,
        "an entrustment ran out, and nothing came back",
        Lacks::Nothing,
    );
    let said = starts(t, &id, 5 * DAY, |_| {});
    // The time was taken one minute before.
    let end = said.at - super::story::MINUTE + 5 * DAY;
    t.find_since(38, Overdue, "ran_out_without_return", &said, end);

    let id = processor(
        t,
        "an entrustment ended, and nothing came back",
        Lacks::Nothing,
    );
    starts(t, &id, 90 * DAY, |_| {});
    t.wait(3 * DAY);
    let ended = EntrustmentEnded {
        recipient_id: id.clone(),
        entrustment_id: t.own("entrustment"),
        ended_at: Some(timestamp(t.at)),
        returned: Some(false),
        deleted: Some(false),
        ..EntrustmentEnded::default()
    };
    let since = t.at;
    let said = t.enters(Producer::Vendors, &id, Body::EntrustmentEnded(ended));
    t.find_about(
        38,
        Violation,
        "no_return_or_deletion",
        About::Recipient(id),
        Some(said.id),
        since,
    );
}
