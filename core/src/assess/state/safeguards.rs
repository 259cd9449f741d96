//! Safeguards attested, and until when.
