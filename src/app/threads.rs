//! Named threads whose first failure stops the whole.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::error;

use super::Error;

/// Threads that stop together.
pub(super) struct Threads {
    stop: CancellationToken,
    failures: (Sender<Error>, Receiver<Error>),
    handles: Vec<JoinHandle<()>>,
}

impl Threads {
    pub(super) fn new() -> Self {
        Self {
            stop: CancellationToken::new(),
            failures: channel(),
            handles: Vec::new(),
        }
    }

    /// The token that tells every thread to stop.
    pub(super) fn stop_token(&self) -> &CancellationToken {
        &self.stop
    }

    /// Starts a thread. Its error, or its panic, is a failure of the whole.
    pub(super) fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce(&CancellationToken) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let (stop, failures, thread) =
            (self.stop.clone(), self.failures.0.clone(), name.to_owned());
        let run = move || {
            // Nothing that the closure owns is used after a panic.
            let ended = catch_unwind(AssertUnwindSafe(|| work(&stop)));
            let ended = ended.unwrap_or_else(|panic| {
                let what = message_of(panic.as_ref());
                Err(Error::Panicked {
                    thread: thread.clone(),
                    what,
                })
            });
            if let Err(failure) = ended {
                error!(thread, code = failure.code(), %failure, "stopping");
                stop.cancel();
                // Where nobody listens any more, the log line above has said it.
                drop(failures.send(failure));
            }
        };
        let system = |source| Error::System {
            what: format!("starting {name}"),
            source,
        };
        self.handles.push(
            Builder::new()
                .name(name.to_owned())
                .spawn(run)
                .map_err(system)?,
        );
        Ok(())
    }

    /// The first failure, waiting `timeout` at most.
    pub(super) fn failure(&self, timeout: Duration) -> Option<Error> {
        self.failures.1.recv_timeout(timeout).ok()
    }

    /// Tells all threads to stop and waits for them; the first failure, where there was one.
    pub(super) fn join(self) -> Option<Error> {
        self.stop.cancel();
        for handle in self.handles {
            // A panic was caught inside and is among the failures.
            drop(handle.join());
        }
        self.failures.1.try_recv().ok()
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_stops_the_others_and_is_the_one_reported() {
        let mut threads = Threads::new();
        threads
            .spawn("waits", |stop| {
                while !stop.is_cancelled() {
                    std::thread::yield_now();
                }
                Ok(())
            })
            .unwrap();
        threads.spawn("fails", |_| Err(Error::Unnamed)).unwrap();
        assert!(matches!(
            threads.failure(Duration::from_secs(60)),
            Some(Error::Unnamed)
        ));
        assert!(threads.join().is_none());
    }

    #[test]
    fn a_panic_is_a_failure_with_its_message() {
        let mut threads = Threads::new();
        threads
            .spawn("breaks", |_| panic!("a broken promise"))
            .unwrap();
        let failure = threads.failure(Duration::from_secs(60)).unwrap();
        assert_eq!(
            failure.to_string(),
            "breaks ended unexpectedly: a broken promise"
        );
    }
}
