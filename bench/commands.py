"""`POST /api/tickets` over 64 connections: ours against a bare INSERT and against the stock recorder.

The three take turns in each round, so that whatever else the machine does hits all of them; a ratio is taken
within a round and the median of the rounds is quoted. Between turns our views catch up, so that the projector
never works in somebody else's time.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from statistics import median
from typing import Any

from bench.bare import bare_database
from bench.load import Answers, load, request
from bench.results import Figure, Result, milliseconds
from bench.servers import Server, behind, catch_up, sign_in, started, temporary_town, whistle
from bench.texts import Texts

CONNECTIONS = 64
POOLS = (8, 16, 32)
GRID = "220621100001-01"


def measure(quick: bool) -> Result:
    """Run all rounds."""
    rounds, seconds = (2, 2.0) if quick else (7, 5.0)
    turns: dict[str, list[dict[str, Any]]] = {"whistle": [], "bare": [], "stock": []}
    with ExitStack() as stack:
        bare_folder, conninfo = stack.enter_context(bare_database())
        pools = {}
        for size in POOLS:
            with started(["bench.bare", conninfo, str(size)], bare_folder) as server:
                pools[size] = _turn(server, "", seconds / 2).rate
        best = max(pools, key=lambda size: pools[size])
        servers = {
            "whistle": stack.enter_context(_town(stock=False)),
            "bare": stack.enter_context(started(["bench.bare", conninfo, str(best)], bare_folder)),
            "stock": stack.enter_context(_town(stock=True)),
        }
        tokens = {name: sign_in(servers[name].port, "grid") for name in ("whistle", "stock")}
        for _ in range(rounds):
            for name, server in servers.items():
                used = server.cpu_seconds()
                answers = _turn(server, tokens.get(name, ""), seconds)
                turn: dict[str, Any] = {"per_second": round(answers.rate, 1), "ms": milliseconds(answers.all)}
                if name == "whistle":
                    turn["events_behind"] = behind(server.port)
                    turn["catch_up_seconds"] = round(catch_up(server.port), 2)
                turn["cpu_ms"] = round((server.cpu_seconds() - used) * 1000 / answers.total, 3)
                turns[name].append(turn)
    return _result(turns, pools)


@contextmanager
def _town(stock: bool) -> Iterator[Server]:
    with temporary_town(stock) as (folder, _), whistle(folder, stock) as server:
        if not stock:
            catch_up(server.port)
        yield server


def _turn(server: Server, token: str, seconds: float) -> Answers:
    texts = Texts(Random(1))
    scripts = []
    for _ in range(CONNECTIONS):
        title, description, address = texts.matter()
        body = {
            "title": title, "description": description, "grid": GRID, "category": "road_damage",
            "address": address, "urgency": "ordinary", "source": "grid",
        }  # fmt: skip
        scripts.append([request("POST", "/api/tickets", body, token)])
    return load(server.port, scripts, CONNECTIONS, seconds, warm_up=1.0)


def _result(turns: dict[str, list[dict[str, Any]]], pools: dict[int, float]) -> Result:
    def ratios(against: str) -> list[float]:
        pairs = zip(turns["whistle"], turns[against], strict=True)
        return [ours["per_second"] / theirs["per_second"] for ours, theirs in pairs]

    figures = [
        Figure("against a bare INSERT", median(ratios("bare")), "×", at_least=1.0),
        Figure("against the stock recorder", median(ratios("stock")), "×", at_least=5.0),
    ]
    for name, took in turns.items():
        figures += [
            Figure(f"{name}: POST/s", median(turn["per_second"] for turn in took), "/s"),
            Figure(f"{name}: p50", median(turn["ms"]["p50"] for turn in took), "ms"),
            Figure(f"{name}: p99", median(turn["ms"]["p99"] for turn in took), "ms"),
            Figure(f"{name}: CPU a command", median(turn["cpu_ms"] for turn in took), "ms"),
        ]
    raw = {
        "turns": turns,
        "ratios": {name: [round(ratio, 3) for ratio in ratios(name)] for name in ("bare", "stock")},
        "bare_pools_per_second": {str(size): round(rate, 1) for size, rate in pools.items()},
    }
    return Result(figures, raw)
