use super::*;
use crate::privacy_policy::DeadlineId;

const FILE: &str = include_str!("../../../../ops/policy/2024-07-15.toml");

fn parsed(file: &str) -> PrivacyPolicy {
    PrivacyPolicy::parse(file.as_bytes()).unwrap()
}

/// What the policy of the company changes where its file says `to` for `from`.
fn changed(from: &str, to: &str) -> Difference {
    assert!(FILE.contains(from), "{from}");
    diff(&parsed(FILE), &parsed(&FILE.replacen(from, to, 1)))
}

fn only(difference: &Difference) -> &Change {
    let [change] = &difference.changes[..] else {
        panic!("{:?}", difference.changes);
    };
    change
}

#[test]
fn a_policy_changes_nothing_in_itself() {
    let difference = diff(&parsed(FILE), &parsed(FILE));
    assert!(difference.changes.is_empty() && difference.reconsent.is_empty());
}

#[test]
fn a_new_category_needs_consent_to_its_purpose_alone() {
    let difference = changed(
        "categories = [\"DC_THIRD_PARTY_ACCOUNT_INFO\"]",
        "categories = [\"DC_THIRD_PARTY_ACCOUNT_INFO\", \"DC_EMAIL\"]",
    );
    let change = only(&difference);
    assert_eq!(
        (change.part.as_str(), change.fate),
        ("purpose", Fate::Changed)
    );
    assert_eq!(change.fields[0].added, ["DC_EMAIL"]);
    assert_eq!(
        difference.reconsent,
        BTreeMap::from([(
            Purpose::PuThirdPartyLoginIn,
            BTreeSet::from([ChangedDimension::PvDimCategory])
        )])
    );
}

#[test]
fn less_of_something_needs_no_consent() {
    let difference = changed("\"DC_CLIPBOARD\"]\nways", "\"DC_EMAIL\"]\nways");
    assert_eq!(difference.reconsent.len(), 1);
    let less = changed(
        "categories = [\"DC_LOCATION\", \"DC_SHIPPING_ADDRESS\"]",
        "categories = [\"DC_LOCATION\"]",
    );
    assert_eq!(only(&less).fields[0].removed, ["DC_SHIPPING_ADDRESS"]);
    assert!(less.reconsent.is_empty());
}

#[test]
fn a_new_way_or_a_new_kind_of_recipient_is_a_new_method() {
    let method = BTreeSet::from([ChangedDimension::PvDimMethod]);
    let way = changed(
        "ways = [\"CW_BY_PHONE_OR_WECHAT\"]",
        "ways = [\"CW_BY_PHONE_OR_WECHAT\", \"CW_AUTOMATIC\"]",
    );
    assert_eq!(
        way.reconsent,
        BTreeMap::from([(Purpose::PuManualReview, method.clone())])
    );
    let recipient = changed(
        "recipients = [\"AC_THIRD_PARTY_ACCOUNT_PLATFORM\"]",
        "recipients = [\"AC_THIRD_PARTY_ACCOUNT_PLATFORM\", \"AC_ACTIVITY_PARTNER\"]",
    );
    assert_eq!(
        recipient.reconsent,
        BTreeMap::from([(Purpose::PuThirdPartyLoginOut, method)])
    );
    assert_eq!(only(&recipient).part, "sharing");
}

#[test]
fn a_new_purpose_needs_consent_and_one_that_is_gone_needs_none() {
    let with = parsed(FILE);
    let mut without = with.clone();
    without.purposes.remove(&Purpose::PuSurvey);
    let new = diff(&without, &with);
    assert_eq!(
        new.reconsent,
        BTreeMap::from([(
            Purpose::PuSurvey,
            BTreeSet::from([ChangedDimension::PvDimPurpose])
        )])
    );
    assert_eq!(only(&new).fate, Fate::Added);
    let gone = diff(&with, &without);
    assert_eq!((only(&gone).fate, gone.reconsent.len()), (Fate::Removed, 0));
}

#[test]
fn another_line_is_no_change_of_what_is_said() {
    let mut moved = parsed(FILE);
    let deadline = moved.deadlines.get_mut(&DeadlineId::RightsRequest).unwrap();
    deadline.cites[0].line = Some(271);
    let difference = diff(&parsed(FILE), &moved);
    assert_eq!(only(&difference).fate, Fate::Reworded);
    assert!(difference.dimensions().is_empty());
}

#[test]
fn a_deadline_that_changed_shows_both_lengths() {
    let difference = changed(
        "id = \"DOWNSTREAM_CONFIRMATION\"\nperiod = { days = 15 }",
        "id = \"DOWNSTREAM_CONFIRMATION\"\nperiod = { days = 20 }",
    );
    let field = &only(&difference).fields[0];
    assert_eq!(
        (&field.removed[0][..], &field.added[0][..]),
        ("{\"days\":15}", "{\"days\":20}")
    );
}

#[test]
fn consents_to_renew_are_written_by_name() {
    let difference = changed("\"DC_CLIPBOARD\"]\nways", "\"DC_EMAIL\"]\nways");
    let json = serde_json::to_value(&difference).unwrap();
    assert_eq!(json["reconsent"]["PU_WECHAT_CONSULT"][0], "PV_DIM_CATEGORY");
}
