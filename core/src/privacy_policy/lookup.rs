//! What rules ask of a policy.

use std::collections::BTreeSet;

use super::vocabulary::Vocabulary as _;
use super::{
    Bound, Cited, Deadline, DeadlineId, Disclosure, Exemption, Lock, Notice, NoticeKind,
    PrivacyPolicy, PurposeItem, Retention, Right, Sharing, Threshold, ThresholdId, Transfer,
};
use super::{ListedSdk, Party};
use crate::schema::v1;
use crate::schema::v1::{Actor, DataCategory, Purpose, ShareCase};

/// What a kind of recipient may get, over all cases that list their data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Allowance {
    /// The cases of sharing, transfer and disclosure by name, e.g. `SH_03_GOODS_DELIVERY`.
    pub cases: BTreeSet<String>,
    /// What it may get under them.
    pub categories: BTreeSet<DataCategory>,
    /// For what.
    pub purposes: BTreeSet<Purpose>,
}

impl PrivacyPolicy {
    /// The purpose's item.
    pub fn purpose(&self, purpose: Purpose) -> Option<&PurposeItem> {
        self.purposes.get(&purpose)
    }

    /// Which categories a purpose may use; empty for a purpose that the policy doesn't state.
    pub fn categories_of(&self, purpose: Purpose) -> &BTreeSet<DataCategory> {
        static NONE: BTreeSet<DataCategory> = BTreeSet::new();
        self.purpose(purpose).map_or(&NONE, |item| &item.categories)
    }

    /// Whether a category is sensitive, so that consent to it must be separate (PIPL 28, 29). A
    /// category that the policy doesn't name is judged by the schema's label.
    pub fn is_sensitive(&self, category: DataCategory) -> bool {
        match self.categories.get(&category) {
            Some(item) => item.sensitive,
            None => crate::schema::label(DataCategory::ENUM, category.number())
                .is_some_and(|label| label.sensitive),
        }
    }

    /// Whether `feature` may be denied to who refused `refused`: itself, or a purpose of a feature
    /// that the refusal costs (PIPL 16). A purpose that the policy doesn't state costs itself alone.
    pub fn may_deny(&self, refused: Purpose, feature: Purpose) -> bool {
        let denies = |denied: Purpose| {
            let refusal = self.purpose(refused).and_then(|item| item.refusal.as_ref());
            let of = self.purpose(denied).map(|item| &item.feature);
            refusal.is_some_and(|refusal| of.is_some_and(|of| refusal.denies.contains(of)))
        };
        refused == feature || denies(feature)
    }

    /// As [`may_deny`](Self::may_deny), for a permission that was refused.
    pub fn permission_may_deny(&self, refused: v1::DevicePermission, feature: Purpose) -> bool {
        let purposes = self.permissions.get(&refused).map(|item| &item.purposes);
        purposes.is_some_and(|of| of.iter().any(|purpose| self.may_deny(*purpose, feature)))
    }

    /// The sharing case's item.
    pub fn sharing_case(&self, case: ShareCase) -> Option<&Sharing> {
        self.sharing.get(&case)
    }

    /// The transfer case's item.
    pub fn transfer_case(&self, case: v1::TransferCase) -> Option<&Transfer> {
        self.transfers.get(&case)
    }

    /// The disclosure case's item.
    pub fn disclosure_case(&self, case: v1::DisclosureCase) -> Option<&Disclosure> {
        self.disclosures.get(&case)
    }

    /// The kind of party's item.
    pub fn recipient_kind(&self, kind: Actor) -> Option<&Party> {
        self.parties.get(&kind)
    }

    /// What a kind of recipient may get, over all cases.
    pub fn allowance(&self, kind: Actor) -> Allowance {
        let mut allowance = Allowance::default();
        for case in self.sharing.values() {
            for grant in case
                .grants
                .iter()
                .filter(|grant| grant.recipients.contains(&kind))
            {
                allowance.cases.insert(case.id());
                allowance.categories.extend(&grant.categories);
                allowance.purposes.extend(&grant.purposes);
            }
        }
        let transfers = self
            .transfers
            .values()
            .filter(|case| case.recipients.contains(&kind));
        allowance.cases.extend(transfers.map(Cited::id));
        let disclosures = self
            .disclosures
            .values()
            .filter(|case| case.recipients.contains(&kind));
        allowance.cases.extend(disclosures.map(Cited::id));
        allowance
    }

    /// The collection exemption's item.
    pub fn collection_exemption(
        &self,
        case: v1::CollectionExemption,
    ) -> Option<&Exemption<v1::CollectionExemption>> {
        self.collection_exemptions.get(&case)
    }

    /// The outflow exemption's item.
    pub fn outflow_exemption(
        &self,
        case: v1::OutflowExemption,
    ) -> Option<&Exemption<v1::OutflowExemption>> {
        self.outflow_exemptions.get(&case)
    }

    /// The refusal ground's item.
    pub fn refusal_ground(
        &self,
        ground: v1::RightsRefusal,
    ) -> Option<&Exemption<v1::RightsRefusal>> {
        self.refusal_grounds.get(&ground)
    }

    /// Whether what was given in a form counts as consent (PIPL 14); a form that the policy doesn't
    /// name doesn't.
    pub fn counts_as_consent(&self, form: v1::ConsentForm) -> bool {
        self.consent_forms
            .get(&form)
            .is_some_and(|item| item.counts)
    }

    /// The right's item.
    pub fn right(&self, kind: v1::RightsRequestKind) -> Option<&Right> {
        self.rights.get(&kind)
    }

    /// A deadline; there for every id in a policy that passed [`check`](super::check).
    pub fn deadline(&self, id: DeadlineId) -> Option<&Deadline> {
        self.deadlines.get(&id)
    }

    /// A threshold; there for every id in a policy that passed [`check`](super::check).
    pub fn threshold(&self, id: ThresholdId) -> Option<&Threshold> {
        self.thresholds.get(&id)
    }

    /// The listed SDK of this name.
    pub fn sdk(&self, name: &str) -> Option<&ListedSdk> {
        self.sdks.get(name)
    }

    /// The safeguards that are promised.
    pub fn safeguards(&self) -> impl Iterator<Item = v1::SecurityMeasure> + '_ {
        self.safeguards.keys().copied()
    }

    /// The locks on a category (R41).
    pub fn locks_on(&self, category: DataCategory) -> impl Iterator<Item = &Lock> {
        self.locks
            .values()
            .filter(move |lock| lock.categories.contains(&category))
    }

    /// The notice's item.
    pub fn notice(&self, kind: NoticeKind) -> Option<&Notice> {
        self.notices.get(&kind)
    }

    /// Whether people can refuse messages of this purpose; service notices are exempt (R31).
    pub fn is_refusable(&self, purpose: Purpose) -> bool {
        self.messages
            .get(&purpose)
            .is_none_or(|item| item.refusable)
    }

    /// The retention rule's item.
    pub fn retention_rule(&self, rule: v1::RetentionRule) -> Option<&Retention> {
        self.retention.get(&rule)
    }

    /// Whether data may be in a country, ISO 3166-1 alpha-2: every rule of residence names it.
    pub fn may_be_in(&self, country: &str) -> bool {
        self.residence
            .values()
            .all(|rule| rule.countries.contains(country))
    }

    /// The smallest age, in years, itself included; none where the policy sets none.
    pub fn minimum_age(&self) -> Option<u32> {
        self.audience
            .values()
            .filter_map(|rule| rule.minimum_age)
            .max()
    }
}

impl Sharing {
    /// Whether the case's grants let a kind of recipient have this category for this purpose; none
    /// where something else than grants bounds the case.
    pub fn grants(&self, kind: Actor, category: DataCategory, purpose: Purpose) -> Option<bool> {
        (self.bound == Bound::Listed).then(|| {
            self.grants.iter().any(|grant| {
                grant.recipients.contains(&kind)
                    && grant.categories.contains(&category)
                    && grant.purposes.contains(&purpose)
            })
        })
    }
}
