//! R11, of a recipient: whether it keeps data outside the mainland, by the register (L228; PIPL 38).
//!
//! Judged is each word of the register on its countries (registered, updated, entrusted). What stands in
//! breach is mended by the next registration or update that names none abroad. Where the policy in force
//! allows a country, or none is in force, only the law is left, and the ledger has no event for a way of
//! PIPL 38: unknown.

use super::cross_border::promise;
use super::flow::{said, sentence, with_clauses, with_quote};
use crate::assess::finding::{About, Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::schema::v1::CrossBorderRule;
use crate::schema::v1::event::Body;

/// `RecipientRegistered`, `RecipientUpdated`, `EntrustmentStarted`, in the envelope.
const KINDS: [u32; 3] = [120, 121, 201];

pub(super) const RULE: Rule = Rule {
    number: 11,
    name: "cross_border",
    title_zh: "接收方是否在境外保存个人信息",
    title_en: "Does the recipient keep data outside the mainland?",
    scope: Scope::Recipient,
    clauses: &["L228", "L322", "PIPL 38"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let About::Recipient(id) = grounds.about else {
        return Vec::new();
    };
    let mut words: Vec<&Occurrence> = KINDS
        .iter()
        .flat_map(|kind| grounds.register.under(*kind, id))
        .collect();
    words.sort_by_key(|one| (one.occurred_at_ms, one.kind));
    let judged = words
        .iter()
        .enumerate()
        .filter_map(|(place, one)| judged(grounds, id, one, &words[place + 1..]));
    judged.collect()
}

fn judged(
    grounds: &Grounds<'_>,
    id: &str,
    on: &Occurrence,
    later: &[&Occurrence],
) -> Option<Finding> {
    let countries = countries(on)?;
    let ms = on.occurred_at_ms;
    let (zh, en) = (countries.join("、"), countries.join(", "));
    let did = said(
        format!("登记保存地为{zh}"),
        format!("the register said that it keeps data in {en}"),
    );
    let abroad = countries.iter().find(|country| **country != "CN");
    let Some(abroad) = abroad else {
        let text = sentence(ms, did, said("均在境内", "all in the mainland"));
        let found = Finding::on(grounds, on, Outcome::Pass, "in_the_mainland", text);
        return Some(found.concerning(id));
    };
    let policy = grounds.policies.policy(ms);
    let forbids = policy.filter(|policy| !policy.may_be_in(abroad));
    let found = if let Some(policy) = forbids {
        let why = said("在境外", "this is outside the mainland");
        let why = with_quote(why, promise(policy, CrossBorderRule::XbDomesticStorageOnly));
        let text = sentence(ms, did, why);
        Finding::on(grounds, on, Outcome::Violation, "stored_abroad", text)
    } else {
        let why = said(
            "在境外,而日志中没有事件能说明走了哪一条合法途径(个人信息保护法第三十八条)",
            "this is outside the mainland, and no event of the ledger shows which way of PIPL 38 was taken",
        );
        let text = sentence(ms, did, why);
        let found = Finding::on(grounds, on, Outcome::Unknown, "export_path_unknown", text);
        with_clauses(found, &["PIPL 38"])
    };
    let mended = later.iter().find(|one| is_home(on, one));
    let found = match mended {
        Some(one) => found.mended_at(one.occurred_at_ms).resting_on([*one]),
        None => found,
    };
    Some(found.concerning(id))
}

/// The countries that an event names; none where it names none.
fn countries(on: &Occurrence) -> Option<Vec<&str>> {
    let countries: Vec<&str> = match on.body() {
        Body::RecipientRegistered(body) => {
            body.storage_countries.iter().map(String::as_str).collect()
        }
        Body::RecipientUpdated(body) => body.storage_countries.iter().map(String::as_str).collect(),
        Body::EntrustmentStarted(body) => vec![body.storage_country.as_str()],
        _ => Vec::new(),
    };
    (countries.iter().any(|country| !country.is_empty())).then_some(countries)
}

/// Whether a later word of the same kind of statement says that all is in the mainland.
fn is_home(on: &Occurrence, later: &Occurrence) -> bool {
    let same = match (on.body(), later.body()) {
        (Body::EntrustmentStarted(then), Body::EntrustmentStarted(now)) => {
            then.entrustment_id == now.entrustment_id
        }
        (Body::EntrustmentStarted(_), _) | (_, Body::EntrustmentStarted(_)) => false,
        _ => true,
    };
    let home = |all: Vec<&str>| all.iter().all(|country| *country == "CN");
    same && countries(later).is_some_and(home)
}
