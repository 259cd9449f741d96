//! C2SP tlog-policy: the keys that a verifier trusts.
