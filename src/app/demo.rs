//! `custodia demo`: the whole way, on a mock cluster in this process.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use custodia_core::approval::Approval;
use custodia_core::note::SignerKey;
use custodia_core::origin::LedgerName;
use custodia_core::policy::Policy;
use custodia_core::receipt::Receipt;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{PersonRegistered, PersonRole};
use custodia_core::tree::leaf_hash;
use custodia_core::verify::{Beside, Extract, Failure, verify};
use serde::Serialize;
use zeroize::Zeroizing;

use super::ask::{desk, principals};
use super::extract::{findings_desk, office, write};
use super::release::Target;
use super::{Error, Extent, Running, StartAt, init, send_events, start, town};
use crate::clock::Clock;
use crate::config::{Config, Principal};
use crate::extract::{self, GivenApproval, Question, Summary};
use crate::kafka::MockCluster;
use crate::log::{Log, notices};
use crate::query::{Asking, Desk, ReceiptQuestion, WhoAnswer, WhoQuestion, Why};

/// Leaves that sending may be ahead of: the mock cluster holds 5 MB a partition and then forgets.
const MOST_AHEAD: u64 = 2_000;
/// How long one log is watched while another may grow.
const A_MOMENT: Duration = Duration::from_millis(5);
/// How long anything in the demo may take before it gives up.
const PATIENCE: Duration = Duration::from_secs(60);
const LEDGER: &str = "ledger.example";
/// A made-up employee who may ask.
const EMPLOYEE: &str = "demoofficerdemoofficerdemo";
/// Two made-up employees who approve what leaves for an authority.
const APPROVERS: [&str; 2] = ["demolegaldemolegaldemolega", "demosecondlegaldemosecondl"];
/// How long their approvals count.
const APPROVED_MS: i64 = 3_600_000;
/// 2026-09-01 in Shanghai: when the town's month begins.
const START_MS: i64 = 1_788_192_000_000;
/// How many customers are looked at to find one whose data went far.
const CANDIDATES: u64 = 200;

/// What the demo is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Topics, keys and empty logs are made.
    Init,
    /// So many events are sent, of so many.
    Sending(u64, u64),
    /// Rows are caught up.
    Rows,
    /// The question is asked and its proof checked.
    Asking,
    /// An extract of the same customer is cut and verified.
    Extracting,
}

/// What the demo showed.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// Where the ledger lies.
    pub folder: PathBuf,
    /// How many customers the town has.
    pub customers: u64,
    /// How many events were sent.
    pub sent: u64,
    /// How many leaves the logs have.
    pub leaves: u64,
    /// Who received one customer's data.
    pub answer: WhoAnswer,
    /// What was proven of the answer's first row.
    pub proven: Proven,
    /// The extract of the same customer.
    pub extract: Summary,
    /// Where it lies, with its receipt beside it.
    pub extract_file: PathBuf,
    /// What checking it gave, from its bytes, the receipt and the policy alone: `proven`.
    pub extract_outcome: &'static str,
    /// The policy for those who verify, as a file.
    pub policy_file: PathBuf,
}

/// An inclusion proof that was verified from its bytes and a policy alone.
#[derive(Debug, Clone, Serialize)]
pub struct Proven {
    /// The log.
    pub log: String,
    /// The leaf.
    pub index: u64,
    /// The size of the signed checkpoint that covers it.
    pub size: u64,
    /// How many hashes the proof has.
    pub hashes: usize,
    /// The policy that the verifier was handed.
    pub policy: String,
    /// The receipt, as a `.tlog-proof` file.
    pub receipt: String,
}

/// Runs a town through a ledger in `folder`, which must not exist, asks, and verifies.
///
/// # Errors
/// Whatever a ledger can end with.
pub fn demo(
    folder: &Path,
    seed: u64,
    customers: u64,
    clock: &Arc<dyn Clock>,
    progress: &mut dyn FnMut(Step),
) -> Result<Shown, Error> {
    progress(Step::Init);
    let mock = MockCluster::start(1)?;
    let config = config(folder, &mock);
    make_topics(&config, &mock)?;
    let made = init(&config, &StartAt::default(), None, clock.as_ref())?;
    let running = start(&config, clock)?;
    let approvers = register_approvers(&config, &running, clock)?;
    let town = town(&config, seed, Extent::Customers(customers), START_MS)?;
    let expected = town.expected_count();
    let sent = send_events(&config, town.events(), &mut |sent| {
        wait_for_leaves(&running, sent.saturating_sub(MOST_AHEAD));
        progress(Step::Sending(sent, expected));
    })?;
    let sent = sent.events + sent.registry;
    progress(Step::Rows);
    wait_for_leaves(&running, sent);
    wait_for_rows(&running);
    progress(Step::Asking);
    let policy = made.policy.unwrap_or_default();
    let most = (0..customers.min(CANDIDATES)).max_by_key(|n| town.who_received(*n).len());
    let subject = town.customer(most.unwrap_or(0)).subject_ref;
    let desk = demo_desk(&config, &running, clock);
    let (answer, proven) = ask(&config, &running, &desk, subject.clone(), policy)?;
    progress(Step::Extracting);
    let extract_file = folder.join("extract.zip");
    let (extract, receipt) = cut(
        &config,
        &running,
        desk,
        clock,
        (subject, &approvers),
        &extract_file,
    )?;
    let policy_file = folder.join("policy");
    fs::write(&policy_file, &proven.policy).map_err(failed(&policy_file))?;
    let extract_outcome = verify_extract(&extract_file, &receipt, &proven.policy)?;
    let leaves = running
        .opened()
        .logs
        .iter()
        .map(|log| log.tail().size)
        .sum();
    running.stop()?;
    let folder = folder.to_owned();
    Ok(Shown {
        folder,
        customers,
        sent,
        leaves,
        answer,
        proven,
        extract,
        extract_file,
        extract_outcome,
        policy_file,
    })
}

/// Checks the extract as a stranger would: from its bytes, its receipt and the policy alone.
fn verify_extract(extract: &Path, receipt: &str, policy: &str) -> Result<&'static str, Error> {
    let archive = fs::read(extract).map_err(failed(extract))?;
    let trusted = Policy::parse(policy.as_bytes()).map_err(|e| Error::Unproven(e.to_string()))?;
    let beside = Beside {
        policy: Some(&trusted),
        known: &[],
        receipt: Some(receipt.as_bytes()),
    };
    let report = verify(&Extract::Archive(&archive), &beside);
    match report.failure {
        Some(Failure { place, fault }) => Err(Error::Unproven(format!("{place}: {fault}"))),
        None => Ok(report.outcome.name()),
    }
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    |source| Error::Output { path, source }
}

fn config(folder: &Path, mock: &MockCluster) -> Config {
    let mut config = Config::default();
    LEDGER.clone_into(&mut config.ledger.name);
    config.ledger.folder = folder.join("ledger");
    config.keys.kek_file = folder.join("kek");
    config.signer.folder = folder.join("signer");
    config.kafka.bootstrap = mock.bootstrap();
    config.kafka.replication = 1;
    config.checkpoints.interval_ms = 200;
    config.serve.disk_floor_bytes = 0;
    let employee = Principal {
        employee: EMPLOYEE.to_owned(),
        role: "protection_officer".to_owned(),
    };
    let uid = rustix::process::getuid().as_raw().to_string();
    config.access.principals.insert(uid, employee);
    config
}

fn make_topics(config: &Config, mock: &MockCluster) -> Result<(), Error> {
    let topics = &config.topics;
    mock.create_topic(&topics.events, topics.events_partitions)?;
    mock.create_topic(&topics.registry, 1)?;
    mock.create_topic(&topics.access, topics.access_partitions)?;
    Ok(mock.create_topic(&topics.checkpoints, 1)?)
}

/// Waits until the logs have `leaves` leaves together, or the ledger stops by itself. Any log may
/// be the next to grow, and a thread can watch one tail: so each is watched for a moment, in turn.
fn wait_for_leaves(running: &Running, leaves: u64) {
    let logs = &running.opened().logs;
    let size = |log: &Arc<Log>| log.tail().size;
    for log in logs.iter().cycle() {
        let enough = logs.iter().map(size).sum::<u64>() >= leaves;
        if enough || running.stop_token().is_cancelled() {
            break;
        }
        log.wait_beyond(size(log), A_MOMENT);
    }
}

fn wait_for_rows(running: &Running) {
    for log in running.rows() {
        log.rows
            .progress()
            .wait_projected(log.rows.log().tail().size, PATIENCE);
    }
}

fn demo_desk(config: &Config, running: &Running, clock: &Arc<dyn Clock>) -> Arc<Desk> {
    let rows = running.rows().to_vec();
    let outbox = running.outbox();
    Arc::new(desk(
        config,
        running.opened(),
        rows,
        outbox,
        Arc::clone(clock),
    ))
}

fn asking(config: &Config) -> Result<Asking, Error> {
    let why = Why {
        reason: "rights_request".to_owned(),
        ticket: String::new(),
    };
    let uid = rustix::process::getuid().as_raw();
    Ok(principals(config)?.asking(uid, "demo", &why)?)
}

/// The two made-up people who approve, each with the seed of a key.
type Approvers = [(&'static str, Zeroizing<[u8; 32]>); 2];

/// Draws the approvers' keys and puts them on record, before anything else happens in the town.
fn register_approvers(
    config: &Config,
    running: &Running,
    clock: &Arc<dyn Clock>,
) -> Result<Approvers, Error> {
    let mut approvers = APPROVERS.map(|who| (who, Zeroizing::new([0; 32])));
    for (who, seed) in &mut approvers {
        let drawn = |error: getrandom::Error| Error::Unproven(error.to_string());
        getrandom::fill(seed.as_mut()).map_err(drawn)?;
        let key =
            SignerKey::from_seed("person", seed).map_err(|e| Error::Unproven(e.to_string()))?;
        let person = PersonRegistered {
            role: PersonRole::PrLegal.into(),
            public_key: key.verifier().public().to_vec(),
            valid_until: None,
            person_ref: (*who).to_owned(),
        };
        let event = notices::notice(Body::PersonRegistered(person), clock.as_ref());
        let event = event.map_err(drawn)?;
        let topic = &config.topics.registry;
        running.outbox().deliver(topic, who.as_bytes(), &event)?;
    }
    Ok(approvers)
}

/// What the two approvers sign for an extract.
fn approve(
    question: &Question,
    approvers: &Approvers,
    now_ms: i64,
) -> Result<Vec<GivenApproval>, Error> {
    let ledger: LedgerName = LEDGER.parse().map_err(|_| Error::Unnamed)?;
    let (request, _) = question.approval_request(&ledger, EMPLOYEE, now_ms + APPROVED_MS)?;
    let signed = approvers.iter().map(|(who, seed)| {
        let approval = Approval::sign(&request, who, seed);
        let approval = approval.map_err(extract::Error::from)?;
        Ok(GivenApproval {
            name: (*who).to_owned(),
            note: approval.note(),
        })
    });
    signed.collect()
}

/// Cuts an extract of a customer, for an authority; with its receipt.
fn cut(
    config: &Config,
    running: &Running,
    desk: Arc<Desk>,
    clock: &Arc<dyn Clock>,
    (subject, approvers): (String, &Approvers),
    out: &Path,
) -> Result<(Summary, String), Error> {
    let mut question = Question {
        subject: Some(subject),
        requester: "RQ_REGULATOR".to_owned(),
        requester_name: "Example office".to_owned(),
        legal_basis: "LB_PIPL_63_INSPECTION".to_owned(),
        ..Question::default()
    };
    question.approvals = approve(&question, approvers, clock.now_ms())?;
    let mut target = Target::claim(out, false)?;
    let findings = findings_desk(running, &desk, clock);
    let office = office(config, running, desk, findings, clock)?;
    let issued = office.issue(&asking(config)?, &question, &|_| ())?;
    write(&issued, &mut target)?;
    target.release(issued.receipt())?;
    Ok((issued.summary().clone(), issued.receipt().to_owned()))
}

fn ask(
    config: &Config,
    running: &Running,
    desk: &Desk,
    subject: String,
    policy: String,
) -> Result<(WhoAnswer, Proven), Error> {
    let asking = asking(config)?;
    let question = WhoQuestion {
        subject,
        as_of: None,
        at: None,
    };
    let answer = desk.who(&asking, &question)?;
    let proven = prove(running, desk, &answer, policy)?;
    Ok((answer, proven))
}

/// Verifies the first row's leaf from the receipt's bytes and the policy, with core alone.
fn prove(
    running: &Running,
    desk: &Desk,
    answer: &WhoAnswer,
    policy: String,
) -> Result<Proven, Error> {
    let row = answer.rows.first().ok_or(Error::NothingReceived)?;
    let (log, index) = (row.log.clone(), row.index);
    running.sign_now()?;
    let receipt = desk.receipt(&ReceiptQuestion {
        log: log.clone(),
        index,
    })?;
    let ledger: LedgerName = LEDGER.parse().map_err(|_| Error::Unnamed)?;
    let unproven = |what: &dyn std::fmt::Display| Error::Unproven(what.to_string());
    let trusted = Policy::parse(policy.as_bytes()).map_err(|e| unproven(&e))?;
    let parsed = Receipt::parse(receipt.tlog_proof.as_bytes()).map_err(|e| unproven(&e))?;
    let entry = hex::decode(&receipt.entry).map_err(|e| unproven(&e))?;
    let verified = parsed.verify(&leaf_hash(&entry), &ledger, &trusted);
    let checkpoint = verified.map_err(|e| unproven(&e))?;
    let hashes = parsed.proof().len();
    let (size, receipt) = (checkpoint.size, receipt.tlog_proof);
    Ok(Proven {
        log,
        index,
        size,
        hashes,
        policy,
        receipt,
    })
}
