"""Pictures from outside: given to a server, and counted in its folder."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
from PIL import Image

from tests.loopback.campaign import Campaign, query

ROWS = (
    "SELECT public_id, extension, bytes, small_extension, small_bytes, avif_bytes FROM media WHERE deleted_at IS NULL"
)


def give(campaign: Campaign) -> httpx.Response:
    """A small picture of nothing, by the interface for scripts. Raises httpx.HTTPError."""
    made = io.BytesIO()
    Image.effect_noise((64, 48), 50).save(made, "PNG")
    url, token = f"http://127.0.0.1:{campaign.port}/api/v2/media", {"Authorization": f"Bearer {campaign.token}"}
    return httpx.post(url, headers=token, files={"file": made.getvalue()}, timeout=30, verify=False)


def files(data: Path) -> list[Path]:
    return [path for path in (data / "media").glob("*/*") if path.is_file()]


def sizes(data: Path) -> dict[str, int]:
    """The names and sizes of these files."""
    return {file.name: file.stat().st_size for file in files(data)}


def rows(data: Path) -> int:
    """How many pictures there are."""
    return len(query(data / "callout.db", ROWS))


def of_rows(data: Path) -> dict[str, int]:
    """The files that the rows speak of, and their sizes: two for each picture, three where the small one has a lighter sibling."""
    found: dict[str, int] = {}
    for name, ending, size, small_ending, small_size, avif_size in query(data / "callout.db", ROWS):
        found |= {f"{name}.{ending}": size, f"{name}.small.{small_ending}": small_size}
        found |= {f"{name}.small.avif": avif_size} if avif_size else {}
    return found
