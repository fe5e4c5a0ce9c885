"""Who administers a part sees that part, and nobody gives themselves a role alone, through pages neither."""

import pytest
from starlette.testclient import TestClient

from api.demonstration.town import PASSWORD
from tests.conftest import People

OURS = {"sec-fetch-site": "same-origin"}
ADMIN = "/administration/accounts/admin"


@pytest.fixture
def local(people: People) -> TestClient:
    """The supervisor, who administers the town too."""
    held = {"role": "administrator", "unit": "220621100"}
    asked = {**held, "consent": {"account": "admin2", "password": PASSWORD}}
    assert people["admin"].post("/api/accounts/supervisor/grant", json=asked).status_code == 200
    people.catch_up()
    return people["supervisor"]


@pytest.mark.parametrize(
    ("path", "status", "may"),
    [
        ("/units/220621100001", 200, True), ("/units/220621", 403, False), ("/accounts", 403, False),
        ("/catalogue", 200, False), ("/calendars", 200, False), ("/receivers", 200, True),
    ],
)  # fmt: skip
def test_an_administrator_of_a_town_has_the_forms_of_that_town(
    local: TestClient, path: str, status: int, may: bool
) -> None:
    answer = local.get(f"/administration{path}")
    assert answer.status_code == status
    assert ("我能做什么" in answer.text) == may


def test_a_table_is_read_for_who_may_bring_one_and_is_refused_where_it_would_fill_the_memory(
    people: People,
) -> None:
    wide = ",".join(f"c{nth}" for nth in range(5_000)) + "\nx" * 5_000
    for account, status in (("water", 403), ("admin", 422)):
        table = {"file": ("wide.csv", wide.encode(), "text/csv")}
        path = "/administration/receivers/table"
        answer = people[account].post(path, files=table, headers=OURS)
        assert answer.status_code == status, answer.text[:500]
    assert "2000000" in answer.text.replace(",", "")


def test_a_role_of_ones_own_is_signed_for_by_a_second_administrator(people: People) -> None:
    admin = people["admin"]
    asked = {"role": "dispatcher", "unit": "220621100"}
    refused = admin.post(f"{ADMIN}/grant", data=asked, headers=OURS)
    assert refused.status_code == 403
    wrong = {**asked, "second": "admin2", "second_password": "no idea"}
    assert admin.post(f"{ADMIN}/grant", data=wrong, headers=OURS).status_code == 401
    signed = {**wrong, "second_password": PASSWORD}
    answer = admin.post(f"{ADMIN}/grant", data=signed, headers=OURS, follow_redirects=False)
    assert answer.status_code == 303
    people.catch_up()
    text = admin.get(ADMIN).text
    assert "授予抚松镇「派单员」" in text
    assert "复核管理员签字同意" in text


def test_an_administrator_is_made_and_their_password_set_by_two(people: People) -> None:
    admin, water = people["admin"], "/administration/accounts/water"
    role = {"role": "administrator", "unit": "", "second": "", "second_password": ""}
    signed = {"second": "admin2", "second_password": PASSWORD}
    assert admin.post(f"{water}/grant", data=role, headers=OURS).status_code == 403
    answer = admin.post(f"{water}/grant", data={**role, **signed}, headers=OURS, follow_redirects=False)
    assert answer.status_code == 303
    people.catch_up()
    assert "给别的管理员或审计员重设密码" in admin.get(water).text
    password = {"password": "a long secret"}
    assert admin.post(f"{water}/password", data=password, headers=OURS).status_code == 403
    answer = admin.post(
        f"{water}/password", data={**password, **signed}, headers=OURS, follow_redirects=False
    )
    assert answer.status_code == 303


def test_what_another_page_sends_changes_nothing(people: People) -> None:
    sent = people.nobody
    form = {"account": "admin", "password": PASSWORD}
    assert sent.post("/sign-in", data=form, headers=OURS, follow_redirects=False).status_code == 303
    answer = sent.post("/administration/accounts/water/close", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 401
    sent.cookies.clear()
    assert people["water"].get("/api/session").status_code == 200
