//! R11: whether data of a person left the mainland (L228, L322; PIPL 38 to 41).
//!
//! Judged is where an outflow went, and where its recipient keeps data by the register. `CN` is the
//! mainland; Hong Kong, Macao and Taiwan have codes of their own and count as abroad (PIPL 38). The policy's
//! promise is absolute: what it doesn't allow is a violation even where the law would allow it. Where the
//! policy allows a country, or none is in force, the law is asked: a separate consent (PIPL 39), and a way
//! of PIPL 38 (the authority's assessment, certification, the standard contract), for which the ledger has
//! no event, so that the best result abroad is unknown. Data for a foreign court or police without the
//! authorities' approval (PIPL 41) is critical.

use super::flow::{Flow, Said, Words, flows, said, with_clauses, with_quote};
use super::separate_consent::separate_consent;
use crate::assess::finding::{Finding, Mark, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::authority_requests::{Demand, demand_at};
use crate::assess::state::consents::Consents;
use crate::privacy_policy::{Cited, PrivacyPolicy};
use crate::schema::v1::{Actor, CrossBorderRule, DisclosureCase};

/// The mainland, ISO 3166-1 alpha-2.
const MAINLAND: &str = "CN";

pub(super) const RULE: Rule = Rule {
    number: 11,
    name: "cross_border",
    title_zh: "个人信息是否出境",
    title_en: "Did data leave the mainland?",
    scope: Scope::Subject,
    clauses: &["L228", "L322", "PIPL 38", "PIPL 39", "PIPL 40", "PIPL 41"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// Where data of a flow is, beyond what was judged to be at home.
struct Abroad<'a> {
    country: &'a str,
    /// Whether it is where the recipient keeps data, not where it was sent.
    kept: bool,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    flows(grounds)
        .map(|flow| judged(grounds, &consents, &flow))
        .collect()
}

fn judged(grounds: &Grounds<'_>, consents: &Consents<'_>, flow: &Flow<'_>) -> Finding {
    if let Some(finding) = foreign_authority(grounds, flow) {
        return finding;
    }
    let recipient = flow.recipient(grounds);
    let kept = recipient.map_or(&[][..], |one| one.storage_countries);
    let sent = Some(flow.destination).filter(|country| !country.is_empty());
    let mut places = sent
        .map(|country| Abroad {
            country,
            kept: false,
        })
        .into_iter()
        .chain(kept.iter().map(|country| Abroad {
            country,
            kept: true,
        }));
    let finding = match places.find(|place| place.country != MAINLAND) {
        Some(place) => abroad(grounds, consents, flow, &place),
        None => at_home(grounds, flow, sent.is_some(), recipient.is_some()),
    };
    finding.resting_on(recipient.map(|one| one.said))
}

fn at_home(grounds: &Grounds<'_>, flow: &Flow<'_>, sent: bool, registered: bool) -> Finding {
    let (result, cause, why) = if !sent {
        let why = said(
            "没有写明去往哪个国家或地区",
            "the event doesn't say to which country it went",
        );
        (Outcome::Unknown, "destination_unknown", why)
    } else if registered {
        let why = said(
            "去往并保存于境内",
            "it went to, and is kept in, the mainland",
        );
        (Outcome::Pass, "in_the_mainland", why)
    } else {
        let why = said(
            "接收方当时没有登记,不知其在何处保存",
            "the recipient wasn't registered, so that nobody knows where it keeps data",
        );
        (Outcome::Unknown, "storage_unknown", why)
    };
    flow.finding(grounds, result, cause, why)
}

fn abroad(
    grounds: &Grounds<'_>,
    consents: &Consents<'_>,
    flow: &Flow<'_>,
    place: &Abroad<'_>,
) -> Finding {
    let country = place.country;
    let policy = grounds.policies.policy(flow.ms());
    let promised = policy.filter(|policy| !policy.may_be_in(country));
    let Some(policy) = promised else {
        return by_law(grounds, consents, flow, place);
    };
    let (cause, item) = if place.kept {
        ("stored_abroad", CrossBorderRule::XbDomesticStorageOnly)
    } else {
        ("sent_abroad", CrossBorderRule::XbNoOverseasTransfer)
    };
    let why = with_quote(where_to(place), promise(policy, item));
    flow.finding(grounds, Outcome::Violation, cause, why)
}

fn where_to(place: &Abroad<'_>) -> Words {
    let country = place.country;
    if place.kept {
        said(
            format!("接收方在境外({country})保存"),
            format!("the recipient keeps data outside the mainland ({country})"),
        )
    } else {
        said(
            format!("去往境外({country})"),
            format!("it went outside the mainland ({country})"),
        )
    }
}

/// The policy's item on a promise.
pub(super) fn promise(policy: &PrivacyPolicy, rule: CrossBorderRule) -> Option<&dyn Cited> {
    policy.residence.get(&rule).map(|item| item as &dyn Cited)
}

fn by_law(
    grounds: &Grounds<'_>,
    consents: &Consents<'_>,
    flow: &Flow<'_>,
    place: &Abroad<'_>,
) -> Finding {
    let (zh, en) = where_to(place);
    match separate_consent(consents, flow) {
        Ok(grant) => {
            let why = said(
                format!(
                    "{zh},已取得单独同意;日志中没有事件能说明走了安全评估、认证或标准合同中的哪一条途径(个人信息保护法第三十八条)"
                ),
                format!(
                    "{en}, on a separate consent; no event of the ledger shows which way of PIPL 38 was taken"
                ),
            );
            let found = flow.finding(grounds, Outcome::Unknown, "export_path_unknown", why);
            with_clauses(found, &["PIPL 38", "PIPL 39"]).resting_on(grant.events())
        }
        Err((result, cause, (lacks_zh, lacks_en))) => {
            let why = said(
                format!("{zh},而{lacks_zh}(个人信息保护法第三十九条)"),
                format!("{en}, and {lacks_en} (PIPL 39)"),
            );
            with_clauses(flow.finding(grounds, result, cause, why), &["PIPL 39"])
        }
    }
}

/// What goes to a foreign court or police (PIPL 41).
fn foreign_authority(grounds: &Grounds<'_>, flow: &Flow<'_>) -> Option<Finding> {
    let demand = demand_of(grounds, flow);
    let approved = demand.is_some_and(|one| !one.asked.approval_ref.is_empty());
    if approved {
        return None;
    }
    if !is_foreign_authority(grounds, flow, demand.as_ref()) {
        return undecided_authority(grounds, flow, demand.as_ref());
    }
    let why = said(
        "对方是境外司法或者执法机构,未经中华人民共和国主管机关批准不得提供(个人信息保护法第四十一条)",
        "it went to a foreign court or police without the approval of China's authorities (PIPL 41)",
    );
    let found = flow.finding(grounds, Outcome::Violation, "foreign_authority", why);
    Some(
        with_clauses(found, &["L228", "L322", "PIPL 41"])
            .marked(Mark::Critical)
            .resting_on(demand.map(|one| one.on)),
    )
}

fn demand_of<'r>(grounds: &Grounds<'r>, flow: &Flow<'_>) -> Option<Demand<'r>> {
    match flow.said {
        Said::Disclosed(body) => demand_at(grounds.register, &body.case_ref, flow.ms()),
        _ => None,
    }
}

fn is_foreign_authority(
    grounds: &Grounds<'_>,
    flow: &Flow<'_>,
    demand: Option<&Demand<'_>>,
) -> bool {
    let foreign = |country: &str| !country.is_empty() && country != MAINLAND;
    if demand.is_some_and(|one| foreign(&one.asked.authority_country)) {
        return true;
    }
    let Some(recipient) = flow.recipient(grounds) else {
        return false;
    };
    let authority = matches!(
        recipient.kind,
        Actor::AcLawEnforcement | Actor::AcJudicialOrAdminAuthority | Actor::AcRegulator
    );
    let mut kept = recipient.storage_countries.iter();
    authority && (foreign(flow.destination) || kept.any(|country| foreign(country)))
}

/// An authority's demand that doesn't say of which country the authority is.
fn undecided_authority(
    grounds: &Grounds<'_>,
    flow: &Flow<'_>,
    demand: Option<&Demand<'_>>,
) -> Option<Finding> {
    let Said::Disclosed(body) = flow.said else {
        return None;
    };
    let demand = demand.filter(|one| one.asked.authority_country.is_empty())?;
    (body.case() == DisclosureCase::Di02LegalCompulsion).then(|| {
        let why = said(
            "没有写明提出要求的机关属于哪个国家或地区",
            "of which country the authority is isn't said",
        );
        let found = flow.finding(grounds, Outcome::Unknown, "authority_country_unknown", why);
        with_clauses(found, &["PIPL 41"]).resting_on([demand.on])
    })
}
