//! The RFC 6962 Merkle tree over entries, with SHA-256.
//!
//! Owns the hashing of leaves and nodes, growing a tree leaf by leaf ([`Frontier`]), proofs built
//! from a source of nodes ([`Nodes`]) and checked from bytes alone, nodes shared by the proofs of
//! many leaves ([`shared`]), and the C2SP form in which nodes are kept and served ([`tile`]).
//! It never stores, reads or signs anything, and never looks into an entry.
//!
//! A proof binds a leaf or an older root to a *pair* of size and root. Sizes of the same shape
//! along a path (5 and 6, for leaf 0) give the same hashes, so the size must come from where the
//! root comes from: a signed checkpoint.

mod error;
mod frontier;
mod hash;
mod node;
mod path;
mod prove;
pub mod shared;
pub mod tile;
mod tile_nodes;
mod verify;

#[cfg(test)]
mod mutation_tests;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod third_party_tests;

pub use error::{Error, ProveError};
pub use frontier::{Frontier, MAX_SIZE};
pub use hash::{HASH_BYTES, Hash, empty_root, leaf_hash, node_hash};
pub use node::{NodeId, Nodes, peaks};
pub use prove::{consistency_length, consistency_proof, inclusion_proof, root};
pub use tile_nodes::{Error as TileNodesError, TileNodes};
pub use verify::{root_from_inclusion, verify_consistency, verify_inclusion};
