"""Running the service: socket, projector, web server; and ending it in good order."""

import asyncio
import gc
import signal
import socket
import sys
from contextlib import ExitStack
from dataclasses import replace

import structlog
import typer
import uvicorn
from fastapi import FastAPI

from adapters.database import database
from adapters.personal.residents import prepare
from adapters.settings import BadSetting, Settings
from adapters.telling.means import Means
from api import demonstration
from api.app import application
from api.projector import beside
from api.web.hosts import is_loopback
from evidence import keys

log = structlog.get_logger()

LAST_WORDS = 10
"""Seconds for requests under way when the service is told to stop."""

COLLECT_SELDOM = 20_000, 20, 50
"""Python's collector walks all remembered histories each time: left at its defaults, it is seen in p99."""


def serve(
    settings: Settings,
    host: str,
    port: int,
    demo: bool,
    projector: bool,
    messenger: bool,
    sealer: bool,
    recall: bool,
) -> None:
    """Serve until SIGTERM or SIGINT; what was accepted by then is finished."""
    if demo and not is_loopback(host):
        raise BadSetting(f"The demonstration has known passwords and is not shown on {host}: use 127.0.0.1.")
    Means.read()  # A bad setting is said here and now.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        listening = stack.enter_context(_listen(host, port))
        if sealer:
            keys.signer(settings, make=True)
        found = stack.enter_context(database(settings))
        try:
            prepare(settings, found)
        except BadSetting as problem:  # All else works without them.
            log.warning("keys_missing", what=str(problem))
        if not is_loopback(host) and asyncio.run(demonstration.is_loaded(found)):
            raise BadSetting(
                "The accounts of the demonstration still have the password that everybody knows: "
                "change or close them with `whistle account`, or use another folder."
            )
        if demo:
            asyncio.run(demonstration.load(found))
        processes = {"project": projector, "tell": messenger, "seal": sealer, "recall": recall}
        for command, wanted in processes.items():
            if wanted and not settings.stock_recorder:
                stack.enter_context(beside(found, settings.data, command))
        address = f"http://{host if ':' not in host else f'[{host}]'}:{listening.getsockname()[1]}"
        typer.echo(f"Whistle 吹哨 answers on {address}")
        if demo:
            typer.echo(demonstration.accounts_as_text())
        sys.stdout.flush()
        config = uvicorn.Config(
            application(found, _answering_to(host, settings)),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=LAST_WORDS,
        )
        server = Server(config)
        gc.freeze()
        gc.set_threshold(*COLLECT_SELDOM)
        server.run(sockets=[listening])
        if not server.started:
            raise BadSetting("The service could not start: its log says why.")


class Server(uvicorn.Server):
    """The web server; where it stops, pages that wait for news are let go, as they would wait for ever."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was accepted."""
        if isinstance(self.config.app, FastAPI):
            self.config.app.state.service.standing.end()
        await super().shutdown(sockets)


def _answering_to(host: str, settings: Settings) -> Settings:
    """The settings with the names to answer to: any, unless it is loopback or a public name is set."""
    if is_loopback(host) or settings.hosts:
        return replace(settings, hosts=settings.hosts | {host})
    return settings


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as problem:
        raise BadSetting(
            f"{host} port {port} cannot be used: {problem.strerror}. Choose another --port."
        ) from None
    listening.listen(2048)
    return listening
