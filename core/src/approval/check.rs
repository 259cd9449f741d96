//! Whether approvals are good for what is to be done.

use super::refused::role_word;
use super::{Approval, Deed, Persons, Refused, Registration, Request};
use crate::moment::Moment;
use crate::schema::v1::PersonRole;

/// How many people must approve (issue 7; `domain.md` 2: "shred needs 2 people").
pub const NEEDED: usize = 2;
/// How many approvals of one deed are read.
pub const MAX_APPROVALS: usize = 16;

/// Someone whose approval counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approver {
    /// The person, by employee reference.
    pub reference: String,
    /// In which role.
    pub role: PersonRole,
    /// With which Ed25519 key, 32 bytes.
    pub public_key: Vec<u8>,
}

/// Who may approve a deed, by role.
///
/// | deed | roles | source |
/// |---|---|---|
/// | erasure, leaf-erasure | protection officer, legal desk | PIPL 52 (answers for the processing); PIPL 47, `domain.md` 6 (whether a duty to keep has ended is a question of law) |
/// | extract | protection officer, legal desk | L194 (careful review of each request); PIPL 52 |
/// | generation | protection officer, legal desk, auditor, operator of the platform | design 3.1; L248 (control of access); PIPL 54 |
/// | break-glass | protection officer, legal desk, incident responder | law 9; L260 (emergency team) |
pub const fn may_approve(deed: Deed) -> &'static [PersonRole] {
    use PersonRole::{
        PrAuditor, PrIncidentResponder, PrLegal, PrPlatformOperator, PrProtectionOfficer,
    };
    match deed {
        Deed::Erasure | Deed::LeafErasure | Deed::Extract => &[PrProtectionOfficer, PrLegal],
        Deed::Generation => &[PrProtectionOfficer, PrLegal, PrAuditor, PrPlatformOperator],
        Deed::BreakGlass => &[PrProtectionOfficer, PrLegal, PrIncidentResponder],
    }
}

/// Who approved: at least two different people with different keys, none of them the asker, each with a
/// key that the register holds at the moment (ms since 1970), in a role that may approve the deed, each for
/// exactly this ledger, deed, thing, id and asker, and not run out. Every approval given must be good.
/// `wanted.until_ms` is not looked at: how long an approval counts, it says itself.
///
/// That none was used before is not known here: whoever has the registry asks it for the id.
///
/// # Errors
/// The first of [`Refused`] that holds.
pub fn check(
    approvals: &[Approval],
    wanted: &Request,
    persons: &Persons,
    moment_ms: i64,
) -> Result<Vec<Approver>, Refused> {
    let mut approvers: Vec<Approver> = Vec::new();
    for (place, approval) in approvals.iter().take(MAX_APPROVALS + 1).enumerate() {
        refuse_other(approval, wanted)?;
        approval.request.refuse_expired(&approval.file, moment_ms)?;
        refuse_asker(approval, wanted)?;
        let approver = approver(approval, persons, moment_ms)?;
        if persons.had_key(&wanted.asker, &approver.public_key) {
            return Err(Refused::AskersKey {
                file: approval.file.clone(),
                asker: wanted.asker.clone(),
            });
        }
        for (earlier, other) in approvers.iter().zip(&approvals[..place]) {
            refuse_same(approval, &approver, earlier, other)?;
        }
        approvers.push(approver);
    }
    if !(NEEDED..=MAX_APPROVALS).contains(&approvals.len()) {
        return Err(Refused::TooFew {
            given: approvals.len(),
            deed: wanted.deed,
        });
    }
    Ok(approvers)
}

/// Refuses an approval of anything else than what is wanted.
fn refuse_other(approval: &Approval, wanted: &Request) -> Result<(), Refused> {
    let (given, file) = (&approval.request, approval.file.clone());
    if given.ledger != wanted.ledger {
        return Err(Refused::OtherLedger {
            file,
            given: given.ledger.to_string(),
            wanted: wanted.ledger.to_string(),
        });
    }
    if given.deed != wanted.deed {
        return Err(Refused::OtherDeed {
            file,
            given: given.deed,
            wanted: wanted.deed,
        });
    }
    if given.about != wanted.about {
        return Err(Refused::OtherSubject {
            file,
            given: hex::encode(given.about),
            wanted: hex::encode(wanted.about),
        });
    }
    for (what, given, wanted) in [
        ("order", &given.id, &wanted.id),
        ("asker's request", &given.asker, &wanted.asker),
    ] {
        if given != wanted {
            return Err(Refused::OtherOrder {
                file,
                what,
                given: given.clone(),
                wanted: wanted.clone(),
            });
        }
    }
    Ok(())
}

fn refuse_asker(approval: &Approval, wanted: &Request) -> Result<(), Refused> {
    if approval.approver == wanted.asker {
        return Err(Refused::ByAsker {
            file: approval.file.clone(),
            asker: wanted.asker.clone(),
        });
    }
    Ok(())
}

/// Who signed, by the register at a moment.
fn approver(approval: &Approval, persons: &Persons, ms: i64) -> Result<Approver, Refused> {
    let (file, who) = (approval.file.clone(), approval.approver.clone());
    let ever = persons.ever(&who);
    let by_then: Vec<_> = ever.iter().filter(|one| one.from_ms <= ms).collect();
    if by_then.is_empty() {
        return Err(Refused::UnknownPerson {
            file,
            approver: who,
        });
    }
    let signed: Vec<_> = by_then
        .into_iter()
        .filter(|one| approval.is_signed_by(&one.public_key))
        .collect();
    let holds: Vec<_> = signed
        .iter()
        .copied()
        .filter(|one| one.holds_at(ms))
        .collect();
    let ends = signed.iter().filter_map(|one| one.until_ms).max();
    match ends {
        _ if !holds.is_empty() => in_role(approval, &holds),
        Some(since) => Err(Refused::RetiredKey {
            file,
            approver: who,
            since: Moment(since).to_string(),
        }),
        None => Err(Refused::BadSignature {
            file,
            approver: who,
        }),
    }
}

/// The approver in the first of these roles that may approve.
fn in_role(approval: &Approval, held: &[&Registration]) -> Result<Approver, Refused> {
    let deed = approval.request.deed;
    let allowed = held
        .iter()
        .find(|one| may_approve(deed).contains(&one.role));
    let Some(one) = allowed else {
        let roles: Vec<_> = held.iter().map(|one| role_word(one.role)).collect();
        return Err(Refused::WrongRole {
            file: approval.file.clone(),
            approver: approval.approver.clone(),
            roles: roles.join(", "),
            deed,
        });
    };
    Ok(Approver {
        reference: approval.approver.clone(),
        role: one.role,
        public_key: one.public_key.clone(),
    })
}

/// Refuses a second approval by one person, or with one key.
fn refuse_same(
    approval: &Approval,
    approver: &Approver,
    earlier: &Approver,
    other: &Approval,
) -> Result<(), Refused> {
    let (file, other) = (approval.file.clone(), other.file.clone());
    if approver.reference == earlier.reference {
        return Err(Refused::Twice {
            file,
            other,
            approver: approver.reference.clone(),
        });
    }
    if approver.public_key == earlier.public_key {
        return Err(Refused::SharedKey { file, other });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
