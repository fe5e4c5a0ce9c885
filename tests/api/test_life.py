"""The life of one joint ticket through HTTP, as the contract says."""

from tests.conftest import People

REPORT = {
    "title": "水仙名苑北楼下水堵塞",
    "description": "一楼返水,\u3000已经两天了。\t老人出不了门 \U0001f6b0",
    "grid": "220621100001-01",
    "urgency": "urgent",
}


def test_a_joint_ticket_lives_from_report_to_verification(people: People) -> None:
    answer = people["grid"].post("/api/tickets", json=REPORT)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    ticket = f"/api/tickets/{receipt['id']}"
    assert answer.headers["location"] == ticket
    assert answer.headers["etag"] == '"1"'

    def done(account: str, verb: str, **body: object) -> None:
        answer = people[account].post(f"{ticket}/{verb}", json=body)
        assert answer.status_code == 200, answer.text

    done("sorter", "sort", category="drain", urgency="urgent")
    done("dispatcher", "dispatch", lead="water", assisting=["housing"])
    done("water", "claim")
    done("housing", "claim")
    done("water", "handle", result="已疏通主管道。")
    done("housing", "handle", result="已更换立管。")
    done("sorter", "verify", solved="solved")

    found = people["auditor"].get(ticket).json()
    assert found["stage"] == "verified"
    assert found["description"] == REPORT["description"]
    assert [(task["department"], task["stage"], task["lead"]) for task in found["tasks"]] == [
        ("water", "handled", True),
        ("housing", "handled", False),
    ]
    history = people["auditor"].get(f"{ticket}/history").json()["items"]
    assert [item["event"] for item in history] == [
        "Reported", "Sorted", "Dispatched", "Claimed", "Claimed", "Handled", "Handled", "Verified",
    ]  # fmt: skip
    people.catch_up()
    after = {"after": history[-1]["position"]}
    (line,) = people["dispatcher"].get("/api/tickets", params={"q": "下水堵塞", **after}).json()["items"]
    assert (line["id"], line["stage"]) == (receipt["id"], "verified")
    departments = people["water"].get("/api/workload", params=after).json()["departments"]
    handled = {row["department"]: row["handled_30d"] for row in departments}
    assert (handled["water"], handled["housing"], handled["power"]) == (1, 1, 0)
