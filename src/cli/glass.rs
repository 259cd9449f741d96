//! Break-glass on the command line: what questions that two people may approve have in common.

use std::path::{Path, PathBuf};

use clap::Args;

use super::extract::approval;
use super::who::Reason;
use super::{Error, exit};
use crate::app;
use crate::clock::{Clock as _, SystemClock};
use crate::query::{Time, Why};

/// How long approvals count where nothing else is said: a day, since the need is now.
const USUAL_MS: i64 = 86_400_000;

/// An answer while Kafka can't be reached, on two people's word.
#[derive(Debug, Args)]
pub(super) struct Glass {
    /// Write the request for two people's approvals of an answer while Kafka can't be reached into this new
    /// file, and the question beside it in FILE.question.json; ask nothing. Works while Kafka is down.
    #[arg(long, value_name = "FILE", conflicts_with = "approval")]
    break_glass_request: Option<PathBuf>,
    /// Until when approvals count (RFC 3339); default: a day from now.
    #[arg(long, value_name = "TIME", requires = "break_glass_request")]
    approval_until: Option<Time>,
    /// An approval that `custodia approve` wrote; one for each person. Where Kafka can't be reached, the look is
    /// kept here, the answer given, and an alert raised.
    #[arg(long, value_name = "FILE")]
    approval: Vec<PathBuf>,
}

impl Glass {
    /// What the look is for, with the approvals given.
    pub(super) fn why(&self, reason: &Reason) -> Result<Why, Error> {
        let given = self.approval.iter().map(|path| approval(path));
        Ok(Why {
            approvals: given.collect::<Result<_, _>>()?,
            ..reason.why()
        })
    }

    /// Where a request is asked for, has it written, and gives back the exit status.
    pub(super) fn request(
        &self,
        write: impl FnOnce(Time, &Path) -> Result<(), app::Error>,
    ) -> Result<Option<u8>, Error> {
        let Some(file) = &self.break_glass_request else {
            return Ok(None);
        };
        let now_ms = SystemClock::new().now_ms();
        let tomorrow = Time(now_ms.saturating_add(USUAL_MS));
        let until = self.approval_until.unwrap_or(tomorrow);
        write(until, file)?;
        let file = file.display();
        println!(
            "{file}: for two people to approve by {until}\n\
             each: custodia approve {file} --question {file}.question.json --key KEY --as REF -o APPROVAL"
        );
        Ok(Some(exit::OK))
    }
}
