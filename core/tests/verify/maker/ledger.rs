//! A few logs, and the extracts and receipts of them.

use custodia_core::extract::layout::checkpoint_name;
use custodia_core::extract::{
    Erased, EventLine, Int, LogAt, Manifest, Profile, Pseudonymous, QueryKind, Said, SaidVerdict,
};
use custodia_core::receipt::Receipt;
use custodia_core::record::Record;
use custodia_core::slot::SlotId;
use custodia_core::tree::Hash;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::draft::{Draft, manifest};
use super::log::{Leaf, Log};
use super::record::{incident, notified, plain, policy_version, recipient, record, share};
use super::{ACCESS, DATA, EMPTY, RECIPIENTS, REGISTRY, SEED, SUBJECT, base64};

/// The leaf of the first log of data that no schema reads.
const UNSPLIT: u64 = 3;
/// Its leaf whose payload is erased.
const ERASED: u64 = 6;
/// Its leaf that repeats the leaf 0.
const REPEATED: u64 = 9;
/// Its leaf that is an envelope, but no event.
const QUARANTINED: u64 = 12;

/// Its leaves with which people were told of the incident.
const NOTIFIED: [u64; 3] = [4, 5, 7];
/// The registry's leaf of the policy; what comes after is of the incident.
const POLICY: u64 = 3;

/// A few logs, one of them without leaves.
pub struct Ledger {
    pub logs: Vec<Log>,
}

impl Ledger {
    /// With so many leaves in the log of what concerns people (16 at least).
    pub fn with_events(events: u64) -> Self {
        let data: Vec<Record> = (0..events)
            .map(|n| match n {
                UNSPLIT => plain(n, SUBJECT),
                n if NOTIFIED.contains(&n) => notified(n),
                n => share(n),
            })
            .collect();
        let access: Vec<Record> = (0..5).map(|n| plain(n, SUBJECT)).collect();
        let mut registry: Vec<Record> = (0..).zip(&RECIPIENTS).map(recipient).collect();
        registry.push(policy_version(POLICY));
        registry.extend(incident(POLICY + 1));
        Self {
            logs: vec![
                Log::of(ACCESS, &access),
                Log::of(DATA, &data),
                Log::of(EMPTY, &[]),
                Log::of(REGISTRY, &registry),
            ],
        }
    }

    pub fn log(&self, origin: &str) -> &Log {
        self.logs.iter().find(|log| log.origin == origin).unwrap()
    }

    /// An extract with every kind of proof: of one log a checkpoint beyond the cut and earlier and
    /// later checkpoints that the requester holds, of another one of the same size.
    pub fn draft(&self, profile: Profile) -> Draft {
        let data = self.log(DATA).size();
        let sizes = self.logs.iter().map(|log| match log.origin.as_str() {
            DATA => data - 2,
            _ => log.size(),
        });
        let logs: Vec<LogAt> = self
            .logs
            .iter()
            .zip(sizes)
            .map(|(log, size)| log.at(size))
            .collect();
        let held = vec![
            self.log(DATA).at(5),
            self.log(DATA).at(data - 1),
            self.log(REGISTRY).at(3),
        ];
        let manifest = manifest(profile, logs, held);
        let mut draft = Draft {
            seed: SEED,
            lines: self.lines(&manifest),
            checkpoints: self.checkpoints(&manifest),
            proofs: Vec::new(),
            documents: Vec::new(),
            manifest,
        };
        draft.proofs = self.proofs(&draft);
        draft.say_findings();
        draft.make_documents();
        draft
    }

    fn lines(&self, manifest: &Manifest) -> Vec<EventLine> {
        let kind = manifest.query.kind;
        let is_shown = |index: u64| match kind {
            QueryKind::Subject => index.is_multiple_of(3),
            QueryKind::Audit => false,
            QueryKind::Class => index % 5 < 3 && !NOTIFIED.contains(&index),
            QueryKind::Recipient => (index / 3).is_multiple_of(3),
            QueryKind::Incident => NOTIFIED.contains(&index),
        };
        let data = (0..manifest.cut.logs[1].size.0).filter(|index| is_shown(*index));
        let data = data.map(|index| self.data_line(index, manifest.profile));
        let is_shown = |index: &u64| match kind {
            QueryKind::Incident => *index >= POLICY,
            QueryKind::Audit => true,
            _ => *index <= POLICY,
        };
        let registry = (0..self.log(REGISTRY).size()).filter(is_shown);
        let registry = registry.map(|index| {
            line(
                self.log(REGISTRY),
                index,
                said(SaidVerdict::Accepted),
                manifest.profile,
            )
        });
        data.chain(registry).collect()
    }

    fn data_line(&self, index: u64, profile: Profile) -> EventLine {
        let verdict = match index {
            UNSPLIT | QUARANTINED => SaidVerdict::Quarantined,
            REPEATED => SaidVerdict::Duplicate,
            _ => SaidVerdict::Accepted,
        };
        let mut said = said(verdict);
        match index {
            REPEATED => said.duplicate_of = Some(Int(0)),
            UNSPLIT => said.reason = Some("not_an_envelope".into()),
            QUARANTINED => said.reason = Some("missing_field".into()),
            _ => {}
        }
        if index == 15 {
            said.people = vec![Pseudonymous {
                field: "approver_ref".into(),
                pseudonym: "E-ABCDEFGHIJ".into(),
            }];
        }
        if profile.has_pseudonyms() && verdict == SaidVerdict::Accepted {
            said.subject = Some(format!("P-SAMPLE{:04}", index % 3));
        }
        let mut line = line(self.log(DATA), index, said, profile);
        if index == ERASED {
            line.slots = None;
            line.said.erased = Some(Erased {
                event: "ErasureOrdered".into(),
                index: Int(2),
                log: REGISTRY.into(),
                order_id: "ER-5".into(),
            });
        }
        line
    }

    fn checkpoints(&self, manifest: &Manifest) -> Vec<(String, Vec<u8>)> {
        let logs = self.logs.iter().zip(&manifest.cut.logs);
        logs.filter(|(_, cut)| cut.size.0 > 0)
            .map(|(log, _)| {
                let name = checkpoint_name(&log.origin.parse().unwrap());
                (name, log.checkpoint(log.size(), &SEED).into_bytes())
            })
            .collect()
    }

    /// The hashes that the cut, the lines and what is held need, log by log.
    pub fn proofs(&self, draft: &Draft) -> Vec<Hash> {
        let mut hashes = Vec::new();
        for (log, cut) in self.logs.iter().zip(&draft.manifest.cut.logs) {
            let lines = draft.lines.iter().filter(|line| line.log == log.origin);
            let indices: Vec<u64> = lines.map(|line| line.index.0).collect();
            if !indices.is_empty() {
                hashes.extend(log.shared(cut.size.0, &indices));
            }
            hashes.extend(log.consistency(cut.size.0, log.size()));
            for held in &draft.manifest.held {
                if held.origin == log.origin {
                    hashes.extend(log.consistency(cut.size.0, held.size.0));
                }
            }
        }
        hashes
    }

    /// The receipt of the extract with this manifest: its `ExtractIssued` is the registry's next leaf.
    pub fn receipt(&self, manifest: &[u8], change: impl Fn(&mut Value)) -> String {
        let read = Manifest::from_json(manifest).unwrap();
        let mut body = json!({"extract_issued": {
            "extract_request_id": read.request.id,
            "extract_id": hex::encode(read.id()),
            "manifest_sha256": base64(&Sha256::digest(manifest)),
            "profile": "RP_R_SUBJECT",
            "cut_sha256": base64(&read.cut.digest),
        }});
        change(&mut body);
        let (registry, mut leaves) = (self.log(REGISTRY), self.log(REGISTRY).leaves.clone());
        leaves.push(Leaf::of(&record(REGISTRY, registry.size(), "REQ-7", body)));
        let registry = Log::of_leaves(REGISTRY, leaves);
        let (size, index) = (registry.size(), registry.size() - 1);
        let opens = |slot: SlotId| [0x00, 0x40, 0x41].contains(&slot.0);
        let leaf = registry.leaves.last().unwrap();
        let line = EventLine {
            slots: Some(leaf.shown(opens)),
            ..line(
                &registry,
                index,
                said(SaidVerdict::Accepted),
                Profile::RSubject,
            )
        };
        let proof = registry.inclusion(index, size);
        let receipt = Receipt::new(index, proof, &registry.checkpoint(size, &SEED)).unwrap();
        receipt.with_extra(line.to_json()).to_string()
    }
}

pub fn said(verdict: SaidVerdict) -> Said {
    Said {
        duplicate_of: None,
        erased: None,
        people: Vec::new(),
        reason: None,
        subject: None,
        verdict,
    }
}

/// The line of a leaf, opened as the profile says.
pub fn line(log: &Log, index: u64, said: Said, profile: Profile) -> EventLine {
    let leaf = &log.leaves[usize::try_from(index).unwrap()];
    EventLine {
        entry: leaf.entry.to_bytes(),
        index: Int(index),
        log: log.origin.clone(),
        slots: Some(leaf.shown(|slot| profile.opens(slot, said.verdict))),
        said,
    }
}
