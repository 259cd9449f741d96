//! What stays of somebody who was erased: nothing.

use custodia_core::schema::v1::Event;
use prost::Message as _;
use prost_types::Timestamp;

use super::super::*;
use super::keeping::difference;
use super::town::{LI, OTHER, Town, WANG, asking, link, order_erasure, report_egress, share};

#[test]
fn an_erased_persons_rows_go_and_what_is_left_is_as_made_anew() {
    let mut town = Town::new();
    town.put(share(LI, "courier-1", 3));
    town.put(share(WANG, "courier-1", 2));
    town.put(share(OTHER, "courier-1", 1));
    town.put(link(LI, WANG));
    town.put(report_egress("courier-1", 3));
    let store = town.store("along");
    let mut assessor = town.assessor(&store);
    while assessor.step().unwrap() {}
    let before = store.dump();
    town.shred(LI);
    town.put(order_erasure(LI));
    while assessor.step().unwrap() {}
    let after = store.dump();
    assert!(after.len() < before.len());
    assert_eq!(after, town.anew("anew").dump());
    let tag = rows::person_tag(&town.keys, LI);
    let names = |bytes: &[u8]| bytes.windows(tag.len()).any(|at| at == tag);
    assert!(
        after
            .iter()
            .all(|(key, value)| !names(key) && !names(value))
    );
    assert!(before.iter().any(|(key, _)| names(key)));
}

#[test]
fn two_who_are_linked_and_erased_together_are_counted_off_once_each() {
    let mut town = Town::new();
    town.put(share(LI, "courier-1", 3));
    town.put(share(WANG, "courier-1", 2));
    town.put(link(LI, WANG));
    let store = town.store("along");
    let mut assessor = town.assessor(&store);
    while assessor.step().unwrap() {}
    for subject in [LI, WANG] {
        town.shred(subject);
        town.put(order_erasure(subject));
    }
    while assessor.step().unwrap() {}
    assert_eq!(store.dump(), town.anew("anew").dump());
}

#[test]
fn a_dry_run_about_an_erased_person_leaves_a_look_without_the_reference() {
    let mut town = Town::new();
    let desk = town.desk(Keeping::Off);
    let said = share(LI, "courier-1", 1);
    let event = Event {
        occurred_at: Some(Timestamp::default()),
        subject_ref: LI.into(),
        body: Some(said.body.clone()),
        ..Event::default()
    };
    let question = TrialQuestion {
        event: hex::encode(event.encode_to_vec()),
    };
    town.put(said);
    desk.trial(&asking(), &question).unwrap();
    town.shred(LI);
    town.put(order_erasure(LI));
    desk.trial(&asking(), &question).unwrap();
    let keys: Vec<bool> = town.looks().iter().map(|(key, _)| key == LI).collect();
    assert_eq!(keys, [true, false]);
}

#[test]
fn a_record_that_comes_after_the_erasure_is_judged_by_itself() {
    let mut town = Town::new();
    town.put(share(LI, "courier-1", 3));
    let store = town.store("along");
    let mut assessor = town.assessor(&store);
    while assessor.step().unwrap() {}
    town.shred(LI);
    town.drop_payload(0, 0);
    town.put(order_erasure(LI));
    town.put(share(LI, "courier-2", 1));
    while assessor.step().unwrap() {}
    assert_eq!(difference(&store, &town.anew("anew")), [""; 0]);
    let tag = rows::person_tag(&town.keys, LI);
    assert_eq!(store.person(&tag).unwrap().unwrap().reference, LI);
    let owner = rows::findings_of(rows::Owner::person(tag));
    assert_eq!(store.scan(&owner, None).unwrap().count(), 2);
}
