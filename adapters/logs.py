"""Structured logs: one JSON line for each thing that happened, never personal data."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from adapters.settings import BadSetting

LEVELS = {name: getattr(logging, name.upper()) for name in ("debug", "info", "warning", "error")}


def configure_logs(level: str = "info") -> None:
    """Write log lines as JSON to standard error, and the libraries' warnings with them.

    Where the context says `quiet=True`, only what went wrong is written.
    """
    if level.lower() not in LEVELS:
        raise BadSetting(f"WHISTLE_LOG={level} is no level of the log: use one of {', '.join(LEVELS)}.")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _keep_quiet,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level.lower()]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _keep_quiet(_: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if entry.pop("quiet", False) and LEVELS.get(method, logging.ERROR) < logging.WARNING:
        raise structlog.DropEvent
    return entry


def _serialize(entry: dict[str, object], **_: object) -> bytes:
    return msgspec.json.encode(entry, enc_hook=str)
