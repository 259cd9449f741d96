//! End-to-end tests on a real Kafka, through the program's public surface.
//! A helper that fails is a test that fails.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod broker;
mod chance;
mod events;
mod ledger;
mod page;
mod produce;
mod wal;

mod accounts;
mod answers;
mod approvals;
mod authority;
mod backup;
mod bad_input;
mod command_line;
mod drill;
mod encrypted;
mod erasing;
mod evidence;
mod extract;
mod faults;
mod faults_found;
mod findings;
mod full_disk;
mod generations;
mod glass;
mod kills;
mod policy;
mod power_cut;
mod publish;
mod questions;
mod record_to_leaf;
mod recovery;
mod replay;
mod rotation;
mod secured;
mod third_party;
