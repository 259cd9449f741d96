//! The parts of assessing, built from the configuration.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::error;

use super::ask::CUTS;
use super::threads::Threads;
use super::{Error, Opened};
use crate::assess::{Assessor, AssessorParts, FindingsStore, Keeping, KeptFindings, Rulebook};
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

/// What findings are kept up from.
pub(super) struct Assessing<'a> {
    pub(super) config: &'a Config,
    pub(super) opened: &'a Opened,
    pub(super) rows: &'a [LogRows],
    pub(super) book: &'a Arc<Rulebook>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) metrics: &'a Metrics,
}

impl Assessing<'_> {
    /// Starts a thread that keeps findings up, unless that is switched off. Where it can't go on it says
    /// so, and everything else does.
    pub(super) fn start(&self, threads: &mut Threads) -> Result<Keeping, Error> {
        if !self.config.project.enabled || !self.config.findings.enabled {
            return Ok(Keeping::Off);
        }
        let (mut assessor, kept) = match self.assessor() {
            Ok(made) => made,
            Err(failure) => {
                let code = failure.code();
                error!(code, %failure, "findings are not kept up");
                self.metrics.findings_stopped.set(1);
                return Ok(Keeping::Stopped(format!("{code}: {failure}")));
            }
        };
        threads.spawn("assess", move |stop| {
            assessor.run(stop);
            Ok(())
        })?;
        Ok(Keeping::On(kept))
    }

    /// Makes findings up to what has rows.
    pub(super) fn catch_up(&self) -> Result<KeptFindings, Error> {
        let (mut assessor, kept) = self.assessor()?;
        while assessor.step()? {}
        Ok(kept)
    }

    fn assessor(&self) -> Result<(Assessor, KeptFindings), Error> {
        let path = findings_path(self.opened.folder.path());
        let keys = Arc::clone(&self.opened.keys);
        let store = FindingsStore::open(&path, &self.opened.shared, Arc::clone(&keys))?;
        let store = Arc::new(store);
        let cuts = CutFiles::new(&self.opened.folder.path().join(CUTS));
        let assessor = Assessor::new(AssessorParts {
            store: Arc::clone(&store),
            view: View::new(self.rows.to_vec(), keys, cuts),
            book: Arc::clone(self.book),
            clock: Arc::clone(self.clock),
            metrics: self.metrics.clone(),
        })?;
        let progress = Arc::clone(assessor.progress());
        Ok((assessor, KeptFindings { store, progress }))
    }
}
