//! The ledger's signing key and the state that keeps it from signing two roots at one size.
