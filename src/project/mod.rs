//! Leaves to rows and verdicts, with a cursor of its own.
