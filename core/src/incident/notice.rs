//! What a notice of an incident must say, a draft that has a place for all of it, and the check that a text
//! says it (L262; PIPL 57; NDSR 11).

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::privacy_policy::{NoticeKind, PrivacyPolicy};
use crate::schema;
use crate::schema::v1::NoticeContent;

/// What PIPL 57 asks of a report, whichever parts come first.
pub const PIPL_57: [NoticeContent; 5] = [
    NoticeContent::BrNotifyContentMeasures,
    NoticeContent::BrNotifyContentDataTypes,
    NoticeContent::BrNotifyContentCause,
    NoticeContent::BrNotifyContentHarm,
    NoticeContent::BrNotifyContentHandlerContact,
];
/// What stands where a person has to write.
const TO_FILL: &str = "【待填";
/// How a section's heading begins.
const HEADING: &str = "## ";
const VOCABULARY: &str = "custodia.v1.NoticeContent";

/// What the ledger knows of an incident, in Chinese, for a draft.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The incident.
    pub incident_id: String,
    /// What happened, and in which window.
    pub what: String,
    /// The categories of data.
    pub data_types: String,
    /// What made it possible; empty where that isn't known.
    pub cause: String,
    /// What was done against it; empty where nothing was.
    pub measures: String,
    /// How the operator is reached; empty where no policy says.
    pub contact: String,
}

/// A text that is no notice yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// A heading that is none of the law's items.
    #[error(
        "line {line}: the heading is none of the items of a notice; `custodia incident notice` makes a draft with all of them"
    )]
    Heading {
        /// The line, from 1.
        line: usize,
    },
    /// A section that says nothing.
    #[error("line {line}: nothing stands under this heading")]
    Nothing {
        /// The heading's line, from 1.
        line: usize,
    },
    /// A section that is still to be filled in.
    #[error("line {line}: {TO_FILL}…】 is still to be filled in")]
    ToFill {
        /// The line, from 1.
        line: usize,
    },
    /// No section at all.
    #[error("the text has no section; `custodia incident notice` makes a draft with all of them")]
    NoSection,
}

/// What a notice of this kind must say by the policy; by PIPL 57 alone where the policy names nothing, as of a
/// report to a regulator.
pub fn required(policy: Option<&PrivacyPolicy>, kind: NoticeKind) -> Vec<NoticeContent> {
    let item = policy.and_then(|policy| policy.notice(kind));
    match item {
        Some(item) if !item.contents.is_empty() => item.contents.iter().copied().collect(),
        _ => PIPL_57.into(),
    }
}

/// A draft with a section for each item. What the ledger knows stands in it; where a person has to write
/// stands 【待填…】, and such a text is refused.
pub fn draft(title: &str, contents: &[NoticeContent], facts: &Facts) -> String {
    let mut text = format!("# {title} {}\n", facts.incident_id);
    for content in contents {
        let said = match content {
            NoticeContent::BrNotifyContentFactsAndImpact => &facts.what,
            NoticeContent::BrNotifyContentDataTypes => &facts.data_types,
            NoticeContent::BrNotifyContentCause => &facts.cause,
            NoticeContent::BrNotifyContentMeasures => &facts.measures,
            NoticeContent::BrNotifyContentHandlerContact => &facts.contact,
            _ => "",
        };
        // Writing to a String can't fail.
        let _ = writeln!(text, "\n{HEADING}{}", heading(*content));
        if !said.is_empty() {
            let _ = writeln!(text, "{said}");
        }
        let whole = matches!(
            content,
            NoticeContent::BrNotifyContentDataTypes | NoticeContent::BrNotifyContentHandlerContact
        );
        if said.is_empty() || !whole {
            let _ = writeln!(text, "{TO_FILL}：{}】", heading(*content));
        }
    }
    text
}

/// The items that a text has a filled section for, in its order.
///
/// # Errors
/// [`NoticeError`].
pub fn contents_of(text: &str) -> Result<Vec<NoticeContent>, NoticeError> {
    let mut contents = Vec::new();
    let mut open: Option<usize> = None;
    for (at, line) in (1..).zip(text.lines()) {
        if line.contains(TO_FILL) {
            return Err(NoticeError::ToFill { line: at });
        }
        if let Some(title) = line.strip_prefix(HEADING) {
            must_be_filled(open)?;
            contents.push(item(title.trim()).ok_or(NoticeError::Heading { line: at })?);
            open = Some(at);
        } else if !line.trim().is_empty() {
            open = None;
        }
    }
    must_be_filled(open)?;
    if contents.is_empty() {
        return Err(NoticeError::NoSection);
    }
    Ok(contents)
}

/// Those of the required items that a notice lacks.
pub fn missing(required: &[NoticeContent], held: &[NoticeContent]) -> Vec<NoticeContent> {
    let lacks = |content: &&NoticeContent| !held.contains(content);
    required.iter().filter(lacks).copied().collect()
}

fn must_be_filled(open: Option<usize>) -> Result<(), NoticeError> {
    open.map_or(Ok(()), |line| Err(NoticeError::Nothing { line }))
}

fn item(title: &str) -> Option<NoticeContent> {
    let known = schema::labels(VOCABULARY)?.iter();
    let found = known
        .filter(|(number, _)| **number != 0)
        .find(|(_, label)| title == label.name_zh() || title.eq_ignore_ascii_case(&label.en));
    found.and_then(|(number, _)| NoticeContent::try_from(*number).ok())
}

fn heading(content: NoticeContent) -> &'static str {
    schema::label(VOCABULARY, content.into()).map_or("", schema::Label::name_zh)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            incident_id: "i-1".into(),
            what: "2026-09-20 快递接口的凭证泄露。".into(),
            data_types: "收货人姓名、收货地址".into(),
            contact: "yikai@yikaionline.com".into(),
            ..Facts::default()
        }
    }

    fn all() -> Vec<NoticeContent> {
        let numbers = 1..=8;
        numbers
            .map(|n| NoticeContent::try_from(n).unwrap())
            .collect()
    }

    #[test]
    fn a_draft_is_refused_until_it_is_filled_in_and_then_says_everything() {
        let draft = draft("告知书", &all(), &facts());
        assert!(matches!(
            contents_of(&draft),
            Err(NoticeError::ToFill { .. })
        ));
        let filled: Vec<&str> = draft
            .lines()
            .map(|line| {
                if line.starts_with(TO_FILL) {
                    "已核实。"
                } else {
                    line
                }
            })
            .collect();
        assert_eq!(contents_of(&filled.join("\n")).unwrap(), all());
        assert!(missing(&all(), &contents_of(&filled.join("\n")).unwrap()).is_empty());
    }

    #[test]
    fn a_text_that_says_less_names_what_it_lacks() {
        let text = "# x\n\n## cause\n凭证泄露。\n\n## 个人信息种类\n收货地址\n";
        let held = contents_of(text).unwrap();
        assert_eq!(held.len(), 2);
        assert_eq!(missing(&PIPL_57, &held).len(), 3);
        let empty = contents_of("## cause\n\n## 个人信息种类\nx\n");
        assert!(matches!(empty, Err(NoticeError::Nothing { line: 1, .. })));
        let end = contents_of("## cause\nx\n## 个人信息种类\n");
        assert!(matches!(end, Err(NoticeError::Nothing { line: 3, .. })));
        let other = contents_of("## 天气\n晴\n");
        assert_eq!(other, Err(NoticeError::Heading { line: 1 }));
        assert_eq!(contents_of("x"), Err(NoticeError::NoSection));
    }
}
