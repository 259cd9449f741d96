//! Questions to a small ledger: one log of each topic.

mod restricting;
mod signatures;
mod town;

use custodia_core::note::SignerKey;
use custodia_core::schema::v1::AccessReason;
use custodia_core::schema::v1::event::Body;
use custodia_core::tree::leaf_hash;

use super::*;
use town::{LI, OTHER, Town, WANG, asking, shared};

#[test]
fn who_says_each_outflow_with_its_recipient_and_ground() {
    let mut town = Town::new();
    town.register("courier-1", "快递公司", 100);
    town.share(LI, "courier-1", 1, 1_000);
    town.share(WANG, "courier-1", 2, 2_000);
    let answer = town.who(LI).unwrap();
    assert!(answer.known && answer.quarantined.is_empty() && answer.linked.is_empty());
    let [row] = answer.rows.as_slice() else {
        panic!("{answer:?}")
    };
    let recipient = row.recipient.as_ref().unwrap();
    assert_eq!(recipient.name.as_deref(), Some("快递公司"));
    assert_eq!(
        (recipient.id.as_str(), recipient.standing.as_str()),
        ("courier-1", "registered")
    );
    assert_eq!(recipient.kind.as_ref().unwrap().value, "AC_COURIER");
    assert_eq!(row.case.as_ref().unwrap().value, "SH_03_GOODS_DELIVERY");
    assert_eq!(row.categories[0].value, "DC_CONSIGNEE_NAME");
    let basis = row.basis.as_ref().unwrap();
    assert_eq!(basis.contract_ref.as_deref(), Some("order-1"));
    assert_eq!(
        (row.time, row.record_time),
        (Some(town::time(1_000)), Some(town::time(1_000)))
    );
    assert_eq!((row.log.as_str(), row.index), (town::EVENTS, 0));
    assert_eq!(
        (row.verdict.verdict.as_str(), row.erased),
        ("accepted", false)
    );
    assert_eq!(
        answer.unknowns,
        [Unknown {
            what: "producer".into(),
            id: "shop".into()
        }]
    );
}

#[test]
fn a_duplicate_is_shown_with_the_event_that_it_repeats() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    town.share(LI, "courier-1", 1, 1_000);
    let answer = town.who(LI).unwrap();
    assert_eq!(answer.rows.len(), 1);
    assert_eq!(answer.rows[0].repeated_at, [1]);
}

#[test]
fn what_is_quarantined_is_shown_apart_with_its_reason() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    town.append_events(LI, b"\xff\xff not an envelope", 2_000);
    let mut bad = shared("courier-1");
    bad.purpose = 0;
    town.put(LI, Body::DataShared(bad), 2, 3_000);
    let answer = town.who(LI).unwrap();
    assert_eq!(answer.rows.len(), 1);
    let reasons: Vec<_> = answer
        .quarantined
        .iter()
        .map(|row| row.verdict.reason.clone().unwrap())
        .collect();
    assert_eq!(reasons, ["not_an_envelope", "missing_field"]);
    assert_eq!(answer.quarantined[0].event, None);
}

#[test]
fn an_answer_as_of_a_time_or_cut_holds_what_was_known_then() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    let before = town.who(LI).unwrap();
    town.share(LI, "courier-2", 2, 5_000);
    assert_eq!(town.who(LI).unwrap().rows.len(), 2);
    let by_cut = town.ask(LI, Some(&before.cut.digest), None).unwrap();
    assert_eq!((by_cut.rows, by_cut.cut), (before.rows.clone(), before.cut));
    let time = town::time(4_999).to_string();
    assert_eq!(town.ask(LI, Some(&time), None).unwrap().rows, before.rows);
    let unknown = town.ask(LI, Some(&"0".repeat(64)), None);
    assert!(matches!(unknown, Err(Error::UnknownCut(_))), "{unknown:?}");
}

#[test]
fn an_answer_at_a_time_holds_what_had_happened() {
    let mut town = Town::new();
    town.share_late(LI, "courier-1", 1, 1_000, 9_000);
    town.share(LI, "courier-2", 2, 9_500);
    let answer = town.ask(LI, None, Some(town::time(1_000))).unwrap();
    assert_eq!(answer.rows.len(), 1);
    assert_eq!(answer.rows[0].time, Some(town::time(1_000)));
    assert!(
        town.ask(LI, None, Some(town::time(999)))
            .unwrap()
            .rows
            .is_empty()
    );
}

#[test]
fn links_are_followed_both_ways_and_in_circles() {
    let mut town = Town::new();
    town.link(LI, WANG, 1);
    town.link(WANG, OTHER, 2);
    town.link(OTHER, LI, 3);
    town.share(OTHER, "courier-1", 4, 4_000);
    for (asked, linked) in [
        (LI, [WANG, OTHER]),
        (WANG, [LI, OTHER]),
        (OTHER, [LI, WANG]),
    ] {
        let answer = town.who(asked).unwrap();
        let mut linked = linked.map(str::to_owned);
        linked.sort();
        assert_eq!(answer.linked, linked);
        assert_eq!(answer.rows.len(), 1);
        assert_eq!(answer.rows[0].subject, OTHER);
    }
    let keys: std::collections::BTreeSet<_> =
        town.looks().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, [LI, WANG, OTHER].map(str::to_owned).into());
}

#[test]
fn a_recipients_name_is_the_one_at_the_cut() {
    let mut town = Town::new();
    town.register("courier-1", "旧名", 100);
    town.share(LI, "courier-1", 1, 1_000);
    let before = town.who(LI).unwrap();
    town.rename("courier-1", "新名", 2_000);
    let name = |answer: &WhoAnswer| answer.rows[0].recipient.clone().unwrap().name.unwrap();
    assert_eq!(name(&town.who(LI).unwrap()), "新名");
    assert_eq!(
        name(&town.ask(LI, Some(&before.cut.digest), None).unwrap()),
        "旧名"
    );
    assert_eq!(
        name(&town.ask(LI, None, Some(town::time(1_999))).unwrap()),
        "旧名"
    );
}

#[test]
fn what_a_later_generation_of_the_registry_says_comes_later() {
    let nine = "ledger.example/custodia.registry/0/9";
    let ten = "ledger.example/custodia.registry/0/10";
    let mut town = Town::with_registries(&[nine, ten]);
    town.register("courier-1", "旧名", 100);
    town.share(LI, "courier-1", 1, 1_000);
    town.open_next_registry();
    town.rename("courier-1", "新名", 2_000);
    let answer = town.who(LI).unwrap();
    let recipient = answer.rows[0].recipient.as_ref().unwrap();
    assert_eq!(recipient.name.as_deref(), Some("新名"));
}

#[test]
fn a_retired_producer_is_said_to_be_one_from_then_on() {
    let mut town = Town::new();
    town.register_producer(vec![200], 10);
    town.share(LI, "courier-1", 1, 1_000);
    town.retire_producer(1_500);
    town.share(LI, "courier-1", 2, 2_000);
    let standings: Vec<_> = town
        .who(LI)
        .unwrap()
        .rows
        .into_iter()
        .map(|row| row.producer.unwrap().standing)
        .collect();
    assert_eq!(standings, ["registered", "retired"]);
}

#[test]
fn an_answer_leaves_only_after_a_look_under_the_person() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    let answer = town.who(LI).unwrap();
    let looks = town.looks();
    let [(key, event)] = looks.as_slice() else {
        panic!("{looks:?}")
    };
    assert_eq!((key.as_str(), event.subject_ref.as_str()), (LI, LI));
    let Some(Body::LedgerQueried(look)) = &event.body else {
        panic!("{event:?}")
    };
    assert_eq!(look.row_count, Some(1));
    assert_eq!(hex::encode(&look.cut_sha256), answer.cut.digest);
    assert_eq!(look.principal_ref, asking().principal.employee);
    assert_eq!(look.reason(), AccessReason::ArRightsRequest);
    assert!(!look.query.contains(LI));
    assert!(Town::is_accepted_look(key, event));
}

#[test]
fn without_an_acknowledged_look_there_is_no_answer() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    town.refuse_looks();
    let refused = town.who(LI).unwrap_err();
    assert!(matches!(refused, Error::LookNotRecorded(_)));
    assert_eq!(refused.code(), "CU-0554");
    assert!(town.timeline(Topic::Recipient("courier-1".into())).is_err());
}

#[test]
fn the_same_question_at_the_same_cut_needs_no_new_look_for_15_minutes() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    town.who(LI).unwrap();
    town.who(LI).unwrap();
    assert_eq!(town.looks().len(), 1);
    town.clock().advance(15 * 60 * 1000);
    town.who(LI).unwrap();
    assert_eq!(town.looks().len(), 2);
    town.share(LI, "courier-1", 2, 2_000);
    town.who(LI).unwrap();
    assert_eq!(town.looks().len(), 3, "another cut is another look");
}

#[test]
fn an_unknown_person_is_said_to_be_unknown_and_still_looked_at() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    let answer = town.who(WANG).unwrap();
    assert!(!answer.known && answer.rows.is_empty());
    assert_eq!(town.looks()[0].0, WANG);
}

#[test]
fn what_is_no_reference_is_refused_and_not_repeated() {
    let town = Town::new();
    let error = town.who("13800000000").unwrap_err();
    assert_eq!(error.code(), "CU-0550");
    assert!(!error.to_string().contains("138"));
    assert!(town.looks().is_empty());
}

#[test]
fn an_erased_person_shows_as_erased_and_is_looked_at_under_the_digest() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    town.order_erasure(LI, 2_000);
    town.shred(LI);
    let answer = town.who(LI).unwrap();
    assert!(answer.known && answer.rows.is_empty());
    assert_eq!(answer.erasures[0].event, "ErasureOrdered");
    let looks = town.looks();
    assert!(looks[0].1.subject_ref.is_empty());
    assert!(!looks[0].0.contains(LI));
}

#[test]
fn a_look_knows_who_is_erased_now_at_an_old_cut_and_beside_others() {
    let mut town = Town::new();
    town.link(LI, WANG, 1);
    town.share(WANG, "courier-1", 2, 2_000);
    let then = town.who(LI).unwrap().cut.digest;
    town.order_erasure(WANG, 3_000);
    town.shred(WANG);
    let before = town.looks().len();
    town.ask(LI, Some(&then), None).unwrap();
    town.who(LI).unwrap();
    let looks = &town.looks()[before..];
    let of_li: Vec<bool> = looks.iter().map(|(key, _)| key == LI).collect();
    assert_eq!(of_li.len(), 4);
    assert_eq!(of_li.iter().filter(|is| **is).count(), 2);
    assert!(looks.iter().all(|(key, look)| {
        key != WANG && look.subject_ref != WANG && (key == LI) == (look.subject_ref == LI)
    }));
}

#[test]
fn a_timeline_of_a_recipient_names_everyone_and_leaves_a_look_for_each() {
    let mut town = Town::new();
    town.share(WANG, "courier-1", 1, 1_000);
    town.share(LI, "courier-1", 2, 2_000);
    town.share(LI, "courier-2", 3, 3_000);
    let timeline = town.timeline(Topic::Recipient("courier-1".into())).unwrap();
    let people: Vec<_> = timeline
        .events
        .iter()
        .flat_map(|event| event.subjects.clone())
        .collect();
    assert_eq!(people, [WANG, LI]);
    assert_eq!(timeline.events[0].event.as_deref(), Some("DataShared"));
    let content = timeline.events[0].content.as_ref().unwrap();
    assert_eq!(content["data_shared"]["recipient_id"], "courier-1");
    let mut keys: Vec<_> = town.looks().into_iter().map(|(key, _)| key).collect();
    keys.sort();
    assert_eq!(keys, [LI, WANG]);
}

#[test]
fn a_timeline_keeps_to_its_period() {
    let mut town = Town::new();
    for (id, ms) in [(1, 1_000), (2, 2_000), (3, 3_000)] {
        town.share(LI, "courier-1", id, ms);
    }
    let question = TimelineQuestion {
        of: Topic::Subject(LI.into()),
        from: Some(town::time(2_000)),
        to: Some(town::time(2_000)),
        as_of: None,
        at: None,
    };
    let timeline = town.desk().timeline(&asking(), &question).unwrap();
    assert_eq!(
        timeline
            .events
            .iter()
            .map(|event| event.index)
            .collect::<Vec<_>>(),
        [1]
    );
}

#[test]
fn verdicts_are_counted_and_found_by_reason_producer_and_time() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    town.append_events(LI, b"nothing", 2_000);
    town.append_events(LI, b"nothing", 3_000);
    let ask = |question: VerdictsQuestion| town.desk().verdicts(&question).unwrap();
    let all = ask(VerdictsQuestion::default());
    assert_eq!(all.counts["accepted"], 1);
    assert_eq!(all.counts["not_an_envelope"], 2);
    assert_eq!(
        all.rows.iter().map(|row| row.index).collect::<Vec<_>>(),
        [1, 2]
    );
    let since = Some(town::time(3_000));
    let late = ask(VerdictsQuestion {
        since,
        ..VerdictsQuestion::default()
    });
    assert_eq!(
        late.rows.iter().map(|row| row.index).collect::<Vec<_>>(),
        [2]
    );
    let producer = Some("shop".to_owned());
    let shop = ask(VerdictsQuestion {
        producer,
        ..VerdictsQuestion::default()
    });
    assert_eq!((shop.counts.len(), shop.rows.len()), (1, 0));
    assert!(town.looks().is_empty(), "verdicts name nobody");
}

#[test]
fn a_receipt_proves_its_leaf_once_a_checkpoint_covers_it() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    let question = ReceiptQuestion {
        log: town::EVENTS.into(),
        index: 0,
    };
    let ask = || town.desk().receipt(&question);
    assert!(matches!(ask(), Err(Error::NotSigned { .. })));
    town.sign();
    let receipt = ask().unwrap();
    let read = custodia_core::receipt::Receipt::parse(receipt.tlog_proof.as_bytes()).unwrap();
    let key = SignerKey::from_seed(town::EVENTS, &[7; 32]).unwrap();
    let leaf = leaf_hash(&hex::decode(&receipt.entry).unwrap());
    assert_eq!(read.verify_with(&leaf, key.verifier()).unwrap().size, 1);
    let missing = ReceiptQuestion {
        index: 1,
        ..question.clone()
    };
    assert_eq!(town.desk().receipt(&missing).unwrap_err().code(), "CU-0558");
}

#[test]
fn answers_are_read_back_from_their_json() {
    let mut town = Town::new();
    town.register("courier-1", "快递公司", 100);
    town.share(LI, "courier-1", 1, 1_000);
    let answer = town.who(LI).unwrap();
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["rows"][0]["time"], "2023-11-14T22:13:21.000Z");
    assert_eq!(json["rows"][0]["verdict"]["verdict"], "accepted");
    assert_eq!(serde_json::from_value::<WhoAnswer>(json).unwrap(), answer);
}

#[test]
fn several_people_are_answered_together_and_a_wrong_line_in_its_place() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    town.share(LI, "courier-1", 2, 1_500);
    town.share(WANG, "courier-1", 3, 2_000);
    let answers = town.who_of(&[LI, "13800000000", OTHER, WANG]).unwrap();
    let [
        OfOne::Answer(li),
        OfOne::Refused(wrong),
        OfOne::Answer(other),
        OfOne::Answer(wang),
    ] = answers.as_slice()
    else {
        panic!("{answers:?}")
    };
    assert_eq!((li.rows.len(), other.known, wang.rows.len()), (2, false, 1));
    assert_eq!(wrong.code, "CU-0550");
    assert!(!wrong.message.contains("138"));
    let mut looks: Vec<_> = town.looks().into_iter().map(look_of).collect();
    looks.sort();
    assert_eq!(
        looks,
        [
            (LI.to_owned(), 2),
            (WANG.to_owned(), 1),
            (OTHER.to_owned(), 0)
        ]
    );
    let json = serde_json::to_value(&answers).unwrap();
    assert_eq!(serde_json::from_value::<Vec<OfOne>>(json).unwrap(), answers);
}

/// Whom a look is at, and how many rows it showed.
fn look_of((key, event): (String, custodia_core::schema::v1::Event)) -> (String, u64) {
    let Some(Body::LedgerQueried(look)) = event.body else {
        panic!("{key}")
    };
    (key, look.row_count.unwrap())
}

#[test]
fn of_several_people_nobody_is_answered_about_where_one_look_is_refused() {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    town.share(WANG, "courier-1", 2, 2_000);
    town.refuse_look_at(WANG);
    let refused = town.who_of(&[LI, WANG]).unwrap_err();
    assert!(matches!(refused, Error::LookNotRecorded(_)), "{refused}");
}

#[test]
fn linked_and_erased_people_are_looked_at_once_and_under_the_right_key() {
    let mut town = Town::new();
    town.link(LI, WANG, 1);
    town.share(WANG, "courier-1", 2, 2_000);
    town.share(OTHER, "courier-1", 3, 3_000);
    town.order_erasure(OTHER, 4_000);
    town.shred(OTHER);
    town.who_of(&[LI, WANG, OTHER, LI]).unwrap();
    let looks = town.looks();
    assert_eq!(looks.len(), 3);
    let of = |key: &str| looks.iter().find(|(found, _)| found == key).cloned();
    assert_eq!(look_of(of(WANG).unwrap()).1, 1, "shown twice, counted once");
    assert!(of(LI).is_some() && of(OTHER).is_none());
}

#[test]
fn a_timeline_of_a_credential_or_an_endpoint_has_what_moved_there() {
    let mut town = Town::new();
    let access = |endpoint: &str, credential: u8| {
        let access = custodia_core::schema::v1::Access {
            endpoint_ref: endpoint.into(),
            credential_fingerprint: vec![credential; 32],
            ..Default::default()
        };
        let mut body = shared("courier-1");
        body.access = Some(access);
        Body::DataShared(body)
    };
    town.put(LI, access("gateway-1", 0xab), 1, 1_000);
    town.put(WANG, access("gateway-2", 0xab), 2, 2_000);
    town.put(LI, access("gateway-1", 0xcd), 3, 3_000);
    let leaves = |topic: Topic| -> Vec<u64> {
        let timeline = town.timeline(topic).unwrap();
        timeline.events.iter().map(|event| event.index).collect()
    };
    assert_eq!(leaves(Topic::Credential("ab".repeat(32))), [0, 1]);
    assert_eq!(leaves(Topic::Credential("AB".repeat(32))), [0, 1]);
    assert_eq!(leaves(Topic::Endpoint("gateway-1".into())), [0, 2]);
    assert!(
        !town
            .timeline(Topic::Endpoint("gateway-3".into()))
            .unwrap()
            .known
    );
    let secret = town
        .timeline(Topic::Credential("s3cret".into()))
        .unwrap_err();
    assert_eq!(secret.code(), "CU-0564");
    assert!(!secret.to_string().contains("s3cret"));
}

#[test]
fn a_record_is_followed_from_kafka_to_its_receipt() {
    let mut town = Town::new();
    let place = |topic: &str, partition, offset| RecordPlace {
        topic: topic.into(),
        partition,
        offset,
    };
    let question = LandedQuestion {
        places: vec![
            place("custodia.events", 0, 0),
            place("custodia.events", 0, 1),
            place("custodia.events", 1, 0),
            place("elsewhere", 0, 0),
        ],
    };
    let ask = |town: &Town| town.desk().landed(&question).unwrap();
    let nowhere = [Landed::Nowhere, Landed::Nowhere];
    assert_eq!(ask(&town)[..2], [Landed::Unread, Landed::Unread]);
    assert_eq!(ask(&town)[2..], nowhere);
    town.share(LI, "courier-1", 1, 1_000);
    let unsigned = Landed::Unsigned {
        log: town::EVENTS.into(),
        index: 0,
    };
    assert_eq!(ask(&town)[..2], [unsigned, Landed::Unread]);
    town.sign();
    let leaf = ReceiptQuestion {
        log: town::EVENTS.into(),
        index: 0,
    };
    let receipt = town.desk().receipt(&leaf).unwrap();
    assert_eq!(ask(&town)[..2], [Landed::Signed(receipt), Landed::Unread]);
    let json = serde_json::to_value(ask(&town)).unwrap();
    assert_eq!(json[0]["state"], "signed");
    assert_eq!(
        serde_json::from_value::<Vec<Landed>>(json).unwrap(),
        ask(&town)
    );
    let many = LandedQuestion {
        places: vec![place("custodia.events", 0, 0); MOST_PLACES + 1],
    };
    assert_eq!(town.desk().landed(&many).unwrap_err().code(), "CU-0559");
    assert!(town.looks().is_empty(), "it names nobody");
}

#[test]
fn the_schema_knows_the_numbers_that_questions_name() {
    let name = |number| {
        custodia_core::schema::body_of(number)
            .unwrap()
            .name
            .as_str()
    };
    let names = received::OUTFLOWS.map(name);
    assert_eq!(names, ["DataShared", "DataTransferred", "DataDisclosed"]);
    assert_eq!(name(who::LINKED), "SubjectLinked");
}
