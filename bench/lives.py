"""Whole lives of tickets over HTTP, 64 at once, each step by the account whose step it is."""

from random import Random
from typing import Any

from bench.load import ID, load, request
from bench.results import Figure, Result, milliseconds
from bench.servers import behind, catch_up, sign_in, temporary_town, whistle
from bench.texts import Texts

AT_ONCE = 64
STEPS = ("report", "sort", "dispatch", "claim", "claim", "handle", "handle", "verify")


def measure(quick: bool) -> Result:
    """Live for some seconds."""
    seconds = 3.0 if quick else 20.0
    with temporary_town() as (folder, _), whistle(folder) as server:
        port = server.port
        catch_up(port)
        texts = Texts(Random(1))
        tokens = {name: sign_in(port, name) for name in ("grid", "sorter", "dispatcher", "water", "housing")}
        scripts = [script(tokens, texts) for _ in range(AT_ONCE)]
        used = server.cpu_seconds()
        answers = load(port, scripts, AT_ONCE, seconds, warm_up=1.0)
        left, caught_up = behind(port), catch_up(port)
        used = server.cpu_seconds() - used
    lives = len(answers.latencies[-1]) / answers.seconds
    all_steps = milliseconds(answers.all)
    figures = [
        Figure("lives of 8 commands", lives, "/s"),
        Figure("commands", answers.rate, "/s"),
        Figure("a command, p50", all_steps["p50"], "ms"),
        Figure("a command, p99", all_steps["p99"], "ms"),
    ]
    cpu_ms = used * 1000 / answers.total
    figures.append(Figure("CPU a command, views included", cpu_ms, "ms"))
    steps = [
        {"step": step, **milliseconds(each)} for step, each in zip(STEPS, answers.latencies, strict=True)
    ]
    behind_after = {"events_behind_at_the_end": left, "catch_up_seconds": round(caught_up, 2)}
    return Result(figures, {"steps_ms": steps, "seconds": round(answers.seconds, 2), **behind_after})


def script(tokens: dict[str, str], texts: Texts, reporter: dict[str, str] | None = None) -> list[bytes]:
    """The eight requests of one life; the id of the ticket is filled in as they go."""
    title, description, address = texts.matter()
    report = {"title": title, "description": description, "grid": "220621100001-01", "address": address}
    told_by = {"reporter": reporter} if reporter else {}
    told: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("sorter", "sort", {"category": "drain", "urgency": "urgent"}),
        ("dispatcher", "dispatch", {"lead": "water", "assisting": ["housing"]}),
        ("water", "claim", {}),
        ("housing", "claim", {}),
        ("water", "handle", {"result": "管道已疏通,现场清理完毕,住户确认不再返水。"}),
        ("housing", "handle", {"result": "破损路面已回填压实,围挡已撤除。"}),
        ("grid", "verify", {"solved": "solved", "satisfied": "satisfied"}),
    )
    steps = [request("POST", "/api/tickets", report | told_by, tokens["grid"])]
    for account, verb, body in told:
        steps.append(request("POST", f"/api/tickets/{ID.decode()}/{verb}", body, tokens[account]))
    return steps
