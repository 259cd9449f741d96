//! `custodia demo`: a made-up town through a real ledger, in under a minute.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Error, exit, who};
use crate::app::{self, Proven, Shown, Step};
use crate::clock::{Clock, SystemClock};

/// Runs a made-up town through a ledger on an in-process mock cluster, asks who received one
/// customer's data, and verifies a row's proof. It is ephemeral: the cluster ends with it.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where all chances come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many customers the town has.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    customers: u64,
    /// Where the demo's ledger is made; default: a new folder under the system's temporary one.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Demo {
    /// Runs the command.
    ///
    /// # Errors
    /// Whatever a ledger can end with.
    pub fn run(&self) -> Result<u8, Error> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let bar = bar();
        let shown = app::demo(
            &self.folder(clock.as_ref()),
            self.seed,
            self.customers,
            &clock,
            &mut |step| {
                show(&bar, step);
            },
        )?;
        bar.finish_and_clear();
        if self.json {
            println!("{}", serde_json::json!(shown));
        } else {
            print(&shown, clock.monotonic());
        }
        Ok(exit::OK)
    }

    fn folder(&self, clock: &dyn Clock) -> PathBuf {
        let fresh = || {
            let name = format!("custodia-demo-{}-{}", std::process::id(), clock.now_ms());
            std::env::temp_dir().join(name)
        };
        self.folder.clone().unwrap_or_else(fresh)
    }
}

/// On stderr, and only where that is a terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn show(bar: &ProgressBar, step: Step) {
    match step {
        Step::Init => bar.set_message("making topics, keys and logs"),
        Step::Sending(sent, of) => {
            bar.set_length(of);
            bar.set_position(sent);
            bar.set_message("sending events");
        }
        Step::Rows => bar.set_message("making rows"),
        Step::Asking => bar.set_message("asking, and verifying"),
        Step::Extracting => bar.set_message("cutting an extract"),
    }
}

fn print(shown: &Shown, took: Duration) {
    let Shown {
        folder,
        customers,
        sent,
        leaves,
        answer,
        proven,
        extract,
        extract_file,
        extract_outcome,
        policy_file,
    } = shown;
    println!(
        "A town of {customers} made-up customers sent {sent} events; the logs have {leaves} leaves.\n\
         Who received one customer's data, and when?\n"
    );
    who::print(answer);
    prove(proven);
    let (events, bytes, file) = (extract.events, extract.bytes, extract_file.display());
    println!(
        "\nA signed extract about the same customer, {events} events in {bytes} bytes: {file},\n\
         with the receipt of its own record beside it. Checked from these bytes and the policy alone:\n\
         {extract_outcome}."
    );
    let (folder, policy) = (folder.display(), policy_file.display());
    println!(
        "\nAll of it in {:.1} s, on a mock cluster that has ended with this command: ephemeral.\n\
         The ledger's files stay in {folder}; delete them when you like. To go on:\n\n\
         custodia verify {file} --policy {policy}\n\
         custodia --set ledger.folder={folder}/ledger --set keys.kek_file={folder}/kek \\\n\
         \x20        --set signer.folder={folder}/signer fsck     # compute everything again\n\
         ./ops/kafka up --dir /tmp/kafka                        # a real broker\n\
         custodia init --help                                   # a ledger of your own",
        took.as_secs_f64()
    );
}

fn prove(proven: &Proven) {
    let Proven {
        log,
        index,
        size,
        hashes,
        policy,
        ..
    } = proven;
    println!(
        "\nLeaf {index} of {log} is in the signed tree of {size} leaves: proven by {hashes} hashes,\n\
         checked from the receipt's bytes and this policy alone:\n{policy}"
    );
}
