//! What a state rests on, at a standpoint.

use std::collections::BTreeSet;

use custodia_core::assess::{About, Tallies, Timeline, Totals};
use custodia_core::replay::{Evidence, of_register};

use super::{Error, Whose};
use crate::assess::{FindingsDesk, Judging};
use crate::project::{Kind, Page};
use crate::query::{self, Erased, Standpoint, Time, View};

/// What a state is of, with its timeline.
pub(super) struct Gathered {
    pub(super) about: About,
    pub(super) timeline: Timeline,
    pub(super) tallies: Tallies,
    pub(super) totals: Totals,
    pub(super) known: bool,
    /// All references of a person, sorted.
    pub(super) references: BTreeSet<String>,
    pub(super) erasures: Vec<Erased>,
}

impl Gathered {
    /// Everything that is judged of it.
    pub(super) fn of(
        desk: &FindingsDesk,
        judging: &Judging<'_>,
        whose: &Whose,
    ) -> Result<Self, Error> {
        match whose {
            Whose::Subject(subject) => Self::person(judging, subject),
            Whose::Recipient(id) => {
                let mut gathered = Self::thing(judging, Kind::Recipient, id)?;
                let outflows = desk.outflows(judging.from(), id, &gathered.timeline)?;
                gathered.tallies = outflows.ok_or(Error::Unjudged)?;
                Ok(gathered)
            }
            Whose::Incident(id) => Self::thing(judging, Kind::Incident, id),
            Whose::Ledger => {
                let timeline = of_register(judging.register()).map_err(|_| Error::Unjudged)?;
                Ok(Self::new(About::Operator, timeline))
            }
        }
    }

    fn person(judging: &Judging<'_>, subject: &str) -> Result<Self, Error> {
        let (person, _) = judging.person(subject)?;
        let timeline = person.timeline.map_err(|_| Error::Unjudged)?;
        let first = person.references.first().map_or(subject, String::as_str);
        let erasures = judging.from().erasures(&person.references)?;
        Ok(Self {
            known: person.known || !erasures.is_empty(),
            references: person.references.clone(),
            erasures,
            ..Self::new(About::Subject(first.to_owned()), timeline)
        })
    }

    fn thing(judging: &Judging<'_>, kind: Kind, id: &str) -> Result<Self, Error> {
        let timeline = judging.timeline(kind, id)?.map_err(|_| Error::Unjudged)?;
        let known = is_named(judging.from(), kind, id)?;
        let about = match kind {
            Kind::Incident => About::Incident(id.to_owned()),
            _ => About::Recipient(id.to_owned()),
        };
        Ok(Self {
            known,
            ..Self::new(about, timeline)
        })
    }

    fn new(about: About, timeline: Timeline) -> Self {
        Self {
            about,
            known: !timeline.is_empty(),
            timeline,
            tallies: Tallies::default(),
            totals: Totals::default(),
            references: BTreeSet::new(),
            erasures: Vec::new(),
        }
    }

    /// What states of it rest on.
    pub(super) fn evidence<'a>(&'a self, judging: &'a Judging<'_>) -> Evidence<'a> {
        let judge = judging.judge_of_scope();
        let evidence = Evidence::new(
            &self.about,
            &self.timeline,
            judging.register(),
            judging.holidays(),
            judge,
        );
        evidence.counting(&self.tallies, &self.totals)
    }

    /// References of the person beside the one asked about.
    pub(super) fn linked(&self, subject: Option<&str>) -> Vec<String> {
        let others = self.references.iter();
        let others = others.filter(|other| Some(other.as_str()) != subject);
        others.cloned().collect()
    }
}

/// Whether anything names it, also what no rule looks at.
fn is_named(from: &Standpoint<'_>, kind: Kind, id: &str) -> Result<bool, Error> {
    for log in from.logs() {
        let page = Page {
            most: 1,
            ..Page::all_below(from.size_of(log))
        };
        let found = log.rows.leaves_of(kind, id.as_bytes(), &page);
        if !found.map_err(query::Error::from)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Since when the ledger has records: the earliest time of a log's first.
pub(super) fn began(view: &View) -> Result<Option<Time>, Error> {
    let mut began: Option<Time> = None;
    for log in view.logs() {
        if log.rows.progress().projected() > 0 {
            let ms = log.log().entry(0)?.timestamp_ms;
            let first = (ms >= 0).then_some(Time(ms));
            began = began.into_iter().chain(first).min();
        }
    }
    Ok(began)
}

/// By when everything was known that is in a cut: the latest time of a log's last record in it.
pub(super) fn known_by(from: &Standpoint<'_>) -> Result<Option<Time>, Error> {
    let mut latest: Option<Time> = None;
    for log in from.logs() {
        if let Some(last) = from.size_of(log).checked_sub(1) {
            let ms = log.log().entry(last)?.timestamp_ms;
            latest = latest.max((ms >= 0).then_some(Time(ms)));
        }
    }
    Ok(latest)
}
