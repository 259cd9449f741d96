//! What the rules say of the one asked about: judged again from what is opened, and set beside what the
//! operator says on evidence that is withheld.

use std::collections::BTreeMap;
use std::ops::Range;

use prost::Message as _;
use prost::encoding::{MAX_TAG, MIN_TAG, WireType, encode_key, encode_varint};

use super::answer::{Answer, Leaf};
use crate::assess::{About, Finding, LeafAt, Occurrence, Outcome, TooMany, built_in_digest};
use crate::extract::{Int, Manifest, Profile, SaidFinding, SaidVerdict};
use crate::schema::v1::Event;
use crate::schema::v1::event::Body;
use crate::slot::SlotId;

/// The envelope's block that says whom an event is about.
const WHOM: u8 = 0x01;

/// What makes a finding count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The opened slots alone give it.
    Confirmed,
    /// The operator says so.
    Said,
    /// The opened slots alone would give it; on what is withheld the operator says that it doesn't hold.
    Refuted,
}

impl Standing {
    /// Its name, for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Said => "operator",
            Self::Refuted => "refuted",
        }
    }
}

/// Why nothing is judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unjudged {
    /// No rule judges what the question is about.
    Nothing,
    /// The question is about a period: what came before it isn't here.
    Period,
    /// There are more events than are judged.
    TooMany,
}

/// A version of the privacy policy as a leaf of the extract publishes it.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) effective_ms: i64,
    /// Machine-readable.
    pub(super) document: String,
    pub(super) text: String,
    /// Where each line of the text stands in it.
    lines: Vec<Range<usize>>,
}

/// What the rules say.
#[derive(Debug, Clone, Default)]
pub(super) struct Judged {
    /// Why the opened slots give none.
    pub(super) unjudged: Option<Unjudged>,
    /// Those that are shown, in canonical order.
    pub(super) findings: Vec<(Finding, Standing)>,
    /// Those that say that a term was kept, by the opened slots, in canonical order; of an incident alone.
    pub(super) kept: Vec<Finding>,
    /// How often each rule is kept, by the opened slots.
    pub(super) passed: BTreeMap<u8, u64>,
    /// Policies by version id.
    pub(super) policies: BTreeMap<String, Published>,
    /// What the opened slots alone give of what is shown, in canonical order.
    given: Vec<Finding>,
}

/// What the manifest says against the opened slots.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// A finding that isn't shown in such an extract, or that needs nobody's word.
    #[error("findings: number {0} is confirmed by the opened slots, or is not of this question")]
    Finding(usize),
    /// A refuted finding that the opened slots don't give.
    #[error("refuted: the opened slots give no finding number {0}")]
    Refuted(u64),
    /// Other policies than the leaves publish.
    #[error("policies: they are not those that the leaves publish")]
    Policies,
}

/// The names of the members that hold a policy version, machine-readable and as text; none where its id
/// can't be part of a name.
#[must_use]
pub fn policy_members(id: &str) -> Option<[String; 2]> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = (1..=100).contains(&id.len()) && id.chars().all(fits);
    // A name's parts begin and end with no dot.
    (is_name && !id.starts_with('.'))
        .then(|| ["toml", "txt"].map(|end| format!("policy/{id}.{end}")))
}

impl Judged {
    /// Judges what is opened.
    pub(super) fn of(manifest: &Manifest, leaves: &[Leaf]) -> Self {
        let mut judged = Self::default();
        let given = judged.judge(manifest, leaves).unwrap_or_else(|unjudged| {
            judged.unjudged = Some(unjudged);
            Vec::new()
        });
        for finding in given {
            if finding.result == Outcome::Pass {
                *judged.passed.entry(finding.rule).or_default() += 1;
                if finding.due.is_some() && matches!(finding.about, About::Incident(_)) {
                    judged.kept.push(finding);
                }
            } else if is_shown(manifest, &finding) {
                judged.given.push(finding);
            }
        }
        judged.merge(manifest);
        judged
    }

    fn judge(&mut self, manifest: &Manifest, leaves: &[Leaf]) -> Result<Vec<Finding>, Unjudged> {
        let query = &manifest.query;
        // A period leaves out what came before it.
        let mut evidence = query.evidence().filter(|_| query.is_of_all_times());
        for leaf in leaves {
            let Some(one) = occurrence(manifest, leaf) else {
                continue;
            };
            self.learn_policy(&one);
            if let Some(evidence) = &mut evidence {
                evidence.take(one);
            }
        }
        let Some(evidence) = evidence else {
            return Err(if manifest.profile.judged().is_none() {
                Unjudged::Nothing
            } else {
                Unjudged::Period
            });
        };
        evidence.assess().map_err(|TooMany| Unjudged::TooMany)
    }

    /// Of a version that was published several times the last counts, as it does for rules.
    fn learn_policy(&mut self, one: &Occurrence) {
        let Body::PolicyVersionPublished(said) = one.body() else {
            return;
        };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        let id = &said.policy_version_id;
        self.policies.remove(id);
        if policy_members(id).is_none()
            || (said.content.is_empty() && said.machine_readable.is_empty())
        {
            return;
        }
        let effective = said.effective_at.as_ref().map(crate::assess::ms_of);
        if let (Some(effective_ms), Some(document), Some(text)) =
            (effective, text(&said.machine_readable), text(&said.content))
        {
            let published = Published {
                effective_ms,
                document,
                lines: lines_of(&text),
                text,
            };
            self.policies.insert(id.clone(), published);
        }
    }

    /// Whether the opened slots alone give a finding.
    fn gives(&self, finding: &Finding) -> bool {
        self.given.binary_search(finding).is_ok()
    }

    /// Sets what the manifest says beside what was judged.
    fn merge(&mut self, manifest: &Manifest) {
        let refuted = |place: usize| manifest.refuted.binary_search(&Int(place as u64)).is_ok();
        let given = self.given.iter().enumerate().map(|(place, finding)| {
            let standing = if refuted(place) {
                Standing::Refuted
            } else {
                Standing::Confirmed
            };
            (finding.clone(), standing)
        });
        let said = manifest.findings.iter();
        let said = said.map(|said| (said.finding(), Standing::Said));
        self.findings = given.chain(said).collect();
        self.findings.sort_by(|(one, _), (other, _)| one.cmp(other));
    }

    /// Puts into the manifest what is to be said there, where `full` is what the rules say on everything.
    pub(super) fn say(&mut self, manifest: &mut Manifest, full: &[Finding]) {
        let full: Vec<&Finding> = full
            .iter()
            .filter(|finding| finding.result != Outcome::Pass && is_shown(manifest, finding))
            .collect();
        let said = full.iter().filter(|finding| !self.gives(finding));
        let said = said
            .filter_map(|finding| SaidFinding::of(finding))
            .collect();
        let refuted = (0..).zip(&self.given);
        let refuted = refuted.filter(|(_, finding)| full.binary_search(finding).is_err());
        manifest.refuted = refuted.map(|(place, _)| Int(place)).collect();
        manifest.findings = said;
        manifest.policies = self.policies.keys().cloned().collect();
        manifest.rules = built_in_digest();
        self.merge(manifest);
    }

    /// Checks what the manifest says against what was judged.
    pub(super) fn check(&self, manifest: &Manifest) -> Result<(), Contradiction> {
        for (place, said) in manifest.findings.iter().enumerate() {
            let finding = said.finding();
            let belongs = finding.result != Outcome::Pass && is_shown(manifest, &finding);
            if !belongs || self.gives(&finding) {
                return Err(Contradiction::Finding(place));
            }
        }
        let given = self.given.len() as u64;
        if let Some(place) = manifest.refuted.iter().find(|place| place.0 >= given) {
            return Err(Contradiction::Refuted(place.0));
        }
        if manifest.policies.iter().eq(self.policies.keys()) {
            Ok(())
        } else {
            Err(Contradiction::Policies)
        }
    }

    /// A line of the policy's text in force at a moment, as `L160` cites it.
    pub(super) fn words_of(&self, clause: &str, at_ms: i64) -> Option<&str> {
        let line: usize = clause.strip_prefix('L')?.parse().ok()?;
        let in_force = self
            .policies
            .values()
            .filter(|policy| policy.effective_ms <= at_ms);
        let in_force = in_force.max_by_key(|policy| policy.effective_ms)?;
        let line = in_force.lines.get(line.checked_sub(1)?)?.clone();
        let words = in_force.text.get(line)?.trim();
        (!words.is_empty()).then_some(words)
    }
}

/// Where the lines of a text stand, without their ends.
fn lines_of(text: &str) -> Vec<Range<usize>> {
    let mut from = 0;
    text.split('\n')
        .map(|line| {
            let place = from..from + line.len();
            from = place.end + 1;
            place
        })
        .collect()
}

/// Whether an extract shows a finding: it is of the question and its period, and stood by the cut's time.
fn is_shown(manifest: &Manifest, finding: &Finding) -> bool {
    let query = &manifest.query;
    let since = finding.since_ms;
    query.is_about(&finding.about)
        && manifest.cut.time.is_none_or(|time| since <= time.0)
        && query.is_within(since)
}

/// The event of a leaf, as far as it is opened; none where it isn't judged: repeated, quarantined, erased,
/// or another person's.
pub(super) fn occurrence(manifest: &Manifest, leaf: &Leaf) -> Option<Occurrence> {
    let origin = &manifest
        .cut
        .logs
        .get(usize::try_from(leaf.place.log).ok()?)?
        .origin;
    if leaf.said.verdict != SaidVerdict::Accepted || leaf.gone || leaf.of_another {
        return None;
    }
    // Opened bytes may claim a number that no field can have.
    let kind = leaf
        .kind
        .filter(|kind| (MIN_TAG..=MAX_TAG).contains(kind))?;
    let mut bytes = leaf.envelope.to_vec();
    encode_key(kind, WireType::LengthDelimited, &mut bytes);
    encode_varint(leaf.body.len() as u64, &mut bytes);
    bytes.extend_from_slice(&leaf.body);
    let leaf_at = LeafAt {
        log: origin.clone(),
        index: leaf.place.index,
    };
    let record_ms = Some(leaf.record_ms).filter(|ms| *ms >= 0);
    Occurrence::of(leaf_at, record_ms, Event::decode(&bytes[..]).ok()?)
}

/// Whether a leaf that withholds these slots is under another person than the one asked about.
pub(super) fn is_of_another(profile: Profile, withheld: &[u8]) -> bool {
    profile.names_people() && (withheld.contains(&WHOM) || withheld.contains(&SlotId::KEY.0))
}

impl Answer {
    /// Puts into the manifest what is the operator's word on findings: `full` is what the rules say on
    /// everything, in canonical order.
    pub fn say(&mut self, full: &[Finding]) {
        self.judged.say(&mut self.manifest, full);
    }

    /// What the opened slots alone give of what is shown, in canonical order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.judged.given.iter()
    }

    /// What the documents are made from, without members.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Checks what the manifest says of findings and policies against the leaves.
    ///
    /// # Errors
    /// [`Contradiction`].
    pub fn check(&self) -> Result<(), Contradiction> {
        self.judged.check(&self.manifest)
    }

    /// All findings that are shown, each with what makes it count, in canonical order.
    pub fn judged(&self) -> &[(Finding, Standing)] {
        &self.judged.findings
    }
}
