"""The leaves shown: lines of events.jsonl (13.7)."""

import dataclasses

import check_vectors
from checker import spelling
from checker.failure import Failure
from checker.profiles import OF_NOBODY, PROFILES
from checker.shape import ascending, check_object, checked, integer, one_of, spelt, text
from checker.spelling import Misspelt, decimal, from_base64, hash_from_base64, parse_origin

TYPE, WHOM = 0x40, {0x01, 0x80}
MAX_EVENTS = 1_000_000
VERDICTS = ("accepted", "duplicate", "quarantined", "unknown")


@dataclasses.dataclass(frozen=True)
class Event:
    """A leaf and what is shown of it; `slots` is None where the payload is erased."""

    origin: str
    index: int
    entry: bytes
    slots: list | None
    said: dict


def entry(value):
    data = from_base64(text(value))
    form = len(data) == 50 and data[0] == 1 and data[1] < 4
    if not form or data[1] & 2 and data[10:18] == b"\xff" * 8:
        raise Misspelt("not an entry")
    return data


def slot(value):
    if isinstance(value, dict) and "digest" in value:
        return check_object(value, {"digest": spelt(hash_from_base64), "id": integer})
    must = {"bytes": spelt(from_base64), "id": integer, "key": spelt(hash_from_base64)}
    return check_object(value, must)


def slots(value):
    if not isinstance(value, list):
        raise Misspelt("not an array")
    return [slot(part) for part in value]


def erased(value):
    return check_object(
        value,
        {
            "event": text,
            "index": spelt(decimal),
            "log": checked(parse_origin),
            "order_id": text,
        },
    )


def person(value):
    return check_object(value, {"field": text, "pseudonym": text})


def by_field(one):
    return one["field"].encode(), one["pseudonym"].encode()


MUST = {
    "entry": entry,
    "index": spelt(decimal),
    "log": checked(parse_origin),
    "said": lambda value: check_object(value, {"verdict": one_of(*VERDICTS)}, MAY_BE_SAID),
}
MAY_BE_SAID = {
    "duplicate_of": spelt(decimal),
    "erased": erased,
    "people": ascending(person, key=by_field),
    "reason": text,
    "subject": text,
}


def check_said(said, erased):
    verdict = said["verdict"]
    if ("duplicate_of" in said) != (verdict == "duplicate"):
        raise Misspelt("said: duplicate_of without duplicate, or the other way round")
    if ("reason" in said) != (verdict == "quarantined"):
        raise Misspelt("said: reason without quarantined, or the other way round")
    if "erased" in said and not erased:
        raise Misspelt("said: erased, but slots are shown")


def parse_event(line):
    """A line without its U+000A, checked as far as it goes by itself."""
    found = check_object(spelling.from_json(line), MUST, {"slots": slots})
    check_said(found["said"], "slots" not in found)
    return Event(
        found["log"], found["index"], found["entry"], found.get("slots"), found["said"]
    )


def check_slots(event, openings):
    """That the slots keep §7, and that those opened are of those that stand one of `openings`."""
    reason = check_vectors.judge(event.entry, event.slots)
    if reason:
        raise Misspelt(f"slots: {reason}")
    standing = {one["id"] for one in event.slots}
    opened = {one["id"] for one in event.slots if "key" in one}
    if all(opened != standing & opening for opening in openings):
        raise Misspelt("slots: opened or withheld against the profile")


def openings(profile, verdict):
    """The slots that may be opened of a leaf; with R-SUBJECT it may be about another person."""
    if verdict not in ("accepted", "duplicate"):
        return [{TYPE}]
    opens = PROFILES[profile].opens
    others = [opens - WHOM] if PROFILES[profile].others else []
    return [opens, *others]


def check_of_nobody(event):
    """That a leaf shows an event that names nobody."""
    slots = event.slots or []
    kind = b"".join(one.get("bytes", b"") for one in slots if one["id"] == TYPE)
    fits = int.from_bytes(kind) in OF_NOBODY and event.said["verdict"] != "quarantined"
    if not fits or any(one["id"] == 0x01 for one in slots):
        raise Misspelt("a leaf that may be of a person")


def check_event(event, manifest):
    """A line against the manifest; gives its place in the order of lines."""
    place, log = manifest.log(event.origin)
    if event.index >= log.size:
        raise Misspelt("an index beyond the log's size")
    if "subject" in event.said and not PROFILES[manifest.profile].pseudonyms:
        raise Misspelt("said: a subject in an extract without pseudonyms")
    if PROFILES[manifest.profile].nobody:
        check_of_nobody(event)
    if event.slots is not None:
        check_slots(event, openings(manifest.profile, event.said["verdict"]))
    return place, event.index


def check_events(data, manifest):
    """Leaf hashes by index, for each log's origin."""
    leaves, last = {log.origin: {} for log in manifest.logs}, (-1, -1)
    if data.count(b"\n") > MAX_EVENTS:
        raise Failure("events.jsonl", "too_many", f"more than {MAX_EVENTS} lines")
    lines = data.split(b"\n")
    if lines.pop():
        raise Failure(f"events.jsonl line {len(lines) + 1}", "line", "no U+000A at its end")
    for number, line in enumerate(lines, 1):
        try:
            event = parse_event(line)
            at = check_event(event, manifest)
            if at <= last:
                raise Misspelt("not in ascending order")
        except Misspelt as misspelt:
            raise Failure(f"events.jsonl line {number}", "line", str(misspelt)) from None
        last = at
        leaves[event.origin][event.index] = check_vectors.leaf_hash(event.entry)
    return leaves
