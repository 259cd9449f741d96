//! Rows to answers at a cut.
