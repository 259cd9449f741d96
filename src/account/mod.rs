//! Accounts of what is held of people, and of what was done: the questions of `domain.md` §3 beside who
//! received what.
//!
//! Owns a question a file, each with the shape of its answer. What holds at a moment is reckoned by the folds
//! and rules of [`custodia_core::assess`]; here leaves are brought to them and put into tables. No answer
//! about a person leaves before the look is on record. What may be large is streamed, and an answer that
//! would not fit in memory is an error that says how to ask for less.

mod asked;
mod breaches;
mod certificate;
mod consents;
mod disclosures;
mod due;
mod erasable;
mod erasable_things;
mod error;
mod exemptions;
mod gagged;
mod issued;
mod order_approved;
mod persons;
mod provisions;
mod reached;
mod recipient;
mod reconcile;
mod reconsents;
mod remains;
mod requests;
mod retention;
mod sdks;
mod stream;

pub use asked::{Seen, Whom};
pub use breaches::{Breach, BreachesAnswer, BreachesQuestion};
pub use certificate::{Attested, Certificate, CertificateQuestion, ErasedSubject};
pub use consents::{ConsentCard, ConsentStep, ConsentsAnswer, ConsentsQuestion, Wording};
pub use disclosures::{AuthorityCase, DisclosuresAnswer, DisclosuresQuestion};
pub use due::{DueAnswer, DueQuestion, DueRequest};
pub use erasable::{BarShown, EndedDuty, ErasableAnswer, ErasableQuestion};
pub use erasable_things::{ErasableThing, ThingAnswer, ThingQuestion};
pub use error::Error;
pub use exemptions::{ExemptionUse, ExemptionsAnswer, ExemptionsQuestion};
pub use issued::IssuedExtract;
pub use order_approved::GivenApproval;
pub use persons::{PersonRow, PersonsAnswer, PersonsQuestion};
pub use provisions::{
    ActivityRow, EntrustmentRow, ProvisionRow, ProvisionsAnswer, ProvisionsQuestion,
};
pub use recipient::{Dossier, DossierQuestion};
pub use reconcile::{DigestsOfDay, GivenDigests, ReconcileQuestion, Reconciliation, read_digests};
pub use reconsents::{ReconsentsAnswer, ReconsentsQuestion};
pub use remains::{RemainsAnswer, RemainsQuestion};
pub use requests::{RequestShown, RequestsAnswer, RequestsQuestion};
pub use retention::{RetentionAnswer, RetentionQuestion};
pub use sdks::{SdkRow, SdksAnswer, SdksQuestion};

#[cfg(test)]
mod tests;
