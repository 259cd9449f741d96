//! Safeguards attested, and until when.

use std::collections::BTreeMap;

use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::policy_book::PolicyBook;
use crate::assess::register::Register;
use crate::schema::v1::SecurityMeasure;
use crate::schema::v1::event::Body;

/// `SafeguardAttested`, in the envelope.
const ATTESTED: u32 = 283;

/// An attestation of one safeguard. Its text `scope` is not read: an attestation counts for the safeguard as a
/// whole.
#[derive(Debug, Clone, Copy)]
pub struct Attestation<'a> {
    /// The occurrence; it holds from when it happened.
    pub on: &'a Occurrence,
    /// The first moment at which it holds no more, in ms since 1970.
    pub until_ms: i64,
}

/// A stretch of time in which the policies promise a safeguard without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promised {
    /// From when on, in ms since 1970.
    pub from_ms: i64,
    /// The first moment at which no policy in force promises it; none where the last one does.
    pub until_ms: Option<i64>,
}

/// All attestations, by safeguard, each in the order of time. One that ends before it was made never holds, and is
/// left out.
pub fn attestations(register: &Register) -> BTreeMap<SecurityMeasure, Vec<Attestation<'_>>> {
    let mut by_measure: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for on in register.of(ATTESTED) {
        if let Body::SafeguardAttested(body) = on.body()
            && let Some(until) = &body.valid_until
            && ms_of(until) > on.occurred_at_ms
        {
            let attestation = Attestation {
                on,
                until_ms: ms_of(until),
            };
            by_measure
                .entry(body.measure())
                .or_default()
                .push(attestation);
        }
    }
    by_measure
}

/// When the policies promise each safeguard. A version that can't be read promises none.
pub fn promises(policies: &PolicyBook) -> BTreeMap<SecurityMeasure, Vec<Promised>> {
    let mut promises: BTreeMap<SecurityMeasure, Vec<Promised>> = BTreeMap::new();
    let versions = policies.versions();
    for (place, version) in versions.iter().enumerate() {
        let (from_ms, next) = (version.effective_ms, versions.get(place + 1));
        let until_ms = next.map(|next| next.effective_ms);
        let Some(document) = version
            .document
            .as_deref()
            .filter(|_| until_ms != Some(from_ms))
        else {
            continue;
        };
        for measure in document.safeguards() {
            let stretches = promises.entry(measure).or_default();
            match stretches.last_mut() {
                Some(last) if last.until_ms == Some(from_ms) => last.until_ms = until_ms,
                _ => stretches.push(Promised { from_ms, until_ms }),
            }
        }
    }
    promises
}
