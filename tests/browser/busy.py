"""A campaign in the middle of its day: posts, drafts, followers, replies in three languages, a report, a server that is silent."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page

from server.base.timestamps import to_text
from server.features.access.model import Role
from server.features.actors.model import Profile, ProfileLine
from server.features.offers.model import DraftOffer, Wanted
from server.features.offers.model import Kind as OfferKind
from server.features.posts.model import Audience, Draft, DraftMedia, DraftText, Kind, Post
from server.features.posts.model_call import DraftCall, Point
from server.house import House
from tests.browser.conftest import chromium
from tests.calls import called_out
from tests.commands.conftest import Terminal
from tests.conftest import FakeClock
from tests.processes import callout, free_port
from tests.world import CONSOLE, PASSWORD, Peer, World

HANDLE, DOMAIN = "harbour", "harbour.example"
LONG_NAME = "Solidarity_Kitchen_of_the_Northern_Docks_and_the_Old_Fish_Market"


@dataclass(frozen=True)
class Busy:
    """Where its things are."""

    data: Path
    base: str
    post: str
    deleted: str
    draft: str
    picture: str
    month: str
    review: int
    call: str
    draft_call: str
    code: str
    offer: str


def quay() -> bytes:
    """A quay at dawn, drawn."""
    image = Image.new("RGB", (1280, 720))
    draw = ImageDraw.Draw(image)
    for y in range(720):
        sky, sea = (250 - y // 5, 190 - y // 6, 140 + y // 12), (40, 92 - y // 20, 120 - y // 16)
        draw.line([(0, y), (1280, y)], fill=sky if y < 430 else sea)
    draw.ellipse([880, 300, 1060, 480], fill=(255, 226, 160))
    draw.rectangle([0, 430, 1280, 436], fill=(60, 70, 84))
    draw.polygon([(0, 720), (0, 560), (620, 590), (760, 720)], fill=(48, 44, 46))
    for x in (90, 250, 410):
        draw.rectangle([x, 500, x + 22, 575], fill=(32, 30, 32))
    draw.polygon([(930, 520), (1180, 520), (1140, 580), (970, 580)], fill=(150, 42, 48))
    draw.line([(1050, 520), (1050, 380)], fill=(50, 44, 46), width=8)
    draw.polygon([(1056, 384), (1056, 500), (1150, 500)], fill=(244, 236, 220))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def logo() -> bytes:
    """A sign one can tell from afar."""
    image = Image.new("RGB", (400, 400), (22, 78, 99))
    draw = ImageDraw.Draw(image)
    draw.arc([110, 130, 290, 320], 20, 160, fill="white", width=26)
    draw.line([(200, 90), (200, 316)], fill="white", width=26)
    draw.line([(140, 150), (260, 150)], fill="white", width=26)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


async def _profile(house: House) -> None:
    picture = await house.media.add(logo(), kind="avatar", alt="An anchor")
    profile = Profile(
        name="Open Harbour",
        bio="We keep the harbour open for everybody who arrives. Kitchen, beds, and somebody to talk to, every night.",
        fields=(ProfileLine(name="Where", value="The old fish market"), ProfileLine(name="Site", value="https://harbour.example/")),
        time_zone="Europe/Paris",
        avatar_media_id=picture.id,
        approves_followers=True,
    )  # fmt: skip
    await house.acting.change_profile(CONSOLE, profile, await house.profiles.maker(profile))


async def _people(world: World, house: House, *, odd: bool) -> list[Peer]:
    names = [
        ("kitchen.example", "soup", "Soup Kitchen"),
        ("lyon.example", "marthe", "Marthe"),
        ("tripoli.example", "samir", "سمير"),
    ]
    names += [("docks.example", "solidarity", LONG_NAME if odd else "Dockers’ choir"), ("news.example", "desk", "")]
    peers = [world.peer(host, name, name=shown) for host, name, shown in names]
    for one in peers:
        await one.follow(house)
    await world.settle()
    for tie in (await house.followers.followers("pending"))[1:]:
        await house.followers.approve(CONSOLE, tie.id)
    await world.settle()
    for one in peers[:2]:
        await house.followers.follow(CONSOLE, await house.remote.actor(one.uri))
    await house.acting.block_host(CONSOLE, "spam.example")
    return peers


async def _talk(world: World, house: House, peers: list[Peer], uri: str, *, odd: bool) -> None:
    said = [
        ("We bring forty litres of soup at seven.", "en"),
        ("J’ai une camionnette libre jusqu’à dimanche. Où faut-il charger ?", "fr"),
        ("عندنا ثلاثة أسرّة الليلة، والطابق الأرضي بلا درج.", "ar"),
        ("Can somebody translate at the registration? " + "Long" * 60 * odd, "en"),
    ]
    campaign = house.actors.uri(house.actors.campaign())
    for peer, (words, language) in zip(peers, said, strict=False):
        note = peer.note(words, inReplyTo=uri, cc=[campaign], contentMap={language: f"<p>{words}</p>"})
        await peer.send(house, peer.activity("Create", note))
        await peer.send(house, peer.activity("Like", uri))
    await peers[0].send(house, peers[0].activity("Announce", uri, to=["https://www.w3.org/ns/activitystreams#Public"]))
    words = "Le quai rouvre. Venez à sept heures. #translation #fr"
    suggested = peers[1].note(words, inReplyTo=uri, cc=[campaign])
    await peers[1].send(house, peers[1].activity("Create", suggested))
    direct = peers[1].note("Is the door at the back still the one to knock at?", to=[campaign], cc=[])
    await peers[1].send(house, peers[1].activity("Create", direct))
    await peers[2].send(house, peers[2].activity("Flag", [campaign, uri], content="They post the address of a house."))
    await world.settle()
    waiting = await house.conversation.queue(("reply", "mention"), "held", None)
    await house.conversation.decide(CONSOLE, [waiting[-1].post.id], "approved")


async def _posts(world: World, house: House) -> tuple[str, str]:
    picture = await house.media.add(quay())
    media = (DraftMedia(public_id=picture.public_id, alt="The quay at dawn, a red boat"),)
    await world.publish(house, "قاعة السوق القديم مفتوحة الليلة. نحتاج إلى بطانيات وشاي.", language="ar")
    end = to_text(world.clock.now + timedelta(days=2))
    call = DraftCall(ends_at=end, time_zone="Europe/Paris", place="The old fish market", needs="Gloves")
    await world.publish(
        house, "Come and carry crates.", kind=Kind.CALL_OUT, title="Hands wanted at the quay", call=call
    )
    await world.publish(house, "What we know about the clearing so far", warning="Police, eviction")
    gone = await world.publish(house, "Soon gone")
    await house.publishing.delete(CONSOLE, gone.public_id)
    await world.publish(house, "Only for those who follow: the van leaves at six.", audience=Audience.FOLLOWERS)
    post = await world.publish(
        house,
        "The quay is open again. Come at seven, bring blankets and tea. #OpenHarbour",
        media=media,
        translations=(
            DraftText(
                language="fr",
                text="Le quai est rouvert. Venez à sept heures avec des couvertures et du thé. #OpenHarbour",
            ),
            DraftText(language="fa", text="اسکله دوباره باز است. ساعت هفت بیایید و پتو و چای بیاورید. #OpenHarbour"),
        ),
    )
    await house.acting.pin(CONSOLE, post.public_id, pinned=True)
    await house.translating.choose_languages(CONSOLE, ["en", "ar", "fr"])
    arabic = DraftText(language="ar", text="الرصيف مفتوح من جديد. تعالوا في السابعة ومعكم بطانيات وشاي.")
    await house.translating.save(CONSOLE, post.public_id, arabic)
    await world.settle()
    return post.public_id, gone.public_id


async def _call(world: World, house: House, peers: list[Peer]) -> Post:
    """A call-out in three languages: an ally signs it, two others ask to."""
    post = await called_out(
        world, house, starts_at=to_text(world.clock()), ends_at=to_text(world.clock() + timedelta(days=4))
    )
    uri = house.addresses.post(HANDLE, post.public_id)
    await house.allies.mark_actor(CONSOLE, await house.remote.actor(peers[0].uri))
    for peer in (peers[0], peers[3]):
        await peer.send(house, peer.activity("Announce", uri))
    note = peers[2].note("نحن معكم #signed", inReplyTo=uri)
    await peers[2].send(house, peers[2].activity("Create", note))
    await world.settle()
    return post


async def _team(house: House) -> int:
    """Two who came in, two who did not, and a post with a picture that one wants the other to look at; its review."""
    links = {"ada": await house.access.new_link(CONSOLE, "ada")}
    for name, role in (("heron", Role.EDITOR), ("tern", Role.MODERATOR), ("gull", Role.WRITER)):
        links[name] = await house.access.invite(CONSOLE, name, role)
    for name in ("ada", "heron"):
        await house.sign_in.enter(links[name].rpartition("/")[2], PASSWORD)
    await house.access.suspend(CONSOLE, "gull")
    who = {one.name: one.who for one in await house.access.organisers(CONSOLE)}
    picture = await house.media.add(quay())
    words = "Meet tomorrow at 9 at 50.9581, 1.8521. Call +33 6 12 34 56 78."
    draft = Draft(text=words, language="en", media=(DraftMedia(public_id=picture.public_id, alt=""),))
    kept = await house.drafting.keep(who["heron"], draft)
    await house.drafting.publish(who["heron"], kept.public_id)
    return (await house.reviews.waiting(who["ada"]))[0].review.id


async def _calls(world: World, house: House) -> tuple[str, str]:
    """An open call-out with everything, and a draft of one; their public ids."""
    at = to_text(world.clock.now + timedelta(days=3))
    point = Point(latitude=50.9581, longitude=1.8521, until=at)
    call = DraftCall(
        starts_at=to_text(world.clock.now + timedelta(days=1)),
        ends_at=at,
        time_zone="Europe/Paris",
        place="near the port, behind the old lighthouse",
        needs="Tents\nHot tea\nPeople who speak Tigrinya",
        instead="Lend us a car, or a bed for a night",
        point=point,
    )
    french = DraftText(language="fr", text="Venez", title="Venez au port", place="près du port", needs="Du thé")
    words = "The camps are to be cleared by the end of next week."
    draft = Draft(text=words, language="en", kind=Kind.CALL_OUT, title="Come to the harbour", call=call)
    post = await house.publishing.submit(CONSOLE, replace(draft, translations=(french,)), reason="It cannot wait")
    kept = await house.drafting.keep(CONSOLE, draft)
    return post.public_id, kept.public_id


async def _offers(world: World, house: House, *, odd: bool) -> str:
    """What people offer who cannot come, one of it answered and one with a picture; the name of that one."""
    given = [
        (OfferKind.BED, {"count": "2", "from": "2026-10-01", "where": "Rue du Port" + "Long" * 40 * odd}, "fr", "ar"),
        (OfferKind.CAR, {"count": "3", "start": "Lille", "when": "Friday"}, "en", "en"),
        (OfferKind.REPORT, {"text": "رأينا ثلاث شاحنات عند الرصيف هذا الصباح.", "when": "09:00"}, "ar", "ar"),
    ]
    for kind, fields, language, page_language in given:
        token = house.offering.ticket()
        world.clock.forward(timedelta(seconds=30))
        draft = DraftOffer(
            kind=kind, fields=fields, contact="kestrel.42", language=language, page_language=page_language
        )
        await house.offering.send(token, draft, (quay(),) if kind is OfferKind.REPORT else ())
    listed = {one.line.kind: one.line.name for one in (await house.offers.queue(CONSOLE, Wanted())).offers}
    await house.offers.answer(CONSOLE, listed[OfferKind.CAR], "Thank you. Be at the old fish market at nine.", "en")
    return listed[OfferKind.REPORT]


async def seeded(folder: Path, port: int, *, odd: bool = True) -> Busy:
    """Make it, so that a real server can then open the folder at this port. Odd: with names and words that break a line."""
    async with AsyncExitStack() as stack:
        world = World(folder, FakeClock(datetime.now(UTC) - timedelta(hours=20)), stack)
        base, host = f"http://localhost:{port}", f"localhost:{port}"
        house = await world.campaign(host, HANDLE, base_url=base, handle_domain=DOMAIN)
        await _profile(house)
        peers = await _people(world, house, odd=odd)
        public_id, gone = await _posts(world, house)
        await _talk(world, house, peers, house.addresses.post(HANDLE, public_id), odd=odd)
        signed = await _call(world, house, peers)
        review = await _team(house)
        offer = await _offers(world, house, odd=odd)
        cover = await house.media.add(quay())
        media = (DraftMedia(public_id=cover.public_id, alt="The quay"),)
        draft = Draft(text="Tomorrow: the march starts at the lighthouse.", language="en", media=media)
        kept = await house.drafting.keep(CONSOLE, draft)
        peers[0].inbox_status = 503
        await house.publishing.submit(CONSOLE, Draft(text="The kitchen is full, thank you!", language="en"))
        for _ in range(4):
            world.clock.forward(timedelta(hours=2))
            await world.settle()
        _, draft_call = await _calls(world, house)
        return Busy(
            data=folder / host,
            base=base,
            post=public_id,
            deleted=gone,
            draft=kept.public_id,
            picture=cover.public_id,
            month=f"{world.clock.now:%Y-%m}",
            review=review,
            call=signed.public_id,
            draft_call=draft_call,
            code=signed.call.code if signed.call else "",
            offer=offer,
        )


@dataclass
class Place:
    """The busy campaign, served; `state` are the cookies of its organiser."""

    busy: Busy
    terminal: Terminal
    state: Path
    cookies: dict[str, str]
    paths: list[str] = field(default_factory=list)


def elsewhere(work: Coroutine[Any, Any, Any]) -> Any:
    """Done in another thread: a browser's event loop may run in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def come_in(context: BrowserContext, terminal: Terminal) -> None:
    page = context.new_page()
    page.goto(str(terminal("organiser", "link", "ada").stdout).strip().split()[-1])
    for label in ("New password", "Once more"):
        page.get_by_label(label).fill(PASSWORD)
    page.get_by_role("button").first.click()
    page.wait_for_url("**/desk/**")


@contextmanager
def served(folder: Path, *, odd: bool = True) -> Iterator[Place]:
    """A real server before it, with an organiser signed in."""
    port = free_port()
    busy = elsewhere(seeded(folder, port, odd=odd))
    terminal, state = Terminal(folder), folder / "state.json"
    terminal.data = busy.data
    terminal.environ |= {"CALLOUT_BASE_URL": busy.base, "CALLOUT_HANDLE_DOMAIN": DOMAIN}
    server = callout(busy.data, port, terminal.environ)
    server.start()
    try:
        with chromium() as opened:
            context = opened.new_context()
            come_in(context, terminal)
            kept = context.storage_state(path=state)["cookies"]
        yield Place(busy, terminal, state, {one["name"]: one["value"] for one in kept})
    finally:
        status = server.stop()
    assert status == 0
    assert "Traceback" not in server.log.read_text()


def speak(place: Place, page: Page, language: str) -> None:
    """Desk and pages in this language."""
    place.terminal("organiser", "language", "ada", language)
    page.goto(f"{place.busy.base}/desk/profile")
    page.locator("#language").select_option(language)
    page.locator("main form button").last.click()
    page.context.set_extra_http_headers({"Accept-Language": language})  # which counts more than the campaign's
    page.goto(place.busy.base)
    assert page.locator("html").get_attribute("lang") == language
