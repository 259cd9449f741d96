//! A log in memory: leaves, and roots and proofs of any of its sizes.

use std::convert::Infallible;

use custodia_core::checkpoint::Checkpoint;
use custodia_core::entry::Entry;
use custodia_core::extract::{Int, LogAt, OpenedSlot, SlotLine, WithheldSlot};
use custodia_core::record::Record;
use custodia_core::slot::{SlotId, Slots};
use custodia_core::tree::{
    Frontier, Hash, NodeId, Nodes, consistency_proof, inclusion_proof, leaf_hash, root, shared,
};

use super::signer;

/// A leaf, with all slots of its record opened.
#[derive(Clone)]
pub struct Leaf {
    pub entry: Entry,
    pub slots: Vec<OpenedSlot>,
    digests: Vec<[u8; 32]>,
}

impl Leaf {
    pub fn of(record: &Record) -> Self {
        let slots = Slots::of(record);
        let opened = slots
            .iter()
            .zip(slots.keys())
            .map(|(slot, key)| OpenedSlot {
                bytes: slot.bytes(),
                id: slot.id.0,
                key,
            });
        Self {
            entry: Entry::of_slots(record, &slots),
            slots: opened.collect(),
            digests: slots.digests(),
        }
    }

    /// Its slots, those that `opens` says opened.
    pub fn shown(&self, opens: impl Fn(SlotId) -> bool) -> Vec<SlotLine> {
        let slots = self.slots.iter().zip(&self.digests);
        let shown = slots.map(|(slot, digest)| {
            if opens(SlotId(slot.id)) {
                SlotLine::Opened(slot.clone())
            } else {
                SlotLine::Withheld(WithheldSlot {
                    digest: *digest,
                    id: slot.id,
                })
            }
        });
        shown.collect()
    }
}

/// Every complete subtree's hash, by level and index.
#[derive(Default, Clone)]
pub struct Grown(Vec<Vec<Hash>>);

impl Grown {
    pub fn of(leaves: impl Iterator<Item = Hash>) -> Self {
        let (mut grown, mut frontier) = (Self::default(), Frontier::new());
        for leaf in leaves {
            frontier.push(leaf, &mut |id, hash| grown.put(id, hash));
        }
        grown
    }

    // Subtrees of a level are completed in the order of their indices.
    fn put(&mut self, id: NodeId, hash: Hash) {
        let level = usize::from(id.level);
        if self.0.len() <= level {
            self.0.resize_with(level + 1, Vec::new);
        }
        self.0[level].push(hash);
    }
}

impl Nodes for Grown {
    type Error = Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(id.level)][usize::try_from(id.index).unwrap()])
    }
}

/// All leaves of one log.
#[derive(Clone)]
pub struct Log {
    pub origin: String,
    pub leaves: Vec<Leaf>,
    nodes: Grown,
}

impl Log {
    pub fn of(origin: &str, records: &[Record]) -> Self {
        Self::of_leaves(origin, records.iter().map(Leaf::of).collect())
    }

    pub fn of_leaves(origin: &str, leaves: Vec<Leaf>) -> Self {
        let hashes = leaves.iter().map(|leaf| leaf_hash(&leaf.entry.to_bytes()));
        Self {
            origin: origin.to_owned(),
            nodes: Grown::of(hashes),
            leaves,
        }
    }

    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    pub fn root(&self, size: u64) -> Hash {
        let Ok(root) = root(&self.nodes, size);
        root
    }

    pub fn at(&self, size: u64) -> LogAt {
        LogAt {
            origin: self.origin.clone(),
            root: self.root(size),
            size: Int(size),
        }
    }

    pub fn checkpoint(&self, size: u64, seed: &[u8; 32]) -> String {
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size,
            root: self.root(size),
        };
        checkpoint.sign(&signer(seed, &self.origin)).unwrap()
    }

    pub fn shared(&self, size: u64, indices: &[u64]) -> Vec<Hash> {
        shared::proof(&self.nodes, size, indices).unwrap()
    }

    pub fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        inclusion_proof(&self.nodes, index, size).unwrap()
    }

    /// The proof between two sizes; none from size 0, and none where they are the same.
    pub fn consistency(&self, one: u64, other: u64) -> Vec<Hash> {
        match one.min(other) {
            0 => Vec::new(),
            old => consistency_proof(&self.nodes, old, one.max(other)).unwrap(),
        }
    }
}
