"""Whoever guesses, replays, forges and waits at the door of the Desk (THREATS K1 to K3, L1 to L5)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from argon2 import PasswordHasher

from server.base.database import Snapshot
from server.base.errors import AppError, TooMany
from server.features.access import passwords, totp
from server.features.access.model import Organiser
from server.features.access.model_factors import SecondFactorWanted
from server.features.access.passkeys import MAX_ANSWER_CHARS
from server.house import House
from tests.authenticator import USER_PRESENT, USER_VERIFIED, Authenticator
from tests.world import CONSOLE, PASSWORD, World, later

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


async def came_in(house: House) -> Organiser:
    link = await house.access.new_link(CONSOLE, "ada")
    session = await house.sign_in.enter(link.rpartition("/")[2], PASSWORD)
    found = await house.sign_in.session(session)
    assert found is not None
    return found.organiser


async def with_app(world: World, house: House) -> str:
    ada = await came_in(house)
    await house.factors.begin_totp(ada)
    secret, _ = await house.factors.totp_to_confirm(ada)
    await house.factors.confirm_totp(ada, code_now(world, secret))
    later(world, minutes=1)
    return secret


def code_now(world: World, secret: str) -> str:
    return totp.code_at(secret, int(world.clock.now.timestamp()) // totp.STEP_SECONDS)


async def with_passkey(house: House) -> Authenticator:
    ada, device = await came_in(house), Authenticator()
    asked = await house.passkeys.ask_for_new(ada, "phone")
    await house.passkeys.add(ada, asked.step, device.create(asked.options), "phone")
    return device


async def first_step(house: House) -> str:
    with pytest.raises(SecondFactorWanted) as caught:
        await house.sign_in.by_password("ada", PASSWORD)
    return caught.value.step


async def outcome(waiting: Any) -> str:
    try:
        await waiting
    except AppError as error:
        return type(error).__name__
    return "in"


async def test_many_guesses_at_once_gain_nothing(world: World, house: House) -> None:
    await came_in(house)
    guesses = [house.sign_in.by_password("ada", f"wrong phrase number {number}") for number in range(40)]
    found = [await one for one in [asyncio.ensure_future(outcome(guess)) for guess in guesses]]
    assert found.count("Unauthorised") == 4, "as many as one after the other"
    assert found.count("TooMany") == 36


async def test_many_codes_at_once_gain_nothing(world: World, house: House) -> None:
    await with_app(world, house)
    steps = [await first_step(house) for _ in range(10)]
    guesses = [house.sign_in.by_code(step, f"{number:06}") for number, step in enumerate(steps * 4)]
    found = [await one for one in [asyncio.ensure_future(outcome(guess)) for guess in guesses]]
    assert found.count("Unauthorised") == 4
    assert found.count("TooMany") == 36


async def test_a_code_that_comes_twice_at_once_opens_once(world: World, house: House) -> None:
    secret = await with_app(world, house)
    steps = [await first_step(house) for _ in range(3)]
    tries = [asyncio.ensure_future(outcome(house.sign_in.by_code(step, code_now(world, secret)))) for step in steps]
    assert [await one for one in tries].count("in") == 1


async def test_an_attacker_keeps_nobody_out(world: World, house: House) -> None:
    await came_in(house)
    async with world.client(base_url="https://here.test") as attacker:
        for _ in range(25):
            await attacker.post("/desk/sign-in", data={"name": "ada", "password": "not the password"})
        blocked = await attacker.post("/desk/sign-in", data={"name": "ada", "password": PASSWORD})
        assert blocked.status_code == 429, "guesses of one caller wait, right or wrong"
    with pytest.raises(TooMany):
        await house.sign_in.by_password("ada", PASSWORD)
    assert await house.sign_in.by_password("ada", PASSWORD, patient=True), "who did not try yet is looked at"
    for _ in range(8):
        await outcome(house.sign_in.by_password("ada", "not the password", patient=True))
    with pytest.raises(TooMany) as caught:
        await house.sign_in.by_password("ada", PASSWORD)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after <= 61
    later(world, seconds=61)
    assert await house.sign_in.by_password("ada", PASSWORD)


async def test_a_name_that_nobody_has_is_answered_as_one_that_somebody_has(world: World, house: House) -> None:
    await came_in(house)
    async with world.client(base_url="https://here.test") as client:
        for number in range(8):
            pages = []
            for name in ("ada", "bea"):
                answer = await client.post("/desk/sign-in", data={"name": name, "password": "not the password"})
                pages.append((answer.status_code, answer.text, sorted(answer.headers)))
            assert pages[0] == pages[1], number


async def test_a_name_that_nobody_has_costs_as_much(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes time is a hash of 19 MiB and a commit to the disk; the clock itself is no judge on a busy machine."""
    await came_in(house)
    hashes, commits = [], []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hashed: str, given: str) -> bool:
        hashes.append(hashed.split("$")[3])
        return verify(self, hashed, given)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    house.database.on_commit(lambda: commits.append(1))
    await outcome(house.sign_in.by_password("bea", "the first one makes what others are compared with"))
    spent = []
    for name in ("ada", "bea", "bea", "ada"):
        hashes.clear()
        commits.clear()
        async with house.database.snapshot() as snapshot:
            before = await written(snapshot)
        await outcome(house.sign_in.by_password(name, "not the password"))
        async with house.database.snapshot() as snapshot:
            spent.append((tuple(hashes), len(commits), await written(snapshot) != before))
        later(world, seconds=61)
    assert spent == [(("m=19456,t=2,p=1",), 1, True)] * 4


async def written(snapshot: Snapshot) -> str:
    """What stands in the tables of the door: a commit of nothing takes no time."""
    rows = [
        dict(row)  # type: ignore[call-overload]
        for table in ("sign_in_failures", "sign_in_steps")
        for row in await snapshot.fetch(f"SELECT * FROM {table}")
    ]
    return str(rows)


async def test_no_more_than_two_hashes_are_made_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0

    async def slow(*_: object) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        return False

    monkeypatch.setattr("server.features.access.passwords.asyncio.to_thread", slow)
    keeper = passwords.Passwords()
    await asyncio.gather(*(keeper.matches("guess", "$argon2id$something") for _ in range(20)))
    assert most == 2


@pytest.mark.parametrize("password", ["x" * 1_000_000, "nul\0nul\0nul\0nul", "\ud800" * 20, "\ufdfa" * 200, ""])
async def test_a_monstrous_password_is_wrong_and_nothing_else(house: House, password: str) -> None:
    await came_in(house)
    assert await outcome(house.sign_in.by_password("ada", password)) == "Unauthorised"


@pytest.mark.parametrize("code", ["", "0", "٠٠٠٠٠٠", "1234567", "x" * 100_000, "\0" * 6, "0x0000", "----", "é" * 16])
async def test_a_monstrous_code_is_wrong_and_nothing_else(world: World, house: House, code: str) -> None:
    await with_app(world, house)
    assert await outcome(house.sign_in.by_code(await first_step(house), code)) == "Unauthorised"


async def test_the_second_step_belongs_to_whoever_took_the_first(world: World, house: House) -> None:
    secret = await with_app(world, house)
    for step in ("", "x" * 5000, "AAAA"):
        assert await outcome(house.sign_in.by_code(step, code_now(world, secret))) == "Unauthorised"
    asked = await house.passkeys.ask()
    assert await outcome(house.sign_in.by_code(asked.step, code_now(world, secret))) == "Unauthorised"
    assert await outcome(house.sign_in.by_passkey(await first_step(house), "{}")) == "Unauthorised"


@pytest.mark.parametrize(
    ("field", "value"),
    [("origin", "https://evil.test"), ("origin", "http://here.test"), ("origin", "https://here.test.evil.test"), ("host", "evil.test"), ("flags", USER_PRESENT), ("flags", USER_VERIFIED), ("flags", 0)],
)  # fmt: skip
async def test_what_a_device_says_for_another_site_or_without_its_owner_opens_nothing(
    house: House, field: str, value: Any
) -> None:
    device = await with_passkey(house)
    setattr(device, field, value)
    asked = await house.passkeys.ask()
    assert await outcome(house.sign_in.by_passkey(asked.step, device.get(asked.options))) == "Unauthorised"
    ada = next(one for one in await house.access.organisers(CONSOLE) if one.name == "ada")
    other = Authenticator()
    setattr(other, field, value)
    asked = await house.passkeys.ask_for_new(ada, "forged")
    made = other.create(asked.options)
    assert await outcome(house.passkeys.add(ada, asked.step, made, "forged")) == "Unauthorised"


async def test_an_answer_to_another_question_opens_nothing(world: World, house: House) -> None:
    device = await with_passkey(house)
    first, second = await house.passkeys.ask(), await house.passkeys.ask()
    answer = device.get(first.options)
    assert await outcome(house.sign_in.by_passkey(second.step, answer)) == "Unauthorised"
    assert await outcome(house.sign_in.by_passkey(first.step, answer)) == "in"
    assert await outcome(house.sign_in.by_passkey(first.step, answer)) == "Unauthorised", "each question once"
    late = await house.passkeys.ask()
    later(world, minutes=6)
    assert await outcome(house.sign_in.by_passkey(late.step, device.get(late.options))) == "Unauthorised"


async def test_a_proof_for_one_purpose_is_none_for_another(house: House) -> None:
    device = await with_passkey(house)
    ada = next(one for one in await house.access.organisers(CONSOLE) if one.name == "ada")
    asked = await house.passkeys.ask_to_prove(ada)
    assert await outcome(house.sign_in.by_passkey(asked.step, device.get(asked.options))) == "Unauthorised"
    asked = await house.passkeys.ask_for_new(ada, "x")
    assert await outcome(house.sign_in.by_passkey(asked.step, device.get(asked.options))) == "Unauthorised"


async def test_a_copied_passkey_whose_count_goes_back_opens_nothing(house: House) -> None:
    device = await with_passkey(house)
    asked = await house.passkeys.ask()
    device.count = 10
    assert await outcome(house.sign_in.by_passkey(asked.step, device.get(asked.options))) == "in"
    asked = await house.passkeys.ask()
    device.count = 5
    assert await outcome(house.sign_in.by_passkey(asked.step, device.get(asked.options))) == "Unauthorised"


async def test_a_passkey_of_another_cannot_be_claimed(house: House) -> None:
    device = await with_passkey(house)
    ada = next(one for one in await house.access.organisers(CONSOLE) if one.name == "ada")
    thief = Authenticator(credential_id=device.credential_id)
    asked = await house.passkeys.ask_for_new(ada, "thief")
    assert await outcome(house.passkeys.add(ada, asked.step, thief.create(asked.options), "thief")) == "Conflict"
    asked = await house.passkeys.ask()
    assert await outcome(house.sign_in.by_passkey(asked.step, thief.get(asked.options))) == "Unauthorised"


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", "[" * 5000, '{"rawId": 5}', '{"rawId": "' + "A" * MAX_ANSWER_CHARS + '"}', '{"rawId":"\u0000"}'],
)  # fmt: skip
async def test_a_monstrous_answer_is_refused(house: House, answer: str) -> None:
    await with_passkey(house)
    ada = next(one for one in await house.access.organisers(CONSOLE) if one.name == "ada")
    asked = await house.passkeys.ask()
    assert await outcome(house.sign_in.by_passkey(asked.step, answer)) == "Unauthorised"
    asked = await house.passkeys.ask_for_new(ada, "x")
    assert await outcome(house.passkeys.add(ada, asked.step, answer, "x")) == "Unauthorised"


async def test_an_answer_with_anything_changed_is_refused(house: House) -> None:
    device = await with_passkey(house)
    ada = next(one for one in await house.access.organisers(CONSOLE) if one.name == "ada")
    for part in ("clientDataJSON", "authenticatorData", "signature"):
        for bad in ("", "AAAA", "!!!!", "A" * 2000, 7, None):
            asked = await house.passkeys.ask()
            answer = json.loads(device.get(asked.options))
            answer["response"][part] = bad
            assert await outcome(house.sign_in.by_passkey(asked.step, json.dumps(answer))) == "Unauthorised", (
                part,
                bad,
            )
    for part in ("clientDataJSON", "attestationObject"):
        for bad in ("", "AAAA", "!!!!", "oWNmbXRkbm9uZQ", "n" * 2000, 7, None):
            asked = await house.passkeys.ask_for_new(ada, "x")
            answer = json.loads(Authenticator().create(asked.options))
            answer["response"][part] = bad
            found = await outcome(house.passkeys.add(ada, asked.step, json.dumps(answer), "x"))
            assert found == "Unauthorised", (part, bad)


async def test_questions_that_nobody_answers_are_bounded(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.features.access.passkeys.MAX_OPEN", 5)
    for _ in range(5):
        await house.passkeys.ask()
    with pytest.raises(TooMany):
        await house.passkeys.ask()
    later(world, minutes=6)
    assert await house.passkeys.ask()


@pytest.mark.parametrize(
    "path",
    ["/desk/sign-in", "/desk/sign-in/second", "/desk/sign-in/second/options", "/desk/sign-in/passkey", "/desk/sign-in/passkey/options", "/desk/prove", "/desk/prove/options"],
)  # fmt: skip
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_the_door_takes_no_form_of_another_site(
    world: World, house: House, path: str, headers: dict[str, str]
) -> None:
    async with world.client(base_url="https://here.test") as client:
        assert (await client.post(path, data={"name": "ada", "password": PASSWORD}, headers=headers)).status_code == 403


async def test_each_sign_in_is_a_new_session_and_ends_the_one_before(world: World, house: House) -> None:
    await came_in(house)
    planted = await house.sign_in.by_password("ada", PASSWORD)
    async with world.client(base_url="https://here.test", cookies={"__Host-callout": planted}) as client:
        answer = await client.post("/desk/sign-in", data={"name": "ada", "password": PASSWORD})
        assert answer.status_code == 303
        assert planted not in answer.headers["set-cookie"]
    assert await house.sign_in.session(planted) is None


async def test_tries_of_one_caller_are_bounded_at_every_door(world: World, house: House) -> None:
    async with world.client(base_url="https://here.test") as client:
        for number in range(31):
            answer = await client.post("/desk/sign-in/second", data={"step": "x", "code": str(number)})
        assert answer.status_code == 429
        for path in ("/desk/sign-in", "/desk/sign-in/passkey", "/desk/sign-in/passkey/options"):
            assert (await client.post(path, data={"name": "ada", "password": PASSWORD})).status_code == 429
