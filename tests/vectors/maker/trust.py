"""What a user might hand a checker besides an extract: policies, known checkpoints, receipts."""

from checker.note import COSIGNATURE
from checker.spelling import to_base64
from maker.ledger import Signer
from maker.receipt import receipt

STRANGER = Signer(b"a stranger")
SECOND = Signer(b"a witness who cosigns nothing")
# A type that nobody here verifies: ML-DSA-44 (C2SP tlog-cosignature).
UNVERIFIED = "witness.example/q+01020304+" + to_base64(b"\6" + bytes(1312))

# After the lines of log and witnesses w, x and q; only w cosigned.
QUORUMS = [
    ["quorum none"],
    ["quorum w"],
    ["quorum x"],
    ["quorum q"],
    ["group g any w x", "quorum g"],
    ["group g all w x", "quorum g"],
    ["group g 2 w x q", "quorum g"],
    ["group g 1 x q", "group h any w g", "quorum h"],
    ["group g 1 x q", "group h 2 w g", "quorum h"],
    ["group g 1 w", "group h all g", "quorum  h\t"],
]


def witnesses(ledger):
    return [
        f"witness w {ledger.witness.vkey('witness.example/w', COSIGNATURE)}",
        f"\twitness x {SECOND.vkey('witness.example/x', COSIGNATURE)} https://x.example/",
        f"witness q {UNVERIFIED}",
        " # who else",
        "",
    ]


def logs(rng, ledger):
    """Mostly a line that vouches for the ledger's key, under one of its names."""
    ours = [log.origin for log in ledger.logs] + [f"{ledger.NAME}/extract"]
    another_key = STRANGER.vkey(rng.choice(ours))
    another_ledger = STRANGER.vkey(f"other.example/{rng.choice(['extract', 't/0/0'])}")
    no_name = ledger.signer.vkey(f"{ledger.NAME}/custodia.events")
    good = ledger.signer.vkey(rng.choice(ours))
    ways = [[good], [good, another_key], [another_key], [another_ledger, good], [no_name], []]
    return [f"log {vkey}" for vkey in rng.choices(ways, weights=[20, 1, 1, 1, 1, 1])[0]]


def policy(rng, ledger):
    """A policy, or None."""
    if rng.random() < 0.1:
        return None
    quorum = rng.choice(QUORUMS) if rng.random() < 0.4 else ["quorum none"]
    lines = logs(rng, ledger) + witnesses(ledger) + quorum
    return "".join(line + "\n" for line in lines).encode()


def known(rng, ledger):
    """Checkpoints that the user holds: mostly none, else a real one, a fork, or a stranger's."""
    if rng.random() < 0.85:
        return ()
    log = rng.choice(ledger.logs)
    size = rng.randrange(len(log.leaves) + 1)
    real = log.checkpoint(size, ledger.signer)
    fork = f"{log.origin}\n{size}\n{to_base64(bytes(32))}\n"
    other = f"{ledger.NAME}/custodia.events/7/0"
    ways = [
        (real,),
        (real, log.checkpoint(0, ledger.signer)),
        (ledger.signer.sign(fork, log.origin),),
        (log.checkpoint(size, STRANGER),),
        (ledger.signer.sign(f"{other}\n0\n{to_base64(bytes(32))}\n", other),),
        (real[:-1],),
    ]
    return rng.choices(ways, weights=[12, 3, 1, 1, 1, 1])[0]


def some_receipt(rng, ledger, manifest):
    """A receipt of the extract with this manifest, sometimes of another or with a byte changed."""
    ways = [
        lambda: receipt(rng, ledger, manifest),
        lambda: receipt(rng, ledger, manifest, {4: b"00" * 32}),
        lambda: receipt(rng, ledger, manifest, {5: bytes(32)}),
        lambda: receipt(rng, ledger, manifest, opened={0x00, 0x40}),
        lambda: receipt(rng, ledger, manifest, opened={0x00, 0x40, 0x41, 0x80}),
    ]
    good = rng.choices(ways, weights=[6, 1, 1, 1, 1])[0]()
    at = rng.randrange(len(good))
    changed = good[:at] + bytes([good[at] ^ rng.randrange(1, 256)]) + good[at + 1 :]
    return changed if rng.random() < 0.3 else good
