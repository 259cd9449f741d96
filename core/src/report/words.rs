//! The question in words, and the key in a form that people compare.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::Language;
use super::names;
use super::shown::Visible;
use crate::extract::{Profile, Query, QueryKind, Words};
use crate::moment::Moment;
use crate::schema;

/// Length of an Ed25519 public key, in bytes.
const PUBLIC_BYTES: usize = 32;

/// The manifest's `words`: a pure function of its `query` and `profile`.
#[must_use]
pub fn words(query: &Query, profile: Profile) -> Words {
    let (zh, en) = question(query);
    let (own_zh, own_en) = purpose(profile);
    Words {
        zh: format!("{zh}（{own_zh}，{}。）", profile.name()),
        en: format!("{en} ({own_en}, {}.)", profile.name()),
    }
}

/// What is asked.
fn question(query: &Query) -> (String, String) {
    let id = Visible(&query.id);
    let (zh, en) = (period_zh(query), period_en(query));
    match query.kind {
        QueryKind::Subject => (
            format!(
                "编号为{id}的个人，其个人信息{zh}被提供给了谁、何时提供、依据何在；\
                 以及账本中关于该个人的其他记录。"
            ),
            format!(
                "Who received the personal data of the person with reference {id}{en}, when, and on \
                 what ground; and what else the ledger holds about that person."
            ),
        ),
        QueryKind::Recipient => (
            format!(
                "编号为{id}的接收方{zh}收到了哪些个人信息、何时收到、依据何在；\
                 以及账本中关于该接收方的其他记录。"
            ),
            format!(
                "What personal data the recipient with id {id} received{en}, when, and on what \
                 ground; and what else the ledger holds about that recipient."
            ),
        ),
        QueryKind::Incident => (
            format!(
                "编号为{id}的安全事件{zh}如何知悉、定级、处置、报告和告知，各步骤与法定时限相比如何。"
            ),
            format!(
                "How the incident with id {id} was known, graded, contained, reported and told of{en}, \
                 held against the time limits of the law."
            ),
        ),
        QueryKind::Class => (
            format!("账本{zh}的全部下列事件：{}。", events(query, Language::Zh)),
            format!(
                "All events of these kinds{en}: {}.",
                events(query, Language::En)
            ),
        ),
        QueryKind::Audit => {
            let k = query.k.map_or(0, |k| k.0);
            (
                format!("账本{zh}的汇总计数，以及不涉及任何个人的登记；涉及不足{k}人的格不显示。"),
                format!(
                    "Counts{en}, and the registrations that name nobody; a cell of fewer than {k} people is not \
                     shown."
                ),
            )
        }
    }
}

/// The kinds of event asked about.
fn events(query: &Query, language: Language) -> String {
    let name = |event: &String| {
        let shown = Visible(event);
        let kind = schema::body_named(event).and_then(|kind| names::event(kind.number));
        match kind {
            Some(name) if language == Language::Zh => format!("{}（{shown}）", name.zh),
            Some(name) => format!("{} ({shown})", name.en),
            None => shown.to_string(),
        }
    };
    let names: Vec<String> = query.events.iter().map(name).collect();
    names.join(language.pick("、", ", "))
}

/// Whom a profile is for.
const fn purpose(profile: Profile) -> (&'static str, &'static str) {
    match profile {
        Profile::RSubject => ("供主管机关使用", "For an authority"),
        Profile::RRecipient | Profile::RIncident | Profile::RClass => (
            "供主管机关使用，个人以假名代替",
            "For an authority; people are pseudonyms",
        ),
        Profile::RAudit => (
            "供合规审计使用，不含任何个人的条目",
            "For an audit; no leaf of any person is in it",
        ),
        Profile::SSelf => ("本人副本", "The person's own copy"),
    }
}

fn period_zh(query: &Query) -> String {
    match (query.from, query.until) {
        (None, None) => "在账本的全部期间内".to_owned(),
        (Some(from), None) => format!("自{}（北京时间）起", Moment(from.0)),
        (None, Some(until)) => format!("在{}（北京时间）之前", Moment(until.0)),
        (Some(from), Some(until)) => {
            format!(
                "自{}起至{}之前（北京时间）",
                Moment(from.0),
                Moment(until.0)
            )
        }
    }
}

fn period_en(query: &Query) -> String {
    match (query.from, query.until) {
        (None, None) => String::new(),
        (Some(from), None) => format!(" from {} (UTC+8) on", Moment(from.0)),
        (None, Some(until)) => format!(" before {} (UTC+8)", Moment(until.0)),
        (Some(from), Some(until)) => format!(
            " from {} until before {} (UTC+8)",
            Moment(from.0),
            Moment(until.0)
        ),
    }
}

/// The fingerprint of a verifier key: hex SHA-256 of its 32 public bytes, in groups of four; none
/// where it is no such key.
#[must_use]
pub fn fingerprint(vkey: &str) -> Option<String> {
    let material = vkey.splitn(3, '+').nth(2)?;
    let material = STANDARD.decode(material).ok()?;
    let (_, public) = material.split_first()?;
    let public: &[u8; PUBLIC_BYTES] = public.try_into().ok()?;
    let digest = hex::encode(Sha256::digest(public));
    let groups: Vec<&str> = (0..digest.len())
        .step_by(4)
        .filter_map(|at| digest.get(at..at + 4))
        .collect();
    Some(groups.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::Int;

    #[test]
    fn a_question_names_its_period() {
        let mut query = Query {
            events: Vec::new(),
            from: None,
            id: "courier-1".into(),
            k: None,
            kind: QueryKind::Recipient,
            until: None,
        };
        let all = words(&query, Profile::RRecipient);
        assert!(
            all.zh
                .contains("编号为courier-1的接收方在账本的全部期间内收到了"),
            "{}",
            all.zh
        );
        query.from = Some(Int(0));
        query.until = Some(Int(86_400_000));
        let some = words(&query, Profile::RRecipient);
        assert!(
            some.zh
                .contains("自1970-01-01 08:00:00.000起至1970-01-02 08:00:00.000之前")
        );
        assert!(
            some.en
                .contains("from 1970-01-01 08:00:00.000 until before 1970-01-02")
        );
        query.id = "\u{202e}x".into();
        assert!(words(&query, Profile::RRecipient).en.contains("[U+202E]x"));
    }

    #[test]
    fn a_fingerprint_is_of_the_public_key_alone() {
        // A key of zeros: printf '\0%.0s' {1..32} | sha256sum.
        let vkey = format!("l.example/extract+00000000+{}", STANDARD.encode([1_u8; 33]));
        let same = format!("other+11111111+{}", STANDARD.encode([1_u8; 33]));
        let shown = fingerprint(&vkey).unwrap();
        assert_eq!(fingerprint(&same), Some(shown.clone()));
        assert!(shown.starts_with("72cd 6e84 22c4 07fb"), "{shown}");
        assert_eq!(shown.len(), 64 + 15);
        assert_eq!(fingerprint("l.example/extract+00000000+AAAA"), None);
        assert_eq!(fingerprint("x"), None);
    }
}
