//! Where extracts are issued: cut, put on record, released.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use custodia_core::assess::built_in_digest;
use custodia_core::extract::{
    Cut, EDITION, Erased, FORMAT, Int, LogAt, MAX_FINDINGS, Manifest, Member, QueryKind, layout,
    note_text,
};
use custodia_core::origin::LedgerName;
use custodia_core::report;
use custodia_core::schema::v1::ExtractIssued;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::approvals;
use super::gather::{Gathered, Gathering};
use super::issue::{self, left};
use super::line::Redactor;
use super::members::{self, Covering, Members, coverings};
use super::pseudonyms::Pseudonyms;
use super::question::Asked;
use super::spool::{Spool, Spooled};
use super::{Error, Question, Spools, assemble, census, held};
use crate::assess::{self, FindingsDesk};
use crate::clock::Clock;
use crate::log::Outbox;
use crate::query::{AsOf, Asking, Desk, Look, Standpoint, Time, UsedRequests};
use crate::sign::{ExtractSigner, KeyRing};

/// What extracts of later kinds have.
const ABSENT: [&str; 2] = ["completeness proof", "verify.html"];
/// How often one looks whether a checkpoint came.
const POLL: Duration = Duration::from_millis(20);

/// What an office stands on.
pub struct OfficeParts {
    /// What is asked, and where looks go on record.
    pub desk: Arc<Desk>,
    /// What the rules say of everybody, for audits.
    pub findings: Arc<FindingsDesk>,
    /// The ledger's key; none where it isn't here.
    pub signer: Option<ExtractSigner>,
    /// The way to Kafka.
    pub outbox: Arc<dyn Outbox>,
    /// The registry's topic.
    pub registry_topic: String,
    /// Where extracts come to be.
    pub spools: Spools,
    /// The ledger.
    pub ledger: LedgerName,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// How long a leaf and its checkpoint may take.
    pub patience: Duration,
}

/// Issues extracts, one at a time: so memory stays bounded however many ask.
pub struct Office {
    parts: OfficeParts,
    /// Whoever has it cuts; with it what was approved and used.
    turn: Mutex<UsedRequests>,
}

/// How far an extract is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Progress {
    /// The cut is chosen.
    Cut {
        /// Its digest, hex.
        digest: String,
        /// The latest moment in it.
        time: Option<Time>,
    },
    /// So many events are read.
    Reading {
        /// How many.
        events: u64,
    },
    /// Proofs are put together.
    Proving,
    /// A document is written.
    Writing {
        /// The member.
        member: String,
    },
    /// Looks and `ExtractIssued` go on record.
    Recording,
    /// A signed checkpoint is waited for.
    Signing,
}

/// What was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The extract's id, hex.
    pub id: String,
    /// The request.
    pub request_id: String,
    /// The profile.
    pub profile: String,
    /// The cut's digest, hex.
    pub cut: String,
    /// The latest moment in the cut.
    pub cut_time: Option<Time>,
    /// How many events it holds.
    pub events: u64,
    /// How many people they are about.
    pub people: u64,
    /// How many bytes the archive has.
    pub bytes: u64,
    /// How many bytes of it are tree nodes.
    pub proof_bytes: u64,
    /// SHA-256 of the manifest, hex.
    pub manifest_sha256: String,
    /// The log of its `ExtractIssued`.
    pub log: String,
    /// The leaf.
    pub index: u64,
}

/// An extract that is on record, and may leave. Its files go when this is dropped.
#[derive(Debug)]
pub struct Issued {
    _spool: Spool,
    archive: PathBuf,
    receipt: String,
    summary: Summary,
}

impl Issued {
    /// The archive's file, encrypted where that was asked for.
    pub fn archive(&self) -> &Path {
        &self.archive
    }

    /// The `.tlog-proof` of its `ExtractIssued`.
    pub fn receipt(&self) -> &str {
        &self.receipt
    }

    /// What it is.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }
}

/// What is cut and not yet on record.
struct Draft {
    spool: Spool,
    archive: PathBuf,
    bytes: u64,
    proof_bytes: u64,
    manifest: Manifest,
    manifest_sha256: [u8; 32],
    events: u64,
    people: u64,
    shown: BTreeMap<String, u64>,
}

impl Office {
    /// An office with nothing under way.
    pub fn new(parts: OfficeParts) -> Self {
        Self {
            parts,
            turn: Mutex::new(approvals::used_requests()),
        }
    }

    /// Cuts an extract, puts looks and `ExtractIssued` on record, and hands it over once both are.
    ///
    /// # Errors
    /// [`Error::Approval`] and [`Error::Replayed`] before any work, where an authority asks; whatever keeps it
    /// from being cut or put on record: then nothing is released.
    pub fn issue(
        &self,
        asking: &Asking,
        question: &Question,
        progress: &dyn Fn(Progress),
    ) -> Result<Issued, Error> {
        let asked = question.read()?;
        let signer = self.parts.signer.as_ref().ok_or(Error::NoKey)?;
        // What a panic left half read is read again.
        let mut turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let approved = approvals::approved(&self.parts, &mut turn, asking, question, &asked)?;
        let as_of: Option<AsOf> = question.as_of.as_deref().map(str::parse).transpose()?;
        let from = self.parts.desk.view().signed_standpoint(as_of.as_ref())?;
        let coverings = self.covered(&from, signer.ring())?;
        let held = held::read(&question.held, &from, signer)?;
        let draft = Drawing {
            parts: &self.parts,
            asked: &asked,
            from: &from,
            coverings: &coverings,
            held,
            signer,
            progress,
        }
        .draw()?;
        progress(Progress::Recording);
        self.look(asking, &asked, &from, &draft)?;
        issue::request(&self.parts, asking, &asked)?;
        approvals::record(&self.parts, approved)?;
        let recorded = issue::record(&self.parts, issued(asking, &asked, &draft), progress)?;
        let manifest = &draft.manifest;
        Ok(Issued {
            summary: Summary {
                id: hex::encode(manifest.id()),
                request_id: asked.request.id.clone(),
                profile: asked.profile.name().to_owned(),
                cut: hex::encode(manifest.cut.digest),
                cut_time: manifest.cut.time.map(|time| Time(time.0)),
                events: draft.events,
                people: draft.people,
                bytes: draft.bytes,
                proof_bytes: draft.proof_bytes,
                manifest_sha256: hex::encode(draft.manifest_sha256),
                log: recorded.log,
                index: recorded.index,
            },
            _spool: draft.spool,
            archive: draft.archive,
            receipt: recorded.receipt,
        })
    }

    /// The checkpoints that cover the cut; waits for those that are about to be signed.
    fn covered<'a>(
        &self,
        from: &'a Standpoint<'a>,
        ring: &KeyRing,
    ) -> Result<Vec<Covering<'a>>, Error> {
        let deadline = self
            .parts
            .clock
            .monotonic()
            .saturating_add(self.parts.patience);
        loop {
            match coverings(from, ring) {
                Err(error @ Error::NotSigned { .. }) => {
                    let Ok(left) = left(&self.parts, deadline, "signed") else {
                        return Err(error);
                    };
                    std::thread::sleep(left.min(POLL));
                }
                settled => return settled,
            }
        }
    }

    /// A look at each reference that is shown.
    fn look(
        &self,
        asking: &Asking,
        asked: &Asked,
        from: &Standpoint<'_>,
        draft: &Draft,
    ) -> Result<(), Error> {
        if !asked.profile.names_people() {
            // It shows no reference.
            return Ok(());
        }
        let id = hex::encode(draft.manifest.id());
        Ok(self.parts.desk.record(&Look {
            asking,
            query: &asked.normal(),
            cut: from.cut(),
            people: draft.shown.clone(),
            extract: Some((&id, asked.basis)),
        })?)
    }
}

fn issued(asking: &Asking, asked: &Asked, draft: &Draft) -> ExtractIssued {
    ExtractIssued {
        extract_request_id: asked.request.id.clone(),
        extract_id: hex::encode(draft.manifest.id()),
        manifest_sha256: draft.manifest_sha256.to_vec(),
        profile: asked.profile.redaction().into(),
        cut_sha256: draft.manifest.cut.digest.to_vec(),
        row_count: Some(draft.events),
        subject_count: Some(draft.people),
        issued_by_ref: asking.principal.employee.clone(),
        subject_blake3: issue::subject_digest(&asked.query),
    }
}

/// Draws up one extract in a spool of its own.
struct Drawing<'a> {
    parts: &'a OfficeParts,
    asked: &'a Asked,
    from: &'a Standpoint<'a>,
    coverings: &'a [Covering<'a>],
    held: Vec<LogAt>,
    signer: &'a ExtractSigner,
    progress: &'a dyn Fn(Progress),
}

impl Drawing<'_> {
    fn draw(self) -> Result<Draft, Error> {
        let cut = self.cut()?;
        (self.progress)(Progress::Cut {
            digest: hex::encode(cut.digest),
            time: cut.time.map(|time| Time(time.0)),
        });
        let references = match self.asked.query.kind {
            QueryKind::Subject => self.from.linked(&self.asked.query.id)?,
            _ => BTreeSet::new(),
        };
        let erasures = self.from.erasures(&references)?;
        let redactor = Redactor {
            profile: self.asked.profile,
            references,
            pseudonyms: self.pseudonyms(&cut),
            erased: erasures.into_iter().last().map(|erased| Erased {
                event: erased.event,
                index: Int(erased.index),
                log: erased.log,
                order_id: erased.order_id,
            }),
        };
        let spool = self.parts.spools.one()?;
        let now = self.parts.clock.now_ms();
        let gathered =
            Gathering::new(self.from, self.asked, &redactor, now, self.progress).run(&spool)?;
        let mut manifest = self.manifest(cut, &gathered)?;
        if self.asked.query.kind == QueryKind::Audit {
            self.wait_for_findings()?;
            let (query, desk) = (&self.asked.query, &self.parts.findings);
            manifest.counts = census::take(self.from, query, desk, self.progress)?;
        }
        self.assemble(spool, &manifest, gathered)
    }

    /// Waits until findings reach the cut.
    fn wait_for_findings(&self) -> Result<(), Error> {
        let clock = &self.parts.clock;
        let deadline = clock.monotonic().saturating_add(self.parts.patience);
        loop {
            match self.parts.findings.people(self.from).map(drop) {
                Err(error @ assess::Error::NotAssessed { .. }) => {
                    let Ok(left) = left(self.parts, deadline, "judged") else {
                        return Err(error.into());
                    };
                    std::thread::sleep(left.min(POLL));
                }
                settled => return Ok(settled?),
            }
        }
    }

    /// The cut with its roots.
    fn cut(&self) -> Result<Cut, Error> {
        let mut logs = Vec::new();
        let mut time = None;
        for (origin, size) in self.from.cut().sizes() {
            let rows = self.from.view().log_named(origin);
            let rows =
                rows.ok_or_else(|| crate::query::Error::UnknownCut(self.from.cut().to_string()))?;
            logs.push(LogAt {
                origin: origin.clone(),
                root: rows.log().root_at(*size)?,
                size: Int(*size),
            });
            time = time.max(rows.log().latest_time(*size)?);
        }
        Ok(Cut {
            digest: self.from.cut().digest(),
            logs,
            time: time.map(Int),
        })
    }

    /// Another key for each question, cut and profile.
    fn pseudonyms(&self, cut: &Cut) -> Pseudonyms {
        let question = serde_json::json!([
            self.asked.query,
            hex::encode(cut.digest),
            self.asked.profile
        ]);
        let keys = self.from.view().keys();
        Pseudonyms::new(keys.pseudonym_key(question.to_string().as_bytes()))
    }

    fn manifest(&self, cut: Cut, gathered: &Gathered) -> Result<Manifest, Error> {
        let key = self.signer.vkey(&self.parts.ledger.extract_key_name())?;
        Ok(Manifest {
            absent: ABSENT.map(str::to_owned).to_vec(),
            completeness: "none".to_owned(),
            counts: Vec::new(),
            cut,
            edition: EDITION,
            findings: Vec::new(),
            format: FORMAT.to_owned(),
            held: self.held.clone(),
            key: key.to_string(),
            ledger: self.parts.ledger.to_string(),
            members: None,
            open_elsewhere: gathered.open_elsewhere.clone(),
            policies: Vec::new(),
            policy_versions: gathered.policy_versions.clone(),
            profile: self.asked.profile,
            query: self.asked.query.clone(),
            refuted: Vec::new(),
            request: self.asked.request.clone(),
            rules: built_in_digest(),
            words: report::words(&self.asked.query, self.asked.profile),
        })
    }

    fn assemble(
        &self,
        spool: Spool,
        manifest: &Manifest,
        gathered: Gathered,
    ) -> Result<Draft, Error> {
        let members = Members {
            spool: &spool,
            coverings: self.coverings,
            parts: &gathered.parts,
            held: &self.held,
            progress: self.progress,
        };
        let mut all = members.evidence()?;
        let proof_bytes = all.last().map_or(0, |proofs| proofs.length);
        let answer = members::answer(manifest, gathered.evidence, &all)?;
        if answer.manifest().findings.len() > MAX_FINDINGS {
            return Err(crate::query::Error::TooMany {
                what: "findings that rest on what is withheld",
                limit: MAX_FINDINGS,
            }
            .into());
        }
        all.extend(members.reports(&answer, all.len())?);
        let mut manifest = answer.manifest().clone();
        drop(answer);
        manifest.members = Some(all.iter().map(member).collect());
        let json = manifest.to_json();
        let note = self
            .signer
            .sign(&self.parts.ledger, &note_text(&manifest.ledger, &json))?;
        let mut first = Vec::new();
        for (name, bytes) in [
            (layout::MANIFEST, &json[..]),
            (layout::NOTE, note.as_bytes()),
        ] {
            let mut member = spool.member(all.len() + first.len(), name)?;
            member.append(bytes)?;
            first.push(member.finish()?);
        }
        first.append(&mut all);
        let archive = spool.file("extract.zip");
        let bytes = assemble::archive(&first, &archive)?;
        let (archive, bytes) = self.asked.recipients.sealed(&spool, archive, bytes)?;
        Ok(Draft {
            spool,
            archive,
            bytes,
            proof_bytes,
            manifest,
            manifest_sha256: Sha256::digest(&json).into(),
            events: gathered.events,
            people: gathered.people,
            shown: gathered.shown,
        })
    }
}

fn member(spooled: &Spooled) -> Member {
    Member {
        length: Int(spooled.length),
        name: spooled.name.clone(),
        sha256: spooled.sha256,
    }
}
