//! What librdkafka says on its own account: logs, and troubles with brokers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaErrorCode;

use super::error::Error;
use super::settings::Settings;

const PROBE_STEP: Duration = Duration::from_millis(100);

/// A client's context: keeps the worst trouble until it is asked for.
#[derive(Debug)]
pub(super) struct Watch {
    bootstrap: String,
    trouble: Mutex<Option<Error>>,
}

impl Watch {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            bootstrap: settings.bootstrap.clone(),
            trouble: Mutex::new(None),
        }
    }

    /// The worst trouble since the last call.
    pub(super) fn take(&self) -> Option<Error> {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.take()
    }

    /// Remembers `error`; a refusal isn't forgotten for the lost connections that follow it, and
    /// why a broker is down says more than that all are.
    fn note(&self, error: Error, says_why: bool) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let worse = |known: &Error| known.may_pass() && says_why;
        if trouble.as_ref().is_none_or(worse) {
            *trouble = Some(error);
        }
    }

    fn named(&self, error: &KafkaError, reason: &str) -> Error {
        let (bootstrap, reason) = (self.bootstrap.clone(), reason.to_owned());
        match error.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::SaslAuthenticationFailed
                | RDKafkaErrorCode::UnsupportedSASLMechanism
                | RDKafkaErrorCode::IllegalSASLState,
            ) => Error::AuthenticationFailed { bootstrap, reason },
            Some(RDKafkaErrorCode::SSL) => Error::TlsFailed { bootstrap, reason },
            // The library counts a peer that hangs up amid the handshake as a lost connection.
            Some(RDKafkaErrorCode::BrokerTransportFailure) if reason.contains("SSL_HANDSHAKE") => {
                Error::TlsFailed { bootstrap, reason }
            }
            Some(
                RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::OperationTimedOut,
            ) => Error::Unreachable { bootstrap, reason },
            _ => Error::Client {
                doing: "talking to the brokers",
                reason,
            },
        }
    }
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        // One set of properties serves consumers and producers; each warns of the other's.
        if fac == "CONFWARN" && message.contains("will be ignored by this") {
            return;
        }
        eprintln!("DBG {fac} {message}");
        match level {
            RDKafkaLogLevel::Debug => tracing::debug!(target: "kafka", fac, "{message}"),
            RDKafkaLogLevel::Info | RDKafkaLogLevel::Notice => {
                tracing::info!(target: "kafka", fac, "{message}");
            }
            RDKafkaLogLevel::Warning => tracing::warn!(target: "kafka", fac, "{message}"),
            _ => tracing::error!(target: "kafka", fac, "{message}"),
        }
    }

    fn stats_raw(&self, statistics: &[u8]) {
        tracing::debug!(target: "kafka", statistics = %String::from_utf8_lossy(statistics));
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let says_why = error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown);
        self.note(self.named(&error, reason), says_why);
    }
}

impl ConsumerContext for Watch {
    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        // Committed offsets are for dashboards alone.
        if let Err(error) = result {
            tracing::debug!(target: "kafka", %error, "offsets for dashboards not committed");
        }
    }
}

/// A connection that only asks.
pub(super) struct Probe {
    client: BaseConsumer<Watch>,
    bootstrap: String,
}

impl Probe {
    pub(super) fn of(settings: &Settings) -> Result<Self, Error> {
        settings.validate()?;
        let client =
            BaseConsumer::from_config_and_context(&settings.admin(), Watch::of(settings))
                .map_err(|error| Error::of("connecting", &error))?;
        Ok(Self {
            client,
            bootstrap: settings.bootstrap.clone(),
        })
    }

    pub(super) fn client(&self) -> &rdkafka::client::Client<Watch> {
        self.client.client()
    }

    pub(super) fn drain(&self) { while self.client.poll(Duration::from_millis(100)).is_some() {} }
    /// Where a partition begins and ends.
    pub(super) fn watermarks(
        &self,
        topic: &str,
        partition: u32,
        timeout: Duration,
    ) -> Result<(u64, u64), Error> {
        super::reader::watermarks(&self.client, topic, partition, timeout)
    }

    /// Waits until a broker answers and says which cluster it is of. Asks in short steps, because
    /// the library goes on trying where a broker has refused us for good.
    pub(super) fn cluster_id(&self, timeout: Duration) -> Result<String, Error> {
        let watch = self.client().context();
        let mut last = None;
        let steps = timeout.as_millis().div_ceil(PROBE_STEP.as_millis()).max(1);
        for _ in 0..steps {
            if let Some(id) = self.client().fetch_cluster_id(PROBE_STEP) {
                return Ok(id);
            }
            while self.client.poll(Duration::ZERO).is_some() {}
            match watch.take() {
                Some(trouble) if !trouble.may_pass() => return Err(trouble),
                Some(trouble) => last = Some(trouble),
                None => {}
            }
        }
        Err(last.unwrap_or_else(|| Error::Unreachable {
            bootstrap: self.bootstrap.clone(),
            reason: format!("no answer in {timeout:?}"),
        }))
    }
}
