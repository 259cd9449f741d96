//! What an extract says of itself (`proto/FORMAT.md` 13.4 to 13.6).

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::canonical::{self, Hex32, Int};
use super::{CountTable, Profile, Query, SaidFinding};

/// The format, as the manifest and the note name it.
pub const FORMAT: &str = "custodia-extract/v1";
/// The edition of the reports that is made today.
pub const EDITION: u8 = 1;
/// Most logs of a cut.
pub const MAX_LOGS: usize = 4096;
/// Most findings that a manifest says; so it stays readable.
pub const MAX_FINDINGS: usize = 10_000;
/// The first line of a cut's text.
const CUT_HEADER: &str = "custodia-cut/v1";

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What later kinds of extract have and this one has not.
    pub absent: Vec<String>,
    /// `none`: there is no kind of completeness proof yet.
    pub completeness: String,
    /// Counts, with R-AUDIT alone and always: the operator's word.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub counts: Vec<CountTable>,
    /// What was known.
    pub cut: Cut,
    /// The edition of its reports.
    pub edition: u8,
    /// What the rules say, as far as the opened slots alone don't: the operator's word, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<SaidFinding>,
    /// [`FORMAT`].
    pub format: String,
    /// Checkpoints that the requester holds.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub held: Vec<LogAt>,
    /// The verifier key that signed it and its checkpoints, under `<ledger>/extract`.
    pub key: String,
    /// The ledger.
    pub ledger: String,
    /// All members but the manifest and its note; left out where the manifest is hashed for its id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub members: Option<Vec<Member>>,
    /// Logs that the registry has open and that the cut lacks.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub open_elsewhere: Vec<String>,
    /// The policy versions whose document or text stands below `policy/`, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub policies: Vec<String>,
    /// The policy versions that the events name.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub policy_versions: Vec<String>,
    /// What it opens.
    pub profile: Profile,
    /// What was asked.
    pub query: Query,
    /// Which findings of those that the opened slots give don't hold, on evidence that is withheld: their
    /// places in canonical order. The operator's word.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub refuted: Vec<Int<u64>>,
    /// Who asked, and on what basis.
    pub request: Request,
    /// By which rules and holidays it is judged.
    #[serde(with = "canonical::hex32")]
    pub rules: [u8; 32],
    /// The query in words.
    pub words: Words,
}

/// One size for each log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// What names it.
    #[serde(with = "canonical::hex32")]
    pub digest: [u8; 32],
    /// The logs, ascending by origin.
    pub logs: Vec<LogAt>,
    /// The latest timestamp of a record in it, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<Int<i64>>,
}

/// A log at a size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogAt {
    /// Its origin.
    pub origin: String,
    /// Its root at that size.
    #[serde(with = "canonical::hex32")]
    pub root: [u8; 32],
    /// How many leaves.
    pub size: Int<u64>,
}

/// A member of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// How many bytes.
    pub length: Int<u64>,
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes.
    #[serde(with = "canonical::hex32")]
    pub sha256: [u8; 32],
}

/// Who asked, and on what basis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// SHA-256 of the authority's document.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub document_sha256: Option<Hex32>,
    /// SHA-256 of each age recipient to whom the archive left encrypted, ascending.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub encrypted_to: Vec<Hex32>,
    /// The request.
    pub id: String,
    /// Name of a `LegalBasisOfReading`.
    pub legal_basis: String,
    /// What the requester gave, so that an older extract can't pass for this one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nonce: Option<String>,
    /// Name of a `RequesterKind`.
    pub requester: String,
    /// The authority or office, never a person's name.
    pub requester_name: String,
}

/// The query in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// In English.
    pub en: String,
    /// In Chinese: the one that counts.
    #[serde(rename = "zh-CN")]
    pub zh: String,
}

impl Manifest {
    /// Its bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        canonical::write(self)
    }

    /// Reads `manifest.json`. Checks the spelling alone, not what it says.
    ///
    /// # Errors
    /// [`canonical::Error`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, canonical::Error> {
        canonical::read(bytes)
    }

    /// The extract's id: SHA-256 of the manifest without its members.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        let bare = Self {
            members: None,
            ..self.clone()
        };
        Sha256::digest(bare.to_json()).into()
    }
}

/// The digest that names a cut: SHA-256 of its text (`proto/FORMAT.md` 13.5), for origins and sizes
/// ascending by origin.
pub fn cut_digest<'a>(logs: impl IntoIterator<Item = (&'a str, u64)>) -> [u8; 32] {
    Sha256::digest(cut_text(logs)).into()
}

/// A cut's text (`proto/FORMAT.md` 13.5), for origins and sizes ascending by origin.
pub fn cut_text<'a>(logs: impl IntoIterator<Item = (&'a str, u64)>) -> String {
    let mut text = format!("{CUT_HEADER}\n");
    for (origin, size) in logs {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{origin} {size}");
    }
    text
}

/// The text of `manifest.note` (`proto/FORMAT.md` 13.6).
#[must_use]
pub fn note_text(ledger: &str, manifest: &[u8]) -> String {
    let digest = hex::encode(Sha256::digest(manifest));
    format!("{FORMAT}\n{ledger}\n{digest}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{CountCell, QueryKind};

    fn manifest() -> Manifest {
        let logs = vec![LogAt {
            origin: "l.example/custodia.events/0/0".into(),
            root: [1; 32],
            size: Int(7),
        }];
        Manifest {
            absent: vec!["findings.csv".into()],
            completeness: "none".into(),
            counts: vec![CountTable {
                cells: vec![CountCell {
                    count: Some(Int(12)),
                    keys: vec!["DataShared".into()],
                    month: "2026-09".into(),
                }],
                name: "events".into(),
            }],
            cut: Cut {
                digest: cut_digest([("l.example/custodia.events/0/0", 7)]),
                logs: logs.clone(),
                time: Some(Int(-5)),
            },
            edition: EDITION,
            findings: vec![],
            format: FORMAT.into(),
            held: logs,
            key: "l.example/extract+00000000+AAAA".into(),
            ledger: "l.example".into(),
            members: Some(vec![Member {
                length: Int(3),
                name: "events.jsonl".into(),
                sha256: [2; 32],
            }]),
            open_elsewhere: vec!["l.example/custodia.events/1/0".into()],
            policies: vec!["2024-07-15-34b0c98b57f7eb15".into()],
            policy_versions: vec!["2024-07-15-34b0c98b57f7eb15".into()],
            profile: Profile::SSelf,
            query: Query {
                events: vec!["DataShared".into()],
                from: Some(Int(0)),
                id: "k3vq7mzt2hxw5ncyadj4rbg6ps".into(),
                k: Some(Int(10)),
                kind: QueryKind::Subject,
                until: Some(Int(9)),
            },
            refuted: vec![Int(0), Int(4)],
            request: Request {
                document_sha256: Some(Hex32([3; 32])),
                encrypted_to: vec![Hex32([4; 32])],
                id: "q1".into(),
                legal_basis: "LB_PIPL_45_ACCESS".into(),
                nonce: Some("n".into()),
                requester: "RQ_SUBJECT".into(),
                requester_name: "本人".into(),
            },
            rules: [9; 32],
            words: Words {
                en: "what".into(),
                zh: "什么".into(),
            },
        }
    }

    /// Names ascend at every depth: what RFC 8785 asks for.
    fn assert_ascending(value: &serde_json::Value, text: &str) {
        match value {
            serde_json::Value::Object(members) => {
                let mut at = 0;
                let mut names: Vec<&String> = members.keys().collect();
                names.sort();
                for name in names {
                    let found = text[at..].find(&format!("\"{name}\":"));
                    at += found.unwrap_or_else(|| panic!("{name} stands before another"));
                    let inner = serde_json::to_string(&members[name]).unwrap();
                    assert_ascending(&members[name], &inner);
                    at += 1;
                }
            }
            serde_json::Value::Array(items) => {
                for item in items {
                    assert_ascending(item, &serde_json::to_string(item).unwrap());
                }
            }
            _ => {}
        }
    }

    #[test]
    fn a_manifest_with_everything_is_written_in_order_and_read_again() {
        let bytes = manifest().to_json();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_ascending(&serde_json::from_str(&text).unwrap(), &text);
        assert_eq!(Manifest::from_json(&bytes).unwrap(), manifest());
        let twice = text.replacen("\"edition\":1", "\"edition\":1,\"edition\":1", 1);
        assert!(Manifest::from_json(twice.as_bytes()).is_err());
        let past = text.replacen("\"edition\":1", "\"edition\":9007199254740993", 1);
        assert!(Manifest::from_json(past.as_bytes()).is_err());
    }

    #[test]
    fn the_id_rests_on_everything_but_the_members() {
        let id = manifest().id();
        let mut other = manifest();
        other.members = None;
        assert_eq!(other.id(), id);
        other.request.nonce = None;
        assert_ne!(other.id(), id);
    }
}
