//! What a stranger's check of an extract finds, and where it says that it is wrong.

#![allow(clippy::unwrap_used)]

mod asked;
mod chance;
mod container;
mod events;
mod evidence;
mod findings;
mod flips;
mod golden;
mod good;
mod hostile;
mod maker;
mod manifest;
mod program;
mod sizes;
mod trust;
