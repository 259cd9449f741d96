//! A producer's signature on the events that it sends.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::producer_signature::{ProducerKey, SIGNATURE_BYTES};
use custodia_core::record::{Record, Timestamp};
use custodia_core::slot::Slots;
use prost_reflect::{DynamicMessage, Value};
use zeroize::Zeroizing;

use crate::app::Error;

const KEY_ID: &str = "producer_key_id";
const SIGNATURE: &str = "producer_signature";

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";
/// What stands before the 32 bytes of an Ed25519 private key in PKCS#8 (RFC 8410, section 7).
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// The rights of group and others.
const OTHERS: u32 = 0o077;

/// Why a file is no producer's key that may be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    /// The system refused.
    #[error("{0}")]
    Unreadable(#[from] std::io::Error),
    /// Others may read it.
    #[error("its mode is {0:04o}; others may read or write it: chmod 600")]
    Exposed(u32),
    /// Not an Ed25519 key in PKCS#8, PEM.
    #[error("it is no Ed25519 key in PEM: make one with openssl genpkey -algorithm ed25519")]
    Malformed,
}

/// Signs a producer's events.
#[derive(Debug)]
pub struct Vouching {
    key: ProducerKey,
    key_id: String,
}

impl Vouching {
    /// The key in a file (PKCS#8, PEM, readable by its owner alone), and its id in the register.
    ///
    /// # Errors
    /// [`Error::ProducerKey`].
    pub fn open(path: &Path, key_id: &str) -> Result<Self, Error> {
        let fault = |fault: KeyFault| Error::ProducerKey {
            path: path.to_owned(),
            fault,
        };
        let key = read(path).map_err(fault)?;
        Ok(Self {
            key,
            key_id: key_id.to_owned(),
        })
    }

    /// Signs an event that is whole, unless it is signed. A key id that it names stays.
    pub(super) fn sign(&self, event: &mut DynamicMessage) {
        if event.has_field_by_name(SIGNATURE) {
            return;
        }
        if !event.has_field_by_name(KEY_ID) {
            event.set_field_by_name(KEY_ID, Value::String(self.key_id.clone()));
        }
        // The signature's place must be taken while it is made (`proto/FORMAT.md` 14).
        set(event, [1; SIGNATURE_BYTES]);
        let record = Record {
            offset: 0,
            timestamp: Timestamp::None,
            key: None,
            value: Some(prost::Message::encode_to_vec(event)),
            headers: Vec::new(),
        };
        set(event, self.key.sign(&Slots::of(&record)));
    }
}

fn set(event: &mut DynamicMessage, signature: [u8; SIGNATURE_BYTES]) {
    event.set_field_by_name(SIGNATURE, Value::Bytes(signature.to_vec().into()));
}

fn read(path: &Path) -> Result<ProducerKey, KeyFault> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(KeyFault::Exposed(mode));
    }
    let text = Zeroizing::new(fs::read(path)?);
    let seed = str::from_utf8(&text).ok().and_then(seed_of);
    let seed = seed.ok_or(KeyFault::Malformed)?;
    Ok(ProducerKey::from_seed(&seed))
}

fn seed_of(pem: &str) -> Option<Zeroizing<[u8; 32]>> {
    let inner = pem.trim().strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let text: Zeroizing<String> = Zeroizing::new(inner.split_whitespace().collect());
    let bytes = Zeroizing::new(STANDARD.decode(text.as_bytes()).ok()?);
    let seed = bytes.strip_prefix(&PKCS8_HEAD)?;
    Some(Zeroizing::new(seed.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410, section 10.3, and the public key of 10.1.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";
    const PUBLIC: &str = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

    fn opened(text: &str, mode: u32) -> Result<Vouching, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        Vouching::open(&path, "loan-gateway/1")
    }

    #[test]
    fn a_key_of_openssls_form_is_read() {
        let vouching = opened(PEM, 0o600).unwrap();
        assert_eq!(hex::encode(vouching.key.public()), PUBLIC);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let error = opened(PEM, 0o640).unwrap_err();
        assert_eq!(error.code(), "CU-0026");
        assert!(error.to_string().contains("0640"), "{error}");
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        let short = PEM.replace("dVhC", "");
        for text in ["", "nonsense", &short, &PEM.replace("MC4C", "MC8C")] {
            let error = opened(text, 0o600).unwrap_err().to_string();
            assert!(error.contains("no Ed25519 key"), "{error}");
            assert!(text.is_empty() || !error.contains(text), "{error}");
        }
        let missing = Vouching::open(Path::new("/nowhere/key.pem"), "").unwrap_err();
        assert_eq!(missing.code(), "CU-0026");
    }
}
