//! Why approvals don't count.

use super::Deed;
use crate::schema::v1::PersonRole;

/// Why what is to be approved is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No request, or no approval.
    #[error(
        "{file} is no request or approval as this version spells them: {reason}; take the file as \
             it was written"
    )]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The asker approves their own request.
    #[error(
        "{file} is by {asker}, who asks for it: nobody approves what they ask for; ask two others"
    )]
    ByAsker {
        /// The file.
        file: String,
        /// The asker.
        asker: String,
    },
    /// The asker's key signed it under another reference.
    #[error(
        "{file} is signed with a key of {asker}, who asks for it: nobody approves what they ask \
             for; ask someone with a key of their own"
    )]
    AskersKey {
        /// The file.
        file: String,
        /// The asker.
        asker: String,
    },
    /// One person approves twice.
    #[error("{file} is by {approver}, as {other} is: one person counts once; ask another")]
    Twice {
        /// The file.
        file: String,
        /// The earlier file.
        other: String,
        /// The person.
        approver: String,
    },
    /// Two references with one key.
    #[error(
        "{file} and {other} are signed with one key, registered for two references: that is one \
             person's word; ask someone with a key of their own"
    )]
    SharedKey {
        /// The file.
        file: String,
        /// The earlier file.
        other: String,
    },
    /// The key was the approver's, and holds no more.
    #[error(
        "{file} is signed with a key of {approver} that holds no more since {since} (UTC+8): \
             approve with the key registered now, or ask another"
    )]
    RetiredKey {
        /// The file.
        file: String,
        /// The person.
        approver: String,
        /// Since when, in words.
        since: String,
    },
    /// Nobody of that reference is registered by then.
    #[error(
        "{file} is by {approver}, who is not registered: `custodia person register` does that, \
             or ask another"
    )]
    UnknownPerson {
        /// The file.
        file: String,
        /// The reference.
        approver: String,
    },
    /// The person's role may not approve this.
    #[error("{file} is by {approver}, who is registered as {roles} and may not approve {}: that is \
             for {}", deed.word(), wanted(*deed))]
    WrongRole {
        /// The file.
        file: String,
        /// The person.
        approver: String,
        /// What they are registered as.
        roles: String,
        /// What is to be done.
        deed: Deed,
    },
    /// It is for another ledger.
    #[error(
        "{file} approves something for the ledger {given}, not for {wanted}: ask again with the \
             request of this ledger"
    )]
    OtherLedger {
        /// The file.
        file: String,
        /// The ledger that it names.
        given: String,
        /// This one.
        wanted: String,
    },
    /// It is for another deed.
    #[error("{file} approves {}, not {}: ask again with the request of this deed", given.word(),
            wanted.word())]
    OtherDeed {
        /// The file.
        file: String,
        /// What it approves.
        given: Deed,
        /// What is to be done.
        wanted: Deed,
    },
    /// It is about someone or something else.
    #[error(
        "{file} approves this about another person, question or log (its digest is {given}, here \
             it is {wanted}): ask again with the request of this one"
    )]
    OtherSubject {
        /// The file.
        file: String,
        /// Its digest, hex.
        given: String,
        /// This one's.
        wanted: String,
    },
    /// It is of another order, or asked for by another.
    #[error(
        "{file} approves another {what} ({given:?}, here it is {wanted:?}): an approval counts for \
             one deed; ask again with the request of this one"
    )]
    OtherOrder {
        /// The file.
        file: String,
        /// What differs: order or asker.
        what: &'static str,
        /// The one it names.
        given: String,
        /// This one.
        wanted: String,
    },
    /// It ran out.
    #[error("{file} counted until {until} (UTC+8): ask again with a request that holds longer")]
    Expired {
        /// The file.
        file: String,
        /// Until when, in words.
        until: String,
    },
    /// No key ever registered for the person made the signature.
    #[error(
        "{file} is not signed with a key registered for {approver}, or was changed after it was \
             signed: approve again with the registered key"
    )]
    BadSignature {
        /// The file.
        file: String,
        /// The person.
        approver: String,
    },
    /// Fewer than are needed, or more than are read.
    #[error("{given} approvals were given; {} needs 2, by two people, neither of them the one who \
             asks (at most 16 are read): write the request, and have `custodia approve` sign it",
            deed.word())]
    TooFew {
        /// How many there are.
        given: usize,
        /// What is to be done.
        deed: Deed,
    },
}

impl Refused {
    /// The stable code, which names the page under `ops/runbook/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "CU-0980",
            Self::ByAsker { .. } => "CU-0981",
            Self::AskersKey { .. } => "CU-0982",
            Self::Twice { .. } => "CU-0983",
            Self::SharedKey { .. } => "CU-0984",
            Self::RetiredKey { .. } => "CU-0985",
            Self::UnknownPerson { .. } => "CU-0986",
            Self::WrongRole { .. } => "CU-0987",
            Self::OtherLedger { .. } => "CU-0988",
            Self::OtherDeed { .. } => "CU-0989",
            Self::OtherSubject { .. } => "CU-0990",
            Self::OtherOrder { .. } => "CU-0991",
            Self::Expired { .. } => "CU-0992",
            Self::BadSignature { .. } => "CU-0993",
            Self::TooFew { .. } => "CU-0994",
        }
    }
}

/// A role as people type it: `protection_officer`.
pub(super) fn role_word(role: PersonRole) -> String {
    let name = role.as_str_name();
    name.strip_prefix("PR_").unwrap_or(name).to_lowercase()
}

fn wanted(deed: Deed) -> String {
    let roles = super::may_approve(deed).iter();
    let roles: Vec<_> = roles.map(|role| role_word(*role)).collect();
    roles.join(", ")
}
