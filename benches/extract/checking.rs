//! Checking, in how much memory, and what single proofs would weigh.

use std::fs;
use std::path::Path;

use custodia::app;
use custodia::clock::SystemClock;
use custodia::config::Config;
use custodia_core::policy::Policy;
use custodia_core::verify::{Beside, Extract, verify};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::figures::median;
use super::singles::Singles;
use super::{Outcome, memory, timed};

/// An extract that was checked, and is proven.
#[derive(Debug, Serialize, Deserialize)]
pub struct Checked {
    /// Of all rounds, the median.
    pub seconds: f64,
    /// One SHA-256 over the archive.
    pub hashing_seconds: f64,
    /// Peak of the process, in bytes; the archive's are in it.
    pub peak: u64,
    pub singles: Singles,
}

/// Checks an archive with the ledger's own policy.
pub fn check(config: &Config, archive: &Path, rounds: u32) -> Outcome<Checked> {
    let clock = SystemClock::new();
    let archive = fs::read(archive)?;
    let policy = app::policy(config)?;
    let policy = Policy::parse(policy.as_bytes())?;
    let beside = Beside {
        policy: Some(&policy),
        ..Beside::default()
    };
    let (mut checking, mut hashing) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (_, took) = timed(&clock, || Sha256::digest(&archive));
        hashing.push(took.as_secs_f64());
        let (report, took) = timed(&clock, || verify(&Extract::Archive(&archive), &beside));
        checking.push(took.as_secs_f64());
        if report.outcome.name() != "proven" {
            let (outcome, failure) = (report.outcome.name(), report.failure);
            return Err(format!("the extract is {outcome}: {failure:?}").into());
        }
    }
    Ok(Checked {
        seconds: median(&mut checking),
        hashing_seconds: median(&mut hashing),
        peak: memory::peak()?,
        singles: Singles::of(&archive)?,
    })
}
