//! Declared and observed SDKs, by build of the app (question 10).

use std::collections::{BTreeMap, BTreeSet};

use custodia_core::assess::state::sdks::{Entry, SdkList, list_at, review_at};
use custodia_core::assess::{LeafAt, PolicyBook, Register};
use custodia_core::schema::v1::SdkObserved;
use custodia_core::schema::v1::event::Body;
use serde::{Deserialize, Serialize};

use super::Error;
use super::asked::{When, some, unknown};
use crate::assess::FindingsDesk;
use crate::query::{CutName, Time, Unknown, Word};

/// `SdkObserved`, in the envelope.
const OBSERVED: u32 = 131;
/// Leaves shown of each row.
const SAMPLES: usize = 5;

/// Which SDKs were declared, and which were seen?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SdksQuestion {
    /// Of this build of the app alone.
    pub build: Option<String>,
    /// What was known: a cut's name or a time.
    pub as_of: Option<String>,
}

/// The SDKs of each build. Names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdksAnswer {
    /// The cut that it stands on.
    pub cut: CutName,
    /// Whether anything was seen of the build asked about, or of any.
    pub known: bool,
    /// Each SDK of each build, by build and package.
    pub rows: Vec<SdkRow>,
    /// What the answer can't say.
    pub unknowns: Vec<Unknown>,
}

/// One SDK in one build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SdkRow {
    /// The build.
    pub build: String,
    /// The SDK's name; none where neither the scan nor the list says it.
    pub sdk: Option<String>,
    /// Its package; none where the list doesn't say it and it wasn't seen.
    pub package: Option<String>,
    /// `as declared`, `more than declared`, `not declared`, `not seen`, or `no list` where no list of SDKs
    /// was public then.
    pub difference: String,
    /// Which categories were seen.
    pub seen: Vec<Word>,
    /// Which of them aren't declared.
    pub undeclared: Vec<Word>,
    /// How often it was seen to run before consent.
    pub before_consent: u64,
    /// What its last review came to.
    pub review: Option<Word>,
    /// How often it was seen.
    pub count: u64,
    /// When first.
    pub first: Option<Time>,
    /// When last.
    pub last: Option<Time>,
    /// The first leaves.
    pub samples: Vec<LeafAt>,
}

impl SdksQuestion {
    /// The answer. What is declared is the list that was public when the SDK was last seen.
    ///
    /// # Errors
    /// What keeps rows or leaves from being read.
    pub fn answer(&self, desk: &FindingsDesk) -> Result<SdksAnswer, Error> {
        let when = When {
            as_of: self.as_of.as_deref(),
            at: None,
        };
        let from = when.standpoint(desk)?;
        let judging = desk.judging(&from)?;
        let (rows, without_list) = rows(
            judging.register(),
            judging.policies(),
            self.build.as_deref(),
        );
        let unknowns = without_list.into_iter();
        Ok(SdksAnswer {
            cut: CutName::from(from.cut()),
            known: !rows.is_empty(),
            rows,
            unknowns: unknowns
                .map(|build| unknown("list of SDKs for build", &build))
                .collect(),
        })
    }
}

/// What was seen of one package in one build.
#[derive(Default)]
struct Sightings<'a> {
    name: &'a str,
    vendor: &'a str,
    categories: BTreeSet<i32>,
    before_consent: u64,
    times: Vec<i64>,
    leaves: Vec<LeafAt>,
}

impl<'a> Sightings<'a> {
    fn add(&mut self, said: &'a SdkObserved, ms: i64, leaf: &LeafAt) {
        if self.name.is_empty() {
            self.name = &said.sdk_name;
        }
        if self.vendor.is_empty() {
            self.vendor = &said.recipient_id;
        }
        self.categories.extend(&said.categories);
        self.before_consent += u64::from(said.before_consent == Some(true));
        self.times.push(ms);
        if self.leaves.len() < SAMPLES {
            self.leaves.push(leaf.clone());
        }
    }
}

fn rows(
    register: &Register,
    policies: &PolicyBook,
    build: Option<&str>,
) -> (Vec<SdkRow>, BTreeSet<String>) {
    let mut builds: BTreeMap<&str, BTreeMap<&str, Sightings<'_>>> = BTreeMap::new();
    for one in register.of(OBSERVED) {
        if let Body::SdkObserved(said) = one.body()
            && build.is_none_or(|build| said.app_build == build)
        {
            let packages = builds.entry(&said.app_build).or_default();
            let sightings = packages.entry(&said.package).or_default();
            sightings.add(said, one.occurred_at_ms, &one.leaf);
        }
    }
    let (mut rows, mut without_list) = (Vec::new(), BTreeSet::new());
    for (build, packages) in builds {
        let last = packages.values().filter_map(|seen| seen.times.last()).max();
        let list = last.and_then(|ms| list_at(register, policies, *ms));
        if list.is_none() {
            without_list.insert(build.to_owned());
        }
        let mut listed: BTreeSet<&str> = BTreeSet::new();
        for (package, sightings) in &packages {
            let at = sightings.times.last().copied().unwrap_or(0);
            let then = list_at(register, policies, at);
            let entry = then.as_ref().map(|list| {
                list.find(sightings.name, package, sightings.vendor)
                    .cloned()
            });
            listed.extend(entry.iter().flatten().map(|entry| entry.name));
            rows.push(seen_row(
                register,
                build,
                package,
                sightings,
                entry.as_ref(),
            ));
        }
        let unseen = list.iter().flat_map(|list: &SdkList<'_>| &list.entries);
        let unseen = unseen.filter(|entry| !listed.contains(entry.name));
        rows.extend(unseen.map(|entry| unseen_row(build, entry)));
    }
    (rows, without_list)
}

fn seen_row(
    register: &Register,
    build: &str,
    package: &str,
    seen: &Sightings<'_>,
    entry: Option<&Option<Entry<'_>>>,
) -> SdkRow {
    let declared = entry.and_then(Option::as_ref);
    let beyond = |entry: &Entry<'_>| -> Vec<i32> {
        seen.categories
            .difference(&entry.categories)
            .copied()
            .collect()
    };
    let undeclared = match (entry, declared) {
        (None, _) => Vec::new(),
        (Some(_), Some(entry)) => beyond(entry),
        (Some(_), None) => seen.categories.iter().copied().collect(),
    };
    let difference = match (entry, declared) {
        (None, _) => "no list",
        (Some(_), None) => "not declared",
        (Some(_), Some(_)) if undeclared.is_empty() => "as declared",
        (Some(_), Some(_)) => "more than declared",
    };
    let name = some(seen.name).or_else(|| declared.and_then(|entry| some(entry.name)));
    let last = seen.times.last().copied();
    let review = name
        .as_deref()
        .zip(last)
        .and_then(|(name, ms)| review_at(register, name, ms));
    let categories: Vec<i32> = seen.categories.iter().copied().collect();
    SdkRow {
        build: build.to_owned(),
        sdk: name,
        package: some(package),
        difference: difference.to_owned(),
        seen: Word::all("DataCategory", &categories),
        undeclared: Word::all("DataCategory", &undeclared),
        before_consent: seen.before_consent,
        review: review.and_then(|review| Word::of("AssessmentResult", review.result.into())),
        count: seen.times.len() as u64,
        first: seen.times.first().copied().map(Time),
        last: last.map(Time),
        samples: seen.leaves.clone(),
    }
}

fn unseen_row(build: &str, entry: &Entry<'_>) -> SdkRow {
    SdkRow {
        build: build.to_owned(),
        sdk: some(entry.name),
        package: some(entry.package),
        difference: "not seen".to_owned(),
        seen: Vec::new(),
        undeclared: Vec::new(),
        before_consent: 0,
        review: None,
        count: 0,
        first: None,
        last: None,
        samples: Vec::new(),
    }
}
