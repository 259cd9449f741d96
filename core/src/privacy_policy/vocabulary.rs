//! Names of the schema's values, as a policy's file writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::schema::{labels, v1};

/// A vocabulary of the schema, whose values a policy's file names, e.g. `DC_ID_NUMBER`.
pub trait Vocabulary: Copy + Ord + fmt::Debug + 'static {
    /// The enum's full name, e.g. `custodia.v1.DataCategory`.
    const ENUM: &'static str;

    /// The value of this name; none for a name that the schema doesn't have and for `*_UNSPECIFIED`.
    fn named(name: &str) -> Option<Self>;

    /// The value's name in the schema.
    fn name(self) -> &'static str;

    /// The value's number in the schema.
    fn number(self) -> i32;
}

macro_rules! vocabularies {
    ($($type:ident),* $(,)?) => {$(
        impl Vocabulary for v1::$type {
            const ENUM: &'static str = concat!("custodia.v1.", stringify!($type));

            fn named(name: &str) -> Option<Self> {
                Self::from_str_name(name).filter(|value| *value as i32 != 0)
            }

            fn name(self) -> &'static str {
                self.as_str_name()
            }

            fn number(self) -> i32 {
                self as i32
            }
        }
    )*};
}

vocabularies!(
    Actor,
    AudienceRule,
    BasisKind,
    Channel,
    CollectionExemption,
    CollectionWay,
    ConsentForm,
    ConsentStrength,
    CrossBorderRule,
    DataCategory,
    DataCategorySet,
    DevicePermission,
    DisclosureCase,
    DisclosureDuty,
    ErasureMethod,
    NoticeContent,
    OutflowExemption,
    Purpose,
    RetentionRule,
    RightsChannel,
    RightsClock,
    RightsCondition,
    RightsEffect,
    RightsRefusal,
    RightsRequestKind,
    Sdk,
    SdkDuty,
    SecurityMeasure,
    ShareCase,
    ShareCondition,
    Surface,
    TransferCase,
    TransferDuty,
);

/// An item that stands once in its part of the file.
pub(super) trait Keyed {
    /// What it stands under.
    type Key: Ord + fmt::Debug;

    /// Its key.
    fn key(&self) -> Self::Key;
}

/// A value by its name.
struct Word<E>(E);

impl<'de, E: Vocabulary> Deserialize<'de> for Word<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        value_of(&name).map(Word).map_err(D::Error::custom)
    }
}

fn value_of<E: Vocabulary>(name: &str) -> Result<E, String> {
    E::named(name).ok_or_else(|| {
        let vocabulary = E::ENUM.rsplit('.').next().unwrap_or(E::ENUM);
        format!("{name:?} is no value of the schema's {vocabulary}")
    })
}

fn names<E: Vocabulary>(values: &BTreeSet<E>) -> Vec<&'static str> {
    values.iter().map(|value| value.name()).collect()
}

/// One value, by its name.
pub(super) mod one {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Vocabulary, Word};

    pub(in super::super) fn deserialize<'de, E, D>(deserializer: D) -> Result<E, D::Error>
    where
        E: Vocabulary,
        D: Deserializer<'de>,
    {
        Word::deserialize(deserializer).map(|word| word.0)
    }

    pub(in super::super) fn serialize<E, S>(value: &E, serializer: S) -> Result<S::Ok, S::Error>
    where
        E: Vocabulary,
        S: Serializer,
    {
        value.name().serialize(serializer)
    }
}

/// A value that may be missing.
pub(super) mod maybe {
    use super::{Deserializer, Serialize, Serializer, Vocabulary, one};

    pub(in super::super) fn deserialize<'de, E, D>(deserializer: D) -> Result<Option<E>, D::Error>
    where
        E: Vocabulary,
        D: Deserializer<'de>,
    {
        one::deserialize(deserializer).map(Some)
    }

    // serde asks for this form.
    #[allow(clippy::ref_option)]
    pub(in super::super) fn serialize<E, S>(
        value: &Option<E>,
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        E: Vocabulary,
        S: Serializer,
    {
        value.map(Vocabulary::name).serialize(serializer)
    }
}

/// A list of values, each of which stands once.
pub(super) mod set {
    use serde::de::Error as _;

    use super::{
        BTreeSet, Deserialize as _, Deserializer, Serialize, Serializer, Vocabulary, Word, names,
    };

    pub(in super::super) fn deserialize<'de, E, D>(deserializer: D) -> Result<BTreeSet<E>, D::Error>
    where
        E: Vocabulary,
        D: Deserializer<'de>,
    {
        let words: Vec<Word<E>> = Vec::deserialize(deserializer)?;
        let mut values = BTreeSet::new();
        for Word(value) in words {
            if !values.insert(value) {
                return Err(D::Error::custom(format!("{} stands twice", value.name())));
            }
        }
        Ok(values)
    }

    pub(in super::super) fn serialize<E, S>(
        values: &BTreeSet<E>,
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        E: Vocabulary,
        S: Serializer,
    {
        names(values).serialize(serializer)
    }
}

/// A list of categories; a set's name (`DCSET_…`) stands for its members.
pub(super) mod categories {
    use serde::de::Error as _;

    use super::{
        BTreeSet, Deserialize as _, Deserializer, Serializer, Vocabulary as _, members, set, v1,
        value_of,
    };

    pub(in super::super) fn deserialize<'de, D>(
        deserializer: D,
    ) -> Result<BTreeSet<v1::DataCategory>, D::Error>
    where
        D: Deserializer<'de>,
    {
        let names: Vec<String> = Vec::deserialize(deserializer)?;
        let mut values = BTreeSet::new();
        for name in names {
            match v1::DataCategorySet::named(&name) {
                Some(set) => values.extend(members(set)),
                None => drop(values.insert(value_of(&name).map_err(D::Error::custom)?)),
            }
        }
        Ok(values)
    }

    pub(in super::super) fn serialize<S: Serializer>(
        values: &BTreeSet<v1::DataCategory>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        set::serialize(values, serializer)
    }
}

/// The categories that a set stands for, by the schema.
pub fn members(set: v1::DataCategorySet) -> Vec<v1::DataCategory> {
    let label = labels(v1::DataCategorySet::ENUM).and_then(|labels| labels.get(&set.number()));
    let names = label.map_or(&[][..], |label| &label.members);
    names
        .iter()
        .filter_map(|name| v1::DataCategory::named(name))
        .collect()
}

/// Items by their key; none may stand twice.
pub(super) mod by_key {
    use std::marker::PhantomData;

    use serde::de::Error as _;

    use super::{
        BTreeMap, Deserialize, Deserializer, Keyed, SeqAccess, Serialize, Serializer, Visitor, fmt,
    };

    struct Items<T>(PhantomData<T>);

    impl<'de, T: Keyed + Deserialize<'de>> Visitor<'de> for Items<T> {
        type Value = BTreeMap<T::Key, T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of items")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut map = BTreeMap::new();
            while let Some(item) = items.next_element::<T>()? {
                let key = item.key();
                if map.contains_key(&key) {
                    return Err(A::Error::custom(format!("{key:?} stands twice")));
                }
                map.insert(key, item);
            }
            Ok(map)
        }
    }

    pub(in super::super) fn deserialize<'de, T, D>(
        deserializer: D,
    ) -> Result<BTreeMap<T::Key, T>, D::Error>
    where
        T: Keyed + Deserialize<'de>,
        D: Deserializer<'de>,
    {
        deserializer.deserialize_seq(Items(PhantomData))
    }

    pub(in super::super) fn serialize<T, S>(
        items: &BTreeMap<T::Key, T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        T: Keyed + Serialize,
        S: Serializer,
    {
        serializer.collect_seq(items.values())
    }
}
