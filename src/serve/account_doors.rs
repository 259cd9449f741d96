//! The doors of accounts: what is held of people, and what was done.

use super::question::{Desks, OpenQuestion, Question, Refusing};
use crate::account::{
    self, BreachesAnswer, BreachesQuestion, Certificate, CertificateQuestion, ConsentsAnswer,
    ConsentsQuestion, DisclosuresAnswer, DisclosuresQuestion, Dossier, DossierQuestion, DueAnswer,
    DueQuestion, ErasableAnswer, ErasableQuestion, ExemptionsAnswer, ExemptionsQuestion,
    PersonsAnswer, PersonsQuestion, ProvisionsAnswer, ProvisionsQuestion, ReconcileQuestion,
    Reconciliation, ReconsentsAnswer, ReconsentsQuestion, RemainsAnswer, RemainsQuestion,
    RequestsAnswer, RequestsQuestion, RetentionAnswer, RetentionQuestion, SdksAnswer, SdksQuestion,
    ThingAnswer, ThingQuestion,
};
use crate::query::Asking;

/// The approvals of each of a person's references, in bytes.
const MOST_BYTES_OF_APPROVALS: usize = 512 << 10;
/// The largest list of a partner's digests, in bytes.
const MOST_BYTES_OF_DIGESTS: usize = 16 << 20;

impl Refusing for account::Error {
    fn code(&self) -> &str {
        self.code()
    }

    fn is_the_askers(&self) -> bool {
        self.is_the_askers()
    }

    fn is_nobodys(&self) -> bool {
        match self {
            Self::Query(source) => source.is_nobodys(),
            Self::Assess(source) => source.is_nobodys(),
            _ => false,
        }
    }
}

/// The door of a question about people; `kept` where it is answered from findings that are kept up.
macro_rules! about_people {
    ($question:ident, $answer:ident, $door:literal, $kept:literal) => {
        impl Question for $question {
            const DOOR: &'static str = $door;
            type Answer = $answer;
            type Error = account::Error;

            fn needs_findings(&self) -> bool {
                $kept
            }

            fn answer(&self, desks: &Desks, asking: &Asking) -> Result<$answer, account::Error> {
                self.answer(&desks.findings, asking)
            }
        }
    };
}

/// The door of a question that names nobody.
macro_rules! about_nobody {
    ($question:ident, $answer:ident, $door:literal, $kept:literal, $most:expr) => {
        impl OpenQuestion for $question {
            const DOOR: &'static str = $door;
            const MOST_BYTES: usize = $most;
            type Answer = $answer;
            type Error = account::Error;

            fn needs_findings(&self) -> bool {
                $kept
            }

            fn answer(&self, desks: &Desks) -> Result<$answer, account::Error> {
                self.answer(&desks.findings)
            }
        }
    };
}

impl Question for ErasableQuestion {
    const DOOR: &'static str = "/v1/erasable";
    const MOST_BYTES: usize = MOST_BYTES_OF_APPROVALS;
    type Answer = ErasableAnswer;
    type Error = account::Error;

    fn answer(&self, desks: &Desks, asking: &Asking) -> Result<ErasableAnswer, account::Error> {
        self.answer(&desks.findings, asking)
    }
}

about_people!(ConsentsQuestion, ConsentsAnswer, "/v1/consents", false);
about_people!(RequestsQuestion, RequestsAnswer, "/v1/requests", false);
about_people!(DueQuestion, DueAnswer, "/v1/requests-due", true);
about_people!(BreachesQuestion, BreachesAnswer, "/v1/breaches", false);
about_people!(RemainsQuestion, RemainsAnswer, "/v1/remains", false);
about_people!(ThingQuestion, ThingAnswer, "/v1/erasable-thing", false);
about_people!(ReconsentsQuestion, ReconsentsAnswer, "/v1/reconsents", true);
about_people!(
    RetentionQuestion,
    RetentionAnswer,
    "/v1/retention-due",
    true
);
about_people!(
    DisclosuresQuestion,
    DisclosuresAnswer,
    "/v1/disclosures",
    false
);

const SMALL: usize = super::question::MOST_BYTES;
about_nobody!(SdksQuestion, SdksAnswer, "/v1/sdks", false, SMALL);
about_nobody!(
    ExemptionsQuestion,
    ExemptionsAnswer,
    "/v1/exemptions",
    false,
    SMALL
);
about_nobody!(
    ProvisionsQuestion,
    ProvisionsAnswer,
    "/v1/provisions",
    false,
    SMALL
);
about_nobody!(
    CertificateQuestion,
    Certificate,
    "/v1/erasure-certificate",
    false,
    SMALL
);
about_nobody!(PersonsQuestion, PersonsAnswer, "/v1/persons", false, SMALL);
about_nobody!(DossierQuestion, Dossier, "/v1/recipient", true, SMALL);
about_nobody!(
    ReconcileQuestion,
    Reconciliation,
    "/v1/reconcile",
    false,
    MOST_BYTES_OF_DIGESTS
);
