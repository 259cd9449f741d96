//! Bad records by seed: what a ledger must keep as a leaf, give a verdict that names the reason,
//! and not stop at. Each says which verdict it is due.

use custodia_core::placement::partition_of;
use custodia_core::schema::v1::{
    ContainmentStep, ContainmentTaken, Event, OrderKind, OrderOpened, event::Body,
};
use prost::Message as _;

use super::TopicRole;
use super::dice::{Course, Dice};
use super::envelope::timestamp;

const DAY_MS: i64 = 86_400_000;
const TEN_MEGABYTES: usize = 10_000_000;

/// The verdict that a record is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It is odd, and good.
    Accepted,
    /// A record before it holds the same bytes.
    Duplicate,
    /// It is quarantined.
    Quarantined {
        /// The reason's code.
        reason: &'static str,
        /// The rule of the split that it breaks, where that is sure.
        rule: Option<&'static str>,
    },
}

/// A record that a careless or hostile producer might send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// What is wrong with it, in a few words.
    pub name: &'static str,
    /// The topic it is sent to.
    pub topic: TopicRole,
    /// The partition it is sent to, whatever its key.
    pub partition: u32,
    /// The record's key.
    pub key: Option<Vec<u8>>,
    /// The record's value.
    pub value: Option<Vec<u8>>,
    /// The record's headers: raw names, and values that may be null.
    pub headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// The verdict that it is due.
    pub due: Due,
}

/// All bad records of a seed but the ten-megabyte one, in an order in which each is due its
/// verdict: those that speak of an earlier record stand after it. `now_ms` is about the time, in
/// milliseconds since the epoch, at which they are sent; `partitions` is the count of the topic of
/// events, where most of them go.
pub fn records(seed: u64, now_ms: i64, partitions: u32) -> Vec<Bad> {
    let mut maker = Maker::new(seed, now_ms, partitions);
    let mut all = maker.bytes_that_do_not_split();
    all.extend(maker.broken_rules());
    all.extend(maker.null_and_empty());
    all.extend(maker.faults());
    all.extend(maker.out_of_place());
    all.extend(maker.odd_but_good());
    all.extend(maker.repeated());
    all
}

/// An event of ten megabytes; few brokers take it with their defaults.
pub fn ten_megabytes(seed: u64, now_ms: i64, partitions: u32) -> Bad {
    let mut maker = Maker::new(seed ^ 1, now_ms, partitions);
    let event = Event {
        correlation_id: "x".repeat(TEN_MEGABYTES),
        ..maker.event()
    };
    maker.sent("ten megabytes", &event, quarantined("too_large"))
}

const fn quarantined(reason: &'static str) -> Due {
    Due::Quarantined { reason, rule: None }
}

const fn breaks(rule: &'static str) -> Due {
    Due::Quarantined {
        reason: "not_an_envelope",
        rule: Some(rule),
    }
}

struct Maker {
    course: Course,
    now_ms: i64,
    partitions: u32,
}

impl Maker {
    fn new(seed: u64, now_ms: i64, partitions: u32) -> Self {
        // Apart from every life of the town of the same seed.
        let course = Dice::new(!seed).town();
        Self {
            course,
            now_ms,
            partitions: partitions.max(1),
        }
    }

    /// A good event of a person of its own.
    fn event(&mut self) -> Event {
        let mut id = [0; 16];
        id.copy_from_slice(&self.course.bytes32()[..16]);
        id[..6].copy_from_slice(&self.now_ms.to_be_bytes()[2..]);
        id[6] = id[6] & 0x0f | 0x70;
        id[8] = id[8] & 0x3f | 0x80;
        let order_ref = format!("order-{:016x}", self.course.number());
        Event {
            event_id: id.to_vec(),
            salt: self.course.bytes32().to_vec(),
            occurred_at: Some(timestamp(self.now_ms)),
            producer: "careless-service".to_owned(),
            subject_ref: self.course.reference().as_str().to_owned(),
            body: Some(Body::OrderOpened(OrderOpened {
                order_ref,
                kind: OrderKind::OkGoods.into(),
            })),
            ..Event::default()
        }
    }

    /// A record of an event under the event's own subject, in its partition.
    fn sent(&self, name: &'static str, event: &Event, due: Due) -> Bad {
        self.raw(
            name,
            event.subject_ref.clone().into_bytes(),
            event.encode_to_vec(),
            due,
        )
    }

    fn raw(&self, name: &'static str, key: Vec<u8>, value: Vec<u8>, due: Due) -> Bad {
        let partition = partition_of(&key, self.partitions).unwrap_or(0);
        Bad {
            name,
            topic: TopicRole::Events,
            partition,
            key: Some(key),
            value: Some(value),
            headers: Vec::new(),
            due,
        }
    }

    /// A good event's bytes, changed, under its subject.
    fn changed(
        &mut self,
        name: &'static str,
        due: Due,
        change: impl FnOnce(Vec<u8>) -> Vec<u8>,
    ) -> Bad {
        let event = self.event();
        let value = change(event.encode_to_vec());
        self.raw(name, event.subject_ref.into_bytes(), value, due)
    }

    /// A good event, changed, under its subject.
    fn altered(&mut self, name: &'static str, due: Due, alter: impl FnOnce(&mut Event)) -> Bad {
        let mut event = self.event();
        alter(&mut event);
        self.sent(name, &event, due)
    }

    fn bytes_that_do_not_split(&mut self) -> Vec<Bad> {
        let mut random = self.course.bytes32().to_vec();
        // A tag of wire type 7, so that chance can't make an envelope of it.
        random[0] = 0x0f;
        let random = move |_| random;
        vec![
            self.changed("random bytes", breaks("wire_type"), random),
            self.changed(
                "cut off in its body",
                breaks("length_past_end"),
                |mut value| {
                    value.truncate(value.len() - 3);
                    value
                },
            ),
            self.changed("groups within groups", breaks("wire_type"), |_| {
                vec![0x0b; 10_000]
            }),
            self.changed("no frame to the end", breaks("frame_truncated"), |_| {
                vec![0, 0, 0]
            }),
            self.changed("text", quarantined("not_an_envelope"), |_| {
                b"{\"order\":1}".to_vec()
            }),
        ]
    }

    fn broken_rules(&mut self) -> Vec<Bad> {
        vec![
            self.changed("an overlong varint", breaks("tag_not_minimal"), |value| {
                [&[0x8a, 0x00], &value[1..]].concat()
            }),
            self.changed(
                "fields out of order",
                breaks("field_numbers_fall"),
                |value| {
                    let (id, rest) = value.split_at(18);
                    let (salt, rest) = rest.split_at(34);
                    [salt, id, rest].concat()
                },
            ),
            self.changed("two bodies", breaks("body_twice"), |value| {
                // Number 999, length-delimited, empty.
                [&value[..], &[0xba, 0x3e, 0x00]].concat()
            }),
            self.altered("no body", breaks("body_missing"), |event| event.body = None),
            self.altered("a salt of 31 bytes", breaks("salt_not_32_bytes"), |event| {
                event.salt.truncate(31);
            }),
            self.altered("a salt of zeros", breaks("salt_zero"), |event| {
                event.salt = vec![0; 32];
            }),
            self.altered("no salt", breaks("salt_missing"), |event| {
                event.salt.clear();
            }),
            self.altered(
                "an id of 4 bytes",
                breaks("event_id_not_16_bytes"),
                |event| {
                    event.event_id.truncate(4);
                },
            ),
        ]
    }

    fn null_and_empty(&mut self) -> Vec<Bad> {
        let null_value = self.changed("a null value", breaks("null_value"), |value| value);
        let nothing = self.changed("null key and value", breaks("null_value"), |value| value);
        let null_key = self.changed("a null key", quarantined("key_is_not_subject"), |value| {
            value
        });
        let empty_key = self.changed("an empty key", quarantined("key_is_not_subject"), |value| {
            value
        });
        let partition = partition_of(b"", self.partitions).unwrap_or(0);
        vec![
            Bad {
                value: None,
                ..null_value
            },
            Bad {
                key: None,
                value: None,
                ..nothing
            },
            Bad {
                key: None,
                ..null_key
            },
            Bad {
                key: Some(Vec::new()),
                partition,
                ..empty_key
            },
            self.changed("an empty value", breaks("event_id_missing"), |_| Vec::new()),
        ]
    }

    fn faults(&mut self) -> Vec<Bad> {
        vec![
            self.altered("an empty body", quarantined("missing_field"), |event| {
                event.body = Some(Body::OrderOpened(OrderOpened::default()));
            }),
            self.altered("no producer", quarantined("missing_field"), |event| {
                event.producer.clear();
            }),
            self.changed(
                "an unknown body",
                quarantined("unknown_body"),
                |mut value| {
                    let body = value.len() - OPENED_BYTES;
                    value.truncate(body);
                    [&value[..], &[0xba, 0x3e, 0x00]].concat()
                },
            ),
            self.altered(
                "an unknown value",
                quarantined("unknown_enum_value"),
                |event| {
                    event.body = Some(Body::OrderOpened(OrderOpened {
                        order_ref: "order-1".to_owned(),
                        kind: 77,
                    }));
                },
            ),
            self.altered(
                "a number in a reference's place",
                not_a_reference(),
                |event| {
                    "10000000000".clone_into(&mut event.subject_ref);
                },
            ),
            self.altered(
                "an id of another version",
                quarantined("malformed_field"),
                |event| {
                    event.event_id[6] = 0x40;
                },
            ),
            self.changed(
                "a name that isn't UTF-8",
                quarantined("malformed"),
                |mut value| {
                    let at = value
                        .windows(8)
                        .position(|part| part == b"careless")
                        .unwrap_or(0);
                    value[at] = 0xff;
                    value
                },
            ),
        ]
    }

    fn out_of_place(&mut self) -> Vec<Bad> {
        let other = self.course.reference();
        let event = self.event();
        let value = event.encode_to_vec();
        let key = other.as_bytes().to_vec();
        let another = self.raw(
            "another's key",
            key,
            value,
            quarantined("key_is_not_subject"),
        );
        let later = timestamp(self.now_ms + DAY_MS);
        let future = self.altered(
            "tomorrow's event",
            quarantined("from_the_future"),
            |event| {
                event.occurred_at = Some(later);
            },
        );
        let on_registry = self.changed("a person in the registry", wrong_topic(), |value| value);
        let mut all = vec![
            another,
            future,
            Bad {
                topic: TopicRole::Registry,
                partition: 0,
                ..on_registry
            },
            self.contained(
                "a matter of the registry",
                wrong_topic(),
                TopicRole::Events,
                false,
            ),
            self.contained(
                "a wrong key",
                quarantined("wrong_key"),
                TopicRole::Registry,
                false,
            ),
            self.contained(
                "an incident with a subject",
                out_of_place(),
                TopicRole::Registry,
                true,
            ),
        ];
        if self.partitions > 1 {
            let stray = self.changed("a stray partition", quarantined("misplaced"), |value| value);
            let partition = (stray.partition + 1) % self.partitions;
            all.push(Bad { partition, ..stray });
        }
        all
    }

    /// A step against an incident; with the incident's key only on the topic of events.
    fn contained(&mut self, name: &'static str, due: Due, topic: TopicRole, named: bool) -> Bad {
        let mut event = self.event();
        if !named {
            event.subject_ref.clear();
        }
        event.body = Some(Body::ContainmentTaken(ContainmentTaken {
            incident_id: "incident-0".to_owned(),
            step: ContainmentStep::BrStepAnalyse.into(),
            ..ContainmentTaken::default()
        }));
        let key: &[u8] = if topic == TopicRole::Events {
            b"incident-0"
        } else {
            b"incident-x"
        };
        let bad = self.raw(name, key.to_vec(), event.encode_to_vec(), due);
        let partition = if topic == TopicRole::Events {
            bad.partition
        } else {
            0
        };
        Bad {
            topic,
            partition,
            ..bad
        }
    }

    fn odd_but_good(&mut self) -> Vec<Bad> {
        let names = self.changed("header names that aren't text", Due::Accepted, |value| {
            value
        });
        let headers = vec![
            (vec![0xff, 0xfe, b'x'], Some(b"1".to_vec())),
            (b"cut\0off".to_vec(), None),
            (Vec::new(), Some(Vec::new())),
        ];
        vec![
            Bad { headers, ..names },
            self.changed("a frame of an unknown schema", Due::Accepted, |value| {
                [&[0, 0xff, 0xff, 0xff, 0xfe, 0][..], &value].concat()
            }),
            self.changed("an unknown field, nested deep", Due::Accepted, nested_deep),
        ]
    }

    fn repeated(&mut self) -> Vec<Bad> {
        let event = self.event();
        let first = self.sent("an event", &event, Due::Accepted);
        let again = self.sent("the same event again", &event, Due::Duplicate);
        let other = Event {
            producer: "another-service".to_owned(),
            ..event
        };
        let reused = self.sent("its id with other bytes", &other, quarantined("id_reused"));
        vec![first, again, reused]
    }
}

/// Bytes of the body that a good event ends with: its tag, its length, the order's reference and
/// its kind.
const OPENED_BYTES: usize = 3 + 2 + 22 + 2;

const fn wrong_topic() -> Due {
    quarantined("wrong_topic")
}

const fn out_of_place() -> Due {
    quarantined("subject_out_of_place")
}

const fn not_a_reference() -> Due {
    quarantined("not_a_subject_reference")
}

/// Adds field 40 to the body: 50 messages within each other.
fn nested_deep(mut value: Vec<u8>) -> Vec<u8> {
    let mut nested = Vec::new();
    for _ in 0..50_u8 {
        let length = u8::try_from(nested.len()).expect("two bytes more each time");
        nested = [&[0x0a, length][..], &nested].concat();
    }
    let length = u8::try_from(nested.len()).expect("50 times two bytes");
    let unknown = [&[0xc2, 0x02, length][..], &nested].concat();
    let body = value.len() - OPENED_BYTES;
    let content = value.split_off(body + 3);
    value.truncate(body);
    // Order opened, number 240, with its new length in two bytes.
    let total = content.len() + unknown.len();
    let low = u8::try_from(total & 0x7f).expect("seven bits") | 0x80;
    let high = u8::try_from(total >> 7).expect("a few hundred bytes");
    [&value[..], &[0x82, 0x0f, low, high], &content, &unknown].concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use custodia_core::schema::{Fault, decode, faults, placement, v1::Topic};
    use custodia_core::split::split;

    use super::*;

    const NOW_MS: i64 = 1_790_784_000_000;

    /// What the schema says of a value that splits, and the place it belongs to.
    fn by_schema(bad: &Bad, event: &[u8]) -> Due {
        if let Some(fault) = faults(event).first() {
            return quarantined(match fault {
                Fault::Undecodable => "malformed",
                Fault::MissingField { .. } => "missing_field",
                other => other.reason(),
            });
        }
        let message = decode(event).unwrap();
        let place = placement(&message).unwrap();
        let due = if bad.topic == TopicRole::Events {
            Topic::Events
        } else {
            Topic::Registry
        };
        let event = Event::decode(event).unwrap();
        let at = event.occurred_at.unwrap().seconds * 1000;
        let wrong_key = Some(&place.key) != bad.key.as_ref();
        let stray = partition_of(&place.key, 4) != Some(bad.partition);
        if place.topic != due {
            wrong_topic()
        } else if wrong_key && event.subject_ref.is_empty() {
            quarantined("wrong_key")
        } else if wrong_key {
            quarantined("key_is_not_subject")
        } else if bad.topic == TopicRole::Events && stray {
            quarantined("misplaced")
        } else if at > NOW_MS + 600_000 {
            quarantined("from_the_future")
        } else {
            Due::Accepted
        }
    }

    fn judged(bad: &Bad) -> Due {
        let Some(value) = &bad.value else {
            return breaks("null_value");
        };
        match split(value) {
            Err(error) => breaks(error.rule()),
            Ok(split) => by_schema(bad, &value[split.frame.len()..]),
        }
    }

    #[test]
    fn each_record_is_due_the_verdict_it_says() {
        let mut ids = BTreeSet::new();
        for bad in records(1, NOW_MS, 4) {
            let found = judged(&bad);
            let id = bad
                .value
                .as_ref()
                .and_then(|value| Some(value.get(2..18)?.to_vec()));
            match bad.due {
                Due::Quarantined {
                    rule: None,
                    reason: reason @ "not_an_envelope",
                } => {
                    assert!(matches!(found, Due::Quarantined { reason: r, .. } if r == reason));
                }
                Due::Duplicate
                | Due::Quarantined {
                    reason: "id_reused",
                    ..
                } => {
                    assert_eq!(found, Due::Accepted, "{}", bad.name);
                    assert!(
                        id.as_ref().is_some_and(|id| ids.contains(id)),
                        "{}",
                        bad.name
                    );
                }
                due => assert_eq!(found, due, "{}", bad.name),
            }
            ids.extend(id);
        }
    }

    #[test]
    fn names_are_unique_and_seeds_differ() {
        let all = records(1, NOW_MS, 4);
        let names: BTreeSet<_> = all.iter().map(|bad| bad.name).collect();
        assert_eq!(names.len(), all.len());
        assert!(all.len() > 30);
        assert_eq!(all, records(1, NOW_MS, 4));
        assert_ne!(all, records(2, NOW_MS, 4));
        assert!(records(1, NOW_MS, 1).iter().all(|bad| bad.partition == 0));
    }

    #[test]
    fn ten_megabytes_are_ten_megabytes_and_split() {
        let bad = ten_megabytes(1, NOW_MS, 4);
        let value = bad.value.unwrap();
        assert!(value.len() > TEN_MEGABYTES && split(&value).is_ok());
    }
}
