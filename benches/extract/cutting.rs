//! Cutting, and in how much memory.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use custodia::app;
use custodia::clock::{Clock, SystemClock};
use custodia::config::Config;
use custodia::extract::{Progress, Question};
use custodia::query::Why;
use serde::{Deserialize, Serialize};

use super::{Outcome, memory};

/// `store.memory_bytes` while an extract is cut: the least there is, so that caches, which fill up to
/// it, don't pass for what an extract takes.
const STORE_MEMORY_BYTES: usize = 64 << 20;

/// An extract that was cut.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cut {
    /// Events shown, with those of the register that they rest on.
    pub events: u64,
    pub archive_bytes: u64,
    pub proof_bytes: u64,
    pub seconds: f64,
    /// Bytes resident when the cut was chosen: the ledger is open by then, and nothing is read.
    pub resident_before: u64,
    /// Most bytes of the process that were resident at once.
    pub peak: u64,
}

/// Cuts an extract about the recipient, of at least `least` events.
pub fn cut(config: &Config, recipient: &str, least: u64, archive: &Path) -> Outcome<Cut> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let question = Question {
        recipient: Some(recipient.to_owned()),
        requester: "RQ_REGULATOR".into(),
        requester_name: "Example office".into(),
        legal_basis: "LB_PIPL_63_INSPECTION".into(),
        ..Question::default()
    };
    let why = Why {
        reason: "regulator_request".into(),
        ticket: String::new(),
        ..Why::default()
    };
    let (begun, ended) = (Cell::new(None), Cell::new(None));
    let progress = |progress: Progress| match progress {
        Progress::Cut { .. } => begun.set(Some((clock.monotonic(), memory::resident()))),
        Progress::Recording if ended.get().is_none() => ended.set(Some(clock.monotonic())),
        _ => {}
    };
    let mut config = config.clone();
    config.store.memory_bytes = STORE_MEMORY_BYTES;
    let summary = app::extract(&config, &clock, &why, &question, archive, &progress)?;
    let told = begun.take().zip(ended.take());
    let ((begun, resident_before), ended) = told.ok_or("the extract told of no progress")?;
    if summary.events < least {
        let events = summary.events;
        return Err(format!("{events} events are shown, where {least} name {recipient}").into());
    }
    Ok(Cut {
        events: summary.events,
        archive_bytes: summary.bytes,
        proof_bytes: summary.proof_bytes,
        seconds: ended.saturating_sub(begun).as_secs_f64(),
        resident_before: resident_before?,
        peak: memory::peak()?,
    })
}
