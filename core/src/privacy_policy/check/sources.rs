//! Whether items have sources, and whether those stand where they are said to.

use std::collections::BTreeSet;

use prost_reflect::EnumDescriptor;

use super::{ItemRef, Kind, PolicyText, PrivacyPolicy, Remark};
use crate::schema::{labels, pool};

/// The sources of one item.
pub(super) fn of_item(
    item: &ItemRef<'_>,
    text: Option<&PolicyText<'_>>,
    remarks: &mut Vec<Remark>,
) {
    if item.cites.is_empty() {
        let message = "has no source: give `cites` a line with its words, a clause, or `ours`";
        remarks.push(Remark::error(Kind::Uncited, item.name(), message));
    }
    if item.en.is_some_and(|en| en.trim().is_empty()) {
        remarks.push(Remark::error(Kind::NoEnglish, item.name(), "`en` is empty"));
    }
    for cite in item.cites {
        let found = if cite.is_whole() {
            text.and_then(|text| misplaced(cite, text))
        } else {
            let message =
                "a citation has a line with its words, or a clause, or `ours`: one of them";
            Some((Kind::Uncited, message.to_owned()))
        };
        if let Some((kind, message)) = found {
            remarks.push(Remark::error(kind, item.name(), message).citing([cite]));
        }
    }
}

fn misplaced(cite: &super::Citation, text: &PolicyText<'_>) -> Option<(Kind, String)> {
    let (number, phrase) = (cite.line?, cite.phrase.as_deref()?);
    let Some(line) = text.line(number) else {
        let last = text.lines().count();
        let message = format!("cites line {number}; the text has {last} lines");
        return Some((Kind::NoSuchLine, message));
    };
    if line.contains(phrase) {
        return None;
    }
    let elsewhere: Vec<String> = text
        .lines()
        .filter(|(_, line)| line.contains(phrase))
        .map(|(number, _)| number.to_string())
        .collect();
    let hint = if elsewhere.is_empty() {
        "nor in any other".to_owned()
    } else {
        format!("but in line {}", elsewhere.join(", "))
    };
    let message = format!("「{phrase}」 doesn't stand in line {number}, {hint}");
    Some((Kind::NotInLine, message))
}

/// The version's id, times and text.
pub(super) fn of_head(
    policy: &PrivacyPolicy,
    text: Option<&PolicyText<'_>>,
    remarks: &mut Vec<Remark>,
) {
    let head = &policy.policy;
    let mut error = |kind, message: String| {
        remarks.push(Remark::error(kind, "[policy]", message).citing(&head.cites));
    };
    if let Some(text) = text {
        let digest = hex::encode(text.sha256());
        if digest != head.text_sha256 {
            let message = format!(
                "text_sha256 is {}, and the text's digest {digest}: is it the text that was published?",
                head.text_sha256
            );
            error(Kind::OtherText, message);
        }
    }
    let prefix = head.text_sha256.get(..16).unwrap_or(&head.text_sha256);
    let dated = head
        .id
        .strip_suffix(prefix)
        .and_then(|date| date.strip_suffix('-'));
    if !dated.is_some_and(is_date) {
        let message = format!(
            "the id {:?} isn't its date and {prefix:?}, joined by -",
            head.id
        );
        error(Kind::WrongId, message);
    }
    if head.effective < head.published {
        let message = "takes effect before it was published: nothing binds before it is public";
        error(Kind::EffectiveBeforePublished, message.to_owned());
    }
    if head.updated > head.effective {
        let message = "was updated after it took effect: what held between them?";
        error(Kind::Contradiction, message.to_owned());
    }
    if head.time_zone != "Asia/Shanghai" {
        let message = format!(
            "time_zone is {:?}; days are counted in Asia/Shanghai",
            head.time_zone
        );
        error(Kind::UnknownZone, message);
    }
}

fn is_date(text: &str) -> bool {
    let digits = |at: usize| text.as_bytes()[at].is_ascii_digit();
    text.len() == 10 && (0..10).all(|at| digits(at) != (at == 4 || at == 7) && text.is_ascii())
}

/// Values of the schema that carry a line of this policy and have no item: the text says something
/// that the policy doesn't.
pub(super) fn coverage(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let mut stated = BTreeSet::new();
    policy.each_item(|item| stated.extend([item.id.to_owned()]));
    stated.extend(names_besides(policy));
    for vocabulary in pool().all_enums().filter(of_ours) {
        let missing = uncovered(&vocabulary, &policy.policy.id, &stated);
        if !missing.is_empty() {
            let message = format!("no item states {}", missing.join(", "));
            let of = format!("the schema's {}", vocabulary.name());
            remarks.push(Remark::warning(Kind::Uncovered, of, message));
        }
    }
}

/// Values that an item states under another name than theirs.
fn names_besides(policy: &PrivacyPolicy) -> Vec<String> {
    let sdks = policy.sdks.values().filter_map(|sdk| sdk.sdk);
    let clocks = policy.rights.values().filter_map(|right| right.clock);
    let sdks = sdks.map(|sdk| sdk.as_str_name().to_owned());
    sdks.chain(clocks.map(|clock| clock.as_str_name().to_owned()))
        .collect()
}

fn of_ours(vocabulary: &EnumDescriptor) -> bool {
    vocabulary.package_name() == "custodia.v1"
}

fn uncovered(vocabulary: &EnumDescriptor, version: &str, stated: &BTreeSet<String>) -> Vec<String> {
    let labels = labels(vocabulary.full_name()).into_iter().flatten();
    labels
        .filter(|(_, label)| label.first_policy.as_deref() == Some(version))
        .map(|(_, label)| &label.value)
        .filter(|value| !stated.contains(*value))
        .cloned()
        .collect()
}
