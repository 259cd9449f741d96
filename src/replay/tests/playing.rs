//! Timelines, played.

use custodia_core::replay::Item;

use super::*;
use crate::assess::tests::town::{
    LI, OTHER, WANG, ask, fulfil, link, notify, order_erasure, register, report_egress, share,
};

fn life() -> Vec<Said> {
    vec![
        register("courier-1", 35),
        ask(LI, "r-1", 40),
        share(LI, "courier-1", 50),
        share(LI, "courier-1", 30),
        switch(LI, true, 20),
        switch(LI, false, 10),
        fulfil(LI, "r-1", 2),
        share(WANG, "courier-1", 5),
    ]
}

#[test]
fn steps_are_in_the_order_of_happening_with_what_each_changes() {
    let kept = Kept::new(life());
    let replayed = kept.replay(&of(LI));
    assert!(replayed.known && replayed.has_state && replayed.begin.is_empty());
    let told: Vec<(i64, Option<String>, Vec<String>)> = replayed
        .steps
        .iter()
        .map(|step| {
            let event = step.event.as_ref().and_then(|event| event.event.clone());
            let days = (NOW_MS - step.time.0) / DAY_MS;
            let heads = step.changes.iter().map(|one| {
                let words = change(one);
                words.split(':').next().unwrap_or_default().to_owned()
            });
            (days, event.or(step.registry.clone()), heads.collect())
        })
        .collect();
    let named = |word: &str| Some(word.to_owned());
    let texts = |words: &[&str]| {
        words
            .iter()
            .map(|&word| word.to_owned())
            .collect::<Vec<_>>()
    };
    let leaf = |index: u64| format!("@custodia.events/0/0#{index}");
    let shared = |index: u64| {
        let unregistered = format!("+ finding R08 unregistered{} (courier-1)", leaf(index));
        vec![
            unregistered,
            format!("+ finding R43 unattested{}", leaf(index)),
        ]
    };
    assert_eq!(told[0], (50, named("DataShared"), shared(1)));
    let clock = format!("+ clock R19 unanswered{}", leaf(0));
    assert_eq!(
        told[1],
        (
            40,
            named("RightsRequestReceived"),
            vec!["+ request r-1".into(), clock]
        )
    );
    assert_eq!(
        told[2],
        (
            35,
            named("RecipientRegistered"),
            texts(&["+ recipient courier-1"])
        )
    );
    let unattested = vec![format!("+ finding R43 unattested{}", leaf(2))];
    assert_eq!(told[3], (30, named("DataShared"), unattested));
    let overdue = vec![
        format!("- clock R19 unanswered{}", leaf(0)),
        format!("+ finding R19 unanswered{}", leaf(0)),
    ];
    assert_eq!(told[4], (25, None, overdue), "time alone does it");
    assert_eq!(told[5].2, texts(&["+ permission PERM_LOCATION"]));
    assert_eq!(told[6].2, texts(&["~ permission PERM_LOCATION"]));
    let mended = vec![
        "- request r-1".into(),
        format!("- finding R19 unanswered{}", leaf(0)),
    ];
    assert_eq!(told[7], (2, named("RightsRequestFulfilled"), mended));
    assert_eq!(told.len(), 8);
    // Looked at from later, r-1 was answered late; by what had happened then it was open.
    assert_eq!(replayed.to, Time(NOW_MS));
}

#[test]
fn to_any_moment_both_ways_it_is_what_had_happened_by_then() {
    let mut story = life();
    story.extend([share(LI, "courier-9", 45), ask(LI, "r-2", 12)]);
    story.extend([notify(LI, "incident-1", 8), report_egress("courier-1", 2)]);
    let kept = Kept::new(story);
    let topics = [
        Topic::Subject(LI.into()),
        Topic::Recipient("courier-1".into()),
        Topic::Incident("incident-1".into()),
    ];
    for topic in topics {
        let replayed = kept.replay(&of_topic(topic.clone()));
        let (mut forwards, mut backwards) = (replayed.player(), replayed.player());
        backwards.go_to_place(usize::MAX);
        let moments: Vec<Time> = (0..=52).map(days_ago).collect();
        for moment in moments
            .iter()
            .rev()
            .filter(|moment| **moment >= replayed.from)
        {
            forwards.go_to(moment.0);
            assert_eq!(
                forwards.state(),
                &kept.state_at(&topic, *moment),
                "{topic:?} {moment}"
            );
        }
        for moment in moments.iter().filter(|moment| **moment >= replayed.from) {
            backwards.go_to(moment.0);
            assert_eq!(
                backwards.state(),
                &kept.state_at(&topic, *moment),
                "{topic:?} {moment}"
            );
        }
        let part = ReplayQuestion {
            from: Some(days_ago(28)),
            to: Some(days_ago(11)),
            ..of_topic(topic.clone())
        };
        let state = state_at_end(&kept.replay(&part));
        assert_eq!(state, kept.state_at(&topic, days_ago(11)));
    }
}

#[test]
fn references_known_to_be_one_persons_are_one_at_every_moment() {
    let kept = Kept::new(vec![
        share(LI, "courier-1", 50),
        ask(OTHER, "r-2", 12),
        // It is said today, and of the same person all along.
        link(LI, OTHER),
    ]);
    let replayed = kept.replay(&of(LI));
    assert_eq!(replayed.linked, [OTHER]);
    let request = Item::Request {
        request: "r-2".into(),
    };
    let mut player = replayed.player();
    player.go_to(days_ago(11).0);
    assert!(player.state().get(&request).is_some());
    let question = DiffQuestion {
        of: Whose::Subject(LI.into()),
        from: days_ago(13).to_string(),
        to: days_ago(11).to_string(),
        as_of: None,
        at: None,
    };
    let changed = kept.differ(&question).changes;
    assert!(changed.iter().any(|change| change.item == request));
    // By what had happened eleven days ago they were two.
    let at = ReplayQuestion {
        at: Some(days_ago(11)),
        ..of(LI)
    };
    assert!(kept.replay(&at).linked.is_empty());
}

#[test]
fn a_cut_is_fixed_and_named_however_the_log_grows() {
    let mut kept = Kept::new(life());
    let before = kept.replay(&of(LI));
    // Of an earlier time, and told only now.
    kept.tell(vec![share(LI, "courier-7", 45), ask(LI, "r-9", 33)]);
    let then = ReplayQuestion {
        as_of: Some(before.cut.digest.clone()),
        to: Some(before.to),
        ..of(LI)
    };
    assert_eq!(kept.replay(&then), before);
    let now = kept.replay(&of(LI));
    assert_ne!(now.cut, before.cut);
    assert_eq!(
        now.steps.len(),
        before.steps.len() + 3,
        "two events, and a clock that ran out"
    );
}

#[test]
fn it_is_played_from_a_finding_with_its_leaves_marked() {
    let kept = Kept::new(life());
    for name in [
        "R19@custodia.events/0/0#0",
        "r19@ledger.example/custodia.events/0/0#0",
    ] {
        let question = ReplayQuestion {
            finding: Some(name.parse().unwrap()),
            ..of(LI)
        };
        let replayed = kept.replay(&question);
        let start = &replayed.steps[replayed.start.unwrap()];
        assert_eq!(start.time, days_ago(25));
        let marked: Vec<u64> = replayed.marked.iter().map(|leaf| leaf.index).collect();
        assert_eq!(marked, [0]);
    }
    for name in ["R20@custodia.events/0/0#0", "R19@custodia.events/9/0#0"] {
        let question = ReplayQuestion {
            finding: Some(name.parse().unwrap()),
            ..of(LI)
        };
        let refused = replay(&kept.desk, &asking(), &question).unwrap_err();
        assert_eq!(refused.code(), "CU-0955");
    }
}

#[test]
fn after_now_it_shows_what_falls_due() {
    let kept = Kept::new(vec![ask(LI, "r-1", 3)]);
    let later = ReplayQuestion {
        to: Some(days_ago(-20)),
        ..of(LI)
    };
    let replayed = kept.replay(&later);
    let due = replayed.steps.last().unwrap();
    assert_eq!((due.time, replayed.now), (days_ago(-12), Time(NOW_MS)));
    assert!(
        words(&due.changes)
            .iter()
            .any(|word| word.starts_with("+ finding R19"))
    );
    let before = ReplayQuestion {
        to: Some(days_ago(9000)),
        ..of(LI)
    };
    let replayed = kept.replay(&before);
    assert!(replayed.steps.is_empty() && replayed.begin.is_empty() && replayed.known);
    assert!(replayed.began.is_some_and(|began| began > replayed.to));
}

#[test]
fn a_recipients_outflows_are_counted_where_findings_are_kept_up() {
    let story = vec![
        register("courier-1", 40),
        share(LI, "courier-1", 30),
        share(WANG, "courier-1", 20),
        report_egress("courier-1", 5),
    ];
    let kept = Kept::new(story);
    let of_recipient = of_topic(Topic::Recipient("courier-1".into()));
    let state = state_at_end(&kept.replay(&of_recipient));
    let findings = state.iter().filter_map(|(item, _)| match item {
        Item::Finding(judged) => Some(judged.cause.as_str()),
        _ => None,
    });
    assert_eq!(findings.collect::<Vec<_>>(), ["counted_2"]);
    let desk = kept.town.desk(Keeping::Off);
    let refused = replay(&desk, &asking(), &of_recipient).unwrap_err();
    assert_eq!(refused.code(), "CU-0850");
}

#[test]
fn the_look_is_on_record_or_nothing_leaves() {
    let kept = Kept::new(vec![share(LI, "courier-1", 3), link(LI, OTHER)]);
    kept.replay(&of(LI));
    let mut looks = kept.town.looks();
    looks.sort();
    let asked = |who: &str| (who.to_owned(), "replay subject".to_owned());
    assert_eq!(looks, [asked(LI), asked(OTHER)]);
    let question = DiffQuestion {
        of: Whose::Subject(LI.into()),
        from: days_ago(9).to_string(),
        to: "2023-11-14T22:13:20Z".into(),
        as_of: None,
        at: None,
    };
    kept.differ(&question);
    let last = kept.town.looks().pop().unwrap().1;
    let spelled = format!("diff subject from={} to={}", days_ago(9), Time(NOW_MS));
    assert_eq!(last, spelled);
    kept.town.refuse_looks();
    kept.town.clock.advance(1_000_000);
    let refused = replay(&kept.desk, &asking(), &of(LI)).unwrap_err();
    assert_eq!(refused.code(), "CU-0554");
    let refused = differ(&kept.desk, &asking(), &question).unwrap_err();
    assert_eq!(refused.code(), "CU-0554");
}

#[test]
fn of_an_erased_person_the_certificate_is_left() {
    let mut kept = Kept::new(vec![share(LI, "courier-1", 3), ask(LI, "r-1", 2)]);
    kept.town.shred(LI);
    kept.town.drop_payload(0, 0);
    kept.town.drop_payload(0, 1);
    kept.tell(vec![order_erasure(LI)]);
    let replayed = kept.replay(&of(LI));
    assert!(replayed.known);
    assert_eq!(replayed.erasures.len(), 1);
    assert!(state_at_end(&replayed).is_empty());
    assert!(replayed.steps.iter().all(|step| step.changes.is_empty()));
}

#[test]
fn questions_that_make_no_sense_are_refused_by_name() {
    let kept = Kept::new(vec![share(LI, "courier-1", 3)]);
    let refused = |question: ReplayQuestion| {
        let error = replay(&kept.desk, &asking(), &question).unwrap_err();
        assert!(error.is_the_askers(), "{error}");
        error.code()
    };
    assert_eq!(refused(of("13800138000")), "CU-0550");
    let (from, to) = (Some(days_ago(1)), Some(days_ago(2)));
    assert_eq!(refused(ReplayQuestion { from, to, ..of(LI) }), "CU-0950");
    let of_matter = of_topic(Topic::Correlation("order-1".into()));
    let finding = Some("R08@custodia.events/0/0#0".parse().unwrap());
    assert_eq!(
        refused(ReplayQuestion {
            finding,
            ..of_matter.clone()
        }),
        "CU-0950"
    );
    let as_of = Some("yesterday".to_owned());
    assert_eq!(refused(ReplayQuestion { as_of, ..of(LI) }), "CU-0556");
    assert!(!kept.replay(&of(WANG)).known);
    let nobody = kept.replay(&of_topic(Topic::Incident("incident-9".into())));
    assert!(!nobody.known && nobody.steps.is_empty());
    // Of a matter there are steps and no state.
    let matter = kept.replay(&of_matter);
    assert!(!matter.has_state && matter.begin.is_empty());
}
