//! What did this person agree to, in which wording, and is it still valid? (question 2)

use custodia_core::assess::ms_of;
use custodia_core::assess::state::consent_story::{Told, status_of, stories};
use custodia_core::assess::state::consents::{Consents, Standing};
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{Asked, Question, Said, Seen, When, Whom, of_person, some, unknown};
use crate::assess::FindingsDesk;
use crate::query::{Asking, Time, Unknown, Word};

/// What did this person agree to?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsentsQuestion {
    /// The reference.
    pub subject: String,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
    /// What had happened by then.
    pub at: Option<Time>,
}

/// A person's consents, by when they were first told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentsAnswer {
    /// Whom it is about, and where it stands.
    #[serde(flatten)]
    pub whom: Whom,
    /// The consents.
    pub consents: Vec<ConsentCard>,
}

/// One consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentCard {
    /// The consent record's id.
    pub id: String,
    /// Its status at the moment asked about.
    pub status: Word,
    /// Whether it allowed handling then.
    pub in_force: bool,
    /// Why not, in the rules' word.
    pub why_not: Option<String>,
    /// The consent that stands in its place.
    pub replaced_by: Option<String>,
    /// What it allows.
    pub purposes: Vec<Word>,
    /// For which categories.
    pub categories: Vec<Word>,
    /// For which recipients.
    pub recipients: Vec<String>,
    /// The form in which it was asked for.
    pub form: Option<Word>,
    /// How strong it is.
    pub strength: Option<Word>,
    /// Until when it was given; none while the account lives.
    pub valid_until: Option<Time>,
    /// What was shown.
    pub wording: Option<Wording>,
    /// What became of it, in order.
    pub history: Vec<ConsentStep>,
}

/// The wording that was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// SHA-256 of the notice, hex.
    pub notice_sha256: String,
    /// Its language, as BCP 47.
    pub language: String,
    /// The version of the policy that it was asked under.
    pub policy_version: Option<String>,
    /// SHA-256 of that version's text, hex; none where the registry doesn't know the version.
    pub policy_text_sha256: Option<String>,
}

/// One step of a consent's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentStep {
    /// The event.
    #[serde(flatten)]
    pub seen: Seen,
    /// The status that it gave the consent; none where another took its place.
    pub status: Option<Word>,
    /// The consent that took its place.
    pub replaced_by: Option<String>,
}

impl ConsentsQuestion {
    /// The answer, the look on record.
    ///
    /// # Errors
    /// As [`FindingsDesk::findings`] of a person.
    pub fn answer(&self, desk: &FindingsDesk, asking: &Asking) -> Result<ConsentsAnswer, Error> {
        let question = Question {
            name: "consents",
            subject: &self.subject,
            when: When {
                as_of: self.as_of.as_deref(),
                at: self.at,
            },
        };
        let (whom, consents) = of_person(desk, asking, &question, |asked| Ok(cards(asked)))?;
        Ok(ConsentsAnswer { whom, consents })
    }
}

fn cards(asked: &Asked<'_>) -> Said<Vec<ConsentCard>> {
    let policies = asked.judging.policies();
    let consents = Consents::of(asked.timeline, policies);
    let mut unknowns = Vec::new();
    let mut cards: Vec<ConsentCard> = stories(asked.timeline)
        .into_iter()
        .map(|(id, story)| {
            let standing = consents.standing(id, asked.moment_ms);
            card(asked, id, &story, &standing, &mut unknowns)
        })
        .collect();
    cards.sort_by_key(|card| {
        let first = card.history.first();
        (
            first.map(|step| (step.seen.time, step.seen.leaf.clone())),
            card.id.clone(),
        )
    });
    unknowns.sort();
    unknowns.dedup();
    Said {
        rows: cards.len(),
        what: cards,
        unknowns,
    }
}

fn card(
    asked: &Asked<'_>,
    id: &str,
    story: &[Told<'_>],
    standing: &Standing<'_>,
    unknowns: &mut Vec<Unknown>,
) -> ConsentCard {
    let (in_force, why_not) = match standing {
        Standing::InForce(_) => (true, None),
        Standing::NotInForce(lapse) => (false, Some(lapse.why.slug().to_owned())),
        Standing::Unknown => (false, None),
    };
    let by_then = |told: &&Told<'_>| told.on.occurred_at_ms <= asked.moment_ms;
    let replaced = story
        .iter()
        .filter(by_then)
        .find_map(|told| told.replaced_by);
    let terms = terms(story);
    if terms.is_none() {
        unknowns.push(unknown("terms of consent", id));
    }
    let terms = terms.unwrap_or_default();
    let wording = terms.wording.map(|(notice, language, policy)| {
        let text = text_of(asked, policy);
        if text.is_none() {
            unknowns.push(unknown("policy version", policy));
        }
        Wording {
            notice_sha256: hex::encode(notice),
            language: language.to_owned(),
            policy_version: some(policy),
            policy_text_sha256: text,
        }
    });
    ConsentCard {
        id: id.to_owned(),
        status: status(status_of(standing) as i32).unwrap_or(Word {
            value: "ST_UNKNOWN".to_owned(),
            zh: None,
            en: None,
        }),
        in_force,
        why_not,
        replaced_by: replaced.map(str::to_owned),
        purposes: Word::all("Purpose", terms.purposes),
        categories: Word::all("DataCategory", terms.categories),
        recipients: terms.recipients.to_vec(),
        form: Word::of("ConsentForm", terms.form),
        strength: Word::of("ConsentStrength", terms.strength),
        valid_until: terms.valid_until_ms.map(Time),
        wording,
        history: story.iter().map(step).collect(),
    }
}

fn step(told: &Told<'_>) -> ConsentStep {
    ConsentStep {
        seen: Seen::of(told.on),
        status: status(told.status as i32),
        replaced_by: told.replaced_by.map(str::to_owned),
    }
}

fn status(number: i32) -> Option<Word> {
    Word::of("ConsentStatus", number)
}

/// What was agreed to, or where nothing was, what was asked for.
#[derive(Default)]
struct Terms<'a> {
    purposes: &'a [i32],
    categories: &'a [i32],
    recipients: &'a [String],
    form: i32,
    strength: i32,
    valid_until_ms: Option<i64>,
    /// The notice's digest, its language, and the version of the policy.
    wording: Option<(&'a [u8], &'a str, &'a str)>,
}

/// The last grant's, else the last refusal's, else the last notice's.
fn terms<'a>(story: &[Told<'a>]) -> Option<Terms<'a>> {
    let rank = |told: &&Told<'_>| match told.on.body() {
        Body::ConsentGranted(_) => 3,
        Body::ConsentRefused(_) => 2,
        Body::NoticePresented(_) => 1,
        _ => 0,
    };
    // Where another renews this one, its grant is told of here too.
    let own = story.iter().filter(|told| told.replaced_by.is_none());
    let told = own.filter(|told| rank(told) > 0).max_by_key(rank)?;
    let policy = told.on.event.policy_version_id.as_str();
    Some(match told.on.body() {
        Body::ConsentGranted(said) => Terms {
            purposes: &said.purposes,
            categories: &said.categories,
            recipients: &said.recipient_ids,
            form: said.form,
            strength: said.strength,
            valid_until_ms: said.valid_until.as_ref().map(ms_of),
            wording: Some((&said.notice_sha256, &said.notice_language, policy)),
        },
        Body::ConsentRefused(said) => Terms {
            purposes: &said.purposes,
            categories: &said.categories,
            recipients: &said.recipient_ids,
            form: said.form,
            strength: 0,
            valid_until_ms: None,
            wording: Some((&said.notice_sha256, &said.notice_language, policy)),
        },
        Body::NoticePresented(said) => Terms {
            purposes: &said.purposes,
            categories: &said.categories,
            recipients: &said.recipient_ids,
            form: said.form,
            strength: said.strength,
            valid_until_ms: None,
            wording: Some((&said.notice_sha256, &said.notice_language, policy)),
        },
        _ => return None,
    })
}

fn text_of(asked: &Asked<'_>, policy: &str) -> Option<String> {
    let mut versions = asked.judging.policies().versions().iter();
    let version = versions.find(|version| version.published.policy_version_id == policy)?;
    Some(hex::encode(&version.published.content_sha256))
}
