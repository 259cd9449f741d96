//! Replays and differences of a small ledger, judged by the rules made for the tests of `assess`.

mod differing;
mod playing;

use std::sync::Arc;

use custodia_core::replay::{Change, State};
use custodia_core::schema::v1;
use custodia_core::schema::v1::event::Body;

use super::*;
use crate::assess::tests::town::{DAY_MS, NOW_MS, Said, Town, asking};
use crate::assess::{Assessor, FindingsDesk, Keeping, KeptFindings};
use crate::query::{Time, Topic};

/// A town whose findings are kept up, and the desk.
struct Kept {
    town: Town,
    assessor: Assessor,
    desk: FindingsDesk,
}

impl Kept {
    fn new(story: Vec<Said>) -> Self {
        let town = Town::new();
        let store = town.store("findings");
        let assessor = town.assessor(&store);
        let progress = Arc::clone(assessor.progress());
        let desk = town.desk(Keeping::On(KeptFindings { store, progress }));
        let mut kept = Self {
            town,
            assessor,
            desk,
        };
        kept.tell(story);
        kept
    }

    fn tell(&mut self, story: Vec<Said>) {
        self.town.tell(story);
        while self.assessor.step().unwrap() {}
    }

    fn replay(&self, question: &ReplayQuestion) -> Replayed {
        replay(&self.desk, &asking(), question).unwrap()
    }

    fn differ(&self, question: &DiffQuestion) -> Differs {
        differ(&self.desk, &asking(), question).unwrap()
    }

    /// The state of something when only what had happened by a moment is known of.
    fn state_at(&self, of: &Topic, moment: Time) -> State {
        let question = ReplayQuestion {
            at: Some(moment),
            ..of_topic(of.clone())
        };
        state_at_end(&self.replay(&question))
    }
}

fn state_at_end(replayed: &Replayed) -> State {
    let mut player = replayed.player();
    player.go_to_place(usize::MAX);
    player.state().clone()
}

fn of_topic(of: Topic) -> ReplayQuestion {
    ReplayQuestion {
        of,
        from: None,
        to: None,
        as_of: None,
        at: None,
        finding: None,
    }
}

fn of(subject: &str) -> ReplayQuestion {
    of_topic(Topic::Subject(subject.into()))
}

fn days_ago(days: i64) -> Time {
    Time(NOW_MS - days * DAY_MS)
}

/// A person switches a permission.
fn switch(subject: &str, on: bool, days_ago: i64) -> Said {
    let changed = v1::DevicePermissionChanged {
        permission: v1::DevicePermission::PermLocation.into(),
        enabled: Some(on),
        prompt_purpose: 1,
        ..v1::DevicePermissionChanged::default()
    };
    Said {
        body: Body::DevicePermissionChanged(changed),
        ..crate::assess::tests::town::share(subject, "courier-1", days_ago)
    }
}

fn words(changes: &[Change]) -> Vec<String> {
    changes.iter().map(change).collect()
}

#[test]
fn every_error_has_its_page() {
    for number in 950..=955 {
        let path = format!("{}/ops/runbook/CU-0{number}.md", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&path).exists(), "{path}");
    }
}
