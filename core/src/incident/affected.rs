//! The people whom an incident touches, and the root that the log keeps of them.

use std::collections::BTreeSet;
use std::convert::Infallible;

use super::list_proof::{FORMAT, ListProof, Neighbours, OnList, Place};
use crate::schema;
use crate::tree::{Hash, NodeId, Nodes, inclusion_proof, leaf_hash, node_hash, root};

/// The first column's name in a list with a heading.
const HEADING: &str = "subject_ref";

/// A list of references that can't be read. What stands in the line isn't repeated: it may be a phone
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A line whose first cell is no reference.
    #[error(
        "line {0}: its first cell is no reference (26 characters of a-z and 2-7); nothing of the list was used"
    )]
    NotAReference(usize),
    /// No reference at all.
    #[error("the list names nobody")]
    Empty,
}

/// References, ascending, each once. `AffectedSubjectsIdentified` has the RFC 6962 root over them, one leaf
/// a reference, its 26 bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AffectedList(Vec<String>);

impl AffectedList {
    /// A list of these references, in any order.
    pub fn new(references: impl IntoIterator<Item = String>) -> Self {
        let mut all: Vec<String> = references.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    /// Reads the first cell of each line; a heading, empty lines and a byte order mark are passed over.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn read(text: &str) -> Result<Self, ListError> {
        let mut references = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (at, line) in text.lines().enumerate() {
            let cell = line.split(',').next().unwrap_or_default().trim();
            if line.trim().is_empty() || (at == 0 && cell.contains(HEADING)) {
                continue;
            }
            if !schema::is_reference(cell) {
                return Err(ListError::NotAReference(at + 1));
            }
            references.push(cell.to_owned());
        }
        let list = Self::new(references);
        if list.0.is_empty() {
            return Err(ListError::Empty);
        }
        Ok(list)
    }

    /// The references, ascending.
    pub fn references(&self) -> &[String] {
        &self.0
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// Those who are not among `others`.
    pub fn without<'a>(&'a self, others: &BTreeSet<&str>) -> Vec<&'a str> {
        let all = self.0.iter().map(String::as_str);
        all.filter(|one| !others.contains(one)).collect()
    }

    /// The RFC 6962 root over the references.
    pub fn root(&self) -> Hash {
        let Ok(root) = root(&Levels::of(&self.0), self.count());
        root
    }

    /// Proves that a reference is on the list, or that it isn't.
    pub fn prove(&self, incident_id: &str, reference: &str) -> ListProof {
        let levels = Levels::of(&self.0);
        let place = |at: usize| self.place(&levels, at);
        let said = match self.0.binary_search_by(|one| one.as_str().cmp(reference)) {
            Ok(at) => OnList::Listed(place(at)),
            Err(at) => OnList::Absent(Neighbours {
                before: at.checked_sub(1).map(place),
                after: (at < self.0.len()).then(|| place(at)),
            }),
        };
        let Ok(root) = root(&levels, self.count());
        ListProof {
            format: FORMAT.to_owned(),
            incident_id: incident_id.to_owned(),
            root: hex::encode(root),
            count: self.count(),
            subject: reference.to_owned(),
            said,
        }
    }

    fn place(&self, levels: &Levels, at: usize) -> Place {
        let index = at as u64;
        let path = inclusion_proof(levels, index, self.count());
        // The index is one of the list's, and its nodes are all there.
        let path = path.expect("a place of the list is below its count");
        Place {
            reference: self.0[at].clone(),
            index,
            path: path.iter().map(hex::encode).collect(),
        }
    }
}

/// All complete subtrees, lowest first.
struct Levels(Vec<Vec<Hash>>);

impl Levels {
    fn of(references: &[String]) -> Self {
        let leaves = references.iter().map(|one| leaf_hash(one.as_bytes()));
        let mut levels = vec![leaves.collect::<Vec<Hash>>()];
        while let Some(last) = levels.last().filter(|last| last.len() > 1) {
            let (pairs, _) = last.as_chunks::<2>();
            let above = pairs.iter().map(|[left, right]| node_hash(left, right));
            levels.push(above.collect());
        }
        Self(levels)
    }
}

impl Nodes for Levels {
    type Error = Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Infallible> {
        let at = usize::try_from(id.index).unwrap_or(usize::MAX);
        let level = self.0.get(usize::from(id.level));
        let node = level.and_then(|level| level.get(at));
        Ok(*node.expect("only complete subtrees of the list are asked for"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Frontier;

    fn reference(n: u32) -> String {
        let letter = |place: u32| char::from(b'a' + u8::try_from((n >> (4 * place)) & 15).unwrap());
        (0..26).rev().map(|place| letter(place.min(7))).collect()
    }

    #[test]
    fn the_root_is_that_of_the_sorted_references() {
        let list = AffectedList::new((0..37).rev().map(reference).chain([reference(3)]));
        let mut tree = Frontier::new();
        for one in list.references() {
            tree.push(leaf_hash(one.as_bytes()), &mut |_, _| {});
        }
        assert_eq!((list.count(), list.root()), (37, tree.root()));
    }

    #[test]
    fn whoever_is_on_a_list_is_proven_on_it_and_whoever_is_not_is_proven_off() {
        for count in [0_u32, 1, 2, 3, 8, 21] {
            // Odd ones are on the list.
            let list = AffectedList::new((0..count).map(|n| reference(2 * n + 1)));
            for n in 0..2 * count + 2 {
                let proof = list.prove("i-1", &reference(n));
                let on = n % 2 == 1 && n < 2 * count;
                assert_eq!(proof.verify(), Ok(on), "{n} of {count}");
                assert_eq!(proof.root, hex::encode(list.root()));
            }
        }
    }

    #[test]
    fn a_proof_that_is_touched_holds_no_more() {
        let list = AffectedList::new((0..21).map(|n| reference(2 * n + 1)));
        let absent = list.prove("i-1", &reference(8));
        let text = serde_json::to_value(&absent).unwrap();
        let spoil = |path: &[&str], value: serde_json::Value| {
            let mut spoilt = text.clone();
            let mut at = &mut spoilt;
            for step in path {
                at = &mut at[*step];
            }
            *at = value;
            let proof: ListProof = serde_json::from_value(spoilt).unwrap();
            proof.verify()
        };
        assert_eq!(absent.verify(), Ok(false));
        // A gap between the neighbours, another's neighbour, another count, no neighbour at all.
        let far = serde_json::to_value(list.prove("i-1", &reference(12))).unwrap();
        let absent = ["said", "absent"];
        let after = far["said"]["absent"]["after"].clone();
        assert!(spoil(&[&absent[..], &["after"]].concat(), after).is_err());
        assert!(spoil(&[&absent[..], &["before", "index"]].concat(), 0.into()).is_err());
        assert!(
            spoil(
                &[&absent[..], &["before"]].concat(),
                serde_json::Value::Null
            )
            .is_err()
        );
        // A root doesn't bind the number of leaves alone: whoever checks compares both.
        assert!(spoil(&["count"], 4.into()).is_err());
        assert!(spoil(&["subject"], reference(30).into()).is_err());
        assert!(spoil(&["root"], "00".repeat(32).into()).is_err());
        let listed = list.prove("i-1", &reference(9));
        let mut other = listed.clone();
        other.subject = reference(8);
        assert!(other.verify().is_err() && listed.verify() == Ok(true));
    }

    #[test]
    fn a_list_is_read_with_heading_and_further_columns_and_no_bad_line() {
        let (a, b) = (reference(1), reference(2));
        let list = AffectedList::read(&format!("\u{feff}subject_ref,times\r\n{b},3\r\n\r\n{a}\n"));
        assert_eq!(list.unwrap().references(), [a.clone(), b]);
        let bad = format!("{a}\n13800138000\n");
        assert_eq!(AffectedList::read(&bad), Err(ListError::NotAReference(2)));
        assert_eq!(AffectedList::read("\n"), Err(ListError::Empty));
    }
}
