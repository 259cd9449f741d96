//! Whether items have what they need, and name only what is there.

use std::collections::BTreeSet;

use super::{Kind, PrivacyPolicy, Remark};
use crate::privacy_policy::vocabulary::{Vocabulary, members};
use crate::privacy_policy::{Bound, Cited, Grant, PurposeItem, Sharing};
use crate::schema::v1::{BasisKind, ConsentStrength};

pub(super) fn check(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    for purpose in policy.purposes.values() {
        purpose_is_whole(policy, purpose, remarks);
    }
    for case in policy.sharing.values() {
        case_is_whole(policy, case, remarks);
    }
    other_cases(policy, remarks);
    others(policy, remarks);
    categories(policy, remarks);
}

/// An error for each value that no item of a part states.
fn stated<'a, E>(
    item: &str,
    part: &str,
    values: impl IntoIterator<Item = &'a E>,
    has: impl Fn(&E) -> bool,
    remarks: &mut Vec<Remark>,
) where
    E: Vocabulary + 'a,
{
    for value in values.into_iter().filter(|value| !has(value)) {
        let message = format!("names {}, and no [[{part}]] states it", value.name());
        remarks.push(Remark::error(Kind::Unstated, item, message));
    }
}

fn named(part: &str, item: &dyn Cited) -> String {
    format!("[[{part}]] {}", item.id())
}

fn purpose_is_whole(policy: &PrivacyPolicy, purpose: &PurposeItem, remarks: &mut Vec<Remark>) {
    let name = named("purpose", purpose);
    if purpose.categories.is_empty() && !purpose.unstated {
        let message = "has no categories: what may be used for it?";
        remarks.push(Remark::error(Kind::NoCategory, &name, message).citing(&purpose.cites));
    }
    if purpose.ways.is_empty() && !purpose.unstated {
        let message = "has no way of collecting: where does its data come from?";
        remarks.push(Remark::error(Kind::NoWay, &name, message).citing(&purpose.cites));
    }
    if !purpose.sources.is_empty()
        && !purpose
            .ways
            .contains(&crate::schema::v1::CollectionWay::CwFromThirdParty)
    {
        let message = "has sources, and CW_FROM_THIRD_PARTY is none of its ways";
        remarks.push(Remark::error(Kind::Contradiction, &name, message).citing(&purpose.cites));
    }
    stated(
        &name,
        "category",
        &purpose.categories,
        |of| policy.categories.contains_key(of),
        remarks,
    );
    stated(
        &name,
        "way",
        &purpose.ways,
        |of| policy.ways.contains_key(of),
        remarks,
    );
    stated(
        &name,
        "party",
        &purpose.sources,
        |of| policy.parties.contains_key(of),
        remarks,
    );
    let denied = purpose.refusal.iter().flat_map(|refusal| &refusal.denies);
    for feature in denied.chain([&purpose.feature]) {
        if !policy.features.contains_key(feature) {
            let message = format!("names the feature {feature:?}, and no [[feature]] states it");
            remarks.push(Remark::error(Kind::Unstated, &name, message));
        }
    }
    strength(policy, &name, purpose.strength, remarks);
}

fn strength(
    policy: &PrivacyPolicy,
    name: &str,
    strength: Option<ConsentStrength>,
    remarks: &mut Vec<Remark>,
) {
    let has = |of: &ConsentStrength| policy.consent_strengths.contains_key(of);
    stated(name, "consent_strength", &strength, has, remarks);
}

fn case_is_whole(policy: &PrivacyPolicy, case: &Sharing, remarks: &mut Vec<Remark>) {
    let name = named("sharing", case);
    rests_on(&name, &case.bases, case.strength, remarks);
    strength(policy, &name, case.strength, remarks);
    let conditions = |of: &_| policy.share_conditions.contains_key(of);
    stated(
        &name,
        "share_condition",
        &case.conditions,
        conditions,
        remarks,
    );
    if case.bound == Bound::Listed && case.grants.is_empty() {
        let message = "has no recipient: [[sharing.grants]] say who may get what for what";
        remarks.push(Remark::error(Kind::EmptyCase, &name, message).citing(&case.cites));
    }
    if case.bound != Bound::Listed && !case.grants.is_empty() {
        let message = "has grants, and its bound is not `listed`";
        remarks.push(Remark::error(Kind::Contradiction, &name, message).citing(&case.cites));
    }
    for grant in &case.grants {
        grant_is_whole(policy, &name, grant, remarks);
    }
}

fn grant_is_whole(policy: &PrivacyPolicy, name: &str, grant: &Grant, remarks: &mut Vec<Remark>) {
    let empty = [
        ("recipient", grant.recipients.is_empty()),
        ("category", grant.categories.is_empty()),
        ("purpose", grant.purposes.is_empty()),
    ];
    for (what, _) in empty.into_iter().filter(|(_, empty)| *empty) {
        let message = format!("has a grant without a {what}");
        remarks.push(Remark::error(Kind::EmptyCase, name, message).citing(&grant.cites));
    }
    stated(
        name,
        "party",
        &grant.recipients,
        |of| policy.parties.contains_key(of),
        remarks,
    );
    stated(
        name,
        "category",
        &grant.categories,
        |of| policy.categories.contains_key(of),
        remarks,
    );
    stated(
        name,
        "purpose",
        &grant.purposes,
        |of| policy.purposes.contains_key(of),
        remarks,
    );
}

fn rests_on(
    name: &str,
    bases: &BTreeSet<BasisKind>,
    strength: Option<ConsentStrength>,
    remarks: &mut Vec<Remark>,
) {
    if bases.is_empty() {
        let message = "rests on nothing: `bases` name the kinds of ground";
        remarks.push(Remark::error(Kind::NoBasis, name, message));
    }
    if strength.is_some() && !bases.contains(&BasisKind::BaConsent) {
        let message = "asks for a strength of consent, and BA_CONSENT is none of its bases";
        remarks.push(Remark::error(Kind::Contradiction, name, message));
    }
}

fn other_cases(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    for case in policy.transfers.values() {
        let name = named("transfer", case);
        rests_on(&name, &case.bases, case.strength, remarks);
        strength(policy, &name, case.strength, remarks);
        recipients(policy, &name, &case.recipients, remarks);
        let duties = |of: &_| policy.transfer_duties.contains_key(of);
        stated(&name, "transfer_duty", &case.duties, duties, remarks);
    }
    for case in policy.disclosures.values() {
        let name = named("disclosure", case);
        rests_on(&name, &case.bases, case.strength, remarks);
        strength(policy, &name, case.strength, remarks);
        recipients(policy, &name, &case.recipients, remarks);
        let duties = |of: &_| policy.disclosure_duties.contains_key(of);
        stated(&name, "disclosure_duty", &case.duties, duties, remarks);
    }
}

fn recipients(
    policy: &PrivacyPolicy,
    name: &str,
    recipients: &BTreeSet<crate::schema::v1::Actor>,
    remarks: &mut Vec<Remark>,
) {
    if recipients.is_empty() {
        remarks.push(Remark::error(Kind::EmptyCase, name, "has no recipient"));
    }
    stated(
        name,
        "party",
        recipients,
        |of| policy.parties.contains_key(of),
        remarks,
    );
}

fn others(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let purposes = |of: &_| policy.purposes.contains_key(of);
    let categories = |of: &_| policy.categories.contains_key(of);
    for permission in policy.permissions.values() {
        let name = named("permission", permission);
        stated(&name, "purpose", &permission.purposes, purposes, remarks);
        stated(
            &name,
            "category",
            &permission.categories,
            categories,
            remarks,
        );
    }
    for lock in policy.locks.values() {
        let name = named("lock", lock);
        stated(&name, "purpose", &lock.purposes, purposes, remarks);
        stated(&name, "category", &lock.categories, categories, remarks);
        strength(policy, &name, lock.opened_by, remarks);
    }
    for sdk in policy.sdks.values() {
        let name = named("sdk", sdk);
        stated(&name, "purpose", &sdk.purposes, purposes, remarks);
        let listed = sdk.categories.union(&sdk.non_personal);
        stated(&name, "category", listed, categories, remarks);
    }
    for message in policy.messages.values() {
        stated(
            &named("message", message),
            "purpose",
            [&message.id],
            purposes,
            remarks,
        );
    }
    for notice in policy.notices.values() {
        let channels = |of: &_| policy.channels.contains_key(of);
        stated(
            &named("notice", notice),
            "channel",
            &notice.channels,
            channels,
            remarks,
        );
    }
    for feature in policy.features.values() {
        let surfaces = |of: &_| policy.surfaces.contains_key(of);
        stated(
            &named("feature", feature),
            "surface",
            &feature.surfaces,
            surfaces,
            remarks,
        );
    }
    for rule in policy.retention.values() {
        let rules = |of: &_| policy.retention.contains_key(of);
        stated(
            &named("retention", rule),
            "retention",
            &rule.then,
            rules,
            remarks,
        );
    }
}

fn categories(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let used: BTreeSet<_> = policy
        .purposes
        .values()
        .flat_map(|of| &of.categories)
        .collect();
    for category in policy.categories.values() {
        let name = named("category", category);
        if category.sensitive && !category.personal {
            let message = "is sensitive, and not personal";
            remarks
                .push(Remark::error(Kind::Contradiction, &name, message).citing(&category.cites));
        }
        let label =
            crate::schema::label(crate::schema::v1::DataCategory::ENUM, category.id.number());
        if label.is_some_and(|label| label.sensitive) && !category.sensitive {
            let message = "is sensitive by the schema (PIPL 28), and not by the policy";
            remarks
                .push(Remark::error(Kind::Contradiction, &name, message).citing(&category.cites));
        }
        if !used.contains(&category.id) {
            let message = "serves no purpose";
            remarks.push(
                Remark::warning(Kind::UnusedCategory, &name, message).citing(&category.cites),
            );
        }
    }
    for set in policy.category_sets.values() {
        let name = named("category_set", set);
        let has = |of: &_| policy.categories.contains_key(of);
        stated(&name, "category", &set.members, has, remarks);
        if !set
            .members
            .iter()
            .copied()
            .eq(members(set.id).into_iter().collect::<BTreeSet<_>>())
        {
            let message = "has other members than the schema gives it, by which lists are expanded";
            remarks.push(Remark::error(Kind::Contradiction, &name, message).citing(&set.cites));
        }
    }
}
