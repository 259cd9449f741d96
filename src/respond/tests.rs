//! Exposure and incidents of a small ledger.

use std::sync::Arc;

use custodia_core::incident::AffectedList;
use custodia_core::schema::v1;
use custodia_core::schema::v1::event::Body;

use super::*;
use crate::assess::tests::town::{
    DAY_MS, LI, NOW_MS, OTHER, Said, Town, WANG, asking, notify, register, share,
};
use crate::assess::{Assessor, FindingsDesk, Keeping, KeptFindings};
use crate::query::Time;

const COURIER: &str = "courier-1";
const CREDENTIAL: [u8; 16] = [0xab; 16];
const ID: &str = "i-1";

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

    fn ask(&self, question: &ExposureQuestion) -> (Exposure, Vec<AffectedPerson>) {
        let (mut whole, mut people) = (None, Vec::new());
        exposure(&self.desk, &asking(), question, &mut |piece| {
            match piece {
                Piece::Exposure(answer) => whole = Some(*answer),
                Piece::Person(person) => people.push(person),
            }
            true
        })
        .unwrap();
        (whole.unwrap(), people)
    }

    fn whole(&self, question: &ExposureQuestion) -> Exposure {
        self.ask(question).0
    }

    fn stands(&self) -> (IncidentAnswer, Vec<ToldPerson>) {
        let question = IncidentQuestion {
            incident: ID.into(),
            people: true,
            ..IncidentQuestion::default()
        };
        let (mut stands, mut told) = (None, Vec::new());
        incident(&self.desk, &asking(), &question, &mut |piece| {
            match piece {
                IncidentPiece::Incident(answer) => stands = Some(*answer),
                IncidentPiece::Person(person) => told.push(person),
            }
            true
        })
        .unwrap();
        (stands.unwrap(), told)
    }
}

/// A share under the credential.
fn under(credential: [u8; 16], subject: &str, days_ago: i64) -> Said {
    let mut said = share(subject, COURIER, days_ago);
    if let Body::DataShared(shared) = &mut said.body {
        shared.access = Some(v1::Access {
            endpoint_ref: "gate".into(),
            credential_fingerprint: credential.to_vec(),
            transfer_id: String::new(),
        });
    }
    said
}

/// A share that rests on a consent.
fn on_consent(consent: &str, subject: &str, days_ago: i64) -> Said {
    let mut said = under(CREDENTIAL, subject, days_ago);
    if let Body::DataShared(shared) = &mut said.body {
        shared.basis = Some(v1::Basis {
            kind: v1::BasisKind::BaConsent.into(),
            consent_id: consent.into(),
            ..v1::Basis::default()
        });
    }
    said
}

fn of_person(subject: &str, body: Body, days_ago: i64) -> Said {
    Said {
        body,
        ..share(subject, COURIER, days_ago)
    }
}

fn consent(id: &str, subject: &str, days_ago: i64) -> Said {
    let granted = v1::ConsentGranted {
        consent_id: id.into(),
        notice_sha256: vec![1; 32],
        notice_language: "zh-CN".into(),
        purposes: vec![1],
        categories: vec![v1::DataCategory::DcConsigneeName.into()],
        recipient_ids: vec![COURIER.into()],
        form: v1::ConsentForm::CmClickConfirm.into(),
        strength: v1::ConsentStrength::CsSeparate.into(),
        status: v1::ConsentStatus::StGiven.into(),
        valid_from: Some(Time(NOW_MS - days_ago * DAY_MS).timestamp()),
        retention: v1::RetentionRule::RtAccountLifetime.into(),
        withdrawal_methods: vec![1],
        ui_evidence_sha256: vec![1; 32],
        ..v1::ConsentGranted::default()
    };
    of_person(subject, Body::ConsentGranted(granted), days_ago)
}

fn withdrawal(id: &str, subject: &str, days_ago: i64) -> Said {
    let withdrawn = v1::ConsentWithdrawn {
        consent_id: id.into(),
        channel: 1,
        ..v1::ConsentWithdrawn::default()
    };
    of_person(subject, Body::ConsentWithdrawn(withdrawn), days_ago)
}

fn deletion(subject: &str, days_ago: i64) -> Said {
    let confirmed = v1::RecipientDeletionConfirmed {
        recipient_id: COURIER.into(),
        categories: vec![v1::DataCategory::DcConsigneeName.into()],
        certificate_sha256: vec![1; 32],
        ..v1::RecipientDeletionConfirmed::default()
    };
    of_person(
        subject,
        Body::RecipientDeletionConfirmed(confirmed),
        days_ago,
    )
}

fn of_incident(body: Body, days_ago: i64) -> Said {
    Said {
        subject: String::new(),
        key: ID.as_bytes().to_vec(),
        lane: 2,
        ..of_person(LI, body, days_ago)
    }
}

fn detected(days_ago: i64) -> Said {
    let at = Some(Time(NOW_MS - days_ago * DAY_MS).timestamp());
    let said = v1::IncidentDetected {
        incident_id: ID.into(),
        detected_at: at,
        known_at: at,
        kinds: vec![v1::IncidentKind::BrEventLeak.into()],
        categories: vec![v1::DataCategory::DcConsigneeName.into()],
        estimated_count: Some(2),
        critical_infrastructure: Some(false),
        ..v1::IncidentDetected::default()
    };
    of_incident(Body::IncidentDetected(said), days_ago)
}

fn closed(days_ago: i64) -> Said {
    let said = v1::IncidentClosed {
        incident_id: ID.into(),
        closed_at: Some(Time(NOW_MS - days_ago * DAY_MS).timestamp()),
        ..v1::IncidentClosed::default()
    };
    of_incident(Body::IncidentClosed(said), days_ago)
}

fn by_credential() -> ExposureQuestion {
    ExposureQuestion {
        of: Leaked::Credential(hex::encode(CREDENTIAL)),
        from: None,
        until: None,
        as_of: None,
        list: false,
    }
}

fn days_ago(days: i64) -> Time {
    Time(NOW_MS - days * DAY_MS)
}

#[test]
fn a_window_holds_its_beginning_and_not_its_end() {
    let kept = Kept::new(vec![
        under(CREDENTIAL, LI, 9),
        under(CREDENTIAL, WANG, 6),
        under([1; 16], OTHER, 6),
        under(CREDENTIAL, LI, 3),
    ]);
    let people = |from, until| {
        let question = ExposureQuestion {
            from,
            until,
            ..by_credential()
        };
        let answer = kept.whole(&question);
        (answer.events, answer.people)
    };
    assert_eq!(people(None, None), (3, 2));
    assert_eq!(people(Some(days_ago(6)), Some(days_ago(3))), (1, 1));
    assert_eq!(people(Some(days_ago(6)), None), (2, 2));
    assert_eq!(people(Some(days_ago(2)), None), (0, 0));
    let answer = kept.whole(&by_credential());
    assert_eq!(
        (answer.first, answer.last),
        (Some(days_ago(9)), Some(days_ago(3)))
    );
    let list = AffectedList::new([LI.to_owned(), WANG.to_owned()]);
    assert_eq!(
        answer.subject_set_root_sha256,
        Some(hex::encode(list.root()))
    );
    let nothing = kept.whole(&ExposureQuestion {
        from: Some(days_ago(2)),
        ..by_credential()
    });
    assert_eq!(nothing.subject_set_root_sha256, None);
}

#[test]
fn people_are_listed_once_and_not_before_the_looks_at_them_are_on_record() {
    let mut kept = Kept::new(vec![under(CREDENTIAL, WANG, 6), under(CREDENTIAL, LI, 6)]);
    assert_eq!(kept.ask(&by_credential()).1, []);
    assert_eq!(kept.town.looks(), [], "counts name nobody");
    let listed = ExposureQuestion {
        list: true,
        ..by_credential()
    };
    let (_, people) = kept.ask(&listed);
    let named: Vec<&str> = people.iter().map(|one| one.subject_ref.as_str()).collect();
    assert_eq!(named, [LI, WANG]);
    assert_eq!(people[0].recipients, [COURIER]);
    assert_eq!(kept.town.looks().len(), 2);
    kept.tell(vec![under(CREDENTIAL, OTHER, 5)]);
    kept.town.refuse_looks();
    let mut pieces = 0;
    let refused = exposure(&kept.desk, &asking(), &listed, &mut |_| {
        pieces += 1;
        true
    });
    assert_eq!((refused.unwrap_err().code(), pieces), ("CU-0554", 0));
}

#[test]
fn whether_data_may_still_be_held_rests_on_the_basis_as_it_stands_now() {
    let kept = Kept::new(vec![
        register(COURIER, 100),
        consent("c-li", LI, 90),
        consent("c-wang", WANG, 90),
        on_consent("c-li", LI, 9),
        on_consent("c-wang", WANG, 9),
        on_consent("c-never", OTHER, 9),
        withdrawal("c-wang", WANG, 5),
        deletion(WANG, 4),
        deletion(LI, 20),
    ]);
    let answer = kept.whole(&by_credential());
    let [courier] = &answer.recipients[..] else {
        panic!("{answer:?}")
    };
    assert_eq!(
        courier.still_allowed,
        Some(StillAllowed {
            allowed: 1,
            not_allowed: 1,
            unknown: 1,
            // Who confirmed before the last outflow confirmed another deletion.
            deletion_confirmed: 1,
        })
    );
    assert_eq!(courier.name.as_deref(), Some("快递公司"));
    assert_eq!(courier.agreement, Agreement::None);
    assert_eq!(courier.bases["BA_CONSENT"], 3);
    assert_eq!(answer.categories.len(), 1);
    assert_eq!(answer.categories[0].people, 3);
    // No policy was published here: neither sensitivity nor grade is guessed.
    assert_eq!(answer.categories[0].sensitivity, Sensitivity::Unknown);
    assert!(answer.grade.is_none() && !answer.unknowns.is_empty());
}

#[test]
fn what_the_evidence_lacks_is_named() {
    let kept = Kept::new(vec![
        under(CREDENTIAL, LI, 6),
        Said {
            // Under another person's key it is quarantined.
            key: WANG.as_bytes().to_vec(),
            ..under(CREDENTIAL, LI, 5)
        },
        under(CREDENTIAL, WANG, 5),
    ]);
    kept.town.drop_payload(0, 2);
    let answer = kept.whole(&by_credential());
    assert_eq!((answer.events, answer.people), (1, 1));
    let gap = |what: &str| answer.gaps.iter().find(|gap| gap.what == what);
    assert_eq!(gap("quarantined").unwrap().leaves[0].index, 1);
    assert_eq!(gap("erased").unwrap().leaves[0].index, 2);
    assert_eq!(gap("before the ledger").unwrap().count, 1);
    let empty = Kept::new(vec![]);
    let gaps = empty.whole(&by_credential()).gaps;
    assert_eq!(gaps[0].what, "empty");
}

#[test]
fn sdks_employees_and_producers_are_asked_about_too() {
    let by_sdk = |subject, days| {
        let mut said = share(subject, COURIER, days);
        if let Body::DataShared(shared) = &mut said.body {
            shared.sdk_name = "stat".into();
        }
        said
    };
    let agent = "agentagentagentagentagenta";
    let access = v1::InternalAccess {
        reason: 1,
        categories: vec![v1::DataCategory::DcConsigneeName.into()],
        employee_ref: agent.into(),
        ..v1::InternalAccess::default()
    };
    let kept = Kept::new(vec![
        by_sdk(LI, 3),
        share(WANG, COURIER, 3),
        of_person(OTHER, Body::InternalAccess(access), 2),
    ]);
    let people = |of: Leaked| {
        let question = ExposureQuestion {
            of,
            list: true,
            ..by_credential()
        };
        let (_, people) = kept.ask(&question);
        people
            .into_iter()
            .map(|one| one.subject_ref)
            .collect::<Vec<_>>()
    };
    assert_eq!(people(Leaked::Sdk("stat".into())), [LI]);
    assert_eq!(people(Leaked::Employee(agent.into())), [OTHER]);
    assert_eq!(people(Leaked::Recipient(COURIER.into())), [LI, WANG]);
    assert_eq!(people(Leaked::Producer("shop".into())), [LI, WANG, OTHER]);
}

#[test]
fn an_incident_that_is_detected_after_its_closing_is_open_again() {
    let mut kept = Kept::new(vec![detected(9)]);
    let stage = |kept: &Kept| kept.stands().0.stage;
    assert_eq!(stage(&kept), "open");
    kept.tell(vec![closed(5)]);
    assert_eq!(stage(&kept), "closed");
    kept.tell(vec![detected(3), notify(LI, ID, 2), notify(LI, ID, 1)]);
    let (stands, told) = kept.stands();
    assert_eq!(stands.stage, "reopened");
    assert_eq!(stands.known_at, Some(days_ago(9)));
    assert_eq!(stands.told.people, 1, "told twice is told once");
    assert_eq!(told[0].subject_ref, LI);
    assert_eq!(stands.steps.len(), 3, "{:?}", stands.steps);
    // At a moment before, only what had happened by then.
    let question = IncidentQuestion {
        incident: ID.into(),
        at: Some(days_ago(4)),
        ..IncidentQuestion::default()
    };
    let mut then = None;
    incident(&kept.desk, &asking(), &question, &mut |piece| {
        if let IncidentPiece::Incident(answer) = piece {
            then = Some(*answer);
        }
        true
    })
    .unwrap();
    assert_eq!(then.unwrap().stage, "closed");
}

#[test]
fn what_is_said_next_must_fit() {
    let mut kept = Kept::new(vec![]);
    let body = |said: Said| said.body;
    let code = |kept: &Kept, said: Said, again| {
        remarks(&body(said), &kept.stands().0, again).map_err(|error| error.code())
    };
    assert_eq!(code(&kept, closed(0), false), Err("CU-0904"));
    assert_eq!(code(&kept, detected(0), false), Ok(vec![]));
    kept.tell(vec![detected(9)]);
    assert_eq!(code(&kept, detected(0), false), Err("CU-0905"));
    assert_eq!(code(&kept, detected(0), true).unwrap().len(), 1);
    assert!(code(&kept, closed(0), false).is_ok());
    kept.tell(vec![closed(5)]);
    assert_eq!(code(&kept, closed(0), false), Err("CU-0905"));
    let reopening = code(&kept, detected(0), true).unwrap();
    assert!(reopening[0].contains("open again"), "{reopening:?}");
}

#[test]
fn every_error_has_its_page() {
    for number in 900..=910 {
        let path = format!("{}/ops/runbook/CU-0{number}.md", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&path).exists(), "{path}");
    }
}
