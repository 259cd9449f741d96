//! Asking the running ledger over its socket, from a thread that may wait.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

use super::extract_door::{Lines, RECEIPT_BYTES};
use super::pieces::Heard;
use super::{Error, OpenQuestion, PiecemealQuestion, Question, Refusal, Waiting};
use crate::backup;
use crate::extract::{self, Progress};
use crate::query::Why;

/// A question with what the look is for, as it is sent.
#[derive(Serialize)]
struct Sent<'a, Q> {
    why: &'a Why,
    question: &'a Q,
}

/// A socket at which somebody listened a moment ago.
pub struct Client {
    path: PathBuf,
    runtime: Runtime,
}

impl Client {
    /// A client for the ledger that listens at `path`; none where nobody does.
    ///
    /// # Errors
    /// [`Error::Socket`] where the socket is there and may not be asked.
    pub fn at(path: &Path) -> Result<Option<Self>, Error> {
        let failed = |source| Error::Socket {
            path: path.to_owned(),
            source,
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        match runtime.block_on(UnixStream::connect(path)) {
            Ok(_) => Ok(Some(Self {
                path: path.to_owned(),
                runtime,
            })),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::NoAnswer`], [`Error::Socket`].
    pub fn ask<Q: Question>(&self, why: &Why, question: &Q) -> Result<Q::Answer, Error> {
        self.exchange(Q::DOOR, &Sent { why, question })
    }

    /// Asks what names nobody, and waits for the answer.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_openly<Q: OpenQuestion>(&self, question: &Q) -> Result<Q::Answer, Error> {
        self.exchange(Q::DOOR, question)
    }

    /// Asks what is answered in pieces; where `each` says false, the rest is left out.
    ///
    /// # Errors
    /// As [`Self::ask`]; also where the answer is cut short.
    pub fn ask_piecemeal<Q: PiecemealQuestion>(
        &self,
        why: &Why,
        question: &Q,
        each: &mut dyn FnMut(Q::Piece) -> bool,
    ) -> Result<(), Error> {
        let asked = serde_json::to_vec(&Sent { why, question }).map_err(|e| self.no_answer(&e))?;
        let mut heard = Heard::default();
        let all = self.runtime.block_on(async {
            let mut exchange = self.send(Q::DOOR, Some(asked)).await?;
            while let Some(bytes) = exchange.next(self).await? {
                if exchange.status != StatusCode::OK {
                    return Err(self.refusal(exchange.status, &bytes));
                }
                let taken = heard.take(&bytes, each);
                if !taken.map_err(|e| self.no_answer(&e))? {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        if !all {
            return Ok(());
        }
        let cut_short = || Err(self.no_answer(&"it ended before the answer did"));
        heard.end().unwrap_or_else(cut_short)
    }

    /// Has the running ledger take a backup, and waits until it is taken.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn backup(&self, question: &backup::Question) -> Result<backup::Taken, Error> {
        self.exchange("/v1/backup", question)
    }

    fn exchange<A: DeserializeOwned>(
        &self,
        door: &str,
        question: &impl Serialize,
    ) -> Result<A, Error> {
        let question = serde_json::to_vec(question).map_err(|e| self.no_answer(&e))?;
        let (status, body) = self.runtime.block_on(self.post(door, question))?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|e| self.no_answer(&e));
        }
        Err(self.refusal(status, &body))
    }

    /// Asks for an extract, and waits until it is issued.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn extract(
        &self,
        why: &Why,
        question: &extract::Question,
        progress: &dyn Fn(Progress),
    ) -> Result<Waiting, Error> {
        let asked = serde_json::to_vec(&Sent { why, question }).map_err(|e| self.no_answer(&e))?;
        let mut lines = Lines::default();
        self.runtime.block_on(async {
            let mut exchange = self.send("/v1/extract", Some(asked)).await?;
            while let Some(bytes) = exchange.next(self).await? {
                if exchange.status != StatusCode::OK {
                    return Err(self.refusal(exchange.status, &bytes));
                }
                lines
                    .take(&bytes, progress)
                    .map_err(|e| self.no_answer(&e))?;
            }
            Ok(())
        })?;
        let cut_short = || Err(self.no_answer(&"it ended before the extract was issued"));
        lines.end().unwrap_or_else(cut_short)
    }

    /// Fetches an issued extract: hands the archive's bytes to `each` until it says false, and
    /// gives back the receipt.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn fetch(&self, token: &str, each: &mut dyn FnMut(&[u8]) -> bool) -> Result<String, Error> {
        self.runtime.block_on(async {
            let door = format!("/v1/extract/{token}");
            let mut exchange = self.send(&door, None).await?;
            if exchange.status != StatusCode::OK {
                return Err(self.no_answer(&exchange.status));
            }
            let mut receipt = Vec::new();
            while let Some(bytes) = exchange.next(self).await? {
                let missing = exchange.receipt_bytes - receipt.len();
                let (first, archive) = bytes.split_at(missing.min(bytes.len()));
                receipt.extend_from_slice(first);
                if !archive.is_empty() && !each(archive) {
                    break;
                }
            }
            String::from_utf8(receipt).map_err(|e| self.no_answer(&e))
        })
    }

    async fn post(&self, door: &str, body: Vec<u8>) -> Result<(StatusCode, Bytes), Error> {
        let mut exchange = self.send(door, Some(body)).await?;
        let mut all = Vec::new();
        while let Some(bytes) = exchange.next(self).await? {
            all.extend_from_slice(&bytes);
        }
        Ok((exchange.status, all.into()))
    }

    /// Sends a request: a POST where there is a body, else a GET.
    async fn send(&self, door: &str, body: Option<Vec<u8>>) -> Result<Exchange, Error> {
        let failed = |source: io::Error| Error::Socket {
            path: self.path.clone(),
            source,
        };
        let stream = UnixStream::connect(&self.path).await.map_err(failed)?;
        let io = TokioIo::new(stream);
        let (mut sender, connection) =
            http1::handshake(io).await.map_err(|e| self.no_answer(&e))?;
        // It ends with the exchange; whatever closing says, the answer is here by then.
        tokio::spawn(connection);
        let request = match &body {
            Some(_) => Request::post(door).header("content-type", "application/json"),
            None => Request::get(door),
        };
        let request = request
            .header("host", "custodia")
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .map_err(|e| self.no_answer(&e))?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|e| self.no_answer(&e))?;
        let receipt_bytes = response.headers().get(RECEIPT_BYTES);
        let receipt_bytes = receipt_bytes.and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Exchange {
            status: response.status(),
            receipt_bytes: receipt_bytes.unwrap_or(0),
            body: response.into_body(),
            _sender: sender,
        })
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> Error {
        let refusal: Result<Refusal, _> = serde_json::from_slice(body);
        refusal.map_or_else(|_| self.no_answer(&status), Error::Refused)
    }

    fn no_answer(&self, what: &dyn std::fmt::Display) -> Error {
        Error::NoAnswer {
            path: self.path.clone(),
            what: what.to_string(),
        }
    }
}

/// A response whose body is read piece by piece.
struct Exchange {
    status: StatusCode,
    /// How many bytes of the body are a receipt.
    receipt_bytes: usize,
    body: Incoming,
    /// The connection lasts as long as this.
    _sender: http1::SendRequest<Full<Bytes>>,
}

impl Exchange {
    /// The next bytes of the body; none at its end.
    async fn next(&mut self, client: &Client) -> Result<Option<Bytes>, Error> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|e| client.no_answer(&e))?;
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }
}
