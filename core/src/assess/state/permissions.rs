//! Device permissions of a person: on or off at a moment.

use std::collections::BTreeMap;

use crate::assess::occurrence::Occurrence;
use crate::assess::timeline::Timeline;
use crate::schema::v1::DevicePermission;
use crate::schema::v1::event::Body;

/// The permissions of one person's devices. What is switched on holds from that moment, itself included;
/// what happens at the very moment of switching off isn't after it.
#[derive(Debug, Default)]
pub struct Permissions<'a>(BTreeMap<i32, Vec<Switch<'a>>>);

/// A permission that was switched.
#[derive(Debug, Clone, Copy)]
pub struct Switch<'a> {
    /// Whether it is on since.
    pub on: bool,
    /// The event that says so.
    pub by: &'a Occurrence,
    from_ms: i64,
}

impl<'a> Permissions<'a> {
    /// The permissions that a timeline tells of.
    pub fn of(timeline: &'a Timeline) -> Self {
        let mut permissions = Self::default();
        for by in timeline {
            let Body::DevicePermissionChanged(changed) = by.body() else {
                continue;
            };
            let Some(on) = changed.enabled else {
                continue;
            };
            let from_ms = by.occurred_at_ms.saturating_add(i64::from(!on));
            let switches = permissions.0.entry(changed.permission).or_default();
            let before = switches.partition_point(|one| one.from_ms < from_ms);
            switches.truncate(before);
            switches.push(Switch { on, by, from_ms });
        }
        permissions
    }

    /// The numbers of all permissions that were ever switched, ascending.
    pub fn numbers(&self) -> impl Iterator<Item = i32> {
        self.0.keys().copied()
    }

    /// How a permission stood at a moment; none where no event by then says so.
    pub fn at(&self, permission: DevicePermission, ms: i64) -> Option<Switch<'a>> {
        self.of_number(permission as i32, ms)
    }

    /// The same of a permission by its number, which may be one that this version doesn't know.
    pub fn of_number(&self, permission: i32, ms: i64) -> Option<Switch<'a>> {
        let switches = self.0.get(&permission)?;
        let after = switches.partition_point(|one| one.from_ms <= ms);
        Some(switches[after.checked_sub(1)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::finding::LeafAt;
    use crate::schema::v1::{DevicePermissionChanged, Event};

    fn switched(ms: i64, index: u64, on: Option<bool>) -> Occurrence {
        let seconds = ms.div_euclid(1000);
        let nanos = i32::try_from(ms.rem_euclid(1000) * 1_000_000).unwrap();
        let event = Event {
            occurred_at: Some(prost_types::Timestamp { seconds, nanos }),
            body: Some(Body::DevicePermissionChanged(DevicePermissionChanged {
                permission: DevicePermission::PermLocation.into(),
                enabled: on,
                ..DevicePermissionChanged::default()
            })),
            ..Event::default()
        };
        let log = "log".to_owned();
        Occurrence::of(LeafAt { log, index }, None, event).unwrap()
    }

    fn on_at(timeline: &Timeline, ms: i64) -> Option<bool> {
        let permissions = Permissions::of(timeline);
        let switch = permissions.at(DevicePermission::PermLocation, ms);
        switch.map(|switch| switch.on)
    }

    #[test]
    fn on_holds_at_once_and_off_after_its_moment() {
        let both = [
            switched(1000, 0, Some(true)),
            switched(2000, 1, Some(false)),
            switched(3000, 2, None),
        ];
        let timeline = Timeline::new(both).unwrap();
        let states = [999, 1000, 2000, 2001, 9000].map(|ms| on_at(&timeline, ms));
        assert_eq!(
            states,
            [None, Some(true), Some(true), Some(false), Some(false)]
        );
    }

    #[test]
    fn of_two_switches_at_one_moment_the_last_holds() {
        let both = [
            switched(1000, 0, Some(false)),
            switched(1000, 1, Some(true)),
        ];
        let timeline = Timeline::new(both).unwrap();
        assert_eq!(on_at(&timeline, 1001), Some(true));
    }
}
