//! The composition root: builds the parts, runs them, and stops them.
