"""Texts that have one spelling: base64, hex, decimal numbers, canonical JSON (13.3), names (10)."""

import base64
import binascii
import json
import re

U64 = range(0, 1 << 64)
I64 = range(-(1 << 63), 1 << 63)
MAX_JSON_BYTES = 1 << 24
HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")


class Misspelt(ValueError):
    """Bytes that a writer would not have written."""


def from_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Misspelt("not base64") from None
    if to_base64(data) != text:
        raise Misspelt("not the one spelling of base64")
    return data


def to_base64(data):
    return base64.b64encode(data).decode("ascii")


def hash_from_base64(text):
    data = from_base64(text)
    if len(data) != 32:
        raise Misspelt("not 32 bytes")
    return data


def decimal(text, among=U64):
    if not re.fullmatch(r"0|-?[1-9][0-9]{0,19}", text, re.ASCII) or int(text) not in among:
        raise Misspelt(f"not a number of 64 bits in its one spelling: {text[:40]!r}")
    return int(text)


def from_hex(text, length):
    if not re.fullmatch(f"[0-9a-f]{{{2 * length}}}", text):
        raise Misspelt(f"not {length} bytes in lower-case hex")
    return bytes.fromhex(text)


def is_ledger_name(text):
    return len(text) <= 253 and all(HOST_LABEL.fullmatch(label) for label in text.split("."))


def parse_origin(text):
    """Ledger, topic, partition and generation, as texts (10)."""
    parts = text.split("/")
    if len(parts) != 4 or not is_ledger_name(parts[0]):
        raise Misspelt(f"not an origin: {text[:80]!r}")
    if not TOPIC.fullmatch(parts[1]) or parts[1] in (".", ".."):
        raise Misspelt(f"not a topic: {parts[1][:80]!r}")
    for number in parts[2:]:
        decimal(number, range(0, 1 << 31))
    return parts


def no_name_twice(pairs):
    names = dict(pairs)
    if len(names) != len(pairs):
        raise Misspelt("a name twice")
    return names


def no_such_number(text):
    raise Misspelt(f"a number that has no place here: {text[:40]}")


def small_integer(text):
    if not re.fullmatch("0|[1-9][0-9]{0,2}", text) or int(text) > 255:
        no_such_number(text)
    return int(text)


def refuse_unused(value):
    """Refuses null, true and false: no member has them."""
    if value is None or isinstance(value, bool):
        raise Misspelt(f"{value} has no place here")
    if isinstance(value, dict):
        value = list(value.values())
    for part in value if isinstance(value, list) else ():
        refuse_unused(part)


def in_order(value):
    """The same with names in RFC 8785's order, by UTF-16 code units."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: in_order(value[name]) for name in names}
    return [in_order(part) for part in value] if isinstance(value, list) else value


def to_json(value):
    return json.dumps(in_order(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def from_json(data):
    """The object that canonical bytes spell."""
    if len(data) > MAX_JSON_BYTES:
        raise Misspelt("more than 2^24 bytes")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=no_name_twice,
            parse_int=small_integer,
            parse_float=no_such_number,
            parse_constant=no_such_number,
        )
        refuse_unused(value)
        canonical = to_json(value)
    except Misspelt:
        raise
    except (ValueError, RecursionError) as error:
        raise Misspelt(f"not JSON: {error}") from None
    if canonical != data:
        raise Misspelt("not the canonical spelling")
    if not isinstance(value, dict):
        raise Misspelt("not an object")
    return value
