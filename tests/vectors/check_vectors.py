"""Checks the golden vectors with a second implementation, written from proto/FORMAT.md alone.

Usage: check_vectors.py [folder of records.json, openings.json and signatures.json]
Needs the package blake3. Exits with 1 where a vector differs.
"""

import hashlib
import json
import pathlib
import struct
import sys

from blake3 import blake3


class Refused(Exception):
    """A rule is broken; the argument is its name in FORMAT.md."""


# FORMAT.md 3: split


class Bytes:
    """Reads from the front of some bytes."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def ended(self):
        return self.at == len(self.data)

    def take(self, count, rule):
        if len(self.data) - self.at < count:
            raise Refused(rule)
        self.at += count
        return self.data[self.at - count : self.at]

    def varint(self, limit, truncated, too_long):
        """The value of a varint of at most `limit` bytes, and those bytes."""
        start = self.at
        while self.at - start < limit:
            if self.take(1, truncated)[0] < 0x80:
                raw = self.data[start : self.at]
                return sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(raw)), raw
        raise Refused(too_long)

    def short_varint(self, truncated, too_long, not_minimal):
        value, raw = self.varint(5, truncated, too_long)
        if len(raw) > 1 and raw[-1] == 0:
            raise Refused(not_minimal)
        return value


def read_frame(value):
    """Cuts a value into frame and rest (3.1)."""
    if value[:1] != b"\0":
        return b"", value
    reader = Bytes(value)
    reader.take(5, "frame_truncated")

    def number():
        return reader.short_varint(
            "frame_truncated", "frame_number_too_long", "frame_number_not_minimal"
        )

    count = number()
    if count & 1:
        raise Refused("frame_count_negative")
    if count > 2 * 16:
        raise Refused("frame_count_too_large")
    for _ in range(count // 2):
        number()
    return value[: reader.at], value[reader.at :]


def read_value(reader, wire_type, prefix):
    """The content of a length-delimited field, None for the other wire types (3.2.4)."""
    if wire_type == 0:
        value, _ = reader.varint(10, prefix + "truncated", prefix + "varint_too_long")
        if value >= 1 << 64:
            raise Refused(prefix + "varint_too_large")
        return None
    if wire_type == 2:
        length = reader.short_varint(
            prefix + "truncated", prefix + "length_too_long", prefix + "length_not_minimal"
        )
        return reader.take(length, prefix + "length_past_end")
    reader.take(8 if wire_type == 1 else 4, prefix + "truncated")
    return None


def read_fields(message, prefix=""):
    """Yields number, content (or None) and wire bytes of each field (3.2)."""
    reader = Bytes(message)
    last = 0
    while not reader.ended():
        start = reader.at
        tag = reader.short_varint(
            prefix + "truncated", prefix + "tag_too_long", prefix + "tag_not_minimal"
        )
        number, wire_type = tag >> 3, tag & 7
        if wire_type not in (0, 1, 2, 5):
            raise Refused(prefix + "wire_type")
        if number == 0:
            raise Refused(prefix + "field_number_zero")
        if number < last:
            raise Refused(prefix + "field_numbers_fall")
        last = number
        content = read_value(reader, wire_type, prefix)
        yield number, content, message[start : reader.at]


def read_body(content):
    """The blocks of a body (3.4)."""
    if content is None:
        raise Refused("body_not_delimited")
    blocks = {}
    for number, _, wire in read_fields(content, "body_"):
        if number > 503:
            raise Refused("body_field_over_503")
        blocks[number // 8] = blocks.get(number // 8, b"") + wire
    return blocks


def read_id(name, content, length, found):
    """Field 1 or 2 (3.3.1, 3.3.2)."""
    if name in found:
        raise Refused(name + "_twice")
    if content is None or len(content) != length:
        raise Refused(f"{name}_not_{length}_bytes")
    if name == "salt" and not any(content):
        raise Refused("salt_zero")
    found[name] = content


def split(value):
    """Frame, salt ‖ event_id, and the slots below 0x80 of a value that splits (3, 4)."""
    if value is None:
        raise Refused("null_value")
    frame, envelope = read_frame(value)
    found, slots = {}, {}
    for number, content, wire in read_fields(envelope):
        if number == 1:
            read_id("event_id", content, 16, found)
        if number == 2:
            read_id("salt", content, 32, found)
        elif number < 100:
            slots[number // 8] = slots.get(number // 8, b"") + wire
        elif "body" in found:
            raise Refused("body_twice")
        else:
            found["body"] = number, read_body(content)
    for name in ("event_id", "salt", "body"):
        if name not in found:
            raise Refused(name + "_missing")
    number, blocks = found["body"]
    slots[0x40] = struct.pack(">I", number)
    slots.update({0x41 + block: wire for block, wire in blocks.items()})
    return frame, found["salt"] + found["event_id"], slots


# FORMAT.md 4 to 6: slots, commitment, entry


def sized(data):
    return struct.pack(">I", len(data)) + data


def nullable(data, form=bytes):
    return b"\0" if data is None else b"\1" + form(data)


def header_list(headers):
    seen = ((name.split(b"\0")[0], value) for name, value in headers)
    return struct.pack(">I", len(headers)) + b"".join(
        sized(name) + nullable(value, sized) for name, value in seen
    )


def slots_of(record):
    """Rule that failed or None, seed, slots by id."""
    try:
        frame, seed, slots = split(record["value"])
        rule = None
    except Refused as refused:
        frame, seed, slots = b"", bytes(48), {0x82: nullable(record["value"])}
        rule = refused.args[0]
    slots[0x80] = nullable(record["key"])
    slots[0x81] = sized(frame) + header_list(record["headers"])
    return rule, seed, dict(sorted(slots.items()))


def constant(context):
    return blake3(b"", derive_key_context=context).digest()


SLOT_KEYS = constant("custodia.v1 slot keys")
SLOT = constant("custodia.v1 slot")
RECORD = constant("custodia.v1 record")


def slot_keys(seed, count):
    output = blake3(seed, key=SLOT_KEYS).digest(length=32 * count)
    return [output[32 * place : 32 * place + 32] for place in range(count)]


def slot_digest(key, data):
    return blake3(key + data, key=SLOT).digest()


def commitment_of(digests):
    return blake3(b"".join(bytes([slot]) + d for slot, d in digests), key=RECORD).digest()


def entry_of(record, splits, commitment):
    kind, millis = record["kind"], record["millis"]
    if millis == -1:
        kind = "none"
    flags = (1 if splits else 0) | (2 if kind == "log_append" else 0)
    return struct.pack(">BBQq", 1, flags, record["offset"], millis) + commitment


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


# FORMAT.md 8: stored form


def stored_form(record):
    kind = 0 if record["millis"] == -1 else {"create": 1, "log_append": 2}[record["kind"]]
    return (
        struct.pack(">BQBq", 1, record["offset"], kind, record["millis"])
        + nullable(record["key"], sized)
        + nullable(record["value"], sized)
        + header_list(record["headers"])
    )


# FORMAT.md 7: openings


def check_ids(ids, splits):
    last = -1
    for slot in ids:
        if not (slot <= 0x0C or 0x40 <= slot <= 0x82):
            raise Refused("unknown_slot")
        if slot <= last:
            raise Refused("not_ascending")
        if slot == 0x82 if splits else slot < 0x80:
            raise Refused("impossible_slot")
        last = slot
    if not set((0x00, 0x40, 0x80, 0x81) if splits else (0x80, 0x81, 0x82)) <= set(ids):
        raise Refused("missing_slot")


def demand(holds):
    if not holds:
        raise Refused("malformed_slot")


def check_block(block, data, below):
    fields = list(read_fields(data))
    demand(fields)
    demand(all(number // 8 == block and number < below for number, _, _ in fields))
    return fields


def check_first_block(fields):
    ids = [content for number, content, _ in fields if number == 1]
    demand(all(number != 2 for number, _, _ in fields))
    demand(len(ids) == 1 and ids[0] is not None and len(ids[0]) == 16)


def check_nullable(data):
    demand(data == b"\0" or data[:1] == b"\1")


def check_transport(data, splits):
    reader = Bytes(data)

    def taken():
        return reader.take(struct.unpack(">I", reader.take(4, "end"))[0], "end")

    frame = taken()
    (count,) = struct.unpack(">I", reader.take(4, "end"))
    for _ in range(count):
        demand(b"\0" not in taken())
        present = reader.take(1, "end")[0]
        demand(present < 2)
        if present:
            taken()
    demand(reader.ended())
    demand(splits or not frame)
    if frame:
        demand(frame[0] == 0)
        demand(read_frame(frame) == (frame, b""))


def check_value(data):
    check_nullable(data)
    if data == b"\0":
        return
    try:
        split(data[1:])
    except Refused:
        return
    demand(False)


def check_form(slot, data, splits):
    if slot <= 0x0C:
        fields = check_block(slot, data, 100)
        if slot == 0:
            check_first_block(fields)
    elif slot == 0x40:
        demand(len(data) == 4 and struct.unpack(">I", data)[0] >= 100)
    elif slot < 0x80:
        check_block(slot - 0x41, data, 504)
    elif slot == 0x80:
        check_nullable(data)
    elif slot == 0x81:
        check_transport(data, splits)
    else:
        check_value(data)


def check_opened(slots, splits):
    zeros = slot_keys(bytes(48), len(slots))
    for place, slot in enumerate(slots):
        if "digest" in slot:
            continue
        if not splits and slot["key"] != zeros[place]:
            raise Refused("not_the_zeros_key")
        try:
            check_form(slot["id"], slot["bytes"], splits)
        except Refused:
            raise Refused("malformed_slot") from None


def read_entry(entry):
    """Whether the record splits, and its commitment (6)."""
    demand(len(entry) == 50 and entry[0] == 1 and entry[1] < 4)
    return bool(entry[1] & 1), entry[18:]


def judge(entry, slots):
    """The reason why an opening is refused, or None."""
    try:
        splits, commitment = read_entry(entry)
        check_ids([slot["id"] for slot in slots], splits)
        check_opened(slots, splits)
        digests = [
            (slot["id"], slot.get("digest") or slot_digest(slot["key"], slot["bytes"]))
            for slot in slots
        ]
        if commitment_of(digests) != commitment:
            raise Refused("commitment")
    except Refused as refused:
        return refused.args[0]
    return None


# FORMAT.md 14: producers' signatures; RFC 8032 for Ed25519

CONTEXT = b"custodia.v1 producer\n"

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, PRIME) % PRIME
ROOT = pow(2, (PRIME - 1) // 4, PRIME)


def point_add(p, q):
    """In extended coordinates: x = X/Z, y = Y/Z, T = xyZ."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % PRIME, (p[1] + p[0]) * (q[1] + q[0]) % PRIME
    c, d = 2 * p[3] * q[3] * D % PRIME, 2 * p[2] * q[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def point_multiply(factor, point):
    total = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = point_add(total, point)
        point, factor = point_add(point, point), factor >> 1
    return total


def points_equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % PRIME == 0 == (p[1] * q[2] - q[1] * p[2]) % PRIME


def point_of(data):
    """The point that 32 bytes stand for, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * ROOT % PRIME
    if (x * x - square) % PRIME or (x == 0 and sign):
        return None
    x = PRIME - x if x & 1 != sign else x
    return x, y, 1, x * y % PRIME


BASE = point_of((4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little"))


def is_signature(public_key, message, signature):
    if len(signature) != 64:
        return False
    public, commitment = point_of(public_key), point_of(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if not public or not commitment or scalar >= ORDER:
        return False
    small = (0, 1, 1, 0)
    if any(points_equal(point_multiply(8, point), small) for point in (public, commitment)):
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    return points_equal(
        point_multiply(scalar, BASE), point_add(commitment, point_multiply(challenge, public))
    )


def signed_bytes(seed, slots):
    """The context, then id and digest of each slot that is signed."""
    slots = dict(sorted(slots.items()))
    keyed = zip(slots.items(), slot_keys(seed, len(slots)))
    return CONTEXT + b"".join(
        bytes([slot]) + slot_digest(key, data)
        for (slot, data), key in keyed
        if slot <= 0x02 or 0x40 <= slot <= 0x7F
    )


# FORMAT.md 12: vectors


def unhex(text):
    return None if text is None else bytes.fromhex(text)


def parse_record(parts):
    return {
        "offset": int(parts["offset"]),
        "kind": parts["timestamp_kind"],
        "millis": int(parts["timestamp_ms"]),
        "key": unhex(parts["key"]),
        "value": unhex(parts["value"]),
        "headers": [(unhex(name), unhex(value)) for name, value in parts["headers"]],
    }


def compute_record(parts):
    """All that a vector of records.json says beside the record."""
    record = parse_record(parts)
    rule, seed, slots = slots_of(record)
    keys = slot_keys(seed, len(slots))
    digests = [slot_digest(key, data) for key, data in zip(keys, slots.values())]
    commitment = commitment_of(list(zip(slots, digests)))
    entry = entry_of(record, rule is None, commitment)
    return {
        "rule": rule,
        "slots": [
            {"id": f"{slot:02x}", "bytes": data.hex(), "key": key.hex(), "digest": digest.hex()}
            for (slot, data), key, digest in zip(slots.items(), keys, digests)
        ],
        "commitment": commitment.hex(),
        "entry": entry.hex(),
        "leaf": leaf_hash(entry).hex(),
        "stored": stored_form(record).hex(),
    }


def compute_opening(vector):
    slots = [{name: unhex(text) for name, text in slot.items()} for slot in vector["slots"]]
    for slot in slots:
        slot["id"] = slot["id"][0]
    return {"refused": judge(unhex(vector["entry"]), slots)}


def compute_signature(vector):
    _, seed, slots = split(unhex(vector["value"]))
    vouches = {number: content for number, content, _ in read_fields(slots[0x03])}
    signed, signature = signed_bytes(seed, slots), vouches[25]
    return {
        "key_id": vouches.get(24, b"").hex(),
        "signature": signature.hex(),
        "signed": signed.hex(),
        "verifies": is_signature(unhex(vector["public_key"]), signed, signature),
    }


def differences(path, compute):
    """Names of vectors that differ, with what differs."""
    vectors = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    print(f"{path.name}: {len(vectors)} vectors")
    if not vectors:
        yield f"{path.name}: no vectors"
    for vector in vectors:
        computed = compute(vector)
        wrong = [name for name, value in computed.items() if vector[name] != value]
        if wrong:
            yield f"{path.name}: {vector['name']}: {', '.join(wrong)}"


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    wrong = list(differences(folder / "records.json", lambda v: compute_record(v["record"])))
    wrong += differences(folder / "openings.json", compute_opening)
    wrong += differences(folder / "signatures.json", compute_signature)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
