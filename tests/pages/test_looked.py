"""Who looked at personal data is listed for auditors, without the data."""

import csv
import io

from tests.api.steps import Steps
from tests.conftest import People

PHONE = "13987654321"


def test_a_look_is_listed_with_its_reason_and_nothing_personal(people: People) -> None:
    own = Steps(people)
    ticket = own.report(reporter={"name": "欧阳", "phone": PHONE})
    other = own.report(title="另一件", reporter={"name": "司马", "phone": "13812345678"})
    for each, reason in ((ticket, "联系反映人"), (other, "=HYPERLINK(1)")):
        answer = own.people["supervisor"].post(f"{each}/look", json={"reason": reason})
        assert answer.status_code == 200, answer.text
    own.people.catch_up()
    auditor = own.people["auditor"]
    page = auditor.get("/looks").text
    assert "联系反映人" in page
    assert own.read(ticket)["number"] in page
    assert PHONE not in page
    assert "欧阳" not in page
    id = ticket.rpartition("/")[2]
    assert "HYPERLINK" not in auditor.get(f"/looks?ticket={id}").text
    assert "联系反映人" not in auditor.get("/looks?account=water").text
    rows = list(csv.reader(io.StringIO(auditor.get("/looks.csv").text.lstrip("\ufeff"))))
    assert {row[-1] for row in rows[1:]} == {"联系反映人", "'=HYPERLINK(1)"}
    assert own.people["dispatcher"].get("/looks").status_code == 403
    assert "不是编号" in auditor.get("/looks?ticket=5").text
