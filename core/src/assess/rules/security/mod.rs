//! Incidents, safeguards, and whether the log is whole: R25 to R28, R35 to R37, R43.

mod arrival;
mod audit_cadence;
mod breach_notice;
mod breach_report;
mod egress;
mod face_filing;
mod grading;
mod limit;
mod post_incident_report;
mod safeguards;
mod sequence;
mod wording;

use crate::assess::finding::Finding;
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};

/// The rules of this room.
pub(super) const RULES: &[&Rule] = &[
    &breach_report::RULE,
    &breach_notice::RULE,
    &post_incident_report::RULE,
    &grading::RULE,
    &arrival::RULE,
    &sequence::RULE,
    &egress::RULE,
    &face_filing::RULE,
    &audit_cadence::RULE,
    &safeguards::RULE,
];

/// 2025-11-01 00:00 at UTC+8: from when 国家网络安全事件报告管理办法 is law.
const REPORTING_MEASURES_MS: i64 = 1_761_926_400_000;

/// R35, which judges in three scopes. Its limits are the operator's own; what it rests on is that a record counts
/// as evidence where it is kept whole and its method can be relied on.
const fn completeness(judge: fn(&Grounds<'_>) -> Vec<Finding>) -> Rule {
    Rule {
        number: 35,
        name: "completeness",
        title_zh: "日志是否完整、及时",
        title_en: "Is the log whole, and do events come in time?",
        scope: Scope::Subject,
        clauses: &["电子签名法 5", "电子签名法 8"],
        from_ms: None,
        until_ms: None,
        revision: 1,
        judge,
    }
}
