//! Accounts of a small ledger.

use std::sync::Arc;

use custodia_core::schema::v1;
use custodia_core::schema::v1::PersonRole;
use custodia_core::schema::v1::event::Body;

use super::*;
use crate::assess::tests::town::{
    DAY_MS, LI, NOW_MS, OTHER, Said, Town, WANG, ask, asking, demand, fulfil, link, order_erasure,
    register, share,
};
use crate::assess::{Assessor, FindingsDesk, Keeping, KeptFindings};
use crate::query::{Asking, Time};

/// A town whose findings are kept up, and the desk.
struct Kept {
    town: Town,
    assessor: Assessor,
    desk: FindingsDesk,
}

impl Kept {
    fn new(story: Vec<Said>) -> Self {
        let town = Town::new();
        let store = town.store("findings");
        let assessor = town.assessor(&store);
        let progress = Arc::clone(assessor.progress());
        let desk = town.desk(Keeping::On(KeptFindings { store, progress }));
        let mut kept = Self {
            town,
            assessor,
            desk,
        };
        kept.tell(story);
        kept
    }

    fn tell(&mut self, story: Vec<Said>) {
        self.town.tell(story);
        while self.assessor.step().unwrap() {}
    }
}

fn lawyer() -> Asking {
    let mut asking = asking();
    asking.principal.role = PersonRole::PrLegal;
    asking
}

const CASE: &str = "case-7";

/// A disclosure that names its person in the body, as the registry has it while a gag runs.
fn gagged(gag_days: i64) -> Said {
    let until = NOW_MS + gag_days * DAY_MS;
    let disclosed = v1::DataDisclosed {
        recipient_id: "police-1".into(),
        case: v1::DisclosureCase::Di02LegalCompulsion.into(),
        categories: vec![v1::DataCategory::DcMobileNumber.into()],
        method: v1::ShareMethod::MtFile.into(),
        case_ref: CASE.into(),
        gag_until: Some(prost_types::Timestamp {
            seconds: until / 1000,
            nanos: 0,
        }),
        named_subject_ref: LI.into(),
        ..v1::DataDisclosed::default()
    };
    Said {
        subject: String::new(),
        key: CASE.as_bytes().to_vec(),
        body: Body::DataDisclosed(disclosed),
        days_ago: 3,
        seq: None,
        lane: 2,
    }
}

fn cases(kept: &Kept, asking: &Asking, question: &DisclosuresQuestion) -> Vec<String> {
    let answer = question.answer(&kept.desk, asking).unwrap();
    assert!(answer.known);
    let cases = answer.cases.into_iter();
    cases.map(|case| case.case_ref).collect()
}

#[test]
fn what_is_under_a_gag_is_shown_to_few_and_afterwards_to_all() {
    let of_person = DisclosuresQuestion {
        subject: Some(LI.into()),
        ..DisclosuresQuestion::default()
    };
    let of_authority = DisclosuresQuestion {
        authority: Some("police-1".into()),
        ..DisclosuresQuestion::default()
    };
    let story = vec![
        share(LI, "courier-1", 5),
        register("police-1", 9),
        demand(LI, CASE, 4),
    ];
    for (gag_days, officers) in [(30, 0), (-1, 1)] {
        let mut kept = Kept::new(story.clone());
        kept.tell(vec![gagged(gag_days)]);
        kept.town.must_be_accepted(2);
        for question in [&of_person, &of_authority] {
            assert_eq!(cases(&kept, &asking(), question).len(), officers);
            assert_eq!(cases(&kept, &lawyer(), question), [CASE]);
        }
        // Of what was shown of the person a look is on record.
        let looks = kept.town.looks();
        assert!(looks.iter().all(|(key, _)| key == LI));
        assert!(
            looks
                .iter()
                .any(|(_, query)| query == "disclosures authority=police-1")
        );
    }
}

#[test]
fn exactly_one_of_person_and_authority_is_asked_about() {
    let kept = Kept::new(Vec::new());
    let both = DisclosuresQuestion {
        subject: Some(LI.into()),
        authority: Some("police-1".into()),
        ..DisclosuresQuestion::default()
    };
    for question in [both, DisclosuresQuestion::default()] {
        let error = question.answer(&kept.desk, &asking()).unwrap_err();
        assert_eq!(error.code(), "CU-0970");
    }
    let error = DueQuestion::default()
        .answer(&kept.desk, &asking())
        .unwrap_err();
    assert_eq!(error.code(), "CU-0970");
}

#[test]
fn a_disclosure_that_is_told_again_after_its_gag_counts_once() {
    let mut kept = Kept::new(vec![register("police-1", 9), gagged(-1)]);
    let provided = |kept: &Kept| {
        let answer = ProvisionsQuestion::default().answer(&kept.desk).unwrap();
        let events = answer.provisions.iter().map(|row| row.events);
        events.sum::<u64>()
    };
    assert_eq!(provided(&kept), 1);
    let first = {
        let from = kept.desk.desk().view().standpoint(None, None).unwrap();
        let judging = kept.desk.judging(&from).unwrap();
        let told = judging.register().of(209).next().unwrap();
        told.event.event_id.clone()
    };
    let mut again = gagged(-1);
    if let Body::DataDisclosed(said) = &mut again.body {
        said.named_subject_ref.clear();
    }
    (again.subject, again.key, again.lane) = (LI.into(), LI.as_bytes().to_vec(), 0);
    // Without the first telling's id it is a disclosure of its own.
    kept.tell(vec![again.clone()]);
    kept.town.must_be_accepted(0);
    assert_eq!(provided(&kept), 2);
    kept.town.put_caused(again, first);
    kept.town.must_be_accepted(0);
    while kept.assessor.step().unwrap() {}
    assert_eq!(provided(&kept), 2);
}

#[test]
fn what_is_due_is_found_now_and_as_it_stood_before() {
    let kept = Kept::new(vec![
        ask(LI, "r-1", 20),
        ask(WANG, "r-2", 14),
        ask(OTHER, "r-3", 20),
        fulfil(OTHER, "r-3", 4),
    ]);
    let due = |question: &DueQuestion| {
        let answer = question.answer(&kept.desk, &asking()).unwrap();
        let requests = answer.requests.into_iter();
        requests
            .map(|one| (one.subject, one.request.overdue))
            .collect::<Vec<_>>()
    };
    let overdue = DueQuestion {
        overdue: true,
        ..DueQuestion::default()
    };
    let soon = DueQuestion {
        within_ms: Some(3 * DAY_MS.unsigned_abs()),
        ..DueQuestion::default()
    };
    assert_eq!(due(&overdue), [(LI.to_owned(), true)]);
    assert_eq!(due(&soon), [(WANG.to_owned(), false)]);
    let both = DueQuestion {
        overdue: true,
        ..soon.clone()
    };
    assert_eq!(due(&both).len(), 2);
    // Six days ago nothing was late, and what was answered since was open.
    let at = Some(Time(NOW_MS - 6 * DAY_MS));
    assert_eq!(due(&DueQuestion { at, ..overdue }), []);
    let soon = due(&DueQuestion { at, ..soon });
    assert_eq!(soon, [(LI.to_owned(), false), (OTHER.to_owned(), false)]);
    let looks: Vec<_> = kept.town.looks().into_iter().map(|(key, _)| key).collect();
    assert!(
        [LI, WANG, OTHER]
            .iter()
            .all(|one| looks.contains(&(*one).to_owned()))
    );
}

#[test]
fn nothing_is_answered_where_the_look_is_refused() {
    let kept = Kept::new(vec![ask(LI, "r-1", 20)]);
    kept.town.refuse_looks();
    let of_one = RequestsQuestion {
        subject: LI.into(),
        ..RequestsQuestion::default()
    };
    let error = of_one.answer(&kept.desk, &asking()).unwrap_err();
    assert_eq!(error.code(), "CU-0554");
    let of_all = DueQuestion {
        overdue: true,
        ..DueQuestion::default()
    };
    let error = of_all.answer(&kept.desk, &asking()).unwrap_err();
    assert_eq!(error.code(), "CU-0554");
}

#[test]
fn a_linked_reference_is_the_same_person_and_an_erased_one_is_told() {
    let mut kept = Kept::new(vec![ask(LI, "r-1", 20), link(LI, WANG)]);
    let of = |subject: &str| RequestsQuestion {
        subject: subject.into(),
        ..RequestsQuestion::default()
    };
    let answer = of(WANG).answer(&kept.desk, &asking()).unwrap();
    assert_eq!(
        (answer.whom.linked, answer.requests.len()),
        (vec![LI.to_owned()], 1)
    );
    kept.tell(vec![ask(OTHER, "r-2", 20), order_erasure(OTHER)]);
    kept.town.shred(OTHER);
    let gone = of(OTHER).answer(&kept.desk, &asking()).unwrap();
    assert!(gone.whom.known && gone.requests.is_empty());
    assert_eq!(gone.whom.erasures.len(), 1);
    // The look at an erased person stands under the digest, never the reference.
    let looks = kept.town.looks();
    assert!(!looks.iter().any(|(key, _)| key == OTHER));
}

#[test]
fn a_recipient_that_nobody_registered_is_named_as_unknown() {
    let kept = Kept::new(vec![share(LI, "stranger", 5)]);
    let answer = ProvisionsQuestion::default().answer(&kept.desk).unwrap();
    assert_eq!(answer.provisions[0].recipient, None);
    let unknown = &answer.unknowns[0];
    assert_eq!(
        (unknown.what.as_str(), unknown.id.as_str()),
        ("recipient", "stranger")
    );
    let dossier = DossierQuestion {
        recipient: "stranger".into(),
        ..DossierQuestion::default()
    };
    let dossier = dossier.answer(&kept.desk).unwrap();
    assert!(!dossier.known);
    assert_eq!(dossier.volume[0].events, 1);
    let before = ProvisionsQuestion {
        to: Some(Time(NOW_MS - 6 * DAY_MS)),
        ..ProvisionsQuestion::default()
    };
    assert!(before.answer(&kept.desk).unwrap().provisions.is_empty());
    let backwards = ProvisionsQuestion {
        from: Some(Time(NOW_MS)),
        ..before
    };
    let error = backwards.answer(&kept.desk).unwrap_err();
    assert_eq!(error.code(), "CU-0970");
}
