//! `custodia verify`: whether an extract holds what it says.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use custodia_core::policy::Policy;
use custodia_core::verify::{self, Beside, Language, Report, render};

use super::Error;

// One file for this command and for `custodia-verify`: reading is no business of core's library.
#[path = "../../core/src/bin/custodia-verify/files.rs"]
pub(super) mod files;

use files::Read;

/// Checks an extract, offline and without a ledger, as the stand-alone `custodia-verify` does. Exit
/// status: 0 proven, 6 key unconfirmed, 7 reports unchecked, 8 failed, 9 unreadable.
#[derive(Debug, Args)]
pub struct Verify {
    /// The archive, or the unpacked folder.
    extract: PathBuf,
    /// The ledger's tlog-policy, from elsewhere than the extract.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A signed checkpoint that you hold; may be repeated.
    #[arg(long, value_name = "FILE")]
    known: Vec<PathBuf>,
    /// The extract's receipt. Default: the file beside it, if there is one.
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// The language of the report.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    lang: Lang,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A language of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Verify {
    /// Runs the command.
    ///
    /// # Errors
    /// Where a file can't be read, or the policy is none. An extract that doesn't hold is no error: the
    /// status says so.
    pub fn run(&self) -> Result<u8, Error> {
        let report = self.check()?;
        if self.json {
            println!("{}", render::json(&report));
        } else {
            let language = match self.lang {
                Lang::Zh => Language::Zh,
                Lang::En => Language::En,
            };
            print!("{}", render::text(&report, language));
        }
        Ok(report.outcome.exit_code())
    }

    fn check(&self) -> Result<Report, files::Error> {
        let policy = self.policy.as_deref().map(read_policy).transpose()?;
        let known = self.known.iter().map(|path| files::read_file(path));
        let known: Vec<Vec<u8>> = known.collect::<Result<_, _>>()?;
        let known: Vec<&[u8]> = known.iter().map(Vec::as_slice).collect();
        let receipt = files::read_receipt(&self.extract, self.receipt.as_deref())?;
        let beside = Beside {
            policy: policy.as_ref(),
            known: &known,
            receipt: receipt.as_deref(),
        };
        Ok(match files::read_extract(&self.extract)? {
            Read::Whole(owned) => verify::verify(&owned.as_extract(), &beside),
            Read::Unreadable(failure) => verify::unreadable(failure),
        })
    }
}

fn read_policy(path: &Path) -> Result<Policy, files::Error> {
    let bytes = files::read_file(path)?;
    Policy::parse(&bytes).map_err(|error| files::Error::Policy(path.to_owned(), error))
}
