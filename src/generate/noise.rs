//! Bad records for tests and demonstrations: each is a leaf, and each has a verdict.
