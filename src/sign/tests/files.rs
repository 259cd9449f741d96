//! Key, state and lock as files: what is missing, damaged, in the way or open to others.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::super::state::{Head, Known};
use super::*;

#[test]
fn a_crash_while_writing_leaves_the_old_state() {
    let (_kept, path) = folder();
    drop(signed_at_five(&path));
    let state = fs::read(path.join("state")).unwrap();
    for cut in [0, 1, state.len() / 2, state.len() - 1] {
        fs::write(path.join("state.new"), &state[..cut]).unwrap();
        let five = Standing::Ready {
            size: 5,
            root: LOG.at(5).root,
        };
        assert_eq!(reopened(&path).standing(ORIGIN), five);
    }
}

#[test]
fn a_state_that_can_not_be_written_signs_nothing_until_opened_again() {
    let (_kept, path) = folder();
    let mut signer = signed_at_five(&path);
    // A folder in the way of the temporary file: no write can succeed, for root neither.
    fs::create_dir(path.join("state.new")).unwrap();
    assert_eq!(code(sign(&mut signer, LOG, 5, 9)), "CU-0350");
    fs::remove_dir(path.join("state.new")).unwrap();
    assert_eq!(code(sign(&mut signer, LOG, 5, 9)), "CU-0368");
    assert_eq!(code(sign(&mut signer, LOG, 5, 5)), "CU-0368");
    drop(signer);
    assert!(sign(&mut reopened(&path), LOG, 5, 9).is_ok());
}

#[test]
fn two_processes_can_not_sign() {
    let (_kept, path) = folder();
    let signer = signed_at_five(&path);
    assert_eq!(code(Signer::open(&path)), "CU-0351");
    assert_eq!(code(Signer::create(&path)), "CU-0351");
    drop(signer);
    assert!(Signer::open(&path).is_ok());
}

#[test]
fn create_overwrites_nothing_and_opening_never_creates() {
    let (kept, path) = folder();
    assert_eq!(code(Signer::open(&path)), "CU-0352");
    assert!(!path.exists());
    let vkey = Signer::create(&path).unwrap().vkey(ORIGIN).unwrap();
    assert_eq!(code(Signer::create(&path)), "CU-0353");
    assert_eq!(Signer::open(&path).unwrap().vkey(ORIGIN).unwrap(), vkey);
    fs::rename(path.join("key"), kept.path().join("elsewhere")).unwrap();
    assert_eq!(code(Signer::create(&path)), "CU-0353");
    assert_eq!(code(Signer::open(&path)), "CU-0352");
}

#[test]
fn what_others_may_read_or_write_is_refused() {
    let (_kept, path) = folder();
    drop(signed_at_five(&path));
    let mode = |name: &str| fs::metadata(path.join(name)).unwrap().mode() & 0o777;
    assert_eq!(
        (mode(""), mode("key"), mode("state"), mode("lock")),
        (0o700, 0o600, 0o600, 0o600)
    );
    for (name, private, bits) in [
        ("", 0o700, 0o050),
        ("key", 0o600, 0o040),
        ("state", 0o600, 0o002),
    ] {
        let set = |mode| {
            fs::set_permissions(path.join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        set(private | bits);
        assert_eq!(code(Signer::open(&path)), "CU-0354", "{name}");
        set(private);
        assert!(Signer::open(&path).is_ok());
    }
}

#[test]
fn a_missing_state_is_an_error_and_recovering_knows_nothing() {
    let (_kept, path) = folder();
    let signer = signed_at_five(&path);
    let five = [seen(&signer, &path, &LOG.at(5))];
    drop(signer);
    assert_eq!(code(Signer::recover(&path, &[])), "CU-0353");
    fs::remove_file(path.join("state")).unwrap();
    assert_eq!(code(Signer::open(&path)), "CU-0356");
    let mut signer = Signer::recover(&path, &[]).unwrap();
    assert_eq!(code(sign(&mut signer, LOG, 5, 9)), "CU-0360");
    assert_eq!(code(signer.begin(ORIGIN, &five)), "CU-0362");
    assert_eq!(code(signer.adopt(&LOG.at(9), &[], &[])), "CU-0360");
    let rival = Log { fork: 3, ..LOG };
    assert_eq!(
        code(signer.adopt(&rival.at(9), &five, &rival.proof(5, 9))),
        "CU-0367"
    );
    assert_eq!(code(signer.adopt(&rival.at(5), &five, &[])), "CU-0366");
    assert_eq!(code(signer.adopt(&LOG.at(4), &five, &[])), "CU-0365");
    signer.adopt(&LOG.at(9), &five, &LOG.proof(5, 9)).unwrap();
    assert_eq!(code(sign(&mut signer, rival, 5, 5)), "CU-0366");
    assert!(sign(&mut signer, LOG, 5, 9).is_ok());
}

#[test]
fn the_state_of_another_key_is_refused() {
    let (kept, path) = folder();
    let other = kept.path().join("other");
    drop(signed_at_five(&path));
    drop(Signer::create(&other).unwrap());
    fs::copy(other.join("state"), path.join("state")).unwrap();
    assert_eq!(code(Signer::open(&path)), "CU-0359");
}

#[test]
fn unknown_formats_and_damaged_files_are_never_a_default() {
    let (_kept, path) = folder();
    drop(signed_at_five(&path));
    for (name, damaged) in [("key", "CU-0355"), ("state", "CU-0357")] {
        let file = path.join(name);
        let good = fs::read_to_string(&file).unwrap();
        for (bad, expected) in [
            (good.replacen("/v1\n", "/v2\n", 1), "CU-0358"),
            (good.replacen("custodia", "custodio", 1), damaged),
            (good[..good.len() - 1].to_owned(), damaged),
            (good.clone() + "\n", damaged),
            (String::new(), damaged),
        ] {
            fs::write(&file, bad).unwrap();
            assert_eq!(code(Signer::open(&path)), expected, "{name}");
        }
        fs::write(&file, good).unwrap();
    }
    assert!(Signer::open(&path).is_ok());
}

fn any_head() -> impl Strategy<Value = Head> {
    (any::<u64>(), any::<Hash>()).prop_map(|(size, root)| Head { size, root })
}

proptest! {
    // Each step of a case writes and syncs files.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_state_reads_back_and_no_changed_byte_does(
        public: Hash,
        written: u64,
        origins in prop::collection::btree_map(
            "[a-z]{1,9}/[a-z]{1,9}/[0-9]/[0-9]",
            (any_head(), prop::option::of(any_head()))
                .prop_map(|(signed, held)| Known { signed, held }),
            0..4,
        ),
        at: prop::sample::Index,
        xor in 1..=255u8,
    ) {
        let state = State { public, written, origins };
        let mut bytes = state.to_bytes();
        prop_assert_eq!(State::from_bytes(&bytes, Path::new("state")).unwrap(), state);
        let at = at.index(bytes.len());
        bytes[at] ^= xor;
        prop_assert!(State::from_bytes(&bytes, Path::new("state")).is_err());
    }
}
