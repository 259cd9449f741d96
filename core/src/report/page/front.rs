//! The first page: who asked what on which basis, and the answer.

use std::fmt;

use super::super::Language;
use super::super::clause::clause;
use super::super::shown::{Escaped, Whole};
use super::super::word::Word;
use super::super::words::fingerprint;
use super::{Page, count, sentence};
use crate::moment::Moment;

pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    title(page)?;
    question(page)?;
    answer(page)
}

fn title(page: &mut Page<'_>) -> fmt::Result {
    page.say(
        "<header><h1>个人信息流转摘录报告</h1><p class=\"under\">",
        "<header><h1>Report on an extract of personal data flows</h1><p class=\"under\">",
    )?;
    page.say(
        "本报告由摘录的清单和条目逐字节生成，是摘录的组成部分。中英文不一致的，以中文为准。",
        "Made byte for byte from the extract's manifest and leaves, and part of it. Where the \
         languages differ, the Chinese report (报告.zh-CN.html) counts.",
    )?;
    page.raw("</p></header>\n<table class=\"facts\"><tbody>\n")?;
    let manifest = &page.answer.manifest;
    let id = format!("<code>{}</code>", hex::encode(manifest.id()));
    let ledger = Escaped(&manifest.ledger).to_string();
    let print = fingerprint(&manifest.key).unwrap_or_else(|| "?".to_owned());
    let note = page.language.pick(
        "签名公钥32字节的 SHA-256。请与从本摘录以外取得的指纹比较。",
        "SHA-256 of the 32 bytes of the signing key. Compare it with one that you have from \
         elsewhere than this extract.",
    );
    let print = format!("<code>{print}</code><span class=\"s\">{note}</span>");
    let cut = match manifest.cut.time {
        Some(time) => Moment(time.0).to_string(),
        None => page.language.pick("无记录", "no records").to_owned(),
    };
    let note = page.language.pick(
        "北京时间（UTC+8）；切面内最晚的记录时间。此后的记录不在本摘录中。",
        "UTC+8; the latest record in the cut. What came after is not in this extract.",
    );
    let digest = hex::encode(manifest.cut.digest);
    let cut = format!("{cut}<span class=\"s\">{note}</span><code>{digest}</code>");
    fact(page, "摘录编号", "Extract", &id)?;
    fact(page, "账本", "Ledger", &ledger)?;
    fact(page, "密钥指纹", "Key's fingerprint", &print)?;
    fact(page, "切面", "Cut", &cut)?;
    page.end_table()
}

fn fact(page: &mut Page<'_>, zh: &str, en: &str, html: &str) -> fmt::Result {
    let name = page.language.pick(zh, en);
    page.write(format_args!(
        "<tr><th scope=\"row\">{name}</th><td>{html}</td></tr>\n"
    ))
}

fn question(page: &mut Page<'_>) -> fmt::Result {
    page.section(
        "",
        "谁、依据什么、问了什么",
        "Who asked what, and on which basis",
    )?;
    let manifest = &page.answer.manifest;
    let words = page.language.pick(&manifest.words.zh, &manifest.words.en);
    page.write(format_args!("<p>{}</p>\n", Whole(words)))?;
    page.raw("<table class=\"facts\"><tbody>\n")?;
    let request = &manifest.request;
    let kind = named(page, "RequesterKind", &request.requester);
    let (open, close) = page.language.pick(("（", "）"), (" (", ")"));
    let asker = format!("{}{open}{kind}{close}", Escaped(&request.requester_name));
    fact(page, "申请人", "Requester", &asker)?;
    let basis = basis_of(page, &request.legal_basis);
    fact(page, "查阅的法律依据", "Legal basis of reading", &basis)?;
    fact(
        page,
        "申请编号",
        "Request",
        &Escaped(&request.id).to_string(),
    )?;
    let none = page.language.pick("未附", "none");
    let document = request.document_sha256.map_or_else(
        || none.to_owned(),
        |digest| format!("<code>SHA-256 {}</code>", hex::encode(digest.0)),
    );
    fact(page, "机关文书", "Authority's document", &document)?;
    let nonce = request.nonce.as_ref();
    let nonce = nonce.map_or_else(
        || none.to_owned(),
        |nonce| format!("<code>{}</code>", Escaped(nonce)),
    );
    fact(page, "申请人的随机数", "Requester's nonce", &nonce)?;
    for recipient in &request.encrypted_to {
        let digest = format!("<code>SHA-256 {}</code>", hex::encode(recipient.0));
        fact(
            page,
            "加密发给（age 接收者）",
            "Encrypted to (age recipient)",
            &digest,
        )?;
    }
    let period = period(page);
    fact(page, "所询期间", "Period asked about", &period)?;
    let profile = format!("RP_{}", manifest.profile.name().replace('-', "_"));
    let profile = format!(
        "{}{open}{}{close}",
        named(page, "RedactionProfile", &profile),
        manifest.profile.name()
    );
    fact(page, "开示范围", "Redaction profile", &profile)?;
    page.end_table()?;
    page.end_section()
}

fn named(page: &Page<'_>, vocabulary: &str, value: &str) -> String {
    match Word::named(vocabulary, value) {
        Some(word) => Escaped(&word.name(page.language)).to_string(),
        None => Escaped(value).to_string(),
    }
}

fn basis_of(page: &Page<'_>, value: &str) -> String {
    let Some(word) = Word::named("LegalBasisOfReading", value) else {
        return Escaped(value).to_string();
    };
    let law = word.label().and_then(|label| label.law.as_deref());
    let law = law.map_or(String::new(), |law| clause(law, page.language));
    let separator = page.language.pick(" ", ", ");
    let name = word.name(page.language);
    if law.is_empty() {
        return Escaped(&name).to_string();
    }
    format!("{}{separator}{}", Escaped(&name), Escaped(&law))
}

fn period(page: &Page<'_>) -> String {
    let query = &page.answer.manifest.query;
    let from = query.from.map(|from| Moment(from.0));
    let until = query.until.map(|until| Moment(until.0));
    match (page.language, from, until) {
        (Language::Zh, None, None) => "账本的全部期间".to_owned(),
        (Language::Zh, Some(from), None) => format!("{from}起（北京时间）"),
        (Language::Zh, None, Some(until)) => format!("{until}之前（北京时间）"),
        (Language::Zh, Some(from), Some(until)) => format!("{from}起，{until}之前（北京时间）"),
        (Language::En, None, None) => "all that the ledger holds".to_owned(),
        (Language::En, Some(from), None) => format!("from {from} on (UTC+8)"),
        (Language::En, None, Some(until)) => format!("before {until} (UTC+8)"),
        (Language::En, Some(from), Some(until)) => {
            format!("from {from} until before {until} (UTC+8)")
        }
    }
}

fn answer(page: &mut Page<'_>) -> fmt::Result {
    page.section("", "回答", "The answer")?;
    let sentence = sentence::of(page);
    page.write(format_args!("<p class=\"answer\">{sentence}</p>\n"))?;
    let remarks = remarks(page);
    if !remarks.is_empty() {
        page.raw("<ul>")?;
        for remark in remarks {
            page.write(format_args!("<li>{remark}</li>"))?;
        }
        page.raw("</ul>\n")?;
    }
    page.say(
        "<p class=\"note\">次数以运营者的裁决为准；“账本中没有”不等于“没有发生”，见“哪些已证，哪些未证”。</p>\n",
        "<p class=\"note\">Counts rest on the operator's verdicts. That the ledger shows nothing does \
         not mean that nothing happened: see “What is proven, and what is not”.</p>\n",
    )?;
    page.end_section()
}

/// What the sentence leaves out.
fn remarks(page: &Page<'_>) -> Vec<String> {
    let totals = &page.answer.totals;
    let mut remarks = Vec::new();
    let mut remark = |number: u64, zh: &str, en: &str| {
        if number > 0 {
            let text = page.language.pick(zh, en).replace("{}", &count(number));
            remarks.push(text);
        }
    };
    remark(
        totals.repeated,
        "另有{}条重复记录，未计入次数，在逐条记录中列出。",
        "Records that repeat an earlier one, listed and not counted: {}.",
    );
    remark(
        totals.erased,
        "另有{}条记录的内容已依删除令删除，无从得知其接收方。",
        "Records whose content was erased under an order, so that nobody can tell who received: {}.",
    );
    remark(
        totals.unread,
        "另有{}条记录被隔离、未判定或本版报告无法解读，未计入次数。",
        "Records that are quarantined, not judged, or that this edition can't read, not counted: {}.",
    );
    remark(
        totals.others,
        "与问题有关的其他记录（同意、收集、权利请求等）{}条。",
        "Other records on the question (consents, collections, requests): {}.",
    );
    remark(
        totals.producer_times,
        "{}条记录的记录时间由生产方而非消息系统给出，表中以“†”标明。",
        "Records whose time was given by the producer and not by the message system, marked †: {}.",
    );
    remarks
}
