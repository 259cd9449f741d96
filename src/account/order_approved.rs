//! Whether approvals of an order of erasure count.

use std::collections::BTreeMap;

use custodia_core::approval::{Approval, Deed, Persons, Request, check};
use custodia_core::assess::Register;
use custodia_core::origin::LedgerName;
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;

/// `ErasureOrdered`, in the envelope.
pub(super) const ORDERED: u32 = 303;

/// An approval as it was handed over with a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenApproval {
    /// What refusals call it: the file's name.
    pub name: String,
    /// The signed note.
    pub note: String,
}

/// What approvals must be of.
pub(super) struct Wanted<'a> {
    pub(super) ledger: &'a LedgerName,
    pub(super) order_id: &'a str,
    pub(super) asker: &'a str,
    pub(super) now_ms: i64,
}

/// What one order is about: its name, the deed, what is approved, and the digest that the order stands under.
pub(super) type Ordered = (String, Deed, [u8; 32], [u8; 32]);

impl Wanted<'_> {
    /// Who approved, of each thing. Each has approvals of its own: an order of erasure is about one digest.
    ///
    /// # Errors
    /// [`Error::OrderUsed`], [`Error::Approval`], [`Error::StrayApproval`].
    pub(super) fn approved(
        &self,
        register: &Register,
        of: &[Ordered],
        given: &[GivenApproval],
    ) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let parse = |one: &GivenApproval| Approval::parse(&one.name, one.note.as_bytes());
        let mut given: Vec<Approval> = given.iter().map(parse).collect::<Result<_, _>>()?;
        let persons = Persons::of(register);
        let mut approved = BTreeMap::new();
        for (name, deed, about, digest) in of {
            self.refuse_used(register, digest)?;
            let ours = given.extract_if(.., |one| one.request().about == *about);
            let mut ours: Vec<Approval> = ours.collect();
            if of.len() == 1 {
                // Of what the rest is, the refusal says.
                ours.append(&mut given);
            }
            let wanted = Request {
                ledger: self.ledger.clone(),
                deed: *deed,
                about: *about,
                id: self.order_id.to_owned(),
                asker: self.asker.to_owned(),
                until_ms: self.now_ms,
            };
            let approvers = check(&ours, &wanted, &persons, self.now_ms)?;
            let approvers = approvers.into_iter().map(|one| one.reference);
            approved.insert(name.clone(), approvers.collect());
        }
        match given.first() {
            Some(other) => Err(Error::StrayApproval(other.file().to_owned())),
            None => Ok(approved),
        }
    }

    fn refuse_used(&self, register: &Register, digest: &[u8; 32]) -> Result<(), Error> {
        let used = register.of(ORDERED).any(|one| match one.body() {
            Body::ErasureOrdered(said) => {
                said.order_id == self.order_id && said.erased_subject_blake3 == digest
            }
            _ => false,
        });
        if used {
            return Err(Error::OrderUsed(self.order_id.to_owned()));
        }
        Ok(())
    }
}
