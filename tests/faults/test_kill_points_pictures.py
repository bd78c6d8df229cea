"""kill -9 while a picture is kept: whole with its row, or not there, and no file stays for ever."""

from __future__ import annotations

import asyncio
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from server.base.clock import system_clock
from server.base.database.sqlite import SqliteDatabase
from server.base.ids import IdSource
from server.base.pictures import Pictures
from server.features.media.service import ORPHAN_SECONDS, Media
from tests.faults.conftest import LONG
from tests.faults.doomed import doomed, started
from tests.faults.killpoint import PICTURES
from tests.loopback.campaign import Campaign, query

TIMES = 5 if LONG else 1


def picture() -> bytes:
    made = io.BytesIO()
    Image.effect_noise((64, 48), 50).save(made, "PNG")
    return made.getvalue()


def uploaded(campaign: Campaign) -> dict[str, Any] | None:
    """A picture by the interface for scripts; None if nobody answered."""
    url, token = f"http://127.0.0.1:{campaign.port}/api/v2/media", {"Authorization": f"Bearer {campaign.token}"}
    try:
        answer = httpx.post(url, headers=token, files={"file": picture()}, timeout=30, verify=False)
    except httpx.HTTPError:
        return None
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


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
    for file in files(campaign):
        os.utime(file, (before, before))
    asyncio.run(sweep())


def files(campaign: Campaign) -> list[Path]:
    return [path for path in (campaign.terminal.data / "media").glob("*/*") if path.is_file()]


def of_rows(campaign: Campaign) -> dict[str, int]:
    """The files that the rows speak of, and their sizes."""
    rows = query(
        campaign.terminal.data / "callout.db",
        "SELECT public_id, extension, bytes, small_extension, small_bytes FROM media WHERE deleted_at IS NULL",
    )
    whole_ones = {f"{row[0]}.{row[1]}": row[2] for row in rows}
    return whole_ones | {f"{row[0]}.small.{row[3]}": row[4] for row in rows}


def test_a_picture_is_whole_or_not_there_and_no_file_stays(campaign: Campaign, figure: Callable[[str], None]) -> None:
    kept = [uploaded(campaign)]
    campaign.server.kill()
    kills = left = 0
    for point in PICTURES:
        # A picture is two files: the second time is the other half of it.
        for nth in range(1, 3 if PICTURES[point].within or point.endswith("written") else 2):
            for _ in range(TIMES):
                campaign.server = server = doomed(campaign, point, nth)
                server.start()
                assert uploaded(campaign) is None
                server.died()
                kills += 1
                sizes = of_rows(campaign)
                assert sizes.items() <= {file.name: file.stat().st_size for file in files(campaign)}.items()
                assert len(sizes) == 2 * len(kept), "no row without an answer"
        started(campaign)
        kept.append(uploaded(campaign))
        for one in filter(None, kept):
            for url in (one["url"], one["preview_url"]):
                assert httpx.get(url, verify=False).status_code == 200
        campaign.server.kill()
        left += len(files(campaign)) - 2 * len(kept)
        swept(campaign)
        assert {file.name for file in files(campaign)} == of_rows(campaign).keys(), "no orphan stays"
    figure(
        f"killed {kills} times while keeping a picture: {left} pieces of files left over, all swept; of {len(kept)} kept ones none"
    )
