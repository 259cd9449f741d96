//! Whether someone is on a list of which the log has the root.

use serde::{Deserialize, Serialize};

use crate::schema;
use crate::tree::{Hash, empty_root, leaf_hash, verify_inclusion};

/// The format, as a proof names it.
pub const FORMAT: &str = "custodia-affected/v1";

/// A proof that a reference is, or isn't, on the list of an incident. That someone isn't shows the two
/// references beside which it would stand: such a proof is for an authority or a court, not for everyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListProof {
    /// [`FORMAT`].
    pub format: String,
    /// The incident.
    pub incident_id: String,
    /// The list's root, hex: `subject_set_root_sha256` of `AffectedSubjectsIdentified`.
    pub root: String,
    /// How many references are on the list: `subject_count` of the same event.
    pub count: u64,
    /// Who is asked about.
    pub subject: String,
    /// What is proven.
    pub said: OnList,
}

/// What a proof says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnList {
    /// The reference has this place.
    Listed(Place),
    /// It would stand between these two, and doesn't.
    Absent(Neighbours),
}

/// Between whom a reference would stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbours {
    /// The last before it; none where the list begins after it.
    pub before: Option<Place>,
    /// The first after it; none where the list ends before it.
    pub after: Option<Place>,
}

/// A reference on the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The reference.
    pub reference: String,
    /// Its place, from 0.
    pub index: u64,
    /// The audit path (RFC 6962), hex.
    pub path: Vec<String>,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Another format.
    #[error("this is no proof of the format {FORMAT}")]
    Format,
    /// The subject is no reference.
    #[error("whom it is about is no reference")]
    NotAReference,
    /// A root or a path is no hex of 32 bytes.
    #[error("a hash in it is not the hex of 32 bytes")]
    Hash,
    /// A place's path doesn't lead to the root.
    #[error("a place does not lead to the root")]
    Place,
    /// The neighbours leave room for others, or for the one asked about.
    #[error("the neighbours do not stand side by side, around the one asked about")]
    Neighbours,
}

impl ListProof {
    /// Whether the reference is on the list of that root and count. Whoever calls compares both with the
    /// event's, from an extract or the ledger.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn verify(&self) -> Result<bool, ProofError> {
        if self.format != FORMAT {
            return Err(ProofError::Format);
        }
        if !schema::is_reference(&self.subject) {
            return Err(ProofError::NotAReference);
        }
        let root = hash(&self.root)?;
        match &self.said {
            OnList::Listed(listed) if listed.reference == self.subject => {
                self.must_stand(listed, &root).map(|()| true)
            }
            OnList::Listed(_) => Err(ProofError::Place),
            OnList::Absent(absent) => self.must_surround(absent, &root).map(|()| false),
        }
    }

    fn must_stand(&self, place: &Place, root: &Hash) -> Result<(), ProofError> {
        let path: Vec<Hash> = place
            .path
            .iter()
            .map(|h| hash(h))
            .collect::<Result<_, _>>()?;
        let leaf = leaf_hash(place.reference.as_bytes());
        verify_inclusion(place.index, self.count, &leaf, &path, root).map_err(|_| ProofError::Place)
    }

    fn must_surround(&self, absent: &Neighbours, root: &Hash) -> Result<(), ProofError> {
        let Neighbours { before, after } = absent;
        for place in before.iter().chain(after) {
            self.must_stand(place, root)?;
        }
        let next = before
            .as_ref()
            .map_or(0, |place| place.index.saturating_add(1));
        let beside = match after {
            Some(after) => after.index == next,
            None => self.count == next,
        };
        let of_nobody = self.count > 0 || *root == empty_root();
        let between = before
            .as_ref()
            .is_none_or(|one| one.reference < self.subject)
            && after
                .as_ref()
                .is_none_or(|one| self.subject < one.reference);
        if beside && between && of_nobody {
            Ok(())
        } else {
            Err(ProofError::Neighbours)
        }
    }
}

fn hash(text: &str) -> Result<Hash, ProofError> {
    let mut bytes = Hash::default();
    hex::decode_to_slice(text, &mut bytes).map_err(|_| ProofError::Hash)?;
    Ok(bytes)
}
