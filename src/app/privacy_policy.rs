//! The privacy policy as data, on its way into the registry.
//!
//! Owns what must hold before a version is published: [`check`] finds no error in it, and it stands
//! beside no version that it repeats or overlaps. Not to be confused with `app::policy`, the
//! tlog-policy that verifiers are handed.

use std::collections::BTreeMap;

use custodia_core::privacy_policy::{
    Document, Moment, Remark, VersionTimes, check, check_beside, has_errors, in_force,
};
use custodia_core::schema::event_to_json;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{Event, PolicyVersionPublished};
use custodia_core::verdict::event_of;
use prost::Message as _;

use super::init::timeout;
use super::publish::{Report, publish};
use super::{Counter, Error, Options, Tally, kafka_settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::kafka::{self, Settings, read_range, watermarks};
use crate::log::Folder;
use crate::query::{PoliciesQuestion, PublishedPolicy, Time};

/// What became of a policy that was to be published.
#[derive(Debug)]
pub struct Publication {
    /// What was found; where there is an error among it, nothing was sent.
    pub remarks: Vec<Remark>,
    /// What became of the event; none where nothing was sent.
    pub sent: Option<Tally>,
}

/// Publishes a policy as `PolicyVersionPublished`, the whole document with its text in it, unless
/// there is an error in it or it repeats or overlaps a version that was published before. Those are
/// read from the registry's topic and, where there is a ledger here, from its registry.
///
/// # Errors
/// As [`publish`], and where the versions published before can't be read.
pub fn publish_policy(
    config: &Config,
    clock: &dyn Clock,
    document: &Document,
    producer: &str,
    options: &Options,
    report: Report<'_>,
) -> Result<Publication, Error> {
    let now = Moment(clock.now_ms());
    let mut remarks = check(&document.policy, Some(&document.policy_text()));
    let known = known(config)?;
    let times: Vec<VersionTimes> = known.values().filter_map(|of| of.try_into().ok()).collect();
    remarks.extend(check_beside(&document.policy, &times, now));
    remarks.sort();
    if has_errors(&remarks) {
        return Ok(Publication {
            remarks,
            sent: None,
        });
    }
    let line = line_of(document, &known, &times, producer, now);
    let sent = publish(config, clock, line.as_bytes(), options, report)?;
    Ok(Publication {
        remarks,
        sent: Some(sent),
    })
}

/// The event as a line that `publish` takes, with the version it follows named.
fn line_of(
    document: &Document,
    known: &BTreeMap<String, PolicyVersionPublished>,
    times: &[VersionTimes],
    producer: &str,
    now: Moment,
) -> String {
    let binds = VersionTimes::from(&document.policy).binds();
    let before = in_force(times, Moment(binds.0.saturating_sub(1)));
    let old = before.and_then(|of| Document::try_from(&known[&of.id]).ok());
    let previous = before.map(|of| (of.id.as_str(), old.as_ref().map(|of| &of.policy)));
    let event = Event {
        occurred_at: Some(Time(now.0).timestamp()),
        producer: producer.to_owned(),
        policy_version_id: document.policy.policy.id.clone(),
        body: Some(Body::PolicyVersionPublished(document.event(previous))),
        ..Event::default()
    };
    event_to_json(&event.encode_to_vec()).expect("an event of this schema with times of this era")
}

/// Every version that was published, by its id; of several events for one, the first.
fn known(config: &Config) -> Result<BTreeMap<String, PolicyVersionPublished>, Error> {
    let mut known = BTreeMap::new();
    let mut take = |said: PolicyVersionPublished| {
        known.entry(said.policy_version_id.clone()).or_insert(said);
    };
    if Folder::ledger_of(&config.ledger.folder).is_ok() {
        let versions = Counter::find(config)?
            .ask_openly(&PoliciesQuestion::default())?
            .versions;
        versions
            .iter()
            .filter_map(PublishedPolicy::event)
            .for_each(&mut take);
    }
    let settings = kafka_settings(config);
    settings.validate()?;
    settings.probe(timeout(config))?;
    in_topic(config, &settings, &mut take)?;
    Ok(known)
}

/// What the registry's topic still holds: the ledger may not have read the latest of it yet.
fn in_topic(
    config: &Config,
    settings: &Settings,
    take: &mut impl FnMut(PolicyVersionPublished),
) -> Result<(), Error> {
    let (topic, patience) = (&config.topics.registry, timeout(config));
    let (low, _) = watermarks(settings, topic, 0, patience)?;
    read_range(settings, topic, 0, low, patience, |fetched| {
        let body = event_of(&fetched.record).and_then(|event| event.body);
        if let Some(Body::PolicyVersionPublished(said)) = body {
            take(said);
        }
        Ok::<(), kafka::Error>(())
    })?;
    Ok(())
}
