//! What each profile of an extract is: what it is about, what it opens, how it names people, and what rules
//! judge (`proto/FORMAT.md` 13.7; domain §6).

use serde::{Deserialize, Serialize};

use super::{QueryKind, SaidVerdict};
use crate::assess::Scope;
use crate::schema::v1::RedactionProfile;
use crate::slot::SlotId;

/// Who an extract is for, and so what it opens. Slot by slot: whole blocks, never parts of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Profile {
    /// One person, for an authority.
    #[serde(rename = "R-SUBJECT")]
    RSubject,
    /// One recipient, for an authority: people are pseudonyms.
    #[serde(rename = "R-RECIPIENT")]
    RRecipient,
    /// One incident, for an authority: people are pseudonyms.
    #[serde(rename = "R-INCIDENT")]
    RIncident,
    /// A class of events, for an authority: people are pseudonyms.
    #[serde(rename = "R-CLASS")]
    RClass,
    /// Counts of people and events, and what names nobody, for an audit.
    #[serde(rename = "R-AUDIT")]
    RAudit,
    /// The person's own copy.
    #[serde(rename = "S-SELF")]
    SSelf,
}

/// How an extract names people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    /// By reference: it is about one of them.
    Named,
    /// By pseudonyms; what says whom is withheld.
    Pseudonyms,
    /// Not at all: no leaf of anybody is in it.
    Nobody,
}

/// A profile's row in the table of profiles.
#[derive(Debug)]
struct Terms {
    name: &'static str,
    redaction: RedactionProfile,
    about: QueryKind,
    people: People,
    opens: &'static [SlotId],
    judged: Option<Scope>,
}

const OF_A_PERSON: [SlotId; 8] = [
    SlotId(0x00),
    SlotId(0x01),
    SlotId(0x02),
    SlotId(0x03),
    SlotId::BODY_TYPE,
    SlotId(0x41),
    SlotId(0x42),
    SlotId::KEY,
];
/// Neither whom nor with what: a correlation would join people, and extracts.
const WITHOUT_PEOPLE: [SlotId; 5] = [
    SlotId(0x00),
    SlotId(0x03),
    SlotId::BODY_TYPE,
    SlotId(0x41),
    SlotId(0x42),
];

const R_SUBJECT: Terms = Terms {
    name: "R-SUBJECT",
    redaction: RedactionProfile::RpRSubject,
    about: QueryKind::Subject,
    people: People::Named,
    opens: &OF_A_PERSON,
    judged: Some(Scope::Subject),
};
const S_SELF: Terms = Terms {
    name: "S-SELF",
    redaction: RedactionProfile::RpSSelf,
    ..R_SUBJECT
};
const R_RECIPIENT: Terms = Terms {
    name: "R-RECIPIENT",
    redaction: RedactionProfile::RpRRecipient,
    about: QueryKind::Recipient,
    people: People::Pseudonyms,
    opens: &WITHOUT_PEOPLE,
    judged: Some(Scope::Recipient),
};
const R_INCIDENT: Terms = Terms {
    name: "R-INCIDENT",
    redaction: RedactionProfile::RpRIncident,
    about: QueryKind::Incident,
    judged: Some(Scope::Incident),
    ..R_RECIPIENT
};

const R_CLASS: Terms = Terms {
    name: "R-CLASS",
    redaction: RedactionProfile::RpRClass,
    about: QueryKind::Class,
    judged: None,
    ..R_RECIPIENT
};

const R_AUDIT: Terms = Terms {
    name: "R-AUDIT",
    redaction: RedactionProfile::RpRAudit,
    about: QueryKind::Audit,
    people: People::Nobody,
    judged: None,
    ..R_RECIPIENT
};

/// Kinds of event that name no person: policies and their public notices, recipients and their assessments, SDKs,
/// entrustments, deletions of all that a recipient held, mergers, incidents, impact assessments, audits, filings
/// and safeguards. A gateway's own counts are not among them: they would give small cells away.
const OF_NOBODY: [u32; 26] = [
    100, 101, 120, 121, 122, 123, 130, 131, 132, 201, 202, 204, 205, 260, 261, 262, 263, 264, 266,
    267, 268, 269, 280, 281, 282, 283,
];

impl Profile {
    /// All of them, in the order in which they are named.
    pub const ALL: [Self; 6] = [
        Self::RSubject,
        Self::RRecipient,
        Self::RIncident,
        Self::RClass,
        Self::RAudit,
        Self::SSelf,
    ];

    const fn terms(self) -> &'static Terms {
        match self {
            Self::RSubject => &R_SUBJECT,
            Self::RRecipient => &R_RECIPIENT,
            Self::RIncident => &R_INCIDENT,
            Self::RClass => &R_CLASS,
            Self::RAudit => &R_AUDIT,
            Self::SSelf => &S_SELF,
        }
    }

    /// Its name, as the manifest has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.terms().name
    }

    /// Its name in the schema.
    #[must_use]
    pub const fn redaction(self) -> RedactionProfile {
        self.terms().redaction
    }

    /// Of what kind of question it is.
    #[must_use]
    pub const fn about(self) -> QueryKind {
        self.terms().about
    }

    /// How it names people.
    #[must_use]
    pub const fn people(self) -> People {
        self.terms().people
    }

    /// Whether it names people by reference.
    #[must_use]
    pub const fn names_people(self) -> bool {
        matches!(self.people(), People::Named)
    }

    /// Whether it may have a leaf of this kind (the body's field number) that names nobody. Of what is about
    /// people every kind may be in it.
    #[must_use]
    pub fn shows(self, kind: u32) -> bool {
        self.people() != People::Nobody || OF_NOBODY.contains(&kind)
    }

    /// Whether people are pseudonyms in it.
    #[must_use]
    pub const fn has_pseudonyms(self) -> bool {
        matches!(self.people(), People::Pseudonyms)
    }

    /// The rules of which scope judge what is asked about; none where none do.
    #[must_use]
    pub const fn judged(self) -> Option<Scope> {
        self.terms().judged
    }

    /// Whether it opens a slot of a leaf with this verdict. Who sends what isn't an event may have
    /// put anything into any field, so nothing is opened of it but its type.
    #[must_use]
    pub fn opens(self, slot: SlotId, verdict: SaidVerdict) -> bool {
        if !matches!(verdict, SaidVerdict::Accepted | SaidVerdict::Duplicate) {
            return slot == SlotId::BODY_TYPE;
        }
        self.terms().opens.contains(&slot)
    }

    /// As [`Self::opens`], of a leaf that is under another person than the one asked about: what
    /// says whom is withheld.
    #[must_use]
    pub fn opens_of_another(self, slot: SlotId, verdict: SaidVerdict) -> bool {
        let says_whom = slot == SlotId(0x01) || slot == SlotId::KEY;
        !says_whom && self.opens(slot, verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use crate::schema::v1::{Format, SubjectRule};

    #[test]
    fn what_an_audit_shows_names_no_person() {
        for number in OF_NOBODY {
            let kind = schema::body_of(number).unwrap();
            assert_ne!(kind.subject, SubjectRule::Required, "{}", kind.name);
            assert!(!kind.names_somebody_in_front(), "{}", kind.name);
            let of_people = schema::references(&kind.descriptor);
            let of_people = of_people.filter(|(_, whose)| *whose == Format::SubjectRef);
            assert_eq!(of_people.count(), 0, "{}", kind.name);
        }
        assert!(Profile::RAudit.shows(100) && !Profile::RAudit.shows(200));
        assert!(Profile::RClass.shows(200));
    }

    #[test]
    fn the_first_profile_about_a_thing_is_an_authoritys() {
        for profile in Profile::ALL {
            let first = Profile::ALL
                .iter()
                .find(|one| one.about() == profile.about());
            assert!(first.unwrap().name().starts_with("R-"));
        }
    }
}
