//! Reading a tlog-policy file, line by line.

use super::{Error, Group, Mistake, Policy, Quorum, Trusted};
use crate::checkpoint::decimal;
use crate::note::{self, Algorithm, VerifierKey, Vkey};
use std::collections::{HashMap, HashSet};

/// Largest policy file that is read, in bytes.
const MAX_POLICY_BYTES: usize = 1 << 20;

/// What a name stands for that a line before has defined.
#[derive(Debug, Clone, Copy)]
pub(super) enum Member {
    Witness(usize),
    Group(usize),
}

/// Reads the whole file.
pub(super) fn policy(file: &[u8]) -> Result<Policy, Error> {
    if file.len() > MAX_POLICY_BYTES {
        return Err(Error::TooLong(file.len()));
    }
    let lines = file.strip_suffix(b"\n").ok_or(Error::Unterminated)?;
    let mut reader = Reader::default();
    for (index, line) in lines.split(|byte| *byte == b'\n').enumerate() {
        reader.line(line).map_err(|mistake| Error::Line {
            line: index + 1,
            mistake,
        })?;
    }
    let quorum = reader.quorum.ok_or(Error::NoQuorum)?;
    Ok(Policy {
        logs: reader.logs,
        witnesses: reader.witnesses,
        groups: reader.groups,
        quorum,
    })
}

/// What the lines so far have defined. Names are opaque bytes.
#[derive(Default)]
struct Reader {
    logs: Vec<Trusted>,
    witnesses: Vec<Trusted>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
    names: HashMap<Vec<u8>, Member>,
    grouped: HashSet<Vec<u8>>,
}

impl Reader {
    fn line(&mut self, line: &[u8]) -> Result<(), Mistake> {
        let forbidden = |b: &u8| (*b < 0x20 && *b != b'\t') || *b == 0x7f;
        if let Some(byte) = line.iter().copied().find(forbidden) {
            return Err(Mistake::Character(byte));
        }
        let words: Vec<&[u8]> = line
            .split(|b| matches!(b, b' ' | b'\t'))
            .filter(|word| !word.is_empty())
            .collect();
        match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", vkey] | [b"log", vkey, _] => self.log(vkey),
            [b"witness", name, vkey] | [b"witness", name, vkey, _] => self.witness(name, vkey),
            [b"group", name, threshold, members @ ..] => self.group(name, threshold, members),
            [b"quorum", name] => self.quorum(name),
            _ => Err(Mistake::Form),
        }
    }

    fn log(&mut self, vkey: &[u8]) -> Result<(), Mistake> {
        let log = trusted(vkey, Algorithm::Ed25519)?;
        if self.logs.iter().any(|other| other.public == log.public) {
            return Err(Mistake::Duplicate);
        }
        self.logs.push(log);
        Ok(())
    }

    fn witness(&mut self, name: &[u8], vkey: &[u8]) -> Result<(), Mistake> {
        let witness = trusted(vkey, Algorithm::Cosignature)?;
        if self
            .witnesses
            .iter()
            .any(|other| other.public == witness.public)
        {
            return Err(Mistake::Duplicate);
        }
        self.define(name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(Trusted {
            name: lossy(name),
            ..witness
        });
        Ok(())
    }

    fn group(&mut self, name: &[u8], wanted: &[u8], members: &[&[u8]]) -> Result<(), Mistake> {
        let threshold = threshold(wanted, members.len()).ok_or(Mistake::Threshold)?;
        let members = members
            .iter()
            .map(|member| self.take(member))
            .collect::<Result<_, _>>()?;
        self.define(name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { threshold, members });
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), Mistake> {
        if self.quorum.is_some() {
            return Err(Mistake::SecondQuorum);
        }
        self.quorum = Some(match name {
            b"none" => Quorum::None,
            _ => Quorum::Of(self.named(name)?),
        });
        Ok(())
    }

    fn define(&mut self, name: &[u8], member: Member) -> Result<(), Mistake> {
        if name == b"none" || self.names.insert(name.to_vec(), member).is_some() {
            return Err(Mistake::NameTaken(lossy(name)));
        }
        Ok(())
    }

    fn named(&self, name: &[u8]) -> Result<Member, Mistake> {
        self.names
            .get(name)
            .copied()
            .ok_or_else(|| Mistake::UnknownName(lossy(name)))
    }

    /// A name as a group's member: each may be one only once, so that a witness counts one way.
    fn take(&mut self, name: &[u8]) -> Result<Member, Mistake> {
        let member = self.named(name)?;
        if self.grouped.insert(name.to_vec()) {
            Ok(member)
        } else {
            Err(Mistake::GroupedTwice(lossy(name)))
        }
    }
}

/// Reads a vkey for a role. A type that we don't verify is kept as one that never signed: that
/// can only refuse more.
fn trusted(vkey: &[u8], role: Algorithm) -> Result<Trusted, Mistake> {
    let text = str::from_utf8(vkey).map_err(|_| note::Error::MalformedVkey(lossy(vkey)))?;
    let written: Vkey = text.parse()?;
    let key = match VerifierKey::try_from(&written) {
        Ok(key) if key.algorithm() == role => Some(key),
        Ok(key) => return Err(Mistake::Role(key.algorithm().id())),
        Err(note::Error::UnsupportedType(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let Vkey {
        name,
        type_id,
        public,
        ..
    } = written;
    Ok(Trusted {
        name,
        type_id,
        public,
        key,
    })
}

fn threshold(word: &[u8], members: usize) -> Option<usize> {
    let threshold = match word {
        b"any" => 1,
        b"all" => members,
        _ => usize::try_from(decimal(str::from_utf8(word).ok()?)?).ok()?,
    };
    (1..=members).contains(&threshold).then_some(threshold)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
