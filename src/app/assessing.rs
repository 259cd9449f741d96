//! The parts of assessing, built from the configuration.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ask::CUTS;
use super::{Error, Opened};
use crate::assess::{Assessor, AssessorParts, FindingsStore, KeptFindings, Rulebook};
use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::query::{CutFiles, LogRows, View};

/// The data folder's place for findings.
const FINDINGS: &str = "findings";

/// The rules, with the holidays that the configuration names.
pub(super) fn rulebook(config: &Config) -> Result<Arc<Rulebook>, Error> {
    let book = Rulebook::with_holidays_of(config.policy.holidays.as_deref())?;
    Ok(Arc::new(book))
}

/// Where findings lie in a data folder.
pub(super) fn findings_path(folder: &Path) -> PathBuf {
    folder.join(FINDINGS)
}

/// Drops all findings of a folder that this process owns: they are made again when they are next wanted.
pub(super) fn drop_findings(folder: &Path) -> Result<(), Error> {
    let path = findings_path(folder);
    match fs::remove_dir_all(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(Error::System {
            what: format!("removing {}", path.display()),
            source,
        }),
        _ => Ok(()),
    }
}

/// An assessor of an open ledger, and where its findings are.
pub(super) fn assessor(
    config: &Config,
    opened: &Opened,
    rows: Vec<LogRows>,
    book: Arc<Rulebook>,
    clock: &Arc<dyn Clock>,
    metrics: &Metrics,
) -> Result<(Assessor, KeptFindings), Error> {
    let path = findings_path(&config.ledger.folder);
    let keys = Arc::clone(&opened.keys);
    let store = Arc::new(FindingsStore::open(&path, &opened.shared, keys)?);
    let cuts = CutFiles::new(&opened.folder.path().join(CUTS));
    let assessor = Assessor::new(AssessorParts {
        store: Arc::clone(&store),
        view: View::new(rows, Arc::clone(&opened.keys), cuts),
        book,
        clock: Arc::clone(clock),
        metrics: metrics.clone(),
    })?;
    let progress = Arc::clone(assessor.progress());
    Ok((assessor, KeptFindings { store, progress }))
}
