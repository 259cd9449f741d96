//! The documents of an extract: pinned to the byte, the same each time, and safe to open.

#![allow(clippy::unwrap_used)]

mod incident;
mod sample;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use custodia_core::extract::Profile;
use custodia_core::report::{self, MEMBERS};
use custodia_core::schema::{labels, pool};
use proptest::prelude::*;
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Set to write the pinned files anew, before an edition is released.
const WRITE: &str = "CUSTODIA_WRITE_PINNED";

fn member(sample: &sample::Sample, name: &str) -> String {
    let mut members: BTreeMap<_, _> = sample.members().into_iter().collect();
    members.remove(name).unwrap()
}

fn is_page(member: &str) -> bool {
    Path::new(member)
        .extension()
        .is_some_and(|end| end == "html")
}

fn is_table(member: &str) -> bool {
    Path::new(member)
        .extension()
        .is_some_and(|end| end == "csv")
}

fn assert_pinned(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reports/pinned")
        .join(name);
    if env::var_os(WRITE).is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let pinned = fs::read_to_string(&path).unwrap();
    let line = pinned
        .lines()
        .zip(text.lines())
        .position(|(pinned, now)| pinned != now);
    assert!(
        pinned == text,
        "{name} differs, first in line {:?}",
        line.map(|line| line + 1)
    );
}

/// What was published of the sample's policy.
fn published(name: &str) -> &'static str {
    if name.ends_with("toml") {
        sample::POLICY
    } else {
        sample::POLICY_TEXT
    }
}

#[test]
fn the_documents_of_edition_1_have_the_bytes_that_they_had() {
    for (folder, sample) in [
        ("subject", sample::small(Profile::RSubject)),
        ("recipient", sample::small(Profile::RRecipient)),
        ("incident", incident::incident()),
        ("class", sample::small(Profile::RClass)),
        ("audit", sample::of_nobody()),
    ] {
        for (name, text) in sample.members() {
            match name.rsplit_once('/') {
                None => assert_pinned(&format!("{folder}/{name}"), &text),
                Some((_, policy)) => assert_eq!(text, published(policy), "{policy}"),
            }
        }
    }
}

#[test]
fn the_schema_of_edition_1_is_the_one_that_it_was() {
    let mut text = String::new();
    for vocabulary in pool().all_enums() {
        for (number, label) in labels(vocabulary.full_name()).into_iter().flatten() {
            writeln!(text, "{} {number} {label:?}", vocabulary.full_name()).unwrap();
        }
    }
    for message in pool().all_messages() {
        for field in message.fields() {
            writeln!(text, "{} {} {field:?}", message.full_name(), field.number()).unwrap();
        }
    }
    let digest = hex::encode(Sha256::digest(text));
    assert_pinned("schema.sha256", &format!("{digest}\n"));
}

#[test]
fn two_answers_of_one_input_are_the_same_bytes() {
    let sample = sample::large(Profile::RRecipient, 60);
    assert_eq!(sample.members(), sample.members());
}

#[test]
fn the_members_of_the_manifest_do_not_matter() {
    let mut sample = sample::small(Profile::SSelf);
    let before = sample.members();
    sample.manifest.members = Some(Vec::new());
    assert_eq!(sample.members(), before);
}

#[test]
fn counts_are_of_accepted_outflows_alone() {
    let zh = member(&sample::small(Profile::RSubject), "报告.zh-CN.html");
    assert!(
        zh.contains("<strong>6次</strong>流向<strong>4个接收方</strong>（提供5次、披露1次）"),
        "{zh}"
    );
    assert!(zh.contains("另有1条重复记录"));
    assert!(zh.contains("依删除令ER-5删除（见L2#39）"));
    assert!(zh.contains("隔离：缺少必填项"));
    assert!(zh.contains("同意记录见L1#0"));
    assert!(zh.contains("未在本摘录中登记"));
}

#[test]
fn an_extract_with_pseudonyms_names_no_person() {
    for profile in [Profile::RRecipient, Profile::RClass] {
        for (name, text) in sample::small(profile).members() {
            assert!(!text.contains(sample::SUBJECT), "{name}");
            assert!(!text.contains("order_ref"), "{name}");
        }
    }
}

#[test]
fn an_audit_shows_counts_and_nobody() {
    let sample = sample::of_nobody();
    for (name, text) in sample.members() {
        assert!(!text.contains(sample::SUBJECT), "{name}");
    }
    let table = member(&sample, "counts.csv");
    assert!(
        table.contains("OrderOpened,订单或借款开始,,,,,<10"),
        "{table}"
    );
    assert!(table.contains(",40\r\n"));
    let zh = member(&sample, "报告.zh-CN.html");
    assert!(zh.contains("&lt;10") && zh.contains("快马加鞭物流"));
    assert!(!member(&sample::small(Profile::RSubject), "报告.zh-CN.html").contains("汇总计数"));
}

#[test]
fn a_class_is_counted_and_not_judged() {
    let sample = sample::small(Profile::RClass);
    let zh = member(&sample, "报告.zh-CN.html");
    assert!(zh.contains("提供（共享）（DataShared）"));
    assert!(zh.contains("所询种类的事件共<strong>5条</strong>"));
    assert!(zh.contains("因此没有判定") && !zh.contains("没有违反、逾期"));
    assert_eq!(sample.answer().findings().count(), 0);
}

#[test]
fn an_incident_is_held_against_its_time_limits_and_names_nobody() {
    let sample = incident::incident();
    for (name, text) in sample.members() {
        for hidden in [sample::SUBJECT, "gw-courier"] {
            assert!(!text.contains(hidden), "{hidden} in {name}");
        }
    }
    let zh = member(&sample, "报告.zh-CN.html");
    for part in [
        "法定时限",
        "2026-11-04 13:00",
        "名单人数",
        "1,200,000",
        "另行封存",
        "P-SAMPLE0002",
        &"06".repeat(32),
    ] {
        assert!(zh.contains(part), "{part}");
    }
    let answer = sample.answer();
    let late = |rule: u8, cause: &str| {
        let found = answer
            .findings()
            .any(|one| one.rule == rule && one.cause == cause);
        assert!(found, "R{rule} {cause}");
    };
    late(25, "reported_late");
    late(26, "content_incomplete");
    late(28, "not_regraded");
    // Here the operator refutes the first of what the leaves give; the closing report was in time.
    let en = member(&sample, "report.en.html");
    assert!(en.contains("<td>refuted by the operator</td>") && en.contains("<td>kept</td>"));
}

#[test]
fn an_empty_answer_says_so() {
    let mut sample = sample::small(Profile::RSubject);
    sample.lines.clear();
    let zh = member(&sample, "报告.zh-CN.html");
    assert!(zh.contains("没有该个人的信息被提供给任何接收方的记录"));
    assert!(!zh.contains("<figure>"));
}

#[test]
fn a_large_answer_is_cut_on_the_page_and_whole_in_the_table() {
    let sample = sample::large(Profile::RSubject, 1_200);
    let zh = member(&sample, "报告.zh-CN.html");
    assert!(zh.contains("此表共1,200行，只印出前1,000行；timeline.csv有全部各行"));
    assert!(zh.contains("<strong>1,200次</strong>"));
    let table = member(&sample, "timeline.csv");
    assert_eq!(table.lines().count(), 1 + 48 + 1_200);
}

#[test]
fn the_chinese_page_has_a_chinese_name_for_every_value() {
    for profile in [Profile::RSubject, Profile::RRecipient, Profile::SSelf] {
        let zh = member(&sample::small(profile), "报告.zh-CN.html");
        for raw in [
            "DC_",
            "PU_",
            "BA_",
            "SH_",
            "DI_",
            "AC_",
            "LB_",
            "RQ_",
            "RP_",
            "未知值",
            "{}",
        ] {
            assert!(!zh.contains(raw), "{raw}");
        }
    }
}

#[test]
fn pages_have_no_script_and_load_nothing() {
    for name in ["报告.zh-CN.html", "report.en.html"] {
        let page = member(&sample::small(Profile::RSubject), name);
        for loads in [
            "<script", "src=", "href=", "url(", "@import", "<iframe", "<link", " on",
        ] {
            let loads = page.matches(loads).filter(|_| loads != " on");
            assert_eq!(loads.count(), 0, "{name}");
        }
        assert!(page.contains("counter(pages)"));
        assert!(page.contains("default-src 'none'"));
    }
}

fn hostile(name: &str) -> sample::Sample {
    let mut sample = sample::small(Profile::RSubject);
    let log = "ledger.example.com/custodia.registry/0/0";
    let body = json!({"recipient_registered": {
        "recipient_id": "sdk-vendor-9", "name": name, "contact": name, "kind": "AC_SDK_VENDOR",
        "legal_role": "LR_INDEPENDENT",
    }});
    sample.event(log, 1_793_581_200_000, &body);
    name.clone_into(&mut sample.manifest.request.requester_name);
    sample
}

#[test]
fn names_from_events_can_neither_act_nor_hide() {
    let name = "=cmd|' /C calc'!A0<script>alert(\"1\")</script>\u{202e}txt.exe\u{0}\u{2066}";
    let sample = hostile(name);
    for (member, text) in sample.members() {
        let page = is_page(&member);
        assert!(!page || !text.contains("<script"), "{member}");
        assert!(
            !text.contains(['\u{202e}', '\u{2066}', '\u{0}']),
            "{member}"
        );
    }
    let table = member(&sample, "recipients.csv");
    assert!(
        table.contains("\"'=cmd|' /C calc'!A0<script>"[..14].trim_end()),
        "{table}"
    );
    assert!(table.contains("[U+202E]txt.exe[U+0000][U+2066]"));
    let page = member(&sample, "报告.zh-CN.html");
    assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;[U+202E]txt.exe"));
}

/// The cells of a table, read back by RFC 4180.
fn cells(table: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut chars) = (false, table.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            // A quote within quotes is written twice.
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cells.last_mut().unwrap().push(c),
            '"' => quoted = !quoted,
            ',' | '\n' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

#[test]
fn a_quote_at_the_beginning_of_a_name_stands_in_its_cell() {
    let table = member(&hostile("\"@"), "recipients.csv");
    assert!(cells(&table).iter().any(|cell| cell == "\"@"), "{table}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_a_name_is_pages_and_tables_stay_sound(name in "\\PC{0,8}[<>&\"'=+@,;\r\n\t\u{202e}\u{0}a中-]{0,24}") {
        let sample = hostile(&name);
        let members = sample.members();
        prop_assert_eq!(&members, &sample.members());
        for (member, text) in members {
            prop_assert!(!text.contains(['\u{202e}', '\u{0}']), "{}", member);
            if is_table(&member) {
                let runs = ['=', '+', '-', '@', '\t'];
                prop_assert!(cells(&text).iter().all(|cell| !cell.starts_with(runs)), "{}", member);
                prop_assert!(text.lines().count() == text.matches("\r\n").count());
            }
            if is_page(&member) {
                let tags = |tag: &str| text.matches(tag).count();
                prop_assert_eq!(tags("<td"), tags("</td>"));
                prop_assert_eq!(tags("<bdi"), tags("</bdi>"));
            }
        }
    }

    #[test]
    fn no_opened_bytes_stop_the_reports(bytes in proptest::collection::vec(any::<u8>(), 0..80), slot in 0..9_usize) {
        let mut sample = sample::small(Profile::RSubject);
        for line in &mut sample.lines {
            let mut slots = line.slots.iter_mut().flatten();
            if let Some(custodia_core::extract::SlotLine::Opened(opened)) = slots.nth(slot) {
                opened.bytes.clone_from(&bytes);
            }
        }
        prop_assert!(sample.members().len() >= MEMBERS.len());
    }
}

#[test]
fn a_kind_that_no_field_can_have_stops_no_report() {
    let mut sample = sample::small(Profile::RSubject);
    for line in &mut sample.lines {
        let mut slots = line.slots.iter_mut().flatten();
        if let Some(custodia_core::extract::SlotLine::Opened(opened)) = slots.nth(1) {
            opened.bytes = vec![32, 0, 0, 0];
        }
    }
    assert!(sample.members().len() >= MEMBERS.len());
}

#[test]
fn an_unknown_member_is_not_written() {
    let answer = sample::small(Profile::RSubject).answer();
    for name in [
        "findings.xml",
        "policy/2024-07-15.toml",
        "policy/2024-07-15-34b0c98b57f7eb15.md",
    ] {
        assert!(
            report::write(name, &answer, &mut String::new()).is_err(),
            "{name}"
        );
    }
}
