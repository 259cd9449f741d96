//! Incidents: known, graded, contained, told, closed.

use std::collections::BTreeMap;

use crate::assess::occurrence::{Occurrence, ms_of};
use crate::assess::timeline::Timeline;
use crate::schema::v1::event::Body;
use crate::schema::v1::{
    AffectedSubjectsIdentified, ContainmentStep, IncidentGrade, NoticeContent, RegulatorNotified,
    ReportedBody,
};

/// An event of an incident, and when what it tells of was done, in ms since 1970: by the event's own field
/// where it has one, else when it happened.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a, T> {
    /// The occurrence.
    pub on: &'a Occurrence,
    /// When it was done, in ms since 1970.
    pub ms: i64,
    /// What it says.
    pub said: T,
}

/// How many people an incident touches, as some event of it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// An estimate, at detection.
    Estimated(u64),
    /// By a grading.
    ByGrading(u64),
    /// A sealed list of the people.
    Listed(u64),
    /// At the end.
    Final(u64),
}

/// A notice to a person, or to the public.
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    /// The occurrence.
    pub on: &'a Occurrence,
    /// When the notice was given, in ms since 1970.
    pub ms: i64,
    /// What it says, as far as the event states it; empty where the event doesn't.
    pub contents: Vec<NoticeContent>,
    /// Whether everyone could see it; else it went to the person whom the envelope names.
    pub is_public: bool,
}

/// Everything that the timeline of one incident says of it; each list in the order of time.
#[derive(Debug, Default)]
pub struct Incident<'a> {
    /// Detections; `ms` is when the operator knew. The first is the one from which legal clocks run: a later
    /// detection or grading never moves it.
    pub detections: Vec<Step<'a, ()>>,
    /// Whether any detection names critical infrastructure.
    pub is_critical: bool,
    /// Grades given.
    pub grades: Vec<Step<'a, IncidentGrade>>,
    /// Measures of containment.
    pub containments: Vec<Step<'a, ContainmentStep>>,
    /// Counts of people.
    pub counts: Vec<Step<'a, Counted>>,
    /// Lists of the people affected.
    pub affected: Vec<Step<'a, &'a AffectedSubjectsIdentified>>,
    /// Reports to regulators.
    pub reports: Vec<Step<'a, &'a RegulatorNotified>>,
    /// Reports to the police.
    pub police: Vec<Step<'a, ()>>,
    /// Notices to people and to the public.
    pub notices: Vec<Notice<'a>>,
    /// Closings.
    pub closings: Vec<Step<'a, ()>>,
    /// Closing reports, and with whom they were filed.
    pub filings: Vec<Step<'a, ReportedBody>>,
}

impl<'a> Incident<'a> {
    /// The incident whose timeline this is.
    pub fn of(timeline: &'a Timeline) -> Self {
        let mut incident = Self::default();
        for one in timeline {
            incident.add(one);
        }
        incident.sort();
        incident
    }

    /// When the operator first knew of it, and the event that says so; none where no detection is there.
    pub fn known(&self) -> Option<Step<'a, ()>> {
        self.detections.first().copied()
    }

    /// The grade in force at a moment: the last given then or before.
    pub fn grade_at(&self, ms: i64) -> Option<Step<'a, IncidentGrade>> {
        let until = self.grades.partition_point(|grade| grade.ms <= ms);
        until.checked_sub(1).map(|last| self.grades[last])
    }

    /// The highest grade that counts for a duty due at `due_ms`: the one in force then, or one given later.
    /// A grade that was corrected downwards before the duty was due doesn't count.
    pub fn grade_for(&self, due_ms: i64) -> Option<Step<'a, IncidentGrade>> {
        let later = self
            .grades
            .iter()
            .copied()
            .filter(|grade| grade.ms > due_ms);
        let counting = self.grade_at(due_ms).into_iter().chain(later);
        // Of equal grades the first.
        counting.reduce(|a, b| if b.said > a.said { b } else { a })
    }

    /// How many people it touches, by what is known at a moment: of a list, of gradings and of the end the
    /// most, since none of them takes people off the list; else the last estimate.
    pub fn people_at(&self, ms: i64) -> Option<Step<'a, u64>> {
        let known = || self.counts.iter().filter(|count| count.ms <= ms);
        let number = |count: &Step<'a, Counted>| Step {
            on: count.on,
            ms: count.ms,
            said: count.said.people(),
        };
        let firm = known().filter(|count| !matches!(count.said, Counted::Estimated(_)));
        let most = firm
            .map(number)
            .reduce(|a, b| if b.said > a.said { b } else { a });
        most.or_else(|| known().next_back().map(number))
    }

    /// For each person told, by reference, when first, in ms since 1970.
    pub fn told(&self) -> BTreeMap<&'a str, i64> {
        let mut told = BTreeMap::new();
        for notice in self.notices.iter().filter(|notice| !notice.is_public) {
            if let Some(subject) = notice.on.subject() {
                told.entry(subject).or_insert(notice.ms);
            }
        }
        told
    }

    fn add(&mut self, one: &'a Occurrence) {
        let step = Step {
            on: one,
            ms: done_ms(one),
            said: (),
        };
        match one.body() {
            Body::IncidentDetected(body) => {
                self.detections.push(step);
                self.is_critical |= body.critical_infrastructure == Some(true);
                let count = body.estimated_count.map(Counted::Estimated);
                self.counts.extend(count.map(|count| step.saying(count)));
            }
            Body::IncidentGraded(body) => {
                self.grades.push(step.saying(body.grade()));
                let count = body.person_count.map(Counted::ByGrading);
                self.counts.extend(count.map(|count| step.saying(count)));
            }
            Body::ContainmentTaken(body) => {
                self.containments.push(step.saying(body.step()));
            }
            Body::AffectedSubjectsIdentified(body) => {
                self.affected.push(step.saying(body));
                let count = body.subject_count.map(Counted::Listed);
                self.counts.extend(count.map(|count| step.saying(count)));
            }
            Body::RegulatorNotified(body) => {
                self.reports.push(step.saying(body));
            }
            Body::PoliceReported(_) => self.police.push(step),
            Body::SubjectNotified(body) => self.notices.push(Notice {
                on: one,
                ms: step.ms,
                contents: body.contents().collect(),
                is_public: false,
            }),
            Body::PublicNoticePosted(body) => self.notices.push(Notice {
                on: one,
                ms: step.ms,
                contents: body.contents().collect(),
                is_public: true,
            }),
            Body::IncidentClosed(body) => {
                self.closings.push(step);
                let count = body.final_count.map(Counted::Final);
                self.counts.extend(count.map(|count| step.saying(count)));
            }
            Body::PostIncidentReportFiled(body) => {
                self.filings.push(step.saying(body.authority()));
            }
            _ => {}
        }
    }

    /// By the moment that counts, and within one moment by the event's id, so that the order of arrival, which
    /// says nothing of what came first, decides nothing.
    fn sort(&mut self) {
        self.detections.sort_by_key(Step::order);
        self.grades.sort_by_key(Step::order);
        self.containments.sort_by_key(Step::order);
        self.counts.sort_by_key(Step::order);
        self.affected.sort_by_key(Step::order);
        self.reports.sort_by_key(Step::order);
        self.police.sort_by_key(Step::order);
        self.notices
            .sort_by_key(|notice| (notice.ms, notice.on.event.event_id.as_slice()));
        self.closings.sort_by_key(Step::order);
        self.filings.sort_by_key(Step::order);
    }
}

/// When what an event of an incident tells of was done, in ms since 1970: by the event's own field where it
/// has one, else when it happened.
pub fn done_ms(one: &Occurrence) -> i64 {
    let own = match one.body() {
        Body::IncidentDetected(body) => &body.known_at,
        Body::RegulatorNotified(body) => &body.notified_at,
        Body::PoliceReported(body) => &body.reported_at,
        Body::PublicNoticePosted(body) => &body.posted_at,
        Body::IncidentClosed(body) => &body.closed_at,
        Body::PostIncidentReportFiled(body) => &body.filed_at,
        _ => &None,
    };
    own.as_ref().map_or(one.occurred_at_ms, ms_of)
}

impl<'a, T> Step<'a, T> {
    fn order(&self) -> (i64, &'a [u8]) {
        (self.ms, self.on.event.event_id.as_slice())
    }
}

impl<'a> Step<'a, ()> {
    const fn saying<T>(self, said: T) -> Step<'a, T> {
        Step {
            on: self.on,
            ms: self.ms,
            said,
        }
    }
}

impl Counted {
    /// How many people.
    pub const fn people(self) -> u64 {
        match self {
            Self::Estimated(people)
            | Self::ByGrading(people)
            | Self::Listed(people)
            | Self::Final(people) => people,
        }
    }
}
