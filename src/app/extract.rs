//! `custodia extract`: asked of the running ledger, or of one that runs for as long as it takes.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::approving::{asking, write_question, write_request};
use super::ask::{PEER, desk, principals};
use super::release::Target;
use super::{Error, Running, start};
use crate::assess::FindingsDesk;
use crate::clock::Clock;
use crate::config::Config;
use crate::extract::{Issued, Office, OfficeParts, Progress, Question, Spools, Summary};
use crate::log::Folder;
use crate::query::{Desk, Time, Why};
use crate::serve::Client;

/// The data folder's place for extracts under way.
const EXTRACTS: &str = "extracts";
/// How long rows may take to come up to what lies in the folder.
const ROWS: Duration = Duration::from_secs(600);
/// How often it is looked whether orders of erasure are carried out.
const ERASED: Duration = Duration::from_millis(50);
/// Bytes moved at once.
const CHUNK: usize = 1 << 16;

/// Issues an extract into the new file `out` (`<out>.age` where it is encrypted), with its receipt in
/// `<out>.tlog-proof`. Where no
/// ledger runs, one runs until its `ExtractIssued` is a leaf under a signed checkpoint.
///
/// # Errors
/// Whatever keeps it from being issued: then neither file is there.
pub fn extract(
    config: &Config,
    clock: &Arc<dyn Clock>,
    why: &Why,
    question: &Question,
    out: &Path,
    progress: &dyn Fn(Progress),
) -> Result<Summary, Error> {
    question.check()?;
    let mut target = Target::claim(out, !question.encrypt_to.is_empty())?;
    if let Some(client) = Client::at(&Folder::socket_path(&config.ledger.folder))? {
        let issued = client.extract(why, question, progress)?;
        let mut failed = None;
        let fetched = client.fetch(&issued.token, &mut |bytes| {
            failed = target.append(bytes).err();
            failed.is_none()
        });
        if let Some(failed) = failed {
            return Err(failed);
        }
        target.release(&fetched?)?;
        return Ok(issued.summary);
    }
    let running = start(config, clock)?;
    let issued = from_folder(config, clock, &running, why, question, progress);
    let released = issued.and_then(|issued| {
        write(&issued, &mut target)?;
        target.release(issued.receipt())?;
        Ok(issued.summary().clone())
    });
    let stopped = running.stop();
    let summary = released?;
    stopped?;
    Ok(summary)
}

/// Writes the request for approvals of an extract into the new file `path`, and the question that it is about
/// beside it, in `<path>.question.json`. Whoever runs this is the one who will ask.
///
/// # Errors
/// Where the question is wrong, whoever runs this may ask nothing, or a file can't be written.
pub fn request_extract(
    config: &Config,
    question: &Question,
    until: Time,
    path: &Path,
) -> Result<(), Error> {
    let (ledger, asker) = asking(config)?;
    let (request, spelt) = question.approval_request(&ledger, &asker, until.0)?;
    write_request(path, &request)?;
    write_question(path, &spelt)?;
    Ok(())
}

fn from_folder(
    config: &Config,
    clock: &Arc<dyn Clock>,
    running: &Running,
    why: &Why,
    question: &Question,
    progress: &dyn Fn(Progress),
) -> Result<Issued, Error> {
    let uid = rustix::process::getuid().as_raw();
    let asking = principals(config)?.asking(uid, PEER, why)?;
    while !running.has_erased()? {
        if let Some(failure) = running.failure(ERASED) {
            return Err(failure);
        }
    }
    for log in running.rows() {
        let size = log.log().tail().size;
        log.rows.progress().wait_projected(size, ROWS);
    }
    let rows = running.rows().to_vec();
    let desk = desk(
        config,
        running.opened(),
        rows,
        running.outbox(),
        Arc::clone(clock),
    );
    let desk = Arc::new(desk);
    let findings = findings_desk(running, &desk, clock);
    let office = office(config, running, desk, findings, clock)?;
    Ok(office.issue(&asking, question, progress)?)
}

/// The desk for findings of a running ledger.
pub(super) fn findings_desk(
    running: &Running,
    desk: &Arc<Desk>,
    clock: &Arc<dyn Clock>,
) -> Arc<FindingsDesk> {
    Arc::new(FindingsDesk::new(
        Arc::clone(desk),
        Arc::clone(running.book()),
        running.findings().clone(),
        Arc::clone(clock),
    ))
}

/// The office of a running ledger. What an earlier process left under way goes.
pub(super) fn office(
    config: &Config,
    running: &Running,
    desk: Arc<Desk>,
    findings: Arc<FindingsDesk>,
    clock: &Arc<dyn Clock>,
) -> Result<Office, Error> {
    let folder = &running.opened().folder;
    Ok(Office::new(OfficeParts {
        desk,
        findings,
        signer: running.extracts().cloned(),
        outbox: running.outbox(),
        registry_topic: config.topics.registry.clone(),
        spools: Spools::emptied(&folder.path().join(EXTRACTS))?,
        ledger: folder.ledger().clone(),
        clock: Arc::clone(clock),
        patience: Duration::from_millis(config.serve.extract_patience_ms),
    }))
}

/// Copies an issued archive.
pub(super) fn write(issued: &Issued, target: &mut Target) -> Result<(), Error> {
    let path = issued.archive();
    let failed = |source| Error::Output {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(failed)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk).map_err(failed)? {
            0 => return Ok(()),
            read => target.append(&chunk[..read])?,
        }
    }
}
