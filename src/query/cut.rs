//! One size for each log, named by its digest.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use custodia_core::extract::{cut_digest, cut_text};
use serde::{Deserialize, Serialize};

use super::{Error, Time};

/// One size for each log. Its name is the hex SHA-256 of its text: `custodia-cut/v1`, then a line
/// `<origin> <size>` for each log, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut(BTreeMap<String, u64>);

impl Cut {
    /// A cut of these origins and sizes.
    pub fn new(sizes: impl IntoIterator<Item = (String, u64)>) -> Self {
        Self(sizes.into_iter().collect())
    }

    /// How many leaves of a log are in it; none of a log that it doesn't name.
    pub fn size_of(&self, origin: &str) -> u64 {
        self.0.get(origin).copied().unwrap_or(0)
    }

    /// What names it: SHA-256 of its text.
    pub fn digest(&self) -> [u8; 32] {
        cut_digest(self.logs())
    }

    /// Origins and sizes, sorted.
    pub const fn sizes(&self) -> &BTreeMap<String, u64> {
        &self.0
    }

    fn logs(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(origin, size)| (origin.as_str(), *size))
    }

    fn parse(text: &str) -> Option<Self> {
        // One space can't stand in an origin.
        let line = |line: &str| {
            let (origin, size) = line.split_once(' ')?;
            Some((origin.to_owned(), size.parse().ok()?))
        };
        text.strip_prefix(cut_text([]).as_str())?
            .lines()
            .map(line)
            .collect::<Option<_>>()
            .map(Self)
    }
}

/// The cut's name.
impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.digest()))
    }
}

/// The cut that an answer stands on, as the answer names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutName {
    /// Its digest, hex.
    pub digest: String,
    /// Each log's size.
    pub sizes: BTreeMap<String, u64>,
}

impl From<&Cut> for CutName {
    fn from(cut: &Cut) -> Self {
        Self {
            digest: cut.to_string(),
            sizes: cut.0.clone(),
        }
    }
}

/// What was known: a cut by its name, or by a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsOf {
    /// A cut that an answer named, hex.
    Cut(String),
    /// Each log up to the largest size at which nothing is later.
    Time(Time),
}

impl std::str::FromStr for AsOf {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let is_digest =
            word.len() == 64 && word.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        if is_digest {
            Ok(Self::Cut(word.to_owned()))
        } else {
            Ok(Self::Time(word.parse()?))
        }
    }
}

/// The cuts that answers named, a file each, in a folder of their own.
#[derive(Debug, Clone)]
pub struct CutFiles(PathBuf);

impl CutFiles {
    /// The cuts kept in `folder`, which is made once there is one to keep.
    pub fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Keeps a cut, so that its name can be asked for again.
    ///
    /// # Errors
    /// [`Error::CutFile`].
    pub fn keep(&self, cut: &Cut) -> Result<(), Error> {
        let path = self.0.join(cut.to_string());
        if path.exists() {
            return Ok(());
        }
        let failed = |source| Error::CutFile {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(&self.0).map_err(failed)?;
        // Two who keep one cut at once must not write one file.
        let mut unique = [0; 8];
        getrandom::fill(&mut unique)?;
        let draft = self.0.join(format!(".{}", hex::encode(unique)));
        let written = fs::File::create(&draft)
            .and_then(|mut file| {
                file.write_all(cut_text(cut.logs()).as_bytes())
                    .and_then(|()| file.sync_all())
            })
            .and_then(|()| fs::rename(&draft, &path));
        written.map_err(failed)
    }

    /// A cut by its name, hex.
    ///
    /// # Errors
    /// [`Error::UnknownCut`], [`Error::CutDamaged`], [`Error::CutFile`].
    pub fn find(&self, digest: &str) -> Result<Cut, Error> {
        let path = self.0.join(digest);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::UnknownCut(digest.to_owned()));
            }
            Err(source) => return Err(Error::CutFile { path, source }),
        };
        let cut = Cut::parse(&text).filter(|cut| cut.to_string() == digest);
        cut.ok_or(Error::CutDamaged(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut() -> Cut {
        Cut::new([
            ("l.example/b/0/0".to_owned(), 7),
            ("l.example/a/0/0".to_owned(), 0),
        ])
    }

    #[test]
    fn a_cut_is_named_by_the_digest_of_its_sorted_lines() {
        let text = "custodia-cut/v1\nl.example/a/0/0 0\nl.example/b/0/0 7\n";
        assert_eq!(
            cut().to_string(),
            hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text))
        );
        assert_eq!(
            (cut().size_of("l.example/b/0/0"), cut().size_of("other")),
            (7, 0)
        );
    }

    #[test]
    fn a_kept_cut_is_found_by_its_name_and_a_damaged_one_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = CutFiles::new(&folder.path().join("cuts"));
        let name = cut().to_string();
        assert!(matches!(files.find(&name), Err(Error::UnknownCut(_))));
        files.keep(&cut()).unwrap();
        files.keep(&cut()).unwrap();
        assert_eq!(files.find(&name).unwrap(), cut());
        fs::write(folder.path().join("cuts").join(&name), "custodia-cut/v1\n").unwrap();
        assert!(matches!(files.find(&name), Err(Error::CutDamaged(_))));
    }

    #[test]
    fn as_of_is_a_cut_or_a_time() {
        assert_eq!(
            cut().to_string().parse::<AsOf>().unwrap(),
            AsOf::Cut(cut().to_string())
        );
        assert_eq!(
            "1970-01-01T00:00:01Z".parse::<AsOf>().unwrap(),
            AsOf::Time(Time(1000))
        );
        assert!("../../etc".parse::<AsOf>().is_err());
    }
}
