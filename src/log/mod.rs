//! Records to leaves on disk; one writer a log.
