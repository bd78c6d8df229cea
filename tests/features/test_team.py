"""The team: roles that end, suspended phones, people who leave, and the keyholder who must stay."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from server.base.errors import AppError, Conflict, Forbidden, Invalid, NotFound, Unauthorised
from server.features.access.model import Act, Organiser, Role, Who
from server.features.access.until import end_of, last_day
from server.features.posts.model import Draft, DraftState
from server.house import House
from tests.features.test_access import came_in, secret_of
from tests.world import CONSOLE, PASSWORD, World, later

pytestmark = pytest.mark.anyio


async def joined(house: House, name: str, role: Role, until: str | None = None) -> str:
    """Somebody who came in; their session."""
    link = await house.access.invite(CONSOLE, name, role, until)
    return await house.sign_in.enter(secret_of(link), PASSWORD)


async def organiser(house: House, name: str) -> Organiser:
    return next(one for one in await house.access.organisers(CONSOLE) if one.name == name)


def test_a_last_day_lasts_until_midnight_where_the_campaign_is() -> None:
    assert end_of("", "Europe/Paris") is None
    until = end_of("2026-10-02", "Europe/Paris")
    assert until == "2026-10-02T22:00:00.000000Z"
    assert last_day(until, "Europe/Paris") == "2026-10-02"
    for bad in ("tomorrow", "2026-13-01", "9999-12-31", "2026-10-02T10:00"):
        with pytest.raises(Invalid):
            end_of(bad, "UTC")


async def test_a_role_ends_by_itself_and_everything_with_it(world: World, house: House) -> None:
    session = await joined(house, "eve", Role.EDITOR, end_of("2026-09-29", "UTC"))
    token = await house.tokens.mint(CONSOLE, "eve", ["write"])
    later(world, hours=38)  # 23:30 of the last day
    assert await house.sign_in.session(session) is not None
    assert await house.tokens.holder(token) is not None
    later(world, hours=1)
    assert await house.sign_in.session(session) is None, "and nobody had to sweep"
    assert await house.tokens.holder(token) is None
    with pytest.raises(Unauthorised):
        await house.sign_in.by_password("eve", PASSWORD)
    with pytest.raises(Conflict):
        await house.access.new_link(CONSOLE, "eve")
    with pytest.raises(NotFound):
        await house.tokens.mint(CONSOLE, "eve", ["write"])
    assert (await organiser(house, "eve")).ended


async def test_a_role_given_again_begins_with_a_new_sign_in(world: World, house: House) -> None:
    session = await joined(house, "eve", Role.EDITOR, end_of("2026-09-28", "UTC"))
    later(world, days=1)
    await house.access.set_role(CONSOLE, "eve", Role.EDITOR)
    assert await house.sign_in.session(session) is None, "what lay on a phone for long does not come to life again"
    again = await house.sign_in.session(await house.sign_in.by_password("eve", PASSWORD))
    assert again is not None
    assert again.organiser.role is Role.EDITOR


async def test_a_link_of_a_role_that_ended_lets_nobody_in(world: World, house: House) -> None:
    link = await house.access.invite(CONSOLE, "eve", Role.WRITER, end_of("2026-09-28", "UTC"))
    later(world, hours=15)
    assert await house.sign_in.link_holds(secret_of(link)) is None


async def test_a_role_cannot_end_before_now(house: House) -> None:
    with pytest.raises(Invalid):
        await house.access.invite(CONSOLE, "eve", Role.WRITER, end_of("2026-09-27", "UTC"))
    assert [one.name for one in await house.access.organisers(CONSOLE)] == ["ada"]


async def test_another_role_acts_at_once_and_asks_for_a_new_sign_in(house: House) -> None:
    session = await joined(house, "eve", Role.WRITER)
    await house.access.set_role(CONSOLE, "eve", Role.EDITOR)
    assert await house.sign_in.session(session) is None
    assert (await organiser(house, "eve")).who.may(Act.DELETE)
    session = await house.sign_in.by_password("eve", PASSWORD)
    await house.access.set_role(CONSOLE, "eve", Role.EDITOR, end_of("2026-10-30", "UTC"))
    assert await house.sign_in.session(session) is not None, "a longer or shorter stay is no other role"


async def test_who_is_suspended_has_no_way_in_left(house: House) -> None:
    session = await joined(house, "eve", Role.EDITOR)
    link = await house.access.new_link(CONSOLE, "eve")
    token = await house.tokens.mint(CONSOLE, "eve", ["write"])
    await house.access.suspend(CONSOLE, "eve")
    await house.access.unsuspend(CONSOLE, "eve")
    assert await house.sign_in.session(session) is None
    assert await house.tokens.holder(token) is None
    assert await house.sign_in.link_holds(secret_of(link)) is None, "an old link does not come back with them"


async def test_who_left_is_erased_and_the_log_keeps_what_was_done(house: House) -> None:
    session = await joined(house, "eve", Role.KEYHOLDER)
    found = await house.sign_in.session(session)
    assert found is not None
    await house.access.invite(found.who, "frank", Role.WRITER)
    await came_in(house)
    await house.access.remove(CONSOLE, "eve")
    assert await house.sign_in.session(session) is None
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM organisers WHERE name = 'eve'") == 0
    by = {line.by for line in await house.oversight.page(CONSOLE) if line.entry.organiser_id == found.organiser.id}
    assert by == {"left"}
    with pytest.raises(NotFound):
        await house.access.new_link(CONSOLE, "eve")
    await house.access.invite(CONSOLE, "eve", Role.WRITER)  # the name is free for somebody else
    assert {line.by for line in await house.oversight.page(CONSOLE)} >= {"left", "console"}


ENDS: dict[str, Callable[[House, Who, str], Awaitable[None]]] = {
    "suspend": lambda house, who, name: house.access.suspend(who, name),
    "remove": lambda house, who, name: house.access.remove(who, name),
    "demote": lambda house, who, name: house.access.set_role(who, name, Role.EDITOR),
    "time-limit": lambda house, who, name: house.access.set_role(
        who, name, Role.KEYHOLDER, end_of("2026-12-01", "UTC")
    ),
}


@pytest.mark.parametrize("end", ENDS)
async def test_the_last_keyholder_stays_whoever_asks(house: House, end: str) -> None:
    await came_in(house)
    ada = (await organiser(house, "ada")).who
    await house.access.invite(CONSOLE, "new", Role.KEYHOLDER)  # nobody used this invitation yet
    await joined(house, "guest", Role.KEYHOLDER, end_of("2026-12-01", "UTC"))
    await joined(house, "eve", Role.KEYHOLDER)
    await house.access.suspend(CONSOLE, "eve")
    for who in (ada, CONSOLE, (await organiser(house, "guest")).who):
        with pytest.raises(Conflict):
            await ENDS[end](house, who, "ada")
    assert (await organiser(house, "ada")).active
    await house.access.unsuspend(CONSOLE, "eve")
    await ENDS[end](house, ada, "ada")


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("second", ENDS)
async def test_two_keyholders_cannot_end_each_other_at_once(house: House, first: str, second: str) -> None:
    await came_in(house)
    await joined(house, "eve", Role.KEYHOLDER)
    ada, eve = (await organiser(house, "ada")).who, (await organiser(house, "eve")).who
    results = await asyncio.gather(
        ENDS[first](house, ada, "eve"), ENDS[second](house, eve, "ada"), return_exceptions=True
    )
    assert len([one for one in results if isinstance(one, Conflict)]) == 1, results
    lasting = [
        one
        for one in await house.access.organisers(CONSOLE)
        if one.role is Role.KEYHOLDER and one.active and one.until is None
    ]
    assert len(lasting) == 1


@pytest.mark.parametrize("end", ["suspend", "remove"])
async def test_what_a_lost_phone_scheduled_waits_for_somebody_else(world: World, house: House, end: str) -> None:
    await came_in(house)
    await joined(house, "eve", Role.EDITOR)
    eve = (await organiser(house, "eve")).who
    kept = await house.drafting.keep(eve, Draft(text="From a stolen phone", language="en"))
    await house.drafting.schedule(eve, kept.public_id, "2026-09-28T10:00:00.000000Z")
    await ENDS[end](house, CONSOLE, "eve")
    later(world, hours=1)
    await house.drafting.publish_due()
    (left,) = await house.drafting.drafts(CONSOLE)
    assert left.state is DraftState.DRAFT
    assert "may not publish any more" in left.problem
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM posts") == 0


async def test_an_invitation_can_be_taken_back_before_anybody_came_in(house: House) -> None:
    await house.access.invite(CONSOLE, "typo", Role.KEYHOLDER)
    await house.access.remove(CONSOLE, "typo")
    with pytest.raises(Conflict):
        await house.access.remove(CONSOLE, "ada")


@pytest.mark.parametrize("role", [Role.WRITER, Role.EDITOR, Role.MODERATOR])
async def test_only_keyholders_change_the_team(house: House, role: Role) -> None:
    await joined(house, "eve", Role.WRITER)
    who = Who(organiser_id=1, role=role)
    for end in ENDS.values():
        with pytest.raises(Forbidden):
            await end(house, who, "eve")
    assert (await organiser(house, "eve")).role is Role.WRITER


async def test_whoever_is_not_there_cannot_be_changed(house: House) -> None:
    for end in ENDS.values():
        with pytest.raises(AppError):
            await end(house, CONSOLE, "nobody")
