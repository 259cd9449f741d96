use super::*;
use crate::assess::finding::LeafAt;
use crate::assess::register::Register;
use crate::schema::v1::{
    ConsentRefused, ConsentSuperseded, Event, NoticePresented, PolicyVersionPublished,
};

const PURPOSE: i32 = 1;
const CATEGORY: i32 = 1;

fn stamp(ms: i64) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: ms.div_euclid(1000),
        nanos: i32::try_from(ms.rem_euclid(1000) * 1_000_000).unwrap(),
    }
}

/// Occurrences at these moments, at leaves in this order.
fn timeline(bodies: impl IntoIterator<Item = (i64, Body)>) -> Timeline {
    let occurrence = |(index, (ms, body)): (usize, (i64, Body))| {
        let leaf = LeafAt {
            log: "log".to_owned(),
            index: u64::try_from(index).unwrap(),
        };
        let event = Event {
            occurred_at: Some(stamp(ms)),
            body: Some(body),
            ..Event::default()
        };
        Occurrence::of(leaf, None, event).unwrap()
    };
    Timeline::new(bodies.into_iter().enumerate().map(occurrence)).unwrap()
}

fn notice(id: &str) -> Body {
    Body::NoticePresented(NoticePresented {
        consent_id: id.to_owned(),
        ..NoticePresented::default()
    })
}

fn terms(id: &str) -> ConsentGranted {
    ConsentGranted {
        consent_id: id.to_owned(),
        purposes: vec![PURPOSE],
        categories: vec![CATEGORY],
        form: ConsentForm::CmClickConfirm.into(),
        strength: ConsentStrength::CsSeparate.into(),
        status: ConsentStatus::StGiven.into(),
        ..ConsentGranted::default()
    }
}

fn granted(id: &str) -> Body {
    Body::ConsentGranted(terms(id))
}

fn withdrawn(id: &str) -> Body {
    Body::ConsentWithdrawn(ConsentWithdrawn {
        consent_id: id.to_owned(),
        ..ConsentWithdrawn::default()
    })
}

fn refused(id: &str, status: ConsentStatus) -> Body {
    Body::ConsentRefused(ConsentRefused {
        consent_id: id.to_owned(),
        status: status.into(),
        ..ConsentRefused::default()
    })
}

fn superseded(id: &str, by: &str) -> Body {
    Body::ConsentSuperseded(ConsentSuperseded {
        consent_id: id.to_owned(),
        superseded_by_consent_id: by.to_owned(),
    })
}

fn invalidated(id: &str, status: ConsentStatus, from: Option<i64>) -> Body {
    Body::ConsentInvalidated(ConsentInvalidated {
        consent_id: id.to_owned(),
        status: status.into(),
        invalid_from: from.map(stamp),
        ..ConsentInvalidated::default()
    })
}

/// `in_force`, `unknown`, or why it isn't in force.
fn slug(timeline: &Timeline, id: &str, ms: i64) -> &'static str {
    let policies = PolicyBook::default();
    match Consents::of(timeline, &policies).standing(id, ms) {
        Standing::Unknown => "unknown",
        Standing::InForce(_) => "in_force",
        Standing::NotInForce(lapse) => lapse.why.slug(),
    }
}

#[test]
fn it_holds_from_its_moment_and_at_the_moment_of_its_withdrawal() {
    let life = timeline([
        (1000, notice("c")),
        (1000, granted("c")),
        (2000, withdrawn("c")),
    ]);
    let at = [999, 1000, 2000, 2001].map(|ms| slug(&life, "c", ms));
    let expected = [
        "consent_given_later",
        "in_force",
        "in_force",
        "consent_withdrawn",
    ];
    assert_eq!(at, expected);
    assert_eq!(slug(&life, "other", 1500), "unknown");
}

#[test]
fn a_withdrawal_holds_once_it_has_arrived() {
    let said = ConsentWithdrawn {
        consent_id: "c".to_owned(),
        received_at: Some(stamp(3000)),
        ..ConsentWithdrawn::default()
    };
    let life = timeline([(1000, granted("c")), (2000, Body::ConsentWithdrawn(said))]);
    assert_eq!(slug(&life, "c", 3000), "in_force");
    assert_eq!(slug(&life, "c", 3001), "consent_withdrawn");
}

#[test]
fn what_was_withdrawn_is_given_again_only_after_a_new_notice() {
    let old = timeline([
        (1000, notice("c")),
        (1100, granted("c")),
        (2000, withdrawn("c")),
        (3000, granted("c")),
    ]);
    assert_eq!(slug(&old, "c", 3000), "given_again_without_notice");
    let new = timeline([
        (1000, notice("c")),
        (1100, granted("c")),
        (2000, withdrawn("c")),
        (2500, notice("c")),
        (3000, granted("c")),
    ]);
    assert_eq!(slug(&new, "c", 2999), "consent_withdrawn");
    assert_eq!(slug(&new, "c", 3000), "in_force");
}

#[test]
fn continued_use_and_spot_checks_give_nothing_and_take_nothing_away() {
    for form in [ConsentForm::CmContinuedUse, ConsentForm::CmSpotCheck] {
        let none = |id: &str| {
            let form = form.into();
            Body::ConsentGranted(ConsentGranted { form, ..terms(id) })
        };
        let alone = timeline([(1000, none("c"))]);
        assert_eq!(slug(&alone, "c", 1000), "form_is_no_consent");
        let after = timeline([(1000, granted("c")), (2000, none("c"))]);
        assert_eq!(slug(&after, "c", 2000), "in_force");
        let withdrawn_before = timeline([
            (1000, granted("c")),
            (2000, withdrawn("c")),
            (3000, none("c")),
        ]);
        assert_eq!(slug(&withdrawn_before, "c", 3000), "form_is_no_consent");
    }
}

#[test]
fn only_given_and_renewed_count() {
    for number in 0..=10 {
        let status = ConsentStatus::try_from(number).unwrap();
        let body = Body::ConsentGranted(ConsentGranted {
            status: number,
            ..terms("c")
        });
        let life = timeline([(1000, body)]);
        let counts = matches!(status, ConsentStatus::StGiven | ConsentStatus::StRenewed);
        let expected = if counts {
            "in_force"
        } else {
            "status_is_not_given"
        };
        assert_eq!(slug(&life, "c", 1000), expected, "{status:?}");
    }
}

#[test]
fn the_policy_in_force_says_which_forms_count() {
    let text = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../ops/policy/2024-07-15.toml"
    ));
    let published = PolicyVersionPublished {
        policy_version_id: "v".to_owned(),
        published_at: Some(stamp(0)),
        effective_at: Some(stamp(1000)),
        machine_readable: text.unwrap(),
        ..PolicyVersionPublished::default()
    };
    let registered = timeline([(0, Body::PolicyVersionPublished(published))]);
    let policies = PolicyBook::of(&Register::new(registered.iter().cloned()));
    assert!(policies.policy(1000).is_some());
    // A form that no policy names.
    let body = || {
        let form = 99;
        Body::ConsentGranted(ConsentGranted { form, ..terms("c") })
    };
    let life = timeline([(999, body())]);
    let standing = Consents::of(&life, &policies).standing("c", 999);
    assert!(matches!(standing, Standing::InForce(_)));
    let life = timeline([(1000, body())]);
    let standing = Consents::of(&life, &policies).standing("c", 1000);
    assert!(matches!(
        standing,
        Standing::NotInForce(Lapse {
            why: Why::FormIsNone,
            ..
        })
    ));
}

#[test]
fn it_ends_at_the_end_of_its_time_and_begins_with_it() {
    let body = Body::ConsentGranted(ConsentGranted {
        valid_from: Some(stamp(2000)),
        valid_until: Some(stamp(3000)),
        ..terms("c")
    });
    let life = timeline([(1000, body.clone())]);
    let at = [999, 1000, 1999, 2000, 2999, 3000].map(|ms| slug(&life, "c", ms));
    let expected = [
        "consent_given_later",
        "consent_not_yet_valid",
        "consent_not_yet_valid",
        "in_force",
        "in_force",
        "consent_expired",
    ];
    assert_eq!(at, expected);
    // Given again before its end, it goes on.
    let renewed = timeline([(1000, body), (2500, granted("c"))]);
    assert_eq!(slug(&renewed, "c", 3000), "in_force");
}

#[test]
fn what_ran_out_before_it_was_given_again_takes_nothing_from_that() {
    let expired = Body::ConsentExpired(ConsentExpired {
        consent_id: "c".to_owned(),
        expired_at: Some(stamp(2000)),
        ..ConsentExpired::default()
    });
    let life = timeline([
        (1000, granted("c")),
        (3000, granted("c")),
        (4000, expired.clone()),
    ]);
    assert_eq!(slug(&life, "c", 5000), "in_force");
    let once = timeline([(1000, granted("c")), (4000, expired)]);
    assert_eq!(slug(&once, "c", 1999), "in_force");
    assert_eq!(slug(&once, "c", 2000), "consent_expired");
}

#[test]
fn a_refusal_ends_it_and_putting_off_does_not() {
    let asked = timeline([
        (1000, notice("c")),
        (2000, refused("c", ConsentStatus::StRefused)),
    ]);
    assert_eq!(slug(&asked, "c", 1500), "consent_not_decided");
    assert_eq!(slug(&asked, "c", 2000), "consent_refused");
    let later = timeline([
        (1000, granted("c")),
        (2000, refused("c", ConsentStatus::StDeferred)),
        (3000, refused("c", ConsentStatus::StRefused)),
    ]);
    assert_eq!(slug(&later, "c", 2000), "in_force");
    assert_eq!(slug(&later, "c", 3000), "consent_refused");
    let never = timeline([(1000, refused("c", ConsentStatus::StDeferred))]);
    assert_eq!(slug(&never, "c", 1000), "consent_deferred");
}

#[test]
fn what_is_invalid_from_the_beginning_never_held_and_is_known_so_since_then() {
    let life = timeline([
        (1000, granted("c")),
        (5000, invalidated("c", ConsentStatus::StInvalidated, None)),
    ]);
    let policies = PolicyBook::default();
    let Standing::NotInForce(lapse) = Consents::of(&life, &policies).standing("c", 2000) else {
        panic!("it is invalid");
    };
    assert_eq!(lapse.why, Why::Invalidated);
    assert_eq!(lapse.known_from_ms(2000), 5000);
    let revoked = timeline([
        (1000, granted("c")),
        (5000, invalidated("c", ConsentStatus::StRevoked, Some(3000))),
    ]);
    assert_eq!(slug(&revoked, "c", 2999), "in_force");
    assert_eq!(slug(&revoked, "c", 3000), "consent_revoked");
}

#[test]
fn another_stands_in_its_place() {
    let life = timeline([
        (1000, granted("c")),
        (2000, granted("d")),
        (2000, superseded("c", "d")),
        (3000, withdrawn("d")),
    ]);
    let policies = PolicyBook::default();
    let consents = Consents::of(&life, &policies);
    let Standing::InForce(grant) = consents.standing("c", 2000) else {
        panic!("the other one holds");
    };
    assert_eq!(grant.terms.consent_id, "d");
    assert_eq!(slug(&life, "c", 3001), "consent_withdrawn");
    let missing = timeline([(1000, granted("c")), (2000, superseded("c", "d"))]);
    assert_eq!(slug(&missing, "c", 1999), "in_force");
    assert_eq!(slug(&missing, "c", 2000), "consent_superseded");
}

#[test]
fn a_renewal_stands_in_place_of_what_it_renews_but_not_of_what_was_withdrawn() {
    let renewal = Body::ConsentGranted(ConsentGranted {
        renews_consent_id: "c".to_owned(),
        status: ConsentStatus::StRenewed.into(),
        ..terms("d")
    });
    let expiring = Body::ConsentGranted(ConsentGranted {
        valid_until: Some(stamp(1500)),
        ..terms("c")
    });
    let renewed = timeline([(1000, expiring), (2000, renewal.clone())]);
    assert_eq!(slug(&renewed, "c", 1999), "consent_expired");
    assert_eq!(slug(&renewed, "c", 2000), "in_force");
    let gone = timeline([
        (1000, granted("c")),
        (1500, withdrawn("c")),
        (2000, renewal),
    ]);
    assert_eq!(slug(&gone, "c", 2000), "consent_withdrawn");
    assert_eq!(slug(&gone, "d", 2000), "in_force");
}

#[test]
fn consents_that_replace_each_other_in_a_circle_are_unknown() {
    let life = timeline([
        (1000, granted("c")),
        (1000, granted("d")),
        (2000, superseded("c", "d")),
        (2000, superseded("d", "c")),
    ]);
    assert_eq!(slug(&life, "c", 2000), "unknown");
}

#[test]
fn a_notice_at_the_moment_of_the_decision_came_first_whatever_its_leaf() {
    let life = timeline([
        (1000, granted("c")),
        (1000, notice("c")),
        (2000, notice("c")),
    ]);
    let policies = PolicyBook::default();
    let consents = Consents::of(&life, &policies);
    let Standing::InForce(grant) = consents.standing("c", 1000) else {
        panic!("it holds");
    };
    assert_eq!(grant.notice.unwrap().occurred_at_ms, 1000);
    assert_eq!(
        consents.notice_after("c", 1000).unwrap().occurred_at_ms,
        2000
    );
    assert!(consents.notice_after("c", 2000).is_none());
}

#[test]
fn it_covers_what_it_names_and_is_as_strong_as_it_says() {
    let life = timeline([(1000, granted("c")), (2000, withdrawn("c"))]);
    let policies = PolicyBook::default();
    let consents = Consents::of(&life, &policies);
    let found = consents.in_force_for(PURPOSE, CATEGORY, ConsentStrength::CsExpress);
    let [(1000, 2001, grant)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(grant.covers(PURPOSE, &[CATEGORY]) && !grant.covers(PURPOSE, &[CATEGORY, 7]));
    assert_eq!(grant.lacking(&[CATEGORY, 7]), [7]);
    assert!(!grant.names("someone"));
    assert!(grant.is_at_least(ConsentStrength::CsSeparate));
    assert!(!grant.is_at_least(ConsentStrength::CsWritten));
    let written = consents.in_force_for(PURPOSE, CATEGORY, ConsentStrength::CsWritten);
    assert!(written.is_empty());
}
