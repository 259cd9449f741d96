//! Which demand and which review count at a moment.

use super::*;
use crate::assess::state::told::{Told, at, stamp};

fn asked(no: &str) -> AuthorityRequestReceived {
    AuthorityRequestReceived {
        case_ref: "case-1".into(),
        document_no: no.into(),
        ..AuthorityRequestReceived::default()
    }
}

fn reviewed(reviewers: &[&str]) -> Body {
    Body::DisclosureReviewed(DisclosureReviewed {
        case_ref: "case-1".into(),
        reviewer_refs: reviewers.iter().map(|one| (*one).into()).collect(),
        ..DisclosureReviewed::default()
    })
}

#[test]
fn the_last_word_by_then_counts_from_its_arrival_on() {
    let late = AuthorityRequestReceived {
        received_at: Some(stamp("2026-01-01 08:00")),
        gag_until: Some(stamp("2026-09-01 00:00")),
        ..asked("first")
    };
    let register = Told::default()
        .registry(
            "2026-01-03 10:00",
            Body::AuthorityRequestReceived(asked("second")),
        )
        .registry("2026-01-01 10:00", Body::AuthorityRequestReceived(late))
        .register();
    let no = |moment| demand_at(&register, "case-1", at(moment)).map(|one| &*one.asked.document_no);
    assert_eq!(no("2026-01-01 07:59"), None);
    assert_eq!(no("2026-01-01 08:00"), Some("first"));
    assert_eq!(no("2026-01-03 10:00"), Some("second"));
    assert!(demand_at(&register, "case-2", at("2026-02-01 10:00")).is_none());
    let gag = demand_at(&register, "case-1", at("2026-01-02 00:00")).unwrap();
    assert_eq!(gag.gag_until_ms(), Some(at("2026-09-01 00:00")));
}

#[test]
fn one_person_twice_is_one_reviewer() {
    let register = Told::default()
        .registry(
            "2026-01-01 10:00",
            Body::AuthorityRequestReceived(asked("one")),
        )
        .registry("2026-01-02 10:00", reviewed(&["em-1", "em-1"]))
        .registry("2026-01-03 10:00", reviewed(&["em-1", "em-2"]))
        .register();
    let review = |moment| review_at(&register, "case-1", at(moment));
    assert!(review("2026-01-02 09:59").is_none());
    assert_eq!(review("2026-01-02 10:00").unwrap().reviewers(), 1);
    assert_eq!(review("2026-01-03 10:00").unwrap().reviewers(), 2);
}
