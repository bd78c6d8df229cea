"""One encrypted file brings everything back, on either engine."""

from __future__ import annotations

import zipfile
from asyncio import to_thread
from pathlib import Path

import pytest
from PIL import Image

from server.base.database.dump import tables
from tests.commands.conftest import Terminal
from tests.databases import fresh_postgres

PASSPHRASE = "three plain words"


@pytest.fixture
def full(campaign: Terminal, tmp_path: Path) -> Terminal:
    """A campaign with some of everything."""
    picture = tmp_path / "wall.png"
    Image.new("RGB", (64, 64), "red").save(picture)
    campaign("post", "With a picture", "--media", str(picture), "--alt", "A red wall")
    campaign("post", "A second #tag", "--lang", "fa")
    campaign("block", "bad.example")
    campaign("token", "first")
    campaign.environ["CALLOUT_BACKUP_PASSPHRASE"] = PASSPHRASE
    return campaign


def test_every_table_has_a_key_to_be_paged_by() -> None:
    assert {"posts", "texts", "followers", "actor_keys", "media", "blocks"} <= {table.name for table in tables()}


def test_a_backup_restores_on_an_empty_machine(full: Terminal, tmp_path: Path) -> None:
    file, there = tmp_path / "all.callout", tmp_path / "there"
    made = full.json("backup", str(file))
    assert made["pictures"] == 3
    assert full.json("restore", str(file), data=there) == made
    for words in (("block",), ("organiser", "list"), ("followers",)):
        assert full.json(*words, data=there) == full.json(*words)
    assert (there / "secret.key").read_bytes() == (full.data / "secret.key").read_bytes()
    pictures = sorted(path.name for path in (full.data / "media").rglob("*.*"))
    assert sorted(path.name for path in (there / "media").rglob("*.*")) == pictures
    assert full("post", "It goes on", data=there).exit_code == 0


def test_nothing_in_the_file_can_be_read_without_the_passphrase(full: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "all.callout"
    full("backup", str(file))
    data = file.read_bytes()
    secret = (full.data / "secret.key").read_bytes().strip()
    for words in (b"A second", b"PRIVATE", b"harbour", b"bad.example", secret):
        assert words not in data
    assert file.stat().st_mode & 0o077 == 0


def test_a_wrong_passphrase_restores_nothing(full: Terminal, tmp_path: Path) -> None:
    file, there = tmp_path / "all.callout", tmp_path / "there"
    full("backup", str(file))
    full.environ["CALLOUT_BACKUP_PASSPHRASE"] = "another passphrase"
    result = full("restore", str(file), data=there)
    assert result.exit_code == 1
    assert "passphrase" in result.stderr
    assert list(there.iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other"])
def test_a_damaged_backup_is_refused_whole(full: Terminal, tmp_path: Path, damage: str) -> None:
    file, there = tmp_path / "all.callout", tmp_path / "there"
    full("backup", str(file))
    data = bytearray(file.read_bytes())
    match damage:
        case "cut":
            data = data[: len(data) * 3 // 4]
        case "flipped":
            data[len(data) * 3 // 4] ^= 1
        case "empty":
            data = bytearray()
        case "other":
            data = bytearray(b"PK\x03\x04" + bytes(500))
    file.write_bytes(data)
    result = full("restore", str(file), data=there)
    assert result.exit_code == 1, result.output
    assert list(there.iterdir()) == []


def test_a_folder_with_something_in_it_is_not_written_over(full: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "all.callout"
    full("backup", str(file))
    before = {path: path.stat().st_mtime_ns for path in full.data.rglob("*")}
    assert full("restore", str(file)).exit_code == 1
    assert {path: path.stat().st_mtime_ns for path in full.data.rglob("*")} == before


def test_a_short_passphrase_is_refused(full: Terminal, tmp_path: Path) -> None:
    full.environ["CALLOUT_BACKUP_PASSPHRASE"] = "short"
    assert full("backup", str(tmp_path / "x")).exit_code == 1
    assert not list(tmp_path.glob("x*"))


@pytest.mark.anyio
async def test_a_backup_of_one_engine_restores_on_the_other(full: Terminal, tmp_path: Path) -> None:
    file, there, back = tmp_path / "all.callout", tmp_path / "there", tmp_path / "back"
    async with fresh_postgres() as url:
        steps = (("backup", str(file)), None), (("restore", str(file)), url), (("backup", str(file)), url)
        counts = []
        for (words, address), data in zip(steps, (full.data, there, there), strict=True):
            full.environ.pop("CALLOUT_DATABASE_URL", None)
            if address:
                full.environ["CALLOUT_DATABASE_URL"] = address
            counts.append(await run(full, words, data))
        full.environ.pop("CALLOUT_DATABASE_URL")
        counts.append(await run(full, ("restore", str(file)), back))
    assert counts[0] == counts[1] == counts[2] == counts[3]
    assert await run(full, ("block",), back) == await run(full, ("block",), full.data)


async def run(terminal: Terminal, words: tuple[str, ...], data: Path) -> object:
    """A command has an event loop of its own, so it runs in a thread."""
    return await to_thread(lambda: terminal.json(*words, data=data))


def test_an_export_is_readable_and_names_no_follower(full: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "export.zip"
    assert full.json("export", str(file))["posts"] == 2
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        assert {"actor.json", "outbox.jsonl", "blocked_domains.csv"} <= names
        assert "followers.csv" not in names
        assert len([name for name in names if name.startswith("media/")]) == 1
        assert b"bad.example" in archive.read("blocked_domains.csv")
        assert b"PRIVATE" not in archive.read("actor.json")
