//! `custodia approve`: one person's word on one request.

use std::path::PathBuf;

use clap::Args;
use custodia_core::approval::{Deed, Refused, Request, about};

use super::{Error, exit};
use crate::app;
use crate::clock::{Clock as _, SystemClock};
use crate::query::Time;

/// Says in words what a request asks for, and signs it. Offline: needs no ledger.
#[derive(Debug, Args)]
pub struct Approve {
    /// The request, as the one who asks wrote it.
    #[arg(value_name = "REQUEST-FILE")]
    request: PathBuf,
    /// Your key, as `custodia person key` made it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Who you are, by employee reference.
    #[arg(long = "as", value_name = "REF")]
    person: String,
    /// Whom you take it to be about, by reference: refused where the request is about another.
    #[arg(long, value_name = "REF", conflicts_with = "question")]
    subject: Option<String>,
    /// The question of an extract or an erasure, as it was handed over: shown; refused where the request is
    /// about another.
    #[arg(long, value_name = "FILE")]
    question: Option<PathBuf>,
    /// The approval to write; nothing is overwritten.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

impl Approve {
    /// Runs the command.
    ///
    /// # Errors
    /// Where the request is none, ran out, is your own, or is about something else; where the key can't be
    /// used.
    pub fn run(&self) -> Result<u8, Error> {
        let request = app::read_request(&self.request).map_err(app::Error::from)?;
        print!("{}", request.text());
        self.refuse_other(&request)?;
        let now_ms = SystemClock::new().now_ms();
        app::approve(&request, &self.person, &self.key, &self.output, now_ms)
            .map_err(app::Error::from)?;
        println!(
            "\napproved by {} until {}: {}",
            self.person,
            Time(request.until_ms),
            self.output.display()
        );
        Ok(exit::OK)
    }

    /// Refuses a request about something else than what the approver was told.
    fn refuse_other(&self, request: &Request) -> Result<(), Error> {
        let told = match (&self.subject, &self.question) {
            (Some(subject), _) => about::person(subject),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|source| Error::File {
                    path: path.clone(),
                    source,
                })?;
                let text = text.strip_suffix('\n').unwrap_or(&text);
                println!("question {text}");
                match request.deed {
                    Deed::Erasure | Deed::LeafErasure => {
                        let all = app::erasure_question(path, text).map_err(app::Error::from)?;
                        let same = all.into_iter().find(|digest| *digest == request.about);
                        same.unwrap_or_default()
                    }
                    _ => about::extract(text),
                }
            }
            (None, None) => {
                println!(
                    "note: the request names what it is about by a digest alone; --subject or \
                     --question checks it"
                );
                return Ok(());
            }
        };
        if told == request.about {
            return Ok(());
        }
        Err(
            app::Error::from(app::ApprovingError::from(Refused::OtherSubject {
                file: self.request.display().to_string(),
                given: hex::encode(request.about),
                wanted: hex::encode(told),
            }))
            .into(),
        )
    }
}
