//! Findings of a small ledger.
