//! What was told of each consent, step by step, and the status that stands of it (domain.md 1.4).

use std::collections::BTreeMap;

use super::consents::{Standing, Why};
use crate::assess::occurrence::Occurrence;
use crate::assess::timeline::Timeline;
use crate::schema::v1::ConsentStatus;
use crate::schema::v1::event::Body;

/// One event that tells of a consent.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The event.
    pub on: &'a Occurrence,
    /// The status that the event gives the consent by its own word; unspecified where another consent
    /// takes its place.
    pub status: ConsentStatus,
    /// The consent that takes its place by this event.
    pub replaced_by: Option<&'a str>,
}

/// Each consent's events by its record id, in order. A consent that renews another is told of both.
pub fn stories(timeline: &Timeline) -> BTreeMap<&str, Vec<Told<'_>>> {
    let mut stories: BTreeMap<&str, Vec<Told<'_>>> = BTreeMap::new();
    for on in timeline {
        for (id, told) in told(on) {
            stories.entry(id).or_default().push(told);
        }
    }
    stories
}

fn told<'a>(on: &'a Occurrence) -> Vec<(&'a str, Told<'a>)> {
    let one = |id: &'a str, status| {
        let replaced_by = None;
        vec![(
            id,
            Told {
                on,
                status,
                replaced_by,
            },
        )]
    };
    match on.body() {
        Body::NoticePresented(said) => one(&said.consent_id, ConsentStatus::StRequested),
        Body::ConsentGranted(said) => {
            let mut told = one(&said.consent_id, said.status());
            if !said.renews_consent_id.is_empty() && said.renews_consent_id != said.consent_id {
                told.push((
                    said.renews_consent_id.as_str(),
                    replaced(on, &said.consent_id),
                ));
            }
            told
        }
        Body::ConsentRefused(said) => one(&said.consent_id, said.status()),
        Body::ConsentWithdrawn(said) => one(&said.consent_id, ConsentStatus::StWithdrawn),
        Body::ConsentExpired(said) => one(&said.consent_id, ConsentStatus::StExpired),
        Body::ConsentInvalidated(said) => one(&said.consent_id, said.status()),
        Body::ConsentSuperseded(said) => {
            let by = &said.superseded_by_consent_id;
            vec![(said.consent_id.as_str(), replaced(on, by))]
        }
        _ => Vec::new(),
    }
}

const fn replaced<'a>(on: &'a Occurrence, by: &'a str) -> Told<'a> {
    Told {
        on,
        status: ConsentStatus::StUnspecified,
        replaced_by: Some(by),
    }
}

/// The status of a consent by what holds of it; unknown where it was recorded in a form that is none.
pub fn status_of(standing: &Standing<'_>) -> ConsentStatus {
    let lapse = match standing {
        Standing::Unknown => return ConsentStatus::StUnknown,
        Standing::InForce(grant) => return grant.terms.status(),
        Standing::NotInForce(lapse) => lapse,
    };
    match lapse.why {
        Why::NotDecided | Why::GivenLater => ConsentStatus::StRequested,
        Why::Refused => ConsentStatus::StRefused,
        Why::Deferred => ConsentStatus::StDeferred,
        Why::NotYetValid => ConsentStatus::StGiven,
        Why::Expired => ConsentStatus::StExpired,
        Why::Withdrawn | Why::NoNewNotice => ConsentStatus::StWithdrawn,
        Why::Revoked => ConsentStatus::StRevoked,
        Why::Invalidated => ConsentStatus::StInvalidated,
        Why::FormIsNone | Why::StatusAllowsNone | Why::Superseded => ConsentStatus::StUnknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::PolicyBook;
    use crate::assess::state::consents::Consents;
    use crate::assess::state::told::{Told as Tale, at};
    use crate::schema::v1::{ConsentGranted, ConsentWithdrawn, NoticePresented};

    fn given(id: &str, renews: &str) -> Body {
        Body::ConsentGranted(ConsentGranted {
            consent_id: id.into(),
            status: ConsentStatus::StGiven.into(),
            renews_consent_id: renews.into(),
            ..ConsentGranted::default()
        })
    }

    #[test]
    fn a_story_tells_every_step_and_a_renewal_in_both() {
        let tale = Tale::default()
            .then(
                "2026-03-01 10:00",
                Body::NoticePresented(NoticePresented {
                    consent_id: "c-1".into(),
                    ..NoticePresented::default()
                }),
            )
            .then("2026-03-01 10:01", given("c-1", ""))
            .then("2026-03-02 10:00", given("c-2", "c-1"))
            .then(
                "2026-03-03 10:00",
                Body::ConsentWithdrawn(ConsentWithdrawn {
                    consent_id: "c-2".into(),
                    ..ConsentWithdrawn::default()
                }),
            );
        let timeline = tale.timeline();
        let stories = stories(&timeline);
        let steps = |id: &str| -> Vec<(ConsentStatus, Option<&str>)> {
            let story = stories[id].iter();
            story.map(|told| (told.status, told.replaced_by)).collect()
        };
        assert_eq!(
            steps("c-1"),
            [
                (ConsentStatus::StRequested, None),
                (ConsentStatus::StGiven, None),
                (ConsentStatus::StUnspecified, Some("c-2")),
            ]
        );
        assert_eq!(
            steps("c-2"),
            [
                (ConsentStatus::StGiven, None),
                (ConsentStatus::StWithdrawn, None)
            ]
        );
        let consents = Consents::of(&timeline, &PolicyBook::default());
        let status = |moment: &str| status_of(&consents.standing("c-2", at(moment)));
        assert_eq!(status("2026-03-02 11:00"), ConsentStatus::StGiven);
        assert_eq!(status("2026-03-03 11:00"), ConsentStatus::StWithdrawn);
        assert_eq!(
            status_of(&consents.standing("c-9", at("2026-03-03 11:00"))),
            ConsentStatus::StUnknown
        );
    }
}
