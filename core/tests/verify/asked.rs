//! Asking for a verdict, and holding what is said against what was done.

use custodia_core::policy::Policy;
use custodia_core::verify::{Beside, Extract, Outcome, Report, verify};

use crate::maker::{Draft, archive, policy};

pub fn policy_of(text: &str) -> Policy {
    Policy::parse(text.as_bytes()).unwrap()
}

/// What is said of an extract under a policy.
pub fn check(extract: &Extract<'_>, policy: &str) -> Report {
    let policy = policy_of(policy);
    let beside = Beside {
        policy: Some(&policy),
        ..Beside::default()
    };
    verify(extract, &beside)
}

/// What is said of a draft, which must be proven.
pub fn proven(draft: &Draft) -> Report {
    let report = check(&Extract::Archive(&draft.archive()), &policy());
    assert_eq!(report.failure, None);
    assert_eq!(report.outcome, Outcome::Proven);
    report
}

/// What is said of an archive, which must not hold: place, reason and words of the failure.
pub fn refused(bytes: &[u8], outcome: Outcome) -> (String, &'static str, String) {
    let report = check(&Extract::Archive(bytes), &policy());
    let failure = report.failure.expect("it must fail");
    assert_eq!(report.outcome, outcome, "{failure}");
    let words = failure.fault.to_string();
    (failure.place, failure.fault.reason(), words)
}

/// Asserts that files, as an archive, fail at a place for a reason, named in these words.
pub fn fails(files: &[(String, Vec<u8>)], place: &str, reason: &str, words: &str) {
    let (found, why, said) = refused(&archive(files), Outcome::Failed);
    assert_eq!((found.as_str(), why), (place, reason), "{said}");
    assert!(said.contains(words), "{said:?} doesn't say {words:?}");
}
