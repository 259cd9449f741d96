//! A class of events: names of events, or of families of them.

use std::collections::BTreeSet;

use custodia_core::schema::{self, BodyKind};

use super::Error;
use super::question::wrong;

/// The names of the events of a class, ascending, each once.
pub(super) fn events(class: &[String]) -> Result<Vec<String>, Error> {
    let mut names = BTreeSet::new();
    for named in class {
        let before = names.len();
        for kind in schema::bodies().values() {
            if kind.name == *named {
                names.insert(showable(kind)?.name.clone());
            } else if kind.family() == *named && showable(kind).is_ok() {
                names.insert(kind.name.clone());
            }
        }
        let known = names.len() > before || names.contains(named);
        if !known && !is_family(named) {
            return Err(wrong(
                "--class",
                "no event, e.g. DataShared, and no family of events, e.g. sharing",
            ));
        }
    }
    if names.is_empty() && !class.is_empty() {
        return Err(wrong(
            "--class",
            "no event of it can be shown without its people",
        ));
    }
    Ok(names.into_iter().collect())
}

fn is_family(name: &str) -> bool {
    let mut kinds = schema::bodies().values();
    kinds.any(|kind| kind.family() == name)
}

/// A kind of event that can be shown without saying whom it is about.
fn showable(kind: &BodyKind) -> Result<&BodyKind, Error> {
    if kind.names_somebody_in_front() {
        let why = format!(
            "{} says whom it is about in what such an extract opens",
            kind.name
        );
        return Err(wrong("--class", &why));
    }
    Ok(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(class: &[&str]) -> Result<Vec<String>, Error> {
        let class: Vec<String> = class.iter().map(|&one| one.to_owned()).collect();
        events(&class)
    }

    #[test]
    fn a_class_is_its_events_once_and_in_order() {
        let both = of(&["DataTransferred", "DataShared", "DataShared"]).unwrap();
        assert_eq!(both, ["DataShared", "DataTransferred"]);
        let family = of(&["sharing", "DataShared"]).unwrap();
        assert!(family.contains(&"DataDisclosed".to_owned()) && family.is_sorted());
        assert_eq!(of(&["DataShared", "sharing"]).unwrap(), family);
        assert!(of(&[]).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_class_or_would_name_people_is_refused() {
        for class in [
            "datashared",
            "",
            "SH_03_GOODS_DELIVERY",
            "surfaces",
            "LedgerQueried",
            "looks",
        ] {
            assert_eq!(of(&[class]).unwrap_err().code(), "CU-0750", "{class}");
        }
        // Orders of erasure hold a digest of the person: the family has its other events alone.
        let family = of(&["ledger"]).unwrap();
        assert!(!family.contains(&"ErasureOrdered".to_owned()));
        assert!(family.contains(&"LogOpened".to_owned()));
    }
}
