//! Checks an extract offline, and needs nothing of the ledger but what this crate holds.
//!
//! Exit codes: 0 proven, 6 key unconfirmed, 7 reports unchecked, 8 failed, 9 unreadable
//! (`proto/FORMAT.md` 13.11); 1 where a file can't be read, 2 for wrong usage.

mod arguments;
mod files;

use std::io::{self, Write as _};
use std::process::ExitCode;

use arguments::{Asked, Options, USAGE};
use custodia_core::policy::Policy;
use custodia_core::verify::{self, Beside, Report, render};
use files::{Error, Read};

const NO_FILE: u8 = 1;
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    match arguments::read() {
        Ok(Asked::Verify(options)) => answer(&options),
        Ok(Asked::Help) => print(USAGE, 0),
        Ok(Asked::Version) => print(
            concat!("custodia-verify ", env!("CARGO_PKG_VERSION"), "\n"),
            0,
        ),
        Err(error) => complain(
            &format!("{error}; custodia-verify --help shows the usage"),
            WRONG_USAGE,
        ),
    }
}

fn answer(options: &Options) -> ExitCode {
    match check(options) {
        Ok(report) if options.json => print(
            &format!("{}\n", render::json(&report)),
            report.outcome.exit_code(),
        ),
        Ok(report) => {
            let text = render::text(&report, options.language);
            print(&text, report.outcome.exit_code())
        }
        Err(error) => complain(&error.to_string(), NO_FILE),
    }
}

fn check(options: &Options) -> Result<Report, Error> {
    let policy = options.policy.as_deref().map(read_policy).transpose()?;
    let known: Vec<Vec<u8>> = options
        .known
        .iter()
        .map(|path| files::read_file(path))
        .collect::<Result<_, _>>()?;
    let known: Vec<&[u8]> = known.iter().map(Vec::as_slice).collect();
    let receipt = files::read_receipt(&options.extract, options.receipt.as_deref())?;
    let beside = Beside {
        policy: policy.as_ref(),
        known: &known,
        receipt: receipt.as_deref(),
    };
    Ok(match files::read_extract(&options.extract)? {
        Read::Whole(owned) => verify::verify(&owned.as_extract(), &beside),
        Read::Unreadable(failure) => verify::unreadable(failure),
    })
}

fn read_policy(path: &std::path::Path) -> Result<Policy, Error> {
    Policy::parse(&files::read_file(path)?).map_err(|error| Error::Policy(path.to_owned(), error))
}

fn print(text: &str, code: u8) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::from(code),
        Err(error) => complain(&format!("the report can't be printed: {error}"), NO_FILE),
    }
}

fn complain(words: &str, code: u8) -> ExitCode {
    // Nobody is left to be told where stderr is closed.
    let _ = writeln!(io::stderr(), "custodia-verify: {words}");
    ExitCode::from(code)
}
