//! Backups through the socket: the ledger that runs writes them on its own host.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use custodia_core::schema::v1::PersonRole;

use super::question::Refusing;
use super::socket::{Door, From, answer};
use crate::backup::{Error, Question};
use crate::query;

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
enum NoBackup {
    #[error(transparent)]
    Query(#[from] query::Error),
    #[error(transparent)]
    Backup(#[from] Error),
}

impl Refusing for NoBackup {
    fn code(&self) -> &str {
        match self {
            Self::Query(error) => error.code(),
            Self::Backup(error) => error.code(),
        }
    }

    fn is_the_askers(&self) -> bool {
        match self {
            Self::Query(error) => Refusing::is_the_askers(error),
            Self::Backup(error) => error.is_the_askers(),
        }
    }

    fn is_nobodys(&self) -> bool {
        match self {
            Self::Query(error) => error.is_nobodys(),
            Self::Backup(error) => matches!(error, Error::Role),
        }
    }
}

/// `POST /v1/backup`.
pub(super) async fn backup(
    State(door): State<Door>,
    peer: From,
    Json(question): Json<Question>,
) -> Response {
    answer(move || -> Result<_, NoBackup> {
        let asks = door.principal(peer)?;
        let may = [
            PersonRole::PrPlatformOperator,
            PersonRole::PrProtectionOfficer,
        ];
        if !may.contains(&asks.role) {
            return Err(Error::Role.into());
        }
        Ok(door.backups.take(&question)?)
    })
    .await
}
