//! Opt-outs from commercial messages, by channel.
//!
//! An opt-out is `MarketingOptOut` on its channels, or a rights request to stop marketing, which names
//! no channel and so means all. It holds from when it arrived until the person consents anew to
//! commercial or personalised messages.

use std::collections::BTreeMap;

use crate::assess::{Occurrence, PolicyBook, Timeline, ms_of};
use crate::schema::v1::event::Body;
use crate::schema::v1::{ConsentForm, ConsentGranted, Purpose, RightsRequestKind};

/// A person's opt-outs, and the consents that ended them.
#[derive(Debug, Default)]
pub struct OptOuts<'a> {
    by_channel: BTreeMap<i32, Moments<'a>>,
    all_channels: Moments<'a>,
    personal: Moments<'a>,
    anew: Moments<'a>,
}

/// Events by when they took effect, ascending.
#[derive(Debug, Default)]
struct Moments<'a>(Vec<(i64, &'a Occurrence)>);

impl<'a> Moments<'a> {
    fn sort(&mut self) {
        self.0
            .sort_by_key(|(ms, one)| (*ms, one.event.event_id.as_slice()));
    }

    /// The last that took effect before a moment.
    fn last_before(&self, ms: i64) -> Option<(i64, &'a Occurrence)> {
        let after = self.0.partition_point(|(from, _)| *from < ms);
        after.checked_sub(1).map(|place| self.0[place])
    }
}

impl<'a> OptOuts<'a> {
    /// The opt-outs of a timeline. Which form of consent counts is asked of the policy in force then; a
    /// person who merely goes on using the service has not consented (PIPL 14).
    pub fn of(timeline: &'a Timeline, policies: &PolicyBook) -> Self {
        let mut all = Self::default();
        for one in timeline {
            match one.body() {
                Body::MarketingOptOut(said) => {
                    let from = said.received_at.as_ref().map_or(one.occurred_at_ms, ms_of);
                    for channel in &said.channels {
                        all.by_channel
                            .entry(*channel)
                            .or_default()
                            .0
                            .push((from, one));
                    }
                    if said.personalisation_off == Some(true) {
                        all.personal.0.push((from, one));
                    }
                }
                Body::RightsRequestReceived(said)
                    if said.kind() == RightsRequestKind::RrStopMarketing =>
                {
                    let from = said.received_at.as_ref().map_or(one.occurred_at_ms, ms_of);
                    all.all_channels.0.push((from, one));
                }
                Body::ConsentGranted(said) if asks_anew(said, one, policies) => {
                    all.anew.0.push((one.occurred_at_ms, one));
                }
                _ => {}
            }
        }
        all.by_channel.values_mut().for_each(Moments::sort);
        all.all_channels.sort();
        all.personal.sort();
        all.anew.sort();
        all
    }

    /// The numbers of all channels that an opt-out ever named, ascending.
    pub fn channels(&self) -> impl Iterator<Item = i32> {
        self.by_channel.keys().copied()
    }

    /// The request to stop all marketing that holds at a moment, on whatever channel.
    pub fn of_all_channels(&self, ms: i64) -> Option<&'a Occurrence> {
        self.unless_anew(self.all_channels.last_before(ms), ms)
    }

    /// The opt-out that holds on a channel at a moment: it arrived earlier than that moment, and no
    /// consent came after it, up to and at the moment.
    pub fn in_force(&self, channel: i32, ms: i64) -> Option<&'a Occurrence> {
        let of_channel = self.by_channel.get(&channel);
        let of_channel = of_channel.and_then(|moments| moments.last_before(ms));
        let last = later(of_channel, self.all_channels.last_before(ms));
        self.unless_anew(last, ms)
    }

    /// The opt-out from personal choice of content that holds at a moment.
    pub fn personal_in_force(&self, ms: i64) -> Option<&'a Occurrence> {
        self.unless_anew(self.personal.last_before(ms), ms)
    }

    fn unless_anew(
        &self,
        stopped: Option<(i64, &'a Occurrence)>,
        ms: i64,
    ) -> Option<&'a Occurrence> {
        let (from, stopped) = stopped?;
        let anew = self.anew.last_before(ms.saturating_add(1));
        anew.is_none_or(|(consented, _)| consented <= from)
            .then_some(stopped)
    }
}

/// The one that took effect later; the first where both did at once.
fn later<'a>(
    a: Option<(i64, &'a Occurrence)>,
    b: Option<(i64, &'a Occurrence)>,
) -> Option<(i64, &'a Occurrence)> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 > a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}

fn asks_anew(said: &ConsentGranted, one: &Occurrence, policies: &PolicyBook) -> bool {
    let messages = [Purpose::PuCommercialMessage, Purpose::PuPersonalisedPush];
    let about = said.purposes().any(|purpose| messages.contains(&purpose));
    let counts = match policies.policy(one.occurred_at_ms) {
        Some(policy) => policy.counts_as_consent(said.form()),
        None => said.form() != ConsentForm::CmContinuedUse,
    };
    about && counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::state::told::{Told, at, stamp};
    use crate::schema::v1::{Channel, MarketingOptOut, RightsRequestReceived};

    const SMS: i32 = Channel::ChSms as i32;
    const PHONE: i32 = Channel::ChPhone as i32;

    fn sms_off() -> Body {
        Body::MarketingOptOut(MarketingOptOut {
            channels: vec![SMS],
            ..MarketingOptOut::default()
        })
    }

    fn consent(form: ConsentForm) -> Body {
        Body::ConsentGranted(ConsentGranted {
            purposes: vec![Purpose::PuCommercialMessage.into()],
            form: form.into(),
            ..ConsentGranted::default()
        })
    }

    fn holds(told: &Told, channel: i32, moment: &str) -> bool {
        let timeline = told.timeline();
        let policies = PolicyBook::default();
        let opt_outs = OptOuts::of(&timeline, &policies);
        opt_outs.in_force(channel, at(moment)).is_some()
    }

    #[test]
    fn an_opt_out_holds_on_its_channel_from_the_moment_after_it() {
        let told = Told::default().then("2026-03-01 10:00", sms_off());
        assert!(!holds(&told, SMS, "2026-03-01 10:00"));
        assert!(holds(&told, SMS, "2026-03-01 10:00:01"));
        assert!(!holds(&told, PHONE, "2026-03-02 10:00"));
    }

    #[test]
    fn it_holds_from_when_it_arrived_not_from_when_it_was_entered() {
        let early = MarketingOptOut {
            channels: vec![SMS],
            received_at: Some(stamp("2026-02-27 09:00")),
            ..MarketingOptOut::default()
        };
        let told = Told::default().then("2026-03-01 10:00", Body::MarketingOptOut(early));
        assert!(holds(&told, SMS, "2026-02-28 09:00"));
    }

    #[test]
    fn a_request_to_stop_marketing_means_every_channel() {
        let request = RightsRequestReceived {
            kind: RightsRequestKind::RrStopMarketing.into(),
            received_at: Some(stamp("2026-03-01 10:00")),
            ..RightsRequestReceived::default()
        };
        let told = Told::default().then("2026-03-01 10:00", Body::RightsRequestReceived(request));
        assert!(holds(&told, SMS, "2026-03-02 10:00") && holds(&told, PHONE, "2026-03-02 10:00"));
    }

    #[test]
    fn a_new_consent_ends_it_and_going_on_does_not() {
        let told = Told::default()
            .then("2026-03-01 10:00", sms_off())
            .then("2026-03-05 10:00", consent(ConsentForm::CmContinuedUse));
        assert!(holds(&told, SMS, "2026-03-06 10:00"));
        let told = told.then("2026-03-07 10:00", consent(ConsentForm::CmClickConfirm));
        assert!(!holds(&told, SMS, "2026-03-07 10:00"));
        let told = told.then("2026-03-08 10:00", sms_off());
        assert!(holds(&told, SMS, "2026-03-09 10:00"));
    }
}
