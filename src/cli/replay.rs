//! `custodia replay`: a timeline, played, with the state beside each step.

use std::io::{self, BufRead as _, Write as _};
use std::thread;
use std::time::Duration;

use clap::Args;
use custodia_core::assess::LeafAt;
use custodia_core::replay::{Change, Player, State, Step};

use super::timeline::Asked;
use super::{Error, exit, shown};
use crate::app::Counter;
use crate::config::Config;
use crate::query::Time;
use crate::replay::{self, FindingName, ReplayStep, Replayed};

/// The longest wait between two steps, whatever the speed.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Plays a timeline with what each step changes: consents, permissions, requests, recipients' standing, clocks,
/// findings. A look at each person shown is put on record first.
#[derive(Debug, Args)]
pub struct Replay {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    pace: Pace,
    /// Print the whole state after each step.
    #[arg(long)]
    state: bool,
    /// From where a finding begins, by its rule and a leaf, e.g. R04@custodia.events/0/0#17.
    #[arg(long, value_name = "FINDING")]
    from_finding: Option<FindingName>,
    /// Print JSON: one line a step, and the state at the end.
    #[arg(long)]
    json: bool,
}

/// How it is played.
#[derive(Debug, Args)]
struct Pace {
    /// How many times faster than it happened; no two steps are more than 5 s apart.
    #[arg(long, default_value_t = 3600.0, value_parser = speed, conflicts_with = "step")]
    speed: f64,
    /// Wait for a line on standard input before each step: an empty one goes on, `b` goes back, a time (RFC 3339)
    /// goes there, `s` prints the state, `q` ends.
    #[arg(long)]
    step: bool,
    /// From the end to the beginning.
    #[arg(long)]
    backwards: bool,
}

fn speed(word: &str) -> Result<f64, String> {
    let speed: f64 = word.parse().map_err(|_| "expected a number")?;
    if speed.is_finite() && speed > 0.0 {
        Ok(speed)
    } else {
        Err("expected more than 0".into())
    }
}

/// What the one who watches wants next.
enum Wish {
    On,
    Back,
    To(Time),
    State,
    End,
}

impl Replay {
    /// Runs the command; exit status 4 where the ledger knows nothing of it.
    ///
    /// # Errors
    /// Where the question isn't answered.
    pub fn run(&self, config: &Config) -> Result<u8, Error> {
        let question = self.asked.replay(self.from_finding.clone());
        let replayed = Counter::find(config)?.ask(&self.asked.why(), &question)?;
        if !self.json {
            print_head(&replayed);
        }
        let show = Show {
            replayed: &replayed,
            json: self.json,
            state: self.state,
            whole: self.state || self.asked.has_end(),
        };
        let mut player = replayed.player();
        self.pace.play(&mut player, &show);
        show.end(&player);
        Ok(if replayed.known {
            exit::OK
        } else {
            exit::UNKNOWN
        })
    }
}

impl Pace {
    /// Plays, from where the finding that was asked for begins, or else from the end that comes first.
    fn play(&self, player: &mut Player, show: &Show<'_>) {
        let length = player.tape().steps.len();
        let after = usize::from(self.backwards);
        let begin = show.replayed.start.map(|place| place + after);
        player.go_to_place(begin.unwrap_or(if self.backwards { length } else { 0 }));
        if self.backwards && show.whole && !show.json && show.replayed.has_state {
            show.state_at(player, show.moment(player));
        }
        let mut last_ms = None;
        loop {
            let next = if self.backwards {
                player.place().checked_sub(1)
            } else {
                Some(player.place()).filter(|place| *place < length)
            };
            let next_ms = next.map(|place| player.tape().steps[place].ms);
            if next.is_none() && !self.step {
                break;
            }
            let apart = last_ms.zip(next_ms);
            let apart_ms = apart.map_or(0, |(last, now): (i64, i64)| (now - last).abs());
            match self.wait(apart_ms) {
                Wish::On => show.moved(player, !self.backwards),
                Wish::Back => show.moved(player, self.backwards),
                Wish::To(Time(ms)) => {
                    player.go_to(ms);
                    show.state_at(player, Time(ms));
                }
                Wish::State => show.state_at(player, here(player)),
                Wish::End => break,
            }
            last_ms = next_ms.or(last_ms);
            // Who watches sees each step as it comes.
            let _ = io::stdout().flush();
        }
    }

    /// Waits for the next step; what is wanted then.
    fn wait(&self, apart_ms: i64) -> Wish {
        if !self.step {
            thread::sleep(self.pause(apart_ms));
            return Wish::On;
        }
        loop {
            let mut line = String::new();
            if !io::stdin()
                .lock()
                .read_line(&mut line)
                .is_ok_and(|read| read > 0)
            {
                return Wish::End;
            }
            match line.trim() {
                "" => return Wish::On,
                "b" => return Wish::Back,
                "s" => return Wish::State,
                "q" => return Wish::End,
                word => match word.parse() {
                    Ok(time) => return Wish::To(time),
                    Err(error) => eprintln!(
                        "{error}; an empty line goes on, b goes back, a time goes there, s shows the state, q ends"
                    ),
                },
            }
        }
    }

    fn pause(&self, apart_ms: i64) -> Duration {
        let apart = Duration::from_millis(u64::try_from(apart_ms).unwrap_or(0));
        Duration::try_from_secs_f64(apart.as_secs_f64() / self.speed)
            .map_or(LONGEST_WAIT, |pause| pause.min(LONGEST_WAIT))
    }
}

/// The moment at which a player stands.
fn here(player: &Player) -> Time {
    let last = player.place().checked_sub(1);
    let steps = &player.tape().steps;
    Time(last.map_or(player.tape().begin_ms, |place| steps[place].ms))
}

fn print_head(replayed: &Replayed) {
    if !replayed.known {
        println!("The ledger knows nothing of it.");
    }
    for linked in &replayed.linked {
        println!("also known as {linked}");
    }
    for erased in &replayed.erasures {
        let leaf = shown::leaf(&erased.log, erased.index);
        println!(
            "erased under certificate {}: {} ({leaf})",
            erased.order_id, erased.event
        );
    }
    println!("cut {}", replayed.cut.digest);
    shown::print_times(replayed.began, replayed.now, [replayed.from, replayed.to]);
}

/// How steps are shown.
struct Show<'a> {
    replayed: &'a Replayed,
    json: bool,
    /// The state after each step.
    state: bool,
    /// The state where it begins, going backwards, and where it ends.
    whole: bool,
}

impl Show<'_> {
    /// Takes a step, forwards or backwards, and shows it; none at the end.
    fn moved(&self, player: &mut Player, forwards: bool) {
        let step = if forwards {
            player.forward().cloned()
        } else {
            player.back().cloned()
        };
        let Some(step) = step else {
            if !self.json {
                println!("(no further step)");
            }
            return;
        };
        let place = if forwards {
            player.place() - 1
        } else {
            player.place()
        };
        self.step(&self.replayed.steps[place], &step, forwards);
        if self.state && !self.json {
            print_state(player.state());
        } else if self.state {
            self.state_at(player, here(player));
        }
    }

    fn step(&self, step: &ReplayStep, played: &Step, forwards: bool) {
        let changes = played.changes.iter().cloned();
        let changes: Vec<Change> = if forwards {
            changes.collect()
        } else {
            changes.map(Change::reversed).collect()
        };
        if self.json {
            let mut line = serde_json::json!(step);
            line["changes"] = serde_json::json!(changes);
            line["marked"] = self.is_marked(step).into();
            println!("{line}");
            return;
        }
        let mark = if self.is_marked(step) { "* " } else { "" };
        let due = if step.time > self.replayed.now {
            "(falls due if nothing is done) "
        } else {
            ""
        };
        println!("{mark}{due}{}", headline(step));
        for change in &changes {
            println!("    {}", replay::change(change));
        }
    }

    fn is_marked(&self, step: &ReplayStep) -> bool {
        let is_marked = |leaf: &LeafAt| self.replayed.marked.contains(leaf);
        step.leaf.as_ref().is_some_and(is_marked)
    }

    fn state_at(&self, player: &Player, moment: Time) {
        if self.json {
            let state = player.state();
            println!(
                "{}",
                serde_json::json!({ "moment": moment, "state": state })
            );
        } else {
            println!("state at {moment}");
            print_state(player.state());
        }
    }

    /// The moment at which a player stands; the last of the period where all steps are behind.
    fn moment(&self, player: &Player) -> Time {
        if player.place() == player.tape().steps.len() {
            self.replayed.to
        } else {
            here(player)
        }
    }

    /// What is said at the end: the state there, where it is asked for; else how much holds.
    fn end(&self, player: &Player) {
        let moment = self.moment(player);
        if self.json {
            let line = serde_json::json!({
                "moment": moment,
                "state": player.state(),
                "cut": self.replayed.cut,
                "known": self.replayed.known,
                "now": self.replayed.now,
                "began": self.replayed.began,
                "linked": self.replayed.linked,
                "erasures": self.replayed.erasures,
            });
            println!("{line}");
        } else if self.replayed.has_state && self.whole {
            self.state_at(player, moment);
        } else if self.replayed.has_state {
            let count = player.state().len();
            println!("at {moment} there are {count} things in the state; --state shows them");
        }
    }
}

fn headline(step: &ReplayStep) -> String {
    let cells: Vec<String> = match (&step.event, &step.registry, &step.leaf) {
        (Some(event), _, _) => shown::happened(event).to_vec(),
        (None, Some(kind), Some(leaf)) => {
            let leaf = shown::leaf(&leaf.log, leaf.index);
            vec![step.time.to_string(), kind.clone(), leaf]
        }
        _ => vec![step.time.to_string(), "(by itself)".to_owned()],
    };
    let cells = cells.iter().map(|cell| cell.replace('\n', " "));
    cells.collect::<Vec<_>>().join("  ")
}

fn print_state(state: &State) {
    for (item, standing) in state {
        println!("    {}: {}", replay::item(item), replay::standing(standing));
    }
    if state.is_empty() {
        println!("    (nothing)");
    }
}
