//! What a replica must have of its ledger: the secret and the key that extracts rest on.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Error, open, policy};
use crate::config::Config;
use crate::sign::{ExtractSigner, KeyRing};

const FORMAT: &str = "custodia-replica/v1";
/// The largest such file, in bytes.
const MOST_BYTES: u64 = 1 << 20;
/// The rights of group and others.
const OTHERS: u32 = 0o077;

/// The file that makes a replica one: as secret as the two keys in it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplicaFile {
    format: String,
    pub(super) ledger: String,
    ledger_secret: String,
    signing_seed: String,
    /// The hand-overs that led to the key, as the signer keeps them; missing where there were none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    handovers: String,
}

/// Writes the new file `path`, mode 0600, with which `custodia init --replica-of` makes a replica.
/// The ledger must not be running.
///
/// # Errors
/// Where the ledger can't be opened, doesn't sign, or the file is there.
pub fn export_replica(config: &Config, path: &Path) -> Result<(), Error> {
    let opened = open(config)?;
    let (seed, handovers) = ExtractSigner::seed(&config.signer.folder)?;
    let file = ReplicaFile {
        format: FORMAT.to_owned(),
        ledger: opened.folder.ledger().to_string(),
        ledger_secret: hex::encode(*opened.keys.ledger_secret()),
        signing_seed: hex::encode(*seed),
        handovers: String::from_utf8_lossy(&handovers).into_owned(),
    };
    let text = Zeroizing::new(serde_json::to_vec_pretty(&file).unwrap_or_default());
    let failed = |source| Error::Output {
        path: path.to_owned(),
        source,
    };
    let mut out = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    out.write_all(&text)
        .and_then(|()| out.sync_all())
        .map_err(failed)
}

/// Gives a replica the key that its ledger was handed over to, from a file of [`export_replica`] that was
/// written after that. The replica must not be running.
///
/// # Errors
/// Where this ledger signs trees itself, or the file is of another ledger or doesn't lead from the
/// replica's key to its own.
pub fn take_key(config: &Config, path: &Path) -> Result<KeyRing, Error> {
    let refused = |what: &str| Error::ReplicaFile {
        path: path.to_owned(),
        what: what.to_owned(),
    };
    if config.signer.enabled {
        return Err(refused(
            "this ledger signs trees itself; `custodia key rotate` gives it a key",
        ));
    }
    let opened = open(config)?;
    let file = ReplicaFile::read(path)?;
    let is_same = file.ledger == opened.folder.ledger().as_str()
        && file
            .ledger_secret()
            .is_some_and(|secret| *secret == *opened.keys.ledger_secret());
    let seed = file.signing_seed().filter(|_| is_same);
    let seed = seed.ok_or_else(|| refused("it is of another ledger"))?;
    let signer = ExtractSigner::replace_replica(&config.signer.folder, &seed, &file.handovers())?;
    policy::keep(&opened, signer.ring())?;
    Ok(signer.ring().clone())
}

impl ReplicaFile {
    /// Reads the file.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let refused = |what: String| Error::ReplicaFile {
            path: path.to_owned(),
            what,
        };
        let file = File::open(path).map_err(|e| refused(e.to_string()))?;
        let mode = file.metadata().map_err(|e| refused(e.to_string()))?;
        if mode.permissions().mode() & OTHERS != 0 {
            return Err(refused(
                "others than its owner may read it; chmod 600".into(),
            ));
        }
        let mut text = Zeroizing::new(Vec::new());
        file.take(MOST_BYTES)
            .read_to_end(&mut text)
            .map_err(|e| refused(e.to_string()))?;
        let read: Self = serde_json::from_slice(&text).map_err(|e| refused(e.to_string()))?;
        if read.format != FORMAT {
            return Err(refused(format!("not {FORMAT}")));
        }
        read.ledger_secret()
            .and(read.signing_seed())
            .ok_or_else(|| refused("a key in it is not the hex of 32 bytes".into()))?;
        Ok(read)
    }

    /// The ledger secret.
    pub(super) fn ledger_secret(&self) -> Option<Zeroizing<[u8; 32]>> {
        key(&self.ledger_secret)
    }

    /// The hand-overs that led to the signing key.
    pub(super) fn handovers(&self) -> Vec<u8> {
        self.handovers.as_bytes().to_vec()
    }

    /// The signing key's seed.
    pub(super) fn signing_seed(&self) -> Option<Zeroizing<[u8; 32]>> {
        key(&self.signing_seed)
    }
}

fn key(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text, key.as_mut()).ok()?;
    Some(key)
}
