"""The socket by which commands reach a running server, so that one process owns the data folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from server.base.clock import Clock
from server.base.lockfile import HeldElsewhereError, LockFile
from server.base.log import event
from server.base.settings import Settings
from server.commands.verbs.table import Refused, perform
from server.compose import open_house
from server.house import House

SOCKET: Final = "control.sock"
LOCK: Final = "lock"
#: Four pictures of 10 MB in base64, and the words.
MAX_LINE_BYTES: Final = 64 * 1024 * 1024
#: Unix addresses are short; a longer path is reached through the folder's descriptor.
MAX_PATH_CHARS: Final = 100
WAIT_SECONDS: Final = 10.0


class Question(msgspec.Struct, frozen=True):
    """A verb and its arguments."""

    verb: str
    args: dict[str, Any]


class Reply(msgspec.Struct, frozen=True):
    """What came of it: a value, or why not."""

    value: Any = None
    refused: str | None = None


@contextlib.contextmanager
def _short(path: Path) -> Any:
    if len(str(path)) <= MAX_PATH_CHARS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


async def _answer(house: House, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        question = msgspec.json.decode(await reader.readline(), type=Question)
        try:
            reply = Reply(value=await perform(house, question.verb, question.args))
        except Refused as error:
            reply = Reply(refused=str(error))
        except Exception as error:  # noqa: BLE001 - said to whoever asked; the server goes on
            event("command_failed", error=type(error).__name__)
            reply = Reply(refused=f"That did not work ({type(error).__name__}).")
        writer.write(msgspec.json.encode(reply) + b"\n")
        await writer.drain()
    except (ConnectionError, ValueError, msgspec.DecodeError):
        event("command_dropped")
    finally:
        writer.close()


@asynccontextmanager
async def listening(house: House) -> AsyncIterator[None]:
    """Take commands while the block runs; the socket is for the owner of the folder only."""
    path = house.settings.data / SOCKET
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        with _short(path) as short:
            server = await asyncio.start_unix_server(
                lambda reader, writer: _answer(house, reader, writer), short, limit=MAX_LINE_BYTES
            )
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


async def _ask_server(settings: Settings, verb: str, args: dict[str, Any]) -> Reply | None:
    """What the running server says; None if none runs."""
    try:
        with _short(settings.data / SOCKET) as short:
            reader, writer = await asyncio.open_unix_connection(short, limit=MAX_LINE_BYTES)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    try:
        writer.write(msgspec.json.encode(Question(verb, args)) + b"\n")
        await writer.drain()
        line = await reader.readline()
    finally:
        writer.close()
    if not line:
        raise Refused("The server stopped before it answered. Look whether it was done.")
    return msgspec.json.decode(line, type=Reply)


async def ask(settings: Settings, clock: Clock, verb: str, args: dict[str, Any]) -> Any:
    """Let the running server do it, or do it here if none runs. Raises Refused, SettingsError."""
    for _ in range(int(WAIT_SECONDS / 0.2)):
        reply = await _ask_server(settings, verb, args)
        if reply is not None:
            if reply.refused is not None:
                raise Refused(reply.refused)
            return reply.value
        try:
            async with owned(settings, clock) as house:
                return await perform(house, verb, args)
        except HeldElsewhereError:
            await asyncio.sleep(0.2)
    raise Refused("Another process works on this data folder. Try again when it is done.")


@asynccontextmanager
async def owned(settings: Settings, clock: Clock) -> AsyncIterator[House]:
    """The house, with the data folder to ourselves. Raises HeldElsewhereError, SettingsError."""
    with contextlib.ExitStack() as stack:
        if settings.is_sqlite:
            settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            stack.enter_context(LockFile(settings.data / LOCK))
        house = await open_house(settings, clock)
        try:
            yield house
        finally:
            await house.close()
