//! What is held of people and what was done: the answers of a ledger of a generated town with faults equal
//! what the generator knows of it, and `docs/questions.md` shows them.

mod book;
mod gag;
mod people;
mod whole;

use std::panic::{AssertUnwindSafe, catch_unwind};

use custodia::generate::Town;
use custodia::query::Time;
use serde_json::Value;

use crate::answers::PARTITIONS;
use crate::broker::Broker;
use crate::faults_found::{Found, SEED, START_MS, customers, generate, ledger_at, settle};
use crate::ledger::{Ledger, Serving};

/// A ledger that has taken in a town with its faults, and what is known of it.
struct Asked {
    ledger: Ledger,
    town: Town,
    /// What must be found of it.
    list: Vec<Found>,
}

impl Asked {
    /// The answer to a question about people.
    fn of_people(&self, words: &[&str]) -> Value {
        let words = [words, &["--reason", "audit", "--json"]].concat();
        serde_json::from_str(&self.ledger.ok(&words)).unwrap()
    }

    /// The answer to a question that names nobody.
    fn openly(&self, words: &[&str]) -> Value {
        let words = [words, &["--json"]].concat();
        serde_json::from_str(&self.ledger.ok(&words)).unwrap()
    }
}

/// The values of words.
fn values(words: &Value) -> Vec<String> {
    let words = words.as_array().unwrap().iter();
    words.map(|word| text(&word["value"])).collect()
}

/// The value of a word; none where there is none.
fn value(word: &Value) -> Option<String> {
    word["value"].as_str().map(str::to_owned)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn time(ms: i64) -> String {
    Time(ms).to_string()
}

/// How many looks are leaves.
fn looks(serving: &mut Serving) -> u64 {
    serving
        .metric("custodia_tree_size", "custodia.access")
        .unwrap()
}

/// A part of what is compared.
type Part = fn(&Asked);

/// What is compared, by name.
const PARTS: [(&str, Part); 15] = [
    ("consents", people::consents),
    ("requests", people::requests),
    ("breaches", people::breaches),
    ("remains", people::remains),
    ("nobody", people::nobody),
    ("exemptions", whole::exemptions),
    ("provisions", whole::provisions),
    ("recipients", whole::recipients),
    ("sdks", whole::sdks),
    ("reconciled", whole::reconciled),
    ("grouped", whole::grouped),
    ("reconsents", whole::reconsents),
    ("retention", whole::retention),
    ("disclosures", whole::disclosures),
    ("the book", book::compared),
];

#[test]
fn accounts_of_a_town_are_what_the_generator_knows() {
    let broker = Broker::start();
    let ledger = ledger_at(&broker);
    let mut serving = ledger.serve();
    let (sent, list) = generate(&ledger);
    settle(&mut serving, &ledger, &sent);
    let town = Town {
        seed: SEED,
        customers: customers(),
        start_ms: START_MS,
        days: 30,
        partitions: PARTITIONS,
    };
    let asked = Asked { ledger, town, list };
    let mut failed: Vec<&str> = Vec::new();
    // Each part is looked at, also where another fails: a town is not made for one of them.
    for (name, part) in PARTS {
        if catch_unwind(AssertUnwindSafe(|| part(&asked))).is_err() {
            failed.push(name);
        }
    }
    if catch_unwind(AssertUnwindSafe(|| people::due(&asked, &mut serving))).is_err() {
        failed.push("due");
    }
    assert!(failed.is_empty(), "see above: {failed:?}");
    gag::hidden_and_shown(asked, serving);
}
