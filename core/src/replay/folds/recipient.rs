//! Recipients as the register has them, and what is entrusted to them.

use std::collections::BTreeSet;

use crate::assess::About;
use crate::assess::state::entrustments::{Entrustment, entrustments_of};
use crate::assess::state::recipients::{Recipient, recipient_at, recipient_ids};
use crate::replay::evidence::View;
use crate::replay::item::Item;
use crate::replay::standing::{AgreementWord, EntrustmentWord, Holds, Standing};
use crate::replay::state::State;
use crate::schema::v1::event::Body;

/// `EntrustmentStarted`, in the envelope.
const STARTED: u32 = 201;
/// `EntrustmentEnded`.
const ENDED: u32 = 202;
/// `RecipientDeletionConfirmed`.
const CONFIRMED: u32 = 204;

/// Puts in how recipients stand: of a person those that the person's events name, of a recipient itself, of the
/// register all.
pub(in crate::replay) fn standings(view: &View<'_>, into: &mut State) {
    for id in concerned(view) {
        if let Some(recipient) = recipient_at(&view.register, id, view.ms) {
            let item = Item::Recipient {
                recipient: id.to_owned(),
            };
            into.put(item, standing(&recipient, view.ms));
        }
    }
}

fn concerned<'a>(view: &'a View<'a>) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    match view.evidence.of() {
        About::Recipient(id) => Box::new([id.as_str()].into_iter()),
        About::Subject(_) => Box::new(view.evidence.names(view.timeline.len())),
        _ => Box::new(recipient_ids(&view.register)),
    }
}

fn standing(recipient: &Recipient<'_>, ms: i64) -> Standing {
    let agreement = match &recipient.agreement {
        None => AgreementWord::Missing,
        Some(agreement) if !agreement.begun_at(ms) => AgreementWord::NotBegun,
        Some(agreement) if agreement.ended_at(ms) == Some(true) => AgreementWord::Ended,
        Some(_) => AgreementWord::InForce,
    };
    let assessed = recipient.assessed.filter(|one| !one.ended_at(ms));
    let holds = Holds::Registered {
        kind: recipient.kind.as_str_name().to_owned(),
        legal_role: recipient.legal_role.as_str_name().to_owned(),
        agreement,
        confidentiality: recipient.confidentiality,
        assessed: assessed.map(|one| one.result.as_str_name().to_owned()),
        terminated_ms: recipient.terminated_at,
    };
    let leaves = [Some(recipient.said), recipient.termination]
        .into_iter()
        .chain([assessed.map(|one| one.said)]);
    Standing::new(holds, leaves.flatten().map(|one| one.leaf.clone()))
}

/// Puts in how far entrustments are.
pub(in crate::replay) fn entrustments(view: &View<'_>, into: &mut State) {
    for id in entrusted_to(view) {
        for (entrustment, of) in entrustments_of(&view.register, id) {
            let item = Item::Entrustment {
                recipient: id.to_owned(),
                entrustment: entrustment.to_owned(),
            };
            into.put(item, entrusted(&of, view.ms));
        }
    }
}

/// The recipient, or of the register all to whom anything is entrusted, registered or not.
fn entrusted_to<'a>(view: &'a View<'a>) -> BTreeSet<&'a str> {
    if let About::Recipient(id) = view.evidence.of() {
        return BTreeSet::from([id.as_str()]);
    }
    let told = [STARTED, ENDED, CONFIRMED].into_iter();
    told.flat_map(|kind| view.register.of(kind))
        .filter_map(|one| match one.body() {
            Body::EntrustmentStarted(said) => Some(said.recipient_id.as_str()),
            Body::EntrustmentEnded(said) => Some(said.recipient_id.as_str()),
            Body::RecipientDeletionConfirmed(said) => Some(said.recipient_id.as_str()),
            _ => None,
        })
        .collect()
}

fn entrusted(of: &Entrustment<'_>, ms: i64) -> Standing {
    let stage = match (of.holds_at(ms), of.confirmed) {
        (true, _) => EntrustmentWord::Holds,
        (false, Some(_)) => EntrustmentWord::Deleted,
        (false, None) => EntrustmentWord::Ended,
    };
    let holds = Holds::Entrusted {
        stage,
        until_ms: of.ended_ms(),
    };
    let said = [of.started.map(|(_, on)| on), of.ended.map(|(_, on)| on)];
    let leaves = said.into_iter().chain([of.confirmed]).flatten();
    Standing::new(holds, leaves.map(|one| one.leaf.clone()))
}
