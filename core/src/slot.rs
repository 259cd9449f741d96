//! The slots of a record: what an extract opens or withholds as one.
