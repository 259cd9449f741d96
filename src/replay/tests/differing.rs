//! What changed between two moments or cuts.

use custodia_core::replay::{Item, diff};

use super::*;
use crate::assess::tests::town::{LI, WANG, ask, attest, fulfil, notify, register, share};

fn between(of: Whose, from: &str, to: &str) -> DiffQuestion {
    DiffQuestion {
        of,
        from: from.into(),
        to: to.into(),
        as_of: None,
        at: None,
    }
}

fn times(of: Whose, from: Time, to: Time) -> DiffQuestion {
    between(of, &from.to_string(), &to.to_string())
}

#[test]
fn between_two_times_it_is_the_difference_of_the_two_states() {
    let kept = Kept::new(vec![
        register("courier-1", 35),
        share(LI, "courier-1", 50),
        ask(LI, "r-1", 40),
        switch(LI, true, 20),
        fulfil(LI, "r-1", 2),
        notify(LI, "incident-1", 8),
    ]);
    let all = [
        (Whose::Subject(LI.into()), Topic::Subject(LI.into())),
        (
            Whose::Recipient("courier-1".into()),
            Topic::Recipient("courier-1".into()),
        ),
        (
            Whose::Incident("incident-1".into()),
            Topic::Incident("incident-1".into()),
        ),
    ];
    for (of, topic) in all {
        for (from, to) in [(60, 45), (45, 1), (22, 22), (1, 38)] {
            let answer = kept.differ(&times(of.clone(), days_ago(from), days_ago(to)));
            let states = [from, to].map(|days| kept.state_at(&topic, days_ago(days)));
            assert_eq!(answer.changes, diff(&states[0], &states[1]));
            assert_eq!(answer.what, What::Happened);
            assert_eq!(answer.from.cut, answer.to.cut, "what is known is one");
            assert!(answer.known && answer.counts.is_none());
            let back = kept.differ(&times(of.clone(), days_ago(to), days_ago(from)));
            let reversed = answer.changes.into_iter().map(Change::reversed);
            assert_eq!(back.changes, reversed.collect::<Vec<_>>());
        }
    }
}

#[test]
fn between_two_cuts_it_is_what_came_to_be_known() {
    let mut kept = Kept::new(vec![share(LI, "courier-1", 3), attest(90)]);
    let before = kept.replay(&of(LI)).cut.digest;
    // It happened before the share, and is told after it.
    kept.tell(vec![register("courier-1", 4)]);
    let after = kept.replay(&of(LI)).cut.digest;
    let whose = || Whose::Subject(LI.into());
    let answer = kept.differ(&between(whose(), &before, &after));
    assert_eq!(answer.what, What::Known);
    assert_eq!(
        (answer.from.cut.digest.clone(), answer.to.cut.digest.clone()),
        (before.clone(), after.clone())
    );
    let told = words(&answer.changes);
    assert!(
        told[0].starts_with("+ recipient courier-1: AC_COURIER"),
        "{told:?}"
    );
    assert_eq!(
        told[1],
        "- finding R08 unregistered@custodia.events/0/0#0 (courier-1)"
    );
    assert_eq!(told.len(), 2);
    // Looked at from a moment before the share, neither is there.
    let earlier = DiffQuestion {
        at: Some(days_ago(10)),
        ..between(whose(), &before, &after)
    };
    assert!(kept.differ(&earlier).changes.is_empty());
    // Two times by what was known at the first cut.
    let then = DiffQuestion {
        as_of: Some(before),
        ..times(whose(), days_ago(5), days_ago(1))
    };
    let told = words(&kept.differ(&then).changes);
    assert!(
        told[0].starts_with("+ finding R08 unregistered"),
        "{told:?}"
    );
    assert_eq!(told.len(), 1);
}

#[test]
fn of_the_whole_ledger_the_register_differs_and_the_rest_is_counted() {
    let mut kept = Kept::new(vec![
        register("courier-1", 35),
        share(LI, "courier-1", 50),
        share(WANG, "courier-1", 10),
        ask(WANG, "r-1", 20),
    ]);
    let question = times(Whose::Ledger, days_ago(40), days_ago(1));
    let answer = kept.differ(&question);
    let counts = answer.counts.unwrap();
    assert_eq!(
        (counts.people, counts.events, counts.registry),
        ([1, 2], [1, 3], [0, 1])
    );
    assert_eq!(counts.findings["R08"]["VIOLATION"], [1, 1]);
    assert_eq!(counts.findings["R19"]["OVERDUE"], [0, 1]);
    let recipient = Item::Recipient {
        recipient: "courier-1".into(),
    };
    assert!(answer.changes.iter().any(|change| change.item == recipient));
    assert!(kept.town.looks().is_empty(), "it shows nobody");
    let before = answer.to.cut.digest;
    kept.tell(vec![share(LI, "courier-2", 5), attest(90)]);
    let after = kept.differ(&question).to.cut.digest;
    let answer = kept.differ(&between(Whose::Ledger, &before, &after));
    let counts = answer.counts.unwrap();
    assert_eq!(
        (counts.people, counts.events, counts.registry),
        ([2, 2], [3, 4], [1, 2])
    );
    assert_eq!(counts.findings["R08"]["VIOLATION"], [1, 2]);
    assert_eq!(
        counts.findings["R43"]["UNKNOWN"],
        [2, 0],
        "attested before they were shared"
    );
    let leaves: Vec<[u64; 2]> = counts.leaves.values().copied().collect();
    assert_eq!(leaves, [[3, 4], [0, 0], [1, 2]]);
    let safeguard = |change: &Change| matches!(change.item, Item::Safeguard { .. });
    assert!(answer.changes.iter().any(safeguard));
    let desk = kept.town.desk(Keeping::Off);
    let refused = differ(&desk, &asking(), &question).unwrap_err();
    assert_eq!(refused.code(), "CU-0850");
}

#[test]
fn questions_that_make_no_sense_are_refused_by_name() {
    let kept = Kept::new(vec![share(LI, "courier-1", 3)]);
    let cut = kept.replay(&of(LI)).cut.digest;
    let time = days_ago(1).to_string();
    let whose = || Whose::Subject(LI.into());
    let refused = |question: DiffQuestion| {
        let error = differ(&kept.desk, &asking(), &question).unwrap_err();
        assert!(error.is_the_askers(), "{error}");
        error.code()
    };
    assert_eq!(refused(between(whose(), &cut, &time)), "CU-0951");
    assert_eq!(refused(between(whose(), &time, &cut)), "CU-0951");
    assert_eq!(refused(between(whose(), "yesterday", &time)), "CU-0556");
    let unknown = "0".repeat(64);
    assert_eq!(refused(between(whose(), &unknown, &cut)), "CU-0555");
    let not_a_reference = Whose::Subject("13800138000".into());
    assert_eq!(refused(between(not_a_reference, &time, &time)), "CU-0550");
    let as_of = Some(cut.clone());
    assert_eq!(
        refused(DiffQuestion {
            as_of,
            ..between(whose(), &cut, &cut)
        }),
        "CU-0950"
    );
    let at = Some(days_ago(1));
    assert_eq!(
        refused(DiffQuestion {
            at,
            ..between(whose(), &time, &time)
        }),
        "CU-0950"
    );
    let nobody = kept.differ(&between(Whose::Subject(WANG.into()), &time, &time));
    assert!(!nobody.known);
    let nothing = kept.differ(&between(Whose::Incident("incident-9".into()), &cut, &cut));
    assert!(!nothing.known && nothing.changes.is_empty());
}
