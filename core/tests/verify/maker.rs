//! A ledger in memory, and extracts of it that keep every rule: made with core's writers alone.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::checkpoint::Checkpoint;
use custodia_core::entry::Entry;
use custodia_core::extract::archive::{MemberHeader, central_header, end, local_header};
use custodia_core::extract::layout::{EVENTS, MANIFEST, NOTE, PROOFS, checkpoint_name};
use custodia_core::extract::{
    Cut, EDITION, Erased, EventLine, FORMAT, Int, LogAt, Manifest, Member, OpenedSlot, Profile,
    Pseudonymous, Query, QueryKind, Request, Said, SaidVerdict, SlotLine, WithheldSlot, cut_digest,
    note_text,
};
use custodia_core::note::SignerKey;
use custodia_core::receipt::Receipt;
use custodia_core::record::{Record, Timestamp};
use custodia_core::report::{self, Answer};
use custodia_core::schema::event_from_json;
use custodia_core::slot::{SlotId, Slots};
use custodia_core::tree::{
    Frontier, Hash, NodeId, Nodes, consistency_proof, inclusion_proof, leaf_hash, root, shared,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub const LEDGER: &str = "ledger.example.com";
pub const ACCESS: &str = "ledger.example.com/custodia.access/0/0";
pub const DATA: &str = "ledger.example.com/custodia.events/0/0";
pub const EMPTY: &str = "ledger.example.com/custodia.events/1/0";
pub const REGISTRY: &str = "ledger.example.com/custodia.registry/0/0";
pub const SUBJECT: &str = "k3vq7mzt2hxw5ncyadj4rbg6ps";
pub const SEED: [u8; 32] = [7; 32];
const PEOPLE: [&str; 3] = [
    SUBJECT,
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
];
const RECIPIENTS: [&str; 3] = ["courier-1", "lender-1", "sdk-vendor-9"];
/// 2026-11-02 09:00 at UTC+8.
const BEGIN_MS: i64 = 1_793_581_200_000;

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The ledger's key, or another's, under a name.
pub fn signer(seed: &[u8; 32], name: &str) -> SignerKey {
    SignerKey::from_seed(name, seed).unwrap()
}

/// A policy that vouches for the ledger's key by one of its logs.
pub fn policy() -> String {
    format!("log {}\nquorum none\n", signer(&SEED, DATA).verifier())
}

/// A leaf, with all slots of its record opened.
#[derive(Clone)]
pub struct Leaf {
    pub entry: Entry,
    pub slots: Vec<OpenedSlot>,
    digests: Vec<[u8; 32]>,
}

impl Leaf {
    fn of(record: &Record) -> Self {
        let slots = Slots::of(record);
        let opened = slots
            .iter()
            .zip(slots.keys())
            .map(|(slot, key)| OpenedSlot {
                bytes: slot.bytes(),
                id: slot.id.0,
                key,
            });
        Self {
            entry: Entry::of_slots(record, &slots),
            slots: opened.collect(),
            digests: slots.digests(),
        }
    }

    /// Its slots, those that `opens` says opened.
    pub fn shown(&self, opens: impl Fn(SlotId) -> bool) -> Vec<SlotLine> {
        let slots = self.slots.iter().zip(&self.digests);
        let shown = slots.map(|(slot, digest)| {
            if opens(SlotId(slot.id)) {
                SlotLine::Opened(slot.clone())
            } else {
                SlotLine::Withheld(WithheldSlot {
                    digest: *digest,
                    id: slot.id,
                })
            }
        });
        shown.collect()
    }
}

/// Every complete subtree's hash, by level and index.
#[derive(Default, Clone)]
pub struct Grown(Vec<Vec<Hash>>);

impl Grown {
    pub fn of(leaves: impl Iterator<Item = Hash>) -> Self {
        let (mut grown, mut frontier) = (Self::default(), Frontier::new());
        for leaf in leaves {
            frontier.push(leaf, &mut |id, hash| grown.put(id, hash));
        }
        grown
    }

    // Subtrees of a level are completed in the order of their indices.
    fn put(&mut self, id: NodeId, hash: Hash) {
        let level = usize::from(id.level);
        if self.0.len() <= level {
            self.0.resize_with(level + 1, Vec::new);
        }
        self.0[level].push(hash);
    }
}

impl Nodes for Grown {
    type Error = Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(id.level)][usize::try_from(id.index).unwrap()])
    }
}

/// All leaves of one log.
#[derive(Clone)]
pub struct Log {
    pub origin: String,
    pub leaves: Vec<Leaf>,
    nodes: Grown,
}

impl Log {
    fn of(origin: &str, records: &[Record]) -> Self {
        Self::of_leaves(origin, records.iter().map(Leaf::of).collect())
    }

    fn of_leaves(origin: &str, leaves: Vec<Leaf>) -> Self {
        let hashes = leaves.iter().map(|leaf| leaf_hash(&leaf.entry.to_bytes()));
        Self {
            origin: origin.to_owned(),
            nodes: Grown::of(hashes),
            leaves,
        }
    }

    pub fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    pub fn root(&self, size: u64) -> Hash {
        let Ok(root) = root(&self.nodes, size);
        root
    }

    pub fn at(&self, size: u64) -> LogAt {
        LogAt {
            origin: self.origin.clone(),
            root: self.root(size),
            size: Int(size),
        }
    }

    pub fn checkpoint(&self, size: u64, seed: &[u8; 32]) -> String {
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size,
            root: self.root(size),
        };
        checkpoint.sign(&signer(seed, &self.origin)).unwrap()
    }

    pub fn shared(&self, size: u64, indices: &[u64]) -> Vec<Hash> {
        shared::proof(&self.nodes, size, indices).unwrap()
    }

    pub fn inclusion(&self, index: u64, size: u64) -> Vec<Hash> {
        inclusion_proof(&self.nodes, index, size).unwrap()
    }

    /// The proof between two sizes; none from size 0, and none where they are the same.
    pub fn consistency(&self, one: u64, other: u64) -> Vec<Hash> {
        match one.min(other) {
            0 => Vec::new(),
            old => consistency_proof(&self.nodes, old, one.max(other)).unwrap(),
        }
    }
}

fn record(log: &str, offset: u64, key: &str, body: Value) -> Record {
    let mut id = [7_u8; 16];
    id[8..].copy_from_slice(&offset.to_be_bytes());
    let mut event = json!({
        "event_id": base64(&id),
        "salt": base64(&[9; 32]),
        "occurred_at": format!("2026-11-02T01:00:{:02}Z", offset % 60),
        "producer": "loan-gateway",
        "policy_version_id": "2024-07-15-34b0c98b57f7eb15",
    });
    if log == DATA {
        event["subject_ref"] = json!(key);
        event["subject_role"] = json!("AC_SUBJECT_USER");
        event["correlation_id"] = json!("order-7");
    }
    let Value::Object(body) = body else {
        panic!("a body is an object")
    };
    event.as_object_mut().unwrap().extend(body);
    Record {
        value: Some(event_from_json(&event.to_string()).unwrap()),
        ..plain(offset, key)
    }
}

/// A record whose value is no envelope.
fn plain(offset: u64, key: &str) -> Record {
    Record {
        offset,
        timestamp: Timestamp::LogAppend(BEGIN_MS + i64::try_from(offset).unwrap() * 60_000),
        key: Some(key.as_bytes().to_vec()),
        value: Some(b"no envelope".to_vec()),
        headers: Vec::new(),
    }
}

fn share(offset: u64) -> Record {
    let (person, recipient) = (offset % 3, (offset / 3) % 3);
    let [person, recipient] = [person, recipient].map(|n| usize::try_from(n).unwrap());
    let body = json!({"data_shared": {
        "recipient_id": RECIPIENTS[recipient], "case": "SH_03_GOODS_DELIVERY",
        "purpose": "PU_DELIVERY", "method": "MT_API", "destination_country": "CN",
        "categories": ["DC_CONSIGNEE_NAME", "DC_CONSIGNEE_PHONE"], "field_count": "2",
        "basis": {"kind": "BA_CONTRACT", "contract_ref": "order-7"}, "record_count": "1",
        "transfer_sha256": base64(&[3; 32]), "order_ref": "o-7",
        "access": {"endpoint_ref": "gw-1", "credential_fingerprint": base64(&[4; 16])},
    }});
    record(DATA, offset, PEOPLE[person], body)
}

fn recipient((offset, id): (u64, &&str)) -> Record {
    let body = json!({"recipient_registered": {
        "recipient_id": id, "name": format!("示例{id}有限公司"), "kind": "AC_COURIER",
        "contact": "privacy@recipient.example", "legal_role": "LR_INDEPENDENT",
        "confidentiality": true, "storage_countries": ["CN"],
    }});
    record(REGISTRY, offset, id, body)
}

/// The leaf of the first log of data that no schema reads.
const UNSPLIT: u64 = 3;
/// Its leaf whose payload is erased.
const ERASED: u64 = 6;
/// Its leaf that repeats the leaf 0.
const REPEATED: u64 = 9;
/// Its leaf that is an envelope, but no event.
const QUARANTINED: u64 = 12;

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
                n => share(n),
            })
            .collect();
        let access: Vec<Record> = (0..5).map(|n| plain(n, SUBJECT)).collect();
        let registry: Vec<Record> = (0..).zip(&RECIPIENTS).map(recipient).collect();
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
        draft.make_documents();
        draft
    }

    fn lines(&self, manifest: &Manifest) -> Vec<EventLine> {
        let is_shown = |index: u64| match manifest.profile {
            Profile::RRecipient => (index / 3).is_multiple_of(3),
            Profile::RSubject | Profile::SSelf => index.is_multiple_of(3),
        };
        let data = (0..manifest.cut.logs[1].size.0).filter(|index| is_shown(*index));
        let data = data.map(|index| self.data_line(index, manifest.profile));
        let registry = self.log(REGISTRY);
        let registry = (0..registry.size()).map(|index| {
            line(
                registry,
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
        if profile == Profile::RRecipient && verdict == SaidVerdict::Accepted {
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

fn manifest(profile: Profile, logs: Vec<LogAt>, held: Vec<LogAt>) -> Manifest {
    let (kind, id) = match profile {
        Profile::RRecipient => (QueryKind::Recipient, RECIPIENTS[0]),
        Profile::RSubject | Profile::SSelf => (QueryKind::Subject, SUBJECT),
    };
    let query = Query {
        from: Some(Int(BEGIN_MS)),
        id: id.to_owned(),
        kind,
        until: None,
    };
    let key = signer(&SEED, &format!("{LEDGER}/extract"));
    Manifest {
        absent: ["findings.csv", "policy/", "verify.html"]
            .map(str::to_owned)
            .to_vec(),
        completeness: "none".into(),
        cut: Cut {
            digest: cut_digest(logs.iter().map(|log| (log.origin.as_str(), log.size.0))),
            logs,
            time: Some(Int(BEGIN_MS + 86_400_000)),
        },
        edition: EDITION,
        format: FORMAT.into(),
        held,
        key: key.verifier().to_string(),
        ledger: LEDGER.into(),
        members: None,
        open_elsewhere: vec![format!("{LEDGER}/custodia.events/2/0")],
        policy_versions: vec!["2024-07-15-34b0c98b57f7eb15".into()],
        profile,
        words: report::words(&query, profile),
        query,
        request: Request {
            document_sha256: None,
            id: "REQ-2026-0117".into(),
            legal_basis: "LB_PIPL_63_INSPECTION".into(),
            nonce: Some("7f3a-2291".into()),
            requester: "RQ_REGULATOR".into(),
            requester_name: "某省互联网信息办公室".into(),
        },
    }
}

/// Names and bytes of members, in order.
pub type Files = Vec<(String, Vec<u8>)>;

/// An extract before it is signed: its parts can be changed, and are then listed and signed again.
#[derive(Clone)]
pub struct Draft {
    pub seed: [u8; 32],
    /// Without members.
    pub manifest: Manifest,
    pub checkpoints: Files,
    pub lines: Vec<EventLine>,
    pub proofs: Vec<Hash>,
    pub documents: Files,
}

impl Draft {
    /// Makes the documents that edition 1 has for manifest and lines.
    pub fn make_documents(&mut self) {
        let mut answer = Answer::new(&self.manifest);
        for line in &self.lines {
            answer.push(line).unwrap();
        }
        answer.finish();
        let documents = report::MEMBERS.map(|name| {
            let mut text = String::new();
            report::write(name, &answer, &mut text).unwrap();
            (name.to_owned(), text.into_bytes())
        });
        self.documents = documents.to_vec();
    }

    /// Puts the cut's digest right after its logs were changed.
    pub fn recut(&mut self) {
        let logs = self.manifest.cut.logs.iter();
        self.manifest.cut.digest = cut_digest(logs.map(|log| (log.origin.as_str(), log.size.0)));
    }

    /// The bytes of `events.jsonl`.
    pub fn events(&self) -> Vec<u8> {
        let lines = self.lines.iter().map(EventLine::to_json);
        lines
            .flat_map(|line| [line, vec![b'\n']].concat())
            .collect()
    }

    /// All members but manifest and note.
    pub fn others(&self) -> Files {
        let mut others = self.checkpoints.clone();
        others.push((EVENTS.into(), self.events()));
        others.push((PROOFS.into(), self.proofs.concat()));
        others.extend(self.documents.clone());
        others
    }

    /// All members, listed and signed.
    pub fn files(&self) -> Files {
        self.files_with(self.others())
    }

    /// The manifest and its note for these other members, and they.
    pub fn files_with(&self, others: Files) -> Files {
        let listed = others.iter().map(|(name, bytes)| Member {
            length: Int(bytes.len() as u64),
            name: name.clone(),
            sha256: Sha256::digest(bytes).into(),
        });
        let manifest = Manifest {
            members: Some(listed.collect()),
            ..self.manifest.clone()
        };
        self.sign(&manifest.to_json(), others)
    }

    /// Signs whatever stands for a manifest.
    pub fn sign(&self, manifest: &[u8], others: Files) -> Files {
        let key = signer(&self.seed, &format!("{}/extract", self.manifest.ledger));
        let note = key
            .sign_note(&note_text(&self.manifest.ledger, manifest))
            .unwrap();
        let mut files = vec![
            (MANIFEST.to_owned(), manifest.to_vec()),
            (NOTE.to_owned(), note.into_bytes()),
        ];
        files.extend(others);
        files
    }

    pub fn archive(&self) -> Vec<u8> {
        archive(&self.files())
    }
}

/// An archive of members in order, in the one form.
pub fn archive(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let header = MemberHeader::of(name, bytes).unwrap();
        central.extend(central_header(&header, u32::try_from(out.len()).unwrap()));
        out.extend(local_header(&header));
        out.extend_from_slice(bytes);
    }
    let end = end(files.len(), central.len() as u64, out.len() as u64).unwrap();
    [out, central, end].concat()
}
