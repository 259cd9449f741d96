//! Stories on who acts for the operator: R10, R38, each of a recipient of its own.

use custodia_core::assess::About;
use custodia_core::assess::Outcome::{Overdue, Unknown, Violation};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{EntrustmentEnded, EntrustmentStarted, LegalRole, Purpose};

use super::super::bodies::numbers;
use super::super::envelope::timestamp;
use super::super::register::Producer;
use super::super::terms;
use super::partners::{Lacks, registered};
use super::story::{DAY, MINUTE, Said, Teller};

pub(super) fn tell(t: &mut Teller<'_>) {
    entrusted(t);
    entrustment_ends(t);
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
        "score-chengtuo".clone_into(&mut b.sub_entrusted_by);
        b.handler_consented = Some(false);
    });
    t.find(38, Violation, "sub_entrusted_without_consent", &said);

    let id = processor(
        t,
        "whether a processor might entrust another isn't said",
        Lacks::Nothing,
    );
    let said = starts(t, &id, years, |b| {
        "score-chengtuo".clone_into(&mut b.sub_entrusted_by);
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
    let end = said.at - MINUTE + 5 * DAY;
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
