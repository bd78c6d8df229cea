"""Whatever comes in a body, a header or a path: a clear refusal, never a 500, nothing stored and nothing fetched."""

from __future__ import annotations

import json
from typing import Any

import pytest

from federation.gate import MAX_BODY_BYTES
from federation.signatures import sign_cavage
from server.house import House
from tests.world import AP, Peer, World

INBOX = "https://here.test/inbox"


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def bob(world: World, house: House) -> Peer:
    peer = world.peer()
    await peer.follow(house)
    await world.settle()
    return peer


async def latest(house: House) -> int:
    async with house.database.snapshot() as snapshot:
        return int(await snapshot.value("SELECT latest FROM change_counter"))


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def whole(**more: Any) -> bytes:
    activity = {"id": "https://peer.test/a/1", "type": "Like", "actor": "https://peer.test/users/bob", "object": INBOX}
    return json.dumps({**activity, **more}).encode()


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "nothing": b"null",
    "a list": b"[]",
    "a string": b'"Follow"',
    "a number": b"1",
    "cut": b'{"type": "Follow"',
    "deep": nested(5_000),
    "deeper than is read": nested(60),
    "deep lists": b"[" * 100_000,
    "twice a key": b'{"type": "Follow", "type": "Delete", "id": "https://peer.test/1"}',
    "not a number": b'{"type": NaN}',
    "infinite": b'{"type": 1e999}',
    "long number": b'{"type": ' + b"9" * 50_000 + b"}",
    "not UTF-8": b'{"type": "\xff\xfe"}',
    "UTF-16": '{"type": "Follow"}'.encode("utf-16"),
    "half a pair": b'{"type": "Follow", "id": "\\ud800"}',
    "no type": whole(type=None),
    "type is a map": whole(type={"a": 1}),
    "no actor": whole(actor=None),
    "actor is a number": whole(actor=5),
    "actor is no address": whole(actor="javascript:alert(1)"),
    "actors": whole(actor=["https://peer.test/users/bob", "https://evil.test/users/eve"]),
    "id elsewhere": whole(id="https://evil.test/a/1"),
    "id without host": whole(id="https:///a"),
    "id with a user": whole(id="https://a:b@peer.test/1"),
    "object is a number": whole(object=7),
    "object is a deep map": whole(object=json.loads(nested(30))),
    "very many keys": json.dumps({f"k{number}": number for number in range(20_000)}).encode(),
    "very many addressees": whole(to=["https://peer.test/users/bob"] * 5_000),
    "one byte too long": b'{"a": "' + b"x" * (MAX_BODY_BYTES - 8) + b'"}',
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_body_changes_nothing(world: World, house: House, bob: Peer, name: str) -> None:
    before, fetched = await latest(house), len(world.net.seen)
    answer = await bob.send(house, HOSTILE[name])
    assert answer.status_code in {202, 400, 401, 403, 413}
    assert "Traceback" not in answer.text
    if answer.status_code != 202:
        assert set(answer.json()) == {"error"}
    await world.settle()
    assert await latest(house) == before
    assert {one.url.host for one in world.net.seen[fetched:]} <= {"here.test", "peer.test"}


@pytest.mark.parametrize("name", ["cut", "a list", "twice a key", "not a number", "not UTF-8"])
async def test_what_is_no_activity_is_400(house: House, bob: Peer, name: str) -> None:
    assert (await bob.send(house, HOSTILE[name])).status_code == 400


async def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_413(house: House, bob: Peer) -> None:
    body = whole()
    fits = body[:-1] + b" " * (MAX_BODY_BYTES - len(body)) + b"}"
    assert len(fits) == MAX_BODY_BYTES
    assert (await bob.send(house, fits)).status_code == 202
    assert (await bob.send(house, fits[:-1] + b" }")).status_code == 413


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "multipart/form-data", "text/html", "a/b/c"])
async def test_another_type_is_415(house: House, bob: Peer, kind: str) -> None:
    answer = await bob.send(house, whole(), headers={"Content-Type": kind})
    assert answer.status_code == 415


KINDS = [
    "application/activity+json",
    "application/activity+json; charset=utf-8",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    "application/ld+json",
    "Application/Activity+JSON",
]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_others_really_send_is_taken(world: World, house: House, bob: Peer, kind: str) -> None:
    headers = sign_cavage(bob.key, "POST", INBOX, whole(), world.clock(), content_type=kind)
    async with world.client() as client:
        assert (await client.post(INBOX, content=whole(), headers=headers)).status_code == 202


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"])
@pytest.mark.parametrize("path", ["/inbox", "/users/campaign/inbox", "/actor/inbox"])
async def test_an_inbox_takes_post_alone(world: World, house: House, method: str, path: str) -> None:
    async with world.client(base_url="https://here.test") as client:
        answer = await client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


SIGNATURES = {
    "empty": "",
    "no parts": "nonsense",
    "cut": 'keyId="https://peer.test/users/bob#main-key",headers="(request-target)',
    "no key": 'headers="(request-target) host date digest",signature="AAAA"',
    "key is no address": 'keyId="nobody",headers="(request-target) host date digest",signature="AAAA"',
    "key is a file": 'keyId="file:///etc/passwd",headers="(request-target) host date digest",signature="AAAA"',
    "key is ours": 'keyId="https://here.test/users/campaign#main-key",headers="(request-target) host date digest",signature="AA=="',
    "not base64": 'keyId="https://peer.test/users/bob#main-key",headers="(request-target) host date digest",signature="%%%"',
    "covers nothing": 'keyId="https://peer.test/users/bob#main-key",headers="",signature="AAAA"',
    "twice": 'keyId="https://peer.test/users/bob#main-key",keyId="https://evil.test/#k",headers="date",signature="AAAA"',
    "very long": 'keyId="https://peer.test/' + "a" * 20_000 + '",headers="date",signature="AAAA"',
}


@pytest.mark.parametrize("name", SIGNATURES)
async def test_a_hostile_signature_is_refused(world: World, house: House, bob: Peer, name: str) -> None:
    before, fetched = await latest(house), len(world.net.seen)
    headers = sign_cavage(bob.key, "POST", INBOX, whole(), world.clock(), content_type=AP)
    headers = {key: value for key, value in headers.items() if key.lower() != "signature"}
    async with world.client() as client:
        answer = await client.post(INBOX, content=whole(), headers={**headers, "Signature": SIGNATURES[name]})
    assert answer.status_code in {400, 401}
    assert await latest(house) == before
    assert {one.url.host for one in world.net.seen[fetched:]} <= {"here.test", "peer.test"}


PATHS = [
    "/%00",
    "/%ff",
    "/p/%00",
    "/p/" + "a" * 5_000,
    "/tags/%ff%fe",
    "/tags/" + "%F0%9F%94%A5" * 400,
    "/users/campaign%00",
    "/users/../users/campaign",
    "/users/campaign/posts/%2e%2e%2f",
    "/media/..%2f..%2fsecret.key",
    "/media/%2e%2e/secret.key",
    "/archive/9999-99",
    "/?before=99999999999999999999999",
    "/?before=-1",
    "/?before=%00",
    "/users/campaign/outbox?page=true&max_id=99999999999999999999",
    "/users/campaign/outbox?page=true&max_id=x",
    "/.well-known/webfinger",
    "/.well-known/webfinger?resource=",
    "/.well-known/webfinger?resource=%00",
    "/.well-known/webfinger?resource=acct:" + "a" * 9_000,
    "/.well-known/webfinger?resource=acct:@@@",
    "/nodeinfo/3.0",
    "/authorize_interaction?uri=file:///etc/passwd",
    "/desk/enter/%00",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("accept", ["text/html", AP])
async def test_a_hostile_path_is_refused_plainly(world: World, house: House, path: str, accept: str) -> None:
    answer = await world.get(f"https://here.test{path}", accept)
    assert answer.status_code in {200, 302, 303, 308, 400, 404, 405, 406}
    assert b"secret" not in answer.content
    assert len(answer.content) < 60_000


@pytest.mark.parametrize(
    "accept", ["", "*/*", "a" * 10_000, ";;;,,,", "application/activity+json;q=x", "\x7f", "text/html;q=0"]
)
async def test_a_hostile_accept_header_gets_something(world: World, house: House, accept: str) -> None:
    for path in ("/", "/users/campaign"):
        assert (await world.get(f"https://here.test{path}", accept)).status_code in {200, 302, 406}
