"""What we say, as others receive it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from server.features.actors.model import Profile, ProfileLine
from server.features.posts.model import Audience, Draft, DraftMedia, DraftPoll
from server.house import House
from tests.world import AP, CONSOLE, PUBLIC, Peer, World, later

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sqlite", "postgres"])
async def house(request: pytest.FixtureRequest, world: World) -> House:
    return await world.campaign("here.test", engine=request.param)


@pytest.fixture
async def bob(world: World, house: House) -> Peer:
    """A follower."""
    peer = world.peer()
    await peer.follow(house)
    await world.settle()
    return peer


def picture() -> bytes:
    image = Image.new("RGB", (1600, 900), "red")
    data = io.BytesIO()
    meta = Image.Exif()
    meta[0x010F] = "Phone of somebody"
    meta.get_ifd(0x8825)[1] = "N"
    image.save(data, "JPEG", exif=meta.tobytes())
    return data.getvalue()


async def created(world: World, house: House, bob: Peer, text: str, **more: Any) -> dict[str, Any]:
    await world.publish(house, text, **more)
    return bob.of_type("Create")[-1]["object"]  # type: ignore[no-any-return]


async def test_a_public_note_has_everything_that_peers_look_for(world: World, house: House, bob: Peer) -> None:
    note = await created(world, house, bob, "Salaam #Harbour, see https://example.org/a_b", language="fa")
    create = bob.of_type("Create")[-1]
    campaign = house.actors.uri(house.actors.campaign())
    assert create["actor"] == campaign == note["attributedTo"]
    assert (create["to"], create["cc"]) == (note["to"], note["cc"]) == ([PUBLIC], [f"{campaign}/followers"])
    assert create["published"] == note["published"]
    assert note["contentMap"] == {"fa": note["content"]}
    assert note["tag"] == [{"type": "Hashtag", "name": "#Harbour", "href": "https://here.test/tags/harbour"}]
    assert 'href="https://example.org/a_b"' in note["content"]
    assert note["sensitive"] is False
    assert note["interactionPolicy"]["canQuote"]["manualApproval"] == []
    assert note["replies"]["id"] == f"{note['id']}/replies"
    assert note["url"].startswith("https://here.test/p/")
    served = (await world.get(note["id"], AP)).json()
    served.pop("@context")
    assert served == note


async def test_the_activity_stands_at_its_id_and_in_the_outbox(world: World, house: House, bob: Peer) -> None:
    await created(world, house, bob, "Hello")
    create = bob.of_type("Create")[-1]
    assert (await world.get(create["id"], AP)).json()["object"]["id"] == create["object"]["id"]
    outbox = (await world.get("https://here.test/users/campaign/outbox", AP)).json()
    assert outbox["totalItems"] == 1
    first = (await world.get(outbox["first"], AP)).json()
    assert [one["id"] for one in first["orderedItems"]] == [create["id"]]


async def test_the_outbox_pages_through_everything_once(world: World, house: House) -> None:
    for number in range(45):
        await house.publishing.submit(CONSOLE, Draft(text=f"number {number}", language="en"))
    url: str | None = (await world.get("https://here.test/users/campaign/outbox", AP)).json()["first"]
    seen = []
    while url:
        found = (await world.get(url, AP)).json()
        seen += [one["object"]["content"] for one in found["orderedItems"]]
        url = found.get("next")
    assert seen == [f"<p>number {number}</p>" for number in reversed(range(45))]


async def test_a_warning_makes_a_summary_and_is_sensitive(world: World, house: House, bob: Peer) -> None:
    note = await created(world, house, bob, "Hard to read", warning="Violence")
    assert (note["summary"], note["sensitive"]) == ("Violence", True)


async def test_somebody_unknown_is_found_before_the_post_goes_out(world: World, house: House, bob: Peer) -> None:
    dora = world.peer("dora.test", "dora")
    note = await created(world, house, bob, "Ask @dora@dora.test about it")
    assert note["tag"] == [{"type": "Mention", "href": dora.uri, "name": "@dora@dora.test"}]
    assert dora.uri in note["cc"]
    assert 'href="https://dora.test/@dora"' in note["content"]
    assert [one["object"]["id"] for one in dora.of_type("Create")] == [note["id"]]


async def test_a_name_that_cannot_be_found_holds_nothing_up(world: World, house: House, bob: Peer) -> None:
    note = await created(world, house, bob, "Ask @nobody@nowhere.test about it")
    assert note["tag"] == []
    assert "@nobody@nowhere.test" in note["content"]


async def test_a_picture_goes_out_redrawn_with_its_words(world: World, house: House, bob: Peer) -> None:
    item = await house.media.add(picture())
    media = (DraftMedia(public_id=item.public_id, alt="A red wall"),)
    note = await created(world, house, bob, "Look", media=media)
    (one,) = note["attachment"]
    assert (one["type"], one["mediaType"], one["name"]) == ("Document", "image/jpeg", "A red wall")
    assert (one["width"], one["height"]) == (1600, 900)
    assert len(one["blurhash"]) > 5
    assert one["focalPoint"] == [0.0, 0.0]
    answer = await world.get(one["url"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert b"Phone of somebody" not in answer.content
    assert dict(Image.open(io.BytesIO(answer.content)).getexif()) == {}


async def test_somebody_named_by_an_edit_is_found_and_told(world: World, house: House, bob: Peer) -> None:
    dora = world.peer("dora.test", "dora")
    post = await world.publish(house, "Ask somebody about it")
    later(world, minutes=10)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Ask @dora@dora.test about it", language="en"))
    await world.settle()
    for peer in (bob, dora):
        (update,) = peer.of_type("Update")
        assert update["object"]["tag"] == [{"type": "Mention", "href": dora.uri, "name": "@dora@dora.test"}]


async def test_an_edit_is_an_update_with_the_time_of_the_edit(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, "First words")
    later(world, minutes=10)
    await house.publishing.edit(CONSOLE, post.public_id, Draft(text="Second words", language="en"))
    await world.settle()
    (update,) = bob.of_type("Update")
    note = update["object"]
    assert note["content"] == "<p>Second words</p>"
    assert note["id"] == world.uri(house, post)
    assert note["updated"] > note["published"]
    assert update["to"] == [PUBLIC]


async def test_pinning_adds_to_featured_and_unpinning_removes(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, "Read this first")
    uri = world.uri(house, post)
    await house.acting.pin(CONSOLE, post.public_id, pinned=True)
    await world.settle()
    featured = "https://here.test/users/campaign/featured"
    (add,) = bob.of_type("Add")
    assert (add["object"], add["target"]) == (uri, featured)
    assert [one["id"] for one in (await world.get(featured, AP)).json()["orderedItems"]] == [uri]
    await house.acting.pin(CONSOLE, post.public_id, pinned=False)
    await world.settle()
    (remove,) = bob.of_type("Remove")
    assert (remove["object"], remove["target"]) == (uri, featured)
    assert (await world.get(featured, AP)).json()["totalItems"] == 0


async def test_a_boost_reaches_followers_and_its_author_and_can_be_undone(
    world: World, house: House, bob: Peer
) -> None:
    dora = world.peer("dora.test", "dora")
    note = dora.note("Worth hearing")
    post, author = await house.remote.post(note["id"])
    await house.acting.boost(CONSOLE, post, author)
    await world.settle()
    for peer in (bob, dora):
        (announce,) = peer.of_type("Announce")
        assert announce["object"] == note["id"]
        assert announce["to"] == [PUBLIC]
    await house.acting.take_back(CONSOLE, "our_boosts", note["id"])
    await world.settle()
    (undo,) = dora.of_type("Undo")
    assert undo["object"]["id"] == announce["id"]
    assert undo["object"]["type"] == "Announce"


async def test_a_like_goes_to_the_author_alone(world: World, house: House, bob: Peer) -> None:
    dora = world.peer("dora.test", "dora")
    note = dora.note("Worth hearing")
    await house.acting.like(CONSOLE, *await house.remote.post(note["id"]))
    await world.settle()
    assert len(dora.of_type("Like")) == 1
    assert bob.of_type("Like") == []


async def test_a_new_profile_goes_to_followers(world: World, house: House, bob: Peer) -> None:
    lines = (ProfileLine(name="Web", value="https://example.org"),)
    profile = Profile(name="Harbour <now>", bio="We keep the harbour open. #harbour", fields=lines, language="de")
    await house.acting.change_profile(CONSOLE, profile, await house.profiles.maker(profile))
    await world.settle()
    (update,) = bob.of_type("Update")
    actor = update["object"]
    assert actor["name"] == "Harbour <now>"
    assert actor["attachment"][0]["type"] == "PropertyValue"
    assert 'rel="me' in actor["attachment"][0]["value"]
    served = (await world.get(actor["id"], AP)).json()
    assert served["name"] == actor["name"]
    assert served["publicKey"]["id"] == f"{actor['id']}#main-key"
    home = (await world.get("https://here.test/")).text
    assert "Harbour &lt;now&gt;" in home
    assert "<now>" not in home


async def test_a_followers_only_post_names_no_public(world: World, house: House, bob: Peer) -> None:
    note = await created(world, house, bob, "Among us", audience=Audience.FOLLOWERS)
    assert note["to"] == ["https://here.test/users/campaign/followers"]
    assert PUBLIC not in str(note)
    outbox = (await world.get("https://here.test/users/campaign/outbox", AP)).json()
    assert outbox["totalItems"] == 0
    assert "Among us" not in (await world.get("https://here.test/")).text
    assert "Among us" not in (await world.get("https://here.test/feed.atom")).text


async def test_an_unlisted_post_is_readable_and_in_no_list(world: World, house: House, bob: Peer) -> None:
    note = await created(world, house, bob, "Quietly", audience=Audience.UNLISTED)
    assert note["cc"] == [PUBLIC]
    assert (await world.get(note["url"])).status_code == 200
    for path in ("/", "/feed.atom", "/feed.json", "/users/campaign/outbox?page=true"):
        accept = AP if "outbox" in path else "text/html"
        assert "Quietly" not in (await world.get(f"https://here.test{path}", accept)).text


async def test_a_poll_is_a_question_that_closes(world: World, house: House, bob: Peer) -> None:
    note = await created(world, house, bob, "When?", poll=DraftPoll(options=("Now", "Later"), seconds=3600))
    assert note["type"] == "Question"
    assert [one["name"] for one in note["oneOf"]] == ["Now", "Later"]
    assert note["endTime"] > note["published"]
    later(world, hours=2)
    await house.publishing.announce_polls()
    await world.settle()
    (update,) = bob.of_type("Update")
    assert update["object"]["closed"] == note["endTime"]


async def test_an_answer_carries_the_one_it_answers_and_goes_there(world: World, house: House, bob: Peer) -> None:
    dora = world.peer("dora.test", "dora")
    theirs = dora.note("A question")
    await house.remote.post(theirs["id"])
    note = await created(world, house, bob, "@dora@dora.test An answer", in_reply_to=theirs["id"])
    assert note["inReplyTo"] == theirs["id"]
    assert [one["object"]["id"] for one in dora.of_type("Create")] == [note["id"]]
    assert "An answer" not in (await world.get("https://here.test/feed.atom")).text


async def test_a_block_is_told_only_by_choice(world: World, house: House) -> None:
    quiet, told = world.peer("q.test", "quiet"), world.peer("t.test", "told")
    await house.acting.block_actor(CONSOLE, await house.remote.actor(quiet.uri))
    await house.acting.block_actor(CONSOLE, await house.remote.actor(told.uri), announce=True)
    await world.settle()
    assert quiet.of_type("Block") == []
    assert [one["object"] for one in told.of_type("Block")] == [told.uri]
    assert (await quiet.follow(house)).status_code in {401, 403}
    assert await house.followers.counts(house.actors.campaign().id) == (0, 0)


async def test_a_removed_follower_is_told(world: World, house: House, bob: Peer) -> None:
    (tie,) = await house.followers.followers()
    await house.followers.remove(CONSOLE, tie.id)
    await world.settle()
    assert len(bob.of_type("Reject")) == 1
    assert await house.followers.counts(house.actors.campaign().id) == (0, 0)


async def test_the_same_idempotency_key_publishes_once(world: World, house: House) -> None:
    token = await house.tokens.mint(CONSOLE, "ada", ["write"])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    async with world.client(base_url="https://here.test", headers=headers) as client:
        first = await client.post("/api/v1/statuses", json={"status": "Once", "language": "en"})
        second = await client.post("/api/v1/statuses", json={"status": "Once", "language": "en"})
    assert first.status_code == 200
    assert first.json()["id"] == second.json()["id"]
    assert (await world.get("https://here.test/")).text.count("Once") == 1
