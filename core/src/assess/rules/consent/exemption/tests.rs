use super::*;
use crate::assess::calendar::Holidays;
use crate::assess::finding::{About, LeafAt};
use crate::assess::grounds::{Tallies, Totals};
use crate::assess::occurrence::Occurrence;
use crate::assess::policy_book::PolicyBook;
use crate::assess::register::Register;
use crate::assess::timeline::Timeline;
use crate::schema::v1::event::Body;
use crate::schema::v1::{CollectionExemption, DataCollected, Event, PolicyVersionPublished};

fn occurrence(seconds: i64, index: u64, producer: &str, body: Body) -> Occurrence {
    let log = "log".to_owned();
    let event = Event {
        occurred_at: Some(prost_types::Timestamp { seconds, nanos: 0 }),
        producer: producer.to_owned(),
        body: Some(body),
        ..Event::default()
    };
    Occurrence::of(LeafAt { log, index }, None, event).unwrap()
}

fn policies() -> PolicyBook {
    let text = concat!(env!("CARGO_MANIFEST_DIR"), "/../ops/policy/2024-07-15.toml");
    let published = PolicyVersionPublished {
        policy_version_id: "v".to_owned(),
        published_at: Some(prost_types::Timestamp::default()),
        effective_at: Some(prost_types::Timestamp::default()),
        machine_readable: std::fs::read(text).unwrap(),
        ..PolicyVersionPublished::default()
    };
    let one = occurrence(0, 0, "desk", Body::PolicyVersionPublished(published));
    PolicyBook::of(&Register::new([one]))
}

fn used(index: u64, producer: &str) -> Occurrence {
    let basis = Basis {
        kind: BasisKind::BaCollectionExemption.into(),
        collection_exemption: CollectionExemption::Exc01LegalObligation.into(),
        citation: "PIPL 13".to_owned(),
        ..Basis::default()
    };
    let collected = DataCollected {
        basis: Some(basis),
        ..DataCollected::default()
    };
    occurrence(10, index, producer, Body::DataCollected(collected))
}

/// How many warnings of too many uses there are, and how many leaves the first rests on.
fn warnings(timeline: &Timeline) -> (usize, usize) {
    let about = About::Subject("someone".to_owned());
    let (register, policies) = (Register::default(), policies());
    let grounds = Grounds {
        about: &about,
        timeline,
        register: &register,
        policies: &policies,
        holidays: &Holidays::default(),
        tallies: &Tallies::default(),
        totals: &Totals::default(),
    };
    let findings = judge(&grounds);
    let many: Vec<_> = findings
        .iter()
        .filter(|finding| finding.cause == "many_uses")
        .collect();
    (many.len(), many.first().map_or(0, |one| one.leaves.len()))
}

#[test]
fn the_first_use_above_the_policys_number_warns_and_no_later_one() {
    let most = Timeline::new((0..100).map(|n| used(n, "shop"))).unwrap();
    assert_eq!(warnings(&most), (0, 0));
    let more = Timeline::new((0..101).map(|n| used(n, "shop"))).unwrap();
    assert_eq!(warnings(&more), (1, 101));
    let many = Timeline::new((0..250).map(|n| used(n, "shop"))).unwrap();
    assert_eq!(warnings(&many), (1, 101));
}

#[test]
fn uses_by_two_services_are_counted_apart() {
    let both = (0..200).map(|n| used(n, if n % 2 == 0 { "shop" } else { "loan" }));
    assert_eq!(warnings(&Timeline::new(both).unwrap()), (0, 0));
}
