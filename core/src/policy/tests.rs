use super::*;
use crate::note::{Algorithm, SignerKey};
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;

const LOG: &str = "ledger.example/custodia.events/0/0";
const OTHER_LOG: &str = "ledger.example/custodia.events/1/0";

fn signer(name: &str, seed: u8) -> SignerKey {
    SignerKey::from_seed(name, &[seed; 32]).unwrap()
}

fn witness(seed: u8) -> VerifierKey {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let name = format!("witness.example/w{seed}");
    VerifierKey::new(
        &name,
        Algorithm::Cosignature,
        key.verifying_key().as_bytes(),
    )
    .unwrap()
}

fn cosignature_line(text: &str, seed: u8) -> String {
    use base64::Engine as _;
    let message = format!("cosignature/v1\ntime 1000\n{text}");
    let signature = SigningKey::from_bytes(&[seed; 32])
        .sign(message.as_bytes())
        .to_bytes();
    let key = witness(seed);
    let bytes = [
        &key.key_id().to_be_bytes()[..],
        &1000u64.to_be_bytes(),
        &signature,
    ]
    .concat();
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    format!("— {} {encoded}\n", key.name())
}

fn checkpoint(origin: &str) -> Checkpoint {
    Checkpoint {
        origin: origin.to_owned(),
        size: 9,
        root: [3; 32],
    }
}

/// A checkpoint of `origin`, signed with the ledger's key and cosigned by witnesses.
fn note(origin: &str, witnesses: &[u8]) -> Note {
    let mut signed = checkpoint(origin).sign(&signer(origin, 1)).unwrap();
    for seed in witnesses {
        signed += &cosignature_line(&checkpoint(origin).to_text(), *seed);
    }
    Note::parse(signed.as_bytes()).unwrap()
}

fn parse(file: &str) -> Result<Policy, Error> {
    Policy::parse(file.as_bytes())
}

fn log_line() -> String {
    format!("log {}\n", signer(LOG, 1).verifier())
}

/// The example of C2SP tlog-policy, with keys.
fn two_levels() -> Policy {
    let w = |seed: u8| witness(seed);
    parse(&format!(
        "{}\nwitness X1 {}\nwitness X2 {}\nwitness X3 {}\ngroup X-witnesses 2 X1 X2 X3\n\n\
         witness Y1 {}\nwitness Y2 {}\nwitness Y3 {}\ngroup Y-witnesses any Y1 Y2 Y3\n\n\
         group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
        log_line(),
        w(11),
        w(12),
        w(13),
        w(21),
        w(22),
        w(23)
    ))
    .unwrap()
}

fn mistake(file: &str) -> Mistake {
    match parse(file) {
        Err(Error::Line { mistake, .. }) => mistake,
        other => panic!("{file:?}: {other:?}"),
    }
}

#[test]
fn counts_the_specs_example_of_two_levels() {
    let policy = two_levels();
    for enough in [&[11, 12, 21][..], &[12, 13, 23], &[11, 12, 13, 21, 22, 23]] {
        assert_eq!(
            policy.satisfied_by(&note(LOG, enough)),
            Ok(checkpoint(LOG)),
            "{enough:?}"
        );
    }
    for few in [
        &[][..],
        &[11, 21],
        &[11, 12, 13],
        &[21, 22, 23],
        &[11, 11, 21],
        &[31, 32, 33],
    ] {
        assert_eq!(
            policy.satisfied_by(&note(LOG, few)),
            Err(Error::QuorumMissed),
            "{few:?}"
        );
    }
}

#[test]
fn a_bad_cosignature_of_a_known_witness_refuses_the_checkpoint() {
    let text = note(LOG, &[11, 12, 21]).to_string();
    let forged = text + &cosignature_line("other\n", 22);
    let note = Note::parse(forged.as_bytes()).unwrap();
    assert!(matches!(
        two_levels().satisfied_by(&note),
        Err(Error::Note(_))
    ));
}

#[test]
fn the_quorum_may_be_one_witness_or_none() {
    let none = parse(&format!("{}quorum none\n", log_line())).unwrap();
    assert!(none.satisfied_by(&note(LOG, &[])).is_ok());
    let one = parse(&format!(
        "{}witness w {}\nquorum w\n",
        log_line(),
        witness(11)
    ))
    .unwrap();
    assert_eq!(one.satisfied_by(&note(LOG, &[])), Err(Error::QuorumMissed));
    assert!(one.satisfied_by(&note(LOG, &[11])).is_ok());
}

#[test]
fn a_log_line_stands_for_its_own_origin_alone_in_the_plain_reading() {
    let policy = parse(&format!("{}quorum none\n", log_line())).unwrap();
    assert_eq!(
        policy.satisfied_by(&note(OTHER_LOG, &[])),
        Err(Error::UnconfirmedKey)
    );
    // Signed under the right name, but the text is of another log.
    let signed = signer(LOG, 1)
        .sign_note(&checkpoint(OTHER_LOG).to_text())
        .unwrap();
    let crossed = Note::parse(signed.as_bytes()).unwrap();
    assert_eq!(policy.satisfied_by(&crossed), Err(Error::UnconfirmedKey));
    let ledger = LedgerName::new("ledger.example").unwrap();
    assert_eq!(policy.open(&ledger, &crossed), Err(Error::UnconfirmedKey));
}

#[test]
fn one_log_line_confirms_the_key_for_the_whole_ledger() {
    let policy = parse(&format!("{}quorum none\n", log_line())).unwrap();
    let ledger = LedgerName::new("ledger.example").unwrap();
    assert_eq!(
        policy.open(&ledger, &note(OTHER_LOG, &[])),
        Ok(checkpoint(OTHER_LOG))
    );
    let extract = signer("ledger.example/extract", 1)
        .sign_note("manifest\n")
        .unwrap();
    let extract = Note::parse(extract.as_bytes()).unwrap();
    let key = policy.confirms(&ledger, &extract).unwrap();
    assert_eq!(key.name(), "ledger.example/extract");
    assert_eq!(key.public(), signer(LOG, 1).verifier().public());
}

#[test]
fn a_line_of_the_extracts_key_confirms_it_for_the_logs() {
    let extract = signer("ledger.example/extract", 1);
    let policy = parse(&format!("log {}\nquorum none\n", extract.verifier())).unwrap();
    let ledger = LedgerName::new("ledger.example").unwrap();
    assert_eq!(policy.open(&ledger, &note(LOG, &[])), Ok(checkpoint(LOG)));
    assert_eq!(policy.keys_of(&ledger).count(), 1);
    assert!(!policy.asks_for_witnesses());
}

#[test]
fn a_log_line_confirms_nothing_for_another_ledger_key_or_name() {
    let policy = parse(&format!("{}quorum none\n", log_line())).unwrap();
    let ledger = LedgerName::new("ledger.example").unwrap();
    let other = LedgerName::new("other.example").unwrap();
    let by = |name: &str, seed| {
        Note::parse(
            signer(name, seed)
                .sign_note("manifest\n")
                .unwrap()
                .as_bytes(),
        )
        .unwrap()
    };
    for (ledger, note) in [
        (&other, by("other.example/extract", 1)),
        (&other, by("ledger.example/extract", 1)),
        (&ledger, by("other.example/extract", 1)),
        (&ledger, by("ledger.example/extract", 2)),
        (&ledger, by("ledger.example/manifest", 1)),
        (&ledger, by("ledger.example", 1)),
    ] {
        assert_eq!(policy.confirms(ledger, &note), Err(Error::UnconfirmedKey));
    }
    assert!(
        policy
            .keys_under(&other, "other.example/extract")
            .is_empty()
    );
    // A log line that is no origin of ours confirms itself and no ledger.
    let plain = format!(
        "log {}\nquorum none\n",
        signer("ledger.example", 1).verifier()
    );
    let plain = parse(&plain).unwrap();
    assert_eq!(
        plain.confirms(&ledger, &by("ledger.example/extract", 1)),
        Err(Error::UnconfirmedKey)
    );
}

#[test]
fn the_ledgers_other_logs_need_the_quorum_too() {
    let ledger = LedgerName::new("ledger.example").unwrap();
    let policy = two_levels();
    assert_eq!(
        policy.open(&ledger, &note(OTHER_LOG, &[11])),
        Err(Error::QuorumMissed)
    );
    assert!(
        policy
            .open(&ledger, &note(OTHER_LOG, &[11, 12, 21]))
            .is_ok()
    );
}

#[test]
fn keys_of_unverified_types_are_named_and_never_count() {
    use base64::Engine as _;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let post_quantum = encode(&[6; 1313]);
    let policy = parse(&format!(
        "{}log log.example+00000000+{}\nwitness w w.example+00000000+{post_quantum}\n\
         witness v {}\ngroup g any w v\nquorum g\n",
        log_line(),
        encode(&[2; 92]),
        witness(11)
    ))
    .unwrap();
    let expected = [("log.example".to_owned(), 2), ("w".to_owned(), 6)];
    assert_eq!(policy.unsupported(), expected);
    assert_eq!(
        policy.satisfied_by(&note(LOG, &[])),
        Err(Error::QuorumMissed)
    );
    assert!(policy.satisfied_by(&note(LOG, &[11])).is_ok());
}

#[test]
fn whitespace_comments_urls_and_opaque_names_are_allowed() {
    let mut file = b" \t\n# comment \xff\n\t # another\n".to_vec();
    file.extend(format!("\tlog  {} https://a.example/ \n", signer(LOG, 1).verifier()).bytes());
    file.extend(b"witness \xff\xfe ");
    file.extend(format!("{} https://w.example/\n", witness(11)).bytes());
    file.extend(b"quorum\t\xff\xfe\n");
    let policy = Policy::parse(&file).unwrap();
    assert!(policy.satisfied_by(&note(LOG, &[11])).is_ok());
}

#[test]
fn refuses_a_file_that_is_cut_or_has_no_quorum() {
    assert_eq!(parse("").unwrap_err(), Error::Unterminated);
    assert_eq!(parse("quorum none").unwrap_err(), Error::Unterminated);
    assert_eq!(parse("\n").unwrap_err(), Error::NoQuorum);
    assert_eq!(parse(&log_line()).unwrap_err(), Error::NoQuorum);
    assert_eq!(
        Policy::parse(&vec![b'\n'; (1 << 20) + 1]).unwrap_err(),
        Error::TooLong((1 << 20) + 1)
    );
}

#[test]
fn refuses_each_malformed_line_with_its_number() {
    let w = |name: &str, seed| format!("witness {name} {}\n", witness(seed));
    let a = w("a", 11);
    assert!(matches!(
        parse("\n# x\nbogus\n"),
        Err(Error::Line { line: 3, .. })
    ));
    for line in [
        "log\n",
        "witness a\n",
        "group g\n",
        "quorum\n",
        "quorum none x\n",
        "Log x\n",
    ] {
        assert_eq!(mistake(line), Mistake::Form, "{line}");
    }
    assert_eq!(mistake("quorum none\r\n"), Mistake::Character(b'\r'));
    assert_eq!(mistake("quorum none\x7f\n"), Mistake::Character(0x7f));
    assert_eq!(mistake("quorum none\nquorum none\n"), Mistake::SecondQuorum);
    assert_eq!(mistake("quorum a\n"), Mistake::UnknownName("a".to_owned()));
    assert_eq!(
        mistake(&format!("group g any a\n{a}")),
        Mistake::UnknownName("a".to_owned())
    );
    assert_eq!(
        mistake(&w("none", 11)),
        Mistake::NameTaken("none".to_owned())
    );
    assert_eq!(
        mistake(&format!("{a}{}", w("a", 12))),
        Mistake::NameTaken("a".to_owned())
    );
    assert_eq!(mistake(&format!("{a}{}", w("b", 11))), Mistake::Duplicate);
    let renamed = signer(OTHER_LOG, 1).verifier().to_string();
    assert_eq!(
        mistake(&format!("{}log {renamed}\n", log_line())),
        Mistake::Duplicate
    );
    assert_eq!(
        mistake(&format!("{a}group a any a\n")),
        Mistake::NameTaken("a".to_owned())
    );
    assert_eq!(
        mistake(&format!("{a}group g 1 a a\n")),
        Mistake::GroupedTwice("a".to_owned())
    );
    let twice = format!("{a}group g any a\ngroup h any a\n");
    assert_eq!(mistake(&twice), Mistake::GroupedTwice("a".to_owned()));
    for threshold in ["0", "2", "01", "-1", "some"] {
        assert_eq!(
            mistake(&format!("{a}group g {threshold} a\n")),
            Mistake::Threshold
        );
    }
    assert_eq!(mistake("group g any\n"), Mistake::Threshold);
    assert_eq!(
        mistake(&format!("witness a {}\n", signer(LOG, 1).verifier())),
        Mistake::Role(1)
    );
    assert_eq!(mistake(&format!("log {}\n", witness(11))), Mistake::Role(4));
    assert!(matches!(mistake("log nonsense\n"), Mistake::Key(_)));
}

proptest! {
    /// Against a model: k of n witnesses reach a threshold iff at least k of them cosigned.
    #[test]
    fn a_threshold_counts_distinct_members(
        members in 1..6u8, wanted in 1..6u8, cosigned in prop::collection::vec(1..8u8, 0..8),
    ) {
        prop_assume!(wanted <= members);
        let names: Vec<String> = (1..=members).map(|seed| format!("w{seed}")).collect();
        let witness_lines = (1..=members).map(|seed| format!("witness w{seed} {}\n", witness(seed)));
        let group = format!("group g {wanted} {}\nquorum g\n", names.join(" "));
        let file = [log_line()].into_iter().chain(witness_lines).chain([group]);
        let file = file.collect::<Vec<_>>().concat();
        let distinct = (1..=members).filter(|seed| cosigned.contains(seed)).count();
        let satisfied = parse(&file).unwrap().satisfied_by(&note(LOG, &cosigned)).is_ok();
        prop_assert_eq!(satisfied, distinct >= usize::from(wanted));
    }

    #[test]
    fn bytes_at_random_never_panic(bytes: Vec<u8>) {
        let _ = Policy::parse(&bytes);
    }
}
