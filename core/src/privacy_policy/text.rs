//! The policy's text, by its lines.

use sha2::{Digest as _, Sha256};

use super::Citation;

/// What ends a sentence in a Chinese text.
const ENDS: [char; 8] = ['。', ';', '；', '!', '！', '?', '？', '\n'];

/// The text that a policy cites. Lines are counted from 1, as editors do.
#[derive(Debug, Clone)]
pub struct PolicyText<'a> {
    whole: &'a str,
    lines: Vec<&'a str>,
}

impl<'a> PolicyText<'a> {
    /// Takes the text as it was published, byte for byte.
    pub fn of(whole: &'a str) -> Self {
        Self {
            whole,
            lines: whole.lines().collect(),
        }
    }

    /// A line; none where the text ends before it.
    pub fn line(&self, number: u32) -> Option<&'a str> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.lines.get(at).copied()
    }

    /// All lines, with their numbers.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &'a str)> + '_ {
        (1..).zip(self.lines.iter().copied())
    }

    /// Whether words stand anywhere in the text.
    pub fn has(&self, words: &str) -> bool {
        self.whole.contains(words)
    }

    /// SHA-256 of the text.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.whole).into()
    }

    /// The sentence in which a citation's words stand: what to quote of the policy. None where the
    /// line doesn't have them, or the citation names none.
    pub fn sentence(&self, citation: &Citation) -> Option<&'a str> {
        let line = self.line(citation.line?)?;
        let phrase = citation.phrase.as_deref()?;
        let from = line.find(phrase)?;
        let until = from + phrase.len();
        let start = line[..from].rfind(ENDS).map_or(0, |at| {
            at + line[at..].chars().next().map_or(0, char::len_utf8)
        });
        // Words that end with the sentence's own mark end there.
        let whole = phrase.ends_with(ENDS);
        let end = match line[until..].find(ENDS) {
            _ if whole => until,
            Some(at) => until + at + line[until + at..].chars().next().map_or(0, char::len_utf8),
            None => line.len(),
        };
        Some(line[start..end].trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cited(line: u32, phrase: &str) -> Citation {
        Citation {
            line: Some(line),
            phrase: Some(phrase.to_owned()),
            law: None,
            ours: None,
        }
    }

    #[test]
    fn lines_are_counted_from_one() {
        let text = PolicyText::of("甲\n\n乙");
        assert_eq!((text.line(1), text.line(3)), (Some("甲"), Some("乙")));
        assert_eq!((text.line(0), text.line(4)), (None, None));
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn a_sentence_reaches_from_mark_to_mark() {
        let text = PolicyText::of("甲乙。丙丁,戊;己");
        assert_eq!(text.sentence(&cited(1, "丁")), Some("丙丁,戊;"));
        assert_eq!(text.sentence(&cited(1, "甲")), Some("甲乙。"));
        assert_eq!(text.sentence(&cited(1, "己")), Some("己"));
        assert_eq!(text.sentence(&cited(1, "乙。")), Some("甲乙。"));
        assert_eq!(text.sentence(&cited(1, "庚")), None);
        assert_eq!(text.sentence(&cited(2, "甲")), None);
    }
}
