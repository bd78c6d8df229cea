"""A log without persons: a fixed event name and fields from an allow-list, one JSON line each on stderr."""

from __future__ import annotations

import json
import logging
from typing import Final

FIELDS: Final = frozenset(
    {
        "attempts",
        "bytes",
        "count",
        "error",
        "host",
        "kind",
        "level",
        "path",
        "reason",
        "request",
        "seconds",
        "state",
        "status",
        "version",
        "where",
    }
)
MAX_VALUE_CHARS: Final = 120
_LOG: Final = logging.getLogger("callout")
_strict = False


class UnknownFieldError(Exception):
    """A field that the allow-list does not name (raised in tests only)."""


def be_strict(*, on: bool = True) -> None:
    """Let an unknown field raise instead of being dropped: for tests."""
    global _strict  # noqa: PLW0603 - one switch for one process, turned by the test set-up only
    _strict = on


def set_up(level: str = "INFO") -> None:
    """Send events to stderr as they are, and silence what other libraries say about requests."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    _LOG.handlers[:] = [handler]
    _LOG.setLevel(level)
    _LOG.propagate = False
    for name in (
        "httpx",
        "httpcore",
        "uvicorn.access",
        "uvicorn.error",
        "asyncio",
        "multipart",
        "PIL",
        "aiosqlite",
        "asyncpg",
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def event(name: str, **fields: str | float | None) -> None:
    """One line: what happened, where, how often. Never who."""
    unknown = fields.keys() - FIELDS
    if unknown and _strict:
        raise UnknownFieldError(", ".join(sorted(unknown)))
    kept = {
        key: value[:MAX_VALUE_CHARS] if isinstance(value, str) else value
        for key, value in fields.items()
        if key in FIELDS and value is not None
    }
    _LOG.info(json.dumps({"event": name, **kept}, ensure_ascii=True))
