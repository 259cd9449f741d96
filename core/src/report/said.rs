//! What the operator says of a leaf, and why a slot of it is withheld, in words.

use super::Language;
use super::answer::{Answer, Leaf, Place};
use super::names::{self, Name};
use crate::extract::{Profile, SaidVerdict};
use crate::slot::{SlotId, SlotKind};

/// A leaf's short name: its log by its place in the cut, from 1, and its index.
pub(super) fn short(place: Place) -> String {
    match place.log {
        u32::MAX => format!("L?#{}", place.index),
        log => format!("L{}#{}", log + 1, place.index),
    }
}

/// The operator's verdict on a leaf.
pub(super) fn verdict(leaf: &Leaf, language: Language) -> String {
    let said = &leaf.said;
    match said.verdict {
        SaidVerdict::Accepted => language.pick("采信", "accepted").to_owned(),
        SaidVerdict::Unknown => language
            .pick("未判定（删除在先）", "not judged (erased first)")
            .to_owned(),
        SaidVerdict::Duplicate => {
            let index = said.duplicate_of.map_or(0, |index| index.0);
            let of = short(Place {
                log: leaf.place.log,
                index,
            });
            match language {
                Language::Zh => format!("重复（{of}）"),
                Language::En => format!("repeats {of}"),
            }
        }
        SaidVerdict::Quarantined => {
            let code = said.reason.as_deref().unwrap_or_default();
            let reason = names::reason(code).map_or(code, |name| name.pick(language));
            match language {
                Language::Zh => format!("隔离：{reason}"),
                Language::En => format!("quarantined: {reason}"),
            }
        }
    }
}

/// Under which order a leaf was erased; none where it wasn't.
pub(super) fn erased(leaf: &Leaf, answer: &Answer, language: Language) -> Option<String> {
    if !leaf.gone {
        return None;
    }
    let Some(erased) = leaf.said.erased.as_ref() else {
        let text = language.pick(
            "已删除，依何命令未说明",
            "erased; under which order is not said",
        );
        return Some(text.to_owned());
    };
    let place = short(answer.place(&erased.log, erased.index.0));
    Some(match language {
        Language::Zh => format!("依删除令{}删除（见{place}）", erased.order_id),
        Language::En => format!("erased under order {} (see {place})", erased.order_id),
    })
}

/// What a slot holds.
pub(super) fn slot(id: u8) -> Name {
    match SlotId(id).kind() {
        Some(SlotKind::EnvelopeBlock(0)) => Name::new(
            "事件编号、发生时间、生产方、政策版本",
            "event id, time, producer, policy version",
        ),
        Some(SlotKind::EnvelopeBlock(1)) => {
            Name::new("所涉个人及其角色", "the person and their role")
        }
        Some(SlotKind::EnvelopeBlock(2)) => Name::new(
            "关联编号、因果编号、证据摘要",
            "correlation, causation, digests of evidence",
        ),
        Some(SlotKind::EnvelopeBlock(3)) => {
            Name::new("生产方的密钥与签名", "the producer's key and signature")
        }
        Some(SlotKind::EnvelopeBlock(_)) => {
            Name::new("信封的其他字段", "further fields of the envelope")
        }
        Some(SlotKind::BodyType) => Name::new("事件种类", "the kind of event"),
        Some(SlotKind::BodyBlock(0 | 1)) => Name::new("事件主要内容", "what the event says"),
        Some(SlotKind::BodyBlock(2)) => Name::new(
            "其他人员（员工、审核人、他人）",
            "other people (employees, reviewers, others)",
        ),
        Some(SlotKind::BodyBlock(3)) => Name::new(
            "端点、凭据等技术痕迹",
            "endpoints, credentials, technical traces",
        ),
        Some(SlotKind::BodyBlock(_)) => Name::new(
            "订单号等补充字段",
            "supplementary fields, such as order numbers",
        ),
        Some(SlotKind::Key) => Name::new("记录的键", "the record's key"),
        Some(SlotKind::Transport) => Name::new("传输头", "the record's headers"),
        Some(SlotKind::Value) => Name::new(
            "无法拆分的整条记录",
            "the whole of a record that doesn't split",
        ),
        None => Name::new("未知槽", "unknown slot"),
    }
}

/// Why a profile withholds a slot.
pub(super) fn why(id: u8, profile: Profile) -> Name {
    let hides_people = !profile.names_people();
    match SlotId(id).kind() {
        Some(SlotKind::EnvelopeBlock(1)) if hides_people => Name::new(
            "此类摘录不指明个人，改用假名",
            "such an extract names no person: pseudonyms stand instead",
        ),
        Some(SlotKind::Key) if hides_people => Name::new(
            "键通常就是个人编号，会使假名失去作用",
            "the key is usually the person's reference, and would undo the pseudonym",
        ),
        Some(SlotKind::EnvelopeBlock(2)) if hides_people => Name::new(
            "关联编号能把不同个人、不同摘录连在一起",
            "a correlation would join people, and extracts",
        ),
        Some(SlotKind::EnvelopeBlock(1) | SlotKind::Key) if profile == Profile::RSubject => {
            Name::new(
                "该条目是关于另一人的，仅提及被询问的个人；或者该条目被隔离",
                "the leaf is about another person and only mentions the one asked about; or it is quarantined",
            )
        }
        Some(SlotKind::BodyBlock(2)) => Name::new(
            "保护其他人员；其代称见逐条记录",
            "protects other people; their pseudonyms stand with the rows",
        ),
        Some(SlotKind::BodyBlock(3)) => Name::new(
            "开示会危及系统安全，回答本问题也不需要",
            "showing it would endanger systems, and the question doesn't need it",
        ),
        Some(SlotKind::BodyBlock(4..) | SlotKind::EnvelopeBlock(4..)) => Name::new(
            "最小必要：回答本问题不需要",
            "the minimum necessary: the question doesn't need it",
        ),
        Some(SlotKind::Transport) => Name::new(
            "传输头可能写有个人信息，任何摘录均不开示",
            "headers may name the person: no extract shows them",
        ),
        Some(SlotKind::Value) => Name::new(
            "内容无法识别，可能含有任何信息",
            "nobody can tell what it holds; it may be anything",
        ),
        _ => Name::new(
            "该记录被隔离或未判定，除事件种类外均不开示",
            "the record is quarantined or not judged: nothing but its kind is shown",
        ),
    }
}
