//! A ledger in memory, and extracts of it that keep every rule: made with core's writers alone.

mod draft;
mod ledger;
mod log;
mod record;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use custodia_core::extract::Profile;
use custodia_core::note::SignerKey;

pub use draft::{Draft, Files, archive};
pub use ledger::{Ledger, line, said};
pub use log::Grown;

pub const LEDGER: &str = "ledger.example.com";
pub const ACCESS: &str = "ledger.example.com/custodia.access/0/0";
pub const DATA: &str = "ledger.example.com/custodia.events/0/0";
pub const EMPTY: &str = "ledger.example.com/custodia.events/1/0";
pub const REGISTRY: &str = "ledger.example.com/custodia.registry/0/0";
pub const SUBJECT: &str = "k3vq7mzt2hxw5ncyadj4rbg6ps";
pub const SEED: [u8; 32] = [7; 32];
pub const PROFILES: [Profile; Profile::ALL.len()] = Profile::ALL;
const INCIDENT: &str = "incident-1";
const PEOPLE: [&str; 3] = [
    SUBJECT,
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
];
const RECIPIENTS: [&str; 3] = ["courier-1", "lender-1", "sdk-vendor-9"];
/// 2026-11-02 09:00 at UTC+8.
const BEGIN_MS: i64 = 1_793_581_200_000;

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The ledger's key, or another's, under a name.
pub fn signer(seed: &[u8; 32], name: &str) -> SignerKey {
    SignerKey::from_seed(name, seed).unwrap()
}

/// A policy that vouches for the ledger's key by one of its logs.
pub fn policy() -> String {
    format!("log {}\nquorum none\n", signer(&SEED, DATA).verifier())
}
