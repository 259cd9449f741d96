//! How many files this process may open: 64 logs need more than the usual soft limit.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::info;

use super::Error;
use crate::store::OPEN_FILES;

/// What is open beside the stores: connections to Kafka and to those who ask, the runtime's.
const BESIDE_STORES: u64 = 256;

/// Raises the soft limit on open files to the hard one.
///
/// # Errors
/// [`Error::FewOpenFiles`] where the hard one is too low for so many logs; [`Error::System`].
pub(super) fn raise(logs: usize) -> Result<(), Error> {
    let was = getrlimit(Resource::Nofile);
    check(was.maximum, logs)?;
    let raised = Rlimit {
        current: was.maximum,
        maximum: was.maximum,
    };
    if was != raised {
        setrlimit(Resource::Nofile, raised).map_err(|errno| Error::System {
            what: "raising the limit on open files".into(),
            source: errno.into(),
        })?;
    }
    let (soft, hard) = (was.current, was.maximum);
    info!(
        soft,
        hard,
        needed = needed(logs),
        "open files: the hard limit is in force"
    );
    Ok(())
}

/// What the folder's stores and all else may need: a store a log, and those of keys and findings.
fn needed(logs: usize) -> u64 {
    (logs as u64 + 2) * OPEN_FILES + BESIDE_STORES
}

/// `None` stands for no limit.
fn check(hard: Option<u64>, logs: usize) -> Result<(), Error> {
    let needed = needed(logs);
    match hard {
        Some(allowed) if allowed < needed => Err(Error::FewOpenFiles {
            allowed,
            logs,
            needed,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hard_limit_below_what_the_logs_may_need_is_refused() {
        assert!(check(None, 1000).is_ok());
        assert!(check(Some(needed(64)), 64).is_ok());
        let error = check(Some(needed(64) - 1), 64).unwrap_err();
        assert_eq!(error.code(), "CU-0040");
        assert!(error.to_string().contains("64 logs"), "{error}");
    }

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        raise(1).unwrap();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
