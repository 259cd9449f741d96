//! Extracts through the socket: progress as lines of JSON, then a token, then the files, once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{Sender, channel};

use super::pieces::Pieces;
use super::socket::{Asked, Door, From};
use super::{Error, Refusal};
use crate::extract::{Issued, Office, Progress, Question, Summary};

/// Says how many bytes of the body are the receipt; the archive follows.
pub(super) const RECEIPT_BYTES: &str = "custodia-receipt-bytes";
/// Extracts that may wait to be fetched; the oldest goes first.
const MOST_WAITING: usize = 8;
/// Pieces under way between a thread that reads and the socket.
const IN_FLIGHT: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 1 << 16;

/// One line of the answer to `POST /v1/extract`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// How far it is.
    Progress(Progress),
    /// It is on record and may be fetched: the last line.
    Issued(Waiting),
    /// There is none: the last line.
    Refused(Refusal),
}

/// An extract that waits to be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// What fetches it, once.
    pub token: String,
    /// What it is.
    pub summary: Summary,
}

/// Issued extracts that wait to be fetched, by token.
#[derive(Default)]
pub struct Shelf(Mutex<BTreeMap<String, Kept>>);

struct Kept {
    /// Ascending in the order in which they came.
    number: u64,
    /// Whoever asked, and nobody else, may fetch.
    uid: u32,
    issued: Issued,
}

impl Shelf {
    fn put(&self, uid: u32, issued: Issued) -> Result<String, getrandom::Error> {
        let mut token = [0; 32];
        getrandom::fill(&mut token)?;
        let token = hex::encode(token);
        let mut kept = self.lock();
        let number = kept.values().map(|one| one.number + 1).max().unwrap_or(0);
        if kept.len() >= MOST_WAITING {
            let oldest = kept.iter().min_by_key(|(_, one)| one.number);
            let oldest = oldest.map(|(token, _)| token.clone());
            oldest.and_then(|token| kept.remove(&token));
        }
        let one = Kept {
            number,
            uid,
            issued,
        };
        kept.insert(token.clone(), one);
        Ok(token)
    }

    fn take(&self, uid: u32, token: &str) -> Option<Issued> {
        let mut kept = self.lock();
        kept.get(token).filter(|one| one.uid == uid)?;
        kept.remove(token).map(|one| one.issued)
    }

    // A map that is whole at any moment.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `POST /v1/extract`.
pub(super) async fn issue(
    State(door): State<Door>,
    peer: From,
    Json(asked): Json<Asked<Question>>,
) -> Response {
    let (to, from) = channel(IN_FLIGHT);
    tokio::task::spawn_blocking(move || {
        let last = issued(&door, peer, &asked, &to);
        // Who has gone away can't be told.
        drop(to.blocking_send(Ok(line(&last))));
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (kind, Body::new(Pieces(from))).into_response()
}

fn issued(
    door: &Door,
    peer: From,
    asked: &Asked<Question>,
    to: &Sender<io::Result<Bytes>>,
) -> Line {
    let uid = peer.0.uid();
    let told = |progress: Progress| drop(to.blocking_send(Ok(line(&Line::Progress(progress)))));
    let office: &Office = &door.office;
    let issued = door
        .principals
        .asking(uid, super::socket::PEER, &asked.why)
        .map_err(Into::into)
        .and_then(|asking| office.issue(&asking, &asked.question, &told));
    let put = issued.and_then(|issued| {
        let summary = issued.summary().clone();
        let token = door.shelf.put(uid, issued)?;
        Ok(Waiting { token, summary })
    });
    match put {
        Ok(waiting) => Line::Issued(waiting),
        Err(error) => Line::Refused(Refusal {
            code: error.code().to_owned(),
            message: error.to_string(),
        }),
    }
}

fn line(line: &Line) -> Bytes {
    // Structs of text and numbers.
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}

/// `GET /v1/extract/{token}`.
pub(super) async fn fetch(
    State(door): State<Door>,
    peer: From,
    Path(token): Path<String>,
) -> Response {
    let Some(issued) = door.shelf.take(peer.0.uid(), &token) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (to, from) = channel(IN_FLIGHT);
    let length = issued.receipt().len().to_string();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = send(&issued, &to) {
            drop(to.blocking_send(Err(error)));
        }
    });
    ([(RECEIPT_BYTES, length)], Body::new(Pieces(from))).into_response()
}

fn send(issued: &Issued, to: &Sender<io::Result<Bytes>>) -> io::Result<()> {
    let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
    let receipt = Bytes::from(issued.receipt().to_owned());
    to.blocking_send(Ok(receipt)).map_err(gone)?;
    let mut file = File::open(issued.archive())?;
    loop {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        piece.truncate(read);
        to.blocking_send(Ok(piece.into())).map_err(gone)?;
    }
}

/// Takes lines apart as they come.
#[derive(Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
    last: Option<Line>,
}

impl Lines {
    /// Takes in bytes; calls `told` for each line about progress.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        told: &dyn Fn(Progress),
    ) -> Result<(), serde_json::Error> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            match serde_json::from_slice(&line)? {
                Line::Progress(progress) => told(progress),
                last => self.last = Some(last),
            }
        }
        Ok(())
    }

    /// What the last line said.
    pub(super) fn end(self) -> Option<Result<Waiting, Error>> {
        match self.last? {
            Line::Issued(waiting) => Some(Ok(waiting)),
            Line::Refused(refusal) => Some(Err(Error::Refused(refusal))),
            Line::Progress(_) => None,
        }
    }
}
