"""Whoever is not known yet: counted by what they cannot change at will, and read no further than their few words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from server.base.errors import TooMany, Unauthorised
from server.features.access import passwords, store
from server.features.access.model import Role
from server.house import House
from server.web.shared.request import SMALL_FORM_BYTES, client_key
from tests.world import CONSOLE, PASSWORD, World, signed_in


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


def key(host: str, forwarded: str = "", proxies: tuple[str, ...] = ()) -> str:
    settings = SimpleNamespace(trusted_proxies=tuple(ip_network(one) for one in proxies))
    app = SimpleNamespace(state=SimpleNamespace(house=SimpleNamespace(settings=settings)))
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return client_key(Request({"type": "http", "app": app, "client": (host, 1), "headers": headers}), b"secret")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002:0000::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
        ("192.0.2.7", "192.0.2.8", False),
        ("nobody", "somebody", False),
    ],
)
def test_a_caller_is_an_address_or_all_of_an_ipv6_network(one: str, other: str, same: bool) -> None:
    assert (key(one) == key(other)) is same
    assert (key("10.0.0.1", one, ("10.0.0.0/8",)) == key("10.0.0.1", other, ("10.0.0.0/8",))) is same


def test_a_proxy_that_comes_by_a_mapped_address_is_trusted_as_itself() -> None:
    assert key("::ffff:10.0.0.1", "192.0.2.7", ("10.0.0.0/8",)) == key("192.0.2.7")
    assert key("192.0.2.9", "192.0.2.7", ("10.0.0.0/8",)) == key("192.0.2.9")


def app_of(world: World) -> Any:
    transport = world.net.hosts["here.test"]
    assert isinstance(transport, httpx.ASGITransport)
    return transport.app


async def from_address(world: World, host: str, password: str) -> int:
    transport = httpx.ASGITransport(app_of(world), client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://here.test") as client:
        return (await client.post("/desk/sign-in", data={"name": "ada", "password": password})).status_code


async def test_many_addresses_are_not_looked_at_for_ever(world: World, house: House) -> None:
    async with signed_in(world, house):
        pass
    statuses = [await from_address(world, f"2001:db8:{number:x}::1", "not the password") for number in range(16)]
    assert statuses[:10] == [401] * 10
    assert statuses[10:] == [429] * 6, "then they wait as one caller would"


async def test_one_network_has_one_first_try(world: World, house: House) -> None:
    async with signed_in(world, house):
        pass
    statuses = [await from_address(world, f"2001:db8::{number + 1:x}", "not the password") for number in range(8)]
    assert statuses[:4] == [401] * 4
    assert statuses[4:] == [429] * 4


async def test_more_than_can_wait_for_a_hash_are_sent_away_uncounted(
    world: World, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signed_in(world, house):
        pass
    go, to_thread = asyncio.Event(), asyncio.to_thread

    async def slow(*given: Any) -> Any:
        await go.wait()
        return await to_thread(*given)

    monkeypatch.setattr("server.features.access.passwords.asyncio.to_thread", slow)
    crowd = [
        asyncio.ensure_future(house.sign_in.by_password(f"nobody {number}", "not the password"))
        for number in range(passwords.MAX_WAITING)
    ]
    await asyncio.sleep(0)
    for _ in range(8):
        with pytest.raises(TooMany) as caught:
            await house.sign_in.by_password("ada", PASSWORD)
        assert caught.value.retry_after == passwords.RETRY_SECONDS
    go.set()
    assert {type(one) for one in await asyncio.gather(*crowd, return_exceptions=True)} == {Unauthorised}
    assert await house.sign_in.by_password("ada", PASSWORD), "the places are free again, and no try was counted"


class Body:
    """A body that says how much of it was asked for."""

    def __init__(self, pieces: int, size: int = 64 * 1024) -> None:
        self.read, self._pieces, self._size = 0, pieces, size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        for _ in range(self._pieces):
            self.read += self._size
            yield start + b"x" * (self._size - len(start))
            start = b""


MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
STRANGERS = ["/desk/sign-in", "/desk/sign-in/second", "/desk/sign-in/second/options", "/desk/sign-in/passkey", "/lock", "/interact"]  # fmt: skip


async def sent(world: World, path: str, body: Body, **headers: str) -> httpx.Response:
    """Straight to the app, piece by piece, as a server does."""
    pieces = body.__aiter__()
    app, status = app_of(world), 0

    async def receive() -> dict[str, Any]:
        piece = await anext(pieces, b"")
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    lines = [
        (name.lower().encode(), value.encode()) for name, value in {"Host": "here.test", **MULTIPART, **headers}.items()
    ]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "https", "server": ("here.test", 443), "client": ("192.0.2.1", 1), "http_version": "1.1", "headers": lines}  # fmt: skip
    await app(scope, receive, send)
    return httpx.Response(status)


@pytest.mark.parametrize("path", STRANGERS)
async def test_of_a_stranger_little_is_read(world: World, house: House, path: str) -> None:
    body = Body(pieces=100)
    assert (await sent(world, path, body)).status_code in {413, 422}
    assert body.read <= 2 * SMALL_FORM_BYTES


async def test_a_one_time_link_takes_no_files(world: World, house: House) -> None:
    link = await house.access.new_link(CONSOLE, "ada")
    body = Body(pieces=100)
    answer = await sent(world, link.removeprefix("https://here.test"), body)
    assert answer.status_code in {413, 422}
    assert body.read <= 2 * SMALL_FORM_BYTES


@pytest.mark.parametrize("path", ["/desk/write", "/desk/profile", "/desk/prove", "/desk/lock", "/desk/sign-out"])
async def test_of_a_form_that_nobody_known_sends_nothing_is_read(world: World, house: House, path: str) -> None:
    body = Body(pieces=100)
    assert (await sent(world, path, body)).status_code == 401
    assert (await sent(world, path, body, Origin="https://evil.test")).status_code == 403
    assert body.read == 0


async def test_whoever_asks_without_end_is_not_read_at_all(world: World, house: House) -> None:
    for _ in range(20):
        await sent(world, "/interact", Body(pieces=1))
    body = Body(pieces=100)
    assert (await sent(world, "/interact", body)).status_code == 429
    assert body.read == 0


async def test_a_link_that_somebody_used_at_the_same_moment_opens_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two transactions may both see it; only one deletes it."""
    secret = (await house.access.new_link(CONSOLE, "ada")).rpartition("/")[2]
    delete = store.delete_link

    async def late(tx: Any, token_hash: str) -> int:
        assert await delete(tx, token_hash) == 1
        return await delete(tx, token_hash)

    monkeypatch.setattr(store, "delete_link", late)
    with pytest.raises(Unauthorised):
        await house.sign_in.enter(secret, PASSWORD)
    (ada,) = await house.access.organisers(CONSOLE)
    assert not ada.has_password


@pytest.mark.parametrize("act", ["boost", "like", "follow", "unfollow", "block"])
async def test_who_may_not_act_makes_us_fetch_nothing(world: World, house: House, act: str) -> None:
    world.peer()
    await house.access.invite(CONSOLE, "eve", Role.WRITER)
    async with signed_in(world, house, "eve") as eve:
        before = len(world.net.seen)
        answer = await eve.post("/desk/act", {"uri": "https://peer.test/users/bob", "act": act})
    assert answer.status_code == 403
    assert {one.url.host for one in world.net.seen[before:]} == {"here.test"}
