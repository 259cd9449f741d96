//! Standard input, line by line, with a bound on what one line may take.

use std::io::{BufRead, BufReader, Read, Result};

use super::Misfit;

/// The longest line, in bytes: an event of the largest size, with room for base64 and escapes.
pub(super) const MAX_LINE_BYTES: usize = 8 << 20;
/// How much is read at once; what stands whole in it is sent together.
const BUFFER_BYTES: usize = 1 << 18;

/// A line with its number, from 1: its text, or why it has none.
pub(super) type Line = (u64, std::result::Result<String, Misfit>);

/// The lines of an input. Blank ones are counted and passed over.
pub(super) struct Lines<R> {
    input: BufReader<R>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn of(input: R) -> Self {
        Self {
            input: BufReader::with_capacity(BUFFER_BYTES, input),
            number: 0,
        }
    }

    /// Whether a line is there without waiting for more input.
    pub(super) fn is_ready(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }

    /// The next line that isn't blank; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Line>> {
        loop {
            let Some(bytes) = self.bytes()? else {
                return Ok(None);
            };
            self.number += 1;
            if bytes.len() > MAX_LINE_BYTES {
                self.skip_rest(&bytes)?;
                return Ok(Some((self.number, Err(Misfit::LineTooLong))));
            }
            match String::from_utf8(bytes) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => return Ok(Some((self.number, Ok(text)))),
                Err(_) => return Ok(Some((self.number, Err(Misfit::NotUtf8)))),
            }
        }
    }

    /// One line or the first bytes of one that is too long; none at the end.
    fn bytes(&mut self) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let taken = self.up_to_newline(&mut bytes)?;
        Ok((taken > 0).then_some(bytes))
    }

    fn up_to_newline(&mut self, bytes: &mut Vec<u8>) -> Result<usize> {
        let most = u64::try_from(MAX_LINE_BYTES + 1).unwrap_or(u64::MAX);
        self.input.by_ref().take(most).read_until(b'\n', bytes)
    }

    fn skip_rest(&mut self, begun: &[u8]) -> Result<()> {
        let mut ended = begun.ends_with(b"\n");
        let mut bytes = Vec::new();
        while !ended {
            bytes.clear();
            ended = self.up_to_newline(&mut bytes)? == 0 || bytes.ends_with(b"\n");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<Line> {
        let mut lines = Lines::of(input);
        std::iter::from_fn(|| lines.next().unwrap()).collect()
    }

    #[test]
    fn blank_lines_are_counted_and_passed_over() {
        let lines = all(b"\n  \r\na\n\nb");
        assert_eq!(lines, [(3, Ok("a\n".to_owned())), (5, Ok("b".to_owned()))]);
    }

    #[test]
    fn bytes_that_are_no_text_are_one_line_and_no_more() {
        let lines = all(b"\xff\xfe\nb\n");
        assert_eq!(
            lines,
            [(1, Err(Misfit::NotUtf8)), (2, Ok("b\n".to_owned()))]
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_to_its_end() {
        let mut input = vec![b'x'; 2 * MAX_LINE_BYTES + 5];
        input.extend_from_slice(b"\nb\n");
        let lines = all(&input);
        assert_eq!(
            lines,
            [(1, Err(Misfit::LineTooLong)), (2, Ok("b\n".to_owned()))]
        );
    }

    #[test]
    fn a_line_is_ready_once_it_was_read_with_another() {
        let mut lines = Lines::of(&b"a\nb\nc"[..]);
        assert!(!lines.is_ready());
        lines.next().unwrap();
        assert!(lines.is_ready());
        lines.next().unwrap();
        assert!(!lines.is_ready());
    }
}
