//! R32: data of other people in an order or application needs their consent, attested by the user; the
//! address book is none of the service's business.
//!
//! The other person's events stand under a reference of their own, with their role in the envelope; so does
//! the attestation (L57). It must be there when the data is taken or before. It counts for its own order
//! where both name one. Address-book data is in no list of what is collected (domain §1.8, 10) and nobody
//! in it was asked, so it is critical whatever is attested.

use std::collections::BTreeMap;

use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Mark, Outcome, Sentence};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::words;
use crate::schema::v1::event::Body;
use crate::schema::v1::{Actor, DataCategory};

pub(super) const RULE: Rule = Rule {
    number: 32,
    name: "third_party_subject_unattested",
    title_zh: "收集他人信息是否取得其同意",
    title_en: "Did other people consent to their data being given?",
    scope: Scope::Subject,
    clauses: &["L57", "L83", "PIPL 13"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// Categories that are an emergency contact's, whoever's event they stand in.
const CONTACT: [DataCategory; 3] = [
    DataCategory::DcEcName,
    DataCategory::DcEcPhone,
    DataCategory::DcEcRelation,
];

/// Data taken, from the person or from a third party.
struct Taken<'a> {
    on: &'a Occurrence,
    categories: &'a [i32],
    order_ref: &'a str,
}

/// The first attestations of one role for one order: that the person consented, and that not.
#[derive(Clone, Copy, Default)]
struct Words<'a> {
    yes: Option<&'a Occurrence>,
    no: Option<&'a Occurrence>,
}

/// Attestations by role and order; none stands for attestations of any order.
type Attested<'a> = BTreeMap<(i32, Option<&'a str>), Words<'a>>;

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut attested: Attested<'_> = BTreeMap::new();
    for one in grounds.timeline {
        if let Body::ThirdPartySubjectAttested(said) = one.body() {
            for order in [Some(said.order_ref.as_str()), None] {
                let words = attested.entry((said.role, order)).or_default();
                let word = match said.consent_attested {
                    Some(true) => &mut words.yes,
                    _ => &mut words.no,
                };
                *word = first(*word, Some(one));
            }
        }
    }
    let taken = grounds.timeline.iter().filter_map(taken);
    taken
        .filter_map(|taken| judged(grounds, &attested, &taken))
        .collect()
}

/// The earlier of two.
fn first<'a>(a: Option<&'a Occurrence>, b: Option<&'a Occurrence>) -> Option<&'a Occurrence> {
    let both = a.into_iter().chain(b);
    both.min_by_key(|one| (one.occurred_at_ms, &one.event.event_id))
}

fn taken(one: &Occurrence) -> Option<Taken<'_>> {
    let (categories, order_ref) = match one.body() {
        Body::DataCollected(said) => (&said.categories, said.order_ref.as_str()),
        Body::DataReceivedFromThirdParty(said) => (&said.categories, ""),
        _ => return None,
    };
    Some(Taken {
        on: one,
        categories,
        order_ref,
    })
}

fn judged(grounds: &Grounds<'_>, attested: &Attested<'_>, taken: &Taken<'_>) -> Option<Finding> {
    let role = taken.on.event.subject_role();
    let has = |category: DataCategory| taken.categories.contains(&category.into());
    let compared = has(DataCategory::DcAddressBookComparison);
    match role {
        Actor::AcSubjectAddressBookContact => Some(address_book(grounds, taken)),
        _ if compared => Some(address_book(grounds, taken)),
        Actor::AcSubjectConsignee | Actor::AcSubjectEmergencyContact => {
            Some(other_person(grounds, attested, taken, role))
        }
        _ if CONTACT.into_iter().any(has) => Some(not_of_contact(grounds, taken)),
        _ => None,
    }
}

/// The first attestations that count for what was taken: those of its role, and of its order where both
/// name one.
fn counting<'a>(attested: &Attested<'a>, taken: &Taken<'_>, role: Actor) -> Words<'a> {
    let of = |order| attested.get(&(role.into(), order)).copied();
    if taken.order_ref.is_empty() {
        return of(None).unwrap_or_default();
    }
    let named = of(Some(taken.order_ref)).unwrap_or_default();
    let unnamed = of(Some("")).unwrap_or_default();
    Words {
        yes: first(named.yes, unnamed.yes),
        no: first(named.no, unnamed.no),
    }
}

fn other_person(
    grounds: &Grounds<'_>,
    attested: &Attested<'_>,
    taken: &Taken<'_>,
    role: Actor,
) -> Finding {
    let Words { yes, no } = counting(attested, taken, role);
    match (yes, no) {
        (Some(yes), _) if yes.occurred_at_ms <= taken.on.occurred_at_ms => {
            let (zh, en) = (
                "收集前已由用户确认取得本人同意",
                "after the user had attested that person's consent",
            );
            finding(grounds, taken, Outcome::Pass, "attested", zh, en).resting_on([yes])
        }
        (Some(yes), _) => {
            let (zh, en) = (
                "事后才由用户确认取得本人同意（L57「确保已取得该实际收货人的同意」）",
                "before the user attested that person's consent (L57 「确保已取得该实际收货人的同意」)",
            );
            let late = finding(grounds, taken, Outcome::Warn, "attested_late", zh, en);
            late.resting_on([yes]).mended_at(yes.occurred_at_ms)
        }
        (None, Some(no)) => {
            let (zh, en) = (
                "而用户表明没有取得本人同意（L57「确保已取得该实际收货人的同意」）",
                "though the user said that this person had not consented (L57 「确保已取得该实际收货人的同意」)",
            );
            finding(grounds, taken, Outcome::Warn, "not_consented", zh, en).resting_on([no])
        }
        (None, None) => {
            let (zh, en) = (
                "没有用户确认取得本人同意的记录（L57「确保已取得该实际收货人的同意」）",
                "with no record that the user attested that person's consent (L57 「确保已取得该实际收货人的同意」)",
            );
            finding(grounds, taken, Outcome::Warn, "unattested", zh, en)
        }
    }
}

fn address_book(grounds: &Grounds<'_>, taken: &Taken<'_>) -> Finding {
    let (zh, en) = (
        "来自通讯录：隐私政策的收集清单没有通讯录，其中的人也没有同意（L83「通过比对通讯录联系人情况」）",
        "from an address book: no list in the policy has it, and nobody in it consented (L83 「通过比对通讯录联系人情况」)",
    );
    let found = finding(grounds, taken, Outcome::Violation, "address_book", zh, en);
    found.marked(Mark::Critical)
}

fn not_of_contact(grounds: &Grounds<'_>, taken: &Taken<'_>) -> Finding {
    let (zh, en) = (
        "记在用户自己名下而非该联系人名下，无法找到其同意的确认",
        "under the user's own reference and not the contact's, so that no attestation can be found",
    );
    let cause = "contact_not_named";
    finding(grounds, taken, Outcome::Unknown, cause, zh, en)
}

fn finding(
    grounds: &Grounds<'_>,
    taken: &Taken<'_>,
    result: Outcome,
    cause: &str,
    zh: &str,
    en: &str,
) -> Finding {
    let day = Day::of(taken.on.occurred_at_ms);
    let sentence = Sentence::new(
        format!(
            "{day}收集了他人的信息（{}），{zh}。",
            words::zh("DataCategory", taken.categories)
        ),
        format!(
            "On {day} another person's data was taken ({}), {en}.",
            words::en("DataCategory", taken.categories)
        ),
    );
    Finding::on(grounds, taken.on, result, cause, sentence)
}
