"""The manifest, the cut and the note (13.2, 13.4 to 13.6)."""

import dataclasses
import hashlib
import re

from checker import spelling
from checker.counts import LEAST, check_counts, counts, is_month
from checker.failure import Failure, demand
from checker.findings import check_whom, findings, policy_id, policy_members
from checker.note import PLAIN, Key, parse_note, parse_vkey
from checker.profiles import PROFILES
from checker.shape import (
    array,
    ascending,
    check_object,
    checked,
    integer,
    one_of,
    spelt,
    text,
)
from checker.spelling import I64, Misspelt, decimal, from_hex, parse_origin, to_json
from checker.tree import EMPTY_ROOT

MANIFEST, NOTE = "manifest.json", "manifest.note"
EVENTS, PROOFS = "events.jsonl", "proofs.bin"
MAX_LOGS = 4096
FORMAT = "custodia-extract/v1"
EDITIONS = {
    1: [
        "LIMITS.md",
        "VERIFY.md",
        "timeline.csv",
        "recipients.csv",
        "findings.csv",
        "vocabulary.csv",
        "报告.zh-CN.html",
        "report.en.html",
    ]
}


@dataclasses.dataclass(frozen=True)
class Log:
    """One log at one size."""

    origin: str
    size: int
    root: bytes


def log(value):
    found = check_object(
        value,
        {"origin": checked(parse_origin), "root": spelt(from_hex, 32), "size": spelt(decimal)},
    )
    return Log(found["origin"], found["size"], found["root"])


def member(value):
    return check_object(
        value, {"length": spelt(decimal), "name": text, "sha256": spelt(from_hex, 32)}
    )


def moment(value):
    return decimal(text(value), I64)


def nonce(value):
    if not re.fullmatch("[ -~]{1,128}", text(value)):
        raise Misspelt("not 1 to 128 printable ASCII characters")
    return value


def cut(value):
    logs = ascending(log, key=lambda one: one.origin.encode(), empty=True)
    return check_object(value, {"digest": spelt(from_hex, 32), "logs": logs}, {"time": moment})


def query(value):
    kinds = sorted({profile.kind for profile in PROFILES.values()})
    may = {"events": ascending(text), "from": moment, "id": text, "k": spelt(decimal)}
    found = check_object(value, {"kind": one_of(*kinds)}, may | {"until": moment})
    names = {"class": "events", "audit": "k"}.get(found["kind"], "id")
    stands = {name for name in ("events", "id", "k") if name in found}
    if stands != {names} or found.get("id") == "" or found.get("k", LEAST) < LEAST:
        raise Misspelt("query: not what its kind asks for")
    bounds = [found[name] for name in ("from", "until") if name in found]
    if found["kind"] == "audit" and not all(map(is_month, bounds)):
        raise Misspelt("query: not whole months")
    return found


def request(value):
    must = {"id": text, "legal_basis": text, "requester": text, "requester_name": text}
    digest = spelt(from_hex, 32)
    sealed = ascending(digest, key=lambda one: one)
    may = {"document_sha256": digest, "encrypted_to": sealed, "nonce": nonce}
    return check_object(value, must, may)


MUST = {
    "absent": ascending(text, empty=True),
    "completeness": one_of("none"),
    "cut": cut,
    "edition": integer,
    "format": one_of(FORMAT),
    "key": spelt(parse_vkey),
    "ledger": text,
    "members": array(member),
    "profile": one_of(*PROFILES),
    "query": query,
    "request": request,
    "rules": spelt(from_hex, 32),
    "words": lambda value: check_object(value, {"en": text, "zh-CN": text}),
}
MAY = {
    "counts": counts,
    "findings": findings,
    "held": ascending(log, key=lambda one: (one.origin.encode(), one.size)),
    "open_elsewhere": ascending(checked(parse_origin)),
    "policies": ascending(policy_id),
    "policy_versions": ascending(text),
    "refuted": ascending(spelt(decimal), key=lambda place: place),
}


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What the other members are checked against."""

    digest: bytes
    id: str
    ledger: str
    key: Key
    profile: str
    edition: int
    cut_digest: bytes
    cut_time: int | None
    kind: str
    logs: list
    held: list
    members: list
    policies: list

    def log(self, origin):
        """A log of the cut and its place there."""
        for place, log in enumerate(self.logs):
            if log.origin == origin:
                return place, log
        raise Misspelt(f"not a log of the cut: {origin[:80]!r}")


def refuse(holds, words):
    if not holds:
        raise Misspelt(words)


def cut_digest(logs):
    lines = ["custodia-cut/v1"] + [f"{log.origin} {log.size}" for log in logs]
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).digest()


def check_rules(found):
    """What one part of a manifest says about another."""
    ledger, logs = found["ledger"], found["cut"]["logs"]
    key, origins = found["key"], [log.origin for log in logs]
    refuse(len(logs) <= MAX_LOGS, "cut: too many logs")
    refuse(spelling.is_ledger_name(ledger), "ledger: not a ledger's name")
    refuse(key.kind == PLAIN and key.name == ledger + "/extract", "key: not the ledger's")
    own = all(origin.startswith(ledger + "/") for origin in origins)
    refuse(own, "cut: a log of another ledger")
    empty = all(log.root == EMPTY_ROOT for log in logs if log.size == 0)
    refuse(empty, "cut: a root of no leaves that is another")
    refuse(cut_digest(logs) == found["cut"]["digest"], "cut: its digest is another")
    for log in found.get("held", ()):
        refuse(log.origin in origins and log.size, "held: not a checkpoint of a log of the cut")
    for origin in found.get("open_elsewhere", ()):
        elsewhere = origin.startswith(ledger + "/") and origin not in origins
        refuse(elsewhere, "open_elsewhere: a log of the cut or of another ledger")
    kind = PROFILES[found["profile"]].kind
    refuse(found["query"]["kind"] == kind, "query: not the profile's kind")
    asked = found["query"].get("k")
    refuse((asked is None) == ("counts" not in found), "counts: with an audit, and with nothing else")
    if asked is not None:
        check_counts(found["counts"], asked)
    check_whom(found.get("findings", ()), found["query"])


def parse_manifest(data):
    try:
        value = spelling.from_json(data)
        found = check_object(value, MUST, MAY)
        check_rules(found)
    except Misspelt as misspelt:
        raise Failure(MANIFEST, "manifest", str(misspelt)) from None
    del value["members"]
    return Manifest(
        digest=hashlib.sha256(data).digest(),
        id=hashlib.sha256(to_json(value)).hexdigest(),
        ledger=found["ledger"],
        key=found["key"],
        profile=found["profile"],
        edition=found["edition"],
        cut_digest=found["cut"]["digest"],
        cut_time=found["cut"].get("time"),
        kind=found["query"]["kind"],
        logs=found["cut"]["logs"],
        held=found.get("held", []),
        members=found["members"],
        policies=found.get("policies", []),
    )


def check_note(manifest, data):
    """That the manifest's key signed the manifest (13.6)."""
    try:
        note = parse_note(data)
        lines = note.text[:-1].split("\n")
        signed = len(note.signatures) == 1 and note.verified_by([manifest.key])
        refuse(signed, "not signed by the manifest's key alone")
        refuse(len(lines) == 3 and lines[:2] == [FORMAT, manifest.ledger], "not its three lines")
    except Misspelt as misspelt:
        raise Failure(NOTE, "note", str(misspelt)) from None
    same = lines[2] == manifest.digest.hex()
    demand(same, MANIFEST, "manifest_digest", "not the bytes that were signed")


def checkpoint_name(origin):
    return "checkpoints/" + "-".join(parse_origin(origin)[1:])


def check_members(manifest, members, in_order):
    """That the members are those of the cut, the edition and the manifest, byte for byte (13.2)."""
    listed = [one["name"] for one in manifest.members]
    fixed = [checkpoint_name(log.origin) for log in manifest.logs if log.size] + [EVENTS, PROOFS]
    reports = listed[len(fixed) :]
    if manifest.edition in EDITIONS:
        counted = ["counts.csv"] if manifest.kind == "audit" else []
        reports = EDITIONS[manifest.edition] + counted + policy_members(manifest.policies)
    demand(listed == fixed + reports, MANIFEST, "layout", "not the members that 13.2 names")
    standing = [MANIFEST, NOTE] + listed
    once = len(set(standing)) == len(standing)
    demand(once, MANIFEST, "layout", "a member that is named twice")
    for name in sorted(set(standing) ^ set(members)):
        raise Failure(name, "members", "missing, or not in the manifest")
    demand(
        not in_order or list(members) == standing, "archive", "order", "members in another order"
    )
    for one in manifest.members:
        data, name = members[one["name"]], one["name"]
        same = (len(data), hashlib.sha256(data).digest()) == (one["length"], one["sha256"])
        demand(same, name, "member_digest", "not the length or SHA-256 of the manifest")
