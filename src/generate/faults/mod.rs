//! Faults: stories that break the rules, each of a person, recipient, incident or producer of its own, and what
//! must be found of them.
//!
//! A town with faults is the town of its seed and these stories. Its ordinary lives stay as they are, so
//! what is found of it is the list ([`Town::faults`]) and nothing else. Two things that concern everyone are
//! different: one safeguard isn't attested and another's attestation runs out, and the policy asks for an
//! audit every year, of which the first came late.

mod consents;
mod disclosures;
mod entrustments;
mod incidents;
mod partners;
mod requests;
mod scopes;
mod sdks;
mod story;
mod treatment;
mod whole;

use custodia_core::assess::{About, Outcome};
use serde::{Serialize, Serializer};

pub(super) use story::Tale;
use story::Teller;

use super::Town;
use super::calendar::Calendar;
use super::dice::Dice;
use super::register::Register;
use super::town_days::{Affected, TownPen};

/// What must be found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Injected {
    /// The rule's number, 1 to 44.
    pub rule: u8,
    /// The result.
    pub result: Outcome,
    /// Why, in the rule's word.
    pub cause: String,
    /// Whom or what it is about.
    pub about: About,
    /// The judged event's id; none where what is missing is the finding.
    #[serde(serialize_with = "in_hex")]
    pub event: Option<[u8; 16]>,
    /// From when on it stands, in milliseconds since the epoch.
    pub since_ms: i64,
    /// The story that it belongs to, in a few words.
    pub story: &'static str,
}

#[expect(clippy::ref_option, reason = "the form of what serde calls")]
fn in_hex<S: Serializer>(id: &Option<[u8; 16]>, to: S) -> Result<S::Ok, S::Error> {
    id.map(hex::encode).serialize(to)
}

/// The safeguard that isn't attested, and the one whose attestation runs out: places in the town's list.
pub(super) const UNATTESTED: usize = 9;
pub(super) const RUNS_OUT: usize = 2;

/// When that attestation runs out.
pub(super) fn runs_out(calendar: &Calendar) -> i64 {
    i64::midpoint(calendar.start, calendar.end)
}

/// All stories of a town: their events in the order of time, and what must be found.
pub(super) fn stories(town: &Town) -> (Vec<Tale>, Vec<Injected>) {
    let (dice, calendar) = (Dice::new(town.seed), Calendar::of(town));
    let register = Register::of(&dice);
    let pen = TownPen {
        town,
        calendar: &calendar,
        register: &register,
        dice: &dice,
        affected: Affected::nobody(),
        outflows: &[0; super::register::RECIPIENT_COUNT],
        faults: true,
    };
    let mut teller = Teller::new(&pen);
    consents::tell(&mut teller);
    scopes::tell(&mut teller);
    partners::tell(&mut teller);
    sdks::tell(&mut teller);
    entrustments::tell(&mut teller);
    disclosures::tell(&mut teller);
    requests::tell(&mut teller);
    treatment::tell(&mut teller);
    incidents::tell(&mut teller);
    whole::tell(&mut teller);
    teller.end()
}

impl Town {
    /// What must be found of this town with faults, and nothing else, until 180 days after its month: what is
    /// due later (retention that ends in years) isn't listed.
    pub fn faults(&self) -> Vec<Injected> {
        let mut list = stories(self).1;
        list.sort();
        list
    }
}
