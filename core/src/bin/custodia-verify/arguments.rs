//! The command line.

use std::env;
use std::path::PathBuf;

use custodia_core::verify::Language;
use lexopt::{Arg, Parser, ValueExt as _};

pub const USAGE: &str = "\
用法 usage: custodia-verify EXTRACT [--policy FILE] [--known FILE]... [--receipt FILE]
                           [--lang zh|en] [--json]

核对账本摘录，不需要联网，也不需要相信账本运营者。
Checks an extract of a ledger: offline, and without trust in the operator.

  EXTRACT         摘录（.zip）或解开的文件夹  an extract (.zip), or the unpacked folder
  --policy FILE   从别处取得的策略文件  the ledger's tlog-policy, from elsewhere than the extract
  --known FILE    自己持有的检查点，可重复  a signed checkpoint that you hold; may be repeated
  --receipt FILE  回执，默认为 EXTRACT.tlog-proof  the receipt, by default EXTRACT.tlog-proof if it's there
  --lang zh|en    语言，默认取自 LC_ALL、LC_MESSAGES、LANG；未设定时为中文
                  by default from LC_ALL, LC_MESSAGES or LANG; Chinese where they say nothing
  --json          输出 JSON  print JSON
  --version, --help

退出码 exit codes:
  0  已证        proven
  6  密钥未确认  key unconfirmed: no policy file, or it doesn't have this ledger's key
  7  报告未核    reports unchecked: their edition isn't known to this program
  8  验证失败    failed: the place is named
  9  无法读取    unreadable: no extract, or damaged
  1  文件打不开，或策略文件有误  a file can't be read, or the policy is none
  2  用法错误    wrong usage
";

/// What is asked.
pub enum Asked {
    Verify(Options),
    Help,
    Version,
}

/// What to check, and how to say what came out.
pub struct Options {
    pub extract: PathBuf,
    pub policy: Option<PathBuf>,
    pub known: Vec<PathBuf>,
    pub receipt: Option<PathBuf>,
    pub language: Language,
    pub json: bool,
}

/// Reads the command line and the environment's language.
pub fn read() -> Result<Asked, lexopt::Error> {
    let mut parser = Parser::from_env();
    let (mut extract, mut policy, mut receipt) = (None, None, None);
    let (mut known, mut language, mut json) = (Vec::new(), None, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("policy") => once(&mut policy, "--policy", parser.value()?.into())?,
            Arg::Long("receipt") => once(&mut receipt, "--receipt", parser.value()?.into())?,
            Arg::Long("known") => known.push(parser.value()?.into()),
            Arg::Long("lang") => language = Some(parser.value()?.parse_with(named)?),
            Arg::Long("json") => json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Asked::Help),
            Arg::Long("version") | Arg::Short('V') => return Ok(Asked::Version),
            Arg::Value(path) => once(&mut extract, "EXTRACT", path.into())?,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Asked::Verify(Options {
        extract: extract.ok_or("EXTRACT is missing")?,
        policy,
        known,
        receipt,
        language: language.unwrap_or_else(of_environment),
        json,
    }))
}

fn once(place: &mut Option<PathBuf>, name: &str, path: PathBuf) -> Result<(), lexopt::Error> {
    match place.replace(path) {
        None => Ok(()),
        Some(_) => Err(format!("{name} stands twice").into()),
    }
}

fn named(name: &str) -> Result<Language, String> {
    match name {
        "zh" => Ok(Language::Zh),
        "en" => Ok(Language::En),
        _ => Err("it must be zh or en".to_owned()),
    }
}

/// The language of POSIX's variables, in their order. `C` and `POSIX` name none.
fn of_environment() -> Language {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|locale| !locale.is_empty());
    match set
        .as_deref()
        .map(|locale| locale.split(['_', '.', '-', '@']).next())
    {
        None | Some(None | Some("zh" | "C" | "POSIX")) => Language::Zh,
        Some(Some(_)) => Language::En,
    }
}
