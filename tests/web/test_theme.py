"""The campaign's own colour, on its pages and on the Desk."""

from __future__ import annotations

import re

from tests.world import World, signed_in

PROFILE = {"name": "Harbour", "language": "en", "time_zone": "UTC"}


def sheet(html: str) -> str:
    found = re.search(r'<link rel="stylesheet" href="(/theme-[0-9a-f]+\.css)">', html)
    return found[1] if found else ""


async def test_a_colour_is_chosen_corrected_and_served(world: World) -> None:
    house = await world.campaign("here.test")
    async with signed_in(world, house) as ada:
        assert sheet((await world.get("https://here.test/")).text) == ""
        await ada.post("/desk/profile", {**PROFILE, "own-colour": "on", "accent": "#FFD400"})
        assert house.actors.campaign().accent == "#ffd400"
        path = sheet((await world.get("https://here.test/")).text)
        assert sheet((await ada.get("/desk/")).text) == path
        answer = await world.get(f"https://here.test{path}")
        assert answer.headers["content-type"].startswith("text/css")
        assert "max-age=31536000" in answer.headers["cache-control"]
        assert "#ffd400)" in answer.text
        assert "(#ffd400" not in answer.text, "yellow on white cannot be read"
        await ada.post("/desk/profile", {**PROFILE, "accent": "#ffd400"})
        assert sheet((await world.get("https://here.test/")).text) == ""
        old = await world.get(f"https://here.test{path}")
        assert (old.status_code, old.text, old.headers["cache-control"]) == (200, "", "public, no-cache")


async def test_what_is_no_colour_is_refused_and_changes_nothing(world: World) -> None:
    house = await world.campaign("here.test")
    async with signed_in(world, house) as ada:
        for bad in ("red", "#fff", "#ffd400}body{display:none", ""):
            answer = await ada.post("/desk/profile", {**PROFILE, "own-colour": "on", "accent": bad})
            assert answer.status_code == 422 or (bad == "" and house.actors.campaign().accent == "")
        assert house.actors.campaign().accent == ""
