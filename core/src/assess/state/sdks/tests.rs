//! Which list and which review count at a moment.

use super::*;
use crate::assess::state::told::{Told, at, stamp};
use crate::schema::v1::{DataCategory, PolicyVersionPublished, SdkEntry, SdkReviewed};

fn version(id: &str, effective: &str) -> Body {
    Body::PolicyVersionPublished(PolicyVersionPublished {
        policy_version_id: id.into(),
        published_at: Some(stamp(effective)),
        effective_at: Some(stamp(effective)),
        ..PolicyVersionPublished::default()
    })
}

fn list(version: &str, name: &str) -> Body {
    Body::SdkListPublished(SdkListPublished {
        policy_version_id: version.into(),
        sdks: vec![SdkEntry {
            sdk_name: name.into(),
            categories: vec![DataCategory::DcSdkAppInfo as i32],
            recipient_id: format!("rc-{name}"),
            package: format!("com.{name}"),
            ..SdkEntry::default()
        }],
        ..SdkListPublished::default()
    })
}

#[test]
fn the_last_list_for_the_policy_in_force_counts_from_when_it_was_public() {
    let register = Told::default()
        .registry("2026-01-01 00:00", version("v1", "2026-01-01 00:00"))
        .registry("2026-02-01 00:00", version("v2", "2026-02-01 00:00"))
        .registry("2026-01-02 10:00", list("v1", "one"))
        .registry("2026-01-20 10:00", list("v1", "two"))
        .register();
    let policies = PolicyBook::of(&register);
    let name = |moment| {
        let list = list_at(&register, &policies, at(moment))?;
        Some(list.entries[0].name.to_owned())
    };
    assert_eq!(name("2026-01-02 09:59"), None);
    assert_eq!(name("2026-01-02 10:00").as_deref(), Some("one"));
    assert_eq!(name("2026-01-20 10:00").as_deref(), Some("two"));
    // The second policy has no list of its own.
    assert_eq!(name("2026-02-01 00:00"), None);
}

#[test]
fn an_entry_is_found_by_name_package_or_vendor_and_by_nothing_empty() {
    let register = Told::default()
        .registry("2026-01-01 00:00", version("v1", "2026-01-01 00:00"))
        .registry("2026-01-02 10:00", list("v1", "one"))
        .register();
    let policies = PolicyBook::of(&register);
    let list = list_at(&register, &policies, at("2026-01-03 00:00")).unwrap();
    for (name, package, vendor) in [("one", "", ""), ("", "com.one", ""), ("", "", "rc-one")] {
        assert!(list.find(name, package, vendor).is_some());
    }
    assert!(list.find("", "", "").is_none());
    assert!(list.find("two", "com.two", "rc-two").is_none());
    // Another SDK of a vendor that is on the list.
    assert!(list.find("two", "", "rc-one").is_none());
    assert!(list.find("", "com.two", "rc-one").is_none());
    assert!(list.says_all_packages());
}

#[test]
fn a_review_counts_from_its_moment_until_its_end() {
    let reviewed = Body::SdkReviewed(SdkReviewed {
        sdk_name: "one".into(),
        result: AssessmentResult::AsPassed.into(),
        valid_until: Some(stamp("2026-06-01 00:00")),
        ..SdkReviewed::default()
    });
    let register = Told::default()
        .registry("2026-01-02 10:00", reviewed)
        .register();
    assert!(review_at(&register, "one", at("2026-01-02 09:59")).is_none());
    assert!(review_at(&register, "two", at("2026-01-03 00:00")).is_none());
    let review = review_at(&register, "one", at("2026-01-02 10:00")).unwrap();
    assert!(review.passed() && !review.ended_at(at("2026-05-31 23:59")));
    assert!(review.ended_at(at("2026-06-01 00:00")));
}
