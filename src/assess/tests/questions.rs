//! Questions at the desk.

use std::sync::Arc;

use custodia_core::assess::Outcome;

use super::super::*;
use super::town::{
    DAY_MS, LI, NOW_MS, OTHER, Town, WANG, ask, asking, attest, fulfil, link, register,
    report_egress, share,
};
use crate::query::{self, Time};

/// A town whose findings are kept up, and the desk.
struct Kept {
    town: Town,
    assessor: Assessor,
    desk: FindingsDesk,
}

impl Kept {
    fn new(mut town: Town) -> Self {
        let store = town.store("findings");
        let mut assessor = town.assessor(&store);
        let progress = Arc::clone(assessor.progress());
        let desk = town.desk(Keeping::On(KeptFindings { store, progress }));
        town.put(attest(2000));
        while assessor.step().unwrap() {}
        Self {
            town,
            assessor,
            desk,
        }
    }

    fn put(&mut self, said: super::town::Said) {
        self.town.put(said);
        while self.assessor.step().unwrap() {}
    }

    fn ask(&self, question: &FindingsQuestion) -> FindingsAnswer {
        self.desk.findings(&asking(), question).unwrap()
    }

    fn causes(&self, question: &FindingsQuestion) -> Vec<String> {
        let answer = self.ask(question);
        let rules = answer.findings.into_iter();
        // What is said of the operator and the producer in any case is not asked for here.
        rules
            .filter(|one| one.finding.rule != 37 && one.finding.cause != "unnumbered")
            .map(|one| one.finding.cause)
            .collect()
    }
}

fn all() -> FindingsQuestion {
    FindingsQuestion::default()
}

fn of(subject: &str) -> FindingsQuestion {
    FindingsQuestion {
        subject: Some(subject.into()),
        ..all()
    }
}

fn days_ago(days: i64) -> Time {
    Time(NOW_MS - days * DAY_MS)
}

#[test]
fn what_comes_late_changes_findings_as_if_it_had_come_in_time() {
    let mut kept = Kept::new(Town::new());
    kept.put(share(LI, "courier-1", 3));
    let answer = kept.ask(&of(LI));
    let [one] = answer.findings.as_slice() else {
        panic!("{answer:?}")
    };
    assert_eq!(
        (one.code.as_str(), one.finding.result),
        ("R08", Outcome::Violation)
    );
    assert_eq!(one.rules, hex::encode([1; 32]));
    assert_eq!(one.finding.leaves.len(), 1);
    assert_eq!(kept.causes(&all()), ["unregistered"]);
    let before = kept.ask(&all()).cut.digest;
    // Registered before the share, and told of after it.
    kept.put(register("courier-1", 4));
    assert!(kept.causes(&of(LI)).is_empty() && kept.causes(&all()).is_empty());
    let passes = FindingsQuestion {
        all: true,
        ..of(LI)
    };
    assert_eq!(kept.causes(&passes), ["registered"]);
    // What was known before is still to be had, of one person and of all.
    for question in [of(LI), all()] {
        let then = FindingsQuestion {
            as_of: Some(before.clone()),
            ..question
        };
        assert_eq!(kept.causes(&then), ["unregistered"]);
    }
}

#[test]
fn the_whole_ledger_as_of_a_cut_is_what_was_kept_then() {
    let mut kept = Kept::new(Town::new());
    let mut said = vec![
        share(LI, "courier-1", 30),
        ask(WANG, "r-1", 40),
        report_egress("courier-1", 2),
        share(OTHER, "courier-2", 20),
    ];
    for (place, one) in said.iter_mut().enumerate() {
        // Numbers 0, 2, 4, 6: a gap after each.
        one.seq = Some(2 * place as u64);
    }
    let mut answers = Vec::new();
    let with_mended = FindingsQuestion {
        mended: true,
        ..all()
    };
    for one in said {
        kept.put(one);
        answers.push(kept.ask(&with_mended));
    }
    kept.put(link(LI, OTHER));
    kept.put(fulfil(WANG, "r-1", 1));
    kept.put(super::town::face(LI, 1 << 40, 50));
    assert!(answers.last().unwrap().findings.len() > 6);
    for answer in answers {
        let then = kept.ask(&FindingsQuestion {
            as_of: Some(answer.cut.digest.clone()),
            ..with_mended.clone()
        });
        assert_eq!(then, answer);
    }
}

#[test]
fn what_falls_due_is_known_ahead_and_what_was_mended_is_told_apart() {
    let mut kept = Kept::new(Town::new());
    kept.put(ask(LI, "r-1", 14));
    kept.put(ask(WANG, "r-2", 40));
    let due_within = |days: u64| FindingsQuestion {
        due_within_ms: Some(days * DAY_MS.unsigned_abs()),
        ..all()
    };
    assert_eq!(kept.causes(&all()), ["unanswered"], "r-2 alone is overdue");
    let due = kept.ask(&due_within(1)).findings;
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].finding.due.unwrap().strict_ms, NOW_MS + DAY_MS);
    kept.put(fulfil(LI, "r-1", 1));
    kept.put(fulfil(WANG, "r-2", 2));
    assert!(kept.causes(&due_within(3)).is_empty());
    assert!(kept.causes(&all()).is_empty());
    let mended = FindingsQuestion {
        mended: true,
        ..all()
    };
    assert_eq!(kept.causes(&mended), ["answered_late"]);
    // It stood from the end of day 15 until it was answered.
    let stood_at = |days: i64| {
        let at = Some(days_ago(days));
        kept.causes(&FindingsQuestion { at, ..all() })
    };
    assert!(stood_at(26).is_empty() && stood_at(2).is_empty());
    assert_eq!(stood_at(25), ["answered_late"]);
    // Of a person, what had not happened by then is not judged.
    let at = FindingsQuestion {
        at: Some(days_ago(3)),
        ..of(WANG)
    };
    assert_eq!(kept.causes(&at), ["unanswered"]);
}

#[test]
fn findings_are_found_by_everything_that_may_be_asked() {
    let mut kept = Kept::new(Town::new());
    kept.put(share(LI, "courier-1", 30));
    kept.put(share(WANG, "courier-2", 20));
    kept.put(ask(WANG, "r-1", 40));
    kept.put(report_egress("courier-1", 2));
    let count = |question: FindingsQuestion| kept.causes(&question).len();
    let text = |word: &str| Some(word.to_owned());
    assert_eq!(count(all()), 4);
    assert_eq!(
        count(FindingsQuestion {
            rule: Some(8),
            ..all()
        }),
        2
    );
    let result = Some(Outcome::Overdue);
    assert_eq!(count(FindingsQuestion { result, ..all() }), 1);
    let recipient = text("courier-1");
    assert_eq!(count(FindingsQuestion { recipient, ..all() }), 2);
    let producer = text("shop");
    assert_eq!(count(FindingsQuestion { producer, ..all() }), 4);
    let (from, until) = (Some(days_ago(25)), Some(days_ago(20)));
    assert_eq!(
        count(FindingsQuestion {
            from,
            until,
            ..all()
        }),
        2
    );
    let incident = text("incident-1");
    let answer = kept.ask(&FindingsQuestion { incident, ..all() });
    assert!(!answer.known && answer.findings.is_empty());
    let most = Some(1);
    let answer = kept.ask(&FindingsQuestion { most, ..all() });
    assert!(answer.more && answer.findings.len() == 1);
    assert_eq!(answer.counts["R08"]["VIOLATION"], 2);
}

#[test]
fn a_look_at_each_person_shown_is_on_record_or_nothing_leaves() {
    let mut kept = Kept::new(Town::new());
    kept.put(share(LI, "courier-1", 30));
    kept.put(share(WANG, "courier-2", 20));
    let recipient = Some("courier-2".to_owned());
    kept.ask(&FindingsQuestion { recipient, ..all() });
    let asked = ("findings recipient=courier-2".to_owned(), WANG.to_owned());
    let looks: Vec<_> = kept
        .town
        .looks()
        .into_iter()
        .map(|(who, query)| (query, who))
        .collect();
    assert_eq!(looks, [asked]);
    kept.ask(&all());
    assert_eq!(kept.town.looks().len(), 3);
    // Who is asked about is looked at, also where there is nothing to show.
    kept.ask(&of(OTHER));
    assert_eq!(kept.town.looks().last().unwrap().0, OTHER);
    kept.town.refuse_looks();
    kept.town.clock.advance(1_000_000);
    let refused = kept.desk.findings(&asking(), &all()).unwrap_err();
    assert!(matches!(
        refused,
        Error::Query(query::Error::LookNotRecorded(_))
    ));
}

#[test]
fn questions_that_make_no_sense_are_refused_by_name() {
    let kept = Kept::new(Town::new());
    let refused = |question: FindingsQuestion| {
        let error = kept.desk.findings(&asking(), &question).unwrap_err();
        assert!(error.is_the_askers(), "{error}");
        error.code()
    };
    assert_eq!(
        refused(FindingsQuestion {
            rule: Some(45),
            ..all()
        }),
        "CU-0859"
    );
    assert_eq!(refused(FindingsQuestion { all: true, ..all() }), "CU-0859");
    let most = Some(MOST_FINDINGS + 1);
    assert_eq!(refused(FindingsQuestion { most, ..all() }), "CU-0859");
    let (from, until) = (Some(days_ago(1)), Some(days_ago(2)));
    assert_eq!(
        refused(FindingsQuestion {
            from,
            until,
            ..all()
        }),
        "CU-0859"
    );
    assert_eq!(refused(of("13800138000")), "CU-0550");
    let as_of = Some("yesterday".to_owned());
    assert_eq!(refused(FindingsQuestion { as_of, ..of(LI) }), "CU-0556");
    let unknown = kept.ask(&of(LI));
    assert!(!unknown.known);
}

#[test]
fn without_findings_kept_up_one_person_can_be_asked_about() {
    let mut town = Town::new();
    town.put(share(LI, "courier-1", 3));
    let desk = town.desk(Keeping::Off);
    assert_eq!(desk.findings(&asking(), &of(LI)).unwrap().findings.len(), 2);
    let refused = desk.findings(&asking(), &all()).unwrap_err();
    assert_eq!(refused.code(), "CU-0850");
    let desk = town.desk(Keeping::Stopped("CU-0854: broken".into()));
    let refused = desk.findings(&asking(), &all()).unwrap_err();
    assert!(refused.to_string().contains("CU-0854"));
    // Not assessed yet.
    let store = town.store("findings");
    let progress = Arc::default();
    let desk = town.desk(Keeping::On(KeptFindings { store, progress }));
    let refused = desk.findings(&asking(), &all()).unwrap_err();
    assert_eq!(refused.code(), "CU-0851");
}

#[test]
fn every_error_has_its_page() {
    for number in 850..=860 {
        let path = format!("{}/ops/runbook/CU-0{number}.md", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&path).exists(), "{path}");
    }
}
