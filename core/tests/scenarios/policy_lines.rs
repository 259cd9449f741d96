//! The lines of the seed's policy, and which items of the machine-readable policy cite them.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::shelf;

/// Where an item comes from that no line of the policy states.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A law's clause.
    Law(String),
    /// The operator's choice, and why.
    Ours(String),
}

/// The items that cite something, e.g. `deadline RIGHTS_REQUEST`.
type Items = BTreeSet<String>;

/// The policy's lines and who cites them.
#[derive(Debug)]
pub struct Lines {
    text: Vec<String>,
    /// By line, from 1, and by the words cited.
    pub cited: BTreeMap<usize, BTreeMap<String, Items>>,
    /// Items that rest on something else.
    pub elsewhere: BTreeMap<Source, Items>,
}

impl Lines {
    /// Reads the seed's policy, its text and its items.
    pub fn read() -> Result<Self, String> {
        let folder = shelf::root().join("ops/policy");
        let text = shelf::text(&folder.join("privacy-policy.zh.txt"))?;
        let policy = shelf::text(&folder.join("2024-07-15.toml"))?;
        let policy: Table = toml::from_str(&policy).map_err(|error| error.to_string())?;
        let mut lines = Self {
            text: text.lines().map(str::to_owned).collect(),
            cited: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
        };
        for (kind, value) in &policy {
            let one = std::slice::from_ref(value);
            for item in value.as_array().map_or(one, Vec::as_slice) {
                let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
                lines.add(format!("{kind} {id}").trim(), item);
            }
        }
        Ok(lines)
    }

    /// Takes up what an item cites, in its own tables too.
    fn add(&mut self, item: &str, value: &Value) {
        match value {
            Value::Table(table) => {
                if let Some(Value::Array(cites)) = table.get("cites") {
                    for cite in cites {
                        self.cite(item, cite);
                    }
                }
                for value in table.values() {
                    self.add(item, value);
                }
            }
            Value::Array(values) => {
                for value in values {
                    self.add(item, value);
                }
            }
            _ => {}
        }
    }

    fn cite(&mut self, item: &str, cite: &Value) {
        let text = |key| cite.get(key).and_then(Value::as_str).map(str::to_owned);
        let line = cite.get("line").and_then(Value::as_integer);
        let items = match (
            line.and_then(|line| usize::try_from(line).ok()),
            text("law"),
        ) {
            (Some(line), _) => {
                let words = text("phrase").unwrap_or_default();
                self.cited
                    .entry(line)
                    .or_default()
                    .entry(words)
                    .or_default()
            }
            (None, Some(law)) => self.elsewhere.entry(Source::Law(law)).or_default(),
            (None, None) => {
                let why = Source::Ours(text("ours").unwrap_or_default());
                self.elsewhere.entry(why).or_default()
            }
        };
        items.insert(item.to_owned());
    }

    /// The lines with text that a clause names; none for a law's.
    pub fn of_clause(&self, clause: &str) -> Vec<(usize, &str)> {
        let (first, last) = range(clause).unwrap_or((1, 0));
        (first..=last)
            .filter_map(|line| Some((line, self.at(line)?)))
            .collect()
    }

    /// Lines with text that no item cites.
    pub fn uncited(&self) -> impl Iterator<Item = usize> {
        (1..=self.text.len())
            .filter(|line| self.at(*line).is_some() && !self.cited.contains_key(line))
    }

    fn at(&self, line: usize) -> Option<&str> {
        let text = self.text.get(line.checked_sub(1)?)?.trim();
        (!text.is_empty()).then_some(text)
    }
}

/// Whether a rule's clause (`L160`, `L160-L174`) is about a line.
pub fn covers(clause: &str, line: usize) -> bool {
    range(clause).is_some_and(|(first, last)| (first..=last).contains(&line))
}

/// First and last line of a clause of the policy.
fn range(clause: &str) -> Option<(usize, usize)> {
    let (first, last) = clause.split_once(['-', '–']).unwrap_or((clause, clause));
    let number = |text: &str| text.strip_prefix('L')?.parse().ok();
    Some((number(first)?, number(last)?))
}

#[test]
fn clauses_of_the_policy_are_lines() {
    assert_eq!(range("L262"), Some((262, 262)));
    assert_eq!(range("L160-L174"), Some((160, 174)));
    assert_eq!(range("L160–L174"), Some((160, 174)));
    assert_eq!(range("PIPL 57"), None);
    assert_eq!(range("LGPL"), None);
    let lines = Lines::read().unwrap();
    assert!(
        lines.cited[&262]
            .keys()
            .any(|words| words == "及时向您告知")
    );
    assert_eq!(lines.of_clause("PIPL 57"), []);
    assert!(lines.of_clause("L262")[0].1.contains("及时向您告知"));
}
