"""Whole servers in one process. Only the network and the clock are faked: requests travel as ASGI calls, by host."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from federation.errors import Unreachable
from federation.identifiers import KeyId
from federation.keys import KeyPair
from federation.signatures import sign_cavage, sign_rfc9421
from federation.wire import WireAnswer
from server.app import build_app
from server.base.settings import Settings
from server.commands.founding import found
from server.compose import open_house
from server.features.access.model import Who
from server.features.delivery.here import SenderHere
from server.features.posts.model import Draft, Post
from server.features.publishing.correcting import as_correction
from server.house import House
from tests.conftest import FakeClock
from tests.databases import fresh_postgres

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
AP = "application/activity+json"
CONSOLE = Who.console()


class Net(httpx.AsyncBaseTransport):
    """The network: host to whoever answers there. A host that is down does not connect."""

    def __init__(self) -> None:
        self.hosts: dict[str, httpx.AsyncBaseTransport] = {}
        self.down: set[str] = set()
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.netloc.decode()
        if host in self.down or host not in self.hosts:
            raise httpx.ConnectError("nobody answers", request=request)
        self.seen.append(request)
        answer = await self.hosts[host].handle_async_request(request)
        # As from a wire: a stream that nobody has read yet, packed if it was packed.
        return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)


@cache
def some_key(number: int) -> KeyPair:
    """RSA keys take time: they are made once a process."""
    return KeyPair.generate_rsa(KeyId(f"https://spare.test/key{number}"))


def key_named(name: str, number: int) -> KeyPair:
    """A spare key under another name."""
    return KeyPair.from_pem(KeyId(name), some_key(number).private_pem())


_numbers = itertools.count(1)
#: Houses take these in turn, so that those which meet in a test have different ones.
_pairs = itertools.cycle(range(900, 912))


def spare_pair(key_id: KeyId) -> KeyPair:
    """A pair for an actor of ours, made once a process and taken again by later tests."""
    return KeyPair.from_pem(key_id, some_key(next(_pairs)).private_pem())


@dataclass
class Peer:
    """One account on a server of somebody else: it answers for its documents and remembers what came."""

    world: World
    host: str
    username: str
    key_number: int
    documents: dict[str, Any] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)
    inbox_status: int = 202
    inbox_headers: dict[str, str] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return f"https://{self.host}/users/{self.username}"

    @property
    def key(self) -> KeyPair:
        return key_named(f"{self.uri}#main-key", self.key_number)

    @property
    def actor(self) -> dict[str, Any]:
        return self.documents[f"/users/{self.username}"]  # type: ignore[no-any-return]

    def id(self, kind: str = "activities") -> str:
        return f"{self.uri}/{kind}/{next(_numbers)}"

    def note(self, content: str, **more: Any) -> dict[str, Any]:
        """A public post, which the peer also serves at its id."""
        uri = more.pop("id", None) or self.id("statuses")
        note = {
            "id": uri,
            "type": "Note",
            "attributedTo": self.uri,
            "content": f"<p>{content}</p>",
            "published": self.world.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "to": [PUBLIC],
            "cc": [f"{self.uri}/followers"],
            "url": f"https://{self.host}/@{self.username}/{uri.rpartition('/')[2]}",
            **more,
        }
        self.documents[httpx.URL(uri).path] = {"@context": CONTEXT, **note}
        return note

    def activity(self, type_: str, object_: Any, **more: Any) -> dict[str, Any]:
        return {
            "@context": CONTEXT,
            "id": self.id(),
            "type": type_,
            "actor": self.uri,
            "object": object_,
            **more,
        }

    async def send(
        self,
        house: House,
        activity: dict[str, Any] | bytes,
        *,
        scheme: str = "cavage",
        key: KeyPair | None = None,
        inbox: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Deliver something, signed by `cavage`, `rfc9421` or `none`."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        url = inbox or house.addresses.shared_inbox()
        now = self.world.clock()
        pair = key or self.key
        signed: dict[str, str] = {"Content-Type": AP}
        if scheme == "cavage":
            signed = sign_cavage(pair, "POST", url, body, now, content_type=AP)
        elif scheme == "rfc9421":
            signed = sign_rfc9421(pair, "POST", url, body, now, content_type=AP)
        async with self.world.client() as client:
            return await client.post(url, content=body, headers={**signed, **(headers or {})})

    async def get(self, url: str) -> httpx.Response:
        """Fetch a document, signed."""
        headers = sign_cavage(self.key, "GET", url, None, self.world.clock())
        return await self.world.get(url, AP, extra=headers)

    async def follow(self, house: House) -> httpx.Response:
        campaign = house.actors.uri(house.actors.campaign())
        return await self.send(house, self.activity("Follow", campaign))

    def of_type(self, type_: str) -> list[dict[str, Any]]:
        """What came of one type."""
        return [one for one in self.received if one["type"] == type_]


class _PeerHost(httpx.AsyncBaseTransport):
    """A server with some accounts."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "POST":
            return await self._posted(request, path)
        if path == "/.well-known/webfinger":
            return self._found(request.url.params.get("resource", ""))
        for peer in self.peers:
            if path in peer.documents:
                document = peer.documents[path]
                if isinstance(document, int):
                    return httpx.Response(document)
                if isinstance(document, httpx.Response):
                    return document
                return httpx.Response(200, json=document, headers={"Content-Type": AP})
        return httpx.Response(404)

    async def _posted(self, request: httpx.Request, path: str) -> httpx.Response:
        body = json.loads(await request.aread())
        for peer in self.peers:
            if path in {f"/users/{peer.username}/inbox", "/inbox"}:
                peer.received.append(body)
                return httpx.Response(peer.inbox_status, headers=peer.inbox_headers)
        return httpx.Response(404)

    def _found(self, resource: str) -> httpx.Response:
        for peer in self.peers:
            if resource in {f"acct:{peer.username}@{peer.host}", peer.uri}:
                links = [{"rel": "self", "type": AP, "href": peer.uri}]
                subject = f"acct:{peer.username}@{peer.host}"
                return httpx.Response(
                    200, json={"subject": subject, "links": links}, headers={"Content-Type": "application/jrd+json"}
                )
        return httpx.Response(404)


class World:
    """Campaigns of ours and peers of others on one network, under one clock."""

    def __init__(self, folder: Path, clock: FakeClock, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.clock = clock
        self.net = Net()
        self.houses: dict[str, House] = {}
        self._stack = stack
        self._keys = itertools.count(1)

    def client(self, **more: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=_Kept(self.net), **more)

    async def campaign(self, host: str, handle: str = "campaign", *, engine: str = "sqlite", **settings: Any) -> House:
        """A whole server at this host, its background stepped by `settle`."""
        given = Settings(
            data=self.folder / host,
            base_url=settings.pop("base_url", f"https://{host}"),
            database_url=await self._stack.enter_async_context(fresh_postgres()) if engine == "postgres" else "sqlite",
            min_free_bytes=0,
            **settings,
        )
        house = await open_house(
            given,
            self.clock,
            transport=_Kept(self.net),
            sender=SenderHere(self._post, self.clock),
            new_pair=spare_pair,
        )
        self._stack.push_async_callback(house.close)
        await found(house, handle=handle, name=f"Campaign {handle}", organiser="ada")
        self.net.hosts[host] = httpx.ASGITransport(build_app(house, background=False))
        self.houses[host] = house
        return house

    def peer(self, host: str = "peer.test", username: str = "bob", **more: Any) -> Peer:
        """An account of somebody else."""
        there = self.net.hosts.setdefault(host, _PeerHost())
        assert isinstance(there, _PeerHost)
        peer = Peer(self, host, username, next(self._keys))
        peer.documents[f"/users/{username}"] = {
            "@context": CONTEXT,
            "id": peer.uri,
            "type": "Person",
            "preferredUsername": username,
            "name": username.capitalize(),
            "inbox": f"{peer.uri}/inbox",
            "outbox": f"{peer.uri}/outbox",
            "followers": f"{peer.uri}/followers",
            "url": f"https://{host}/@{username}",
            "endpoints": {"sharedInbox": f"https://{host}/inbox"},
            "publicKey": {"id": f"{peer.uri}#main-key", "owner": peer.uri, "publicKeyPem": peer.key.public_pem()},
            **more,
        }
        there.peers.append(peer)
        return peer

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> WireAnswer:
        async with self.client() as client:
            try:
                answer = await client.post(url, content=body, headers=headers)
            except httpx.TransportError:
                raise Unreachable("nobody answers") from None
        retry = answer.headers.get("retry-after")
        return WireAnswer(answer.status_code, int(retry) if retry else None)

    async def settle(self) -> None:
        """Let everybody deliver and work until nothing is due."""
        for _ in range(20):
            worked, seen = 0, len(self.net.seen)
            for house in self.houses.values():
                worked += await house.worker.run_due()
                await house.pump.run_until_idle()
            if not worked and len(self.net.seen) == seen:
                return
        raise AssertionError("the world does not come to rest")

    async def publish(self, house: House, text: str = "Hello", **more: Any) -> Post:
        """Publish as the console, and deliver."""
        post = await house.publishing.submit(CONSOLE, Draft(text=text, language=more.pop("language", "en"), **more))
        await self.settle()
        return post

    async def correct(self, house: House, post: Post, text: str, note: str, **more: Any) -> Post:
        """Correct as the console, and deliver; the new post."""
        draft = as_correction(Draft(text=text, language=post.language, **more), note)
        kept = await house.drafting.keep(CONSOLE, draft, edits=post.public_id)
        new = await house.drafting.publish(CONSOLE, kept.public_id)
        assert new is not None
        await self.settle()
        return new

    def uri(self, house: House, post: Post) -> str:
        return house.addresses.post(house.actors.by_id(post.actor_id).handle, post.public_id)

    async def get(
        self, url: str, accept: str = "text/html", extra: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        async with self.client() as client:
            return await client.get(url, headers={"Accept": accept, **(extra or {})}, **more)


class _Kept(httpx.AsyncBaseTransport):
    """The network stays when one client of it closes."""

    def __init__(self, net: Net) -> None:
        self._net = net

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._net.handle_async_request(request)


@asynccontextmanager
async def open_world(folder: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        yield World(folder, FakeClock(datetime(2026, 9, 28, 9, 30, 12, tzinfo=UTC)), stack)


class Organiser:
    """A browser that is signed in at the Desk."""

    def __init__(self, house: House, client: httpx.AsyncClient, csrf: str) -> None:
        self.house, self.client, self.csrf = house, client, csrf

    async def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return await self.client.post(path, data={"csrf": self.csrf, **(data or {})}, **more)

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)


PASSWORD = "a long enough password"


@asynccontextmanager
async def signed_in(world: World, house: House, name: str = "ada") -> AsyncIterator[Organiser]:
    """Come in by a one-time link, as people do."""
    link = await house.access.new_link(CONSOLE, name)
    async with world.client(base_url=house.addresses.base, follow_redirects=True) as client:
        answer = await client.post(link, data={"password": PASSWORD, "again": PASSWORD})
        assert answer.status_code == 200, answer.text
        csrf = re.search(r'name="csrf" value="([^"]+)"', (await client.get("/desk/more")).text)
        assert csrf is not None
        yield Organiser(house, client, csrf[1])


async def eventually(holds: Callable[[], Awaitable[bool]], seconds: float = 5.0) -> None:
    """Wait for something that other tasks bring about."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


def later(world: World, **step: float) -> None:
    """Let time pass."""
    world.clock.forward(timedelta(**step))
