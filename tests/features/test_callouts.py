"""Call-outs: what they need, how they stand, what is pinned, and what time does to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.base.errors import Conflict, Forbidden, Invalid, Misfilled, NotFound
from server.base.timestamps import to_text
from server.features.access.model import Role, Who
from server.features.callouts.views_codes import public_id_of
from server.features.posts import limits
from server.features.posts.model import Audience, Draft, DraftPoll, DraftText, Kind, Post
from server.features.posts.model_call import CallOut, CallState, DraftCall, Point
from server.features.posts.views import by_public_id, call_outs, pinned, standing
from server.features.publishing.model import Pin
from server.features.publishing.pinning import wanted
from server.features.safety.model import LockLevel
from server.house import House
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio

#: The world begins on Monday 28 September 2026, 09:30 UTC.
FRIDAY = "2026-10-02T16:00:00.000000Z"
MONDAY = "2026-09-28T10:00:00.000000Z"
NOW = "2026-09-28T09:30:12.000000Z"
CALL = DraftCall(
    ends_at=FRIDAY, time_zone="Europe/Paris", place="near the port", needs="Tents, tea", instead="Lend a car"
)
DRAFT = Draft(
    text="Come and stand with us. #Harbour", language="en", kind=Kind.CALL_OUT, title="Come on Friday", call=CALL
)


def call_draft(**more: Any) -> Draft:
    """The call-out with other facts."""
    return replace(DRAFT, call=replace(CALL, **more))


async def now(house: House, name: str) -> Post:
    async with house.database.snapshot() as snapshot:
        post = await by_public_id(snapshot, name)
    assert post is not None
    return post


def called(post: Post) -> CallOut:
    assert post.call is not None
    return post.call


async def pins(house: House) -> list[str]:
    async with house.database.snapshot() as snapshot:
        return [post.public_id for post in await pinned(snapshot, house.actors.campaign().id)]


# -- what it needs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (call_draft(place="  "), "place"),
        (call_draft(place="here\nthere"), "place"),
        (call_draft(ends_at=""), "until"),
        (call_draft(starts_at=FRIDAY), "until"),
        (call_draft(ends_at=NOW), "until"),
        (call_draft(time_zone="Europe/Nowhere"), "zone"),
        (replace(DRAFT, title="", text=" "), "title"),
        (call_draft(point=Point(latitude=91, longitude=1, until=FRIDAY)), "point"),
        (call_draft(point=Point(latitude=50, longitude=1, until="2026-10-02T16:00:01.000000Z")), "point_until"),
        (call_draft(point=Point(latitude=50, longitude=1, until="")), "point_until"),
        (call_draft(point=Point(latitude=50, longitude=1, until=NOW)), "point_until"),
    ],
)
def test_a_call_out_that_lacks_something_names_the_field(draft: Draft, field: str) -> None:
    with pytest.raises(Misfilled) as refused:
        limits.check(draft, NOW)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "draft",
    [
        replace(DRAFT, kind=Kind.UPDATE),
        replace(DRAFT, call=None),
        replace(DRAFT, poll=DraftPoll(options=("Yes", "No"), seconds=3600)),
        call_draft(place="p" * 201),
        call_draft(needs="n" * 1001),
        call_draft(instead="i" * 1001),
        replace(DRAFT, translations=(DraftText(language="fr", text="Venez", place="p" * 201),)),
    ],
)
def test_what_a_call_out_cannot_be(draft: Draft) -> None:
    with pytest.raises(Invalid):
        limits.check(draft, NOW)


def test_a_whole_one_passes_and_an_ended_one_may_still_be_put_right() -> None:
    limits.check(DRAFT, NOW)
    limits.check(replace(DRAFT, text=""), NOW)
    limits.check(call_draft(ends_at=NOW, state=CallState.OVER), NOW)
    limits.check_unfinished(call_draft(place="", ends_at=""))


# -- publishing and how it stands ---------------------------------------------------------------------------------------------


async def test_a_call_out_is_published_pinned_and_has_a_code(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    call = called(post)
    assert (post.kind, call.state, call.sequence, call.ends_at) == (Kind.CALL_OUT, CallState.OPEN, 0, FRIDAY)
    assert (post.main.place, post.main.needs, post.main.instead) == ("near the port", "Tents, tea", "Lend a car")
    assert await pins(house) == [post.public_id]
    async with house.database.snapshot() as snapshot:
        assert await public_id_of(snapshot, call.code) == post.public_id
        assert [one.id for one in await standing(snapshot, post.actor_id)] == [post.id]


async def test_one_that_is_not_for_everybody_is_not_pinned(house: House) -> None:
    await house.publishing.submit(CONSOLE, replace(DRAFT, audience=Audience.UNLISTED))
    assert await pins(house) == []


async def test_tags_of_what_is_needed_count(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, call_draft(needs="Tents #Tents", instead="#Cars"))
    assert set(post.tags) == {"Harbour", "Tents", "Cars"}


async def test_each_state_follows_and_calendars_hear_of_it(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    seen = [post.updated_at]
    bridge = replace(CALL, place="the bridge")
    for number, state in enumerate([CallState.URGENT, CallState.MOVED, CallState.CANCELLED, CallState.OPEN], 1):
        moved = bridge if state is CallState.MOVED else None
        after = await house.calling.set_state(CONSOLE, post.public_id, state, call=moved)
        assert (called(after).state, called(after).sequence) == (state, number)
        assert (await pins(house) == [post.public_id]) is (state is not CallState.CANCELLED)
        assert after.updated_at > seen[-1]
        seen.append(after.updated_at)
    assert (await now(house, post.public_id)).revision_number == 2, "the place alone was new words"


async def test_the_same_state_again_says_nothing(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    await house.calling.set_state(CONSOLE, post.public_id, CallState.OPEN)
    after = await now(house, post.public_id)
    assert (called(after).sequence, after.edited_at) == (0, None)


async def test_moving_changes_the_place_and_says_so_in_a_post_of_its_own(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    moved = replace(CALL, place="the bridge")
    news = await house.calling.set_state(CONSOLE, post.public_id, CallState.MOVED, said="", call=moved)
    after = await now(house, post.public_id)
    assert (after.main.place, after.revision_number, called(after).state) == ("the bridge", 2, CallState.MOVED)
    assert (news.kind, news.corrects, news.in_reply_to_post_id) == (Kind.CORRECTION, post.public_id, post.id)
    assert news.main.source.startswith(
        "Moved: Come on Friday. It is now here: the bridge, until Friday 2 October, 18:00"
    )
    assert await pins(house) == [post.public_id]


async def test_own_words_may_say_why_it_is_cancelled(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    news = await house.calling.set_state(CONSOLE, post.public_id, CallState.CANCELLED, said="The storm is too strong.")
    assert news.main.source.startswith("The storm is too strong.\n")


async def test_an_edit_keeps_the_state_and_may_change_it(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, call_draft(urgent=True))
    draft = (await now(house, post.public_id)).as_draft()
    assert draft.call is not None
    after = await house.publishing.edit(CONSOLE, post.public_id, replace(draft, title="Come on Thursday"))
    assert (called(after).state, called(after).sequence, after.revision_number) == (CallState.URGENT, 1, 2)
    draft = replace(after.as_draft(), call=replace(draft.call, needs="Only tea").in_state(CallState.OPEN))
    after = await house.publishing.edit(CONSOLE, post.public_id, draft)
    assert (called(after).state, called(after).sequence, after.main.needs) == (CallState.OPEN, 2, "Only tea")


async def test_an_edit_begun_before_a_cancellation_does_not_call_people_again(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    kept = await house.drafting.keep(CONSOLE, replace(post.as_draft(), title="Come soon"), edits=post.public_id)
    await house.calling.set_state(CONSOLE, post.public_id, CallState.CANCELLED)
    await house.drafting.publish(CONSOLE, kept.public_id)
    after = await now(house, post.public_id)
    assert (called(after).state, after.main.title) == (CallState.CANCELLED, "Come soon")
    assert await pins(house) == []


async def test_a_word_may_still_be_put_right_when_it_is_over(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    later(world, days=5)
    await house.calling.end_due()
    draft = replace((await now(house, post.public_id)).as_draft(), text="Thank you")
    after = await house.publishing.edit(CONSOLE, post.public_id, draft)
    assert (called(after).state, after.main.source) == (CallState.OVER, "Thank you")


async def test_a_call_out_stays_one_and_nothing_else_becomes_one(house: House) -> None:
    call = await house.publishing.submit(CONSOLE, DRAFT)
    plain = await house.publishing.submit(CONSOLE, Draft(text="Words", language="en"))
    with pytest.raises(Invalid, match="stays a call-out"):
        await house.publishing.edit(CONSOLE, call.public_id, Draft(text="Words", language="en"))
    with pytest.raises(Invalid, match="stays a call-out"):
        await house.publishing.edit(CONSOLE, plain.public_id, DRAFT)
    with pytest.raises(Invalid, match="no call-out"):
        await house.calling.set_state(CONSOLE, plain.public_id, CallState.OVER)
    with pytest.raises(NotFound):
        await house.calling.set_state(CONSOLE, "nothing00", CallState.OVER)


async def test_who_may_not_publish_changes_no_state(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    with pytest.raises(Forbidden):
        await house.calling.set_state(Who(organiser_id=3, role=Role.MODERATOR), post.public_id, CallState.OVER)
    await house.locking.set_level(CONSOLE, LockLevel.PUBLISHING_FROZEN)
    with pytest.raises(Forbidden, match="frozen"):
        await house.calling.set_state(CONSOLE, post.public_id, CallState.OVER)


async def test_one_that_waits_for_its_hour_must_still_lie_ahead_then(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, DRAFT)
    with pytest.raises(Misfilled, match="The end is past"):
        await house.drafting.schedule(CONSOLE, kept.public_id, "2026-10-03T08:00:00.000000Z")
    assert (await house.drafting.schedule(CONSOLE, kept.public_id, "2026-10-01T08:00:00.000000Z")).publish_at


# -- pins -----------------------------------------------------------------------------------------------------------------------


def pin(number: int, *, at: str | None = None, call: bool = False, open_: bool = False, ends: str = "") -> Pin:
    return Pin(id=number, public_id=str(number), pinned_at=at, call=call, standing=open_, ends_at=ends)


def test_open_call_outs_come_first_and_what_was_pinned_longest_stays() -> None:
    by_hand = [pin(number, at=f"2026-01-0{number}") for number in range(1, 6)]
    first = pin(10, call=True, open_=True, ends="2026-02")
    assert wanted(by_hand) == {1, 2, 3, 4, 5}
    assert wanted([*by_hand, first]) == {1, 2, 3, 4, 10}
    many = [pin(20 + number, call=True, open_=True, ends=f"2026-0{number}") for number in range(1, 8)]
    assert wanted([*by_hand, *many]) == {1, 21, 22, 23, 24}
    assert wanted([pin(30, at="2026", call=True), by_hand[0]]) == {1}


async def test_a_call_out_pushes_out_what_was_pinned_last(house: House) -> None:
    names = []
    for number in range(5):
        post = await house.publishing.submit(CONSOLE, Draft(text=f"Words {number}", language="en"))
        await house.acting.pin(CONSOLE, post.public_id, pinned=True)
        names.append(post.public_id)
    call = await house.publishing.submit(CONSOLE, DRAFT)
    assert (await pins(house))[0] == call.public_id
    assert set(await pins(house)) == {call.public_id, *names[:4]}
    with pytest.raises(Conflict, match="by themselves"):
        await house.acting.pin(CONSOLE, call.public_id, pinned=False)


# -- what time does ---------------------------------------------------------------------------------------------------------------


async def test_a_call_out_is_over_by_itself_once(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    later(world, days=4)
    assert await house.calling.end_due() == 0
    later(world, days=1)
    assert await house.calling.end_due() == 1
    assert await house.calling.end_due() == 0
    after = await now(house, post.public_id)
    assert (called(after).state, called(after).sequence) == (CallState.OVER, 1)
    assert after.updated_at > post.updated_at
    assert await pins(house) == []


async def test_one_that_is_over_opens_again_only_with_a_later_end(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, DRAFT)
    later(world, days=5)
    await house.calling.end_due()
    with pytest.raises(Misfilled, match="The end is past"):
        await house.calling.set_state(CONSOLE, post.public_id, CallState.OPEN)
    ends = to_text(world.clock() + timedelta(days=1))
    after = await house.calling.set_state(CONSOLE, post.public_id, CallState.OPEN, call=replace(CALL, ends_at=ends))
    assert (called(after).state, called(after).ends_at) == (CallState.OPEN, ends)
    assert await pins(house) == [post.public_id]


async def _points(house: House) -> list[str]:
    async with house.database.snapshot() as snapshot:
        rows = await snapshot.fetch("SELECT latitude, longitude, point_until FROM call_revisions")
    return [row["latitude"] for row in rows if row["latitude"] or row["longitude"] or row["point_until"]]


async def test_the_exact_place_is_erased_everywhere_at_its_time(house: House, world: World) -> None:
    point = Point(latitude=50.9668, longitude=1.8622, until=to_text(world.clock() + timedelta(hours=2)))
    post = await house.publishing.submit(CONSOLE, call_draft(point=point))
    await house.publishing.edit(CONSOLE, post.public_id, replace(post.as_draft(), title="Come now"))
    kept = await house.drafting.keep(CONSOLE, (await now(house, post.public_id)).as_draft(), edits=post.public_id)
    assert await _points(house) == ["50.966800"], "only the words as they stand name it"
    assert await house.calling.erase_points() == 0
    later(world, hours=3)
    assert await house.calling.erase_points() == 1
    assert await house.calling.erase_points() == 0
    assert await _points(house) == []
    assert called(await now(house, post.public_id)).point is None
    draft = (await house.drafting.draft(CONSOLE, kept.public_id)).draft
    assert draft.call is not None
    assert draft.call.point is None


async def test_taking_the_exact_place_out_takes_it_out_of_earlier_versions(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, call_draft(point=Point(latitude=1, longitude=2, until=FRIDAY)))
    await house.publishing.edit(CONSOLE, post.public_id, replace(post.as_draft(), call=CALL))
    assert await _points(house) == []


async def test_a_deleted_call_out_keeps_its_code_and_nothing_else(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, call_draft(point=Point(latitude=1, longitude=2, until=FRIDAY)))
    await house.publishing.delete(CONSOLE, post.public_id)
    async with house.database.snapshot() as snapshot:
        assert await public_id_of(snapshot, called(post).code) == post.public_id
        assert await call_outs(snapshot, post.actor_id) == []
        assert await snapshot.value("SELECT count(*) FROM call_revisions") == 0
    assert await pins(house) == []


async def test_one_that_leaves_on_a_chosen_date_is_deleted_then(house: House, world: World) -> None:
    post = await house.publishing.submit(CONSOLE, replace(DRAFT, expires_at="2026-10-10T00:00:00.000000Z"))
    later(world, days=5)
    await house.calling.end_due()
    later(world, days=8)
    assert await house.publishing.delete_expired() == 1
    assert (await now(house, post.public_id)).deleted_at is not None
