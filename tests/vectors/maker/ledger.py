"""A small ledger in memory: records at random, their leaves, trees and signed checkpoints."""

import dataclasses
import hashlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import check_vectors
from checker.note import COSIGNATURE, PLAIN, key_id
from checker.spelling import to_base64
from checker.tree import EMPTY_ROOT, left_size, node_hash

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


class Signer:
    """An Ed25519 key that signs under any name."""

    def __init__(self, seed):
        self.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed).digest())
        self.public = self.private.public_key().public_bytes_raw()

    def vkey(self, name, kind=PLAIN):
        material = to_base64(bytes([kind]) + self.public)
        return f"{name}+{key_id(name, kind, self.public).hex()}+{material}"

    def line(self, name, kind, signature):
        encoded = to_base64(key_id(name, kind, self.public) + signature)
        return f"\u2014 {name} {encoded}\n".encode()

    def sign(self, text, name):
        """A signed note."""
        data = text.encode()
        return data + b"\n" + self.line(name, PLAIN, self.private.sign(data))

    def cosign(self, note, name, time):
        """The note with a witness's signature under the others."""
        text = note.rpartition(b"\n\n")[0] + b"\n"
        message = f"cosignature/v1\ntime {time}\n".encode() + text
        signature = struct.pack(">Q", time) + self.private.sign(message)
        return note + self.line(name, COSIGNATURE, signature)


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def text_field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def number_field(number, value):
    return varint(number << 3) + varint(value)


def reference(rng):
    return "".join(rng.choices(ALPHABET, k=26))


def body(rng):
    """The fields of an event's body: some of each block, block 0 always."""
    parts = [text_field(1, b"courier-" + str(rng.randrange(40)).encode())]
    if rng.random() < 0.3:
        parts.append(text_field(2, b"incident-1"))
    parts.append(number_field(4, rng.randrange(1, 9)))
    if rng.random() < 0.7:
        parts.append(text_field(9, rng.randbytes(rng.randrange(20))))
    if rng.random() < 0.4:
        parts.append(text_field(16, reference(rng).encode()))
    if rng.random() < 0.3:
        parts.append(text_field(24, b"https://api.example/v1"))
    return b"".join(parts)


def envelope(rng, whom):
    parts = [text_field(1, rng.randbytes(16)), text_field(2, rng.randbytes(31) + b"\1")]
    parts.append(text_field(3, number_field(1, rng.randrange(1 << 31))))
    parts.append(text_field(4, b"loan-gateway"))
    if whom:
        parts.append(text_field(8, whom.encode()) + number_field(9, 1))
    if rng.random() < 0.4:
        parts.append(text_field(16, rng.randbytes(16)))
    if rng.random() < 0.3:
        parts.append(text_field(24, b"key-1") + text_field(25, rng.randbytes(64)))
    kind = rng.choice([101, 110, 120, 131, 205, 399])
    return b"".join(parts) + text_field(kind, body(rng))


def value(rng, whom):
    """Mostly an envelope, with or without a frame; sometimes what doesn't split."""
    chance = rng.random()
    if chance < 0.08:
        return rng.choice([None, b"", b"not an envelope", rng.randbytes(30)])
    frame = b"\0" + rng.randbytes(4) + b"\0" if chance < 0.2 else b""
    return frame + envelope(rng, whom)


def record(rng, offset):
    whom = reference(rng) if rng.random() < 0.8 else ""
    headers = [(b"content-type", b"application/protobuf"), (b"trace", None)]
    return {
        "offset": offset,
        "kind": rng.choice(["create", "log_append", "log_append"]),
        "millis": rng.choice([-1, 1793000000000 + offset, 1793000000000 + offset]),
        "key": whom.encode() if whom else rng.choice([None, b"", b"case-7"]),
        "value": value(rng, whom),
        "headers": headers[: rng.randrange(3)],
    }


@dataclasses.dataclass
class Leaf:
    """A record's entry and all its slots, opened."""

    entry: bytes
    slots: list
    splits: bool


def leaf(parts):
    rule, seed, slots = check_vectors.slots_of(parts)
    keys = check_vectors.slot_keys(seed, len(slots))
    opened = [
        {"id": slot, "bytes": data, "key": key} for (slot, data), key in zip(slots.items(), keys)
    ]
    digests = [(one["id"], check_vectors.slot_digest(one["key"], one["bytes"])) for one in opened]
    commitment = check_vectors.commitment_of(digests)
    return Leaf(check_vectors.entry_of(parts, rule is None, commitment), opened, rule is None)


class Log:
    """All leaves of one log, and roots and proofs of any of its sizes."""

    def __init__(self, origin, leaves):
        self.origin, self.leaves = origin, leaves
        self.hashes = [check_vectors.leaf_hash(one.entry) for one in leaves]

    def hash_of(self, first, end):
        if end - first < 2:
            return self.hashes[first] if first < end else EMPTY_ROOT
        middle = first + left_size(end - first)
        return node_hash(self.hash_of(first, middle), self.hash_of(middle, end))

    def root(self, size):
        return self.hash_of(0, size)

    def shared(self, size, indices):
        """The shared nodes of 13.8, by its words: largest first, from the left."""
        nodes, at = [], 0
        while at < size:
            if at in indices:
                at += 1
                continue
            count = 1
            while at % (2 * count) == 0 and at + 2 * count <= size:
                if indices & set(range(at, at + 2 * count)):
                    break
                count *= 2
            nodes.append(self.hash_of(at, at + count))
            at += count
        return nodes

    def consistency(self, old, new):
        """RFC 6962 2.1.2, word for word."""

        def proof(old, first, end, whole):
            if old == end - first:
                return [] if whole else [self.hash_of(first, end)]
            left = left_size(end - first)
            if old <= left:
                return proof(old, first, first + left, whole) + [self.hash_of(first + left, end)]
            below = proof(old - left, first + left, end, False)
            return below + [self.hash_of(first, first + left)]

        return proof(old, 0, new, True) if 0 < old else []

    def inclusion(self, index, size):
        """RFC 6962 2.1.1, word for word."""

        def path(index, first, end):
            if end - first == 1:
                return []
            left = left_size(end - first)
            if index < left:
                return path(index, first, first + left) + [self.hash_of(first + left, end)]
            return path(index - left, first + left, end) + [self.hash_of(first, first + left)]

        return path(index, 0, size)

    def checkpoint(self, size, signer):
        text = f"{self.origin}\n{size}\n{to_base64(self.root(size))}\n"
        return signer.sign(text, self.origin)


def make_log(rng, origin, size):
    offsets = sorted(rng.sample(range(3 * size + 1), size))
    return Log(origin, [leaf(record(rng, offset)) for offset in offsets])


class Ledger:
    """A few logs and the key that signs them."""

    NAME = "ledger.example"
    SIZES = {
        "custodia.access/0/0": 9,
        "custodia.events/0/0": 45,
        "custodia.events/1/0": 0,
        "custodia.events/1/1": 1,
        "custodia.events/2/0": 64,
        "custodia.registry/0/0": 13,
    }

    def __init__(self, rng):
        self.signer = Signer(rng.randbytes(32))
        self.witness = Signer(rng.randbytes(32))
        self.logs = [
            make_log(rng, f"{self.NAME}/{name}", size) for name, size in self.SIZES.items()
        ]

    def log(self, origin):
        return next(log for log in self.logs if log.origin == origin)

    @property
    def policy(self):
        """A policy that vouches for the key by one of its logs."""
        return f"log {self.signer.vkey(self.logs[0].origin)}\nquorum none\n".encode()
