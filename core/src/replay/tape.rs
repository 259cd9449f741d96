//! A timeline as steps that change a state.

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::evidence::Evidence;
use super::item::Item;
use super::recorder::Recorder;
use super::state::State;
use crate::assess::LeafAt;

/// The most events that are looked at for one tape, each as often as it is folded or judged anew. At every
/// moment at which something happens all that happened before is judged again, so a long life costs the square
/// of its length; beyond this the answer is an error, so that an answer's time is bounded by a constant. It lets
/// more than five thousand events of different moments be played whole, and any number in part.
pub const MOST_LOOKED_AT: u64 = 16_000_000;

/// The period that a tape is of; a tape's end may lie after now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first moment, in ms since 1970; none to begin with the timeline's first event.
    pub from_ms: Option<i64>,
    /// The last moment.
    pub to_ms: i64,
}

/// One step: an event, or a moment at which something begins or ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When, in ms since 1970.
    pub ms: i64,
    /// The event: one of the timeline, or one of the register that changes something; none where time alone does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<LeafAt>,
    /// What it changes, in the order of items; of several events of one moment the timeline's last has what is
    /// judged.
    pub changes: Vec<Change>,
}

/// A timeline as the state before it and the changes of each step, in the order in which they happened: by
/// moment; within one moment first what time alone does, then events by record time, log and index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tape {
    /// The moment before its first one, in ms since 1970.
    pub begin_ms: i64,
    /// Its last moment.
    pub end_ms: i64,
    /// The state at `begin_ms`.
    pub begin: State,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A period in which too much happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "too much happened in the period to play it whole: more than {MOST_LOOKED_AT} events would be looked at \
     again; it got as far as {reached_ms} ms since 1970"
)]
pub struct TooLong {
    /// How far it got, in ms since 1970.
    pub reached_ms: i64,
}

impl Tape {
    /// The tape of what the evidence has in a period. The state after its steps up to a moment is
    /// [`State::at`] that moment.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn record(evidence: &Evidence<'_>, window: &Window) -> Result<Self, TooLong> {
        let first = evidence.timeline().iter().next();
        let before = |ms: i64| ms.saturating_sub(1);
        let begin_ms = window
            .from_ms
            .or(first.map(|one| one.occurred_at_ms))
            .map_or(window.to_ms, before)
            .min(window.to_ms);
        let begin = State::at(evidence, begin_ms);
        let mut recorder = Recorder::at(evidence, begin_ms);
        recorder.record_until(window.to_ms)?;
        Ok(Self {
            begin_ms,
            end_ms: window.to_ms,
            begin,
            steps: recorder.into_steps(),
        })
    }

    /// The place of the first step at which a finding of a rule that judges a leaf, or else that rests on it,
    /// begins; and the leaves that it rests on then.
    pub fn begin_of(&self, rule: u8, leaf: &LeafAt) -> Option<(usize, &[LeafAt])> {
        let begins = |judged_alone: bool| {
            self.steps.iter().enumerate().find_map(|(place, step)| {
                let begins = step.changes.iter().find_map(|change| {
                    let Item::Finding(finding) = &change.item else {
                        return None;
                    };
                    let after = change.after.as_ref().filter(|_| finding.rule == rule)?;
                    let is_it = if judged_alone {
                        finding.judged.as_ref() == Some(leaf)
                    } else {
                        after.leaves.contains(leaf)
                    };
                    (is_it && change.before.is_none()).then_some(after.leaves.as_slice())
                });
                begins.map(|leaves| (place, leaves))
            })
        };
        begins(true).or_else(|| begins(false))
    }
}
