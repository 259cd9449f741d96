//! Impact assessments: what they cover and until when (PIPL 55, 56).

use std::collections::{BTreeMap, BTreeSet};

use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::register::Register;
use crate::schema::v1::AssessmentResult;
use crate::schema::v1::event::Body;

/// `ImpactAssessmentRecorded`, in the envelope.
const RECORDED: u32 = 280;

/// An impact assessment, as the registry has it.
#[derive(Debug, Clone)]
pub struct Assessment<'a> {
    /// Its id.
    pub id: &'a str,
    /// The purposes it covers, by number.
    pub purposes: &'a [i32],
    /// The categories it covers, by number.
    pub categories: &'a [i32],
    /// The recipients it covers; empty where it covers none.
    pub recipients: BTreeSet<&'a str>,
    /// What it came to.
    pub result: AssessmentResult,
    /// When it was recorded, in ms since 1970.
    pub recorded_ms: i64,
    /// The first moment that it holds no more; none where it says no end.
    pub valid_until_ms: Option<i64>,
    /// Until when it is kept, in ms since 1970; none where it doesn't say.
    pub keep_until_ms: Option<i64>,
    /// The event that says so.
    pub said: &'a Occurrence,
}

/// What an assessment has to cover.
#[derive(Debug, Clone, Copy)]
pub struct Covered<'a> {
    /// The recipient; none where data goes to nobody.
    pub recipient: Option<&'a str>,
    /// The purpose; none where the event states none.
    pub purpose: Option<i32>,
    /// The categories.
    pub categories: &'a [i32],
    /// When it was done, in ms since 1970.
    pub ms: i64,
}

/// Why no assessment covers something: the nearest that any came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Uncovered {
    /// There is none.
    Missing,
    /// There is one, but for other data, purposes or recipients.
    TooNarrow,
    /// One that would cover it came only then or later; PIPL 55 asks for it before (事前).
    TooLate,
    /// One that would cover it came to the result that it may not be done.
    Failed,
    /// One that would cover it held no more.
    Expired,
}

/// All impact assessments.
#[derive(Debug, Default)]
pub struct Assessments<'a> {
    all: Vec<Assessment<'a>>,
    by_id: BTreeMap<&'a str, Vec<usize>>,
    by_recipient: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Assessments<'a> {
    /// Those that a register has.
    pub fn of(register: &'a Register) -> Self {
        let mut assessments = Self::default();
        for one in register.of(RECORDED).filter_map(read) {
            let place = assessments.all.len();
            assessments.by_id.entry(one.id).or_default().push(place);
            for recipient in &one.recipients {
                let places = assessments.by_recipient.entry(recipient).or_default();
                places.push(place);
            }
            assessments.all.push(one);
        }
        assessments
    }

    /// All of them, in order.
    pub fn all(&self) -> &[Assessment<'a>] {
        &self.all
    }

    /// Whether the register knows an assessment with an id.
    pub fn knows(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// The latest assessment that covers something and was recorded strictly before it was done, passed
    /// and still held then.
    ///
    /// # Errors
    /// [`Uncovered`], and the assessment that came nearest, where one did.
    pub fn covering(
        &self,
        what: &Covered<'_>,
    ) -> Result<&Assessment<'a>, (Uncovered, Option<&Assessment<'a>>)> {
        let mut nearest = (Uncovered::Missing, None);
        for one in self.of_recipient(what.recipient) {
            match one.covers(what) {
                Ok(()) => return Ok(one),
                Err(why) if why > nearest.0 => nearest = (why, Some(one)),
                Err(_) => {}
            }
        }
        Err(nearest)
    }

    /// Those for a recipient, latest first; all of them where there is no recipient.
    fn of_recipient(&self, id: Option<&str>) -> Vec<&Assessment<'a>> {
        match id {
            None => self.all.iter().rev().collect(),
            Some(id) => {
                let places = self.by_recipient.get(id).map_or(&[][..], Vec::as_slice);
                places.iter().rev().map(|place| &self.all[*place]).collect()
            }
        }
    }
}

impl Assessment<'_> {
    /// Whether it let the handling go ahead.
    pub const fn passed(&self) -> bool {
        matches!(
            self.result,
            AssessmentResult::AsPassed | AssessmentResult::AsPassedWithMeasures
        )
    }

    fn covers(&self, what: &Covered<'_>) -> Result<(), Uncovered> {
        let recipient = what.recipient.is_none_or(|id| self.recipients.contains(id));
        let purpose = what
            .purpose
            .is_none_or(|purpose| self.purposes.contains(&purpose));
        let mut categories = what.categories.iter();
        let categories = categories.all(|category| self.categories.contains(category));
        if !(recipient && purpose && categories) {
            Err(Uncovered::TooNarrow)
        } else if self.recorded_ms >= what.ms {
            Err(Uncovered::TooLate)
        } else if !self.passed() {
            Err(Uncovered::Failed)
        } else if self.valid_until_ms.is_some_and(|until| until <= what.ms) {
            Err(Uncovered::Expired)
        } else {
            Ok(())
        }
    }
}

fn read(said: &Occurrence) -> Option<Assessment<'_>> {
    let Body::ImpactAssessmentRecorded(body) = said.body() else {
        return None;
    };
    let recipients = [&body.recipient_id].into_iter().chain(&body.recipient_ids);
    let recipients = recipients.map(String::as_str).filter(|id| !id.is_empty());
    Some(Assessment {
        id: &body.assessment_id,
        purposes: &body.purposes,
        categories: &body.categories,
        recipients: recipients.collect(),
        result: body.result(),
        recorded_ms: said.occurred_at_ms,
        valid_until_ms: body.valid_until.as_ref().map(ms_of),
        keep_until_ms: body.keep_until.as_ref().map(ms_of),
        said,
    })
}

#[cfg(test)]
mod tests;
