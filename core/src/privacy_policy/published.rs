//! A policy as an event carries it: the document and its text, bound by their digests.

use std::collections::BTreeSet;

use prost_types::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Error, Moment, PolicyText, PrivacyPolicy, VersionTimes, diff};
use crate::schema::v1::{ChangeClass, ChangedDimension, PolicyVersionPublished};

/// Why an event's document can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The event has digests alone.
    #[error("version {0:?} was published without its machine-readable policy, or without its text")]
    Absent(String),
    /// A document's digest isn't the one that the event names.
    #[error("version {version:?}: the {what} isn't the one whose SHA-256 the event names")]
    OtherDigest {
        /// The version.
        version: String,
        /// `text` or `machine-readable policy`.
        what: &'static str,
    },
    /// The text is no UTF-8.
    #[error("version {0:?}: the text is no UTF-8")]
    TextNotUtf8(String),
    /// The event and the document say different things of the version.
    #[error("version {version:?}: the event's {what} isn't the machine-readable policy's")]
    Differs {
        /// The version.
        version: String,
        /// `id`, `times` or `text_sha256`.
        what: &'static str,
    },
    /// The document can't be read.
    #[error("version {version:?}: {source}")]
    Unreadable {
        /// The version.
        version: String,
        /// Why.
        source: Error,
    },
}

/// A machine-readable policy with its bytes, and the text that it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The policy.
    pub policy: PrivacyPolicy,
    /// Its bytes, which its digest is of.
    pub machine_readable: Vec<u8>,
    /// The text.
    pub text: String,
}

impl Document {
    /// Reads a document beside its text.
    ///
    /// # Errors
    /// As [`PrivacyPolicy::parse`].
    pub fn read(machine_readable: Vec<u8>, text: String) -> Result<Self, Error> {
        Ok(Self {
            policy: PrivacyPolicy::parse(&machine_readable)?,
            machine_readable,
            text,
        })
    }

    /// The text by its lines.
    pub fn policy_text(&self) -> PolicyText<'_> {
        PolicyText::of(&self.text)
    }

    /// The event that publishes it, as a change of `previous`, the version before it; the first of
    /// all where there is none. The class is major, and consent is owed anew, where a purpose, a way
    /// or a category changes (PIPL 14); a version without its document counts as another policy
    /// altogether.
    pub fn event(
        &self,
        previous: Option<(&str, Option<&PrivacyPolicy>)>,
    ) -> PolicyVersionPublished {
        let head = &self.policy.policy;
        let (class, dimensions) = match previous {
            None => (ChangeClass::PvChangeFirst, BTreeSet::new()),
            Some((_, None)) => (ChangeClass::PvChangeMajor, all_dimensions()),
            Some((_, Some(old))) => {
                let dimensions = diff(old, &self.policy).dimensions();
                let class = if dimensions.is_empty() {
                    ChangeClass::PvChangeMinor
                } else {
                    ChangeClass::PvChangeMajor
                };
                (class, dimensions)
            }
        };
        PolicyVersionPublished {
            policy_version_id: head.id.clone(),
            content_sha256: Sha256::digest(&self.text).to_vec(),
            published_at: Some(timestamp(head.published)),
            effective_at: Some(timestamp(head.effective)),
            change_class: class.into(),
            requires_reconsent: Some(!dimensions.is_empty()),
            changed_dimensions: dimensions.into_iter().map(i32::from).collect(),
            previous_policy_version_id: previous.map_or_else(String::new, |(id, _)| id.to_owned()),
            language: head.language.clone(),
            machine_readable_sha256: Sha256::digest(&self.machine_readable).to_vec(),
            content: self.text.clone().into_bytes(),
            machine_readable: self.machine_readable.clone(),
            ..PolicyVersionPublished::default()
        }
    }
}

fn all_dimensions() -> BTreeSet<ChangedDimension> {
    BTreeSet::from([
        ChangedDimension::PvDimPurpose,
        ChangedDimension::PvDimMethod,
        ChangedDimension::PvDimCategory,
    ])
}

fn timestamp(moment: Moment) -> Timestamp {
    let nanos = moment.0.rem_euclid(1000) * 1_000_000;
    Timestamp {
        seconds: moment.0.div_euclid(1000),
        nanos: i32::try_from(nanos).expect("less than a second"),
    }
}

impl TryFrom<&PolicyVersionPublished> for Document {
    type Error = DocumentError;

    /// Reads what an event carries, and holds it against what the event says of it.
    fn try_from(event: &PolicyVersionPublished) -> Result<Self, DocumentError> {
        let version = event.policy_version_id.clone();
        if event.content.is_empty() || event.machine_readable.is_empty() {
            return Err(DocumentError::Absent(version));
        }
        for (what, bytes, digest) in [
            ("text", &event.content, &event.content_sha256),
            (
                "machine-readable policy",
                &event.machine_readable,
                &event.machine_readable_sha256,
            ),
        ] {
            if Sha256::digest(bytes)[..] != digest[..] {
                return Err(DocumentError::OtherDigest { version, what });
            }
        }
        let Ok(text) = String::from_utf8(event.content.clone()) else {
            return Err(DocumentError::TextNotUtf8(version));
        };
        let document = Self::read(event.machine_readable.clone(), text).map_err(|source| {
            DocumentError::Unreadable {
                version: version.clone(),
                source,
            }
        })?;
        document.agrees_with(event)?;
        Ok(document)
    }
}

impl Document {
    fn agrees_with(&self, event: &PolicyVersionPublished) -> Result<(), DocumentError> {
        let head = &self.policy.policy;
        let own = VersionTimes::from(&self.policy);
        let digest = hex::encode(&event.content_sha256);
        let differs = |what| DocumentError::Differs {
            version: event.policy_version_id.clone(),
            what,
        };
        if head.id != event.policy_version_id {
            return Err(differs("id"));
        }
        if VersionTimes::try_from(event) != Ok(own) {
            return Err(differs("times"));
        }
        if head.text_sha256 != digest {
            return Err(differs("text_sha256"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../../ops/policy/2024-07-15.toml");
    const TEXT: &str = include_str!("../../../ops/policy/privacy-policy.zh.txt");

    fn document() -> Document {
        Document::read(FILE.into(), TEXT.into()).unwrap()
    }

    #[test]
    fn an_event_carries_the_whole_document() {
        let event = document().event(None);
        assert_eq!(event.change_class(), ChangeClass::PvChangeFirst);
        assert_eq!(event.requires_reconsent, Some(false));
        assert_eq!(Document::try_from(&event), Ok(document()));
    }

    #[test]
    fn an_event_fits_in_a_record_with_room_to_spare() {
        let bytes = prost::Message::encoded_len(&document().event(None));
        assert!(
            u64::try_from(bytes).unwrap() * 4 < crate::verdict::MAX_EVENT_BYTES,
            "{bytes}"
        );
    }

    #[test]
    fn a_change_says_what_it_changes() {
        let old = document().policy;
        let same = document().event(Some(("v1", Some(&old))));
        assert_eq!(same.change_class(), ChangeClass::PvChangeMinor);
        assert_eq!(same.previous_policy_version_id, "v1");
        let mut less = old.clone();
        less.purposes.remove(&crate::schema::v1::Purpose::PuSurvey);
        let more = document().event(Some(("v1", Some(&less))));
        assert_eq!(more.change_class(), ChangeClass::PvChangeMajor);
        assert_eq!(more.requires_reconsent, Some(true));
        assert_eq!(
            more.changed_dimensions,
            [ChangedDimension::PvDimPurpose as i32]
        );
        let unknown = document().event(Some(("v1", None)));
        assert_eq!(unknown.changed_dimensions.len(), 3);
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let refused = |change: &dyn Fn(&mut PolicyVersionPublished)| {
            let mut event = document().event(None);
            change(&mut event);
            Document::try_from(&event).unwrap_err().to_string()
        };
        assert!(refused(&|of| of.content.clear()).contains("without its"));
        assert!(refused(&|of| of.content[0] ^= 1).contains("the text isn't the one"));
        assert!(refused(&|of| of.machine_readable.push(b'\n')).contains("machine-readable policy"));
        assert!(refused(&|of| of.policy_version_id.push('x')).contains("id isn't"));
        assert!(
            refused(&|of| of.effective_at = of.effective_at.map(|mut at| {
                at.seconds += 1;
                at
            }))
            .contains("times")
        );
        assert!(refused(&|of| of.published_at = None).contains("times"));
        let broken = |of: &mut PolicyVersionPublished| {
            of.machine_readable = b"x = 1".to_vec();
            of.machine_readable_sha256 = Sha256::digest(&of.machine_readable).to_vec();
        };
        assert!(refused(&broken).contains("line 1 of the policy"));
        let other = |of: &mut PolicyVersionPublished| {
            of.content = "另一份".into();
            of.content_sha256 = Sha256::digest(&of.content).to_vec();
        };
        assert!(refused(&other).contains("text_sha256"));
        let no_text = |of: &mut PolicyVersionPublished| {
            of.content = vec![0xff];
            of.content_sha256 = Sha256::digest(&of.content).to_vec();
        };
        assert!(refused(&no_text).contains("no UTF-8"));
    }
}
