//! The one file that an extract leaves as, and its receipt beside it: whole, or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::Error;

/// Where an extract goes. Nothing stands at its places until [`Target::release`].
pub(super) struct Target {
    archive: PathBuf,
    receipt: PathBuf,
    partial: PathBuf,
    partial_receipt: PathBuf,
    file: BufWriter<File>,
}

impl Target {
    /// Claims `out`, or `<out>.age` where the archive is encrypted, and `<out>.tlog-proof`. What an earlier run
    /// left half written goes.
    pub(super) fn claim(out: &Path, is_encrypted: bool) -> Result<Self, Error> {
        let archive = archive_at(out, is_encrypted);
        let receipt = beside(out, "", ".tlog-proof");
        let (partial, partial_receipt) = (
            beside(out, ".", ".partial"),
            beside(out, ".", ".tlog-proof.partial"),
        );
        let interrupted = partial.exists();
        if archive.exists() {
            return Err(Error::OutputExists(archive));
        }
        if receipt.exists() && !interrupted {
            return Err(Error::OutputExists(receipt));
        }
        for left in [&receipt, &partial_receipt, &partial] {
            match fs::remove_file(left) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(failed(left)(error));
                }
                _ => {}
            }
        }
        let file = File::create_new(&partial).map_err(failed(&partial))?;
        Ok(Self {
            archive,
            receipt,
            partial,
            partial_receipt,
            file: BufWriter::with_capacity(1 << 16, file),
        })
    }

    /// Appends bytes of the archive.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(failed(&self.partial))
    }

    /// Puts both files at their places, the archive last.
    pub(super) fn release(mut self, receipt: &str) -> Result<(), Error> {
        let synced = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(failed(&self.partial))?;
        let mut file =
            File::create_new(&self.partial_receipt).map_err(failed(&self.partial_receipt))?;
        let written = file.write_all(receipt.as_bytes());
        written
            .and_then(|()| file.sync_all())
            .map_err(failed(&self.partial_receipt))?;
        place(&self.partial_receipt, &self.receipt)?;
        if let Err(error) = place(&self.partial, &self.archive) {
            // Without the archive the receipt is of nothing.
            let _ = fs::remove_file(&self.receipt);
            return Err(error);
        }
        let folder = self.archive.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed(folder))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // After a release neither is there any more.
        let _ = fs::remove_file(&self.partial);
        let _ = fs::remove_file(&self.partial_receipt);
    }
}

/// Where the archive goes that `out` names: an encrypted one has `.age` behind it.
pub fn archive_at(out: &Path, is_encrypted: bool) -> PathBuf {
    if is_encrypted {
        return beside(out, "", ".age");
    }
    out.to_owned()
}

fn beside(out: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = OsString::from(before);
    name.push(out.file_name().unwrap_or_default());
    name.push(after);
    out.with_file_name(name)
}

fn place(from: &Path, to: &Path) -> Result<(), Error> {
    renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(|errno| match errno {
        rustix::io::Errno::EXIST => Error::OutputExists(to.to_owned()),
        errno => failed(to)(errno.into()),
    })
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    |source| Error::Output {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_appear_together_and_nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("x.zip");
        let mut target = Target::claim(&out, false).unwrap();
        target.append(b"zip").unwrap();
        assert!(!out.exists());
        target.release("receipt").unwrap();
        assert_eq!(fs::read(&out).unwrap(), b"zip");
        assert_eq!(
            fs::read(dir.path().join("x.zip.tlog-proof")).unwrap(),
            b"receipt"
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
        assert_eq!(Target::claim(&out, false).err().unwrap().code(), "CU-0763");
        fs::remove_file(&out).unwrap();
        assert_eq!(Target::claim(&out, false).err().unwrap().code(), "CU-0763");
    }

    #[test]
    fn an_encrypted_archive_has_its_receipt_under_the_name_of_the_clear_one() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("x.zip");
        let mut target = Target::claim(&out, true).unwrap();
        target.append(b"age").unwrap();
        target.release("receipt").unwrap();
        assert_eq!(fs::read(dir.path().join("x.zip.age")).unwrap(), b"age");
        assert!(dir.path().join("x.zip.tlog-proof").exists() && !out.exists());
        assert_eq!(Target::claim(&out, true).err().unwrap().code(), "CU-0763");
    }

    #[test]
    fn what_appears_meanwhile_is_not_overwritten_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("x.zip");
        let target = Target::claim(&out, false).unwrap();
        fs::write(&out, "another's").unwrap();
        assert_eq!(target.release("receipt").unwrap_err().code(), "CU-0763");
        assert_eq!(fs::read(&out).unwrap(), b"another's");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_run_left_goes_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("x.zip");
        std::mem::forget(Target::claim(&out, false).unwrap());
        fs::write(dir.path().join("x.zip.tlog-proof"), "half").unwrap();
        Target::claim(&out, false)
            .unwrap()
            .release("receipt")
            .unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}
