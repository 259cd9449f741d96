//! R40: data comes from third parties only on express consent.

use super::consent_words::{in_force, no_policy, of_grant, of_strength};
use super::deed::{Act, Deed, deeds, said};
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Grant};
use crate::assess::state::recipients::recipient_at;
use crate::privacy_policy::PrivacyPolicy;
use crate::schema::v1::event::Body;
use crate::schema::v1::{Actor, BasisKind, ConsentStrength, Purpose};

/// `inbound_without_consent`.
///
/// What a third party sent: the consent must have been in force when it came, be express (L13), or
/// stronger where the policy in force asks for that, and separate for the account that a person has with
/// a third party (L51); and cover purpose and data. Consent at the very moment is in time. What comes
/// without consent by a case of L132 is for R07.
pub(super) const RULE: Rule = Rule {
    number: 40,
    name: "inbound_without_consent",
    title_zh: "从第三方获取信息是否取得明示同意",
    title_en: "Does data come from third parties on express consent?",
    scope: Scope::Subject,
    clauses: &["L13", "L51", "L71", "L85"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    deeds(grounds)
        .filter(|deed| deed.act == Act::Received)
        .filter_map(|deed| match deed.ground() {
            Some(BasisKind::BaCollectionExemption) => None,
            Some(BasisKind::BaConsent) => Some(on_consent(grounds, &consents, &deed)),
            Some(_) => Some(on_no_consent(grounds, &deed)),
            None => Some(ground_missing(grounds, &deed)),
        })
        .collect()
}

fn on_consent(grounds: &Grounds<'_>, consents: &Consents<'_>, deed: &Deed<'_>) -> Finding {
    let id = deed.consent_id().unwrap_or_default();
    let grant = match in_force(grounds, consents, deed, id) {
        Ok(grant) => grant,
        Err(finding) => return *finding,
    };
    let Some(policy) = grounds.policies.policy(deed.ms()) else {
        return no_policy(grounds, deed).resting_on(grant.events());
    };
    let (result, cause, words) = verdict(grounds, policy, deed, &grant);
    let finding = deed.finding(grounds, result, cause, words);
    finding.resting_on(grant.events())
}

fn verdict(
    grounds: &Grounds<'_>,
    policy: &PrivacyPolicy,
    deed: &Deed<'_>,
    grant: &Grant<'_>,
) -> (Outcome, &'static str, super::deed::Words) {
    let needed = needed(grounds, policy, deed);
    let (of_zh, of_en) = of_grant(grant);
    if !grant.is_at_least(needed) {
        let (needed_zh, needed_en) = of_strength(needed);
        let words = said(
            format!("{of_zh}弱于从该第三方获取信息所需的“{needed_zh}”"),
            format!("{of_en} is weaker than the {needed_en} consent that this source needs"),
        );
        (Outcome::Violation, "consent_too_weak", words)
    } else if grant.covers(deed.purpose, deed.categories) {
        let words = said(format!("此前有{of_zh}"), format!("{of_en} came before"));
        (Outcome::Pass, "consent_first", words)
    } else {
        let words = said(
            format!("{of_zh}不涵盖此目的或信息种类"),
            format!("{of_en} doesn't cover this purpose or these data"),
        );
        (Outcome::Violation, "consent_does_not_cover", words)
    }
}

fn needed(grounds: &Grounds<'_>, policy: &PrivacyPolicy, deed: &Deed<'_>) -> ConsentStrength {
    let purpose = Purpose::try_from(deed.purpose).ok();
    let stated = purpose.and_then(|purpose| policy.purpose(purpose)?.strength);
    let base = if is_account_platform(grounds, deed) {
        ConsentStrength::CsSeparate
    } else {
        ConsentStrength::CsExpress
    };
    stated.map_or(base, |stated| stated.max(base))
}

/// Whether the person's account with a third party is the source: by the event, or the register.
fn is_account_platform(grounds: &Grounds<'_>, deed: &Deed<'_>) -> bool {
    let platform = Actor::AcThirdPartyAccountPlatform;
    let said_so = match deed.one.body() {
        Body::DataReceivedFromThirdParty(received) => received.provider_role() == platform,
        _ => false,
    };
    let provider = deed.party.unwrap_or_default();
    let registered = recipient_at(grounds.register, provider, deed.ms());
    said_so || registered.is_some_and(|one| one.kind == platform)
}

fn on_no_consent(grounds: &Grounds<'_>, deed: &Deed<'_>) -> Finding {
    let words = said(
        "没有本人的明示同意(隐私政策L13“征得您的明示同意”)",
        "the person didn't consent to that expressly (policy L13: “征得您的明示同意”)",
    );
    deed.finding(grounds, Outcome::Violation, "no_consent", words)
}

fn ground_missing(grounds: &Grounds<'_>, deed: &Deed<'_>) -> Finding {
    let words = said("没有说明依据", "no ground is given");
    deed.finding(grounds, Outcome::Unknown, "basis_missing", words)
}
