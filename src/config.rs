//! Configuration: defaults, file, environment and flags, with where each value came from.
