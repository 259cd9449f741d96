//! Reading what is to be checked: bounded, and through no link inside of a folder.

use std::fs::{self, DirEntry, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use custodia_core::extract::archive::{self, MAX_ARCHIVE_BYTES, MAX_MEMBERS};
use custodia_core::policy;
use custodia_core::verify::{Extract, Failure, Fault};

/// Most bytes of a policy, a checkpoint or a receipt; the checks have smaller limits of their own.
const MAX_SMALL_BYTES: u64 = 1 << 22;

/// Why nothing can be said of an extract.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder can't be read.
    #[error("{} can't be read: {}", .0.display(), .1)]
    File(PathBuf, io::Error),
    /// A file beside the extract has too many bytes.
    #[error("{} has more than {MAX_SMALL_BYTES} bytes: is it the right file?", .0.display())]
    TooLong(PathBuf),
    /// The extract is encrypted.
    #[error(
        "{path} is encrypted with age: decrypt it first, with the key that it was encrypted to: \
         age -d -i KEY -o extract.zip {path} (or: custodia verify --identity KEY {path})",
        path = .0.display()
    )]
    Encrypted(PathBuf),
    /// The policy is none.
    #[error("{} is no policy: {}", .0.display(), .1)]
    Policy(PathBuf, policy::Error),
}

/// An extract in memory, or why it isn't one.
pub enum Read {
    Whole(Owned),
    Unreadable(Failure),
}

/// An extract's bytes.
pub enum Owned {
    Archive(Vec<u8>),
    Folder(Vec<(String, Vec<u8>)>),
}

impl Owned {
    pub fn as_extract(&self) -> Extract<'_> {
        match self {
            Self::Archive(bytes) => Extract::Archive(bytes),
            Self::Folder(files) => {
                let files = files.iter();
                Extract::Folder(
                    files
                        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
                        .collect(),
                )
            }
        }
    }
}

/// What stops reading: an error, or something that no extract has.
enum Stop {
    Error(Error),
    Unreadable(Failure),
}

/// Reads an archive or a folder. What is named itself may be a link.
pub fn read_extract(path: &Path) -> Result<Read, Error> {
    let metadata = fs::metadata(path).map_err(|error| Error::File(path.to_owned(), error))?;
    let read = if metadata.is_dir() {
        read_folder(path).map(Owned::Folder)
    } else {
        read_archive(path).map(Owned::Archive)
    };
    match read {
        Ok(owned) => Ok(Read::Whole(owned)),
        Err(Stop::Unreadable(failure)) => Ok(Read::Unreadable(failure)),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Reads a policy or a checkpoint.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let bytes = read_most(path, MAX_SMALL_BYTES)?;
    bytes.ok_or_else(|| Error::TooLong(path.to_owned()))
}

/// Reads the receipt that is named, or the one beside the extract, if there is one.
pub fn read_receipt(extract: &Path, named: Option<&Path>) -> Result<Option<Vec<u8>>, Error> {
    if let Some(path) = named {
        return read_file(path).map(Some);
    }
    let Some(name) = extract.file_name() else {
        return Ok(None);
    };
    let mut name = name.to_owned();
    name.push(".tlog-proof");
    let beside = extract.with_file_name(name);
    match beside.try_exists() {
        Ok(false) => Ok(None),
        Ok(true) => read_file(&beside).map(Some),
        Err(error) => Err(Error::File(beside, error)),
    }
}

/// A file's bytes; none where they are more than `most`.
fn read_most(path: &Path, most: u64) -> Result<Option<Vec<u8>>, Error> {
    let read = || {
        let mut bytes = Vec::new();
        File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| Error::File(path.to_owned(), error))?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}

fn read_archive(path: &Path) -> Result<Vec<u8>, Stop> {
    let bytes = read_most(path, MAX_ARCHIVE_BYTES).map_err(Stop::Error)?;
    if bytes.as_ref().is_some_and(|bytes| is_encrypted(bytes)) {
        return Err(Stop::Error(Error::Encrypted(path.to_owned())));
    }
    bytes.ok_or_else(|| too_long("archive"))
}

/// Whether bytes are an age file (age-encryption.org/v1), as it is or armoured.
fn is_encrypted(bytes: &[u8]) -> bool {
    let beginnings = [
        &b"age-encryption.org/"[..],
        b"-----BEGIN AGE ENCRYPTED FILE",
    ];
    beginnings.iter().any(|begins| bytes.starts_with(begins))
}

fn too_long(place: &str) -> Stop {
    let error = archive::Error::TooLong(MAX_ARCHIVE_BYTES + 1);
    Stop::Unreadable(Failure::at(place, error))
}

fn read_folder(path: &Path) -> Result<Vec<(String, Vec<u8>)>, Stop> {
    let mut found = Vec::new();
    walk(path, "", &mut found)?;
    let mut left = MAX_ARCHIVE_BYTES;
    let mut files = Vec::with_capacity(found.len());
    for (name, path) in found {
        let bytes = read_most(&path, left).map_err(Stop::Error)?;
        let bytes = bytes.ok_or_else(|| too_long("folder"))?;
        left -= bytes.len() as u64;
        files.push((name, bytes));
    }
    Ok(files)
}

/// Finds all files below a folder: the name of each as a member, and its path.
fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) -> Result<(), Stop> {
    let io = |error| Stop::Error(Error::File(folder.to_owned(), error));
    let entries = fs::read_dir(folder).map_err(io)?;
    let mut entries: Vec<DirEntry> = entries.collect::<Result<_, _>>().map_err(io)?;
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        let name = name_of(&entry, prefix)?;
        let kind = entry.file_type().map_err(io)?;
        if kind.is_dir() {
            walk(&entry.path(), &format!("{name}/"), found)?;
        } else if kind.is_file() {
            found.push((name, entry.path()));
        } else {
            return Err(Stop::Unreadable(Failure::at(
                "folder",
                Fault::NotAFile(name),
            )));
        }
        if found.len() > MAX_MEMBERS {
            let error = archive::Error::TooManyMembers;
            return Err(Stop::Unreadable(Failure::at("folder", error)));
        }
    }
    Ok(())
}

fn name_of(entry: &DirEntry, prefix: &str) -> Result<String, Stop> {
    let name = entry.file_name();
    if let Some(name) = name.to_str() {
        return Ok(format!("{prefix}{name}"));
    }
    let name = format!("{prefix}{}", name.to_string_lossy());
    let fault = Fault::NotUtf8(name);
    Err(Stop::Unreadable(Failure::at("folder", fault)))
}
