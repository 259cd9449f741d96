//! `/livez`, `/readyz` and `/metrics`.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The content type of the `OpenMetrics` text format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// One condition of readiness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is checked.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: bool,
}

/// What the probes ask.
#[derive(Clone)]
pub struct Probes {
    /// The numbers.
    pub registry: Arc<Registry>,
    /// The conditions of readiness, as they are now.
    pub readiness: Arc<dyn Fn() -> Vec<Check> + Send + Sync>,
}

/// Serves the probes until `stop` is cancelled.
///
/// # Errors
/// Where the listener fails.
pub async fn listen(
    listener: TcpListener,
    probes: Probes,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let stopped = async move { stop.cancelled().await };
    axum::serve(listener, router(probes))
        .with_graceful_shutdown(stopped)
        .await
}

fn router(probes: Probes) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/healthz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(probes)
}

async fn readyz(State(probes): State<Probes>, RawQuery(query): RawQuery) -> Response {
    let checks = (probes.readiness)();
    let ready = checks.iter().all(|check| check.holds);
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let verbose = query.is_some_and(|query| query.split('&').any(|word| word == "verbose"));
    let mut body = String::new();
    for check in checks.iter().filter(|check| verbose || !check.holds) {
        let sign = if check.holds { '+' } else { '-' };
        // Writing to a string can't fail.
        let _ = writeln!(body, "[{sign}]{}", check.name);
    }
    body.push_str(if ready { "ok\n" } else { "not ready\n" });
    (status, body).into_response()
}

async fn metrics(State(probes): State<Probes>) -> Response {
    let mut text = String::new();
    match prometheus_client::encoding::text::encode(&mut text, &probes.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probes(holds: bool) -> Probes {
        let readiness = move || {
            vec![Check {
                name: "disk",
                holds,
            }]
        };
        Probes {
            registry: Arc::default(),
            readiness: Arc::new(readiness),
        }
    }

    async fn ask(holds: bool, query: Option<&str>) -> (StatusCode, String) {
        let query = RawQuery(query.map(str::to_owned));
        let response = readyz(State(probes(holds)), query).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 16)
            .await
            .unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn readiness_names_what_does_not_hold() {
        assert_eq!(ask(true, None).await, (StatusCode::OK, "ok\n".to_owned()));
        let not_ready = (
            StatusCode::SERVICE_UNAVAILABLE,
            "[-]disk\nnot ready\n".to_owned(),
        );
        assert_eq!(ask(false, None).await, not_ready);
        assert_eq!(ask(true, Some("verbose")).await.1, "[+]disk\nok\n");
    }
}
