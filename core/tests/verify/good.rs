//! Extracts that keep every rule.

use custodia_core::extract::Profile;
use custodia_core::policy::Policy;
use custodia_core::verify::{Beside, Extract, Language, Outcome, Proven, render, verify};

use crate::maker::{Ledger, policy};

const PROFILES: [Profile; 3] = [Profile::RSubject, Profile::RRecipient, Profile::SSelf];

#[test]
fn an_extract_of_each_profile_is_proven() {
    let ledger = Ledger::with_events(40);
    let policy = Policy::parse(policy().as_bytes()).unwrap();
    for profile in PROFILES {
        let draft = ledger.draft(profile);
        let files = draft.files();
        let receipt = ledger.receipt(&files[0].1, |_| ());
        let beside = Beside {
            policy: Some(&policy),
            known: &[],
            receipt: Some(receipt.as_bytes()),
        };
        let report = verify(&Extract::Archive(&draft.archive()), &beside);
        println!("{}", render::text(&report, Language::Zh));
        println!("{}", render::text(&report, Language::En));
        println!("{}", render::json(&report));
        assert_eq!(report.failure, None);
        assert_eq!(report.outcome, Outcome::Proven);
        assert!(report.proven.contains(&Proven::Receipt));
    }
}
