//! The episodes of a life, in the time of a natural life: milliseconds since the customer came.

use std::collections::BTreeSet;
use std::ops::Range;

use custodia_core::schema::v1::{AccessReason, DevicePermission, OrderKind, RightsRequestKind};

use super::dice::Course;
use super::flow::{Flow, Outflow};
use super::life::{Step, Store, Taken, What, Who};
use super::register::{
    CARD_AUTH, COURIERS, CREDIT_AGENCIES, CROSS_VERIFIER, ID_VERIFIER, LENDERS, LOAN_SERVICE,
    RecipientNo, SCORER, SDK_VENDOR, SUPPLIERS,
};
use super::terms::Ask;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const SOON: Range<i64> = 2 * SECOND..30 * SECOND;
const MINUTES: Range<i64> = MINUTE..10 * MINUTE;
const HOURS: Range<i64> = HOUR..8 * HOUR;

/// A life while it is being thought up.
pub(super) struct Plot<'a> {
    course: &'a mut Course,
    steps: Vec<Step>,
    at: i64,
    matter: u8,
    cause: Option<u16>,
    who: Who,
    left: bool,
}

impl<'a> Plot<'a> {
    pub(super) fn new(course: &'a mut Course) -> Self {
        let steps = Vec::with_capacity(48);
        Self {
            course,
            steps,
            at: 0,
            matter: 0,
            cause: None,
            who: Who::Account,
            left: false,
        }
    }

    /// The steps in the order in which they were thought up.
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// Whether the customer closed the account.
    pub(super) fn left(&self) -> bool {
        self.left
    }

    /// The whole life; one that `stays` never closes the account.
    pub(super) fn live(&mut self, stays: bool) {
        self.registration();
        if self.course.chance(70) {
            self.sdk();
        }
        self.marketing();
        for _ in 0..=self.course.below(3) {
            self.goods_order();
        }
        let pay_later_open = self.course.chance(45) && self.pay_later();
        let loan_open = self.course.chance(20) && self.loan();
        if self.course.chance(20) {
            self.customer_service();
        }
        if self.course.chance(10) {
            self.rights_request();
        }
        if self.course.chance(3) {
            self.complaint();
        }
        if !stays && !pay_later_open && !loan_open && self.course.chance(2) {
            self.close_account();
        }
    }

    /// A new matter, which begins within `when`.
    fn begin(&mut self, when: Range<i64>) {
        self.at = self.course.between(when.start, when.end);
        self.matter += 1;
        self.cause = None;
        self.who = Who::Account;
    }

    /// The next step, brought about by the one before it.
    fn then(&mut self, after: Range<i64>, what: What) {
        self.at += self.course.between(after.start, after.end);
        let id = u16::try_from(self.steps.len()).expect("a life has fewer than 100 steps");
        let (at, cause, matter, who) = (self.at, self.cause, self.matter, self.who);
        self.steps.push(Step {
            at,
            id,
            cause,
            matter,
            who,
            what,
        });
        self.cause = Some(id);
    }

    fn share(&mut self, after: Range<i64>, flow: Flow, to: RecipientNo) {
        self.then(after, What::Share(Outflow { flow, to }));
    }

    fn granted(&mut self, after: Range<i64>, ask: Ask) {
        self.then(after, What::Notice(ask));
        self.then(SOON, What::Grant(ask));
    }

    fn registration(&mut self) {
        let device_first = self.course.chance(25);
        if device_first {
            self.who = Who::Device;
            self.granted(SOON, Ask::Device);
            self.then(SOON, What::Collect(Taken::Device));
            if self.course.chance(50) {
                self.granted(SOON, Ask::Sdk);
                self.share(SOON, Flow::Sdk, SDK_VENDOR);
            }
            self.who = Who::Account;
            self.cause = None;
        }
        self.granted(MINUTE..2 * MINUTE, Ask::Account);
        self.then(SOON, What::Collect(Taken::Account));
        if device_first {
            self.then(SOON, What::Link);
        } else {
            self.then(SOON, What::Collect(Taken::Device));
        }
        self.then(SOON, What::Eligible);
        self.then(SOON, What::Message { commercial: false });
    }

    fn sdk(&mut self) {
        self.begin(10 * MINUTE..30 * MINUTE);
        self.granted(SOON, Ask::Sdk);
        self.share(SOON, Flow::Sdk, SDK_VENDOR);
        if self.course.chance(40) {
            self.share(DAY..6 * DAY, Flow::Sdk, SDK_VENDOR);
        }
    }

    fn marketing(&mut self) {
        self.begin(30 * MINUTE..HOUR);
        self.then(SOON, What::Notice(Ask::Marketing));
        if !self.course.chance(60) {
            self.then(SOON, What::Refuse(Ask::Marketing));
            return;
        }
        self.then(SOON, What::Grant(Ask::Marketing));
        for _ in 0..=self.course.below(4) {
            self.then(DAY..2 * DAY, What::Message { commercial: true });
        }
        if self.course.chance(25) {
            self.then(HOURS, What::OptOut);
            self.then(MINUTES, What::Withdraw(Ask::Marketing));
        }
    }

    fn goods_order(&mut self) {
        self.begin(2 * HOUR..7 * DAY);
        let for_other = self.course.chance(12);
        let supplier = self.course.pick(&SUPPLIERS);
        let courier = self.course.pick(&COURIERS);
        self.then(SOON, What::Open(OrderKind::OkGoods));
        self.then(SOON, What::Collect(Taken::Order));
        if for_other {
            self.who = Who::Consignee;
            self.then(SOON, What::Attest);
            self.then(0..SECOND, What::Collect(Taken::Consignee));
        }
        self.share(MINUTES, Flow::Supplier, supplier);
        if for_other {
            self.who = Who::Account;
            self.share(0..SECOND, Flow::Supplier, supplier);
        }
        self.share(HOURS, Flow::Courier, courier);
        if self.course.chance(40) {
            self.then(SOON, What::Acknowledge(courier));
        }
        if for_other {
            self.who = Who::Consignee;
            self.share(0..SECOND, Flow::Courier, courier);
            self.who = Who::Account;
        }
        self.then(HOURS, What::Message { commercial: false });
        self.then(DAY..2 * DAY, What::Complete(OrderKind::OkGoods));
    }

    /// An application to pay later; true where its order is never completed.
    fn pay_later(&mut self) -> bool {
        self.begin(3 * HOUR..6 * DAY);
        self.then(SOON, What::Open(OrderKind::OkPayLater));
        if self.course.chance(10) {
            self.then(SOON, What::Notice(Ask::Identity));
            self.then(SOON, What::Refuse(Ask::Identity));
            self.then(SOON, What::Deny);
            self.then(MINUTES, What::Complete(OrderKind::OkPayLater));
            return false;
        }
        self.granted(SOON, Ask::Identity);
        self.then(SOON, What::Permit(DevicePermission::PermCamera));
        self.then(SOON, What::Collect(Taken::Identity));
        self.share(SOON, Flow::Verify, ID_VERIFIER);
        self.share(SOON, Flow::CrossVerify, CROSS_VERIFIER);
        self.granted(MINUTES, Ask::Card);
        self.then(SOON, What::Collect(Taken::Card));
        self.share(SOON, Flow::CardAuth, CARD_AUTH);
        self.granted(SOON, Ask::Score);
        self.share(SOON, Flow::Score, SCORER);
        self.then(SOON, What::Receive(SCORER));
        self.then(SOON, What::Decide(OrderKind::OkPayLater));
        let completed = self.course.chance(80);
        if completed {
            self.then(DAY..3 * DAY, What::Complete(OrderKind::OkPayLater));
        }
        !completed
    }

    /// An application for a loan; true where the loan isn't paid back yet.
    fn loan(&mut self) -> bool {
        self.begin(6 * HOUR..8 * DAY);
        self.then(SOON, What::Open(OrderKind::OkLoan));
        self.granted(SOON, Ask::Credit);
        self.granted(SOON, Ask::Loan);
        self.then(SOON, What::Permit(DevicePermission::PermLocation));
        self.then(MINUTES, What::Collect(Taken::Loan));
        for agency in CREDIT_AGENCIES {
            self.share(SOON, Flow::Credit, agency);
            self.then(SOON, What::Receive(agency));
        }
        self.share(MINUTES, Flow::LoanService, LOAN_SERVICE);
        let both = self.course.chance(50);
        self.share(MINUTES, Flow::Lender, LENDERS[0]);
        if both {
            self.share(MINUTES, Flow::Lender, LENDERS[1]);
        }
        self.then(HOURS, What::Look(AccessReason::ArRiskReview));
        self.then(MINUTES, What::Decide(OrderKind::OkLoan));
        let paid_back = self.course.chance(50);
        if paid_back {
            self.then(DAY..2 * DAY, What::Complete(OrderKind::OkLoan));
        }
        !paid_back
    }

    fn customer_service(&mut self) {
        self.begin(DAY..9 * DAY);
        self.then(SOON, What::Look(AccessReason::ArCustomerService));
    }

    fn rights_request(&mut self) {
        let kind = self.course.pick(&[
            RightsRequestKind::RrQueryAccess,
            RightsRequestKind::RrCopy,
            RightsRequestKind::RrRectify,
        ]);
        self.begin(9 * DAY..10 * DAY);
        self.then(SOON, What::Request(kind));
        self.then(MINUTES, What::Verify);
        self.then(HOURS, What::Look(AccessReason::ArRightsRequest));
        self.then(MINUTES, What::Fulfil(kind));
    }

    fn complaint(&mut self) {
        self.begin(4 * DAY..10 * DAY);
        self.then(SOON, What::Complain);
        self.then(MINUTES, What::Verify);
        self.then(HOURS, What::Answer);
    }

    /// Once every order is complete: the account is closed, stores erase, a recipient confirms.
    fn close_account(&mut self) {
        self.begin(11 * DAY..11 * DAY + 4 * HOUR);
        let kind = RightsRequestKind::RrCancelAccount;
        self.then(SOON, What::Request(kind));
        self.then(MINUTES, What::Verify);
        for store in self.stores() {
            self.then(
                MINUTES,
                match store {
                    Store::Order => What::Restrict(store),
                    _ => What::Erase(store),
                },
            );
        }
        self.then(MINUTES, What::Fulfil(kind));
        for recipient in self.recipients() {
            self.then(MINUTES, What::ConfirmDeletion(recipient));
        }
        self.left = true;
    }

    /// The stores that hold data of the customer.
    fn stores(&self) -> BTreeSet<Store> {
        let own = self.steps.iter().filter(|step| step.who != Who::Consignee);
        own.filter_map(|step| step.what.store()).collect()
    }

    /// For whom data of the customer left.
    fn recipients(&self) -> BTreeSet<RecipientNo> {
        let own = self.steps.iter().filter(|step| step.who != Who::Consignee);
        own.filter_map(|step| step.what.recipient()).collect()
    }
}
