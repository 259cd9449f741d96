//! Text that others wrote, as pages and tables show it: nothing in it can act, and nothing hides.

use std::fmt;

/// Most characters of one text that a page shows; tables show all.
const MOST_ON_PAGE: usize = 160;

/// Whether a character acts on its surroundings, or can't be seen: controls, marks of direction,
/// joiners, tags, private use.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{10ffff}')
}

/// A text with what can't be seen written out, as `[U+202E]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visible<'a>(pub(crate) &'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        self.0.chars().try_for_each(|c| {
            if is_hidden(c) {
                write!(f, "[U+{:04X}]", u32::from(c))
            } else {
                f.write_char(c)
            }
        })
    }
}

/// A text for HTML, as content or within double quotes; a long one is cut and says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, c) in self.0.chars().enumerate() {
            if place == MOST_ON_PAGE {
                return write!(f, "… [{}]", self.0.chars().count());
            }
            escape(c, f)?;
        }
        Ok(())
    }
}

/// A text that stands on the page in full.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole<'a>(pub(super) &'a str);

impl fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut at = 0;
        for (place, _) in self.0.char_indices().step_by(128).skip(1) {
            write!(f, "{}", Escaped(&self.0[at..place]))?;
            at = place;
        }
        write!(f, "{}", Escaped(&self.0[at..]))
    }
}

fn escape(c: char, to: &mut dyn fmt::Write) -> fmt::Result {
    match c {
        '&' => to.write_str("&amp;"),
        '<' => to.write_str("&lt;"),
        '>' => to.write_str("&gt;"),
        '"' => to.write_str("&quot;"),
        '\'' => to.write_str("&#39;"),
        c if is_hidden(c) => write!(to, "[U+{:04X}]", u32::from(c)),
        c => to.write_char(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text_and_hidden_characters_are_seen() {
        let name = "<script>alert(\"x\")</script>&'\u{202e}cod.exe\u{0}\u{200b}\r\n";
        let shown = Escaped(name).to_string();
        let expected = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;[U+202E]cod.exe\
                        [U+0000][U+200B][U+000D][U+000A]";
        assert_eq!(shown, expected);
        assert_eq!(
            Visible("a\u{2066}<\t中").to_string(),
            "a[U+2066]<[U+0009]中"
        );
    }

    #[test]
    fn a_long_text_is_cut_on_a_page_and_says_so() {
        let long = "中".repeat(MOST_ON_PAGE + 1);
        let shown = Escaped(&long).to_string();
        assert_eq!(shown, format!("{}… [161]", "中".repeat(MOST_ON_PAGE)));
        let whole = "中".repeat(MOST_ON_PAGE);
        assert_eq!(Escaped(&whole).to_string(), whole);
        assert_eq!(Visible(&long).to_string(), long);
    }
}
