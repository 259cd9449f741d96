//! R41: data that is locked to a purpose serves no other.

use std::collections::BTreeMap;

use super::consent_words::{no_policy, of_grant, of_strength, quoted};
use super::deed::{Act, Deed, deeds, said};
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Grant, Standing};
use crate::assess::words;
use crate::privacy_policy::{Lock, PrivacyPolicy};
use crate::schema::v1::{BasisKind, ConsentStrength, DataCategory, Purpose};

/// `purpose_lock`.
///
/// Card data, scores and the clipboard, as the policy in force locks them: collected, received, shared,
/// decided upon or looked at for another purpose than theirs, without an authorisation as strong as the
/// lock asks for. What names a consent must have it from that one; what names none (a decision, a look, a
/// contract) from any that covers purpose and data then. What the law exempts from consent isn't bound by
/// the lock, nor is a look that names no purpose (R34).
pub(super) const RULE: Rule = Rule {
    number: 41,
    name: "purpose_lock",
    title_zh: "限定用途的信息是否被用于其他目的",
    title_en: "Does locked data serve no other purpose?",
    scope: Scope::Subject,
    clauses: &["L67", "L71", "L97"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let mut openers = Openers {
        consents: Consents::of(grounds.timeline, grounds.policies),
        known: BTreeMap::new(),
    };
    deeds(grounds)
        .filter(|deed| deed.purpose != 0 && !is_exempt(deed))
        .filter(|deed| !matches!(deed.act, Act::Transferred | Act::Disclosed))
        .flat_map(|deed| judge_deed(grounds, &mut openers, &deed))
        .collect()
}

fn is_exempt(deed: &Deed<'_>) -> bool {
    let exempt = [
        BasisKind::BaCollectionExemption,
        BasisKind::BaOutflowExemption,
        BasisKind::BaLegalCompulsion,
    ];
    deed.ground().is_some_and(|kind| exempt.contains(&kind))
}

/// One finding for each use that breaks a lock; where none does, one that says so.
fn judge_deed(grounds: &Grounds<'_>, openers: &mut Openers<'_>, deed: &Deed<'_>) -> Vec<Finding> {
    let Some(policy) = grounds.policies.policy(deed.ms()) else {
        return vec![no_policy(grounds, deed)];
    };
    let locked = locked_of(policy, deed.categories);
    let judged = locked
        .iter()
        .map(|(lock, categories)| judge_lock(grounds, openers, deed, lock, categories));
    // The worst counts; the others say the same of other data of the same deed.
    let rank = |finding: &Finding| match finding.result {
        Outcome::Violation => 0,
        Outcome::Unknown => 1,
        _ => 2,
    };
    judged.min_by_key(rank).into_iter().collect()
}

/// The locks on what was used, each with the data that it locks.
fn locked_of<'p>(policy: &'p PrivacyPolicy, categories: &[i32]) -> Vec<(&'p Lock, Vec<i32>)> {
    let locks = policy.locks.values().map(|lock| {
        let is_locked = |number: &&i32| {
            DataCategory::try_from(**number).is_ok_and(|one| lock.categories.contains(&one))
        };
        let locked: Vec<i32> = categories.iter().filter(is_locked).copied().collect();
        (lock, locked)
    });
    locks.filter(|(_, locked)| !locked.is_empty()).collect()
}

fn judge_lock(
    grounds: &Grounds<'_>,
    openers: &mut Openers<'_>,
    deed: &Deed<'_>,
    lock: &Lock,
    locked: &[i32],
) -> Finding {
    let (zh, en) = (
        words::zh("DataCategory", locked),
        words::en("DataCategory", locked),
    );
    let (quote_zh, quote_en) = quoted(lock);
    if Purpose::try_from(deed.purpose).is_ok_and(|one| lock.purposes.contains(&one)) {
        let words = said(
            format!("{zh}用于其限定的用途"),
            format!("the policy keeps these for that use: {en}"),
        );
        return deed.finding(grounds, Outcome::Pass, "use_of_lock", words);
    }
    match openers.open(deed, lock, locked) {
        Opened::By(grant) => {
            let (of_zh, of_en) = of_grant(&grant);
            let words = said(
                format!("{zh}用于其他目的,有{of_zh}"),
                format!("{en} served another use, on {of_en}"),
            );
            deed.finding(grounds, Outcome::Pass, "opened_by_consent", words)
                .resting_on(grant.events())
        }
        Opened::NotKnown => {
            let words = said(
                format!("{zh}用于其他目的,而日志中没有所称同意的记录{quote_zh}"),
                format!(
                    "{en} served another use, and the log has nothing on the consent{quote_en}"
                ),
            );
            deed.finding(grounds, Outcome::Unknown, "consent_not_in_log", words)
        }
        Opened::Not => {
            let needed = lock.opened_by.map(of_strength);
            let (by_zh, by_en) = needed.map_or_else(
                || said("", ""),
                |(zh, en)| said(format!("且没有{zh}"), format!(" without {en} consent")),
            );
            let words = said(
                format!("{zh}被用于其他目的,{by_zh}{quote_zh}"),
                format!("{en} served another use{by_en}{quote_en}"),
            );
            deed.finding(grounds, Outcome::Violation, "other_use", words)
        }
    }
}

/// Whether a lock was open.
enum Opened<'a> {
    By(Grant<'a>),
    NotKnown,
    Not,
}

/// Consents that may open a lock.
struct Openers<'a> {
    consents: Consents<'a>,
    /// By purpose, category and strength, as far as asked for.
    known: BTreeMap<(i32, i32, i32), Cover<'a>>,
}

/// When something was covered: from a moment, up to the latest end of all that began by then.
type Cover<'a> = Vec<(i64, i64, Grant<'a>)>;

impl<'a> Openers<'a> {
    fn open(&mut self, deed: &Deed<'_>, lock: &Lock, locked: &[i32]) -> Opened<'a> {
        let Some(strength) = lock.opened_by else {
            return Opened::Not;
        };
        let Some(id) = deed.consent_id().filter(|id| !id.is_empty()) else {
            return self.by_any(deed, strength, locked);
        };
        match self.consents.standing(id, deed.ms()) {
            Standing::InForce(grant)
                if grant.is_at_least(strength) && grant.covers(deed.purpose, locked) =>
            {
                Opened::By(grant)
            }
            Standing::Unknown => Opened::NotKnown,
            _ => Opened::Not,
        }
    }

    /// Each category by one that was in force then.
    fn by_any(&mut self, deed: &Deed<'_>, strength: ConsentStrength, locked: &[i32]) -> Opened<'a> {
        let mut by = None;
        for category in locked {
            let cover = self.cover(deed.purpose, *category, strength);
            let begun = cover.partition_point(|(from, ..)| *from <= deed.ms());
            match begun.checked_sub(1).map(|place| cover[place]) {
                Some((_, until, grant)) if deed.ms() < until => by = Some(grant),
                _ => return Opened::Not,
            }
        }
        by.map_or(Opened::Not, Opened::By)
    }

    fn cover(&mut self, purpose: i32, category: i32, strength: ConsentStrength) -> &Cover<'a> {
        let consents = &self.consents;
        let key = (purpose, category, strength as i32);
        self.known.entry(key).or_insert_with(|| {
            let mut cover = consents.in_force_for(purpose, category, strength);
            for place in 1..cover.len() {
                let (_, until, grant) = cover[place - 1];
                if until > cover[place].1 {
                    (cover[place].1, cover[place].2) = (until, grant);
                }
            }
            cover
        })
    }
}
