//! What can be wrong with a configuration.

/// A configuration that can't be used; nothing was bound, opened or created.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file named on the command line or in `CUSTODIA_CONFIG` can't be read.
    #[error("{path}: {source}; name a readable TOML file with --config")]
    Unreadable {
        /// The file as it was named.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A value has the wrong type, or a key is unknown.
    #[error("{0}; `custodia --dump-config` lists every key")]
    Malformed(Box<figment::Error>),
    /// One or more values are out of bounds; each line names one.
    #[error("configuration refused:\n  {}", .0.join("\n  "))]
    Refused(Vec<String>),
}

impl Error {
    /// The error's stable code; its page is `ops/runbook/<code>.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "CU-0001",
            Self::Malformed(_) => "CU-0002",
            Self::Refused(_) => "CU-0003",
        }
    }
}
