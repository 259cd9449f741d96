//! C2SP signed note: text, signatures, verifier keys (vkey) and Ed25519 signing.
