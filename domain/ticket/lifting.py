"""Events from before there were clocks in them, lifted: what they said of deadlines, as clocks."""

from typing import Any

RULE = "limits by urgency, from before clocks were explained"


def without_clocks(state: dict[str, Any]) -> None:
    """It set no clock then."""
    state["clocks"] = []


def clocks_of_calls(state: dict[str, Any]) -> None:
    """Each department that was called had a clock to claim and one to handle."""
    state["clocks"] = [
        clock
        for call in state["calls"]
        for clock in _two(call["department"], state["timestamp"], call["claim_by"], call["due_at"])
    ]


def clocks_of_ruling(state: dict[str, Any]) -> None:
    """The clocks that stood still went on."""
    at = state["timestamp"]
    clocks = _two(state["department"], at, state["claim_by"], state["due_at"])
    state["clocks"] = [{**clock, "resumed_at": at} for clock in clocks]


def _two(unit: str, at: str, claim_by: str, due_at: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "unit": unit, "started_at": at, "due_at": due, "rule": RULE}
        for name, due in (("claim", claim_by), ("handle", due_at))
    ]
