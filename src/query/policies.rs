//! The versions of the privacy policy that the registry has. Names no person.

use custodia_core::schema::v1::PolicyVersionPublished;
use custodia_core::schema::v1::event::Body;
use prost::Message as _;
use serde::{Deserialize, Serialize};

use super::view::{Leaf, Standpoint};
use super::{CutName, Error};
use crate::log::notices::PRODUCER;
use crate::project::{LeafRow, Page};

/// Leaves read at once.
const PAGE: u64 = 4096;

/// Which versions of the policy were published?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoliciesQuestion {
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
}

/// The versions of the policy, in the order in which the registry took them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    /// The cut that it stands on.
    pub cut: CutName,
    /// The versions.
    pub versions: Vec<PublishedPolicy>,
}

/// One version, as its event has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedPolicy {
    /// The version's id.
    pub id: String,
    /// The event's body, hex of its protobuf bytes: the document and its text are in it.
    pub body: String,
    /// The log.
    pub log: String,
    /// The leaf.
    pub index: u64,
}

impl PublishedPolicy {
    /// The event's body; none where the answer was damaged on its way.
    pub fn event(&self) -> Option<PolicyVersionPublished> {
        let bytes = hex::decode(&self.body).ok()?;
        PolicyVersionPublished::decode(&bytes[..]).ok()
    }
}

impl Standpoint<'_> {
    pub(super) fn policies(&self) -> Result<Policies, Error> {
        let mut found = Policies {
            cut: CutName::from(&self.cut),
            versions: Vec::new(),
        };
        for log in self.registries() {
            let below = self.size_of(log);
            let mut from = 0;
            while from < below {
                let page = Page {
                    from,
                    ..Page::all_below(below.min(from.saturating_add(PAGE)))
                };
                for (index, row) in log.rows.verdicts(&page)? {
                    // Most of a registry is the ledger's own checkpoints: they aren't opened.
                    if may_be_a_policy(&row) {
                        found.versions.extend(published(self.leaf(log, index)?));
                    }
                }
                from = page.below;
            }
        }
        Ok(found)
    }
}

fn may_be_a_policy(row: &LeafRow) -> bool {
    row.producer.as_deref() != Some(PRODUCER)
}

fn published(leaf: Leaf) -> Option<PublishedPolicy> {
    let accepted = leaf.is_accepted();
    let Body::PolicyVersionPublished(said) = leaf.event?.body? else {
        return None;
    };
    accepted.then(|| PublishedPolicy {
        id: said.policy_version_id.clone(),
        body: hex::encode(said.encode_to_vec()),
        log: leaf.log,
        index: leaf.index,
    })
}
