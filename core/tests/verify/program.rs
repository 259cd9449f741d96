//! `custodia-verify`: what it reads, prints, and ends with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use custodia_core::extract::Profile;
use serde_json::Value;
use tempfile::TempDir;

use crate::maker::{DATA, Ledger, SEED, policy};

/// An extract with its receipt and policy in a folder of its own, and unpacked.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: TempDir::new().unwrap(),
        };
        let ledger = Ledger::with_events(40);
        let draft = ledger.draft(Profile::SSelf);
        let files = draft.files();
        for (name, bytes) in &files {
            desk.write(&format!("unpacked/{name}"), bytes);
        }
        desk.write("extract.zip", &draft.archive());
        desk.write(
            "extract.zip.tlog-proof",
            ledger.receipt(&files[0].1, |_| ()).as_bytes(),
        );
        desk.write("policy", policy().as_bytes());
        desk.write("known", ledger.log(DATA).checkpoint(38, &SEED).as_bytes());
        desk.write("older", ledger.log(DATA).checkpoint(37, &SEED).as_bytes());
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Runs the program in the folder, without a locale.
    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_custodia-verify"));
        command.args(arguments).current_dir(self.folder.path());
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        command
    }

    fn json(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let done = self.run(&[&["--json"], arguments].concat());
        let json = serde_json::from_slice(&done.stdout).unwrap();
        (done.status.code(), json)
    }

    /// The code, and the one line on stderr, where nothing is printed.
    fn complains(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let done = self.run(arguments);
        assert!(done.stdout.is_empty());
        let words = String::from_utf8(done.stderr).unwrap();
        assert_eq!(words.lines().count(), 1, "{words}");
        (done.status.code(), words)
    }
}

#[test]
fn an_archive_and_a_folder_are_proven() {
    let desk = Desk::new();
    let beside = ["--policy", "policy", "--known", "known"];
    for (extract, has_receipt) in [
        ("extract.zip", true),
        ("unpacked", false),
        ("unpacked/", false),
    ] {
        let (code, json) = desk.json(&[&[extract][..], &beside].concat());
        assert_eq!(
            (code, &json["outcome"]),
            (Some(0), &Value::from("proven")),
            "{json}"
        );
        let proven = json["proven"].as_array().unwrap();
        assert_eq!(proven.contains(&Value::from("receipt")), has_receipt);
        assert!(proven.contains(&Value::from("known")));
    }
    let (code, json) = desk.json(&[
        "unpacked",
        "--policy=policy",
        "--receipt",
        "extract.zip.tlog-proof",
    ]);
    assert_eq!(code, Some(0));
    assert!(
        json["proven"]
            .as_array()
            .unwrap()
            .contains(&Value::from("receipt"))
    );
}

#[test]
fn each_outcome_has_its_exit_code() {
    let desk = Desk::new();
    assert_eq!(desk.json(&["extract.zip"]).0, Some(6));
    let (code, json) = desk.json(&["extract.zip", "--known", "older"]);
    assert_eq!(
        (code, &json["failures"][0]["reason"]),
        (Some(8), &Value::from("known_size"))
    );
    assert_eq!(json["failures"][0]["place"], "known checkpoint 1");
    let whole = fs::read(desk.path("extract.zip")).unwrap();
    desk.write("short.zip", &whole[..whole.len() - 1]);
    let (code, json) = desk.json(&["short.zip"]);
    assert_eq!(
        (code, &json["outcome"]),
        (Some(9), &Value::from("unreadable"))
    );
    let mut draft = Ledger::with_events(40).draft(Profile::SSelf);
    draft.manifest.edition = 9;
    desk.write("later.zip", &draft.archive());
    let (code, json) = desk.json(&["later.zip", "--policy", "policy"]);
    assert_eq!(
        (code, &json["outcome"]),
        (Some(7), &Value::from("reports_unchecked"))
    );
}

#[test]
fn the_receipt_beside_the_archive_is_checked() {
    let desk = Desk::new();
    desk.write("extract.zip.tlog-proof", b"none");
    let (code, json) = desk.json(&["extract.zip", "--policy", "policy"]);
    assert_eq!(
        (code, &json["failures"][0]["place"]),
        (Some(8), &Value::from("receipt"))
    );
}

#[test]
fn people_are_told_in_their_language() {
    let desk = Desk::new();
    let said = |arguments: &[&str], locale: &[(&str, &str)]| {
        let arguments = [&["extract.zip", "--policy", "policy"], arguments].concat();
        let done = desk
            .command(&arguments)
            .envs(locale.iter().copied())
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(0));
        String::from_utf8(done.stdout).unwrap()
    };
    for (arguments, locale) in [
        (&[][..], &[][..]),
        (&[], &[("LANG", "zh_CN.UTF-8")]),
        (&[], &[("LANG", "C.UTF-8")]),
        (&[], &[("LC_ALL", "zh-Hans"), ("LANG", "en_US.UTF-8")]),
        (&["--lang", "zh"], &[("LANG", "en_US.UTF-8")]),
    ] {
        assert!(
            said(arguments, locale).starts_with("已证\n"),
            "{arguments:?} {locale:?}"
        );
    }
    for (arguments, locale) in [
        (&["--lang=en"][..], &[][..]),
        (&[], &[("LANG", "en_US.UTF-8")]),
        (
            &[],
            &[("LC_ALL", ""), ("LC_MESSAGES", "de_DE"), ("LANG", "zh_CN")],
        ),
    ] {
        assert!(
            said(arguments, locale).starts_with("PROVEN\n"),
            "{arguments:?} {locale:?}"
        );
    }
}

#[test]
fn wrong_usage_and_missing_files_have_their_own_codes() {
    let desk = Desk::new();
    for arguments in [
        &[][..],
        &["extract.zip", "unpacked"],
        &["extract.zip", "--lang", "fr"],
        &["extract.zip", "--policy"],
        &["extract.zip", "--policy", "policy", "--policy", "policy"],
        &["extract.zip", "--polcy", "policy"],
    ] {
        let (code, words) = desk.complains(arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(words.contains("--help"), "{words}");
    }
    for (arguments, names) in [
        (&["nothing.zip"][..], "nothing.zip"),
        (&["extract.zip", "--policy", "nothing"], "nothing"),
        (&["extract.zip", "--known", "nothing"], "nothing"),
        (&["extract.zip", "--receipt", "nothing"], "nothing"),
        (
            &["extract.zip", "--policy", "known"],
            "known is no policy: line 1",
        ),
    ] {
        let (code, words) = desk.complains(arguments);
        assert_eq!(code, Some(1), "{arguments:?}");
        assert!(words.contains(names), "{words}");
    }
    let help = desk.run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let help = String::from_utf8(help.stdout).unwrap();
    for code in [
        "0  已证",
        "6  密钥未确认",
        "7  报告未核",
        "8  验证失败",
        "9  无法读取",
    ] {
        assert!(help.contains(code), "{help}");
    }
    assert!(
        desk.run(&["--version"])
            .stdout
            .starts_with(b"custodia-verify 0.")
    );
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).unwrap();
}

#[cfg(unix)]
#[test]
fn a_folder_with_a_link_or_a_strange_name_is_unreadable() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let desk = Desk::new();
    let reason = |expected: &str| {
        let (code, json) = desk.json(&["unpacked"]);
        assert_eq!(
            (code, &json["failures"][0]["place"]),
            (Some(9), &Value::from("folder"))
        );
        assert_eq!(json["failures"][0]["reason"], expected);
    };
    // To the very bytes that belong there: who follows links can be led out of the folder.
    let timeline = desk.path("unpacked/timeline.csv");
    fs::rename(&timeline, desk.path("timeline.csv")).unwrap();
    link(&desk.path("timeline.csv"), &timeline);
    reason("not_a_file");
    fs::remove_file(&timeline).unwrap();
    fs::rename(desk.path("timeline.csv"), &timeline).unwrap();
    fs::rename(desk.path("unpacked/checkpoints"), desk.path("checkpoints")).unwrap();
    link(
        &desk.path("checkpoints"),
        &desk.path("unpacked/checkpoints"),
    );
    reason("not_a_file");
    fs::remove_file(desk.path("unpacked/checkpoints")).unwrap();
    let strange = desk.path("unpacked").join(OsStr::from_bytes(b"a\xff"));
    fs::write(&strange, b"").unwrap();
    reason("not_utf8");
    fs::remove_file(strange).unwrap();
    desk.write("unpacked/a:b", b"");
    let (code, json) = desk.json(&["unpacked"]);
    assert_eq!(
        (code, &json["outcome"]),
        (Some(9), &Value::from("unreadable"))
    );
    // The name that is given may be a link itself.
    link(&desk.path("extract.zip"), &desk.path("latest.zip"));
    assert_eq!(desk.json(&["latest.zip", "--policy", "policy"]).0, Some(0));
}

#[test]
fn a_folder_with_too_many_files_is_unreadable() {
    let desk = Desk::new();
    for number in 0..=4096 {
        desk.write(&format!("many/{number}"), b"");
    }
    let (code, json) = desk.json(&["many"]);
    assert_eq!(
        (code, &json["failures"][0]["place"]),
        (Some(9), &Value::from("folder"))
    );
}
