//! R03: sensitive data is handled on a separate consent.

use super::consent_words::{in_force, no_policy, of_grant};
use super::deed::{Deed, deeds, said, with_law_of_then};
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::Consents;
use crate::assess::words;
use crate::privacy_policy::PrivacyPolicy;
use crate::schema::v1::{ConsentStrength, DataCategory};

const CLAUSES: &[&str] = &["PIPL 29", "NDSR 22(2)"];

/// `sensitive_separate`.
///
/// What is collected, received or shared on consent, as far as the policy in force holds it to be
/// sensitive (PIPL 28). A share may name the separate consent beside its basis.
pub(super) const RULE: Rule = Rule {
    number: 3,
    name: "sensitive_separate",
    title_zh: "处理敏感个人信息是否取得单独同意",
    title_en: "Is sensitive data handled on separate consent?",
    scope: Scope::Subject,
    clauses: CLAUSES,
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    deeds(grounds)
        .filter(|deed| deed.act.is_taking_or_sharing())
        .filter_map(|deed| judge_deed(grounds, &consents, &deed))
        .map(|finding| with_law_of_then(finding, CLAUSES))
        .collect()
}

fn judge_deed(grounds: &Grounds<'_>, consents: &Consents<'_>, deed: &Deed<'_>) -> Option<Finding> {
    let basis = deed.consent_id()?;
    let Some(policy) = grounds.policies.policy(deed.ms()) else {
        return Some(no_policy(grounds, deed));
    };
    let sensitive = sensitive_of(policy, deed.categories);
    if sensitive.is_empty() {
        return None;
    }
    let id = match deed.separate_consent_id {
        "" => basis,
        separate => separate,
    };
    let grant = match in_force(grounds, consents, deed, id) {
        Ok(grant) => grant,
        Err(finding) => return Some(*finding),
    };
    let (of_zh, of_en) = of_grant(&grant);
    let (zh, en) = (
        words::zh("DataCategory", &sensitive),
        words::en("DataCategory", &sensitive),
    );
    let is_for_it = grant.lacking(&sensitive).is_empty();
    let (result, cause, words) = if !grant.is_at_least(ConsentStrength::CsSeparate) {
        let words = said(
            format!("{zh}属于敏感个人信息,而{of_zh}不是单独同意"),
            format!("{en} is sensitive, and {of_en} isn't a separate one"),
        );
        (Outcome::Violation, "sensitive_not_separate", words)
    } else if is_for_it {
        let words = said(
            format!("敏感个人信息({zh})有{of_zh}"),
            format!("for the sensitive part ({en}) there is {of_en}"),
        );
        (Outcome::Pass, "sensitive_separate", words)
    } else {
        let words = said(
            format!("{of_zh}没有包含敏感个人信息{zh}"),
            format!("{of_en} doesn't name all of what is sensitive: {en}"),
        );
        (Outcome::Violation, "sensitive_not_named", words)
    };
    let finding = deed.finding(grounds, result, cause, words);
    Some(finding.resting_on(grant.events()))
}

fn sensitive_of(policy: &PrivacyPolicy, categories: &[i32]) -> Vec<i32> {
    let is_sensitive = |number: &&i32| {
        DataCategory::try_from(**number).is_ok_and(|category| policy.is_sensitive(category))
    };
    categories.iter().filter(is_sensitive).copied().collect()
}
