"""`callout doctor`: is this house ready for the world? Each finding in plain words, with what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Literal
from urllib.parse import urlsplit

import httpx

from server.base import changes
from server.base.clock import Clock
from server.base.database import Database, engine
from server.base.database.migrate import open_database, pending
from server.base.errors import AppError
from server.base.settings import Settings
from server.base.timestamps import from_text
from server.features.actors.store import all_actors

MAX_CLOCK_OFF: Final = timedelta(seconds=30)
LOOK_SECONDS: Final = 10.0
_TLS_FAILS: Final = "TLS fails: is the certificate valid for this name?"
_NOBODY: Final = "Nobody answers there. Is `callout serve` running, and the proxy before it?"

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    name: str
    level: Level
    words: str


async def examine(
    settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[Finding]:
    """Check one thing after the other."""
    yield _address(settings)
    yield _folder(settings)
    yield _space(settings)
    yield _sqlite(settings)
    database, handle = None, ""
    try:
        database = await open_database(settings, clock)
        schema = await _schema(database)
        yield schema
        if schema.level == "ok":
            yield await _clock_forward(database, clock)
            handle = await _campaign_handle(database)
    except AppError as error:
        yield Finding("database", "bad", f"It cannot be opened: {error}")
    finally:
        if database is not None:
            await database.close()
    async for finding in _outside(settings, clock, transport, handle):
        yield finding


def _address(settings: Settings) -> Finding:
    host = urlsplit(settings.base_url).hostname or ""
    if settings.secure:
        return Finding("address", "ok", settings.base_url)
    if host in {"localhost", "127.0.0.1", "::1"}:
        return Finding("address", "warn", f"{settings.base_url} is for trying out: only this machine reaches it.")
    return Finding("address", "bad", f"{settings.base_url} is not https. Other servers will not talk to it.")


def _folder(settings: Settings) -> Finding:
    if not os.access(settings.data, os.R_OK | os.W_OK | os.X_OK):
        return Finding("data folder", "bad", f"{settings.data} cannot be written by this user.")
    if settings.data.stat().st_mode & 0o077:
        return Finding("data folder", "warn", f"Others on this machine may look into it: chmod 700 {settings.data}")
    key = settings.data / "secret.key"
    if key.exists() and key.stat().st_mode & 0o077:
        return Finding("data folder", "bad", f"Others on this machine may read the keys: chmod 600 {key}")
    return Finding("data folder", "ok", str(settings.data.resolve()))


def _space(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data).free
    level: Level = "ok" if free > 5 * settings.min_free_bytes else "warn" if free > settings.min_free_bytes else "bad"
    return Finding("disk", level, f"{free // 1_000_000:,} MB free")


def _sqlite(settings: Settings) -> Finding:
    if not settings.is_sqlite:
        return Finding("database", "ok", "PostgreSQL")
    words = f"SQLite {engine.sqlite3.sqlite_version}"
    if engine.is_fixed(engine.SQLITE_VERSION):
        return Finding("database", "ok", words)
    return Finding(
        "database", "warn", f"{words} is older than 3.51.3, which repairs a rare loss of data. Upgrade it when you can."
    )


async def _schema(database: Database) -> Finding:
    if await pending(database):
        return Finding("schema", "bad", "It is of an older version: run `callout migrate` (after a backup).")
    return Finding("schema", "ok", "up to date")


async def _clock_forward(database: Database, clock: Clock) -> Finding:
    async with database.snapshot() as snapshot:
        last = await changes.latest_at(snapshot)
    if last is not None and from_text(last) - clock() > MAX_CLOCK_OFF:
        return Finding(
            "clock",
            "bad",
            "It is earlier than what the database holds: it was set back. Other servers refuse signatures.",
        )
    return Finding("clock", "ok", f"{clock():%Y-%m-%d %H:%M} UTC, not set back")


async def _campaign_handle(database: Database) -> str:
    async with database.snapshot() as snapshot:
        actors = await all_actors(snapshot)
    return next((actor.handle for actor in actors if actor.kind == "campaign"), "")


async def _outside(
    settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None, handle: str
) -> AsyncIterator[Finding]:
    """Ask ourselves as others would: TLS, WebFinger, the actor, the clock of whoever answers."""
    async with httpx.AsyncClient(
        transport=transport, verify=settings.ca_file or True, timeout=LOOK_SECONDS, trust_env=False
    ) as client:
        try:
            answer = await client.get(f"{settings.base_url}/.well-known/nodeinfo")
        except httpx.HTTPError as error:
            words = _TLS_FAILS if "CERTIFICATE" in str(error).upper() else _NOBODY
            yield Finding("reachable", "bad", words)
            return
        yield Finding("reachable", "ok" if answer.status_code == 200 else "bad", f"answers {answer.status_code}")
        if settings.secure:
            yield Finding("TLS", "ok", "the certificate is valid")
        yield _same_time(answer, clock)
        if handle:
            yield await _loop_back(client, settings, handle)


def _same_time(answer: httpx.Response, clock: Clock) -> Finding:
    try:
        there = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return Finding("time", "warn", "The answer says no time.")
    if abs(there - clock()) > MAX_CLOCK_OFF:
        return Finding("time", "bad", "This machine and the one that answers differ in time. Set the clock (NTP).")
    return Finding("time", "ok", "agrees with whoever answers")


async def _loop_back(client: httpx.AsyncClient, settings: Settings, handle: str) -> Finding:
    """The handle leads to the actor and back, on the handle's own domain."""
    domain = settings.handle_domain or urlsplit(settings.base_url).netloc
    scheme = urlsplit(settings.base_url).scheme
    try:
        found = await client.get(
            f"{scheme}://{domain}/.well-known/webfinger",
            params={"resource": f"acct:{handle}@{domain}"},
            follow_redirects=True,
        )
        links = found.json()["links"]
        actor = next(link["href"] for link in links if link.get("rel") == "self")
        document = (await client.get(actor, headers={"Accept": "application/activity+json"})).json()
    except (httpx.HTTPError, ValueError, KeyError, StopIteration, TypeError):
        return Finding(
            "WebFinger",
            "bad",
            f"@…@{domain} cannot be found as other servers look for it. Check the proxy passes /.well-known/.",
        )
    if document.get("id") != actor:
        return Finding("WebFinger", "bad", "The actor's document names another id.")
    return Finding("WebFinger", "ok", f"@{handle}@{domain} leads to the actor")
