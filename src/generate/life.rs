//! One customer's life: who it is, and each step with its time, before any event is built.
//!
//! A life is a pure function of the town and the customer's number, and small: what a stream
//! holds is steps, never events.

use custodia_core::schema::v1::{AccessReason, DevicePermission, OrderKind, RightsRequestKind};

use super::calendar::Calendar;
use super::dice::{Course, Dice, Reference};
use super::episodes::Plot;
use super::flow::{Flow, Outflow};
use super::register::{AUTHORITY, LEAKED_COURIER, RecipientNo, SUCCESSOR};
use super::terms::{Ask, Categories};

/// Whom a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Account,
    /// The device's reference, before login.
    Device,
    /// Another person, for whom the customer ordered.
    Consignee,
}

/// Data that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Account,
    Device,
    Order,
    Identity,
    Card,
    Loan,
    /// Of another person, for whom the customer ordered.
    Consignee,
}

/// Where data is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Store {
    Account,
    Behaviour,
    Order,
    Identity,
    Card,
    Credit,
    Loan,
}

impl Store {
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Account => "account-store",
            Self::Behaviour => "behaviour-store",
            Self::Order => "order-store",
            Self::Identity => "identity-store",
            Self::Card => "card-store",
            Self::Credit => "credit-store",
            Self::Loan => "loan-store",
        }
    }

    /// All that it may hold of one person.
    pub(super) fn categories(self) -> Categories {
        use super::terms;
        match self {
            Self::Account => terms::ACCOUNT,
            Self::Behaviour => terms::DEVICE,
            Self::Order => terms::ORDER,
            Self::Identity => terms::IDENTITY,
            Self::Card => terms::CARD,
            Self::Credit => terms::CREDIT_HELD,
            Self::Loan => terms::LOAN,
        }
    }
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Notice(Ask),
    Grant(Ask),
    Refuse(Ask),
    Withdraw(Ask),
    Permit(DevicePermission),
    Eligible,
    Collect(Taken),
    Receive(RecipientNo),
    Attest,
    Link,
    Decide(OrderKind),
    Message { commercial: bool },
    OptOut,
    Look(AccessReason),
    Deny,
    Share(Outflow),
    Acknowledge(RecipientNo),
    Transfer,
    Disclose,
    Request(RightsRequestKind),
    Verify,
    Fulfil(RightsRequestKind),
    Complain,
    Answer,
    Open(OrderKind),
    Complete(OrderKind),
    Erase(Store),
    Restrict(Store),
    ConfirmDeletion(RecipientNo),
    Notified,
}

impl What {
    /// Where what is taken is kept.
    pub(super) fn store(self) -> Option<Store> {
        match self {
            Self::Collect(taken) => Some(taken.store()),
            Self::Receive(_) => Some(Store::Credit),
            _ => None,
        }
    }

    /// For whom data left.
    pub(super) fn recipient(self) -> Option<RecipientNo> {
        match self {
            Self::Share(outflow) => Some(outflow.to),
            Self::Transfer => Some(SUCCESSOR),
            Self::Disclose => Some(AUTHORITY),
            _ => None,
        }
    }

    /// The number of the step's body in the envelope.
    pub(super) fn body(self) -> u32 {
        match self {
            Self::Notice(_) => 140,
            Self::Grant(_) => 141,
            Self::Refuse(_) => 142,
            Self::Withdraw(_) => 143,
            Self::Permit(_) => 160,
            Self::Eligible => 161,
            Self::Collect(_) => 162,
            Self::Receive(_) => 163,
            Self::Attest => 164,
            Self::Decide(_) => 180,
            Self::Message { .. } => 181,
            Self::OptOut => 182,
            Self::Look(_) => 183,
            Self::Deny => 184,
            Self::Share(_) => 200,
            Self::Acknowledge(_) => 203,
            Self::ConfirmDeletion(_) => 204,
            Self::Transfer => 206,
            Self::Disclose => 209,
            Self::Request(_) => 220,
            Self::Verify => 221,
            Self::Fulfil(_) => 222,
            Self::Complain => 225,
            Self::Answer => 226,
            Self::Open(_) => 240,
            Self::Complete(_) => 241,
            Self::Restrict(_) => 245,
            Self::Erase(_) => 246,
            Self::Notified => 265,
            Self::Link => 344,
        }
    }
}

/// A step of a life: one event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// When, in milliseconds since the epoch.
    pub(super) at: i64,
    /// The step's number in its life; its event's id follows from it.
    pub(super) id: u16,
    /// The step that brought it about.
    pub(super) cause: Option<u16>,
    /// The matter (an order, an application, a request) that it belongs to.
    pub(super) matter: u8,
    pub(super) who: Who,
    pub(super) what: What,
}

/// A customer's life, its steps in order of time.
pub(super) struct Life {
    pub(super) n: u64,
    pub(super) account: Reference,
    pub(super) device: Reference,
    pub(super) consignee: Reference,
    /// Distinguish this life's consents, orders and matters; one for the account, one for the
    /// device, so that the two are joined by nothing but the link.
    pub(super) code: u64,
    pub(super) device_code: u64,
    pub(super) steps: Vec<Step>,
}

impl Life {
    /// Who person `n` is, before anything happened.
    pub(super) fn unlived(dice: &Dice, n: u64) -> Self {
        Self::named(&mut dice.life(n), n)
    }

    fn named(course: &mut Course, n: u64) -> Self {
        Self {
            n,
            account: course.reference(),
            device: course.reference(),
            consignee: course.reference(),
            code: course.number(),
            device_code: course.number(),
            steps: Vec::new(),
        }
    }

    /// The life of customer `n`.
    pub(super) fn of(dice: &Dice, calendar: &Calendar, n: u64) -> Self {
        let mut course = dice.life(n);
        let mut life = Self::named(&mut course, n);
        let born = calendar.arrival(n) + course.between(0, calendar.spacing());
        let mut plot = Plot::new(&mut course);
        plot.live(calendar.subpoenaed() == Some(n));
        let left = plot.left();
        life.steps = plot.into_steps();
        for step in &mut life.steps {
            step.at = born + calendar.scaled(step.at);
        }
        life.add_town_days(&mut course, calendar, left);
        life.steps.sort_by_key(|step| (step.at, step.id));
        life
    }

    /// What the town's breach, merger and subpoena do to this life.
    fn add_town_days(&mut self, course: &mut Course, calendar: &Calendar, left: bool) {
        for who in self.affected(calendar) {
            let at = course.between(calendar.breach_notices.start, calendar.breach_notices.end);
            self.add(at, who, What::Notified);
        }
        if calendar.merged().contains(&self.n) && !left {
            let at = course.between(calendar.transfers.start, calendar.transfers.end);
            self.add(at, Who::Account, What::Transfer);
        }
        if calendar.subpoenaed() == Some(self.n) {
            self.add(calendar.disclosure, Who::Account, What::Disclose);
        }
    }

    fn add(&mut self, at: i64, who: Who, what: What) {
        let id = u16::try_from(self.steps.len()).expect("a life has fewer than 100 steps");
        self.steps.push(Step {
            at,
            id,
            cause: None,
            matter: u8::MAX,
            who,
            what,
        });
    }

    /// Whom of this life the breach touches: whose data went to the courier with the leaked
    /// credential while it was in the wrong hands.
    pub(super) fn affected(&self, calendar: &Calendar) -> Vec<Who> {
        let leaked = |step: &&Step| {
            let to_courier = matches!(step.what, What::Share(Outflow { flow: Flow::Courier, to })
                if to == LEAKED_COURIER);
            to_courier && calendar.breach.contains(&step.at)
        };
        let mut whom: Vec<Who> = self
            .steps
            .iter()
            .filter(leaked)
            .map(|step| step.who)
            .collect();
        whom.sort_unstable();
        whom.dedup();
        whom
    }

    /// The reference of `who` in this life.
    pub(super) fn reference(&self, who: Who) -> Reference {
        match who {
            Who::Account => self.account,
            Who::Device => self.device,
            Who::Consignee => self.consignee,
        }
    }

    pub(super) fn code(&self, who: Who) -> u64 {
        if who == Who::Device {
            self.device_code
        } else {
            self.code
        }
    }
}

impl Taken {
    /// Where it is kept.
    pub(super) fn store(self) -> Store {
        match self {
            Self::Account => Store::Account,
            Self::Device => Store::Behaviour,
            Self::Order | Self::Consignee => Store::Order,
            Self::Identity => Store::Identity,
            Self::Card => Store::Card,
            Self::Loan => Store::Loan,
        }
    }

    pub(super) fn categories(self) -> Categories {
        use super::terms;
        match self {
            Self::Account => terms::ACCOUNT,
            Self::Device => terms::DEVICE,
            Self::Order => terms::ORDER,
            Self::Identity => terms::IDENTITY,
            Self::Card => terms::CARD,
            Self::Loan => terms::LOAN,
            Self::Consignee => terms::CONSIGNEE,
        }
    }
}
