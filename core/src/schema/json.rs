//! An event as JSON, by protobuf's JSON mapping, both ways.

use prost::Message as _;
use prost_reflect::{DynamicMessage, SerializeOptions};

use super::{decode, event_descriptor};

/// Why an event couldn't be read or written as JSON.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no JSON, or names a field or value that the schema doesn't have.
    #[error("not an event in protobuf's JSON mapping: {0}")]
    Json(#[from] serde_json::Error),
    /// The bytes are no message of this schema.
    #[error("the bytes don't decode as an event: {0}")]
    Decode(#[from] prost::DecodeError),
}

/// Reads an event from JSON and encodes it, fields in ascending order, so that it splits (design
/// §3.3) once `event_id` and `salt` are filled in. Names may be the schema's or in camel case;
/// bytes are base64, times RFC 3339, 64-bit numbers strings or numbers.
///
/// # Errors
/// [`Error::Json`], with line and column, where the text isn't one event of this schema.
pub fn event_from_json(text: &str) -> Result<Vec<u8>, Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let event = DynamicMessage::deserialize(event_descriptor().clone(), &mut reader)?;
    reader.end()?;
    Ok(event.encode_to_vec())
}

/// Writes an event's bytes, without a frame, as JSON on one line, under the schema's field names.
/// Fields that the schema doesn't know are left out; a value of an enum that it doesn't know is a
/// number.
///
/// # Errors
/// [`Error::Decode`] for bytes that are no event; [`Error::Json`] for a time outside RFC 3339.
pub fn event_to_json(value: &[u8]) -> Result<String, Error> {
    Ok(serde_json::to_string(&Named(&decode(value)?))?)
}

/// Serialises under the schema's own field names.
struct Named<'a>(&'a DynamicMessage);

impl serde::Serialize for Named<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let options = SerializeOptions::new().use_proto_field_name(true);
        self.0.serialize_with_options(serializer, &options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::v1;

    const SHARED: &str = r#"{
        "data_shared": {"transfer_sha256": "AAAA", "case": "SH_03_GOODS_DELIVERY",
            "recipient_id": "courier-1", "categories": ["DC_CONSIGNEE_NAME", 34],
            "fieldCount": "3", "order_ref": "o-1"},
        "producerSignature": "AAAA", "occurred_at": "2026-11-01T08:00:00Z",
        "salt": "AAAA", "eventId": "AAAA", "producer_seq": 7}"#;

    fn ascends(mut bytes: &[u8]) -> bool {
        use prost::encoding::{DecodeContext, decode_key, skip_field};
        let mut last = 0;
        while !bytes.is_empty() {
            let (number, wire) = decode_key(&mut bytes).unwrap();
            skip_field(wire, number, &mut bytes, DecodeContext::default()).unwrap();
            if number < last {
                return false;
            }
            last = number;
        }
        true
    }

    #[test]
    fn both_spellings_are_read_and_fields_ascend() {
        let bytes = event_from_json(SHARED).unwrap();
        assert!(ascends(&bytes));
        let event = v1::Event::decode(bytes.as_slice()).unwrap();
        assert_eq!(event.producer_seq, Some(7));
        let Some(v1::event::Body::DataShared(shared)) = &event.body else {
            panic!("{event:?}")
        };
        assert_eq!(shared.field_count, Some(3));
        assert_eq!(shared.recipient_id, "courier-1");
        assert_eq!(
            shared.categories,
            [v1::DataCategory::DcConsigneeName as i32, 34]
        );
        assert_eq!(
            event.encode_to_vec(),
            bytes,
            "typed and dynamic encodings are one"
        );
        assert!(ascends(&v1::DataShared::encode_to_vec(shared)));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let bytes = event_from_json(SHARED).unwrap();
        let text = event_to_json(&bytes).unwrap();
        assert!(text.contains(r#""case":"SH_03_GOODS_DELIVERY""#), "{text}");
        assert!(!text.contains('\n'));
        assert_eq!(event_from_json(&text).unwrap(), bytes);
    }

    #[test]
    fn foreign_fields_and_values_are_refused_by_name() {
        let refused = |text: &str| event_from_json(text).unwrap_err().to_string();
        assert!(refused(r#"{"phone": "1"}"#).contains("phone"));
        assert!(refused(r#"{"subject_role": "AC_NOBODY"}"#).contains("AC_NOBODY"));
        assert!(refused(r#"{"producer": "a"} {}"#).contains("trailing"));
        assert!(refused("{").contains("line 1"));
    }

    #[test]
    fn bytes_that_are_no_event_are_refused() {
        assert!(matches!(event_to_json(&[0xff]), Err(Error::Decode(_))));
    }
}
