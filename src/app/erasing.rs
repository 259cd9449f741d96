//! The parts of erasing, built from the configuration.

use std::sync::Arc;
use std::time::Duration;

use custodia_core::approval::{Approval, Deed, Persons, Request, about, check};
use custodia_core::assess::Occurrence;
use custodia_core::origin::LedgerName;
use custodia_core::schema::v1::event::Body;
use custodia_core::verdict::{TopicRole, event_of};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::ask::desk;
use super::erase::store_id;
use super::init::timeout;
use super::{Error, KafkaOutbox, Opened, kafka_settings};
use crate::assess::{FindingsDesk, Keeping, Rulebook};
use crate::clock::Clock;
use crate::config::Config;
use crate::erase::{self, Authority, Carrier, CarrierParts, Order};
use crate::kafka::{self, TopicFacts, read_range};
use crate::log::{Log, Outbox};
use crate::metrics::Metrics;
use crate::query::{Cut, LogRows};

/// `ErasureOrdered`, in the envelope.
const ORDERED: u32 = 303;

/// An open log of the registry, and the offset of the last order of erasure that it has not read.
pub(super) type Unread = (Arc<Log>, Option<u64>);

/// What a carrier is built from.
pub(super) struct Erasing<'a> {
    pub(super) config: &'a Config,
    pub(super) opened: &'a Opened,
    pub(super) rows: &'a [LogRows],
    pub(super) book: &'a Arc<Rulebook>,
    pub(super) findings: &'a Keeping,
    pub(super) outbox: &'a Arc<KafkaOutbox>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) metrics: &'a Metrics,
}

impl Erasing<'_> {
    /// The carrier of a ledger's orders.
    pub(super) fn carrier(&self) -> Result<Carrier, Error> {
        let config = self.config;
        let ledger = self.opened.folder.ledger().clone();
        let store_id = store_id(config, &ledger);
        let rows = self.rows.iter();
        let findings = self.findings.clone();
        let purge_findings = move || match &findings {
            Keeping::On(kept) => kept.store.purge().map_err(|error| error.to_string()),
            Keeping::Off | Keeping::Stopped(_) => Ok(()),
        };
        Ok(Carrier::new(CarrierParts {
            rows: rows.map(|log| (log.role, log.rows.clone())).collect(),
            keys: Arc::clone(&self.opened.keys),
            authority: Box::new(self.approvals(ledger)),
            outbox: Arc::clone(self.outbox) as Arc<dyn Outbox>,
            registry: config.topics.registry.clone(),
            store_id,
            copies_end: self.copies_end(),
            clock: Arc::clone(self.clock),
            metrics: self.metrics.clone(),
            purge_findings: Box::new(purge_findings),
            purge_interval: Duration::from_millis(config.erasure.purge_interval_ms),
        })?)
    }

    fn approvals(&self, ledger: LedgerName) -> Approvals {
        let outbox = Arc::clone(self.outbox) as Arc<dyn Outbox>;
        let rows = self.rows.to_vec();
        let desk = desk(
            self.config,
            self.opened,
            rows,
            outbox,
            Arc::clone(self.clock),
        );
        let book = Arc::clone(self.book);
        let clock = Arc::clone(self.clock);
        Approvals {
            ledger,
            register: FindingsDesk::new(Arc::new(desk), book, Keeping::Off, clock),
        }
    }

    /// When the last copy that Kafka has of anything now ends: its longest time of retention, and the time in
    /// which a segment is filled, after which it counts.
    fn copies_end(&self) -> Box<erase::CopiesEnd> {
        let (config, clock) = (self.config.clone(), Arc::clone(self.clock));
        Box::new(move || {
            let topics = [
                &config.topics.events,
                &config.topics.registry,
                &config.topics.access,
            ];
            let topics = topics.map(String::as_str);
            let settings = kafka_settings(&config);
            let facts = kafka::topic_facts(&settings, &topics, timeout(&config)).ok()?;
            let longest = |fact: &Option<TopicFacts>| {
                let fact = fact.as_ref()?;
                let kept = fact.retention_ms.filter(|ms| *ms >= 0)?;
                Some(kept.saturating_add(fact.segment_ms?))
            };
            let all: Option<Vec<i64>> = facts.iter().map(longest).collect();
            let longest = all?.into_iter().max()?;
            Some(clock.now_ms().saturating_add(longest))
        })
    }
}

/// Holds orders against the people in the register, as it stood before the order.
struct Approvals {
    ledger: LedgerName,
    register: FindingsDesk,
}

impl Authority for Approvals {
    fn refuses(&self, order: &Order) -> Result<Option<String>, erase::Error> {
        let failed = |why: String| erase::Error::Failed {
            what: "reading the register",
            why,
        };
        let view = self.register.desk().view();
        let registries = view.logs().filter(|log| log.role == TopicRole::Registry);
        let sizes = registries.filter_map(|log| {
            let log = log.log();
            if log.name() == order.log {
                return Some((log.name().to_owned(), order.index));
            }
            // What an earlier generation says came before all of this one.
            let ours: custodia_core::origin::Origin = order.log.parse().ok()?;
            (*log.origin() < ours).then(|| (log.name().to_owned(), log.tail().size))
        });
        let from = view.at_cut(Cut::new(sizes));
        let judging = self.register.judging(&from);
        let judging = judging.map_err(|error| failed(error.to_string()))?;
        let register = judging.register();
        let persons = Persons::of(register);
        let earlier = register.of(ORDERED).filter_map(|one| earlier(one, order));
        // One that was refused is no order: else anybody who can write there could use up an id.
        let used = earlier
            .into_iter()
            .any(|one| self.refused(&one, &persons).is_none());
        if used {
            return Ok(Some(format!(
                "the order {} was given before, and an approval counts once",
                order.said.order_id
            )));
        }
        Ok(self.refused(order, &persons))
    }
}

/// The order that an earlier leaf of the register gives, where it has the id and the digest of this one.
fn earlier(one: &Occurrence, order: &Order) -> Option<Order> {
    let Body::ErasureOrdered(said) = one.body() else {
        return None;
    };
    let same = said.order_id == order.said.order_id
        && said.erased_subject_blake3 == order.said.erased_subject_blake3;
    same.then(|| Order {
        log: one.leaf.log.clone(),
        index: one.leaf.index,
        recorded_ms: one.record_time_ms.unwrap_or(-1),
        given_ms: one.occurred_at_ms,
        digest: order.digest,
        said: said.clone(),
    })
}

impl Approvals {
    fn refused(&self, order: &Order, persons: &Persons) -> Option<String> {
        let said = &order.said;
        let (deed, about) = match order.leaf() {
            None => (Deed::Erasure, order.digest),
            Some((log, index)) => match log.parse() {
                Ok(log) => (Deed::LeafErasure, about::leaf(&log, index)),
                Err(_) => return Some(format!("{log} is no log's origin")),
            },
        };
        let wanted = Request {
            ledger: self.ledger.clone(),
            deed,
            about,
            id: said.order_id.clone(),
            asker: said.asked_by_ref.clone(),
            until_ms: 0,
        };
        let parse = |(number, note): (usize, &String)| {
            Approval::parse(&format!("approval {number}"), note.as_bytes())
        };
        let approvals: Result<Vec<Approval>, _> = (1..).zip(&said.approvals).map(parse).collect();
        let checked = approvals.and_then(|all| check(&all, &wanted, persons, order.recorded_ms));
        match checked {
            Err(refused) => Some(refused.to_string()),
            Ok(approvers) => {
                let named: Vec<&str> = approvers.iter().map(|one| one.reference.as_str()).collect();
                let differ = named != said.approver_refs;
                differ.then(|| "the approvers that it names are not those who signed".to_owned())
            }
        }
    }
}

/// The open logs of the registry among these, each with the offset of the last order of erasure that Kafka has
/// and it has not read.
///
/// # Errors
/// Where Kafka can't be asked: then nobody knows who was erased.
pub(super) fn unread_orders(config: &Config, logs: &[Arc<Log>]) -> Result<Vec<Unread>, Error> {
    let settings = kafka_settings(config);
    let mut all = Vec::new();
    for log in logs {
        if log.origin().topic != config.topics.registry || log.closing().is_some() {
            continue;
        }
        let next = log.state()?.position.next_offset;
        let mut unread = None;
        let (topic, partition) = (&config.topics.registry, log.origin().partition);
        let mut take = |fetched: kafka::Fetched| {
            let event = event_of(&fetched.record);
            if let Some(Body::ErasureOrdered(_)) = event.and_then(|event| event.body) {
                unread = Some(fetched.record.offset);
            }
            Ok::<(), Error>(())
        };
        read_range(
            &settings,
            topic,
            partition,
            next,
            timeout(config),
            &mut take,
        )?;
        all.push((Arc::clone(log), unread));
    }
    Ok(all)
}

/// Carries out what a folder has read and not carried out, before it answers; refuses where Kafka has an order
/// that it has not read, since nobody reads it where no ledger runs. Whether Kafka could be asked: where it
/// couldn't, nobody may be answered about.
pub(super) fn carry_out_in_folder(erasing: &Erasing<'_>) -> Result<bool, Error> {
    let (unread, is_known) = match unread_orders(erasing.config, &erasing.opened.logs) {
        Err(Error::Kafka(error)) if error.may_pass() => {
            warn!(%error, "orders of erasure could not be looked for");
            (Vec::new(), false)
        }
        unread => (unread?, true),
    };
    if let Some((log, _)) = unread.iter().find(|(_, order)| order.is_some()) {
        return Err(erase::Error::Unread(log.name().to_owned()).into());
    }
    let mut carrier = erasing.carrier()?;
    if !carrier.carry_out(&CancellationToken::new())? {
        let folder = erasing.opened.folder.path().display().to_string();
        return Err(erase::Error::NotCarriedOut(folder).into());
    }
    carrier.attest()?;
    Ok(is_known)
}
