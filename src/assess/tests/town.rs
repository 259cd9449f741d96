//! A ledger in a temporary folder, with two logs of events and a registry.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use custodia_core::assess::Holidays;
use custodia_core::record::{Record, Timestamp};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{self, AccessReason, PersonRole};
use custodia_core::verdict::TopicRole;
use prometheus_client::registry::Registry;
use prost::Message as _;
use tempfile::TempDir;

use super::super::*;
use super::judge;
use crate::clock::FixedClock;
use crate::keys::{FileKek, KeyStore, Label, erased_subject};
use crate::log::layout::PAYLOADS;
use crate::log::{Delivered, Generation, Incoming, Log, Outbox, OutboxError, Writer};
use crate::metrics::Metrics;
use crate::project::Projector;
use crate::query::{Asking, CutFiles, Desk, LogRows, Looks, Principal, View};
use crate::store::{Batch, Budget, Durability, Shared};

pub(crate) const EVENTS: [&str; 2] = [
    "ledger.example/custodia.events/0/0",
    "ledger.example/custodia.events/0/1",
];
pub(crate) const REGISTRY: &str = "ledger.example/custodia.registry/0/0";
pub(crate) const LI: &str = "abcdefghijklmnopqrstuv2345";
pub(crate) const WANG: &str = "bbcdefghijklmnopqrstuv2345";
pub(crate) const OTHER: &str = "cbcdefghijklmnopqrstuv2345";
const EMPLOYEE: &str = "ebcdefghijklmnopqrstuv2345";
/// 2023-11-14T22:13:20Z.
pub(crate) const NOW_MS: i64 = 1_700_000_000_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

/// Keeps what is delivered, or refuses.
#[derive(Default)]
struct Memory {
    delivered: Mutex<Vec<(Vec<u8>, v1::Event)>>,
    refuses: AtomicBool,
}

impl Outbox for Memory {
    fn deliver(&self, topic: &str, key: &[u8], value: &[u8]) -> Result<Delivered, OutboxError> {
        if self.refuses.load(Ordering::SeqCst) {
            return Err(OutboxError {
                topic: topic.to_owned(),
                reason: "refused".into(),
            });
        }
        let event = v1::Event::decode(value).unwrap();
        self.delivered.lock().unwrap().push((key.to_vec(), event));
        Ok(Delivered {
            partition: 0,
            offset: 0,
        })
    }
}

struct Lane {
    writer: Writer,
    projector: Projector,
    role: TopicRole,
}

/// An event before it has an id.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) subject: String,
    pub(crate) key: Vec<u8>,
    pub(crate) body: Body,
    /// Days before [`NOW_MS`] when it happened.
    pub(crate) days_ago: i64,
    /// The producer's sequence number.
    pub(crate) seq: Option<u64>,
    /// Which log: 0 and 1 are events, 2 the registry.
    pub(crate) lane: usize,
}

pub(crate) struct Town {
    lanes: Vec<Lane>,
    pub(crate) keys: Arc<KeyStore>,
    shared: Shared,
    outbox: Arc<Memory>,
    pub(crate) clock: Arc<FixedClock>,
    desk: Arc<Desk>,
    next_id: u32,
    dir: TempDir,
}

impl Town {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let shared = Shared::new(&Budget {
            memory_bytes: 32 << 20,
            stores: 6,
            write_bytes_per_s: None,
        });
        let kek = Arc::new(FileKek::create(&dir.path().join("kek")).unwrap());
        let keys = Arc::new(KeyStore::create(&dir.path().join("keys"), &shared, kek).unwrap());
        let lane = |origin: &str, role| {
            let path = dir.path().join(origin.replace('/', "-"));
            let generation = Generation::new("c".into(), Some("t".into()), 1, 0);
            let origin = origin.parse().unwrap();
            Log::create(&path, &origin, &generation, b"opened", &shared).unwrap();
            let log = Log::open(&path, origin, &shared).unwrap();
            let metrics = Metrics::register(&mut Registry::default());
            let projector = Projector::new(Arc::clone(&log), Arc::clone(&keys), role, &metrics);
            Lane {
                writer: Writer::new(log, Arc::clone(&keys)).unwrap(),
                projector: projector.unwrap(),
                role,
            }
        };
        let mut lanes: Vec<Lane> = EVENTS
            .map(|origin| lane(origin, TopicRole::Events))
            .into_iter()
            .collect();
        lanes.push(lane(REGISTRY, TopicRole::Registry));
        let outbox = Arc::new(Memory::default());
        let clock = Arc::new(FixedClock::at(NOW_MS));
        let looks = Looks::new(
            Arc::clone(&outbox) as _,
            "custodia.access".into(),
            Arc::clone(&clock) as _,
        );
        let desk = Arc::new(Desk::new(view(&lanes, &keys, &dir), looks));
        Self {
            lanes,
            keys,
            shared,
            outbox,
            clock,
            desk,
            next_id: 0,
            dir,
        }
    }

    /// A store of findings in a folder of this name.
    pub(crate) fn store(&self, name: &str) -> Arc<FindingsStore> {
        let path = self.dir.path().join(name);
        Arc::new(FindingsStore::open(&path, &self.shared, Arc::clone(&self.keys)).unwrap())
    }

    /// An assessor of the test's rules.
    pub(crate) fn assessor(&self, store: &Arc<FindingsStore>) -> Assessor {
        self.assessor_of(store, [1; 32])
    }

    pub(crate) fn assessor_of(&self, store: &Arc<FindingsStore>, rules: [u8; 32]) -> Assessor {
        Assessor::new(AssessorParts {
            store: Arc::clone(store),
            view: view(&self.lanes, &self.keys, &self.dir),
            book: book(rules),
            clock: Arc::clone(&self.clock) as _,
            metrics: Metrics::register(&mut Registry::default()),
        })
        .unwrap()
    }

    /// Findings made from nothing.
    pub(crate) fn anew(&self, name: &str) -> Arc<FindingsStore> {
        let store = self.store(name);
        let mut assessor = self.assessor(&store);
        while assessor.step().unwrap() {}
        store
    }

    pub(crate) fn view(&self) -> View {
        view(&self.lanes, &self.keys, &self.dir)
    }

    pub(crate) fn desk(&self, keeping: Keeping) -> FindingsDesk {
        FindingsDesk::new(
            Arc::clone(&self.desk),
            book([1; 32]),
            keeping,
            Arc::clone(&self.clock) as _,
        )
    }

    /// The keys of the looks on record, with what was asked.
    pub(crate) fn looks(&self) -> Vec<(String, String)> {
        let delivered = self.outbox.delivered.lock().unwrap();
        let look = |(key, event): &(Vec<u8>, v1::Event)| {
            let Some(Body::LedgerQueried(look)) = &event.body else {
                panic!("{event:?}")
            };
            (
                String::from_utf8_lossy(key).into_owned(),
                look.query.clone(),
            )
        };
        delivered.iter().map(look).collect()
    }

    pub(crate) fn refuse_looks(&self) {
        self.outbox.refuses.store(true, Ordering::SeqCst);
    }

    /// Appends one after the other.
    pub(crate) fn tell(&mut self, story: Vec<Said>) {
        for said in story {
            self.put(said);
        }
    }

    /// Appends, and makes the rows.
    pub(crate) fn put(&mut self, said: Said) {
        self.put_caused(said, Vec::new());
    }

    /// Appends what an event brought about, by that event's id, and makes the rows.
    pub(crate) fn put_caused(&mut self, said: Said, causation_id: Vec<u8>) {
        self.next_id += 1;
        let mut event_id = [0; 16];
        event_id[..4].copy_from_slice(&self.next_id.to_be_bytes());
        (event_id[6], event_id[8]) = (0x71, 0x81);
        let ms = NOW_MS - said.days_ago * DAY_MS;
        let event = v1::Event {
            event_id: event_id.to_vec(),
            salt: vec![7; 32],
            occurred_at: Some(prost_types::Timestamp {
                seconds: ms / 1000,
                nanos: 0,
            }),
            producer: "shop".into(),
            producer_seq: said.seq,
            subject_ref: said.subject,
            causation_id,
            body: Some(said.body),
            ..v1::Event::default()
        };
        let lane = &mut self.lanes[said.lane];
        let record = Record {
            offset: lane.writer.state().size,
            // Whenever it happened, the log takes it now.
            timestamp: Timestamp::LogAppend(NOW_MS + i64::from(self.next_id)),
            key: Some(said.key),
            value: Some(event.encode_to_vec()),
            headers: Vec::new(),
        };
        let incoming = Incoming {
            record,
            leader_epoch: None,
        };
        lane.writer.append(&[incoming]).unwrap();
        while lane
            .projector
            .step()
            .map(|done| done.from < done.to)
            .unwrap()
        {}
    }

    /// The last leaf of a log must have been accepted, or the test tests something else.
    pub(crate) fn must_be_accepted(&self, lane: usize) {
        let rows = self.lanes[lane].projector.reader();
        let last = self.lanes[lane].writer.state().size - 1;
        let verdict = rows.verdict_of(last).unwrap().verdict.unwrap();
        assert!(verdict.is_accepted(), "{verdict}");
    }

    /// Deletes a payload, as erasing does beside destroying the key.
    pub(crate) fn drop_payload(&self, lane: usize, index: u64) {
        let mut batch = Batch::new();
        batch.delete(PAYLOADS, &index.to_be_bytes());
        let store = self.lanes[lane].writer.log().store();
        store.write(&batch, Durability::Synced).unwrap();
    }

    pub(crate) fn shred(&self, subject: &str) {
        let digest = erased_subject(subject);
        self.keys.remember(&digest, -1).unwrap();
        for origin in EVENTS.into_iter().chain([REGISTRY]) {
            self.keys
                .shred(origin, &Label::Key(subject.as_bytes()))
                .unwrap();
        }
    }
}

fn view(lanes: &[Lane], keys: &Arc<KeyStore>, dir: &TempDir) -> View {
    let rows = |lane: &Lane| LogRows {
        role: lane.role,
        rows: lane.projector.reader(),
    };
    View::new(
        lanes.iter().map(rows).collect(),
        Arc::clone(keys),
        CutFiles::new(&dir.path().join("cuts")),
    )
}

fn book(rules: [u8; 32]) -> Arc<Rulebook> {
    Arc::new(Rulebook::new(judge, rules, Holidays::default(), ""))
}

pub(crate) fn asking() -> Asking {
    Asking {
        principal: Principal {
            employee: EMPLOYEE.into(),
            role: PersonRole::PrProtectionOfficer,
        },
        reason: AccessReason::ArAudit,
        ticket: String::new(),
        peer: "test".into(),
    }
}

fn stamp(days_ago: i64) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: (NOW_MS - days_ago * DAY_MS) / 1000,
        nanos: 0,
    }
}

fn of_person(subject: &str, body: Body, days_ago: i64) -> Said {
    Said {
        subject: subject.into(),
        key: subject.as_bytes().to_vec(),
        body,
        days_ago,
        seq: None,
        lane: 0,
    }
}

fn of_registry(key: &[u8], body: Body, days_ago: i64) -> Said {
    Said {
        subject: String::new(),
        key: key.to_vec(),
        body,
        days_ago,
        seq: None,
        lane: 2,
    }
}

fn contract() -> v1::Basis {
    v1::Basis {
        kind: v1::BasisKind::BaContract.into(),
        contract_ref: "order-1".into(),
        ..v1::Basis::default()
    }
}

pub(crate) fn share(subject: &str, recipient: &str, days_ago: i64) -> Said {
    let shared = v1::DataShared {
        recipient_id: recipient.into(),
        case: v1::ShareCase::Sh03GoodsDelivery.into(),
        purpose: 1,
        categories: vec![v1::DataCategory::DcConsigneeName.into()],
        basis: Some(contract()),
        method: v1::ShareMethod::MtApi.into(),
        destination_country: "CN".into(),
        transfer_sha256: vec![1; 32],
        field_count: Some(1),
        record_count: Some(1),
        ..v1::DataShared::default()
    };
    of_person(subject, Body::DataShared(shared), days_ago)
}

pub(crate) fn link(subject: &str, other: &str) -> Said {
    let linked = v1::SubjectLinked {
        reason: v1::LinkReason::LkAccountMerged.into(),
        other_ref: other.into(),
    };
    of_person(subject, Body::SubjectLinked(linked), 0)
}

/// A person asks for a copy.
pub(crate) fn ask(subject: &str, request: &str, days_ago: i64) -> Said {
    let received = v1::RightsRequestReceived {
        request_id: request.into(),
        kind: v1::RightsRequestKind::RrQueryAccess.into(),
        channel: v1::RightsChannel::RrChannelEmail.into(),
        received_at: Some(stamp(days_ago)),
        due_at: Some(stamp(days_ago - 15)),
        ..v1::RightsRequestReceived::default()
    };
    of_person(subject, Body::RightsRequestReceived(received), days_ago)
}

/// The person has it.
pub(crate) fn fulfil(subject: &str, request: &str, days_ago: i64) -> Said {
    let fulfilled = v1::RightsRequestFulfilled {
        request_id: request.into(),
        scope: vec![v1::DataCategory::DcConsigneeName.into()],
        systems_touched: vec!["shop".into()],
        ..v1::RightsRequestFulfilled::default()
    };
    of_person(subject, Body::RightsRequestFulfilled(fulfilled), days_ago)
}

/// A face goes into a store of so many people.
pub(crate) fn face(subject: &str, people: u64, days_ago: i64) -> Said {
    let collected = v1::DataCollected {
        categories: vec![v1::DataCategory::DcFaceImage.into()],
        purpose: 1,
        basis: Some(contract()),
        way: v1::CollectionWay::CwProvidedBySubject.into(),
        necessity: 1,
        person_count_in_store: Some(people),
        ..v1::DataCollected::default()
    };
    of_person(subject, Body::DataCollected(collected), days_ago)
}

pub(crate) fn notify(subject: &str, incident: &str, days_ago: i64) -> Said {
    let notified = v1::SubjectNotified {
        incident_id: incident.into(),
        channel: 1,
        notice_sha256: vec![1; 32],
        ..v1::SubjectNotified::default()
    };
    of_person(subject, Body::SubjectNotified(notified), days_ago)
}

pub(crate) fn register(id: &str, days_ago: i64) -> Said {
    let registered = v1::RecipientRegistered {
        recipient_id: id.into(),
        name: "快递公司".into(),
        contact: "400-000-0000".into(),
        kind: v1::Actor::AcCourier.into(),
        legal_role: 1,
        confidentiality: Some(true),
        storage_countries: vec!["CN".into()],
        allowed_uses: vec![v1::AllowedUse {
            purpose: 1,
            categories: vec![v1::DataCategory::DcConsigneeName.into()],
        }],
        ..v1::RecipientRegistered::default()
    };
    of_registry(
        id.as_bytes(),
        Body::RecipientRegistered(registered),
        days_ago,
    )
}

pub(crate) fn report_egress(id: &str, count: u64) -> Said {
    let reported = v1::EgressCountReported {
        recipient_id: id.into(),
        period_from: Some(stamp(1000)),
        period_until: Some(stamp(0)),
        event_count: Some(count),
        gateway_ref: "gateway-1".into(),
        ..v1::EgressCountReported::default()
    };
    of_registry(id.as_bytes(), Body::EgressCountReported(reported), 0)
}

/// A safeguard is attested: an event of the registry that may concern everybody.
pub(crate) fn attest(days_ago: i64) -> Said {
    let attested = v1::SafeguardAttested {
        attestation_id: "a-1".into(),
        measure: 1,
        scope: "everything".into(),
        report_sha256: vec![1; 32],
        valid_until: Some(stamp(-100)),
        ..v1::SafeguardAttested::default()
    };
    of_registry(b"a-1", Body::SafeguardAttested(attested), days_ago)
}

/// An authority asks for a person's data.
pub(crate) fn demand(subject: &str, case: &str, days_ago: i64) -> Said {
    let received = v1::AuthorityRequestReceived {
        case_ref: case.into(),
        authority: "公安局".into(),
        officers_verified: Some(true),
        scope: vec![v1::DataCategory::DcMobileNumber.into()],
        named_subject_ref: subject.into(),
        ..v1::AuthorityRequestReceived::default()
    };
    let body = Body::AuthorityRequestReceived(received);
    of_registry(case.as_bytes(), body, days_ago)
}

pub(crate) fn order_erasure(subject: &str) -> Said {
    let digest = erased_subject(subject);
    let ordered = v1::ErasureOrdered {
        erased_subject_blake3: digest.to_vec(),
        order_id: "order-9".into(),
        duty_ended: "the last order was five years ago".into(),
        duty_ended_at: Some(stamp(9)),
        approver_refs: vec![EMPLOYEE.into(), OTHER.into()],
        ..v1::ErasureOrdered::default()
    };
    of_registry(&digest, Body::ErasureOrdered(ordered), 0)
}
