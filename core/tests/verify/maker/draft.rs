//! An extract before it is signed.

use custodia_core::assess::{Finding, built_in_digest};
use custodia_core::extract::archive::{MemberHeader, central_header, end, local_header};
use custodia_core::extract::layout::{EVENTS, MANIFEST, NOTE, PROOFS};
use custodia_core::extract::{
    COUNT_TABLES, CountCell, CountTable, Cut, EDITION, EventLine, FORMAT, Int, LogAt, Manifest,
    Member, Profile, Query, QueryKind, Request, cut_digest, note_text,
};
use custodia_core::report::{self, Answer};
use custodia_core::tree::Hash;
use sha2::{Digest as _, Sha256};

use super::{BEGIN_MS, INCIDENT, LEDGER, RECIPIENTS, SEED, SUBJECT, signer};

/// Counts of an audit, one of them withheld.
fn counts(kind: QueryKind) -> Vec<CountTable> {
    if kind != QueryKind::Audit {
        return Vec::new();
    }
    let cell = |keys: &[&str], count: Option<u64>| CountCell {
        count: count.map(Int),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        month: "2026-11".to_owned(),
    };
    let cells = [
        vec![
            cell(&["DataShared"], Some(40)),
            cell(&["OrderOpened"], None),
        ],
        vec![cell(&["R01", "VIOLATION"], Some(12))],
        vec![
            cell(&["DataShared", "courier-1", "SH_03_GOODS_DELIVERY"], None),
            cell(
                &["DataShared", "lender-1", "SH_01_COOP_PRODUCT_APPLICATION"],
                None,
            ),
        ],
        vec![cell(&["RR_DELETE", "fulfilled"], Some(10))],
    ];
    COUNT_TABLES
        .iter()
        .zip(cells)
        .map(|((name, _), cells)| CountTable {
            cells,
            name: (*name).to_owned(),
        })
        .collect()
}

pub fn manifest(profile: Profile, logs: Vec<LogAt>, held: Vec<LogAt>) -> Manifest {
    let kind = profile.about();
    let id = match kind {
        QueryKind::Subject => SUBJECT,
        QueryKind::Recipient => RECIPIENTS[0],
        QueryKind::Incident => INCIDENT,
        QueryKind::Class | QueryKind::Audit => "",
    };
    let events = match kind {
        QueryKind::Class => vec!["DataShared".to_owned()],
        _ => Vec::new(),
    };
    let query = Query {
        events,
        from: None,
        id: id.to_owned(),
        k: (kind == QueryKind::Audit).then_some(Int(10)),
        kind,
        until: None,
    };
    let key = signer(&SEED, &format!("{LEDGER}/extract"));
    Manifest {
        absent: ["verify.html"].map(str::to_owned).to_vec(),
        completeness: "none".into(),
        counts: counts(kind),
        cut: Cut {
            digest: cut_digest(logs.iter().map(|log| (log.origin.as_str(), log.size.0))),
            logs,
            time: Some(Int(BEGIN_MS + 86_400_000)),
        },
        edition: EDITION,
        findings: Vec::new(),
        format: FORMAT.into(),
        held,
        key: key.verifier().to_string(),
        ledger: LEDGER.into(),
        members: None,
        open_elsewhere: vec![format!("{LEDGER}/custodia.events/2/0")],
        policies: Vec::new(),
        policy_versions: vec!["2024-07-15-34b0c98b57f7eb15".into()],
        profile,
        words: report::words(&query, profile),
        query,
        refuted: Vec::new(),
        rules: built_in_digest(),
        request: Request {
            document_sha256: None,
            encrypted_to: Vec::new(),
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
        let names = report::members(&self.manifest).into_iter();
        let documents = names.map(|name| {
            let mut text = String::new();
            // A policy that the manifest alone names has nothing.
            let _ = report::write(&name, &answer, &mut text);
            (name, text.into_bytes())
        });
        self.documents = documents.collect();
    }

    /// Says findings and policies as an operator would who knows of one finding more, and that the first of
    /// those that the lines give doesn't hold.
    pub fn say_findings(&mut self) {
        let mut answer = Answer::new(&self.manifest);
        for line in &self.lines {
            answer.push(line).unwrap();
        }
        answer.finish();
        let mut full: Vec<Finding> = answer.findings().skip(1).cloned().collect();
        full.extend(answer.findings().next().map(|one| Finding {
            cause: "known_otherwise".into(),
            ..one.clone()
        }));
        full.sort();
        answer.say(&full);
        self.manifest = answer.manifest().clone();
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
