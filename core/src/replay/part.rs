//! The parts of a state, which events concern which, and how each is folded.

use super::evidence::{POLICY_PUBLISHED, View};
use super::folds::{incident, person, recipient, register};
use super::state::State;
use crate::assess::About;

/// A part of a state: items that events of the same kinds change. No two parts share an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Policy,
    SdkList,
    Recipients,
    Entrustments,
    Safeguards,
    Consents,
    Permissions,
    OptOuts,
    Requests,
    Covers,
    Stages,
}

impl Part {
    /// The parts of a state of this.
    pub(super) fn of(of: &About) -> &'static [Self] {
        match of {
            About::Subject(_) => &[
                Self::Policy,
                Self::Recipients,
                Self::Consents,
                Self::Permissions,
                Self::OptOuts,
                Self::Requests,
                Self::Covers,
            ],
            About::Recipient(_) => &[Self::Recipients, Self::Entrustments],
            About::Incident(_) => &[Self::Stages],
            About::Producer(_) => &[],
            About::Operator => &[
                Self::Policy,
                Self::SdkList,
                Self::Recipients,
                Self::Entrustments,
                Self::Safeguards,
                Self::Stages,
            ],
        }
    }

    /// Whether an event of this kind (the body's field number) may change it.
    pub(super) const fn is_concerned(self, kind: u32) -> bool {
        match self {
            Self::Policy => kind == POLICY_PUBLISHED,
            // Which list counts follows from the policy in force.
            Self::SdkList => matches!(kind, POLICY_PUBLISHED | 130),
            Self::Recipients => matches!(kind, 120..=123),
            Self::Entrustments => matches!(kind, 201 | 202 | 204),
            Self::Safeguards => kind == 283,
            // Which forms count as consent says the policy in force.
            Self::Consents => matches!(kind, POLICY_PUBLISHED | 140..=146),
            Self::Permissions => kind == 160,
            Self::OptOuts => matches!(kind, POLICY_PUBLISHED | 141 | 182 | 220),
            Self::Requests => matches!(kind, 220..=226),
            Self::Covers => matches!(kind, 242..=245),
            Self::Stages => matches!(kind, 260..=269),
        }
    }

    /// Whether an event of a person may change it because it names a recipient for the first time.
    pub(super) const fn follows_names(self) -> bool {
        matches!(self, Self::Recipients)
    }

    /// Puts its items in.
    pub(super) fn fold(self, view: &View<'_>, into: &mut State) {
        match self {
            Self::Policy => register::policy(view, into),
            Self::SdkList => register::sdk_list(view, into),
            Self::Recipients => recipient::standings(view, into),
            Self::Entrustments => recipient::entrustments(view, into),
            Self::Safeguards => register::safeguards(view, into),
            Self::Consents => person::consents(view, into),
            Self::Permissions => person::permissions(view, into),
            Self::OptOuts => person::opt_outs(view, into),
            Self::Requests => person::requests(view, into),
            Self::Covers => person::covers(view, into),
            Self::Stages => incident::stages(view, into),
        }
    }
}
