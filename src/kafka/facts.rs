//! What the cluster says about topics: the facts that a generation fixes, and their settings.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::time::Duration;

use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, OwnedResourceSpecifier, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::client::Client;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::types::RDKafkaErrorCode;

use super::error::Error;
use super::mock;
use super::raw::{self, Described};
use super::settings::Settings;
use super::wait::wait_for;
use super::watch::{Probe, Watch};

const CLEANUP_POLICY: &str = "cleanup.policy";
const TIMESTAMP_TYPE: &str = "message.timestamp.type";
const RETENTION_MS: &str = "retention.ms";
const SEGMENT_MS: &str = "segment.ms";
const MAX_MESSAGE_BYTES: &str = "max.message.bytes";
/// 12 MiB and a batch's head.
const MAX_MESSAGE: &str = "12648448";

/// What is so about a topic now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicFacts {
    /// Its name.
    pub topic: String,
    /// Its id, base64; `None` from brokers before 2.8 and from the mock cluster.
    pub topic_id: Option<String>,
    /// The cluster's id.
    pub cluster_id: String,
    /// How many partitions it has.
    pub partitions: u32,
    /// `cleanup.policy`; the settings are `None` where brokers can't be asked (the mock cluster).
    pub cleanup_policy: Option<String>,
    /// `message.timestamp.type`.
    pub timestamp_type: Option<String>,
    /// `retention.ms`; −1 is for ever.
    pub retention_ms: Option<i64>,
    /// `segment.ms`: how long a segment is filled at most; what is in it is kept until its end's time is over.
    pub segment_ms: Option<i64>,
    /// `max.message.bytes`: the largest batch it takes.
    pub max_message_bytes: Option<u64>,
}

impl TopicFacts {
    /// Whether a log can stand on it (design 3.1): nothing compacted, times of the broker's.
    ///
    /// # Errors
    /// [`Error::TopicSettings`] names the first setting that is wrong. A setting that can't be
    /// asked for passes.
    pub fn check(&self) -> Result<(), Error> {
        self.check_setting(CLEANUP_POLICY, self.cleanup_policy.as_ref(), "delete")?;
        self.check_setting(
            TIMESTAMP_TYPE,
            self.timestamp_type.as_ref(),
            "LogAppendTime",
        )
    }

    fn check_setting(
        &self,
        setting: &'static str,
        found: Option<&String>,
        wanted: &'static str,
    ) -> Result<(), Error> {
        match found {
            Some(found) if found != wanted => Err(Error::TopicSettings {
                topic: self.topic.clone(),
                setting,
                found: found.clone(),
                wanted,
            }),
            _ => Ok(()),
        }
    }
}

/// Asks for topics; `None` stands for one that doesn't exist.
///
/// # Errors
/// What [`Settings::probe`] says, [`Error::NotAllowed`], or that the cluster doesn't answer within
/// `timeout` a question.
pub fn topic_facts(
    settings: &Settings,
    topics: &[&str],
    timeout: Duration,
) -> Result<Vec<Option<TopicFacts>>, Error> {
    let probe = Probe::of(settings)?;
    let cluster_id = probe.cluster_id(timeout)?;
    let described = described(&probe, topics, timeout)?;
    if mock::is_mock(&cluster_id) {
        return Ok(in_order(topics, described, BTreeMap::new(), &cluster_id));
    }
    let configs = topic_configs(settings, &described, timeout)?;
    Ok(in_order(topics, described, configs, &cluster_id))
}

fn described(probe: &Probe, topics: &[&str], timeout: Duration) -> Result<Vec<Described>, Error> {
    let topics = describe(probe.client(), topics, timeout)
        .map_err(|code| Error::of_code("asking for topics", code))?;
    topics.into_iter().filter_map(existing).collect()
}

/// Asks for topics by name; a topic's own error stands in its place.
///
/// The mock cluster names no controller, which `DescribeTopics` looks for: there the topic's
/// metadata is all there is.
pub(super) fn describe(
    client: &Client<Watch>,
    topics: &[&str],
    timeout: Duration,
) -> Result<Vec<Result<Described, RDKafkaErrorCode>>, RDKafkaErrorCode> {
    let known = client.fetch_cluster_id(timeout);
    if known.as_deref().is_some_and(mock::is_mock) {
        let one = |topic: &&str| mock_topic(client, topic, timeout);
        return Ok(topics.iter().map(one).collect());
    }
    let name = |topic: &&str| CString::new(*topic).map_err(|_| RDKafkaErrorCode::InvalidTopic);
    let names: Vec<CString> = topics.iter().map(name).collect::<Result<_, _>>()?;
    raw::describe_topics(client, &names, timeout)
}

fn mock_topic(
    client: &Client<Watch>,
    topic: &str,
    timeout: Duration,
) -> Result<Described, RDKafkaErrorCode> {
    let metadata = client
        .fetch_metadata(Some(topic), timeout)
        .map_err(|error| error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let found = found.ok_or(RDKafkaErrorCode::UnknownTopic)?;
    match found.error() {
        Some(error) => Err(error.into()),
        None => Ok(Described {
            name: topic.to_owned(),
            topic_id: None,
            partitions: u32::try_from(found.partitions().len()).unwrap_or(u32::MAX),
        }),
    }
}

fn in_order(
    topics: &[&str],
    described: Vec<Described>,
    mut configs: BTreeMap<String, Config>,
    cluster_id: &str,
) -> Vec<Option<TopicFacts>> {
    let mut found: BTreeMap<String, TopicFacts> = described
        .into_iter()
        .map(|described| {
            let config = configs.remove(&described.name).unwrap_or_default();
            (described.name.clone(), facts(described, config, cluster_id))
        })
        .collect();
    topics.iter().map(|topic| found.remove(*topic)).collect()
}

fn existing(described: Result<Described, RDKafkaErrorCode>) -> Option<Result<Described, Error>> {
    match described {
        Ok(described) => Some(Ok(described)),
        Err(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => None,
        Err(code) => Some(Err(Error::of_code("asking for topics", code))),
    }
}

type Config = BTreeMap<String, String>;

fn facts(described: Described, mut config: Config, cluster_id: &str) -> TopicFacts {
    TopicFacts {
        topic: described.name,
        topic_id: described.topic_id,
        cluster_id: cluster_id.to_owned(),
        partitions: described.partitions,
        retention_ms: config.get(RETENTION_MS).and_then(|ms| ms.parse().ok()),
        segment_ms: config.get(SEGMENT_MS).and_then(|ms| ms.parse().ok()),
        max_message_bytes: config
            .get(MAX_MESSAGE_BYTES)
            .and_then(|max| max.parse().ok()),
        cleanup_policy: config.remove(CLEANUP_POLICY),
        timestamp_type: config.remove(TIMESTAMP_TYPE),
    }
}

/// The topics' settings by topic.
fn topic_configs(
    settings: &Settings,
    topics: &[Described],
    timeout: Duration,
) -> Result<BTreeMap<String, Config>, Error> {
    const DOING: &str = "asking for topics' settings";
    if topics.is_empty() {
        return Ok(BTreeMap::new());
    }
    let asked: Vec<_> = topics
        .iter()
        .map(|topic| ResourceSpecifier::Topic(&topic.name))
        .collect();
    let admin = admin(settings)?;
    let answer = admin.describe_configs(&asked, &options(timeout));
    let answer = wait_for(answer, timeout * 2).ok_or(Error::Deadline {
        doing: DOING,
        waited: timeout,
    })?;
    let mut configs = BTreeMap::new();
    for resource in answer.map_err(|error| Error::of(DOING, &error))? {
        let resource = resource.map_err(|code| Error::of_code(DOING, code))?;
        configs.extend(topic_config(resource));
    }
    Ok(configs)
}

fn topic_config(resource: ConfigResource) -> Option<(String, Config)> {
    let OwnedResourceSpecifier::Topic(name) = resource.specifier else {
        return None;
    };
    let entries = resource.entries.into_iter();
    let config = entries.filter_map(|entry| Some((entry.name, entry.value?)));
    Some((name, config.collect()))
}

fn admin(settings: &Settings) -> Result<AdminClient<Watch>, Error> {
    AdminClient::from_config_and_context(&settings.admin(), Watch::of(settings))
        .map_err(|error| Error::of("connecting", &error))
}

fn options(timeout: Duration) -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(timeout))
        .operation_timeout(Some(timeout))
}

/// A topic to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// How many partitions.
    pub partitions: u32,
    /// How many replicas; `None` is the cluster's default.
    pub replication: Option<u16>,
    /// Settings besides `cleanup.policy=delete`, `message.timestamp.type=LogAppendTime` and
    /// `max.message.bytes` of 12 MiB and a batch's head; the same names win over these.
    pub config: BTreeMap<String, String>,
}

impl TopicSpec {
    fn config(&self) -> BTreeMap<&str, &str> {
        let mut config = BTreeMap::from([
            (CLEANUP_POLICY, "delete"),
            (TIMESTAMP_TYPE, "LogAppendTime"),
            (MAX_MESSAGE_BYTES, MAX_MESSAGE),
        ]);
        let given = self.config.iter();
        config.extend(given.map(|(name, value)| (name.as_str(), value.as_str())));
        config
    }
}

/// Creates topics; one that exists already is left as it is.
///
/// # Errors
/// [`Error::CreateTopic`] for the first that can't be created, [`Error::NotAllowed`]; what
/// [`Settings::probe`] says.
pub fn create_topics(
    settings: &Settings,
    topics: &[TopicSpec],
    timeout: Duration,
) -> Result<(), Error> {
    settings.probe(timeout)?;
    let configs: Vec<_> = topics.iter().map(TopicSpec::config).collect();
    let specs: Vec<NewTopic<'_>> = topics
        .iter()
        .zip(&configs)
        .map(|(topic, config)| new_topic(topic, config))
        .collect();
    let admin = admin(settings)?;
    let answer = admin.create_topics(&specs, &options(timeout));
    let answer = wait_for(answer, timeout * 2).ok_or(Error::Deadline {
        doing: "creating topics",
        waited: timeout,
    })?;
    for topic in answer.map_err(|error| Error::of("creating topics", &error))? {
        created(topic)?;
    }
    Ok(())
}

fn new_topic<'a>(topic: &'a TopicSpec, config: &BTreeMap<&'a str, &'a str>) -> NewTopic<'a> {
    // −1 is the cluster's default, in both.
    let partitions = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
    let replicas = TopicReplication::Fixed(topic.replication.map_or(-1, i32::from));
    config.iter().fold(
        NewTopic::new(&topic.name, partitions, replicas),
        |spec, (name, value)| spec.set(name, value),
    )
}

fn created(result: Result<String, (String, RDKafkaErrorCode)>) -> Result<(), Error> {
    match result {
        Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => Ok(()),
        Err((_, code @ RDKafkaErrorCode::TopicAuthorizationFailed)) => {
            Err(Error::of_code("creating topics", code))
        }
        Err((topic, code)) => Err(Error::CreateTopic {
            topic,
            reason: code.to_string(),
        }),
    }
}
