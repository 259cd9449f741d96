//! What a backup's folder says that it holds; written last, so that half a backup has none.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Error;
use super::files::is_inside;

/// The manifest's name in its folder.
pub(super) const MANIFEST: &str = "manifest.json";
const FORMAT: &str = "custodia-backup/v1";

/// Which of a backup's two folders it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Logs,
    Keys,
}

/// One log as it was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogTaken {
    /// Its origin.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// Its root at that size, in hex.
    pub root: String,
    /// Its latest signed checkpoint; none where nothing of it was signed.
    pub checkpoint: Option<String>,
}

/// One file as it was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileTaken {
    /// Where it lies in the folder.
    pub(super) path: String,
    pub(super) length: u64,
    /// In hex.
    pub(super) sha256: String,
}

/// What a folder of a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: String,
    pub(super) kind: Kind,
    /// The same in both folders of one backup: 16 random bytes in hex.
    pub(super) id: String,
    pub(super) ledger: String,
    pub(super) taken_at_ms: i64,
    /// In the folder of the logs.
    #[serde(default)]
    pub(super) logs: Vec<LogTaken>,
    pub(super) files: Vec<FileTaken>,
    /// SHA-256 of this manifest with an empty digest, in hex.
    pub(super) digest: String,
}

impl Manifest {
    pub(super) fn new(kind: Kind, id: &str, ledger: &str, taken_at_ms: i64) -> Self {
        Self {
            format: FORMAT.to_owned(),
            kind,
            id: id.to_owned(),
            ledger: ledger.to_owned(),
            taken_at_ms,
            logs: Vec::new(),
            files: Vec::new(),
            digest: String::new(),
        }
    }

    /// Writes it into its folder, synced.
    pub(super) fn write(mut self, folder: &Path) -> Result<(), Error> {
        self.digest = self.digested();
        let path = folder.join(MANIFEST);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut file = options.open(&path).map_err(Error::io("create", &path))?;
        let written = file.write_all(&self.to_bytes());
        written
            .and_then(|()| file.sync_all())
            .map_err(Error::io("write", &path))?;
        super::files::sync_folders(folder)
    }

    /// Reads the manifest of a folder that must be of this kind.
    pub(super) fn read(folder: &Path, kind: Kind) -> Result<Self, Error> {
        let refused = |why: String| Error::NotWhole {
            path: folder.to_owned(),
            why,
        };
        let bytes = fs::read(folder.join(MANIFEST))
            .map_err(|error| refused(format!("{MANIFEST}: {error}")))?;
        let read: Self = serde_json::from_slice(&bytes)
            .map_err(|error| refused(format!("{MANIFEST} can't be read: {error}")))?;
        if read.format != FORMAT {
            return Err(refused(format!("its format {:?} is unknown", read.format)));
        }
        if read.digested() != read.digest {
            return Err(refused(format!("{MANIFEST} differs from its digest")));
        }
        if read.kind != kind {
            return Err(refused(
                format!("it holds the {:?}", read.kind).to_lowercase(),
            ));
        }
        if let Some(odd) = read.files.iter().find(|file| !is_inside(&file.path)) {
            return Err(refused(format!("{:?} leads out of it", odd.path)));
        }
        Ok(read)
    }

    fn digested(&self) -> String {
        let undigested = Self {
            digest: String::new(),
            ..self.clone()
        };
        hex::encode(Sha256::digest(undigested.to_bytes()))
    }

    fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and lists of them: nothing that JSON can't say.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}
