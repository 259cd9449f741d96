//! `docs/questions.md`: each question of the ledger with its command and a real answer from the town.
//!
//! Written where `CUSTODIA_WRITE_QUESTIONS=1`, else compared, with what differs from run to run masked.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use custodia::generate::Town;
use custodia::query::Time;

use super::{Asked, time, whole};
use crate::answers::PARTITIONS;
use crate::events::{LI, lines, share};
use crate::faults_found::{DAY_MS, START_MS};

/// Lines of an answer that are shown.
const SHOWN: usize = 15;

/// One question, and how it is asked.
struct Row {
    number: u8,
    who: &'static str,
    question: &'static str,
    /// The command's words, a line a command; `{…}` is filled in from the town.
    command: &'static str,
    /// What else is to be said.
    note: &'static str,
    /// Whether its times and numbers are those of this run.
    is_of_now: bool,
    /// How many lines are shown.
    lines: usize,
}

const fn row(number: u8, who: &'static str, question: &'static str, command: &'static str) -> Row {
    Row {
        number,
        who,
        question,
        command,
        note: "",
        is_of_now: false,
        lines: SHOWN,
    }
}

impl Row {
    const fn of_now(mut self) -> Self {
        self.is_of_now = true;
        self
    }

    const fn showing(mut self, lines: usize) -> Self {
        self.lines = lines;
        self
    }

    const fn noting(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }
}

/// The questions of `domain.md` §3, in their order.
const ROWS: [Row; 24] = [
    row(1, "subject", "Who received my data, what, why, when?", "who {customer} --reason rights_request"),
    row(
        2,
        "subject",
        "What did I agree to, in which wording, and is it still valid?",
        "consents {customer} --reason rights_request",
    ),
    row(
        3,
        "subject",
        "Where is my request and when is it due?",
        "requests {asking} --reason rights_request --at {at}",
    ),
    row(
        4,
        "subject",
        "Was my data in the breach? What should I do?",
        "breaches {affected} --reason rights_request",
    ),
    row(
        5,
        "subject",
        "After cancellation, what remains, why, until when?",
        "remains {left} --reason rights_request",
    ),
    row(
        6,
        "DPO",
        "All shares without a valid basis in period P by recipient",
        "findings --rule R01 --from {from} --until {until} --by recipient --mended --reason audit",
    ),
    row(
        7,
        "DPO",
        "Which requests are overdue or within 3 days?",
        "requests --overdue --due-within 3d --at {at} --reason audit",
    ),
    row(
        8,
        "DPO",
        "Policy v2→v3: who has not re-consented but is still processed?",
        "reconsents --version {version} --reason audit",
    ),
    row(
        9,
        "DPO",
        "Subjects past 5 years after last order, by store",
        "retention due --within 3650d --at {at} --reason audit",
    ),
    row(10, "DPO", "Declared vs observed SDKs per app build", "sdks --build {build}"),
    row(
        11,
        "DPO",
        "Which exemptions are used, how often, with which citation?",
        "exemptions --from {from} --to {until}",
    ),
    row(
        12,
        "DPO",
        "Recipient R dossier: agreement, PIA, volume, incidents, deletions",
        "recipient {recipient} --at {at}",
    ),
    row(
        13,
        "DPO",
        "RoPA / provision register for the last 3 years",
        "provisions --from {from} --to {until}",
    ),
    row(
        14,
        "regulator",
        "Everything on subject S / recipient R / event class in [t1,t2], provably complete",
        "extract --subject {left} --requester RQ_SUBJECT --basis LB_PIPL_45_ACCESS --reason rights_request -o {zip}\n\
         verify {zip} --policy {policy}",
    )
    .of_now()
    .noting(
        "Every leaf in an extract is proven. **Completeness is not proven**: the manifest and the verifier \
         say so.",
    ),
    row(
        15,
        "regulator",
        "Prove event E existed at T and was not changed",
        "receipt --event {event}",
    )
    .of_now()
    .noting(
        "The receipt is a C2SP tlog-proof: inclusion under a signed checkpoint. With `--held CHECKPOINT` it is \
         proven that the tree goes on from one that the asker holds. There is no external timestamp.",
    ),
    row(
        16,
        "regulator",
        "Show notice time line of incident I versus legal limits",
        "incident incident-1 --at {until}",
    )
    .showing(50),
    row(
        17,
        "regulator",
        "On what document did you disclose S to authority A?",
        "disclosures {subpoenaed} --reason regulator_request",
    )
    .noting("What is under a running gag is shown to the roles `legal` and `regulator` only."),
    row(
        18,
        "IR",
        "Replay state as of T−ε; what changed between T1 and T2?",
        "diff {earlier} {at} --subject {left} --reason incident_response",
    )
    .noting("`custodia replay --state` plays the events with the state beside each."),
    row(
        19,
        "IR",
        "Credential/endpoint X leaked: which subjects, categories, recipients in the window?",
        "exposure --endpoint {endpoint} --from {leaked_from} --to {leaked_until} --reason incident_response",
    )
    .noting("With `--affected FILE.csv` the people are listed, and a look at each is on record first."),
    row(
        20,
        "IR",
        "Was this recipient still allowed to hold the data?",
        "exposure --recipient {recipient} --from {leaked_from} --to {leaked_until} --reason incident_response",
    )
    .showing(50),
    row(
        21,
        "IR",
        "Are there gaps in evidence?",
        "findings --rule R35 --mended --by cause --reason incident_response",
    )
    .noting("`custodia gaps` joins this with what was quarantined and offsets without a record; `custodia exposure` names the gaps in its window."),
    row(
        22,
        "producer dev",
        "Would this event be accepted and which rules would it trip?",
        "check-event --rules --reason producer_check < event.jsonl",
    )
    .of_now(),
    row(
        23,
        "producer dev",
        "Did my event land?",
        "publish --wait --receipts {receipts} < event.jsonl",
    )
    .of_now()
    .noting(
        "It gives back a receipt for each event; `custodia receipt LOG INDEX` gives it again.",
    ),
    row(
        24,
        "partner",
        "What am I told you sent me? (two-sided reconciliation)",
        "reconcile {recipient} --from {from} --to {until}",
    )
    .noting("With `--digests FILE` the partner's own list is held against it, both ways."),
];

/// What stands in braces, what it stands for, and what is shown of it where that is something else.
struct Filled(Vec<(&'static str, String, Option<&'static str>)>);

impl Filled {
    fn of(asked: &Asked) -> Self {
        let town = &asked.town;
        let reference = |n| town.customer(n).subject_ref;
        let first = |is: &dyn Fn(u64) -> bool| (0..town.customers).find(|n| is(*n)).map(reference);
        let shares = |n: u64| town.who_received(n).len() > 3;
        let known = (0..town.customers).find_map(|n| town.who_received(n).into_iter().next());
        let event = known.map(|row| hex::encode(row.event_id));
        let policy = asked.ledger.path("ledger.policy");
        fs::write(&policy, asked.ledger.ok(&["key"])).unwrap();
        let breach = town.breach();
        let own = |name, value: String| (name, value, None);
        let file = |name, path: PathBuf, shown| (name, path.display().to_string(), Some(shown));
        Self(vec![
            own("{customer}", first(&shares).unwrap()),
            own(
                "{asking}",
                first(&|n| !town.requests(n).is_empty()).unwrap(),
            ),
            own("{affected}", breach.affected[0].clone()),
            own(
                "{left}",
                first(&|n| town.remains(n).cancelled_ms.is_some()).unwrap(),
            ),
            own("{subpoenaed}", reference(town.facts().subpoenaed.unwrap())),
            own("{version}", whole::changed_version(asked)),
            own("{build}", build(town)),
            own("{recipient}", breach.recipient_id.to_owned()),
            own("{endpoint}", breach.endpoint),
            own("{leaked_from}", time(breach.window_ms.start)),
            own("{leaked_until}", time(breach.window_ms.end)),
            own("{event}", event.unwrap()),
            own("{from}", time(START_MS)),
            own("{until}", time(START_MS + 30 * DAY_MS)),
            own("{earlier}", time(START_MS + 10 * DAY_MS)),
            own("{at}", time(START_MS + 20 * DAY_MS)),
            file("{zip}", asked.ledger.path("own-copy.zip"), "own-copy.zip"),
            file("{policy}", policy, "ledger.policy"),
            file("{receipts}", asked.ledger.path("receipts"), "receipts"),
        ])
    }

    /// A command as it runs.
    fn run(&self, command: &str) -> String {
        let fill = |words: String, (name, value, _): &(&str, String, _)| words.replace(name, value);
        self.0.iter().fold(command.to_owned(), fill)
    }

    /// A command, or what it prints, as it is shown.
    fn shown(&self, text: &str) -> String {
        let mut text = self.run(text);
        for (_, value, shown) in &self.0 {
            if let Some(shown) = shown {
                text = text.replace(value, shown);
            }
        }
        text
    }
}

fn build(town: &Town) -> String {
    format!("5.{}.0", town.days)
}

/// The document.
fn written(asked: &Asked) -> String {
    let filled = Filled::of(asked);
    let mut text = "# The questions, and how they are asked\n\n\
        Each question of the domain with its command, and what the command answered on a generated town \
        (`custodia generate --faults`), cut to its first lines. An end-to-end test makes this file and compares \
        it (`CUSTODIA_WRITE_QUESTIONS=1` writes it); digests and the numbers of leaves, which differ from run \
        to run, are shown as `…`. `--json` gives every answer to programs. Everything that shows a person is put \
        on record first, under `--reason`.\n\n\
        | no. | who | question | command |\n|---|---|---|---|\n"
        .to_owned();
    for row in &ROWS {
        let verb = row
            .command
            .split(" {")
            .next()
            .unwrap()
            .split(" --")
            .next()
            .unwrap();
        writeln!(
            text,
            "| [{0}](#{0}) | {1} | {2} | `custodia {verb}` |",
            row.number, row.who, row.question
        )
        .unwrap();
    }
    for row in &ROWS {
        section(asked, &filled, row, &mut text);
    }
    text
}

/// One question with its answer.
fn section(asked: &Asked, filled: &Filled, row: &Row, text: &mut String) {
    write!(
        text,
        "\n## {}\n\n{}: {}\n\n",
        row.number, row.who, row.question
    )
    .unwrap();
    if !row.note.is_empty() {
        write!(text, "{}\n\n", row.note).unwrap();
    }
    text.push_str("```console\n");
    for command in row.command.lines() {
        writeln!(text, "$ custodia {}", filled.shown(command)).unwrap();
        let words = filled.run(command);
        let (words, input) = match words.split_once(" < ") {
            Some((words, _)) => (words, lines(&[share(LI, "order-1")])),
            None => (words.as_str(), String::new()),
        };
        let words: Vec<&str> = words.split(' ').collect();
        let printed = asked.ledger.ok_on(&words, &input);
        let line = |line: &str| masked(filled.shown(line).trim_end(), row.is_of_now);
        let mut lines: Vec<String> = printed.lines().map(line).collect();
        // How many hashes a proof has follows from how the log had grown.
        lines.dedup_by(|a, b| row.is_of_now && a == b);
        for line in lines.iter().take(row.lines) {
            writeln!(text, "{line}").unwrap();
        }
        if lines.len() > row.lines {
            text.push_str("[…]\n");
        }
    }
    text.push_str("```\n");
}

/// A line without what differs from run to run: digests and proofs, the numbers of leaves; where it tells of
/// this run, its times and numbers too.
fn masked(line: &str, of_now: bool) -> String {
    if of_now && line.starts_with("Fingerprint:") {
        return "Fingerprint: …".to_owned();
    }
    let is_code =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=') || of_now && c == '-';
    let line = without_partitions(&without_now(line));
    let (mut out, mut rest) = (String::new(), line.as_str());
    while let Some(next) = rest.chars().next() {
        let end = rest.find(|c| !is_code(c)).unwrap_or(rest.len());
        if end == 0 {
            out.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        }
        let word = &rest[..end];
        let is_number = word.bytes().all(|c| c.is_ascii_digit());
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let long = word.len() > 4 && digits > 0;
        let of_run = of_now && (long || digits > 2 || is_number && digits > 1);
        let is_leaf = is_number && out.ends_with('#');
        if word.len() >= 40 || of_run || is_leaf {
            out.push('…');
        } else {
            out.push_str(word);
        }
        rest = &rest[end..];
    }
    out
}

/// A line without the times of this run: those of the last hour and the next.
fn without_now(line: &str) -> String {
    const LENGTH: usize = "2026-09-01T00:00:00.000Z".len();
    const HOUR_MS: i64 = 3_600_000;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now_ms = i64::try_from(since.as_millis()).unwrap();
    let (mut out, mut rest) = (String::new(), line);
    while let Some(next) = rest.chars().next() {
        let time: Option<Time> = rest.get(..LENGTH).and_then(|word| word.parse().ok());
        let of_now = time.is_some_and(|time| (time.0 - now_ms).abs() < HOUR_MS);
        if of_now {
            out.push('…');
            rest = &rest[LENGTH..];
        } else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}

/// A line without the partitions of the events' topic: which leaf of one moment comes first follows from when
/// Kafka took it.
fn without_partitions(line: &str) -> String {
    (0..PARTITIONS).fold(line.to_owned(), |line, partition| {
        let of = format!("custodia.events/{partition}/");
        line.replace(&of, "custodia.events/…/")
    })
}

/// The words of a document: how wide a column is follows from the numbers in it.
fn words(document: &str) -> Vec<String> {
    let rule = |word: &&str| !word.starts_with('─') && !word.starts_with('═');
    document
        .split_whitespace()
        .filter(rule)
        .map(str::to_owned)
        .collect()
}

pub fn compared(asked: &Asked) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/questions.md");
    let document = written(asked);
    if std::env::var("CUSTODIA_WRITE_QUESTIONS").is_ok_and(|value| value == "1") {
        fs::write(&path, &document).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert_eq!(
        words(&kept),
        words(&document),
        "docs/questions.md is not what this test makes: write it with CUSTODIA_WRITE_QUESTIONS=1"
    );
    let numbers: Vec<u8> = ROWS.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=24).collect::<Vec<_>>());
}
