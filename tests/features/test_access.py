"""Who may come in, and what each may do."""

from __future__ import annotations

import asyncio

import pytest

from server.base.errors import AppError, Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthorised
from server.features.access.model import MAY, Act, Role, Who
from server.features.access.passwords import Passwords
from server.house import House
from tests.world import CONSOLE, PASSWORD, World, later

pytestmark = pytest.mark.anyio


def secret_of(link: str) -> str:
    return link.rpartition("/")[2]


async def came_in(house: House, name: str = "ada") -> str:
    """A session by a one-time link."""
    return await house.sign_in.enter(secret_of(await house.access.new_link(CONSOLE, name)), PASSWORD)


async def test_a_link_lets_in_once(house: House) -> None:
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    assert (await house.sign_in.link_holds(link)) is not None
    session = await house.sign_in.enter(link, PASSWORD)
    found = await house.sign_in.session(session)
    assert found is not None
    assert found.organiser.name == "ada"
    assert await house.sign_in.link_holds(link) is None
    with pytest.raises(AppError):
        await house.sign_in.enter(link, PASSWORD)


async def test_a_link_used_twice_at_once_lets_in_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(*_: object) -> str:
        return "a hash"

    monkeypatch.setattr(Passwords, "hash", at_once)
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    tries = (house.sign_in.enter(link, PASSWORD) for _ in range(6))
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert len([one for one in found if isinstance(one, str)]) == 1
    assert len([one for one in found if isinstance(one, Unauthorised)]) == 5


async def test_looking_at_a_link_uses_nothing_up(house: House) -> None:
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    for _ in range(5):
        assert await house.sign_in.link_holds(link) is not None


async def test_a_link_ends_after_a_day(world: World, house: House) -> None:
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    later(world, hours=25)
    assert await house.sign_in.link_holds(link) is None


async def test_a_new_link_ends_the_one_before(house: House) -> None:
    first = secret_of(await house.access.new_link(CONSOLE, "ada"))
    await house.access.new_link(CONSOLE, "ada")
    assert await house.sign_in.link_holds(first) is None


async def test_the_first_link_is_given_only_while_nobody_came_in(world: World, house: House) -> None:
    assert await house.access.first_link() is None, "one is open: it was shown when the campaign was made"
    later(world, hours=25)
    link = await house.access.first_link()
    assert link is not None
    await house.sign_in.enter(secret_of(link), PASSWORD)
    later(world, hours=25)
    assert await house.access.first_link() is None


@pytest.mark.parametrize("password", ["short", "", "x" * 2000, "nul\0 in the middle of it"])
async def test_a_password_that_is_no_good_is_refused(house: House, password: str) -> None:
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    with pytest.raises(Invalid):
        await house.sign_in.enter(link, password)
    assert await house.sign_in.link_holds(link) is not None


async def test_a_password_lets_in_and_a_wrong_one_does_not(house: House) -> None:
    await came_in(house)
    assert await house.sign_in.session(await house.sign_in.by_password("ada", PASSWORD)) is not None
    for name, password in (("ada", "wrong password"), ("nobody", PASSWORD)):
        with pytest.raises(Unauthorised):
            await house.sign_in.by_password(name, password)


async def test_many_wrong_passwords_slow_down_and_a_right_one_forgives(world: World, house: House) -> None:
    await came_in(house)
    for _ in range(4):
        with pytest.raises(Unauthorised):
            await house.sign_in.by_password("ada", "wrong password")
    with pytest.raises(TooMany) as caught:
        await house.sign_in.by_password("ada", PASSWORD)
    assert caught.value.retry_after
    later(world, minutes=2)
    await house.sign_in.by_password("ada", PASSWORD)
    await house.sign_in.by_password("ada", PASSWORD)


async def test_a_session_ends_by_itself_and_by_signing_out(world: World, house: House) -> None:
    first, second = await came_in(house), await house.sign_in.by_password("ada", PASSWORD)
    await house.sign_in.sign_out(first)
    assert await house.sign_in.session(first) is None
    assert await house.sign_in.session(second) is not None
    later(world, days=31)
    assert await house.sign_in.session(second) is None


async def test_a_new_password_ends_other_sessions_and_tokens(house: House) -> None:
    here = await came_in(house)
    elsewhere = await house.sign_in.by_password("ada", PASSWORD)
    token = await house.tokens.mint(CONSOLE, "ada", ["write"])
    found = await house.sign_in.session(here)
    assert found is not None
    with pytest.raises(Invalid):
        await house.sign_in.change_password(found.organiser, here, "too short")
    assert await house.sign_in.session(elsewhere) is not None
    await house.sign_in.change_password(found.organiser, here, "another good password")
    assert await house.sign_in.session(here) is not None
    assert await house.sign_in.session(elsewhere) is None
    assert await house.tokens.holder(token) is None


async def test_a_suspended_organiser_is_out_at_once(house: House) -> None:
    link = await house.access.invite(CONSOLE, "eve", Role.EDITOR)
    session = await house.sign_in.enter(secret_of(link), PASSWORD)
    token = await house.tokens.mint(CONSOLE, "eve", ["read"])
    await house.access.suspend(CONSOLE, "eve")
    assert await house.sign_in.session(session) is None
    assert await house.tokens.holder(token) is None
    with pytest.raises(Unauthorised):
        await house.sign_in.by_password("eve", PASSWORD)
    await house.access.unsuspend(CONSOLE, "eve")
    assert await house.sign_in.session(await house.sign_in.by_password("eve", PASSWORD)) is not None


async def test_the_last_keyholder_cannot_be_shut_out(house: House) -> None:
    with pytest.raises(Conflict):
        await house.access.suspend(CONSOLE, "ada")


@pytest.mark.parametrize("name", ["", "with space", "x" * 41, "a/b", "ünï\u202e"])
async def test_a_name_that_is_no_name_is_refused(house: House, name: str) -> None:
    with pytest.raises(Invalid):
        await house.access.invite(CONSOLE, name, Role.WRITER)


async def test_a_name_is_given_once(house: House) -> None:
    with pytest.raises(Conflict):
        await house.access.invite(CONSOLE, "ada", Role.WRITER)


async def test_only_keyholders_invite(house: House) -> None:
    for role in set(Role) - {Role.KEYHOLDER}:
        with pytest.raises(Forbidden):
            await house.access.invite(Who(organiser_id=1, role=role), "new", Role.WRITER)


def test_roles_have_no_rank() -> None:
    assert Act.PUBLISH not in MAY[Role.MODERATOR]
    assert Act.MODERATE not in MAY[Role.WRITER]
    assert {Act.ORGANISE, Act.KEYS, Act.BACKUP, Act.UNLOCK} & (MAY[Role.EDITOR] | MAY[Role.WRITER]) == set()
    assert MAY[Role.KEYHOLDER] == set(Act)


async def test_a_token_has_the_scopes_it_was_given(house: House) -> None:
    token = await house.tokens.mint(CONSOLE, "ada", ["write:statuses"])
    holder = await house.tokens.holder(token)
    assert holder is not None
    assert holder.has("write:statuses")
    assert not holder.has("read")
    assert not holder.has("write")
    with pytest.raises(Invalid):
        await house.tokens.mint(CONSOLE, "ada", ["everything"])
    with pytest.raises(NotFound):
        await house.tokens.mint(CONSOLE, "nobody", ["read"])
    await house.tokens.revoke(token)
    assert await house.tokens.holder(token) is None


async def test_secrets_are_stored_as_hashes_only(house: House) -> None:
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    session = await house.sign_in.enter(link, PASSWORD)
    token = await house.tokens.mint(CONSOLE, "ada", ["read"])
    async with house.database.snapshot() as snapshot:
        for table in ("sign_in_links", "sessions", "tokens", "organisers", "audit"):
            found = await snapshot.fetch(f"SELECT * FROM {table}")
            text = str([dict(row) for row in found])  # type: ignore[call-overload]
            assert not {one for one in (link, session, token, PASSWORD) if one in text}, table
