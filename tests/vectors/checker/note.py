"""C2SP signed-note, vkeys, tlog-checkpoint and Ed25519 (10)."""

import dataclasses
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from checker.spelling import Misspelt, decimal, from_base64, hash_from_base64

MAX_NOTE_BYTES = 1 << 20
MAX_SIGNATURES = 100
PLAIN, COSIGNATURE = 1, 4

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
# Unicode's White_Space, which str.isspace isn't.
SPACE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


def is_small_order(point):
    """Whether 8 times the encoded point is the neutral one: y is 0, 1 or -1, or that of order 8."""
    y = (int.from_bytes(point, "little") & (1 << 255) - 1) % P
    return y in (0, 1, P - 1) or (D * y**4 + 2 * y * y - 1) % P == 0


def is_point(point):
    """Whether 32 bytes encode a point of the curve (RFC 8032, 5.1.3)."""
    y = (int.from_bytes(point, "little") & (1 << 255) - 1) % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    return square == 0 or pow(square, (P - 1) // 2, P) == 1


def signed_by(public, signature, message):
    if len(signature) != 64 or is_small_order(signature[:32]):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def check_key_name(name):
    if not name or SPACE.search(name) or "+" in name or any(char < " " for char in name):
        raise Misspelt(f"not a key's name: {name[:80]!r}")


def key_id(name, kind, public):
    return hashlib.sha256(name.encode("utf-8") + bytes([10, kind]) + public).digest()[:4]


@dataclasses.dataclass(frozen=True)
class Key:
    """A public key under a name; `kind` is its signature type."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self):
        return key_id(self.name, self.kind, self.public)

    @property
    def usable(self):
        return self.kind in (PLAIN, COSIGNATURE)

    def under(self, name):
        return dataclasses.replace(self, name=name)


def parse_vkey(text):
    """A key; its id is checked where its type is known."""
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise Misspelt("not a vkey")
    name, written, material = parts[0], parts[1], from_base64(parts[2])
    check_key_name(name)
    if not re.fullmatch("[0-9a-f]{8}", written) or not material:
        raise Misspelt("not a vkey")
    key = Key(name, material[0], material[1:])
    if key.usable:
        if len(key.public) != 32 or not is_point(key.public) or is_small_order(key.public):
            raise Misspelt("not a usable Ed25519 key")
        if key.id.hex() != written:
            raise Misspelt("the vkey's id is not that of its name and key")
    return key


@dataclasses.dataclass(frozen=True)
class Note:
    """A text and its signature lines: key name, key id, signature."""

    text: str
    signatures: tuple

    def verified_by(self, keys):
        """Those of `keys` that signed; refuses a bad signature of any of them."""
        signers = []
        for name, written, signature in self.signatures:
            for key in keys:
                if (key.name, key.id) == (name, written):
                    self.verify(key, signature)
                    signers.append(key)
        return signers

    def verify(self, key, signature):
        message = self.text.encode("utf-8")
        if key.kind == COSIGNATURE:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = f"cosignature/v1\ntime {time}\n".encode() + message
            if time >= 1 << 63:
                raise Misspelt("a cosignature's time is too large")
        if not signed_by(key.public, signature, message):
            raise Misspelt(f"the signature of {key.name!r} is not good")


def parse_signature(line):
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014":
        raise Misspelt("not a signature line")
    check_key_name(parts[1])
    signature = from_base64(parts[2])
    if len(signature) < 5:
        raise Misspelt("a signature without bytes")
    return parts[1], signature[:4], signature[4:]


def parse_note(data):
    if len(data) > MAX_NOTE_BYTES:
        raise Misspelt("a note of more than 1 MiB")
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Misspelt("a note that is not UTF-8") from None
    if any(char < " " and char != "\n" for char in note):
        raise Misspelt("a control character in a note")
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise Misspelt("no signatures after a blank line")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Misspelt(f"more than {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(parse_signature(line) for line in lines))


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A size and root of one log, and the note that says so."""

    origin: str
    size: int
    root: bytes
    note: Note


def parse_checkpoint(data):
    note = parse_note(data)
    lines = note.text[:-1].split("\n")
    if len(lines) != 3 or not lines[0]:
        raise Misspelt("not origin, size and root")
    return Checkpoint(lines[0], decimal(lines[1]), hash_from_base64(lines[2]), note)


def open_checkpoint(data, key):
    """A checkpoint that `key`'s public key signed under its origin."""
    checkpoint = parse_checkpoint(data)
    check_key_name(checkpoint.origin)
    if not checkpoint.note.verified_by([key.under(checkpoint.origin)]):
        raise Misspelt("not signed by the ledger's key under its origin")
    return checkpoint
