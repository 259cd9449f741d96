//! The files of the scenarios.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use custodia_core::assess::Holidays;
use serde::de::DeserializeOwned;

use crate::variant;
use crate::written::{Base, Scenario, Told};

/// A scenario, and where it stands.
#[derive(Debug)]
pub struct Shelved {
    /// Its file.
    pub path: PathBuf,
    /// Its rule's number.
    pub number: u8,
    /// What it says.
    pub written: Scenario,
}

/// All scenarios, and what they are built on.
#[derive(Debug)]
pub struct Shelf {
    /// All scenarios, by rule and file name.
    pub scenarios: Vec<Shelved>,
    /// Events that come first, by file name.
    pub bases: BTreeMap<String, Vec<Told>>,
}

/// The repository's root.
pub fn root() -> PathBuf {
    let core = env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| "core".into());
    Path::new(&core).join("..")
}

fn here() -> PathBuf {
    root().join("tests/scenarios")
}

impl Shelf {
    /// Reads `tests/scenarios`.
    pub fn read() -> Result<Self, String> {
        Self::of(&here())
    }

    fn of(shelf: &Path) -> Result<Self, String> {
        let (mut scenarios, mut bases) = (Vec::new(), BTreeMap::new());
        for folder in entries(shelf)? {
            let name = stem(&folder);
            let files = entries(&folder)?;
            if files.is_empty() {
                return Err(format!("{} is empty", folder.display()));
            }
            match (name.as_str(), number_of(&name)) {
                ("base", _) => {
                    for file in files {
                        bases.insert(stem(&file), yaml::<Base>(&file)?.events);
                    }
                }
                // Read by name where a scenario asks for them.
                ("policy" | "holidays", _) => {}
                (_, Some(number)) => {
                    for file in files {
                        scenarios.push(shelved(file, &name, number)?);
                    }
                }
                _ => return Err(format!("{}: no rule has that name", folder.display())),
            }
        }
        if scenarios.is_empty() {
            return Err(format!("{} has no scenario", shelf.display()));
        }
        Ok(Self { scenarios, bases })
    }
}

fn shelved(path: PathBuf, folder: &str, number: u8) -> Result<Shelved, String> {
    let written: Scenario = yaml(&path)?;
    if written.rule != folder {
        let rule = &written.rule;
        return Err(format!("{}: it is a scenario of {rule}", path.display()));
    }
    Ok(Shelved {
        path,
        number,
        written,
    })
}

/// The machine-readable policy of a name: `ops/policy/<name>.toml`, or one that differs from it
/// (`tests/scenarios/policy/<name>.toml`).
pub fn policy(name: &str) -> Result<Vec<u8>, String> {
    let file = format!("{name}.toml");
    let whole = root().join("ops/policy").join(&file);
    let differing = here().join("policy").join(&file);
    if whole.exists() {
        return text(&whole).map(String::into_bytes);
    }
    let made = variant::policy(&text(&differing)?, policy);
    made.map_err(|error| format!("{}: {error}", differing.display()))
}

/// The calendar of holidays of a name.
pub fn holidays(name: &str) -> Result<Holidays, String> {
    let path = here().join("holidays").join(format!("{name}.toml"));
    Holidays::parse(&text(&path)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// A file of the repository.
pub fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn yaml<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    if path.extension().is_none_or(|ending| ending != "yaml") {
        return Err(format!("{}: only .yaml belongs here", path.display()));
    }
    serde_saphyr::from_str(&text(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

/// What a folder holds, by name.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn number_of(folder: &str) -> Option<u8> {
    let number: u8 = folder.strip_prefix('R')?.parse().ok()?;
    ((1..=44).contains(&number) && folder.len() == 3).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENARIO: &str =
        "rule: R25\nsays: nothing happens\nabout: operator\nevents: []\nexpect: []\n";

    /// What is said of a shelf with one file, by its path there.
    fn said(path: &str, text: &str) -> String {
        let shelf = tempfile::tempdir().unwrap();
        let file = shelf.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        let read = Shelf::of(shelf.path());
        read.map_or_else(|wrong| wrong, |shelf| shelf.scenarios.len().to_string())
    }

    #[test]
    fn a_scenario_is_read_from_its_rules_folder() {
        assert_eq!(said("R25/nothing.yaml", SCENARIO), "1");
        assert!(said("R26/nothing.yaml", SCENARIO).contains("it is a scenario of R25"));
        assert!(said("R45/nothing.yaml", SCENARIO).contains("no rule has that name"));
        assert!(said("R25/nothing.yml", SCENARIO).contains("only .yaml belongs here"));
    }

    #[test]
    fn folders_that_are_missing_or_empty_are_refused() {
        let shelf = tempfile::tempdir().unwrap();
        assert!(
            Shelf::of(shelf.path())
                .unwrap_err()
                .contains("has no scenario")
        );
        fs::create_dir(shelf.path().join("R25")).unwrap();
        assert!(
            Shelf::of(shelf.path())
                .unwrap_err()
                .contains("R25 is empty")
        );
        assert!(
            Shelf::of(&shelf.path().join("away"))
                .unwrap_err()
                .contains("away")
        );
    }

    #[test]
    fn keys_that_a_scenario_does_not_have_are_refused_by_name() {
        for key in [
            "expects: []",
            "about: {subjects: lin}",
            "totals: {folk: 1}",
            "says: twice",
        ] {
            let text = format!("{SCENARIO}{key}\n");
            let said = said("R25/nothing.yaml", &text);
            assert!(said.contains("nothing.yaml"), "{key}: {said}");
        }
        let finding = SCENARIO.replace(
            "expect: []",
            "expect: [{result: PASS, cause: a, whence: b}]",
        );
        assert!(said("R25/nothing.yaml", &finding).contains("whence"));
    }
}
