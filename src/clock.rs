//! The clock, behind a trait: the one place that asks for the time.
