use super::*;
use crate::schema::v1::{Actor, DataCategory as Dc, Purpose as Pu, ShareCase};

const FILE: &str = include_str!("../../../../ops/policy/2024-07-15.toml");

fn policy() -> PrivacyPolicy {
    PrivacyPolicy::parse(FILE.as_bytes()).unwrap()
}

/// The error of the file with one place changed.
fn refused(from: &str, to: &str) -> String {
    assert!(FILE.contains(from), "{from}");
    let changed = FILE.replacen(from, to, 1);
    PrivacyPolicy::parse(changed.as_bytes())
        .unwrap_err()
        .to_string()
}

#[test]
fn the_policy_of_the_company_is_read() {
    let policy = policy();
    assert_eq!(policy.policy.id, "2024-07-15-34b0c98b57f7eb15");
    assert_eq!(policy.policy.effective.0, 1_720_972_800_000);
    assert_eq!(policy.collection_exemptions.len(), 10);
    assert_eq!(
        policy.sharing.values().filter(|case| case.listed).count(),
        8
    );
    assert_eq!(
        policy.sharing.values().filter(|case| !case.listed).count(),
        8
    );
    assert_eq!((policy.transfers.len(), policy.disclosures.len()), (3, 2));
    assert_eq!(
        (
            policy.outflow_exemptions.len(),
            policy.refusal_grounds.len()
        ),
        (7, 6)
    );
    assert_eq!(policy.purposes.len(), 56);
    assert_eq!(policy.categories.len(), 114);
}

#[test]
fn a_set_stands_for_its_members() {
    let policy = policy();
    let grants = |dc| {
        let case = policy.sharing_case(ShareCase::ShX7LenderForward).unwrap();
        case.grants(Actor::AcLicensedFi, dc, Pu::PuLoanDataForwarding)
    };
    assert_eq!(grants(Dc::DcMonthlyIncome), Some(true));
    assert_eq!(grants(Dc::DcEcPhone), Some(true));
    assert_eq!(grants(Dc::DcCreditScore), Some(false));
}

#[test]
fn a_purpose_that_may_use_everything_has_every_category() {
    let policy = policy();
    let of = |purpose| policy.categories_of(purpose);
    assert!(of(Pu::PuCrossServiceReuse).contains(&Dc::DcFaceImage));
    assert_eq!(of(Pu::PuSurvey), of(Pu::PuServiceImprovement));
    assert!(of(Pu::PuNewPurpose).is_empty());
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_item() {
    let wrong = refused(
        "\"CW_FROM_THIRD_PARTY\"]\nsources",
        "\"CW_TELEPATHY\"]\nsources",
    );
    assert!(wrong.contains("[[purpose]] PU_ANTI_FRAUD"), "{wrong}");
    assert!(
        wrong.contains("\"CW_TELEPATHY\" is no value of the schema's CollectionWay"),
        "{wrong}"
    );
    let line = FILE
        .lines()
        .position(|l| l.contains("\"CW_FROM_THIRD_PARTY\"]"))
        .unwrap()
        + 1;
    assert!(
        wrong.starts_with(&format!("line {line} of the policy")),
        "{wrong}"
    );
}

#[test]
fn a_value_that_says_nothing_is_none() {
    let wrong = refused("\"PU_DELIVERY\"\nfeature", "\"PU_UNSPECIFIED\"\nfeature");
    assert!(
        wrong.contains("no value of the schema's Purpose"),
        "{wrong}"
    );
}

#[test]
fn an_item_or_a_value_stands_once() {
    let wrong = refused(
        "id = \"PU_DELIVERY\"\nfeature",
        "id = \"PU_ORDER_DISPLAY\"\nfeature",
    );
    assert!(wrong.contains("PuOrderDisplay stands twice"), "{wrong}");
    let wrong = refused(
        "[\"PU_SMS_AUTOFILL\"]",
        "[\"PU_SMS_AUTOFILL\", \"PU_SMS_AUTOFILL\"]",
    );
    assert!(wrong.contains("PU_SMS_AUTOFILL stands twice"), "{wrong}");
}

#[test]
fn a_field_that_is_not_known_is_refused() {
    let wrong = refused("told_first = true", "told_fist = true");
    assert!(
        wrong.contains("unknown field `told_fist`") && wrong.contains("[[sharing]]"),
        "{wrong}"
    );
}

#[test]
fn a_time_without_offset_is_refused() {
    let wrong = refused(
        "effective = 2024-07-15T00:00:00+08:00",
        "effective = 2024-07-15",
    );
    assert!(wrong.contains("date, time of day and offset"), "{wrong}");
}

#[test]
fn a_missing_part_is_refused_by_name() {
    let wrong = refused("[operator]", "[operators]");
    assert!(wrong.contains("operator"), "{wrong}");
}

#[test]
fn what_is_no_text_is_refused() {
    let parsed = |bytes: &[u8]| PrivacyPolicy::parse(bytes).unwrap_err();
    assert_eq!(parsed(b"a = \"\xff\""), Error::NotUtf8(5));
    assert_eq!(
        parsed(&vec![b' '; MAX_BYTES + 1]),
        Error::TooLong(MAX_BYTES + 1)
    );
    assert!(matches!(parsed(b""), Error::Line { line: 1, .. }));
    assert!(matches!(
        parsed("a = \u{1F600}".as_bytes()),
        Error::Line { .. }
    ));
}
