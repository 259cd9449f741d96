//! Which exemptions are used, how often, and with which citation? (question 11)

use std::collections::BTreeMap;

use custodia_core::assess::LeafAt;
use custodia_core::schema::v1::Basis;
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Seen, When};
use super::stream::{Period, accepted};
use crate::assess::FindingsDesk;
use crate::query::{CutName, Time, Word};

/// Lines of one answer; each has a citation of its own.
const MOST_LINES: usize = 10_000;
/// Leaves shown of each line.
const SAMPLES: usize = 5;

/// Which exemptions were claimed in a period?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExemptionsQuestion {
    /// The first moment, by the events.
    pub from: Option<Time>,
    /// The last moment, by the events.
    pub to: Option<Time>,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
}

/// The exemptions of collecting (`EXC_`) and of outflows (`EXO_`) that events claim. Names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExemptionsAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// What was claimed, by exemption, event and citation.
    pub uses: Vec<ExemptionUse>,
}

/// One exemption with one citation, as events of one kind claim it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExemptionUse {
    /// The exemption.
    pub exemption: Word,
    /// The kind of event.
    pub event: String,
    /// What is cited; none where nothing is, which breaks R07.
    pub citation: Option<String>,
    /// How often.
    pub count: u64,
    /// The first leaves.
    pub samples: Vec<LeafAt>,
}

/// Exemption, event and citation → how often, and the first leaves.
type Lines = BTreeMap<(Word, String, Option<String>), (u64, Vec<LeafAt>)>;

impl ExemptionsQuestion {
    /// The answer. It reads through the whole ledger and holds one page of it.
    ///
    /// # Errors
    /// [`Error::BadQuestion`]; [`Error::TooLarge`] beyond 10,000 different lines; what keeps rows or leaves
    /// from being read.
    pub fn answer(&self, desk: &FindingsDesk) -> Result<ExemptionsAnswer, Error> {
        let period = Period {
            from: self.from,
            to: self.to,
        };
        period.check()?;
        let when = When {
            as_of: self.as_of.as_deref(),
            at: None,
        };
        let from = when.standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let mut lines = Lines::new();
        accepted(&from, judging.register(), period, &mut |one| {
            let Some(basis) = basis_of(one.body()) else {
                return Ok(());
            };
            let collection = Word::of("CollectionExemption", basis.collection_exemption);
            let outflow = Word::of("OutflowExemption", basis.outflow_exemption);
            for exemption in collection.into_iter().chain(outflow) {
                let citation = super::asked::some(&basis.citation);
                let key = (exemption, Seen::of(one).event, citation);
                if lines.len() == MOST_LINES && !lines.contains_key(&key) {
                    return Err(Error::TooLarge {
                        what: "different citations",
                        limit: MOST_LINES,
                    });
                }
                let (count, samples) = lines.entry(key).or_default();
                *count += 1;
                // A disclosure under a gag names nobody in front; where it stands is for few to see.
                if samples.len() < SAMPLES && one.subject().is_some() {
                    samples.push(one.leaf.clone());
                }
            }
            Ok(())
        })?;
        let uses = lines
            .into_iter()
            .map(
                |((exemption, event, citation), (count, samples))| ExemptionUse {
                    exemption,
                    event,
                    citation,
                    count,
                    samples,
                },
            );
        Ok(ExemptionsAnswer {
            cut: CutName::from(from.cut()),
            uses: uses.collect(),
        })
    }
}

/// What an event of taking or giving rests on.
pub(super) fn basis_of(body: &Body) -> Option<&Basis> {
    match body {
        Body::DataCollected(said) => said.basis.as_ref(),
        Body::DataReceivedFromThirdParty(said) => said.basis.as_ref(),
        Body::DataShared(said) => said.basis.as_ref(),
        Body::DataTransferred(said) => said.basis.as_ref(),
        Body::DataDisclosed(said) => said.basis.as_ref(),
        _ => None,
    }
}
