//! A ledger in a folder of its own, driven through the program.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take before the test gives up.
pub const PATIENCE: Duration = Duration::from_secs(180);
const POLL: Duration = Duration::from_millis(20);
pub const NAME: &str = "ledger.example";

/// A ledger's folders and how it reaches Kafka.
pub struct Ledger {
    folder: tempfile::TempDir,
    settings: Vec<String>,
    /// The program and the words that the ledger's program is run under; most often none.
    under: Vec<String>,
}

impl Ledger {
    pub fn at(bootstrap: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name).display().to_string();
        let settings = [
            ("ledger.name", NAME.to_owned()),
            ("ledger.folder", inside("ledger")),
            ("keys.kek_file", inside("kek")),
            ("signer.folder", inside("signer")),
            ("kafka.bootstrap", bootstrap.to_owned()),
            ("kafka.replication", "1".to_owned()),
            ("serve.listen", "127.0.0.1:0".to_owned()),
            ("checkpoints.interval_ms", "100".to_owned()),
            ("store.memory_bytes", (256 << 20).to_string()),
            ("ingest.facts_interval_ms", "1000".to_owned()),
        ];
        let settings = settings
            .map(|(key, value)| format!("{key}={value}"))
            .to_vec();
        Self {
            folder,
            settings,
            under: Vec::new(),
        }
    }

    /// Adds a value of the configuration; a later one of the same key wins.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push(format!("{key}={value}"));
        self
    }

    /// From now on the program runs under another: the words that stand before it.
    pub fn run_under<S: Into<String>>(&mut self, words: impl IntoIterator<Item = S>) {
        self.under = words.into_iter().map(Into::into).collect();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The configuration's values, as the library takes them.
    pub fn overrides(&self) -> Vec<(String, String)> {
        let pairs = self
            .settings
            .iter()
            .filter_map(|setting| setting.split_once('='));
        pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }

    fn command(&self, words: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_custodia");
        let mut command = match self.under.split_first() {
            None => Command::new(program),
            Some((first, words)) => {
                let mut command = Command::new(first);
                command.args(words).arg(program);
                command
            }
        };
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        command.args(words).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// As [`Self::run`], with `input` on its standard input.
    pub fn run_on(&self, words: &[&str], input: &str) -> Output {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(input.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        self.command(words).stdin(file).output().unwrap()
    }

    /// Starts a command that is written to, or waited for later.
    pub fn spawn(&self, words: &[&str]) -> Child {
        let mut command = self.command(words);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        piped.stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs a command that must work, and gives back what it prints.
    pub fn ok(&self, words: &[&str]) -> String {
        self.ok_on(words, "")
    }

    /// As [`Self::ok`], with `input` on its standard input.
    pub fn ok_on(&self, words: &[&str], input: &str) -> String {
        let Output {
            status,
            stdout,
            stderr,
        } = self.run_on(words, input);
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(status.success(), "{words:?}: {stderr}");
        String::from_utf8(stdout).unwrap()
    }

    /// As [`Self::ok`], with `input` on the command's standard input.
    pub fn ok_with_input(&self, words: &[&str], input: &str) -> String {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(input.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let output = self.command(words).stdin(file).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail with `code`, and gives back its one line: the last on stderr,
    /// and but for `serve`, which logs, the only one.
    pub fn fails(&self, words: &[&str], code: &str) -> String {
        self.fails_with_any(words, &[code])
    }

    /// The same where chance decides which of several faults is met first.
    pub fn fails_with_any(&self, words: &[&str], codes: &[&str]) -> String {
        let Output {
            status,
            stdout,
            stderr,
        } = self.run(words);
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{words:?}: {stderr}");
        assert!(stdout.is_empty(), "{words:?}: an answer beside the error");
        let lines: Vec<&str> = stderr.lines().collect();
        assert!(
            words.first() == Some(&"serve") || lines.len() == 1,
            "{words:?}: {stderr}"
        );
        let line = lines.last().copied().unwrap_or_default();
        let begins = |code: &&str| line.starts_with(&format!("custodia: {code}: "));
        assert!(codes.iter().any(begins), "{words:?}: {stderr}");
        line.to_owned()
    }

    pub fn init(self) -> Self {
        self.ok(&["init"]);
        self
    }

    /// Starts `serve` and waits until its door is open.
    pub fn serve(&self) -> Serving {
        self.try_serve()
            .unwrap_or_else(|output| panic!("serve ended: {output}"))
    }

    /// As [`Self::serve`]; what it wrote where it ended instead.
    pub fn try_serve(&self) -> Result<Serving, String> {
        let mut serving = self.starting();
        let opened = serving.until("the door to open", |serving| {
            let text = serving.log_text();
            if serving.child.try_wait().unwrap().is_some() {
                return Some(Err(text));
            }
            text.contains("\"running\"").then(|| Ok(address_in(&text)))
        });
        serving.address = opened?;
        Ok(serving)
    }

    /// Starts `serve` and waits for nothing; it has no address yet.
    pub fn starting(&self) -> Serving {
        let log = self.folder.path().join("serve.log");
        let stderr = File::create(&log).unwrap();
        let mut command = self.command(&["--log-format", "json", "serve"]);
        let child = command
            .stderr(stderr)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Serving {
            child,
            log,
            address: String::new(),
        }
    }

    /// The oracle's report over folder and topics; nothing may be wrong.
    pub fn fsck(&self) -> Value {
        let report: Value =
            serde_json::from_str(&self.ok(&["fsck", "--against-topic", "--json"])).unwrap();
        assert_eq!(report["findings"], Value::Array(vec![]), "{report}");
        report
    }
}

/// Origin, size and root of each log of a report.
pub fn roots(report: &Value) -> Vec<(String, u64, String)> {
    let logs = report["logs"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    logs.iter()
        .map(|l| {
            (
                text(&l["origin"]),
                l["size"].as_u64().unwrap(),
                text(&l["root"]),
            )
        })
        .collect()
}

/// The roots of logs whose records are the same for every ledger: all but registry and access.
pub fn event_roots(report: &Value) -> Vec<(String, u64, String)> {
    roots(report)
        .into_iter()
        .filter(|(origin, ..)| origin.contains("/custodia.events/"))
        .collect()
}

fn address_in(log: &str) -> String {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut addresses = lines.filter_map(|l| l["fields"]["address"].as_str().map(str::to_owned));
    addresses.next().expect("serve logs its address")
}

/// A running `serve`.
pub struct Serving {
    child: Child,
    log: PathBuf,
    address: String,
}

impl Serving {
    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Asks the probe door.
    pub fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: ledger\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// The sum of a metric over the partitions of a topic.
    pub fn metric(&self, name: &str, topic: &str) -> Option<u64> {
        let text = self.get("/metrics")?;
        let topic = format!("topic=\"{topic}\"");
        let lines = text
            .lines()
            .filter(|l| l.starts_with(&format!("{name}{{")) && l.contains(&topic));
        Some(
            lines
                .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
                .sum(),
        )
    }

    /// Waits until the logs of the events topic have `leaves` leaves together.
    pub fn wait_for_leaves(&mut self, leaves: u64) {
        self.until(&format!("{leaves} leaves"), |serving| {
            (serving.metric("custodia_tree_size", "custodia.events")? >= leaves).then_some(())
        });
    }

    /// Asks again and again until `asked` answers.
    pub fn until<T>(&mut self, what: &str, asked: impl Fn(&mut Self) -> Option<T>) -> T {
        self.until_within(PATIENCE, what, asked)
    }

    /// As [`Self::until`], where it may take longer than most.
    pub fn until_within<T>(
        &mut self,
        patience: Duration,
        what: &str,
        asked: impl Fn(&mut Self) -> Option<T>,
    ) -> T {
        let started = Instant::now();
        loop {
            if let Some(answer) = asked(self) {
                return answer;
            }
            assert!(
                started.elapsed() < patience,
                "waited for {what}:\n{}",
                self.log_text()
            );
            std::thread::park_timeout(POLL);
        }
    }

    /// Waits until it ends by itself, and gives back what it logged.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let status = self.until("serve to end", |serving| serving.child.try_wait().unwrap());
        (status, self.log_text())
    }

    /// SIGTERM: it must end well.
    pub fn stop(self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let (status, log) = self.ended();
        assert!(status.success(), "{log}");
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
