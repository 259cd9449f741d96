"""Ways to spoil an extract, each by a seeded choice; some leave it good.

The first kind spoils the bytes of an archive, the second its members without telling the manifest, the
third a draft, which is then listed, hashed and signed again, so that deep checks are reached.
"""

import copy
import io
import zipfile
import zlib

from checker.archive import build, write_archive
from checker.manifest import checkpoint_name
from checker.profiles import PROFILES
from checker.spelling import from_base64, to_base64
from maker.draft import counts, finding, slot_line
from maker.ledger import Signer

OTHER = Signer(b"a key of somebody else")


def flip(rng, data):
    """One byte changed."""
    if not data:
        return b"\0"
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ rng.randrange(1, 256)]) + data[at + 1 :]


def flip_base64(rng, text):
    return to_base64(flip(rng, from_base64(text)))


# Bytes of an archive


def flip_anywhere(rng, members, archive):
    return flip(rng, archive)


def flip_container(rng, members, archive):
    """A byte outside of the members' own."""
    rebuilt = write_archive((name, b"") for name, _ in members)
    outside, at = [], 0
    for name, data in members:
        header = 30 + len(name.encode())
        outside += range(at, at + header)
        at += header + len(data)
    outside += range(at, len(archive))
    assert len(outside) == len(rebuilt)
    chosen = rng.choice(outside)
    changed = bytes([archive[chosen] ^ rng.randrange(1, 256)])
    return archive[:chosen] + changed + archive[chosen + 1 :]


def flip_member(rng, members, archive):
    """A byte of some member, the CRC-32 left as it was."""
    data = b""
    while not data:
        _, data = rng.choice(members)
    start = archive.index(data)
    return archive[:start] + flip(rng, data) + archive[start + len(data) :]


def cut_short(rng, members, archive):
    return archive[: rng.randrange(len(archive))]


def something_before(rng, members, archive):
    return rng.randbytes(rng.randrange(1, 9)) + archive


def something_after(rng, members, archive):
    return archive + rng.choice([b"\0", b"x", rng.randbytes(5), archive])


def another_writer(rng, members, archive):
    """What Python's zipfile makes of the same members."""
    out = io.BytesIO()
    method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(out, "w", method) as writer:
        if rng.random() < 0.3:
            writer.comment = b"made by hand"
        for name, data in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system = method, 0
            writer.writestr(info, data)
    return out.getvalue()


def wrong_crc(rng, members, archive):
    """A container in its form whose CRC-32 of one member is another, twice."""
    chosen = rng.randrange(len(members))
    return build(
        (name.encode(), rng.getrandbits(32) if place == chosen else crc, data)
        for place, (name, crc, data) in enumerate(with_crcs(members))
    )


def with_crcs(members):
    return [(name, zlib.crc32(data), data) for name, data in members]


def bomb(rng, members, archive):
    """A member that says it is deflated from far more bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, data in members:
            writer.writestr(name, bytes(1 << 22) if name == "events.jsonl" else data)
    return out.getvalue()


def many_members(rng, members, archive):
    return write_archive(members + [(f"extra/{n}", b"") for n in range(4097 - len(members))])


BYTES = [
    flip_anywhere,
    flip_container,
    flip_member,
    cut_short,
    something_before,
    something_after,
    another_writer,
    wrong_crc,
]
RARE_BYTES = [bomb, many_members]
WAYS_TO_FLIP = {way.__name__: way for way in (flip_anywhere, flip_container, flip_member)}


# Members, in an archive that is well made


def remove_member(rng, members):
    members.pop(rng.randrange(len(members)))


NAMES = [
    "../manifest.json",
    "/etc/passwd",
    "a\\b",
    "C:x",
    "a//b",
    "a/./b",
    "a.",
    " a",
    "a/b ",
    "Manifest.json",
    "timeline.CSV",
    "nul\0",
    "\x7f",
    "tab\t",
    "caf\u0065\u0301",
    "caf\u00e9",
    "x" * 201,
    "x" * 200,
    "",
    "checkpoints",
    "extra.txt",
    "报告.HTML",
]


def rename_member(rng, members):
    place = rng.randrange(len(members))
    members[place] = (rng.choice(NAMES), members[place][1])


def repeat_member(rng, members):
    members.insert(rng.randrange(len(members) + 1), rng.choice(members))


def swap_members(rng, members):
    one, other = rng.sample(range(len(members)), 2)
    members[one], members[other] = members[other], members[one]


def add_member(rng, members):
    members.insert(rng.randrange(len(members) + 1), (rng.choice(NAMES), rng.randbytes(3)))


def swap_contents(rng, members):
    one, other = rng.sample(range(len(members)), 2)
    (name, data), (other_name, other_data) = members[one], members[other]
    members[one], members[other] = (name, other_data), (other_name, data)


def spoil_member(rng, members):
    place = rng.randrange(len(members))
    name, data = members[place]
    ways = [flip(rng, data), data[:-1], data + b"\n", b"", data * 2, b"\xef\xbb\xbf" + data]
    members[place] = (name, rng.choice(ways))


MEMBERS = [
    remove_member,
    rename_member,
    repeat_member,
    swap_members,
    add_member,
    swap_contents,
    spoil_member,
]


# Drafts: what is changed here is listed and signed again


class Nothing(Exception):
    """The draft has nothing that this way could spoil."""


def choose(rng, things):
    if not things:
        raise Nothing
    return rng.choice(things)


def log_of(ledger, is_it):
    """A log of the ledger; the extracts beside these files are of others."""
    for log in ledger.logs:
        if is_it(log):
            return log
    raise Nothing


def cut_of(draft, log):
    """What a draft's cut says of a log."""
    for one in draft.manifest["cut"]["logs"]:
        if one["origin"] == log.origin:
            return one
    raise Nothing


def event(rng, draft):
    return choose(rng, draft.events)


def shown(rng, draft):
    return choose(rng, [event for event in draft.events if "slots" in event])


def event_removed(rng, draft, ledger):
    draft.events.remove(event(rng, draft))


def event_repeated(rng, draft, ledger):
    draft.events.insert(rng.randrange(len(draft.events) + 1), copy.deepcopy(event(rng, draft)))


def events_swapped(rng, draft, ledger):
    draft.events.insert(0, draft.events.pop(draft.events.index(event(rng, draft))))


def event_index(rng, draft, ledger):
    one = event(rng, draft)
    near = [int(one["index"]) + 1, max(0, int(one["index"]) - 1), 2**63, 2**64 - 1, 2**64]
    one["index"] = rng.choice([str(number) for number in near] + ["01", "-1", "-0", "", "+1", "1 "])


def event_log(rng, draft, ledger):
    origins = [log.origin for log in ledger.logs]
    strange = ["ledger.example/x/0/0", "other.example/custodia.events/0/0", "", "ledger.example"]
    event(rng, draft)["log"] = rng.choice(origins + strange)


def event_entry(rng, draft, ledger):
    one = event(rng, draft)
    entry = from_base64(one["entry"])
    ways = [
        flip(rng, entry),
        entry[:-1],
        entry + b"\0",
        b"\2" + entry[1:],
        entry[:1] + bytes([entry[1] ^ rng.choice([1, 2, 3, 4, 128])]) + entry[2:],
        entry[:10] + b"\xff" * 8 + entry[18:],
    ]
    one["entry"] = to_base64(rng.choice(ways))


def event_of_another_leaf(rng, draft, ledger):
    """A line that is good by itself, of a leaf that isn't there."""
    one, log = event(rng, draft), rng.choice([log for log in ledger.logs if log.leaves])
    leaf = rng.choice(log.leaves)
    one["entry"] = to_base64(leaf.entry)
    opened = {slot["id"] for slot in one.get("slots", ()) if "key" in slot}
    if "slots" in one:
        one["slots"] = [slot_line(slot, opened) for slot in leaf.slots]


def slot_spoilt(rng, draft, ledger):
    one = rng.choice(shown(rng, draft)["slots"])
    name = rng.choice([name for name in one if name != "id"])
    data = from_base64(one[name])
    ways = [flip(rng, data), data[:-1], data + b"\0", b"", data[1:], data * 2]
    one[name] = to_base64(rng.choice(ways))


def slot_id(rng, draft, ledger):
    one = rng.choice(shown(rng, draft)["slots"])
    one["id"] = rng.choice([0, 1, 2, 12, 13, 0x3F, 0x40, 0x41, 0x7F, 0x80, 0x82, 0x83, 255, 256])


def slot_removed(rng, draft, ledger):
    slots = shown(rng, draft)["slots"]
    slots.remove(rng.choice(slots))


def slot_repeated(rng, draft, ledger):
    slots = shown(rng, draft)["slots"]
    slots.insert(rng.randrange(len(slots) + 1), copy.deepcopy(rng.choice(slots)))


def slots_swapped(rng, draft, ledger):
    slots = shown(rng, draft)["slots"]
    one, other = rng.sample(range(len(slots)), 2)
    slots[one], slots[other] = slots[other], slots[one]


def contents_swapped(rng, draft, ledger):
    slots = shown(rng, draft)["slots"]
    one, other = rng.sample(slots, 2)
    one["id"], other["id"] = other["id"], one["id"]
    slots.sort(key=lambda slot: slot["id"])


def leaf_of(event, ledger):
    for log in ledger.logs:
        for leaf in log.leaves:
            if to_base64(leaf.entry) == event["entry"]:
                return leaf
    raise Nothing


def slots_opened_otherwise(rng, draft, ledger):
    """Right slots of the right leaf, but others of them opened."""
    one = shown(rng, draft)
    slots = leaf_of(one, ledger).slots
    opened = {slot["id"] for slot in one["slots"] if "key" in slot}
    ways = [
        opened ^ {rng.choice(slots)["id"]},
        opened - {1, 0x80},
        opened | {1, 0x80},
        opened - {1},
        opened - {0x80},
        {slot["id"] for slot in slots},
        set(),
        {0x40},
    ]
    opened = rng.choice(ways)
    one["slots"] = [slot_line(slot, opened) for slot in slots]


def slots_left_out(rng, draft, ledger):
    del shown(rng, draft)["slots"]


def slots_of_nothing(rng, draft, ledger):
    shown(rng, draft)["slots"] = []


WHERE = {"event": "e", "index": "3", "log": "ledger.example/custodia.events/0/0", "order_id": "o"}
PEOPLE = [{"field": "a", "pseudonym": "E-1"}, {"field": "a", "pseudonym": "E-2"}]
SAID = [
    ("duplicate_of", "3"),
    ("duplicate_of", 3),
    ("duplicate_of", "03"),
    ("reason", "not_an_envelope"),
    ("reason", 1),
    ("erased", WHERE),
    ("erased", WHERE | {"index": "-3"}),
    ("erased", WHERE | {"log": "nowhere"}),
    ("erased", WHERE | {"more": "x"}),
    ("erased", {}),
    ("people", PEOPLE),
    ("people", PEOPLE[::-1]),
    ("people", PEOPLE[:1] * 2),
    ("people", []),
    ("people", {}),
    ("people", [{"field": "a"}]),
    ("subject", "P-1"),
    ("subject", []),
    ("verdict", "accepted"),
    ("verdict", "duplicate"),
    ("verdict", "quarantined"),
    ("verdict", "unknown"),
    ("verdict", "Accepted"),
    ("more", "x"),
]


def said_changed(rng, draft, ledger):
    said = event(rng, draft)["said"]
    name, value = rng.choice(SAID)
    said[name] = copy.deepcopy(value)


def said_less(rng, draft, ledger):
    said = event(rng, draft)["said"]
    del said[rng.choice(list(said))]


def proof_removed(rng, draft, ledger):
    draft.proofs.remove(choose(rng, draft.proofs))


def proof_added(rng, draft, ledger):
    added = rng.choice([bytes(32), rng.randbytes(32), choose(rng, draft.proofs), b"x"])
    draft.proofs.insert(rng.randrange(len(draft.proofs) + 1), added)


def proofs_swapped(rng, draft, ledger):
    one, other = choose(rng, range(len(draft.proofs))), choose(rng, range(len(draft.proofs)))
    draft.proofs[one], draft.proofs[other] = draft.proofs[other], draft.proofs[one]


def proof_spoilt(rng, draft, ledger):
    one = choose(rng, range(len(draft.proofs)))
    draft.proofs[one] = flip(rng, draft.proofs[one])


def some_checkpoint(rng, ledger, draft):
    name = choose(rng, list(draft.checkpoints))
    return name, log_of(ledger, lambda log: checkpoint_name(log.origin) == name)


def checkpoint_of_another_size(rng, draft, ledger):
    name, log = some_checkpoint(rng, ledger, draft)
    draft.checkpoints[name] = log.checkpoint(rng.randrange(len(log.leaves) + 1), draft.signer)


def checkpoint_of_another_log(rng, draft, ledger):
    name, _ = some_checkpoint(rng, ledger, draft)
    draft.checkpoints[name] = choose(rng, list(draft.checkpoints.values()))


def checkpoint_forged(rng, draft, ledger):
    """Well signed, but of a text that can't be."""
    name, log = some_checkpoint(rng, ledger, draft)
    lines = draft.checkpoints[name].decode().split("\n")[:3]
    origin, size, root = lines
    ways = [
        [origin, size, flip_base64(rng, root)],
        [origin, str(int(size) + 1), root],
        [origin, "0" + size, root],
        [origin, size, root, "an extension"],
        [origin, size, root[:-1]],
        [origin, size, to_base64(from_base64(root)[:31])],
        [origin, str(2**64), root],
        [origin.replace("ledger", "other"), size, root],
        [origin, size],
        [origin + " ", size, root],
    ]
    lines = rng.choice(ways)
    text = "".join(line + "\n" for line in lines)
    draft.checkpoints[name] = draft.signer.sign(text, rng.choice([origin, lines[0]]))


def checkpoint_signed_otherwise(rng, draft, ledger):
    name, log = some_checkpoint(rng, ledger, draft)
    note = draft.checkpoints[name]
    text = note.rpartition(b"\n\n")[0].decode() + "\n"
    ours = draft.signer.sign(text, log.origin)
    theirs = OTHER.sign(text, log.origin).rpartition(b"\n\n")[2]
    witness = "witness.example/w"
    ways = [
        OTHER.sign(text, log.origin),
        draft.signer.sign(text, f"{ledger.NAME}/extract"),
        ours,
        ours + theirs,
        ours + ours.rpartition(b"\n\n")[2],
        ours[:-1],
        ours + b"\n",
        ours.replace(b"\xe2\x80\x94", b"-"),
        ours + "— \u00a0 AAAAAAA=\n".encode(),
        ledger.witness.cosign(ours, witness, 1 << 63),
        ledger.witness.cosign(ours, witness, 0),
        ledger.witness.cosign(OTHER.sign(text, log.origin), witness, 5),
        OTHER.cosign(ours, witness, 5),
        ours + ledger.witness.line(witness, 4, rng.randbytes(72)),
        ours + ledger.witness.line(witness, 4, b"short"),
        ours + ledger.witness.line("w x", 4, rng.randbytes(72)),
        ours + (theirs * 98),
        ours + (theirs * 99),
        ours + (theirs * 100),
    ]
    draft.checkpoints[name] = rng.choice(ways)


def cut_changed(rng, draft, ledger):
    cut = draft.manifest["cut"]
    log = choose(rng, cut["logs"])
    size = int(log["size"])
    ways = {
        "size": [str(size + 1), str(max(0, size - 1)), "0", "05", str(2**64), str(2**64 - 1), size],
        "root": [flip(rng, bytes.fromhex(log["root"])).hex(), log["root"].upper(), ""],
        "origin": [log["origin"] + "0", log["origin"].upper(), log["origin"].replace("/", "//")],
    }
    name = rng.choice(list(ways))
    log[name] = rng.choice(ways[name])
    recut_perhaps(rng, draft)


def recut_perhaps(rng, draft):
    if rng.random() < 0.8:
        try:
            draft.recut()
        except (ValueError, TypeError):
            pass


def cut_smaller(rng, draft, ledger):
    """A right root of another size."""
    log = choose(rng, [log for log in draft.manifest["cut"]["logs"] if log["size"] != "0"])
    whole = log_of(ledger, lambda whole: whole.origin == log["origin"])
    size = rng.randrange(1, len(whole.leaves) + 1)
    log["size"], log["root"] = str(size), whole.root(size).hex()
    recut_perhaps(rng, draft)


def cut_logs(rng, draft, ledger):
    logs = draft.manifest["cut"]["logs"]
    ways = [logs.reverse, logs.pop, lambda: logs.append(logs[-1]), lambda: rng.shuffle(logs)]
    rng.choice(ways)()
    recut_perhaps(rng, draft)


def cut_digest(rng, draft, ledger):
    cut = draft.manifest["cut"]
    digest = flip(rng, bytes.fromhex(cut["digest"])).hex()
    cut["digest"] = rng.choice([digest, cut["digest"].upper(), cut["digest"][2:]])


def held_changed(rng, draft, ledger):
    held = draft.manifest.setdefault("held", [])
    log = rng.choice(ledger.logs)
    size = rng.randrange(len(log.leaves) + 1)
    one = {"origin": log.origin, "root": log.root(size).hex(), "size": str(size)}
    ways = [
        lambda: held.append(one),
        lambda: held.insert(0, one),
        lambda: held and held.pop(),
        lambda: held and held.append(held[-1]),
        held.reverse,
        held.clear,
        lambda: held and held[0].update(root=flip(rng, bytes.fromhex(held[0]["root"])).hex()),
        lambda: held and held[0].update(size=str(int(held[0]["size"]) + 1)),
        lambda: held.append(one | {"origin": "other.example/t/0/0"}),
        lambda: held.append(one | {"origin": f"{ledger.NAME}/t/0/0"}),
    ]
    rng.choice(ways)()


def held_with_its_proof(rng, draft, ledger):
    """One more checkpoint held, at its place, its proof put at the end: often the wrong place."""
    held, log = draft.manifest.setdefault("held", []), rng.choice(ledger.logs)
    size = rng.randrange(len(log.leaves) + 1)
    held.append({"origin": log.origin, "root": log.root(size).hex(), "size": str(size)})
    held.sort(key=lambda one: (one["origin"], int(one["size"])))
    cut = cut_of(draft, log)
    sizes = sorted((size, int(cut["size"])))
    draft.proofs += log.consistency(*sizes) if sizes[0] != sizes[1] else []


VALUES = [
    ("profile", "R-SUBJECT"),
    ("profile", "R-RECIPIENT"),
    ("profile", "S-SELF"),
    ("profile", "R-INCIDENT"),
    ("profile", "R-EVERYTHING"),
    ("ledger", "other.example"),
    ("ledger", "Ledger.example"),
    ("edition", 0),
    ("edition", 254),
    ("edition", 1),
    ("edition", 2),
    ("edition", 256),
    ("edition", -1),
    ("edition", 1.5),
    ("edition", 2**53 + 1),
    ("edition", True),
    ("edition", None),
    ("edition", "255"),
    ("format", "custodia-extract/v2"),
    ("completeness", "map"),
    ("completeness", ""),
    ("absent", []),
    ("absent", ["b", "a"]),
    ("absent", ["a", "a"]),
    ("absent", ["a", 1]),
    ("absent", ["\uffff", "\U00010000"]),
    ("absent", ["\U00010000", "\uffff"]),
    ("policy_versions", []),
    ("policy_versions", ["b", "a"]),
    ("policy_versions", ["a", "b"]),
    ("open_elsewhere", ["ledger.example/custodia.events/0/0"]),
    ("open_elsewhere", ["ledger.example/custodia.events/8/0", "ledger.example/t/1/1"]),
    ("open_elsewhere", ["ledger.example/t/1/1", "ledger.example/custodia.events/8/0"]),
    ("open_elsewhere", ["other.example/custodia.events/8/0"]),
    ("open_elsewhere", ["ledger.example"]),
    ("open_elsewhere", []),
    ("rules", "00" * 32),
    ("rules", "00" * 31),
    ("rules", "AB" * 32),
    ("refuted", []),
    ("refuted", ["10", "9"]),
    ("refuted", ["1", "1"]),
    ("refuted", ["01"]),
    ("refuted", [1]),
    ("refuted", [str(2**64)]),
    ("policies", []),
    ("policies", ["b", "a"]),
    ("policies", [".a"]),
    ("policies", ["a."]),
    ("policies", ["a/b"]),
    ("policies", ["a" * 101]),
    ("policies", ["é"]),
    ("findings", []),
    ("held", []),
    ("held", {}),
    ("more", "x"),
    ("words", {"en": "x"}),
    ("words", {"en": "x", "zh-CN": "y"}),
]


def manifest_changed(rng, draft, ledger):
    name, value = rng.choice(VALUES)
    draft.manifest[name] = copy.deepcopy(value)
    if name == "profile" and rng.random() < 0.7:
        known = PROFILES.get(value)
        draft.manifest["query"]["kind"] = known.kind if known else "subject"


def counts_changed(rng, draft, ledger):
    """A count below k, a table less, a cell in another shape, or counts where none may stand."""
    if "counts" not in draft.manifest:
        draft.manifest["counts"] = counts()
        return
    table = rng.choice(draft.manifest["counts"])
    changes = [
        lambda: table["cells"][0].update(count=str(rng.randrange(10))),
        lambda: table["cells"].reverse(),
        lambda: table["cells"][0].update(month="2026-13"),
        lambda: table["cells"][0]["keys"].append("b"),
        lambda: draft.manifest["counts"].pop(),
        lambda: draft.manifest["query"].update(k=rng.choice(["0", "1", "2", "11"])),
        lambda: draft.manifest["query"].update({"from": "1788192000001"}),
        lambda: draft.manifest.pop("counts"),
    ]
    rng.choice(changes)()


def manifest_less(rng, draft, ledger):
    part = rng.choice([draft.manifest, draft.manifest["query"], draft.manifest["request"]])
    del part[rng.choice([name for name in part if name != "ledger"])]


def findings_changed(rng, draft, ledger):
    """What the operator says of rules, in another order or shape."""
    query = draft.manifest["query"]
    about = {query["kind"]: query.get("id", "courier-1")}
    said = [finding(about, cause) for cause in ("late", "later", "latest")]
    if rng.random() < 0.3:
        rng.shuffle(said)
    one = rng.choice(said)
    names = ["about", "cause", "clauses", "due", "judged", "judged_at", "leaves", "mark", "rule"]
    names += ["producer", "recipient", "result", "sentence", "since", "until"]
    name = rng.choice(names)
    leaf = {"index": "3", "log": "ledger.example/custodia.events/0/0"}
    values = {
        "about": [{}, {"subject": "a", "recipient": "b"}, {"operator": "x"}, "x", {"recipient": "z"}],
        "leaves": [[], [leaf], [leaf, leaf], [one["leaves"][0], leaf], {}],
        "mark": ["URGENT", None, "CRITICAL"],
        "result": ["PASS", "pass", "OVERDUE"],
        "rule": [0, 1, 44, 255, 256, "1"],
        "clauses": [[], ["b", "a"], "a", [1]],
        "due": [{}, {"strict": "1"}, {"lawful": "1"}, {"strict": 1}],
        "sentence": [{"en": "x"}, {"en": "x", "zh-CN": ""}],
    }
    if rng.random() < 0.3:
        del one[name]
    else:
        one[name] = rng.choice(values.get(name, ["", "x", "1", "-1", "01", 1]))
    draft.manifest["findings"] = said


def request_changed(rng, draft, ledger):
    nonces = ["", "x", "x" * 128, "x" * 129, "\u00e9", "a b", "~", "\x7f", "\n"]
    digests = ["", "ab" * 32, "AB" * 32, "ab" * 31]
    name = rng.choice(["nonce", "document_sha256", "more", "requester"])
    values = {"nonce": nonces, "document_sha256": digests, "more": ["x"], "requester": ["", 1]}
    draft.manifest["request"][name] = rng.choice(values[name])


def times_changed(rng, draft, ledger):
    part, name = rng.choice([("query", "from"), ("query", "until"), ("cut", "time")])
    times = ["0", "-0", "-1", "01", "1.0", "", " 1", str(2**63), str(2**63 - 1), str(-(2**63)), 7]
    draft.manifest[part][name] = rng.choice(times + [str(-(2**63) - 1), "９"])


def key_changed(rng, draft, ledger):
    name = f"{ledger.NAME}/extract"
    good = draft.signer.vkey(name)
    parts = good.split("+", 2)
    ways = [
        OTHER.vkey(name),
        draft.signer.vkey(name, 4),
        draft.signer.vkey(f"{ledger.NAME}/custodia.events/0/0"),
        "+".join([parts[0], parts[1].upper(), parts[2]]),
        "+".join([parts[0], "00000000", parts[2]]),
        "+".join(parts[:2]),
        good[:-1],
        good.replace(ledger.NAME, "other.example"),
    ]
    draft.manifest["key"] = rng.choice(ways)
    if rng.random() < 0.4:
        draft.signer = OTHER


def signer_changed(rng, draft, ledger):
    """Another key throughout: all of it is well signed by somebody else."""
    draft.manifest["key"] = OTHER.vkey(f"{ledger.NAME}/extract")
    for name, note in draft.checkpoints.items():
        text = note.rpartition(b"\n\n")[0].decode() + "\n"
        draft.checkpoints[name] = OTHER.sign(text, text.split("\n")[0])
    draft.signer = OTHER


def report_changed(rng, draft, ledger):
    reports = draft.reports
    ways = [
        lambda: reports.update({rng.choice(list(reports)): b"other"}),
        lambda: reports.pop(rng.choice(list(reports))),
        lambda: reports.update({rng.choice(NAMES): b"more"}),
        reports.clear,
    ]
    choose(rng, list(reports))
    rng.choice(ways)()


def checkpoint_members(rng, draft, ledger):
    name = choose(rng, list(draft.checkpoints))
    note = draft.checkpoints.pop(name)
    if rng.random() < 0.6:
        draft.checkpoints[rng.choice([name + "0", name.upper(), name, "checkpoints/x"])] = note


STRINGS = ["", "x", "1", "é", "\u0000", "\"\\/\b\f\n\r\t\u001f", "\u2028", "\U0001f512", "k" * 300]


def paths(value, path=()):
    """All places in a JSON value, each as the way to it."""
    yield path
    if isinstance(value, list):
        value = dict(enumerate(value))
    for name, part in value.items() if isinstance(value, dict) else ():
        yield from paths(part, path + (name,))


def json_changed(rng, draft, ledger):
    """Something at any place of the manifest or of a line becomes something else."""
    whole = rng.choice([draft.manifest] + draft.events[:3])
    *way, last = choose(rng, [path for path in paths(whole) if path and path != ("ledger",)])
    holder = whole
    for name in way:
        holder = holder[name]
    old = holder[last]
    if rng.random() < 0.2:
        del holder[last]
    elif isinstance(old, str) and old and rng.random() < 0.5:
        at = rng.randrange(len(old))
        holder[last] = old[:at] + rng.choice("a0Z-/=") + old[at + 1 :]
    else:
        holder[last] = rng.choice(STRINGS + [0, 255, 256, [], {}, [old], {"x": old}, old])


DRAFTS = [value for name, value in list(globals().items()) if getattr(value, "__code__", None)]
DRAFTS = [way for way in DRAFTS if way.__code__.co_varnames[:3] == ("rng", "draft", "ledger")]


# Spellings: the bytes of the manifest, of a line or of the note, listed and signed as they are


def misspell(rng, data):
    text = data.decode()
    ways = [
        " " + text,
        text + "\n",
        text.replace(":", ": ", 1),
        text.replace(",", ",\n", 1),
        text.replace("e", "\\u0065", 1),
        text.replace("/", "\\/", 1),
        text[:-1] + ',"z":null}',
        text[:-1] + ',"z":false}',
        text[:1] + '"zz":1,' + text[1:],
        text[:-1] + "," + text[1:],
        "\ufeff" + text,
        "[" + text + "]",
        text.replace("255", "255.0"),
        text.replace("255", "2.55e2"),
        text.replace("255", "0255"),
        text.replace("255", "9007199254740993"),
        text.replace("255", "-0"),
        text.replace("255", "NaN"),
        text.replace('"', "'"),
        text[:-1],
        "[" * 100_000,
        '{"a":' * 2_000 + "1" + "}" * 2_000,
    ]
    way = rng.choice(ways).encode()
    broken = [flip(rng, data), data.replace(b"e", b"\xff", 1), data.replace(b"e", b"\\ud800", 1)]
    return rng.choice([way, way, way] + broken)


def misspelt_manifest(rng, draft):
    members = draft.seal()
    return draft.sign(misspell(rng, members[0][1]), members[2:])


def misspelt_line(rng, draft):
    lines = draft.lines().split(b"\n")
    place = rng.randrange(len(lines))
    lines[place] = misspell(rng, lines[place] or b"{}")
    draft.lines = lambda: b"\n".join(lines)
    return draft.seal()


def misspelt_note(rng, draft):
    members = draft.seal()
    name, note = members[1]
    text, blank, signature = note.rpartition(b"\n\n")
    signed = text.decode() + "\n"
    key = draft.manifest["ledger"] + "/extract"
    ways = [
        OTHER.sign(signed, key),
        draft.signer.sign(signed, draft.manifest["ledger"] + "/custodia.events/0/0"),
        note + OTHER.sign(signed, key).rpartition(b"\n\n")[2],
        note + signature,
        draft.signer.sign(signed + "more\n", key),
        draft.signer.sign(signed.replace("v1", "v2"), key),
        draft.signer.sign(signed.upper(), key),
        draft.signer.sign(signed.replace("ledger", "other"), key),
        draft.signer.sign("\n" + signed, key),
        draft.signer.sign(signed.replace("\n", "\r\n"), key),
        note[:-1],
        note + b"\n",
        text + b"\n",
        note.replace(b"=\n", b"\n"),
        b"",
    ]
    members[1] = (name, rng.choice(ways))
    return members


def misspelt_members(rng, draft):
    """The manifest's own list of members is another."""

    def change(manifest):
        members = manifest["members"]
        one = rng.choice(members)
        ways = [
            lambda: one.update(length=rng.choice(["0", "07", str(2**64), 7])),
            lambda: one.update(sha256=rng.choice([one["sha256"].upper(), "00" * 32, ""])),
            lambda: one.update(name=rng.choice(NAMES)),
            lambda: members.remove(one),
            lambda: members.append(one),
            members.reverse,
            members.clear,
            lambda: one.update(more="x"),
        ]
        rng.choice(ways)()

    return draft.seal(change)


SPELLINGS = [misspelt_manifest, misspelt_line, misspelt_note, misspelt_members]


def spoil(rng, draft, ledger):
    """A way's name and the archive that it makes of a good draft."""
    kind = rng.choices(["bytes", "members", "drafts", "spellings"], weights=[25, 12, 50, 13])[0]
    draft = copy.deepcopy(draft)
    if kind == "drafts":
        way = rng.choice(DRAFTS)
        try:
            way(rng, draft, ledger)
        except Nothing:
            return spoil(rng, draft, ledger)
        return way.__name__, draft.archive()
    if kind == "spellings":
        way = rng.choice(SPELLINGS)
        return way.__name__, write_archive(way(rng, draft))
    members = draft.seal()
    if kind == "bytes":
        way = rng.choice(RARE_BYTES) if rng.random() < 0.02 else rng.choice(BYTES)
        return way.__name__, way(rng, members, write_archive(members))
    way = rng.choice(MEMBERS)
    way(rng, members)
    return way.__name__, write_archive(members)
