//! How a story is told: ordinary steps of a person who is made up for it, some of them changed.

use custodia_core::assess::{About, Outcome};
use custodia_core::schema::v1::{Event, event::Body};

use super::super::dice::Dice;
use super::super::envelope::{event_of, producer_of, timestamp};
use super::super::life::{Life, Step, What, Who};
use super::super::register::Producer;
use super::super::terms::Ask;
use super::super::town_days::{Fact, TownPen};
use super::super::{POLICY_VERSION, TopicRole};
use super::Injected;

pub(super) const SECOND: i64 = 1000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// Persons of stories are numbered from here, far above any customer.
const FIRST_PERSON: u64 = 1 << 62;
/// What concerns no person is drawn under this number.
const NOBODY: u64 = FIRST_PERSON - 1;

/// An event of a story.
pub(in super::super) struct Tale {
    pub(in super::super) at: i64,
    /// When its producer hands it over; none as soon as usual.
    pub(in super::super) handed_over: Option<i64>,
    pub(in super::super) topic: TopicRole,
    /// Who emits it; none for a service that numbers its events itself.
    pub(in super::super) producer: Option<Producer>,
    pub(in super::super) key: Vec<u8>,
    pub(in super::super) event: Event,
}

/// An event that was told.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) id: [u8; 16],
    pub(super) at: i64,
    pub(super) about: About,
}

/// Tells the stories, one after the other.
pub(super) struct Teller<'t> {
    pub(super) pen: &'t TownPen<'t>,
    tales: Vec<Tale>,
    list: Vec<Injected>,
    pub(super) life: Life,
    /// The time of the last event.
    pub(super) at: i64,
    stories: u64,
    entries: u16,
    story: &'static str,
}

impl<'t> Teller<'t> {
    pub(super) fn new(pen: &'t TownPen<'t>) -> Self {
        Self {
            pen,
            tales: Vec::new(),
            list: Vec::new(),
            life: Life::unlived(pen.dice, FIRST_PERSON),
            at: pen.calendar.start,
            stories: 0,
            entries: 0,
            story: "",
        }
    }

    pub(super) fn end(mut self) -> (Vec<Tale>, Vec<Injected>) {
        self.tales.sort_by_key(|tale| tale.at);
        (self.tales, self.list)
    }

    /// A new story: a person of its own, some minutes after the last one's beginning.
    pub(super) fn begin(&mut self, story: &'static str) {
        self.stories += 1;
        self.story = story;
        self.life = Life::unlived(self.pen.dice, FIRST_PERSON + self.stories);
        let minutes = i64::try_from(self.stories).unwrap_or(0);
        self.at = self.pen.calendar.start + 2 * DAY + minutes * MINUTE;
    }

    /// A new story of a person who registered.
    pub(super) fn person(&mut self, story: &'static str) {
        self.begin(story);
        self.granted(Ask::Account);
        self.does(What::Eligible);
    }

    pub(super) fn wait(&mut self, ms: i64) {
        self.at += ms;
    }

    /// The number of the story: what makes its ids its own.
    pub(super) fn own(&self, what: &str) -> String {
        format!("{what}-fault-{}", self.stories)
    }

    /// The digest of a paper of this story.
    pub(super) fn paper(&self, what: &str) -> Vec<u8> {
        super::super::register::paper(&self.own(what))
    }

    pub(super) fn granted(&mut self, ask: Ask) -> Said {
        self.does(What::Notice(ask));
        self.does(What::Grant(ask))
    }

    /// The person's consent of a kind, by its id.
    pub(super) fn consent_id(&self, ask: Ask) -> String {
        format!("consent-{:016x}-{}", self.life.code, ask.terms().name)
    }

    pub(super) fn order_ref(&self) -> String {
        format!("order-{:016x}-0", self.life.code)
    }

    pub(super) fn request_id(&self) -> String {
        format!("request-{:016x}-0", self.life.code)
    }

    /// An ordinary step of the person.
    pub(super) fn does(&mut self, what: What) -> Said {
        self.does_but(what, |_| {})
    }

    /// An ordinary step of the person whose event says something else.
    pub(super) fn does_but(&mut self, what: What, change: impl FnOnce(&mut Body)) -> Said {
        self.step(Who::Account, what, |event| {
            change(event.body.as_mut().expect("every step has a body"));
        })
    }

    /// A step of anyone of the life, with its event changed.
    pub(super) fn step(&mut self, who: Who, what: What, change: impl FnOnce(&mut Event)) -> Said {
        self.at += MINUTE;
        let id = u16::try_from(self.life.steps.len()).expect("a story has few steps");
        let step = Step {
            at: self.at,
            id,
            cause: None,
            matter: 0,
            who,
            what,
        };
        self.life.steps.push(step);
        let mut event = event_of(self.pen.dice, self.pen.register, &self.life, &step);
        change(&mut event);
        let key = self.life.reference(who).as_bytes().to_vec();
        let producer = Some(producer_of(&step));
        self.tell(TopicRole::Events, producer, key, event)
    }

    /// An event of the person that ordinary lives don't have.
    pub(super) fn says(&mut self, producer: Producer, body: Body) -> Said {
        self.step(Who::Account, What::Eligible, |event| {
            producer.name().clone_into(&mut event.producer);
            event.body = Some(body);
        });
        let tale = self.tales.last_mut().expect("one was told");
        tale.producer = Some(producer);
        self.said()
    }

    /// An entry in the registry.
    pub(super) fn enters(&mut self, producer: Producer, key: &str, body: Body) -> Said {
        self.enters_under(producer, key.as_bytes(), body)
    }

    /// An entry in the registry under a key of bytes.
    pub(super) fn enters_under(&mut self, producer: Producer, key: &[u8], body: Body) -> Said {
        self.at += MINUTE;
        self.entered(producer, key, body)
    }

    /// The registry's entry of a fact of the town, changed.
    pub(super) fn enters_fact(
        &mut self,
        fact: Fact,
        key: &str,
        change: impl FnOnce(&mut Body),
    ) -> Said {
        self.at += MINUTE;
        let (producer, _, event) = self.pen.event(0, self.at, fact);
        let mut body = event.body.expect("every fact has a body");
        change(&mut body);
        self.entered(producer, key.as_bytes(), body)
    }

    fn entered(&mut self, producer: Producer, key: &[u8], body: Body) -> Said {
        self.entries += 1;
        let drawn = self.pen.dice.event(NOBODY, self.entries, self.at);
        let event = Event {
            event_id: drawn.id.to_vec(),
            salt: drawn.salt.to_vec(),
            occurred_at: Some(timestamp(self.at)),
            producer: producer.name().to_owned(),
            policy_version_id: POLICY_VERSION.to_owned(),
            body: Some(body),
            ..Event::default()
        };
        self.tell(TopicRole::Registry, Some(producer), key.to_vec(), event)
    }

    fn tell(
        &mut self,
        topic: TopicRole,
        producer: Option<Producer>,
        key: Vec<u8>,
        event: Event,
    ) -> Said {
        self.tales.push(Tale {
            at: self.at,
            handed_over: None,
            topic,
            producer,
            key,
            event,
        });
        self.said()
    }

    /// What was told last.
    fn said(&self) -> Said {
        let tale = self.tales.last().expect("one was told");
        let about = match tale.event.subject_ref.as_str() {
            "" => About::Operator,
            subject => About::Subject(subject.to_owned()),
        };
        Said {
            id: tale.event.event_id[..]
                .try_into()
                .expect("ids are 16 bytes"),
            at: tale.at,
            about,
        }
    }

    /// The registry's last entry.
    pub(super) fn last_entry(&self) -> Said {
        let mut entries = self.tales.iter().rev();
        let last = entries.find(|tale| tale.topic == TopicRole::Registry);
        let tale = last.expect("an entry was made");
        Said {
            id: tale.event.event_id[..]
                .try_into()
                .expect("ids are 16 bytes"),
            at: tale.at,
            about: About::Operator,
        }
    }

    /// The last tale, to change how it travels.
    pub(super) fn last(&mut self) -> &mut Tale {
        self.tales.last_mut().expect("one was told")
    }

    /// Something must be found of what was said, from when it happened.
    pub(super) fn find(&mut self, rule: u8, result: Outcome, cause: &str, said: &Said) {
        self.find_since(rule, result, cause, said, said.at);
    }

    /// Something must be found of what was said, from another moment on.
    pub(super) fn find_since(
        &mut self,
        rule: u8,
        result: Outcome,
        cause: &str,
        said: &Said,
        since_ms: i64,
    ) {
        self.find_about(
            rule,
            result,
            cause,
            said.about.clone(),
            Some(said.id),
            since_ms,
        );
    }

    /// Something must be found of anyone.
    pub(super) fn find_about(
        &mut self,
        rule: u8,
        result: Outcome,
        cause: &str,
        about: About,
        event: Option<[u8; 16]>,
        since_ms: i64,
    ) {
        self.list.push(Injected {
            rule,
            result,
            cause: cause.to_owned(),
            about,
            event,
            since_ms,
            story: self.story,
        });
    }

    /// Several rules find the same of what was said.
    pub(super) fn find_all(&mut self, rules: &[u8], result: Outcome, cause: &str, said: &Said) {
        for rule in rules {
            self.find(*rule, result, cause, said);
        }
    }

    /// The id of a fact of the town, by its place and time.
    pub(super) fn fact_id(dice: &Dice, index: usize, at: i64) -> [u8; 16] {
        let index = u16::try_from(index).expect("a town has few facts");
        dice.town_event(index, at).id
    }
}

/// The end of the last day of a limit in days at UTC+8, the day of `from_ms` not counted.
pub(super) fn end_of_day(from_ms: i64, days: i64) -> i64 {
    const ZONE: i64 = 8 * HOUR;
    ((from_ms + ZONE).div_euclid(DAY) + days + 1) * DAY - ZONE
}

/// Changes what a body of one kind says.
macro_rules! but {
    ($kind:ident, $body:ident => $change:expr) => {
        |body: &mut custodia_core::schema::v1::event::Body| {
            if let custodia_core::schema::v1::event::Body::$kind($body) = body {
                $change;
            }
        }
    };
}
pub(super) use but;
