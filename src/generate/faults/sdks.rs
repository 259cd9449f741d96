//! Stories on SDKs: R06, R14, R24.

use custodia_core::assess::Outcome::{Unknown, Violation, Warn};
use custodia_core::schema::v1::{DataCategory, ShareMethod};

use super::super::flow::{Flow, Outflow};
use super::super::life::What;
use super::super::register::{SDK_PACKAGE, SDK_VENDOR};
use super::super::terms::Ask;
use super::super::town_days::Fact;
use super::partners::{Lacks, consented, registered, share};
use super::story::{Teller, but, end_of_day};

const SDK: What = What::Share(Outflow {
    flow: Flow::Sdk,
    to: SDK_VENDOR,
});

pub(super) fn tell(t: &mut Teller<'_>) {
    sdks(t);
    propagated(t);
}

fn sdks(t: &mut Teller<'_>) {
    t.person("an SDK took data that isn't on the list");
    t.granted(Ask::Sdk);
    let id = registered(t, Lacks::Nothing, |_| {});
    consented(t, &id);
    let name = t.own("sdk");
    let said = share(t, &id, |b| {
        b.sdk_name = name;
        b.set_method(ShareMethod::MtSdk);
    });
    t.find(14, Violation, "sdk_not_listed", &said);

    t.begin("a scan saw an SDK that isn't on the list");
    let package = t.own("example.hidden");
    let said = t.enters_fact(
        Fact::SdkSeen,
        &package,
        but!(SdkObserved, b => {
            b.package.clone_from(&package);
            b.sdk_name.clone_from(&package);
            b.recipient_id.clear();
        }),
    );
    t.find(14, Violation, "sdk_not_listed", &said);

    t.begin("a scan saw that an SDK takes more than the list says");
    let said = t.enters_fact(
        Fact::SdkSeen,
        SDK_PACKAGE,
        but!(SdkObserved, b => {
            b.categories.push(DataCategory::DcImei.into());
        }),
    );
    t.find(14, Violation, "sdk_takes_more", &said);

    t.begin("what the SDK took isn't said");
    let said = t.enters_fact(
        Fact::SdkSeen,
        SDK_PACKAGE,
        but!(SdkObserved, b => b.categories.clear()),
    );
    t.find(14, Unknown, "categories_unknown", &said);

    t.begin("an SDK ran before any consent");
    let said = t.enters_fact(
        Fact::SdkSeen,
        SDK_PACKAGE,
        but!(SdkObserved, b => b.before_consent = Some(true)),
    );
    t.find(6, Violation, "sdk_before_consent", &said);
}

fn propagated(t: &mut Teller<'_>) {
    t.person("an SDK's vendor never confirmed that it deleted");
    t.granted(Ask::Sdk);
    t.does(SDK);
    let said = t.does(What::Withdraw(Ask::Sdk));
    t.find_since(24, Warn, "not_confirmed", &said, end_of_day(said.at, 15));
}
