"""`callout demo`: two whole servers on this machine that find, follow, boost and answer each other, told step by step."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
import sys
import webbrowser
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server.base.clock import system_clock
from server.base.settings import Settings
from server.commands.control import ask, owned
from server.commands.founding import found

STEP_SECONDS: Final = 30.0
START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 10.0
#: This file names the folder as ours, so that an old demo may be cleared away and nothing else ever is.
MARK: Final = ".callout-demo"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two servers."""

    name: str
    handle: str
    port: int
    settings: Settings
    link: str

    @property
    def acct(self) -> str:
        """Its handle as the other one types it."""
        return f"@{self.handle}@localhost:{self.port}"

    async def do(self, verb: str, **args: Any) -> Any:
        """Let the running server do one verb."""
        return await ask(self.settings, system_clock, verb, args)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(port: int) -> dict[str, str]:
    return {
        "CALLOUT_BASE_URL": f"http://localhost:{port}",
        "CALLOUT_ALLOW_NETWORKS": "127.0.0.0/8,::1/128",
        "CALLOUT_ALLOW_HTTP": "1",
        "CALLOUT_SENDERS": "1",
    }


async def _make(folder: Path, handle: str, name: str) -> Side:
    port = _free_port()
    settings = Settings.load(_environment(port), folder / handle)
    async with owned(settings, system_clock) as house:
        link = await found(house, handle=handle, name=name, organiser="first")
    return Side(name=name, handle=handle, port=port, settings=settings, link=link)


async def _start(side: Side, environ: Mapping[str, str], stack: AsyncExitStack) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # a file named server.py where somebody happens to stand is not ours
        "-m",
        "server",
        "serve",
        "--data",
        str(side.settings.data),
        "--port",
        str(side.port),
        env={**environ, **_environment(side.port)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )

    async def stop() -> None:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()

    stack.push_async_callback(stop)

    async def answers() -> bool:
        if process.returncode is not None:
            raise TimeoutError(f"{side.name} did not start.")
        # The socket for commands is there before the port: who asks in between finds nobody.
        return (side.settings.data / "control.sock").exists() and await _listens(side.port)

    await _until(f"{side.name} starts", answers, START_SECONDS)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _until(what: str, holds: Callable[[], Awaitable[bool]], seconds: float = STEP_SECONDS) -> None:
    """Look again and again. Raises TimeoutError with the step that did not happen."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not await holds():
        if loop.time() > end:
            raise TimeoutError(f"Waited {seconds:.0f} s in vain until {what}.")
        await asyncio.sleep(0.1)


def _cleared(folder: Path) -> Path:
    if folder.exists():
        if not (folder / MARK).exists():
            raise TimeoutError(f"{folder} exists and is no demo of ours. Choose another with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    (folder / MARK).touch()
    return folder.resolve()


async def demo(folder: Path, environ: Mapping[str, str], *, say: Say, stay: bool) -> None:
    """Tell the story; with `stay` leave both servers open until Ctrl-C. Raises TimeoutError if a step does not happen."""
    folder = _cleared(folder)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, ended.set)
    telling = asyncio.create_task(_demo(folder, environ, say=say, stay=stay))
    await asyncio.wait({telling, asyncio.create_task(ended.wait())}, return_when=asyncio.FIRST_COMPLETED)
    if ended.is_set():
        telling.cancel()  # both servers are ended on the way out
    with contextlib.suppress(asyncio.CancelledError):
        await telling


async def _demo(folder: Path, environ: Mapping[str, str], *, say: Say, stay: bool) -> None:
    async with AsyncExitStack() as stack:
        one = await _make(folder, "harbour", "Open Harbour")
        two = await _make(folder, "bridges", "Bridges, not Walls")
        say(
            f"Two campaigns, each with its own database, keys and queue:\n  {one.name} {one.acct}\n  {two.name} {two.acct}"
        )
        await asyncio.gather(_start(one, environ, stack), _start(two, environ, stack))
        say("\nBoth servers run.")
        post = await _tell(one, two, say)
        say(
            f"\n  {one.name}: http://localhost:{one.port}/\n  its post: {post}\n  {two.name}: http://localhost:{two.port}/"
        )
        if stay:
            say(f"\nThe Desks (each link works once):\n  {one.link}\n  {two.link}\n\nCtrl-C ends both.")
            if sys.stdout.isatty() and "CI" not in environ:
                for address in (post, f"http://localhost:{two.port}/"):
                    webbrowser.open(address)
            await asyncio.Event().wait()


async def _tell(one: Side, two: Side, say: Say) -> str:
    say(f"\n1. {two.name} looks {one.acct} up (WebFinger), reads its actor with a signed request, and asks to follow.")
    await two.do("follow", name=one.acct)

    async def accepted() -> bool:
        return any(tie["state"] == "accepted" for tie in await two.do("following"))

    await _until("the follow is accepted", accepted)
    say(f"   {one.name} accepted it with a signed Accept.")

    say(f"2. {one.name} publishes an update; its queue signs and delivers it.")
    post = await one.do("post", text="The first boat is out. #OpenHarbour", language="en")

    async def delivered() -> bool:
        at = await one.do("status", target=post["id"])
        return bool(at["expected"]) and at["delivered"] == at["expected"]

    await _until("the update arrives", delivered)
    status = await one.do("status", target=post["id"])
    say(f"   {status['delivered']}/{status['expected']} servers have it.")

    say(f"3. {two.name} boosts it, likes it and answers.")
    await two.do("boost", target=post["uri"])
    await two.do("like", target=post["uri"])
    await two.do("post", text=f"{one.acct} Good wind to you all.", language="en", reply_to=post["uri"])

    async def heard() -> bool:
        return bool(await one.do("replies"))

    await _until("the answer arrives", heard)
    held = await one.do("replies")
    say(f"   {one.name} holds the answer of @{held[0]['from']} until an organiser has read it.")

    say(f"4. An organiser of {one.name} approves it; now its page shows it.")
    await one.do("replies.decide", numbers=[held[0]["number"]], state="approved")
    await _until("the page shows the answer", lambda: _page_shows(post["url"], "Good wind"))
    await _until("the page shows the boost", lambda: _page_shows(post["url"], "1 boost"))
    say("   The page shows the answer, 1 boost and 1 like.")

    say(f"5. {one.name} edits its update; the edit goes out as an Update.")
    await one.do("edit", target=post["id"], text="The first boat is out and well. #OpenHarbour")
    await _until("the edit arrives", delivered)
    say("   Done. Nothing of this was staged: these are two processes talking over HTTP.")
    return str(post["url"])


async def _page_shows(url: str, words: str) -> bool:
    port = int(url.split(":")[2].split("/", maxsplit=1)[0])
    path = "/" + url.split("/", 3)[3]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode())
    page = await reader.read()
    writer.close()
    return words in page.decode("utf-8", "replace")
