//! What careless and hostile producers send.

use super::*;

#[test]
fn null_and_empty_values_are_no_envelopes() {
    let mut record = record_of(PERSON, Vec::new());
    record.value = None;
    let place = place_of(PERSON, TopicRole::Events);
    assert_eq!(
        judge(&record, &place).reason,
        Some(no_envelope(NotAnEnvelope::NullValue))
    );
    assert_eq!(
        reason_of(Vec::new()),
        Some(no_envelope(NotAnEnvelope::EventIdMissing))
    );
}

#[test]
fn null_and_empty_keys_are_not_the_subject() {
    let mut record = record_of("", event().encode_to_vec());
    let place = place_of("", TopicRole::Events);
    assert_eq!(judge(&record, &place).reason, Some(Reason::KeyIsNotSubject));
    record.key = None;
    assert_eq!(judge(&record, &place).reason, Some(Reason::KeyIsNotSubject));
}

#[test]
fn a_truncated_message_names_the_rule() {
    let mut value = event().encode_to_vec();
    value.pop();
    let rule = NotAnEnvelope::Envelope(wire::Error::LengthPastEnd);
    assert_eq!(reason_of(value), Some(no_envelope(rule)));
}

#[test]
fn an_overlong_varint_names_the_rule() {
    let mut value = with(|event| event.body = None);
    value.extend_from_slice(&raw(40, 0, &[0xff; 11]));
    let rule = NotAnEnvelope::Envelope(wire::Error::VarintTooLong);
    assert_eq!(reason_of(value), Some(no_envelope(rule)));
}

#[test]
fn fields_out_of_order_name_the_rule() {
    let mut value = event().encode_to_vec();
    value.extend_from_slice(&raw(5, 0, &[1]));
    let rule = NotAnEnvelope::Envelope(wire::Error::FieldNumbersFall);
    assert_eq!(reason_of(value), Some(no_envelope(rule)));
}

#[test]
fn two_bodies_none_and_an_empty_one_each_have_their_reason() {
    let none = with(|event| event.body = None);
    assert_eq!(
        reason_of(none.clone()),
        Some(no_envelope(NotAnEnvelope::BodyMissing))
    );
    let two = [event().encode_to_vec(), delimited(201, &[])].concat();
    assert_eq!(reason_of(two), Some(no_envelope(NotAnEnvelope::BodyTwice)));
    let path = "data_shared.recipient_id".to_owned();
    let empty = [none, delimited(200, &[])].concat();
    assert_eq!(reason_of(empty), Some(Reason::MissingField { path }));
}

#[test]
fn salts_of_31_bytes_or_zeros_name_the_rule() {
    let short = with(|event| event.salt = vec![1; 31]);
    assert_eq!(
        reason_of(short),
        Some(no_envelope(NotAnEnvelope::SaltNot32Bytes))
    );
    let zero = with(|event| event.salt = vec![0; 32]);
    assert_eq!(reason_of(zero), Some(no_envelope(NotAnEnvelope::SaltZero)));
}

#[test]
fn a_confluent_frame_with_an_unknown_schema_id_is_no_fault() {
    let framed = [
        &[0, 0xde, 0xad, 0xbe, 0xef, 0],
        event().encode_to_vec().as_slice(),
    ]
    .concat();
    assert_eq!(reason_of(framed.clone()), None);
    assert_eq!(event_of(&record_of(PERSON, framed)), Some(event()));
    assert_eq!(
        reason_of(vec![0, 1, 2]),
        Some(no_envelope(NotAnEnvelope::FrameTruncated))
    );
}

#[test]
fn a_phone_number_is_no_subject_and_is_not_repeated() {
    let phone = "13800000000";
    let value = with(|event| event.subject_ref = phone.into());
    let record = record_of(phone, value);
    let judged = judge(&record, &place_of(phone, TopicRole::Events));
    let path = "subject_ref".to_owned();
    let reason = Reason::NotASubjectReference { path };
    assert!(!reason.to_string().contains("138"));
    assert_eq!(judged.reason, Some(reason));
    assert_eq!(subjects(&judged, &record), []);
}

#[test]
fn header_names_that_are_no_text_are_no_fault() {
    let mut record = record_of(PERSON, event().encode_to_vec());
    for name in [&b"\xff\xfe"[..], b"a\0b", b""] {
        record.headers.push(Header {
            name: name.to_vec(),
            value: None,
        });
    }
    assert_eq!(
        judge(&record, &place_of(PERSON, TopicRole::Events)).reason,
        None
    );
}

#[test]
fn ten_megabytes_are_too_large_and_still_placed() {
    let record = record_of(
        PERSON,
        with(|event| event.producer_key_id = "x".repeat(10 << 20)),
    );
    let judged = judge(&record, &place_of(PERSON, TopicRole::Events));
    assert!(matches!(judged.reason, Some(Reason::TooLarge { bytes }) if bytes > 10 << 20));
    assert_eq!(judged.facts.unwrap().recipient_id, Some("courier-1"));
    let mut record = record_of(PERSON, event().encode_to_vec());
    let value = Some(vec![0; 1 << 20]);
    record.headers.push(Header {
        name: b"h".to_vec(),
        value,
    });
    let judged = judge(&record, &place_of(PERSON, TopicRole::Events));
    assert_eq!(judged.reason.as_ref().map(Reason::code), Some("too_large"));
}

/// An event whose `basis` holds `content`.
fn with_basis(content: &[u8]) -> Vec<u8> {
    let body = v1::DataShared {
        basis: None,
        ..shared()
    }
    .encode_to_vec();
    let before = v1::DataShared {
        access: None,
        ..Default::default()
    };
    assert_eq!(before.encode_to_vec(), [0_u8; 0]);
    let number = basis_number();
    let mut out = Vec::new();
    let mut put = false;
    for field in wire::Fields::of(&body).map(Result::unwrap) {
        if field.number > number && !put {
            out.extend_from_slice(&delimited(number, content));
            put = true;
        }
        out.extend_from_slice(&body[field.start..field.end]);
    }
    [with(|event| event.body = None), delimited(200, &out)].concat()
}

fn basis_number() -> u32 {
    let kind = crate::schema::body_of(200).unwrap();
    kind.descriptor.get_field_by_name("basis").unwrap().number()
}

#[test]
fn what_does_not_decode_is_malformed() {
    // Groups are nested beyond every limit; a text is no UTF-8; a field has another wire type.
    let deep: Vec<u8> = [0xfb, 0x07].repeat(5_000);
    for content in [deep, delimited(2, &[0xff, 0xfe]), raw(1, 5, &[0; 4])] {
        let value = with_basis(&content);
        assert!(split(&value).is_ok());
        assert_eq!(reason_of(value), Some(Reason::Malformed));
    }
}

#[test]
fn deep_nesting_in_an_unknown_field_is_only_bytes() {
    let mut nested = Vec::new();
    for _ in 0..2_000 {
        nested = delimited(7, &nested);
    }
    let body = [shared().encode_to_vec(), delimited(400, &nested)].concat();
    let value = [with(|event| event.body = None), delimited(200, &body)].concat();
    assert_eq!(reason_of(value), None);
}
