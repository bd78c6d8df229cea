"""A disk that fails at one call: what failed is not acknowledged, what was is kept, and it goes on or starts again whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.faults.conftest import LONG
from tests.faults.doomed import started
from tests.faults.pictures import give, of_rows, sizes
from tests.faults.promises import Promises
from tests.faults.tampering import Tampering, command, need_strace, tampered
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink
from tests.processes import Served, callout, until

CHANCE = Random(22)
#: The failing call is one of the first so many.
SPREAD = 40
TIMES = 8 if LONG else 1
#: SQLite calls one of the two, as it was built.
SYNC = "fsync,fdatasync"
BROKEN = [(SYNC, "EIO"), (SYNC, "ENOSPC"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC")]
#: While it starts; where it opens and cuts its files.
OPENING = [("openat", "EIO"), ("openat", "EMFILE")]
CUTTING = [("ftruncate", "EIO"), ("ftruncate", "ENOSPC")]
#: While a picture is kept.
KEEPING = [("openat", "ENOSPC"), (SYNC, "EIO"), ("rename", "EIO"), ("rename", "ENOSPC")]


def some(cases: list[tuple[str, str]]) -> list[Any]:
    """All of them in the long form, else every other one."""
    return list(cases if LONG else cases[::2])


@pytest.fixture
def few(campaign: Campaign) -> Iterator[Sink]:
    need_strace()
    with Sink(8) as opened:
        campaign.followed_by(opened)
        yield opened


def _until_hit(promises: Promises, tampering: Tampering) -> None:
    for _ in range(200):
        promises.say()
        promises.hear()
        if tampering.hits:
            promises.say()
            promises.hear()
            return
    raise AssertionError("the call never came")


@pytest.mark.parametrize(("call", "error"), some(BROKEN))
def test_a_write_that_fails_is_not_acknowledged_and_the_next_is(
    call: str, error: str, campaign: Campaign, few: Sink, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    promises = Promises(campaign, few)
    refused = 0
    for round_ in range(TIMES):
        nth = CHANCE.randint(1, SPREAD)
        # Every other time the disk stays broken until the fault is lifted.
        lasting = "+" if round_ % 2 else ""
        before = promises.statuses[503]
        with tampered(campaign.pid, tmp_path / "trace", call, f"error={error}:when={nth}{lasting}") as tampering:
            _until_hit(promises, tampering)
        until(lambda: promises.say() == 200, "publishing goes again by itself", 10)
        until(lambda: promises.hear(1)[202] == 1, "the inbox takes again by itself", 10)
        refused += promises.statuses[503] - before
        promises.kept()
        campaign.server.kill()
        promises.kept()
        started(campaign)
    promises.settle()
    figure(
        f"{call} fails with {error} {TIMES} times: {len(promises.posts)} posts, {len(promises.replies)} replies"
        f" acknowledged, lost 0; {refused} told 503; went on by itself each time"
    )
    assert set(promises.statuses) <= {0, 200, 202, 503}, promises.statuses


class Tampered(Served):
    """A server that starts under strace: it may give up."""

    def __init__(self, campaign: Campaign, trace: Path, call: str, inject: str) -> None:
        plain = callout(campaign.terminal.data, campaign.port, campaign.terminal.environ)
        database = campaign.terminal.data / "callout.db"
        files = [database, *(database.with_name(f"callout.db-{end}") for end in ("wal", "shm"))]
        words = [*command(trace, call, inject, files), "-f", "--seccomp-bpf", *plain.command]
        super().__init__(words, plain.environ, plain.ready, trace.with_name("start.log"))

    def _ready(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None or self.ready()

    @property
    def gave_up(self) -> bool:
        return self.process is not None and self.process.poll() is not None


@pytest.mark.parametrize(("call", "error"), some([*BROKEN, *CUTTING, *OPENING]))
def test_a_start_on_a_failing_disk_ends_plainly_or_goes_on_and_the_next_is_whole(
    call: str, error: str, campaign: Campaign, few: Sink, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    promises = Promises(campaign, few)
    for _ in range(3):
        promises.say()
        promises.hear()
    campaign.server.kill()
    gave_up = hits = 0
    said: list[str] = []
    for nth in range(1, 1 + TIMES):
        trace = tmp_path / "trace"
        server = Tampered(campaign, trace, call, f"error={error}:when={nth}")
        campaign.server = server
        server.start()
        if server.gave_up:
            assert server.process is not None
            assert server.process.returncode == 1
            gave_up += 1
            said.append(server.log.read_text())
        else:
            promises.say()
        hits += Tampering(trace).hits
        server.kill()
        promises.kept()
    started(campaign)
    promises.settle()
    figure(f"{call} fails with {error} at the start, {hits} times: gave up {gave_up}, then whole again")
    assert not any("Traceback" in words for words in said), "\n".join(said)


@pytest.mark.parametrize(("call", "error"), some(KEEPING))
def test_a_picture_that_cannot_be_kept_is_refused_and_the_next_is_kept(
    call: str, error: str, campaign: Campaign, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    need_strace()
    kept = [give(campaign)]
    refused = hits = 0
    for nth in range(1, 13 if LONG else 3):
        with tampered(campaign.pid, tmp_path / "trace", call, f"error={error}:when={nth}") as tampering:
            kept.append(give(campaign))
        refused += kept[-1].status_code != 200
        hits += tampering.hits
        kept.append(give(campaign))
        assert kept[-1].status_code == 200, "the next one is kept"
    assert hits, "the call came"
    figure(f"{call} fails with {error} while pictures are kept, {hits} times: {refused} refused, all others there")
    assert {answer.status_code for answer in kept} <= {200, 503}
    campaign.server.kill()
    started(campaign)
    taken = [answer.json() for answer in kept if answer.status_code == 200]
    assert [httpx.get(one["url"], verify=False).status_code for one in taken] == [200] * len(taken)
    assert of_rows(campaign.terminal.data).items() <= sizes(campaign.terminal.data).items()
