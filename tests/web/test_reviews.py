"""The screens of the second pair of eyes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from server.features.access.model import Role
from server.features.reviews.model import Kind
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import CONSOLE, Organiser, World, signed_in


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


@pytest.fixture
async def ben(world: World, house: House, ada: Organiser) -> AsyncIterator[Organiser]:
    await house.access.invite(CONSOLE, "ben", Role.EDITOR)
    async with signed_in(world, house, "ben") as organiser:
        yield organiser


async def send(who: Organiser, text: str = "Come to the quay") -> str:
    """A post with a picture, which waits; where the browser was led."""
    form = {"text": text, "language": "en", "audience": "public", "alt1": "A wall"}
    answer = await who.post("/desk/write", form, files={"picture1": ("wall.jpg", picture(), "image/jpeg")})
    return str(answer.url)


async def waiting(who: Organiser) -> str:
    """The path of the one review in the list."""
    found = re.findall(r'href="(/desk/reviews/\d+)"', (await who.get("/desk/reviews")).text)
    assert len(found) == 1
    return str(found[0])


async def seen(who: Organiser, path: str) -> str:
    found = re.search(r'name="seen" value="([\d.]+)"', (await who.get(path)).text)
    assert found is not None
    return found[1]


async def home(world: World) -> str:
    return (await world.get("https://here.test/")).text


async def test_a_post_of_two_people(world: World, ada: Organiser, ben: Organiser) -> None:
    assert (await send(ben, "Meet ben at 12 Harbour Street at 18:00 tonight")).endswith("/desk/reviews?done=asked")
    assert "Meet ben" not in await home(world)
    path = await waiting(ada)
    front = (await ada.get("/desk/")).text
    assert re.search(r"To look at before it goes out</span><span class=\"count\">1<", front)
    assert "<title>(1) " in front
    look = (await ada.get(path)).text
    for words in ("An exact place", "look for faces", "known only inside", "without its time zone", "add the date"):
        assert words in look
    assert 'alt="A wall"' in look
    answer = await ada.post(path, {"act": "approve", "seen": await seen(ada, path)})
    assert "Published." in answer.text
    assert "Meet ben" in await home(world)
    assert "<title>(1)" not in (await ada.get("/desk/")).text


async def test_the_one_who_asked_finds_no_button_and_the_form_does_not_work(ada: Organiser, ben: Organiser) -> None:
    await send(ben)
    path = await waiting(ben)
    look = (await ben.get(path)).text
    assert 'value="approve"' not in look
    answer = await ben.post(path, {"act": "approve", "seen": await seen(ada, path)})
    assert answer.status_code == 403
    assert "Somebody else must look" in answer.text


async def test_sent_back_the_note_is_read_by_who_wrote_it(ada: Organiser, ben: Organiser) -> None:
    await send(ben)
    path = await waiting(ada)
    empty = await ada.post(path, {"act": "refuse", "note": ""})
    assert empty.status_code == 422
    assert "Say what should be changed." in empty.text
    await ada.post(path, {"act": "refuse", "note": "Too near <the> camp"})
    assert "Too near &lt;the&gt; camp" in (await ben.get("/desk/reviews")).text


async def test_what_changed_since_the_look_is_looked_at_again(
    world: World, house: House, ada: Organiser, ben: Organiser
) -> None:
    await send(ben)
    path = await waiting(ada)
    answer = await ada.post(path, {"act": "approve", "seen": "7"})
    assert answer.status_code == 409
    assert "Look again" in answer.text
    assert "Come to the quay" not in await home(world)


async def test_broken_glass_says_so_until_somebody_looked(world: World, ada: Organiser, ben: Organiser) -> None:
    await send(ben)
    path = await waiting(ben)
    answer = await ben.post(path, {"act": "break-glass", "seen": await seen(ben, path), "note": "They are here"})
    assert "until somebody else has looked" in answer.text
    assert "Come to the quay" in await home(world)
    after = await waiting(ada)
    assert "They are here" in (await ada.get(after)).text
    assert 'value="break-glass"' not in (await ada.get(after)).text
    await ada.post(after, {"act": "approve", "seen": await seen(ada, after)})
    assert "Nothing waits for you" in (await ada.get("/desk/reviews")).text


async def test_an_edit_shows_what_goes_and_what_comes(
    world: World, house: House, ada: Organiser, ben: Organiser
) -> None:
    post = await world.publish(house, "Come to the quay")
    await house.reviews.choose(CONSOLE, {Kind.EDIT: 2})
    form = {"text": "Come to the bridge", "language": "en", "audience": "public"}
    await ben.post(f"/desk/posts/{post.public_id}/edit", form)
    path = await waiting(ada)
    look = (await ada.get(path)).text
    assert re.search(r"<del>.*?quay.*?</del>\s*<ins>.*?bridge.*?</ins>", look, re.DOTALL)
    assert "Come to the quay" in await home(world)
    assert "Edited." in (await ada.post(path, {"act": "approve", "seen": await seen(ada, path)})).text
    assert "Come to the bridge" in await home(world)


async def test_a_deletion_is_asked_for(world: World, house: House, ada: Organiser, ben: Organiser) -> None:
    post = await world.publish(house, "Soon gone")
    await house.reviews.choose(CONSOLE, {Kind.DELETE: 2})
    answer = await ben.post(f"/desk/posts/{post.public_id}/delete")
    assert "waits for a second pair of eyes" in answer.text
    path = await waiting(ada)
    assert "Soon gone" in (await ada.get(path)).text
    await ada.post(path, {"act": "approve", "seen": await seen(ada, path)})
    assert "Soon gone" not in await home(world)


async def test_markup_in_a_draft_is_shown_as_words(ada: Organiser, ben: Organiser) -> None:
    await send(ben, "<script>alert(1)</script> <b>bold</b>")
    look = (await ada.get(await waiting(ada))).text
    assert "<script>alert" not in look
    assert "<b>bold" not in look


@pytest.mark.parametrize("number", ["0", "1", "9" * 18, "9" * 30, "-1", "x", "1%2F..", "%00"])
async def test_a_review_that_is_not_there_is_not_there(ada: Organiser, number: str) -> None:
    assert (await ada.get(f"/desk/reviews/{number}")).status_code == 404
    assert (await ada.post(f"/desk/reviews/{number}", {"act": "approve", "seen": "1"})).status_code == 404


async def test_an_act_that_is_none_changes_nothing(ada: Organiser, ben: Organiser) -> None:
    await send(ben)
    path = await waiting(ada)
    assert (await ada.post(path, {"act": "publish", "seen": "1"})).status_code == 422
    assert await waiting(ada) == path


async def test_the_policy_is_chosen_in_plain_words(house: House, ada: Organiser) -> None:
    page = await ada.get("/desk/policy")
    assert "A post with pictures" in page.text
    await ada.post("/desk/policy", {"update": "2", "picture": "1", "edit": ""})
    chosen = {one.kind: one.chosen for one in await house.reviews.choices(CONSOLE)}
    assert (chosen[Kind.UPDATE], chosen[Kind.PICTURE], chosen[Kind.EDIT], chosen[Kind.DELETE]) == (2, 1, None, None)
    assert "Nobody beside you can look now" in (await ada.get("/desk/policy")).text
    assert (await ada.post("/desk/policy", {"update": "0"})).status_code == 422


async def test_a_program_is_answered_409_and_publishes_nothing(
    world: World, house: House, ada: Organiser, ben: Organiser
) -> None:
    await house.reviews.choose(CONSOLE, {Kind.UPDATE: 2})
    token = await house.tokens.mint(CONSOLE, "ben", ["write"])
    async with world.client(base_url="https://here.test", headers={"Authorization": f"Bearer {token}"}) as api:
        answer = await api.post("/api/v1/statuses", json={"status": "By script"}, headers={"Idempotency-Key": "k"})
        again = await api.post("/api/v1/statuses", json={"status": "By script"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, again.status_code) == (409, 409)
    assert answer.json() == again.json()
    assert answer.json()["error"].startswith("It waits for a second pair of eyes.")
    assert "By script" not in await home(world)
    path = await waiting(ada)
    await ada.post(path, {"act": "approve", "seen": await seen(ada, path)})
    assert "By script" in await home(world)


async def test_what_a_correction_says_is_seen_before_it_is_approved(
    world: World, house: House, ada: Organiser, ben: Organiser
) -> None:
    await house.reviews.choose(CONSOLE, {Kind.CORRECTION: 2})
    post = await world.publish(house, "Meet at the quay")
    form = {"text": "Meet at the bridge", "language": "en", "version": "", "key": "c"}
    form["correction"] = "Call +33 1 23 45 67 89: it is the bridge."
    answer = await ada.post(f"/desk/posts/{post.public_id}/correct", form)
    assert answer.url.path == "/desk/reviews"
    assert "bridge" not in (await world.get(house.addresses.post_page(post.public_id))).text
    path = await waiting(ben)
    look = (await ben.get(path)).text
    assert "it is the bridge." in look
    assert "A telephone number." in look
    await ben.post(path, {"act": "approve", "seen": await seen(ben, path)})
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    assert "Corrected on" in page
    assert "Meet at the bridge" in page
