//! Both sides of a reconciliation.

use super::*;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const C: &str = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

fn leaf(index: u64) -> LeafAt {
    LeafAt {
        log: "l.example/custodia.events/0/0".into(),
        index,
    }
}

fn sent(of: &[(&str, &str)]) -> Sent {
    let mut sent = Sent::default();
    for (index, (day, digest)) in of.iter().enumerate() {
        let body = Body::DataShared(custodia_core::schema::v1::DataShared {
            transfer_sha256: hex::decode(digest).unwrap(),
            ..Default::default()
        });
        let ms = Day(day_named(day).unwrap()).start_ms() + 1000;
        sent.take(ms, &body, &leaf(index as u64)).unwrap();
    }
    sent
}

fn compared(of: &[(&str, &str)], list: &str) -> Reconciliation {
    let mut answer = Reconciliation {
        cut: CutName {
            digest: String::new(),
            sizes: BTreeMap::new(),
        },
        recipient: "courier".into(),
        known: true,
        compared: true,
        days: Vec::new(),
        not_received: Vec::new(),
        not_sent: Vec::new(),
        other_day: Vec::new(),
        acknowledged_unknown: Vec::new(),
        agrees: true,
    };
    let given = read_digests(list).unwrap();
    sent(of).compare(Some(&given), &mut answer).unwrap();
    answer
}

#[test]
fn what_both_have_agrees_and_the_same_digest_counts_as_often_as_it_was_sent() {
    let both = [("2026-09-01", A), ("2026-09-01", A), ("2026-09-02", B)];
    let list = format!("day,digest\n2026-09-01,{A}\n2026-09-01,{A}\n2026-09-02,{B}\n");
    let answer = compared(&both, &list);
    assert!(answer.agrees, "{answer:?}");
    assert_eq!(answer.days.iter().map(|day| day.matched).sum::<u64>(), 3);
    let once = compared(&both, &list.replacen(&format!("2026-09-01,{A}\n"), "", 1));
    assert!(!once.agrees && once.not_received.len() == 1, "{once:?}");
}

#[test]
fn mismatches_are_told_both_ways_and_a_day_off_apart() {
    let here = [("2026-09-01", A), ("2026-09-02", B)];
    let list = format!("\u{feff}2026-09-01,{B}\r\n2026-09-01,{C}\r\n");
    let answer = compared(&here, &list);
    assert!(!answer.agrees);
    assert_eq!(answer.not_received[0].digest, A);
    assert_eq!(
        (answer.not_received[0].leaf.index, answer.not_received.len()),
        (0, 1)
    );
    assert_eq!(answer.not_sent[0].digest, C);
    assert_eq!(answer.other_day[0].digest, B);
}

#[test]
fn a_list_of_numbers_is_compared_by_day() {
    let here = [("2026-09-01", A), ("2026-09-01", B), ("2026-09-02", C)];
    assert!(compared(&here, "2026-09-01,2\n2026-09-02,1\n").agrees);
    let answer = compared(&here, "2026-09-01,1\n2026-09-02,3\n");
    assert!(!answer.agrees);
    let of: Vec<_> = answer
        .days
        .iter()
        .map(|day| (day.not_received, day.not_sent))
        .collect();
    assert_eq!(of, [(1, 0), (0, 2)]);
}

#[test]
fn what_is_no_list_is_refused_by_its_line() {
    for (list, line) in [
        ("2026-09-01", 1),
        ("2026-09-01,1\nyesterday,2", 2),
        ("2026-02-30,1", 1),
        ("2026-09-01,abc", 1),
        ("2026-09-01,1\n2026-09-01,2", 2),
        ("2026-09-01,-1", 1),
    ] {
        match read_digests(list) {
            Err(Error::Digests { line: found, .. }) => assert_eq!(found, line, "{list}"),
            other => panic!("{list}: {other:?}"),
        }
    }
    assert!(read_digests("").unwrap().is_empty());
}
