//! Manifests and notes that are signed and break a rule: each is refused, and the place named.

use custodia_core::extract::{Hex32, Int, Profile};

use crate::asked::{fails, proven};
use crate::maker::{DATA, Draft, EMPTY, LEDGER, Ledger, SEED, signer};

const OTHER_SEED: [u8; 32] = [8; 32];

fn draft() -> Draft {
    Ledger::with_events(40).draft(Profile::RSubject)
}

/// Asserts that a draft with this change fails at the manifest with these words.
fn manifest_fails(words: &str, change: impl Fn(&mut Draft)) {
    let mut draft = draft();
    change(&mut draft);
    fails(&draft.files(), "manifest.json", "manifest_rule", words);
}

/// Asserts that a draft whose manifest's text is changed, and signed so, fails.
fn spelling_fails(words: &str, from: &str, to: &str) {
    let draft = draft();
    let files = draft.files();
    let text = String::from_utf8(files[0].1.clone()).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from}");
    let files = draft.sign(changed.as_bytes(), files[2..].to_vec());
    fails(&files, "manifest.json", "manifest", words);
}

#[test]
fn a_manifest_has_one_spelling() {
    for (from, to, words) in [
        ("{\"absent\"", "{ \"absent\"", "RFC 8785"),
        (
            "\"edition\":1,",
            "\"edition\":1,\"edition\":1,",
            "duplicate field `edition`",
        ),
        (
            "\"edition\":1,",
            "\"edition\":9007199254740993,",
            "9007199254740993",
        ),
        ("\"edition\":1,", "\"edition\":1.0,", "floating point"),
        ("\"edition\":1,", "\"edition\":256,", "256"),
        ("\"edition\":1,", "\"edition\":-1,", "-1"),
        (
            "\"edition\":1,",
            "\"edition\":1,\"else\":\"x\",",
            "unknown field `else`",
        ),
        ("\"size\":\"5\"", "\"size\":5", "invalid type"),
        (
            "\"size\":\"5\"",
            "\"size\":\"05\"",
            "\"05\" is no decimal integer",
        ),
        (
            "\"size\":\"5\"",
            "\"size\":\"18446744073709551616\"",
            "no decimal integer",
        ),
        ("\"nonce\":\"7f3a", "\"nonce\":\"\\u0037f3a", "RFC 8785"),
        ("\"ledger\":", "\"ledges\":", "unknown field"),
        (
            "R-SUBJECT\",\"query",
            "R-EVERYTHING\",\"query",
            "unknown variant",
        ),
    ] {
        spelling_fails(words, from, to);
    }
}

#[test]
fn a_manifest_keeps_its_rules() {
    manifest_fails("format is \"custodia-extract/v2\"", |draft| {
        draft.manifest.format = "custodia-extract/v2".into();
    });
    manifest_fails("completeness is \"map\"", |draft| {
        draft.manifest.completeness = "map".into();
    });
    manifest_fails("absent doesn't ascend", |draft| {
        draft.manifest.absent.push("a".into());
    });
    manifest_fails("policy_versions doesn't ascend", |draft| {
        let twice = draft.manifest.policy_versions[0].clone();
        draft.manifest.policy_versions.push(twice);
    });
    manifest_fails("its kind is not that of the profile", |draft| {
        draft.manifest.profile = Profile::RRecipient;
    });
    for nonce in ["", "é", "a\nb", &"x".repeat(129)] {
        manifest_fails("nonce", |draft| {
            draft.manifest.request.nonce = Some(nonce.into());
        });
    }
    let mut draft = draft();
    draft.manifest.request.document_sha256 = Some(Hex32([1; 32]));
    draft.make_documents();
    proven(&draft);
}

/// Fails where an extract of a profile has this change in its manifest, though it is signed.
fn profile_fails(profile: Profile, words: &str, change: impl FnOnce(&mut Draft)) {
    let mut draft = Ledger::with_events(40).draft(profile);
    change(&mut draft);
    draft.make_documents();
    fails(&draft.files(), "manifest.json", "manifest_rule", words);
}

#[test]
fn an_audit_counts_nothing_below_k_and_stands_alone() {
    for count in [0, 1, 9] {
        profile_fails(Profile::RAudit, "fewer than k", |draft| {
            draft.manifest.counts[0].cells[0].count = Some(Int(count));
        });
    }
    // A greater k makes a good count a bad one.
    profile_fails(Profile::RAudit, "fewer than k", |draft| {
        draft.manifest.query.k = Some(Int(11));
    });
    for k in [None, Some(Int(0)), Some(Int(1))] {
        profile_fails(Profile::RAudit, "an audit has k", |draft| {
            draft.manifest.query.k = k;
        });
    }
    profile_fails(Profile::RAudit, "whole months", |draft| {
        draft.manifest.query.from = Some(Int(1_788_192_000_001));
    });
    profile_fails(Profile::RAudit, "not the four tables", |draft| {
        draft.manifest.counts.pop();
    });
    let counts = Ledger::with_events(40)
        .draft(Profile::RAudit)
        .manifest
        .counts;
    profile_fails(Profile::RIncident, "in an audit's extract alone", |draft| {
        draft.manifest.counts = counts;
    });
}

#[test]
fn a_query_has_what_its_kind_asks_for() {
    for profile in [Profile::RSubject, Profile::RRecipient, Profile::RIncident] {
        profile_fails(profile, "have an id", |draft| {
            draft.manifest.query.id.clear();
        });
        profile_fails(profile, "a class has events", |draft| {
            draft.manifest.query.events = vec!["DataShared".into()];
        });
    }
    profile_fails(Profile::RClass, "a class has events", |draft| {
        draft.manifest.query.events.clear();
    });
    profile_fails(Profile::RClass, "query.events doesn't ascend", |draft| {
        draft.manifest.query.events.push("DataShared".into());
    });
    profile_fails(Profile::RClass, "is about somebody else", |draft| {
        let of_incident = Ledger::with_events(40).draft(Profile::RIncident).manifest;
        draft.manifest.findings = of_incident.findings;
    });
}

#[test]
fn a_cut_keeps_its_rules() {
    manifest_fails("cut doesn't ascend", |draft| {
        draft.manifest.cut.logs.swap(0, 1);
    });
    manifest_fails("its digest is not that of its logs", |draft| {
        draft.manifest.cut.digest[0] ^= 1;
    });
    manifest_fails("has no leaves and the root of some", |draft| {
        draft.manifest.cut.logs[2].root = [0; 32];
    });
    manifest_fails("is not an origin", |draft| {
        draft.manifest.cut.logs[0].origin = format!("{LEDGER}/access");
        draft.recut();
    });
    manifest_fails("is of another ledger", |draft| {
        draft.manifest.cut.logs[0].origin = "aaa.example/custodia.access/0/0".into();
        draft.recut();
    });
    manifest_fails("held doesn't ascend", |draft| draft.manifest.held.reverse());
    manifest_fails("is no log of the cut, or the size is 0", |draft| {
        draft.manifest.held[0].size = Int(0);
    });
    manifest_fails("is no log of the cut, or the size is 0", |draft| {
        draft.manifest.held[0].origin = format!("{LEDGER}/a/0/0");
    });
    manifest_fails(
        "open_elsewhere: ledger.example.com/custodia.events/1/0 is in the cut",
        |draft| {
            draft.manifest.open_elsewhere = vec![EMPTY.into()];
        },
    );
    manifest_fails(
        "open_elsewhere: other.example/a/0/0 is of another ledger",
        |draft| {
            draft.manifest.open_elsewhere = vec!["other.example/a/0/0".into()];
        },
    );
}

#[test]
fn the_key_is_the_ledgers() {
    manifest_fails(
        "key is no Ed25519 key under the name ledger.example.com/extract",
        |draft| {
            draft.manifest.key = signer(&SEED, DATA).verifier().to_string();
        },
    );
    manifest_fails("is not a ledger's name", |draft| {
        draft.manifest.ledger = "Ledger".into();
    });
    manifest_fails("key is no Ed25519 key", |draft| {
        draft.manifest.ledger = "other.example".into();
    });
    manifest_fails("key is no Ed25519 key", |draft| {
        draft.manifest.key = draft.manifest.key.replace("/extract+", "/extract+0");
    });
}

#[test]
fn the_members_are_those_of_cut_and_edition() {
    let draft = draft();
    let others = draft.others();
    for (at, (name, _)) in others.iter().enumerate() {
        let mut less = others.clone();
        less.remove(at);
        let stands = less.get(at).unwrap_or(&others[at]).0.clone();
        let files = draft.files_with(less);
        fails(
            &files,
            "manifest.json",
            "manifest_rule",
            &format!("{stands:?}"),
        );
        let mut renamed = others.clone();
        renamed[at].0 = format!("{name}x");
        let files = draft.files_with(renamed);
        fails(
            &files,
            "manifest.json",
            "manifest_rule",
            &format!("\"{name}x\""),
        );
    }
    let mut unknown = draft.clone();
    unknown.manifest.edition = 200;
    let twice = [others.clone(), vec![others.last().unwrap().clone()]].concat();
    let manifest_alone = unknown.files_with(twice)[0].1.clone();
    let files = unknown.sign(&manifest_alone, others);
    fails(&files, "manifest.json", "manifest_rule", "b57f7eb15.txt");
}

#[test]
fn a_note_is_of_this_manifest_and_key() {
    let draft = draft();
    let note_fails = |note: String, reason: &str, words: &str| {
        let mut files = draft.files();
        files[1].1 = note.into_bytes();
        fails(&files, "manifest.note", reason, words);
    };
    let good = String::from_utf8(draft.files()[1].1.clone()).unwrap();
    let (text, line) = good.split_once("\n\n").unwrap();
    let text = format!("{text}\n");
    let name = format!("{LEDGER}/extract");
    let ours = |text: &str| signer(&SEED, &name).sign_note(text).unwrap();
    note_fails(
        signer(&OTHER_SEED, &name).sign_note(&text).unwrap(),
        "note",
        "no known key",
    );
    note_fails(
        signer(&SEED, DATA).sign_note(&text).unwrap(),
        "note",
        "no known key",
    );
    note_fails(format!("{good}{line}"), "signatures", "it has 2 signatures");
    note_fails(
        ours(&format!("{text}more\n")),
        "note_text",
        "its text is not",
    );
    note_fails(
        ours(&text.replace("/v1", "/v2")),
        "note_text",
        "its text is not",
    );
    note_fails(
        ours(&text.replace(LEDGER, "other.example")),
        "note_text",
        "its text is not",
    );
    note_fails(
        good[..good.len() - 1].to_owned(),
        "note",
        "not a signature line",
    );
    note_fails(String::new(), "note", "no signatures");
    let mut files = draft.files();
    let digest = text.lines().nth(2).unwrap();
    files[1].1 = ours(&text.replace(digest, &"0".repeat(64))).into_bytes();
    fails(
        &files,
        "manifest.json",
        "manifest_digest",
        "other bytes were signed",
    );
}
