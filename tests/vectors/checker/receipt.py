"""The receipt beside an archive (13.10): a C2SP tlog-proof of the leaf of its ExtractIssued."""

import struct

import check_vectors
from checker.events import check_slots, parse_event
from checker.failure import Failure
from checker.note import open_checkpoint
from checker.spelling import Misspelt, decimal, from_base64, hash_from_base64
from checker.tree import root_by_inclusion

EXTRACT_ISSUED = 312
MAX_RECEIPT_BYTES = 1 << 21


def refuse(holds, words):
    if not holds:
        raise Misspelt(words)


def parse_receipt(data):
    """Extra data, index, proof and the checkpoint's bytes."""
    refuse(len(data) <= MAX_RECEIPT_BYTES, "a receipt of more than 2 MiB")
    head, blank, checkpoint = data.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    refuse(blank and lines[0] == "c2sp.org/tlog-proof@v1" and len(lines) > 2, "not a tlog-proof")
    refuse(lines[1].startswith("extra ") and lines[2].startswith("index "), "no extra or index")
    refuse(len(lines) <= 3 + 64, "more hashes than a proof has")
    proof = [hash_from_base64(line) for line in lines[3:]]
    return from_base64(lines[1][6:]), decimal(lines[2][6:]), proof, checkpoint


def fields(data):
    """Content of each length-delimited field, by number."""
    found = {}
    for number, content, _ in check_vectors.read_fields(data):
        refuse(number not in found or number not in (4, 5), f"field {number} twice")
        found[number] = content
    return found


def check_issued(event, manifest):
    check_slots(event, [{0x00, 0x40, 0x41}])
    opened = {one["id"]: one["bytes"] for one in event.slots if "bytes" in one}
    refuse(opened.get(0x40) == struct.pack(">I", EXTRACT_ISSUED), "not an ExtractIssued")
    body = fields(opened.get(0x41, b""))
    refuse(body.get(4) == manifest.id.encode(), "of another extract's id")
    refuse(body.get(5) == manifest.digest, "of another manifest")


def check_receipt(data, manifest, policy):
    """That the leaf which issued this extract stands in a log of its ledger."""
    try:
        extra, index, proof, signed = parse_receipt(data)
        event, checkpoint = parse_event(extra), open_checkpoint(signed, manifest.key)
        refuse(event.origin == checkpoint.origin, "a checkpoint of another log")
        refuse(event.origin.startswith(manifest.ledger + "/"), "a log of another ledger")
        refuse(event.index == index, "a line of another index")
        refuse(event.slots is not None, "no slots")
        check_issued(event, manifest)
        leaf = check_vectors.leaf_hash(event.entry)
        root = root_by_inclusion(index, checkpoint.size, leaf, proof)
        refuse(root == checkpoint.root, "the leaf is not in the checkpoint's tree")
        refuse(policy is None or policy.reached_by(checkpoint.note), "no quorum of witnesses")
    except Misspelt as misspelt:
        raise Failure("receipt", "receipt", str(misspelt)) from None
