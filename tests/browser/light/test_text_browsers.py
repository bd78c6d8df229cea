"""The pages in browsers that show text alone: the title first, then the words, then the way on; every word apart from the next."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.light.full import Full
from tests.conftest import require

pytestmark = pytest.mark.browser

COMMANDS = {
    "lynx": ["lynx", "-dump", "-nolist", "-display_charset=utf-8", "-assume_charset=utf-8", "-width=80"],
    "w3m": ["w3m", "-dump", "-O", "UTF-8", "-cols", "80"],
}
FOOT = ["Home", "Archive", "Search", "Allies", "Feed", "About us", "Contact", "Privacy", "For organisers"]


@pytest.fixture(scope="module", params=list(COMMANDS))
def program(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    require(name, present=shutil.which(name) is not None, hint=f"install the package {name}")
    return name


def dump(program: str, url: str, home: Path) -> str:
    """The page as it stands in a terminal, white space made one."""
    environ = {**os.environ, "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb"}
    done = subprocess.run([*COMMANDS[program], url], env=environ, capture_output=True, timeout=30, check=True)
    return re.sub(r"\s+", " ", done.stdout.decode())


def in_order(text: str, *parts: str) -> None:
    place = 0
    for part in parts:
        found = text.find(part, place)
        assert found >= 0, f"{part!r} is missing, or stands before what it comes after: {text[:600]}"
        place = found + len(part)


def test_title_then_words_then_links(full: Full, program: str, tmp_path: Path) -> None:
    home = dump(program, full.base, tmp_path)
    in_order(home, "Open Harbour", "We keep the harbour open", "The quay is open again", "Older", *FOOT)
    assert "Contact Privacy For organisers" in home, "links stand apart"
    assert "English العربية فارسی" in home, "and so do languages"
    post = dump(program, f"{full.base}/p/{full.post}?text=1", tmp_path)
    in_order(
        post,
        "Open Harbour",
        "Update of",
        "قاعة السوق",
        "Picture (",
        "Replies",
        "Dockers’ choir",
        "The quay is open",
        *FOOT,
    )
    assert "The quay at dawn, a red boat" in post
    asked = dump(program, f"{full.base}/interact", tmp_path)
    in_order(asked, "Follow from your own server", "Your account or your server", "Find the way", "@harbour@", *FOOT)


def test_every_public_page_has_its_title_and_the_way_home(
    full: Full, paths: list[str], program: str, tmp_path: Path
) -> None:
    for path in paths:
        if path in {"/nothing", f"/p/{full.deleted}"}:
            continue
        text = dump(program, f"{full.base}{path}", tmp_path)
        in_order(text, "Skip to content", "Open Harbour", "Home", "Privacy")
        assert "{" not in text, path
        assert "style" not in text.lower(), path
