"""The Merkle tree of RFC 9162, section 2.1: its root, and the proofs that lead to it.

A tree over n leaves has the leaves 0 to n-1. A proof is a list of the hashes of ranges of leaves. Each range
is put together from subtrees that are complete, and never change again once the tree holds them.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

HASH = 32
"""Bytes of a hash: SHA-256."""
EMPTY = sha256().digest()
"""The root of a tree without leaves."""


class Range(NamedTuple):
    """The leaves from `start` up to, not including, `end`."""

    start: int
    end: int


class Node(NamedTuple):
    """The root of a complete subtree: 2^`height` leaves, the `nth` of its size from 0."""

    height: int
    nth: int


def hash_leaf(leaf: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return sha256(b"\x01" + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over so many hashes as are a power of two."""
    while len(hashes) > 1:
        hashes = [hash_node(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def nodes(leaves: Range) -> list[Node]:
    """The complete subtrees that a range of a proof, or a whole tree, is put together from; left to right."""
    found = []
    start, end = leaves
    while start < end:
        height = (end - start).bit_length() - 1
        found.append(Node(height, start >> height))
        start += 1 << height
    return found


def range_hash(leaves: Range, node: Callable[[Node], bytes]) -> bytes:
    """The hash of a range, from those of its subtrees."""
    hashes = [node(each) for each in nodes(leaves)]
    if not hashes:
        return EMPTY
    found = hashes.pop()
    for left in reversed(hashes):
        found = hash_node(left, found)
    return found


def inclusion(index: int, size: int) -> list[Range]:
    """What proves that a leaf is in the tree of this size: PATH in RFC 9162, 2.1.3.1."""
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _left(end - start)
        if index < middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(start, middle))
            start = middle
    return path[::-1]


def consistency(first: int, second: int) -> list[Range]:
    """What proves that the tree of size `first` is where that of size `second` began: PROOF in 2.1.4.1."""
    if first in (0, second):
        return []
    start, end, path = 0, second, []
    while end != first:
        middle = start + _left(end - start)
        if first <= middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(start, middle))
            start = middle
    # Where what is left is the whole first tree, whoever checks has its root already.
    return ([Range(start, end)] if start else []) + path[::-1]


def is_included(leaf_hash: bytes, index: int, size: int, proof: Iterable[bytes], root: bytes) -> bool:
    """Whether the proof shows the leaf in the tree with this root: RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, found = index, size - 1, leaf_hash
    for each in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = hash_node(each, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hash_node(found, each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root


def is_consistent(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Whether the proof shows that the first tree is where the second began: RFC 9162, 2.1.4.2."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    one = other = path[0]
    for each in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            one, other = hash_node(each, one), hash_node(each, other)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            other = hash_node(other, each)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and one == first_root and other == second_root


def _left(size: int) -> int:
    """How many leaves are on the left: the largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
