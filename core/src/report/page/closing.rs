//! What was withheld and why, what is proven and what is not, how to check it, what is absent.

use std::fmt;

use super::super::said;
use super::super::shown::Escaped;
use super::super::words::fingerprint;
use super::{Page, count};

pub(super) fn write(page: &mut Page<'_>) -> fmt::Result {
    withheld(page)?;
    proven(page)?;
    check(page)?;
    absent(page)?;
    cut(page)
}

fn withheld(page: &mut Page<'_>) -> fmt::Result {
    page.section("", "未开示的内容及理由", "What was withheld, and why")?;
    page.say(
        "<p>每条记录分为若干槽，逐槽开示或隐去。隐去的槽只留摘要，条目仍可验证；隐去不等于没有。\
         没有的槽不列出。</p>\n",
        "<p>A record is split into slots, each opened or withheld as one. Of a slot withheld its digest \
         stays, so the leaf still verifies; withheld is not absent. Slots that a record doesn't have are \
         not listed.</p>\n",
    )?;
    let answer = page.answer;
    if answer.withheld_counts.is_empty() {
        page.say(
            "<p>没有隐去任何槽。</p>\n",
            "<p>Nothing was withheld.</p>\n",
        )?;
        return page.end_section();
    }
    page.columns(&[
        ("", "槽", "Slot"),
        ("", "内容", "What it holds"),
        ("", "理由", "Why"),
        ("n", "条目数", "Leaves"),
    ])?;
    for (slot, leaves) in &answer.withheld_counts {
        page.write(format_args!(
            "<tr><td class=\"leaf\">{slot:02x}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td></tr>\n",
            said::slot(*slot).pick(page.language),
            said::why(*slot, answer.manifest.profile).pick(page.language),
            count(*leaves),
        ))?;
    }
    page.end_table()?;
    page.end_section()
}

const PROVEN: [(&str, &str); 7] = [
    (
        "每个所列条目都在签名检查点所覆盖的日志中，位置如所示",
        "Each leaf shown stands in the log that a signed checkpoint covers, in the place shown",
    ),
    (
        "已开示的内容就是当时写入的内容，一个字节也没有改动",
        "What is opened is what was written then, to the byte",
    ),
    (
        "条目的记录时间，以及同一日志内的先后次序",
        "The leaves' record times, and their order within one log",
    ),
    (
        "隐去的槽确实存在，其内容日后可以开示核对",
        "Slots withheld are there, and can be opened and checked later",
    ),
    (
        "清单（问题、依据、切面、编号）由同一密钥签名",
        "The manifest (question, basis, cut, id) is signed by the same key",
    ),
    (
        "本报告和表格由上述内容生成，没有手工改动",
        "This report and the tables are made from these, and by nobody's hand",
    ),
    (
        "注明“由已开示的条目即可得出”的规则判定，以及所引政策原文",
        "Findings said to follow from the opened leaves alone, and the policy's words that they quote",
    ),
];

const SAID: [(&str, &str); 9] = [
    (
        "事件的内容属实；发生时间准确",
        "That what the events say is true, and their own times right",
    ),
    (
        "没有别的相关条目（完整性）；没有未写入账本的流动",
        "That there are no other leaves on the question (completeness), and no flows that nobody logged",
    ),
    (
        "裁决：采信、重复、隔离",
        "Verdicts: accepted, repeated, quarantined",
    ),
    (
        "假名和代称：同名的是同一人",
        "Pseudonyms: that the same name is the same person",
    ),
    ("删除所依据的命令", "Under which order something was erased"),
    (
        "申请人、法律依据和机关文书",
        "Who asked, the legal basis, the authority's document",
    ),
    (
        "切面是最新的：切面之后可能已有新的记录",
        "That the cut is recent: there may be later records",
    ),
    (
        "所据内容部分未开示的规则判定，以及称为不成立的判定",
        "Findings that rest on what is withheld, and those said not to hold",
    ),
    (
        "法条对应与处理是否合法",
        "Which clauses apply, and whether a handling was lawful",
    ),
];

fn proven(page: &mut Page<'_>) -> fmt::Result {
    page.section("", "哪些已证，哪些未证", "What is proven, and what is not")?;
    page.say(
        "<p>“已证”以验证程序 <code>custodia-verify</code> 通过、且密钥已经由从别处取得的策略文件确认为前提。\
         完整的说明见 LIMITS.md。</p>\n<div class=\"two\"><div><h3>已证</h3><ul>",
        "<p>“Proven” holds once <code>custodia-verify</code> says so, with a policy file from elsewhere that \
         confirms the key. LIMITS.md has this in full.</p>\n<div class=\"two\"><div><h3>Proven</h3><ul>",
    )?;
    list(page, &PROVEN)?;
    page.say(
        "</ul></div><div><h3>未证，或仅为运营者、生产方的陈述</h3><ul>",
        "</ul></div><div><h3>Not proven: the operator's or a producer's word</h3><ul>",
    )?;
    list(page, &SAID)?;
    page.raw("</ul></div></div>\n")?;
    page.end_section()
}

fn list(page: &mut Page<'_>, items: &[(&str, &str)]) -> fmt::Result {
    for (zh, en) in items {
        let item = page.language.pick(zh, en);
        page.write(format_args!("<li>{item}</li>"))?;
    }
    Ok(())
}

fn check(page: &mut Page<'_>) -> fmt::Result {
    page.section("", "如何核对", "How to check it")?;
    page.say(
        "<p>在普通的 Windows 计算机上，无须安装任何软件即可核对文件是否被改动：解压摘录，在其文件夹中打开 \
         PowerShell，运行</p>\n",
        "<p>A plain Windows computer finds any change to the files, with nothing installed. Unpack the \
         extract, open PowerShell in its folder, and run</p>\n",
    )?;
    page.raw(
        "<pre>Get-FileHash .\\manifest.json -Algorithm SHA256\n\
         certutil -hashfile manifest.json SHA256\n\
         Get-Content .\\manifest.note -Encoding UTF8</pre>\n",
    )?;
    let print = fingerprint(&page.answer.manifest.key).unwrap_or_else(|| "?".to_owned());
    page.say(
        "<ol><li>前两条命令任选其一；结果应与 <code>manifest.note</code> 的第三行相同（不分大小写）。</li>\
         <li><code>manifest.json</code> 的 <code>members</code> 列有其余各文件（包括本报告）的 SHA-256，\
         同样可以核对。</li><li>将密钥指纹与从本摘录<strong>以外</strong>取得的比较：<br><code>",
        "<ol><li>Either of the first two will do; it gives the third line of <code>manifest.note</code> \
         (capitals don't matter).</li><li><code>members</code> in <code>manifest.json</code> has the SHA-256 \
         of each other file, this report among them.</li><li>Compare the key's fingerprint with one from \
         <strong>elsewhere</strong> than this extract:<br><code>",
    )?;
    page.raw(&print)?;
    page.say(
        "</code></li><li>签名和条目由验证程序核对，退出码0为已证：</li></ol>\n",
        "</code></li><li>Signatures and leaves are for the verifier, whose exit code 0 means proven:</li></ol>\n",
    )?;
    page.raw("<pre>custodia-verify.exe extract.zip --policy policy.txt</pre>\n")?;
    page.say(
        "<p>逐步的说明（包括 Linux、指纹的算法、退出码和格式）见 VERIFY.md。</p>\n",
        "<p>VERIFY.md has each step, for Linux too, with the fingerprint's computation, exit codes and format.</p>\n",
    )?;
    page.end_section()
}

fn absent(page: &mut Page<'_>) -> fmt::Result {
    let manifest = &page.answer.manifest;
    page.section("", "本摘录没有的内容", "What is absent")?;
    page.say(
        "<ul><li>完整性证明：尚无（",
        "<ul><li>A proof of completeness: none yet (",
    )?;
    page.write(format_args!(
        "<code>completeness: {}</code>",
        Escaped(&manifest.completeness)
    ))?;
    page.say("）。</li>", ").</li>")?;
    for item in &manifest.absent {
        page.write(format_args!(
            "<li><code>{}</code>{}</li>",
            Escaped(item),
            page.language.pick(
                "：此版格式的摘录尚不包含。",
                ": extracts of this kind don't have it yet."
            )
        ))?;
    }
    page.say(
        "<li>同意书、合同、机关文书和证据的原件：只有编号或摘要。</li>",
        "<li>Consents, contracts, the authority's documents and evidence themselves: only ids or digests.</li>",
    )?;
    page.raw("</ul>\n")?;
    page.end_section()
}

fn cut(page: &mut Page<'_>) -> fmt::Result {
    let manifest = &page.answer.manifest;
    page.section("", "切面与日志", "Cut and logs")?;
    page.say(
        "<p>切面规定每个日志取到第几条为止。本报告以L1、L2……指称日志。</p>\n",
        "<p>The cut says how far each log is taken. The report calls the logs L1, L2 and so on.</p>\n",
    )?;
    page.columns(&[
        ("", "简称", "Short"),
        ("", "日志", "Log"),
        ("n", "条数", "Size"),
        ("", "根", "Root"),
    ])?;
    for (number, log) in (1..).zip(&manifest.cut.logs) {
        page.write(format_args!(
            "<tr><td class=\"leaf\">L{number}</td><td class=\"m\">{}</td><td class=\"n\">{}</td><td class=\"m\">{}</td></tr>\n",
            Escaped(&log.origin),
            count(log.size.0),
            hex::encode(log.root),
        ))?;
    }
    page.end_table()?;
    named(
        page,
        "登记为启用而不在切面内的日志",
        "Open by the registry, and not in the cut",
        &manifest.open_elsewhere,
    )?;
    named(
        page,
        "条目所称的政策版本",
        "Policy versions that the leaves name",
        &manifest.policy_versions,
    )?;
    let held: Vec<String> = manifest
        .held
        .iter()
        .map(|log| format!("{} {}", log.origin, log.size))
        .collect();
    named(
        page,
        "申请人已持有的检查点",
        "Checkpoints that the requester holds",
        &held,
    )?;
    page.end_section()
}

fn named(page: &mut Page<'_>, zh: &str, en: &str, items: &[String]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    let title = page.language.pick(zh, en);
    page.write(format_args!("<h3>{title}</h3><ul>"))?;
    for item in items {
        page.write(format_args!("<li><code>{}</code></li>", Escaped(item)))?;
    }
    page.raw("</ul>\n")
}
