//! Answers while Kafka can't be reached.

use custodia_core::approval::{Approval, Deed, Persons, Request};
use custodia_core::note::SignerKey;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{LedgerQueried, PersonRegistered, PersonRetired, PersonRole};

use super::super::*;
use super::town::{LI, OTHER, Town, WANG, asking};
use crate::keys::{PENDING_LOOKS, erased_subject};

const ASKER: &str = "ebcdefghijklmnopqrstuv2345";
const FIRST: &str = "fbcdefghijklmnopqrstuv2345";
const SECOND: &str = "gbcdefghijklmnopqrstuv2345";

fn glass(id: &str) -> Glass {
    Glass {
        id: id.into(),
        approvals: [(FIRST, 1), (SECOND, 2)]
            .map(|(person, seed)| approval(&request(id), person, seed).note)
            .to_vec(),
    }
}

fn request(id: &str) -> Request {
    let ledger = "ledger.example".parse().unwrap();
    glass_request(&ledger, ASKER, "the question", id, 1_000)
}

fn approval(request: &Request, person: &str, seed: u8) -> GivenApproval {
    let note = Approval::sign(request, person, &[seed; 32]).unwrap().note();
    let name = format!("{person}.approval");
    GivenApproval { name, note }
}

fn who(town: &Town, subject: &str, glass: Option<Glass>) -> Result<WhoAnswer, Error> {
    let asking = Asking { glass, ..asking() };
    let question = WhoQuestion {
        subject: subject.into(),
        ..WhoQuestion::default()
    };
    town.desk().who(&asking, &question)
}

fn look_of(event: &custodia_core::schema::v1::Event) -> &LedgerQueried {
    match &event.body {
        Some(Body::LedgerQueried(look)) => look,
        other => panic!("{other:?}"),
    }
}

/// Whether what waits beside the keys holds these bytes.
fn waits_in_clear(town: &Town, bytes: &[u8]) -> bool {
    let facts = town.keys().facts(b"").unwrap();
    let mut values = facts.iter().flat_map(|(name, value)| [name, value]);
    values.any(|value| value.windows(bytes.len()).any(|some| some == bytes))
}

fn town() -> Town {
    let mut town = Town::new();
    town.share(LI, "courier-1", 1, 1_000);
    town.share(WANG, "courier-1", 2, 1_000);
    town
}

#[test]
fn without_two_peoples_word_there_is_no_answer_while_kafka_is_away() {
    let town = town();
    town.reach(false);
    assert_eq!(who(&town, LI, None).unwrap_err().code(), "CU-0554");
    assert_eq!(town.pending().count().unwrap(), 0);
}

#[test]
fn where_kafka_refuses_the_look_no_word_helps() {
    let town = town();
    town.refuse_looks();
    let refused = who(&town, LI, Some(glass("r-1"))).unwrap_err();
    assert_eq!(refused.code(), "CU-0554");
    assert_eq!(town.pending().count().unwrap(), 0);
}

#[test]
fn where_kafka_takes_the_look_the_glass_stays_whole() {
    let town = town();
    who(&town, LI, Some(glass("r-1"))).unwrap();
    let looks = town.looks();
    let look = look_of(&looks[0].1);
    assert_eq!((look.break_glass, look.approvals.len()), (None, 0));
    assert_eq!(town.pending().count().unwrap(), 0);
    town.desk().refuse_used(&glass("r-1")).unwrap();
}

#[test]
fn the_look_waits_sealed_and_is_published_once_as_it_was_made() {
    let town = town();
    town.reach(false);
    let answer = who(&town, LI, Some(glass("r-1"))).unwrap();
    assert_eq!(answer.rows.len(), 1);
    assert!(town.looks().is_empty());
    assert_eq!(town.pending().count().unwrap(), 1);
    assert_eq!(
        (town.pending().newly_kept(), town.pending().newly_kept()),
        (1, 0)
    );
    for secret in [LI, ASKER, FIRST, "r-1"] {
        assert!(!waits_in_clear(&town, secret.as_bytes()), "{secret}");
    }
    // It counted once, and does not stand for the same question again.
    for again in [None, Some(glass("r-1"))] {
        let code = again.as_ref().map_or("CU-0554", |_| "CU-0995");
        assert_eq!(who(&town, LI, again).unwrap_err().code(), code);
    }
    let used = town.desk().refuse_used(&glass("r-1")).unwrap_err();
    assert_eq!(used.code(), "CU-0995");
    let kept = town.publish_pending().unwrap_err();
    assert_eq!(kept.code(), "CU-0554");
    who(&town, WANG, Some(glass("r-2"))).unwrap();
    assert_eq!(town.pending().count().unwrap(), 2);

    town.reach(true);
    assert_eq!(town.publish_pending().unwrap(), 2);
    assert_eq!(town.publish_pending().unwrap(), 0);
    let looks = town.looks();
    let keys: Vec<&str> = looks.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, [LI, WANG]);
    for ((key, event), id) in looks.iter().zip(["r-1", "r-2"]) {
        assert!(Town::is_accepted_look(key, event));
        assert_eq!(event.subject_ref, *key);
        let look = look_of(event);
        assert_eq!(look.break_glass, Some(true));
        assert_eq!(look.approvals, glass(id).approvals);
        assert_eq!(look.principal_ref, ASKER);
    }
}

#[test]
fn what_kafka_took_without_saying_so_goes_out_again_with_the_same_id() {
    let town = town();
    town.reach(false);
    who(&town, LI, Some(glass("r-1"))).unwrap();
    let waiting = town.keys().facts(b"pending look ").unwrap().remove(0);
    town.reach(true);
    town.publish_pending().unwrap();
    // As after a kill between Kafka's word and the note of it.
    let name = [b"pending look ".as_slice(), &waiting.0].concat();
    town.keys()
        .keep_facts(&[(&name, Some(&waiting.1))])
        .unwrap();
    town.publish_pending().unwrap();
    let looks = town.looks();
    assert_eq!(looks.len(), 2);
    assert_eq!(looks[0], looks[1]);
}

#[test]
fn whoever_is_erased_meanwhile_is_published_as_the_digest() {
    let town = town();
    town.reach(false);
    who(&town, LI, Some(glass("r-1"))).unwrap();
    who(&town, WANG, Some(glass("r-2"))).unwrap();
    let digest = erased_subject(LI);
    let before = town.keys().current(PENDING_LOOKS, &digest).unwrap();
    town.keys().remember(&digest, 0).unwrap();
    town.keys().shred_pending(&digest).unwrap();
    let (locator, _) = before.unwrap();
    let key = town.keys().find_located(PENDING_LOOKS, &locator).unwrap();
    assert!(key.is_none(), "the key that seals whom it is at is gone");
    // One at somebody who is erased already is so from the first.
    who(&town, LI, Some(glass("r-3"))).unwrap();

    town.reach(true);
    assert_eq!(town.publish_pending().unwrap(), 3);
    for (place, (_, event)) in town.looks().iter().enumerate() {
        let erased = place != 1;
        let look = look_of(event);
        assert_eq!(look.break_glass, Some(true));
        assert_eq!(event.subject_ref, if erased { "" } else { WANG });
        let expected = if erased { digest.to_vec() } else { Vec::new() };
        assert_eq!(look.erased_subject_blake3, expected);
    }
}

#[test]
fn an_approval_that_only_the_access_log_knows_of_is_refused() {
    let mut town = town();
    town.reach(false);
    who(&town, LI, Some(glass("r-1"))).unwrap();
    town.reach(true);
    town.publish_pending().unwrap();
    let (key, event) = town.looks().remove(0);
    let mut other = super::town::Town::new();
    other.desk().refuse_used(&glass("r-1")).unwrap();
    other.append_access(&key, &event);
    let used = other.desk().refuse_used(&glass("r-1")).unwrap_err();
    assert_eq!(used.code(), "CU-0995");
    other.desk().refuse_used(&glass("r-2")).unwrap();
    town.append_access(&key, &event);
}

#[test]
fn a_look_that_waits_and_was_changed_is_named_and_stays() {
    let town = town();
    town.reach(false);
    who(&town, LI, Some(glass("r-1"))).unwrap();
    town.reach(true);
    let (number, value) = town.keys().facts(b"pending look ").unwrap().remove(0);
    let name = [b"pending look ".as_slice(), &number].concat();
    for place in [0, 1, 6, value.len() - 1] {
        let mut spoilt = value.clone();
        spoilt[place] ^= 1;
        town.keys().keep_facts(&[(&name, Some(&spoilt))]).unwrap();
        let error = town.publish_pending().unwrap_err();
        assert_eq!(error.code(), "CU-1022", "byte {place}");
    }
    assert!(town.looks().is_empty());
    town.keys().keep_facts(&[(&name, Some(&value))]).unwrap();
    assert_eq!(town.publish_pending().unwrap(), 1);
}

fn persons() -> Persons {
    let registered = |person: &str, seed, role: PersonRole| {
        let key = SignerKey::from_seed("k", &[seed; 32]).unwrap();
        Body::PersonRegistered(PersonRegistered {
            person_ref: person.into(),
            role: role.into(),
            public_key: key.verifier().public().to_vec(),
            ..PersonRegistered::default()
        })
    };
    let said = [
        registered(FIRST, 1, PersonRole::PrLegal),
        registered(SECOND, 2, PersonRole::PrIncidentResponder),
        registered(OTHER, 3, PersonRole::PrCustomerService),
        registered(WANG, 4, PersonRole::PrLegal),
        Body::PersonRetired(PersonRetired {
            person_ref: WANG.into(),
            retired_at: Some(prost_types::Timestamp::default()),
            ..PersonRetired::default()
        }),
    ];
    Persons::fold(said.iter().map(|body| (body, 0)))
}

#[test]
fn what_is_not_two_other_peoples_word_on_this_question_breaks_no_glass() {
    let ledger = "ledger.example".parse().unwrap();
    let check = |given: &[GivenApproval], spelt: &str, now_ms| {
        Glass::of(given, (&ledger, ASKER), spelt, &persons(), now_ms)
    };
    let refused = |given: &[GivenApproval], spelt: &str, now_ms| {
        check(given, spelt, now_ms).unwrap_err().code().to_owned()
    };
    let good = request("r-1");
    let by = |person, seed| approval(&good, person, seed);
    let both = [by(FIRST, 1), by(SECOND, 2)];
    let word = check(&both, "the question", 999).unwrap();
    assert_eq!(word, glass("r-1"));
    assert_eq!(refused(&both, "another question", 999), "CU-0990");
    assert_eq!(refused(&both, "the question", 1_000), "CU-0992");
    assert_eq!(refused(&both[..1], "the question", 0), "CU-0994");
    assert_eq!(refused(&[], "the question", 0), "CU-0994");
    let twice = [by(FIRST, 1), by(FIRST, 1)];
    assert_eq!(refused(&twice, "the question", 0), "CU-0983");
    let agent = [by(FIRST, 1), by(OTHER, 3)];
    assert_eq!(refused(&agent, "the question", 0), "CU-0987");
    let retired = [by(FIRST, 1), by(WANG, 4)];
    assert_eq!(refused(&retired, "the question", 0), "CU-0985");
    let foreign = [by(FIRST, 1), by(SECOND, 9)];
    assert_eq!(refused(&foreign, "the question", 0), "CU-0993");
    let deed = Request {
        deed: Deed::Extract,
        ..good.clone()
    };
    let deed = [by(FIRST, 1), approval(&deed, SECOND, 2)];
    assert_eq!(refused(&deed, "the question", 0), "CU-0989");
    let other = [by(FIRST, 1), approval(&request("r-2"), SECOND, 2)];
    assert_eq!(refused(&other, "the question", 0), "CU-0991");
    // The asker's own word: signed as if another had asked.
    let own = Request {
        asker: LI.into(),
        ..good.clone()
    };
    let own = [by(FIRST, 1), approval(&own, ASKER, 2)];
    assert_eq!(refused(&own, "the question", 0), "CU-0991");
}
