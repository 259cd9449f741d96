//! Which members stand, in which order, with which bytes (`proto/FORMAT.md` 13.2).

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest as _, Sha256};

use super::documents;
use super::fault::{Failure, Fault};
use super::manifest::{Checked, Rule};
use crate::extract::Member;
use crate::extract::archive::Members;
use crate::extract::layout::{MANIFEST, NOTE, evidence_names};

/// The bytes of a member that must stand.
pub(super) fn need<'a>(members: &Members<'a>, name: &str) -> Result<&'a [u8], Failure> {
    members
        .get(name)
        .ok_or_else(|| Failure::at(name, Fault::Missing))
}

/// Refuses a member whose CRC-32 is not that of its bytes.
pub(super) fn check_checksums(members: &Members<'_>) -> Result<(), Failure> {
    match members.wrong_checksums() {
        [wrong, ..] => Err(Failure::at(&wrong.member, Fault::Checksum)),
        [] => Ok(()),
    }
}

/// Checks that the members are those of the cut, the edition and the manifest, byte for byte.
pub(super) fn check(members: &Members<'_>, checked: &Checked) -> Result<(), Failure> {
    check_list(checked).map_err(|rule| Failure::at(MANIFEST, rule))?;
    let standing = standing(checked);
    check_names(members, &standing)?;
    if members.is_archive() {
        check_order(members, &standing)?;
    }
    let bytes: HashMap<&str, &[u8]> = members.iter().collect();
    for member in checked.members() {
        let bytes = bytes.get(member.name.as_str()).copied().unwrap_or_default();
        check_bytes(member, bytes).map_err(|fault| Failure::at(&member.name, fault))?;
    }
    Ok(())
}

/// The names that the manifest lists: those of the cut, then those of the edition, each once.
fn check_list(checked: &Checked) -> Result<(), Rule> {
    let sizes = checked.logs().iter().map(|log| log.size.0);
    let mut expected = evidence_names(checked.origins.iter().zip(sizes));
    let listed: Vec<&str> = checked
        .members()
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    if let Some(documents) = documents::listed(&checked.manifest) {
        expected.extend(documents);
    } else {
        // Whatever stands there are the documents of an edition that isn't known.
        let documents = listed.iter().skip(expected.len());
        expected.extend(documents.map(ToString::to_string));
    }
    let differs = (0..expected.len().max(listed.len()))
        .find(|n| expected.get(*n).map(String::as_str) != listed.get(*n).copied());
    if let Some(n) = differs {
        let name = listed.get(n).map(ToString::to_string);
        return Err(Rule::Layout(name.unwrap_or_else(|| expected[n].clone())));
    }
    let mut names = BTreeSet::from([MANIFEST, NOTE]);
    match listed.iter().find(|name| !names.insert(**name)) {
        Some(name) => Err(Rule::Layout((*name).to_owned())),
        None => Ok(()),
    }
}

/// The names of all members, in order.
fn standing(checked: &Checked) -> Vec<&str> {
    let listed = checked.members().iter().map(|member| member.name.as_str());
    [MANIFEST, NOTE].into_iter().chain(listed).collect()
}

fn check_names(members: &Members<'_>, standing: &[&str]) -> Result<(), Failure> {
    let (found, listed) = (members.names(), standing.iter().copied().collect());
    if let Some(name) = found.difference(&listed).next() {
        return Err(Failure::at(*name, Fault::Unlisted));
    }
    match listed.difference(&found).next() {
        Some(name) => Err(Failure::at(*name, Fault::Missing)),
        None => Ok(()),
    }
}

fn check_order(members: &Members<'_>, standing: &[&str]) -> Result<(), Failure> {
    let mut pairs = members.iter().zip(standing);
    match pairs.find(|((name, _), expected)| name != *expected) {
        Some(((name, _), expected)) => Err(Failure::at(name, Fault::Order((*expected).to_owned()))),
        None => Ok(()),
    }
}

fn check_bytes(member: &Member, bytes: &[u8]) -> Result<(), Fault> {
    let (found, listed) = (bytes.len() as u64, member.length.0);
    if found != listed {
        return Err(Fault::Length { found, listed });
    }
    if Sha256::digest(bytes)[..] == member.sha256 {
        Ok(())
    } else {
        Err(Fault::Sha256)
    }
}
