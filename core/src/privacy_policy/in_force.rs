//! Which version is in force when.

use std::cmp::Ordering;

use super::{Moment, PrivacyPolicy};
use crate::schema::v1::PolicyVersionPublished;

/// A version's id and times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionTimes {
    /// The version's id.
    pub id: String,
    /// When its text was public.
    pub published: Moment,
    /// When it says that it is in force.
    pub effective: Moment,
}

impl VersionTimes {
    /// From when it binds: nothing binds before it is public.
    pub fn binds(&self) -> Moment {
        self.effective.max(self.published)
    }

    /// The order in which versions follow one another.
    fn order(&self, other: &Self) -> Ordering {
        let key = |of: &Self| (of.binds(), of.published, of.id.clone());
        key(self).cmp(&key(other))
    }
}

impl From<&PrivacyPolicy> for VersionTimes {
    fn from(policy: &PrivacyPolicy) -> Self {
        let version = &policy.policy;
        Self {
            id: version.id.clone(),
            published: version.published,
            effective: version.effective,
        }
    }
}

impl TryFrom<&PolicyVersionPublished> for VersionTimes {
    type Error = MissingTime;

    fn try_from(event: &PolicyVersionPublished) -> Result<Self, MissingTime> {
        let moment = |time: Option<prost_types::Timestamp>| {
            let time = time?;
            let millis = time.seconds.checked_mul(1000)?;
            Some(Moment(
                millis.checked_add(i64::from(time.nanos / 1_000_000))?,
            ))
        };
        let times = (moment(event.published_at), moment(event.effective_at));
        let (Some(published), Some(effective)) = times else {
            return Err(MissingTime(event.policy_version_id.clone()));
        };
        Ok(Self {
            id: event.policy_version_id.clone(),
            published,
            effective,
        })
    }
}

/// An event that publishes a version lacks one of its times, or has one beyond all calendars.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("version {0:?} says not when it was published and is in force")]
pub struct MissingTime(pub String);

/// The version in force at a moment: of those that bind by then, the one that came last. None
/// before the first.
pub fn in_force(versions: &[VersionTimes], at: Moment) -> Option<&VersionTimes> {
    let binding = versions.iter().filter(|version| version.binds() <= at);
    binding.max_by(|a, b| a.order(b))
}

/// Two versions that claim the same time: the one published later takes effect no later than the
/// other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "version {later} was published after {earlier} and takes effect no later, so that both claim \
     the same time: give it a later `effective`"
)]
pub struct Overlap {
    /// The version published first.
    pub earlier: String,
    /// The one published after it, or together with it.
    pub later: String,
}

/// Every pair of versions that overlap in time, in the order of publication. The same version
/// twice is no overlap.
pub fn overlaps(versions: &[VersionTimes]) -> Vec<Overlap> {
    let mut ordered: Vec<&VersionTimes> = versions.iter().collect();
    ordered.sort_by_key(|version| (version.published, version.effective, &version.id));
    ordered.dedup();
    let mut found = Vec::new();
    for (at, later) in ordered.iter().enumerate() {
        for earlier in &ordered[..at] {
            if later.effective <= earlier.effective {
                found.push(Overlap {
                    earlier: earlier.id.clone(),
                    later: later.id.clone(),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: &str, published: i64, effective: i64) -> VersionTimes {
        VersionTimes {
            id: id.to_owned(),
            published: Moment(published),
            effective: Moment(effective),
        }
    }

    fn at(versions: &[VersionTimes], at: i64) -> Option<&str> {
        in_force(versions, Moment(at)).map(|version| version.id.as_str())
    }

    #[test]
    fn a_version_holds_from_its_moment_until_the_next_one_s() {
        let versions = [version("b", 15, 20), version("a", 10, 10)];
        assert_eq!(at(&versions, 9), None);
        assert_eq!(at(&versions, 10), Some("a"));
        assert_eq!(at(&versions, 19), Some("a"));
        assert_eq!(at(&versions, 20), Some("b"));
    }

    #[test]
    fn nothing_binds_before_it_is_public() {
        let versions = [version("a", 10, 10), version("b", 30, 5)];
        assert_eq!(at(&versions, 20), Some("a"));
        assert_eq!(at(&versions, 30), Some("b"));
    }

    #[test]
    fn one_version_is_in_force_whatever_their_order() {
        let mut versions = [version("a", 1, 5), version("b", 2, 5), version("c", 2, 5)];
        assert_eq!(at(&versions, 5), Some("c"));
        versions.reverse();
        assert_eq!(at(&versions, 5), Some("c"));
    }

    #[test]
    fn versions_that_claim_the_same_time_overlap() {
        let fine = [version("a", 1, 5), version("b", 2, 6)];
        assert_eq!(overlaps(&fine), []);
        let overlapping = |later| overlaps(&[version("a", 1, 5), later]);
        let pair = [Overlap {
            earlier: "a".into(),
            later: "b".into(),
        }];
        assert_eq!(overlapping(version("b", 2, 5)), pair);
        assert_eq!(overlapping(version("b", 2, 4)), pair);
        assert_eq!(overlapping(version("a", 1, 5)), []);
    }

    #[test]
    fn an_event_without_times_is_named() {
        let event = PolicyVersionPublished {
            policy_version_id: "v".into(),
            ..PolicyVersionPublished::default()
        };
        assert_eq!(VersionTimes::try_from(&event), Err(MissingTime("v".into())));
    }
}
