//! What one person may ask, and what is due of anybody.

use std::collections::{BTreeMap, BTreeSet};

use custodia::generate::{KnownFate, POLICY_VERSION};
use custodia_core::assess::{About, Outcome};
use custodia_core::schema::v1::{ConsentStatus, RightsRequestKind};
use serde_json::Value;

use super::{Asked, looks, text, time, value, values};
use crate::answers::EMPLOYEE;
use crate::faults_found::{DAY_MS, START_MS};
use crate::ledger::Serving;

pub fn consents(asked: &Asked) {
    let (mut compared, mut withdrawn) = (0, 0);
    for n in (0..asked.town.customers).step_by(9) {
        let customer = asked.town.customer(n);
        let answer = asked.of_people(&["consents", &customer.subject_ref]);
        let cards = answer["consents"].as_array().unwrap();
        let known = asked.town.consents(n);
        assert_eq!(cards.len(), known.len(), "customer {n}");
        for known in known {
            let card = cards
                .iter()
                .find(|card| card["id"] == known.id.as_str())
                .unwrap();
            assert_eq!(value(&card["status"]).unwrap(), known.status.as_str_name());
            assert_eq!(card["in_force"], known.status == ConsentStatus::StGiven);
            assert_eq!(values(&card["purposes"]), known.purposes);
            assert_eq!(values(&card["categories"]), known.categories);
            assert_eq!(card["recipients"], serde_json::json!(known.recipients));
            let wording = &card["wording"];
            assert_eq!(wording["notice_sha256"], hex::encode(&known.notice_sha256));
            assert_eq!(wording["policy_version"], POLICY_VERSION);
            assert_eq!(text(&wording["policy_text_sha256"]).len(), 64);
            let steps = card["history"].as_array().unwrap().iter();
            let times: Vec<_> = steps.map(|step| text(&step["time"])).collect();
            assert_eq!(
                times,
                known
                    .steps_ms
                    .iter()
                    .map(|ms| time(*ms))
                    .collect::<Vec<_>>()
            );
            compared += 1;
            withdrawn += usize::from(known.status == ConsentStatus::StWithdrawn);
        }
        // Before the first of it nothing had been asked.
        let first = time(customer.first_event_ms - 1);
        let words = ["consents", &customer.subject_ref, "--at", &first];
        let before = asked.of_people(&words);
        assert_eq!(before["consents"], serde_json::json!([]));
    }
    assert!(compared > 60 && withdrawn > 0, "{compared} {withdrawn}");
}

pub fn requests(asked: &Asked) {
    let mut compared = 0;
    for n in 0..asked.town.customers {
        let known = asked.town.requests(n);
        if known.is_empty() {
            continue;
        }
        let subject = asked.town.customer(n).subject_ref;
        let answer = asked.of_people(&["requests", &subject]);
        let shown = answer["requests"].as_array().unwrap();
        assert_eq!(shown.len(), known.len(), "customer {n}");
        for (shown, known) in shown.iter().zip(known) {
            assert_eq!(shown["id"], known.id.as_str());
            assert_eq!(value(&shown["kind"]).unwrap(), known.kind.as_str_name());
            assert_eq!(shown["received"], time(known.received_ms));
            let complaint = known.kind == RightsRequestKind::RrComplaint;
            let state = if complaint { "answered" } else { "fulfilled" };
            assert_eq!(shown["state"], state);
            // The policy has no clock for a copy, which only the law names.
            if known.kind != RightsRequestKind::RrCopy {
                assert_eq!(shown["due"]["strict"], time(known.due_ms), "{}", known.id);
            }
            assert_eq!(shown["overdue"], false);
            assert_eq!(shown["steps"].as_array().unwrap().len(), 3);
            compared += 1;
        }
    }
    assert!(compared > 10, "{compared}");
}

/// Whose request is due when.
fn due_of(answer: &Value) -> BTreeSet<(String, String)> {
    let requests = answer["requests"].as_array().unwrap();
    let strict: Vec<_> = requests
        .iter()
        .map(|one| text(&one["due"]["strict"]))
        .collect();
    assert!(strict.is_sorted(), "by when they are due: {strict:?}");
    let requests = requests.iter();
    requests
        .map(|one| (text(&one["subject"]), text(&one["due"]["strict"])))
        .collect()
}

pub fn due(asked: &Asked, serving: &mut Serving) {
    let listed = |cause: &str| {
        let ours = asked.list.iter().filter(|one| {
            [19, 20].contains(&one.rule) && one.result == Outcome::Overdue && one.cause == cause
        });
        let of = ours.map(|one| match &one.about {
            About::Subject(subject) => (subject.clone(), time(one.since_ms)),
            other => panic!("{other:?}"),
        });
        of.collect::<BTreeSet<_>>()
    };
    let before = looks(serving);
    let overdue = due_of(&asked.of_people(&["requests", "--overdue"]));
    assert_eq!(overdue, listed("unanswered"));
    assert!(overdue.len() >= 2, "{overdue:?}");
    let people: BTreeSet<_> = overdue.iter().map(|(subject, _)| subject).collect();
    serving.until("a look at each person", |serving| {
        (looks(serving) >= before + people.len() as u64).then_some(())
    });
    // On the 15th day what is late in the end was not late yet.
    let moment = START_MS + 15 * DAY_MS;
    let mut open: BTreeSet<_> = listed("unanswered");
    open.extend(listed("answered_late"));
    for n in 0..asked.town.customers {
        let requests = asked.town.requests(n).into_iter();
        let then = requests.filter(|one| {
            (one.received_ms..one.ended_ms).contains(&moment)
                && one.kind != RightsRequestKind::RrCopy
        });
        let subject = asked.town.customer(n).subject_ref;
        open.extend(then.map(|one| (subject.clone(), time(one.due_ms))));
    }
    let at = time(moment);
    let words = ["requests", "--due-within", "20d", "--at", &at];
    let soon = asked.of_people(&words);
    assert_eq!(due_of(&soon), open);
    for one in soon["requests"].as_array().unwrap() {
        assert_eq!(one["overdue"], false);
        assert!(one["days_left"].as_i64().unwrap() >= 0);
    }
    let words = ["requests", "--overdue", "--at", &at];
    assert_eq!(asked.of_people(&words)["requests"], serde_json::json!([]));
}

/// The incidents that an answer names, by how the person stands to them.
fn standings(answer: &Value) -> BTreeMap<String, String> {
    let breaches = answer["breaches"].as_array().unwrap().iter();
    breaches
        .map(|one| (text(&one["incident_id"]), text(&one["standing"])))
        .collect()
}

pub fn breaches(asked: &Asked) {
    let affected = asked.town.facts().affected;
    assert!(!affected.is_empty());
    for subject in &affected {
        let answer = asked.of_people(&["breaches", subject]);
        let standings = standings(&answer);
        assert_eq!(standings["incident-1"], "told", "{standings:?}");
        let breaches = answer["breaches"].as_array().unwrap();
        let breach = breaches
            .iter()
            .find(|one| one["incident_id"] == "incident-1")
            .unwrap();
        let notice = &breach["notices"][0];
        let advice = "BR_NOTIFY_CONTENT_SELF_PROTECTION".to_owned();
        assert!(values(&notice["contents"]).contains(&advice));
        assert!(!breach["in_window"].as_array().unwrap().is_empty());
        let delivery = ["DC_CONSIGNEE_NAME", "DC_SHIPPING_ADDRESS"].map(str::to_owned);
        let categories = values(&breach["categories"]);
        assert!(delivery.iter().all(|one| categories.contains(one)));
        assert_eq!(breach["measures"].as_array().unwrap().len(), 3);
    }
    let mut others = 0;
    for n in (0..asked.town.customers).step_by(17) {
        let customer = asked.town.customer(n);
        let references = [Some(&customer.subject_ref), customer.device_ref.as_ref()];
        if references
            .into_iter()
            .flatten()
            .any(|one| affected.contains(one))
        {
            continue;
        }
        let answer = asked.of_people(&["breaches", &customer.subject_ref]);
        let standings = standings(&answer);
        assert!(
            standings.values().all(|one| one == "public notice"),
            "{standings:?}"
        );
        assert_eq!(standings.len(), 1, "one story posts a notice to the public");
        others += 1;
    }
    assert!(others > 3);
}

pub fn remains(asked: &Asked) {
    let mut cancelled = 0;
    for n in 0..asked.town.customers {
        let known = asked.town.remains(n);
        cancelled += usize::from(known.cancelled_ms.is_some());
        if known.cancelled_ms.is_none() && n % 40 != 0 {
            continue;
        }
        let subject = asked.town.customer(n).subject_ref;
        let answer = asked.of_people(&["remains", &subject]);
        let done = known.cancelled_ms.map(time);
        assert_eq!(answer["cancelled"]["time"].as_str(), done.as_deref());
        let mut found = BTreeMap::new();
        for one in answer["data"].as_array().unwrap() {
            let fate = match one["state"].as_str().unwrap() {
                "held" => KnownFate::Held,
                "erased" => KnownFate::Erased,
                "restricted" => {
                    assert_eq!(one["statute"], "NDSR 12");
                    let until: custodia::query::Time = text(&one["until"]).parse().unwrap();
                    KnownFate::Restricted(until.0)
                }
                other => panic!("{other}"),
            };
            let kept = fate == KnownFate::Held;
            assert_eq!(one["by"].is_null(), kept, "what changed it is named");
            let key = (text(&one["store"]), value(&one["category"]).unwrap());
            assert!(found.insert(key, fate).is_none());
        }
        assert_eq!(found, known.data, "customer {n}");
        let told = answer["recipients"].as_array().unwrap().iter();
        let told: BTreeMap<_, _> = told
            .map(|one| (text(&one["recipient_id"]), !one["confirmed"].is_null()))
            .collect();
        assert_eq!(told, known.recipients, "customer {n}");
    }
    assert!(cancelled > 0, "somebody closes the account");
}

/// Who isn't known has a status of its own, and what is no reference is refused unrepeated.
pub fn nobody(asked: &Asked) {
    for command in ["consents", "requests", "breaches", "remains", "disclosures"] {
        let words = [command, EMPLOYEE, "--reason", "audit"];
        assert_eq!(asked.ledger.run(&words).status.code(), Some(4), "{command}");
        let line = asked
            .ledger
            .fails(&[command, "13800138000", "--reason", "audit"], "CU-0550");
        assert!(!line.contains("13800138000"), "{line}");
    }
}
