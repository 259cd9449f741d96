"""RFC 6962 trees: roots from shared nodes and consistency proofs, hash by hash (9, 13.8)."""

import bisect
import hashlib

EMPTY_ROOT = hashlib.sha256(b"").digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def left_size(size):
    """The largest power of two below a size above 1."""
    return 1 << (size - 1).bit_length() - 1


def root_of(size, leaves, take):
    """The root of a tree from some of its leaf hashes by index; `take` gives the next shared node."""
    indices = sorted(leaves)

    def subtree(first, count, low, high):
        if low == high and count & (count - 1) == 0:
            return take()
        if count == 1:
            return leaves[first]
        left = left_size(count)
        middle = bisect.bisect_left(indices, first + left, low, high)
        return node_hash(
            subtree(first, left, low, middle), subtree(first + left, count - left, middle, high)
        )

    return subtree(0, size, 0, len(indices)) if size else EMPTY_ROOT


def consistent(old_size, old_root, new_size, new_root, take):
    """Whether the tree of `new_size` begins with that of `old_size`, by RFC 6962 2.1.2."""
    if old_size == new_size:
        return old_root == new_root
    if old_size == 0:
        return old_root == EMPTY_ROOT

    def roots(old, new, whole):
        if old == new:
            both = old_root if whole else take()
            return both, both
        left = left_size(new)
        if old <= left:
            begin, grown = roots(old, left, whole)
            return begin, node_hash(grown, take())
        begin, grown = roots(old - left, new - left, False)
        same = take()
        return node_hash(same, begin), node_hash(same, grown)

    return roots(old_size, new_size, True) == (old_root, new_root)


def root_by_inclusion(index, size, leaf, proof):
    """The root that an inclusion proof leads to, or None where it has too few or many hashes."""
    hashes = list(proof)

    def subtree(index, size):
        if size == 1:
            return leaf
        left, sibling = left_size(size), hashes.pop() if hashes else None
        if sibling is None:
            return None
        if index < left:
            below = subtree(index, left)
            return below and node_hash(below, sibling)
        below = subtree(index - left, size - left)
        return below and node_hash(sibling, below)

    root = subtree(index, size) if index < size else None
    return None if hashes else root
