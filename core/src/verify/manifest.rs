//! The manifest, its cut, and its note (`proto/FORMAT.md` 13.4 to 13.6).

use std::collections::HashMap;

use super::fault::{Failure, Fault};
use crate::assess::{Finding, Outcome};
use crate::extract::layout::{MANIFEST, NOTE};
use crate::extract::{
    FORMAT, LogAt, MAX_FINDINGS, MAX_LOGS, Manifest, Member, SaidFinding, check_counts, cut_digest,
};
use crate::note::{Algorithm, Note, VerifierKey};
use crate::origin::{LedgerName, Origin};
use crate::report;
use crate::tree::empty_root;
use sha2::{Digest as _, Sha256};

/// Most characters of a requester's nonce.
const MAX_NONCE_CHARACTERS: usize = 128;

/// The rule of 13.4 that a manifest breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Another format.
    #[error("format is {0:?}, which this program doesn't know")]
    Format(String),
    /// A kind of completeness proof that isn't known.
    #[error("completeness is {0:?}, which this program doesn't know")]
    Completeness(String),
    /// No list of members.
    #[error("members is missing")]
    NoMembers,
    /// An array that doesn't ascend strictly.
    #[error("{0} doesn't ascend, or has something twice")]
    Ascending(&'static str),
    /// A ledger's name that is none.
    #[error("ledger {0:?} is not a ledger's name")]
    Ledger(String),
    /// A key that is none, or stands under another name than `<ledger>/extract`.
    #[error("key is no Ed25519 key under the name {0}")]
    Key(String),
    /// An origin that is none.
    #[error("{place}: {origin:?} is not an origin")]
    Origin {
        /// The name in the manifest.
        place: &'static str,
        /// What stands there.
        origin: String,
    },
    /// A log of another ledger.
    #[error("{place}: {origin} is of another ledger")]
    OtherLedger {
        /// The name in the manifest.
        place: &'static str,
        /// The log.
        origin: String,
    },
    /// Too many logs.
    #[error("cut has more than {MAX_LOGS} logs")]
    TooManyLogs,
    /// An empty log whose root isn't the empty tree's.
    #[error("cut: {0} has no leaves and the root of some")]
    EmptyRoot(String),
    /// The cut's digest isn't that of its logs.
    #[error("cut: its digest is not that of its logs")]
    CutDigest,
    /// A checkpoint held of a log that the cut lacks, or of size 0.
    #[error("held: {0} is no log of the cut, or the size is 0")]
    Held(String),
    /// A log said to be elsewhere that the cut has.
    #[error("open_elsewhere: {0} is in the cut")]
    Elsewhere(String),
    /// A finding that can't stand there.
    #[error(
        "findings: number {0} is about somebody else, says that a rule is kept, or its leaves don't ascend"
    )]
    Finding(usize),
    /// Too many findings.
    #[error("findings: there are more than {MAX_FINDINGS}")]
    TooManyFindings,
    /// A policy version whose id can't be part of a member's name.
    #[error("policies: {0:?} can't be part of a name")]
    PolicyName(String),
    /// A query of another kind than the profile's.
    #[error("query: its kind is not that of the profile")]
    QueryKind,
    /// A query that lacks what its kind asks for, or has something else.
    #[error(
        "query: a subject, a recipient and an incident have an id, a class has events, an audit has k and whole \
         months, and no other query does"
    )]
    Query,
    /// Counts that stand where none may, or the other way round, or break a rule.
    #[error("counts: {0}")]
    Counts(&'static str),
    /// A nonce with other characters, or too many.
    #[error("request: the nonce is not 1 to {MAX_NONCE_CHARACTERS} printable ASCII characters")]
    Nonce,
    /// The members are not those of the cut and the edition.
    #[error("members: {0:?} stands there, or is missing, against the cut and the edition")]
    Layout(String),
}

/// A manifest that keeps its rules.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) manifest: Manifest,
    /// SHA-256 of its bytes.
    pub(super) digest: [u8; 32],
    pub(super) ledger: LedgerName,
    pub(super) key: VerifierKey,
    /// The origins of the cut's logs, in order.
    pub(super) origins: Vec<Origin>,
    places: HashMap<String, usize>,
}

impl Checked {
    /// The place in the cut of a log.
    pub(super) fn place(&self, origin: &str) -> Option<usize> {
        self.places.get(origin).copied()
    }

    pub(super) fn logs(&self) -> &[LogAt] {
        &self.manifest.cut.logs
    }

    pub(super) fn members(&self) -> &[Member] {
        self.manifest.members.as_deref().unwrap_or_default()
    }
}

/// Reads a manifest and checks what it says by itself.
pub(super) fn read(bytes: &[u8]) -> Result<Checked, Failure> {
    let manifest = Manifest::from_json(bytes)
        .map_err(|error| Failure::at(MANIFEST, Fault::Manifest(error)))?;
    let digest = Sha256::digest(bytes).into();
    check_rules(manifest, digest).map_err(|rule| Failure::at(MANIFEST, rule))
}

fn check_rules(manifest: Manifest, digest: [u8; 32]) -> Result<Checked, Rule> {
    check_words(&manifest)?;
    let ledger = LedgerName::new(manifest.ledger.clone())
        .map_err(|_| Rule::Ledger(manifest.ledger.clone()))?;
    let key = key_of(&manifest, &ledger)?;
    let origins = check_cut(&manifest, &ledger)?;
    let names = manifest.cut.logs.iter().map(|log| log.origin.clone());
    let places: HashMap<String, usize> = names.zip(0..).collect();
    check_held(&manifest, &places)?;
    check_elsewhere(&manifest, &ledger, &places)?;
    Ok(Checked {
        manifest,
        digest,
        ledger,
        key,
        origins,
        places,
    })
}

fn check_words(manifest: &Manifest) -> Result<(), Rule> {
    if manifest.format != FORMAT {
        return Err(Rule::Format(manifest.format.clone()));
    }
    if manifest.completeness != "none" {
        return Err(Rule::Completeness(manifest.completeness.clone()));
    }
    if manifest.members.is_none() {
        return Err(Rule::NoMembers);
    }
    check_ascending("absent", &manifest.absent)?;
    check_ascending("policy_versions", &manifest.policy_versions)?;
    check_ascending("open_elsewhere", &manifest.open_elsewhere)?;
    if manifest.query.kind != manifest.profile.about() {
        return Err(Rule::QueryKind);
    }
    if !manifest.query.fits() {
        return Err(Rule::Query);
    }
    check_ascending("encrypted_to", &manifest.request.encrypted_to)?;
    check_ascending("query.events", &manifest.query.events)?;
    check_all_counts(manifest)?;
    check_findings(manifest)?;
    let is_nonce = |nonce: &String| {
        (1..=MAX_NONCE_CHARACTERS).contains(&nonce.len())
            && nonce.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    };
    match &manifest.request.nonce {
        Some(nonce) if !is_nonce(nonce) => Err(Rule::Nonce),
        _ => Ok(()),
    }
}

/// Checks counts by themselves: they stand with a query that has a k, and with no other.
fn check_all_counts(manifest: &Manifest) -> Result<(), Rule> {
    match manifest.query.k {
        Some(k) => check_counts(&manifest.counts, k.0).map_err(Rule::Counts),
        None if manifest.counts.is_empty() => Ok(()),
        None => Err(Rule::Counts("they stand in an audit's extract alone")),
    }
}

/// Checks findings and policies by themselves; against the leaves they are checked with the documents.
fn check_findings(manifest: &Manifest) -> Result<(), Rule> {
    if manifest.findings.len() > MAX_FINDINGS {
        return Err(Rule::TooManyFindings);
    }
    let findings: Vec<Finding> = manifest.findings.iter().map(SaidFinding::finding).collect();
    check_ascending("findings", &findings)?;
    check_ascending("refuted", &manifest.refuted)?;
    check_ascending("policies", &manifest.policies)?;
    let unfit = |id: &&String| report::policy_members(id).is_none();
    if let Some(id) = manifest.policies.iter().find(unfit) {
        return Err(Rule::PolicyName(id.clone()));
    }
    let stands = |finding: &Finding| {
        manifest.query.is_about(&finding.about)
            && finding.result != Outcome::Pass
            && finding.leaves.is_sorted_by(|one, next| one < next)
    };
    match findings.iter().position(|finding| !stands(finding)) {
        Some(place) => Err(Rule::Finding(place)),
        None => Ok(()),
    }
}

fn check_ascending<T: Ord>(place: &'static str, list: &[T]) -> Result<(), Rule> {
    if list.is_sorted_by(|one, next| one < next) {
        Ok(())
    } else {
        Err(Rule::Ascending(place))
    }
}

fn key_of(manifest: &Manifest, ledger: &LedgerName) -> Result<VerifierKey, Rule> {
    let name = ledger.extract_key_name();
    let key = manifest.key.parse::<VerifierKey>().ok();
    key.filter(|key| key.name() == name && key.algorithm() == Algorithm::Ed25519)
        .ok_or(Rule::Key(name))
}

fn check_cut(manifest: &Manifest, ledger: &LedgerName) -> Result<Vec<Origin>, Rule> {
    let logs = &manifest.cut.logs;
    if logs.len() > MAX_LOGS {
        return Err(Rule::TooManyLogs);
    }
    if !logs.is_sorted_by(|one, next| one.origin < next.origin) {
        return Err(Rule::Ascending("cut"));
    }
    let empty = empty_root();
    if let Some(log) = logs.iter().find(|log| log.size.0 == 0 && log.root != empty) {
        return Err(Rule::EmptyRoot(log.origin.clone()));
    }
    let sizes = logs.iter().map(|log| (log.origin.as_str(), log.size.0));
    if cut_digest(sizes) != manifest.cut.digest {
        return Err(Rule::CutDigest);
    }
    let origins = logs.iter().map(|log| origin_of("cut", &log.origin, ledger));
    origins.collect()
}

fn origin_of(place: &'static str, text: &str, ledger: &LedgerName) -> Result<Origin, Rule> {
    let no_origin = |_| Rule::Origin {
        place,
        origin: text.to_owned(),
    };
    let origin: Origin = text.parse().map_err(no_origin)?;
    if origin.ledger == *ledger {
        return Ok(origin);
    }
    Err(Rule::OtherLedger {
        place,
        origin: text.to_owned(),
    })
}

fn check_held(manifest: &Manifest, places: &HashMap<String, usize>) -> Result<(), Rule> {
    let order = |log: &LogAt, next: &LogAt| (&log.origin, log.size) < (&next.origin, next.size);
    if !manifest.held.is_sorted_by(order) {
        return Err(Rule::Ascending("held"));
    }
    let is_strange = |log: &&LogAt| log.size.0 == 0 || !places.contains_key(&log.origin);
    match manifest.held.iter().find(is_strange) {
        Some(log) => Err(Rule::Held(log.origin.clone())),
        None => Ok(()),
    }
}

fn check_elsewhere(
    manifest: &Manifest,
    ledger: &LedgerName,
    places: &HashMap<String, usize>,
) -> Result<(), Rule> {
    for text in &manifest.open_elsewhere {
        origin_of("open_elsewhere", text, ledger)?;
        if places.contains_key(text) {
            return Err(Rule::Elsewhere(text.clone()));
        }
    }
    Ok(())
}

/// Checks that the manifest's key signed the manifest, and nothing else did.
pub(super) fn check_note(checked: &Checked, file: &[u8]) -> Result<(), Failure> {
    let at_note = |fault| Failure::at(NOTE, fault);
    let note = Note::parse(file).map_err(|error| at_note(Fault::Note(error)))?;
    if note.signatures().len() != 1 {
        return Err(at_note(Fault::Signatures(note.signatures().len())));
    }
    note.verified_by(std::slice::from_ref(&checked.key))
        .map_err(|error| at_note(Fault::Note(error)))?;
    let lines: Vec<&str> = note.text().split('\n').collect();
    match lines[..] {
        [format, ledger, digest, ""] if format == FORMAT && ledger == checked.ledger.as_str() => {
            if digest == hex::encode(checked.digest) {
                return Ok(());
            }
            Err(Failure::at(MANIFEST, Fault::ManifestDigest))
        }
        _ => Err(at_note(Fault::NoteText)),
    }
}
