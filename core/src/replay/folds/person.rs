//! A person's consents, permissions, opt-outs, requests, and what lets data stay.

use std::collections::BTreeMap;

use super::{name, names};
use crate::assess::state::consents::{Consents, Grant, Lapse, Standing as Consent, Why};
use crate::assess::state::opt_outs::OptOuts;
use crate::assess::state::permissions::Permissions;
use crate::assess::state::requests::{Receipt, Request, Requests};
use crate::assess::state::retention::{Cover, CoverKind, Covers};
use crate::assess::{Occurrence, ms_of};
use crate::replay::evidence::View;
use crate::replay::item::{CoverWord, Item};
use crate::replay::standing::{Holds, Standing};
use crate::replay::state::State;
use crate::schema::v1::RightsRequestKind;
use crate::schema::v1::event::Body;

/// Puts in how each consent record stands.
pub(in crate::replay) fn consents(view: &View<'_>, into: &mut State) {
    let consents = Consents::of(&view.timeline, &view.policies);
    for id in consents.ids() {
        // A withdrawal holds against whatever comes after its moment.
        let standing = match consents.standing(id, view.ms.saturating_add(1)) {
            Consent::NotInForce(lapse) if lapse.why == Why::Withdrawn => Consent::NotInForce(lapse),
            _ => consents.standing(id, view.ms),
        };
        let standing = match standing {
            Consent::Unknown => continue,
            Consent::InForce(grant) => given(id, &grant),
            Consent::NotInForce(lapse) => not_given(&lapse),
        };
        let consent = id.to_owned();
        into.put(Item::Consent { consent }, standing);
    }
}

fn given(id: &str, grant: &Grant<'_>) -> Standing {
    let terms = grant.terms;
    let holds = Holds::Given {
        strength: name("ConsentStrength", terms.strength),
        purposes: names("Purpose", &terms.purposes),
        categories: names("DataCategory", &terms.categories),
        recipients: terms.recipient_ids.clone(),
        until_ms: terms.valid_until.as_ref().map(ms_of),
        by: (terms.consent_id != id).then(|| terms.consent_id.clone()),
    };
    Standing::new(holds, grant.events().map(|one| one.leaf.clone()))
}

fn not_given(lapse: &Lapse<'_>) -> Standing {
    let holds = Holds::NotGiven {
        why: lapse.why.slug().to_owned(),
        ended: lapse.is_end(),
    };
    Standing::new(holds, [lapse.by.leaf.clone()])
}

/// Puts in which device permissions are on and off.
pub(in crate::replay) fn permissions(view: &View<'_>, into: &mut State) {
    let permissions = Permissions::of(&view.timeline);
    for number in permissions.numbers() {
        // What is switched off is off for whatever comes after its moment.
        let Some(switch) = permissions.of_number(number, view.ms.saturating_add(1)) else {
            continue;
        };
        let permission = name("DevicePermission", number);
        let holds = if switch.on { Holds::On } else { Holds::Off };
        let standing = Standing::new(holds, [switch.by.leaf.clone()]);
        into.put(Item::Permission { permission }, standing);
    }
}

/// Puts in the opt-outs that hold.
pub(in crate::replay) fn opt_outs(view: &View<'_>, into: &mut State) {
    let opt_outs = OptOuts::of(&view.timeline, &view.policies);
    // An opt-out holds against whatever comes after its moment.
    let after = view.ms.saturating_add(1);
    let mut put = |channel: String, by: Option<&Occurrence>| {
        if let Some(by) = by {
            let standing = Standing::new(Holds::OptedOut, [by.leaf.clone()]);
            into.put(Item::OptOut { channel }, standing);
        }
    };
    put("all".to_owned(), opt_outs.of_all_channels(after));
    let personal = opt_outs.personal_in_force(after);
    put("personalisation".to_owned(), personal);
    for channel in opt_outs.channels() {
        put(name("Channel", channel), opt_outs.in_force(channel, after));
    }
}

/// Puts in the requests and complaints that are open.
pub(in crate::replay) fn requests(view: &View<'_>, into: &mut State) {
    let requests = Requests::of(&view.timeline);
    for (id, request) in requests.by_id() {
        let receipt = request.receipt();
        let Some(receipt) = receipt.filter(|receipt| receipt.received_ms <= view.ms) else {
            continue;
        };
        if request.end().is_none() {
            let item = match receipt.kind {
                RightsRequestKind::RrComplaint => Item::Complaint {
                    complaint: id.to_owned(),
                },
                _ => Item::Request {
                    request: id.to_owned(),
                },
            };
            into.put(item, open(request, &receipt));
        }
    }
}

fn open(request: &Request<'_>, receipt: &Receipt<'_>) -> Standing {
    let verified = request.verified();
    let holds = Holds::Open {
        kind: receipt.kind.as_str_name().to_owned(),
        received_ms: receipt.received_ms,
        due_ms: receipt.due_at_ms,
        verified: verified.is_some(),
    };
    let leaves = [receipt.on].into_iter().chain(verified);
    Standing::new(holds, leaves.map(|one| one.leaf.clone()))
}

/// Puts in what lets data stay: holds and restrictions by law, and what the person authorised anew.
pub(in crate::replay) fn covers(view: &View<'_>, into: &mut State) {
    let covers = Covers::of(&view.timeline);
    let mut by_item: BTreeMap<Item, (Vec<i32>, &Cover<'_>)> = BTreeMap::new();
    let holds_now = |cover: &Cover<'_>| {
        cover.from_ms <= view.ms && cover.until_ms.is_none_or(|until| until > view.ms)
    };
    for (category, cover) in covers.all().filter(|(_, cover)| holds_now(cover)) {
        let (categories, _) = by_item.entry(item_of(cover)).or_insert((Vec::new(), cover));
        categories.push(category);
    }
    for (item, (mut categories, cover)) in by_item {
        categories.dedup();
        let holds = Holds::MayStay {
            categories: names("DataCategory", &categories),
            store: cover.store.map(str::to_owned),
            until_ms: cover.until_ms,
        };
        into.put(item, Standing::new(holds, [cover.on.leaf.clone()]));
    }
}

fn item_of(cover: &Cover<'_>) -> Item {
    let word = match cover.kind {
        CoverKind::Reauthorised => CoverWord::Reauthorised,
        CoverKind::Held => CoverWord::Held,
        CoverKind::Restricted => CoverWord::Restricted,
    };
    let id = match cover.on.body() {
        Body::LegalHoldPlaced(said) => said.hold_id.clone(),
        _ => cover.on.leaf.to_string(),
    };
    Item::Cover { cover: word, id }
}
