//! Stories of incidents: R25 to R28, each an incident of its own.

use custodia_core::assess::About;
use custodia_core::assess::Outcome::{Overdue, Unknown, Violation, Warn};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Channel, NoticeContent, PublicNoticePosted};

use super::super::bodies::{BREACH_CONTENTS, numbers};
use super::super::envelope::timestamp;
use super::super::register::Producer;
use super::super::town_days::Fact;
use super::story::{DAY, HOUR, MINUTE, Said, Teller, but, end_of_day};

pub(super) fn tell(t: &mut Teller<'_>) {
    reported(t);
    told(t);
    closed(t);
    graded(t);
}

/// Many enough for the second grade, 较大.
const LARGER: u64 = 1_000_000;

/// The first moment after some hours: their last moment is still in time.
const fn within(hours: i64) -> i64 {
    hours * HOUR + 1
}

/// An incident is detected; what it says names the story's own incident.
fn detected(t: &mut Teller<'_>, story: &'static str, people: u64) -> Said {
    t.begin(story);
    let id = t.own("incident");
    let known = t.at + MINUTE;
    let said = t.enters_fact(
        Fact::IncidentDetected,
        &id,
        but!(IncidentDetected, b => {
            b.incident_id.clone_from(&id);
            b.recipient_id.clear();
            b.detected_at = Some(timestamp(known));
            b.known_at = Some(timestamp(known));
            b.estimated_count = Some(people);
        }),
    );
    of(t, said)
}

fn of(t: &Teller<'_>, mut said: Said) -> Said {
    said.about = About::Incident(t.own("incident"));
    said
}

fn grade(t: &mut Teller<'_>, people: u64, grade: i32) -> Said {
    let id = t.own("incident");
    let said = t.enters_fact(
        Fact::Graded,
        &id,
        but!(IncidentGraded, b => {
            b.incident_id.clone_from(&id);
            b.grade = grade;
            b.person_count = Some(people);
        }),
    );
    of(t, said)
}

fn list(t: &mut Teller<'_>, people: u64, excluded: bool) -> Said {
    let id = t.own("incident");
    let said = t.enters_fact(
        Fact::AffectedIdentified,
        &id,
        but!(AffectedSubjectsIdentified, b => {
            b.incident_id.clone_from(&id);
            b.subject_count = Some(people);
            b.harm_excluded = Some(excluded);
        }),
    );
    of(t, said)
}

fn report(t: &mut Teller<'_>, contents: &[NoticeContent]) -> Said {
    let id = t.own("incident");
    let at = t.at + MINUTE;
    let said = t.enters_fact(
        Fact::RegulatorNotified,
        &id,
        but!(RegulatorNotified, b => {
            b.incident_id.clone_from(&id);
            b.notified_at = Some(timestamp(at));
            b.contents = numbers(contents);
        }),
    );
    of(t, said)
}

const GENERAL: i32 = custodia_core::schema::v1::IncidentGrade::BrGradeGeneral as i32;
const OF_LARGER: i32 = custodia_core::schema::v1::IncidentGrade::BrGradeLarger as i32;

fn reported(t: &mut Teller<'_>) {
    let known = detected(
        t,
        "a larger incident reported five hours after it was known",
        LARGER,
    );
    grade(t, LARGER, OF_LARGER);
    list(t, LARGER, true);
    t.wait(5 * HOUR);
    let said = report(t, &BREACH_CONTENTS);
    t.find_since(25, Overdue, "reported_late", &said, known.at + within(4));

    let known = detected(t, "a larger incident that nobody reported", LARGER);
    grade(t, LARGER, OF_LARGER);
    list(t, LARGER, true);
    t.find_since(25, Overdue, "not_reported", &known, known.at + within(4));

    let known = detected(t, "an incident reported the same day, and never graded", 10);
    list(t, 10, true);
    t.wait(5 * HOUR);
    report(t, &BREACH_CONTENTS);
    t.find_since(25, Unknown, "not_graded", &known, known.at + within(4));
    t.find(28, Unknown, "not_graded", &known);
}

fn told(t: &mut Teller<'_>) {
    let known = detected(t, "nobody was told of an incident", 10);
    grade(t, 10, GENERAL);
    report(t, &BREACH_CONTENTS);
    let listed = list(t, 10, false);
    t.find_since(26, Overdue, "nobody_told", &listed, known.at + within(72));

    let known = detected(t, "whom an incident touches isn't known", 10);
    grade(t, 10, GENERAL);
    report(t, &BREACH_CONTENTS);
    t.find_since(
        26,
        Unknown,
        "affected_unknown",
        &known,
        known.at + within(72),
    );

    detected(t, "a public notice that doesn't say what to do", 10);
    grade(t, 10, GENERAL);
    report(t, &BREACH_CONTENTS);
    list(t, 10, false);
    let id = t.own("incident");
    let notice = PublicNoticePosted {
        incident_id: id.clone(),
        channel: Channel::ChPublicNotice.into(),
        contents: numbers(&BREACH_CONTENTS[..2]),
        notice_sha256: t.paper("notice"),
        posted_at: Some(timestamp(t.at)),
    };
    let said = t.enters(Producer::Soc, &id, Body::PublicNoticePosted(notice));
    let said = of(t, said);
    t.find(26, Violation, "content_incomplete", &said);
}

fn ended(t: &mut Teller<'_>) -> Said {
    let id = t.own("incident");
    let at = t.at + MINUTE;
    let said = t.enters_fact(
        Fact::IncidentClosed,
        &id,
        but!(IncidentClosed, b => {
            b.incident_id.clone_from(&id);
            b.closed_at = Some(timestamp(at));
            b.final_count = Some(10);
        }),
    );
    of(t, said)
}

fn closed(t: &mut Teller<'_>) {
    detected(t, "an incident closed without a report on it", 10);
    grade(t, 10, GENERAL);
    report(t, &BREACH_CONTENTS);
    list(t, 10, true);
    t.wait(DAY);
    let said = ended(t);
    t.find_since(27, Overdue, "not_filed", &said, end_of_day(said.at, 30));

    detected(t, "a first report whose rest never came", 10);
    grade(t, 10, GENERAL);
    list(t, 10, true);
    let said = report(t, &BREACH_CONTENTS[..2]);
    t.find(27, Warn, "supplement_owed", &said);

    detected(t, "what a first report holds isn't said", 10);
    grade(t, 10, GENERAL);
    list(t, 10, true);
    let said = report(t, &[]);
    t.find(27, Unknown, "first_report_not_stated", &said);
}

fn graded(t: &mut Teller<'_>) {
    detected(t, "a million people, and graded as general", LARGER);
    list(t, LARGER, true);
    report(t, &BREACH_CONTENTS);
    let said = grade(t, LARGER, GENERAL);
    t.find(28, Violation, "graded_too_low", &said);
}
