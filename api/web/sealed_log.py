"""The sealed log over HTTP: checkpoint, key, leaves and proofs, for auditors and for witnesses outside."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse, Response

from api.web import shapes
from api.web.problems import Json
from api.web.requests import SIGNED_IN, Calling, Route, Serving
from domain.actors import Role
from domain.errors import NotSealed, NotYours, OutOfRange
from evidence import proofs
from evidence.merkle import Range, consistency, inclusion

router = APIRouter(prefix="/api/log", tags=["sealed log"], route_class=Route)

MOST_LEAVES = 10_000
"""In one answer; whoever wants more asks again from the index after the last one."""

Index = Annotated[int, Query(ge=0, le=2**62)]
Size = Annotated[int, Query(ge=1, le=2**62)]


@dataclass(frozen=True)
class Leaf:
    """An event as it is sealed: `index` is its position less 1, `leaf` what is hashed, in base64."""

    index: int
    leaf: str


@dataclass(frozen=True)
class Proof:
    """Hashes in base64, in the order in which RFC 9162 uses them."""

    proof: list[str]


@router.get("/checkpoint", response_class=PlainTextResponse)
async def read_checkpoint(serving: Serving) -> Response:
    """The newest checkpoint, a C2SP signed note; no sign-in needed, so that anybody may keep it."""
    _, note = await proofs.newest(serving.reading)
    return PlainTextResponse(note)


@router.get("/key", response_class=PlainTextResponse)
async def read_key(serving: Serving) -> Response:
    """The public key by which checkpoints are verified, as `name+hash+base64`; no sign-in needed."""
    return PlainTextResponse(f"{await proofs.verifier_key(serving.reading)}\n")


@router.get("/leaves", response_model=shapes.Page[Leaf], openapi_extra=SIGNED_IN)
async def read_leaves(calling: Calling, start: Index, end: Index) -> Response:
    """The sealed leaves from index `start` to `end`, both included, at most 10,000; for auditors."""
    if not calling.person.units(Role.AUDITOR) and not calling.person.units(Role.ADMINISTRATOR):
        raise NotYours(verb="read the leaves of the log", who="an auditor")
    if end < start:
        raise OutOfRange(field="end", why="lies before start: it is the index of the last leaf wanted")
    size, _ = await proofs.newest(calling.serving.reading)
    wanted = Range(start, min(end + 1, start + MOST_LEAVES, size))
    found = await proofs.leaves(calling.serving.reading, wanted)
    items = [Leaf(index, b64encode(leaf).decode()) for index, leaf in enumerate(found, start)]
    return Json({"items": items, "next": None})


@router.get("/inclusion", response_model=Proof)
async def read_inclusion(serving: Serving, index: Index, size: Size) -> Response:
    """What proves that the leaf of this index is in the tree of this size (RFC 9162, 2.1.3)."""
    if index >= size:
        raise OutOfRange(field="index", why="is none in a tree of this size: it must be smaller")
    return await _proof(serving, inclusion(index, size), size)


@router.get("/consistency", response_model=Proof)
async def read_consistency(serving: Serving, first: Size, second: Size) -> Response:
    """What proves that the tree of size `first` is where that of `second` began (RFC 9162, 2.1.4)."""
    if first > second:
        raise OutOfRange(field="first", why="is larger than second: it is the size of the older tree")
    return await _proof(serving, consistency(first, second), second)


async def _proof(serving: Serving, ranges: list[Range], size: int) -> Response:
    sealed, _ = await proofs.newest(serving.reading)
    if size > sealed:
        raise NotSealed(size=sealed)
    hashes = await proofs.proof(serving.reading, ranges)
    return Json(Proof([b64encode(each).decode() for each in hashes]))
