"""Texts survive unchanged from the report to the history, whatever stands in them."""

import pytest

from tests.api.steps import Steps, problem

TEXTS = {
    "ideographic space": "\u3000\u3000街道\u3000尽头\u3000",
    "no-break space": "\u00a0甲\u00a0\u202f乙\u2060",
    "tabs and newlines": "\t一\n二\r\n三\r四\v\f\u2028五\u2029",
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈🚰",
    "rare characters": "𠮷野家 𪚥 㐀 \U0010ffff",
    "combining": "e\u0301 é \u0644\u0627",
    "right to left": "\u202eabc\u202c \u200f",
    "byte order mark": "\ufeff开头",
    "control": "\x01\x02\x1b[31m\x7f\x85",
    "private": "\ue000\ufffe\uffff",
    "html": "<script>alert(1)</script> &amp; <b>粗</b> \"'`",
    "sql": "'; DROP TABLE log.events; -- %s %(x)s {0} {title} $1 \\x00 \\u0000",
    "json": '{"a": [1, null]} \\" \\\\ \\u3000',
    "spaces around": "  前后有空格  ",
    "numbers": "0012.50",
    "null": "null",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_comes_back_as_it_was_written(steps: Steps, text: str) -> None:
    reporter = {"name": text, "phone": text}
    ticket = steps.report(title=text, description=text, address=text, reporter=reporter)
    found = steps.read(ticket)
    assert [found[name] for name in ("title", "description", "address")] == [text] * 3
    assert found["reporter"] == reporter
    (reported,) = steps.history(ticket)
    assert [reported["data"][name] for name in ("title", "description", "address")] == [text] * 3
    steps.people.catch_up()
    # In a list, what the reporter's name says is personal wherever it stands: this one has no reporter.
    ticket = steps.report(title=text, description=text, address=text)
    steps.people.catch_up()
    line = steps.get("auditor", "/api/tickets", limit=1)["items"][0]
    assert f"/api/tickets/{line['id']}" == ticket
    assert (line["title"], line["address"]) == (text, text)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_a_department_writes_comes_back_as_it_was_written(steps: Steps, text: str) -> None:
    ticket = steps.report()
    steps.do("sorter", ticket, "sort", category="drain", urgency="urgent", note=text)
    steps.do("dispatcher", ticket, "dispatch", lead="water", note=text)
    steps.do("water", ticket, "claim")
    steps.do("water", ticket, "note_progress", text=text)
    steps.do("water", ticket, "handle", result=text)
    _, sorted_, dispatched, _, noted, handled = (item["data"] for item in steps.history(ticket))
    written = (sorted_["note"], dispatched["note"], noted["text"], handled["result"])
    assert written == (text,) * 4
    assert steps.read(ticket)["tasks"][0]["result"] == text


@pytest.mark.parametrize("character", ["x", "水", "\U0001f6b0"])
@pytest.mark.parametrize(("field", "limit"), [("title", 200), ("description", 8000), ("address", 2000)])
def test_a_text_may_have_its_limit_in_characters_and_not_one_more(
    steps: Steps, character: str, field: str, limit: int
) -> None:
    ticket = steps.report(**{field: character * limit})
    assert steps.read(ticket)[field] == character * limit
    with steps.nothing_done(ticket):
        body = {"title": "x", "description": "y", "grid": "220621100001-01", field: character * (limit + 1)}
        assert str(limit) in problem(steps.people["grid"].post("/api/tickets", json=body), 422, "OutOfRange")


@pytest.mark.parametrize(
    ("stage", "account", "verb", "field"),
    [
        ("reported", "sorter", "reject", "reason"),
        ("claimed", "water", "note_progress", "text"),
        ("claimed", "water", "handle", "result"),
        ("claimed", "housing", "send_back", "reason"),
        ("verified", "sorter", "reopen", "reason"),
    ],
)
def test_any_other_text_may_have_2000_characters(
    steps: Steps, stage: str, account: str, verb: str, field: str
) -> None:
    ticket = steps.at_stage(stage)
    with steps.nothing_done(ticket):
        answer = steps.people[account].post(f"{ticket}/{verb}", json={field: "字" * 2001})
        problem(answer, 422, "OutOfRange")
    steps.do(account, ticket, verb, **{field: "字" * 2000})


def test_a_description_of_8000_characters_is_found_by_its_last_two(steps: Steps) -> None:
    ticket = steps.report(description="水" * 7998 + "尾巴")
    assert steps.ids("auditor", q="尾巴") == [ticket]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("水仙名苑A区", "a区"), ("水仙名苑\uff21区", "a区"), ("甲\u3000乙丙", "乙丙"), ("𠮷野家", "𠮷野"),
        ("🚰漏水", "🚰漏"),
        ("100% 漏_水", "% 漏_"), ("It's", "t's"),
    ],
)  # fmt: skip
def test_a_ticket_is_found_by_any_two_neighbouring_characters(steps: Steps, written: str, asked: str) -> None:
    ticket = steps.report(address=written)
    assert ticket in steps.ids("auditor", q=asked)
