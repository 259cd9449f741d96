//! Stories on consent: R01 to R04, R06, R07, R15 to R17.

use custodia_core::assess::Outcome::{Unknown, Violation, Warn};
use custodia_core::schema::v1::{
    Basis, BasisKind, CollectionExemption, ConsentForm, ConsentStrength, DevicePermission,
    OrderKind, OutflowExemption, Purpose,
};

use super::super::flow::{Flow, Outflow};
use super::super::life::{Taken, What};
use super::super::register::{COURIERS, SDK_VENDOR};
use super::super::terms::Ask;
use super::story::{Teller, but};

const SDK: What = What::Share(Outflow {
    flow: Flow::Sdk,
    to: SDK_VENDOR,
});
const COURIER: What = What::Share(Outflow {
    flow: Flow::Courier,
    to: COURIERS[0],
});

pub(super) fn tell(t: &mut Teller<'_>) {
    grounds(t);
    strengths(t);
    withdrawn(t);
    never_came(t);
    notices(t);
    exemptions(t);
    permissions(t);
    refusals(t);
    continued_use(t);
}

fn grounds(t: &mut Teller<'_>) {
    t.person("shared with a courier before the order was opened");
    let said = t.does(COURIER);
    t.does(What::Open(OrderKind::OkGoods));
    t.find(1, Violation, "order_opened_later", &said);

    t.person("shared under an order that isn't named");
    let said = t.does_but(COURIER, but!(DataShared, b => b.basis = Some(contract(""))));
    t.find(1, Unknown, "contract_not_named", &said);

    t.person("shared on no ground that anyone claims");
    t.does(What::Notice(Ask::Sdk));
    let none = || Basis {
        kind: BasisKind::BaNoneClaimed.into(),
        ..Basis::default()
    };
    let said = t.does_but(
        SDK,
        but!(DataShared, b => {
            b.basis = Some(none());
            b.separate_consent_id.clear();
        }),
    );
    t.find(1, Violation, "none_claimed", &said);
    t.find(2, Violation, "no_consent", &said);
}

fn contract(named: &str) -> Basis {
    Basis {
        kind: BasisKind::BaContract.into(),
        contract_ref: named.to_owned(),
        ..Basis::default()
    }
}

fn strengths(t: &mut Teller<'_>) {
    t.person("an SDK's vendor got data on a consent that isn't separate");
    t.does(What::Notice(Ask::Sdk));
    t.does_but(
        What::Grant(Ask::Sdk),
        but!(ConsentGranted, b => b.set_strength(ConsentStrength::CsExpress)),
    );
    let said = t.does(SDK);
    t.find(2, Violation, "consent_not_separate", &said);

    t.person("an SDK's vendor got data without consent, for national security");
    t.does(What::Notice(Ask::Sdk));
    let said = t.does_but(
        SDK,
        but!(DataShared, b => {
            b.basis = Some(Basis {
                kind: BasisKind::BaOutflowExemption.into(),
                outflow_exemption: OutflowExemption::Exo01NationalSecurity.into(),
                citation: "国家安全法 77".to_owned(),
                ..Basis::default()
            });
            b.separate_consent_id.clear();
        }),
    );
    t.find(2, Warn, "other_ground", &said);

    t.person("identity papers taken on a consent that isn't separate");
    t.does(What::Notice(Ask::Identity));
    t.does_but(
        What::Grant(Ask::Identity),
        but!(ConsentGranted, b => b.set_strength(ConsentStrength::CsExplicit)),
    );
    t.does(What::Permit(DevicePermission::PermCamera));
    let said = t.does(What::Collect(Taken::Identity));
    t.find(3, Violation, "sensitive_not_separate", &said);
}

fn withdrawn(t: &mut Teller<'_>) {
    t.person("the device's data taken the day after consent was withdrawn");
    t.does(What::Withdraw(Ask::Account));
    t.wait(super::story::DAY);
    let said = t.does(What::Collect(Taken::Device));
    t.find(4, Violation, "consent_withdrawn", &said);
}

fn never_came(t: &mut Teller<'_>) {
    t.person("a card's data taken on a consent that never came");
    let said = t.does(What::Collect(Taken::Card));
    t.find_all(&[3, 4, 5, 6, 17], Unknown, "consent_not_in_log", &said);
}

fn notices(t: &mut Teller<'_>) {
    t.begin("told of the policy after the consent to it");
    t.does(What::Grant(Ask::Account));
    t.does(What::Notice(Ask::Account));
    t.does(What::Eligible);
    let said = t.does(What::Collect(Taken::Account));
    t.find(6, Violation, "notice_after_consent", &said);

    t.begin("never told of the policy");
    t.does(What::Grant(Ask::Account));
    t.does(What::Eligible);
    let said = t.does(What::Collect(Taken::Account));
    t.find(6, Unknown, "notice_not_in_log", &said);

    t.person("the notice didn't list the SDK's vendor");
    t.does_but(
        What::Notice(Ask::Sdk),
        but!(NoticePresented, b => b.recipient_ids.clear()),
    );
    t.does(What::Grant(Ask::Sdk));
    let said = t.does(SDK);
    t.find(9, Violation, "recipient_not_in_notice", &said);

    t.person("the notice didn't say how to reach the SDK's vendor");
    t.does_but(
        What::Notice(Ask::Sdk),
        but!(NoticePresented, b => b.recipients_named = Some(false)),
    );
    t.does(What::Grant(Ask::Sdk));
    let said = t.does(SDK);
    t.find(9, Violation, "name_and_contact_missing", &said);

    t.person("whether the notice named the SDK's vendor isn't said");
    t.does_but(
        What::Notice(Ask::Sdk),
        but!(NoticePresented, b => b.recipients_named = None),
    );
    t.does(What::Grant(Ask::Sdk));
    let said = t.does(SDK);
    t.find(9, Unknown, "naming_not_said", &said);
}

fn exempt(case: CollectionExemption, citation: &str) -> Basis {
    Basis {
        kind: BasisKind::BaCollectionExemption.into(),
        collection_exemption: case.into(),
        citation: citation.to_owned(),
        ..Basis::default()
    }
}

fn exemptions(t: &mut Teller<'_>) {
    use CollectionExemption as Exc;
    t.person("the device's data taken as a legal duty without citing which");
    let said = t.does_but(
        What::Collect(Taken::Device),
        but!(DataCollected, b => b.basis = Some(exempt(Exc::Exc01LegalObligation, ""))),
    );
    t.find(7, Violation, "no_citation", &said);

    t.person("the device's data taken for the service's security");
    let said = t.does_but(
        What::Collect(Taken::Device),
        but!(DataCollected, b => b.basis = Some(exempt(Exc::Exc09ServiceSecurity, "网络安全法 21"))),
    );
    t.find(7, Warn, "legal_review", &said);

    t.person("the device's data taken without consent in a case that isn't named");
    let said = t.does_but(
        What::Collect(Taken::Device),
        but!(DataCollected, b => b.basis = Some(exempt(Exc::ExcUnspecified, "网络安全法 21"))),
    );
    t.find(7, Unknown, "exemption_not_named", &said);

    t.person("the same case without consent a hundred and one times");
    for _ in 0..100 {
        t.does_but(
            What::Collect(Taken::Device),
            but!(DataCollected, b => b.basis = Some(exempt(Exc::Exc01LegalObligation, "网络安全法 21"))),
        );
    }
    let said = t.does_but(
        What::Collect(Taken::Device),
        but!(DataCollected, b => b.basis = Some(exempt(Exc::Exc01LegalObligation, "网络安全法 21"))),
    );
    t.find(7, Warn, "many_uses", &said);
}

fn permissions(t: &mut Teller<'_>) {
    t.person("a face taken though the camera had been switched off");
    t.granted(Ask::Identity);
    t.does(What::Permit(DevicePermission::PermCamera));
    t.does_but(
        What::Permit(DevicePermission::PermCamera),
        but!(DevicePermissionChanged, b => b.enabled = Some(false)),
    );
    let said = t.does(What::Collect(Taken::Identity));
    t.find(15, Violation, "permission_off", &said);

    t.person("a face taken, and nothing on the camera");
    t.granted(Ask::Identity);
    let said = t.does(What::Collect(Taken::Identity));
    t.find(15, Unknown, "permission_not_in_log", &said);
}

fn refusals(t: &mut Teller<'_>) {
    t.person("who refused marketing may not order");
    t.does(What::Notice(Ask::Marketing));
    t.does(What::Refuse(Ask::Marketing));
    let refused = t.consent_id(Ask::Marketing);
    let said = t.does_but(
        What::Deny,
        but!(FeatureDenied, b => {
            b.set_feature(Purpose::PuOrderFulfilment);
            b.refused_consent_id = refused;
            b.missing_categories.clear();
        }),
    );
    t.find(16, Violation, "unrelated_feature", &said);

    t.person("a feature denied for a refusal that isn't named");
    let said = t.does_but(
        What::Deny,
        but!(FeatureDenied, b => b.refused_consent_id.clear()),
    );
    t.find(16, Unknown, "refused_not_named", &said);

    t.person("a feature denied for a refusal that never came");
    let said = t.does(What::Deny);
    t.find(16, Unknown, "refusal_not_in_log", &said);
}

fn continued_use(t: &mut Teller<'_>) {
    t.begin("continued use taken for consent");
    t.does(What::Notice(Ask::Account));
    t.does_but(
        What::Grant(Ask::Account),
        but!(ConsentGranted, b => b.set_form(ConsentForm::CmContinuedUse)),
    );
    t.does(What::Eligible);
    let said = t.does(What::Collect(Taken::Account));
    t.find(6, Violation, "form_is_no_consent", &said);
    t.find(17, Violation, "continued_use_is_no_consent", &said);
}
