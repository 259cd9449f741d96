//! C2SP tlog-proof: one leaf's inclusion proof with its checkpoint, in one file.
