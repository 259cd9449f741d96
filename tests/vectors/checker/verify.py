"""One extract, from its members to an outcome (13.11)."""

import dataclasses

from checker.events import check_events
from checker.failure import Failure, Unreadable, demand
from checker.manifest import (
    EVENTS,
    MANIFEST,
    NOTE,
    PROOFS,
    check_members,
    check_note,
    checkpoint_name,
    parse_manifest,
)
from checker.note import open_checkpoint
from checker.proofs import check_checkpoints, check_proofs
from checker.receipt import check_receipt
from checker.spelling import Misspelt
from checker.tree import EMPTY_ROOT

UNCONFIRMED, UNCHECKED = "unconfirmed_key", "reports_unchecked"
FAILED, UNREADABLE = "failed", "unreadable"
WORD = [
    "said",
    "findings",
    "refuted",
    "open_elsewhere",
    "policy_versions",
    "request",
    "cut.time",
]


@dataclasses.dataclass
class Asked:
    """What stands beside the extract: a policy, known checkpoints and a receipt, as far as given."""

    policy: object = None
    known: tuple = ()
    receipt: bytes | None = None


@dataclasses.dataclass
class Report:
    """What came out, as far as it was got to."""

    outcome: str = UNREADABLE
    manifest: object = None
    proven: list = dataclasses.field(default_factory=list)
    failure: Failure | None = None

    def to_json(self):
        report = {"outcome": self.outcome, "proven": self.proven, "word": WORD, "failures": []}
        if self.manifest:
            cut = {"digest": self.manifest.cut_digest.hex()}
            if self.manifest.cut_time is not None:
                cut["time"] = str(self.manifest.cut_time)
            report |= {"id": self.manifest.id, "ledger": self.manifest.ledger, "cut": cut}
            report["edition"] = self.manifest.edition
        if self.failure:
            failure = self.failure
            report["failures"] = [
                {"place": failure.place, "reason": failure.reason, "words": failure.words}
            ]
        return report


def key_confirmed(manifest, policy):
    """Whether the policy vouches for the key (13.11.1)."""
    return bool(policy) and manifest.key.public in policy.keys_of(manifest.ledger)


def check_quorum(policy, checkpoints):
    for origin, checkpoint in checkpoints.items():
        try:
            reached = policy.reached_by(checkpoint.note)
        except Misspelt as misspelt:
            raise Failure(checkpoint_name(origin), "witness", str(misspelt)) from None
        demand(reached, checkpoint_name(origin), "quorum", "no quorum of witnesses cosigned")


def open_known(data, manifest, policy):
    """A checkpoint that the manifest's key signed, or one that the policy has for the ledger."""
    try:
        return open_checkpoint(data, manifest.key)
    except Misspelt:
        for key in policy.log_keys_of(manifest.ledger) if policy else []:
            try:
                return open_checkpoint(data, key)
            except Misspelt:
                continue
        raise


def check_known(data, manifest, checkpoints, policy):
    """A checkpoint that the user holds against those of the extract (13.11.2)."""
    try:
        known = open_known(data, manifest, policy)
        _, log = manifest.log(known.origin)
    except Misspelt as misspelt:
        raise Failure("known checkpoint", "known", str(misspelt)) from None
    proven = [log, *checkpoints.values(), *manifest.held]
    roots = {one.size: one.root for one in proven if one.origin == known.origin}
    roots[0] = EMPTY_ROOT
    demand(known.size in roots, "known checkpoint", "known", "of a size that isn't proven here")
    demand(known.root == roots[known.size], "known checkpoint", "fork", "of another root")


def check_extract(members, in_order, asked, report):
    """Checks all but the documents of the edition, and says how far the key is confirmed."""
    for name in (MANIFEST, NOTE):
        demand(name in members, name, "members", "missing")
    manifest = report.manifest = parse_manifest(members[MANIFEST])
    check_note(manifest, members[NOTE])
    report.proven.append("manifest")
    check_members(manifest, members, in_order)
    report.proven.append("members")
    checkpoints = check_checkpoints(manifest, members)
    leaves = check_events(members[EVENTS], manifest)
    check_proofs(manifest, checkpoints, leaves, members[PROOFS])
    report.proven += ["events", "cut"]
    confirmed = key_confirmed(manifest, asked.policy)
    if confirmed:
        check_quorum(asked.policy, checkpoints)
        report.proven.append("key")
    for known in asked.known:
        check_known(known, manifest, checkpoints, asked.policy)
    if asked.receipt is not None:
        check_receipt(asked.receipt, manifest, asked.policy if confirmed else None)
        report.proven.append("receipt")
    return UNCHECKED if confirmed else UNCONFIRMED


def verify(read, in_order, asked):
    """The report on what `read` gives: names and bytes, in the archive's order if `in_order`."""
    report = Report()
    try:
        report.outcome = check_extract(read(), in_order, asked, report)
    except Failure as failure:
        report.outcome = UNREADABLE if isinstance(failure, Unreadable) else FAILED
        report.failure = failure
    return report
