//! What the reader knows from elsewhere: whose keys are believed, and earlier checkpoints
//! (`proto/FORMAT.md` 13.11).

use super::Beside;
use super::checkpoints::Checkpoints;
use super::fault::{Failure, Fault};
use super::manifest::Checked;
use super::report::{Proven, Report, Warning};
use super::signed;
use crate::checkpoint::Checkpoint;
use crate::extract::layout::checkpoint_name;
use crate::note::Note;
use crate::policy::Policy;
use crate::tree::{Hash, empty_root};

/// Checks the extract against the policy and the known checkpoints. Says whether the policy vouches
/// for the key.
pub(super) fn check(
    checked: &Checked,
    checkpoints: &Checkpoints,
    beside: &Beside<'_>,
    report: &mut Report,
) -> Result<bool, Failure> {
    let is_confirmed = match beside.policy {
        Some(policy) => check_policy(policy, checked, checkpoints, report)?,
        None => false,
    };
    for (number, known) in beside.known.iter().enumerate() {
        check_known(known, checked, checkpoints, beside.policy)
            .map_err(|fault| Failure::at(format!("known checkpoint {}", number + 1), fault))?;
    }
    if !beside.known.is_empty() {
        report.proven.push(Proven::Known);
    }
    let is_witnessed = is_confirmed && beside.policy.is_some_and(Policy::asks_for_witnesses);
    if beside.known.is_empty() && !is_witnessed {
        report.warnings.push(Warning::NoOtherEyes);
    }
    Ok(is_confirmed)
}

fn check_policy(
    policy: &Policy,
    checked: &Checked,
    checkpoints: &Checkpoints,
    report: &mut Report,
) -> Result<bool, Failure> {
    let unverified = policy.unsupported();
    if !unverified.is_empty() {
        report.warnings.push(Warning::UnverifiedKeys(unverified));
    }
    let mut keys = policy.keys_of(&checked.ledger).peekable();
    if keys.peek().is_none() {
        return Ok(false);
    }
    if !keys.any(|key| key.public() == checked.key.public()) {
        // It may be older than a hand-over of the ledger's key, or somebody else signed: the reader
        // can't tell, and neither can we.
        report.warnings.push(Warning::OtherKeys);
        return Ok(false);
    }
    for (place, origin) in checked.origins.iter().enumerate() {
        if let Some(signed) = checkpoints.of(place) {
            check_quorum(policy, &signed.note)
                .map_err(|fault| Failure::at(checkpoint_name(origin), fault))?;
        }
    }
    report.proven.push(Proven::Key);
    Ok(true)
}

/// Refuses a checkpoint that too few witnesses of the policy signed.
fn check_quorum(policy: &Policy, note: &Note) -> Result<(), Fault> {
    match policy.is_reached_by(note) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Fault::Quorum),
        Err(error) => Err(Fault::Witness(error)),
    }
}

/// Opens a known checkpoint: the manifest's key signed it, or one that the policy has for the ledger,
/// since an earlier key may have been handed over to the manifest's.
fn open_known(
    file: &[u8],
    checked: &Checked,
    policy: Option<&Policy>,
) -> Result<signed::Signed, signed::Error> {
    let read = signed::open(file, &checked.key);
    let mut others = policy
        .into_iter()
        .flat_map(|policy| policy.keys_of(&checked.ledger));
    match read {
        Err(error) => others
            .find_map(|key| signed::open(file, key).ok())
            .ok_or(error),
        opened => opened,
    }
}

fn check_known(
    file: &[u8],
    checked: &Checked,
    checkpoints: &Checkpoints,
    policy: Option<&Policy>,
) -> Result<(), Fault> {
    let known = open_known(file, checked, policy)?.checkpoint;
    let Some(place) = checked.place(&known.origin) else {
        return Err(Fault::KnownElsewhere(known.origin));
    };
    match root_at(&known, place, checked, checkpoints) {
        None => Err(Fault::KnownSize(known.size)),
        Some(root) if root == known.root => Ok(()),
        Some(_) => Err(Fault::Fork(known.size)),
    }
}

/// The root that the extract proves for a log at the size of `known`.
fn root_at(
    known: &Checkpoint,
    place: usize,
    checked: &Checked,
    checkpoints: &Checkpoints,
) -> Option<Hash> {
    if known.size == 0 {
        return Some(empty_root());
    }
    let log = &checked.logs()[place];
    let signed = checkpoints.of(place).map(|signed| &signed.checkpoint);
    let held = checked.manifest.held.iter();
    let held = held.filter(|held| held.origin == known.origin);
    let proven = std::iter::once((log.size.0, log.root))
        .chain(signed.map(|signed| (signed.size, signed.root)))
        .chain(held.map(|held| (held.size.0, held.root)));
    proven
        .into_iter()
        .find(|(size, _)| *size == known.size)
        .map(|(_, root)| root)
}
