//! Made-up answers, built by hand: events as JSON become records, leaves and lines.

use base64::Engine as _;
use custodia_core::assess::{Finding, Mark, Outcome, Sentence, built_in_digest};
use custodia_core::entry::Entry;
use custodia_core::extract::{
    COUNT_TABLES, CountCell, CountTable, Cut, EDITION, Erased, EventLine, FORMAT, Hex32, Int,
    LogAt, Manifest, OpenedSlot, Profile, Pseudonymous, Query, QueryKind, Request, Said,
    SaidVerdict, SlotLine, WithheldSlot, cut_digest,
};
use custodia_core::record::{Record, Timestamp};
use custodia_core::report::{self, Answer};
use custodia_core::schema::event_from_json;
use custodia_core::slot::{SlotId, Slots};
use serde_json::{Value, json};

pub const POLICY: &str = include_str!("../../../ops/policy/2024-07-15.toml");
pub const POLICY_TEXT: &str = include_str!("../../../ops/policy/privacy-policy.zh.txt");
pub const SUBJECT: &str = "k3vq7mzt2hxw5ncyadj4rbg6ps";
pub const INCIDENT: &str = "incident-2026-11";
pub const EVENTS: &str = "ledger.example.com/custodia.events/0/0";
pub const REGISTRY: &str = "ledger.example.com/custodia.registry/0/0";
/// 2026-11-02 09:00 at UTC+8.
pub const BEGIN_MS: i64 = 1_793_581_200_000;
pub const HOUR_MS: i64 = 3_600_000;

/// Recipient, case, purpose, categories.
type Share = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);
const TO_COURIER: Share = (
    "courier-1",
    "SH_03_GOODS_DELIVERY",
    "PU_DELIVERY",
    &[
        "DC_CONSIGNEE_NAME",
        "DC_CONSIGNEE_PHONE",
        "DC_SHIPPING_ADDRESS",
    ],
);
const TO_LENDER: Share = (
    "lender-1",
    "SH_01_COOP_PRODUCT_APPLICATION",
    "PU_LOAN_APPLICATION",
    &[
        "DC_REAL_NAME",
        "DC_ID_NUMBER",
        "DC_MONTHLY_INCOME",
        "DC_CREDIT_SCORE",
    ],
);
const TO_SDK: Share = (
    "sdk-vendor-9",
    "SH_04_SDK",
    "PU_SDK_STATISTICS",
    &["DC_SDK_DEVICE_INFO"],
);

/// An extract before it is signed.
pub struct Sample {
    pub manifest: Manifest,
    pub lines: Vec<EventLine>,
}

impl Sample {
    pub fn answer(&self) -> Answer {
        let mut answer = Answer::new(&self.manifest);
        for line in &self.lines {
            answer.push(line).unwrap();
        }
        answer.finish();
        answer
    }

    pub fn members(&self) -> Vec<(String, String)> {
        let mut answer = self.answer();
        answer.say(&full(&answer));
        let names = report::members(answer.manifest()).into_iter();
        names
            .map(|name| {
                let mut text = String::new();
                report::write(&name, &answer, &mut text).unwrap();
                (name, text)
            })
            .collect()
    }

    pub fn policy(&mut self) {
        let body = json!({"policy_version_published": {
            "policy_version_id": "2024-07-15-34b0c98b57f7eb15", "content_sha256": base64(&[1; 32]),
            "published_at": "2024-07-15T00:00:00Z", "effective_at": "2024-07-15T00:00:00Z",
            "change_class": "PV_CHANGE_FIRST", "requires_reconsent": false,
            "content": base64(POLICY_TEXT.as_bytes()), "machine_readable": base64(POLICY.as_bytes()),
        }});
        self.event(REGISTRY, BEGIN_MS - HOUR_MS, &body);
    }

    /// Adds a leaf of an event, whose body is the one member of `body`.
    pub fn event(&mut self, log: &str, at_ms: i64, body: &Value) -> &mut EventLine {
        let index = self.lines.iter().filter(|line| line.log == log).count() as u64;
        let occurred = at_ms - 1_500;
        let number = u32::try_from(self.lines.len()).unwrap() + 1;
        let mut id = [7_u8; 16];
        id[12..].copy_from_slice(&number.to_be_bytes());
        let mut event = json!({
            "event_id": base64(&id),
            "salt": base64(&[9; 32]),
            "occurred_at": rfc3339(occurred),
            "producer": "loan-gateway",
            "policy_version_id": "2024-07-15-34b0c98b57f7eb15",
        });
        if log == EVENTS {
            event["subject_ref"] = json!(SUBJECT);
            event["subject_role"] = json!("AC_SUBJECT_USER");
            event["correlation_id"] = json!("order-7");
        }
        for (name, value) in body.as_object().unwrap() {
            event[name] = value.clone();
        }
        let record = Record {
            offset: index,
            timestamp: Timestamp::LogAppend(at_ms),
            key: Some(SUBJECT.as_bytes().to_vec()),
            value: Some(event_from_json(&event.to_string()).unwrap()),
            headers: Vec::new(),
        };
        let line = line(log, index, &record, self.manifest.profile);
        self.lines.push(line);
        self.lines.last_mut().unwrap()
    }

    pub fn recipient(&mut self, id: &str, name: &str, kind: &str) {
        let body = json!({"recipient_registered": {
            "recipient_id": id, "name": name, "contact": "privacy@recipient.example", "kind": kind,
            "legal_role": "LR_INDEPENDENT", "confidentiality": true,
            "storage_countries": ["CN"],
        }});
        self.event(REGISTRY, BEGIN_MS - HOUR_MS, &body);
    }

    fn share(
        &mut self,
        at_ms: i64,
        share: (&str, &str, &str, &[&str]),
        basis: &Value,
    ) -> &mut EventLine {
        let (recipient, case, purpose, categories) = share;
        let body = json!({"data_shared": {
            "recipient_id": recipient, "case": case, "purpose": purpose, "categories": categories,
            "basis": basis, "method": "MT_API", "destination_country": "CN", "field_count": "4",
            "record_count": "1", "transfer_sha256": base64(&[3; 32]),
            "access": {"endpoint_ref": "gw-1", "credential_fingerprint": base64(&[4; 16])},
            "order_ref": "o-7",
        }});
        self.event(EVENTS, at_ms, &body)
    }
}

/// What the rules say on everything: of what the opened slots give all but the first, and one more.
fn full(answer: &Answer) -> Vec<Finding> {
    let mut full: Vec<Finding> = answer.findings().skip(1).cloned().collect();
    if let Some(one) = full.first() {
        full.push(Finding {
            rule: 7,
            result: Outcome::Violation,
            cause: "withdrawal_ignored".into(),
            mark: Some(Mark::Critical),
            clauses: vec!["L160".into(), "PIPL 15".into()],
            since_ms: BEGIN_MS,
            sentence: Sentence {
                zh: "撤回同意之后仍继续处理。".into(),
                en: "Handling went on after consent was withdrawn.".into(),
            },
            ..one.clone()
        });
    }
    full.sort();
    full
}

pub fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Days of November 2026 alone: samples need no others.
fn rfc3339(ms: i64) -> String {
    let hours = (ms - 1_793_491_200_000) / HOUR_MS;
    let rest = ms.rem_euclid(HOUR_MS) / 1000;
    let (day, hour) = (hours / 24 + 1, hours % 24);
    let (month, day) = if day > 30 { (12, day - 30) } else { (11, day) };
    format!(
        "2026-{month:02}-{day:02}T{hour:02}:{:02}:{:02}Z",
        rest / 60,
        rest % 60
    )
}

fn line(log: &str, index: u64, record: &Record, profile: Profile) -> EventLine {
    let slots = Slots::of(record);
    let shown = slots
        .iter()
        .zip(slots.keys())
        .zip(slots.digests())
        .map(|((slot, key), digest)| {
            if profile.opens(slot.id, SaidVerdict::Accepted) {
                SlotLine::Opened(OpenedSlot {
                    bytes: slot.bytes(),
                    id: slot.id.0,
                    key,
                })
            } else {
                SlotLine::Withheld(WithheldSlot {
                    digest,
                    id: slot.id.0,
                })
            }
        });
    EventLine {
        entry: Entry::of_slots(record, &slots).to_bytes(),
        index: Int(index),
        log: log.to_owned(),
        said: said(SaidVerdict::Accepted),
        slots: Some(shown.collect()),
    }
}

fn said(verdict: SaidVerdict) -> Said {
    Said {
        duplicate_of: None,
        erased: None,
        people: Vec::new(),
        reason: None,
        subject: None,
        verdict,
    }
}

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

pub fn manifest(profile: Profile) -> Manifest {
    let kind = profile.about();
    let id = match kind {
        QueryKind::Subject => SUBJECT,
        QueryKind::Recipient => "courier-1",
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
    let logs: Vec<LogAt> = [(EVENTS, 812), (REGISTRY, 40)]
        .map(|(origin, size)| LogAt {
            origin: origin.to_owned(),
            root: [0x5a; 32],
            size: Int(size),
        })
        .to_vec();
    Manifest {
        absent: ["verify.html"].map(str::to_owned).to_vec(),
        completeness: "none".into(),
        counts: counts(kind),
        cut: Cut {
            digest: cut_digest(logs.iter().map(|log| (log.origin.as_str(), log.size.0))),
            logs,
            time: Some(Int(BEGIN_MS + 640 * HOUR_MS)),
        },
        edition: EDITION,
        findings: Vec::new(),
        format: FORMAT.into(),
        held: Vec::new(),
        key: format!("ledger.example.com/extract+00000000+{}", base64(&[1; 33])),
        ledger: "ledger.example.com".into(),
        members: None,
        open_elsewhere: vec!["ledger.example.com/custodia.events/1/0".into()],
        policies: Vec::new(),
        policy_versions: vec!["2024-07-15-34b0c98b57f7eb15".into()],
        profile,
        words: report::words(&query, profile),
        query,
        refuted: Vec::new(),
        rules: built_in_digest(),
        request: Request {
            document_sha256: Some(Hex32([0xd0; 32])),
            encrypted_to: Vec::new(),
            id: "REQ-2026-0117".into(),
            legal_basis: "LB_PIPL_63_INSPECTION".into(),
            nonce: Some("7f3a-2291".into()),
            requester: "RQ_REGULATOR".into(),
            requester_name: "某省互联网信息办公室".into(),
        },
    }
}

/// Adds a leaf that is erased, and one that is quarantined.
fn unreadable(sample: &mut Sample, contract: &Value) {
    let at = |hours: i64| BEGIN_MS + hours * HOUR_MS;
    let erased = sample.share(at(530), TO_COURIER, contract);
    erased.slots = None;
    erased.said.erased = Some(Erased {
        event: "ErasureOrdered".into(),
        index: Int(39),
        log: REGISTRY.into(),
        order_id: "ER-5".into(),
    });
    let quarantined = sample.share(at(540), TO_COURIER, contract);
    quarantined.said = Said {
        reason: Some("missing_field".into()),
        ..said(SaidVerdict::Quarantined)
    };
    for slot in quarantined.slots.iter_mut().flatten() {
        if let SlotLine::Opened(opened) = slot
            && SlotId(opened.id) != SlotId::BODY_TYPE
        {
            let (id, digest) = (opened.id, [6; 32]);
            *slot = SlotLine::Withheld(WithheldSlot { digest, id });
        }
    }
}

/// One person's month: four recipients, one of them unregistered; one record twice, one erased,
/// one quarantined.
pub fn small(profile: Profile) -> Sample {
    let mut sample = Sample {
        manifest: manifest(profile),
        lines: Vec::new(),
    };
    sample.recipient("courier-1", "快马加鞭物流(示例)有限公司", "AC_COURIER");
    sample.recipient("lender-1", "示例消费金融有限公司", "AC_LICENSED_FI");
    sample.recipient(
        "court-1",
        "示例市中级人民法院",
        "AC_JUDICIAL_OR_ADMIN_AUTHORITY",
    );
    sample.policy();
    let at = |hours: i64| BEGIN_MS + hours * HOUR_MS;
    sample.event(
        EVENTS,
        at(0),
        &json!({"consent_granted": {
            "consent_id": "consent-7", "purposes": ["PU_LOAN_APPLICATION"],
            "categories": ["DC_REAL_NAME", "DC_ID_NUMBER"], "recipient_ids": ["lender-1"],
            "form": "CM_POPUP", "strength": "CS_SEPARATE", "status": "ST_GIVEN",
        }}),
    );
    let contract = json!({"kind": "BA_CONTRACT", "contract_ref": "order-7"});
    let consent = json!({"kind": "BA_CONSENT", "consent_id": "consent-7"});
    sample.share(at(26), TO_COURIER, &contract);
    sample.share(at(26), TO_COURIER, &contract).said = Said {
        duplicate_of: Some(Int(1)),
        ..said(SaidVerdict::Duplicate)
    };
    sample.share(at(100), TO_LENDER, &consent);
    sample.share(at(130), TO_LENDER, &consent);
    sample.share(at(300), TO_SDK, &json!({"kind": "BA_NONE_CLAIMED"}));
    sample.share(at(420), TO_COURIER, &contract);
    let disclosed = sample.event(
        EVENTS,
        at(520),
        &json!({"data_disclosed": {
            "recipient_id": "court-1", "case": "DI_02_LEGAL_COMPULSION", "case_ref": "案-2026-031",
            "categories": ["DC_REAL_NAME", "DC_TRANSACTION_INFO"], "method": "MT_API",
            "basis": {"kind": "BA_LEGAL_COMPULSION", "citation": "(2026)示0102民初31号"},
            "purpose": "PU_LEGAL_COMPLIANCE", "named_subject_ref": "b".repeat(26),
        }}),
    );
    disclosed.said.people = vec![Pseudonymous {
        field: "named_subject_ref".into(),
        pseudonym: "P-ABCDEFGHIJ".into(),
    }];
    unreadable(&mut sample, &contract);
    for (number, line) in sample.lines.iter_mut().enumerate() {
        if profile.has_pseudonyms() && line.log == EVENTS && line.slots.is_some() {
            line.said.subject = Some(format!("P-SAMPLE{:04}", number % 3));
        }
    }
    sample
}

/// What an audit shows: recipients and a policy.
pub fn of_nobody() -> Sample {
    let mut sample = Sample {
        manifest: manifest(Profile::RAudit),
        lines: Vec::new(),
    };
    sample.recipient("courier-1", "快马加鞭物流(示例)有限公司", "AC_COURIER");
    sample.policy();
    sample
}

/// Thousands of shares to some tens of recipients.
pub fn large(profile: Profile, shares: i64) -> Sample {
    let mut sample = Sample {
        manifest: manifest(profile),
        lines: Vec::new(),
    };
    let recipients = 48;
    for number in 0..recipients {
        let name = format!("示例合作机构第{number}号科技股份有限公司");
        sample.recipient(
            &format!("partner-{number:02}"),
            &name,
            "AC_LOAN_COOP_INSTITUTION",
        );
    }
    let basis = json!({"kind": "BA_CONSENT", "consent_id": "consent-7"});
    let categories: &[&str] = &["DC_REAL_NAME", "DC_ID_NUMBER", "DC_MOBILE_NUMBER"];
    for number in 0..shares {
        let to = format!("partner-{:02}", number * number % recipients);
        let purpose =
            ["PU_CREDIT_LIMIT", "PU_ANTI_FRAUD", "PU_AML"][usize::try_from(number % 3).unwrap()];
        let at = BEGIN_MS + number * 600 * HOUR_MS / shares;
        sample.share(
            at,
            (&to, "SH_X6_CREDIT_AGENCIES", purpose, categories),
            &basis,
        );
    }
    for (number, line) in sample.lines.iter_mut().enumerate() {
        if profile.has_pseudonyms() && line.log == EVENTS {
            line.said.subject = Some(format!("P-SAMPLE{:04}", number % 300));
        }
    }
    sample
}
