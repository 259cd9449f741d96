//! What is under way: members in files of a private folder.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use custodia_core::extract::archive::Crc32;
use sha2::{Digest as _, Sha256};

use super::Error;

/// The folder of a data folder in which extracts come to be, a folder each. Whoever owns the data
/// folder owns it.
#[derive(Debug, Clone)]
pub struct Spools(PathBuf);

impl Spools {
    /// The folder `path`, with nothing in it: what lies there is what a process left that ended
    /// before it released.
    ///
    /// # Errors
    /// [`Error::Spool`].
    pub fn emptied(path: &Path) -> Result<Self, Error> {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::spool(path)(error));
            }
            _ => {}
        }
        DirBuilder::new()
            .mode(0o700)
            .create(path)
            .map_err(Error::spool(path))?;
        Ok(Self(path.to_owned()))
    }

    /// A folder for one extract.
    pub(super) fn one(&self) -> Result<Spool, Error> {
        let mut name = [0; 16];
        getrandom::fill(&mut name)?;
        let path = self.0.join(hex::encode(name));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(Error::spool(&path))?;
        Ok(Spool(path))
    }
}

/// A folder for one extract; it goes when this is dropped.
#[derive(Debug)]
pub(super) struct Spool(PathBuf);

impl Spool {
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A member to be written, into the file `number`.
    pub(super) fn member(&self, number: usize, name: &str) -> Result<Writing, Error> {
        let path = self.file(&number.to_string());
        let file = File::create_new(&path).map_err(Error::spool(&path))?;
        Ok(Writing {
            spooled: Spooled {
                name: name.to_owned(),
                path,
                length: 0,
                crc32: 0,
                sha256: [0; 32],
            },
            file: BufWriter::with_capacity(1 << 16, file),
            crc32: Crc32::new(),
            sha256: Sha256::new(),
        })
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // What can't be removed now is removed at the next start.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A member that is whole.
#[derive(Debug, Clone)]
pub(super) struct Spooled {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) length: u64,
    pub(super) crc32: u32,
    pub(super) sha256: [u8; 32],
}

/// A member that is being written.
pub(super) struct Writing {
    spooled: Spooled,
    file: BufWriter<File>,
    crc32: Crc32,
    sha256: Sha256,
}

impl Writing {
    /// Appends bytes.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let path = self.spooled.path.clone();
        self.write_all(bytes).map_err(Error::spool(&path))
    }

    /// Ends the member.
    pub(super) fn finish(mut self) -> Result<Spooled, Error> {
        let path = self.spooled.path.clone();
        self.file.flush().map_err(Error::spool(&path))?;
        Ok(Spooled {
            crc32: self.crc32.value(),
            sha256: self.sha256.finalize().into(),
            ..self.spooled
        })
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.crc32.update(bytes);
        self.sha256.update(bytes);
        self.spooled.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_knows_its_length_and_hashes_and_goes_with_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let spools = Spools::emptied(&dir.path().join("extracts")).unwrap();
        let spool = spools.one().unwrap();
        let mut member = spool.member(0, "a").unwrap();
        member.append(b"1234").unwrap();
        member.append(b"56789").unwrap();
        let member = member.finish().unwrap();
        assert_eq!((member.length, member.crc32), (9, 0xcbf4_3926));
        assert_eq!(member.sha256[..4], [0x15, 0xe2, 0xb0, 0xd3]);
        assert_eq!(fs::read(&member.path).unwrap(), b"123456789");
        drop(spool);
        assert!(!member.path.exists());
        fs::write(dir.path().join("extracts/left"), "x").unwrap();
        Spools::emptied(&dir.path().join("extracts")).unwrap();
        assert!(!dir.path().join("extracts/left").exists());
    }
}
