//! R09: the notice named each recipient, with a way to reach it.

use super::deed::{Act, Deed, deeds, said, with_law_of_then};
use super::legal_role::legal_role;
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Grant, Standing};
use crate::schema::v1::event::Body;
use crate::schema::v1::{LegalRole, NoticePresented};

const CLAUSES: &[&str] = &["PIPL 23", "NDSR 21"];

/// `recipient_not_named_to_user`.
///
/// Shares with who decides for itself; entrusted parties need not be named (PIPL 21). For a share on
/// consent, the last notice before that consent, be it in force or not; for one on another ground, or on
/// what was never given, the last notice before the share that lists the recipient. Someone whom the user
/// named (a consignee) is told by that user, so shares of their data are for R32.
pub(super) const RULE: Rule = Rule {
    number: 9,
    name: "recipient_not_named_to_user",
    title_zh: "是否告知了接收方的名称和联系方式",
    title_en: "Did the notice give each recipient's name and contact?",
    scope: Scope::Subject,
    clauses: CLAUSES,
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    let listing = listings(grounds);
    deeds(grounds)
        .filter(|deed| deed.act == Act::Shared && !deed.is_of_named_person())
        .filter(|deed| legal_role(grounds, deed) != Some(LegalRole::LrEntrusted))
        .map(|deed| judge_share(grounds, &consents, &listing, &deed))
        .map(|finding| with_law_of_then(finding, CLAUSES))
        .collect()
}

/// Notices, by the recipients that they list.
type Listings<'a> = std::collections::BTreeMap<&'a str, Vec<&'a Occurrence>>;

fn listings<'a>(grounds: &Grounds<'a>) -> Listings<'a> {
    let mut listings = Listings::new();
    for one in grounds.timeline {
        if let Body::NoticePresented(notice) = one.body() {
            for id in &notice.recipient_ids {
                listings.entry(id).or_default().push(one);
            }
        }
    }
    listings
}

fn judge_share(
    grounds: &Grounds<'_>,
    consents: &Consents<'_>,
    listings: &Listings<'_>,
    deed: &Deed<'_>,
) -> Finding {
    let notice = match given(consents, deed) {
        Some(grant) => grant.notice,
        None => last_listing(listings, deed),
    };
    let Some((one, notice)) = notice.and_then(as_notice) else {
        let words = said(
            "日志中没有提到该接收方的告知记录",
            "the log has no notice that tells of this recipient",
        );
        return deed.finding(grounds, Outcome::Unknown, "notice_not_in_log", words);
    };
    let (result, cause, zh, en) = verdict(notice, deed.party.unwrap_or_default());
    let day = Day::of(one.occurred_at_ms);
    let words = said(
        format!("{day}的告知{zh}"),
        format!("the notice of {day} {en}"),
    );
    deed.finding(grounds, result, cause, words)
        .resting_on([one])
}

/// The consent that a share rests on, as it was given, whether it is in force or not.
fn given<'a>(consents: &Consents<'a>, deed: &Deed<'_>) -> Option<Grant<'a>> {
    let separate = Some(deed.separate_consent_id).filter(|id| !id.is_empty());
    match consents.standing(separate.or(deed.consent_id())?, deed.ms()) {
        Standing::InForce(grant) => Some(grant),
        Standing::NotInForce(lapse) => lapse.grant,
        Standing::Unknown => None,
    }
}

fn last_listing<'a>(listings: &Listings<'a>, deed: &Deed<'_>) -> Option<&'a Occurrence> {
    let notices = listings.get(deed.party?)?;
    let before = notices.partition_point(|one| one.occurred_at_ms <= deed.ms());
    Some(notices[before.checked_sub(1)?])
}

fn as_notice(one: &Occurrence) -> Option<(&Occurrence, &NoticePresented)> {
    match one.body() {
        Body::NoticePresented(notice) => Some((one, notice)),
        _ => None,
    }
}

fn verdict(
    notice: &NoticePresented,
    recipient: &str,
) -> (Outcome, &'static str, &'static str, &'static str) {
    if !notice.recipient_ids.iter().any(|id| id == recipient) {
        return (
            Outcome::Violation,
            "recipient_not_in_notice",
            "没有列明该接收方",
            "doesn't list this recipient",
        );
    }
    match notice.recipients_named {
        Some(true) => (
            Outcome::Pass,
            "recipient_named",
            "列明了接收方的名称和联系方式",
            "gave the recipient's name and contact",
        ),
        Some(false) => (
            Outcome::Violation,
            "name_and_contact_missing",
            "没有列明接收方的名称和联系方式",
            "didn't give the recipient's name and contact",
        ),
        None => (
            Outcome::Unknown,
            "naming_not_said",
            "是否列明了接收方的名称和联系方式,没有说明",
            "may or may not have given the recipient's name and contact: nothing says so",
        ),
    }
}
