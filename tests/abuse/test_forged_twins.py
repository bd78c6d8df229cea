"""Every kind of activity has an honest form, which does something here, and forged twins, which must do nothing at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from federation.signatures import sign_cavage
from server.base.bundled import bundled
from server.base.database.dump import tables
from server.features.posts.model import DraftPoll, Post
from server.house import House
from tests.world import AP, CONSOLE, Peer, World, key_named

#: Moves by itself: time of the last look at a key.
CLOCKS = {"fetched_at"}


def _shown(row: Any) -> str:
    return json.dumps({name: row[name] for name in dict(row) if name not in CLOCKS}, default=str)


@dataclass
class Scene:
    """A campaign with a friend who has all ties to it, and a stranger who would like to speak for the friend."""

    world: World
    house: House
    bob: Peer
    eve: Peer
    ours: str
    replied: Post
    fresh: Post
    poll: Post
    note: dict[str, Any]
    follow: dict[str, Any]
    boost: dict[str, Any]
    like: dict[str, Any]
    our_follow: dict[str, Any]

    def uri(self, post: Post) -> str:
        return self.world.uri(self.house, post)

    async def dump(self) -> dict[str, list[str]]:
        """Every row of every table."""
        names = [table.name for table in tables()] + ["sessions", "sign_in_links", "changes"]
        assert len(names) > 40, "the schema is read"
        assert "CREATE TABLE seen_activities" in bundled("schema.sql").read_text()
        found = {}
        async with self.house.database.snapshot() as snapshot:
            for name in names:
                rows = await snapshot.fetch(f"SELECT * FROM {name}")
                found[name] = sorted(_shown(row) for row in rows)
        return found


@pytest.fixture
async def scene(world: World) -> Scene:
    house = await world.campaign("here.test")
    ours = house.actors.uri(house.actors.campaign())
    bob, eve = world.peer("peer.test", "bob"), world.peer("evil.test", "eve")
    replied, fresh = await world.publish(house, "Replied to"), await world.publish(house, "Untouched")
    poll = await world.publish(house, "Which?", poll=DraftPoll(options=("Yes", "No"), seconds=3600))
    follow = bob.activity("Follow", ours)
    note = bob.note("Kind words", inReplyTo=world.uri(house, replied), cc=[ours])
    boost = bob.activity("Announce", world.uri(house, replied), to=["as:Public"])
    like = bob.activity("Like", world.uri(house, replied))
    for one in (follow, bob.activity("Create", note, to=note["to"], cc=note["cc"]), boost, like):
        assert (await bob.send(house, one)).status_code == 202
    await eve.send(house, eve.activity("Like", world.uri(house, replied)))  # known, so that its key is no news
    await house.followers.follow(CONSOLE, await house.remote.actor(bob.uri))
    await world.settle()
    (asked,) = bob.of_type("Follow")
    return Scene(world, house, bob, eve, ours, replied, fresh, poll, note, follow, boost, like, asked)


Make = Callable[[Scene], dict[str, Any]]


def _deleted_note(scene: Scene) -> dict[str, Any]:
    return scene.bob.activity("Delete", {"id": scene.note["id"], "type": "Tombstone"})


def _vote(scene: Scene) -> dict[str, Any]:
    note = {
        "id": f"{scene.bob.uri}/votes/1",
        "type": "Note",
        "attributedTo": scene.bob.uri,
        "name": "Yes",
        "inReplyTo": scene.uri(scene.poll),
        "to": [scene.ours],
    }
    return scene.bob.activity("Create", note, to=[scene.ours])


def _reply(scene: Scene) -> dict[str, Any]:
    note = {
        "id": f"{scene.bob.uri}/statuses/new",
        "type": "Note",
        "attributedTo": scene.bob.uri,
        "content": "<p>New words</p>",
        "inReplyTo": scene.uri(scene.fresh),
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [scene.ours],
    }
    return scene.bob.activity("Create", note, to=note["to"], cc=note["cc"])


KINDS: dict[str, Make] = {
    "Follow": lambda s: s.bob.activity("Follow", s.ours),
    "Undo Follow": lambda s: s.bob.activity("Undo", s.follow),
    "Undo Announce": lambda s: s.bob.activity("Undo", s.boost),
    "Undo Like": lambda s: s.bob.activity("Undo", s.like),
    "Accept": lambda s: s.bob.activity("Accept", s.our_follow),
    "Reject": lambda s: s.bob.activity("Reject", s.our_follow),
    "Create": _reply,
    "Update": lambda s: s.bob.activity("Update", {**s.note, "content": "<p>Other words</p>"}),
    "Update of the actor": lambda s: s.bob.activity("Update", {**s.bob.actor, "name": "Renamed"}),
    "Delete": _deleted_note,
    "Delete of the actor": lambda s: s.bob.activity("Delete", s.bob.uri),
    "Announce": lambda s: s.bob.activity("Announce", s.uri(s.fresh)),
    "Like": lambda s: s.bob.activity("Like", s.uri(s.fresh)),
    "EmojiReact": lambda s: s.bob.activity("EmojiReact", s.uri(s.fresh), content="🔥"),
    "Block": lambda s: s.bob.activity("Block", s.ours),
    "Flag": lambda s: s.bob.activity("Flag", [s.ours, s.uri(s.fresh)], content="spam"),
    "Move": lambda s: s.bob.activity("Move", s.bob.uri, target="https://evil.test/users/eve"),
    "vote": _vote,
    "QuoteRequest": lambda s: s.bob.activity("QuoteRequest", s.uri(s.fresh), instrument=f"{s.bob.uri}/statuses/quote"),
    "Add": lambda s: s.bob.activity("Add", s.note["id"], target=f"{s.bob.uri}/collections/featured"),
    "Remove": lambda s: s.bob.activity("Remove", s.note["id"], target=f"{s.bob.uri}/collections/featured"),
    "unknown": lambda s: s.bob.activity("Juggle", s.ours),
}
#: These mean nothing here: taken with 202, remembered as seen, and that is all.
QUIET = {"Add", "Remove", "unknown", "Move"}
every_kind = pytest.mark.parametrize("kind", KINDS)


async def unchanged(scene: Scene, before: dict[str, list[str]]) -> None:
    await scene.world.settle()
    after = await scene.dump()
    for name, rows in before.items():
        assert after[name] == rows, name


@every_kind
async def test_the_honest_one_does_something(scene: Scene, kind: str) -> None:
    before = await scene.dump()
    answer = await scene.bob.send(scene.house, KINDS[kind](scene))
    assert answer.status_code == 202
    await scene.world.settle()
    after = await scene.dump()
    changed = {name for name in before if after[name] != before[name]}
    assert changed - {"seen_activities", "hosts"} or kind in QUIET, changed


@every_kind
async def test_an_unsigned_one_is_401_and_does_nothing(scene: Scene, kind: str) -> None:
    activity, before, fetched = KINDS[kind](scene), await scene.dump(), len(scene.world.net.seen)
    answer = await scene.bob.send(scene.house, activity, scheme="none")
    assert answer.status_code == 401
    assert [one.url.host for one in scene.world.net.seen[fetched:]] == ["here.test"], "nothing is fetched"
    await unchanged(scene, before)


@every_kind
@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_one_signed_with_another_key_in_their_name_is_401_and_does_nothing(
    scene: Scene, kind: str, scheme: str
) -> None:
    activity, before = KINDS[kind](scene), await scene.dump()
    wrong = key_named(f"{scene.bob.uri}#main-key", scene.eve.key_number)
    answer = await scene.bob.send(scene.house, activity, scheme=scheme, key=wrong)
    assert answer.status_code == 401
    await unchanged(scene, before)


@every_kind
async def test_one_signed_by_somebody_else_does_nothing(scene: Scene, kind: str) -> None:
    """As forwarded: at most the origin is asked, which says nothing of the sort."""
    activity = KINDS[kind](scene)
    before, fetched = await scene.dump(), len(scene.world.net.seen)
    answer = await scene.eve.send(scene.house, activity)
    assert answer.status_code == 202
    await unchanged(scene, before)
    asked = {one.url.host for one in scene.world.net.seen[fetched:]}
    assert asked <= {"here.test", "peer.test"}


@every_kind
async def test_a_body_changed_on_the_way_is_refused_and_does_nothing(scene: Scene, kind: str) -> None:
    activity, before = KINDS[kind](scene), await scene.dump()
    body = json.dumps(activity).encode()
    url = scene.house.addresses.shared_inbox()
    headers = sign_cavage(scene.bob.key, "POST", url, body, scene.world.clock(), content_type=AP)
    async with scene.world.client() as client:
        answer = await client.post(url, content=body.replace(b'"type"', b'"type" '), headers=headers)
    assert answer.status_code in {400, 401}
    await unchanged(scene, before)


@every_kind
@pytest.mark.parametrize("hours", [-2, 2])
async def test_one_from_another_hour_is_401_and_does_nothing(scene: Scene, kind: str, hours: int) -> None:
    activity, before = KINDS[kind](scene), await scene.dump()
    body = json.dumps(activity).encode()
    url = scene.house.addresses.shared_inbox()
    when = scene.world.clock() + timedelta(hours=hours)
    headers = sign_cavage(scene.bob.key, "POST", url, body, when, content_type=AP)
    async with scene.world.client() as client:
        assert (await client.post(url, content=body, headers=headers)).status_code == 401
    await unchanged(scene, before)


@every_kind
async def test_the_same_one_again_does_nothing_more(scene: Scene, kind: str) -> None:
    activity = KINDS[kind](scene)
    assert (await scene.bob.send(scene.house, activity)).status_code == 202
    await scene.world.settle()
    if kind == "Delete of the actor":
        return  # whoever is gone cannot say it again
    before = await scene.dump()
    assert (await scene.bob.send(scene.house, activity)).status_code == 202
    if kind != "Follow":  # which is answered anew
        await unchanged(scene, before)


async def test_what_is_somebody_elses_cannot_be_touched_with_ones_own_key(scene: Scene) -> None:
    """Honestly signed by eve, but about bob's things."""
    eve, before = scene.eve, await scene.dump()
    theirs = {**scene.note, "content": "<p>Forged</p>"}
    for activity in (
        eve.activity("Update", theirs),
        eve.activity("Update", {**theirs, "attributedTo": eve.uri}),
        eve.activity("Delete", scene.note["id"]),
        eve.activity("Delete", scene.bob.uri),
        eve.activity("Undo", scene.boost),
        eve.activity("Undo", scene.follow),
        eve.activity("Undo", {**scene.follow, "actor": eve.uri}),
        eve.activity("Accept", scene.our_follow),
        eve.activity("Reject", scene.our_follow),
        eve.activity("Move", scene.bob.uri, target=eve.uri),
        eve.activity("Update", {**scene.bob.actor, "name": "Forged"}),
        eve.activity("Create", {**_reply(scene)["object"]}),
        eve.activity("Delete", scene.uri(scene.fresh)),
        eve.activity("Update", {"id": scene.uri(scene.fresh), "type": "Note", "attributedTo": scene.ours}),
    ):
        answer = await eve.send(scene.house, activity)
        assert answer.status_code in {202, 400, 401, 403}, activity["type"]
    await scene.world.settle()
    after = await scene.dump()
    for name in set(before) - {"seen_activities", "hosts", "early_deletes"}:
        assert after[name] == before[name], name
