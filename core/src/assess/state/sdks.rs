//! SDKs declared and observed.

use std::collections::BTreeSet;

use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::policy_book::PolicyBook;
use crate::assess::register::Register;
use crate::privacy_policy::PrivacyPolicy;
use crate::schema::v1::event::Body;
use crate::schema::v1::{AssessmentResult, SdkListPublished};

/// `SdkListPublished`, in the envelope.
const LISTED: u32 = 130;
/// `SdkReviewed`.
const REVIEWED: u32 = 132;

/// The list of SDKs that people could read at a moment (L109, L114).
#[derive(Debug, Clone)]
pub struct SdkList<'a> {
    /// What it declares.
    pub entries: Vec<Entry<'a>>,
    /// The event that published it; none where it stands in the machine-readable policy alone.
    pub said: Option<&'a Occurrence>,
}

/// An SDK as declared.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it may collect, by number; with what the policy calls non-personal.
    pub categories: BTreeSet<i32>,
    /// The vendor in the recipient register; empty where the list doesn't say.
    pub recipient_id: &'a str,
    /// Its package; empty where the list doesn't say.
    pub package: &'a str,
}

/// The last review of an SDK by a moment (L105).
#[derive(Debug, Clone, Copy)]
pub struct SdkReview<'a> {
    /// What it came to.
    pub result: AssessmentResult,
    /// The first moment that it holds no more; none where it says no end.
    pub valid_until_ms: Option<i64>,
    /// The event that says so.
    pub said: &'a Occurrence,
}

/// The list in force at a moment (`ms` since 1970, itself included): the last that was published by then
/// for the policy in force, or else the one in that policy's machine-readable form; none where there is
/// neither.
pub fn list_at<'a>(
    register: &'a Register,
    policies: &'a PolicyBook,
    ms: i64,
) -> Option<SdkList<'a>> {
    let version = policies.in_force(ms)?;
    let document = version.document.as_deref();
    let id = &version.published.policy_version_id;
    let mut published = register.under(LISTED, id).rev();
    let last = published.find_map(|one| match one.body() {
        Body::SdkListPublished(list) if public_ms(one, list) <= ms => Some((one, list)),
        _ => None,
    });
    match (last, document) {
        (Some((said, list)), document) => Some(SdkList {
            entries: entries_of(list, document),
            said: Some(said),
        }),
        (None, Some(policy)) => Some(SdkList {
            entries: entries_in(policy),
            said: None,
        }),
        (None, None) => None,
    }
}

/// The last review of an SDK by a moment, itself included.
pub fn review_at<'a>(register: &'a Register, name: &str, ms: i64) -> Option<SdkReview<'a>> {
    let mut by_then = register
        .under(REVIEWED, name)
        .rev()
        .filter(|one| one.occurred_at_ms <= ms);
    by_then.find_map(|said| match said.body() {
        Body::SdkReviewed(body) if body.sdk_name == name => Some(SdkReview {
            result: body.result(),
            valid_until_ms: body.valid_until.as_ref().map(ms_of),
            said,
        }),
        _ => None,
    })
}

impl<'a> SdkList<'a> {
    /// The entry of this name or package; where neither is said, the one of this vendor. Another SDK of a
    /// vendor that the list names isn't thereby on it.
    pub fn find(&self, name: &str, package: &str, recipient_id: &str) -> Option<&Entry<'a>> {
        let by = |text: &str, of: fn(&Entry<'a>) -> &'a str| {
            let mut entries = self.entries.iter();
            entries.find(|entry| !text.is_empty() && of(entry) == text)
        };
        if name.is_empty() && package.is_empty() {
            return by(recipient_id, |entry| entry.recipient_id);
        }
        by(name, |entry| entry.name).or_else(|| by(package, |entry| entry.package))
    }

    /// Whether every entry says its package, so that a package that isn't found isn't listed.
    pub fn says_all_packages(&self) -> bool {
        self.entries.iter().all(|entry| !entry.package.is_empty())
    }
}

impl SdkReview<'_> {
    /// Whether it let the SDK in, whenever it was asked.
    pub const fn passed(&self) -> bool {
        matches!(
            self.result,
            AssessmentResult::AsPassed | AssessmentResult::AsPassedWithMeasures
        )
    }

    /// Whether it has run out at a moment.
    pub fn ended_at(&self, ms: i64) -> bool {
        self.valid_until_ms.is_some_and(|until| until <= ms)
    }
}

fn public_ms(one: &Occurrence, list: &SdkListPublished) -> i64 {
    list.published_at.as_ref().map_or(one.occurred_at_ms, ms_of)
}

fn entries_of<'a>(list: &'a SdkListPublished, policy: Option<&PrivacyPolicy>) -> Vec<Entry<'a>> {
    let entry = |sdk: &'a crate::schema::v1::SdkEntry| {
        let listed = policy.and_then(|policy| policy.sdk(&sdk.sdk_name));
        let besides = listed.into_iter().flat_map(|listed| &listed.non_personal);
        let besides = besides.map(|category| *category as i32);
        Entry {
            name: &sdk.sdk_name,
            categories: sdk.categories.iter().copied().chain(besides).collect(),
            recipient_id: &sdk.recipient_id,
            package: &sdk.package,
        }
    };
    list.sdks.iter().map(entry).collect()
}

fn entries_in(policy: &PrivacyPolicy) -> Vec<Entry<'_>> {
    let entry = |listed: &'_ crate::privacy_policy::ListedSdk| {
        let categories = listed.categories.iter().chain(&listed.non_personal);
        categories.map(|category| *category as i32).collect()
    };
    let listed = policy.sdks.values();
    listed
        .map(|listed| Entry {
            name: &listed.id,
            categories: entry(listed),
            recipient_id: "",
            package: "",
        })
        .collect()
}

#[cfg(test)]
mod tests;
