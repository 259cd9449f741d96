//! From a record to its leaf: golden vectors and properties.
//!
//! `CUSTODIA_WRITE_VECTORS=1 cargo test -p custodia-core` writes `tests/vectors/*.json` anew from
//! the cases here, which hold no clock and no chance. The bytes are frozen: a change there is a
//! change of the format. `tests/vectors/check_vectors.py` computes them a second time from
//! `proto/FORMAT.md` alone.

mod event;
mod forged;
mod golden;
mod openings;
mod properties;
mod refused;
mod signatures;
mod split_cases;
