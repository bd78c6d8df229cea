"""Addresses that must never be dialled, wherever they come from: names are checked when they are resolved, too."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from federation.dial import Dialler
from federation.errors import FederationError, UnsafeUrl
from federation.safe_url import EgressPolicy, check_url
from server.base.errors import AppError
from server.house import House
from tests.world import Peer, World

PRIVATE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "2002:7f00:1::", "2001:db8::1", "::127.0.0.1",
]  # fmt: skip

URLS = [
    "http://peer.test/users/bob",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://0177.0.0.1/x",
    "https://127.1/x",
    "https://localhost/x",
    "https://localhost./x",
    "https://peer.test:8443/x",
    "https://user:pass@peer.test/x",
    "https://peer.test\\@127.0.0.1/x",
    "file:///etc/passwd",
    "gopher://peer.test/x",
    "ftp://peer.test/x",
    "data:application/json,{}",
    "https:///x",
    "https://peer.test\x00.evil.test/",
    "https://x.onion/x",
    "https://printer.local/x",
    "https://db.internal/x",
    "//peer.test/x",
    "https://１２７.0.0.1/x",
]


@pytest.mark.anyio
@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_that_leads_to_a_private_address_is_not_dialled(address: str) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["93.184.215.14", address]

    with pytest.raises(UnsafeUrl):
        await Dialler(EgressPolicy(), resolver).addresses("rebinding.test", 443)


@pytest.mark.parametrize("url", URLS)
def test_an_address_that_is_no_public_https_is_refused_before_anything_is_asked(url: str) -> None:
    """Names that only look public are caught when they are resolved."""
    with pytest.raises(FederationError):
        check_url(url, EgressPolicy())
        assert url in {
            "https://localhost/x",
            "https://localhost./x",
            "https://printer.local/x",
            "https://db.internal/x",
        }
        raise UnsafeUrl("resolved to loopback: the test above")


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def bob(world: World, house: House) -> Peer:
    return world.peer()


async def sent_to(world: World, since: int) -> set[str]:
    await world.settle()
    return {one.url.host for one in world.net.seen[since:]}


EVIL = [
    url for url in URLS if "peer.test" not in url or "@127" in url or ":8443" in url or url.startswith(("http:", "ftp"))
]


@pytest.mark.parametrize("url", EVIL)
async def test_no_field_of_an_activity_leads_there(world: World, house: House, bob: Peer, url: str) -> None:
    post = await world.publish(house, "Ours")
    ours = house.actors.uri(house.actors.campaign())
    since = len(world.net.seen)
    activities: list[dict[str, Any]] = [
        bob.activity("Create", url),
        bob.activity("Update", url),
        bob.activity("Announce", url),
        bob.activity(
            "Create", bob.note("x", inReplyTo=url, url=url, tag=[{"type": "Mention", "href": url, "name": "@x"}])
        ),
        bob.activity(
            "Create", bob.note("x", inReplyTo=world.uri(house, post), attachment=[{"type": "Image", "url": url}])
        ),
        bob.activity("Move", bob.uri, target=url),
        bob.activity("QuoteRequest", world.uri(house, post), instrument=url),
        bob.activity("Flag", [ours, url]),
    ]
    for activity in activities:
        assert (await bob.send(house, activity)).status_code in {202, 400, 403}
    assert await sent_to(world, since) <= {"here.test", "peer.test"}


@pytest.mark.parametrize("url", EVIL)
async def test_an_actor_whose_inbox_lies_there_is_not_delivered_to(world: World, house: House, url: str) -> None:
    mallory = world.peer("evil.test", "mallory", inbox=url, endpoints={"sharedInbox": url})
    since = len(world.net.seen)
    assert (await mallory.follow(house)).status_code in {202, 401}
    await world.publish(house, "To all followers")
    assert await sent_to(world, since) <= {"here.test", "evil.test"}


@pytest.mark.parametrize("url", EVIL)
async def test_a_redirect_there_is_not_followed(world: World, house: House, url: str) -> None:
    mallory = world.peer("evil.test", "mallory")
    if not url.isprintable() or not url.isascii():
        return  # no header can hold it
    mallory.documents["/users/mallory"] = httpx.Response(302, headers={"Location": url})
    since = len(world.net.seen)
    assert (await mallory.follow(house)).status_code in {401, 503}
    with pytest.raises(FederationError):
        await house.remote.actor(mallory.uri)
    assert await sent_to(world, since) <= {"here.test", "evil.test"}


@pytest.mark.parametrize(
    "handle", ["@x@127.0.0.1", "@x@localhost", "@x@[::1]", "@x@peer.test:22", "@x@a@b", "@@", "x" * 3_000]
)
async def test_no_handle_leads_there(world: World, house: House, handle: str) -> None:
    since = len(world.net.seen)
    with pytest.raises((FederationError, AppError)):
        await house.remote.actor_by_handle(handle)
    await world.publish(house, f"Ask {handle[:100]} about it")
    assert await sent_to(world, since) <= {"here.test"}
