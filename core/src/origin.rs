//! The name of one log: ledger, topic, partition and generation.
