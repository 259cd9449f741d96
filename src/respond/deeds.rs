//! Which event of an incident may be said next, by how it stands.

use custodia_core::schema::v1::IncidentGrade;
use custodia_core::schema::v1::event::Body;

use super::Error;
use super::incident::IncidentAnswer;
use crate::query::Word;

/// Holds an event that is about to be published against how the incident stands. What comes back is to be
/// told to whoever publishes it; it hinders nothing.
///
/// # Errors
/// [`Error::NoSuchIncident`], and [`Error::DoesNotFit`] where the event says what is on record already;
/// `again` lets it through all the same.
pub fn remarks(body: &Body, stands: &IncidentAnswer, again: bool) -> Result<Vec<String>, Error> {
    if let Body::IncidentDetected(_) = body {
        return opened(stands, again);
    }
    if !stands.known {
        return Err(Error::NoSuchIncident(stands.incident.clone()));
    }
    match body {
        Body::IncidentGraded(said) => graded(said.grade(), stands, again),
        Body::AffectedSubjectsIdentified(said) => {
            listed(&hex::encode(&said.subject_set_root_sha256), stands, again)
        }
        Body::PublicNoticePosted(_) => Ok(posted(stands)),
        Body::IncidentClosed(_) => closed(stands, again),
        Body::PostIncidentReportFiled(_) => Ok(filed(stands)),
        _ => Ok(Vec::new()),
    }
}

fn opened(stands: &IncidentAnswer, again: bool) -> Result<Vec<String>, Error> {
    let since = stands
        .known_at
        .map_or_else(String::new, |at| format!(" since {at}"));
    match (stands.stage.as_str(), again) {
        ("unknown", _) => Ok(Vec::new()),
        (stage, false) => Err(refused(
            stands,
            format!(
                "it is on record{since}, and {stage}; give --again to add what came to light, or to open it again"
            ),
        )),
        ("closed", true) => Ok(vec![format!(
            "it was closed and is open again; the clocks of the law run{since}, as before"
        )]),
        (_, true) => Ok(vec![format!("the clocks of the law run{since}, as before")]),
    }
}

fn graded(
    grade: IncidentGrade,
    stands: &IncidentAnswer,
    again: bool,
) -> Result<Vec<String>, Error> {
    let now = stands.grade.as_ref().map(|word| word.value.as_str());
    if now == Some(grade.as_str_name()) && !again {
        let why = format!(
            "{} is its grade already; give --again to say so anew",
            shown(stands)
        );
        return Err(refused(stands, why));
    }
    let mut remarks = Vec::new();
    if now.is_some() && !stands.told.regulators.is_empty() {
        let told: Vec<String> = stands
            .told
            .regulators
            .iter()
            .map(|(authority, at)| format!("{authority} ({at})"))
            .collect();
        remarks.push(format!(
            "reports went out under the grade {}: {}; tell them the new one with `incident report`",
            shown(stands),
            told.join(", ")
        ));
    }
    if grade >= IncidentGrade::BrGradeLarger && stands.told.regulators.is_empty() {
        remarks.push("the provincial cyberspace administration is to be told (R25)".to_owned());
    }
    Ok(remarks)
}

fn listed(root: &str, stands: &IncidentAnswer, again: bool) -> Result<Vec<String>, Error> {
    let Some(list) = &stands.list else {
        return Ok(Vec::new());
    };
    if list.root == root && !again {
        let why = format!(
            "this list is on record since {}; give --again to say so anew",
            list.time
        );
        return Err(refused(stands, why));
    }
    let people = stands.told.people;
    Ok(vec![format!(
        "it takes the place of the list of {} people of {}; {people} people were told so far",
        list.count, list.time
    )])
}

fn posted(stands: &IncidentAnswer) -> Vec<String> {
    match stands.told.public_notice {
        Some(at) => vec![format!(
            "a public notice stands since {at}; this is a further one"
        )],
        None => Vec::new(),
    }
}

fn closed(stands: &IncidentAnswer, again: bool) -> Result<Vec<String>, Error> {
    if stands.stage == "closed" && !again {
        return Err(refused(
            stands,
            "it is closed already; give --again to say so anew".to_owned(),
        ));
    }
    let mut remarks = Vec::new();
    if stands.told.public_notice_must_stand_in {
        let untold = stands.told.untold.unwrap_or_default();
        remarks.push(format!(
            "{untold} people of the list are not told, and no public notice stands in for them (L262)"
        ));
    }
    let open = stands
        .clocks
        .iter()
        .filter(|clock| matches!(clock.state.as_str(), "running" | "missed"));
    remarks.extend(open.map(|clock| format!("{} is {}: {}", clock.rule, clock.state, clock.en)));
    Ok(remarks)
}

fn filed(stands: &IncidentAnswer) -> Vec<String> {
    if stands.stage == "closed" {
        return Vec::new();
    }
    vec!["it is not closed yet; the report after it is owed from its closing on (R27)".to_owned()]
}

fn shown(stands: &IncidentAnswer) -> &str {
    stands.grade.as_ref().map_or("none", Word::shown)
}

fn refused(stands: &IncidentAnswer, why: String) -> Error {
    Error::DoesNotFit {
        incident: stands.incident.clone(),
        why,
    }
}
