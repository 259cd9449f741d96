//! The families (`RocksDB`'s column families) of a store: their names on disk and what they hold.

use std::borrow::Cow;

/// What a family's keys and values look like, which decides how they are laid out on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// Keys are written in ascending order; values are hashes or sealed, so nothing compresses.
    Ascending,
    /// Keys are hashes or tags, often asked for in vain; values are sealed.
    Hashed,
    /// Few or small values in clear, which compress.
    Clear,
}

/// One family. Its name on disk never changes; the constants live with the module that owns what
/// the family holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family {
    name: &'static str,
    version: Option<u32>,
    content: Content,
}

impl Family {
    /// A family that every store of its kind has, from creation on.
    pub const fn new(name: &'static str, content: Content) -> Self {
        Self {
            name,
            version: None,
            content,
        }
    }

    /// The name on disk: `entries`, or `rows-3` for a versioned family.
    pub fn disk_name(&self) -> Cow<'static, str> {
        match self.version {
            None => Cow::Borrowed(self.name),
            Some(version) => Cow::Owned(format!("{}-{version}", self.name)),
        }
    }

    /// The version, where the family is one of several [`Versions`].
    pub const fn version(&self) -> Option<u32> {
        self.version
    }

    pub(super) const fn content(&self) -> Content {
        self.content
    }
}

/// Families that come and go while the store is open, one for each version of what they hold:
/// `rows-1`, `rows-2` …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions {
    name: &'static str,
    content: Content,
}

impl Versions {
    /// Versioned families under one name.
    pub const fn new(name: &'static str, content: Content) -> Self {
        Self { name, content }
    }

    /// The family of one version.
    pub const fn at(self, version: u32) -> Family {
        Family {
            name: self.name,
            version: Some(version),
            content: self.content,
        }
    }

    /// The family that `disk_name` stands for, where it is one of these. Only the spelling that
    /// [`Family::disk_name`] writes is recognised, so two names never mean one family.
    fn parse(self, disk_name: &str) -> Option<Family> {
        let digits = disk_name.strip_prefix(self.name)?.strip_prefix('-')?;
        let family = self.at(digits.parse().ok()?);
        (family.disk_name() == disk_name).then_some(family)
    }
}

/// Which families a kind of store has.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Made with the store and never dropped. A store without one of them is refused.
    pub fixed: &'static [Family],
    /// Made and dropped at run time; any number may be found on opening.
    pub versions: &'static [Versions],
}

impl Layout {
    /// The family that a name on disk stands for, or `None` where this layout knows no such name.
    pub(super) fn parse(&self, disk_name: &str) -> Option<Family> {
        let fixed = self
            .fixed
            .iter()
            .copied()
            .find(|family| family.disk_name() == disk_name);
        fixed.or_else(|| {
            self.versions
                .iter()
                .find_map(|versions| versions.parse(disk_name))
        })
    }

    /// Whether `family` may be made and dropped at run time.
    pub(super) fn allows_version(&self, family: Family) -> bool {
        let at = |versions: &Versions| family.version.map(|version| versions.at(version));
        self.versions
            .iter()
            .any(|versions| at(versions) == Some(family))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: Family = Family::new("entries", Content::Ascending);
    const ROWS: Versions = Versions::new("rows", Content::Hashed);
    const LAYOUT: Layout = Layout {
        fixed: &[ENTRIES],
        versions: &[ROWS],
    };

    #[test]
    fn names_on_disk_lead_back_to_their_family() {
        for family in [ENTRIES, ROWS.at(0), ROWS.at(7), ROWS.at(u32::MAX)] {
            assert_eq!(LAYOUT.parse(&family.disk_name()), Some(family));
        }
    }

    #[test]
    fn other_spellings_and_unknown_names_are_not_recognised() {
        for name in [
            "rows",
            "rows-",
            "rows-07",
            "rows-+7",
            "rows-4294967296",
            "entries-1",
            "x",
        ] {
            assert_eq!(LAYOUT.parse(name), None, "{name}");
        }
    }

    #[test]
    fn only_versioned_families_come_and_go() {
        assert!(LAYOUT.allows_version(ROWS.at(3)));
        assert!(!LAYOUT.allows_version(ENTRIES));
        assert!(!LAYOUT.allows_version(Versions::new("other", Content::Clear).at(3)));
    }
}
