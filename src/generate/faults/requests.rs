//! Stories on what people ask: R19 to R23, R44.

use custodia_core::assess::Outcome::{Overdue, Unknown, Violation, Warn};
use custodia_core::schema::v1::event::Body;
use custodia_core::schema::v1::{
    LegalHoldPlaced, OrderKind, ProcessingRestricted, RightsCondition, RightsRefusal,
    RightsRequestKind, RightsRequestRefused,
};

use super::super::bodies::numbers;
use super::super::envelope::timestamp;
use super::super::life::{Store, Taken, What};
use super::super::register::{Person, Producer};
use super::super::terms;
use super::story::{DAY, Said, Teller, but, end_of_day};

pub(super) fn tell(t: &mut Teller<'_>) {
    overdue(t);
    clocks(t);
    complaints(t);
    refused(t);
    blocked(t);
    kept(t);
    held(t);
    after(t);
}

const QUERY: RightsRequestKind = RightsRequestKind::RrQueryAccess;
const CANCEL: RightsRequestKind = RightsRequestKind::RrCancelAccount;

/// The moment at which a request received then has been open for ten days.
fn tenth_day(received_ms: i64) -> i64 {
    end_of_day(received_ms, 9)
}

fn overdue(t: &mut Teller<'_>) {
    t.person("a question that nobody answered");
    let said = t.does(What::Request(QUERY));
    t.find_since(19, Warn, "open_at_warning", &said, tenth_day(said.at));
    t.find_since(19, Overdue, "unanswered", &said, end_of_day(said.at, 15));

    t.person("a question answered after twenty-four days");
    let said = t.does(What::Request(QUERY));
    t.does(What::Verify);
    t.wait(24 * DAY);
    t.does(What::Fulfil(QUERY));
    t.find_since(19, Warn, "open_at_warning", &said, tenth_day(said.at));
    t.find_since(19, Overdue, "answered_late", &said, end_of_day(said.at, 15));
}

fn clocks(t: &mut Teller<'_>) {
    t.person("a request's due date is ten days too early");
    let wrong = t.at + super::story::MINUTE;
    let said = t.does_but(
        What::Request(QUERY),
        but!(RightsRequestReceived, b => {
            b.due_at = Some(timestamp(end_of_day(wrong, 5)));
        }),
    );
    t.does(What::Verify);
    t.does(What::Fulfil(QUERY));
    t.find(19, Warn, "due_at_wrong", &said);

    t.person("a question answered without asking who asked");
    t.does(What::Request(QUERY));
    let said = t.does(What::Fulfil(QUERY));
    t.find(19, Warn, "identity_unverified", &said);

    t.person("an answer to a question that never came");
    t.does(What::Verify);
    let said = t.does(What::Fulfil(QUERY));
    t.find(19, Unknown, "request_not_received", &said);
}

fn complaints(t: &mut Teller<'_>) {
    t.person("a complaint that nobody answered");
    let judged = t.does(What::Complain);
    let verified = t.does(What::Verify);
    t.find_since(
        20,
        Overdue,
        "unanswered",
        &judged,
        end_of_day(verified.at, 15),
    );

    t.person("a complaint whose person nobody verified");
    let said = t.does(What::Complain);
    t.find_since(
        20,
        Warn,
        "identity_unverified",
        &said,
        end_of_day(said.at, 15),
    );

    t.person("an answer to a complaint that never came");
    let said = t.does(What::Answer);
    t.find(20, Unknown, "request_not_received", &said);
}

fn refusal(t: &mut Teller<'_>, change: impl FnOnce(&mut RightsRequestRefused)) -> Said {
    let mut refused = RightsRequestRefused {
        request_id: t.request_id(),
        refusal: RightsRefusal::Rx04BadFaith.into(),
        reason_sha256: t.paper("reasons"),
        remedy_told: Some(true),
        decided_by_ref: t.pen.register.person(Person::Officer),
        ..RightsRequestRefused::default()
    };
    change(&mut refused);
    t.says(Producer::Desk, Body::RightsRequestRefused(refused))
}

fn refused(t: &mut Teller<'_>) {
    t.person("a question refused without a reason");
    t.does(What::Request(QUERY));
    let said = refusal(t, |b| b.reason_sha256.clear());
    t.find(21, Violation, "no_reason", &said);

    t.person("a question refused on no ground of the policy");
    t.does(What::Request(QUERY));
    let said = refusal(t, |b| b.refusal = 0);
    t.find(21, Violation, "no_ground", &said);

    t.person("refused without a word on the courts");
    t.does(What::Request(QUERY));
    let said = refusal(t, |b| b.remedy_told = Some(false));
    t.find(21, Warn, "remedy_not_told", &said);
}

fn on_open_orders(b: &mut RightsRequestRefused) {
    b.refusal = 0;
    b.open_conditions = numbers(&[RightsCondition::RrCondAllOrdersCompleted]);
}

fn blocked(t: &mut Teller<'_>) {
    t.person("cancelling refused though no order was open");
    t.does(What::Open(OrderKind::OkGoods));
    t.does(What::Complete(OrderKind::OkGoods));
    t.does(What::Request(CANCEL));
    let said = refusal(t, on_open_orders);
    t.find(22, Violation, "no_order_open", &said);

    t.person("cancelling refused for bad faith");
    t.does(What::Request(CANCEL));
    let said = refusal(t, |_| {});
    t.find(22, Warn, "refused_on_ground", &said);

    t.person("cancelling refused for orders that nobody knows");
    t.does(What::Request(CANCEL));
    let said = refusal(t, on_open_orders);
    t.find(22, Unknown, "orders_not_recorded", &said);
}

/// The account is cancelled; what becomes of its data is told apart.
fn cancelled(t: &mut Teller<'_>) -> (Said, Said) {
    let asked = t.does(What::Request(CANCEL));
    t.does(What::Verify);
    let done = t.does_but(
        What::Fulfil(CANCEL),
        but!(RightsRequestFulfilled, b => {
            b.systems_touched = vec![Store::Account.id().to_owned()];
        }),
    );
    (asked, done)
}

fn kept(t: &mut Teller<'_>) {
    t.person("an account was cancelled, and its data is still there");
    t.does(What::Collect(Taken::Account));
    let (asked, done) = cancelled(t);
    let due = end_of_day(asked.at, 15);
    t.find_since(22, Violation, "not_wiped", &done, due);
    t.find_since(23, Violation, "kept_after_cancellation", &done, due);

    t.person("an account was cancelled, and until when its data stays isn't said");
    t.does(What::Collect(Taken::Account));
    let (asked, _) = cancelled(t);
    let restricted = ProcessingRestricted {
        categories: numbers(terms::ACCOUNT),
        statute: "NDSR 12".to_owned(),
        request_id: t.request_id(),
        store_id: Store::Account.id().to_owned(),
        ..ProcessingRestricted::default()
    };
    let said = t.says(Producer::Stores, Body::ProcessingRestricted(restricted));
    t.find_since(
        23,
        Unknown,
        "restricted_without_end",
        &said,
        end_of_day(asked.at, 15),
    );
}

fn held(t: &mut Teller<'_>) {
    t.person("a hold that names neither statute nor case");
    let hold = LegalHoldPlaced {
        hold_id: t.own("hold"),
        categories: numbers(terms::ACCOUNT),
        until: Some(timestamp(t.at + 30 * DAY)),
        placed_by_ref: t.pen.register.person(Person::Lawyer),
        ..LegalHoldPlaced::default()
    };
    let said = t.says(Producer::Legal, Body::LegalHoldPlaced(hold));
    t.find(23, Warn, "hold_without_ground", &said);

    t.person("an order completed before it was opened");
    let said = t.does(What::Complete(OrderKind::OkGoods));
    t.does(What::Open(OrderKind::OkGoods));
    t.find(23, Warn, "completed_before_opened", &said);
}

fn after(t: &mut Teller<'_>) {
    t.person("a message to someone whose data was wholly erased");
    t.does(What::Collect(Taken::Account));
    t.does(What::Request(CANCEL));
    t.does(What::Verify);
    t.does(What::Erase(Store::Account));
    t.does_but(
        What::Fulfil(CANCEL),
        but!(RightsRequestFulfilled, b => {
            b.systems_touched = vec![Store::Account.id().to_owned()];
        }),
    );
    let said = t.does(What::Message { commercial: false });
    t.find(44, Violation, "after_erasure", &said);
}
