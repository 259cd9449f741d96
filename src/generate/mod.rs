//! A town of made-up customers whose numbers are known by construction.
