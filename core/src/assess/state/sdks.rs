//! SDKs declared and observed.
