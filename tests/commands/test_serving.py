"""Commands beside a running server, the doctor, and the demo that a newcomer sees."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.commands.conftest import Terminal

START_SECONDS = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(terminal: Terminal, port: int) -> Iterator[subprocess.Popen[str]]:
    """`callout serve`, answering."""
    command = [sys.executable, "-m", "server", "serve", "--data", str(terminal.data), "--port", str(port)]
    process = subprocess.Popen(
        command, env={**os.environ, **terminal.environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(START_SECONDS * 10):
            if (terminal.data / "control.sock").exists() and _answers(port):
                break
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=START_SECONDS)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/livez", timeout=0.1).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def local(terminal: Terminal, port: int) -> Terminal:
    made = terminal("init", "--domain", f"localhost:{port}", "--handle", "harbour", "--name", "Open Harbour")
    assert made.exit_code == 0, made.output
    return terminal


def test_a_command_reaches_the_running_server(local: Terminal, port: int) -> None:
    with serving(local, port) as process:
        made = local.json("post", "Said through the socket")
        page = httpx.get(made["url"], timeout=5)
        assert "Said through the socket" in page.text
        local("delete", made["id"])
        assert httpx.get(made["url"], timeout=5).status_code == 410, "the server's own pages know at once"
        assert (local.data / "control.sock").stat().st_mode & 0o077 == 0
        refused = local("delete", "nothing")
        assert (refused.exit_code, refused.stderr) == (1, "Error: There is no such post.\n")
    assert process.returncode == 0
    assert not (local.data / "control.sock").exists()
    assert local.json("followers")["followers"] == 0, "and works without a server, too"


def test_a_second_server_on_the_same_folder_is_refused(local: Terminal, port: int) -> None:
    with serving(local, port):
        second = local("serve", "--port", str(free_port()))
        assert second.exit_code == 1
        assert "Another callout process" in second.stderr


def test_the_doctor_finds_a_good_server_good(local: Terminal, port: int) -> None:
    with serving(local, port):
        findings = {one["name"]: one for one in json.loads(local("doctor", "--json").stdout)}
    assert findings["WebFinger"]["level"] == "ok", findings
    assert findings["reachable"]["level"] == "ok"
    assert findings["address"]["level"] == "warn"
    assert "bad" not in {one["level"] for one in findings.values()}


def test_the_doctor_says_what_is_wrong(local: Terminal) -> None:
    (local.data / "secret.key").chmod(0o644)
    result = local("doctor")
    assert result.exit_code == 1
    assert "chmod 600" in result.stdout
    assert "Nobody answers there" in result.stdout


def test_a_backup_can_be_made_while_the_server_runs(local: Terminal, port: int, tmp_path: Path) -> None:
    local.environ["CALLOUT_BACKUP_PASSPHRASE"] = "three plain words"
    with serving(local, port):
        local("post", "While it runs")
        made = local.json("backup", str(tmp_path / "b"))
    assert local.json("restore", str(tmp_path / "b"), data=tmp_path / "there") == made


@pytest.mark.anyio
async def test_the_demo_tells_its_story_to_the_end(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server",
        "demo",
        "--once",
        "--folder",
        str(tmp_path / "demo"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, said.decode()
    for words in ("accepted it", "1/1 servers have it", "holds the answer", "1 boost and 1 like", "5."):
        assert words in said.decode()


def test_the_demo_clears_nothing_that_is_not_its_own(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    result = terminal("demo", "--once", "--folder", str(tmp_path / "mine"))
    assert result.exit_code == 1
    assert (tmp_path / "mine" / "letter.txt").exists()


@pytest.mark.anyio
async def test_the_demo_ends_both_servers_when_it_is_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "server", "demo", "--folder", str(tmp_path / "demo")]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while b"Ctrl-C" not in (line := await process.stdout.readline()):
            assert line, "it ended before its story did"
        assert len(list((tmp_path / "demo").glob("*/control.sock"))) == 2
        process.terminate()
        assert await process.wait() == 0
    assert list((tmp_path / "demo").glob("*/control.sock")) == []
