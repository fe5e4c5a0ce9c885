"""Schemathesis asks what /openapi.json allows, and what it does not: no 500, and only what is described."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks

from api.terminal import managing
from tests.api.steps import GRID, LIFE, Steps
from tests.command_line.whistle import Serving, serving

SEED = 20_261_123
HELD = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
ROLES = (
    ("grid_worker", GRID), ("sorter", "220621100001"), ("dispatcher", "220621100"), ("handler", "water"),
    ("handler", "housing"), ("supervisor", "220621100"), ("auditor", ""),
)  # fmt: skip
"""What one account holds besides being the administrator, so that a guess may well be allowed."""
ROUNDS = ((True, GenerationMode.POSITIVE, 5), (True, GenerationMode.NEGATIVE, 5), (False, None, 1))
"""Whether somebody signed in asks, in which way (None for both), and how often each operation."""
KNOWN = {
    "grid": GRID, "category": "drain", "lead": "water", "department": "water", "assisting": ["housing"],
    "account": "civil", "code": "power", "unit": "civil", "parent": "220621100001",
}  # fmt: skip
"""What there is: most of what is made up is replaced by it, or all guesses would end as unknown."""


class Asking:
    """Somebody who asks; each answer is held against the description."""

    def __init__(self, service: Serving, signed_in: bool, tickets: list[str]) -> None:
        self._service = service
        self._signed_in = signed_in
        self._tickets = tickets
        self._session = requests.Session()
        self._bearer: dict[str, str] = {}
        self.answers: dict[str, list[int]] = {}
        """The statuses each operation answered with."""

    def ask(self, case: Any) -> None:
        """Ask once."""
        statuses = self.answers.setdefault(case.operation.label, [])
        if isinstance(case.query, dict):
            case.query.pop("after", None)  # A position yet to come is waited for, and rightly 503.
        if len(statuses) % 3:
            self._make_likely(case, len(statuses))
        if self._signed_in and (not self._bearer or case.operation.label == "DELETE /api/session"):
            self._bearer = {"Authorization": f"Bearer {self._service.token('admin')}"}
        answer = case.call_and_validate(
            session=self._session, headers=self._bearer, cookies={}, checks=HELD, timeout=20
        )
        self._session.cookies.clear()
        if case.operation.label == "DELETE /api/session":
            self._bearer = {}
        statuses.append(answer.status_code)

    def _make_likely(self, case: Any, nth: int) -> None:
        for name in ("If-Match", "Idempotency-Key", "Authorization"):
            (case.headers or {}).pop(name, None)
        known = KNOWN | {"id": self._tickets[nth % len(self._tickets)]}
        for given_names in (case.path_parameters, case.query, case.body):
            if isinstance(given_names, dict):
                given_names.update({name: known[name] for name in known.keys() & given_names.keys()})


@pytest.fixture(scope="module")
def service(steps: Steps) -> Iterator[Serving]:
    """The service itself, on a town where one account holds every kind of role."""
    for role, unit in ROLES:  # Nobody grants a role to themselves alone.
        asyncio.run(managing.grant(steps.people.database, "admin", role, unit))
    receiver = {
        "code": KNOWN["code"],
        "name": "供电",
        "way": "inbox",
        "topics": ["ticket.*"],
        "unit": "power",
    }
    assert steps.people["admin"].post("/api/receivers", json=receiver).status_code == 201
    with serving("--database-url", steps.people.database.owner) as found:
        yield found


@pytest.mark.parametrize(("signed_in", "mode", "examples"), ROUNDS)
def test_whatever_is_asked_is_answered_as_described(
    steps: Steps, service: Serving, signed_in: bool, mode: GenerationMode | None, examples: int
) -> None:
    print(f"seed {SEED}")  # noqa: T201 - to ask the same again
    tickets = [steps.at_stage(stage).rpartition("/")[2] for stage in LIFE]
    asking = Asking(service, signed_in, tickets)
    schema = schemathesis.openapi.from_url(f"{service.address}/openapi.json")
    ways = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    asked = 0
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        asked += 1
        for each in (mode,) if mode else (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                seed(SEED)(ways(given(case=operation.as_strategy(generation_mode=each))(asking.ask)))()
            except Unsatisfiable:
                assert each is GenerationMode.NEGATIVE  # Here nothing can be asked wrongly.
    assert asked >= 30
    if mode is GenerationMode.POSITIVE:
        assert len(asking.answers) == asked
        done = [label for label, statuses in asking.answers.items() if min(statuses) < 300]
        assert len(done) > asked / 2, asking.answers
    if not signed_in:
        sealed = ("checkpoint", "key", "inclusion", "consistency")
        allowed = {"GET /api/health", "POST /api/session", *(f"GET /api/log/{part}" for part in sealed)}
        assert {label for label, said in asking.answers.items() if set(said) - {400, 401, 422}} <= allowed
