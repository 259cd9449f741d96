"""The receipt of an extract: its ExtractIssued becomes a leaf of the registry (13.10)."""

import hashlib

from checker.manifest import parse_manifest
from checker.receipt import EXTRACT_ISSUED
from checker.spelling import to_base64, to_json
from maker.draft import slot_line
from maker.ledger import Log, leaf, number_field, text_field

OPENED = {0x00, 0x40, 0x41}


def issued_record(rng, manifest, changed):
    """The record of ExtractIssued; `changed` are other contents for fields of its body."""
    contents = {
        3: b"request-1",
        4: parse_manifest(manifest).id.encode(),
        5: hashlib.sha256(manifest).digest(),
    } | changed
    body = b"".join(text_field(number, data) for number, data in contents.items())
    body += number_field(6, 1) + text_field(16, b"a" * 26)
    envelope = text_field(1, rng.randbytes(16)) + text_field(2, rng.randbytes(31) + b"\1")
    envelope += text_field(4, b"custodia") + text_field(EXTRACT_ISSUED, body)
    fixed = {"offset": 99, "kind": "log_append", "millis": 1793000000999, "headers": []}
    return fixed | {"key": b"request-1", "value": envelope}


def event_line(issued, log, opened):
    return {
        "entry": to_base64(issued.entry),
        "index": str(len(log.leaves) - 1),
        "log": log.origin,
        "said": {"verdict": "accepted"},
        "slots": [slot_line(slot, opened) for slot in issued.slots],
    }


def tlog_proof(line, index, proof, checkpoint):
    lines = ["c2sp.org/tlog-proof@v1", f"extra {to_base64(to_json(line))}", f"index {index}"]
    lines += [to_base64(one) for one in proof]
    return "".join(one + "\n" for one in lines).encode() + b"\n" + checkpoint


def receipt(rng, ledger, manifest, changed=(), opened=OPENED):
    """A receipt of the extract with this manifest, in the state after the registry took it."""
    registry = ledger.logs[-1]
    issued = leaf(issued_record(rng, manifest, dict(changed)))
    log = Log(registry.origin, registry.leaves + [issued])
    size = len(log.leaves)
    line = event_line(issued, log, opened)
    checkpoint = log.checkpoint(size, ledger.signer)
    return tlog_proof(line, size - 1, log.inclusion(size - 1, size), checkpoint)
