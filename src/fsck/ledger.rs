//! All logs of a data folder.

use custodia_core::note::VerifierKey;
use custodia_core::origin::Origin;

use super::findings::{Findings, Found};
use super::log::{Against, Start, check};
use super::{Error, Finding, LogParts, LogReport, Place, Progress, RecordSource, Report};
use crate::keys::KeyStore;
use crate::log::layout::LAYOUT;
use crate::log::{Folder, Generation};
use crate::store::{Shared, Store};

/// What a ledger is checked with. None of its logs may be open: where they are, check each with
/// [`super::check_log`].
pub struct LedgerParts<'a> {
    /// The data folder.
    pub folder: &'a Folder,
    /// What the stores share.
    pub shared: &'a Shared,
    /// The folder's key store, open.
    pub keys: &'a KeyStore,
    /// The ledger's keys for an origin, the present and those before; where it gives none, signatures go
    /// unchecked.
    pub verifiers: &'a dyn Fn(&Origin) -> Vec<VerifierKey>,
    /// How far each projection in a log's store says that it is: name and size.
    pub cursors: &'a dyn Fn(&Store) -> Vec<(String, u64)>,
}

/// Checks every log of a ledger against itself, and against its topic where `source` is given.
///
/// # Errors
/// [`Error::Folder`] where the folder holds something else than logs; [`Error::Source`] where a
/// topic can't be read. Faults of the logs are no errors: they are in the report.
pub fn check_ledger(
    parts: &LedgerParts<'_>,
    mut source: Option<&mut dyn RecordSource>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, Error> {
    let mut findings = Findings::default();
    let mut logs = Vec::new();
    let origins = parts.folder.origins()?;
    let same_place = |a: &Origin, b: &Origin| a.topic == b.topic && a.partition == b.partition;
    for generations in origins.chunk_by(same_place) {
        let mut of_place = Vec::new();
        let mut after = None;
        // The newest first: it says where the one before it ends in the topic.
        for origin in generations.iter().rev() {
            // Not `as_deref_mut`, which would hold on to the source for as long as it lives.
            let source = source
                .as_mut()
                .map(|source| &mut **source as &mut dyn RecordSource);
            let (report, generation) = check_one(
                parts,
                origin,
                after.as_ref(),
                source,
                progress,
                &mut findings,
            )?;
            of_place.extend(report);
            after = generation.or(after);
        }
        logs.extend(of_place.into_iter().rev());
    }
    Ok(Report::of(logs, findings))
}

/// Checks one log; `after` is the generation after it. Returns what it fixes itself.
fn check_one(
    parts: &LedgerParts<'_>,
    origin: &Origin,
    after: Option<&Generation>,
    source: Option<&mut dyn RecordSource>,
    progress: &mut dyn FnMut(Progress<'_>),
    findings: &mut Findings,
) -> Result<(Option<LogReport>, Option<Generation>), Error> {
    let name = origin.to_string();
    let store = match Store::open(&parts.folder.log_path(origin), LAYOUT, parts.shared) {
        Ok(store) => store,
        Err(error) => {
            Found::in_log(&name, findings).add(Place::Store, error.to_string());
            return Ok((None, None));
        }
    };
    let (verifiers, cursors) = ((parts.verifiers)(origin), (parts.cursors)(&store));
    let of_log = LogParts {
        origin: &name,
        store: &store,
        keys: parts.keys,
        verifiers: &verifiers,
        cursors: &cursors,
    };
    let start = Start::read(&of_log);
    let against = against(origin, &start, after, source)?;
    let report = check(&of_log, &start, against, progress, findings)?;
    verify_files(&store, &name, findings);
    Ok((Some(report), start.generation))
}

/// What the log is compared with; a log that doesn't say what it fixes is compared with itself.
fn against<'a>(
    origin: &Origin,
    start: &Start,
    after: Option<&Generation>,
    source: Option<&'a mut dyn RecordSource>,
) -> Result<Against<'a>, Error> {
    let (Some(source), Some(generation)) = (source, &start.generation) else {
        return Ok(Against::default());
    };
    let from = generation.start_offset;
    let next = start.state.as_ref().map(|state| state.position.next_offset);
    // Where Kafka lost records, the next generation reads others at offsets that this one had.
    let same_topic = |after: &&Generation| {
        after.cluster_id == generation.cluster_id && after.topic_id == generation.topic_id
    };
    let below = after
        .filter(same_topic)
        .map_or(u64::MAX, |after| after.start_offset);
    let to = next.unwrap_or(from).min(below);
    let produced = source.records(origin, generation, from, to);
    let produced = produced.map_err(|source| Error::Source {
        origin: origin.to_string(),
        source,
    })?;
    Ok(Against {
        topic_gone: produced.is_none(),
        produced,
        below,
    })
}

/// Reads every file past the cache: a block that was read before would hide what has become of
/// it, and rows lie in families that [`check`] doesn't read. Where damage is known already, nothing
/// is added.
fn verify_files(store: &Store, origin: &str, findings: &mut Findings) {
    let is_known = |finding: &Finding| finding.origin == origin && finding.place == Place::Store;
    if findings.kept.iter().any(is_known) {
        return;
    }
    if let Err(error) = store.verify_checksums() {
        Found::in_log(origin, findings).add(Place::Store, error.to_string());
    }
}
