//! Where values come from: defaults < file < environment < flags.

use std::path::Path;

use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Metadata};

use super::{Config, Error};

/// The prefix of environment variables: `CUSTODIA__SECTION__KEY`.
const ENV_PREFIX: &str = "CUSTODIA__";
/// What the keys of librdkafka's properties begin with.
const PROPERTIES: &str = "kafka.properties.";
/// What stands in a dump in place of a secret.
const MASK: &str = "********";
/// Parts of names of librdkafka properties whose values are secrets.
const SECRET_PARTS: [&str; 3] = ["password", "secret", "key.pem"];

/// Values given by flags, as `section.key` and a value in TOML's notation or a bare word.
pub type Overrides = Vec<(String, String)>;

/// One value of the configuration in force, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `section.key`.
    pub key: String,
    /// The value; secrets are masked.
    pub value: String,
    /// `default`, the file, the environment variable or the flag.
    pub origin: String,
}

/// Merges all sources and checks the result.
///
/// # Errors
/// [`Error::Unreadable`] for a file that was named and can't be read, [`Error::Malformed`] for an
/// unknown key or a wrong type, [`Error::Refused`] for values out of bounds, all of them at once.
pub fn load(file: Option<&Path>, flags: &Overrides) -> Result<(Config, Vec<Setting>), Error> {
    let figment = merged(file, flags)?;
    let config: Config = figment
        .extract()
        .map_err(|e| Error::Malformed(Box::new(e)))?;
    let faults = config.faults();
    if !faults.is_empty() {
        return Err(Error::Refused(faults));
    }
    let settings = settings(&figment)?;
    Ok((config, settings))
}

fn merged(file: Option<&Path>, flags: &Overrides) -> Result<Figment, Error> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|source| Error::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        figment = figment.merge(Named::new(path.display().to_string(), Toml::string(&text)));
    }
    figment = figment.merge(Env::prefixed(ENV_PREFIX).split("__"));
    for (key, value) in flags {
        let set = Serialized::globals(nested(key, value));
        figment = figment.merge(Named::new(format!("--set {key}"), set));
    }
    Ok(figment)
}

/// The value of a flag as it stands in the whole: `section.key`, but for librdkafka's properties,
/// whose names hold dots and whose values are text.
fn nested(key: &str, value: &str) -> Dict {
    let (path, value): (Vec<&str>, Value) = match key.strip_prefix(PROPERTIES) {
        Some(property) => {
            let mut path: Vec<&str> = PROPERTIES.trim_end_matches('.').split('.').collect();
            path.push(property);
            (path, value.into())
        }
        None => (
            key.split('.').collect(),
            value.parse().unwrap_or_else(|never| match never {}),
        ),
    };
    let wrap = |inner: Value, name: &&str| Value::from(Dict::from([((*name).to_owned(), inner)]));
    let whole = path.iter().rev().fold(value, wrap);
    whole.into_dict().unwrap_or_default()
}

/// A provider under a name of its own, so that a dump and an error can say where a value stands.
struct Named<P> {
    name: String,
    inner: P,
}

impl<P> Named<P> {
    fn new(name: String, inner: P) -> Self {
        Self { name, inner }
    }
}

impl<P: figment::Provider> figment::Provider for Named<P> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<figment::value::Map<figment::Profile, Dict>, figment::Error> {
        self.inner.data()
    }
}

fn settings(figment: &Figment) -> Result<Vec<Setting>, Error> {
    let dict: Dict = figment
        .extract()
        .map_err(|e| Error::Malformed(Box::new(e)))?;
    let mut out = Vec::new();
    for (section, value) in dict {
        flatten(figment, &section, &value, &mut out);
    }
    Ok(out)
}

fn flatten(figment: &Figment, key: &str, value: &Value, out: &mut Vec<Setting>) {
    if let Some(dict) = value.as_dict() {
        for (name, inner) in dict {
            flatten(figment, &format!("{key}.{name}"), inner, out);
        }
        return;
    }
    let secret = SECRET_PARTS.iter().any(|part| key.contains(part));
    let shown = if secret {
        MASK.to_owned()
    } else {
        plain(value)
    };
    out.push(Setting {
        key: key.to_owned(),
        value: shown,
        origin: origin(figment, value),
    });
}

fn plain(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| format!("{value:?}"))
}

fn origin(figment: &Figment, value: &Value) -> String {
    let name = figment
        .get_metadata(value.tag())
        .map(|m| m.name.to_string());
    match name {
        Some(name) if name.contains("custodia::config::sections::Config") => "default".into(),
        Some(name) => name.trim_matches('`').to_owned(),
        None => "default".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("custodia.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn a_flag_beats_the_file_and_both_are_named() {
        let (_dir, path) = write("[ingest]\nbatch_records = 7\nbatch_bytes = 9\n");
        let flags = vec![("ingest.batch_bytes".to_owned(), "11".to_owned())];
        let (config, settings) = load(Some(&path), &flags).unwrap();
        assert_eq!(
            (config.ingest.batch_records, config.ingest.batch_bytes),
            (7, 11)
        );
        let from = |key: &str| {
            settings
                .iter()
                .find(|s| s.key == key)
                .unwrap()
                .origin
                .clone()
        };
        assert_eq!(from("ingest.batch_records"), path.display().to_string());
        assert_eq!(from("ingest.batch_bytes"), "--set ingest.batch_bytes");
        assert_eq!(from("ingest.batch_age_ms"), "default");
    }

    #[test]
    fn an_unknown_key_is_refused_and_named() {
        let (_dir, path) = write("[ingest]\nbatch_recrods = 7\n");
        let error = load(Some(&path), &vec![]).unwrap_err();
        assert_eq!(error.code(), "CU-0002");
        assert!(error.to_string().contains("batch_recrods"), "{error}");
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let (_dir, path) = write("[ingest]\nbatch_records = 0\n[checkpoints]\ninterval_ms = 1\n");
        let Error::Refused(faults) = load(Some(&path), &vec![]).unwrap_err() else {
            panic!()
        };
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn a_property_keeps_its_dots_and_its_text() {
        let flags = vec![("kafka.properties.enable.ssl".to_owned(), "true".to_owned())];
        let (config, _) = load(None, &flags).unwrap();
        assert_eq!(config.kafka.properties["enable.ssl"], "true");
    }

    #[test]
    fn secrets_are_masked() {
        let (_dir, path) = write("[kafka.properties]\n\"sasl.password\" = \"hush\"\n");
        let (config, settings) = load(Some(&path), &vec![]).unwrap();
        assert_eq!(config.kafka.properties["sasl.password"], "hush");
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn partitions_are_assigned_by_list_or_all() {
        let (_dir, path) = write("[ingest]\nassign = [\"custodia.events/0\"]\n");
        let (config, _) = load(Some(&path), &vec![]).unwrap();
        assert_eq!(
            config.ingest.assign,
            super::super::Assignment::Only(vec!["custodia.events/0".into()])
        );
        let (_dir, path) = write("[ingest]\nassign = \"some\"\n");
        assert!(load(Some(&path), &vec![]).is_err());
    }

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        let error = load(Some(Path::new("/nonexistent/custodia.toml")), &vec![]).unwrap_err();
        assert_eq!(error.code(), "CU-0001");
    }
}
