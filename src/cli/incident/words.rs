//! Words of the vocabulary on the command line: by name, with or without the vocabulary's prefix, in any
//! case.

use custodia_core::schema;
use custodia_core::schema::v1::{
    Channel, ContainmentStep, DataCategory, IncidentCause, IncidentGrade, IncidentKind,
    ReportedBody,
};

/// A value of a vocabulary, by its number.
fn number(vocabulary: &str, prefix: &str, word: &str) -> Result<i32, String> {
    let upper = word.to_uppercase().replace('-', "_");
    let known = schema::labels(&format!("custodia.v1.{vocabulary}"));
    let known = known.into_iter().flatten();
    let named = |(_, label): &(&i32, &schema::Label)| {
        label.value == upper || label.value == format!("{prefix}{upper}")
    };
    let found = known.clone().find(named).map(|(number, _)| *number);
    found.filter(|number| *number != 0).ok_or_else(|| {
        let words = known.filter(|(number, _)| **number != 0).map(|(_, label)| {
            let value = label.value.strip_prefix(prefix);
            value.unwrap_or(&label.value).to_lowercase()
        });
        let words: Vec<String> = words.take(12).collect();
        format!(
            "expected one of the vocabulary {vocabulary}: {} …",
            words.join(", ")
        )
    })
}

macro_rules! word {
    ($name:ident, $vocabulary:ident, $prefix:literal) => {
        pub(super) fn $name(word: &str) -> Result<$vocabulary, String> {
            let number = number(stringify!($vocabulary), $prefix, word)?;
            $vocabulary::try_from(number).map_err(|error| error.to_string())
        }
    };
}

word!(kind, IncidentKind, "BR_EVENT_");
word!(cause, IncidentCause, "BR_CAUSE_");
word!(grade, IncidentGrade, "BR_GRADE_");
word!(step, ContainmentStep, "BR_STEP_");
word!(authority, ReportedBody, "BR_REPORTED_");
word!(channel, Channel, "CH_");
word!(category, DataCategory, "DC_");

/// A fingerprint in hex.
pub(super) fn fingerprint(word: &str) -> Result<Vec<u8>, String> {
    let bytes = hex::decode(word).ok().filter(|bytes| !bytes.is_empty());
    bytes.ok_or_else(|| "expected a fingerprint in hex, never the credential itself".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_with_and_without_its_prefix_and_a_wrong_one_names_the_right_ones() {
        assert_eq!(kind("leak"), Ok(IncidentKind::BrEventLeak));
        assert_eq!(kind("BR_EVENT_LEAK"), Ok(IncidentKind::BrEventLeak));
        assert_eq!(
            authority("provincial-cac"),
            Ok(ReportedBody::BrReportedProvincialCac)
        );
        assert_eq!(channel("push"), Ok(Channel::ChPush));
        assert!(grade("grave").unwrap_err().contains("larger"));
        assert!(grade("unspecified").is_err());
        assert!(fingerprint("hunter2").is_err());
    }
}
