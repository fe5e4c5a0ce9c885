"""/openapi.json says everything a client generator needs, and says it truly."""

from typing import Any

import jsonschema_rs
import pytest

from tests.api.steps import Steps

CONTRACT = {
    "/api/session": {"post"},
    "/api/tickets": {"get", "post"},
    "/api/tickets/{id}": {"get"},
    "/api/tickets/{id}/history": {"get"},
    "/api/tickets/{id}/deadlines": {"get"},
    "/api/workload": {"get"},
    "/api/overdue": {"get"},
    "/api/categories": {"get"},
    "/api/units": {"get"},
    "/api/health": {"get"},
    **{f"/api/log/{part}": {"get"} for part in ("checkpoint", "key", "leaves", "inclusion", "consistency")},
    **{
        f"/api/tickets/{{id}}/{verb}": {"post"}
        for verb in (
            "sort", "reject", "dispatch", "claim", "attend", "send_back", "accept_return", "refuse_return",
            "note_progress", "handle", "verify", "reopen", "join", "part",
            "request_extension", "grant_extension", "refuse_extension", "hold", "resume",
            "appeal", "uphold_appeal", "dismiss_appeal",
        )
    },
}  # fmt: skip
PAGE = {"limit", "cursor"}
QUERIES = {
    "/api/tickets": {"stage", "department", "community", "grid", "category", "overdue", "q", "after", *PAGE},
    "/api/tickets/{id}": {"version", "at"},
    "/api/tickets/{id}/history": PAGE,
    "/api/tickets/{id}/deadlines": {"version", "at", *PAGE},
    "/api/workload": {"after"},
    "/api/overdue": {"department", "community", "after", *PAGE},
    "/api/categories": PAGE,
    "/api/units": {"kind", "after", *PAGE},
    "/api/accounts": {"after", *PAGE},
    "/api/log/leaves": {"start", "end"},
    "/api/log/inclusion": {"index", "size"},
    "/api/log/consistency": {"first", "second"},
}
OPEN = {
    ("post", "/api/session"),
    ("get", "/api/health"),
    *(("get", f"/api/log/{part}") for part in ("checkpoint", "key", "inclusion", "consistency")),
}
"""What is asked without a sign-in."""


@pytest.fixture(scope="module")
def document(steps: Steps) -> dict[str, Any]:
    """What /openapi.json says, without a sign-in."""
    answer = steps.people.nobody.get("/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


Operations = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> Operations:
    """Method, path and description of everything that can be asked."""
    return [(m, path, said) for path, item in document["paths"].items() for m, said in item.items()]


def test_every_path_of_the_contract_is_there(document: dict[str, Any]) -> None:
    said = {path: set(item) for path, item in document["paths"].items()}
    for path, methods in CONTRACT.items():
        assert methods <= said.get(path, set()), path


def test_every_operation_has_a_name_of_its_own(operations: Operations) -> None:
    names = [said["operationId"] for *_, said in operations]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() for name in names)


def test_every_parameter_of_the_contract_is_there(document: dict[str, Any]) -> None:
    for path, names in QUERIES.items():
        said = document["paths"][path]["get"].get("parameters", [])
        assert names <= {parameter["name"] for parameter in said if parameter["in"] == "query"}, path


def test_every_part_of_a_path_is_a_parameter(operations: Operations) -> None:
    for method, path, said in operations:
        parts = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        given = {p["name"] for p in said.get("parameters", []) if p["in"] == "path" and p["required"]}
        assert parts == given, (method, path)


def test_every_write_of_a_ticket_takes_its_two_headers(operations: Operations) -> None:
    for method, path, said in operations:
        if method == "post" and path.startswith("/api/tickets") and not path.endswith(("/link", "/look")):
            headers = {p["name"]: p["required"] for p in said["parameters"] if p["in"] == "header"}
            assert headers == {"If-Match": False, "Idempotency-Key": False}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                found: Any = document
                for part in node["$ref"].removeprefix("#/").split("/"):
                    found = found[part]
                assert found
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)


def test_every_schema_is_a_schema(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name
        assert jsonschema_rs.validator_for({**schema, "components": document["components"]})


def test_every_operation_says_what_it_answers(operations: Operations) -> None:
    for method, path, said in operations:
        fine = [code for code in said["responses"] if code.startswith("2")]
        assert len(fine) == 1, (method, path)
        if path == "/api/photos/{id}":
            images = said["responses"]["200"]["content"]
            assert set(images) == {"image/jpeg", "image/png", "image/webp"}
            assert all(image["schema"]["format"] == "binary" for image in images.values())
        elif path in ("/api/log/checkpoint", "/api/log/key"):
            assert set(said["responses"]["200"]["content"]) == {"text/plain"}
        elif fine != ["204"]:
            schema = said["responses"][fine[0]]["content"]["application/json"]["schema"]
            assert schema.get("$ref") or schema.get("properties"), (method, path)


def test_every_refusal_is_said_to_be_a_problem(operations: Operations) -> None:
    for method, path, said in operations:
        refused = {code: answer for code, answer in said["responses"].items() if code >= "400"}
        assert {"400", "422", "503"} <= set(refused)
        if (method, path) not in OPEN:
            assert {"401", "403", "404"} <= set(refused)
        for code, answer in refused.items():
            content = answer["content"]
            assert list(content) == ["application/problem+json"], (method, path, code, list(content))
            assert content["application/problem+json"]["schema"]["$ref"].endswith("/Problem")


def test_what_needs_a_sign_in_says_so(document: dict[str, Any], operations: Operations) -> None:
    schemes = document["components"]["securitySchemes"]
    assert any(s["type"] == "http" and s["scheme"] == "bearer" for s in schemes.values())
    for method, path, said in operations:
        named = {name for need in said.get("security", []) for name in need}
        assert named <= set(schemes)
        assert bool(named) is ((method, path) not in OPEN), (method, path)


def test_answers_are_as_their_schemas_say(steps: Steps, document: dict[str, Any]) -> None:
    ticket = steps.at_stage(
        "dispatched", location={"longitude": 127.3, "latitude": 42.3}, photos=[steps.photo()]
    )
    verified = steps.at_stage("verified")
    steps.people.catch_up()
    for path, template in (
        (ticket, "/api/tickets/{id}"),
        (verified, "/api/tickets/{id}"),
        (f"{verified}/history", "/api/tickets/{id}/history"),
        *((path, path) for path in ("/api/tickets", "/api/workload", "/api/overdue", "/api/categories")),
        *((path, path) for path in ("/api/units", "/api/health", "/api/session", "/api/accounts")),
    ):
        said = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validator = jsonschema_rs.validator_for(
            {**said, "components": document["components"]}, validate_formats=True
        )
        found = steps.get("auditor", path)
        assert not [(error.message, path) for error in validator.iter_errors(found)]
        # What is not said in the schema is not in the answer: a generated client would lose it.
        name = said["$ref"].rpartition("/")[2]
        assert set(found) == set(document["components"]["schemas"][name]["properties"])
