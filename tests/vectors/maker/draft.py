"""An extract before it is signed: its parts can be changed, and are then signed and hashed again."""

import copy
import dataclasses
import hashlib

from checker.archive import write_archive
from checker.counts import TABLES
from checker.events import VERDICTS
from checker.findings import ABOUT
from checker.manifest import Log as LogAt
from checker.manifest import checkpoint_name, cut_digest
from checker.profiles import PROFILES
from checker.spelling import from_base64, from_json, to_base64, to_json
from check_vectors import slot_digest

# No released edition: whoever checks can't make its documents.
EDITION = 255
REPORTS = {"LIMITS.md": b"Limits.\n", "timeline.csv": b"\xef\xbb\xbftime\r\n", "报告.html": b"<p>"}


def to_log(log):
    return {"origin": log.origin, "root": log.root.hex(), "size": str(log.size)}


@dataclasses.dataclass
class Draft:
    """The manifest without `members`, and the bytes of the other members as far as they stand."""

    signer: object
    manifest: dict
    checkpoints: dict
    events: list
    proofs: list
    reports: dict

    def lines(self):
        return b"".join(to_json(event) + b"\n" for event in self.events)

    def others(self):
        """Names and bytes of all members but manifest and note, in order."""
        members = list(self.checkpoints.items())
        members += [("events.jsonl", self.lines()), ("proofs.bin", b"".join(self.proofs))]
        return members + list(self.reports.items())

    def seal(self, change_manifest=lambda manifest: None):
        """Names and bytes of all members in order, listed and signed."""
        others = self.others()
        listed = [
            {"length": str(len(data)), "name": name, "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in others
        ]
        manifest = copy.deepcopy(self.manifest) | {"members": listed}
        change_manifest(manifest)
        return self.sign(to_json(manifest), others)

    def sign(self, manifest, others):
        ledger = self.manifest["ledger"]
        text = f"custodia-extract/v1\n{ledger}\n{hashlib.sha256(manifest).hexdigest()}\n"
        note = self.signer.sign(text, f"{ledger}/extract")
        return [("manifest.json", manifest), ("manifest.note", note)] + others

    def archive(self):
        return write_archive(self.seal())

    def recut(self):
        """Puts the cut's digest right after its logs were changed."""
        cut = self.manifest["cut"]
        logs = [LogAt(log["origin"], int(log["size"]), b"") for log in cut["logs"]]
        cut["digest"] = cut_digest(logs).hex()


def load(members, signer):
    """A draft of an extract that stands, to be signed by another key."""
    manifest = from_json(members["manifest.json"])
    names = [one["name"] for one in manifest.pop("members")]
    manifest["key"] = signer.vkey(f"{manifest['ledger']}/extract")
    checkpoints = {}
    for name in names[: names.index("events.jsonl")]:
        text = members[name].rpartition(b"\n\n")[0].decode() + "\n"
        checkpoints[name] = signer.sign(text, text.split("\n")[0])
    hashes = members["proofs.bin"]
    return Draft(
        signer,
        manifest,
        checkpoints,
        [from_json(line) for line in members["events.jsonl"].split(b"\n")[:-1]],
        [hashes[at : at + 32] for at in range(0, len(hashes), 32)],
        {name: members[name] for name in names[names.index("proofs.bin") + 1 :]},
    )


def slot_line(slot, opened):
    if slot["id"] in opened:
        return {name: to_base64(slot[name]) for name in ("bytes", "key")} | {"id": slot["id"]}
    return {"digest": to_base64(slot_digest(slot["key"], slot["bytes"])), "id": slot["id"]}


def say(rng, index, profile):
    verdict = rng.choices(VERDICTS, weights=[8, 1, 1, 0])[0]
    said = {"verdict": verdict}
    if verdict == "duplicate":
        said["duplicate_of"] = str(rng.randrange(index + 1))
    if verdict == "quarantined":
        said["reason"] = "not_an_envelope"
    if rng.random() < 0.3:
        said["people"] = [{"field": "handled_by_ref", "pseudonym": "E-ABCDEFGHIJ"}]
    if PROFILES[profile].pseudonyms and verdict == "accepted":
        said["subject"] = "P-ABCDEFGHIJ"
    return said


def say_erased(rng, origin):
    where = {"event": "019a2b3c", "index": "3", "log": origin, "order_id": "order-1"}
    said = {"verdict": rng.choice(["accepted", "unknown"])}
    return said | ({"erased": where} if rng.random() < 0.7 else {})


def event_line(rng, log, index, profile):
    leaf = log.leaves[index]
    line = {"entry": to_base64(leaf.entry), "index": str(index), "log": log.origin}
    if rng.random() < 0.1:
        return line | {"said": say_erased(rng, log.origin)}
    line["said"] = say(rng, index, profile)
    judged = line["said"]["verdict"] in ("accepted", "duplicate")
    opened = PROFILES[profile].opens if judged else {0x40}
    if judged and PROFILES[profile].others and rng.random() < 0.2:
        opened = opened - {0x01, 0x80}
    return line | {"slots": [slot_line(slot, opened) for slot in leaf.slots]}


@dataclasses.dataclass
class Cut:
    """A size of a log, its checkpoint's size, the leaves shown, and the sizes held."""

    log: object
    size: int
    signed: int
    shown: list
    held: list

    def proofs(self):
        hashes = self.log.shared(self.size, set(self.shown)) if self.shown else []
        if self.signed > self.size:
            hashes = hashes + self.log.consistency(self.size, self.signed)
        for size in self.held:
            if size != self.size:
                hashes = hashes + self.log.consistency(*sorted((self.size, size)))
        return hashes


def cut_at_random(rng, log, profile):
    full = len(log.leaves)
    size = rng.choice([full, rng.randrange(full + 1)])
    signed = rng.choice([size, rng.randrange(size, full + 1)]) if size else 0
    may = range(0 if PROFILES[profile].nobody else size)
    shown = rng.sample(may, min(len(may), rng.choice([0, 1, 3, 8])))
    held = rng.sample(range(1, full + 1), min(full, rng.choice([0, 0, 1, 2])))
    return Cut(log, size, signed, sorted(shown), sorted(held))


def request(rng):
    parts = {
        "id": "request-1",
        "legal_basis": "LB_PIPL_63_INSPECTION",
        "requester": "RQ_REGULATOR",
        "requester_name": "网信办",
    }
    sealed = sorted(rng.randbytes(32).hex() for _ in range(rng.randrange(1, 4)))
    optional = {
        "document_sha256": rng.randbytes(32).hex(),
        "encrypted_to": sealed,
        "nonce": "n-1 of 1",
    }
    return parts | {name: text for name, text in optional.items() if rng.random() < 0.5}


def query(kind):
    if kind == "audit":
        return {"from": "1788192000000", "k": "10", "kind": kind}
    asked = {"events": ["DataShared", "é"]} if kind == "class" else {"id": "courier-1"}
    return {"from": "-1", "kind": kind, "until": "1793000000999"} | asked


def counts():
    """The four tables, each with a cell that is shown and one that is withheld."""
    return [
        {
            "cells": [
                {"count": "10", "keys": ["a"] * keys, "month": "2026-09"},
                {"keys": ["a"] * keys, "month": "2026-10"},
            ],
            "name": name,
        }
        for name, keys in TABLES.items()
    ]


def finding(about, cause):
    leaf = {"index": "4", "log": "ledger.example/custodia.events/0/0"}
    return {
        "about": about,
        "cause": cause,
        "clauses": ["L160", "PIPL 23"],
        "due": {"lawful": "9", "strict": "7"},
        "judged": leaf,
        "judged_at": "-3",
        "leaves": [leaf],
        "mark": "ALERT",
        "producer": "mall",
        "recipient": "courier-1",
        "result": "WARN",
        "rule": 35,
        "sentence": {"en": "Late.", "zh-CN": "迟。"},
        "since": "7",
        "until": "8",
    }


def manifest(rng, ledger, cuts, profile):
    logs = [LogAt(cut.log.origin, cut.size, cut.log.root(cut.size)) for cut in cuts]
    held = [LogAt(cut.log.origin, size, cut.log.root(size)) for cut in cuts for size in cut.held]
    kind = PROFILES[profile].kind
    parts = {
        "absent": ["verify.html"],
        "completeness": "none",
        "cut": {"digest": cut_digest(logs).hex(), "logs": [to_log(log) for log in logs]},
        "edition": EDITION,
        "format": "custodia-extract/v1",
        "key": ledger.signer.vkey(f"{ledger.NAME}/extract"),
        "ledger": ledger.NAME,
        "profile": profile,
        "query": query(kind),
        "request": request(rng),
        "rules": rng.randbytes(32).hex(),
        "words": {"en": "To whom?", "zh-CN": "给了谁?\u2028\x7f\"\\\n"},
    }
    about = {kind: "courier-1"}
    parts["cut"] |= {"time": "1793000000123"} if rng.random() < 0.8 else {}
    optional = {
        "findings": [finding(about, cause) for cause in ("late", "later")],
        "held": [to_log(log) for log in held],
        "open_elsewhere": [f"{ledger.NAME}/custodia.events/9/0"],
        "policies": ["2024-07-15-34b0c98b57f7eb15", "A.b_9"],
        "policy_versions": ["2024-07-15-34b0c98b57f7eb15"],
        "refuted": ["0", "9", "10"],
    }
    if kind == "audit":
        parts["counts"] = counts()
    if kind not in ABOUT:
        del optional["findings"]
    return parts | {name: part for name, part in optional.items() if part and rng.random() < 0.7}


def draft(rng, ledger, profile):
    """An extract of some leaves at random that keeps every rule."""
    cuts = [cut_at_random(rng, log, profile) for log in ledger.logs]
    parts = manifest(rng, ledger, cuts, profile)
    if "held" not in parts:
        for cut in cuts:
            cut.held = []
    events = [event_line(rng, cut.log, index, profile) for cut in cuts for index in cut.shown]
    checkpoints = {}
    for cut in cuts:
        if cut.size:
            note = cut.log.checkpoint(cut.signed, ledger.signer)
            name = checkpoint_name(cut.log.origin)
            checkpoints[name] = ledger.witness.cosign(note, "witness.example/w", 1793000000)
    proofs = [one for cut in cuts for one in cut.proofs()]
    return Draft(ledger.signer, parts, checkpoints, events, proofs, dict(REPORTS))
