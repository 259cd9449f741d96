use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::privacy_policy::Moment;

const FILE: &str = include_str!("../../../../ops/policy/2024-07-15.toml");
const TEXT: &str = include_str!("../../../../ops/policy/privacy-policy.zh.txt");

fn remarks_of(file: &str, text: &str) -> Vec<Remark> {
    let policy = PrivacyPolicy::parse(file.as_bytes()).unwrap();
    check(&policy, Some(&PolicyText::of(text)))
}

fn errors(remarks: &[Remark]) -> Vec<(Kind, String, String)> {
    let errors = remarks.iter().filter(|of| of.severity == Severity::Error);
    errors
        .map(|of| (of.kind, of.item.clone(), of.message.clone()))
        .collect()
}

/// The one kind of error of the file with one place changed, and its words.
fn refused(from: &str, to: &str) -> (Kind, String) {
    assert!(FILE.contains(from), "{from}");
    let found = errors(&remarks_of(&FILE.replacen(from, to, 1), TEXT));
    let kinds: BTreeSet<Kind> = found.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds.len(), 1, "{found:?}");
    let (kind, item, message) = found[0].clone();
    (kind, format!("{item} {message}"))
}

#[test]
fn the_company_s_policy_has_no_errors_and_states_the_whole_vocabulary() {
    let remarks = remarks_of(FILE, TEXT);
    assert_eq!(errors(&remarks), []);
    assert!(!has_errors(&remarks));
    let uncovered: Vec<_> = remarks
        .iter()
        .filter(|of| of.kind == Kind::Uncovered)
        .collect();
    assert_eq!(uncovered, Vec::<&Remark>::new());
}

/// Domain §1.8, number by number: the remark that tells of it, and lines that it must name.
#[test]
fn every_inconsistency_of_the_text_is_told_with_its_lines() {
    let expected: [(u8, Kind, &str, &[u32]); 26] = [
        (1, Kind::RepeatedNumber, "", &[162, 164]),
        (2, Kind::ContentsDiffer, "", &[23, 154]),
        (3, Kind::Stated, "OTHER_COMPANY_NAMED", &[326]),
        (4, Kind::RetentionsDiffer, "", &[126, 226, 282, 322]),
        (5, Kind::ErasureFallsShort, "ER_MASKED", &[322]),
        (6, Kind::ClocksDiffer, "", &[270, 274, 282, 326]),
        (6, Kind::Stated, "MANUAL_HANDLING_ONLY", &[270]),
        (
            7,
            Kind::PersonalAndNot,
            "DC_SDK_NON_PI_DEVICE_MODEL",
            &[49, 110, 112],
        ),
        (8, Kind::UnlistedSdk, "PU_SDK_ID_CHECK", &[65, 79, 105, 110]),
        (9, Kind::NoRecipientNamed, "AC_COURIER", &[87, 162, 166]),
        (10, Kind::Stated, "ADDRESS_BOOK_NOT_COLLECTED", &[83]),
        (11, Kind::FormIsNoConsent, "CM_CONTINUED_USE", &[41, 304]),
        (12, Kind::Stated, "ENTRUSTED_LENDERS", &[87]),
        (13, Kind::Stated, "AD_MEASUREMENT_IN_IDENTITY_SHARE", &[162]),
        (14, Kind::ExemptionsDiffer, "", &[136, 198]),
        (14, Kind::Stated, "EXEMPTIONS_OVERLAP", &[206, 208]),
        (15, Kind::Stated, "MERGER_WITHOUT_RECIPIENT_NAME", &[186]),
        (16, Kind::SilentOnLaw, "AC_PI_PROTECTION_OFFICER", &[]),
        (16, Kind::Stated, "NO_ROUTE_TO_COURT", &[284]),
        (17, Kind::Stated, "TYPOS", &[79, 83, 85]),
        (17, Kind::Unfinished, "", &[49, 67, 91, 164, 168, 228]),
        (18, Kind::Stated, "OPT_OUT_BY_PHONE_ONLY", &[101, 218]),
        (19, Kind::AudienceUnchecked, "AG_NO_STUDENTS", &[300]),
        (20, Kind::UnnamedController, "AC_OPERATOR_PARTNER", &[5]),
        (21, Kind::ClockMayNotStart, "RT_FIVE_YEARS", &[322]),
        (22, Kind::WipeAgainstRecords, "CANCELLATION_WIPE", &[282]),
    ];
    let remarks = remarks_of(FILE, TEXT);
    for (number, kind, item, lines) in &expected {
        let told = remarks.iter().any(|of| {
            of.severity == Severity::Warning
                && of.kind == *kind
                && of.item.contains(item)
                && lines.iter().all(|line| of.lines().contains(line))
        });
        assert!(told, "{number} {kind:?} {item} {lines:?}");
    }
    let numbers: BTreeSet<u8> = expected.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=22).collect());
}

#[test]
fn warnings_are_few_enough_to_be_read() {
    let remarks = remarks_of(FILE, TEXT);
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    for remark in &remarks {
        *kinds.entry(remark.kind).or_default() += 1;
    }
    assert!(remarks.len() < 40, "{kinds:?}");
    assert_eq!(kinds.get(&Kind::EffectiveAtOnce), Some(&1));
    assert_eq!(kinds.get(&Kind::PersonalAndNot), Some(&1));
}

#[test]
fn every_remark_cites_words_that_stand_there() {
    let text = PolicyText::of(TEXT);
    for remark in remarks_of(FILE, TEXT) {
        for cite in remark.cites.iter().filter(|cite| cite.line.is_some()) {
            assert!(text.sentence(cite).is_some(), "{remark:?}");
        }
    }
}

#[test]
fn a_line_that_the_text_does_not_have_is_refused() {
    let (kind, words) = refused(
        "{ line = 166, phrase = \"商品递送服务\"",
        "{ line = 1660, phrase = \"商品递送服务\"",
    );
    assert_eq!(kind, Kind::NoSuchLine);
    assert!(
        words.contains("PU_DELIVERY") && words.contains("330 lines"),
        "{words}"
    );
}

#[test]
fn words_that_stand_elsewhere_are_refused_with_their_line() {
    let (kind, words) = refused(
        "{ line = 166, phrase = \"商品递送服务\"",
        "{ line = 167, phrase = \"商品递送服务\"",
    );
    assert_eq!(kind, Kind::NotInLine);
    assert!(words.contains("but in line 166"), "{words}");
    let (_, words) = refused("phrase = \"商品递送服务\"", "phrase = \"火箭递送服务\"");
    assert!(words.contains("nor in any other"), "{words}");
}

#[test]
fn a_citation_without_words_or_with_two_sources_is_refused() {
    assert_eq!(
        refused(
            "{ line = 166, phrase = \"商品递送服务\" }",
            "{ line = 166 }"
        )
        .0,
        Kind::Uncited
    );
    let both = "{ line = 166, phrase = \"商品递送服务\", law = \"PIPL 23\" }";
    assert_eq!(
        refused("{ line = 166, phrase = \"商品递送服务\" }", both).0,
        Kind::Uncited
    );
    assert_eq!(refused("cites = [{ line = 47, phrase = \"通话\" }, { line = 47, phrase = \"将无法自动读取您的短信验证码\" }]", "cites = []").0, Kind::Uncited);
}

#[test]
fn what_takes_effect_before_it_was_published_is_refused() {
    let found = refused(
        "published = 2024-07-15T00:00:00+08:00",
        "published = 2024-07-16T00:00:00+08:00",
    );
    assert_eq!(found.0, Kind::EffectiveBeforePublished);
}

#[test]
fn another_text_or_id_is_refused() {
    let changed = TEXT.replacen("前 言", "前  言", 1);
    let kinds: Vec<Kind> = errors(&remarks_of(FILE, &changed))
        .into_iter()
        .map(|of| of.0)
        .collect();
    assert_eq!(kinds, [Kind::OtherText]);
    let (kind, _) = refused(
        "id = \"2024-07-15-34b0c98b57f7eb15\"",
        "id = \"v1-34b0c98b57f7eb15\"",
    );
    assert_eq!(kind, Kind::WrongId);
}

#[test]
fn a_purpose_without_categories_is_refused() {
    let (kind, words) = refused(
        "categories = [\"DC_CLIPBOARD\"]\nways",
        "categories = []\nways",
    );
    assert_eq!(kind, Kind::NoCategory);
    assert!(words.contains("PU_WECHAT_CONSULT"), "{words}");
}

#[test]
fn a_case_without_recipient_or_ground_is_refused() {
    assert_eq!(
        refused("recipients = [\"AC_ACTIVITY_PARTNER\"]", "recipients = []").0,
        Kind::EmptyCase
    );
    let bases = "listed = true\nbases = [\"BA_CONTRACT\"]";
    assert_eq!(refused(bases, "listed = true\nbases = []").0, Kind::NoBasis);
    let strong = "listed = true\nstrength = \"CS_GENERAL\"\nbases = [\"BA_CONTRACT\"]";
    assert_eq!(refused(bases, strong).0, Kind::Contradiction);
}

#[test]
fn what_no_item_states_is_refused() {
    let (kind, words) = refused("denies = [\"SERVICE_DESK\"]", "denies = [\"SERVICE\"]");
    assert_eq!(kind, Kind::Unstated);
    assert!(words.contains("the feature \"SERVICE\""), "{words}");
    let policy = PrivacyPolicy::parse(FILE.as_bytes()).unwrap();
    let mut without = policy.clone();
    without.parties.remove(&crate::schema::v1::Actor::AcCourier);
    let found = errors(&check(&without, None));
    assert!(
        found.iter().all(|(kind, ..)| *kind == Kind::Unstated),
        "{found:?}"
    );
    assert!(
        found.iter().any(|(_, item, _)| item.contains("SH_03")),
        "{found:?}"
    );
}

#[test]
fn numbers_that_are_missing_or_contradict_are_refused() {
    let (kind, words) = refused(
        "id = \"RIGHTS_WARNING\"\nperiod = { days = 10 }",
        "id = \"RIGHTS_WARNING\"\nperiod = { days = 15 }",
    );
    assert_eq!(kind, Kind::Contradiction);
    assert!(words.contains("RIGHTS_WARNING"), "{words}");
    let (kind, _) = refused(
        "value = 10_000_000\nsince = 2025-11",
        "value = 1_000_000\nsince = 2025-11",
    );
    assert_eq!(kind, Kind::Contradiction);
    let mut policy = PrivacyPolicy::parse(FILE.as_bytes()).unwrap();
    policy.thresholds.clear();
    let found = errors(&check(&policy, None));
    assert_eq!(found.len(), crate::privacy_policy::ThresholdId::ALL.len());
}

#[test]
fn a_sensitive_category_stays_sensitive() {
    let found = refused(
        "id = \"DC_FACE_IMAGE\"\nsensitive = true",
        "id = \"DC_FACE_IMAGE\"",
    );
    assert_eq!(found.0, Kind::Contradiction);
}

#[test]
fn a_country_is_a_code() {
    assert_eq!(
        refused("countries = [\"CN\"]", "countries = [\"China\"]").0,
        Kind::NotACountry
    );
}

#[test]
fn a_conflict_that_the_text_does_not_have_is_refused() {
    let (kind, words) = refused("absent = [\"法院\"", "absent = [\"隐私\", \"法院\"");
    assert_eq!(kind, Kind::ConflictGone);
    assert!(words.contains("NO_ROUTE_TO_COURT"), "{words}");
}

#[test]
fn versions_that_overlap_are_refused() {
    let policy = PrivacyPolicy::parse(FILE.as_bytes()).unwrap();
    let other = |id: &str, published, effective| VersionTimes {
        id: id.to_owned(),
        published: Moment(published),
        effective: Moment(effective),
    };
    let own = policy.policy.effective.0;
    let beside = |others: &[VersionTimes]| check_beside(&policy, others, Moment(own + 9));
    assert_eq!(beside(&[other("later", own + 1, own + 2)]), []);
    let found = beside(&[VersionTimes::from(&policy)]);
    assert_eq!((found.len(), found[0].kind), (1, Kind::AlreadyPublished));
    let found = check_beside(&policy, &[], Moment(own - 1));
    assert_eq!((found.len(), found[0].kind), (1, Kind::NotPublicYet));
    let found = beside(&[other("before", own - 1, own)]);
    assert_eq!((found.len(), found[0].kind), (1, Kind::Overlap));
    assert!(found[0].message.contains("before"), "{found:?}");
}
