//! The RFC 6962 Merkle tree over entries, with SHA-256.
