//! One byte changed anywhere makes an extract fail, and the place is named.

use std::ops::Range;

use custodia_core::extract::Profile;
use custodia_core::verify::{Extract, Outcome};

use crate::asked::{check, refused};
use crate::chance::Chance;
use crate::maker::{Files, Ledger, PROFILES, archive, policy};

/// Bytes changed outside of the container, manifest, note, checkpoints and proofs.
const SAMPLE: usize = 2_000;

/// Where each member's bytes stand in the archive.
fn ranges(files: &Files) -> Vec<Range<usize>> {
    let mut at = 0;
    let range = |(name, bytes): &(String, Vec<u8>)| {
        let start = at + 30 + name.len();
        at = start + bytes.len();
        start..at
    };
    files.iter().map(range).collect()
}

/// Whether every byte of a member is changed in turn: what isn't events or documents.
fn is_evidence(name: &str) -> bool {
    name.starts_with("manifest.") || name.starts_with("checkpoints/") || name == "proofs.bin"
}

fn flipped(bytes: &[u8], at: usize, chance: &mut Chance) -> Vec<u8> {
    let mut other = bytes.to_vec();
    other[at] ^= u8::try_from(1 + chance.below(255)).unwrap();
    other
}

fn assert_member_named(bytes: &[u8], at: usize, name: &str) {
    let (place, reason, _) = refused(bytes, Outcome::Failed);
    assert_eq!((place.as_str(), reason), (name, "crc32"), "byte {at}");
}

#[test]
fn every_byte_of_the_container_counts() {
    let files = Ledger::with_events(40).draft(Profile::RSubject).files();
    let (whole, ranges) = (archive(&files), ranges(&files));
    let mut chance = Chance::seeded("container");
    let mut count = 0;
    for at in 0..whole.len() {
        if ranges.iter().any(|range| range.contains(&at)) {
            continue;
        }
        let (place, _, said) = refused(&flipped(&whole, at, &mut chance), Outcome::Unreadable);
        assert!(place.starts_with("archive"), "byte {at}: {place}: {said}");
        count += 1;
    }
    let names: usize = files.iter().map(|(name, _)| name.len()).sum();
    assert_eq!(count, files.len() * (30 + 46) + 2 * names + 22);
}

#[test]
fn every_byte_of_manifest_note_checkpoints_and_proofs_counts() {
    let files = Ledger::with_events(40).draft(Profile::RRecipient).files();
    let (whole, ranges) = (archive(&files), ranges(&files));
    let mut chance = Chance::seeded("evidence");
    for ((name, _), range) in files
        .iter()
        .zip(ranges)
        .filter(|((name, _), _)| is_evidence(name))
    {
        for at in range {
            assert_member_named(&flipped(&whole, at, &mut chance), at, name);
        }
    }
}

#[test]
fn a_sample_of_all_other_bytes_counts() {
    for profile in PROFILES {
        let files = Ledger::with_events(40).draft(profile).files();
        let (whole, ranges) = (archive(&files), ranges(&files));
        let others: Vec<(usize, &str)> = files
            .iter()
            .zip(ranges)
            .filter(|((name, _), _)| !is_evidence(name))
            .flat_map(|((name, _), range)| range.map(move |at| (at, name.as_str())))
            .collect();
        let mut chance = Chance::seeded(profile.name());
        for _ in 0..SAMPLE {
            let (at, name) = others[chance.below(others.len())];
            assert_member_named(&flipped(&whole, at, &mut chance), at, name);
        }
    }
}

/// Without checksums, as in an unpacked folder: what is signed finds it.
#[test]
fn in_a_folder_every_byte_of_the_evidence_and_a_sample_of_the_others_counts() {
    let files = Ledger::with_events(40).draft(Profile::SSelf).files();
    let mut chance = Chance::seeded("folder");
    for (number, (name, bytes)) in files.iter().enumerate() {
        let is_evidence = is_evidence(name);
        let count = if is_evidence {
            bytes.len()
        } else {
            SAMPLE / 10
        };
        for n in 0..count {
            let at = if is_evidence {
                n
            } else {
                chance.below(bytes.len())
            };
            let other = flipped(bytes, at, &mut chance);
            let mut folder: Vec<(&str, &[u8])> = files
                .iter()
                .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
                .collect();
            folder[number].1 = &other;
            let report = check(&Extract::Folder(folder), &policy());
            let failure = report.failure.expect("it must fail");
            assert_eq!(report.outcome, Outcome::Failed);
            assert_eq!(&failure.place, name, "byte {at} of {name}: {failure}");
        }
    }
}
