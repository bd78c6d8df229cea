"""A campaign with as much to show as a page can hold, served: long posts with pictures in two scripts, one with many replies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from starlette.routing import Route

from server.app import build_app
from server.base.timestamps import to_text
from server.features.actors.model import Profile
from server.features.posts.model import DraftMedia
from server.house import House
from server.web.pages.calendar import week_name
from tests.browser.busy import elsewhere, logo, quay
from tests.browser.test_accessibility import PROGRAMS
from tests.calls import called_out
from tests.commands.conftest import Terminal
from tests.conftest import FakeClock
from tests.processes import callout, free_port
from tests.world import CONSOLE, World, open_world

HANDLE = "harbour"
POSTS, REPLIES = 24, 40
ENGLISH = "The quay is open again and the kitchen needs hands from seven in the evening. "
#: For organisers.
#: Beside the Desk: paper, and the card in others' pages, which are no pages of this site.
NOT_PUBLIC = re.compile(r"/(desk|lock|authorize_interaction)\b|.*/(leaflet|card)$")
ARABIC = "قاعة السوق القديم مفتوحة الليلة ونحتاج إلى بطانيات وشاي ومن يترجم عند التسجيل. "


@dataclass(frozen=True)
class Full:
    """Where it is, what of it is looked at, and the names of its parts."""

    base: str
    post: str
    deleted: str
    month: str
    call: str
    code: str
    week: str

    def path(self, pattern: str) -> str:
        """A path of ours by the pattern of its route. A new public page with a new parameter needs a line."""
        names = {
            "public_id": self.call if pattern.endswith("/come") else self.post,
            "handle": HANDLE,
            "tag": "openharbour",
            "month": self.month,
        }
        names |= {"code": self.code, "week": self.week}
        return re.sub(r"{(\w+)[^}]*}", lambda found: names[found[1]], pattern)


async def _patterns(folder: Path) -> list[str]:
    async with open_world(folder) as world:
        app = build_app(await world.campaign("here.test"), background=False)
    routes = [one for one in app.routes if isinstance(one, Route) and "GET" in (one.methods or ())]
    return sorted({one.path for one in routes if not PROGRAMS.search(one.path) and not NOT_PUBLIC.match(one.path)})


def public_paths(full: Full, folder: Path) -> list[str]:
    """Every page that anybody may read, as the routes name them; further pages, what was asked, and errors."""
    more = (
        "/nothing",
        f"/p/{full.deleted}",
        f"/p/{full.post}?before=1",
        "/search?q=quay",
        "/statement?in=en",
        "/interact?uri=x",
        f"/p/{full.call}",
    )
    paths = [*map(full.path, elsewhere(_patterns(folder))), *more]
    return [one for one in paths if "text/html" in httpx.get(f"{full.base}{one}").headers.get("content-type", "")]


async def _profile(house: House) -> None:
    faces = [
        await house.media.add(logo(), kind="avatar", alt="An anchor"),
        await house.media.add(quay(), kind="header"),
    ]
    profile = Profile(
        name="Open Harbour",
        bio="We keep the harbour open for everybody who arrives. Kitchen, beds, and somebody to talk to, every night.",
        time_zone="Europe/Paris",
        avatar_media_id=faces[0].id,
        header_media_id=faces[1].id,
    )
    await house.acting.change_profile(CONSOLE, profile, await house.profiles.maker(profile))
    await house.about.say(
        CONSOLE, "en", statement=ENGLISH * 90, contact="Signal: heron.01", security="security@harbour.example"
    )
    for number in range(20):
        await house.allies.mark_host(
            CONSOLE, f"ally{number}.example", label=f"Kitchen of the quay {number}", shown=True
        )


async def _replies(world: World, house: House, uri: str) -> None:
    campaign = house.actors.uri(house.actors.campaign())
    peers = [world.peer(f"docks{number}.example", "solidarity", name="Dockers’ choir") for number in range(4)]
    for number in range(REPLIES):
        peer = peers[number % len(peers)]
        note = peer.note(ENGLISH * 3, inReplyTo=uri, cc=[campaign])
        await peer.send(house, peer.activity("Create", note))
    while waiting := await house.conversation.queue(("reply", "mention"), "held", None):
        await house.conversation.decide(CONSOLE, [one.post.id for one in waiting], "approved")


async def filled(folder: Path, port: int) -> Full:
    """Make it, so that a real server can open the folder at this port."""
    async with AsyncExitStack() as stack:
        world = World(folder, FakeClock(datetime.now(UTC) - timedelta(hours=30)), stack)
        base = f"http://localhost:{port}"
        house = await world.campaign(f"localhost:{port}", HANDLE, base_url=base)
        await _profile(house)
        gone = await world.publish(house, "Soon gone")
        await house.publishing.delete(CONSOLE, gone.public_id)
        post = gone
        picture = await house.media.add(quay())
        media = (DraftMedia(public_id=picture.public_id, alt="The quay at dawn, a red boat"),)
        for number in range(POSTS):
            words, language = (ARABIC, "ar") if number % 2 else (ENGLISH, "en")
            post = await world.publish(house, f"{words * 5} #OpenHarbour", language=language, media=media)
        await _replies(world, house, house.addresses.post(HANDLE, post.public_id))
        ends = to_text(world.clock() + timedelta(days=4))
        call = await called_out(world, house, starts_at=to_text(world.clock()), ends_at=ends)
        assert call.call is not None
        await world.settle()
        await house.search.catch_up()
        return Full(
            base=base,
            post=post.public_id,
            deleted=gone.public_id,
            month=f"{world.clock.now:%Y-%m}",
            call=call.public_id,
            code=call.call.code,
            week=week_name(world.clock.now.date()),
        )


@contextmanager
def served(folder: Path) -> Iterator[Full]:
    """A real server before it."""
    port = free_port()
    full = elsewhere(filled(folder, port))
    terminal = Terminal(folder)
    server = callout(folder / f"localhost:{port}", port, terminal.environ | {"CALLOUT_BASE_URL": full.base})
    server.start()
    try:
        yield full
    finally:
        status = server.stop()
    assert status == 0
    assert "Traceback" not in server.log.read_text()
