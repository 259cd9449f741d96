//! The town as a whole: its stream against what is known of it by construction.

mod accounts;
mod findings;
mod judging;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use custodia_core::placement::partition_of;
use custodia_core::privacy_policy::{Document, check, has_errors};
use custodia_core::schema::v1::{Basis, BasisKind, Event, Topic, event::Body};
use custodia_core::schema::{decode, faults, placement};
use custodia_core::split::split;
use custodia_core::tree::{Hash, leaf_hash, node_hash};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::*;

/// 2026-10-01 00:00 in Hangzhou.
const START_MS: i64 = 1_790_784_000_000;

fn town(seed: u64, customers: u64) -> Town {
    Town {
        seed,
        customers,
        start_ms: START_MS,
        days: 30,
        partitions: 4,
    }
}

fn decoded(town: &Town) -> Vec<(Outgoing, Event)> {
    town.events()
        .map(|out| (out.clone(), Event::decode(&out.value[..]).unwrap()))
        .collect()
}

fn digest(town: &Town) -> String {
    let mut hasher = Sha256::new();
    for out in town.events() {
        hasher.update([out.topic as u8]);
        hasher.update(u64::try_from(out.key.len()).unwrap().to_be_bytes());
        hasher.update(&out.key);
        hasher.update(u64::try_from(out.value.len()).unwrap().to_be_bytes());
        hasher.update(&out.value);
        hasher.update(out.occurred_at_ms.to_be_bytes());
    }
    hex::encode(hasher.finalize())
}

fn body_number(out: &Outgoing) -> u32 {
    split(&out.value).unwrap().body_number
}

#[test]
fn one_seed_makes_one_town() {
    let golden = "c233b05b7652c4323c86f6b809a54735a120ade299985318ada0b2aa4fcc92ff";
    assert_eq!(digest(&town(1, 50)), golden);
    assert_eq!(digest(&town(1, 50)), golden);
    assert_ne!(digest(&town(2, 50)), golden);
}

#[test]
fn events_come_in_order_of_time_within_the_town_s_days() {
    let outs: Vec<_> = town(3, 300).events().collect();
    assert!(outs.is_sorted_by_key(|out| out.occurred_at_ms));
    let days = START_MS..START_MS + 30 * 86_400_000;
    let founding = |out: &Outgoing| out.occurred_at_ms < POLICY_EFFECTIVE_MS;
    let founded = outs.iter().take_while(|out| founding(out)).count();
    assert!(
        founded > 50
            && outs[..founded]
                .iter()
                .all(|out| out.topic == TopicRole::Registry)
    );
    assert!(
        outs[founded..]
            .iter()
            .all(|out| days.contains(&out.occurred_at_ms))
    );
    let customers: BTreeSet<_> = outs[500..520].iter().map(|out| &out.key).collect();
    assert!(customers.len() > 3, "lives are interleaved");
}

#[test]
fn towns_of_nobody_and_of_one_work() {
    for customers in [0, 1, 2, 3] {
        let town = town(4, customers);
        let count = town.events().count() as u64;
        assert_eq!((count, town.facts().events), (town.expected_count(), count));
        assert!(town.events().all(|out| faults(&out.value).is_empty()));
    }
    assert!(
        town(4, 0)
            .events()
            .all(|out| out.topic == TopicRole::Registry)
    );
    let short = Town {
        days: 1,
        partitions: 1,
        ..town(4, 5)
    };
    assert_eq!(short.events().count() as u64, short.expected_count());
}

#[test]
fn every_event_is_without_fault_splits_and_stands_where_its_body_belongs() {
    for (out, event) in decoded(&town(5, 200)) {
        let body = event.body.as_ref().unwrap();
        assert_eq!(faults(&out.value), [], "{body:?}");
        assert!(split(&out.value).is_ok());
        let place = placement(&decode(&out.value).unwrap()).unwrap();
        let topic = if out.topic == TopicRole::Events {
            Topic::Events
        } else {
            Topic::Registry
        };
        assert_eq!(
            (place.topic, place.key),
            (topic, out.key.clone()),
            "{body:?}"
        );
        let at = event.occurred_at.unwrap();
        assert_eq!(
            at.seconds * 1000 + i64::from(at.nanos) / 1_000_000,
            out.occurred_at_ms
        );
        assert_eq!(event.event_id[..6], out.occurred_at_ms.to_be_bytes()[2..]);
    }
}

#[test]
fn ids_and_salts_are_never_used_twice() {
    let events = decoded(&town(6, 300));
    let ids: BTreeSet<_> = events
        .iter()
        .map(|(_, event)| event.event_id.clone())
        .collect();
    let salts: BTreeSet<_> = events.iter().map(|(_, event)| event.salt.clone()).collect();
    assert_eq!((ids.len(), salts.len()), (events.len(), events.len()));
}

#[test]
fn sequences_have_no_gaps_in_any_partition() {
    let mut next: HashMap<_, u64> = HashMap::new();
    let mut partitions = BTreeSet::new();
    for (out, event) in decoded(&town(7, 200)) {
        let partition = match out.topic {
            TopicRole::Events => partition_of(&out.key, 4),
            TopicRole::Registry => None,
        };
        partitions.insert(partition);
        let epoch = event.producer_epoch.unwrap();
        let sequence = next.entry((event.producer, epoch, partition)).or_default();
        assert_eq!(event.producer_seq, Some(*sequence));
        *sequence += 1;
    }
    assert_eq!(partitions.len(), 5);
}

#[test]
fn memory_is_bounded_by_a_window() {
    let town = town(8, 10_000);
    let (mut events, mut most, mut count) = (town.events(), 0, 0);
    while events.next().is_some() {
        most = most.max(events.open_lives());
        count += 1;
    }
    assert!(
        (1000..=MOST_OPEN_LIVES).contains(&most),
        "{most} lives at once"
    );
    const { assert!(MOST_OPEN_LIVES < 10_000) };
    assert_eq!(count, town.expected_count());
}

#[test]
fn a_town_has_about_as_many_events_as_asked_for() {
    for target in [5_000, 40_000] {
        let count = Town::with_events(target, 9, START_MS, 4).expected_count();
        assert!(count.abs_diff(target) < target / 20, "{count} for {target}");
    }
    assert_eq!(Town::with_events(10, 9, START_MS, 4).customers, 0);
}

/// What an event says of an outflow: recipient and case.
fn outflow(event: &Event) -> Option<(String, OutflowCase)> {
    match event.body.as_ref()? {
        Body::DataShared(b) => Some((b.recipient_id.clone(), OutflowCase::Shared(b.case()))),
        Body::DataTransferred(b) => {
            Some((b.recipient_id.clone(), OutflowCase::Transferred(b.case())))
        }
        Body::DataDisclosed(b) => Some((b.recipient_id.clone(), OutflowCase::Disclosed(b.case()))),
        _ => None,
    }
}

#[test]
fn who_received_is_what_the_stream_says_of_every_customer() {
    let town = town(10, 120);
    let events = decoded(&town);
    let mut seen = BTreeSet::new();
    for n in 0..town.customers {
        let customer = town.customer(n);
        let own = |event: &Event| {
            event.subject_ref == customer.subject_ref
                || customer.device_ref.as_ref() == Some(&event.subject_ref)
        };
        let scanned: Vec<_> = events
            .iter()
            .filter(|(_, event)| own(event))
            .filter_map(|(out, event)| {
                let (recipient, case) = outflow(event)?;
                let id = event.event_id.clone();
                Some((
                    out.occurred_at_ms,
                    id,
                    event.subject_ref.clone(),
                    recipient,
                    case,
                ))
            })
            .collect();
        let known: Vec<_> = town
            .who_received(n)
            .into_iter()
            .map(|e| {
                let (id, recipient) = (e.event_id.to_vec(), e.recipient_id.to_owned());
                seen.insert((recipient.clone(), e.subject_ref == customer.subject_ref));
                (e.occurred_at_ms, id, e.subject_ref, recipient, e.case)
            })
            .collect();
        assert_eq!(known, scanned, "customer {n}");
    }
    assert_eq!(
        seen.iter().filter(|(_, own)| *own).count(),
        18,
        "every recipient received"
    );
    assert!(
        seen.contains(&("sdk-fengche".to_owned(), false)),
        "before login too"
    );
}

#[test]
fn facts_are_what_the_stream_holds() {
    let town = town(11, 150);
    let facts = town.facts();
    let mut by_body = BTreeMap::new();
    for out in town.events() {
        *by_body.entry(body_number(&out)).or_default() += 1_u64;
    }
    assert_eq!(facts.by_body, by_body);
    assert_eq!(facts.events, by_body.values().sum::<u64>());
    assert!(by_body.len() > 45, "{} kinds of body", by_body.len());
    let mean = facts.events / town.customers;
    assert!((35..47).contains(&mean), "{mean} events a customer");
}

#[test]
fn a_customer_s_references_and_days_are_those_of_its_events() {
    let town = town(12, 40);
    let events = decoded(&town);
    for n in 0..town.customers {
        let customer = town.customer(n);
        let references: BTreeSet<_> = [Some(customer.subject_ref.clone())]
            .into_iter()
            .chain([customer.device_ref.clone(), customer.consignee_ref.clone()])
            .flatten()
            .collect();
        let own = events
            .iter()
            .filter(|(_, event)| references.contains(&event.subject_ref));
        let times: Vec<_> = own.map(|(out, _)| out.occurred_at_ms).collect();
        assert_eq!(times.len(), customer.events);
        assert_eq!(times.first(), Some(&customer.first_event_ms));
        assert_eq!(times.last(), Some(&customer.last_event_ms));
        let linked = events.iter().any(|(_, event)| match &event.body {
            Some(Body::SubjectLinked(link)) => {
                event.subject_ref == customer.subject_ref
                    && Some(&link.other_ref) == customer.device_ref.as_ref()
            }
            _ => false,
        });
        assert_eq!(linked, customer.device_ref.is_some());
    }
}

/// The basis of an event that rests on one, with its purpose, categories and recipient.
fn rests_on(event: &Event) -> Option<(&Basis, i32, &[i32], Option<&str>)> {
    match event.body.as_ref()? {
        Body::DataShared(b) => Some((
            b.basis.as_ref()?,
            b.purpose,
            &b.categories,
            Some(&b.recipient_id),
        )),
        Body::DataCollected(b) => Some((b.basis.as_ref()?, b.purpose, &b.categories, None)),
        Body::DataReceivedFromThirdParty(b) => Some((
            b.basis.as_ref()?,
            b.purpose,
            &b.categories,
            Some(&b.provider_id),
        )),
        _ => None,
    }
}

#[test]
fn whatever_rests_on_consent_has_one_in_force_that_covers_it() {
    let mut in_force = HashMap::new();
    let mut checked = 0;
    for (_, event) in decoded(&town(13, 300)) {
        match event.body.clone().unwrap() {
            Body::ConsentGranted(consent) => {
                let holder = event.subject_ref.clone();
                in_force.insert(consent.consent_id.clone(), (holder, consent));
            }
            Body::ConsentWithdrawn(consent) => {
                assert!(in_force.remove(&consent.consent_id).is_some());
            }
            _ => {}
        }
        let Some((basis, purpose, categories, recipient)) = rests_on(&event) else {
            continue;
        };
        if basis.kind() == BasisKind::BaConsent {
            let (holder, consent) = &in_force[&basis.consent_id];
            assert_eq!(*holder, event.subject_ref);
            assert!(consent.purposes.contains(&purpose), "{consent:?} {purpose}");
            assert!(
                categories.iter().all(|c| consent.categories.contains(c)),
                "{consent:?}"
            );
            let named = |to: &str| consent.recipient_ids.iter().any(|id| id == to);
            assert!(recipient.is_none_or(named), "{consent:?} {recipient:?}");
            checked += 1;
        }
    }
    assert!(checked > 1000);
}

#[test]
fn recipients_are_registered_for_what_they_are_given_and_causes_come_first() {
    let mut allowed: HashMap<String, Vec<(i32, Vec<i32>)>> = HashMap::new();
    let mut ids = BTreeSet::new();
    for (_, event) in decoded(&town(14, 200)) {
        if !event.causation_id.is_empty() {
            assert!(ids.contains(&event.causation_id));
        }
        ids.insert(event.event_id.clone());
        match event.body.unwrap() {
            Body::RecipientRegistered(b) => {
                let uses = b
                    .allowed_uses
                    .into_iter()
                    .map(|u| (u.purpose, u.categories));
                allowed.insert(b.recipient_id, uses.collect());
            }
            Body::DataShared(b) => {
                let uses = &allowed[&b.recipient_id];
                let covers = |(purpose, categories): &(i32, Vec<i32>)| {
                    *purpose == b.purpose && b.categories.iter().all(|c| categories.contains(c))
                };
                assert!(uses.iter().any(covers), "{b:?}");
            }
            _ => {}
        }
    }
}

#[test]
fn producers_emit_only_what_they_are_registered_for() {
    let town = town(15, 200);
    for events in [town.events(), town.events_with_faults()] {
        let mut registered: HashMap<String, Vec<u32>> = HashMap::new();
        for out in events {
            let event = Event::decode(&out.value[..]).unwrap();
            if let Some(Body::ProducerRegistered(b)) = &event.body {
                registered.insert(b.producer_name.clone(), b.event_types.clone());
            }
            if !registered.is_empty() && event.producer != "platform" {
                let emits = &registered[&event.producer];
                assert!(emits.contains(&body_number(&out)), "{event:?}");
            }
        }
    }
}

/// RFC 6962's root, by its definition.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => custodia_core::tree::empty_root(),
        [leaf] => *leaf,
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            node_hash(&naive_root(&leaves[..half]), &naive_root(&leaves[half..]))
        }
    }
}

#[test]
fn the_breach_touches_those_whose_data_moved_under_the_leaked_credential() {
    let town = town(16, 400);
    let events = decoded(&town);
    let bodies = || {
        events
            .iter()
            .filter_map(|(out, event)| Some((out, event.body.as_ref()?)))
    };
    let incident = bodies().find_map(|(_, body)| match body {
        Body::IncidentDetected(b) => Some(b.clone()),
        _ => None,
    });
    let incident = incident.unwrap();
    let ms = |at: &prost_types::Timestamp| at.seconds * 1000 + i64::from(at.nanos) / 1_000_000;
    let window = ms(&incident.window_from.unwrap())..ms(&incident.window_until.unwrap());
    let leaked = &incident.credential_fingerprints[0];
    let exposed: BTreeSet<_> = bodies()
        .filter_map(|(out, body)| match body {
            Body::DataShared(b) if window.contains(&out.occurred_at_ms) => {
                let fingerprint = &b.access.as_ref()?.credential_fingerprint;
                (fingerprint == leaked).then(|| String::from_utf8(out.key.clone()).unwrap())
            }
            _ => None,
        })
        .collect();
    let notified = bodies().filter(|(_, body)| matches!(body, Body::SubjectNotified(_)));
    let notified: BTreeSet<_> = notified
        .map(|(out, _)| String::from_utf8(out.key.clone()).unwrap())
        .collect();
    let affected = town.facts().affected;
    assert!(affected.len() > 5);
    assert_eq!(affected, exposed.into_iter().collect::<Vec<_>>());
    assert_eq!(affected, notified.into_iter().collect::<Vec<_>>());
    let leaves: Vec<_> = affected
        .iter()
        .map(|reference| leaf_hash(reference.as_bytes()))
        .collect();
    assert!(bodies().any(|(_, body)| match body {
        Body::AffectedSubjectsIdentified(b) => {
            b.subject_set_root_sha256 == naive_root(&leaves)
                && b.subject_count == Some(leaves.len() as u64)
        }
        _ => false,
    }));
}

#[test]
fn one_customer_is_disclosed_after_two_reviewed_it_and_the_merged_are_transferred() {
    let town = town(17, 200);
    let facts = town.facts();
    let (mut reviewers, mut disclosed, mut transferred) = (BTreeSet::new(), None, 0);
    for (_, event) in decoded(&town) {
        match event.body.unwrap() {
            Body::DisclosureReviewed(b) => reviewers.extend(b.reviewer_refs),
            Body::DataDisclosed(_) => {
                assert_eq!(reviewers.len(), 2);
                assert_eq!(disclosed.replace(event.subject_ref), None);
            }
            Body::DataTransferred(_) => transferred += 1,
            _ => {}
        }
    }
    let named = town.customer(facts.subpoenaed.unwrap()).subject_ref;
    assert_eq!(disclosed, Some(named));
    let merged = facts.merged.end - facts.merged.start;
    assert!(
        transferred > 0 && transferred <= merged,
        "{transferred} of {merged}"
    );
}

#[test]
fn the_town_s_policy_is_published_whole_and_without_errors() {
    let events = decoded(&town(1, 5)).into_iter();
    let published = events.filter_map(|(_, event)| match event.body {
        Some(Body::PolicyVersionPublished(said)) => Some(said),
        _ => None,
    });
    let published: Vec<_> = published.collect();
    let [said] = &published[..] else {
        panic!("{} versions", published.len());
    };
    let document = Document::try_from(said).unwrap();
    assert_eq!(document.policy.policy.id, POLICY_VERSION);
    let remarks = check(&document.policy, Some(&document.policy_text()));
    assert!(!has_errors(&remarks), "{remarks:?}");
}
