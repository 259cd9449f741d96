//! How much memory this process has, in bytes (`proc_pid_status(5)`).

use std::fs;

use super::Outcome;

/// What is resident now.
pub fn resident() -> Outcome<u64> {
    field("VmRSS:")
}

/// The most that was resident at once, up to now.
pub fn peak() -> Outcome<u64> {
    field("VmHWM:")
}

fn field(name: &str) -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let kib = kib.ok_or_else(|| format!("/proc/self/status has no {name}"))?;
    Ok(kib * 1024)
}
