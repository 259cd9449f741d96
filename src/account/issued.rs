//! Extracts that left and show a person: they can't be called back, so an erasure names them.

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::schema::LEDGER_PRODUCER;
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{ExtractIssued, ExtractRequested};
use custodia_core::verdict::{TopicRole, Verdict};
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Seen, some};
use super::stream::occurrence;
use crate::project::{Page, VerdictKind};
use crate::query::{self, Standpoint, Word};

/// `LedgerQueried`, in the envelope.
const LOOKED: u32 = 320;
/// Rows and leaves read at once.
const PAGE: usize = 4096;

/// An extract that left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedExtract {
    /// Its id, hex.
    pub extract_id: String,
    /// What it opens.
    pub profile: Option<Word>,
    /// Who asked for it: the holder. None of extracts that were issued before that was put on record.
    pub requester: Option<Word>,
    /// The authority or office; 本人 for the person.
    pub requester_name: Option<String>,
    /// Why the law let them.
    pub legal_basis: Option<Word>,
    /// Where it is on record.
    pub issued: Seen,
}

/// The ids of extracts that show a person by reference, as the looks at the person say.
pub(super) fn ids_of_person(
    from: &Standpoint<'_>,
    references: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Error> {
    let mut ids = BTreeSet::new();
    for log in from.logs().filter(|log| log.role == TopicRole::Access) {
        for reference in references {
            let mut page = Page {
                most: PAGE,
                ..Page::all_below(from.size_of(log))
            };
            loop {
                let rows = log.rows.leaves_of_subject(reference.as_bytes(), &page);
                let rows = rows.map_err(query::Error::from)?;
                let looks = rows.iter().filter(|row| {
                    row.body_number == Some(LOOKED) && row.verdict == VerdictKind::Accepted
                });
                for row in looks {
                    if let Some(one) = occurrence(from, log, row.index)?
                        && let Body::LedgerQueried(said) = one.body()
                    {
                        ids.extend(some(&said.extract_id));
                    }
                }
                match rows.last() {
                    Some(last) if rows.len() == PAGE => page.from = last.index + 1,
                    _ => break,
                }
            }
        }
    }
    Ok(ids)
}

/// What the registry has of extracts with these ids, in the order in which they were issued.
pub(super) fn extracts(
    from: &Standpoint<'_>,
    ids: &BTreeSet<String>,
) -> Result<Vec<IssuedExtract>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (mut requested, mut issued) = (BTreeMap::new(), Vec::new());
    for log in from.logs().filter(|log| log.role == TopicRole::Registry) {
        let (mut begin, end) = (0, from.size_of(log));
        while begin < end {
            let page = Page {
                from: begin,
                ..Page::all_below(end.min(begin + PAGE as u64))
            };
            for (index, row) in log.rows.verdicts(&page).map_err(query::Error::from)? {
                let accepted = row.verdict.as_ref().is_some_and(Verdict::is_accepted);
                if !accepted || row.producer.as_deref() != Some(LEDGER_PRODUCER) {
                    continue;
                }
                let Some(one) = occurrence(from, log, index)? else {
                    continue;
                };
                match one.body() {
                    Body::ExtractRequested(said) => {
                        requested.insert(said.extract_request_id.clone(), said.clone());
                    }
                    Body::ExtractIssued(said) if ids.contains(&said.extract_id) => {
                        let asked = requested.get(&said.extract_request_id);
                        issued.push(shown(said, asked, Seen::of(&one)));
                    }
                    _ => {}
                }
            }
            begin = page.below;
        }
    }
    Ok(issued)
}

fn shown(said: &ExtractIssued, asked: Option<&ExtractRequested>, issued: Seen) -> IssuedExtract {
    IssuedExtract {
        extract_id: said.extract_id.clone(),
        profile: Word::of("RedactionProfile", said.profile),
        requester: asked.and_then(|asked| Word::of("RequesterKind", asked.requester)),
        requester_name: asked.and_then(|asked| some(&asked.requester_name)),
        legal_basis: asked.and_then(|asked| Word::of("LegalBasisOfReading", asked.legal_basis)),
        issued,
    }
}
