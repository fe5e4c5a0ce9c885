"""What may be asked of the sealed log: its newest checkpoint, its leaves, proofs from the stored tree."""

from collections.abc import Iterable

from adapters.reading import Reading
from domain.errors import NotSealed
from evidence.leaf import BETWEEN, Stored
from evidence.merkle import Range, range_hash
from evidence.tiles import NEWEST, READ, Place, asking, hash_in, places_of

KEY = "SELECT key FROM seal.key ORDER BY since DESC LIMIT 1"


async def newest(reading: Reading) -> tuple[int, str]:
    """Size and note of the newest checkpoint. Raises `NotSealed` where there is none yet."""
    for row in await reading.rows(NEWEST):
        return row["size"], row["note"]
    raise NotSealed(size=0)


async def verifier_key(reading: Reading) -> str:
    """The public key that signs now. Raises `NotSealed` where no sealer has worked yet."""
    for row in await reading.rows(KEY):
        return str(row["key"])
    raise NotSealed(size=0)


async def leaves(reading: Reading, leaves: Range) -> list[bytes]:
    """These leaves of the log, as they are hashed."""
    rows = await reading.rows(BETWEEN, {"after": leaves.start, "until": leaves.end})
    return [Stored(*row.values()).leaf for row in rows]


async def proof(reading: Reading, ranges: Iterable[Range]) -> list[bytes]:
    """The hashes of these ranges, all of them sealed."""
    asked = list(ranges)
    rows = await reading.rows(READ, asking(places_of(asked)))
    tiles = {Place(row["level"], row["nth"]): row["hashes"] for row in rows}
    return [range_hash(leaves, hash_in(tiles)) for leaves in asked]
