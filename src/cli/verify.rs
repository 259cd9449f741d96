//! `custodia verify`: whether an extract holds what it says.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use age::{Decryptor, IdentityFile};
use clap::{Args, ValueEnum};
use custodia_core::extract::archive::MAX_ARCHIVE_BYTES;
use custodia_core::policy::Policy;
use custodia_core::verify::{self, Beside, Extract, Language, Report, render};

use super::Error;

// One file for this command and for `custodia-verify`: reading is no business of core's library.
#[path = "../../core/src/bin/custodia-verify/files.rs"]
pub(super) mod files;

use files::Read;

/// Checks an extract, offline and without a ledger, as the stand-alone `custodia-verify` does. Exit
/// status: 0 proven, 6 key unconfirmed, 7 reports unchecked, 8 failed, 9 unreadable.
#[derive(Debug, Args)]
pub struct Verify {
    /// The archive, encrypted (`.age`) or not, or the unpacked folder.
    extract: PathBuf,
    /// A file of age secret keys, to decrypt the archive in memory.
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
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

    fn check(&self) -> Result<Report, Error> {
        let policy = self.policy.as_deref().map(read_policy).transpose()?;
        let known = self.known.iter().map(|path| files::read_file(path));
        let known: Vec<Vec<u8>> = known.collect::<Result<_, _>>()?;
        let known: Vec<&[u8]> = known.iter().map(Vec::as_slice).collect();
        // The receipt is of the archive that was encrypted.
        let clear = match &self.identity {
            Some(_) => self.extract.with_extension(""),
            None => self.extract.clone(),
        };
        let receipt = files::read_receipt(&clear, self.receipt.as_deref())?;
        let beside = Beside {
            policy: policy.as_ref(),
            known: &known,
            receipt: receipt.as_deref(),
        };
        if let Some(identity) = &self.identity {
            let archive = decrypted(&self.extract, identity)?;
            return Ok(verify::verify(&Extract::Archive(&archive), &beside));
        }
        Ok(match files::read_extract(&self.extract)? {
            Read::Whole(owned) => verify::verify(&owned.as_extract(), &beside),
            Read::Unreadable(failure) => verify::unreadable(failure),
        })
    }
}

/// The archive in an age file, decrypted by one of the keys in a file.
fn decrypted(path: &Path, identity: &Path) -> Result<Vec<u8>, Error> {
    let read = |path: &Path| {
        let file = File::open(path).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
        });
        file.map(BufReader::new)
    };
    let failed = |why: String| Error::Identity {
        path: path.to_owned(),
        why,
    };
    let keys = IdentityFile::from_buffer(read(identity)?).map_err(|error| Error::File {
        path: identity.to_owned(),
        source: error,
    })?;
    let keys = keys.into_identities().map_err(|e| failed(e.to_string()))?;
    let keys = keys.iter().map(|key| key.as_ref() as &dyn age::Identity);
    let decryptor = Decryptor::new_buffered(read(path)?).map_err(|e| failed(e.to_string()))?;
    let clear = decryptor.decrypt(keys).map_err(|e| failed(e.to_string()))?;
    let mut bytes = Vec::new();
    let read = clear.take(MAX_ARCHIVE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|e| failed(e.to_string()))?;
    Ok(bytes)
}

fn read_policy(path: &Path) -> Result<Policy, files::Error> {
    let bytes = files::read_file(path)?;
    Policy::parse(&bytes).map_err(|error| files::Error::Policy(path.to_owned(), error))
}
