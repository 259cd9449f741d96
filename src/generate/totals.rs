//! What a whole town does, counted: of ordinary lives by their steps, of stories by the events that they tell.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::schema;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Basis, DisclosureCase, SdkObserved, TransferCase};

use super::Town;
use super::calendar::Calendar;
use super::dice::Dice;
use super::faults::{self, Tale};
use super::flow::Outflow;
use super::life::{Life, Step, Taken, What};
use super::register::{AUTHORITY, RECIPIENTS, SCORER, SUCCESSOR};
use super::terms::{self, Categories};

/// What goes to whom: recipient, kind of event, purpose, categories by number, case.
pub type KnownProvision = (String, String, Option<String>, Vec<String>, Option<String>);
/// What is taken: kind of event, purpose, categories by number.
pub type KnownActivity = (String, Option<String>, Vec<String>);
/// An exemption, the kind of event that claims it, and what it cites.
pub type KnownExemption = (String, String, Option<String>);

/// What the whole town does, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownTotals {
    /// How often each exemption is claimed.
    pub exemptions: BTreeMap<KnownExemption, u64>,
    /// How often what went to whom.
    pub provisions: BTreeMap<KnownProvision, u64>,
    /// How often what was taken.
    pub activities: BTreeMap<KnownActivity, u64>,
    /// What was sent to each recipient: when, in ms since 1970, and the transfer's digest.
    pub sent: BTreeMap<String, Vec<(i64, Vec<u8>)>>,
    /// How often each SDK was seen, by build and package.
    pub sdks: BTreeMap<(String, String), u64>,
    /// How many disclosures each authority's case has.
    pub disclosed: BTreeMap<String, u64>,
    /// How many requests told each recipient, and how many deletions it confirmed.
    pub deletions: BTreeMap<String, (u64, u64)>,
}

impl Town {
    /// What the whole town does; with `faults`, its stories too.
    pub fn totals(&self, faults: bool) -> KnownTotals {
        let (dice, calendar) = (Dice::new(self.seed), Calendar::of(self));
        let mut totals = KnownTotals::default();
        for n in 0..self.customers {
            let life = Life::of(&dice, &calendar, n);
            for step in &life.steps {
                totals.live(&dice, &life, step);
            }
        }
        let days = u64::from(self.days.saturating_sub(1));
        let build = (
            format!("5.{}.0", self.days),
            super::register::SDK_PACKAGE.to_owned(),
        );
        totals.sdks.insert(build, days);
        if faults {
            for Tale { at, event, .. } in faults::stories(self).0 {
                if let Some(body) = &event.body {
                    totals.tell(at, body);
                }
            }
        }
        totals
    }
}

impl KnownTotals {
    /// Counts a step of an ordinary life.
    fn live(&mut self, dice: &Dice, life: &Life, step: &Step) {
        match step.what {
            What::Collect(taken) => {
                let collected = "DataCollected".to_owned();
                let key = (
                    collected.clone(),
                    Some(purpose_of(taken)),
                    sorted(taken.categories()),
                );
                *self.activities.entry(key).or_default() += 1;
                if matches!(taken, Taken::Order | Taken::Consignee) {
                    let exemption = "EXC_08_CONTRACT_NECESSITY".to_owned();
                    let citation = Some("PIPL 13(1)(2)".to_owned());
                    *self
                        .exemptions
                        .entry((exemption, collected, citation))
                        .or_default() += 1;
                }
            }
            What::Receive(from) => {
                let (purpose, categories) = if from == SCORER {
                    ("PU_SCORE_EVALUATION", terms::SCORE)
                } else {
                    ("PU_CREDIT_QUERY", terms::CREDIT_ANSWER)
                };
                let event = "DataReceivedFromThirdParty".to_owned();
                let key = (event, Some(purpose.to_owned()), sorted(categories));
                *self.activities.entry(key).or_default() += 1;
            }
            What::Share(Outflow { flow, to }) => {
                let terms = flow.terms();
                let (purpose, case) = (terms.purpose.as_str_name(), terms.case.as_str_name());
                let said = ("DataShared", Some(purpose), terms.categories, case);
                self.gave(dice, life, step, RECIPIENTS[to].id, said);
            }
            What::Transfer => {
                let case = TransferCase::Tr03MergerBankruptcy.as_str_name();
                let said = ("DataTransferred", None, terms::TRANSFERRED, case);
                self.gave(dice, life, step, RECIPIENTS[SUCCESSOR].id, said);
            }
            What::Disclose => {
                let case = DisclosureCase::Di02LegalCompulsion.as_str_name();
                let purpose = Some("PU_LEGAL_COMPLIANCE");
                let said = ("DataDisclosed", purpose, terms::DISCLOSED, case);
                self.gave(dice, life, step, RECIPIENTS[AUTHORITY].id, said);
                *self
                    .disclosed
                    .entry(super::envelope::CASE.to_owned())
                    .or_default() += 1;
            }
            What::ConfirmDeletion(by) => {
                // Whoever is told confirms.
                let told = self
                    .deletions
                    .entry(RECIPIENTS[by].id.to_owned())
                    .or_default();
                told.0 += 1;
                told.1 += 1;
            }
            _ => {}
        }
    }

    /// Counts what a life gave away.
    fn gave(
        &mut self,
        dice: &Dice,
        life: &Life,
        step: &Step,
        to: &str,
        (event, purpose, categories, case): (&str, Option<&str>, Categories, &str),
    ) {
        let key = (
            to.to_owned(),
            event.to_owned(),
            purpose.map(str::to_owned),
            sorted(categories),
            Some(case.to_owned()),
        );
        *self.provisions.entry(key).or_default() += 1;
        let digest = dice.event(life.n, step.id, step.at).digest.to_vec();
        self.sent
            .entry(to.to_owned())
            .or_default()
            .push((step.at, digest));
    }

    /// Counts an event of a story.
    fn tell(&mut self, at: i64, body: &Body) {
        let named = |vocabulary: &str, number: i32| name_of(vocabulary, number);
        match body {
            Body::DataCollected(said) => {
                self.took(
                    "DataCollected",
                    said.purpose,
                    &said.categories,
                    said.basis.as_ref(),
                );
            }
            Body::DataReceivedFromThirdParty(said) => {
                let event = "DataReceivedFromThirdParty";
                self.took(event, said.purpose, &said.categories, said.basis.as_ref());
            }
            Body::DataShared(said) => {
                self.exempt("DataShared", said.basis.as_ref());
                let case = named("ShareCase", said.case);
                let purpose = named("Purpose", said.purpose);
                let key = (said.recipient_id.clone(), "DataShared".to_owned(), purpose);
                self.told(at, key, &said.categories, case, &said.transfer_sha256);
            }
            Body::DataTransferred(said) => {
                self.exempt("DataTransferred", said.basis.as_ref());
                let case = named("TransferCase", said.case);
                let key = (
                    said.recipient_id.clone(),
                    "DataTransferred".to_owned(),
                    None,
                );
                self.told(at, key, &said.categories, case, &said.transfer_sha256);
            }
            Body::DataDisclosed(said) => {
                self.exempt("DataDisclosed", said.basis.as_ref());
                let case = named("DisclosureCase", said.case);
                let purpose = named("Purpose", said.purpose);
                let key = (
                    said.recipient_id.clone(),
                    "DataDisclosed".to_owned(),
                    purpose,
                );
                self.told(at, key, &said.categories, case, &said.transfer_sha256);
                *self.disclosed.entry(said.case_ref.clone()).or_default() += 1;
            }
            Body::SdkObserved(SdkObserved {
                app_build, package, ..
            }) => {
                let key = (app_build.clone(), package.clone());
                *self.sdks.entry(key).or_default() += 1;
            }
            Body::RightsRequestFulfilled(said) => {
                for told in &said.recipients_told {
                    self.deletions.entry(told.clone()).or_default().0 += 1;
                }
            }
            Body::RecipientDeletionConfirmed(said) => {
                self.deletions
                    .entry(said.recipient_id.clone())
                    .or_default()
                    .1 += 1;
            }
            _ => {}
        }
    }

    fn took(&mut self, event: &str, purpose: i32, categories: &[i32], basis: Option<&Basis>) {
        self.exempt(event, basis);
        let key = (
            event.to_owned(),
            name_of("Purpose", purpose),
            by_number(categories),
        );
        *self.activities.entry(key).or_default() += 1;
    }

    fn told(
        &mut self,
        at: i64,
        (to, event, purpose): (String, String, Option<String>),
        categories: &[i32],
        case: Option<String>,
        digest: &[u8],
    ) {
        let sent = (at, digest.to_vec());
        self.sent.entry(to.clone()).or_default().push(sent);
        let key = (to, event, purpose, by_number(categories), case);
        *self.provisions.entry(key).or_default() += 1;
    }

    fn exempt(&mut self, event: &str, basis: Option<&Basis>) {
        let Some(basis) = basis else { return };
        let claimed = [
            name_of("CollectionExemption", basis.collection_exemption),
            name_of("OutflowExemption", basis.outflow_exemption),
        ];
        for exemption in claimed.into_iter().flatten() {
            let citation = Some(basis.citation.clone()).filter(|text| !text.is_empty());
            let key = (exemption, event.to_owned(), citation);
            *self.exemptions.entry(key).or_default() += 1;
        }
    }
}

fn purpose_of(taken: Taken) -> String {
    super::consent_bodies::purpose_of(taken)
        .as_str_name()
        .to_owned()
}

/// The categories' names by their number, each once.
fn sorted(categories: Categories) -> Vec<String> {
    let numbers: Vec<i32> = categories.iter().map(|one| *one as i32).collect();
    by_number(&numbers)
}

fn by_number(numbers: &[i32]) -> Vec<String> {
    let numbers: BTreeSet<i32> = numbers.iter().copied().collect();
    let name = |number| name_of("DataCategory", number);
    numbers.into_iter().filter_map(name).collect()
}

/// The name of a vocabulary's value; none for 0, and the number where the schema has no such value.
fn name_of(vocabulary: &str, number: i32) -> Option<String> {
    let label = schema::label(&format!("custodia.v1.{vocabulary}"), number);
    let name = label.map_or_else(|| number.to_string(), |label| label.value.clone());
    (number != 0).then_some(name)
}
