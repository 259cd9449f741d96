//! The rules on scenarios that a lawyer can read: `tests/scenarios/Rnn/<name>.yaml`.

mod compared;
mod facts;
mod moment;
mod pages;
mod policy_lines;
mod scene;
mod shelf;
mod variant;
mod written;

use std::collections::BTreeMap;
use std::{env, fs};

use custodia_core::assess::{rule, rules};

use shelf::{Shelf, Shelved};

/// At least: passes, breaks, misses evidence, stands on the boundary, is judged by other law or policy.
const FEWEST: usize = 5;

fn all(shelved: &[Shelved], check: impl Fn(&Shelved) -> Result<(), String>) {
    let wrong: Vec<String> = shelved
        .iter()
        .filter_map(|one| Some(format!("{}:\n{}", one.path.display(), check(one).err()?)))
        .collect();
    let (bad, whole) = (wrong.len(), shelved.len());
    assert!(
        wrong.is_empty(),
        "{bad} of {whole} scenarios:\n\n{}",
        wrong.join("\n\n")
    );
}

#[test]
fn every_scenario_comes_out_as_it_says() {
    let shelf = Shelf::read().unwrap();
    all(&shelf.scenarios, |one| {
        let scene = scene::Scene::of(&shelf, one)?;
        match rule(one.number) {
            Some(_) => compared::compare(&one.written.expect, one.number, &scene),
            // A rule that isn't written yet: its events must keep the schema all the same.
            None => Ok(()),
        }
    });
}

#[test]
fn findings_do_not_depend_on_the_order_of_arrival() {
    let shelf = Shelf::read().unwrap();
    all(&shelf.scenarios, |one| {
        let scene = scene::Scene::of(&shelf, one)?;
        let asked = scene.findings(&scene::Arrival::AsWritten)?;
        for seed in 0..2 {
            for spread in [false, true] {
                let arrival = scene::Arrival::Shuffled { seed, spread };
                let found = scene.findings(&arrival)?;
                if found != asked {
                    let show = |found| scene::shown(found).join("\n    ");
                    return Err(format!(
                        "  as written:\n    {}\n  {arrival:?}:\n    {}",
                        show(&asked),
                        show(&found)
                    ));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn every_rule_has_five_scenarios() {
    let shelf = Shelf::read().unwrap();
    let mut count: BTreeMap<u8, usize> = BTreeMap::new();
    for one in &shelf.scenarios {
        *count.entry(one.number).or_default() += 1;
    }
    let short: Vec<String> = rules()
        .iter()
        .filter(|rule| count.get(&rule.number).copied().unwrap_or(0) < FEWEST)
        .map(|rule| rule.code())
        .collect();
    assert!(
        short.is_empty(),
        "fewer than {FEWEST} scenarios under tests/scenarios: {short:?}"
    );
}

#[test]
fn every_scenario_says_something_else() {
    let shelf = Shelf::read().unwrap();
    let mut said: BTreeMap<(u8, &str), &Shelved> = BTreeMap::new();
    for one in &shelf.scenarios {
        let same = said.insert((one.number, &one.written.says), one);
        let same = same.map(|same| same.path.display().to_string());
        assert_eq!(same, None, "says the same as {}", one.path.display());
    }
}

#[test]
fn pages_are_those_that_would_be_made() {
    let pages = pages::pages(&Shelf::read().unwrap()).unwrap();
    let docs = shelf::root().join("docs");
    if env::var_os("WRITE_RULE_PAGES").is_some() {
        fs::create_dir_all(docs.join("rules")).unwrap();
        for (path, text) in &pages {
            fs::write(docs.join(path), text).unwrap();
        }
    }
    let command = pages::COMMAND;
    for (path, text) in &pages {
        let there = fs::read_to_string(docs.join(path)).unwrap_or_default();
        assert!(
            there == *text,
            "docs/{path} isn't what would be made; run {command}"
        );
    }
    for path in shelf::entries(&docs.join("rules")).unwrap() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let known = pages.contains_key(&format!("rules/{name}"));
        assert!(known, "docs/rules/{name} is the page of no rule; remove it");
    }
}
