"""One post in several languages, as other servers receive it; and translations that come back as replies."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from federation.render import MAX_OUTGOING_BYTES
from server.features.posts.model import Audience, Draft, DraftMedia, DraftText, Post
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import AP, CONSOLE, PUBLIC, Peer, World

pytestmark = pytest.mark.anyio

ARABIC = DraftText(language="ar", text="تعالوا إلى الرصيف", title="نداء", warning="شرطة")
FRENCH = DraftText(language="fr", text="Venez au quai", title="Appel", warning="Police")
LONG = ("am", "ar", "bn", "en", "fa", "fr", "hi", "ka", "ps", "ta", "ti", "ur")


@pytest.fixture(params=["sqlite", "postgres"])
async def house(request: pytest.FixtureRequest, world: World) -> House:
    made = await world.campaign("here.test", engine=request.param)
    await made.translating.choose_languages(CONSOLE, ["en", "ar", "fr"])
    return made


@pytest.fixture
async def bob(world: World, house: House) -> Peer:
    """A follower."""
    peer = world.peer()
    await peer.follow(house)
    await world.settle()
    return peer


async def approve(world: World, house: House, post: Post, text: DraftText) -> None:
    await house.translating.save(CONSOLE, post.public_id, text)
    side = (await house.translating.panel(CONSOLE, post.public_id)).side(text.language)
    assert side is not None
    await house.translating.approve(CONSOLE, post.public_id, text.language, side.seen)
    await world.settle()


async def edit(world: World, house: House, post: Post, text: str, **more: Any) -> Post:
    async with house.database.snapshot() as snapshot:
        now = await house.publishing.saying.live(snapshot, post.public_id)
    world.clock.forward(timedelta(minutes=2))
    after = await house.publishing.edit(CONSOLE, post.public_id, replace(now.as_draft(), text=text, **more))
    await world.settle()
    return after


async def test_maps_have_the_main_language_first_and_the_others_in_the_campaigns_order(
    world: World, house: House, bob: Peer
) -> None:
    item = await house.media.add(picture())
    media = (DraftMedia(public_id=item.public_id, alt="Tents"),)
    arabic = replace(ARABIC, alts=(DraftMedia(public_id=item.public_id, alt="خيام"),))
    more = {"title": "Call", "warning": "Police here", "media": media, "translations": (FRENCH, arabic)}
    await world.publish(house, "Come to the quay", **more)
    note = bob.of_type("Create")[-1]["object"]
    assert list(note["contentMap"]) == list(note["summaryMap"]) == list(note["nameMap"]) == ["en", "ar", "fr"]
    assert note["content"] == note["contentMap"]["en"]
    assert (
        (note["summary"], note["name"]) == (note["summaryMap"]["en"], note["nameMap"]["en"]) == ("Police here", "Call")
    )
    assert "تعالوا إلى الرصيف" in note["contentMap"]["ar"]
    (image,) = note["attachment"]
    assert (image["name"], image["nameMap"]) == ("Tents", {"en": "Tents", "ar": "خيام"})


async def test_a_server_that_shows_one_language_says_where_the_others_are(
    world: World, house: House, bob: Peer
) -> None:
    post = await world.publish(house, "Come to the quay", translations=(ARABIC, FRENCH))
    note = bob.of_type("Create")[-1]["object"]
    page = f"/p/{post.public_id}"
    assert note["content"].endswith(
        f'<p>Read in: <a href="https://here.test/ar{page}" hreflang="ar" lang="ar">العربية</a>'
        f' · <a href="https://here.test/fr{page}" hreflang="fr" lang="fr">Français</a></p>'
    )
    assert f'<p>Lire en : <a href="https://here.test/en{page}"' in note["contentMap"]["fr"]
    await world.publish(house, "One language", language="en")
    assert "Read in" not in bob.of_type("Create")[-1]["object"]["content"]
    await world.publish(house, "Ours", translations=(FRENCH,), audience=Audience.FOLLOWERS)
    assert "Read in" not in bob.of_type("Create")[-1]["object"]["content"]


async def test_an_approved_translation_is_an_update_and_a_stale_one_is_left_out(
    world: World, house: House, bob: Peer
) -> None:
    post = await world.publish(house, "Come to the quay")
    await approve(world, house, post, ARABIC)
    first = bob.of_type("Update")[-1]["object"]
    assert list(first["contentMap"]) == ["en", "ar"]
    await edit(world, house, post, "Come to the bridge")
    second = bob.of_type("Update")[-1]["object"]
    assert list(second["contentMap"]) == ["en"]
    assert second["updated"] > first["updated"]
    page = (await world.get(house.addresses.post_page_in(post.public_id, "ar"))).text
    assert "هذه الترجمة أقدم من الأصل." in page
    assert "تعالوا إلى الرصيف" in page
    assert "تعالوا" not in (await world.get("https://here.test/feed.atom")).text
    await edit(world, house, post, "Come to the bridge!", minor=True)
    side = (await house.translating.panel(CONSOLE, post.public_id)).side("ar")
    assert side is not None
    assert side.state == "stale"


async def test_twelve_long_languages_fit_as_far_as_every_server_takes_them(
    world: World, house: House, bob: Peer
) -> None:
    order = ["en", *sorted(set(LONG) - {"en"}, reverse=True)]
    await house.translating.choose_languages(CONSOLE, order)
    long = tuple(DraftText(language=code, text="ት" * 3_900) for code in LONG if code != "en")
    post = await world.publish(house, "Come " * 700, translations=long)
    create = next(one for one in bob.of_type("Create") if one["object"]["id"] == world.uri(house, post))
    note, size = create["object"], len(json.dumps(create, ensure_ascii=False, separators=(",", ":")).encode())
    there = list(note["contentMap"])
    assert there == order[: len(there)]
    assert 2 <= len(there) < len(order)
    assert MAX_OUTGOING_BYTES - 3 * 3_900 - 2_000 < size <= MAX_OUTGOING_BYTES, "not one more would fit"
    for code in order[1:]:
        assert house.addresses.post_page_in(post.public_id, code) in note["content"]
    own = [one["object"] for one in bob.of_type("Create") if one["object"].get("inReplyTo") == note["id"]]
    assert [next(iter(one["contentMap"])) for one in own] == order[len(there) :], (
        "those without room are notes of their own"
    )
    served = json.loads((await world.get(world.uri(house, post), AP)).text)
    assert list(served["contentMap"]) == there


async def test_each_translation_is_a_note_of_its_own_if_the_post_is_so_and_pings_nobody(
    world: World, house: House, bob: Peer
) -> None:
    carla = world.peer("other.test", "carla")
    await house.remote.actor_by_handle("carla@other.test")
    arabic = replace(ARABIC, text="تعالوا @carla@other.test #Harbour")
    post = await world.publish(house, "Come @carla@other.test", translations=(arabic,), own_notes=True)
    main, own = (one["object"] for one in bob.of_type("Create"))
    assert own["inReplyTo"] == main["id"] == world.uri(house, post)
    assert (own["to"], own["cc"]) == ([f"{main['attributedTo']}/followers"], [PUBLIC])
    assert [tag["type"] for tag in own["tag"]] == ["Hashtag"]
    assert 'class="u-url mention"' in own["content"]
    assert list(own["contentMap"]) == ["ar"]
    assert own["url"] == f"https://here.test/ar/p/{post.public_id}"
    assert [one["object"]["id"] for one in carla.of_type("Create")] == [main["id"]]
    name = own["id"].rpartition("/")[2]
    assert json.loads((await world.get(own["id"], AP)).text)["content"] == own["content"]
    leads = await world.get(f"https://here.test/p/{name}")
    assert (leads.status_code, leads.headers["location"]) == (302, own["url"])
    for page in ("/", "/feed.atom", "/feed.json", "/users/campaign/outbox", f"/p/{post.public_id}"):
        assert name not in (await world.get(f"https://here.test{page}")).text, page


async def test_a_note_of_its_own_follows_its_post(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, "Come to the quay", translations=(ARABIC,), own_notes=True)
    own = bob.of_type("Create")[-1]["object"]["id"]

    def said(kind: str) -> list[dict[str, Any]]:
        return [one["object"] for one in bob.of_type(kind) if one["object"]["id"] == own]

    await edit(world, house, post, "Come to the quay", sensitive=False)
    assert said("Update") == [], "it says what it said"
    await edit(world, house, post, "Come to the bridge")
    (stale,) = said("Update")
    assert "هذه الترجمة أقدم من الأصل" in stale["content"]
    await approve(world, house, post, replace(ARABIC, text="تعالوا إلى الجسر"))
    fresh = said("Update")[-1]
    assert "تعالوا إلى الجسر" in fresh["content"]
    assert "أقدم من الأصل" not in fresh["content"]
    assert fresh["updated"] > stale["updated"] > fresh["published"]
    await house.publishing.delete(CONSOLE, post.public_id)
    await world.settle()
    assert len(said("Delete")) == 1
    assert (await world.get(own, AP)).status_code == 410


async def test_a_post_that_is_no_longer_so_takes_its_notes_back(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, "Come to the quay", translations=(ARABIC,), own_notes=True)
    own = bob.of_type("Create")[-1]["object"]["id"]
    await edit(world, house, post, "Come to the quay", own_notes=False)
    assert [one["object"]["id"] for one in bob.of_type("Delete")] == [own]
    assert (await world.get(own, AP)).status_code == 410


async def test_what_is_done_to_a_note_of_its_own_is_done_to_its_post(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, "Come to the quay", translations=(ARABIC,), own_notes=True)
    own = bob.of_type("Create")[-1]["object"]["id"]
    await bob.send(house, bob.activity("Like", own))
    reply = bob.note("Coming", inReplyTo=own)
    await bob.send(house, bob.activity("Create", reply, to=reply["to"]))
    await world.settle()
    async with house.database.snapshot() as snapshot:
        assert (await house.publishing.saying.live(snapshot, post.public_id)).counts.likes == 1
    (held,) = await house.conversation.queue(("reply", "mention"), "held")
    assert held.our_post_public_id == post.public_id


async def suggest(world: World, house: House, peer: Peer, post: Post, words: str, **more: Any) -> dict[str, Any]:
    note = peer.note(words, inReplyTo=world.uri(house, post), **more)
    await peer.send(house, peer.activity("Create", note, to=note["to"]))
    await world.settle()
    return note


async def test_an_allys_translation_lands_on_the_panel_and_never_on_the_page(
    world: World, house: House, bob: Peer
) -> None:
    await house.allies.mark_actor(CONSOLE, await house.remote.actor_by_handle("bob@peer.test"), shown=False)
    post = await world.publish(house, "Come to the quay")
    await suggest(
        world, house, bob, post, "@campaign@here.test بیایید به <b>اسکله</b> #translation #fa", contentMap={"en": "x"}
    )
    (one,) = (await house.translating.panel(CONSOLE, post.public_id)).suggestions
    assert (one.words, one.language, one.state, one.handle) == ("بیایید به اسکله", "fa", "open", "bob@peer.test")
    assert "بیایید" not in (await world.get(house.addresses.post_page(post.public_id))).text
    assert await house.conversation.queue(("reply", "mention"), "held") == []
    async with house.database.snapshot() as snapshot:
        assert (await house.publishing.saying.live(snapshot, post.public_id)).counts.replies == 0
    await house.translating.save(CONSOLE, post.public_id, DraftText(language="fa", text=one.words), suggestion=one.id)
    (taken,) = (await house.translating.panel(CONSOLE, post.public_id)).suggestions
    assert taken.state == "taken"
    await house.translating.dismiss(CONSOLE, post.public_id, one.id)
    assert (await house.translating.panel(CONSOLE, post.public_id)).suggestions == ()


async def test_a_strangers_translation_waits_until_somebody_lets_it_in(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, "Come to the quay")
    note = await suggest(
        world, house, bob, post, "Kommt an den Kai #Translation", contentMap={"de": "<p>Kommt #Translation</p>"}
    )
    (one,) = (await house.translating.panel(CONSOLE, post.public_id)).suggestions
    assert (one.state, one.language) == ("held", "de")
    await house.translating.let_in(CONSOLE, post.public_id, one.id)
    (one,) = (await house.translating.panel(CONSOLE, post.public_id)).suggestions
    assert one.state == "open"
    assert (await house.translating.todo(CONSOLE))[0].suggested == 1
    await bob.send(house, bob.activity("Delete", {"id": note["id"], "type": "Tombstone"}, to=[PUBLIC]))
    await world.settle()
    assert (await house.translating.panel(CONSOLE, post.public_id)).suggestions == ()


async def test_what_a_word_rule_hides_is_no_suggestion(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, "Come to the quay")
    await house.rules.add_words(CONSOLE, "spam", "hide")
    await suggest(world, house, bob, post, "spam #translation")
    assert (await house.translating.panel(CONSOLE, post.public_id)).suggestions == ()


async def test_two_campaigns_understand_each_others_languages(world: World, house: House) -> None:
    other = await world.campaign("there.test", "bridges")
    await other.followers.follow(CONSOLE, await other.remote.actor_by_handle("campaign@here.test"))
    await world.settle()
    await house.publishing.submit(CONSOLE, Draft(text="Come", language="en", translations=(ARABIC,), own_notes=True))
    await world.settle()
    found, _ = await other.timelines.home(CONSOLE)
    assert {one.post.language for one in found} == {"en", "ar"}
