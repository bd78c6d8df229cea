"""The processes that this one starts are its own programs, wherever somebody stands when starting it."""

from __future__ import annotations

import io
from contextlib import aclosing
from pathlib import Path

import pytest
from PIL import Image

from server.base.pictures import Pictures
from server.features.delivery.model import Key, Letter
from server.features.delivery.pool import SenderPool
from tests.world import some_key


@pytest.fixture
def odd_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "server.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.anyio
async def test_a_file_called_server_where_somebody_stands_does_not_stop_pictures(odd_folder: Path) -> None:
    given = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(given, "PNG")
    assert (await Pictures().redraw(given.getvalue())).width == 40


@pytest.mark.anyio
async def test_nor_does_it_stop_deliveries(odd_folder: Path) -> None:
    pool = SenderPool(
        1, {"allow_networks": [], "allow_http": False, "own_hosts": [], "ca_file": None, "user_agent": "test"}
    )
    letter = Letter(delivery_id=1, url="https://127.0.0.1/inbox", actor_id=1, outbox_id=1)
    key = Key(1, "https://here.test/actor#main-key", some_key(1).private_pem())
    try:
        async with aclosing(pool.send([letter], {1: "{}"}, [key])) as answers:
            outcomes = [one async for news in answers for one in news.outcomes]
    finally:
        await pool.stop()
    assert [(one.delivery_id, one.status, one.reason) for one in outcomes] == [(1, None, "UnsafeUrl")]
