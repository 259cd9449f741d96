"""Checkpoints and proofs.bin: that the leaves shown stand in signed trees (13.8)."""

from checker.failure import Failure, demand
from checker.manifest import PROOFS, checkpoint_name
from checker.note import open_checkpoint
from checker.spelling import Misspelt
from checker.tree import consistent, root_of


class Hashes:
    """The hashes of proofs.bin, each taken once and in order."""

    def __init__(self, data):
        self.data, self.at = data, 0
        demand(len(data) % 32 == 0, PROOFS, "length", "not hashes of 32 bytes")

    def take(self):
        demand(self.at < len(self.data), PROOFS, "too_few", "a hash is missing")
        self.at += 32
        return self.data[self.at - 32 : self.at]


def check_checkpoint(manifest, log, data):
    name = checkpoint_name(log.origin)
    try:
        checkpoint = open_checkpoint(data, manifest.key)
    except Misspelt as misspelt:
        raise Failure(name, "checkpoint", str(misspelt)) from None
    demand(checkpoint.origin == log.origin, name, "origin", "a checkpoint of another log")
    demand(checkpoint.size >= log.size, name, "size", "older than the cut")
    if checkpoint.size == log.size:
        demand(checkpoint.root == log.root, name, "root", "not the cut's root")
    return checkpoint


def check_checkpoints(manifest, members):
    """The checkpoint of each log whose size is not 0, by origin."""
    return {
        log.origin: check_checkpoint(manifest, log, members[checkpoint_name(log.origin)])
        for log in manifest.logs
        if log.size
    }


def check_consistent(one, other, take, what):
    old, new = sorted((one, other), key=lambda log: log.size)
    holds = consistent(old.size, old.root, new.size, new.root, take)
    demand(holds, PROOFS, "consistency", f"{what} of {one.origin} is not consistent with the cut")


def check_proofs(manifest, checkpoints, leaves, data):
    """That all of proofs.bin leads from the leaves to the cut's roots, and on to the checkpoints."""
    hashes = Hashes(data)
    for log in manifest.logs:
        if leaves[log.origin]:
            root = root_of(log.size, leaves[log.origin], hashes.take)
            demand(root == log.root, PROOFS, "root", f"not the root of {log.origin}")
        if log.size:
            check_consistent(log, checkpoints[log.origin], hashes.take, "the checkpoint")
        for held in manifest.held:
            if held.origin == log.origin:
                check_consistent(log, held, hashes.take, "a held checkpoint")
    demand(hashes.at == len(data), PROOFS, "too_many", "hashes are left over")
