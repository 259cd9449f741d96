//! What can go wrong with keys, each with its code and runbook page.

use std::io;
use std::path::PathBuf;

use crate::store;

/// Why keys can't be made, found or used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key file can't be read or written.
    #[error("{action} the key file {} failed: {source}", path.display())]
    File {
        /// The key file.
        path: PathBuf,
        /// What was being done, as a verb: "reading".
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A key file is never overwritten: what it wrapped could not be opened again.
    #[error("{} exists already; a key file is never overwritten, name another one", path.display())]
    FileExists {
        /// The key file.
        path: PathBuf,
    },
    /// Others on this host could read the key.
    #[error("the key file {} has mode {mode:04o}; nobody but its owner may have access: \
             chmod 600, and ask who could read it", path.display())]
    FileOpenToOthers {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file isn't one, or not whole.
    #[error("{} is not a whole key file ({rule}); restore it from where you keep its copy",
            path.display())]
    FileDamaged {
        /// The key file.
        path: PathBuf,
        /// The rule that failed.
        rule: &'static str,
    },
    /// The key-encryption key is not the one that wrapped this store.
    #[error("the keys in {} are wrapped under {recorded}, but {given} was given; \
             configure the key file of {recorded}", path.display())]
    WrongKeyEncryptionKey {
        /// The key store's folder.
        path: PathBuf,
        /// The id in the key store.
        recorded: String,
        /// The id of the key that was given.
        given: String,
    },
    /// Its keys are being wrapped under another key-encryption key, and that was cut short.
    #[error("the keys in {} are partly wrapped under {from} and partly under {to}: \
             with {from} configured, run `custodia key rotate --kek FILE` with the file of {to} again", path.display())]
    HalfRewrapped {
        /// The key store's folder.
        path: PathBuf,
        /// The id of the key that wrapped all of them.
        from: String,
        /// The id of the one that shall.
        to: String,
    },
    /// The keys are to be wrapped under the key that wraps them.
    #[error("{} is the key-encryption key that is in use; name a new file", path.display())]
    SameKeyEncryptionKey {
        /// The key file.
        path: PathBuf,
    },
    /// The key store was written by another version, or a fact that it must hold isn't there.
    #[error("the key store {} has {fact} {found}, which this version can't use; \
             use the version that wrote it, or restore it", path.display())]
    UnknownState {
        /// The key store's folder.
        path: PathBuf,
        /// Which fact.
        fact: &'static str,
        /// What stands there.
        found: String,
    },
    /// A wrapped key doesn't open: it was changed, moved, or wrapped under another key.
    #[error(
        "a wrapped key doesn't open under {id}: it was changed on disk, or is another's; \
             stop, keep the folder, restore the key store"
    )]
    WrappedKey {
        /// The key-encryption key's id.
        id: String,
    },
    /// Something sealed doesn't open under the key and the place given.
    #[error("what was sealed doesn't open: it was changed on disk, or belongs elsewhere; run fsck")]
    Sealed,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes ({source}); no key is made without them")]
    Random {
        /// The system's reason.
        source: getrandom::Error,
    },
    /// The store below failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// The stable code, which names the page under `ops/runbook/`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "CU-0300",
            Self::FileExists { .. } => "CU-0301",
            Self::FileOpenToOthers { .. } => "CU-0302",
            Self::FileDamaged { .. } => "CU-0303",
            Self::WrongKeyEncryptionKey { .. } => "CU-0304",
            Self::UnknownState { .. } => "CU-0305",
            Self::WrappedKey { .. } => "CU-0306",
            Self::HalfRewrapped { .. } => "CU-0320",
            Self::SameKeyEncryptionKey { .. } => "CU-0321",
            Self::Sealed => "CU-0307",
            Self::Random { .. } => "CU-0308",
            Self::Store(error) => error.code(),
        }
    }
}

impl From<getrandom::Error> for Error {
    fn from(source: getrandom::Error) -> Self {
        Self::Random { source }
    }
}
