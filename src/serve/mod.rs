//! The doors: a Unix socket for the command line, HTTP for probes and metrics.
