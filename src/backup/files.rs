//! Copying files so that what arrives is known by its digest.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::Error;
use super::manifest::FileTaken;

/// Bytes moved at once.
const CHUNK: usize = 1 << 20;

/// Makes a folder that only its owner may enter, with its parents.
pub(super) fn make(path: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(Error::io("make", path))
}

/// Copies one file, synced; its length and digest.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(u64, [u8; 32]), Error> {
    if let Some(parent) = to.parent() {
        make(parent)?;
    }
    let mut source = File::open(from).map_err(Error::io("open", from))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut target = options.open(to).map_err(Error::io("create", to))?;
    let (mut digest, mut length, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        let read = source.read(&mut chunk).map_err(Error::io("read", from))?;
        if read == 0 {
            break;
        }
        digest.update(&chunk[..read]);
        length += read as u64;
        target
            .write_all(&chunk[..read])
            .map_err(Error::io("write", to))?;
    }
    target.sync_all().map_err(Error::io("sync", to))?;
    Ok((length, digest.finalize().into()))
}

/// Copies every file under `from` to the same place under `to`; they are named as they lie under `root`.
/// What `RocksDB` writes about itself alone stays behind.
pub(super) fn copy_all(from: &Path, to: &Path, root: &Path) -> Result<Vec<FileTaken>, Error> {
    let mut taken = Vec::new();
    for path in files_under(from)? {
        let inside = path.strip_prefix(from).unwrap_or(&path);
        let name = inside.file_name().unwrap_or_default().to_string_lossy();
        if name == "LOCK" || name == "LOG" || name.starts_with("LOG.old") {
            continue;
        }
        let target = to.join(inside);
        let (length, sha256) = copy(&path, &target)?;
        let place = target.strip_prefix(root).unwrap_or(&target);
        taken.push(FileTaken {
            path: place.to_string_lossy().into_owned(),
            length,
            sha256: hex::encode(sha256),
        });
    }
    Ok(taken)
}

/// Every file under a folder, sorted.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for item in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let path = item.map_err(Error::io("list", folder))?.path();
        if path.is_dir() {
            files.extend(files_under(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// Syncs a folder and all folders in it, so that the names in them last.
pub(super) fn sync_folders(folder: &Path) -> Result<(), Error> {
    for item in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let path = item.map_err(Error::io("list", folder))?.path();
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(Error::io("sync", folder))
}

/// Whether a manifest's path stays inside its folder.
pub(super) fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Makes an empty folder for a copy, or takes one that is empty.
pub(super) fn claim(path: &Path) -> Result<(), Error> {
    let refused = |why| Error::Destination {
        path: path.to_owned(),
        why,
    };
    if !path.is_absolute() {
        return Err(refused("name it by an absolute path"));
    }
    make(path)?;
    let mut items = fs::read_dir(path).map_err(Error::io("list", path))?;
    match items.next() {
        None => Ok(()),
        Some(_) => Err(refused("it is not empty; name a folder that is, or none")),
    }
}

/// Takes a folder away with all in it, where it is.
pub(super) fn clear(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(source))
        }
        _ => Ok(()),
    }
}
