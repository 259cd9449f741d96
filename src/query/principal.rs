//! Who asks, in which role and why.

use std::collections::BTreeMap;

use custodia_core::schema::v1::{AccessReason, LegalBasisOfReading, PersonRole};
use serde::{Deserialize, Serialize};

use super::{Error, GivenApproval, Glass};

/// Someone who may ask (law 9).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The employee's reference.
    pub employee: String,
    /// In which role.
    pub role: PersonRole,
}

impl Principal {
    /// The principal that the configuration maps a user id to.
    ///
    /// # Errors
    /// [`Error::UnknownRole`] where the schema has no such role.
    pub fn new(uid: u32, employee: &str, role: &str) -> Result<Self, Error> {
        let known = PersonRole::from_str_name(&format!("PR_{}", upper(role)));
        let known = known.filter(|role| *role != PersonRole::PrUnspecified);
        let role = known.ok_or_else(|| Error::UnknownRole {
            uid,
            role: role.to_owned(),
        })?;
        Ok(Self {
            employee: employee.to_owned(),
            role,
        })
    }

    /// Why the law lets this role read.
    pub const fn legal_basis(&self) -> LegalBasisOfReading {
        match self.role {
            PersonRole::PrProtectionOfficer => LegalBasisOfReading::LbPipl52Officer,
            PersonRole::PrAuditor => LegalBasisOfReading::LbPipl54Audit,
            PersonRole::PrIncidentResponder => LegalBasisOfReading::LbPipl57Breach,
            PersonRole::PrRegulator => LegalBasisOfReading::LbPipl63Inspection,
            PersonRole::PrLegal => LegalBasisOfReading::LbLegalProceedings,
            PersonRole::PrCustomerService => LegalBasisOfReading::LbPipl45Access,
            _ => LegalBasisOfReading::LbOperation,
        }
    }
}

/// Who may ask, by user id of this host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principals(BTreeMap<u32, Principal>);

impl Principals {
    /// These people.
    pub fn new(people: impl IntoIterator<Item = (u32, Principal)>) -> Self {
        Self(people.into_iter().collect())
    }

    /// Who has this user id.
    ///
    /// # Errors
    /// [`Error::UnmappedUid`].
    pub fn find(&self, uid: u32) -> Result<&Principal, Error> {
        self.0.get(&uid).ok_or(Error::UnmappedUid(uid))
    }

    /// The asking of whoever has this user id.
    ///
    /// # Errors
    /// [`Error::UnmappedUid`], [`Error::UnknownReason`].
    pub fn asking(&self, uid: u32, peer: &str, why: &Why) -> Result<Asking, Error> {
        let principal = self.find(uid)?;
        Ok(Asking {
            principal: principal.clone(),
            reason: reason(&why.reason)?,
            ticket: why.ticket.clone(),
            peer: peer.to_owned(),
            glass: None,
        })
    }
}

/// What a look is for, in the asker's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    /// The reason, e.g. `rights_request`.
    pub reason: String,
    /// The case or ticket; empty for none.
    #[serde(default)]
    pub ticket: String,
    /// Two people's word that it may be answered while Kafka can't be reached; most often none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<GivenApproval>,
}

/// One asking: who, what for, through which door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// Who asks.
    pub principal: Principal,
    /// What for.
    pub reason: AccessReason,
    /// The case or ticket that it belongs to; empty for none.
    pub ticket: String,
    /// The door, e.g. `socket`.
    pub peer: String,
    /// Two people's word, where it was given and is good.
    pub glass: Option<Glass>,
}

/// Reads a reason: `rights_request`, `rights-request` or `AR_RIGHTS_REQUEST`.
///
/// # Errors
/// [`Error::UnknownReason`].
pub fn reason(word: &str) -> Result<AccessReason, Error> {
    let name = upper(word);
    let name = name.strip_prefix("AR_").unwrap_or(&name);
    let reason = AccessReason::from_str_name(&format!("AR_{name}"));
    let reason = reason.filter(|reason| *reason != AccessReason::ArUnspecified);
    reason.ok_or_else(|| Error::UnknownReason(word.to_owned()))
}

/// The words for reasons.
pub(super) fn reasons() -> Vec<String> {
    let values = custodia_core::schema::labels("custodia.v1.AccessReason");
    let word =
        |label: &custodia_core::schema::Label| label.value.trim_start_matches("AR_").to_lowercase();
    values
        .into_iter()
        .flatten()
        .map(|(_, label)| word(label))
        .collect()
}

fn upper(word: &str) -> String {
    word.to_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_reasons_are_read_in_any_spelling() {
        let officer = Principal::new(7, "e", "protection_officer").unwrap();
        assert_eq!(officer.role, PersonRole::PrProtectionOfficer);
        assert_eq!(officer.legal_basis(), LegalBasisOfReading::LbPipl52Officer);
        for word in ["rights_request", "rights-request", "AR_RIGHTS_REQUEST"] {
            assert_eq!(reason(word).unwrap(), AccessReason::ArRightsRequest);
        }
    }

    #[test]
    fn only_a_mapped_uid_with_a_reason_asks() {
        let officer = Principal::new(7, "e", "protection_officer").unwrap();
        let principals = Principals::new([(7, officer.clone())]);
        let why = Why {
            reason: "audit".into(),
            ticket: "T-1".into(),
            ..Why::default()
        };
        let asking = principals.asking(7, "socket", &why).unwrap();
        assert_eq!(
            (asking.principal, asking.reason),
            (officer, AccessReason::ArAudit)
        );
        assert_eq!(
            principals.asking(8, "socket", &why).unwrap_err().code(),
            "CU-0551"
        );
        let without = principals.asking(7, "socket", &Why::default()).unwrap_err();
        assert_eq!(without.code(), "CU-0553");
    }

    #[test]
    fn foreign_words_are_refused_and_the_known_ones_named() {
        assert!(Principal::new(7, "e", "king").is_err());
        assert!(Principal::new(7, "e", "unspecified").is_err());
        let error = reason("curiosity").unwrap_err().to_string();
        assert!(error.contains("rights_request"), "{error}");
    }
}
