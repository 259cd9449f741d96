//! An extract that is encrypted to the age keys of those who may read it.

use std::collections::BTreeSet;
use std::fs;

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::answers::{asking, wait_for_rows};
use crate::broker::Broker;
use crate::extract::{
    FOR_THE_PERSON, about, disclosed, everything, holds, member, publish, verifies,
    wait_for_all_rows, words,
};
use crate::ledger::Ledger;

const PERSON: &str = "personpersonpersonpersonpe";

fn key_file(ledger: &Ledger, name: &str) -> (String, String, String) {
    let key = Identity::generate();
    let path = ledger.path(name);
    fs::write(&path, key.to_string().expose_secret()).unwrap();
    let public = key.to_public().to_string();
    let digest = hex::encode(Sha256::digest(&public));
    (path.to_str().unwrap().to_owned(), public, digest)
}

fn encrypted_to(manifest: &Value) -> BTreeSet<&str> {
    let named = manifest["request"]["encrypted_to"].as_array().unwrap();
    named.iter().filter_map(Value::as_str).collect()
}

#[test]
fn an_encrypted_extract_is_read_by_its_recipients_alone_and_verifies_as_the_clear_one() {
    let broker = Broker::start();
    let ledger = asking(&broker);
    publish(&ledger, &[disclosed("case-1", &about(PERSON), "")]);
    let mut serving = ledger.serve();
    wait_for_rows(&mut serving, 1);
    wait_for_all_rows(&mut serving);
    serving.until("the event's checkpoint", |serving| {
        let signed = serving.metric("custodia_checkpoint_signed_total", "custodia.events")?;
        (signed >= 1).then_some(())
    });
    let (reader, to_reader, reader_digest) = key_file(&ledger, "reader");
    let (second, to_second, second_digest) = key_file(&ledger, "second");
    let (stranger, _, _) = key_file(&ledger, "stranger");
    let out = ledger.path("x.zip");
    let to = ["--encrypt-to", &to_reader, "--encrypt-to", &to_second];
    let of = ["--subject", PERSON];
    let who: Vec<&str> = FOR_THE_PERSON.iter().chain(&to).copied().collect();
    let said: Value = serde_json::from_str(&ledger.ok(&words(&of, &who, &out))).unwrap();
    assert_eq!(said["events"], 1, "{said}");
    serving.stop();

    let sealed = ledger.path("x.zip.age");
    assert!(sealed.exists() && !out.exists());
    let bytes = fs::read(&sealed).unwrap();
    assert!(!holds(&bytes, "manifest.json") && !holds(&bytes, PERSON));
    let policy = ledger.path("policy");
    fs::write(&policy, ledger.ok(&["key"])).unwrap();
    let verify = |identity: &str| {
        let [policy, sealed] = [&policy, &sealed].map(|path| path.to_str().unwrap());
        let words = [
            "verify",
            "--json",
            "--policy",
            policy,
            "--identity",
            identity,
            sealed,
        ];
        ledger.run(&words)
    };
    for identity in [&reader, &second] {
        let ended = verify(identity);
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert!(ended.status.success(), "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["outcome"], "proven", "{said}");
    }
    let ended = verify(&stranger);
    let words = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        !ended.status.success() && words.contains("CU-0767"),
        "{words}"
    );
    // Whoever has no key learns what the file is.
    let ended = ledger.run(&["verify", sealed.to_str().unwrap()]);
    let words = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        !ended.status.success() && words.contains("age -d"),
        "{words}"
    );

    // Decrypted it is the archive that both programs verify, and it names whom it was encrypted to.
    let key: Identity = fs::read_to_string(&reader).unwrap().parse().unwrap();
    let clear = age::decrypt(&key, &bytes).unwrap();
    fs::write(&out, &clear).unwrap();
    verifies(&ledger, &out);
    let manifest: Value = serde_json::from_slice(&member(&clear, "manifest.json")).unwrap();
    let named = encrypted_to(&manifest);
    let wanted = BTreeSet::from([reader_digest.as_str(), second_digest.as_str()]);
    assert_eq!(named, wanted);
    assert!(holds(&everything(&clear), PERSON));
}
