//! Which word of the register counts at a moment.

use prost_types::Timestamp;

use super::*;
use crate::assess::finding::LeafAt;
use crate::schema::v1;

fn at(ms: i64) -> Timestamp {
    Timestamp {
        seconds: ms / 1000,
        nanos: 0,
    }
}

fn said(index: u64, ms: i64, body: Body) -> Occurrence {
    let event = v1::Event {
        occurred_at: Some(at(ms)),
        body: Some(body),
        ..v1::Event::default()
    };
    let log = "registry".to_owned();
    Occurrence::of(LeafAt { log, index }, Some(ms), event).unwrap()
}

fn registered(name: &str) -> Body {
    Body::RecipientRegistered(v1::RecipientRegistered {
        recipient_id: "rc-1".into(),
        name: name.into(),
        confidentiality: Some(true),
        agreement_sha256: vec![1; 32],
        agreement_valid_until: Some(at(100_000)),
        allowed_uses: vec![AllowedUse {
            purpose: Purpose::PuDelivery as i32,
            categories: vec![DataCategory::DcConsigneeName as i32],
        }],
        ..v1::RecipientRegistered::default()
    })
}

fn updated(name: &str) -> Body {
    Body::RecipientUpdated(v1::RecipientUpdated {
        recipient_id: "rc-1".into(),
        name: name.into(),
        ..v1::RecipientUpdated::default()
    })
}

fn terminated(effective_ms: i64) -> Body {
    Body::RecipientTerminated(v1::RecipientTerminated {
        recipient_id: "rc-1".into(),
        effective_at: Some(at(effective_ms)),
        ..v1::RecipientTerminated::default()
    })
}

fn assessed(found: [bool; 3]) -> Body {
    Body::RecipientAssessed(v1::RecipientAssessed {
        recipient_id: "rc-1".into(),
        lawfulness: Some(found[0]),
        legitimacy: Some(found[1]),
        necessity: Some(found[2]),
        result: AssessmentResult::AsPassed as i32,
        valid_until: Some(at(50_000)),
        ..v1::RecipientAssessed::default()
    })
}

#[test]
fn the_last_word_by_then_counts_from_its_very_moment_and_none_before() {
    // The update comes into the log before the registration that it updates.
    let register = Register::new([
        said(0, 20_000, updated("new")),
        said(1, 10_000, registered("old")),
    ]);
    assert!(recipient_at(&register, "rc-1", 9_999).is_none());
    assert!(recipient_at(&register, "rc-2", 10_000).is_none());
    let old = recipient_at(&register, "rc-1", 19_999).unwrap();
    assert_eq!((old.name, old.confidentiality), ("old", true));
    assert!(old.may_have(Purpose::PuDelivery, DataCategory::DcConsigneeName));
    assert!(!old.may_have(Purpose::PuDelivery, DataCategory::DcIdNumber));
    // An update says everything anew: what it leaves out holds no more.
    let new = recipient_at(&register, "rc-1", 20_000).unwrap();
    assert_eq!((new.name, new.confidentiality), ("new", false));
    assert!(new.agreement.is_none());
}

#[test]
fn an_update_of_one_that_was_never_registered_registers_nothing() {
    let register = Register::new([said(0, 20_000, updated("new"))]);
    assert!(recipient_at(&register, "rc-1", 30_000).is_none());
}

#[test]
fn a_termination_counts_from_its_effect_and_until_a_new_registration() {
    let register = Register::new([
        said(0, 10_000, registered("first")),
        said(1, 15_000, terminated(20_000)),
        said(2, 25_000, updated("still ended")),
        said(3, 30_000, registered("again")),
    ]);
    let ended = |ms| recipient_at(&register, "rc-1", ms).unwrap().terminated_at;
    assert_eq!(ended(19_999), None);
    assert_eq!(ended(20_000), Some(20_000));
    assert_eq!(ended(25_000), Some(20_000));
    assert_eq!(ended(30_000), None);
}

#[test]
fn an_agreement_ends_at_the_moment_it_names() {
    let register = Register::new([said(0, 10_000, registered("one"))]);
    let agreement = recipient_at(&register, "rc-1", 10_000)
        .unwrap()
        .agreement
        .unwrap();
    assert_eq!(agreement.ended_at(99_999), Some(false));
    assert_eq!(agreement.ended_at(100_000), Some(true));
    assert!(agreement.begun_at(0));
}

#[test]
fn an_assessment_passes_only_with_all_three_and_ends_in_time() {
    for (found, passes) in [([true; 3], true), ([true, true, false], false)] {
        let register = Register::new([
            said(0, 10_000, registered("one")),
            said(1, 20_000, assessed(found)),
        ]);
        assert!(
            recipient_at(&register, "rc-1", 19_999)
                .unwrap()
                .assessed
                .is_none()
        );
        let one = recipient_at(&register, "rc-1", 20_000)
            .unwrap()
            .assessed
            .unwrap();
        assert_eq!(one.passed(), passes);
        assert!(!one.ended_at(49_999) && one.ended_at(50_000));
    }
}
