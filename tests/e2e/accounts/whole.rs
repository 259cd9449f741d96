//! What the protection officer, a partner and a regulator ask of the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use custodia::generate::{KnownActivity, KnownExemption, KnownProvision};
use custodia_core::assess::{Day, Outcome};
use serde_json::Value;

use super::{Asked, text, time, value, values};
use crate::faults_found::{DAY_MS, START_MS};

fn rows(of: &Value) -> &[Value] {
    of.as_array().unwrap()
}

fn count(of: &Value) -> u64 {
    of.as_u64().unwrap()
}

pub fn exemptions(asked: &Asked) {
    let answer = asked.openly(&["exemptions"]);
    let uses = rows(&answer["uses"]).iter().map(|one| {
        assert!(!rows(&one["samples"]).is_empty());
        let cited = one["citation"].as_str().map(str::to_owned);
        let key: KnownExemption = (
            value(&one["exemption"]).unwrap(),
            text(&one["event"]),
            cited,
        );
        (key, count(&one["count"]))
    });
    let found: BTreeMap<_, _> = uses.collect();
    assert_eq!(found, asked.town.totals(true).exemptions);
    assert!(found.len() > 1);
    let (from, to) = (time(START_MS - 100 * DAY_MS), time(START_MS));
    let none = asked.openly(&["exemptions", "--from", &from, "--to", &to]);
    assert_eq!(none["uses"], serde_json::json!([]));
    asked
        .ledger
        .fails(&["exemptions", "--from", &to, "--to", &from], "CU-0970");
}

pub fn provisions(asked: &Asked) {
    let path = asked.ledger.path("register.csv");
    let csv = path.to_str().unwrap();
    let answer = asked.openly(&["provisions", "--csv", csv]);
    let (mut provided, mut taken) = (BTreeMap::<KnownProvision, u64>::new(), BTreeMap::new());
    for row in rows(&answer["provisions"]) {
        let key = (
            text(&row["recipient_id"]),
            text(&row["event"]),
            value(&row["purpose"]),
            values(&row["categories"]),
            value(&row["case"]),
        );
        *provided.entry(key).or_default() += count(&row["events"]);
    }
    for row in rows(&answer["activities"]) {
        let key: KnownActivity = (
            text(&row["event"]),
            value(&row["purpose"]),
            values(&row["categories"]),
        );
        *taken.entry(key).or_default() += count(&row["events"]);
    }
    let totals = asked.town.totals(true);
    assert_eq!(provided, totals.provisions);
    assert_eq!(taken, totals.activities);
    assert!(!rows(&answer["entrustments"]).is_empty());
    let table = fs::read_to_string(&path).unwrap();
    assert!(table.starts_with("\u{feff}\"类别 kind\","), "{table}");
    let lines = ["provisions", "entrustments", "activities"].map(|name| rows(&answer[name]).len());
    assert_eq!(
        table.matches("\r\n").count(),
        1 + lines.iter().sum::<usize>()
    );
    // What is there already is not written over.
    asked.ledger.fails(&["provisions", "--csv", csv], "CU-0019");
}

pub fn recipients(asked: &Asked) {
    let totals = asked.town.totals(true);
    for id in ["courier-yunxiu", "score-chengtuo", "authority-taoxi"] {
        let dossier = asked.openly(&["recipient", id]);
        let (mut events, mut categories) = (0, BTreeMap::<String, u64>::new());
        for month in rows(&dossier["volume"]) {
            assert_eq!(month["month"], "2026-09");
            events += count(&month["events"]);
            for (category, of) in month["categories"].as_object().unwrap() {
                *categories.entry(category.clone()).or_default() += count(of);
            }
        }
        let of_it = totals.provisions.iter().filter(|((to, ..), _)| to == id);
        let (mut known, mut known_events) = (BTreeMap::<String, u64>::new(), 0);
        for ((_, _, _, of, _), count) in of_it {
            known_events += count;
            for category in of {
                *known.entry(category.clone()).or_default() += count;
            }
        }
        assert_eq!((events, categories), (known_events, known), "{id}");
        let (asked_for, confirmed) = totals.deletions.get(id).copied().unwrap_or_default();
        assert_eq!(dossier["deletions_asked"], asked_for, "{id}");
        assert_eq!(dossier["deletions_confirmed"], confirmed, "{id}");
        assert_eq!(dossier["history"][0]["event"], "RecipientRegistered");
        let agreed = id != "authority-taoxi";
        assert_eq!(dossier["agreement"].is_null(), !agreed);
    }
    let leaked = asked.openly(&["recipient", "courier-yunxiu"]);
    let incidents = rows(&leaked["incidents"])
        .iter()
        .map(|one| text(&one["id"]));
    assert!(incidents.collect::<BTreeSet<_>>().contains("incident-1"));
    let assessed = rows(&leaked["assessments"]).iter();
    let ids: Vec<_> = assessed.filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, ["pia-delivery"]);
    let output = asked.ledger.run(&["recipient", "nobody"]);
    assert_eq!(output.status.code(), Some(4));
}

pub fn sdks(asked: &Asked) {
    let answer = asked.openly(&["sdks"]);
    let seen = rows(&answer["rows"])
        .iter()
        .filter(|row| count(&row["count"]) > 0);
    let found: BTreeMap<_, _> = seen
        .clone()
        .map(|row| {
            (
                (text(&row["build"]), text(&row["package"])),
                count(&row["count"]),
            )
        })
        .collect();
    assert_eq!(found, asked.town.totals(true).sdks);
    let differences: BTreeSet<_> = seen.map(|row| text(&row["difference"])).collect();
    // One story saw what isn't on the list, another that the listed one takes more.
    let expected = ["more than declared", "not declared"].map(str::to_owned);
    assert_eq!(differences, BTreeSet::from(expected));
    let before = rows(&answer["rows"])
        .iter()
        .map(|row| count(&row["before_consent"]));
    assert_eq!(before.sum::<u64>(), 1);
    let output = asked.ledger.run(&["sdks", "--build", "0.0.0"]);
    assert_eq!(output.status.code(), Some(4));
}

pub fn reconciled(asked: &Asked) {
    let id = "courier-bailu";
    let sent = &asked.town.totals(true).sent[id];
    let answer = asked.openly(&["reconcile", id]);
    let mut by_day: BTreeMap<String, u64> = BTreeMap::new();
    for (ms, _) in sent {
        *by_day.entry(Day::of(*ms).to_string()).or_default() += 1;
    }
    let found = rows(&answer["days"]).iter();
    let found: BTreeMap<_, _> = found
        .map(|day| (text(&day["day"]), count(&day["sent"])))
        .collect();
    assert_eq!(found, by_day);
    let file = asked.ledger.path("digests.csv");
    let path = file.to_str().unwrap();
    let mut lines: Vec<String> = sent
        .iter()
        .map(|(ms, digest)| format!("{},{}", Day::of(*ms), hex::encode(digest)))
        .collect();
    fs::write(&file, lines.join("\n")).unwrap();
    let whole = asked.openly(&["reconcile", id, "--digests", path]);
    assert_eq!(
        (&whole["agrees"], &whole["compared"]),
        (&true.into(), &true.into())
    );
    // One is lost, and one made up.
    let lost = lines.pop().unwrap();
    lines.push(format!("{},{}", &lost[..10], "ab".repeat(32)));
    fs::write(&file, lines.join("\n")).unwrap();
    let words = ["reconcile", id, "--digests", path, "--json"];
    let output = asked.ledger.run(&words);
    assert_eq!(output.status.code(), Some(3));
    let differs: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(differs["not_received"][0]["digest"], lost[11..]);
    assert_eq!(differs["not_sent"][0]["digest"], "ab".repeat(32));
    assert_eq!(
        (
            rows(&differs["not_received"]).len(),
            rows(&differs["not_sent"]).len()
        ),
        (1, 1)
    );
    fs::write(&file, "2026-09-01,so many").unwrap();
    let line = asked
        .ledger
        .fails(&["reconcile", id, "--digests", path], "CU-0972");
    assert!(line.contains("line 1"), "{line}");
    let output = asked.ledger.run(&["reconcile", "nobody"]);
    assert_eq!(output.status.code(), Some(4));
}

pub fn grouped(asked: &Asked) {
    let words = ["findings", "--rule", "R01", "--mended"];
    let one_by_one = asked.of_people(&words);
    let mut expected: BTreeMap<(Option<String>, String), u64> = BTreeMap::new();
    for finding in rows(&one_by_one["findings"]) {
        let recipient = finding["recipient"].as_str().map(str::to_owned);
        *expected
            .entry((recipient, text(&finding["result"])))
            .or_default() += 1;
    }
    let listed = asked.list.iter().filter(|one| one.rule == 1).count() as u64;
    assert_eq!(expected.values().sum::<u64>(), listed);
    let answer = asked.of_people(&[&words[..], &["--by", "recipient"]].concat());
    assert_eq!(answer["findings"], serde_json::json!([]));
    let mut found = BTreeMap::new();
    for group in rows(&answer["groups"]) {
        let key = group["key"].as_str().map(str::to_owned);
        assert!(!rows(&group["leaves"]).is_empty());
        for (result, of) in group["counts"]["R01"].as_object().unwrap() {
            found.insert((key.clone(), result.clone()), count(of));
        }
    }
    assert_eq!(found, expected);
}

pub fn reconsents(asked: &Asked) {
    let injected = asked
        .list
        .iter()
        .filter(|one| one.rule == 17 && one.cause == "not_given_anew");
    let events: BTreeSet<_> = injected.map(|one| one.event.clone().unwrap()).collect();
    assert!(!events.is_empty());
    let version = changed_version(asked);
    let answer = asked.of_people(&["reconsents", "--version", &version]);
    assert_eq!(
        (&answer["known"], &answer["asks_anew"]),
        (&true.into(), &true.into())
    );
    let named = rows(&answer["people"])
        .iter()
        .flat_map(|person| rows(&person["named"]));
    let named: BTreeSet<_> = named.map(|deed| text(&deed["event_id"])).collect();
    assert_eq!(named, events);
    assert_eq!(answer["events"], events.len());
    let words = ["reconsents", "--version", "none", "--reason", "audit"];
    assert_eq!(asked.ledger.run(&words).status.code(), Some(4));
}

/// The version of the policy that asks for consent anew.
pub fn changed_version(asked: &Asked) -> String {
    let changed = asked
        .list
        .iter()
        .find(|one| one.rule == 18 && one.cause == "not_announced");
    let event = changed.unwrap().event.clone().unwrap();
    asked.town.published_by(&event).unwrap()
}

pub fn retention(asked: &Asked) {
    let at = time(START_MS + 40 * DAY_MS);
    let words = ["retention", "due", "--at", &at, "--within", "3650d"];
    let answer = asked.of_people(&words);
    assert_eq!(answer["more"], false);
    let mut expected = BTreeMap::new();
    for n in 0..asked.town.customers {
        let known = asked.town.remains(n);
        if let (Some(last), None) = (known.last_order_ms, known.cancelled_ms) {
            let ends = Day::of(last).plus_months(60).end_ms();
            let stores: BTreeSet<_> = known.data.keys().map(|(store, _)| store.clone()).collect();
            let subject = asked.town.customer(n).subject_ref;
            expected.insert(subject, (time(ends), Some(time(last)), stores));
        }
    }
    let customers: BTreeSet<_> = (0..asked.town.customers)
        .map(|n| asked.town.customer(n).subject_ref)
        .collect();
    let people = rows(&answer["people"]).iter();
    let ours = people.filter(|one| {
        one["cause"] == "retention_expired" && customers.contains(one["subject"].as_str().unwrap())
    });
    let found: BTreeMap<_, _> = ours
        .map(|one| {
            let stores: BTreeSet<_> = one["stores"].as_object().unwrap().keys().cloned().collect();
            let last = one["last_order"].as_str().map(str::to_owned);
            (text(&one["subject"]), (text(&one["ends"]), last, stores))
        })
        .collect();
    assert_eq!(found, expected);
    assert!(found.len() as u64 > asked.town.customers / 2);
    // Then nothing of an ordinary customer was past its time.
    let now = asked.of_people(&["retention", "due", "--at", &at]);
    let past = rows(&now["people"]).iter().map(|one| text(&one["subject"]));
    assert!(past.collect::<BTreeSet<_>>().is_disjoint(&customers));
    let violations = asked.list.iter().filter(|one| {
        one.rule == 23 && one.result == Outcome::Violation && time(one.since_ms) <= at
    });
    let counted = now["counts"].as_object().unwrap().values().map(count);
    assert_eq!(counted.sum::<u64>(), violations.count() as u64);
}

pub fn disclosures(asked: &Asked) {
    let subpoenaed = asked.town.facts().subpoenaed.unwrap();
    let subject = asked.town.customer(subpoenaed).subject_ref;
    let answer = asked.of_people(&["disclosures", &subject]);
    let [case] = rows(&answer["cases"]) else {
        panic!("{answer}")
    };
    assert_eq!(
        (&case["case_ref"], &case["document_no"]),
        (&"case-1".into(), &"2026-1".into())
    );
    assert_eq!(value(&case["document"]).unwrap(), "DI_DOC_SUBPOENA");
    assert_eq!(
        case["document_sha256"],
        case["outcomes"][0]["document_sha256"]
    );
    assert_eq!(text(&case["document_sha256"]).len(), 64);
    let reviewers = rows(&case["reviews"][0]["reviewers"]).iter();
    let roles: Vec<_> = reviewers.map(|role| value(role).unwrap()).collect();
    assert_eq!(roles, ["PR_LEGAL", "PR_LEGAL"]);
    assert_eq!(case["outcomes"][0]["subject"], subject.as_str());
    assert!(
        !answer.to_string().contains("reviewer_ref"),
        "reviewers are told by role"
    );
    let totals = asked.town.totals(true);
    let answer = asked.of_people(&["disclosures", "--authority", "authority-taoxi"]);
    let mut outcomes = 0;
    for case in rows(&answer["cases"]) {
        let of_case = rows(&case["outcomes"]).len() as u64;
        let known = totals.disclosed.get(case["case_ref"].as_str().unwrap());
        assert_eq!(known.copied().unwrap_or_default(), of_case, "{case}");
        outcomes += of_case;
    }
    let disclosed = totals
        .provisions
        .iter()
        .filter(|((to, event, ..), _)| to == "authority-taoxi" && event == "DataDisclosed");
    assert_eq!(outcomes, disclosed.map(|(_, count)| count).sum::<u64>());
    assert!(outcomes > 3);
    let both = [
        "disclosures",
        &subject,
        "--authority",
        "authority-taoxi",
        "--reason",
        "audit",
    ];
    assert_eq!(asked.ledger.run(&both).status.code(), Some(2));
}
