//! The town's own events, which stand in the registry: who takes part, the policy in force, and
//! the days of breach, merger and subpoena.

use custodia_core::schema::v1::{ContainmentStep, DisclosureDecision, Event, event::Body};
use custodia_core::tree::{Frontier, Hash, empty_root, leaf_hash};

use super::calendar::{Calendar, QUARTERS};
use super::dice::{Dice, Reference};
use super::envelope::{CASE, INCIDENT, MERGER, timestamp};
use super::faults::UNATTESTED;
use super::life::Life;
use super::register::{
    PERSON_COUNT, PRODUCER_COUNT, Producer, RECIPIENT_COUNT, RECIPIENTS, Register, SDK_NAME,
    SDK_PACKAGE,
};
use super::registry_bodies::{ASSESSMENTS, SAFEGUARDS};
use super::{POLICY_VERSION, Town};

/// What happens to the town as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fact {
    Producer(usize),
    Person(usize),
    Policy,
    PolicyNotice,
    Audit,
    Egress(usize, usize),
    Safeguard(usize),
    Impact(usize),
    Assessed(usize),
    Recipient(usize),
    SdkReviewed,
    SdkList,
    SdkSeen,
    IncidentDetected,
    Contained(ContainmentStep),
    Graded,
    AffectedIdentified,
    RegulatorNotified,
    IncidentClosed,
    IncidentReported,
    MergerAnnounced,
    AuthorityAsked,
    Reviewed(DisclosureDecision),
}

impl Fact {
    pub(super) fn body(self) -> u32 {
        match self {
            Self::Policy => 100,
            Self::PolicyNotice => 101,
            Self::Recipient(_) => 120,
            Self::Assessed(_) => 123,
            Self::SdkList => 130,
            Self::SdkSeen => 131,
            Self::SdkReviewed => 132,
            Self::MergerAnnounced => 205,
            Self::AuthorityAsked => 207,
            Self::Reviewed(_) => 208,
            Self::Egress(..) => 211,
            Self::IncidentDetected => 260,
            Self::Graded => 261,
            Self::Contained(_) => 262,
            Self::AffectedIdentified => 263,
            Self::RegulatorNotified => 264,
            Self::IncidentClosed => 268,
            Self::IncidentReported => 269,
            Self::Impact(_) => 280,
            Self::Audit => 281,
            Self::Safeguard(_) => 283,
            Self::Producer(_) => 340,
            Self::Person(_) => 345,
        }
    }

    fn producer(self) -> Producer {
        match self {
            Self::Producer(_) | Self::Person(_) => Producer::Platform,
            Self::Policy | Self::PolicyNotice | Self::SdkList | Self::Impact(_) | Self::Audit => {
                Producer::Policy
            }
            Self::Egress(..) => Producer::Egress,
            Self::Assessed(_) | Self::Recipient(_) | Self::SdkReviewed => Producer::Vendors,
            Self::SdkSeen => Producer::Scanner,
            Self::MergerAnnounced | Self::AuthorityAsked | Self::Reviewed(_) => Producer::Legal,
            _ => Producer::Soc,
        }
    }

    /// The record's key: the value of the body's key field.
    fn key(self, register: &Register) -> String {
        match self {
            Self::Producer(at) => super::register::PRODUCERS[at].0.to_owned(),
            Self::Person(at) => register.person_at(at).0,
            Self::Policy | Self::PolicyNotice | Self::SdkList => POLICY_VERSION.to_owned(),
            Self::Audit => "audit-1".to_owned(),
            Self::Safeguard(at) => SAFEGUARDS[at].0.to_owned(),
            Self::Impact(at) => ASSESSMENTS[at].id.to_owned(),
            Self::Assessed(at) | Self::Recipient(at) | Self::Egress(at, _) => {
                RECIPIENTS[at].id.to_owned()
            }
            Self::SdkReviewed => SDK_NAME.to_owned(),
            Self::SdkSeen => SDK_PACKAGE.to_owned(),
            Self::MergerAnnounced => MERGER.to_owned(),
            Self::AuthorityAsked | Self::Reviewed(_) => CASE.to_owned(),
            _ => INCIDENT.to_owned(),
        }
    }

    fn correlation(self) -> &'static str {
        match self {
            Self::MergerAnnounced => MERGER,
            Self::AuthorityAsked | Self::Reviewed(_) => CASE,
            Self::IncidentDetected
            | Self::Contained(_)
            | Self::Graded
            | Self::AffectedIdentified
            | Self::RegulatorNotified
            | Self::IncidentClosed
            | Self::IncidentReported => INCIDENT,
            _ => "",
        }
    }
}

/// The town's facts with their times, in order; a fact's place is its event's number.
///
/// With `faults` one safeguard isn't attested.
pub(super) fn facts(calendar: &Calendar, days: u32, faults: bool) -> Vec<(i64, Fact)> {
    let mut facts = setup(calendar);
    facts.retain(|(_, fact)| !(faults && matches!(fact, Fact::Safeguard(UNATTESTED))));
    facts.extend((1..days).map(|day| {
        let share = (calendar.end - calendar.start) / i64::from(days) * i64::from(day);
        (calendar.start + share, Fact::SdkSeen)
    }));
    facts.extend(incident(calendar));
    facts.push((calendar.start, Fact::Audit));
    for quarter in 0..QUARTERS {
        let (_, until) = calendar.quarter(quarter);
        facts.extend((0..RECIPIENT_COUNT).map(|at| (until, Fact::Egress(at, quarter))));
    }
    facts.push((calendar.merger_announced, Fact::MergerAnnounced));
    if calendar.subpoenaed().is_some() {
        let decision = DisclosureDecision::DiDecisionDisclose;
        let reviewed = i64::midpoint(calendar.subpoena_received, calendar.disclosure);
        facts.push((calendar.subpoena_received, Fact::AuthorityAsked));
        facts.push((reviewed, Fact::Reviewed(decision)));
    }
    facts.sort_by_key(|(at, _)| *at);
    facts
}

/// Who takes part and on what terms, before the first customer comes.
fn setup(calendar: &Calendar) -> Vec<(i64, Fact)> {
    let mut facts: Vec<Fact> = (0..PERSON_COUNT).map(Fact::Person).collect();
    facts.extend((0..PRODUCER_COUNT).map(Fact::Producer));
    facts.extend([Fact::Policy, Fact::PolicyNotice]);
    facts.extend((0..SAFEGUARDS.len()).map(Fact::Safeguard));
    facts.extend((0..RECIPIENT_COUNT).flat_map(|at| [Fact::Assessed(at), Fact::Recipient(at)]));
    facts.extend((0..ASSESSMENTS.len()).map(Fact::Impact));
    facts.extend([Fact::SdkReviewed, Fact::SdkList]);
    let width = calendar.setup.end - calendar.setup.start;
    let apart = width / i64::try_from(facts.len()).unwrap_or(i64::MAX);
    let times = (0..).map(|at| calendar.setup.start + at * apart);
    times.zip(facts).collect()
}

fn incident(calendar: &Calendar) -> Vec<(i64, Fact)> {
    let hours = (calendar.breach_notices.start - calendar.breach_detected) / 8;
    let at = |step: i64| calendar.breach_detected + step * hours;
    let closed = calendar.breach_notices.end + hours;
    vec![
        (at(0), Fact::IncidentDetected),
        (at(1), Fact::Contained(ContainmentStep::BrStepStopLoss)),
        (at(2), Fact::Graded),
        (at(3), Fact::Contained(ContainmentStep::BrStepLocate)),
        (at(4), Fact::AffectedIdentified),
        (at(5), Fact::RegulatorNotified),
        (at(6), Fact::Contained(ContainmentStep::BrStepRemedy)),
        (closed, Fact::IncidentClosed),
        (closed + hours, Fact::IncidentReported),
    ]
}

/// Whom the breach touches: how many, and the RFC 6962 root over their sorted references.
#[derive(Clone, Copy, Debug)]
pub(super) struct Affected {
    pub(super) count: u64,
    pub(super) root: Hash,
}

impl Affected {
    /// Nobody.
    pub(super) fn nobody() -> Self {
        Self {
            count: 0,
            root: empty_root(),
        }
    }

    pub(super) fn of(dice: &Dice, calendar: &Calendar) -> Self {
        let references = affected_references(dice, calendar);
        let mut tree = Frontier::new();
        for reference in &references {
            tree.push(leaf_hash(reference.as_bytes()), &mut |_, _| {});
        }
        Self {
            count: tree.size(),
            root: tree.root(),
        }
    }
}

/// The references of those whom the breach touches, sorted.
pub(super) fn affected_references(dice: &Dice, calendar: &Calendar) -> Vec<Reference> {
    let mut references = Vec::new();
    for n in calendar.exposed() {
        let life = Life::of(dice, calendar, n);
        references.extend(
            life.affected(calendar)
                .into_iter()
                .map(|who| life.reference(who)),
        );
    }
    references.sort_unstable();
    references
}

/// What the bodies of the registry are written from.
pub(super) struct TownPen<'a> {
    pub(super) town: &'a Town,
    pub(super) calendar: &'a Calendar,
    pub(super) register: &'a Register,
    pub(super) dice: &'a Dice,
    pub(super) affected: Affected,
    /// How often data left for each recipient since its gateway's last report.
    pub(super) outflows: &'a [u64; RECIPIENT_COUNT],
    /// Whether the town has faults.
    pub(super) faults: bool,
}

impl TownPen<'_> {
    /// The key and the event of fact `index`, without its producer's sequence number.
    pub(super) fn event(&self, index: usize, at: i64, fact: Fact) -> (Producer, String, Event) {
        let number = u16::try_from(index).expect("a town has fewer than 65,536 facts of its own");
        let drawn = self.dice.town_event(number, at);
        let event = Event {
            event_id: drawn.id.to_vec(),
            salt: drawn.salt.to_vec(),
            occurred_at: Some(timestamp(at)),
            producer: fact.producer().name().to_owned(),
            policy_version_id: POLICY_VERSION.to_owned(),
            correlation_id: fact.correlation().to_owned(),
            body: Some(self.body(at, fact, drawn.digest.to_vec())),
            ..Event::default()
        };
        (fact.producer(), fact.key(self.register), event)
    }

    fn body(&self, at: i64, fact: Fact, digest: Vec<u8>) -> Body {
        match fact {
            Fact::Producer(no) => Body::ProducerRegistered(self.producer(no)),
            Fact::Person(no) => Body::PersonRegistered(self.person(no)),
            Fact::Policy => Body::PolicyVersionPublished(self.policy()),
            Fact::PolicyNotice => Body::PolicyNoticeDelivered(Self::policy_notice(at)),
            Fact::Audit => Body::ComplianceAuditRecorded(self.audit(at, digest)),
            Fact::Egress(no, quarter) => Body::EgressCountReported(self.egress(no, quarter)),
            Fact::Safeguard(no) => Body::SafeguardAttested(self.safeguard(no)),
            Fact::Impact(no) => Body::ImpactAssessmentRecorded(self.impact(no)),
            Fact::Assessed(no) => Body::RecipientAssessed(self.assessed(no)),
            Fact::Recipient(no) => Body::RecipientRegistered(self.recipient(no)),
            Fact::SdkReviewed => Body::SdkReviewed(self.sdk_reviewed(digest)),
            Fact::SdkList => Body::SdkListPublished(Self::sdk_list(at)),
            Fact::SdkSeen => Body::SdkObserved(self.sdk_seen()),
            Fact::IncidentDetected => Body::IncidentDetected(self.detected(at)),
            Fact::Contained(step) => Body::ContainmentTaken(self.contained(step, digest)),
            Fact::Graded => Body::IncidentGraded(self.graded()),
            Fact::AffectedIdentified => Body::AffectedSubjectsIdentified(self.identified()),
            Fact::RegulatorNotified => Body::RegulatorNotified(self.regulator_told(at, digest)),
            Fact::IncidentClosed => Body::IncidentClosed(self.closed(at)),
            Fact::IncidentReported => Body::PostIncidentReportFiled(Self::reported(at, digest)),
            Fact::MergerAnnounced => Body::MergerAnnounced(self.merger(at, digest)),
            Fact::AuthorityAsked => Body::AuthorityRequestReceived(self.asked(at)),
            Fact::Reviewed(decision) => Body::DisclosureReviewed(self.reviewed(decision, digest)),
        }
    }
}
