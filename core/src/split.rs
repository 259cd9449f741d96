//! The rules by which a record's value splits into envelope blocks and body blocks.
