//! What people may ask, and how they are treated: R19 to R23, R29 to R32, R34, R44.

mod after_erasure;
mod audience;
mod automated_decisions;
mod cancellation;
mod clock;
mod complaint_overdue;
mod ended;
mod internal_access;
mod marketing;
mod other_people;
mod quoted;
mod refusal_reasons;
mod retention;
mod rights_overdue;

use crate::assess::rule::Rule;

/// The rules of this room.
pub(super) const RULES: &[&Rule] = &[
    &rights_overdue::RULE,
    &complaint_overdue::RULE,
    &refusal_reasons::RULE,
    &cancellation::RULE,
    &retention::RULE,
    &audience::RULE,
    &automated_decisions::RULE,
    &marketing::RULE,
    &other_people::RULE,
    &internal_access::RULE,
    &after_erasure::RULE,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::state::told::{LIN, Told, stamp};
    use crate::assess::{About, Grounds, Holidays, MOST_OCCURRENCES, PolicyBook, Tallies, Totals};
    use crate::schema::v1;
    use crate::schema::v1::event::Body;

    /// One matter of a busy life: each has ids of its own, so that nothing of another may be walked.
    fn matter(number: usize) -> [Body; 8] {
        let id = format!("m-{number}");
        let ms = Some(stamp("2026-03-01 10:00"));
        let kind = v1::RightsRequestKind::RrCancelAccount.into();
        [
            Body::OrderOpened(v1::OrderOpened {
                order_ref: id.clone(),
                ..v1::OrderOpened::default()
            }),
            Body::DataCollected(v1::DataCollected {
                categories: vec![v1::DataCategory::DcConsigneeName.into()],
                order_ref: id.clone(),
                ..v1::DataCollected::default()
            }),
            Body::ThirdPartySubjectAttested(v1::ThirdPartySubjectAttested {
                order_ref: id.clone(),
                ..v1::ThirdPartySubjectAttested::default()
            }),
            Body::OrderCompleted(v1::OrderCompleted {
                order_ref: id.clone(),
                ..v1::OrderCompleted::default()
            }),
            Body::RightsRequestReceived(v1::RightsRequestReceived {
                request_id: id.clone(),
                kind,
                received_at: ms,
                due_at: ms,
                ..v1::RightsRequestReceived::default()
            }),
            Body::RightsRequestRefused(v1::RightsRequestRefused {
                request_id: id.clone(),
                ..v1::RightsRequestRefused::default()
            }),
            Body::LegalHoldPlaced(v1::LegalHoldPlaced {
                hold_id: id.clone(),
                categories: vec![v1::DataCategory::DcConsigneeName.into()],
                case_ref: id,
                ..v1::LegalHoldPlaced::default()
            }),
            Body::MessageSent(v1::MessageSent {
                commercial: Some(true),
                personalised: Some(true),
                ..v1::MessageSent::default()
            }),
        ]
    }

    /// Each rule walks the longest timeline that is judged a few times, not once for each of its events;
    /// were it otherwise, this would not end.
    #[test]
    fn the_longest_timeline_is_judged() {
        let bodies = (0..MOST_OCCURRENCES / 8).flat_map(matter);
        let told = bodies.enumerate().fold(Told::default(), |told, (n, body)| {
            let moment = format!("2026-03-{:02} 10:{:02}", 1 + n / 10_000, n / 200 % 60);
            told.then(&moment, body)
        });
        let timeline = told.timeline();
        assert_eq!(timeline.len(), MOST_OCCURRENCES);
        let grounds = Grounds {
            about: &About::Subject(LIN.into()),
            timeline: &timeline,
            register: &told.register(),
            policies: &PolicyBook::default(),
            holidays: &Holidays::default(),
            tallies: &Tallies::default(),
            totals: &Totals::default(),
        };
        for rule in RULES {
            let found = (rule.judge)(&grounds);
            assert!(found.len() <= 2 * MOST_OCCURRENCES, "{}", rule.code());
        }
    }
}
