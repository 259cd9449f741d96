//! The policy in force, the list of SDKs, and safeguards.

use crate::assess::state::safeguards::attestations;
use crate::assess::state::sdks::list_at;
use crate::replay::evidence::View;
use crate::replay::item::Item;
use crate::replay::standing::{Holds, Standing};
use crate::replay::state::State;

/// Puts in the policy in force.
pub(in crate::replay) fn policy(view: &View<'_>, into: &mut State) {
    if let Some(version) = view.policies.in_force(view.ms) {
        let holds = Holds::PolicyInForce {
            version: version.published.policy_version_id.clone(),
            effective_ms: version.effective_ms,
        };
        into.put(Item::Policy, Standing::new(holds, [version.leaf.clone()]));
    }
}

/// Puts in the list of SDKs that people can read.
pub(in crate::replay) fn sdk_list(view: &View<'_>, into: &mut State) {
    if let Some(list) = list_at(&view.register, &view.policies, view.ms) {
        let names = list.entries.iter().map(|entry| entry.name.to_owned());
        let holds = Holds::SdksListed {
            sdks: names.collect(),
        };
        let leaf = list.said.map(|one| one.leaf.clone());
        into.put(Item::SdkList, Standing::new(holds, leaf));
    }
}

/// Puts in the safeguards that are attested: of several attestations the one that holds longest.
pub(in crate::replay) fn safeguards(view: &View<'_>, into: &mut State) {
    for (measure, attested) in attestations(&view.register) {
        let holding = attested.iter().filter(|one| one.until_ms > view.ms);
        // Of equal ones the first.
        let longest = holding.reduce(|a, b| if b.until_ms > a.until_ms { b } else { a });
        if let Some(longest) = longest {
            let holds = Holds::Attested {
                until_ms: longest.until_ms,
            };
            let measure = measure.as_str_name().to_owned();
            let standing = Standing::new(holds, [longest.on.leaf.clone()]);
            into.put(Item::Safeguard { measure }, standing);
        }
    }
}
