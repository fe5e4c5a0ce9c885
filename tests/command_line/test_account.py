"""`whistle account`: the first administrator, roles and passwords, by whoever works at the machine."""

from pathlib import Path

import pytest

from tests.command_line.whistle import done, position, refused, serving

SECRET = "a long secret"


def test_the_first_administrator_is_made_on_an_empty_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    role = ("--role", "administrator", "--name", "管理员")
    out = done("account", "open", "chief", *role, "--data", data, said=f"{SECRET}\n")
    assert "chief" in out
    assert SECRET not in out
    with serving("--data", data) as service:
        token = service.token("chief", SECRET)
        assert service.ask("/api/accounts", {"account": "next", "name": "下一个"}, token)[0] == 201


def test_an_account_gets_and_loses_roles_a_password_and_its_end(town: str) -> None:
    url = ("--database-url", town)
    roles = ("--role", "dispatcher:220621100", "--role", "auditor")
    done("account", "open", "wang", "--name", "王", *roles, *url, said=f"{SECRET}\n")
    with serving(*url) as service:
        token = service.token("wang", SECRET)
        held = service.ask("/api/session", token=token)[1]["roles"]
        assert held == [{"role": "dispatcher", "unit": "220621100"}, {"role": "auditor", "unit": ""}]
        done("account", "grant", "wang", "handler", "--unit", "water", *url)
        done("account", "revoke", "wang", "auditor", *url)
        held = service.ask("/api/session", token=token)[1]["roles"]
        assert [role["role"] for role in held] == ["dispatcher", "handler"]
        done("account", "password", "wang", *url, said="another long secret\n")
        assert service.ask("/api/session", token=token)[0] == 401
        fresh = service.token("wang", "another long secret")
        done("account", "close", "wang", *url)
        assert service.ask("/api/session", token=fresh)[0] == 401
        assert service.ask("/api/session", {"account": "wang", "password": "another long secret"})[0] == 401


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("open water --name x", "water"),
        ("open x --name x --role king:water", "king"),
        ("open x --name x --role dispatcher:water", "town"),
        ("grant nobody handler --unit water", "nobody"),
        ("revoke civil handler --unit water", "civil"),
        ("close nobody", "nobody"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_event(town: str, command: str, word: str) -> None:
    before = position(town)
    assert word in refused("account", *command.split(), "--database-url", town, said=f"{SECRET}\n")
    assert position(town) == before


@pytest.mark.parametrize(
    ("command", "password"),
    [("open x --name x", ""), ("open x --name x", "short\n"), ("password water", "x" * 201 + "\n")],
)
def test_a_refused_password_leaves_no_event(town: str, command: str, password: str) -> None:
    before = position(town)
    assert "password" in refused("account", *command.split(), "--database-url", town, said=password)
    assert position(town) == before
