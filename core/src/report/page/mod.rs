//! The pages, one for each language: one file without script, and without anything from elsewhere.

mod closing;
mod counts;
mod findings;
mod front;
mod incident;
mod picture;
mod records;
mod sentence;

use std::fmt;

use super::Language;
use super::answer::Answer;
use super::clause;

const STYLE: &str = include_str!("style.css");
/// Most rows of one table of a page; `timeline.csv` has all.
const MOST_ROWS: usize = 1_000;

/// Writes the page of a language.
pub(super) fn write(answer: &Answer, language: Language, to: &mut dyn fmt::Write) -> fmt::Result {
    let mut page = Page {
        answer,
        language,
        to,
        sections: 0,
    };
    page.head()?;
    front::write(&mut page)?;
    incident::write(&mut page)?;
    counts::write(&mut page)?;
    picture::write(&mut page)?;
    findings::write(&mut page)?;
    records::write(&mut page)?;
    closing::write(&mut page)?;
    page.raw("</body></html>\n")
}

/// A page as it is written.
struct Page<'a> {
    answer: &'a Answer,
    language: Language,
    to: &'a mut dyn fmt::Write,
    sections: usize,
}

impl Page<'_> {
    fn raw(&mut self, html: &str) -> fmt::Result {
        self.to.write_str(html)
    }

    /// Writes the one of two languages that the page is in.
    fn say(&mut self, zh: &str, en: &str) -> fmt::Result {
        self.to.write_str(self.language.pick(zh, en))
    }

    fn write(&mut self, html: fmt::Arguments<'_>) -> fmt::Result {
        self.to.write_fmt(html)
    }

    /// Begins a section. `class` says how it breaks in print.
    fn section(&mut self, class: &str, zh: &str, en: &str) -> fmt::Result {
        self.sections += 1;
        let number = match self.language {
            Language::Zh => format!("{}、", clause::number(self.sections).unwrap_or_default()),
            Language::En => format!("{}. ", self.sections),
        };
        let title = self.language.pick(zh, en);
        self.write(format_args!(
            "<section class=\"{class}\"><h2>{number}{title}</h2>\n"
        ))
    }

    fn end_section(&mut self) -> fmt::Result {
        self.raw("</section>\n")
    }

    /// The heading of a table.
    fn columns(&mut self, columns: &[(&str, &str, &str)]) -> fmt::Result {
        self.raw("<table><thead><tr>")?;
        for (class, zh, en) in columns {
            let name = self.language.pick(zh, en);
            self.write(format_args!(
                "<th scope=\"col\" class=\"{class}\">{name}</th>"
            ))?;
        }
        self.raw("</tr></thead><tbody>\n")
    }

    fn end_table(&mut self) -> fmt::Result {
        self.raw("</tbody></table>\n")
    }

    /// Says that a table is cut, and where the whole is.
    fn more(&mut self, rows: usize, table: &str) -> fmt::Result {
        if rows <= MOST_ROWS {
            return Ok(());
        }
        let (rows, most) = (count(rows as u64), count(MOST_ROWS as u64));
        match self.language {
            Language::Zh => self.write(format_args!(
                "<p><strong>此表共{rows}行，只印出前{most}行；{table}有全部各行。</strong>汇总和计数不受此限。</p>\n"
            )),
            Language::En => self.write(format_args!(
                "<p><strong>{rows} rows, of which the first {most} are printed; {table} has them all.</strong> \
                 Counts and summaries are of all.</p>\n"
            )),
        }
    }

    fn head(&mut self) -> fmt::Result {
        let id = hex::encode(self.answer.manifest.id());
        let title = self.language.pick(
            "个人信息流转摘录报告",
            "Report on an extract of personal data flows",
        );
        let label = self.language.pick("摘录编号 ", "extract ");
        let pages = self.language.pick(
            "第 \" counter(page) \" 页，共 \" counter(pages) \" 页",
            "page \" counter(page) \" of \" counter(pages) \"",
        );
        let style = STYLE
            .replace("@TITLE@", title)
            .replace("@ID@", &format!("{label}{id}"))
            .replace("@PAGE@", pages);
        let lang = self.language.pick("zh-CN", "en");
        self.write(format_args!(
            "<!DOCTYPE html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'unsafe-inline'\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>{title} {short}</title>\n\
             <style>\n{style}</style></head><body>\n",
            short = &id[..12],
        ))
    }
}

/// A number as pages print it: digits in groups of three.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}
