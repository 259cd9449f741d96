//! When entrustments hold.

use super::*;
use crate::assess::state::told::{Told, at, stamp};

fn started(until: &str) -> Body {
    Body::EntrustmentStarted(EntrustmentStarted {
        recipient_id: "rc-1".into(),
        entrustment_id: "en-1".into(),
        valid_until: Some(stamp(until)),
        ..EntrustmentStarted::default()
    })
}

fn ended(at: &str) -> Body {
    Body::EntrustmentEnded(EntrustmentEnded {
        recipient_id: "rc-1".into(),
        entrustment_id: "en-1".into(),
        ended_at: Some(stamp(at)),
        ..EntrustmentEnded::default()
    })
}

fn holds(register: &Register, moment: &str) -> bool {
    entrustments_of(register, "rc-1")["en-1"].holds_at(at(moment))
}

#[test]
fn it_holds_from_its_beginning_until_its_time_runs_out() {
    let register = Told::default()
        .registry("2026-01-01 10:00", started("2026-06-01 00:00"))
        .register();
    assert!(!holds(&register, "2026-01-01 09:59"));
    assert!(holds(&register, "2026-01-01 10:00"));
    assert!(!holds(&register, "2026-06-01 00:00"));
}

#[test]
fn an_end_before_its_time_counts_and_a_renewal_prolongs_it() {
    let told = Told::default()
        .registry("2026-01-01 10:00", started("2026-06-01 00:00"))
        .registry("2026-05-01 10:00", started("2026-12-01 00:00"));
    assert!(holds(&told.register(), "2026-11-30 23:59"));
    let register = told
        .registry("2026-07-02 10:00", ended("2026-07-01 00:00"))
        .register();
    assert!(holds(&register, "2026-06-30 23:59"));
    assert!(!holds(&register, "2026-07-01 00:00"));
    assert!(entrustments_of(&register, "rc-2").is_empty());
}
