"""A campaign of ours as a process of its own, among a crowd on loopback, with its database open to be counted."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from server.base.database import engine
from tests.commands.conftest import Terminal
from tests.loopback.load import Poured, pour
from tests.loopback.sink import Sink
from tests.processes import callout, free_port, until

SETTINGS = {
    "CALLOUT_SENDERS": "2",
    "CALLOUT_ALLOW_NETWORKS": "127.0.0.0/8",
    "CALLOUT_ALLOW_HTTP": "1",
    "CALLOUT_MIN_FREE_BYTES": "0",
}
AT_ONCE = 64


def children(pid: int) -> list[int]:
    """The processes that this one started and that still run."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def query(path: Path, sql: str) -> list[Any]:
    """Ask a database file something. It only reads: what a killed server left is for the next one to fold in."""
    with closing(engine.sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        return list(connection.execute(sql).fetchall())


class Campaign:
    """One server, its command line, and its token for scripts."""

    def __init__(self, folder: Path, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.base = f"http://localhost:{self.port}"
        self.uri = f"{self.base}/users/harbour"
        self.inbox = f"{self.base}/inbox"
        self.terminal = Terminal(folder)
        self.terminal.environ |= {**SETTINGS, **settings}
        made = self.terminal("init", "--domain", self.base, "--handle", "harbour", "--name", "Open Harbour")
        assert made.exit_code == 0, made.output
        self.token = self.terminal.json("token", "first")["token"]
        self.server = callout(self.terminal.data, self.port, self.terminal.environ)

    @property
    def pid(self) -> int:
        assert self.server.process is not None
        return self.server.process.pid

    def kill_alone(self) -> None:
        """kill -9 of the server; what it started must end by itself."""
        process = self.server.process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)

    def count(self, sql: str) -> int:
        """A number out of the database, whether the server runs or not."""
        return int(query(self.terminal.data / "callout.db", sql)[0][0])

    def check(self) -> None:
        """The file is whole and every row has its parents."""
        whole(self.terminal.data / "callout.db")

    def post(self, text: str, key: str = "", seconds: float = 30) -> httpx.Response:
        """Publish, as a script does."""
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        url, words = f"http://127.0.0.1:{self.port}/api/v1/statuses", {"status": text}
        # No TLS is spoken here, and reading the authorities takes longer than the post.
        return httpx.post(url, json=words, headers=headers, timeout=seconds, verify=False)

    def published(self, text: str = "To all of you") -> dict[str, Any]:
        answer = self.post(text)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def hears(self, requests: Sequence[bytes], at_once: int = AT_ONCE) -> Poured:
        return pour(self.port, requests, at_once=at_once)

    def followed_by(self, sink: Sink) -> None:
        """Everybody on the sink follows, and has heard that it was accepted."""
        crowd = sink.crowd
        asked = [crowd.signed(n, crowd.activity(n, "Follow", self.uri), self.inbox) for n in range(crowd.count)]
        poured = self.hears(asked)
        assert poured.statuses == {202: crowd.count}, poured.statuses
        until(lambda: sink.types["Accept"] >= crowd.count, "everybody was accepted", 60)
        until(lambda: self.waiting() == 0, "the queue is empty", 30)
        sink.forget()

    def waiting(self) -> int:
        return self.count("SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM fanouts WHERE done = 0)")


def whole(path: Path) -> None:
    """Raise unless this database file is whole and consistent in itself."""
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    assert query(path, "PRAGMA foreign_key_check") == []
