//! Who is registered, with which key and in which role, and until when.

use std::collections::BTreeMap;

use crate::assess::{Register, ms_of};
use crate::schema::v1::event::Body;
use crate::schema::v1::{PersonRegistered, PersonRetired, PersonRole};

/// `PersonRegistered`, in the envelope.
const REGISTERED: u32 = 345;
/// `PersonRetired`.
const RETIRED: u32 = 346;

/// One key of a person, in one role, over a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The role.
    pub role: PersonRole,
    /// The Ed25519 public key, 32 bytes (RFC 8032).
    pub public_key: Vec<u8>,
    /// The first moment at which it holds, in ms since 1970.
    pub from_ms: i64,
    /// The first moment at which it holds no more: it ran out, the role was retired, or a newer key took
    /// its place; none where nothing says so.
    pub until_ms: Option<i64>,
}

impl Registration {
    /// Whether it holds at a moment (ms since 1970).
    pub fn holds_at(&self, ms: i64) -> bool {
        self.from_ms <= ms && self.until_ms.is_none_or(|until| ms < until)
    }

    fn end(&mut self, ms: i64) {
        self.until_ms = Some(self.until_ms.map_or(ms, |until| until.min(ms)));
    }
}

/// All people whom the registry names, each by reference: a fold over `PersonRegistered` and
/// `PersonRetired`. A person has one key a role at a time: a newer registration in a role takes the
/// place of the one before. What stands for a role that this version doesn't know registers nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Persons(BTreeMap<String, Vec<Registration>>);

impl Persons {
    /// The people of a register.
    pub fn of(register: &Register) -> Self {
        let said = register.all().iter();
        let said = said.filter(|one| [REGISTERED, RETIRED].contains(&one.kind));
        Self::fold(said.map(|one| (one.body(), one.occurred_at_ms)))
    }

    /// The people of events with their `occurred_at` in ms since 1970, in the order in which they
    /// count where they have one time. Other events say nothing of them.
    pub fn fold<'a>(events: impl IntoIterator<Item = (&'a Body, i64)>) -> Self {
        let mut events: Vec<_> = events.into_iter().collect();
        events.sort_by_key(|(_, at)| *at);
        let mut persons = Self::default();
        for (body, at) in events {
            match body {
                Body::PersonRegistered(said) => persons.register(said, at),
                Body::PersonRetired(said) => persons.retire(said, at),
                _ => {}
            }
        }
        persons
    }

    fn register(&mut self, said: &PersonRegistered, at: i64) {
        let role = said.role();
        if role == PersonRole::PrUnspecified {
            return;
        }
        let of_person = self.0.entry(said.person_ref.clone()).or_default();
        end(of_person, Some(role), at);
        of_person.push(Registration {
            role,
            public_key: said.public_key.clone(),
            from_ms: at,
            until_ms: said.valid_until.as_ref().map(ms_of),
        });
    }

    fn retire(&mut self, said: &PersonRetired, at: i64) {
        let role = match PersonRole::try_from(said.role) {
            Ok(PersonRole::PrUnspecified) => None,
            Ok(role) => Some(role),
            // A role that nobody is registered in here.
            Err(_) => return,
        };
        if let Some(of_person) = self.0.get_mut(&said.person_ref) {
            end(of_person, role, said.retired_at.as_ref().map_or(at, ms_of));
        }
    }

    /// All that was ever registered of a person, in order; empty where nothing was.
    pub fn ever(&self, person: &str) -> &[Registration] {
        self.0.get(person).map_or(&[], Vec::as_slice)
    }

    /// What holds of a person at a moment (ms since 1970).
    pub fn at(&self, person: &str, ms: i64) -> impl Iterator<Item = &Registration> {
        self.ever(person).iter().filter(move |one| one.holds_at(ms))
    }

    /// All people, by reference, with all that was ever registered of each.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[Registration])> {
        self.0.iter().map(|(who, all)| (who.as_str(), &all[..]))
    }

    /// Whether this key was ever registered for this person.
    pub(super) fn had_key(&self, person: &str, public_key: &[u8]) -> bool {
        self.ever(person)
            .iter()
            .any(|one| one.public_key == public_key)
    }
}

/// Ends what holds in a role (in all of them, where none is named) from a moment on.
fn end(of_person: &mut [Registration], role: Option<PersonRole>, at: i64) {
    for one in of_person {
        if role.is_none_or(|role| one.role == role) {
            one.end(at);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn registered(person: &str, role: PersonRole, key: &[u8]) -> Body {
        Body::PersonRegistered(PersonRegistered {
            role: role.into(),
            public_key: key.to_vec(),
            valid_until: None,
            person_ref: person.into(),
        })
    }

    pub(crate) fn retired(person: &str, role: PersonRole) -> Body {
        Body::PersonRetired(PersonRetired {
            role: role.into(),
            person_ref: person.into(),
            ..PersonRetired::default()
        })
    }

    fn held(persons: &Persons, person: &str, ms: i64) -> Vec<(PersonRole, u8)> {
        let at = persons.at(person, ms);
        at.map(|one| (one.role, one.public_key[0])).collect()
    }

    use PersonRole::{PrLegal as Legal, PrProtectionOfficer as Officer, PrUnspecified as Any};

    #[test]
    fn a_key_holds_from_its_registration_until_it_is_retired_or_another_takes_its_place() {
        let events = [
            (registered("a", Legal, &[1]), 10),
            (registered("a", Officer, &[2]), 20),
            (registered("a", Legal, &[3]), 30),
            (retired("a", Legal), 40),
            (registered("a", Legal, &[4]), 50),
            (retired("a", Any), 60),
        ];
        let persons = Persons::fold(events.iter().map(|(body, at)| (body, *at)));
        assert_eq!(held(&persons, "a", 9), []);
        assert_eq!(held(&persons, "a", 10), [(Legal, 1)]);
        assert_eq!(held(&persons, "a", 29), [(Legal, 1), (Officer, 2)]);
        assert_eq!(held(&persons, "a", 30), [(Officer, 2), (Legal, 3)]);
        assert_eq!(held(&persons, "a", 40), [(Officer, 2)]);
        assert_eq!(held(&persons, "a", 59), [(Officer, 2), (Legal, 4)]);
        assert_eq!(held(&persons, "a", 60), []);
        assert_eq!(persons.ever("a").len(), 4);
        assert!(persons.ever("b").is_empty());
        assert!(persons.had_key("a", &[1]) && !persons.had_key("b", &[1]));
    }

    #[test]
    fn a_key_runs_out_and_what_is_unknown_registers_nobody() {
        let mut person = PersonRegistered {
            role: Legal.into(),
            public_key: vec![1],
            valid_until: Some(prost_types::Timestamp {
                seconds: 1,
                nanos: 0,
            }),
            person_ref: "a".into(),
        };
        let until = Body::PersonRegistered(person.clone());
        person.role = 99;
        person.person_ref = "b".into();
        let unknown = Body::PersonRegistered(person);
        let retires_nobody = Body::PersonRetired(PersonRetired {
            role: 99,
            person_ref: "a".into(),
            ..PersonRetired::default()
        });
        let events = [(&until, 0), (&unknown, 0), (&retires_nobody, 1)];
        let persons = Persons::fold(events);
        assert_eq!(held(&persons, "a", 999), [(Legal, 1)]);
        assert_eq!(held(&persons, "a", 1000), []);
        assert!(persons.ever("b").is_empty());
        assert_eq!(persons.all().count(), 1);
    }

    #[test]
    fn who_leaves_later_or_left_before_it_was_said_goes_then() {
        let leaves = |seconds| {
            Body::PersonRetired(PersonRetired {
                role: 0,
                retired_at: Some(prost_types::Timestamp { seconds, nanos: 0 }),
                person_ref: "a".into(),
            })
        };
        let registered = registered("a", Legal, &[1]);
        let said = 5_000;
        for (ends, last) in [(9, 8_999), (3, 2_999)] {
            let persons = Persons::fold([(&registered, 0), (&leaves(ends), said)]);
            assert_eq!(held(&persons, "a", last), [(Legal, 1)]);
            assert_eq!(held(&persons, "a", last + 1), []);
        }
    }

    proptest! {
        #[test]
        fn a_person_has_one_key_a_role_at_a_time(
            events in prop::collection::vec((any::<bool>(), 0..3i32, 1u8..9, 0i64..20), 0..30),
            moment in 0i64..25,
        ) {
            let events: Vec<_> = events
                .into_iter()
                .map(|(registers, role, key, at)| {
                    let role = PersonRole::try_from(role).unwrap();
                    let body = if registers { registered("a", role, &[key]) } else { retired("a", role) };
                    (body, at)
                })
                .collect();
            let persons = Persons::fold(events.iter().map(|(body, at)| (body, *at)));
            let mut roles: Vec<_> = persons.at("a", moment).map(|one| one.role as i32).collect();
            let count = roles.len();
            roles.sort_unstable();
            roles.dedup();
            prop_assert_eq!(roles.len(), count);
        }
    }
}
