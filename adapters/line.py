"""A line (队) in which nobody takes all the places: what is refused at once does not wait."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.batching import Overloaded


class Line:
    """At most `most` places, and `here` of them for any one who asks; each process has its own."""

    def __init__(self, most: int, here: int) -> None:
        self._most = most
        self._here = here
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, who: str) -> Iterator[None]:
        """A place in it until the end. Raises `Overloaded` where none is left for them."""
        if self._taken.total() >= self._most or self._taken[who] >= self._here:
            raise Overloaded
        self._taken[who] += 1
        try:
            yield
        finally:
            self._taken[who] -= 1
            self._taken += Counter()  # Whoever has no place is not counted.
