"""The disk is full, or refuses: 503 and never 202, reading goes on, and it is well again by itself."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import require
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink
from tests.processes import until

DISK_BYTES = 24 * 1024 * 1024
SPARE_BYTES = 4 * 1024 * 1024
BALLAST = "ballast"


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A small disk of its own at this folder."""
    folder.mkdir()
    options = f"size={DISK_BYTES},mode=700"
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False, capture_output=True
    )
    require("A small disk", present=made.returncode == 0, hint="mounting a tmpfs needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> None:
    """Fill a disk up to so many bytes, as another program would."""
    with (folder / BALLAST).open("ab", buffering=0) as ballast:
        while (room := os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize - leave) > 0:
            try:
                ballast.write(bytes(min(room, 65536)))
            except OSError:
                return


class Tried:
    """What the server says to each kind of request."""

    def __init__(self, campaign: Campaign, sink: Sink, post: str) -> None:
        self._campaign, self._crowd, self._post = campaign, sink.crowd, post
        self._count = 0

    def reply(self) -> int:
        """The status of one good signed reply to the inbox."""
        crowd, number = self._crowd, self._count % self._crowd.count
        self._count += 1
        reply = crowd.reply(number, self._post, self._campaign.uri)
        answers = self._campaign.hears([crowd.signed(number, reply, self._campaign.inbox)], at_once=1).statuses
        return next(iter(answers))

    def publish(self) -> int:
        return self._campaign.post("x" * 4000).status_code

    def read(self) -> int:
        return httpx.get(f"http://127.0.0.1:{self._campaign.port}/", timeout=10).status_code


def kept(campaign: Campaign) -> tuple[int, int]:
    return campaign.count("SELECT count(*) FROM remote_posts"), campaign.count(
        "SELECT count(*) FROM posts WHERE state = 'live'"
    )


def through(tried: Tried, campaign: Campaign, refuse: str) -> tuple[int, int]:
    """Reply and publish until both are refused; what was taken must be what is kept."""
    before = kept(campaign)
    replies = posts = 0
    for _ in range(400):
        said, published = tried.reply(), tried.publish()
        assert {said, published} <= {200, 202, 503}, (said, published)
        replies, posts = replies + (said == 202), posts + (published == 200)
        if {said, published} == {503}:
            break
    else:
        raise AssertionError(f"{refuse} never refused")
    assert tried.read() == 200, "reading goes on"
    after = kept(campaign)
    assert (after[0] - before[0], after[1] - before[1]) == (replies, posts), "taken is kept, refused is not"
    return replies, posts


def recovers(tried: Tried, campaign: Campaign, sink: Sink, what: str) -> None:
    until(lambda: tried.reply() == 202, "the inbox takes again by itself", 10)
    until(lambda: tried.publish() == 200, "publishing goes again by itself", 10)
    until(lambda: campaign.waiting() == 0, "what was said meanwhile is delivered", 20)
    posts = campaign.count("SELECT count(*) FROM outbox WHERE type = 'Create'")
    assert len({said for _, said in sink.arrived}) == posts, f"everything that was published arrived ({what})"


@pytest.fixture
def readers() -> Iterator[Sink]:
    with Sink(5) as opened:
        yield opened


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    with mounted(folder):
        yield folder


def _begun(campaign: Campaign, sink: Sink) -> Tried:
    campaign.server.start()
    campaign.followed_by(sink)
    return Tried(campaign, sink, campaign.published()["uri"])


def test_a_full_disk_is_answered_by_503_and_never_202(
    small_disk: Path, readers: Sink, figure: Callable[[str], None]
) -> None:
    campaign = Campaign(small_disk)
    tried = _begun(campaign, readers)
    try:
        fill(small_disk, leave=256 * 1024)
        replies, posts = through(tried, campaign, "a full disk")
        (small_disk / BALLAST).unlink()
        recovers(tried, campaign, readers, "full disk")
        assert campaign.server.stop() == 0
        campaign.check()
        figure(f"disk full: {replies} replies and {posts} posts were taken before it, all kept; then 503; well again")
    finally:
        campaign.server.kill()


def test_an_inbox_closes_before_the_disk_is_full(small_disk: Path, readers: Sink) -> None:
    campaign = Campaign(small_disk, CALLOUT_MIN_FREE_BYTES=str(SPARE_BYTES))
    tried = _begun(campaign, readers)
    try:
        assert tried.reply() == 202
        fill(small_disk, leave=SPARE_BYTES - 256 * 1024)
        until(lambda: tried.reply() == 503, "the inbox refuses", 10)
        before = kept(campaign)
        assert [tried.reply() for _ in range(5)] == [503] * 5
        assert tried.publish() == 200, "what is kept free is for the organisers"
        assert kept(campaign) == (before[0], before[1] + 1)
        (small_disk / BALLAST).unlink()
        recovers(tried, campaign, readers, "spare room")
        assert campaign.server.stop() == 0
        campaign.check()
    finally:
        campaign.server.kill()


def test_a_disk_that_refuses_every_write_is_survived(campaign: Campaign, readers: Sink) -> None:
    campaign.followed_by(readers)
    tried = Tried(campaign, readers, campaign.published()["uri"])
    until(lambda: campaign.waiting() == 0, "all is quiet")
    log = campaign.terminal.data / "callout.db-wal"
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(campaign.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    through(tried, campaign, "a disk that refuses")
    resource.prlimit(campaign.pid, resource.RLIMIT_FSIZE, (hard, hard))
    recovers(tried, campaign, readers, "refusing disk")
    assert campaign.server.stop() == 0
