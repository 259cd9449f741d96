//! R05: what is handled stays within what was agreed, allowed and stated.

use std::collections::BTreeMap;

use super::consent_words::{no_policy, of_grant, quoted};
use super::deed::{Act, Deed, deeds, said, with_law_of_then};
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::Occurrence;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Standing};
use crate::assess::state::recipients::{Recipient, recipient_at};
use crate::assess::words;
use crate::privacy_policy::PrivacyPolicy;
use crate::schema::v1::{DataCategory, Purpose};

const CLAUSES: &[&str] = &["L176", "PIPL 23", "NDSR 22(4)"];

/// `scope_exceeded`.
///
/// Purpose, data and recipient against the consent in force that a deed rests on; of a share also against
/// what the register lets the recipient have for that purpose, against what the policy's case of sharing
/// lists, and against the share that a recipient passes on. A purpose or category that the policy in force
/// doesn't state is outside of any scope. Each excess is a finding of its own. Whether a consent is in
/// force is for R01, R04 and R06.
pub(super) const RULE: Rule = Rule {
    number: 5,
    name: "scope_exceeded",
    title_zh: "处理是否超出同意或允许的范围",
    title_en: "Does handling stay within what was agreed and allowed?",
    scope: Scope::Subject,
    clauses: CLAUSES,
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

struct Evidence<'a> {
    consents: Consents<'a>,
    /// Shares, by the id of their event.
    shares: BTreeMap<&'a [u8], Deed<'a>>,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let shared = deeds(grounds).filter(|deed| deed.act == Act::Shared);
    let evidence = Evidence {
        consents: Consents::of(grounds.timeline, grounds.policies),
        shares: shared
            .map(|deed| (deed.one.event.event_id.as_slice(), deed))
            .collect(),
    };
    deeds(grounds)
        .filter(|deed| deed.act.is_taking_or_sharing())
        .flat_map(|deed| judge_deed(grounds, &evidence, &deed))
        .map(|finding| with_law_of_then(finding, CLAUSES))
        .collect()
}

fn judge_deed(grounds: &Grounds<'_>, evidence: &Evidence<'_>, deed: &Deed<'_>) -> Vec<Finding> {
    let mut limits = Limits {
        grounds,
        deed,
        found: Vec::new(),
        leaves: Vec::new(),
        judged: false,
    };
    limits.of_policy();
    limits.of_consent(&evidence.consents);
    if deed.act == Act::Shared {
        limits.of_recipient();
        limits.of_onward(evidence);
    }
    limits.close()
}

/// The limits of one deed, and which of them it exceeds.
struct Limits<'g, 'a> {
    grounds: &'g Grounds<'g>,
    deed: &'g Deed<'g>,
    found: Vec<Finding>,
    leaves: Vec<&'a Occurrence>,
    judged: bool,
}

impl<'a> Limits<'_, 'a> {
    fn of_policy(&mut self) {
        let Some(policy) = self.grounds.policies.policy(self.deed.ms()) else {
            return;
        };
        self.judged = true;
        let unstated = unstated_categories(policy, self.deed.categories);
        let purpose = Purpose::try_from(self.deed.purpose).ok();
        let item = purpose.and_then(|purpose| policy.purpose(purpose));
        if item.is_none_or(|item| item.unstated) {
            self.exceeded(
                "purpose_not_in_policy",
                "当时有效的隐私政策没有载明这一目的",
                "the policy in force doesn't state this purpose",
            );
        }
        if !unstated.is_empty() {
            let zh = words::zh("DataCategory", &unstated);
            let en = words::en("DataCategory", &unstated);
            self.exceeded(
                "category_not_in_policy",
                format!("当时有效的隐私政策没有载明{zh}"),
                format!("the policy in force doesn't state: {en}"),
            );
        }
    }

    fn of_consent(&mut self, consents: &Consents<'a>) {
        let Some(id) = self.deed.consent_id() else {
            return;
        };
        let grant = match consents.standing(id, self.deed.ms()) {
            Standing::InForce(grant) => grant,
            Standing::NotInForce(_) => return,
            Standing::Unknown => {
                self.unknown(
                    "consent_not_in_log",
                    "日志中没有所称同意的记录,无法判断其范围",
                    "the log has nothing on the consent, so its scope isn't known",
                );
                return;
            }
        };
        self.judged = true;
        self.leaves.push(grant.given);
        let (of_zh, of_en) = of_grant(&grant);
        if !grant.terms.purposes.contains(&self.deed.purpose) {
            self.exceeded(
                "purpose_outside_consent",
                format!("{of_zh}不包括这一目的"),
                format!("{of_en} isn't for this purpose"),
            );
        }
        let lacking = grant.lacking(self.deed.categories);
        if !lacking.is_empty() {
            let zh = words::zh("DataCategory", &lacking);
            let en = words::en("DataCategory", &lacking);
            self.exceeded(
                "category_outside_consent",
                format!("{of_zh}不包括{zh}"),
                format!("{of_en} doesn't name: {en}"),
            );
        }
        let recipient = self.deed.party.filter(|_| self.deed.act == Act::Shared);
        if recipient.is_some_and(|id| !grant.names(id)) {
            self.exceeded(
                "recipient_outside_consent",
                format!("{of_zh}不包括这一接收方"),
                format!("{of_en} doesn't name this recipient"),
            );
        }
    }

    fn of_recipient(&mut self) {
        let id = self.deed.party.unwrap_or_default();
        let Some(recipient) = recipient_at(self.grounds.register, id, self.deed.ms()) else {
            self.unknown(
                "recipient_not_registered",
                "接收方当时没有登记,不知道它可以获得什么",
                "the recipient wasn't registered, so what it may have isn't known",
            );
            return;
        };
        self.judged = true;
        let beyond = beyond_register(&recipient, self.deed);
        if !beyond.is_empty() {
            let zh = words::zh("DataCategory", &beyond);
            let en = words::en("DataCategory", &beyond);
            self.exceeded(
                "outside_recipients_uses",
                format!("登记给该接收方的用途不包括为此目的获得{zh}"),
                format!("what the register lets it have for this purpose doesn't include: {en}"),
            );
        }
        self.of_case(&recipient);
    }

    fn of_case(&mut self, recipient: &Recipient<'_>) {
        let deed = self.deed;
        let policy = self.grounds.policies.policy(deed.ms());
        let case = deed
            .share()
            .zip(policy)
            .and_then(|(share, policy)| policy.sharing_case(share.case()));
        let (Some(case), Ok(purpose)) = (case, Purpose::try_from(deed.purpose)) else {
            return;
        };
        let beyond = |number: &&i32| {
            let category = DataCategory::try_from(**number).ok();
            let granted = category.and_then(|one| case.grants(recipient.kind, one, purpose));
            granted == Some(false)
        };
        let beyond: Vec<i32> = deed.categories.iter().filter(beyond).copied().collect();
        if !beyond.is_empty() {
            let zh = words::zh("DataCategory", &beyond);
            let en = words::en("DataCategory", &beyond);
            let (quote_zh, quote_en) = quoted(case);
            self.exceeded(
                "outside_policys_case",
                format!("该共享情形不允许为此目的向这类接收方提供{zh}{quote_zh}"),
                format!(
                    "for this purpose this case of sharing lets a recipient of that kind have no: {en}{quote_en}"
                ),
            );
        }
    }

    /// Passing on needs the person's own authorisation of the new recipient (L176).
    fn of_onward(&mut self, evidence: &Evidence<'a>) {
        let deed = self.deed;
        let Some(share) = deed
            .share()
            .filter(|share| !share.onward_of_event_id.is_empty())
        else {
            return;
        };
        if deed.consent_id().is_none() {
            self.exceeded(
                "onward_without_authorisation",
                "接收方再向第三方提供,而没有本人的授权(隐私政策L176“未经您的授权不得向任何第三方提供”)",
                "a recipient passed the data on without the person's authorisation (policy L176: “未经您的授权不得向任何第三方提供”)",
            );
        }
        let Some(source) = evidence.shares.get(share.onward_of_event_id.as_slice()) else {
            self.unknown(
                "onward_source_not_in_log",
                "日志中没有被转手的那次提供",
                "the log doesn't have the share that was passed on",
            );
            return;
        };
        self.leaves.push(source.one);
        let beyond = |number: &&i32| !source.categories.contains(number);
        let beyond: Vec<i32> = deed.categories.iter().filter(beyond).copied().collect();
        if !beyond.is_empty() {
            let zh = words::zh("DataCategory", &beyond);
            let en = words::en("DataCategory", &beyond);
            self.exceeded(
                "onward_beyond_source",
                format!("转手的内容超出原先获得的内容:{zh}"),
                format!("more was passed on than had been received: {en}"),
            );
        }
        let passer = recipient_at(
            self.grounds.register,
            source.party.unwrap_or_default(),
            deed.ms(),
        );
        if passer.and_then(|one| one.onward_provision_allowed) != Some(true) {
            self.exceeded(
                "onward_not_allowed",
                "登记中没有允许原接收方再向第三方提供",
                "the register doesn't let the first recipient pass data on",
            );
        }
    }

    fn exceeded(&mut self, cause: &str, zh: impl Into<String>, en: impl Into<String>) {
        self.add(Outcome::Violation, cause, zh, en);
    }

    fn unknown(&mut self, cause: &str, zh: &str, en: &str) {
        self.add(Outcome::Unknown, cause, zh, en);
    }

    fn add(&mut self, result: Outcome, cause: &str, zh: impl Into<String>, en: impl Into<String>) {
        let finding = self
            .deed
            .finding(self.grounds, result, cause, said(zh, en))
            .resting_on(self.leaves.iter().copied());
        self.found.push(finding);
    }

    /// What was found; where nothing was exceeded and every limit is known, that all was kept.
    fn close(mut self) -> Vec<Finding> {
        if !self.found.is_empty() {
            return self.found;
        }
        if self.grounds.policies.policy(self.deed.ms()).is_none() {
            return vec![no_policy(self.grounds, self.deed)];
        }
        if self.judged {
            self.add(
                Outcome::Pass,
                "within_scope",
                "没有超出范围",
                "it is within what was agreed and allowed",
            );
        }
        self.found
    }
}

fn unstated_categories(policy: &PrivacyPolicy, categories: &[i32]) -> Vec<i32> {
    let is_stated = |number: i32| {
        DataCategory::try_from(number)
            .is_ok_and(|category| policy.categories.contains_key(&category))
    };
    let unstated = categories.iter().filter(|number| !is_stated(**number));
    unstated.copied().collect()
}

fn beyond_register(recipient: &Recipient<'_>, deed: &Deed<'_>) -> Vec<i32> {
    let is_allowed = |category: &i32| {
        let uses = recipient.allowed_uses.iter();
        uses.filter(|one| one.purpose == deed.purpose)
            .any(|one| one.categories.contains(category))
    };
    let beyond = deed.categories.iter().filter(|one| !is_allowed(one));
    beyond.copied().collect()
}
