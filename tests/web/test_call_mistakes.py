"""Whatever somebody in a hurry gets wrong in the form of a call-out: it says so beside the field, and nothing goes out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest

from server.features.posts.model import Post
from server.features.posts.model_call import CallState, Point
from server.features.posts.views import by_public_id
from server.house import House
from tests.features.test_callouts import CALL, DRAFT, FRIDAY, call_draft
from tests.web.test_callouts import FORM, calls, sent, value_of
from tests.world import CONSOLE, World, signed_in

pytestmark = pytest.mark.anyio

MOVED = {"to": "moved", "place": "near the port", "starts": "", "until": "2026-10-02T18:00", "zone": "Europe/Paris"}


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


def wrong(answer: httpx.Response) -> list[str]:
    """The fields that the form says are wrong."""
    assert answer.status_code == 422, answer.text
    return re.findall(r'id="wrong-(\w+)"', answer.text)


async def now(house: House, post: Post) -> Post:
    async with house.database.snapshot() as snapshot:
        found = await by_public_id(snapshot, post.public_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"starts": "2026-10-03T18:00"}, "until"),
        ({"starts": "2020-10-01T10:00"}, "until"),
        ({"until": ""}, "until"),
        ({"until": "tomorrow"}, "until"),
        ({"until": "2026-09-01T10:00"}, "until"),
        ({"until": "2027-03-28T02:30"}, "until"),
        ({"until": "2062-10-02T18:00"}, "until"),
        ({"starts": "2027-03-28T02:30", "until": "2027-03-28T04:30"}, "starts"),
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"place": ""}, "place"),
        ({"point": "nan, 1"}, "point"),
        ({"point": "inf, 1"}, "point"),
        ({"point": "50.9668N"}, "point"),
        ({"point": "95, 1"}, "point"),
        ({"point": "50, 1", "point_until": "2026-10-03T10:00"}, "point_until"),
    ],
)
async def test_a_mistake_is_said_beside_its_field_and_nowhere_else(
    house: House, world: World, typed: dict[str, str], field: str
) -> None:
    async with signed_in(world, house) as desk:
        answer = await sent(desk, **typed)
        assert wrong(answer) == [field]
        for name, value in typed.items():
            assert value_of(answer.text, name) == value or name == "zone", "what was typed stays"
    assert await calls(house) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [({}, "place"), ({"place": ""}, "place"), ({"until": ""}, "until"), ({"zone": "Mars/Base"}, "zone")],
)
async def test_what_moved_says_where_to_or_when(house: House, world: World, typed: dict[str, str], field: str) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    async with signed_in(world, house) as desk:
        answer = await desk.post(f"/desk/posts/{post.public_id}/state", {**MOVED, "tell": "on", **typed})
        assert wrong(answer) == [field]
    (after,) = await calls(house)
    assert after.call is not None
    assert (after.call.state, after.corrections) == (CallState.OPEN, ())


async def test_an_edit_that_says_it_moved_says_where_to(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    async with signed_in(world, house) as desk:
        assert wrong(await sent(desk, f"/desk/posts/{post.public_id}/edit", state="moved")) == ["place"]
        answer = await sent(desk, f"/desk/posts/{post.public_id}/edit", state="moved", until="2026-10-02T20:00")
        assert answer.status_code == 200


async def test_an_end_that_comes_forward_takes_the_exact_place_with_it(house: House, world: World) -> None:
    point = Point(latitude=50.9668, longitude=1.8622, until=FRIDAY)
    post = await house.publishing.submit(CONSOLE, call_draft(point=point))
    async with signed_in(world, house) as desk:
        sooner = {**MOVED, "until": "2026-10-01T18:00"}
        answer = await desk.post(f"/desk/posts/{post.public_id}/state", sooner)
        assert "Changed." in answer.text, "that form has no field for the exact place"
    call = (await now(house, post)).call
    assert call is not None
    assert call.point == replace(point, until="2026-10-01T16:00:00.000000Z")


async def test_a_call_out_that_somebody_cancelled_meanwhile_is_not_called_again_unseen(
    house: House, world: World
) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    path = f"/desk/posts/{post.public_id}/state"
    async with signed_in(world, house) as desk:
        form: dict[str, Any] = {**MOVED, "place": "the bridge"}
        form["seen"] = value_of((await desk.get(f"{path}?to=moved")).text, "seen")
        await house.calling.set_state(CONSOLE, post.public_id, CallState.CANCELLED)
        refused = await desk.post(path, form)
        assert refused.status_code == 409
        assert "Cancelled call-out" in refused.text, "they see how it stands"
        stands = (await now(house, post)).call
        assert stands is not None
        assert stands.state is CallState.CANCELLED
        await desk.post(path, {**form, "seen": value_of(refused.text, "seen")})
    stands = (await now(house, post)).call
    assert stands is not None
    assert stands.state is CallState.MOVED, "whoever has seen it may call again"


async def test_an_edit_begun_before_a_move_does_not_bring_the_old_place_back_unseen(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    path = f"/desk/posts/{post.public_id}/edit"
    async with signed_in(world, house) as desk:
        form = {"title": "Come on Friday!", "base": value_of((await desk.get(path)).text, "base"), "state": ""}
        bridge = replace(CALL, place="the bridge")
        await house.calling.set_state(CONSOLE, post.public_id, CallState.MOVED, call=bridge)
        refused = await desk.post(path, {**FORM, **form})
        assert refused.status_code == 409
        assert (await now(house, post)).main.place == "the bridge"
        action = re.search(r'action="([^"]+)" id="draft"', refused.text)
        assert action is not None
        form |= {name: value_of(refused.text, name) for name in ("base", "version")}
        await desk.post(action[1], {**FORM, **form})
    assert (await now(house, post)).main.place == "near the port", "whoever has seen it may"


async def test_published_from_its_preview_such_an_edit_comes_back_as_a_form(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    kept = await house.drafting.keep(CONSOLE, replace(post.as_draft(), title="Come!"), edits=post.public_id)
    await house.calling.set_state(CONSOLE, post.public_id, CallState.MOVED, call=replace(CALL, place="the bridge"))
    async with signed_in(world, house) as desk:
        refused = await desk.post(f"/desk/drafts/{kept.public_id}/publish", {"version": str(kept.version)})
        assert refused.status_code == 409
        assert value_of(refused.text, "base") == (await now(house, post)).base
    assert (await now(house, post)).main.title == "Come on Friday"


async def test_an_edit_that_waits_for_its_hour_does_not_undo_a_move(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    draft = replace(post.as_draft(), title="Come on Friday!")
    kept = await house.drafting.keep(CONSOLE, draft, edits=post.public_id)
    await house.drafting.schedule(CONSOLE, kept.public_id, "2026-09-28T12:00:00.000000Z")
    await house.calling.set_state(CONSOLE, post.public_id, CallState.MOVED, call=replace(CALL, place="the bridge"))
    world.clock.now = world.clock.now.replace(hour=12, minute=1)
    await house.drafting.publish_due()
    assert (await now(house, post)).main.place == "the bridge"
    assert "was changed after this edit" in (await house.drafting.draft(CONSOLE, kept.public_id)).problem
