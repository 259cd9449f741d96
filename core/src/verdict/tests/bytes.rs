//! Verdicts as bytes and as JSON.

use super::*;

fn reasons() -> Vec<Reason> {
    let path = || "data_shared.categories[2]".to_owned();
    let rules = NotAnEnvelope::all().map(|rule| Reason::NotAnEnvelope { rule });
    let others = [
        Reason::TooLarge { bytes: u64::MAX },
        Reason::UnknownBody { number: 5000 },
        Reason::Malformed,
        Reason::NotASubjectReference { path: path() },
        Reason::SubjectOutOfPlace,
        Reason::MissingField { path: path() },
        Reason::UnknownEnumValue { path: path() },
        Reason::MalformedField { path: path() },
        Reason::WrongTopic,
        Reason::KeyIsNotSubject,
        Reason::WrongKey,
        Reason::Misplaced,
        Reason::FromTheFuture,
        Reason::IdReused { of: 7 },
    ];
    others.into_iter().chain(rules).collect()
}

#[test]
fn verdicts_come_back_from_their_bytes() {
    let quarantined = reasons()
        .into_iter()
        .map(|reason| Verdict::Quarantined { reason });
    let others = [Verdict::Accepted, Verdict::Duplicate { of: 3 }];
    for verdict in quarantined.chain(others) {
        assert_eq!(Verdict::decode(&verdict.encode()), Ok(verdict));
    }
    assert_eq!(
        Verdict::Duplicate { of: 3 }.encode(),
        [1, 1, 0, 0, 0, 0, 0, 0, 0, 3]
    );
    assert_eq!(Verdict::decode(&[2, 0]), Err(Error::Version(2)));
    for unknown in [
        &[][..],
        &[1],
        &[1, 0, 0],
        &[1, 3],
        &[1, 2, 99],
        &[1, 2, 4, 0],
        &[1, 2, 2, 1],
    ] {
        assert_eq!(Verdict::decode(unknown), Err(Error::Unknown));
    }
}

#[test]
fn a_verdict_as_json_names_reason_and_detail() {
    let reason = Reason::MissingField {
        path: "producer".into(),
    };
    let json = serde_json::to_value(Verdict::Quarantined { reason }).unwrap();
    let wanted = r#"{"verdict":"quarantined","reason":"missing_field","path":"producer"}"#;
    assert_eq!(
        json,
        serde_json::from_str::<serde_json::Value>(wanted).unwrap()
    );
    let reason = Reason::NotAnEnvelope {
        rule: NotAnEnvelope::SaltZero,
    };
    let json = serde_json::to_value(Verdict::Quarantined { reason }).unwrap();
    assert_eq!(json["rule"], "salt_zero");
    for reason in reasons() {
        assert_eq!(
            serde_json::to_value(&reason).unwrap()["reason"],
            reason.code()
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_have_a_verdict(
        key in proptest::option::of(vec(any::<u8>(), 0..40)),
        value in vec(any::<u8>(), 0..300),
    ) {
        let mut record = record_of("", value);
        record.key = key;
        let reason = judge(&record, &place_of("", TopicRole::Events)).reason;
        prop_assert!(reason.is_some());
    }

    #[test]
    fn the_quick_look_never_sees_too_little(
        flips in vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut value = event().encode_to_vec();
        for (at, byte) in flips {
            let at = at.index(value.len());
            value[at] = byte;
        }
        if let Some(at) = cut {
            value.remove(at.index(value.len()));
        }
        if split(&value).is_ok() && quick::is_whole(&value) {
            prop_assert_eq!(crate::schema::faults(&value), []);
            prop_assert!(v1::Event::decode(&value[..]).is_ok());
        }
        // Whatever it is, judging it ends.
        drop(judge(&record_of(PERSON, value), &place_of(PERSON, TopicRole::Events)));
    }
}
