//! The privacy policies by their time of effect.

use std::sync::Arc;

use super::finding::LeafAt;
use super::occurrence::ms_of;
use super::register::Register;
use crate::privacy_policy::PrivacyPolicy;
use crate::schema::v1::PolicyVersionPublished;
use crate::schema::v1::event::Body;

/// `PolicyVersionPublished`, in the envelope.
const PUBLISHED: u32 = 100;

/// A version of the privacy policy, as the registry has it.
#[derive(Debug, Clone)]
pub struct PolicyVersion {
    /// What the registry says of it.
    pub published: PolicyVersionPublished,
    /// From when on it is in force, in ms since 1970.
    pub effective_ms: i64,
    /// When it was public, in ms since 1970.
    pub published_ms: i64,
    /// The leaf that says so.
    pub leaf: LeafAt,
    /// The machine-readable policy; none where the registry doesn't hold it, or it can't be read.
    pub document: Option<Arc<PrivacyPolicy>>,
}

/// All versions, by their time of effect: an event is judged by what was in force when it occurred.
#[derive(Debug, Clone, Default)]
pub struct PolicyBook(Vec<PolicyVersion>);

impl PolicyBook {
    /// The versions that the registry has. Of a version that was published several times the last counts.
    pub fn of(register: &Register) -> Self {
        let mut versions: Vec<PolicyVersion> = Vec::new();
        for one in register.of(PUBLISHED) {
            let Body::PolicyVersionPublished(said) = one.body() else {
                continue;
            };
            let (Some(published), Some(effective)) = (&said.published_at, &said.effective_at)
            else {
                continue;
            };
            let id = &said.policy_version_id;
            versions.retain(|known| known.published.policy_version_id != *id);
            versions.push(PolicyVersion {
                published_ms: ms_of(published),
                effective_ms: ms_of(effective),
                leaf: one.leaf.clone(),
                document: document_of(said),
                published: said.clone(),
            });
        }
        versions.sort_by_key(|version| (version.effective_ms, version.published_ms));
        Self(versions)
    }

    /// All versions, by time of effect.
    pub fn versions(&self) -> &[PolicyVersion] {
        &self.0
    }

    /// The version in force at a moment: the last whose time of effect is not later.
    pub fn in_force(&self, ms: i64) -> Option<&PolicyVersion> {
        let after = self.0.partition_point(|version| version.effective_ms <= ms);
        after.checked_sub(1).map(|place| &self.0[place])
    }

    /// The machine-readable policy in force at a moment.
    pub fn policy(&self, ms: i64) -> Option<&PrivacyPolicy> {
        self.in_force(ms)?.document.as_deref()
    }
}

fn document_of(said: &PolicyVersionPublished) -> Option<Arc<PrivacyPolicy>> {
    PrivacyPolicy::parse(&said.machine_readable)
        .ok()
        .map(Arc::new)
}
