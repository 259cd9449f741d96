//! Steps become events: the envelope, and the words that every body needs.

use custodia_core::schema::v1::{Actor, Event, event::Body};
use prost_types::Timestamp;

use super::dice::{Dice, EventDice};
use super::life::{Life, Step, What, Who};
use super::register::{Producer, Register};
use super::terms::Ask;
use super::{POLICY_VERSION, bodies};

pub(super) const INCIDENT: &str = "incident-1";
pub(super) const MERGER: &str = "merger-1";
pub(super) const CASE: &str = "case-1";

/// Seconds and nanoseconds of a time in milliseconds since the epoch.
pub(super) fn timestamp(ms: i64) -> Timestamp {
    let nanos = i32::try_from(ms.rem_euclid(1000) * 1_000_000).expect("below 10⁹");
    Timestamp {
        seconds: ms.div_euclid(1000),
        nanos,
    }
}

/// The end of the 15th day in Hangzhou after the day of `received_ms` (rule R19).
pub(super) fn due_after_15_days(received_ms: i64) -> i64 {
    const DAY_MS: i64 = 86_400_000;
    const ZONE_MS: i64 = 8 * 3_600_000;
    ((received_ms + ZONE_MS).div_euclid(DAY_MS) + 16) * DAY_MS - ZONE_MS
}

/// What a body is written from: one step of one life.
pub(super) struct Pen<'a> {
    pub(super) source: &'a Dice,
    pub(super) register: &'a Register,
    pub(super) life: &'a Life,
    pub(super) step: &'a Step,
    pub(super) dice: &'a EventDice,
}

impl Pen<'_> {
    pub(super) fn time(&self) -> Timestamp {
        timestamp(self.step.at)
    }

    pub(super) fn digest(&self) -> Vec<u8> {
        self.dice.digest.to_vec()
    }

    pub(super) fn consent_id(&self, ask: Ask) -> String {
        format!(
            "consent-{:016x}-{}",
            self.life.code(self.step.who),
            ask.terms().name
        )
    }

    fn named(&self, what: &str) -> String {
        format!(
            "{what}-{:016x}-{}",
            self.life.code(self.step.who),
            self.step.matter
        )
    }

    pub(super) fn order_ref(&self) -> String {
        self.named("order")
    }

    pub(super) fn request_id(&self) -> String {
        self.named("request")
    }

    fn correlation_id(&self) -> String {
        match self.step.what {
            What::Notified => INCIDENT.to_owned(),
            What::Transfer => MERGER.to_owned(),
            What::Disclose => CASE.to_owned(),
            _ => self.named("matter"),
        }
    }

    fn role(&self) -> Actor {
        if self.step.who == Who::Consignee {
            Actor::AcSubjectConsignee
        } else {
            Actor::AcSubjectUser
        }
    }
}

/// The service that emits a step.
pub(super) fn producer_of(step: &Step) -> Producer {
    use super::life::Taken;
    match step.what {
        What::Share(outflow) => outflow.flow.terms().producer,
        What::Notice(_)
        | What::Grant(_)
        | What::Refuse(_)
        | What::Withdraw(_)
        | What::Permit(_)
        | What::Eligible
        | What::Deny
        | What::Collect(Taken::Account | Taken::Device) => Producer::App,
        What::Collect(Taken::Order | Taken::Consignee) | What::Attest | What::Acknowledge(_) => {
            Producer::Mall
        }
        What::Open(kind) | What::Complete(kind) => bodies::order_producer(kind),
        What::Collect(Taken::Identity | Taken::Card) => Producer::Verify,
        What::Receive(from) => bodies::receiving_producer(from),
        What::Collect(Taken::Loan) => Producer::Loan,
        What::Decide(_) => Producer::Risk,
        What::Message { .. } | What::OptOut | What::Notified => Producer::Messaging,
        What::Look(_)
        | What::Request(_)
        | What::Verify
        | What::Fulfil(_)
        | What::Complain
        | What::Answer
        | What::ConfirmDeletion(_) => Producer::Desk,
        What::Transfer | What::Disclose => Producer::Legal,
        What::Erase(_) | What::Restrict(_) => Producer::Stores,
        What::Link => Producer::Vault,
    }
}

/// The event of one step of a life, without its producer's sequence number.
pub(super) fn event_of(dice: &Dice, register: &Register, life: &Life, step: &Step) -> Event {
    let drawn = dice.event(life.n, step.id, step.at);
    let pen = Pen {
        source: dice,
        register,
        life,
        step,
        dice: &drawn,
    };
    let cause = step
        .cause
        .and_then(|id| life.steps.iter().find(|other| other.id == id));
    let causation = cause.map(|cause| dice.event(life.n, cause.id, cause.at).id.to_vec());
    Event {
        event_id: drawn.id.to_vec(),
        salt: drawn.salt.to_vec(),
        occurred_at: Some(pen.time()),
        producer: producer_of(step).name().to_owned(),
        policy_version_id: POLICY_VERSION.to_owned(),
        subject_ref: life.reference(step.who).as_str().to_owned(),
        subject_role: pen.role().into(),
        correlation_id: pen.correlation_id(),
        causation_id: causation.unwrap_or_default(),
        body: Some(body_of(&pen)),
        ..Event::default()
    }
}

fn body_of(pen: &Pen<'_>) -> Body {
    match pen.step.what {
        What::Notice(ask) => Body::NoticePresented(pen.notice(ask)),
        What::Grant(ask) => Body::ConsentGranted(pen.grant(ask)),
        What::Refuse(ask) => Body::ConsentRefused(pen.refusal(ask)),
        What::Withdraw(ask) => Body::ConsentWithdrawn(pen.withdrawal(ask)),
        What::Permit(one) => Body::DevicePermissionChanged(pen.permitted(one)),
        What::Eligible => Body::EligibilityChecked(Pen::eligible()),
        What::Collect(taken) => Body::DataCollected(pen.collected(taken)),
        What::Receive(from) => Body::DataReceivedFromThirdParty(pen.received(from)),
        What::Attest => Body::ThirdPartySubjectAttested(pen.attested()),
        What::Link => Body::SubjectLinked(pen.linked()),
        What::Decide(kind) => Body::AutomatedDecisionMade(pen.decision(kind)),
        What::Message { commercial } => Body::MessageSent(Pen::message(commercial)),
        What::OptOut => Body::MarketingOptOut(Pen::opt_out()),
        What::Look(reason) => Body::InternalAccess(pen.look(reason)),
        What::Deny => Body::FeatureDenied(pen.denied()),
        What::Share(outflow) => Body::DataShared(pen.shared(outflow)),
        What::Acknowledge(to) => Body::RecipientAcknowledged(pen.acknowledged(to)),
        What::Transfer => Body::DataTransferred(pen.transferred()),
        What::Disclose => Body::DataDisclosed(pen.disclosed()),
        What::Request(kind) => Body::RightsRequestReceived(pen.request(kind)),
        What::Verify => Body::IdentityVerified(pen.verified()),
        What::Fulfil(kind) => Body::RightsRequestFulfilled(pen.fulfilled(kind)),
        What::Complain => Body::ComplaintReceived(pen.complaint()),
        What::Answer => Body::ComplaintAnswered(pen.answer()),
        What::Open(kind) => Body::OrderOpened(pen.opened(kind)),
        What::Complete(kind) => Body::OrderCompleted(pen.completed(kind)),
        What::Erase(store) => Body::DataErased(pen.erased(store)),
        What::Restrict(store) => Body::ProcessingRestricted(pen.restricted(store)),
        What::ConfirmDeletion(by) => Body::RecipientDeletionConfirmed(pen.deletion(by)),
        What::Notified => Body::SubjectNotified(Pen::notified()),
    }
}

/// The digest of what a step moved: what its event says, known without the event.
pub(super) fn moved_digest(dice: &Dice, life: &Life, id: u16) -> Vec<u8> {
    let at = life
        .steps
        .iter()
        .find(|step| step.id == id)
        .map_or(0, |step| step.at);
    dice.event(life.n, id, at).digest.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_due_at_midnight_in_hangzhou_after_fifteen_days() {
        // 2026-10-01 23:59 and 2026-10-02 00:01, both +08:00.
        let late = 1_790_870_340_000;
        let next_day = late + 120_000;
        // 2026-10-17 00:00 +08:00.
        assert_eq!(due_after_15_days(late), 1_792_166_400_000);
        assert_eq!(due_after_15_days(next_day), 1_792_166_400_000 + 86_400_000);
    }

    #[test]
    fn a_timestamp_keeps_its_milliseconds() {
        assert_eq!(
            timestamp(1_234_567),
            Timestamp {
                seconds: 1234,
                nanos: 567_000_000
            }
        );
        assert_eq!(
            timestamp(-1),
            Timestamp {
                seconds: -1,
                nanos: 999_000_000
            }
        );
    }
}
