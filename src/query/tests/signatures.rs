//! Whose an event is, by the register's keys at the cut.

use super::town::{LI, Town, shared, time};
use super::*;

const REGISTERED_AT: i64 = 100;

fn town() -> Town {
    let mut town = Town::new();
    town.give_key("shop/1", 7, REGISTERED_AT);
    town
}

/// Standing and signature of each row's producer.
fn said(answer: &WhoAnswer) -> Vec<(String, String)> {
    let producers = answer.rows.iter().map(|row| row.producer.clone().unwrap());
    producers
        .map(|producer| (producer.standing, producer.signature))
        .collect()
}

fn pairs(due: &[(&str, &str)]) -> Vec<(String, String)> {
    due.iter()
        .map(|&(standing, signature)| (standing.to_owned(), signature.to_owned()))
        .collect()
}

#[test]
fn an_event_of_the_registered_key_is_signed_and_one_without_is_unsigned() {
    let mut town = town();
    town.share_signed(("shop/1", 7), 1_000, |_| {});
    town.share(LI, "courier-1", 1, 2_000);
    let answer = town.who(LI).unwrap();
    let due = [("registered", "signed"), ("registered", "unsigned")];
    assert_eq!(said(&answer), pairs(&due));
    let key_id = |row: usize| answer.rows[row].producer.clone().unwrap().key_id;
    assert_eq!((key_id(0).as_deref(), key_id(1)), (Some("shop/1"), None));
    assert!(
        answer
            .unknowns
            .iter()
            .all(|unknown| unknown.what == "recipient")
    );
}

#[test]
fn a_changed_event_and_another_producers_key_are_forged() {
    let mut town = town();
    town.share_signed(("shop/1", 7), 1_000, |event| {
        event.correlation_id = "another matter".into();
    });
    town.share_signed(("shop/1", 8), 2_000, |_| {});
    town.share_signed(("shop/1", 7), 3_000, |event| {
        event.producer_signature[3] ^= 1;
    });
    let answer = town.who(LI).unwrap();
    assert_eq!(said(&answer), pairs(&[("forged", "forged"); 3]));
    let timeline = town.timeline(Topic::Recipient("courier-1".into())).unwrap();
    let standings = timeline.events.iter().map(|event| event.producer.clone());
    assert!(
        standings
            .flatten()
            .all(|producer| producer.standing == "forged")
    );
}

#[test]
fn a_key_that_the_register_does_not_have_is_unknown_and_not_forged() {
    let mut town = town();
    town.share_signed(("desk/1", 8), 1_000, |_| {});
    town.share_signed(("shop/1", 7), 2_000, |event| event.producer = "mall".into());
    let answer = town.who(LI).unwrap();
    let due = [("registered", "unknown key"), ("unknown", "unknown key")];
    assert_eq!(said(&answer), pairs(&due));
    let keys = answer
        .unknowns
        .iter()
        .filter(|unknown| unknown.what == "producer key");
    let keys: Vec<_> = keys.map(|unknown| unknown.id.as_str()).collect();
    assert_eq!(keys, ["mall shop/1", "shop desk/1"]);
}

#[test]
fn a_replaced_key_counts_for_what_was_written_before() {
    let mut town = town();
    town.share_signed(("shop/1", 7), 1_000, |_| {});
    let before = town.who(LI).unwrap();
    town.give_key("shop/2", 9, 2_000);
    town.share_signed(("shop/1", 7), 3_000, |_| {});
    town.share_signed(("shop/2", 9), 4_000, |_| {});
    let due = [
        ("registered", "signed"),
        ("registered", "replaced key"),
        ("registered", "signed"),
    ];
    assert_eq!(said(&town.who(LI).unwrap()), pairs(&due));
    let then = town.ask(LI, Some(&before.cut.digest), None).unwrap();
    assert_eq!(said(&then), pairs(&due[..1]));
    let at = town.ask(LI, None, Some(time(3_500))).unwrap();
    assert_eq!(said(&at), pairs(&due[..2]));
}

#[test]
fn before_its_key_is_registered_an_event_names_an_unknown_one() {
    let mut town = Town::new();
    town.share_signed(("shop/1", 7), 1_000, |_| {});
    let before = town.who(LI).unwrap();
    assert_eq!(said(&before), pairs(&[("unknown", "unknown key")]));
    town.give_key("shop/1", 7, 2_000);
    assert_eq!(
        said(&town.who(LI).unwrap()),
        pairs(&[("registered", "signed")])
    );
    let then = town.ask(LI, Some(&before.cut.digest), None).unwrap();
    assert_eq!(said(&then), said(&before));
}

#[test]
fn a_quarantined_events_signature_is_judged_too() {
    let mut town = town();
    town.share_signed(("shop/1", 8), 1_000, |event| {
        let mut body = shared("courier-1");
        body.purpose = 0;
        event.body = Some(custodia_core::schema::v1::event::Body::DataShared(body));
    });
    let answer = town.who(LI).unwrap();
    let producer = answer.quarantined[0].producer.clone().unwrap();
    assert_eq!(producer.standing, "forged");
}
