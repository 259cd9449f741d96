//! Answers as tables for people.

use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};

use crate::query::{Happened, ProducerOf, Received, Time, Word};

/// An empty table with this header.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(columns());
    table.set_header(header.to_vec());
    table
}

/// An empty table whose cells are never broken over lines: what is in them is copied.
pub(super) fn unbroken_table(header: &[&str]) -> Table {
    let mut table = table(header);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// How wide a table may be where stdout is no terminal.
const PLAIN_COLUMNS: u16 = 160;

/// The width of the terminal.
fn columns() -> u16 {
    let terminal = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    terminal.map_or(PLAIN_COLUMNS, |size| size.ws_col.max(40))
}

/// A time, or a dash.
pub(super) fn time(time: Option<Time>) -> String {
    time.map_or_else(dash, |time| time.to_string())
}

/// Says of moments that are asked about which lie before the ledger began, or after now.
pub(super) fn print_times(began: Option<Time>, now: Time, moments: [Time; 2]) {
    match began {
        Some(began) if moments.iter().any(|moment| *moment < began) => {
            println!(
                "The ledger has records since {began}; of the time before it knows what was told since."
            );
        }
        None => println!("The ledger has no record yet."),
        Some(_) => {}
    }
    if moments.iter().any(|moment| *moment > now) {
        println!("Now is {now}; what is later is what falls due if nothing is done.");
    }
}

/// Words, with commas between.
pub(super) fn words(words: &[Word]) -> String {
    words.iter().map(Word::shown).collect::<Vec<_>>().join(", ")
}

pub(super) fn dash() -> String {
    "-".to_owned()
}

/// The rows of an answer to `who`. Producers have a column where there is something to say of one
/// beside its name.
pub(super) fn received(rows: &[Received]) -> Table {
    let mut header = vec![
        "time",
        "recipient",
        "categories",
        "purpose",
        "case",
        "basis",
        "leaf",
    ];
    let marked = |row: &Received| row.producer.as_ref().is_some_and(|p| !marks(p).is_empty());
    let with_producers = rows.iter().any(marked);
    if with_producers {
        header.push("producer");
    }
    let mut table = table(&header);
    for row in rows {
        let mut cells = vec![
            time(row.time.or(row.record_time)),
            recipient(row),
            words(&row.categories),
            words(&row.purposes),
            row.case
                .as_ref()
                .map_or_else(dash, |case| case.shown().to_owned()),
            basis(row),
            leaf(&row.log, row.index),
        ];
        if with_producers {
            cells.push(producer(row.producer.as_ref()));
        }
        table.add_row(cells);
    }
    table
}

/// What names the person and does not count.
pub(super) fn quarantined(rows: &[Received]) -> Table {
    let mut table = table(&["time", "event", "quarantined because", "leaf"]);
    for row in rows {
        table.add_row([
            time(row.time.or(row.record_time)),
            row.event.clone().unwrap_or_else(dash),
            row.verdict.words.clone(),
            leaf(&row.log, row.index),
        ]);
    }
    table
}

/// One event of a timeline: time, event, whom, recipient, producer, verdict, leaf.
pub(super) fn happened(event: &Happened) -> [String; 7] {
    let name = match &event.event {
        _ if event.erased => "(erased)".to_owned(),
        Some(name) => name.clone(),
        None => "(can't be read)".to_owned(),
    };
    let recipient = event.recipient.as_ref();
    let recipient = recipient.map_or_else(dash, |r| r.name.clone().unwrap_or_else(|| r.id.clone()));
    [
        time(event.time.or(event.record_time)),
        name,
        event.subjects.join("\n"),
        recipient,
        producer(event.producer.as_ref()),
        event.verdict.words.clone(),
        leaf(&event.log, event.index),
    ]
}

fn recipient(row: &Received) -> String {
    let Some(recipient) = &row.recipient else {
        return if row.erased {
            "(erased)".to_owned()
        } else {
            dash()
        };
    };
    let name = recipient.name.as_ref().unwrap_or(&recipient.id);
    match (&recipient.kind, recipient.standing.as_str()) {
        (Some(kind), "registered") => format!("{name} ({})", kind.shown()),
        (_, standing) => format!("{name} ({standing})"),
    }
}

/// A producer's name, with whatever is unusual about it.
fn producer(producer: Option<&ProducerOf>) -> String {
    let Some(producer) = producer else {
        return dash();
    };
    let marks = marks(producer);
    if marks.is_empty() {
        producer.name.clone()
    } else {
        format!("{} ({})", producer.name, marks.join(", "))
    }
}

/// How a producer stands and what its signature is, where that isn't the usual.
fn marks(producer: &ProducerOf) -> Vec<&str> {
    let usual = ["registered", "the ledger", "unsigned", ""];
    let mut marks = vec![producer.standing.as_str(), producer.signature.as_str()];
    marks.dedup();
    marks.retain(|mark| !usual.contains(mark));
    marks
}

fn basis(row: &Received) -> String {
    let Some(basis) = &row.basis else {
        return dash();
    };
    let rests_on = basis.consent_id.as_ref().or(basis.contract_ref.as_ref());
    let rests_on = rests_on
        .or(row.separate_consent_id.as_ref())
        .or(basis.citation.as_ref());
    let kind = basis.kind.as_ref().map_or("-", Word::shown);
    rests_on.map_or_else(|| kind.to_owned(), |on| format!("{kind}: {on}"))
}

/// A leaf: its log without the ledger's name, and its index.
pub(super) fn leaf(log: &str, index: u64) -> String {
    let log = log.split_once('/').map_or(log, |(_, rest)| rest);
    format!("{log} #{index}")
}

/// A leaf of core's.
pub(super) fn leaf_at(at: &custodia_core::assess::LeafAt) -> String {
    leaf(&at.log, at.index)
}

/// A word, or a dash.
pub(super) fn word(word: Option<&Word>) -> String {
    word.map_or_else(dash, |word| word.shown().to_owned())
}

/// A text, or a dash.
pub(super) fn text(text: Option<&str>) -> String {
    text.map_or_else(dash, str::to_owned)
}

/// The first characters of a digest in hex.
pub(super) fn short(hex: Option<&str>) -> String {
    text(hex.map(|hex| hex.get(..12).unwrap_or(hex)))
}

/// Whom an answer is about, before its table; what can't be said and the cut, after it.
pub(super) fn whom(whom: &crate::account::Whom) {
    println!("{}", whom.subject);
    for linked in &whom.linked {
        println!("also known as {linked}");
    }
    for erased in &whom.erasures {
        let leaf = leaf(&erased.log, erased.index);
        println!(
            "erased under certificate {}: {} ({leaf})",
            erased.order_id, erased.event
        );
    }
    restricted(whom.restricted.as_ref());
    if !whom.known {
        println!("The ledger knows nothing of this reference.");
    }
}

/// That the account was cancelled, where it was.
pub(super) fn restricted(restricted: Option<&crate::query::Restricted>) {
    if let Some(restricted) = restricted {
        let leaf = leaf(&restricted.log, restricted.index);
        println!(
            "The account was cancelled at {} ({leaf}): since then only legal roles are answered (PIPL 47).",
            restricted.since
        );
    }
}

/// What an answer can't say, and the cut that it stands on.
pub(super) fn foot(unknowns: &[crate::query::Unknown], cut: &crate::query::CutName) {
    for unknown in unknowns {
        println!("unknown: {} {}", unknown.what, unknown.id);
    }
    println!("cut {}", cut.digest);
}

/// The exit status of an answer.
pub(super) const fn status(known: bool) -> u8 {
    if known {
        super::exit::OK
    } else {
        super::exit::UNKNOWN
    }
}
