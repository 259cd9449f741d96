//! The stages that an incident has reached.

use std::collections::BTreeMap;

use crate::assess::state::incidents::{Incident, Step};
use crate::assess::{About, Occurrence, Timeline};
use crate::replay::evidence::View;
use crate::replay::item::{Item, Stage};
use crate::replay::standing::{Holds, Standing};
use crate::replay::state::State;
use crate::schema::v1::ContainmentStep;
use crate::schema::v1::event::Body;

/// Puts in the stages of an incident; of the register those of all, by what the registry itself says: people
/// who were told one by one are in no registry.
pub(in crate::replay) fn stages(view: &View<'_>, into: &mut State) {
    if let About::Incident(id) = view.evidence.of() {
        of_one(id, &Incident::of(&view.timeline), view.ms, into);
        return;
    }
    let mut by_id: BTreeMap<&str, Vec<Occurrence>> = BTreeMap::new();
    for kind in 260..=269 {
        for one in view.register.of(kind) {
            if let Some(id) = incident_of(one) {
                by_id.entry(id).or_default().push(one.clone());
            }
        }
    }
    for (id, told) in by_id {
        // No more of them than are in the register's timeline, which was made.
        if let Ok(timeline) = Timeline::new(told) {
            of_one(id, &Incident::of(&timeline), view.ms, into);
        }
    }
}

fn incident_of(one: &Occurrence) -> Option<&str> {
    let id = match one.body() {
        Body::IncidentDetected(said) => &said.incident_id,
        Body::IncidentGraded(said) => &said.incident_id,
        Body::ContainmentTaken(said) => &said.incident_id,
        Body::AffectedSubjectsIdentified(said) => &said.incident_id,
        Body::RegulatorNotified(said) => &said.incident_id,
        Body::SubjectNotified(said) => &said.incident_id,
        Body::PublicNoticePosted(said) => &said.incident_id,
        Body::PoliceReported(said) => &said.incident_id,
        Body::IncidentClosed(said) => &said.incident_id,
        Body::PostIncidentReportFiled(said) => &said.incident_id,
        _ => return None,
    };
    Some(id)
}

fn of_one(id: &str, incident: &Incident<'_>, ms: i64, into: &mut State) {
    let mut put = |stage, standing: Option<Standing>| {
        if let Some(standing) = standing {
            let incident = id.to_owned();
            into.put(Item::Incident { incident, stage }, standing);
        }
    };
    put(Stage::Known, since(&incident.detections, ms));
    put(Stage::Graded, grade(incident, ms));
    put(Stage::Contained, containing(&incident.containments, ms));
    put(Stage::Counted, counted(incident, ms));
    put(Stage::RegulatorTold, told(&incident.reports, ms));
    put(Stage::PoliceTold, told(&incident.police, ms));
    put(Stage::PeopleTold, people_told(incident, ms));
    put(Stage::PublicTold, public_told(incident, ms));
    put(Stage::Closed, since(&incident.closings, ms));
    put(Stage::Reported, told(&incident.filings, ms));
}

/// Those of some steps that were done by a moment.
fn done<'a, 's, T>(steps: &'s [Step<'a, T>], ms: i64) -> &'s [Step<'a, T>] {
    &steps[..steps.partition_point(|step| step.ms <= ms)]
}

fn since<T>(steps: &[Step<'_, T>], ms: i64) -> Option<Standing> {
    let first = done(steps, ms).first()?;
    let holds = Holds::Since { ms: first.ms };
    Some(Standing::new(holds, [first.on.leaf.clone()]))
}

fn told<T>(steps: &[Step<'_, T>], ms: i64) -> Option<Standing> {
    let done = done(steps, ms);
    let holds = Holds::Told {
        count: done.len() as u64,
        first_ms: done.first()?.ms,
    };
    let leaves = done.iter().map(|step| step.on.leaf.clone());
    Some(Standing::new(holds, leaves))
}

fn grade(incident: &Incident<'_>, ms: i64) -> Option<Standing> {
    let step = incident.grade_at(ms)?;
    let holds = Holds::Grade {
        grade: step.said.as_str_name().to_owned(),
        ms: step.ms,
    };
    Some(Standing::new(holds, [step.on.leaf.clone()]))
}

fn containing(steps: &[Step<'_, ContainmentStep>], ms: i64) -> Option<Standing> {
    let done = done(steps, ms);
    done.first()?;
    let mut names: Vec<String> = Vec::new();
    for step in done {
        let name = step.said.as_str_name();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    let leaves = done.iter().map(|step| step.on.leaf.clone());
    Some(Standing::new(Holds::Containing { steps: names }, leaves))
}

fn counted(incident: &Incident<'_>, ms: i64) -> Option<Standing> {
    let step = incident.people_at(ms)?;
    let holds = Holds::People {
        people: step.said,
        ms: step.ms,
    };
    Some(Standing::new(holds, [step.on.leaf.clone()]))
}

/// People are counted once each; the leaf is the first notice's, since there may be a million.
fn people_told(incident: &Incident<'_>, ms: i64) -> Option<Standing> {
    let of_person = |notice: &&crate::assess::state::incidents::Notice<'_>| {
        !notice.is_public && notice.ms <= ms
    };
    let first = incident.notices.iter().find(of_person)?;
    let told = incident.told();
    let holds = Holds::Told {
        count: told.values().filter(|at| **at <= ms).count() as u64,
        first_ms: first.ms,
    };
    Some(Standing::new(holds, [first.on.leaf.clone()]))
}

fn public_told(incident: &Incident<'_>, ms: i64) -> Option<Standing> {
    let posted = incident.notices.iter();
    let posted: Vec<_> = posted
        .filter(|notice| notice.is_public && notice.ms <= ms)
        .collect();
    let holds = Holds::Told {
        count: posted.len() as u64,
        first_ms: posted.first()?.ms,
    };
    let leaves = posted.iter().map(|notice| notice.on.leaf.clone());
    Some(Standing::new(holds, leaves))
}
