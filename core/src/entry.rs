//! The fixed 50 bytes that a leaf hashes (design 3.3).
