//! A quick look at an event by tables compiled from the schema. It either sees that nothing is
//! wrong or doubts; what it doubts is looked at by [`schema::faults`], which alone names faults.
//! So it may doubt too much and must never see too little; a property test holds it to that.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{Cardinality, Kind, MessageDescriptor};

use crate::schema::v1::{Format, SubjectRule};
use crate::schema::{self, FIRST_BODY, event_descriptor, has_format, is_rfc3339, text_has_format};
use crate::wire::{Fields, Value, read_varint};

/// Fields are told apart by one bit each.
const MOST_FIELDS: u32 = 64;
const SUBJECT_REF: u32 = 8;

/// Whether `event` (a value without its frame) decodes and has no fault, for sure.
pub(super) fn is_whole(event: &[u8]) -> bool {
    static TABLES: LazyLock<Tables> = LazyLock::new(Tables::compile);
    TABLES.is_whole_event(event)
}

/// The tables of all messages that an event may hold.
struct Tables {
    messages: Vec<Table>,
    bodies: HashMap<u32, Body>,
}

/// The rules of one message.
#[derive(Default)]
struct Table {
    /// By field number; none where the number isn't the schema's.
    rules: Vec<Option<Rule>>,
    /// A bit for each field that must be there.
    required: u64,
    /// Whether this table can't judge the message at all.
    doubted: bool,
}

struct Rule {
    shape: Shape,
    repeated: bool,
    /// Zero and absent are told apart.
    presence: bool,
}

struct Body {
    table: usize,
    subject: SubjectRule,
    /// A bit for the field that names the person where the envelope doesn't.
    subject_field: u64,
}

enum Shape {
    Number { most: u64 },
    Vocabulary(Vec<u64>),
    Fixed32,
    Fixed64,
    Text(Format),
    Bytes(Format),
    Timestamp,
    Message(usize),
}

impl Tables {
    fn compile() -> Self {
        let mut compiler = Compiler {
            tables: Vec::new(),
            places: HashMap::new(),
        };
        compiler.table_of(event_descriptor());
        let mut bodies = HashMap::new();
        for kind in schema::bodies().values() {
            let table = compiler.table_of(&kind.descriptor);
            let subject_field = kind
                .subject_field
                .as_ref()
                .map_or(0, |field| bit(field.number()));
            bodies.insert(
                kind.number,
                Body {
                    table,
                    subject: kind.subject,
                    subject_field,
                },
            );
        }
        Self {
            messages: compiler.tables,
            bodies,
        }
    }

    fn is_whole_event(&self, event: &[u8]) -> bool {
        // The envelope was compiled first.
        let Some(seen) = self.fields_of(0, event, FIRST_BODY) else {
            return false;
        };
        let last = Fields::of(event).map_while(Result::ok).last();
        let Some((number, Value::Bytes(content))) = last.map(|f| (f.number, f.value)) else {
            return false;
        };
        let Some(body) = self.bodies.get(&number) else {
            return false;
        };
        let Some(in_body) = self.fields_of(body.table, content, u32::MAX) else {
            return false;
        };
        let named = seen & bit(SUBJECT_REF) != 0;
        match body.subject {
            SubjectRule::Required => named,
            SubjectRule::None => !named,
            SubjectRule::Optional => {
                named || body.subject_field == 0 || in_body & body.subject_field != 0
            }
            SubjectRule::Unspecified => false,
        }
    }

    /// The fields that stand in a whole message, a bit each; none where something is doubtful.
    /// Fields from number `end` on are another's to judge.
    fn fields_of(&self, table: usize, message: &[u8], end: u32) -> Option<u64> {
        let table = self.messages.get(table).filter(|table| !table.doubted)?;
        let mut seen = 0;
        for field in Fields::of(message) {
            let field = field.ok()?;
            if field.number >= end {
                continue;
            }
            let Some(Some(rule)) = table.rules.get(field.number as usize) else {
                continue;
            };
            let bit = bit(field.number);
            if (seen & bit != 0 && !rule.repeated) || !self.fits(rule, field.value) {
                return None;
            }
            seen |= bit;
        }
        (seen & table.required == table.required).then_some(seen)
    }

    fn fits(&self, rule: &Rule, value: Value<'_>) -> bool {
        match (&rule.shape, value) {
            (Shape::Number { .. } | Shape::Vocabulary(_), Value::Varint(number)) => {
                rule.fits_number(number)
            }
            (Shape::Number { .. } | Shape::Vocabulary(_), Value::Bytes(packed)) => {
                rule.repeated && rule.fits_packed(packed)
            }
            (Shape::Fixed32, Value::Fixed32(number)) => rule.presence || number != 0,
            (Shape::Fixed64, Value::Fixed64(number)) => rule.presence || number != 0,
            (Shape::Text(format), Value::Bytes(bytes)) => {
                let text = std::str::from_utf8(bytes);
                (rule.presence || !bytes.is_empty())
                    && text.is_ok_and(|text| text_has_format(*format, text))
            }
            (Shape::Bytes(format), Value::Bytes(bytes)) => {
                (rule.presence || !bytes.is_empty()) && has_format(*format, bytes)
            }
            (Shape::Timestamp, Value::Bytes(bytes)) => is_timestamp(bytes),
            (Shape::Message(table), Value::Bytes(bytes)) => {
                self.fields_of(*table, bytes, u32::MAX).is_some()
            }
            _ => false,
        }
    }
}

impl Rule {
    fn fits_number(&self, number: u64) -> bool {
        match &self.shape {
            Shape::Number { most } => (self.presence || number != 0) && number <= *most,
            Shape::Vocabulary(known) => known.binary_search(&number).is_ok(),
            _ => false,
        }
    }

    fn fits_packed(&self, mut packed: &[u8]) -> bool {
        let holds_some = !packed.is_empty();
        while !packed.is_empty() {
            match read_varint(packed) {
                Ok((number, length)) if self.fits_number(number) => packed = &packed[length..],
                _ => return false,
            }
        }
        holds_some
    }
}

fn is_timestamp(message: &[u8]) -> bool {
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields::of(message) {
        match field.map(|field| (field.number, field.value)) {
            Ok((1, Value::Varint(number))) => seconds = number.cast_signed(),
            Ok((2, Value::Varint(number))) => match i32::try_from(number) {
                Ok(number) => nanos = number,
                Err(_) => return false,
            },
            _ => return false,
        }
    }
    is_rfc3339(seconds, nanos)
}

const fn bit(number: u32) -> u64 {
    if number < MOST_FIELDS { 1 << number } else { 0 }
}

struct Compiler {
    tables: Vec<Table>,
    places: HashMap<String, usize>,
}

impl Compiler {
    fn table_of(&mut self, message: &MessageDescriptor) -> usize {
        if let Some(place) = self.places.get(message.full_name()) {
            return *place;
        }
        let place = self.tables.len();
        self.places.insert(message.full_name().to_owned(), place);
        self.tables.push(Table::default());
        let table = self.compile(message);
        self.tables[place] = table;
        place
    }

    fn compile(&mut self, message: &MessageDescriptor) -> Table {
        let mut table = Table::default();
        let rules = schema::rules(message);
        // Messages of other packages have no rules here.
        table.doubted = rules.is_empty() && message.package_name() != "custodia.v1";
        for rule in rules {
            let number = rule.field.number();
            let shape = self.shape_of(&rule.field.kind(), rule.format);
            let (Some(shape), true) = (shape, number < MOST_FIELDS) else {
                table.doubted = true;
                continue;
            };
            let place = number as usize;
            if table.rules.len() <= place {
                table.rules.resize_with(place + 1, || None);
            }
            let repeated = rule.field.cardinality() == Cardinality::Repeated;
            let presence = rule.field.supports_presence() || repeated;
            table.rules[place] = Some(Rule {
                shape,
                repeated,
                presence,
            });
            table.required |= if rule.required { bit(number) } else { 0 };
        }
        table
    }

    fn shape_of(&mut self, kind: &Kind, format: Format) -> Option<Shape> {
        Some(match kind {
            Kind::Bool => Shape::Number { most: 1 },
            Kind::Int32 => Shape::Number {
                most: u64::from(i32::MAX.cast_unsigned()),
            },
            Kind::Uint32 => Shape::Number {
                most: u64::from(u32::MAX),
            },
            Kind::Int64 | Kind::Uint64 => Shape::Number { most: u64::MAX },
            Kind::Fixed32 | Kind::Sfixed32 | Kind::Float => Shape::Fixed32,
            Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => Shape::Fixed64,
            Kind::String => Shape::Text(format),
            Kind::Bytes => Shape::Bytes(format),
            Kind::Enum(vocabulary) => {
                let numbers = vocabulary.values().map(|value| value.number());
                let mut known: Vec<u64> = numbers
                    .filter(|n| *n > 0)
                    .filter_map(|n| u64::try_from(n).ok())
                    .collect();
                known.sort_unstable();
                Shape::Vocabulary(known)
            }
            Kind::Message(message) if message.full_name() == "google.protobuf.Timestamp" => {
                Shape::Timestamp
            }
            Kind::Message(message) if message.package_name() == "custodia.v1" => {
                Shape::Message(self.table_of(message))
            }
            _ => return None,
        })
    }
}
