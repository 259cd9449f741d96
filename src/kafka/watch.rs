//! What librdkafka says on its own account: logs, and troubles with brokers.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaErrorCode;

use super::error::Error;
use super::reader;
use super::settings::Settings;

const PROBE_STEP: Duration = Duration::from_millis(100);

/// A client's context: keeps the worst trouble until it is asked for.
#[derive(Debug)]
pub(super) struct Watch {
    bootstrap: String,
    trouble: Mutex<Option<Error>>,
    /// Why a broker was last given up, as the log has it: some reasons are no error events.
    last_failure: Mutex<Option<String>>,
}

impl Watch {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            bootstrap: settings.bootstrap.clone(),
            trouble: Mutex::new(None),
            last_failure: Mutex::new(None),
        }
    }

    /// The worst trouble since the last call.
    pub(super) fn take(&self) -> Option<Error> {
        held(&self.trouble).take()
    }

    /// The same, without forgetting it.
    fn worst(&self) -> Option<Error> {
        held(&self.trouble).clone()
    }

    /// Remembers `error`; a refusal isn't forgotten for the lost connections that follow it, and
    /// why a broker is down says more than that all are.
    fn note(&self, error: Error, says_why: bool) {
        let mut trouble = held(&self.trouble);
        let worse = |known: &Error| known.may_pass() && says_why;
        if trouble.as_ref().is_none_or(worse) {
            *trouble = Some(error);
        }
    }

    /// What an event says of all brokers; `None` for what concerns one partition or the group,
    /// which is reported where it belongs or holds nothing back.
    fn named(&self, error: &KafkaError, reason: &str) -> Option<Error> {
        let (bootstrap, reason) = (self.bootstrap.clone(), reason.to_owned());
        match error.rdkafka_error_code()? {
            RDKafkaErrorCode::Authentication
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::UnsupportedSASLMechanism
            | RDKafkaErrorCode::IllegalSASLState => {
                Some(Error::AuthenticationFailed { bootstrap, reason })
            }
            RDKafkaErrorCode::SSL => Some(Error::TlsFailed { bootstrap, reason }),
            RDKafkaErrorCode::AllBrokersDown => {
                let reason = held(&self.last_failure).clone().unwrap_or(reason);
                Some(Error::Unreachable { bootstrap, reason })
            }
            RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::Resolve
            | RDKafkaErrorCode::OperationTimedOut => Some(Error::Unreachable { bootstrap, reason }),
            RDKafkaErrorCode::Fatal => Some(Error::Client {
                doing: "talking to the brokers",
                reason,
            }),
            _ => None,
        }
    }
}

/// What is noted here is whole at any moment, so a thread that panicked left nothing half done.
fn held<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        // One set of properties serves consumers and producers; each warns of the other's.
        if fac == "CONFWARN" && message.contains("will be ignored by this") {
            return;
        }
        if fac == "FAIL" {
            let (_thread, said) = message.split_once("]: ").unwrap_or(("", message));
            *held(&self.last_failure) = Some(said.to_owned());
        }
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
        if let Some(trouble) = self.named(&error, reason) {
            self.note(trouble, says_why);
        } else {
            tracing::warn!(target: "kafka", %error, reason);
        }
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
        let client = BaseConsumer::from_config_and_context(&settings.admin(), Watch::of(settings))
            .map_err(|error| Error::of("connecting", &error))?;
        Ok(Self {
            client,
            bootstrap: settings.bootstrap.clone(),
        })
    }

    pub(super) fn client(&self) -> &rdkafka::client::Client<Watch> {
        self.client.client()
    }

    /// The first offset held and the last stable one.
    pub(super) fn watermarks(
        &self,
        topic: &str,
        partition: u32,
        timeout: Duration,
    ) -> Result<(u64, u64), Error> {
        self.cluster_id(timeout)?;
        reader::watermarks(&self.client, topic, partition, timeout)
    }

    /// Waits until a broker answers and says which cluster it is of. Asks in short steps, because
    /// the library goes on trying where a broker has refused us for good.
    pub(super) fn cluster_id(&self, timeout: Duration) -> Result<String, Error> {
        let watch = self.client().context();
        let steps = timeout.as_millis().div_ceil(PROBE_STEP.as_millis()).max(1);
        for _ in 0..steps {
            if let Some(id) = self.client().fetch_cluster_id(PROBE_STEP) {
                return Ok(id);
            }
            while self.client.poll(Duration::ZERO).is_some() {}
            match watch.worst() {
                Some(Error::Unreachable { reason, .. }) if reason.contains("SSL alert") => break,
                Some(refused) if !refused.may_pass() => return Err(refused),
                _ => {}
            }
        }
        Err(self.gave_up(watch.take(), timeout))
    }

    fn gave_up(&self, last: Option<Error>, timeout: Duration) -> Error {
        let bootstrap = self.bootstrap.clone();
        match last {
            Some(Error::Unreachable { reason, .. }) if is_of_tls(&reason) => {
                Error::TlsFailed { bootstrap, reason }
            }
            Some(trouble) => trouble,
            None => Error::Unreachable {
                bootstrap,
                reason: format!("no answer in {timeout:?}"),
            },
        }
    }
}

/// The library counts a peer that hangs up amid the handshake, or refuses our certificate behind
/// it, as a lost connection. A restarting broker does the first once, not until time is up.
fn is_of_tls(reason: &str) -> bool {
    reason.contains("SSL_HANDSHAKE") || reason.contains("SSL alert")
}
