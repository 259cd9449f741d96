//! The key-encryption key: what wraps every key on disk, and where it comes from.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aes_gcm_siv::aead::{Aead as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _, Nonce};
use zeroize::Zeroizing;

use super::KEY_BYTES;
use super::error::Error;

/// Wraps keys. Behind it stands a file, or later a key management service.
pub trait KeyEncryption: Send + Sync {
    /// Encrypts `key` for the place that `context` names.
    ///
    /// # Errors
    /// Where the key-encryption key can't be reached or used.
    fn wrap(&self, key: &[u8; KEY_BYTES], context: &[u8]) -> Result<Vec<u8>, Error>;

    /// Decrypts what [`KeyEncryption::wrap`] made for the same `context`.
    ///
    /// # Errors
    /// [`Error::WrappedKey`] where it was changed, or stands in another place.
    fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<Zeroizing<[u8; KEY_BYTES]>, Error>;

    /// Names the key-encryption key without telling it; a key store remembers the one it is under.
    fn id(&self) -> String;
}

/// A key-encryption key in a file of its owner's alone: one line,
/// `custodia-kek-v1 <id> <key>`, both in lower-case hex. The id is 8 bytes of a hash of the key, so
/// it also shows a damaged file.
///
/// A wrapped key is `0x01 ‖ nonce (12) ‖ AES-256-GCM-SIV(key) (32) ‖ tag (16)`, with the context as
/// associated data. The nonce is random: this key outlives all others and wraps any number of them,
/// so it rests on distinct nonces and keeps the cipher's resistance to repeated ones in reserve.
pub struct FileKek {
    id: String,
    cipher: Aes256GcmSiv,
}

impl fmt::Debug for FileKek {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FileKek")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

const MAGIC: &str = "custodia-kek-v1";
const ID_BYTES: usize = 8;
/// Magic, id and key in hex, two spaces, a line feed.
const FILE_BYTES: usize = MAGIC.len() + 2 * ID_BYTES + 2 * KEY_BYTES + 3;

const WRAPPED_VERSION: u8 = 0x01;
const NONCE_BYTES: usize = 12;
const WRAPPED_BYTES: usize = 1 + NONCE_BYTES + KEY_BYTES + 16;

impl FileKek {
    /// Makes a random key and writes it to the new file `path`, mode 0600, synced with its folder.
    ///
    /// # Errors
    /// [`Error::FileExists`], [`Error::File`], [`Error::Random`].
    pub fn create(path: &Path) -> Result<Self, Error> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(key.as_mut())?;
        write_new(path, file_text(&key).as_bytes())?;
        Ok(Self::of(&key))
    }

    /// Reads the key from the file `path`.
    ///
    /// # Errors
    /// [`Error::FileOpenToOthers`], [`Error::FileDamaged`], [`Error::File`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let text = read_private(path)?;
        let damaged = |rule| Error::FileDamaged {
            path: path.to_path_buf(),
            rule,
        };
        let key = parse(&text).map_err(damaged)?;
        Ok(Self::of(&key))
    }

    fn of(key: &[u8; KEY_BYTES]) -> Self {
        Self {
            id: id_of(key),
            cipher: Aes256GcmSiv::new(key.into()),
        }
    }
}

impl KeyEncryption for FileKek {
    fn wrap(&self, key: &[u8; KEY_BYTES], context: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let sealed = self
            .cipher
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: key,
                    aad: context,
                },
            )
            .expect("a key and a context are far below the cipher's limit of 64 GiB");
        let mut wrapped = Vec::with_capacity(WRAPPED_BYTES);
        wrapped.push(WRAPPED_VERSION);
        wrapped.extend_from_slice(&nonce);
        wrapped.extend_from_slice(&sealed);
        Ok(wrapped)
    }

    fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<Zeroizing<[u8; KEY_BYTES]>, Error> {
        let refused = || Error::WrappedKey {
            id: self.id.clone(),
        };
        let (version, rest) = wrapped.split_first().ok_or_else(refused)?;
        let (nonce, sealed) = rest
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(refused)?;
        if *version != WRAPPED_VERSION {
            return Err(refused());
        }
        let payload = Payload {
            msg: sealed,
            aad: context,
        };
        let opened = self
            .cipher
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| refused())?;
        let opened = Zeroizing::new(opened);
        let key = <[u8; KEY_BYTES]>::try_from(opened.as_slice()).map_err(|_| refused())?;
        Ok(Zeroizing::new(key))
    }

    fn id(&self) -> String {
        self.id.clone()
    }
}

fn id_of(key: &[u8; KEY_BYTES]) -> String {
    let digest = blake3::derive_key("custodia.v1 key-encryption key id", key);
    hex::encode(&digest[..ID_BYTES])
}

/// With room for all of it, since a string that grows leaves copies of the key behind.
fn file_text(key: &[u8; KEY_BYTES]) -> Zeroizing<String> {
    let digits = Zeroizing::new(hex::encode(key));
    let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES));
    for part in [MAGIC, " ", &id_of(key), " ", digits.as_str(), "\n"] {
        text.push_str(part);
    }
    text
}

fn parse(text: &[u8]) -> Result<Zeroizing<[u8; KEY_BYTES]>, &'static str> {
    if text.len() != FILE_BYTES {
        return Err("its length is wrong");
    }
    let text = std::str::from_utf8(text).map_err(|_| "it is not text")?;
    let line = text
        .strip_suffix('\n')
        .ok_or("it doesn't end with a line feed")?;
    let rest = line
        .strip_prefix(MAGIC)
        .ok_or("it doesn't begin with custodia-kek-v1")?;
    let rest = rest
        .strip_prefix(' ')
        .ok_or("its parts aren't parted by one space")?;
    let (id, digits) = rest
        .split_once(' ')
        .ok_or("its parts aren't parted by one space")?;
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hex::decode_to_slice(digits, key.as_mut()).map_err(|_| "its key is not 64 hex digits")?;
    if id_of(&key) != id {
        return Err("its key doesn't match its id");
    }
    Ok(key)
}

/// Writes a file that only its owner may read. One that can't be finished is removed again.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let file = opened.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Error::FileExists {
            path: path.to_path_buf(),
        },
        _ => failed(path, "creating", source),
    })?;
    if let Err(source) = finish(&file, path, bytes) {
        // The first failure is the one to tell; a file that stays is refused when it is opened.
        let _ = std::fs::remove_file(path);
        return Err(failed(path, "writing", source));
    }
    Ok(())
}

fn finish(mut file: &File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()?;
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// Reads at most one byte more than a key file has, from a file that only its owner can open.
fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let file = File::open(path).map_err(|source| failed(path, "opening", source))?;
    let metadata = file
        .metadata()
        .map_err(|source| failed(path, "opening", source))?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Error::FileOpenToOthers {
            path: path.to_path_buf(),
            mode,
        });
    }
    if !metadata.is_file() {
        return Err(Error::FileDamaged {
            path: path.to_path_buf(),
            rule: "it is not a file",
        });
    }
    // Room for all of it, since a buffer that grows leaves copies of the key behind.
    let mut text = Zeroizing::new(Vec::with_capacity(2 * FILE_BYTES));
    let limit = FILE_BYTES as u64 + 1;
    let read = file.take(limit).read_to_end(&mut text);
    read.map_err(|source| failed(path, "reading", source))?;
    Ok(text)
}

fn failed(path: &Path, action: &'static str, source: io::Error) -> Error {
    Error::File {
        path: PathBuf::from(path),
        action,
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn created() -> (TempDir, PathBuf, FileKek) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("kek");
        let kek = FileKek::create(&path).unwrap();
        (folder, path, kek)
    }

    #[test]
    fn a_key_file_is_its_owners_alone_and_opens_again() {
        let (_folder, path, kek) = created();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let again = FileKek::open(&path).unwrap();
        assert_eq!(again.id(), kek.id());
        let wrapped = kek.wrap(&[7; KEY_BYTES], b"here").unwrap();
        assert_eq!(wrapped.len(), WRAPPED_BYTES);
        assert_eq!(*again.unwrap(&wrapped, b"here").unwrap(), [7; KEY_BYTES]);
    }

    #[test]
    fn a_key_file_is_never_overwritten() {
        let (_folder, path, _kek) = created();
        let before = fs::read(&path).unwrap();
        let error = FileKek::create(&path).unwrap_err();
        assert_eq!(error.code(), "CU-0301");
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_key_file_that_others_can_open_is_refused() {
        let (_folder, path, _kek) = created();
        for mode in [0o640, 0o604, 0o620, 0o610, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = FileKek::open(&path).unwrap_err();
            assert!(matches!(error, Error::FileOpenToOthers { mode: found, .. } if found == mode));
        }
    }

    #[test]
    fn a_key_file_with_any_byte_changed_added_or_missing_is_refused() {
        let (_folder, path, _kek) = created();
        let whole = fs::read(&path).unwrap();
        let mut changed: Vec<Vec<u8>> = (0..whole.len())
            .map(|place| {
                let mut bytes = whole.clone();
                bytes[place] ^= 1;
                bytes
            })
            .collect();
        changed.push(whole[..whole.len() - 1].to_vec());
        changed.push([whole.as_slice(), b"\n"].concat());
        changed.push(Vec::new());
        for bytes in changed {
            fs::write(&path, &bytes).unwrap();
            assert_eq!(FileKek::open(&path).unwrap_err().code(), "CU-0303");
        }
    }

    #[test]
    fn a_missing_key_file_is_named() {
        let error = FileKek::open(Path::new("no such folder/kek")).unwrap_err();
        assert_eq!(error.code(), "CU-0300");
        assert!(error.to_string().contains("no such folder/kek"));
    }

    #[test]
    fn a_wrapped_key_opens_only_unchanged_in_its_place_and_under_its_key() {
        let (_folder, _path, kek) = created();
        let wrapped = kek.wrap(&[7; KEY_BYTES], b"here").unwrap();
        assert!(kek.unwrap(&wrapped, b"there").is_err());
        assert!(created().2.unwrap(&wrapped, b"here").is_err());
        for place in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[place] ^= 1;
            assert!(kek.unwrap(&changed, b"here").is_err(), "byte {place}");
            assert!(
                kek.unwrap(&wrapped[..place], b"here").is_err(),
                "first {place} bytes"
            );
        }
    }

    #[test]
    fn one_key_wrapped_twice_doesnt_show() {
        let (_folder, _path, kek) = created();
        let wrap = || kek.wrap(&[7; KEY_BYTES], b"here").unwrap();
        assert_ne!(wrap(), wrap());
    }
}
