//! What impact assessments cover.

use super::*;
use crate::assess::state::told::{Told, at, stamp};
use crate::schema::v1::{DataCategory, ImpactAssessmentRecorded, Purpose};

const NAME: i32 = DataCategory::DcConsigneeName as i32;
const PHONE: i32 = DataCategory::DcConsigneePhone as i32;
const DELIVERY: i32 = Purpose::PuDelivery as i32;

fn recorded(id: &str, result: AssessmentResult) -> ImpactAssessmentRecorded {
    ImpactAssessmentRecorded {
        assessment_id: id.into(),
        recipient_id: "rc-1".into(),
        recipient_ids: vec!["rc-2".into()],
        purposes: vec![DELIVERY],
        categories: vec![NAME],
        result: result.into(),
        valid_until: Some(stamp("2026-06-01 00:00")),
        ..ImpactAssessmentRecorded::default()
    }
}

fn register(result: AssessmentResult) -> Register {
    let body = Body::ImpactAssessmentRecorded(recorded("as-1", result));
    Told::default()
        .registry("2026-01-01 10:00", body)
        .register()
}

fn what<'a>(recipient: &'a str, categories: &'a [i32], moment: &str) -> Covered<'a> {
    Covered {
        recipient: Some(recipient),
        purpose: Some(DELIVERY),
        categories,
        ms: at(moment),
    }
}

fn uncovered(result: AssessmentResult, what: &Covered<'_>) -> Option<Uncovered> {
    let register = register(result);
    let assessments = Assessments::of(&register);
    assessments.covering(what).err().map(|(why, _)| why)
}

#[test]
fn it_covers_every_recipient_that_it_names_after_it_was_made_and_until_its_end() {
    let passed = AssessmentResult::AsPassedWithMeasures;
    for recipient in ["rc-1", "rc-2"] {
        assert_eq!(
            uncovered(passed, &what(recipient, &[NAME], "2026-01-01 10:01")),
            None
        );
    }
    let cases = [
        (
            what("rc-3", &[NAME], "2026-02-01 10:00"),
            Uncovered::Missing,
        ),
        (
            what("rc-1", &[NAME, PHONE], "2026-02-01 10:00"),
            Uncovered::TooNarrow,
        ),
        (
            what("rc-1", &[NAME], "2026-01-01 10:00"),
            Uncovered::TooLate,
        ),
        (
            what("rc-1", &[NAME], "2026-06-01 00:00"),
            Uncovered::Expired,
        ),
    ];
    for (what, why) in cases {
        assert_eq!(uncovered(passed, &what), Some(why), "{what:?}");
    }
    assert_eq!(
        uncovered(passed, &what("rc-1", &[NAME], "2026-05-31 23:59")),
        None
    );
}

#[test]
fn one_that_failed_covers_nothing() {
    let failed = uncovered(
        AssessmentResult::AsFailed,
        &what("rc-1", &[NAME], "2026-02-01 10:00"),
    );
    assert_eq!(failed, Some(Uncovered::Failed));
}

#[test]
fn without_a_recipient_any_assessment_counts_and_an_unnamed_purpose_is_not_asked_for() {
    let register = register(AssessmentResult::AsPassed);
    let assessments = Assessments::of(&register);
    let what = Covered {
        recipient: None,
        purpose: None,
        categories: &[NAME],
        ms: at("2026-02-01 10:00"),
    };
    assert_eq!(assessments.covering(&what).unwrap().id, "as-1");
    assert!(assessments.knows("as-1") && !assessments.knows("as-2"));
}
