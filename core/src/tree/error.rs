//! Why a proof is refused or can't be built.

/// Why a proof, a set of shared nodes or a frontier is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The leaf asked about lies beyond the tree.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    IndexOutOfRange {
        /// Index of the leaf.
        index: u64,
        /// Size of the tree, in leaves.
        size: u64,
    },
    /// The indices of many leaves don't strictly ascend.
    #[error("leaf {index} stands after leaf {before}: indices must strictly ascend")]
    IndicesNotAscending {
        /// The index that stands first.
        before: u64,
        /// The index that stands after it, and isn't larger.
        index: u64,
    },
    /// The older tree is larger than the newer one.
    #[error("a tree of {new} leaves can't extend one of {old}")]
    SizesReversed {
        /// Size of the older tree.
        old: u64,
        /// Size of the newer tree.
        new: u64,
    },
    /// The older tree has no leaves: every tree extends it, so there is nothing to prove.
    #[error("a tree without leaves proves nothing: start from a size of at least 1")]
    OldTreeEmpty,
    /// The proof has too few or too many hashes for the sizes and the index.
    #[error("the proof has {found} hashes where the sizes need {expected}")]
    ProofLength {
        /// How many hashes the sizes and the index imply.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The shared nodes end before the root is reached.
    #[error("the nodes end after {found}, before the root is reached")]
    TooFewNodes {
        /// How many there were.
        found: usize,
    },
    /// Shared nodes are left over once the root is reached.
    #[error("nodes are left over after the root is reached")]
    TooManyNodes,
    /// The hashes lead to another root.
    #[error("the proof leads to another root than the one given for {size} leaves")]
    RootMismatch {
        /// Size of the tree whose root differs.
        size: u64,
    },
    /// A frontier of more leaves than a log can have.
    #[error("a tree of {size} leaves is beyond the limit of 2^63")]
    SizeBeyondLimit {
        /// The size asked for.
        size: u64,
    },
    /// A frontier needs one node for each set bit of its size.
    #[error("a tree of {size} leaves has {expected} frontier nodes, and {found} were given")]
    FrontierLength {
        /// The size asked for.
        size: u64,
        /// The set bits of the size.
        expected: usize,
        /// How many nodes were given.
        found: usize,
    },
}

/// Why a proof can't be built from a source of nodes whose own error is `E`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// There is no such proof.
    #[error(transparent)]
    NoSuchProof(#[from] Error),
    /// A node can't be read.
    #[error("a tree node can't be read")]
    Nodes(#[source] E),
}
