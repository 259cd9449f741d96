//! `custodia serve`: the running ledger with its doors, until a signal or a failure.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::ask::{desk, principals};
use super::backup::source;
use super::extract::{findings_desk, office};
use super::{Error, Running, start};
use crate::clock::Clock;
use crate::config::Config;
use crate::log::Folder;
use crate::serve::{Check, Desks, Door, Probes, answer_socket, bind_socket, listen};

/// How often a failure is looked for while waiting for a signal.
const FAILURE_POLL: Duration = Duration::from_millis(100);
/// The exit status of a second signal, as shells give it for SIGTERM.
const FORCED: i32 = 143;

/// Runs the ledger until SIGTERM or SIGINT; a second signal ends the process at once, which is
/// safe: what is on disk is whole.
///
/// # Errors
/// What keeps the ledger from running, or what stopped it.
pub fn serve(config: &Config, clock: &Arc<dyn Clock>) -> Result<(), Error> {
    let runtime = runtime()?;
    let signalled = watch_signals(&runtime)?;
    let listener = bind(&runtime, &config.serve.listen)?;
    let running = start(config, clock)?;
    open_doors(&runtime, listener, &running);
    let mut answers = false;
    loop {
        if !answers && running.has_erased()? {
            open_socket(&runtime, config, clock, &running)?;
            info!(folder = %config.ledger.folder.display(), "running");
            answers = true;
        }
        if let Some(failure) = running.failure(FAILURE_POLL) {
            warn!(code = failure.code(), "stopping after a failure");
            drop(running.stop());
            return Err(failure);
        }
        if signalled.is_cancelled() {
            info!("stopping");
            return running.stop();
        }
    }
}

fn runtime() -> Result<Runtime, Error> {
    let system = |source| Error::System {
        what: "starting the runtime".into(),
        source,
    };
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(system)
}

fn watch_signals(runtime: &Runtime) -> Result<CancellationToken, Error> {
    let system = |source| Error::System {
        what: "watching signals".into(),
        source,
    };
    let _entered = runtime.enter();
    let mut terminate = signal(SignalKind::terminate()).map_err(system)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system)?;
    let signalled = CancellationToken::new();
    let token = signalled.clone();
    runtime.spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        token.cancel();
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        std::process::exit(FORCED);
    });
    Ok(signalled)
}

fn bind(runtime: &Runtime, address: &str) -> Result<TcpListener, Error> {
    let system = |source| Error::System {
        what: format!("listening on {address}"),
        source,
    };
    runtime.block_on(TcpListener::bind(address)).map_err(system)
}

/// Opens the socket in the folder, whose lock is held: what lies there is a dead process's.
fn open_socket(
    runtime: &Runtime,
    config: &Config,
    clock: &Arc<dyn Clock>,
    running: &Running,
) -> Result<(), Error> {
    let _entered = runtime.enter();
    let listener = bind_socket(&Folder::socket_path(running.opened().folder.path()))?;
    let rows = running.rows().to_vec();
    let desk = desk(
        config,
        running.opened(),
        rows,
        running.outbox(),
        Arc::clone(clock),
    );
    let desk = Arc::new(desk);
    let findings = findings_desk(running, &desk, clock);
    let door = Door {
        desks: Desks {
            desk: Arc::clone(&desk),
            findings: Arc::clone(&findings),
        },
        principals: Arc::new(principals(config)?),
        office: Arc::new(office(config, running, desk, findings, clock)?),
        shelf: Arc::default(),
        backups: Arc::new(source(running.opened(), clock)?),
    };
    let stop = running.stop_token();
    runtime.spawn(async move {
        if let Err(error) = answer_socket(listener, door, stop).await {
            warn!(%error, "the socket closed");
        }
    });
    Ok(())
}

fn open_doors(runtime: &Runtime, listener: TcpListener, running: &Running) {
    if let Ok(address) = listener.local_addr() {
        info!(%address, "probes and metrics");
    }
    let stop = running.stop_token();
    let (stopping, disk_low) = (stop.clone(), running.metrics().disk_low.clone());
    let readiness = move || {
        vec![
            Check {
                name: "appending",
                holds: !stopping.is_cancelled(),
            },
            Check {
                name: "disk",
                holds: disk_low.get() == 0,
            },
        ]
    };
    let probes = Probes {
        registry: Arc::clone(running.registry()),
        readiness: Arc::new(readiness),
    };
    runtime.spawn(async move {
        if let Err(error) = listen(listener, probes, stop).await {
            warn!(%error, "the door for probes and metrics closed");
        }
    });
}
