"""The tree against known vectors, against a naive one, and every proof of small trees."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.merkle import (
    EMPTY,
    Node,
    Range,
    consistency,
    hash_leaf,
    hash_node,
    inclusion,
    is_consistent,
    is_included,
    nodes,
    range_hash,
)
from evidence.tiles import Growing, Place, hash_in

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The test vector that certificate transparency logs share, and the roots of its first 1 to 8 leaves."""
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def naive(leaves: list[bytes]) -> bytes:
    """The root as section 2.1.1 defines it, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hash_leaf(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hash_node(naive(leaves[:k]), naive(leaves[k:]))


def proof(leaves: list[bytes], ranges: list[Range]) -> list[bytes]:
    """The proof that these ranges make."""
    return [naive(leaves[start:end]) for start, end in ranges]


def numbered(size: int) -> list[bytes]:
    """So many leaves."""
    return [b"%d" % n for n in range(size)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_the_known_vector(size: int) -> None:
    assert naive(LEAVES[:size]).hex() == ROOTS[size - 1]
    tree = Growing()
    for leaf in LEAVES[:size]:
        tree.add(hash_leaf(leaf))
    assert tree.root.hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_root_of_nothing() -> None:
    assert Growing().root == EMPTY == naive([])


def test_each_leaf_is_proven_in_each_tree_and_no_other_is() -> None:
    for size in range(1, 40):
        leaves = numbered(size)
        root = naive(leaves)
        for index in range(size):
            path = proof(leaves, inclusion(index, size))
            assert is_included(hash_leaf(leaves[index]), index, size, path, root)
            assert not is_included(hash_leaf(b"other"), index, size, path, root)
            for wrong in range(size):
                assert wrong == index or not is_included(hash_leaf(leaves[index]), wrong, size, path, root)
            for nth in range(len(path)):
                assert not is_included(hash_leaf(leaves[index]), index, size, path[:nth], root)
                assert not is_included(
                    hash_leaf(leaves[index]), index, size, [*path[:nth], EMPTY, *path[nth + 1 :]], root
                )
            assert not is_included(hash_leaf(leaves[index]), index, size, [*path, EMPTY], root)


def test_each_tree_is_proven_to_be_where_each_later_one_began() -> None:
    for second in range(1, 40):
        leaves = numbered(second)
        root = naive(leaves)
        for first in range(1, second + 1):
            before = naive(leaves[:first])
            path = proof(leaves, consistency(first, second))
            assert is_consistent(first, second, path, before, root)
            other = naive([b"other", *leaves[1:first]])
            assert not is_consistent(first, second, path, other, root)
            assert not is_consistent(first, second, path, before, other)
            assert not is_consistent(first, second, [*path, EMPTY], before, root)
            for nth in range(len(path)):
                assert not is_consistent(first, second, path[:nth] + path[nth + 1 :], before, root)


def test_nobody_is_included_in_nothing() -> None:
    assert not is_included(EMPTY, 0, 0, [], EMPTY)
    assert not is_included(EMPTY, -1, 1, [], EMPTY)
    assert not is_consistent(0, 1, [], EMPTY, EMPTY)
    assert not is_consistent(2, 1, [], EMPTY, EMPTY)


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_a_range_is_put_together_from_complete_subtrees(one: int, other: int) -> None:
    size = max(one, other) + 1
    for leaves in inclusion(min(one, other), size) + consistency(min(one, other), size):
        covered = [at for height, nth in nodes(leaves) for at in range(nth << height, nth + 1 << height)]
        assert covered == list(range(*leaves))


@pytest.mark.parametrize("size", [255, 256, 257, 511, 65_536 - 1, 65_536, 65_536 + 257])
def test_a_tree_that_grew_in_tiles_has_the_root_of_all_its_leaves(size: int) -> None:
    leaves = numbered(size)
    tree = Growing()
    for at, leaf in enumerate(leaves):
        tree.add(hash_leaf(leaf))
        if at % 1000 == 0:
            tree.written()
    assert tree.root == naive(leaves)


def test_a_subtree_is_looked_for_where_it_is_kept() -> None:
    known = {Place(0, 0): b"".join(hash_leaf(leaf) for leaf in numbered(4))}
    assert range_hash(Range(0, 4), hash_in(known)) == naive(numbered(4))
    assert hash_in(known)(Node(1, 1)) == naive(numbered(4)[2:])
