//! From slots to the 32 bytes that bind what a record says (design 3.3).
