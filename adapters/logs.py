"""Structured logs: one JSON line for each thing that happened, never personal data."""

import logging
import sys

import msgspec
import structlog


def configure_logs(level: str = "info") -> None:
    """Write log lines as JSON to standard error, and the libraries' warnings with them."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _serialize(entry: dict[str, object], **_: object) -> bytes:
    return msgspec.json.encode(entry, enc_hook=str)
