"""`callout serve` and `callout worker`: a house that answers until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import uvicorn

from server.app import build_app
from server.base.clock import Clock, SteadyClock
from server.base.database import engine
from server.base.lockfile import HeldElsewhereError
from server.base.log import event
from server.base.settings import Settings
from server.commands.control import listening, owned
from server.commands.founding import is_founded
from server.commands.verbs.table import Refused
from server.house import House
from server.network import VERSION
from server.sender import settle

KEEP_ALIVE_SECONDS: Final = 30
STOP_SECONDS: Final = 4
BACKLOG: Final = 2048
#: Beyond it new requests get 503 at once instead of waiting for ever.
MAX_AT_ONCE: Final = 4096


async def serve(settings: Settings, clock: Clock, *, say: bool) -> None:
    """Answer until SIGTERM or SIGINT. With `say`, tell whoever started it where to look. Raises Refused, SettingsError."""
    try:
        async with owned(settings, SteadyClock(clock, time.monotonic)) as house:
            if not is_founded(house):
                raise Refused("There is no campaign here yet. Make one with `callout init`.")
            async with listening(house):
                await _answering(house, say=say)
    except HeldElsewhereError:
        raise Refused(f"Another callout process works on {settings.data}.") from None


class _Server(uvicorn.Server):
    """uvicorn raises the signal again when it is done, which would end the process before the house is closed."""

    def __init__(self, config: uvicorn.Config, then: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._then = then

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port, then do what was asked for."""
        await super().startup(sockets)
        if self.started:
            await self._then()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """Finish what is in hand and end; asked a second time, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def _answering(house: House, *, say: bool) -> None:
    settings = house.settings
    config = uvicorn.Config(
        build_app(house),
        host=settings.host,
        port=settings.port,
        http="httptools",
        loop="none",
        ws="none",
        proxy_headers=False,
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=MAX_AT_ONCE,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )

    async def started() -> None:
        settle()
        event("serving", version=VERSION)
        _look_at_sqlite(settings)
        if say:
            await _greet(house)

    server = _Server(config, started)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, server.stop)
    try:
        await server.serve()
    except SystemExit:
        raise Refused(f"Port {settings.port} on {settings.host} cannot be opened: is it in use?") from None
    event("stopped")


def _look_at_sqlite(settings: Settings) -> None:
    """The WAL-reset bug needs two connections that write or checkpoint (sqlite.org/wal.html#walresetbug).

    Here one connection does both, and the lock file keeps other processes away; a fixed library is still better.
    """
    if settings.is_sqlite and not engine.is_fixed(engine.SQLITE_VERSION):
        event("sqlite_has_wal_reset_bug", version=engine.sqlite3.sqlite_version, reason="single writer")


async def _greet(house: House) -> None:
    campaign = house.actors.campaign()
    lines = [
        f"{campaign.name} (@{house.addresses.acct(campaign.handle)})",
        f"  its page   {house.addresses.home()}",
        f"  the Desk   {house.addresses.base}/desk/",
    ]
    link = await house.access.first_link()
    if link is not None:
        lines.append(f"  sign in    {house.addresses.base}{link}  (works once)")
    print("\n".join(lines), flush=True)


async def work(settings: Settings, clock: Clock) -> None:
    """Deliver and work without answering anybody, beside servers that share a PostgreSQL database. Raises Refused."""
    if settings.is_sqlite:
        raise Refused("With SQLite `callout serve` does this work itself. A worker needs PostgreSQL.")
    async with owned(settings, SteadyClock(clock, time.monotonic)) as house:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stopping.set)
        running = asyncio.create_task(house.run())
        settle()
        event("working", version=VERSION)
        await asyncio.wait({running, asyncio.create_task(stopping.wait())}, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
