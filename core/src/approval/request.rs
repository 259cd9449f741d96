//! What is approved: one deed, in a text with one spelling.

use super::Refused;
use crate::moment::Moment;
use crate::origin::LedgerName;

/// The text's first line.
const FIRST_LINE: &str = "custodia-approval/v1";
/// How long an id may be, in bytes.
const MAX_ID_BYTES: usize = 128;
/// How long an employee reference is.
const REFERENCE_BYTES: usize = 26;

/// What is done once it is approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// A person is erased from the ledger (PIPL 47).
    Erasure,
    /// One record that doesn't split, and names nobody, is erased.
    LeafErasure,
    /// An extract is issued to an authority (PIPL 63; L194).
    Extract,
    /// A generation of a log is opened (design 3.1).
    Generation,
    /// A question is answered while the look can't reach Kafka (law 9).
    BreakGlass,
}

impl Deed {
    /// All deeds.
    pub const ALL: [Self; 5] = [
        Self::Erasure,
        Self::LeafErasure,
        Self::Extract,
        Self::Generation,
        Self::BreakGlass,
    ];

    /// Its word in the text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Erasure => "erasure",
            Self::LeafErasure => "leaf-erasure",
            Self::Extract => "extract",
            Self::Generation => "generation",
            Self::BreakGlass => "break-glass",
        }
    }

    /// What it is, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Erasure => "抹除一个人:销毁其密钥并删除账本中其全部内容,不可恢复",
            Self::LeafErasure => "抹除一条不可解析的记录:删除其内容,不可恢复",
            Self::Extract => "向有权机关提供一份摘录",
            Self::Generation => "开启一个日志的新一代",
            Self::BreakGlass => "应急查询:在查阅记录无法送达 Kafka 时回答一个问题",
        }
    }

    /// What it is, in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Erasure => {
                "the erasure of one person: their keys are destroyed and all that the ledger holds of \
                 them is deleted, for good"
            }
            Self::LeafErasure => {
                "the erasure of one record that doesn't split: its content is deleted, for good"
            }
            Self::Extract => "the issue of one extract to an authority",
            Self::Generation => "the opening of a new generation of a log",
            Self::BreakGlass => {
                "break-glass: the answer to one question while its look can't reach Kafka"
            }
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.word() == word)
    }
}

/// What is to be approved. [`Request::text`] is its only spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The ledger's name.
    pub ledger: LedgerName,
    /// What is to be done.
    pub deed: Deed,
    /// To whom or what: a digest ([`about`]; of a person the one under which the registry knows an
    /// erased subject), so that no reference stands in the text.
    pub about: [u8; 32],
    /// Names this one deed (order, extract request …), so that no approval counts twice: 1 to 128
    /// characters from U+0021 to U+007E.
    pub id: String,
    /// Who asks for it, by employee reference.
    pub asker: String,
    /// The first moment at which approvals of it count no more, in ms since 1970.
    pub until_ms: i64,
}

impl Request {
    /// The canonical text, each line ended by U+000A (`proto/FORMAT.md` 15.1).
    pub fn text(&self) -> String {
        let until = Moment(self.until_ms);
        let (zh, en) = (self.deed.zh(), self.deed.en());
        format!(
            "{FIRST_LINE}\nledger {}\ndeed {}\nabout {}\nid {}\nasker {}\nuntil {}\n\
             zh 批准:{zh}。仅此一次,{until}(UTC+8)之前有效。\n\
             en Approved: {en}. Once only, before {until} (UTC+8).\n",
            self.ledger,
            self.deed.word(),
            hex::encode(self.about),
            self.id,
            self.asker,
            self.until_ms,
        )
    }

    /// Reads a text; `name` is the file's, for the refusal.
    ///
    /// # Errors
    /// [`Refused::Malformed`] where it isn't the canonical text of a request.
    pub fn parse(name: &str, text: &str) -> Result<Self, Refused> {
        Self::read(text).map_err(|reason| Refused::Malformed {
            file: name.to_owned(),
            reason,
        })
    }

    /// Refuses a request, or an approval of it, that counts no more; `name` is the file's.
    ///
    /// # Errors
    /// [`Refused::Expired`] from `until_ms` on.
    pub fn refuse_expired(&self, name: &str, now_ms: i64) -> Result<(), Refused> {
        if now_ms < self.until_ms {
            return Ok(());
        }
        Err(Refused::Expired {
            file: name.to_owned(),
            until: Moment(self.until_ms).to_string(),
        })
    }

    /// The request of a canonical text, or what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.split_inclusive('\n');
        if lines.next() != Some(&format!("{FIRST_LINE}\n")) {
            return Err(format!("its first line isn't {FIRST_LINE:?}"));
        }
        let mut value = |name: &str| {
            lines
                .next()
                .and_then(|line| line.strip_suffix('\n')?.strip_prefix(name))
                .and_then(|rest| rest.strip_prefix(' '))
                .ok_or_else(|| format!("its line {name:?} is missing, or not in its place"))
        };
        let ledger = LedgerName::new(value("ledger")?).map_err(|error| error.to_string())?;
        let deed = value("deed")?;
        let deed = Deed::of_word(deed).ok_or_else(|| format!("{deed:?} is no deed"))?;
        let mut digest = [0; 32];
        hex::decode_to_slice(value("about")?, &mut digest)
            .map_err(|_| "what it is about is not 64 hex digits".to_owned())?;
        let id = value("id")?.to_owned();
        let asker = value("asker")?.to_owned();
        let until_ms = value("until")?
            .parse()
            .map_err(|_| "until isn't a number of milliseconds".to_owned())?;
        let request = Self {
            ledger,
            deed,
            about: digest,
            id,
            asker,
            until_ms,
        };
        request.refuse_unfit()?;
        if request.text() == text {
            Ok(request)
        } else {
            Err("it isn't spelt as a request is: a line too many, another word or number".into())
        }
    }

    /// Refuses an id or a reference that the text can't carry.
    ///
    /// # Errors
    /// What is wrong.
    pub(super) fn refuse_unfit(&self) -> Result<(), String> {
        let printable = self.id.bytes().all(|b| (0x21..=0x7e).contains(&b));
        if self.id.is_empty() || self.id.len() > MAX_ID_BYTES || !printable {
            return Err(format!(
                "its id {:?} is not 1 to {MAX_ID_BYTES} characters from U+0021 to U+007E",
                self.id
            ));
        }
        refuse_reference("asker", &self.asker)
    }
}

/// Refuses what is no employee reference (design law 7).
pub(super) fn refuse_reference(what: &str, reference: &str) -> Result<(), String> {
    let fits = |b: u8| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b);
    if reference.len() == REFERENCE_BYTES && reference.bytes().all(fits) {
        Ok(())
    } else {
        Err(format!(
            "its {what} {reference:?} is no employee reference: 26 characters of a-z and 2-7"
        ))
    }
}

/// Digests of what deeds are about, in the sense of [`Request::about`]. Each is
/// `BLAKE3-derive-key(context, bytes)` (`proto/FORMAT.md` 15.2).
pub mod about {
    /// A person: the digest under which the registry knows an erased subject.
    pub use crate::assess::state::retention::erased_subject as person;

    use crate::origin::Origin;

    /// One leaf of a log.
    pub fn leaf(log: &Origin, index: u64) -> [u8; 32] {
        let text = format!("{log} {index}");
        blake3::derive_key("custodia.v1 approved leaf", text.as_bytes())
    }

    /// An extract: of its question, normalised, in canonical JSON.
    pub fn extract(question: &str) -> [u8; 32] {
        blake3::derive_key("custodia.v1 approved extract", question.as_bytes())
    }

    /// Generations that are opened together, each with the offset at which it begins, in the order of
    /// their origins.
    pub fn generations(logs: &[(&Origin, u64)]) -> [u8; 32] {
        let mut lines: Vec<_> = logs
            .iter()
            .map(|(log, start)| format!("{log} {start}\n"))
            .collect();
        lines.sort();
        blake3::derive_key("custodia.v1 approved generation", lines.concat().as_bytes())
    }

    /// A question, normalised.
    pub fn question(normal: &str) -> [u8; 32] {
        blake3::derive_key("custodia.v1 approved question", normal.as_bytes())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn request() -> Request {
        Request {
            ledger: LedgerName::new("ledger.example").unwrap(),
            deed: Deed::Extract,
            about: [7; 32],
            id: "req-1".into(),
            asker: "a".repeat(26),
            until_ms: 1_795_522_096_789,
        }
    }

    #[test]
    fn the_text_says_in_words_what_is_approved() {
        let about = "07".repeat(32);
        assert_eq!(
            request().text(),
            format!(
                "custodia-approval/v1\nledger ledger.example\ndeed extract\nabout {about}\nid req-1\n\
                 asker aaaaaaaaaaaaaaaaaaaaaaaaaa\nuntil 1795522096789\n\
                 zh 批准:向有权机关提供一份摘录。仅此一次,2026-11-24 20:08:16.789(UTC+8)之前有效。\n\
                 en Approved: the issue of one extract to an authority. Once only, before \
                 2026-11-24 20:08:16.789 (UTC+8).\n"
            )
        );
    }

    #[test]
    fn another_spelling_is_refused_and_says_why() {
        let text = request().text();
        let spoilt = [
            ("", "", "", "first line"),
            (&text, "approval/v1", "approval/v2", "first line"),
            (&text, "ledger.example", "Ledger.example", "host name"),
            (&text, "deed extract", "deed everything", "no deed"),
            (&text, "0707", "07", "64 hex"),
            (&text, "id req-1", "id req 1", "its id"),
            (&text, "id req-1", "id ", "its id"),
            (&text, "asker a", "asker 1", "its asker"),
            (&text, "until 1", "until x1", "milliseconds"),
            (&text, "until 1", "until +1", "spelt"),
            (&text, "until 1", "until 01", "spelt"),
            (&text, "zh 批准", "zh 不批准", "spelt"),
            (&text, "Once only", "Often", "spelt"),
            (&text, "UTC+8).\n", "UTC+8).\nand more\n", "spelt"),
            (&text, "asker ", "by ", "\"asker\""),
            (&text, "\nuntil", "\r\nuntil", "its asker"),
        ];
        for (text, from, to, reason) in spoilt {
            let error = Request::parse("r.txt", &text.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.code(), "CU-0980");
            let error = error.to_string();
            assert!(error.contains("r.txt") && error.contains(reason), "{error}");
        }
        assert!(Request::parse("r", text.trim_end()).is_err());
        let mut upper = request();
        upper.about = [0xab; 32];
        let upper = upper.text().replacen("abab", "ABAB", 1);
        assert!(Request::parse("r", &upper).is_err());
    }

    #[test]
    fn what_is_about_one_thing_is_about_no_other() {
        let log: crate::origin::Origin = "ledger.example/events/0/1".parse().unwrap();
        let other: crate::origin::Origin = "ledger.example/events/0/11".parse().unwrap();
        let all = [
            about::person("x"),
            about::leaf(&log, 11),
            about::leaf(&log, 1),
            about::leaf(&other, 1),
            about::extract("x"),
            about::question("x"),
            about::generations(&[(&log, 11)]),
            about::generations(&[(&other, 1)]),
            about::generations(&[(&log, 11), (&other, 1)]),
        ];
        assert_eq!(
            about::generations(&[(&other, 1), (&log, 11)]),
            about::generations(&[(&log, 11), (&other, 1)])
        );
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    proptest! {
        #[test]
        fn a_request_reads_back_as_it_was(
            deed in prop::sample::select(&Deed::ALL[..]),
            about: [u8; 32],
            id in "[!-~]{1,128}",
            asker in "[a-z2-7]{26}",
            until_ms: i64,
        ) {
            let request = Request { deed, about, id, asker, until_ms, ..request() };
            prop_assert_eq!(Request::parse("r", &request.text()).unwrap(), request);
        }

        #[test]
        fn what_is_read_is_spelt_so(
            at in 0usize..400,
            with in any::<char>(),
        ) {
            let mut text: Vec<char> = request().text().chars().collect();
            let at = at % text.len();
            text[at] = with;
            let text: String = text.into_iter().collect();
            if let Ok(read) = Request::parse("r", &text) {
                prop_assert_eq!(read.text(), text);
            }
        }
    }
}
