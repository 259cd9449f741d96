//! Items, standings and changes in words for people.

use custodia_core::assess::{About, Due};
use custodia_core::replay::{
    AgreementWord, Change, CoverWord, EntrustmentWord, Holds, Item, Judged, Stage, Standing,
};

use crate::query::Time;

/// What an item is, e.g. `consent c-1`.
pub fn item(item: &Item) -> String {
    match item {
        Item::Policy => "policy".to_owned(),
        Item::SdkList => "list of SDKs".to_owned(),
        Item::Recipient { recipient } => format!("recipient {recipient}"),
        Item::Entrustment {
            recipient,
            entrustment,
        } => format!("entrustment {entrustment} to {recipient}"),
        Item::Safeguard { measure } => format!("safeguard {measure}"),
        Item::Consent { consent } => format!("consent {consent}"),
        Item::Permission { permission } => format!("permission {permission}"),
        Item::OptOut { channel } => format!("opt-out {channel}"),
        Item::Request { request } => format!("request {request}"),
        Item::Complaint { complaint } => format!("complaint {complaint}"),
        Item::Cover { cover, id } => format!("{} {id}", cover_word(*cover)),
        Item::Incident { incident, stage } => {
            format!("incident {incident} {}", stage_word(*stage))
        }
        Item::Clock(judged) => format!("clock {}", name(judged)),
        Item::Finding(judged) => format!("finding {}", name(judged)),
    }
}

/// How it stands, e.g. `given (CS_SEPARATE) until 2026-11-25T00:00:00.000Z`.
pub fn standing(standing: &Standing) -> String {
    match &standing.holds {
        Holds::PolicyInForce {
            version,
            effective_ms,
        } => format!("{version} since {}", Time(*effective_ms)),
        Holds::SdksListed { sdks } => sdks.join(", "),
        Holds::Registered { .. } => registered(&standing.holds),
        Holds::Entrusted { stage, until_ms } => {
            let word = match stage {
                EntrustmentWord::Holds => "holds",
                EntrustmentWord::Ended => "ended, deletion not confirmed",
                EntrustmentWord::Deleted => "ended, deletion confirmed",
            };
            format!("{word}{}", until(*until_ms))
        }
        Holds::Attested { until_ms } => format!("attested{}", until(Some(*until_ms))),
        Holds::Given { .. } => given(&standing.holds),
        Holds::NotGiven { why, .. } => why.clone(),
        Holds::On => "on".to_owned(),
        Holds::Off => "off".to_owned(),
        Holds::OptedOut => "holds".to_owned(),
        Holds::Open {
            kind,
            received_ms,
            due_ms,
            verified,
        } => {
            let due = due_ms.map_or_else(String::new, |ms| format!(", due {}", Time(ms)));
            let who = if *verified { ", person recognised" } else { "" };
            format!("{kind} of {}{due}{who}", Time(*received_ms))
        }
        Holds::MayStay {
            categories,
            store,
            until_ms,
        } => {
            let store = store
                .as_ref()
                .map_or_else(String::new, |store| format!(" in {store}"));
            format!("{}{store}{}", categories.join(", "), until(*until_ms))
        }
        Holds::Since { ms } => format!("since {}", Time(*ms)),
        Holds::Grade { grade, ms } => format!("{grade} since {}", Time(*ms)),
        Holds::Containing { steps } => steps.join(", "),
        Holds::People { people, ms } => format!("{people} people, by {}", Time(*ms)),
        Holds::Told { count, first_ms } => format!("{count}, first {}", Time(*first_ms)),
        Holds::Running { due, sentence } => format!("{}: {}", due_words(due), sentence.en),
        Holds::Stands {
            result,
            since_ms,
            sentence,
            ..
        } => format!(
            "{} since {}: {}",
            result.name(),
            Time(*since_ms),
            sentence.en
        ),
    }
}

/// A change in one line: `+ consent c-1: given …`, `~ …: … -> …`, `- …`.
pub fn change(change: &Change) -> String {
    let what = item(&change.item);
    match (&change.before, &change.after) {
        (None, Some(after)) => format!("+ {what}: {}", standing(after)),
        (Some(_), None) => format!("- {what}"),
        (Some(before), Some(after)) => {
            let (was, is) = (standing(before), standing(after));
            if was == is || is_told_anew(before, after) {
                format!("~ {what}: {is} (told anew)")
            } else {
                format!("~ {what}: {was} -> {is}")
            }
        }
        (None, None) => what,
    }
}

/// Whether a finding or a clock stands as before, and only what it rests on or says is another.
fn is_told_anew(before: &Standing, after: &Standing) -> bool {
    match (&before.holds, &after.holds) {
        (
            Holds::Stands {
                result, since_ms, ..
            },
            Holds::Stands {
                result: now,
                since_ms: since,
                ..
            },
        ) => (result, since_ms) == (now, since),
        (Holds::Running { due, .. }, Holds::Running { due: now, .. }) => due == now,
        _ => false,
    }
}

fn name(judged: &Judged) -> String {
    let rule = format!("R{:02} {}", judged.rule, judged.cause);
    let leaf = judged.judged.as_ref().map(|leaf| {
        // Without the ledger's name, as everywhere.
        let log = leaf
            .log
            .split_once('/')
            .map_or(leaf.log.as_str(), |(_, rest)| rest);
        format!("@{log}#{}", leaf.index)
    });
    let about = match &judged.about {
        About::Subject(_) | About::Operator => None,
        About::Recipient(id) | About::Incident(id) | About::Producer(id) => Some(id.as_str()),
    };
    let concerned = judged.recipient.as_deref().or(about);
    let concerned = concerned.map(|id| format!(" ({id})"));
    [Some(rule), leaf, concerned]
        .into_iter()
        .flatten()
        .collect()
}

fn registered(holds: &Holds) -> String {
    let Holds::Registered {
        kind,
        agreement,
        confidentiality,
        assessed,
        terminated_ms,
        ..
    } = holds
    else {
        return String::new();
    };
    if let Some(ms) = terminated_ms {
        return format!("{kind}, terminated since {}", Time(*ms));
    }
    let agreement = match agreement {
        AgreementWord::Missing => "no agreement",
        AgreementWord::NotBegun => "agreement not begun",
        AgreementWord::InForce => "agreement in force",
        AgreementWord::Ended => "agreement ended",
    };
    let assessed = assessed.as_deref().unwrap_or("not assessed");
    let confidentiality = if *confidentiality {
        ", confidential"
    } else {
        ""
    };
    format!("{kind}, {agreement}, {assessed}{confidentiality}")
}

fn given(holds: &Holds) -> String {
    let Holds::Given {
        strength,
        purposes,
        categories,
        recipients,
        until_ms,
        by,
    } = holds
    else {
        return String::new();
    };
    let by = by
        .as_ref()
        .map_or_else(String::new, |by| format!(" by {by}"));
    let to = if recipients.is_empty() {
        String::new()
    } else {
        format!(" to {}", recipients.join(", "))
    };
    format!(
        "given{by} ({strength}) for {}: {}{to}{}",
        purposes.join(", "),
        categories.join(", "),
        until(*until_ms)
    )
}

fn until(until_ms: Option<i64>) -> String {
    until_ms.map_or_else(String::new, |ms| format!(", until {}", Time(ms)))
}

fn due_words(due: &Due) -> String {
    let strict = Time(due.strict_ms);
    match due.lawful_ms {
        Some(lawful) if lawful != due.strict_ms => {
            format!("due {strict}, after holidays {}", Time(lawful))
        }
        Some(_) => format!("due {strict}"),
        None => format!("due {strict} (holidays of that year are not known)"),
    }
}

const fn cover_word(word: CoverWord) -> &'static str {
    match word {
        CoverWord::Reauthorised => "new authorisation",
        CoverWord::Held => "legal hold",
        CoverWord::Restricted => "restriction",
    }
}

const fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Known => "known",
        Stage::Graded => "graded",
        Stage::Contained => "contained",
        Stage::Counted => "people affected",
        Stage::RegulatorTold => "regulator told",
        Stage::PoliceTold => "police told",
        Stage::PeopleTold => "people told",
        Stage::PublicTold => "public told",
        Stage::Closed => "closed",
        Stage::Reported => "closing report filed",
    }
}
