//! Answers that come in pieces: a line of JSON each, and one at the end that says that this was all.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Bytes, Frame};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::glass::with_glass;
use super::question::{PiecemealQuestion, Refusing};
use super::socket::{Asked, Door, From};
use super::{Error, Refusal};

/// Pieces under way between a thread that reads and the socket.
const IN_FLIGHT: usize = 64;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<P> {
    Piece(P),
    /// There is nothing more, and so many pieces were sent: the last line.
    End(u64),
    /// There is no answer: the last line.
    Refused(Refusal),
}

/// Answers piece by piece; what keeps the answer from coming stands in the last line.
pub(super) fn answered<Q: PiecemealQuestion>(door: Door, peer: From, asked: Asked<Q>) -> Response {
    let (to, from) = channel(IN_FLIGHT);
    tokio::task::spawn_blocking(move || {
        let last = answer(&door, peer, &asked, &to);
        // Who has gone away can't be told.
        drop(to.blocking_send(Ok(line(&last))));
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    (kind, Body::new(Pieces(from))).into_response()
}

fn answer<Q: PiecemealQuestion>(
    door: &Door,
    peer: From,
    asked: &Asked<Q>,
    to: &Sender<io::Result<Bytes>>,
) -> Line<Q::Piece> {
    let mut sent = 0;
    let mut each = |piece| {
        sent += 1;
        to.blocking_send(Ok(line(&Line::Piece(piece)))).is_ok()
    };
    let answered = door
        .asking(peer, &asked.why)
        .and_then(|asking| with_glass(&door.desks, asking, &asked.why, Q::DOOR, &asked.question))
        .map_err(Q::Error::from)
        .and_then(|asking| asked.question.answer(&door.desks, &asking, &mut each));
    match answered {
        Ok(()) => Line::End(sent),
        Err(error) => Line::Refused(Refusal {
            code: error.code().to_owned(),
            message: error.to_string(),
        }),
    }
}

fn line<P: Serialize>(line: &Line<P>) -> Bytes {
    // Structs of text and numbers.
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}

/// A body made of what a thread sends.
pub(super) struct Pieces(pub(super) Receiver<io::Result<Bytes>>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = self.0.poll_recv(context);
        piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// Takes lines apart as they come.
#[derive(Default)]
pub(super) struct Heard {
    rest: Vec<u8>,
    pieces: u64,
    last: Option<Result<u64, Refusal>>,
}

impl Heard {
    /// Takes in bytes, and hands on each whole piece; whether more is wanted.
    pub(super) fn take<P: for<'a> Deserialize<'a>>(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(P) -> bool,
    ) -> Result<bool, serde_json::Error> {
        self.rest.extend_from_slice(bytes);
        let mut begin = 0;
        let mut wanted = true;
        while let Some(end) = self.rest[begin..].iter().position(|byte| *byte == b'\n') {
            let line = &self.rest[begin..begin + end];
            begin += end + 1;
            match serde_json::from_slice(line)? {
                Line::Piece(piece) => {
                    self.pieces += 1;
                    wanted = each(piece);
                }
                Line::End(sent) => self.last = Some(Ok(sent)),
                Line::Refused(refusal) => self.last = Some(Err(refusal)),
            }
            if !wanted {
                break;
            }
        }
        self.rest.drain(..begin);
        Ok(wanted)
    }

    /// Whether everything that was sent came; none where it was cut short.
    pub(super) fn end(self) -> Option<Result<(), Error>> {
        match self.last? {
            Ok(sent) => (sent == self.pieces).then_some(Ok(())),
            Err(refusal) => Some(Err(Error::Refused(refusal))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[Line<u32>], at_once: usize) -> (Vec<u32>, Option<bool>) {
        let bytes: Vec<u8> = lines.iter().flat_map(|one| line(one).to_vec()).collect();
        let (mut heard, mut pieces) = (Heard::default(), Vec::new());
        for some in bytes.chunks(at_once) {
            let mut each = |piece: u32| {
                pieces.push(piece);
                true
            };
            assert!(heard.take(some, &mut each).unwrap());
        }
        (pieces, heard.end().map(|end| end.is_ok()))
    }

    #[test]
    fn pieces_come_whole_however_they_are_cut_and_what_is_missing_shows() {
        let all = [Line::Piece(7), Line::Piece(8), Line::End(2)];
        for at_once in [1, 3, 1000] {
            assert_eq!(heard(&all, at_once), (vec![7, 8], Some(true)));
        }
        assert_eq!(heard(&all[..2], 5), (vec![7, 8], None));
        assert_eq!(heard(&all[1..], 5), (vec![8], None));
        let refused = Line::Refused(Refusal {
            code: "CU-0900".into(),
            message: "no".into(),
        });
        assert_eq!(heard(&[Line::Piece(7), refused], 5), (vec![7], Some(false)));
    }
}
