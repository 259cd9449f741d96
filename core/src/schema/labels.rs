//! Names of values, and where they come from: read once from the schema's options.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use prost_reflect::{EnumDescriptor, EnumValueDescriptor, Value};

use super::{extension, pool, v1};

/// What the schema says of one value of a vocabulary (domain §1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The value's full name, e.g. `DC_ID_NUMBER`.
    pub value: String,
    /// The policy's exact words, where the policy has some.
    pub zh: Option<String>,
    /// The line of the policy's text in which they stand, from 1.
    pub line: Option<u32>,
    /// The law's clause, e.g. `PIPL 29`.
    pub law: Option<String>,
    /// Why there is neither phrase nor clause.
    pub none: Option<String>,
    /// A short name in Chinese, where the phrase is missing or doesn't serve as a name.
    pub zh_name: Option<String>,
    /// A short name in English.
    pub en: String,
    /// Whether the category is sensitive (PIPL 28).
    pub sensitive: bool,
    /// The group of the value in domain §1, e.g. `ACCOUNT`.
    pub group: Option<String>,
    /// The concept's IRI in W3C DPV.
    pub dpv: Option<String>,
    /// The key in the fideslang taxonomy.
    pub fides_key: Option<String>,
    /// The policy version in which the value first appears; none for values that aren't of the policy.
    pub first_policy: Option<String>,
    /// Names of the values that a set stands for.
    pub members: Vec<String>,
}

impl Label {
    /// The name to show in Chinese: the short one, or else the phrase.
    pub fn name_zh(&self) -> &str {
        self.zh_name
            .as_deref()
            .or(self.zh.as_deref())
            .unwrap_or(&self.value)
    }

    fn of(value: &EnumValueDescriptor) -> Option<Self> {
        let options = value.options();
        let extension = extension("label");
        if !options.has_extension(&extension) {
            return None;
        }
        let Value::Message(raw) = options.get_extension(&extension).into_owned() else {
            return None;
        };
        let raw: v1::Label = raw.transcode_to().ok()?;
        let first_policy = some(raw.first_policy).or_else(|| first_policy(value.parent_enum()));
        Some(Self {
            value: value.name().to_owned(),
            first_policy: first_policy.filter(|_| raw.line > 0),
            zh: some(raw.zh),
            line: (raw.line > 0).then_some(raw.line),
            law: some(raw.law),
            none: some(raw.none),
            zh_name: some(raw.zh_name),
            en: raw.en,
            sensitive: raw.sensitive,
            group: some(raw.group),
            dpv: some(raw.dpv),
            fides_key: some(raw.fides_key),
            members: raw.members,
        })
    }
}

/// The label of a value, e.g. `label("custodia.v1.DataCategory", 41)`; none for a number that the
/// vocabulary doesn't have, and for `*_UNSPECIFIED`.
pub fn label(enum_name: &str, number: i32) -> Option<&'static Label> {
    labels(enum_name)?.get(&number)
}

/// All labels of a vocabulary by number; none where `custodia.v1` has no such enum.
pub fn labels(enum_name: &str) -> Option<&'static BTreeMap<i32, Label>> {
    static LABELS: LazyLock<HashMap<String, BTreeMap<i32, Label>>> = LazyLock::new(|| {
        let vocabularies = pool()
            .all_enums()
            .filter(|e| e.package_name() == "custodia.v1");
        vocabularies
            .map(|e| (e.full_name().to_owned(), labels_of(&e)))
            .collect()
    });
    LABELS.get(enum_name)
}

fn labels_of(vocabulary: &EnumDescriptor) -> BTreeMap<i32, Label> {
    vocabulary
        .values()
        .filter_map(|v| Some((v.number(), Label::of(&v)?)))
        .collect()
}

fn first_policy(vocabulary: &EnumDescriptor) -> Option<String> {
    let options = vocabulary.parent_file().options();
    some(
        options
            .get_extension(&extension("first_policy"))
            .as_str()?
            .to_owned(),
    )
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_policy_names_phrase_line_and_version() {
        let number = v1::DataCategory::DcFaceImage as i32;
        let label = label("custodia.v1.DataCategory", number).unwrap();
        assert_eq!(label.value, "DC_FACE_IMAGE");
        assert_eq!(
            (label.zh.as_deref(), label.line),
            (Some("面部识别影像资料"), Some(65))
        );
        assert_eq!(label.fides_key.as_deref(), Some("user.biometric"));
        assert_eq!(label.en, "face image");
        assert!(label.sensitive);
        assert!(
            label
                .first_policy
                .as_deref()
                .unwrap()
                .starts_with("2024-07-15-")
        );
    }

    #[test]
    fn a_value_of_the_law_has_a_name_and_no_policy() {
        let number = v1::ConsentStrength::CsWritten as i32;
        let label = label("custodia.v1.ConsentStrength", number).unwrap();
        assert_eq!(
            (label.name_zh(), label.law.as_deref()),
            ("书面同意", Some("PIPL 29"))
        );
        assert_eq!((&label.zh, &label.first_policy), (&None, &None));
    }

    #[test]
    fn nothing_is_said_of_what_the_schema_does_not_have() {
        assert_eq!(label("custodia.v1.DataCategory", 0), None);
        assert_eq!(label("custodia.v1.DataCategory", 99_999), None);
        assert_eq!(label("custodia.v1.NoSuch", 1), None);
    }
}
