//! A real broker on free ports in a folder of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A broker that goes when the test does.
pub struct Broker {
    folder: tempfile::TempDir,
    facts: BTreeMap<String, String>,
}

impl Broker {
    pub fn start() -> Self {
        Self::up(&[])
    }

    /// With TLS and SASL listeners, too.
    pub fn secure() -> Self {
        Self::up(&["--secure"])
    }

    fn up(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let parent = std::process::id().to_string();
        let mut words = vec!["up", "--dir", path(&folder), "--parent", &parent];
        words.extend(options);
        let facts = run(&words, Stdio::null());
        let facts = facts.lines().filter_map(|line| line.split_once('='));
        let facts = facts
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self { folder, facts }
    }

    /// The value of a line that `ops/kafka up` prints, e.g. `BOOTSTRAP`.
    pub fn fact(&self, name: &str) -> &str {
        self.facts
            .get(name)
            .unwrap_or_else(|| panic!("ops/kafka up printed no {name}"))
    }

    pub fn bootstrap(&self) -> &str {
        self.fact("BOOTSTRAP")
    }

    /// Runs a sub-command of `ops/kafka` on this broker and gives back what it prints.
    pub fn tool(&self, command: &str, words: &[&str]) -> String {
        self.tool_with(command, words, Stdio::null())
    }

    /// As [`Self::tool`], with `input` on its standard input.
    pub fn tool_with(&self, command: &str, words: &[&str], input: Stdio) -> String {
        let mut all = vec![command, "--dir", path(&self.folder)];
        all.extend(words);
        run(&all, input)
    }

    /// Deletes a topic and makes another of its name.
    pub fn make_topic_anew(&self, topic: &str, partitions: u32) {
        self.tool("topic", &["--delete", "--topic", topic]);
        let partitions = partitions.to_string();
        let settings = ["--partitions", &partitions, "--replication-factor", "1"];
        let config = ["--config", "message.timestamp.type=LogAppendTime"];
        let words = [&["--create", "--topic", topic], &settings[..], &config[..]];
        self.tool("topic", &words.concat());
    }

    pub fn data(&self) -> PathBuf {
        PathBuf::from(self.fact("KAFKA_DATA"))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = Command::new(script())
            .args(["down", "--dir", path(&self.folder)])
            .output();
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ops/kafka")
}

fn path(folder: &tempfile::TempDir) -> &str {
    // `up` wants a folder that is empty or missing: the one inside is missing.
    folder.path().to_str().unwrap()
}

fn run(words: &[&str], input: Stdio) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(script())
        .args(words)
        .stdin(input)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "ops/kafka {words:?}: {stderr}");
    String::from_utf8(stdout).unwrap()
}
