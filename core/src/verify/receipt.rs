//! The receipt that travels beside an archive (`proto/FORMAT.md` 13.10): that issuing the extract is
//! a leaf of its ledger.

use super::fault::Failure;
use super::line::{self, Fault as LineFault};
use super::manifest::Checked;
use super::report::{Proven, Report, Warning};
use super::signed;
use crate::extract::{EventLine, SlotLine};
use crate::origin::LedgerName;
use crate::policy::{self, Policy};
use crate::receipt::{self, Receipt};
use crate::slot::SlotId;
use crate::tree::{self, leaf_hash, verify_inclusion};
use crate::wire::{self, Fields};

/// The body's number of `ExtractIssued`.
const EXTRACT_ISSUED: u32 = 312;
/// Its field with the extract's id.
const EXTRACT_ID: u32 = 4;
/// Its field with the manifest's SHA-256.
const MANIFEST_SHA256: u32 = 5;
/// The block of its body that holds both.
const FIRST_BODY_BLOCK: SlotId = SlotId::body_block(0);
const PLACE: &str = "receipt";

/// Why a receipt is not one of this extract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file is no receipt.
    #[error(transparent)]
    File(#[from] receipt::Error),
    /// No line of the leaf comes along.
    #[error("it has no extra data: the line of its leaf is missing")]
    NoLine,
    /// The line is not good.
    #[error("its line: {0}")]
    Line(#[from] LineFault),
    /// The checkpoint is not good.
    #[error("its checkpoint: {0}")]
    Checkpoint(#[from] signed::Error),
    /// The leaf is of a log of another ledger.
    #[error("its leaf is of {0:?}, a log of another ledger")]
    OtherLedger(String),
    /// Index and line disagree.
    #[error("its line is of another index")]
    OtherIndex,
    /// Nothing is shown of the record.
    #[error("its line shows nothing of the record")]
    NoSlots,
    /// Not an `ExtractIssued`.
    #[error("its leaf says something else than that an extract was issued")]
    NotIssued,
    /// The body can't be read.
    #[error("its leaf can't be read: {0}")]
    Body(#[from] wire::Error),
    /// Issued was another extract.
    #[error("its leaf is of another extract")]
    OtherExtract,
    /// The leaf isn't proven.
    #[error("its leaf is not proven: {0}")]
    NotIncluded(#[from] tree::Error),
    /// A witness's signature is not good.
    #[error("a witness of the policy didn't sign its checkpoint: {0}")]
    Witness(#[from] policy::Error),
    /// Too few witnesses signed.
    #[error("the witnesses that signed its checkpoint don't reach the policy's quorum")]
    Quorum,
}

/// Checks the receipt, where there is one, and tells the report.
pub(super) fn check_beside(
    checked: &Checked,
    file: Option<&[u8]>,
    policy: Option<&Policy>,
    report: &mut Report,
) -> Result<(), Failure> {
    match file {
        None => report.warnings.push(Warning::NoReceipt),
        Some(file) => {
            check(checked, file, policy).map_err(|fault| Failure::at(PLACE, fault))?;
            report.proven.push(Proven::Receipt);
        }
    }
    Ok(())
}

fn check(checked: &Checked, file: &[u8], policy: Option<&Policy>) -> Result<(), Fault> {
    let receipt = Receipt::parse(file)?;
    let line = line::read(receipt.extra().ok_or(Fault::NoLine)?)?;
    if line.index.0 != receipt.index() {
        return Err(Fault::OtherIndex);
    }
    check_ledger(&line.log, &checked.ledger)?;
    check_issued(&line, checked)?;
    let signed = signed::read(receipt.checkpoint().clone())?;
    let (origin, size) = (&signed.checkpoint.origin, signed.checkpoint.size);
    if *origin != line.log {
        return Err(signed::Error::OtherLog(origin.clone()).into());
    }
    signed::verify(&signed, &checked.key)?;
    let (leaf, root) = (leaf_hash(&line.entry), signed.checkpoint.root);
    verify_inclusion(receipt.index(), size, &leaf, receipt.proof(), &root)?;
    match policy {
        Some(policy) if !policy.is_reached_by(&signed.note)? => Err(Fault::Quorum),
        _ => Ok(()),
    }
}

fn check_ledger(origin: &str, ledger: &LedgerName) -> Result<(), Fault> {
    let rest = origin.strip_prefix(ledger.as_str());
    if rest.is_some_and(|rest| rest.starts_with('/')) {
        return Ok(());
    }
    Err(Fault::OtherLedger(origin.to_owned()))
}

/// Checks that the leaf says that this extract was issued.
fn check_issued(line: &EventLine, checked: &Checked) -> Result<(), Fault> {
    let slots = line.slots.as_deref().ok_or(Fault::NoSlots)?;
    let opens =
        |slot: SlotId| [SlotId::FIRST_BLOCK, SlotId::BODY_TYPE, FIRST_BODY_BLOCK].contains(&slot);
    line::check_slots(&line::entry_of(line)?, slots, &[&opens])?;
    if bytes_of(slots, SlotId::BODY_TYPE) != Some(&EXTRACT_ISSUED.to_be_bytes()[..]) {
        return Err(Fault::NotIssued);
    }
    let body = bytes_of(slots, FIRST_BODY_BLOCK).unwrap_or_default();
    let id = hex::encode(checked.manifest.id());
    let is_this = holds_once(body, EXTRACT_ID, id.as_bytes())?
        && holds_once(body, MANIFEST_SHA256, &checked.digest)?;
    if is_this {
        Ok(())
    } else {
        Err(Fault::OtherExtract)
    }
}

fn bytes_of(slots: &[SlotLine], id: SlotId) -> Option<&[u8]> {
    slots.iter().find_map(|slot| match slot {
        SlotLine::Opened(opened) if opened.id == id.0 => Some(opened.bytes.as_slice()),
        _ => None,
    })
}

/// Whether a field stands once, with this content.
fn holds_once(body: &[u8], number: u32, content: &[u8]) -> Result<bool, Fault> {
    let mut found = Vec::new();
    for field in Fields::of(body) {
        let field = field?;
        if field.number == number {
            found.push(field.value.bytes());
        }
    }
    Ok(found == [Some(content)])
}
