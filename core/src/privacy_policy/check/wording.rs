//! What is wrong with the text itself, computed of its lines.

use std::collections::BTreeMap;

use super::{Citation, Kind, PolicyText, PrivacyPolicy, Remark};

/// What may stand before a list's number, and after it: the marks of one level.
const MARKS: [(&str, &str, bool); 4] = [
    ("(", ")", false),
    ("", "、", false),
    ("(", ")", true),
    ("", "、", true),
];

const CHINESE_DIGITS: &str = "一二三四五六七八九十";

pub(super) fn check(policy: &PrivacyPolicy, text: &PolicyText<'_>, remarks: &mut Vec<Remark>) {
    repeated_numbers(text, remarks);
    contents(text, remarks);
    unfinished(text, remarks);
    conflicts_gone(policy, text, remarks);
}

fn cited(line: u32, phrase: &str) -> Citation {
    Citation {
        line: Some(line),
        phrase: Some(phrase.to_owned()),
        law: None,
        ours: None,
    }
}

/// The level and the number that a line begins with.
fn number_of(line: &str) -> Option<(usize, &str)> {
    MARKS
        .iter()
        .enumerate()
        .find_map(|(level, (before, after, chinese))| {
            let (number, _) = line.strip_prefix(before)?.split_once(after)?;
            let is_digit = |c: char| {
                if *chinese {
                    CHINESE_DIGITS.contains(c)
                } else {
                    c.is_ascii_digit()
                }
            };
            (!number.is_empty() && number.chars().all(is_digit)).then_some((level, number))
        })
}

/// A number that follows itself on its level, with no other level between.
fn repeated_numbers(text: &PolicyText<'_>, remarks: &mut Vec<Remark>) {
    let mut last: Option<(usize, &str, u32)> = None;
    for (line, words) in text.lines() {
        let Some((level, number)) = number_of(words) else {
            continue;
        };
        if let Some((before, same, first)) = last
            && (before, same) == (level, number)
        {
            let (_, after, _) = MARKS[level];
            let printed = format!("{}{number}{after}", MARKS[level].0);
            let message = format!("the number {printed} stands in lines {first} and {line}");
            let remark = Remark::warning(Kind::RepeatedNumber, "the text", message);
            remarks.push(remark.citing(&[cited(first, &printed), cited(line, &printed)]));
        }
        last = Some((level, number, line));
    }
}

/// Chapters whose title in the table of contents isn't the one in the text.
fn contents(text: &PolicyText<'_>, remarks: &mut Vec<Remark>) {
    let chapter = MARKS.len() - 1;
    let mut seen: BTreeMap<&str, (u32, &str)> = BTreeMap::new();
    for (line, words) in text.lines() {
        let Some((level, number)) = number_of(words) else {
            continue;
        };
        if level != chapter {
            continue;
        }
        match seen.get(number) {
            None => drop(seen.insert(number, (line, words))),
            Some((first, title)) if *title != words => {
                let message = format!("the contents say 「{title}」, the heading 「{words}」");
                let remark = Remark::warning(Kind::ContentsDiffer, "the text", message);
                remarks.push(remark.citing(&[cited(*first, title), cited(line, words)]));
            }
            Some(_) => {}
        }
    }
}

/// Lines with a comma that end without a mark.
fn unfinished(text: &PolicyText<'_>, remarks: &mut Vec<Remark>) {
    let ends = ['。', ';', '；', ':', '：', '!', '！', '?', '？'];
    let is_open = |words: &str| words.contains([',', '，']) && !words.ends_with(ends);
    let open: Vec<_> = text.lines().filter(|(_, words)| is_open(words)).collect();
    if open.is_empty() {
        return;
    }
    let lines: Vec<String> = open.iter().map(|(line, _)| line.to_string()).collect();
    let message = format!("the last sentence has no end in lines {}", lines.join(", "));
    let last_words = |words: &str| {
        let from = words.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
        words[from..].to_owned()
    };
    let cites: Vec<_> = open
        .iter()
        .map(|(line, words)| cited(*line, &last_words(words)))
        .collect();
    remarks.push(Remark::warning(Kind::Unfinished, "the text", message).citing(&cites));
}

/// Stated conflicts that the text no longer has.
fn conflicts_gone(policy: &PrivacyPolicy, text: &PolicyText<'_>, remarks: &mut Vec<Remark>) {
    for conflict in policy.conflicts.values() {
        for words in conflict.absent.iter().filter(|words| text.has(words)) {
            let item = format!("[[conflict]] {}", conflict.id);
            let message = format!("says that 「{words}」 is missing, and the text has it");
            remarks.push(Remark::error(Kind::ConflictGone, item, message).citing(&conflict.cites));
        }
    }
}
