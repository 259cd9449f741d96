//! How far an event of the registry reaches into findings.

use super::register::Register;

/// Whose findings an event of the registry may change, beside those of recipients and producers, which
/// are judged again after any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nobody's: no rule looks at it.
    Nobody,
    /// Of whoever has an event with one of its [`names`](super::names()).
    Named,
    /// Everybody's.
    Everybody,
}

/// How far a kind of event (the body's field number) reaches, where it stands in the registry.
///
/// What the register says of a recipient (120 to 123, 201, 202, 204, 211), a merger (205), an
/// authority's case (207 to 210) or an incident (260 to 269) matters to those whose events name it; an
/// erasure (303, 304) to the person whom its digest names. Everything else may matter to anyone.
pub fn reach(kind: u32) -> Reach {
    match kind {
        kind if !Register::keeps(kind) => Reach::Nobody,
        120..=123 | 201 | 202 | 204 | 205 | 207..=211 | 260..=269 | 303 | 304 => Reach::Named,
        _ => Reach::Everybody,
    }
}

#[cfg(test)]
mod tests {
    use crate::schema;
    use crate::schema::v1::Topic;

    use super::*;

    const NAMING: [&str; 7] = [
        "recipient_id",
        "incident_id",
        "recipient_ids",
        "recipients_told",
        "provider_id",
        "case_ref",
        "merger_id",
    ];

    #[test]
    fn what_reaches_the_named_alone_has_a_name() {
        for kind in schema::bodies().values() {
            let named = reach(kind.number) == Reach::Named;
            let erasure = kind.descriptor.get_field_by_name("erased_subject_blake3");
            let has = |field: &&str| kind.descriptor.get_field_by_name(field).is_some();
            assert!(
                !named || erasure.is_some() || NAMING.iter().any(has),
                "{}",
                kind.name
            );
            let registry = kind.topic == Topic::Registry;
            assert!(registry || reach(kind.number) != Reach::Nobody || kind.number == 302);
        }
    }
}
