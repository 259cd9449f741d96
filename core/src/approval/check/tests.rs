//! Each refusal, and that nothing but two good approvals passes.

use proptest::prelude::*;

use super::super::persons::tests::{registered, retired};
use super::super::request::tests::request;
use super::*;
use crate::note::SignerKey;
use crate::origin::LedgerName;
use crate::schema::v1::event::Body;

use PersonRole::{PrCustomerService, PrLegal, PrProtectionOfficer, PrRegulator, PrUnspecified};

const NOW: i64 = 1_000;

fn who(letter: char) -> String {
    letter.to_string().repeat(26)
}

fn public(seed: u8) -> Vec<u8> {
    let key = SignerKey::from_seed("k", &[seed; 32]).unwrap();
    key.verifier().public().to_vec()
}

/// b and c are of the legal desk, d is the officer, s serves customers; a asks and is an officer too.
fn events() -> Vec<(Body, i64)> {
    vec![
        (registered(&who('a'), PrProtectionOfficer, &public(1)), 0),
        (registered(&who('b'), PrLegal, &public(2)), 0),
        (registered(&who('c'), PrLegal, &public(3)), 0),
        (registered(&who('d'), PrProtectionOfficer, &public(4)), 0),
        (registered(&who('s'), PrCustomerService, &public(9)), 0),
    ]
}

fn persons(more: Vec<(Body, i64)>) -> Persons {
    let all: Vec<_> = events().into_iter().chain(more).collect();
    Persons::fold(all.iter().map(|(body, at)| (body, *at)))
}

fn signed(request: &Request, letter: char, seed: u8) -> Approval {
    let made = Approval::sign(request, &who(letter), &[seed; 32]).unwrap();
    Approval::parse(&format!("{letter}.approval"), made.note().as_bytes()).unwrap()
}

/// The code with which a second approval is refused beside a good one of b's.
fn refused(second: Approval, persons: &Persons, ms: i64) -> Refused {
    let file = second.file.clone();
    let pair = [signed(&request(), 'b', 2), second];
    let refused = check(&pair, &request(), persons, ms).unwrap_err();
    assert!(refused.to_string().contains(&file), "{refused}");
    refused
}

#[test]
fn two_others_with_keys_of_their_own_approve() {
    let pair = [signed(&request(), 'b', 2), signed(&request(), 'd', 4)];
    let approvers = check(&pair, &request(), &persons(vec![]), NOW).unwrap();
    let held: Vec<_> = approvers
        .iter()
        .map(|one| (one.reference.clone(), one.role, one.public_key.clone()))
        .collect();
    assert_eq!(
        held,
        [
            (who('b'), PrLegal, public(2)),
            (who('d'), PrProtectionOfficer, public(4)),
        ]
    );
    let three = [&pair[..], &[signed(&request(), 'c', 3)]].concat();
    assert_eq!(
        check(&three, &request(), &persons(vec![]), NOW)
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn fewer_than_two_or_too_many_are_refused() {
    for approvals in [vec![], vec![signed(&request(), 'b', 2)]] {
        let refused = check(&approvals, &request(), &persons(vec![]), NOW).unwrap_err();
        assert_eq!(refused.code(), "CU-0994");
    }
    let many = (0..17).map(|n| (registered(&nth(n), PrLegal, &public(20 + n)), 0));
    let crowd: Vec<_> = (0..17)
        .map(|n| Approval::sign(&request(), &nth(n), &[20 + n; 32]).unwrap())
        .collect();
    let refused = check(&crowd, &request(), &persons(many.collect()), NOW).unwrap_err();
    assert_eq!(refused.code(), "CU-0994");
}

fn nth(n: u8) -> String {
    char::from(b'b' + n).to_string().repeat(26)
}

#[test]
fn the_asker_counts_under_no_name() {
    // Their own tool refuses to sign it; another tool could.
    let mut other = request();
    other.asker = who('e');
    let text = signed(&other, 'a', 1).note();
    let forged = text.replacen(&who('e'), &who('a'), 1);
    let forged = Approval::parse("a.approval", forged.as_bytes()).unwrap();
    assert_eq!(refused(forged, &persons(vec![]), NOW).code(), "CU-0981");
    let shares = persons(vec![(registered(&who('f'), PrLegal, &public(1)), 0)]);
    let by_key = signed(&request(), 'f', 1);
    assert_eq!(refused(by_key.clone(), &shares, NOW).code(), "CU-0982");
    // A key that the asker had once is theirs as well.
    let once = persons(vec![
        (registered(&who('f'), PrLegal, &public(1)), 0),
        (retired(&who('a'), PrUnspecified), 1),
    ]);
    assert_eq!(refused(by_key, &once, NOW).code(), "CU-0982");
}

#[test]
fn one_person_or_one_key_counts_once() {
    let twice = signed(&request(), 'b', 2);
    assert_eq!(refused(twice, &persons(vec![]), NOW).code(), "CU-0983");
    let two_roles = persons(vec![(
        registered(&who('b'), PrProtectionOfficer, &public(6)),
        0,
    )]);
    let in_another_role = signed(&request(), 'b', 6);
    assert_eq!(refused(in_another_role, &two_roles, NOW).code(), "CU-0983");
    let shared = persons(vec![(registered(&who('f'), PrLegal, &public(2)), 0)]);
    let same_key = signed(&request(), 'f', 2);
    assert_eq!(refused(same_key, &shared, NOW).code(), "CU-0984");
}

#[test]
fn a_key_counts_while_it_is_registered() {
    let approval = || signed(&request(), 'd', 4);
    let retired_at = |role| persons(vec![(retired(&who('d'), role), NOW)]);
    for role in [PrProtectionOfficer, PrUnspecified] {
        assert_eq!(
            refused(approval(), &retired_at(role), NOW).code(),
            "CU-0985"
        );
        let pair = [signed(&request(), 'b', 2), approval()];
        assert!(check(&pair, &request(), &retired_at(role), NOW - 1).is_ok());
    }
    // Another role's end doesn't end this one's.
    let pair = [signed(&request(), 'b', 2), approval()];
    assert!(check(&pair, &request(), &retired_at(PrLegal), NOW).is_ok());
    let renewed = persons(vec![(
        registered(&who('d'), PrProtectionOfficer, &public(5)),
        NOW,
    )]);
    assert_eq!(refused(approval(), &renewed, NOW).code(), "CU-0985");
    let with_new = [signed(&request(), 'b', 2), signed(&request(), 'd', 5)];
    assert!(check(&with_new, &request(), &renewed, NOW).is_ok());
    let again = persons(vec![
        (retired(&who('d'), PrUnspecified), 10),
        (registered(&who('d'), PrLegal, &public(4)), 20),
    ]);
    assert!(check(&pair, &request(), &again, NOW).is_ok());
}

#[test]
fn nobody_unknown_or_of_another_desk_approves() {
    let stranger = signed(&request(), 'z', 8);
    assert_eq!(
        refused(stranger.clone(), &persons(vec![]), NOW).code(),
        "CU-0986"
    );
    let later = persons(vec![(registered(&who('z'), PrLegal, &public(8)), NOW + 1)]);
    assert_eq!(refused(stranger, &later, NOW).code(), "CU-0986");
    let wrong = refused(signed(&request(), 's', 9), &persons(vec![]), NOW);
    assert_eq!(wrong.code(), "CU-0987");
    assert!(wrong.to_string().contains("customer_service"));
    assert!(wrong.to_string().contains("protection_officer, legal"));
}

#[test]
fn an_approval_is_for_one_thing_alone() {
    type Change = fn(&mut Request);
    let cases: [(&str, Change); 5] = [
        ("CU-0988", |r| {
            r.ledger = LedgerName::new("other.example").unwrap();
        }),
        ("CU-0989", |r| r.deed = Deed::Erasure),
        ("CU-0990", |r| r.about[31] ^= 1),
        ("CU-0991", |r| r.id.push('x')),
        ("CU-0991", |r| r.asker = who('e')),
    ];
    for (code, change) in cases {
        let mut other = request();
        change(&mut other);
        let second = signed(&other, 'd', 4);
        assert_eq!(refused(second, &persons(vec![]), NOW).code(), code);
    }
}

#[test]
fn an_approval_runs_out() {
    let until = request().until_ms;
    let second = || signed(&request(), 'd', 4);
    let pair = [signed(&request(), 'b', 2), second()];
    assert!(check(&pair, &request(), &persons(vec![]), until - 1).is_ok());
    // How long one counts, it says itself, whatever the other says.
    let mut shorter = request();
    shorter.until_ms = NOW;
    let short = signed(&shorter, 'd', 4);
    assert_eq!(refused(short, &persons(vec![]), NOW).code(), "CU-0992");
}

#[test]
fn a_signature_of_another_key_is_no_signature() {
    let forged = signed(&request(), 'd', 2);
    assert_eq!(refused(forged, &persons(vec![]), NOW).code(), "CU-0993");
    let note = signed(&request(), 'd', 4).note();
    let changed = note.replacen("req-1", "req-2", 1);
    let changed = Approval::parse("d.approval", changed.as_bytes()).unwrap();
    let mut wanted = request();
    wanted.id = "req-2".into();
    let refused = check(&[changed], &wanted, &persons(vec![]), NOW).unwrap_err();
    assert_eq!(refused.code(), "CU-0993");
}

#[test]
fn every_deed_has_people_who_may_approve_it_and_no_outsider_may() {
    for deed in Deed::ALL {
        assert!(may_approve(deed).contains(&PrProtectionOfficer));
        assert!(!may_approve(deed).contains(&PrRegulator));
        assert!(!may_approve(deed).contains(&PrUnspecified));
    }
}

#[test]
fn every_refusal_has_a_page() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ops/runbook");
    for code in 980..=994 {
        let page = format!("{folder}/CU-0{code}.md");
        assert!(std::fs::exists(&page).unwrap(), "{page}");
    }
}

proptest! {
    /// Whoever signs with whatever key: where it passes, two known people signed, each with a key of
    /// their own, and neither asks.
    #[test]
    fn what_passes_is_two_peoples_word(
        given in prop::collection::vec((prop::sample::select(vec!['b', 'c', 'd', 's', 'z']), 1u8..10), 0..4),
    ) {
        let approvals: Vec<_> = given.iter().map(|(who, seed)| signed(&request(), *who, *seed)).collect();
        let own = [('b', 2), ('c', 3), ('d', 4)];
        let mut different = given.clone();
        different.sort_unstable();
        different.dedup();
        let good = given.iter().all(|one| own.contains(one))
            && different.len() == given.len()
            && given.len() >= NEEDED;
        prop_assert_eq!(check(&approvals, &request(), &persons(vec![]), NOW).is_ok(), good);
    }
}
