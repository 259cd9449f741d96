//! However leaves come and whenever the assessor looks, the rows are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::super::*;
use super::town::{
    LI, OTHER, Said, Town, WANG, ask, asking, attest, demand, face, fulfil, link, notify, register,
    report_egress, share,
};

/// Everything that happens, in one order.
fn story() -> Vec<Said> {
    let numbered = |said: Said, seq: u64| Said {
        seq: Some(seq),
        ..said
    };
    let elsewhere = |said: Said| Said { lane: 1, ..said };
    vec![
        numbered(share(LI, "courier-1", 90), 1),
        numbered(share(WANG, "courier-2", 80), 2),
        elsewhere(numbered(share(WANG, "courier-1", 70), 1)),
        // The numbers 3 to 5 are missing, and 4 comes late.
        numbered(ask(LI, "r-1", 60), 6),
        numbered(fulfil(LI, "r-1", 40), 4),
        ask(OTHER, "r-2", 50),
        elsewhere(fulfil(OTHER, "r-2", 49)),
        link(WANG, OTHER),
        register("courier-1", 100),
        register("courier-2", 75),
        attest(85),
        face(LI, 99_999, 30),
        face(WANG, 100_000, 20),
        elsewhere(face(OTHER, 200_000, 25)),
        notify(LI, "incident-1", 10),
        elsewhere(notify(WANG, "incident-1", 9)),
        report_egress("courier-1", 5),
        share(LI, "courier-1", 5),
    ]
}

#[test]
fn every_event_of_the_story_is_accepted() {
    let mut town = Town::new();
    for said in story() {
        let lane = said.lane;
        town.put(said);
        town.must_be_accepted(lane);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Also where the assessor stops between two writes and another one goes on.
    #[test]
    fn going_along_and_made_anew_are_the_same_bytes(
        order in Just((0..18usize).collect::<Vec<_>>()).prop_shuffle(),
        steps in prop::collection::vec(0..9usize, 18),
    ) {
        let story = story();
        prop_assert_eq!(story.len(), order.len());
        let mut town = Town::new();
        let store = town.store("along");
        let mut assessor = town.assessor(&store);
        for (place, steps) in order.iter().zip(&steps) {
            town.put(story[*place].clone());
            for _ in 0..*steps {
                assessor.step().unwrap();
            }
            if steps % 3 == 1 {
                drop(assessor);
                assessor = town.assessor(&store);
            }
        }
        while assessor.step().unwrap() {}
        let anew = town.anew("anew");
        prop_assert!(!store.dump().is_empty());
        prop_assert_eq!(difference(&store, &anew), Vec::<String>::new());
    }
}

/// The keys of rows that are in one store alone, or differ.
pub(super) fn difference(one: &FindingsStore, other: &FindingsStore) -> Vec<String> {
    let rows = [one, other].map(|store| store.dump().into_iter().collect::<BTreeMap<_, _>>());
    let keys: BTreeSet<_> = rows.iter().flat_map(BTreeMap::keys).collect();
    let differing = keys
        .into_iter()
        .filter(|key| rows[0].get(*key) != rows[1].get(*key));
    differing.map(hex::encode).collect()
}

#[test]
fn what_is_kept_is_what_each_person_is_told() {
    let mut town = Town::new();
    town.tell(story());
    let store = town.anew("findings");
    let desk = town.desk(keeping(&store));
    let kept = FindingsQuestion {
        mended: true,
        ..FindingsQuestion::default()
    };
    let all = desk.findings(&asking(), &kept).unwrap();
    let mut of_people = 0;
    for subject in [LI, WANG, OTHER] {
        let question = FindingsQuestion {
            subject: Some(subject.into()),
            ..kept.clone()
        };
        let told = desk.findings(&asking(), &question).unwrap();
        let is_own = |one: &&ShownFinding| match &one.finding.about {
            custodia_core::assess::About::Subject(about) => {
                about == subject || told.linked.contains(about)
            }
            _ => false,
        };
        let own: Vec<_> = all.findings.iter().filter(is_own).cloned().collect();
        assert_eq!(told.findings, own, "{subject}");
        of_people += own.len();
    }
    // Of Li a share before anything was attested, and a late answer; of Wang, asked about as either
    // reference, a share before its recipient was registered.
    assert_eq!(of_people, 2 + 2);
    assert!(!all.under_way && all.known && !all.more);
}

fn keeping(store: &Arc<FindingsStore>) -> Keeping {
    Keeping::On(KeptFindings {
        store: Arc::clone(store),
        progress: Arc::default(),
    })
}

#[test]
fn other_rules_make_everything_anew() {
    let mut town = Town::new();
    town.tell(story());
    let store = town.anew("findings");
    let before = store.dump();
    let mut other = town.assessor_of(&store, [2; 32]);
    assert!(store.dump().is_empty(), "what other rules said is gone");
    assert!(!other.progress().wait(|_| true, std::time::Duration::ZERO));
    while other.step().unwrap() {}
    assert!(other.progress().wait(|_| true, std::time::Duration::ZERO));
    assert_eq!(store.dump(), before);
    let mut same = town.assessor_of(&store, [2; 32]);
    assert!(!same.step().unwrap(), "nothing is new");
}

#[test]
fn no_reference_and_no_id_stands_in_clear() {
    let mut town = Town::new();
    town.tell(story());
    let store = town.anew("findings");
    let words = [
        LI,
        WANG,
        OTHER,
        "courier-1",
        "incident-1",
        "shop",
        "unregistered",
    ];
    for (key, value) in store.dump() {
        for word in words {
            let within = |bytes: &[u8]| bytes.windows(word.len()).any(|at| at == word.as_bytes());
            assert!(!within(&key) && !within(&value), "{word} in {key:?}");
        }
    }
}

#[test]
fn who_has_too_many_references_is_said_to_be_unjudged() {
    let mut town = Town::new();
    let other = |number: u8| {
        let letter = |digit: u8| char::from(b'a' + digit % 26);
        format!("{}{}{}", letter(number / 26), letter(number), &LI[2..])
    };
    for number in 0..70 {
        town.put(link(LI, &other(number)));
    }
    let store = town.anew("findings");
    let desk = town.desk(keeping(&store));
    let question = FindingsQuestion {
        rule: Some(0),
        ..FindingsQuestion::default()
    };
    let answer = desk.findings(&asking(), &question).unwrap();
    assert!(answer.findings.len() >= 70, "{}", answer.findings.len());
    let one = &answer.findings[0];
    assert_eq!(one.code, "R00");
    assert_eq!(one.finding.cause, "too_many_references");
    assert!(one.finding.sentence.en.contains("CU-0860"));
}

#[test]
fn an_authority_s_demand_names_a_person_and_is_no_event_of_theirs() {
    let mut town = Town::new();
    town.put(share(LI, "courier-1", 3));
    town.put(demand(LI, "case-1", 2));
    town.must_be_accepted(2);
    town.put(demand(WANG, "case-2", 2));
    let view = town.view();
    let from = view.standpoint(None, None).unwrap();
    let kinds_of = |subject: &str| -> Vec<u32> {
        let person = gather::person(&from, subject).unwrap();
        assert!(person.known);
        let Ok(timeline) = person.timeline else {
            panic!("{subject} is judged");
        };
        timeline.iter().map(|one| one.kind).collect()
    };
    assert_eq!(kinds_of(LI), [200]);
    assert!(kinds_of(WANG).is_empty());
}
