//! Whether the numbers that rules need are there, and agree.

use super::{Kind, PrivacyPolicy, Remark};
use crate::privacy_policy::item::Name as _;
use crate::privacy_policy::{Cited as _, DeadlineId, Period, Start, ThresholdId};
use crate::schema::v1::RightsClock;

pub(super) fn check(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    there(policy, remarks);
    lengths(policy, remarks);
    ascending(policy, remarks);
    rights(policy, remarks);
    countries(policy, remarks);
}

fn there(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let mut missing = |part: &str, name: String| {
        let message = "isn't there: rules need it, if only with `ours` as its source";
        let item = format!("[[{part}]] {name}");
        remarks.push(Remark::error(Kind::MissingNumber, item, message));
    };
    for id in DeadlineId::ALL
        .iter()
        .filter(|id| policy.deadline(**id).is_none())
    {
        missing("deadline", id.name_of());
    }
    for id in ThresholdId::ALL
        .iter()
        .filter(|id| policy.threshold(**id).is_none())
    {
        missing("threshold", id.name_of());
    }
}

fn lengths(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let zero = |period: Period| {
        use Period::{Days, Hours, Months, Seconds, WorkingDays, Years};
        let (Seconds(n) | Hours(n) | Days(n) | WorkingDays(n) | Months(n) | Years(n)) = period;
        n == 0
    };
    for deadline in policy.deadlines.values().filter(|of| zero(of.period)) {
        let item = format!("[[deadline]] {}", deadline.id());
        let message = "has no length";
        remarks.push(Remark::error(Kind::Contradiction, item, message).citing(&deadline.cites));
    }
    let days = |id| match policy.deadline(id)?.period {
        Period::Days(days) => Some(days),
        _ => None,
    };
    let (warned, due) = (
        days(DeadlineId::RightsWarning),
        days(DeadlineId::RightsRequest),
    );
    if warned.zip(due).is_some_and(|(warned, due)| warned >= due) {
        let cites = policy
            .deadlines
            .values()
            .filter(|of| of.id == DeadlineId::RightsRequest);
        let message = "warns when the request is due, or later";
        let remark = Remark::error(Kind::Contradiction, "[[deadline]] RIGHTS_WARNING", message);
        remarks.push(remark.citing(cites.flat_map(|of| &of.cites)));
    }
}

fn ascending(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    let grades = [
        ThresholdId::IncidentLargerPeople,
        ThresholdId::IncidentMajorPeople,
        ThresholdId::IncidentEspeciallyMajorPeople,
    ];
    for pair in grades.windows(2) {
        let [lower, higher] = [pair[0], pair[1]].map(|id| policy.threshold(id));
        if let Some((lower, higher)) = lower.zip(higher)
            && lower.value >= higher.value
        {
            let item = format!("[[threshold]] {}", higher.id());
            let message = format!("isn't above {}", lower.id());
            let remark = Remark::error(Kind::Contradiction, item, message);
            remarks.push(remark.citing(lower.cites.iter().chain(&higher.cites)));
        }
    }
}

/// A right's deadline starts where its clock says.
fn rights(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    for right in policy.rights.values() {
        let item = format!("[[right]] {}", right.id());
        let says = match right.clock {
            Some(RightsClock::RrClock15dFromReceipt) => Some(Start::Received),
            Some(RightsClock::RrClock15dFromIdVerified) => Some(Start::IdentityVerified),
            _ => None,
        };
        let deadline = right.deadline.and_then(|id| policy.deadline(id));
        if says.is_some() && right.deadline.is_none() {
            let message = "names a clock and no deadline";
            remarks.push(Remark::error(Kind::Contradiction, item, message).citing(&right.cites));
        } else if let Some((says, deadline)) = says.zip(deadline)
            && deadline.starts != says
        {
            let message = format!("has a clock that starts otherwise than {}", deadline.id());
            remarks.push(Remark::error(Kind::Contradiction, item, message).citing(&right.cites));
        }
    }
}

fn countries(policy: &PrivacyPolicy, remarks: &mut Vec<Remark>) {
    for rule in policy.residence.values() {
        let item = format!("[[residence]] {}", rule.id());
        if rule.countries.is_empty() {
            let message = "names no country";
            remarks.push(Remark::error(Kind::NotACountry, &item, message).citing(&rule.cites));
        }
        let is_code = |of: &&String| of.len() == 2 && of.bytes().all(|b| b.is_ascii_uppercase());
        for country in rule.countries.iter().filter(|of| !is_code(of)) {
            let message = format!("{country:?} is no code of ISO 3166-1 alpha-2");
            remarks.push(Remark::error(Kind::NotACountry, &item, message).citing(&rule.cites));
        }
    }
}
