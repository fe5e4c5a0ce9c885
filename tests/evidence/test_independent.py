"""Proofs and notes against golang.org/x/mod/sumdb, which is not ours, in both directions."""

import json
import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from evidence.merkle import consistency, hash_leaf, inclusion, is_consistent, is_included, range_hash
from evidence.note import Checkpoint, Signer, Verifier
from evidence.tiles import Growing, Place, hash_in

PROGRAM = Path(__file__).parent / "independent.go"
SOURCES = Path("/usr/share/gocode")
SIZE = 40
LEAVES = [b"%d" % n for n in range(SIZE)]


def encoded(hashes: list[bytes]) -> list[str]:
    """As JSON carries it."""
    return [b64encode(each).decode() for each in hashes]


def decoded(texts: list[str] | None) -> list[bytes]:
    """What JSON carried."""
    return [b64decode(each) for each in texts or ()]


@pytest.fixture(scope="module")
def ours() -> dict[str, Any]:
    """Every root and proof of a small log, and its checkpoint, as we make them."""
    tree, roots = Growing(), []
    for leaf in LEAVES:
        tree.add(hash_leaf(leaf))
        roots.append(tree.root)
    node = hash_in({Place(0, 0): b"".join(map(hash_leaf, LEAVES))})
    signer = Signer.new("whistle.invalid/log")
    note = signer.sign(Checkpoint(signer.name, SIZE, roots[-1]).text)

    def path(ranges: Any) -> list[str]:
        return encoded([range_hash(each, node) for each in ranges])

    sizes = range(1, SIZE + 1)
    return {
        "Leaves": encoded(LEAVES),
        "Roots": encoded(roots),
        "Included": [{"N": n, "Size": s, "Path": path(inclusion(n, s))} for s in sizes for n in range(s)],
        "Consistent": [
            {"N": n, "Size": s, "Path": path(consistency(n, s))} for s in sizes for n in range(1, s + 1)
        ],
        "Key": str(signer.verifier),
        "Note": note,
    }


def asked(made: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """What the other implementation says of what we made."""
    go = shutil.which("go")
    if go is None or not (SOURCES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("no Go here: apt-get install golang-go golang-golang-x-mod-dev, then run this again")
    return subprocess.run(
        [go, "run", str(PROGRAM)],
        input=json.dumps(made), capture_output=True, text=True, check=False,
        env={**os.environ, "GO111MODULE": "off", "GOPATH": str(SOURCES), "GOFLAGS": ""},
    )  # fmt: skip


def test_each_verifies_what_the_other_proves(ours: dict[str, Any]) -> None:
    answer = asked(ours)
    assert answer.returncode == 0, answer.stderr
    theirs = json.loads(answer.stdout)
    roots = decoded(theirs["Roots"])
    assert roots == decoded(ours["Roots"])
    for proof in theirs["Included"]:
        n, size = proof["N"], proof["Size"]
        assert is_included(hash_leaf(LEAVES[n]), n, size, decoded(proof["Path"]), roots[size - 1])
    for proof in theirs["Consistent"]:
        n, size = proof["N"], proof["Size"]
        assert is_consistent(n, size, decoded(proof["Path"]), roots[n - 1], roots[size - 1])
    checkpoint = Checkpoint.read(Verifier.read(theirs["Key"]).open(theirs["Note"]))
    assert checkpoint == ("independent.invalid/log", SIZE, roots[-1])


@pytest.mark.parametrize("part", ["Included", "Consistent", "Note"])
def test_what_is_altered_the_other_refuses(ours: dict[str, Any], part: str) -> None:
    if part == "Note":
        altered = ours | {"Note": ours["Note"].replace("\n40\n", "\n41\n")}
    else:
        proof = ours[part][-2]
        proof = proof | {"Path": [*proof["Path"][:-1], encoded([bytes(32)])[0]]}
        altered = ours | {part: [*ours[part][:-2], proof]}
    answer = asked(altered)
    assert answer.returncode == 1
    assert answer.stderr
