use super::*;
use crate::assess::state::told::{Told, at, stamp};
use crate::schema::v1::{
    ConsentGranted, DataCategory, DataShared, LegalHoldPlaced, LegalHoldReleased, OrderCompleted,
    OrderOpened, ProcessingRestricted, RetentionReauthorised, RightsRequestFulfilled,
    RightsRequestKind, RightsRequestReceived,
};

const NAME: i32 = DataCategory::DcRealName as i32;

fn received(id: &str, kind: RightsRequestKind) -> Body {
    Body::RightsRequestReceived(RightsRequestReceived {
        request_id: id.into(),
        kind: kind.into(),
        ..RightsRequestReceived::default()
    })
}

fn fulfilled(id: &str) -> Body {
    Body::RightsRequestFulfilled(RightsRequestFulfilled {
        request_id: id.into(),
        ..RightsRequestFulfilled::default()
    })
}

fn cancelled() -> Told {
    Told::default()
        .then(
            "2026-03-01 10:00",
            received("r-1", RightsRequestKind::RrCancelAccount),
        )
        .then("2026-03-02 10:00", fulfilled("r-1"))
}

/// Kind, what is cited and until when.
type Said = (&'static str, String, Option<i64>);

fn said(told: &Told, moment: &str) -> (Vec<Said>, Option<Ended>) {
    let timeline = told.timeline();
    let erasable = Erasable::of(&timeline, &PolicyBook::default(), "r-9", at(moment));
    let bars = erasable.bars.iter();
    let bars = bars.map(|bar| (bar.kind.name(), bar.cites.clone(), bar.until_ms));
    (bars.collect(), erasable.ended)
}

fn bars(told: &Told, moment: &str) -> Vec<Said> {
    said(told, moment).0
}

fn bar(kind: &'static str, cites: &str, until: Option<&str>) -> Said {
    (kind, cites.to_owned(), until.map(at))
}

#[test]
fn a_cancelled_account_without_anything_else_may_go() {
    let ended = Ended {
        ms: at("2026-03-02 10:00"),
        cites: "L282",
    };
    assert_eq!(
        said(&cancelled(), "2026-03-02 10:00"),
        (vec![], Some(ended))
    );
}

#[test]
fn an_account_that_lives_stays_and_one_that_came_back_too() {
    let none = Told::default();
    assert_eq!(
        bars(&none, "2026-03-03 10:00"),
        [bar("account", "L126", None)]
    );
    let consented = Body::ConsentGranted(ConsentGranted::default());
    let back = cancelled().then("2026-04-01 10:00", consented);
    assert_eq!(
        bars(&back, "2026-05-01 10:00"),
        [bar("account", "L126, L322", None)]
    );
}

#[test]
fn records_of_provision_and_trade_stay_three_years_to_the_end_of_the_day() {
    let opened = OrderOpened {
        order_ref: "o-1".into(),
        ..OrderOpened::default()
    };
    let completed = OrderCompleted {
        order_ref: "o-1".into(),
        ..OrderCompleted::default()
    };
    let told = Told::default()
        .then("2026-01-01 10:00", Body::OrderOpened(opened))
        .then("2026-01-10 10:00", Body::DataShared(DataShared::default()))
        .then("2026-02-10 10:00", Body::DataShared(DataShared::default()));
    assert_eq!(
        bars(&told, "2026-02-11 10:00"),
        [
            bar("open order", "o-1", None),
            bar("duty to keep", "NDSR 12", Some("2029-02-11 00:00")),
        ]
    );
    let told = told
        .then("2026-02-20 10:00", Body::OrderCompleted(completed))
        .then(
            "2026-03-01 10:00",
            received("r-1", RightsRequestKind::RrCancelAccount),
        )
        .then("2026-03-02 10:00", fulfilled("r-1"));
    let trade = bar(
        "duty to keep",
        "E-Commerce Law 31",
        Some("2029-02-21 00:00"),
    );
    let provision = bar("duty to keep", "NDSR 12", Some("2029-02-11 00:00"));
    assert_eq!(
        bars(&told, "2029-02-10 23:59:59"),
        [provision, trade.clone()]
    );
    assert_eq!(bars(&told, "2029-02-20 23:59:59"), [trade]);
    let ended = Ended {
        ms: at("2029-02-21 00:00"),
        cites: "E-Commerce Law 31",
    };
    assert_eq!(said(&told, "2029-02-21 00:00"), (vec![], Some(ended)));
}

#[test]
fn a_hold_bars_until_it_is_released_or_ends_also_one_without_ground() {
    let hold = |id: &str, statute: &str, until: Option<&str>| {
        Body::LegalHoldPlaced(LegalHoldPlaced {
            hold_id: id.into(),
            categories: vec![NAME],
            statute: statute.into(),
            case_ref: "case-7".into(),
            until: until.map(stamp),
            ..LegalHoldPlaced::default()
        })
    };
    let released = LegalHoldReleased {
        hold_id: "a".into(),
        ..LegalHoldReleased::default()
    };
    let told = cancelled()
        .then("2026-03-03 10:00", hold("a", "CPL 67", None))
        .then("2026-03-03 10:00", hold("b", "", Some("2026-06-01 00:00")));
    assert_eq!(
        bars(&told, "2026-05-01 10:00"),
        [
            bar("legal hold", "", Some("2026-06-01 00:00")),
            bar("legal hold", "CPL 67", None),
        ]
    );
    let told = told.then("2026-05-02 10:00", Body::LegalHoldReleased(released));
    assert_eq!(bars(&told, "2026-06-01 00:00"), []);
}

#[test]
fn an_open_request_bars_unless_the_erasure_answers_it() {
    let told = cancelled()
        .then(
            "2026-03-05 10:00",
            received("r-2", RightsRequestKind::RrCopy),
        )
        .then(
            "2026-03-05 10:00",
            received("r-9", RightsRequestKind::RrDelete),
        );
    assert_eq!(
        bars(&told, "2026-03-06 10:00"),
        [bar("open request", "r-2", None)]
    );
    let told = told.then("2026-03-07 10:00", fulfilled("r-2"));
    assert_eq!(bars(&told, "2026-03-08 10:00"), []);
}

#[test]
fn of_restrictions_by_one_statute_the_latest_counts() {
    let restricted = |until: Option<&str>| {
        Body::ProcessingRestricted(ProcessingRestricted {
            categories: vec![NAME],
            statute: "AML 19".into(),
            until: until.map(stamp),
            ..ProcessingRestricted::default()
        })
    };
    let told = cancelled().then("2026-03-03 10:00", restricted(None));
    assert_eq!(
        bars(&told, "2026-03-04 10:00"),
        [bar("kept by statute", "AML 19", None)]
    );
    let told = told.then("2026-03-05 10:00", restricted(Some("2026-04-01 00:00")));
    assert_eq!(
        bars(&told, "2026-03-06 10:00"),
        [bar("kept by statute", "AML 19", Some("2026-04-01 00:00"))]
    );
    assert_eq!(bars(&told, "2026-04-01 00:00"), []);
}

#[test]
fn what_the_person_authorised_anew_stays_while_the_account_lives() {
    let anew = RetentionReauthorised {
        categories: vec![NAME],
        until: Some(stamp("2030-01-01 00:00")),
        ..RetentionReauthorised::default()
    };
    let told = Told::default()
        .then(
            "2026-01-01 10:00",
            Body::ConsentGranted(ConsentGranted::default()),
        )
        .then("2026-02-01 10:00", Body::RetentionReauthorised(anew));
    assert_eq!(
        bars(&told, "2026-03-01 10:00"),
        [
            bar("authorised anew", "L322", Some("2030-01-01 00:00")),
            bar("account", "L126, L322", None),
        ]
    );
}
