//! R18, of the operator: whether a major change of the policy was told to everyone before it was in force,
//! and whether any version was in force as soon as it was public (L304, L328, L330; PIPL 17).
//!
//! A change is major by its class, or where it changes a purpose, method or category, or asks for consent
//! anew. A notice where everyone sees it stands in the registry, without a person; it must have stood there
//! strictly before the effect. Notices to single people are events of theirs and are judged in their own
//! timelines ([`super::change_told_to_person`]). The first version changes nothing; one that calls itself the
//! first though there was one before leaves unknown how far it changes.

use super::flow::{Words, said, sentence};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::policy_book::PolicyVersion;
use crate::assess::register::Register;
use crate::assess::rule::{Rule, Scope};
use crate::schema::v1::ChangeClass;
use crate::schema::v1::event::Body;

/// `PolicyVersionPublished`, `PolicyNoticeDelivered`, in the envelope.
const PUBLISHED: u32 = 100;
const NOTICE: u32 = 101;

pub(super) const RULE: Rule = Rule {
    number: 18,
    name: "major_change_no_notice",
    title_zh: "政策重大变更是否在生效前公告",
    title_en: "Was a major change announced before it was in force?",
    scope: Scope::Operator,
    clauses: &["L304", "L328", "L330", "PIPL 17"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// How far a version changes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing that people must be told before.
    Minor,
    /// People must be told before.
    Major,
    /// It calls itself the first, though there was one before.
    Unknown,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let versions = grounds.policies.versions();
    let judged = versions.iter().enumerate().filter_map(|(place, version)| {
        let on = said_by(grounds.register, version)?;
        Some(judged(grounds, version, on, place == 0))
    });
    judged.flatten().collect()
}

/// The occurrence that published a version.
fn said_by<'a>(register: &'a Register, version: &PolicyVersion) -> Option<&'a Occurrence> {
    let id = &version.published.policy_version_id;
    let mut all = register.under(PUBLISHED, id);
    all.find(|one| one.leaf == version.leaf)
}

/// How far a version changes the one before; `first` says that the registry has none before.
pub(super) fn change(version: &PolicyVersion, first: bool) -> Change {
    let published = &version.published;
    let class = published.change_class();
    let follows = !first || !published.previous_policy_version_id.is_empty();
    let renews =
        !published.changed_dimensions.is_empty() || published.requires_reconsent == Some(true);
    match class {
        ChangeClass::PvChangeFirst if follows => Change::Unknown,
        ChangeClass::PvChangeFirst => Change::Minor,
        ChangeClass::PvChangeMajor => Change::Major,
        _ if renews => Change::Major,
        _ => Change::Minor,
    }
}

/// The earliest of some notices of a version, and when it was delivered, in ms since 1970.
pub(super) fn earliest<'a>(
    notices: impl Iterator<Item = &'a Occurrence>,
    version_id: &str,
) -> Option<(i64, &'a Occurrence)> {
    let delivered = notices.filter_map(|one| match one.body() {
        Body::PolicyNoticeDelivered(body) if body.policy_version_id == version_id => {
            let at = body.delivered_at.as_ref();
            Some((at.map_or(one.occurred_at_ms, ms_of), one))
        }
        _ => None,
    });
    delivered.min_by_key(|(at, _)| *at)
}

/// The earliest notice of a version where everyone sees it.
pub(super) fn public_notice<'a>(
    register: &'a Register,
    version_id: &str,
) -> Option<(i64, &'a Occurrence)> {
    earliest(register.under(NOTICE, version_id), version_id)
}

fn judged(
    grounds: &Grounds<'_>,
    version: &PolicyVersion,
    on: &Occurrence,
    first: bool,
) -> Vec<Finding> {
    let notice = public_notice(grounds.register, &version.published.policy_version_id);
    let change = change(version, first);
    let mut faults: Vec<(Outcome, &str, Words)> = Vec::new();
    faults.extend(public_in_time(version));
    faults.extend(told_in_time(version, change, notice));
    if faults.is_empty() {
        let why = match change {
            Change::Major => said(
                "属于重大变更,生效前已公告",
                "it is a major change and was announced before it was in force",
            ),
            _ => said(
                "公布在生效之前,且不属于重大变更",
                "it was public before it was in force, and is no major change",
            ),
        };
        faults.push((Outcome::Pass, "told_before_effect", why));
    }
    let finding = |(result, cause, why): (Outcome, &str, Words)| {
        let text = sentence(version.effective_ms, in_force(version), why);
        let found = Finding::on(grounds, on, result, cause, text);
        let found = Finding {
            since_ms: version.effective_ms,
            judged_at_ms: version.effective_ms,
            ..found
        };
        let found = found.resting_on(notice.map(|(_, one)| one));
        match notice {
            Some((at, _)) if cause == "announced_too_late" => found.mended_at(at),
            _ => found,
        }
    };
    faults.into_iter().map(finding).collect()
}

fn in_force(version: &PolicyVersion) -> Words {
    let id = &version.published.policy_version_id;
    said(
        format!("隐私政策版本{id}生效"),
        format!("version {id} of the policy was in force"),
    )
}

fn public_in_time(version: &PolicyVersion) -> Option<(Outcome, &'static str, Words)> {
    if version.published_ms < version.effective_ms {
        return None;
    }
    if version.published_ms == version.effective_ms {
        let why = said(
            "公布的同时即生效(隐私政策L328“更新时间”、L330“生效时间”)",
            "it was in force as soon as it was public (policy L328 “更新时间”, L330 “生效时间”)",
        );
        return Some((Outcome::Warn, "effective_at_once", why));
    }
    let day = Day::of(version.published_ms);
    let why = said(
        format!("{day}才公布,晚于生效"),
        format!("it was public only on {day}, after it was in force"),
    );
    Some((Outcome::Violation, "in_force_before_public", why))
}

fn told_in_time(
    version: &PolicyVersion,
    change: Change,
    notice: Option<(i64, &Occurrence)>,
) -> Option<(Outcome, &'static str, Words)> {
    match (change, notice) {
        (Change::Minor, _) => None,
        (Change::Major, Some((at, _))) if at < version.effective_ms => None,
        (Change::Major, None) => {
            let why = said(
                "属于重大变更,但没有公告的记录(隐私政策L304“对于重大变更,我们会提供相关通知或另行弹窗确认”)",
                "it is a major change, and no notice to everyone is recorded (policy L304: “对于重大变更,我们会提供相关通知或另行弹窗确认”)",
            );
            Some((Outcome::Violation, "not_announced", why))
        }
        (Change::Major, Some((at, _))) => {
            let day = Day::of(at);
            let why = said(
                format!(
                    "属于重大变更,{day}才公告(隐私政策L304“对于重大变更,我们会提供相关通知或另行弹窗确认”)"
                ),
                format!(
                    "it is a major change, and was announced only on {day} (policy L304: “对于重大变更,我们会提供相关通知或另行弹窗确认”)"
                ),
            );
            Some((Outcome::Violation, "announced_too_late", why))
        }
        (Change::Unknown, _) => {
            let why = said(
                "自称首个版本,但此前已有版本,无法判断是否属于重大变更",
                "it calls itself the first version, though there was one before; how far it changes isn't known",
            );
            Some((Outcome::Unknown, "change_unknown", why))
        }
    }
}
