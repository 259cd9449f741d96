//! Stories on the log, the policy and the operator as a whole: R17, R18, R35 to R37, R43.

use custodia_core::assess::Outcome::{Overdue, Unknown, Violation, Warn};
use custodia_core::assess::{About, Day, Holidays};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ChangeClass, DevicePermission, EgressCountReported};

use super::super::envelope::timestamp;
use super::super::life::{Taken, What};
use super::super::published::Version;
use super::super::register::{Person, Producer, SCORER};
use super::super::terms::Ask;
use super::super::town_days::{Fact, facts};
use super::super::{POLICY_EFFECTIVE_MS, POLICY_VERSION};
use super::story::{DAY, HOUR, MINUTE, Said, Teller, but};
use super::{RUNS_OUT, runs_out};

pub(super) fn tell(t: &mut Teller<'_>) {
    arrival(t);
    sequence(t);
    egress(t);
    faces(t);
    promises(t);
    policies(t);
}

fn arrival(t: &mut Teller<'_>) {
    t.person("an event reached the log five days after it happened");
    let said = t.does(What::Collect(Taken::Device));
    let late = t.at + 5 * DAY;
    t.last().handed_over = Some(late);
    t.find_since(35, Warn, "late", &said, late);

    t.person("an event reached the log seven minutes before it happened");
    let said = t.does(What::Collect(Taken::Device));
    let early = t.at - 7 * MINUTE;
    t.last().handed_over = Some(early);
    t.find_since(35, Warn, "clock_ahead", &said, early);
}

fn sequence(t: &mut Teller<'_>) {
    t.begin("a kiosk's events are missing");
    let name = kiosk(t);
    for (number, what) in [
        (0, What::Notice(Ask::Account)),
        (1, What::Grant(Ask::Account)),
    ] {
        at_kiosk(t, &name, Some(number), what);
    }
    let said = at_kiosk(t, &name, Some(4), What::Eligible);
    let about = About::Producer(name);
    t.find_about(35, Warn, "sequence_gap", about, Some(said.id), said.at);

    t.begin("a kiosk doesn't number its events");
    let name = kiosk(t);
    let said = at_kiosk(t, &name, None, What::Eligible);
    let about = About::Producer(name);
    t.find_about(35, Unknown, "no_sequence", about, Some(said.id), said.at);
}

/// A service of the story's own, which numbers its events itself.
fn kiosk(t: &mut Teller<'_>) -> String {
    let name = t.own("kiosk");
    t.enters_fact(
        Fact::Producer(0),
        &name,
        but!(ProducerRegistered, b => {
            b.producer_name.clone_from(&name);
            b.event_types = vec![140, 141, 161];
        }),
    );
    name
}

fn at_kiosk(t: &mut Teller<'_>, name: &str, number: Option<u64>, what: What) -> Said {
    let said = t.does(what);
    let tale = t.last();
    tale.producer = None;
    name.clone_into(&mut tale.event.producer);
    tale.event.producer_epoch = Some(1);
    tale.event.producer_seq = number;
    said
}

fn egress(t: &mut Teller<'_>) {
    t.begin("a gateway counted what the log doesn't have");
    let id = t.own("partner");
    t.enters_fact(
        Fact::Assessed(SCORER),
        &id,
        but!(RecipientAssessed, b => b.recipient_id.clone_from(&id)),
    );
    t.enters_fact(
        Fact::Recipient(SCORER),
        &id,
        but!(RecipientRegistered, b => b.recipient_id.clone_from(&id)),
    );
    let count = EgressCountReported {
        recipient_id: id.clone(),
        period_from: Some(timestamp(t.at - DAY)),
        period_until: Some(timestamp(t.at)),
        event_count: Some(3),
        record_count: Some(3),
        gateway_ref: t.own("gateway"),
    };
    let said = t.enters(Producer::Egress, &id, Body::EgressCountReported(count));
    t.find_about(
        35,
        Violation,
        "count_differs",
        About::Recipient(id),
        Some(said.id),
        said.at,
    );
}

fn faces(t: &mut Teller<'_>) {
    t.person("a hundred thousand faces in a store, and no filing");
    t.granted(Ask::Identity);
    t.does(What::Permit(DevicePermission::PermCamera));
    let said = t.does_but(
        What::Collect(Taken::Identity),
        but!(DataCollected, b => {
            b.person_count_in_store = Some(100_000);
        }),
    );
    let due = thirty_working_days(said.at);
    t.find_about(
        36,
        Overdue,
        "not_filed",
        About::Operator,
        Some(said.id),
        due,
    );
}

/// When a limit of thirty working days ends: without any public holiday, or by the calendar where the
/// weekends that are worked bring it earlier.
fn thirty_working_days(from_ms: i64) -> i64 {
    let from = Day::of(from_ms);
    let lawful = Holidays::built_in().plus_working_days(from, 30);
    let mut day = from;
    for _ in 0..30 {
        day = Day(day.0 + 1);
        while day.is_weekend() {
            day = Day(day.0 + 1);
        }
    }
    lawful.map_or(day, |lawful| lawful.min(day)).end_ms()
}

/// 2026-05-02 00:00 at UTC+8: the year of the first audit began with the law's force on 2025-05-01.
const FIRST_AUDIT_DUE_MS: i64 = 1_777_651_200_000;

/// What concerns everyone: safeguards and audits.
fn promises(t: &mut Teller<'_>) {
    t.begin("the staff's training isn't attested");
    t.find_about(
        43,
        Unknown,
        "training_not_attested",
        About::Operator,
        None,
        POLICY_EFFECTIVE_MS,
    );

    t.begin("the attestation of isolation ran out");
    let calendar = t.pen.calendar;
    let id = fact_id(t, |fact| matches!(fact, Fact::Safeguard(RUNS_OUT)));
    t.find_about(
        43,
        Overdue,
        "isolation_expired",
        About::Operator,
        id,
        runs_out(calendar),
    );

    t.begin("the yearly audit came late");
    if calendar.start >= FIRST_AUDIT_DUE_MS {
        let id = fact_id(t, |fact| matches!(fact, Fact::Audit));
        t.find_about(
            37,
            Overdue,
            "audited_late",
            About::Operator,
            id,
            FIRST_AUDIT_DUE_MS,
        );
    }
}

fn fact_id(t: &Teller<'_>, is: impl Fn(Fact) -> bool) -> Option<[u8; 16]> {
    let facts = facts(t.pen.calendar, t.pen.town.days, true);
    let place = facts.iter().position(|(_, fact)| is(*fact))?;
    Some(Teller::fact_id(t.pen.dice, place, facts[place].0))
}

/// The last hours of the month: three versions of the policy, and someone whose data is handled under them.
fn policies(t: &mut Teller<'_>) {
    let end = t.pen.calendar.end;
    t.person("data taken after a major change on the old consent");
    t.at = end - HOUR;
    let handled = t.does(What::Collect(Taken::Device));
    t.find(17, Violation, "not_given_anew", &handled);
    t.find(18, Violation, "not_told", &handled);

    let said = version(
        t,
        "a policy in force as soon as it was public",
        end - 3 * HOUR,
        0,
        ChangeClass::PvChangeMinor,
    );
    t.find_since(18, Warn, "effective_at_once", &said, end - 3 * HOUR);

    let said = version(
        t,
        "a major change that nobody announced",
        end - 2 * HOUR,
        10 * MINUTE,
        ChangeClass::PvChangeMajor,
    );
    t.find_since(18, Violation, "not_announced", &said, end - 2 * HOUR);

    let said = version(
        t,
        "a later policy that calls itself the first",
        end - 10 * MINUTE,
        5 * MINUTE,
        ChangeClass::PvChangeFirst,
    );
    t.find_since(18, Unknown, "change_unknown", &said, end - 10 * MINUTE);
}

/// A version of the policy, public some time before it is in force.
fn version(
    t: &mut Teller<'_>,
    story: &'static str,
    effective: i64,
    before: i64,
    class: ChangeClass,
) -> Said {
    t.begin(story);
    let id = t.own("policy");
    t.at = effective - before - MINUTE;
    let version = Version {
        id: &id,
        published_ms: effective - before,
        effective_ms: effective,
        audit_years: 1,
    };
    // Of what was in force before nothing is said, so that by the document it changes all.
    let mut event = version.document().event(Some((POLICY_VERSION, None)));
    event.set_change_class(class);
    if class != ChangeClass::PvChangeMajor {
        event.changed_dimensions.clear();
        event.requires_reconsent = Some(false);
    }
    event.approver_ref = t.pen.register.person(Person::Officer);
    t.enters(Producer::Policy, &id, Body::PolicyVersionPublished(event))
}
