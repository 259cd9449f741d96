//! Where items don't agree with each other or with the law: computed of the items alone.

use std::collections::{BTreeMap, BTreeSet};

use super::{Citation, Kind, PrivacyPolicy, Remark};
use crate::privacy_policy::vocabulary::Vocabulary as _;
use crate::privacy_policy::{Cited, DeadlineId, Part, Start};
use crate::schema::v1::{CollectionWay, RightsEffect};

pub(super) fn check(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let computed = [
        effective_at_once(policy),
        retentions(policy),
        clocks(policy),
        sdks(policy),
        recipients(policy),
        silence(policy),
        audience(policy),
        controllers(policy),
        wipe(policy),
    ];
    remarks.extend(computed.into_iter().flatten());
    erasures(policy, remarks);
    forms(policy, remarks);
    exemptions(policy, remarks);
    never_started(policy, remarks);
    locks(policy, remarks);
    personal(policy, remarks);
}

fn of_all<'a, T: Cited + 'a>(items: impl IntoIterator<Item = &'a T>) -> Vec<&'a Citation> {
    items.into_iter().flat_map(Cited::cites).collect()
}

fn ids<'a, T: Cited + 'a>(items: impl IntoIterator<Item = &'a T>) -> String {
    let ids: Vec<String> = items.into_iter().map(Cited::id).collect();
    ids.join(", ")
}

fn effective_at_once(policy: &PrivacyPolicy) -> Option<Remark> {
    let head = &policy.policy;
    let message = "takes effect the moment it is published: nobody can be told before";
    (head.published == head.effective)
        .then(|| Remark::warning(Kind::EffectiveAtOnce, "[policy]", message).citing(&head.cites))
}

/// Rules that say when data goes, and don't say the same.
fn retentions(policy: &PrivacyPolicy) -> Option<Remark> {
    let rules: Vec<_> = policy.retention.values().collect();
    let ends = rules.iter().filter(|rule| rule.starts.is_some());
    let different: BTreeSet<_> = ends.map(|rule| (rule.starts, rule.period)).collect();
    let open = rules.iter().filter(|rule| rule.starts.is_none());
    (different.len() > 1).then(|| {
        let item = format!("[[retention]] {}", ids(rules.iter().copied()));
        let message =
            "say differently when data goes; the earliest end counts, unless a law is cited";
        let cites = of_all(rules.iter().copied().filter(|rule| rule.starts.is_some()));
        let remark = Remark::warning(Kind::RetentionsDiffer, item, message).citing(cites);
        remark.citing(of_all(open.copied()))
    })
}

/// Requests whose clocks start at different moments.
fn clocks(policy: &PrivacyPolicy) -> Option<Remark> {
    let of = |right: &super::super::Right| policy.deadline(right.deadline?).map(|of| of.starts);
    let clocked: Vec<_> = policy
        .rights
        .values()
        .filter(|right| of(right).is_some())
        .collect();
    let starts: BTreeSet<Start> = clocked.iter().filter_map(|right| of(right)).collect();
    (starts.len() > 1).then(|| {
        let item = format!("[[right]] {}", ids(clocked.iter().copied()));
        let message = "have clocks that start at different moments";
        let deadlines = clocked
            .iter()
            .filter_map(|right| policy.deadline(right.deadline?));
        Remark::warning(Kind::ClocksDiffer, item, message).citing(of_all(deadlines))
    })
}

/// Purposes for which an SDK collects, and no listed one serves them.
fn sdks(policy: &PrivacyPolicy) -> Option<Remark> {
    let listed: BTreeSet<_> = policy.sdks.values().flat_map(|sdk| &sdk.purposes).collect();
    let by_sdk = |ways: &BTreeSet<_>| ways.contains(&CollectionWay::CwThirdPartySdk);
    let unlisted = policy.purposes.values().filter(|of| by_sdk(&of.ways));
    let unlisted: Vec<_> = unlisted.filter(|of| !listed.contains(&of.id)).collect();
    (!unlisted.is_empty()).then(|| {
        let item = format!("[[purpose]] {}", ids(unlisted.iter().copied()));
        let message = format!(
            "collect by an SDK; the list has {} and none for them",
            policy.sdks.len()
        );
        let cites = of_all(policy.sdks.values());
        let remark = Remark::warning(Kind::UnlistedSdk, item, message).citing(cites);
        remark.citing(of_all(unlisted.iter().copied()))
    })
}

/// Kinds of recipients of which none is named (PIPL 23).
fn recipients(policy: &PrivacyPolicy) -> Option<Remark> {
    let kinds = policy
        .parties
        .values()
        .filter(|party| party.part == Part::Recipient);
    let unnamed: Vec<_> = kinds.filter(|party| party.named.is_empty()).collect();
    (!unnamed.is_empty()).then(|| {
        let item = format!("[[party]] {}", ids(unnamed.iter().copied()));
        let message = "are kinds of recipients; PIPL 23 asks for each recipient's name and contact";
        let cites = of_all(unnamed.iter().copied());
        Remark::warning(Kind::NoRecipientNamed, item, message).citing(cites)
    })
}

/// Rights and offices that only the law knows.
fn silence(policy: &PrivacyPolicy) -> Option<Remark> {
    let by_law = |cites: &[Citation]| cites.iter().all(|cite| cite.line.is_none());
    let rights: Vec<_> = policy
        .rights
        .values()
        .filter(|of| by_law(&of.cites))
        .collect();
    let staff = policy.parties.values().filter(|of| of.part == Part::Staff);
    let staff: Vec<_> = staff.filter(|of| by_law(&of.cites)).collect();
    (!rights.is_empty() || !staff.is_empty()).then(|| {
        let names = [ids(rights.iter().copied()), ids(staff.iter().copied())];
        let item = names
            .into_iter()
            .filter(|of| !of.is_empty())
            .collect::<Vec<_>>()
            .join(", ");
        let message = "are the law's, and the text says nothing of them";
        let remark = Remark::warning(Kind::SilentOnLaw, item, message);
        remark
            .citing(of_all(rights.iter().copied()))
            .citing(of_all(staff.iter().copied()))
    })
}

/// Rules on the audience for which no way of checking is stated.
fn audience(policy: &PrivacyPolicy) -> Option<Remark> {
    let checked = policy
        .statements
        .values()
        .any(|of| of.id.starts_with("EM_"));
    (!checked && !policy.audience.is_empty()).then(|| {
        let item = format!("[[audience]] {}", ids(policy.audience.values()));
        let message = "bar people, and no way of checking is described";
        let cites = of_all(policy.audience.values());
        Remark::warning(Kind::AudienceUnchecked, item, message).citing(cites)
    })
}

fn controllers(policy: &PrivacyPolicy) -> Option<Remark> {
    let parties: Vec<_> = policy
        .parties
        .values()
        .filter(|of| of.part == Part::Controller)
        .collect();
    (parties.len() > 1).then(|| {
        let item = format!("[[party]] {}", ids(parties.iter().copied()));
        let message = "answer together, and the operator alone is named";
        let cites = of_all(parties.iter().copied());
        Remark::warning(Kind::UnnamedController, item, message).citing(cites)
    })
}

/// A promise to wipe within days what a law keeps for years.
fn wipe(policy: &PrivacyPolicy) -> Option<Remark> {
    let wiped = policy
        .rights
        .values()
        .any(|of| of.effects.contains(&RightsEffect::RrEffectWiped));
    let promised = policy.deadline(DeadlineId::CancellationWipe)?;
    let kept = policy.deadline(DeadlineId::ProvisionRecordsKept)?;
    wiped.then(|| {
        let item = format!("[[deadline]] {}, {}", promised.id(), kept.id());
        let message =
            "wipe within days what the law keeps for years: until then the data is restricted";
        let cites = promised.cites.iter().chain(&kept.cites);
        Remark::warning(Kind::WipeAgainstRecords, item, message).citing(cites)
    })
}

fn erasures(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    for erasure in policy.erasures.values().filter(|of| !of.ends_duty) {
        let item = format!("[[erasure]] {}", erasure.id());
        let message = "can be undone or still identifies: it doesn't end the duty to delete";
        remarks
            .push(Remark::warning(Kind::ErasureFallsShort, item, message).citing(&erasure.cites));
    }
}

/// Forms that the text takes for consent and the law doesn't, beside where it asks anew.
fn forms(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let anew = policy.notices.values().filter(|of| of.consent);
    let anew = of_all(anew.take(1));
    for form in policy.consent_forms.values().filter(|of| !of.counts) {
        let item = format!("[[consent_form]] {}", form.id());
        let message = "is no consent in law (PIPL 14)";
        let remark = Remark::warning(Kind::FormIsNoConsent, item, message).citing(&form.cites);
        remarks.push(remark.citing(anew.iter().copied()));
    }
}

/// The same case of collecting and of giving away, in different words.
fn exemptions(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let stem = |name: &str| name.splitn(3, '_').nth(2).unwrap_or_default().to_owned();
    let outflow: BTreeMap<_, _> = policy
        .outflow_exemptions
        .values()
        .map(|item| (stem(item.id.name()), item))
        .collect();
    let words = |cites: &[Citation]| cites.first().and_then(|of| of.phrase.clone());
    let mut differing = Vec::new();
    let mut cites = Vec::new();
    for item in policy.collection_exemptions.values() {
        let twin = outflow.get(&stem(item.id.name()));
        if let Some(twin) = twin.filter(|twin| words(&twin.cites) != words(&item.cites)) {
            differing.push(format!("{} / {}", item.id(), twin.id()));
            cites.extend(item.cites.iter().chain(&twin.cites));
        }
    }
    let (taken, given) = (
        policy.collection_exemptions.len(),
        policy.outflow_exemptions.len(),
    );
    if !differing.is_empty() || taken != given {
        let message = format!(
            "{taken} cases of collecting without consent, {given} of giving away; in other words: {}",
            differing.join(", ")
        );
        let item = "[[collection_exemption]], [[outflow_exemption]]";
        remarks.push(Remark::warning(Kind::ExemptionsDiffer, item, message).citing(cites));
    }
}

fn never_started(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    for rule in policy
        .retention
        .values()
        .filter(|of| of.otherwise_starts.is_some())
    {
        let item = format!("[[retention]] {}", rule.id());
        let message = "has a clock that may never start, and the text doesn't say what holds then";
        remarks.push(Remark::warning(Kind::ClockMayNotStart, item, message).citing(&rule.cites));
    }
}

/// Purposes that may use what a lock keeps from them.
fn locks(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    for lock in policy.locks.values() {
        let breaks = policy.purposes.values().filter(|of| {
            let free = lock.purposes.contains(&of.id) || of.every_category;
            !free && !of.categories.is_disjoint(&lock.categories)
        });
        let breaks: Vec<_> = breaks.collect();
        if !breaks.is_empty() {
            let item = format!("[[lock]] {}", lock.id());
            let message = format!(
                "is locked to other purposes than {}",
                ids(breaks.iter().copied())
            );
            let remark = Remark::warning(Kind::LockedElsewhere, item, message).citing(&lock.cites);
            remarks.push(remark.citing(of_all(breaks.iter().copied())));
        }
    }
}

/// Words that the text counts as personal in one place and not in another.
fn personal(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let words = |cites: &[Citation]| cites.first().and_then(|of| of.phrase.clone());
    let (personal, not): (Vec<_>, Vec<_>) = policy.categories.values().partition(|of| of.personal);
    for category in not {
        let Some(phrase) = words(&category.cites) else {
            continue;
        };
        let twins = personal.iter().filter(|of| {
            words(&of.cites).is_some_and(|words| {
                let mut parts = words.split(['(', ')', '、', ',']);
                parts.any(|part| part == phrase)
            })
        });
        let twins: Vec<_> = twins.copied().collect();
        if !twins.is_empty() {
            let item = format!(
                "[[category]] {}, {}",
                category.id(),
                ids(twins.iter().copied())
            );
            let message = format!("「{phrase}」 is personal in one place, and not in another");
            let remark =
                Remark::warning(Kind::PersonalAndNot, item, message).citing(&category.cites);
            remarks.push(remark.citing(of_all(twins.iter().copied())));
        }
    }
}
