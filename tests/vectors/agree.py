"""Whether custodia-verify and the checker beside this file say the same of extracts, good and spoilt.

Usage: agree.py [PROGRAM] [--count N]

First the extracts that stand in extract/, whole and with bytes changed, then extracts made here of a
ledger in memory, then N seeded spoilings of both (maker/spoil.py). Prints the seed; CUSTODIA_SEED repeats
it. Exits with 1 where the two disagree, and leaves such extracts in a folder that it names. Without
PROGRAM only the checker runs: it must accept what is good, refuse what has one byte changed, and crash on
nothing.

The checker doesn't make an edition's documents again, the program does: of an edition that it knows it
says more ("proven", or that a document is another one), and of nothing else.
"""

import argparse
import collections
import dataclasses
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from checker.archive import name_fits, read_archive, read_folder
from checker.failure import Failure
from checker.manifest import EDITIONS
from checker.policy import parse_policy
from checker.verify import Asked, verify
from check_extract import EXIT
from maker import trust
from maker.draft import PROFILES, draft, load
from maker.ledger import Ledger, Signer
from maker.spoil import WAYS_TO_FLIP, spoil

GOLDEN = pathlib.Path(__file__).parent / "extract"
MADE = 40
GOLDEN_FLIPS = 40
ACCEPTED = ("proven", "reports_unchecked", "unconfirmed_key")
CODES = EXIT | {"proven": 0}


@dataclasses.dataclass
class Case:
    """One extract, and what its checkers are handed besides; `whole` where nothing was changed."""

    name: str
    archive: bytes
    policy: bytes | None = None
    known: tuple = ()
    receipt: bytes | None = None
    folder: bool = False
    whole: bool = False


def unpack(archive, folder):
    for name, data in read_archive(archive).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def can_unpack(archive):
    """Whether a folder can have the members: none is a file and a folder at once."""
    try:
        names = set(read_archive(archive))
    except Failure:
        return False
    return all(name_fits(name) for name in names) and not any(
        str(folder) in names for name in names for folder in pathlib.PurePosixPath(name).parents
    )


def write_case(case, folder):
    """Writes a case's files and gives the program's arguments."""
    path, arguments = folder / "extract.zip", ["--json"]
    path.write_bytes(case.archive)
    if case.policy is not None:
        (folder / "policy").write_bytes(case.policy)
        arguments += ["--policy", str(folder / "policy")]
    for number, note in enumerate(case.known):
        (folder / f"known-{number}").write_bytes(note)
        arguments += ["--known", str(folder / f"known-{number}")]
    if case.receipt is not None:
        (folder / "extract.zip.tlog-proof").write_bytes(case.receipt)
    if case.folder:
        unpack(case.archive, folder / "unpacked")
        path = folder / "unpacked"
        if case.receipt is not None:
            arguments += ["--receipt", str(folder / "extract.zip.tlog-proof")]
    return arguments + [str(path)]


def theirs(program, arguments):
    """What the program says, its exit code held against its words."""
    done = subprocess.run([program, *arguments], capture_output=True, check=False)
    if done.returncode not in CODES.values():
        return {"outcome": f"exit code {done.returncode}", "failures": [], "words": done.stderr}
    said = json.loads(done.stdout)
    if CODES.get(said["outcome"]) != done.returncode:
        said["outcome"] += f" with exit code {done.returncode}"
    return said


def ours(case, folder):
    policy = None if case.policy is None else parse_policy(case.policy)
    asked = Asked(policy, case.known, case.receipt)
    if case.folder:
        return verify(lambda: read_folder(folder / "unpacked"), False, asked).to_json()
    return verify(lambda: read_archive(case.archive), True, asked).to_json()


def member_of(place, members):
    """The member that a place begins with, or None."""
    named = [name for name in members if place == name or place.startswith(name + " ")]
    return max(named, key=len, default=None)


def other_document(said):
    """Whether all that fails is that the edition makes another document, or judges otherwise."""
    reports = {name for names in EDITIONS.values() for name in names} | {"counts.csv"}

    def is_of_edition(place):
        return member_of(place, reports) or place.startswith("policy/")

    return said["outcome"] == "failed" and all(
        one["reason"] == "contradiction"
        or one["reason"] == "document"
        and is_of_edition(one["place"])
        for one in said["failures"]
    )


def same_outcome(case, our, their):
    mine, other = our["outcome"], their["outcome"]
    if mine not in ACCEPTED or our["edition"] not in EDITIONS:
        return mine == other
    makes = "proven" if mine == "reports_unchecked" else mine
    # Rules that the program doesn't have leave its reports unchecked too.
    return other == makes or not case.whole and (other == mine or other_document(their))


def same_words(our, their):
    """Whether both have read the same manifest, and proven the same but for what one alone checks."""
    for name in ("id", "ledger", "edition"):
        if name in our and name in their and our[name] != their[name]:
            return False
    if "cut" in our and "cut" in their:
        cut = {name: value for name, value in their["cut"].items() if name != "logs"}
        if our["cut"] != cut:
            return False
    alone = {"known", "reports"}
    both = our["outcome"] in ACCEPTED and their["outcome"] in ACCEPTED
    return not both or set(our["proven"]) == set(their["proven"]) - alone


def same_place(case, our, their, members):
    """Where one byte alone was changed: whether both name the same member."""
    mine = member_of(our["failures"][0]["place"], members)
    return mine is None or mine in {member_of(one["place"], members) for one in their["failures"]}


def disagreement(case, our, their, members):
    """What the two differ in, or None."""
    if not same_outcome(case, our, their):
        return "outcome"
    if not same_words(our, their):
        return "manifest, or list of what is proven"
    flipped = our["outcome"] == "failed" and case.name in WAYS_TO_FLIP
    if flipped and not same_place(case, our, their, members):
        return "place"
    return None


class Trial:
    """Runs cases, counts outcomes, keeps what the two disagree about."""

    def __init__(self, program):
        self.program = program
        self.kept = pathlib.Path(tempfile.gettempdir()) / f"custodia-agree-{os.getpid()}"
        self.outcomes = collections.Counter()
        self.ways = collections.Counter()
        self.wrong = 0

    def run(self, case, members=()):
        """What came out, as the checker here says it."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            files = write_case(case, folder)
            our = ours(case, folder)
            their = theirs(self.program, files) if self.program else None
        difference = their and disagreement(case, our, their, members)
        if difference:
            self.keep(case, difference, our, their)
        self.outcomes[our["outcome"]] += 1
        self.ways[case.name] += our["outcome"] not in ACCEPTED
        return our["outcome"]

    def keep(self, case, difference, our, their):
        self.wrong += 1
        folder = self.kept / str(self.wrong)
        folder.mkdir(parents=True)
        write_case(case, folder)
        print(f"{case.name}: another {difference}, see {folder}")
        print(f"  here: {our['outcome']} {our['failures'][:1]}")
        print(f"  there: {their['outcome']} {their['failures'][:3]} {their.get('words', '')}")


def demand(holds, words):
    if not holds:
        raise SystemExit(words)


def beside(path, ending):
    other = path.with_name(path.name + ending)
    return other.read_bytes() if other.exists() else None


def golden_cases():
    """The extracts that stand beside this file, each with its policy and receipt, if any."""
    for path in sorted(GOLDEN.rglob("*.zip")):
        policy = beside(path.with_suffix(""), ".policy")
        receipt = beside(path, ".tlog-proof")
        yield Case(path.name, path.read_bytes(), policy, receipt=receipt, whole=True)


def run_golden(trial, rng):
    drafts = []
    signer = Signer(b"signs again what stands beside this file")
    for case in golden_cases():
        outcome = trial.run(case)
        demand(outcome in ACCEPTED, f"{case.name}: {outcome}")
        trial.run(dataclasses.replace(case, folder=True))
        members = list(read_archive(case.archive).items())
        for _ in range(GOLDEN_FLIPS):
            way = rng.choice(sorted(WAYS_TO_FLIP))
            archive = WAYS_TO_FLIP[way](rng, members, case.archive)
            changed = dataclasses.replace(case, name=way, archive=archive, whole=False)
            outcome = trial.run(changed, [name for name, _ in members])
            demand(outcome not in ACCEPTED, f"{case.name}, {way}: {outcome}")
        drafts.append(load(read_archive(case.archive), signer))
    demand(drafts, f"no extracts in {GOLDEN}")
    return drafts


def make_drafts(rng, ledger, trial):
    """Extracts that keep every rule, which both must accept."""
    drafts = [draft(rng, ledger, list(PROFILES)[n % len(PROFILES)]) for n in range(MADE)]
    for n, made in enumerate(drafts):
        case = Case("made here", made.archive(), ledger.policy, folder=n % 4 == 0)
        outcome = trial.run(case)
        demand(outcome == "reports_unchecked", f"an extract made here: {outcome}")
    return drafts


def spoilt_case(rng, drafts, ledger):
    good = rng.choice(drafts)
    name, archive = spoil(rng, good, ledger)
    case = Case(name, archive, trust.policy(rng, ledger), trust.known(rng, ledger))
    case.folder = rng.random() < 0.15 and name not in WAYS_TO_FLIP and can_unpack(archive)
    return case, [member for member, _ in good.seal()]


def run_receipts(trial, rng, drafts, ledger):
    """Good extracts beside which a receipt lies, good or not."""
    for good in drafts:
        receipt = trust.some_receipt(rng, ledger, good.seal()[0][1])
        policy = trust.policy(rng, ledger)
        trial.run(Case("receipt", good.archive(), policy, receipt=receipt))


def run_spoilt(trial, rng, drafts, ledger, count):
    for _ in range(count):
        case, members = spoilt_case(rng, drafts, ledger)
        outcome = trial.run(case, members)
        demand(case.name not in WAYS_TO_FLIP or outcome not in ACCEPTED, f"{case.name}: {outcome}")


def arguments():
    parser = argparse.ArgumentParser(description="Holds custodia-verify against the checker here.")
    parser.add_argument("program", type=pathlib.Path, nargs="?")
    parser.add_argument("--count", type=int, default=2000)
    return parser.parse_args()


def main():
    options = arguments()
    seed = os.environ.get("CUSTODIA_SEED") or str(time.time_ns())
    print(f"CUSTODIA_SEED={seed}", flush=True)
    rng, trial = random.Random(seed), Trial(options.program)
    drafts = run_golden(trial, rng)
    ledger = Ledger(rng)
    made = make_drafts(rng, ledger, trial)
    run_receipts(trial, rng, made, ledger)
    drafts += made
    run_spoilt(trial, rng, drafts, ledger, options.count)
    print(f"{options.count} spoilt in {len(trial.ways)} ways:", dict(trial.outcomes))
    print(f"disagreements: {trial.wrong}")
    return 1 if trial.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
