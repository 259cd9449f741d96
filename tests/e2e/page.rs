//! A page of `docs/` that shows commands with what they print: written by the test that runs them, and
//! otherwise held against it, but for what changes from run to run.

use std::env;
use std::fs;
use std::path::PathBuf;

use crate::ledger::Ledger;

/// Between these lines of a page stands what a test writes.
const BEGIN: &str = "<!-- begin: written by a test -->";
const END: &str = "<!-- end: written by a test -->";

/// A page as it comes to be.
pub struct Page {
    path: PathBuf,
    /// The variable that has the page written.
    variable: &'static str,
    /// The test's own folder: what lies in it shows its name alone.
    folder: String,
    text: String,
    commands: usize,
}

impl Page {
    pub fn new(path: &str, variable: &'static str, folder: &str) -> Self {
        Self {
            path: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path),
            variable,
            folder: folder.trim_end_matches('/').to_owned() + "/",
            text: String::new(),
            commands: 0,
        }
    }

    /// Runs a command that must work, and shows it with what it prints.
    pub fn run(&mut self, ledger: &Ledger, words: &str) -> String {
        let printed = ledger.ok(&words.split(' ').collect::<Vec<_>>());
        self.show(words, &printed);
        printed
    }

    /// Shows a command with what it printed.
    pub fn show(&mut self, words: &str, printed: &str) {
        self.commands += 1;
        let shown = printed.trim_end().replace(&self.folder, "");
        let words = words.replace(&self.folder, "");
        let number = self.commands;
        let shown = format!("### {number}\n\n```console\n$ custodia {words}\n{shown}\n```\n\n");
        self.text.push_str(&shown);
    }

    /// Runs a command of others than those whose commands are counted, and shows it with what it prints.
    pub fn aside(&mut self, ledger: &Ledger, words: &str) {
        let printed = ledger.ok(&words.split(' ').collect::<Vec<_>>());
        let shown = printed.trim_end().replace(&self.folder, "");
        let words = words.replace(&self.folder, "");
        let shown =
            format!("For the approvers:\n\n```console\n$ custodia {words}\n{shown}\n```\n\n");
        self.text.push_str(&shown);
    }

    /// The page on disk shows the same; or it is written now.
    pub fn must_be_current(&self) {
        let page = fs::read_to_string(&self.path).unwrap();
        let (before, rest) = page.split_once(BEGIN).expect("the page has a place for it");
        let (shown, after) = rest.split_once(END).expect("the page has a place for it");
        if env::var_os(self.variable).is_some() {
            let page = format!("{before}{BEGIN}\n\n{}{END}{after}", self.text);
            fs::write(&self.path, page).unwrap();
            return;
        }
        let (shown, now) = (masked(shown), masked(&self.text));
        for (shown, now) in shown.iter().zip(&now) {
            assert_eq!(
                shown,
                now,
                "{} no longer shows what is printed; write it with {}=1",
                self.path.display(),
                self.variable
            );
        }
        assert_eq!(shown.len(), now.len(), "{}", self.path.display());
    }
}

/// Lines without numbers, long hex, borders and runs of spaces: times, leaves, digests and the widths of
/// columns change from run to run.
fn masked(text: &str) -> Vec<String> {
    let is_border = |c: char| c.is_whitespace() || "─═╌┄│┆".contains(c);
    let word = |word: &str| {
        let is_hex = word.len() >= 16 && word.bytes().all(|c| c.is_ascii_hexdigit() || c == b'-');
        if is_hex {
            return "x".to_owned();
        }
        let mut out = String::new();
        for c in word.chars() {
            let c = if c.is_ascii_digit() { '0' } else { c };
            if !(c == '0' && out.ends_with('0')) {
                out.push(c);
            }
        }
        out
    };
    // A key's fingerprint is short pieces of hex.
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("Fingerprint:"));
    let words = lines.flat_map(|line| line.split(is_border));
    words.filter(|one| !one.is_empty()).map(word).collect()
}
