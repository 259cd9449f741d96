//! The keys that seal payloads and rows, wrapped by a key-encryption key.
