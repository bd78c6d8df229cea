"""Getting round the second pair of eyes: by role, by number, by token, by another form, by another version."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from server.base.errors import Forbidden
from server.features.access.model import Role
from server.features.reviews.model import Kind
from server.house import House
from tests.world import CONSOLE, Organiser, World, signed_in


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def people(world: World, house: House) -> AsyncIterator[dict[str, Organiser]]:
    """One of each role, signed in; each update wants two pairs of eyes."""
    async with AsyncExitStack() as stack:
        found = {"ada": await stack.enter_async_context(signed_in(world, house))}
        for name, role in (("ben", Role.EDITOR), ("cleo", Role.WRITER), ("mod", Role.MODERATOR)):
            await house.access.invite(CONSOLE, name, role)
            found[name] = await stack.enter_async_context(signed_in(world, house, name))
        await house.reviews.choose(CONSOLE, {Kind.UPDATE: 2})
        yield found


async def asked(house: House, who: Organiser, text: str = "Words that wait") -> int:
    await who.post("/desk/write", {"text": text, "language": "en", "audience": "public"})
    (line,) = await house.reviews.waiting(CONSOLE)
    return line.review.id


async def stands(world: World, text: str = "Words that wait") -> bool:
    return text in (await world.get("https://here.test/")).text


@pytest.mark.parametrize("name", ["cleo", "mod"])
@pytest.mark.parametrize("act", ["approve", "refuse", "break-glass", "withdraw"])
async def test_who_may_not_decide_decides_nothing_by_number(
    world: World, house: House, people: dict[str, Organiser], name: str, act: str
) -> None:
    number = await asked(house, people["ben"])
    answer = await people[name].post(f"/desk/reviews/{number}", {"act": act, "seen": "1", "note": "mine"})
    assert answer.status_code == 403
    assert not await stands(world)
    assert len(await house.reviews.waiting(CONSOLE)) == 1


async def test_a_moderator_reads_no_draft_by_its_number(house: House, people: dict[str, Organiser]) -> None:
    number = await asked(house, people["ben"])
    for path in ("/desk/reviews", f"/desk/reviews/{number}"):
        answer = await people["mod"].get(path)
        assert answer.status_code == 403
        assert "Words that wait" not in answer.text


async def test_nobody_outside_reads_or_decides_anything(
    world: World, house: House, people: dict[str, Organiser]
) -> None:
    number = await asked(house, people["ben"])
    async with world.client(base_url="https://here.test") as stranger:
        for path in ("/desk/reviews", f"/desk/reviews/{number}", "/desk/policy"):
            assert (await stranger.get(path)).status_code == 303
        answer = await stranger.post(f"/desk/reviews/{number}", data={"act": "approve", "seen": "1", "csrf": "x"})
    assert answer.status_code in {303, 401}
    assert not await stands(world)


async def test_a_form_of_another_site_or_session_approves_nothing(
    world: World, house: House, people: dict[str, Organiser]
) -> None:
    number = await asked(house, people["ben"])
    path, form = f"/desk/reviews/{number}", {"act": "approve", "seen": "1"}
    ada = people["ada"]
    elsewhere = await ada.post(path, form, headers={"Origin": "https://evil.test"})
    other = await ada.client.post(path, data={**form, "csrf": people["ben"].csrf})
    none = await ada.client.post(path, data=form)
    assert {elsewhere.status_code, other.status_code, none.status_code} == {403}
    assert not await stands(world)


async def test_a_token_of_the_asker_is_the_asker(world: World, house: House, people: dict[str, Organiser]) -> None:
    """Asked by the Desk, approved by a program of the same person, or the other way round."""
    number = await asked(house, people["ben"])
    holder = await house.tokens.holder(await house.tokens.mint(CONSOLE, "ben", ["read", "write"]))
    assert holder is not None
    with pytest.raises(Forbidden):
        await house.reviewing.approve(holder.who, number, "1")
    assert not await stands(world)


async def test_a_second_press_is_no_second_pair_of_eyes(
    world: World, house: House, people: dict[str, Organiser]
) -> None:
    form = {"text": "Words that wait", "language": "en", "audience": "public"}
    for key in ("a", "b", "a"):
        await people["ben"].post("/desk/write", {**form, "key": key})
    assert not await stands(world)
    assert len(await house.reviews.waiting(CONSOLE)) == 1


async def test_words_cannot_be_slipped_in_under_an_approval(
    world: World, house: House, people: dict[str, Organiser]
) -> None:
    """Ben lets Ada look at one thing and puts another in its place before she presses."""
    number = await asked(house, people["ben"])
    look = await house.reviewing.look(CONSOLE, number)
    assert look.kept is not None
    (ben,) = [one.who for one in await house.access.organisers(CONSOLE) if one.name == "ben"]
    changed = type(look.kept.draft)(text="Slipped in", language="en")
    await house.drafting.keep(ben, changed, name=look.kept.public_id)
    await house.drafting.publish(ben, look.kept.public_id)
    for line in await house.reviews.waiting(CONSOLE):
        answer = await people["ada"].post(f"/desk/reviews/{line.review.id}", {"act": "approve", "seen": look.seen})
        assert answer.status_code == 409
    assert not await stands(world, "Slipped in")


async def test_writers_and_editors_do_not_choose_the_policy(house: House, people: dict[str, Organiser]) -> None:
    for name in ("ben", "cleo", "mod"):
        assert (await people[name].get("/desk/policy")).status_code == 403
        assert (await people[name].post("/desk/policy", {"update": "1"})).status_code == 403
    chosen = {one.kind: one.chosen for one in await house.reviews.choices(CONSOLE)}
    assert chosen[Kind.UPDATE] == 2


async def test_no_name_of_who_asked_or_looked_leaves_the_house(
    world: World, house: House, people: dict[str, Organiser]
) -> None:
    bob = world.peer()
    await bob.follow(house)
    number = await asked(house, people["ben"])
    await people["ada"].post(f"/desk/reviews/{number}", {"act": "approve", "seen": "1"})
    await world.settle()
    (create,) = bob.of_type("Create")
    public = [
        str(create),
        (await world.get("https://here.test/")).text,
        (await world.get("https://here.test/feed.json")).text,
    ]
    assert all("Words that wait" in one for one in public)
    for name in people:
        assert not any(f'"{name}"' in one or f">{name}<" in one for one in public)
