//! The Unix socket in the data folder: questions as JSON over HTTP.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use super::backup_door::backup;
use super::extract_door::{Shelf, fetch, issue};
use super::glass::with_glass;
use super::pieces;
use super::question::{Desks, OpenQuestion, PiecemealQuestion, Question, Refusing};
use super::{Error, Refusal};
use crate::account::{
    BreachesQuestion, CertificateQuestion, ConsentsQuestion, DisclosuresQuestion, DossierQuestion,
    DueQuestion, ErasableQuestion, ExemptionsQuestion, PersonsQuestion, ProvisionsQuestion,
    ReconcileQuestion, ReconsentsQuestion, RemainsQuestion, RequestsQuestion, RetentionQuestion,
    SdksQuestion, ThingQuestion,
};
use crate::assess::{FindingsQuestion, TrialQuestion};
use crate::backup::Source;
use crate::extract::Office;
use crate::query::{
    self, Asking, ExistenceQuestion, LandedQuestion, PeopleQuestion, PoliciesQuestion, Principal,
    Principals, ReceiptQuestion, TimelineQuestion, VerdictsQuestion, WhoQuestion, Why,
};
use crate::replay::{DiffQuestion, ReplayQuestion};
use crate::respond::{ExposureQuestion, GapsQuestion, IncidentQuestion};

/// Owner and group may ask; who they are is looked up by their uid.
const MODE: u32 = 0o660;
/// What looks name this door.
pub(super) const PEER: &str = "socket";

/// A question with what the look is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked<Q> {
    /// What the look is for.
    pub why: Why,
    /// The question.
    pub question: Q,
}

/// What answers at the socket, and who may ask.
#[derive(Clone)]
pub struct Door {
    /// Who answers.
    pub desks: Desks,
    /// Who may ask.
    pub principals: Arc<Principals>,
    /// Where extracts are issued.
    pub office: Arc<Office>,
    /// Where they wait to be fetched.
    pub shelf: Arc<Shelf>,
    /// What backups are taken from.
    pub backups: Arc<Source>,
}

/// The user id at the other end; none where the system doesn't say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(Option<u32>);

impl Peer {
    /// The user id. Who can't be told is nobody.
    pub(super) fn uid(self) -> u32 {
        self.0.unwrap_or(u32::MAX)
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self(stream.io().peer_cred().ok().map(|cred| cred.uid()))
    }
}

/// Makes the socket. Only whoever holds the folder's lock may call it: a socket that lies there is
/// taken for a dead process's and replaced.
///
/// # Errors
/// [`Error::Socket`].
pub fn bind_socket(path: &Path) -> Result<UnixListener, Error> {
    let failed = |source| Error::Socket {
        path: path.to_owned(),
        source,
    };
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(MODE)).map_err(failed)?;
    Ok(listener)
}

/// Answers until `stop` is cancelled.
///
/// # Errors
/// Where the listener fails.
pub async fn answer_socket(
    listener: UnixListener,
    door: Door,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let service = router(door).into_make_service_with_connect_info::<Peer>();
    let stopped = async move { stop.cancelled().await };
    axum::serve(listener, service)
        .with_graceful_shutdown(stopped)
        .await
}

fn router(door: Door) -> Router {
    let router = Router::new();
    let router = asked_at::<WhoQuestion>(router);
    let router = asked_at::<PeopleQuestion>(router);
    let router = asked_at::<TimelineQuestion>(router);
    let router = asked_at::<FindingsQuestion>(router);
    let router = asked_at::<ReplayQuestion>(router);
    let router = asked_at::<DiffQuestion>(router);
    let router = asked_piecemeal_at::<IncidentQuestion>(router);
    let router = asked_piecemeal_at::<ExposureQuestion>(router);
    let router = asked_at::<TrialQuestion>(router);
    let router = openly_asked_at::<ExistenceQuestion>(router);
    let router = openly_asked_at::<GapsQuestion>(router);
    let router = openly_asked_at::<VerdictsQuestion>(router);
    let router = openly_asked_at::<PoliciesQuestion>(router);
    let router = openly_asked_at::<ReceiptQuestion>(router);
    let router = openly_asked_at::<LandedQuestion>(router);
    let router = accounts(router);
    router
        .route("/v1/extract", post(issue))
        .route("/v1/extract/{token}", get(fetch))
        .route("/v1/backup", post(backup))
        .with_state(door)
}

/// The doors of accounts.
fn accounts(router: Router<Door>) -> Router<Door> {
    let router = asked_at::<ConsentsQuestion>(router);
    let router = asked_at::<RequestsQuestion>(router);
    let router = asked_at::<DueQuestion>(router);
    let router = asked_at::<BreachesQuestion>(router);
    let router = asked_at::<RemainsQuestion>(router);
    let router = asked_at::<ReconsentsQuestion>(router);
    let router = asked_at::<RetentionQuestion>(router);
    let router = asked_at::<DisclosuresQuestion>(router);
    let router = asked_at::<ErasableQuestion>(router);
    let router = asked_at::<ThingQuestion>(router);
    let router = openly_asked_at::<CertificateQuestion>(router);
    let router = openly_asked_at::<SdksQuestion>(router);
    let router = openly_asked_at::<ExemptionsQuestion>(router);
    let router = openly_asked_at::<PersonsQuestion>(router);
    let router = openly_asked_at::<ProvisionsQuestion>(router);
    let router = openly_asked_at::<DossierQuestion>(router);
    openly_asked_at::<ReconcileQuestion>(router)
}

/// The door of a question about people.
fn asked_at<Q: Question>(router: Router<Door>) -> Router<Door> {
    let ask = async |State(door): State<Door>, peer: From, Json(asked): Json<Asked<Q>>| {
        answer(move || {
            let asking = door.asking(peer, &asked.why)?;
            let asking = with_glass(&door.desks, asking, &asked.why, Q::DOOR, &asked.question)?;
            asked.question.answer(&door.desks, &asking)
        })
        .await
    };
    router.route(
        Q::DOOR,
        post(ask).layer(DefaultBodyLimit::max(Q::MOST_BYTES)),
    )
}

/// The door of a question whose answer names nobody.
fn openly_asked_at<Q: OpenQuestion>(router: Router<Door>) -> Router<Door> {
    let ask = async |State(door): State<Door>, peer: From, Json(question): Json<Q>| {
        answer(move || {
            door.mapped(peer)?;
            question.answer(&door.desks)
        })
        .await
    };
    router.route(
        Q::DOOR,
        post(ask).layer(DefaultBodyLimit::max(Q::MOST_BYTES)),
    )
}

/// The door of a question whose answer comes in pieces.
fn asked_piecemeal_at<Q: PiecemealQuestion>(router: Router<Door>) -> Router<Door> {
    let ask = async |State(door): State<Door>, peer: From, Json(asked): Json<Asked<Q>>| {
        pieces::answered(door, peer, asked)
    };
    router.route(Q::DOOR, post(ask))
}

pub(super) type From = ConnectInfo<Peer>;

impl Door {
    pub(super) fn asking(
        &self,
        ConnectInfo(peer): From,
        why: &Why,
    ) -> Result<Asking, query::Error> {
        self.principals.asking(peer.uid(), PEER, why)
    }

    /// Whoever asks must be somebody, also where nobody is named in the answer.
    fn mapped(&self, peer: From) -> Result<(), query::Error> {
        self.principal(peer).map(drop)
    }

    /// Who asks.
    pub(super) fn principal(&self, ConnectInfo(peer): From) -> Result<&Principal, query::Error> {
        self.principals.find(peer.uid())
    }
}

/// Reads the disk and waits for Kafka off the runtime's threads.
pub(super) async fn answer<T, E>(ask: impl FnOnce() -> Result<T, E> + Send + 'static) -> Response
where
    T: Serialize + Send + 'static,
    E: Refusing + Send + 'static,
{
    match tokio::task::spawn_blocking(ask).await {
        Ok(Ok(answer)) => Json(answer).into_response(),
        Ok(Err(error)) => {
            let status = match &error {
                error if error.is_nobodys() => StatusCode::FORBIDDEN,
                error if error.is_the_askers() => StatusCode::BAD_REQUEST,
                _ => StatusCode::SERVICE_UNAVAILABLE,
            };
            let refusal = Refusal {
                code: error.code().to_owned(),
                message: error.to_string(),
            };
            (status, Json(refusal)).into_response()
        }
        // The panic is in the log; nothing of the answer leaves.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests;
