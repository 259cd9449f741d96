//! Encrypting the archive that leaves, to the age keys (age-encryption.org/v1) of those who may read it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use age::x25519::Recipient;
use age::{EncryptError, Encryptor};
use custodia_core::extract::Hex32;
use sha2::{Digest as _, Sha256};

use super::Error;
use super::spool::Spool;

/// Most recipients of one archive.
const MOST: usize = 20;

/// Those to whom an archive is encrypted; none where it leaves as it is.
#[derive(Clone, Default)]
pub(super) struct Recipients(Vec<Recipient>);

impl Recipients {
    /// Reads recipients (`age1…`, X25519), each once.
    pub(super) fn read(texts: &[String]) -> Result<Self, Error> {
        let mut all: Vec<(String, Recipient)> = Vec::new();
        for (number, text) in (1..).zip(texts) {
            let refused = |why: &str| Error::Recipient {
                number,
                why: why.to_owned(),
            };
            if number > MOST {
                return Err(refused("20 are read at most"));
            }
            if text.starts_with("AGE-SECRET-KEY-") {
                return Err(refused(
                    "it is a secret key; make another one, and give what `age-keygen -y` says of it",
                ));
            }
            let read = text.parse::<Recipient>();
            let read =
                read.map_err(|why| refused(&format!("no age1… recipient of X25519: {why}")))?;
            all.push((read.to_string(), read));
        }
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all.dedup_by(|(one, _), (other, _)| one == other);
        Ok(Self(all.into_iter().map(|(_, read)| read).collect()))
    }

    /// SHA-256 of each recipient's text, ascending: what the manifest says of them.
    pub(super) fn fingerprints(&self) -> Vec<Hex32> {
        let digest = |one: &Recipient| Hex32(Sha256::digest(one.to_string()).into());
        let mut all: Vec<Hex32> = self.0.iter().map(digest).collect();
        all.sort();
        all
    }

    /// The file that leaves, for an archive of the spool, and how many bytes it has.
    pub(super) fn sealed(
        &self,
        spool: &Spool,
        archive: PathBuf,
        bytes: u64,
    ) -> Result<(PathBuf, u64), Error> {
        if self.0.is_empty() {
            return Ok((archive, bytes));
        }
        let sealed = spool.file("extract.zip.age");
        let failed = Error::spool(&sealed);
        self.encrypt(&archive, &sealed).map_err(failed)?;
        let length = sealed.metadata().map_err(Error::spool(&sealed))?.len();
        Ok((sealed, length))
    }

    fn encrypt(&self, from: &Path, to: &Path) -> io::Result<()> {
        let recipients = self.0.iter().map(|one| one as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(recipients).map_err(|error| match error {
            EncryptError::Io(error) => error,
            other => io::Error::other(other),
        })?;
        let to = BufWriter::with_capacity(1 << 16, File::create_new(to)?);
        let mut writer = encryptor.wrap_output(to)?;
        io::copy(&mut BufReader::new(File::open(from)?), &mut writer)?;
        let mut to = writer.finish()?;
        to.flush()?;
        to.get_ref().sync_all()
    }
}

impl std::fmt::Debug for Recipients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(ToString::to_string))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use age::secrecy::ExposeSecret as _;
    use age::x25519::Identity;

    use super::*;
    use crate::extract::Spools;

    #[test]
    fn what_is_no_recipient_is_refused_by_its_number_and_not_repeated() {
        let good = Identity::generate().to_public().to_string();
        let secret = Identity::generate().to_string().expose_secret().to_owned();
        let flipped = format!(
            "{}{}",
            &good[..good.len() - 1],
            if good.ends_with('q') { 'p' } else { 'q' }
        );
        for bad in [
            "",
            "age1",
            "ssh-ed25519 AAAA",
            &good.to_uppercase()[..20],
            &flipped,
            &secret,
        ] {
            let refused = Recipients::read(&[good.clone(), bad.to_owned()]).unwrap_err();
            assert_eq!(refused.code(), "CU-0766", "{bad}");
            let words = refused.to_string();
            assert!(words.contains("number 2"), "{words}");
            assert!(bad.len() < 5 || !words.contains(bad), "{words}");
        }
        let twice = Recipients::read(&[good.clone(), good]).unwrap();
        assert_eq!(twice.fingerprints().len(), 1);
    }

    #[test]
    fn each_recipient_and_nobody_else_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spools::emptied(&dir.path().join("x"))
            .unwrap()
            .one()
            .unwrap();
        let archive = spool.file("extract.zip");
        let clear = vec![7; 200_000];
        std::fs::write(&archive, &clear).unwrap();
        let keys = [Identity::generate(), Identity::generate()];
        let texts = keys.each_ref().map(|key| key.to_public().to_string());
        let recipients = Recipients::read(&texts).unwrap();
        let (sealed, length) = recipients.sealed(&spool, archive, 200_000).unwrap();
        let bytes = std::fs::read(sealed).unwrap();
        assert!(bytes.len() as u64 == length && !bytes.windows(64).any(|some| some == [7; 64]));
        for key in &keys {
            assert_eq!(age::decrypt(key, &bytes).unwrap(), clear);
        }
        assert!(age::decrypt(&Identity::generate(), &bytes).is_err());
    }
}
