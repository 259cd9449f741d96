//! R06: people are told, and consent, before their data is collected.

use super::consent_words::{in_force, of_grant};
use super::deed::{Act, Deed, deeds, said};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Grant, Standing};
use crate::assess::words;
use crate::schema::v1::event::Body;
use crate::schema::v1::{BasisKind, CollectionExemption, SdkObserved};

/// `SdkObserved`, in the envelope.
const SDK_OBSERVED: u32 = 131;
const CLAUSES: &[&str] = &["PIPL 14", "PIPL 17", "认定方法 3(1)"];

/// `collect_before_notice`, of a person.
///
/// What is collected on consent: a notice, then the decision, then the collection; at one moment they
/// count as in this order. A consent that had ended by then is for R04. What is collected for an order or
/// agreement: any notice before, where the person is the user and not someone whom the user named. Other
/// cases without consent owe no notice beforehand by that alone (PIPL 18).
pub(super) const RULE: Rule = Rule {
    number: 6,
    name: "collect_before_notice",
    title_zh: "收集之前是否已告知并取得同意",
    title_en: "Do notice and consent come before collection?",
    scope: Scope::Subject,
    clauses: CLAUSES,
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// `collect_before_notice`, of the app: what a scanner saw SDKs do before any consent.
pub(super) const SDK_RULE: Rule = Rule {
    scope: Scope::Operator,
    judge: judge_sdks,
    ..RULE
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    let notices: Vec<_> = grounds.timeline.iter().filter(|one| tells(one)).collect();
    deeds(grounds)
        .filter(|deed| deed.act == Act::Collected)
        .filter_map(|deed| match deed.ground() {
            Some(BasisKind::BaConsent) => Some(on_consent(grounds, &consents, &deed)),
            Some(BasisKind::BaNoneClaimed) => Some(on_nothing(grounds, &deed)),
            _ if is_contract(&deed) && !deed.is_of_named_person() => {
                Some(on_contract(grounds, &notices, &deed))
            }
            _ => None,
        })
        .collect()
}

fn tells(one: &Occurrence) -> bool {
    matches!(
        one.body(),
        Body::NoticePresented(_) | Body::PolicyNoticeDelivered(_)
    )
}

fn is_contract(deed: &Deed<'_>) -> bool {
    deed.basis.is_some_and(|basis| match basis.kind() {
        BasisKind::BaContract => true,
        BasisKind::BaCollectionExemption => {
            basis.collection_exemption() == CollectionExemption::Exc08ContractNecessity
        }
        _ => false,
    })
}

fn on_consent(grounds: &Grounds<'_>, consents: &Consents<'_>, deed: &Deed<'_>) -> Finding {
    let id = deed.consent_id().unwrap_or_default();
    let ended = match consents.standing(id, deed.ms()) {
        Standing::NotInForce(lapse) if lapse.is_end() => lapse.grant,
        _ => None,
    };
    let grant = match ended {
        Some(grant) => grant,
        None => match in_force(grounds, consents, deed, id) {
            Ok(grant) => grant,
            Err(finding) => return *finding,
        },
    };
    after_notice(grounds, consents, deed, &grant)
}

fn after_notice(
    grounds: &Grounds<'_>,
    consents: &Consents<'_>,
    deed: &Deed<'_>,
    grant: &Grant<'_>,
) -> Finding {
    let given = grant.given.occurred_at_ms;
    let later = consents.notice_after(&grant.terms.consent_id, given);
    let (of_zh, of_en) = of_grant(grant);
    let (result, cause, words) = match (grant.notice, later) {
        (Some(_), _) => {
            let words = said(
                format!("此前已告知,并有{of_zh}"),
                format!("a notice and {of_en} came before"),
            );
            (Outcome::Pass, "notice_and_consent_first", words)
        }
        (None, Some(later)) => {
            let day = Day::of(later.occurred_at_ms);
            let words = said(
                format!("{of_zh}之前没有告知,{day}才告知"),
                format!("no notice came before {of_en}, but one on {day}"),
            );
            (Outcome::Violation, "notice_after_consent", words)
        }
        (None, None) => {
            let words = said(
                format!("日志中没有{of_zh}之前的告知记录"),
                format!("the log has no notice from before {of_en}"),
            );
            (Outcome::Unknown, "notice_not_in_log", words)
        }
    };
    let finding = deed.finding(grounds, result, cause, words);
    let late = later.filter(|_| grant.notice.is_none());
    finding.resting_on(grant.events()).resting_on(late)
}

fn on_nothing(grounds: &Grounds<'_>, deed: &Deed<'_>) -> Finding {
    let words = said(
        "发送方自己表示没有依据,即未告知并取得同意",
        "the sender itself says that it knows of no ground: neither notice nor consent",
    );
    deed.finding(grounds, Outcome::Violation, "none_claimed", words)
}

fn on_contract(grounds: &Grounds<'_>, notices: &[&Occurrence], deed: &Deed<'_>) -> Finding {
    let before = notices.partition_point(|one| one.occurred_at_ms <= deed.ms());
    let last_before = before.checked_sub(1).map(|place| notices[place]);
    match (last_before, notices.get(before)) {
        (Some(notice), _) => {
            let day = Day::of(notice.occurred_at_ms);
            let words = said(
                format!("已于{day}告知"),
                format!("the person had been told on {day}"),
            );
            let finding = deed.finding(grounds, Outcome::Pass, "told_first", words);
            finding.resting_on([notice])
        }
        (None, Some(later)) => {
            let day = Day::of(later.occurred_at_ms);
            let words = said(
                format!("{day}才首次告知"),
                format!("the person was first told on {day}"),
            );
            let finding = deed.finding(grounds, Outcome::Violation, "told_later", words);
            finding.resting_on([*later])
        }
        (None, None) => {
            let words = said(
                "日志中没有对本人的任何告知记录",
                "the log has no notice to this person",
            );
            deed.finding(grounds, Outcome::Unknown, "notice_not_in_log", words)
        }
    }
}

fn judge_sdks(grounds: &Grounds<'_>) -> Vec<Finding> {
    let seen = grounds.register.of(SDK_OBSERVED);
    seen.filter_map(|one| match one.body() {
        Body::SdkObserved(sdk) => Some(judge_sdk(grounds, one, sdk)),
        _ => None,
    })
    .collect()
}

fn judge_sdk(grounds: &Grounds<'_>, one: &Occurrence, sdk: &SdkObserved) -> Finding {
    let (result, cause, zh, en) = match sdk.before_consent {
        Some(true) => (
            Outcome::Violation,
            "sdk_before_consent",
            "在用户同意之前就已运行",
            "before any consent",
        ),
        Some(false) => (
            Outcome::Pass,
            "sdk_after_consent",
            "在用户同意之后才运行",
            "only after consent",
        ),
        None => (
            Outcome::Unknown,
            "order_not_said",
            "没有说明是否在用户同意之前",
            "and nothing says whether before consent",
        ),
    };
    let name = match sdk.sdk_name.as_str() {
        "" => &sdk.package,
        name => name,
    };
    let day = Day::of(one.occurred_at_ms);
    let (build, taken) = (&sdk.app_build, &sdk.categories);
    let (of_zh, of_en) = if taken.is_empty() {
        (String::new(), String::new())
    } else {
        (
            format!(",收集{}", words::zh("DataCategory", taken)),
            format!(", taking {}", words::en("DataCategory", taken)),
        )
    };
    let sentence = Sentence::new(
        format!("{day} 检测到应用版本{build}中的“{name}”{zh}{of_zh}。"),
        format!("On {day} “{name}” was seen to run in app build {build}{of_en}, {en}."),
    );
    let finding = Finding::on(grounds, one, result, cause, sentence);
    match sdk.recipient_id.as_str() {
        "" => finding,
        id => finding.concerning(id),
    }
}
