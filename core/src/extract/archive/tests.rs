use super::*;
use proptest::prelude::*;

/// An archive put together from the pieces, as a cutter does.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let header = MemberHeader::of(name, bytes).unwrap();
        central.extend(central_header(&header, u32::try_from(out.len()).unwrap()));
        out.extend(local_header(&header));
        out.extend_from_slice(bytes);
    }
    let end = end(members.len(), central.len() as u64, out.len() as u64).unwrap();
    [out, central, end].concat()
}

fn two() -> Vec<u8> {
    archive(&[("manifest.json", b"{}"), ("报告.zh-CN.html", b"<p>")])
}

#[test]
fn the_bytes_are_those_of_the_format() {
    let shared = "1400 0008 0000 0000 2100 CRC 01000000 01000000 0100 0000";
    let local = format!("504b0304 {shared} 61");
    let central = format!("504b0102 1403 {shared} 0000 0000 0000 0000a481 00000000 61");
    let end = "504b0506 0000 0000 0100 0100 2f000000 20000000 0000";
    let expected = format!("{local} 78 {central} {end}");
    let crc = hex::encode(crc32fast::hash(b"x").to_le_bytes());
    let expected = expected.replace(' ', "").replace("CRC", &crc);
    assert_eq!(hex::encode(archive(&[("a", b"x")])), expected);
}

#[test]
fn a_checksum_of_pieces_is_that_of_the_whole() {
    let mut pieces = Crc32::new();
    pieces.update(b"1234");
    pieces.update(b"56789");
    // The check value that catalogues of CRCs give for this one.
    assert_eq!(pieces.value(), 0xcbf4_3926);
    assert_eq!(
        MemberHeader::of("a", b"123456789").unwrap().crc32,
        0xcbf4_3926
    );
}

#[test]
fn what_is_written_is_read() {
    let bytes = two();
    let members = Members::parse(&bytes).unwrap();
    assert_eq!(
        members.iter().collect::<Vec<_>>(),
        [
            ("manifest.json", &b"{}"[..]),
            ("报告.zh-CN.html", &b"<p>"[..])
        ]
    );
    assert_eq!(members.get("manifest.json"), Some(&b"{}"[..]));
    assert_eq!(members.get("MANIFEST.json"), None);
    assert!(members.wrong_checksums().is_empty() && members.is_archive());
}

#[test]
fn no_byte_may_differ_and_none_be_missing_or_more() {
    let bytes = two();
    for at in 0..bytes.len() {
        for xor in [1, 0x20, 0x80] {
            let mut other = bytes.clone();
            other[at] ^= xor;
            match Members::parse(&other) {
                Ok(members) => assert!(!members.wrong_checksums().is_empty(), "{at} {xor}"),
                Err(error) => assert!(error.at().is_some() || error.member().is_some(), "{error}"),
            }
        }
        let error = Members::parse(&bytes[..at]).unwrap_err();
        assert!(matches!(error, Error::CutShort { .. }), "{at}: {error}");
    }
    let more = [&bytes[..], b"\0"].concat();
    let at = bytes.len() as u64;
    assert_eq!(Members::parse(&more), Err(Error::Trailing { at, count: 1 }));
    let before = [b"\0", &bytes[..]].concat();
    let error = Members::parse(&before).unwrap_err();
    assert_eq!(error.at(), Some(0));
}

#[test]
fn what_differs_is_named_with_its_place() {
    let bytes = two();
    let second = 30 + "manifest.json".len() + 2;
    for (at, field) in [
        (second + 4, "version"),
        (second + 6, "flags"),
        (second + 8, "compression method"),
        (second + 10, "date"),
        (second + 22, "length"),
        (second + 28, "length of extra fields"),
    ] {
        let mut other = bytes.clone();
        other[at] ^= 1;
        let what = Part::LocalHeader("报告.zh-CN.html".into());
        let at = at as u64;
        let expected = Error::Differs { at, what, field };
        assert_eq!(Members::parse(&other), Err(expected));
    }
}

#[test]
fn a_checksum_is_named_and_the_archive_still_read() {
    let mut bytes = two();
    let at = bytes.windows(3).position(|bytes| bytes == b"<p>").unwrap();
    bytes[at] = b'>';
    let members = Members::parse(&bytes).unwrap();
    let wrong = members.wrong_checksums();
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].member, "报告.zh-CN.html");
    assert_eq!(wrong[0].at, 30 + 13 + 2 + 14);
}

#[test]
fn two_checksums_of_one_member_are_no_archive_and_the_wrong_one_is_named() {
    let bytes = two();
    let central = bytes.windows(4).position(|bytes| bytes == b"PK\x01\x02");
    let central_crc = central.unwrap() + 16;
    for (at, part) in [
        (14, Part::LocalHeader("manifest.json".into())),
        (central_crc, Part::CentralHeader("manifest.json".into())),
    ] {
        let mut other = bytes.clone();
        other[at] ^= 1;
        let expected = Error::Differs {
            at: at as u64,
            what: part,
            field: "CRC-32",
        };
        assert_eq!(Members::parse(&other), Err(expected));
    }
}

#[test]
fn an_archive_may_have_no_members() {
    let none = archive(&[]);
    assert_eq!(none.len(), 22);
    assert_eq!(Members::parse(&none).unwrap().iter().count(), 0);
    assert!(matches!(
        Members::parse(&none[..21]),
        Err(Error::CutShort { .. })
    ));
}

#[test]
fn names_that_could_leave_the_folder_or_change_in_it_are_refused() {
    for (name, reason) in [
        ("", NameError::Length),
        ("/etc/passwd", NameError::Part),
        ("../a", NameError::Part),
        ("a/../b", NameError::Part),
        ("a/./b", NameError::Part),
        ("a//b", NameError::Part),
        ("a/", NameError::Part),
        ("a.", NameError::Part),
        (" a", NameError::Part),
        ("a ", NameError::Part),
        ("a\\b", NameError::Character),
        ("C:a", NameError::Character),
        ("a\u{0}", NameError::Character),
        ("a\u{7f}", NameError::Character),
        ("a\n", NameError::Character),
        ("e\u{301}", NameError::NotComposed),
        (&"a".repeat(201), NameError::Length),
    ] {
        let error = MemberHeader::of(name, b"").unwrap_err();
        assert!(
            matches!(error, Error::Name { reason: found, .. } if found == reason),
            "{error}"
        );
        assert!(Members::unpacked(vec![(name, b"")]).is_err());
    }
    assert!(MemberHeader::of(&"a".repeat(200), b"").is_ok());
    let twice = archive(&[("a", b""), ("A", b"")]);
    assert_eq!(Members::parse(&twice), Err(Error::NameTwice("A".into())));
    let mut absolute = archive(&[("aa", b"")]);
    absolute[30] = b'/';
    assert!(matches!(Members::parse(&absolute), Err(Error::Name { .. })));
}

#[test]
fn too_much_is_refused() {
    let names: Vec<String> = (0..=MAX_MEMBERS).map(|n| n.to_string()).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(
        Members::unpacked(members.clone()),
        Err(Error::TooManyMembers)
    );
    assert!(Members::unpacked(members[1..].to_vec()).is_ok());
    let whole = archive(&members[1..]);
    assert_eq!(Members::parse(&whole).unwrap().iter().count(), MAX_MEMBERS);
    assert_eq!(end(MAX_MEMBERS + 1, 0, 0), Err(Error::TooManyMembers));
    let over = MAX_ARCHIVE_BYTES + 1;
    assert_eq!(MemberHeader::new("a", 0, over), Err(Error::TooLong(over)));
    let room = MAX_ARCHIVE_BYTES - 22;
    assert!(end(1, 47, room - 47).is_ok());
    assert_eq!(end(1, 47, room - 46), Err(Error::TooLong(over)));
}

proptest! {
    #[test]
    fn bytes_at_random_never_panic(bytes: Vec<u8>, head in 0..4_usize) {
        let two = two();
        let start = [&b""[..], b"PK\x03\x04", b"PK\x05\x06", &two[..31]][head];
        let _ = Members::parse(&[start, &bytes].concat());
    }

    #[test]
    fn what_is_read_is_written_again_with_the_same_bytes(
        at: prop::sample::Index, cut: prop::sample::Index, with: Vec<u8>
    ) {
        let bytes = two();
        let (at, cut) = (at.index(bytes.len()), cut.index(bytes.len()));
        let other = [&bytes[..at], &with, &bytes[at.max(cut)..]].concat();
        if let Ok(members) = Members::parse(&other)
            && members.wrong_checksums().is_empty()
        {
            let members: Vec<_> = members.iter().collect();
            prop_assert_eq!(archive(&members), other);
        }
    }
}
