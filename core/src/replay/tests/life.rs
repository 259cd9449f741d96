//! Lives made up of real events at few moments, so that many happen at once.

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::assess::{About, LeafAt, Occurrence, Register, Tallies, Timeline};
use crate::schema::v1::event::Body;
use crate::schema::v1::*;

pub(super) const LIN: &str = "abcdefghijklmnopqrstuvwxyz";
pub(super) const RECIPIENT: &str = "r-0";
pub(super) const INCIDENT: &str = "i-0";
/// 2026-03-01T00:00:00+08:00.
pub(super) const BEGIN_MS: i64 = 1_772_294_400_000;
pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// What an event is made of: its kind, two choices, and when it happened, in eighths of a day.
pub(super) type Drawn = (u8, u8, u8, i64);

/// Up to so many events within two weeks.
pub(super) fn drawn(most: usize) -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec((0..53_u8, 0..8_u8, 0..8_u8, 0..112_i64), 1..most)
}

/// Everything that was said of everybody and everything.
pub(super) struct Life(Vec<Occurrence>);

impl Life {
    /// The life of these events; where two happen at once, the first drawn is earlier in the log.
    pub(super) fn of(drawn: &[Drawn]) -> Self {
        let made = drawn.iter().enumerate();
        Self(made.map(|(number, one)| occurrence(number, *one)).collect())
    }

    pub(super) fn register(&self) -> Register {
        Register::new(self.those(|one| one.subject().is_none()))
    }

    /// The timeline of a person, a recipient or an incident, as rules are given it; of the operator the
    /// register's.
    pub(super) fn timeline(&self, of: &About) -> Timeline {
        let chosen = match of {
            About::Subject(_) => self.those(|one| one.subject().is_some()),
            About::Recipient(id) => {
                self.those(|one| one.subject().is_none() && names(one).contains(id))
            }
            About::Incident(id) => self.those(|one| names(one).contains(id)),
            _ => return super::super::of_register(&self.register()).unwrap(),
        };
        Timeline::new(chosen).unwrap()
    }

    pub(super) fn tallies(&self) -> Tallies {
        let left = |one: &Occurrence| matches!(one.body(), Body::DataShared(said) if said.recipient_id == RECIPIENT);
        let mut outflows_ms: Vec<i64> = self
            .those(left)
            .iter()
            .map(|one| one.occurred_at_ms)
            .collect();
        outflows_ms.sort_unstable();
        Tallies {
            outflows_ms,
            gaps: Vec::new(),
        }
    }

    fn those(&self, wanted: impl Fn(&Occurrence) -> bool) -> Vec<Occurrence> {
        self.0.iter().filter(|one| wanted(one)).cloned().collect()
    }
}

fn names(one: &Occurrence) -> Vec<String> {
    super::super::named::names_in(one)
}

fn occurrence(number: usize, (kind, a, b, eighth): Drawn) -> Occurrence {
    let at = BEGIN_MS + eighth * 3 * HOUR_MS;
    let body = match kind {
        0..20 => consent_or_data(kind, a, b, at),
        20..36 => right_or_hold(kind, a, b, at),
        _ => of_registry(kind, a, b, at),
    };
    let is_of_person = kind < 36 || kind == 47;
    let event = Event {
        event_id: Sha256::digest(number.to_be_bytes())[..16].to_vec(),
        occurred_at: Some(stamp(at)),
        producer: "shop".into(),
        subject_ref: if is_of_person {
            LIN.into()
        } else {
            String::new()
        },
        body: Some(body),
        ..Event::default()
    };
    let leaf = LeafAt {
        log: format!("l.example/events/{}/0", number % 2),
        index: number as u64,
    };
    let record_time = (b % 3 > 0).then_some(at + i64::from(b) * 1000);
    Occurrence::of(leaf, record_time, event).unwrap()
}

fn stamp(ms: i64) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: ms.div_euclid(1000),
        nanos: 0,
    }
}

/// A moment around `at`: up to some days before or after it; none for some choices.
fn around(at: i64, choice: u8) -> Option<prost_types::Timestamp> {
    let days = i64::from(choice) - 3;
    (choice != 3).then(|| stamp(at + days * DAY_MS / 2))
}

fn purposes(choice: u8) -> Vec<i32> {
    let purposes = [Purpose::PuDelivery, Purpose::PuCommercialMessage];
    vec![purposes[usize::from(choice % 2)].into()]
}

fn categories(choice: u8) -> Vec<i32> {
    let categories = [DataCategory::DcRealName, DataCategory::DcIdNumber];
    vec![categories[usize::from(choice % 2)].into()]
}

fn consent_or_data(kind: u8, a: u8, b: u8, at: i64) -> Body {
    let consent_id = format!("c-{}", a % 3);
    let recipient_id = format!("r-{}", b % 3);
    match kind {
        0 | 1 => Body::NoticePresented(NoticePresented {
            consent_id,
            ..NoticePresented::default()
        }),
        2..=6 => Body::ConsentGranted(ConsentGranted {
            consent_id,
            purposes: purposes(b),
            categories: categories(b),
            recipient_ids: vec![recipient_id],
            form: match b {
                7 => ConsentForm::CmContinuedUse.into(),
                _ => ConsentForm::CmClickConfirm.into(),
            },
            strength: ConsentStrength::CsSeparate.into(),
            status: ConsentStatus::StGiven.into(),
            valid_from: around(at, b),
            valid_until: around(at + DAY_MS, a),
            renews_consent_id: if a > 5 {
                format!("c-{}", b % 3)
            } else {
                String::new()
            },
            ..ConsentGranted::default()
        }),
        7 | 8 => Body::ConsentWithdrawn(ConsentWithdrawn {
            consent_id,
            received_at: around(at, b),
            ..ConsentWithdrawn::default()
        }),
        9 => Body::ConsentRefused(ConsentRefused {
            consent_id,
            status: if b.is_multiple_of(2) {
                ConsentStatus::StDeferred.into()
            } else {
                ConsentStatus::StRefused.into()
            },
            ..ConsentRefused::default()
        }),
        10 => Body::ConsentExpired(ConsentExpired {
            consent_id,
            expired_at: around(at, b),
            ..ConsentExpired::default()
        }),
        11 => Body::ConsentInvalidated(ConsentInvalidated {
            consent_id,
            invalid_from: around(at, b),
            ..ConsentInvalidated::default()
        }),
        12 => Body::ConsentSuperseded(ConsentSuperseded {
            consent_id,
            superseded_by_consent_id: format!("c-{}", b % 3),
        }),
        _ => data(kind, a, b),
    }
}

fn data(kind: u8, a: u8, b: u8) -> Body {
    match kind {
        13 | 14 => Body::DevicePermissionChanged(DevicePermissionChanged {
            permission: i32::from(a % 3 + 1),
            enabled: (b < 7).then_some(b.is_multiple_of(2)),
            ..DevicePermissionChanged::default()
        }),
        15 => Body::DataCollected(DataCollected {
            categories: categories(a),
            store_id: "crm".into(),
            ..DataCollected::default()
        }),
        _ => Body::DataShared(DataShared {
            recipient_id: format!("r-{}", b % 3),
            purpose: Purpose::PuDelivery.into(),
            categories: categories(a),
            basis: Some(Basis {
                kind: BasisKind::BaConsent.into(),
                consent_id: format!("c-{}", a % 3),
                ..Basis::default()
            }),
            ..DataShared::default()
        }),
    }
}

fn right_or_hold(kind: u8, a: u8, b: u8, at: i64) -> Body {
    let request_id = format!("q-{}", a % 3);
    match kind {
        20..=22 => Body::RightsRequestReceived(RightsRequestReceived {
            request_id,
            kind: if b.is_multiple_of(2) {
                RightsRequestKind::RrStopMarketing.into()
            } else {
                RightsRequestKind::RrDelete.into()
            },
            received_at: around(at, b),
            due_at: around(at, a),
            ..RightsRequestReceived::default()
        }),
        23 => Body::IdentityVerified(IdentityVerified {
            request_id,
            verified: Some(b.is_multiple_of(2)),
            ..IdentityVerified::default()
        }),
        24 => Body::RightsRequestFulfilled(RightsRequestFulfilled {
            request_id,
            recipients_told: vec![format!("r-{}", b % 3)],
            ..RightsRequestFulfilled::default()
        }),
        25 => Body::RightsRequestRefused(RightsRequestRefused {
            request_id,
            ..RightsRequestRefused::default()
        }),
        26 => Body::ComplaintReceived(ComplaintReceived {
            request_id: format!("k-{}", a % 2),
            received_at: around(at, b),
            ..ComplaintReceived::default()
        }),
        27 => Body::ComplaintAnswered(ComplaintAnswered {
            request_id: format!("k-{}", a % 2),
            ..ComplaintAnswered::default()
        }),
        _ => hold_or_order(kind, a, b, at),
    }
}

fn hold_or_order(kind: u8, a: u8, b: u8, at: i64) -> Body {
    match kind {
        28 | 29 => Body::MarketingOptOut(MarketingOptOut {
            channels: vec![i32::from(a % 3 + 1)],
            received_at: around(at, b),
            personalisation_off: Some(a.is_multiple_of(2)),
            ..MarketingOptOut::default()
        }),
        30 => Body::LegalHoldPlaced(LegalHoldPlaced {
            hold_id: format!("h-{}", a % 2),
            categories: categories(b),
            until: around(at, b),
            case_ref: "case-0".into(),
            ..LegalHoldPlaced::default()
        }),
        31 => Body::LegalHoldReleased(LegalHoldReleased {
            hold_id: format!("h-{}", a % 2),
            ..LegalHoldReleased::default()
        }),
        32 => Body::ProcessingRestricted(ProcessingRestricted {
            categories: categories(b),
            until: around(at, a),
            store_id: "crm".into(),
            statute: "PIPL 47".into(),
            ..ProcessingRestricted::default()
        }),
        33 => Body::RetentionReauthorised(RetentionReauthorised {
            categories: categories(b),
            until: around(at, a),
            ..RetentionReauthorised::default()
        }),
        34 => Body::MessageSent(MessageSent {
            channel: i32::from(a % 3 + 1),
            commercial: Some(true),
            personalised: Some(b.is_multiple_of(2)),
            opt_out_offered: Some(true),
            ..MessageSent::default()
        }),
        _ => Body::OrderOpened(OrderOpened {
            order_ref: format!("o-{a}"),
            ..OrderOpened::default()
        }),
    }
}

fn of_registry(kind: u8, a: u8, b: u8, at: i64) -> Body {
    let recipient_id = format!("r-{}", a % 3);
    let entrustment_id = format!("e-{}", b % 2);
    match kind {
        36 | 37 => Body::RecipientRegistered(RecipientRegistered {
            recipient_id,
            kind: Actor::AcCourier.into(),
            agreement_sha256: vec![b; usize::from(b % 2) * 32],
            agreement_valid_from: around(at, a),
            agreement_valid_until: around(at + DAY_MS, b),
            ..RecipientRegistered::default()
        }),
        38 => Body::RecipientUpdated(RecipientUpdated {
            recipient_id,
            kind: Actor::AcGoodsSupplier.into(),
            confidentiality: Some(b.is_multiple_of(2)),
            ..RecipientUpdated::default()
        }),
        39 => Body::RecipientTerminated(RecipientTerminated {
            recipient_id,
            effective_at: around(at, b),
            ..RecipientTerminated::default()
        }),
        40 => Body::RecipientAssessed(RecipientAssessed {
            recipient_id,
            lawfulness: Some(true),
            legitimacy: Some(true),
            necessity: Some(b.is_multiple_of(2)),
            result: AssessmentResult::AsPassed.into(),
            valid_until: around(at, b),
            ..RecipientAssessed::default()
        }),
        41 => Body::EntrustmentStarted(EntrustmentStarted {
            recipient_id,
            entrustment_id,
            valid_until: around(at + DAY_MS, a),
            ..EntrustmentStarted::default()
        }),
        42 => Body::EntrustmentEnded(EntrustmentEnded {
            recipient_id,
            entrustment_id,
            ended_at: around(at, a),
            ..EntrustmentEnded::default()
        }),
        43 => Body::RecipientDeletionConfirmed(RecipientDeletionConfirmed {
            recipient_id,
            entrustment_id,
            ..RecipientDeletionConfirmed::default()
        }),
        _ => of_policy(kind, a, b, at),
    }
}

fn of_policy(kind: u8, a: u8, b: u8, at: i64) -> Body {
    match kind {
        44 => Body::PolicyVersionPublished(PolicyVersionPublished {
            policy_version_id: format!("p-{}", a % 3),
            published_at: Some(stamp(at)),
            effective_at: Some(around(at, b).unwrap_or_else(|| stamp(at))),
            machine_readable: policy_document(a),
            ..PolicyVersionPublished::default()
        }),
        45 => Body::SdkListPublished(SdkListPublished {
            policy_version_id: format!("p-{}", a % 3),
            sdks: vec![SdkEntry {
                sdk_name: format!("sdk-{b}"),
                ..SdkEntry::default()
            }],
            published_at: around(at, b),
            ..SdkListPublished::default()
        }),
        46 => Body::SafeguardAttested(SafeguardAttested {
            measure: i32::from(a % 2 + 1),
            valid_until: around(at + DAY_MS, b),
            ..SafeguardAttested::default()
        }),
        _ => of_incident(kind, a, b, at),
    }
}

/// One in eight is a policy that can be read.
fn policy_document(choice: u8) -> Vec<u8> {
    const READABLE: &str = include_str!("../../../../ops/policy/2024-07-15.toml");
    if choice == 0 {
        READABLE.into()
    } else {
        Vec::new()
    }
}

fn of_incident(kind: u8, a: u8, b: u8, at: i64) -> Body {
    let incident_id = format!("i-{}", a % 2);
    match kind {
        47 => Body::SubjectNotified(SubjectNotified {
            incident_id,
            ..SubjectNotified::default()
        }),
        48 => Body::IncidentDetected(IncidentDetected {
            incident_id,
            recipient_id: format!("r-{}", b % 3),
            known_at: around(at, b),
            estimated_count: Some(u64::from(b) * 50_000),
            critical_infrastructure: Some(false),
            ..IncidentDetected::default()
        }),
        49 => Body::IncidentGraded(IncidentGraded {
            incident_id,
            grade: i32::from(b % 4 + 1),
            person_count: (b.is_multiple_of(2)).then_some(u64::from(b)),
            ..IncidentGraded::default()
        }),
        50 => Body::RegulatorNotified(RegulatorNotified {
            incident_id,
            notified_at: around(at, b),
            authority: i32::from(b % 2 + 1),
            ..RegulatorNotified::default()
        }),
        51 => Body::IncidentClosed(IncidentClosed {
            incident_id,
            closed_at: around(at, b),
            final_count: Some(u64::from(b)),
            ..IncidentClosed::default()
        }),
        _ if b < 4 => Body::ContainmentTaken(ContainmentTaken {
            incident_id,
            step: i32::from(b % 3 + 1),
            ..ContainmentTaken::default()
        }),
        _ => Body::EgressCountReported(EgressCountReported {
            recipient_id: format!("r-{}", a % 2),
            period_from: Some(stamp(at - DAY_MS)),
            period_until: Some(stamp(at + DAY_MS)),
            event_count: Some(u64::from(b)),
            gateway_ref: format!("g-{}", b % 2),
            ..EgressCountReported::default()
        }),
    }
}
