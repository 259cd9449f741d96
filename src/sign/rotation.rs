//! Handing the ledger's key over to a new one, so that a kill at any moment is gone on from.
//!
//! One file, `rotation`, begins it: the new seed, the hand-over that both keys signed, and what is told
//! of it. While it is there nothing is signed with the folder. Every step after it can be taken again.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::checkpoint::Checkpoint;
use custodia_core::handover::Handover;
use custodia_core::note::{Note, Signature, VerifierKey};
use custodia_core::origin::LedgerName;
use zeroize::Zeroizing;

use super::Error;
use super::folder::Folder;
use super::key::{FileKey, KEY, SigningKey};
use super::ring::{HANDOVERS, KeyRing, key_id};
use super::state::{STATE, State};

/// The file of a hand-over under way.
const ROTATION: &str = "rotation";
/// Its first line; seed, signed hand-over and what is told of it follow, a line of base64 each.
const FORMAT: &str = "custodia-rotation/v1";
/// What the file of a former key begins with; its id follows.
const FORMER: &str = "former-";

/// Refuses a folder in which a hand-over was begun and not finished.
pub(super) fn refuse_half_rotated(folder: &Folder) -> Result<(), Error> {
    match folder.read(ROTATION)? {
        None => Ok(()),
        Some(_) => Err(Error::HalfRotated {
            path: folder.file(ROTATION),
        }),
    }
}

/// A hand-over under way. The steps, in order: [`Self::countersign`] what is kept, tell of it
/// ([`Self::signed`], [`Self::told`]), [`Self::switch`], keep [`Self::ring`]'s bytes beside the logs,
/// [`Self::close`]. After a kill between any two, [`Self::resume`] and take all of them again.
pub struct Rotation {
    folder: Folder,
    new: FileKey,
    signed: String,
    said: Handover,
    told: Vec<u8>,
    ring: KeyRing,
}

impl Rotation {
    pub(super) fn begin<E: From<Error>>(
        folder: Folder,
        ledger: &LedgerName,
        at_ms: i64,
        heads: Vec<Checkpoint>,
        about: impl FnOnce(&Handover, &str) -> Result<Vec<u8>, E>,
    ) -> Result<Self, E> {
        let (old, new) = (FileKey::open(&folder)?, FileKey::draw(&folder)?);
        let said = Handover {
            ledger: ledger.clone(),
            old: old.public(),
            new: new.public(),
            at_ms,
            heads,
        };
        let signed = signed_by_both(&said, &old, &new)?;
        let told = about(&said, &signed)?;
        let seed = Zeroizing::new(STANDARD.encode(new.seed()));
        let (note, about) = (STANDARD.encode(&signed), STANDARD.encode(&told));
        let text = Zeroizing::new(format!("{FORMAT}\n{}\n{note}\n{about}\n", *seed));
        folder.write(ROTATION, text.as_bytes())?;
        Ok(Self::of(folder, new, signed, said, told)?)
    }

    /// Takes up a hand-over that was cut short; none where none was.
    ///
    /// # Errors
    /// [`Error::RotationDamaged`], and what is wrong with the folder.
    pub fn resume(path: &Path) -> Result<Option<Self>, Error> {
        let folder = Folder::open(path)?;
        let Some(text) = folder.read(ROTATION)? else {
            return Ok(None);
        };
        let text = Zeroizing::new(text);
        let (new, signed, told) =
            parse(&text).ok_or_else(|| damaged(&folder, "a line can't be read"))?;
        let said = Handover::open(signed.as_bytes())
            .map_err(|error| damaged(&folder, &error.to_string()))?;
        if said.new != new.public() {
            return Err(damaged(&folder, "its key is not the one handed over to"));
        }
        Self::of(folder, new, signed, said, told).map(Some)
    }

    fn of(
        folder: Folder,
        new: FileKey,
        signed: String,
        said: Handover,
        told: Vec<u8>,
    ) -> Result<Self, Error> {
        let bytes = folder.read(HANDOVERS)?.unwrap_or_default();
        let before = KeyRing::parse(said.old, &bytes);
        let after = KeyRing::parse(said.new, &bytes);
        // Cut short after the list was written, it has this hand-over already.
        let ring = match after {
            Ok(ring) if ring.handovers().next_back() == Some(&said) => Ok(ring),
            _ => before.and_then(|ring| ring.after(&signed, &said)),
        };
        let ring = ring.map_err(|reason| KeyRing::damaged(&folder, reason))?;
        let rotation = Self {
            folder,
            new,
            signed,
            said,
            told,
            ring,
        };
        rotation.old()?;
        Ok(rotation)
    }

    /// The signed hand-over.
    #[must_use]
    pub fn signed(&self) -> &str {
        &self.signed
    }

    /// What it says.
    #[must_use]
    pub const fn said(&self) -> &Handover {
        &self.said
    }

    /// What is told of it, as it was made when it began.
    #[must_use]
    pub fn told(&self) -> &[u8] {
        &self.told
    }

    /// The keys once it is done.
    #[must_use]
    pub const fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// A kept checkpoint with the new key's signature beside the old one's: the same size and root,
    /// which the hand-over names (law 5).
    ///
    /// # Errors
    /// [`Error::NotHandedOver`] where the hand-over names another tree, [`Error::NotOurs`] where the
    /// old key didn't sign it.
    pub fn countersign(&self, kept: &str) -> Result<String, Error> {
        let not_ours = |source| Error::NotOurs { source };
        let not_signable = |source| Error::NotSignable { source };
        let mut note = Note::parse(kept.as_bytes()).map_err(|e| not_ours(e.into()))?;
        let tree = self.ring.open(&note).map_err(not_ours)?;
        if self.said.head(&tree.origin) != Some(&tree) {
            return Err(Error::NotHandedOver {
                origin: tree.origin,
                size: tree.size,
            });
        }
        let key = self.new.vkey(&tree.origin).map_err(not_signable)?;
        if note.verified_by(std::slice::from_ref(&key)).is_err() {
            note.add(signature(&self.new, &key, note.text())?)
                .map_err(not_signable)?;
        }
        Ok(note.to_string())
    }

    /// Puts the new key in the old one's place: the old one is kept under its id, what was signed
    /// carries over.
    ///
    /// # Errors
    /// [`Error::OtherKey`], and what writing says. Taking the step again goes on.
    pub fn switch(&self) -> Result<(), Error> {
        if let Some(old) = self.old()? {
            old.write(&self.folder, &former(&self.said.old))?;
        }
        self.folder.write(HANDOVERS, &self.ring.to_bytes())?;
        self.carry_over()?;
        self.new.write(&self.folder, KEY)
    }

    /// Ends the hand-over: from now on the folder signs with the new key.
    ///
    /// # Errors
    /// What removing the file says.
    pub fn close(self) -> Result<(), Error> {
        self.folder.remove(ROTATION)
    }

    /// The old key, as long as it is in its place.
    fn old(&self) -> Result<Option<FileKey>, Error> {
        let key = FileKey::open(&self.folder)?;
        match key.public() {
            public if public == self.said.old => Ok(Some(key)),
            public if public == self.said.new => Ok(None),
            _ => Err(damaged(
                &self.folder,
                "the folder's key is neither of its two",
            )),
        }
    }

    /// The state is of the new key from now on; each log's last size and root stay.
    fn carry_over(&self) -> Result<(), Error> {
        let path = self.folder.file(STATE);
        // Where it was lost meanwhile, the next start says so: nothing is made up here.
        let Some(bytes) = self.folder.read(STATE)? else {
            return Ok(());
        };
        let mut state = State::from_bytes(&bytes, &path)?;
        if ![self.said.old, self.said.new].contains(&state.public) {
            return Err(Error::OtherKey { path });
        }
        if state.public == self.said.old {
            state.public = self.said.new;
            state.written += 1;
            self.folder.write(STATE, &state.to_bytes())?;
        }
        Ok(())
    }
}

/// A former key whose secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// Its id ([`key_id`]).
    pub id: String,
}

impl Former {
    /// The former keys whose secrets a signer's folder keeps. It doesn't take the folder.
    #[must_use]
    pub fn kept(folder: &Path) -> Vec<Self> {
        let items = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let names = items.map(|item| item.file_name().to_string_lossy().into_owned());
        let mut kept: Vec<Self> = names
            .filter_map(|name| Some(name.strip_prefix(FORMER)?.to_owned()))
            .filter(|id| id.len() == 16)
            .map(|id| Self { id })
            .collect();
        kept.sort_by(|a, b| a.id.cmp(&b.id));
        kept
    }
}

/// Deletes the secrets of former keys: of the one with this id, or of all. Their public halves stay
/// listed. Takes the folder. Returns the ids.
///
/// # Errors
/// [`Error::NoFormerKey`] where none has the id, [`Error::HalfRotated`], and what removing says.
pub fn retire(path: &Path, id: Option<&str>) -> Result<Vec<String>, Error> {
    let folder = Folder::open(path)?;
    refuse_half_rotated(&folder)?;
    let mut names = folder.names(FORMER)?;
    if let Some(id) = id {
        names.retain(|name| name.strip_prefix(FORMER) == Some(id));
        if names.is_empty() {
            return Err(Error::NoFormerKey { id: id.to_owned() });
        }
    }
    let mut retired = Vec::new();
    for name in names {
        folder.remove(&name)?;
        retired.push(name.trim_start_matches(FORMER).to_owned());
    }
    Ok(retired)
}

fn former(public: &[u8; 32]) -> String {
    format!("{FORMER}{}", key_id(public))
}

fn signed_by_both(said: &Handover, old: &FileKey, new: &FileKey) -> Result<String, Error> {
    let text = said.to_text();
    let mut note = Note::new(&text).map_err(|source| Error::NotSignable { source })?;
    for key in [old, new] {
        let vkey = key.vkey(&said.ledger.handover_key_name());
        let vkey = vkey.map_err(|source| Error::NotSignable { source })?;
        note.add(signature(key, &vkey, &text)?)
            .map_err(|source| Error::NotSignable { source })?;
    }
    Ok(note.to_string())
}

fn signature(key: &FileKey, vkey: &VerifierKey, text: &str) -> Result<Signature, Error> {
    let signature = key
        .sign(text.as_bytes())
        .map_err(|source| Error::KeyFailed {
            name: vkey.name().to_owned(),
            source,
        })?;
    Ok(Signature::by(vkey, &signature))
}

fn parse(text: &[u8]) -> Option<(FileKey, String, Vec<u8>)> {
    let mut lines = str::from_utf8(text).ok()?.strip_suffix('\n')?.split('\n');
    lines.next().filter(|line| *line == FORMAT)?;
    let seed = Zeroizing::new(STANDARD.decode(lines.next()?).ok()?);
    let seed: &[u8; 32] = seed.as_slice().try_into().ok()?;
    let signed = String::from_utf8(STANDARD.decode(lines.next()?).ok()?).ok()?;
    let told = STANDARD.decode(lines.next()?).ok()?;
    lines.next().is_none().then_some(())?;
    Some((FileKey::from_seed(seed), signed, told))
}

fn damaged(folder: &Folder, reason: &str) -> Error {
    Error::RotationDamaged {
        path: folder.file(ROTATION),
        reason: reason.to_owned(),
    }
}
