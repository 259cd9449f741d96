//! Receipts as files, named for their events.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::app::Error;

/// The extension that C2SP tlog-proof gives such files.
const EXTENSION: &str = "tlog-proof";
/// Receipts of one event id that a folder may hold: one for each leaf that it became.
const MOST_OF_ONE: u32 = 1000;

/// A folder of receipts. What is there is never overwritten.
pub(super) struct Receipts(PathBuf);

impl Receipts {
    /// Makes the folder where it is missing.
    pub(super) fn into(folder: &Path) -> Result<Self, Error> {
        let made = fs::create_dir_all(folder);
        made.map_err(|source| unwritten(folder, source))?;
        Ok(Self(folder.to_owned()))
    }

    /// Writes an event's receipt to `<event id>.tlog-proof`, or, where another is there, to
    /// `<event id>-2.tlog-proof` and so on. One with the same bytes stands for it.
    pub(super) fn write(&self, event_id: &Uuid, receipt: &str) -> Result<PathBuf, Error> {
        for n in 1..=MOST_OF_ONE {
            let name = match n {
                1 => format!("{event_id}.{EXTENSION}"),
                n => format!("{event_id}-{n}.{EXTENSION}"),
            };
            let path = self.0.join(name);
            match File::create_new(&path) {
                Ok(file) => {
                    written(file, receipt).map_err(|source| {
                        // Half a receipt proves nothing and would stand in the way of a whole one.
                        drop(fs::remove_file(&path));
                        unwritten(&path, source)
                    })?;
                    return Ok(path);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if fs::read(&path).is_ok_and(|there| there == receipt.as_bytes()) {
                        return Ok(path);
                    }
                }
                Err(source) => return Err(unwritten(&path, source)),
            }
        }
        let full = std::io::Error::from(ErrorKind::AlreadyExists);
        Err(unwritten(&self.0.join(event_id.to_string()), full))
    }
}

fn written(mut file: File, receipt: &str) -> std::io::Result<()> {
    file.write_all(receipt.as_bytes())?;
    file.sync_all()
}

fn unwritten(path: &Path, source: std::io::Error) -> Error {
    Error::ReceiptUnwritten {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_named_for_its_event_and_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let receipts = Receipts::into(&folder.path().join("made/here")).unwrap();
        let id = Uuid::from_u128(7);
        let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        let first = receipts.write(&id, "one").unwrap();
        assert_eq!(
            name(first.clone()),
            "00000000-0000-0000-0000-000000000007.tlog-proof"
        );
        assert_eq!(receipts.write(&id, "one").unwrap(), first);
        let second = receipts.write(&id, "two").unwrap();
        assert_eq!(
            name(second.clone()),
            "00000000-0000-0000-0000-000000000007-2.tlog-proof"
        );
        assert_eq!(receipts.write(&id, "two").unwrap(), second);
        assert_eq!(fs::read_to_string(first).unwrap(), "one");
    }

    #[test]
    fn where_a_folder_cannot_be_made_the_path_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Receipts::into(&file.join("receipts")).err().unwrap();
        assert_eq!(error.code(), "CU-0024");
        assert!(error.to_string().contains("receipts"), "{error}");
    }
}
