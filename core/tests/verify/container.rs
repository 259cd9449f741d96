//! Bad archives and folders: each is refused, and the place named.

use custodia_core::extract::Profile;
use custodia_core::verify::{Extract, Outcome};

use crate::asked::{check, fails, refused};
use crate::maker::{Files, Ledger, archive, policy};

fn files() -> Files {
    Ledger::with_events(40).draft(Profile::RSubject).files()
}

fn place_of(files: &Files, name: &str) -> usize {
    files.iter().position(|file| file.0 == name).unwrap()
}

fn unreadable(bytes: &[u8], words: &str) {
    let (place, reason, said) = refused(bytes, Outcome::Unreadable);
    assert!(place.starts_with("archive"), "{place}");
    assert_eq!(reason, "archive");
    assert!(said.contains(words), "{said:?} doesn't say {words:?}");
}

#[test]
fn an_extract_cut_short_is_unreadable_wherever_it_ends() {
    let whole = archive(&files());
    let seed = 61;
    for at in (0..whole.len())
        .step_by(seed)
        .chain(whole.len() - 200..whole.len())
    {
        unreadable(&whole[..at], "ends inside");
    }
    unreadable(&[&whole[..], b"\0"].concat(), "after the archive's end");
    unreadable(&[b"\0", &whole[..]].concat(), "another signature");
    unreadable(b"", "ends inside");
}

#[test]
fn an_archive_without_members_lacks_the_manifest() {
    let (place, reason, _) = refused(&archive(&[]), Outcome::Failed);
    assert_eq!((place.as_str(), reason), ("manifest.json", "missing"));
}

#[test]
fn a_member_that_is_missing_is_named() {
    let files = files();
    for (at, (name, _)) in files.iter().enumerate() {
        let mut less = files.clone();
        less.remove(at);
        fails(&less, name, "missing", "it is missing");
    }
}

#[test]
fn a_member_that_is_added_is_named_wherever_it_stands() {
    let files = files();
    for at in 0..=files.len() {
        let mut more = files.clone();
        more.insert(at, ("policy/policy.txt".into(), b"x".to_vec()));
        fails(&more, "policy/policy.txt", "unlisted", "doesn't name it");
    }
}

#[test]
fn a_member_that_is_renamed_is_named() {
    let files = files();
    for at in 0..files.len() {
        let mut renamed = files.clone();
        renamed[at].0 = "a.txt".into();
        // A manifest or note that is called otherwise is looked for first.
        let (place, reason) = match at {
            0 => ("manifest.json", "missing"),
            1 => ("manifest.note", "missing"),
            _ => ("a.txt", "unlisted"),
        };
        fails(&renamed, place, reason, "");
    }
}

#[test]
fn members_in_another_order_are_named() {
    let files = files();
    for at in 1..files.len() {
        let mut swapped = files.clone();
        swapped.swap(at - 1, at);
        let (first, belongs) = (files[at].0.clone(), files[at - 1].0.clone());
        fails(&swapped, &first, "order", &format!("{belongs:?}"));
    }
}

#[test]
fn a_member_that_stands_twice_is_unreadable() {
    let mut files = files();
    let events = files[place_of(&files, "events.jsonl")].clone();
    files.push(events);
    unreadable(&archive(&files), "\"events.jsonl\" stands twice");
    files.last_mut().unwrap().0 = "EVENTS.jsonl".into();
    unreadable(&archive(&files), "\"EVENTS.jsonl\" stands twice");
}

#[test]
fn a_member_with_another_ones_bytes_is_named() {
    let mut files = files();
    let (one, other) = (
        place_of(&files, "timeline.csv"),
        place_of(&files, "VERIFY.md"),
    );
    let bytes = files[one].1.clone();
    files[one].1 = files[other].1.clone();
    files[other].1 = bytes;
    fails(&files, "VERIFY.md", "length", "the manifest says");
    let mut files = self::files();
    let last = files[one].1.len() - 1;
    files[one].1[last] ^= 1;
    fails(&files, "timeline.csv", "sha256", "SHA-256");
}

#[test]
fn a_name_that_could_leave_the_folder_is_unreadable() {
    let whole = archive(&files());
    for (name, in_its_place) in [
        ("VERIFY.md", "/ERIFY.md"),
        ("VERIFY.md", "../IFY.md"),
        ("VERIFY.md", "a/../b.md"),
        ("VERIFY.md", "C:\\FY.md\0"),
        ("VERIFY.md", "VERIFY.m."),
        ("VERIFY.md", "VER//Y.md"),
        ("VERIFY.md", "VERIF\u{7f}.md"),
    ] {
        let bytes = renamed(&whole, name, in_its_place);
        unreadable(&bytes, "the name");
    }
}

/// The archive with a name of the same length, wherever it stands in a header.
fn renamed(whole: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let to = &to.as_bytes()[..from.len()];
    let mut at = 0;
    while let Some(found) = find(&bytes[at..], from.as_bytes()) {
        // A name in a header stands behind the length of extra fields or attributes: zeros.
        let start = at + found;
        if bytes[start - 2..start] == [0, 0] || bytes[start - 46..start].starts_with(b"PK\x01\x02")
        {
            bytes[start..start + from.len()].copy_from_slice(to);
        }
        at = start + from.len();
    }
    bytes
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// What another writer of ZIP archives may do to one member's headers.
struct Otherwise {
    method: u16,
    flags: u16,
    time: u16,
    extra: &'static [u8],
    length: Option<u32>,
    comment: &'static [u8],
    deflated: bool,
}

const AS_WE_DO: Otherwise = Otherwise {
    method: 0,
    flags: 0x0800,
    time: 0,
    extra: b"",
    length: None,
    comment: b"",
    deflated: false,
};

/// One block of RFC 1951 that isn't compressed.
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    [
        &[1],
        &length.to_le_bytes()[..],
        &(!length).to_le_bytes(),
        bytes,
    ]
    .concat()
}

/// An archive as another writer makes it, of the first member alone.
fn written(name: &str, bytes: &[u8], with: &Otherwise) -> Vec<u8> {
    let stored = if with.deflated {
        deflate(bytes)
    } else {
        bytes.to_vec()
    };
    let length = with.length.unwrap_or(u32::try_from(bytes.len()).unwrap());
    let u16s = |numbers: &[u16]| {
        numbers
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let count = u32::try_from(stored.len()).unwrap();
    let shared = [
        u16s(&[20, with.flags, with.method, with.time, 0x21]),
        crc32fast::hash(bytes).to_le_bytes().to_vec(),
        count.to_le_bytes().to_vec(),
        length.to_le_bytes().to_vec(),
        u16s(&[
            u16::try_from(name.len()).unwrap(),
            u16::try_from(with.extra.len()).unwrap(),
        ]),
    ]
    .concat();
    let local = [
        b"PK\x03\x04",
        &shared[..],
        name.as_bytes(),
        with.extra,
        &stored,
    ]
    .concat();
    let central = [
        b"PK\x01\x02\x14\x03",
        &shared[..],
        b"\0\0\0\0\0\0\0\0\xa4\x81\0\0\0\0",
        name.as_bytes(),
        with.extra,
    ]
    .concat();
    let (size, at) = (central.len(), local.len());
    let [size, at] = [size, at].map(|n| u32::try_from(n).unwrap().to_le_bytes());
    let comment = u16::try_from(with.comment.len()).unwrap().to_le_bytes();
    let end = [
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
        &size[..],
        &at,
        &comment,
        with.comment,
    ];
    [local, central, end.concat()].concat()
}

#[test]
fn what_other_writers_make_is_unreadable_and_the_field_named() {
    let (name, bytes) = files()[0].clone();
    let ours = written(&name, &bytes, &AS_WE_DO);
    assert_eq!(ours, archive(&[(name.clone(), bytes.clone())]));
    for (with, field) in [
        (
            Otherwise {
                time: 0x6000,
                ..AS_WE_DO
            },
            "another date",
        ),
        (
            Otherwise {
                flags: 0x0808,
                ..AS_WE_DO
            },
            "another flags",
        ),
        (
            Otherwise {
                flags: 0,
                ..AS_WE_DO
            },
            "another flags",
        ),
        (
            Otherwise {
                extra: b"UT\x01\0\0",
                ..AS_WE_DO
            },
            "another length of extra fields",
        ),
        (
            Otherwise {
                comment: b"by hand",
                ..AS_WE_DO
            },
            "another length of the comment",
        ),
        (
            Otherwise {
                method: 8,
                deflated: true,
                ..AS_WE_DO
            },
            "another compression method",
        ),
    ] {
        let (place, _, said) = refused(&written(&name, &bytes, &with), Outcome::Unreadable);
        assert!(place.starts_with("archive byte "), "{place}");
        assert!(said.contains(field), "{said:?} doesn't say {field:?}");
    }
}

#[test]
fn a_bomb_is_refused_before_anything_is_unpacked() {
    let bomb = |method, length| {
        let with = Otherwise {
            method,
            length: Some(length),
            deflated: method == 8,
            ..AS_WE_DO
        };
        written("manifest.json", b"{}", &with)
    };
    unreadable(&bomb(8, u32::MAX), "another compression method");
    unreadable(&bomb(0, u32::MAX), "another length");
    // Many members that are said to lie in the same bytes.
    let mut members = archive(&files());
    let end = members.len() - 22;
    members[end + 8..end + 12].copy_from_slice(&[0xff; 4]);
    unreadable(&members, "another count of members");
}

#[test]
fn a_folder_with_a_name_that_is_no_members_is_unreadable() {
    let files = files();
    let mut folder: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
        .collect();
    folder.push(("../evil", b""));
    let report = check(&Extract::Folder(folder.clone()), &policy());
    assert_eq!(report.outcome, Outcome::Unreadable);
    folder.pop();
    folder.push(("notes.txt", b""));
    let failure = check(&Extract::Folder(folder), &policy()).failure.unwrap();
    assert_eq!(
        (failure.place.as_str(), failure.fault.reason()),
        ("notes.txt", "unlisted")
    );
}
