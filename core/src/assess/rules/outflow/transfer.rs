//! R13: whether a transfer fits its case of the policy (L180 to L186; PIPL 22).
//!
//! By explicit consent (L182): a consent in force at the moment, explicit or stronger, that covers what was
//! transferred and for whom. By law or a judicial demand (L184): what demands it is cited. By a merger or
//! the like (L186): announced strictly before the transfer (提前), naming the successor and how to reach it,
//! who took on to stay bound by the policy. In every case a changed purpose needs an explicit consent of its
//! own.

use super::flow::{Flow, Said, Words, flows, said, with_clauses, with_quote};
use super::separate_consent::{Lacking, in_force, suits};
use crate::assess::calendar::Day;
use crate::assess::finding::{Finding, Outcome};
use crate::assess::grounds::Grounds;
use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::rule::{Rule, Scope};
use crate::assess::state::consents::{Consents, Grant};
use crate::privacy_policy::{Cited, PrivacyPolicy, Transfer};
use crate::schema::v1::event::Body;
use crate::schema::v1::{
    BasisKind, ConsentStrength, DataTransferred, MergerAnnounced, TransferCase, TransferDuty,
};

/// `MergerAnnounced`, in the envelope.
const ANNOUNCED: u32 = 205;

pub(super) const RULE: Rule = Rule {
    number: 13,
    name: "transfer_without_consent_or_announcement",
    title_zh: "转让是否符合政策所列情形",
    title_en: "Does a transfer fit a case of the policy?",
    scope: Scope::Subject,
    clauses: &["L180", "L182", "L184", "L186", "PIPL 22"],
    from_ms: None,
    until_ms: None,
    revision: 1,
    judge,
};

/// What is wrong with a transfer.
struct Fault<'a> {
    result: Outcome,
    cause: &'static str,
    why: Words,
    by: Option<&'a Occurrence>,
}

/// A transfer, its event and its case of the policy.
struct Judged<'g, 'a> {
    grounds: &'g Grounds<'a>,
    policy: &'a PrivacyPolicy,
    case: &'a Transfer,
    flow: &'g Flow<'a>,
    body: &'a DataTransferred,
}

fn judge(grounds: &Grounds<'_>) -> Vec<Finding> {
    let consents = Consents::of(grounds.timeline, grounds.policies);
    let judged = flows(grounds).flat_map(|flow| match flow.said {
        Said::Transferred(body) => judged(grounds, &consents, &flow, body),
        _ => Vec::new(),
    });
    judged.collect()
}

fn judged<'a>(
    grounds: &Grounds<'a>,
    consents: &Consents<'a>,
    flow: &Flow<'a>,
    body: &'a DataTransferred,
) -> Vec<Finding> {
    let Some(policy) = grounds.policies.policy(flow.ms()) else {
        return vec![flow.no_policy(grounds)];
    };
    let Some(case) = policy.transfer_case(body.case()) else {
        let why = said(
            "当时的政策没有列出这一转让情形",
            "the policy in force then names no such case of transfer",
        );
        let found = flow.finding(grounds, Outcome::Violation, "case_not_in_policy", why);
        return vec![with_clauses(found, &["L180"])];
    };
    let judged = Judged {
        grounds,
        policy,
        case,
        flow,
        body,
    };
    judged.findings(consents)
}

impl<'a> Judged<'_, 'a> {
    fn findings(&self, consents: &Consents<'a>) -> Vec<Finding> {
        let (mut faults, rests) = self.by_case(consents);
        let changed = self.changed_purpose(consents);
        let (fault, new_consent) = match changed {
            Some(Err((result, cause, why))) => (
                Some(Fault {
                    result,
                    cause,
                    why,
                    by: None,
                }),
                None,
            ),
            Some(Ok(grant)) => (None, Some(grant.given)),
            None => (None, None),
        };
        faults.extend(fault);
        if faults.is_empty() {
            let why = said("符合政策所列情形", "it fits its case of the policy");
            let why = with_quote(why, Some(self.case as &dyn Cited));
            let found = self
                .flow
                .finding(self.grounds, Outcome::Pass, "fits_its_case", why);
            return vec![found.resting_on(rests).resting_on(new_consent)];
        }
        let finding = |fault: Fault<'a>| {
            self.flow
                .finding(self.grounds, fault.result, fault.cause, fault.why)
                .resting_on(fault.by)
        };
        faults.into_iter().map(finding).collect()
    }

    /// What its case finds wrong, and on what it rests.
    fn by_case(&self, consents: &Consents<'a>) -> (Vec<Fault<'a>>, Option<&'a Occurrence>) {
        let ground = self.body.basis.as_ref().map(crate::schema::v1::Basis::kind);
        let allowed = ground.is_some_and(|kind| self.case.bases.contains(&kind));
        if !allowed {
            let why = said(
                "所称的依据不是这一转让情形的依据",
                "what it is said to rest on isn't a ground of that case",
            );
            return (vec![self.fault("ground_not_of_case", why)], None);
        }
        match self.body.case() {
            TransferCase::Tr01ExplicitConsent => match self.consent(consents) {
                Ok(grant) => (Vec::new(), Some(grant.given)),
                Err((result, cause, why)) => {
                    let by = None;
                    let fault = Fault {
                        result,
                        cause,
                        why,
                        by,
                    };
                    (vec![fault], None)
                }
            },
            TransferCase::Tr02LegalOrJudicial => (self.demanded().into_iter().collect(), None),
            _ => self.announced(),
        }
    }

    fn fault(&self, cause: &'static str, why: Words) -> Fault<'a> {
        Fault {
            result: Outcome::Violation,
            cause,
            why: with_quote(why, Some(self.case as &dyn Cited)),
            by: None,
        }
    }

    fn consent(&self, consents: &Consents<'a>) -> Result<Grant<'a>, Lacking> {
        let basis = self
            .flow
            .basis
            .filter(|one| one.kind() == BasisKind::BaConsent);
        let id = basis.map_or("", |basis| basis.consent_id.as_str());
        if id.is_empty() {
            let why = said(
                "称以同意为依据,但没有指明是哪一次同意",
                "it is said to rest on consent, but not on which",
            );
            return Err((Outcome::Unknown, "consent_not_named", why));
        }
        let grant = in_force(consents, id, self.flow.ms())?;
        let strength = self.case.strength.unwrap_or(ConsentStrength::CsExplicit);
        suits(&grant, self.flow, strength)?;
        Ok(grant)
    }

    fn demanded(&self) -> Option<Fault<'a>> {
        let basis = self.flow.basis?;
        let why = said(
            "没有写明依据哪项法律规定或要求",
            "which law or demand asks for it isn't cited",
        );
        basis.citation.is_empty().then(|| Fault {
            result: Outcome::Unknown,
            ..self.fault("demand_not_cited", why)
        })
    }

    fn announced(&self) -> (Vec<Fault<'a>>, Option<&'a Occurrence>) {
        let Some((said_of, on, at)) = self.announcement() else {
            let why = said("没有公告的记录", "no announcement is recorded");
            return (vec![self.fault("not_announced", why)], None);
        };
        let mut faults = Vec::new();
        if at >= self.flow.ms() {
            let day = Day::of(at);
            let why = said(
                format!("{day}才公告,不是提前"),
                format!("it was announced only on {day}, not before"),
            );
            faults.push(self.fault("announced_too_late", why));
        }
        if said_of.successor_name.is_empty() || said_of.successor_contact.is_empty() {
            let why = said(
                "公告没有写明承接方的名称和联系方式(个人信息保护法第二十二条)",
                "the announcement doesn't give the successor's name and contact (PIPL 22)",
            );
            faults.push(Fault {
                result: Outcome::Violation,
                cause: "successor_not_named",
                why,
                by: None,
            });
        }
        faults.extend(self.bound(said_of));
        for fault in &mut faults {
            fault.by = Some(on);
        }
        (faults, Some(on))
    }

    /// The earliest announcement of the merger that it names, or else to that successor.
    fn announcement(&self) -> Option<(&'a MergerAnnounced, &'a Occurrence, i64)> {
        let key = [&self.body.merger_id, &self.body.recipient_id];
        let key = key.into_iter().find(|key| !key.is_empty())?;
        let register = self.grounds.register;
        let all = register
            .under(ANNOUNCED, key)
            .filter_map(|on| match on.body() {
                Body::MergerAnnounced(said) if said.recipient_id == self.body.recipient_id => {
                    let at = said.announced_at.as_ref();
                    Some((said, on, at.map_or(on.occurred_at_ms, ms_of)))
                }
                _ => None,
            });
        all.min_by_key(|(_, _, at)| *at)
    }

    fn bound(&self, announced: &MergerAnnounced) -> Option<Fault<'a>> {
        let duty = TransferDuty::TrDutySuccessorBound;
        let taken_on: Vec<_> = announced.duties_taken_on().collect();
        if taken_on.contains(&duty) {
            return None;
        }
        let item = self.policy.transfer_duties.get(&duty);
        let item = item.map(|item| item as &dyn Cited);
        let (result, cause, why) = if taken_on.is_empty() {
            let why = said(
                "没有写明承接方是否继续受本政策约束",
                "whether the successor stays bound by the policy isn't said",
            );
            (Outcome::Unknown, "successor_duties_unknown", why)
        } else {
            let why = said(
                "承接方没有承诺继续受本政策约束",
                "the successor did not take on to stay bound by the policy",
            );
            (Outcome::Violation, "successor_not_bound", why)
        };
        Some(Fault {
            result,
            cause,
            why: with_quote(why, item),
            by: None,
        })
    }

    /// Where the purpose changes, the consent to it, or what is wrong with it.
    fn changed_purpose(&self, consents: &Consents<'a>) -> Option<Result<Grant<'a>, Lacking>> {
        if self.body.purpose_changed != Some(true) {
            return None;
        }
        let duty = TransferDuty::TrDutyReconsentOnPurposeChange;
        let item = self.policy.transfer_duties.get(&duty);
        let item = item.map(|item| item as &dyn Cited);
        if self.body.reconsent_id.is_empty() {
            let why = said(
                "变更了使用目的,但没有重新取得同意",
                "the purpose changes, and consent was not asked for anew",
            );
            let why = with_quote(why, item);
            return Some(Err((
                Outcome::Violation,
                "purpose_changed_without_consent",
                why,
            )));
        }
        let grant = in_force(consents, &self.body.reconsent_id, self.flow.ms());
        Some(grant.and_then(|grant| {
            suits(&grant, self.flow, ConsentStrength::CsExplicit)?;
            Ok(grant)
        }))
    }
}
