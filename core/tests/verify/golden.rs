//! The golden extracts of edition 1: every later verifier proves them, and nobody makes them otherwise.

use std::path::{Path, PathBuf};
use std::{env, fs};

use custodia_core::extract::Profile;
use custodia_core::policy::Policy;
use custodia_core::verify::{Beside, Extract, Outcome, verify};

use crate::maker::{Ledger, PROFILES, policy};

/// Set to write the files anew, before an edition is released.
const WRITE: &str = "CUSTODIA_WRITE_VECTORS";

fn path(profile: Profile, ending: &str) -> PathBuf {
    let name = format!("edition-1-{}{ending}", profile.name().to_lowercase());
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/vectors/extract")
        .join(name)
}

/// What stands in a golden file; with [`WRITE`] these bytes are put there first.
fn golden(path: &Path, bytes: &[u8]) -> Vec<u8> {
    if env::var_os(WRITE).is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::read(path).unwrap()
}

#[test]
fn the_golden_extracts_are_proven_and_made_again() {
    let ledger = Ledger::with_events(40);
    for profile in PROFILES {
        let draft = ledger.draft(profile);
        let (made, receipt) = (draft.archive(), ledger.receipt(&draft.files()[0].1, |_| ()));
        let archive = golden(&path(profile, ".zip"), &made);
        let policy = golden(&path(profile, ".policy"), policy().as_bytes());
        let beside = golden(&path(profile, ".zip.tlog-proof"), receipt.as_bytes());
        let policy = Policy::parse(&policy).unwrap();
        let beside = Beside {
            policy: Some(&policy),
            known: &[],
            receipt: Some(&beside),
        };
        let report = verify(&Extract::Archive(&archive), &beside);
        assert_eq!(report.failure, None);
        assert_eq!(report.outcome, Outcome::Proven);
        assert!(
            archive == made,
            "{}: other bytes are made today",
            profile.name()
        );
    }
}
