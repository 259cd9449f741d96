//! Logs and spans: to stderr, as text for people or JSON for programs.
//!
//! Filtered by `CUSTODIA_LOG` in the notation of `tracing_subscriber::EnvFilter`; by default what the
//! command line says: `info` for `serve`, for other commands warnings, but none of librdkafka's.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// The environment variable that filters logs.
pub const FILTER_VARIABLE: &str = "CUSTODIA_LOG";

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One line a record, for people.
    Text,
    /// One JSON object a line, with the spans it stands in.
    Json,
}

/// Starts writing logs to stderr. A second call in one process changes nothing.
pub fn start(format: LogFormat, default_filter: &str) {
    let filter =
        EnvFilter::try_from_env(FILTER_VARIABLE).unwrap_or_else(|_| EnvFilter::new(default_filter));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().with_span_list(true).try_init(),
    };
    // Only tests start twice; the first subscriber stays.
    drop(started);
}
