//! The register of provision as one table for spreadsheets: a row a provision, an entrustment, an activity.

use custodia_core::report::Csv;

use crate::account::{ActivityRow, EntrustmentRow, ProvisionRow, ProvisionsAnswer};
use crate::query::{Time, Word};

const COLUMNS: [(&str, &str); 19] = [
    ("类别", "kind"),
    ("接收方编号", "recipient id"),
    ("接收方名称", "recipient"),
    ("联系方式", "contact"),
    ("法律角色", "legal role"),
    ("目的", "purpose"),
    ("种类", "categories"),
    ("情形", "case"),
    ("依据", "basis"),
    ("来源", "source"),
    ("存储", "stores"),
    ("件数", "events"),
    ("记录数", "records"),
    ("首次", "first"),
    ("末次", "last"),
    ("目的地", "destination"),
    ("存放国家", "storage countries"),
    ("协议摘要", "agreement sha256"),
    ("协议到期", "agreement until"),
];

/// The register in one table.
pub(super) fn text(answer: &ProvisionsAnswer) -> String {
    let mut text = String::new();
    // A string takes everything.
    let _ = write_table(answer, &mut text);
    text
}

fn write_table(answer: &ProvisionsAnswer, text: &mut String) -> std::fmt::Result {
    let mut csv = Csv::new(text, &COLUMNS)?;
    let provisions = answer.provisions.iter().map(provision);
    let entrustments = answer.entrustments.iter().map(entrustment);
    let activities = answer.activities.iter().map(activity);
    for cells in provisions.chain(entrustments).chain(activities) {
        csv.row(cells.iter().map(String::as_str))?;
    }
    Ok(())
}

/// One row, its cells in the order of the columns.
type Cells = [String; COLUMNS.len()];

fn provision(row: &ProvisionRow) -> Cells {
    [
        format!("提供 {}", row.event),
        row.recipient_id.clone(),
        said(row.recipient.as_ref()),
        said(row.contact.as_ref()),
        both(row.legal_role.as_ref()),
        both(row.purpose.as_ref()),
        all(&row.categories),
        both(row.case.as_ref()),
        both(row.basis.as_ref()),
        String::new(),
        String::new(),
        row.events.to_string(),
        row.records.to_string(),
        row.first.to_string(),
        row.last.to_string(),
        said(row.destination.as_ref()),
        row.storage_countries.join("; "),
        said(row.agreement_sha256.as_ref()),
        time(row.agreement_until),
    ]
}

fn entrustment(row: &EntrustmentRow) -> Cells {
    let mut cells = Cells::default();
    cells[0] = format!("委托 {}", row.entrustment_id);
    cells[1].clone_from(&row.recipient_id);
    cells[2] = said(row.recipient.as_ref());
    cells[5] = all(&row.purposes);
    cells[6] = all(&row.categories);
    cells[13] = time(row.started);
    cells[14] = time(row.ends);
    cells[16] = said(row.storage_country.as_ref());
    cells[17] = said(row.agreement_sha256.as_ref());
    cells
}

fn activity(row: &ActivityRow) -> Cells {
    let mut cells = Cells::default();
    cells[0] = format!("收集 {}", row.event);
    cells[1] = row.recipients.join("; ");
    cells[4] = all(&row.people);
    cells[5] = both(row.purpose.as_ref());
    cells[6] = all(&row.categories);
    cells[8] = both(row.basis.as_ref());
    cells[9] = said(row.source.as_ref());
    cells[10] = row.stores.join("; ");
    cells[11] = row.events.to_string();
    cells[13] = row.first.to_string();
    cells[14] = row.last.to_string();
    cells
}

fn both(word: Option<&Word>) -> String {
    word.map_or_else(String::new, named)
}

fn all(words: &[Word]) -> String {
    words.iter().map(named).collect::<Vec<_>>().join("; ")
}

fn time(time: Option<Time>) -> String {
    time.map_or_else(String::new, |time| time.to_string())
}

fn said(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

/// A word by its Chinese name, which counts, and its value.
fn named(word: &Word) -> String {
    match &word.zh {
        Some(zh) => format!("{zh} {}", word.value),
        None => word.value.clone(),
    }
}
