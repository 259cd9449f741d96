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
        let (mut scenarios, mut bases) = (Vec::new(), BTreeMap::new());
        for folder in entries(&here())? {
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
            return Err(format!("{} has no scenario", here().display()));
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
