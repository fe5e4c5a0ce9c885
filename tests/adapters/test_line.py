"""In a line nobody takes all the places."""

from contextlib import ExitStack

import pytest

from adapters.batching import Overloaded
from adapters.line import Line


def test_who_has_as_many_places_as_one_may_have_waits_and_others_do_not() -> None:
    line = Line(3, 2)
    with ExitStack() as taken:
        for who in ("a", "a", "b"):
            taken.enter_context(line.place(who))
        for who in ("a", "b", "c"):
            with pytest.raises(Overloaded), line.place(who):
                pass
    with line.place("a"), line.place("a"):
        with pytest.raises(Overloaded), line.place("a"):
            pass
        with line.place("c"):
            pass
