use super::*;
use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;

/// The example of C2SP signed-note v1.0.0, "Verifier keys".
const SPEC_VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n\
    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
/// The first example of C2SP signed-note v1.0.0: its text holds empty lines.
const SPEC_POEM: &str = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\
    ed è subito sera.\n\n\
    — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
/// The example of C2SP tlog-cosignature v1.0.1.
const SPEC_COSIGNED: &str = "example.com/behind-the-sofa\n20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

const TEXT: &str = "one\n\nthree\n";

fn signer(name: &str, seed: u8) -> SignerKey {
    SignerKey::from_seed(name, &[seed; 32]).unwrap()
}

fn signed_by(keys: &[&SignerKey]) -> Note {
    let mut note = Note::new(TEXT).unwrap();
    for key in keys {
        let one = Note::parse(key.sign_note(TEXT).unwrap().as_bytes()).unwrap();
        note.add(one.signatures()[0].clone()).unwrap();
    }
    note
}

fn witness(name: &str, seed: u8) -> VerifierKey {
    let key = SigningKey::from_bytes(&[seed; 32]);
    VerifierKey::new(name, Algorithm::Cosignature, key.verifying_key().as_bytes()).unwrap()
}

/// A cosignature made here by hand, as the specification words it.
fn cosign(text: &str, witness: &VerifierKey, seed: u8, seconds: u64) -> Signature {
    let message = format!("cosignature/v1\ntime {seconds}\n{text}");
    let signature = SigningKey::from_bytes(&[seed; 32]).sign(message.as_bytes());
    let bytes = [&seconds.to_be_bytes()[..], &signature.to_bytes()].concat();
    Signature {
        name: witness.name().to_owned(),
        key_id: witness.key_id(),
        bytes,
    }
}

#[test]
fn verifies_the_specs_example() {
    let key: VerifierKey = SPEC_VKEY.parse().unwrap();
    assert_eq!(key.to_string(), SPEC_VKEY);
    assert_eq!((key.name(), key.key_id()), ("example.com/foo", 0x530d_903a));
    let note = Note::parse(SPEC_NOTE.as_bytes()).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(
        note.verified_by(std::slice::from_ref(&key)).unwrap()[0].key,
        &key
    );
}

#[test]
fn signs_the_bytes_that_gos_sumdb_note_signs() {
    // Key, text and signature: golang.org/x/mod/sumdb/note, its tests.
    let seed = STANDARD
        .decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")
        .unwrap();
    let key = SignerKey::from_seed("PeterNeumann", seed[1..].try_into().unwrap()).unwrap();
    assert_eq!(key.verifier().key_id(), 0xc74f_20a3);
    let text = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n";
    let line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    assert_eq!(key.sign_note(text).unwrap(), format!("{text}\n{line}"));
}

#[test]
fn the_text_ends_at_the_last_empty_line() {
    let note = Note::parse(SPEC_POEM.as_bytes()).unwrap();
    assert!(note.text().ends_with("sole:\n\ned è subito sera.\n"));
    assert_eq!(note.signatures()[0].name(), "quasimodo.example/salvatore");
    assert_eq!(note.to_string(), SPEC_POEM);
}

#[test]
fn keeps_the_specs_cosignature_as_it_stands() {
    let note = Note::parse(SPEC_COSIGNED.as_bytes()).unwrap();
    assert_eq!(note.to_string(), SPEC_COSIGNED);
    let cosignature = &note.signatures()[1];
    assert_eq!(cosignature.bytes().len(), 8 + 64);
    // The time that the specification prints for this example.
    assert_eq!(cosignature.bytes()[..8], 1_679_315_147_u64.to_be_bytes());
}

#[test]
fn verifies_a_cosignature_and_tells_its_time() {
    let (log, witness) = (signer("log.example/1", 1), witness("witness.example/w1", 2));
    let mut note = signed_by(&[&log]);
    note.add(cosign(TEXT, &witness, 2, 1_679_315_147)).unwrap();
    let known = [log.verifier().clone(), witness.clone()];
    let verified = note.verified_by(&known).unwrap();
    assert_eq!(
        verified[0],
        Verified {
            key: &known[0],
            cosigned_at: None
        }
    );
    assert_eq!(
        verified[1],
        Verified {
            key: &known[1],
            cosigned_at: Some(1_679_315_147)
        }
    );
}

#[test]
fn refuses_a_cosignature_with_another_time_or_form() {
    let witness = witness("witness.example/w1", 2);
    let good = cosign(TEXT, &witness, 2, 5);
    let mut later = good.clone();
    later.bytes[7] = 6;
    let mut cut = good.clone();
    cut.bytes.pop();
    let bare = Signature {
        bytes: good.bytes[8..].to_vec(),
        ..good.clone()
    };
    let too_late = cosign(TEXT, &witness, 2, 1 << 63);
    for bad in [
        later,
        cut,
        bare,
        too_late,
        cosign("other\n", &witness, 2, 5),
    ] {
        let mut note = Note::new(TEXT).unwrap();
        note.add(bad).unwrap();
        let error = note
            .verified_by(std::slice::from_ref(&witness))
            .unwrap_err();
        assert!(matches!(error, Error::BadSignature { .. }));
    }
}

#[test]
fn one_public_key_has_an_id_for_each_name_and_type() {
    let plain = signer("a.example", 1).verifier().clone();
    let cosigner = VerifierKey::new("a.example", Algorithm::Cosignature, plain.public()).unwrap();
    assert_ne!(plain.key_id(), cosigner.key_id());
    assert_ne!(plain.key_id(), plain.under("b.example").unwrap().key_id());
}

#[test]
fn ignores_unknown_keys_even_with_a_known_name_or_id() {
    let known = signer("log.example/1", 1);
    let stranger = signer("log.example/1", 9);
    let note = signed_by(&[&stranger, &known]);
    assert_eq!(
        note.verified_by(std::slice::from_ref(known.verifier()))
            .unwrap()
            .len(),
        1
    );
    let same_id = Signature {
        name: "other.example".to_owned(),
        key_id: known.verifier().key_id(),
        bytes: vec![1],
    };
    let mut note = signed_by(&[&known]);
    note.add(same_id).unwrap();
    assert_eq!(
        note.verified_by(std::slice::from_ref(known.verifier()))
            .unwrap()
            .len(),
        1
    );
    let alone = signed_by(&[&stranger]);
    assert_eq!(
        alone.verified_by(std::slice::from_ref(known.verifier())),
        Err(Error::NoKnownSignature)
    );
    assert_eq!(alone.verified_by(&[]), Err(Error::NoKnownSignature));
}

#[test]
fn a_bad_signature_of_a_known_key_refuses_the_note_whoever_else_signed() {
    let (good, other) = (signer("a.example", 1), signer("b.example", 2));
    let mut note = signed_by(&[&good, &other]);
    note.signatures[1].bytes[10] ^= 1;
    let known = [good.verifier().clone(), other.verifier().clone()];
    assert!(matches!(
        note.verified_by(&known),
        Err(Error::BadSignature { .. })
    ));
    assert!(note.verified_by(&known[..1]).is_ok());
    let mut doubled = signed_by(&[&good, &good]);
    assert_eq!(doubled.verified_by(&known).unwrap().len(), 1);
    doubled.signatures[1].bytes[10] ^= 1;
    assert!(doubled.verified_by(&known).is_err());
}

#[test]
fn refuses_to_choose_between_two_keys_of_one_name_and_id() {
    let key = signer("a.example", 1);
    let twin = signer("a.example", 2)
        .verifier()
        .with_key_id(key.verifier().key_id());
    let note = signed_by(&[&key]);
    assert!(
        note.verified_by(&[key.verifier().clone(), key.verifier().clone()])
            .is_ok()
    );
    let error = note
        .verified_by(&[key.verifier().clone(), twin])
        .unwrap_err();
    assert!(matches!(error, Error::AmbiguousKey { .. }));
}

#[test]
fn derives_the_key_ids_that_others_derived() {
    // Public verifier keys of a cosigner and a log: transparency-dev/formats, its tests.
    for vkey in [
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    ] {
        assert_eq!(vkey.parse::<VerifierKey>().unwrap().to_string(), vkey);
    }
}

#[test]
fn refuses_what_is_no_signed_note() {
    let line = "— a.example AAAAAAA=\n";
    assert!(Note::parse(format!("text\n\n{line}").as_bytes()).is_ok());
    for bytes in [
        String::new(),
        "text\n".to_owned(),
        "text\n\n".to_owned(),
        format!("text\n{line}"),
        line.to_owned(),
        format!("text\n\n{}", line.trim_end()),
        format!("text\n\n{line}\n"),
        format!("text\n\n{line}x"),
        format!("text\r\n\r\n{line}"),
        format!("te\txt\n\n{line}"),
        format!("te\0xt\n\n{line}"),
        "text\n\n— a.example AAAAAA==\n".to_owned(),
        "text\n\n— a.example AAAAAAB=\n".to_owned(),
        "text\n\n— a.example AAAAAAA\n".to_owned(),
        "text\n\n— a.example  AAAAAAA=\n".to_owned(),
        "text\n\n— a.example AAAAAAA= \n".to_owned(),
        "text\n\n—  AAAAAAA=\n".to_owned(),
        "text\n\n— a+b AAAAAAA=\n".to_owned(),
        "text\n\n— a\u{a0}b AAAAAAA=\n".to_owned(),
        "text\n\n- a.example AAAAAAA=\n".to_owned(),
        "text\n\n—a.example AAAAAAA=\n".to_owned(),
    ] {
        assert!(Note::parse(bytes.as_bytes()).is_err(), "{bytes:?}");
    }
    assert_eq!(Note::parse(b"te\xffxt\n\n"), Err(Error::NotUtf8(2)));
    assert_eq!(Note::new("text"), Err(Error::UnterminatedText));
    assert_eq!(Note::new("te\txt\n"), Err(Error::ControlCharacter(9)));
}

#[test]
fn bounds_signatures_and_bytes() {
    let line = "— a.example AAAAAAA=\n";
    assert!(Note::parse(format!("t\n\n{}", line.repeat(MAX_SIGNATURES)).as_bytes()).is_ok());
    assert_eq!(
        Note::parse(format!("t\n\n{}", line.repeat(MAX_SIGNATURES + 1)).as_bytes()),
        Err(Error::TooManySignatures)
    );
    let long = vec![b'a'; MAX_NOTE_BYTES + 1];
    assert_eq!(Note::parse(&long), Err(Error::TooLong(long.len())));
}

#[test]
fn refuses_a_vkey_with_another_id_type_or_key() {
    let wrong_id = SPEC_VKEY.replace("530d903a", "530d903b");
    assert!(matches!(
        wrong_id.parse::<VerifierKey>(),
        Err(Error::KeyId { .. })
    ));
    let upper = SPEC_VKEY.replace("530d903a", "530D903A");
    assert!(matches!(
        upper.parse::<VerifierKey>(),
        Err(Error::MalformedVkey(_))
    ));
    let material = |bytes: &[u8]| format!("example.com/foo+530d903a+{}", STANDARD.encode(bytes));
    assert_eq!(
        material(&[6; 1313]).parse::<VerifierKey>(),
        Err(Error::UnsupportedType(6))
    );
    assert!(matches!(
        material(&[1; 32]).parse::<VerifierKey>(),
        Err(Error::PublicKey(_))
    ));
    // The neutral element verifies anything: RFC 8032's encoding of (0, 1).
    let mut weak = [0; 33];
    weak[..2].copy_from_slice(&[1, 1]);
    assert!(matches!(
        material(&weak).parse::<VerifierKey>(),
        Err(Error::PublicKey(_))
    ));
    for vkey in [
        "",
        "a",
        "a+00000000",
        "a+0+AQ==",
        "+530d903a+AQ==",
        "a+530d903a+",
        "a b+530d903a+AQ==",
    ] {
        assert!(vkey.parse::<VerifierKey>().is_err(), "{vkey}");
    }
}

#[test]
fn signed_note_reads_our_notes_and_we_read_theirs() {
    let ours = signer("a.example", 1);
    let signed = ours.sign_note(TEXT).unwrap();
    let theirs = signed_note::Note::from_bytes(signed.as_bytes()).unwrap();
    assert_eq!(theirs.text(), TEXT.as_bytes());
    assert_eq!(theirs.to_bytes(), signed.as_bytes());
    let verifier = signed_note::StandardVerifier::new(&ours.verifier().to_string()).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    assert!(theirs.verify(&known).is_ok());
}

proptest! {
    #[test]
    fn what_parses_prints_back(bytes in "(a|\n|— a.example AAAAAAA=|— b AQIDBAU=\n|\n\n| ){0,12}") {
        if let Ok(note) = Note::parse(bytes.as_bytes()) {
            prop_assert_eq!(note.to_string(), bytes);
        }
    }

    #[test]
    fn any_text_signed_reads_back_and_verifies(text in "[^\\x00-\\x1f]{0,40}(\n[^\\x00-\\x1f]{0,9}){0,4}\n") {
        let key = signer("a.example", 1);
        let signed = key.sign_note(&text).unwrap();
        let note = Note::parse(signed.as_bytes()).unwrap();
        prop_assert_eq!(note.text(), &text);
        prop_assert_eq!(note.to_string(), signed);
        prop_assert!(note.verified_by(std::slice::from_ref(key.verifier())).is_ok());
    }

    #[test]
    fn no_changed_byte_verifies(at: prop::sample::Index, xor in 1..=255u8) {
        let key = signer("a.example", 1);
        let mut signed = key.sign_note(TEXT).unwrap().into_bytes();
        let at = at.index(signed.len());
        signed[at] ^= xor;
        let opened = Note::parse(&signed)
            .and_then(|note| note.verified_by(std::slice::from_ref(key.verifier())).map(|_| ()));
        prop_assert!(opened.is_err());
    }

    #[test]
    fn bytes_at_random_never_panic(bytes: Vec<u8>) {
        let _ = Note::parse(&bytes);
        let _ = String::from_utf8_lossy(&bytes).parse::<VerifierKey>();
    }
}
