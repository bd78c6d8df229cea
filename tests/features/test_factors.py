"""Second factors: codes of an app, recovery codes, passkeys; and the proof before dangerous acts."""

from __future__ import annotations

import pytest

from server.base.errors import AppError, Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthorised
from server.features.access import totp
from server.features.access.model import Organiser, Role, SignedIn, Who
from server.features.access.model_factors import SecondFactorWanted
from server.house import House
from tests.authenticator import USER_PRESENT, Authenticator
from tests.features.test_access import came_in, secret_of
from tests.world import CONSOLE, PASSWORD, World, later

pytestmark = pytest.mark.anyio


async def me(house: House, session: str) -> SignedIn:
    found = await house.sign_in.session(session)
    assert found is not None
    return found


async def ada(house: House) -> Organiser:
    return next(one for one in await house.access.organisers(CONSOLE) if one.name == "ada")


def code_now(world: World, secret: str, steps: int = 0) -> str:
    return totp.code_at(secret, int(world.clock.now.timestamp()) // totp.STEP_SECONDS + steps)


async def with_app(world: World, house: House) -> tuple[str, tuple[str, ...]]:
    """An organiser who uses an app: its secret and the recovery codes. The first code is used up, the next one is due."""
    await came_in(house)
    organiser = await ada(house)
    await house.factors.begin_totp(organiser)
    secret, _ = await house.factors.totp_to_confirm(organiser)
    codes = await house.factors.confirm_totp(organiser, code_now(world, secret))
    later(world, minutes=1)
    return secret, codes


async def first_step(house: House) -> str:
    with pytest.raises(SecondFactorWanted) as caught:
        await house.sign_in.by_password("ada", PASSWORD)
    return caught.value.step


async def with_passkey(house: House) -> tuple[Authenticator, tuple[str, ...]]:
    await came_in(house)
    device, organiser = Authenticator(), await ada(house)
    asked = await house.passkeys.ask_for_new(organiser, "blue phone")
    return device, await house.passkeys.add(organiser, asked.step, device.create(asked.options), "blue phone")


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert totp.code_at(secret, seconds // 30) == code
    assert totp.matching_step(secret, code, seconds + 30) == seconds // 30
    assert totp.matching_step(secret, code, seconds + 90) is None


async def test_a_secret_is_good_for_nothing_before_a_code_confirms_it(world: World, house: House) -> None:
    await came_in(house)
    organiser = await ada(house)
    await house.factors.begin_totp(organiser)
    secret, address = await house.factors.totp_to_confirm(organiser)
    assert "ada" not in address
    assert await house.sign_in.by_password("ada", PASSWORD)
    with pytest.raises(Invalid):
        await house.factors.confirm_totp(organiser, "000000")
    assert not (await house.factors.state(organiser.id)).any
    codes = await house.factors.confirm_totp(organiser, f" {code_now(world, secret)} ")
    assert len(set(codes)) == 10
    assert (await house.factors.state(organiser.id)).totp
    with pytest.raises(NotFound):
        await house.factors.totp_to_confirm(organiser)


async def test_a_password_alone_gives_no_session_where_there_is_a_second_step(world: World, house: House) -> None:
    secret, _ = await with_app(world, house)
    step = await first_step(house)
    assert await house.sign_in.session(step) is None
    session = await house.sign_in.by_code(step, code_now(world, secret))
    assert (await me(house, session)).organiser.name == "ada"


async def test_a_code_works_once_and_none_before_it(world: World, house: House) -> None:
    secret, _ = await with_app(world, house)
    code, earlier = code_now(world, secret), code_now(world, secret, -1)
    await house.sign_in.by_code(await first_step(house), code)
    step = await first_step(house)
    for used in (code, earlier):
        with pytest.raises(Unauthorised):
            await house.sign_in.by_code(step, used)


async def test_a_second_step_is_taken_once_in_time_and_with_few_tries(world: World, house: House) -> None:
    secret, codes = await with_app(world, house)
    step = await first_step(house)
    await house.sign_in.by_code(step, codes[0])
    with pytest.raises(Unauthorised):
        await house.sign_in.by_code(step, codes[1])
    late = await first_step(house)
    later(world, minutes=11)
    with pytest.raises(Unauthorised):
        await house.sign_in.by_code(late, codes[1])
    worn = await first_step(house)
    for _ in range(5):
        later(world, seconds=61)
        with pytest.raises(Unauthorised):
            await house.sign_in.by_code(worn, "000000")
    later(world, seconds=61)
    with pytest.raises(Unauthorised):
        await house.sign_in.by_code(worn, code_now(world, secret))
    assert await house.sign_in.by_code(await first_step(house), code_now(world, secret))


async def test_a_recovery_code_works_once_however_it_is_typed(world: World, house: House) -> None:
    _, codes = await with_app(world, house)
    assert await house.sign_in.by_code(await first_step(house), codes[0].upper().replace("-", " "))
    assert (await house.factors.state((await ada(house)).id)).codes_left == 9
    with pytest.raises(Unauthorised):
        await house.sign_in.by_code(await first_step(house), codes[0])


async def test_new_recovery_codes_end_the_earlier_ones(world: World, house: House) -> None:
    _, old = await with_app(world, house)
    new = await house.factors.renew_codes(await ada(house))
    assert not set(old) & set(new)
    with pytest.raises(Unauthorised):
        await house.sign_in.by_code(await first_step(house), old[0])
    assert await house.sign_in.by_code(await first_step(house), new[0])


async def test_without_a_second_step_there_are_no_recovery_codes(world: World, house: House) -> None:
    await came_in(house)
    organiser = await ada(house)
    with pytest.raises(Conflict):
        await house.factors.renew_codes(organiser)
    await with_app(world, house)
    await house.factors.end_totp(organiser)
    assert (await house.factors.state(organiser.id)).codes_left == 0
    assert await house.sign_in.by_password("ada", PASSWORD)


async def test_guesses_of_codes_slow_down_however_often_one_begins_again(world: World, house: House) -> None:
    secret, _ = await with_app(world, house)
    for _ in range(4):
        with pytest.raises(Unauthorised):
            await house.sign_in.by_code(await first_step(house), "000000")
    step = await first_step(house)
    with pytest.raises(TooMany) as caught:
        await house.sign_in.by_code(step, code_now(world, secret))
    assert 0 < (caught.value.retry_after or 0) <= 61
    later(world, seconds=61)
    assert await house.sign_in.by_code(step, code_now(world, secret))


async def test_whoever_only_guesses_passwords_does_not_slow_down_codes(world: World, house: House) -> None:
    secret, _ = await with_app(world, house)
    step = await first_step(house)
    for _ in range(8):
        with pytest.raises((Unauthorised, TooMany)):
            await house.sign_in.by_password("ada", "not the password")
    assert await house.sign_in.by_code(step, code_now(world, secret))


async def test_a_link_replaces_the_password_and_not_the_second_step(world: World, house: House) -> None:
    secret, _ = await with_app(world, house)
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    with pytest.raises(SecondFactorWanted) as caught:
        await house.sign_in.enter(link, "an entirely other phrase")
    assert await house.sign_in.by_code(caught.value.step, code_now(world, secret))
    with pytest.raises(SecondFactorWanted):
        await house.sign_in.by_password("ada", "an entirely other phrase")


async def test_a_keyholder_takes_a_lost_second_step_away_and_all_sessions_end(world: World, house: House) -> None:
    secret, _ = await with_app(world, house)
    session = await house.sign_in.by_code(await first_step(house), code_now(world, secret))
    token = await house.tokens.mint(CONSOLE, "ada", ["read"])
    waiting = await first_step(house)
    with pytest.raises(Forbidden):
        await house.factors.reset(Who(organiser_id=1, role=Role.EDITOR), "ada")
    with pytest.raises(NotFound):
        await house.factors.reset(CONSOLE, "nobody")
    assert await house.sign_in.session(session) is not None
    await house.factors.reset(CONSOLE, "ada")
    assert await house.sign_in.session(session) is None
    assert await house.tokens.holder(token) is None
    assert await house.sign_in.second_step(waiting) is None
    assert await house.sign_in.by_password("ada", PASSWORD)


async def test_secrets_of_second_steps_lie_sealed_or_hashed(world: World, house: House) -> None:
    secret, codes = await with_app(world, house)
    step = await first_step(house)
    async with house.database.snapshot() as snapshot:
        for table in ("organisers", "recovery_codes", "sign_in_steps"):
            text = str([dict(row) for row in await snapshot.fetch(f"SELECT * FROM {table}")])  # type: ignore[call-overload]
            for one in (secret, step, *codes, *(code.replace("-", "").upper() for code in codes)):
                assert one not in text, table


async def test_a_passkey_signs_in_without_a_password(house: House) -> None:
    device, codes = await with_passkey(house)
    assert len(codes) == 10
    asked = await house.passkeys.ask()
    session = await house.sign_in.by_passkey(asked.step, device.get(asked.options))
    assert (await me(house, session)).organiser.name == "ada"
    assert "allowCredentials" not in device.asked or device.asked["allowCredentials"] == []
    (kept,) = (await house.factors.state((await ada(house)).id)).passkeys
    assert (kept.name, kept.last_used_day) == ("blue phone", "2026-09-28")


async def test_a_passkey_is_a_second_step_after_the_password(house: House) -> None:
    device, _ = await with_passkey(house)
    asked = await house.passkeys.ask_second(await first_step(house))
    assert await house.sign_in.by_second_passkey(asked.step, device.get(asked.options))
    with pytest.raises(Unauthorised):
        await house.passkeys.ask_second(asked.step)


async def test_a_device_learns_nothing_about_who_its_owner_is(house: House) -> None:
    device, _ = await with_passkey(house)
    organiser = await ada(house)
    asked = await house.passkeys.ask_for_new(organiser, "blue phone")
    assert "ada" not in asked.options
    assert str(organiser.id) not in asked.options
    device.create(asked.options)
    assert device.asked["user"]["name"] == "blue phone"
    assert device.asked["rp"]["id"] == "here.test"
    assert device.asked["authenticatorSelection"]["residentKey"] == "required"
    assert device.asked["authenticatorSelection"]["userVerification"] == "required"
    assert len(device.asked["excludeCredentials"]) == 1


async def test_a_passkey_that_is_forgotten_opens_nothing(house: House) -> None:
    device, _ = await with_passkey(house)
    organiser = await ada(house)
    (kept,) = (await house.factors.state(organiser.id)).passkeys
    await house.passkeys.remove(organiser, kept.id)
    with pytest.raises(NotFound):
        await house.passkeys.remove(organiser, kept.id)
    asked = await house.passkeys.ask()
    with pytest.raises(Unauthorised):
        await house.sign_in.by_passkey(asked.step, device.get(asked.options))
    assert await house.sign_in.by_password("ada", PASSWORD)


async def test_an_authenticator_that_counts_nothing_is_fine(house: House) -> None:
    await came_in(house)
    device, organiser = Authenticator(counts=False), await ada(house)
    asked = await house.passkeys.ask_for_new(organiser, "cloud")
    await house.passkeys.add(organiser, asked.step, device.create(asked.options), "cloud")
    for _ in range(2):
        asked = await house.passkeys.ask()
        assert await house.sign_in.by_passkey(asked.step, device.get(asked.options))


async def test_nobody_removes_what_is_not_theirs(house: House) -> None:
    await with_passkey(house)
    (kept,) = (await house.factors.state((await ada(house)).id)).passkeys
    await house.access.invite(CONSOLE, "eve", Role.WRITER)
    eve = next(one for one in await house.access.organisers(CONSOLE) if one.name == "eve")
    with pytest.raises(NotFound):
        await house.passkeys.remove(eve, kept.id)


async def test_a_suspended_organiser_gets_past_no_step(world: World, house: House) -> None:
    await came_in(house)
    await came_in_as_eve(house)
    eve = next(one for one in await house.access.organisers(CONSOLE) if one.name == "eve")
    device = Authenticator()
    asked = await house.passkeys.ask_for_new(eve, "phone")
    codes = await house.passkeys.add(eve, asked.step, device.create(asked.options), "phone")
    with pytest.raises(SecondFactorWanted) as caught:
        await house.sign_in.by_password("eve", PASSWORD)
    await house.access.suspend(CONSOLE, "eve")
    with pytest.raises(Unauthorised):
        await house.sign_in.by_code(caught.value.step, codes[0])
    asked = await house.passkeys.ask()
    with pytest.raises(Unauthorised):
        await house.sign_in.by_passkey(asked.step, device.get(asked.options))


async def came_in_as_eve(house: House) -> str:
    link = await house.access.invite(CONSOLE, "eve", Role.EDITOR)
    return await house.sign_in.enter(secret_of(link), PASSWORD)


async def test_a_proof_asks_for_everything_that_signing_in_does(world: World, house: House) -> None:
    secret, codes = await with_app(world, house)
    session = await house.sign_in.by_code(await first_step(house), code_now(world, secret))
    who = await me(house, session)
    later(world, minutes=11)
    for password, code in ((PASSWORD, ""), (PASSWORD, "000000"), ("not the password", codes[0])):
        with pytest.raises(Invalid):
            await house.sessions.prove(who.organiser, session, password, code)
    assert (await me(house, session)).proved_at == who.proved_at
    await house.sessions.prove(who.organiser, session, PASSWORD, codes[0])
    assert str((await me(house, session)).proved_at) > str(who.proved_at)


async def test_a_proof_by_passkey_is_ones_own(house: House) -> None:
    device, _ = await with_passkey(house)
    session = await came_in_as_eve(house)
    eve = (await me(house, session)).organiser
    organiser = await ada(house)
    asked = await house.passkeys.ask_to_prove(organiser)
    with pytest.raises(Unauthorised):
        await house.sessions.prove_by_passkey(eve, session, asked.step, device.get(asked.options))
    asked = await house.passkeys.ask_to_prove(eve)
    with pytest.raises(Unauthorised):
        await house.sessions.prove_by_passkey(eve, session, asked.step, device.get(asked.options))


async def test_the_list_of_ones_browsers_names_and_ends_them(world: World, house: House) -> None:
    first = await came_in(house)
    later(world, days=1)
    second = await house.sign_in.by_password("ada", PASSWORD)
    organiser = await ada(house)
    here, there = await house.sessions.of(organiser, second)
    assert (here.here, there.here) == (True, False)
    assert (there.created_day, there.last_seen_day) == ("2026-09-28", "2026-09-28")
    assert first not in str(there)
    await house.sessions.rename(organiser, there.public_id, "  old   phone ")
    assert (await house.sessions.of(organiser, second))[1].name == "old phone"
    for name in ("x" * 41, "bad\u202ename"):
        with pytest.raises(Invalid):
            await house.sessions.rename(organiser, there.public_id, name)
    await house.sessions.end(organiser, there.public_id)
    assert await house.sign_in.session(first) is None
    assert await house.sign_in.session(second) is not None
    with pytest.raises(NotFound):
        await house.sessions.end(organiser, there.public_id)


async def test_nobody_ends_or_names_the_browsers_of_others(house: House) -> None:
    session = await came_in(house)
    (one,) = await house.sessions.of(await ada(house), session)
    eve = (await me(house, await came_in_as_eve(house))).organiser
    for act in (house.sessions.end(eve, one.public_id), house.sessions.rename(eve, one.public_id, "mine")):
        with pytest.raises(NotFound):
            await act
    with pytest.raises(Forbidden):
        await house.sessions.end_all(eve.who, "ada")
    assert await house.sign_in.session(session) is not None
    await house.sessions.end_all(CONSOLE, "ada")
    assert await house.sign_in.session(session) is None


async def test_all_other_browsers_end_and_apps_with_them(house: House) -> None:
    first = await came_in(house)
    second = await house.sign_in.by_password("ada", PASSWORD)
    token = await house.tokens.mint(CONSOLE, "ada", ["read"])
    await house.sessions.end_others(await ada(house), second)
    assert await house.sign_in.session(first) is None
    assert await house.sign_in.session(second) is not None
    assert await house.tokens.holder(token) is None


async def test_the_day_of_a_session_is_noted_once_a_day(world: World, house: House) -> None:
    session = await came_in(house)
    later(world, days=2)
    assert (await me(house, session)).seen_day == "2026-09-28"
    assert (await me(house, session)).seen_day == "2026-09-30"
    assert (await ada(house)).last_seen_day == "2026-09-30"


async def test_what_has_run_out_is_erased(world: World, house: House) -> None:
    session = await came_in(house)
    await house.passkeys.ask()
    await house.access.new_link(CONSOLE, "ada")
    with pytest.raises(AppError):
        await house.sign_in.by_password("ada", "not the password")
    later(world, days=2)
    await house.sessions.trim()
    async with house.database.snapshot() as snapshot:
        for table in ("sign_in_steps", "sign_in_links", "sign_in_failures"):
            assert await snapshot.value(f"SELECT count(*) FROM {table}") == 0, table
    assert (await me(house, session)).proved_at is None


@pytest.mark.parametrize(
    "password",
    ["password1234", "P@ssw0rdP@ssw0rd", "qwertyuiop12", "121212121212", "iloveyou2026!", "Welcome-Berlin-2026", "correct horse battery staple", "campaign 2026 campaign", "Ada.Ada.Ada.1"],
)  # fmt: skip
async def test_what_everybody_tries_first_is_no_password(house: House, password: str) -> None:
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    with pytest.raises(Invalid):
        await house.sign_in.enter(link, password)
    assert await house.sign_in.link_holds(link) is not None


@pytest.mark.parametrize("password", ["tulip engine ninety cloud", "w7Kd93jSlq2x", "كلمة طويلة من بيوت كثيرة", "campaigners eat green apples"])  # fmt: skip
async def test_words_that_do_not_belong_together_are_a_password(house: House, password: str) -> None:
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    assert await house.sign_in.enter(link, password)


async def test_a_password_is_the_same_however_its_letters_are_put_together(house: House) -> None:
    link = secret_of(await house.access.new_link(CONSOLE, "ada"))
    await house.sign_in.enter(link, "caf\u00e9 stone engine cloud")
    assert await house.sign_in.by_password("ada", "cafe\u0301 stone engine cloud")


async def test_a_device_that_did_not_ask_its_owner_is_not_enough(house: House) -> None:
    device, _ = await with_passkey(house)
    device.flags = USER_PRESENT
    asked = await house.passkeys.ask()
    with pytest.raises(Unauthorised):
        await house.sign_in.by_passkey(asked.step, device.get(asked.options))
