"""kill -9 while a picture is kept: whole with its row, or not there, and no file stays for ever."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

import httpx

from server.base.clock import system_clock
from server.base.database.sqlite import SqliteDatabase
from server.base.ids import IdSource
from server.base.pictures import Pictures
from server.features.media.service import ORPHAN_SECONDS, Media
from tests.faults.conftest import LONG
from tests.faults.doomed import doomed, started
from tests.faults.killpoint import PICTURES
from tests.faults.pictures import files, give, of_rows, rows, sizes
from tests.loopback.campaign import Campaign

TIMES = 5 if LONG else 1


def kept_url(campaign: Campaign) -> tuple[str, str] | None:
    """Give it a picture: where it is then, in both sizes, or None if nobody answered."""
    try:
        answer = give(campaign)
    except httpx.HTTPError:
        return None
    assert answer.status_code == 200, answer.text
    return answer.json()["url"], answer.json()["preview_url"]


def swept(campaign: Campaign) -> None:
    """What housekeeping does with the folder of pictures, an hour later."""

    async def sweep() -> None:
        path = campaign.terminal.data / "callout.db"
        database = await SqliteDatabase.open(path, system_clock, IdSource(0, system_clock))
        try:
            await Media(database, Pictures(), campaign.terminal.data / "media", os.urandom).sweep()
        finally:
            await database.close()

    before = time.time() - ORPHAN_SECONDS - 60
    for file in files(campaign.terminal.data):
        os.utime(file, (before, before))
    asyncio.run(sweep())


def test_a_picture_is_whole_or_not_there_and_no_file_stays(campaign: Campaign, figure: Callable[[str], None]) -> None:
    data, kept = campaign.terminal.data, [kept_url(campaign)]
    campaign.server.kill()
    kills = left = 0
    for point in PICTURES:
        # A picture is two files or three: the second time is the other half of it.
        for nth in range(1, 3 if PICTURES[point].within or point.endswith("written") else 2):
            for _ in range(TIMES):
                campaign.server = server = doomed(campaign, point, nth)
                server.start()
                assert kept_url(campaign) is None
                server.died()
                kills += 1
                assert of_rows(data).items() <= sizes(data).items()
                assert rows(data) == len(kept), "no row without an answer"
        started(campaign)
        kept.append(kept_url(campaign))
        for urls in filter(None, kept):
            assert [httpx.get(url, verify=False).status_code for url in urls] == [200, 200]
        campaign.server.kill()
        left += len(files(data)) - len(of_rows(data))
        swept(campaign)
        assert sizes(data) == of_rows(data), "no orphan stays"
    figure(
        f"killed {kills} times while keeping a picture: {left} pieces of files left over, all swept; {len(kept)} kept, lost 0"
    )
