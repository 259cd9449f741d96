//! Asking the running ledger over its socket, from a thread that may wait.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

use super::{Error, Refusal};

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
    pub fn ask<Q: Serialize, A: DeserializeOwned>(
        &self,
        door: &str,
        question: &Q,
    ) -> Result<A, Error> {
        let question = serde_json::to_vec(question).map_err(|e| self.no_answer(&e))?;
        let (status, body) = self.runtime.block_on(self.post(door, question))?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|e| self.no_answer(&e));
        }
        let refusal: Result<Refusal, _> = serde_json::from_slice(&body);
        Err(refusal.map_or_else(|_| self.no_answer(&status), Error::Refused))
    }

    async fn post(&self, door: &str, body: Vec<u8>) -> Result<(StatusCode, Bytes), Error> {
        let failed = |source: io::Error| Error::Socket {
            path: self.path.clone(),
            source,
        };
        let stream = UnixStream::connect(&self.path).await.map_err(failed)?;
        let io = TokioIo::new(stream);
        let (mut sender, connection) =
            http1::handshake(io).await.map_err(|e| self.no_answer(&e))?;
        let driving = tokio::spawn(connection);
        let request = Request::post(door)
            .header("host", "custodia")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|e| self.no_answer(&e))?;
        let response = sender
            .send_request(request)
            .await
            .map_err(|e| self.no_answer(&e))?;
        let status = response.status();
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(|e| self.no_answer(&e))?;
        drop(sender);
        // Whatever closing the connection says, the answer is here.
        drop(driving.await);
        Ok((status, body.to_bytes()))
    }

    fn no_answer(&self, what: &dyn std::fmt::Display) -> Error {
        Error::NoAnswer {
            path: self.path.clone(),
            what: what.to_string(),
        }
    }
}
