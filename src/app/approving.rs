//! A person's key file, and the approval that it signs: offline, without a ledger.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::approval::{Approval, Refused, Request};
use custodia_core::note::SignerKey;
use custodia_core::origin::LedgerName;
use zeroize::Zeroizing;

use super::ask::principals;
use crate::app;
use crate::config::Config;

/// What every key file of a person begins with; the version follows.
const FAMILY: &str = "custodia-person-key/";
/// The key file's first line.
const FORMAT: &str = "custodia-person-key/v1";
/// The rights of group and others.
const OTHERS: u32 = 0o077;
/// More than a key file, a request or an approval ever has.
const MOST_BYTES: u64 = 1 << 16;

/// Why nothing is approved.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What approvals are refused for.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Others could sign in the person's name.
    #[error(
        "the key file {} has mode {mode:04o}; nobody but its owner may have access: chmod 600, and ask \
         who could read it", path.display()
    )]
    KeyExposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// No key file of a person, or a damaged one.
    #[error(
        "{} is no person's key: {why}; `custodia person key FILE` makes one", path.display()
    )]
    NoKey {
        /// The file.
        path: PathBuf,
        /// What is wrong, without repeating what is in it.
        why: &'static str,
    },
    /// A file can't be read, or written where one is already.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody of that reference is registered in that role.
    #[error("{person} is not registered{role}; `custodia person list` shows who is")]
    NotRegistered {
        /// The reference.
        person: String,
        /// ` as legal`, or nothing.
        role: String,
    },
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(source) => source.code(),
            Self::KeyExposed { .. } => "CU-0996",
            Self::NoKey { .. } => "CU-0997",
            Self::File { .. } => "CU-0998",
            Self::NotRegistered { .. } => "CU-0999",
        }
    }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Error + '_ {
    |source| Error::File {
        path: path.to_owned(),
        source,
    }
}

/// Draws a person's key and writes it into the new file `path` (mode 0600, synced with its folder);
/// gives back the public key's 32 bytes.
///
/// # Errors
/// [`Error::File`], also where a file of that name is there.
pub fn make_person_key(path: &Path) -> Result<[u8; 32], Error> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut()).map_err(|e| failed(path)(io::Error::other(e.to_string())))?;
    let encoded = Zeroizing::new(STANDARD.encode(*seed));
    let text = Zeroizing::new(format!("{FORMAT}\n{}\n", *encoded));
    write_new(path, text.as_bytes(), 0o600)?;
    Ok(public_key(&seed))
}

fn public_key(seed: &[u8; 32]) -> [u8; 32] {
    let key = SignerKey::from_seed("person", seed);
    let key = key.expect("\"person\" is a key name, and no seed has a weak public key");
    *key.verifier().public()
}

/// Writes a new file and syncs it with its folder; one that can't be finished is removed again.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    let mut file = opened.map_err(failed(path))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let synced = written.and_then(|()| File::open(folder)?.sync_all());
    synced.map_err(|source| {
        drop(fs::remove_file(path));
        failed(path)(source)
    })
}

/// The seed in a person's key file.
fn read_key(path: &Path) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut file = File::open(path).map_err(failed(path))?;
    let metadata = file.metadata().map_err(failed(path))?;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(Error::KeyExposed {
            path: path.to_owned(),
            mode,
        });
    }
    let wrong = |why| Error::NoKey {
        path: path.to_owned(),
        why,
    };
    if metadata.len() > MOST_BYTES {
        return Err(wrong("it is too long"));
    }
    let length = usize::try_from(metadata.len()).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
    file.read_to_end(&mut bytes).map_err(failed(path))?;
    let text = str::from_utf8(&bytes).map_err(|_| wrong("it isn't text"))?;
    seed_of(text).map_err(wrong)
}

fn seed_of(text: &str) -> Result<Zeroizing<[u8; 32]>, &'static str> {
    let (format, rest) = text.split_once('\n').ok_or("it is cut short")?;
    if format != FORMAT {
        return Err(if format.starts_with(FAMILY) {
            "it is of a format that this version doesn't know"
        } else {
            "it doesn't begin with custodia-person-key/v1"
        });
    }
    let seed = rest.strip_suffix('\n').ok_or("it is cut short")?;
    let seed = STANDARD.decode(seed).map_err(|_| "its key is damaged")?;
    let seed = Zeroizing::new(seed);
    let seed = <[u8; 32]>::try_from(seed.as_slice());
    seed.map(Zeroizing::new).map_err(|_| "its key is damaged")
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(failed(path))?;
    let mut bytes = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(failed(path))?;
    Ok(bytes)
}

/// What a request's file asks to approve.
///
/// # Errors
/// [`Error::File`], [`Refused::Malformed`].
pub fn read_request(path: &Path) -> Result<Request, Error> {
    let name = path.display().to_string();
    let text = String::from_utf8(read(path)?).map_err(|_| Refused::Malformed {
        file: name.clone(),
        reason: "it isn't UTF-8".into(),
    })?;
    Ok(Request::parse(&name, &text)?)
}

/// Writes a request into the new file `path`.
///
/// # Errors
/// [`Error::File`], also where a file of that name is there.
pub fn write_request(path: &Path, request: &Request) -> Result<(), Error> {
    write_new(path, request.text().as_bytes(), 0o644)
}

/// Writes what a request is about into a new file beside the request's `path`, `<path>.question.json`, readable by
/// its owner alone: it may name a person by reference.
///
/// # Errors
/// [`Error::File`], also where a file of that name is there.
pub(super) fn write_question(path: &Path, spelt: &str) -> Result<(), Error> {
    let path = beside(path, ".question.json");
    write_new(&path, format!("{spelt}\n").as_bytes(), 0o600)
}

/// The file whose name goes on after another's.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The ledger of a request that whoever runs this makes, and who that is, by employee reference.
///
/// # Errors
/// [`app::Error::Unnamed`]; [`crate::query::Error::UnmappedUid`] where they may ask nothing.
pub(super) fn asking(config: &Config) -> Result<(LedgerName, String), app::Error> {
    let uid = rustix::process::getuid().as_raw();
    let asker = principals(config)?.find(uid)?.employee.clone();
    let ledger = LedgerName::new(config.ledger.name.clone());
    Ok((ledger.map_err(|_| app::Error::Unnamed)?, asker))
}

/// An approval's file; refusals call it by its name.
///
/// # Errors
/// [`Error::File`], [`Refused::Malformed`].
pub fn read_approval(path: &Path) -> Result<Approval, Error> {
    Ok(Approval::parse(&path.display().to_string(), &read(path)?)?)
}

/// Signs a request as a person, into the new file `out`.
///
/// # Errors
/// [`Refused::Expired`] where it ran out by `now_ms`; [`Refused::ByAsker`]; [`Refused::Malformed`] of a
/// reference that is none; [`Error::KeyExposed`], [`Error::NoKey`], [`Error::File`].
pub fn approve(
    request: &Request,
    person: &str,
    key: &Path,
    out: &Path,
    now_ms: i64,
) -> Result<(), Error> {
    request.refuse_expired("the request", now_ms)?;
    let approval = Approval::sign(request, person, &*read_key(key)?)?;
    write_new(out, approval.note().as_bytes(), 0o644)
}

#[cfg(test)]
mod tests {
    use custodia_core::approval::Deed;

    use super::*;

    fn request() -> Request {
        Request {
            ledger: "ledger.example".parse().unwrap(),
            deed: Deed::Erasure,
            about: [7; 32],
            id: "order-1".into(),
            asker: "a".repeat(26),
            until_ms: 1_000,
        }
    }

    #[test]
    fn a_key_is_its_owners_alone_and_signs() {
        let folder = tempfile::tempdir().unwrap();
        let (key, out) = (folder.path().join("key"), folder.path().join("out"));
        let public = make_person_key(&key).unwrap();
        let mode = fs::metadata(&key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(make_person_key(&key).unwrap_err().code(), "CU-0998");
        assert_eq!(public_key(&read_key(&key).unwrap()), public);
        let person = "b".repeat(26);
        approve(&request(), &person, &key, &out, 999).unwrap();
        let approval = read_approval(&out).unwrap();
        assert_eq!(approval.request(), &request());
        assert_eq!(approval.approver(), person);
        let again = approve(&request(), &person, &key, &out, 999).unwrap_err();
        assert_eq!(again.code(), "CU-0998");
    }

    #[test]
    fn what_ran_out_or_is_ones_own_is_not_signed() {
        let folder = tempfile::tempdir().unwrap();
        let (key, out) = (folder.path().join("key"), folder.path().join("out"));
        make_person_key(&key).unwrap();
        let late = approve(&request(), &"b".repeat(26), &key, &out, 1_000).unwrap_err();
        assert_eq!(late.code(), "CU-0992");
        let own = approve(&request(), &"a".repeat(26), &key, &out, 0).unwrap_err();
        assert_eq!(own.code(), "CU-0981");
        assert!(!out.exists());
    }

    #[test]
    fn a_key_file_that_is_none_is_refused_and_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        make_person_key(&key).unwrap();
        let text = fs::read_to_string(&key).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let exposed = read_key(&key).unwrap_err();
        assert_eq!(exposed.code(), "CU-0996");
        assert!(exposed.to_string().contains("0640"), "{exposed}");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        for spoilt in [
            "",
            &text[..text.len() - 1],
            &text[..text.len() - 9],
            &text.replace("/v1", "/v2"),
            &text.replace("person", "signing"),
            &text.replace('=', "A"),
            &format!("{text}x"),
            &"x".repeat(70_000),
        ] {
            fs::write(&key, spoilt).unwrap();
            let error = read_key(&key).unwrap_err();
            assert_eq!(error.code(), "CU-0997", "{spoilt}");
            assert!(spoilt.is_empty() || !error.to_string().contains(spoilt));
        }
        assert_eq!(
            read_key(&folder.path().join("none")).unwrap_err().code(),
            "CU-0998"
        );
    }

    #[test]
    fn every_code_has_a_page() {
        for code in 996..=999 {
            let page = format!("{}/ops/runbook/CU-0{code}.md", env!("CARGO_MANIFEST_DIR"));
            assert!(Path::new(&page).exists(), "{page}");
        }
    }
}
