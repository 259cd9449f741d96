//! Stories on how people are treated: R30, R31, R34.

use custodia_core::assess::Outcome::{Unknown, Violation, Warn};
use custodia_core::schema::v1::{AccessReason, Purpose, RightsRequestKind};

use super::super::bodies::numbers;
use super::super::life::What;
use super::super::terms;
use super::story::{Teller, but};

pub(super) fn tell(t: &mut Teller<'_>) {
    decided(t);
    messages(t);
    looks(t);
}

fn decided(t: &mut Teller<'_>) {
    let pushed = |b: &mut custodia_core::schema::v1::AutomatedDecisionMade, choice| {
        b.set_purpose(Purpose::PuPersonalisedPush);
        b.significant_effect = Some(false);
        b.non_personalised_option = choice;
        b.categories = numbers(&terms::MARKETING[1..]);
        b.assessment_id.clear();
    };
    let loan = What::Decide(custodia_core::schema::v1::OrderKind::OkLoan);
    t.person("offers chosen by traits, with no choice without them");
    push_assessed(t);
    let said = t.does_but(
        loan,
        but!(AutomatedDecisionMade, b => pushed(b, Some(false))),
    );
    t.find(30, Violation, "no_choice", &said);

    t.person("whether there was a choice without traits isn't said");
    push_assessed(t);
    let said = t.does_but(loan, but!(AutomatedDecisionMade, b => pushed(b, None)));
    t.find(30, Unknown, "choice_not_stated", &said);

    t.person("a machine decided on a loan though the person had refused that");
    let refuse = RightsRequestKind::RrAdmExplainRefuse;
    t.does(What::Request(refuse));
    t.does(What::Verify);
    t.does(What::Fulfil(refuse));
    let said = t.does_but(
        loan,
        but!(AutomatedDecisionMade, b => b.human_review = Some(false)),
    );
    t.find(30, Violation, "automated_after_refusal", &said);
}

/// Choosing offers by traits was assessed before (PIPL 55).
fn push_assessed(t: &mut Teller<'_>) {
    let pia = t.own("pia");
    t.enters_fact(
        super::super::town_days::Fact::Impact(1),
        &pia,
        but!(ImpactAssessmentRecorded, b => {
            b.assessment_id.clone_from(&pia);
            b.recipient_ids.clear();
            b.purposes = numbers(&[Purpose::PuPersonalisedPush]);
            b.categories = numbers(terms::MARKETING);
        }),
    );
}

fn messages(t: &mut Teller<'_>) {
    t.person("an offer by SMS after the opt-out");
    t.does(What::OptOut);
    let said = t.does(What::Message { commercial: true });
    t.find(31, Violation, "after_opt_out", &said);

    t.person("a personal offer that can't be declined");
    let said = t.does_but(
        What::Message { commercial: true },
        but!(MessageSent, b => {
            b.personalised = Some(true);
            b.opt_out_offered = Some(false);
        }),
    );
    t.find(30, Violation, "no_opt_out", &said);
}

fn looks(t: &mut Teller<'_>) {
    let look = What::Look(AccessReason::ArCustomerService);
    t.person("an employee looked without a ticket");
    let said = t.does_but(look, but!(InternalAccess, b => b.ticket.clear()));
    t.find(34, Warn, "no_ticket", &said);

    t.person("an employee looked for no purpose");
    let said = t.does_but(look, but!(InternalAccess, b => b.purpose = 0));
    t.find(34, Warn, "no_purpose", &said);

    t.person("an employee looked at a thousand people at once");
    let said = t.does_but(look, but!(InternalAccess, b => b.batch_size = Some(1000)));
    t.find(34, Warn, "bulk", &said);

    t.person("at how many people the employee looked isn't said");
    let said = t.does_but(look, but!(InternalAccess, b => b.batch_size = None));
    t.find(34, Unknown, "batch_size_not_stated", &said);
}
