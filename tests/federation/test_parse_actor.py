from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from federation.errors import Malformed
from federation.identifiers import ActorId, KeyId
from federation.objects import ACTOR_TYPES, Actor, ActorKey, Attachment, ProfileField
from federation.parse_actor import (
    MAX_ALIASES,
    MAX_BIO,
    MAX_FIELD,
    MAX_FIELDS,
    MAX_HANDLE,
    MAX_KEYS,
    MAX_NAME,
    MAX_PEM,
    is_actor,
    parse_actor,
    parse_key_document,
)
from tests.federation.documents import ALICE, BOB, ODD, PEM, is_complete, person

KEY = ActorKey(id=KeyId(f"{BOB}#main-key"), owner=ActorId(BOB), pem=PEM)
FULL = person(
    name="Bob",
    summary="<p>hello</p>",
    url="https://peer.test/@bob",
    following=f"{BOB}/following",
    featured=f"{BOB}/featured",
    assertionMethod=[{"id": f"{BOB}#ed", "type": "Multikey", "controller": BOB, "publicKeyMultibase": "z6Mk"}],
    webfinger="bob@peer.test",
    icon={"type": "Image", "mediaType": "image/png", "url": "https://cdn.test/a.png", "summary": "a face"},
    image=[{"type": "Image", "url": {"type": "Link", "href": "https://cdn.test/b.png"}}],
    attachment=[{"type": "PropertyValue", "name": "Web", "value": "<a>x</a>"}],
    alsoKnownAs=["https://old.test/bob"],
    movedTo="https://new.test/bob",
    manuallyApprovesFollowers=True,
    discoverable=True,
    indexable=True,
    suspended=True,
    published="2020-01-01T00:00:00Z",
    tag=[{"type": "Emoji"}],
)


def test_an_actor_with_everything_loses_nothing() -> None:
    found = parse_actor(FULL)
    assert is_complete(found)
    assert (found.id, found.username, found.type, found.name) == (BOB, "bob", "Person", "Bob")
    assert (found.summary, found.url, found.webfinger) == ("<p>hello</p>", "https://peer.test/@bob", "bob@peer.test")
    assert (found.inbox, found.shared_inbox) == (f"{BOB}/inbox", "https://peer.test/inbox")
    assert (found.outbox, found.featured) == (f"{BOB}/outbox", f"{BOB}/featured")
    assert (found.followers, found.following) == (f"{BOB}/followers", f"{BOB}/following")
    assert found.keys == (KEY, ActorKey(id=KeyId(f"{BOB}#ed"), owner=ActorId(BOB), multibase="z6Mk"))
    assert found.icon == Attachment(url="https://cdn.test/a.png", media_type="image/png", alt="a face")
    assert found.image == Attachment(url="https://cdn.test/b.png", media_type="image/*")
    assert found.fields == (ProfileField(name="Web", value="<a>x</a>"),)
    assert (found.also_known_as, found.moved_to) == (("https://old.test/bob",), "https://new.test/bob")
    assert found.published == datetime(2020, 1, 1, tzinfo=UTC)
    assert found.manually_approves
    assert found.discoverable
    assert found.indexable
    assert found.suspended


@pytest.mark.parametrize("key", sorted(FULL))
def test_a_wrong_value_anywhere_gives_a_whole_actor_or_a_refusal(key: str) -> None:
    for value in (*ODD, [{"type": "PropertyValue", "name": {}, "value": []}], {"sharedInbox": {}}, {"url": [[{}]]}):
        with suppress(Malformed):
            assert is_complete(parse_actor(FULL | {key: value}))


@pytest.mark.parametrize("kind", sorted(ACTOR_TYPES))
def test_every_kind_of_actor_is_read_alike(kind: str) -> None:
    assert parse_actor(person(type=kind)).type == kind


@pytest.mark.parametrize("kind", [None, "", "Note", "person", ["Person", "Note"], {}, 1], ids=repr)
def test_what_is_no_actor_is_not_read_as_one(kind: Any) -> None:
    assert not is_actor({"type": kind})
    with pytest.raises(Malformed, match="not an actor"):
        parse_actor(person() | {"type": kind})


def test_an_actor_may_say_next_to_nothing() -> None:
    found = parse_actor({"id": BOB, "type": "Person", "preferredUsername": "bob", "inbox": f"{BOB}/inbox"})
    assert is_complete(found)
    assert (found.name, found.summary, found.url, found.keys, found.shared_inbox) == ("", "", BOB, (), None)


@pytest.mark.parametrize("bad", [None, "", "no url", 1, {}, [], "http://peer.test:99999/", f"{BOB}#me"], ids=repr)
def test_an_actor_needs_an_id_without_a_fragment(bad: Any) -> None:
    with pytest.raises(Malformed):
        parse_actor(person() | {"id": bad})


@pytest.mark.parametrize(
    "inbox",
    [
        None,
        "",
        "https://victim.test/inbox",
        "http://peer.test/users/bob/inbox",
        "https://peer.test:444/inbox",
        "https://peer.test@victim.test/inbox",
        "https://peer.test.victim.test/inbox",
        ["https://peer.test/a", "https://peer.test/b"],
        {"type": "OrderedCollection"},
    ],
    ids=repr,
)
def test_an_actor_cannot_point_its_inbox_at_somebody_else(inbox: Any) -> None:
    with pytest.raises(Malformed, match="inbox"):
        parse_actor(person() | {"inbox": inbox})


def test_an_inbox_may_be_embedded() -> None:
    assert parse_actor(person(inbox={"id": f"{BOB}/inbox", "type": "OrderedCollection"})).inbox == f"{BOB}/inbox"


@pytest.mark.parametrize("key", ["outbox", "followers", "following", "featured"])
def test_a_collection_elsewhere_is_none_of_the_actors(key: str) -> None:
    found = parse_actor(FULL | {key: "https://victim.test/everything"})
    assert getattr(found, key) is None


def test_a_shared_inbox_elsewhere_is_none() -> None:
    elsewhere = {"sharedInbox": "https://victim.test/inbox"}
    assert parse_actor(person(endpoints=elsewhere)).shared_inbox is None
    assert parse_actor(person(endpoints=None, **elsewhere)).shared_inbox is None
    legacy = person(endpoints=elsewhere, sharedInbox="https://peer.test/shared")
    assert parse_actor(legacy).shared_inbox == "https://peer.test/shared"


@pytest.mark.parametrize(
    "username",
    [None, "", 1, [], {}, "a b", "a\u00a0b", "a\n", "@bob", "bob@peer.test", "a/b", "<b>", "x" * (MAX_HANDLE + 1)],
    ids=repr,
)
def test_a_name_that_could_be_read_as_something_else_is_refused(username: Any) -> None:
    with pytest.raises(Malformed, match="preferredUsername"):
        parse_actor(person() | {"preferredUsername": username})


@pytest.mark.parametrize("username", ["bob", "Bob.B-b_1", "بوب", "x" * MAX_HANDLE])
def test_a_name_may_be_written_in_any_script(username: str) -> None:
    assert parse_actor(person(preferredUsername=username)).username == username


@pytest.mark.parametrize(
    "key",
    [
        {"id": "https://victim.test/u/x#main-key", "owner": BOB, "publicKeyPem": PEM},
        {"id": f"{BOB}#main-key", "owner": "https://victim.test/u/x", "publicKeyPem": PEM},
        {"id": f"{BOB}#main-key", "owner": "https://peer.test/users/eve", "publicKeyPem": PEM},
        {"id": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": "x" * (MAX_PEM + 1)},
        {"id": f"{BOB}#main-key", "owner": BOB, "publicKeyPem": [PEM]},
        {"id": f"{BOB}#main-key", "owner": BOB},
        {"owner": BOB, "publicKeyPem": PEM},
        {"id": [], "owner": {}, "publicKeyPem": {}},
        "no url",
        "https://victim.test/keys/1",
        PEM,
        7,
        [[]],
        [None],
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_key_of_somebody_else_is_no_key_of_the_actor(key: Any) -> None:
    assert parse_actor(person(publicKey=key)).keys == ()
    assert parse_actor(person(publicKey=None, assertionMethod=key)).keys == ()


def test_keys_come_alone_or_many_whole_or_named() -> None:
    assert parse_actor(person()).keys == (KEY,)
    without_owner = {"id": KEY.id, "publicKeyPem": PEM}
    assert parse_actor(person(publicKey=[without_owner])).keys == (KEY,)
    named = parse_actor(person(publicKey=f"{BOB}/key")).keys
    assert named == (ActorKey(id=KeyId(f"{BOB}/key"), owner=ActorId(BOB)),)
    many = [{"id": f"{BOB}#{number}", "owner": BOB, "publicKeyPem": PEM} for number in range(1_000)]
    assert len(parse_actor(person(publicKey=many, assertionMethod=many)).keys) == MAX_KEYS


def test_long_texts_and_lists_are_cut() -> None:
    long = "x" * 100_000
    row = {"type": "PropertyValue", "name": long, "value": long}
    aliases = [f"https://old.test/{number}" for number in range(1_000)]
    found = parse_actor(person(name=long, summary=long, attachment=[row] * 1_000, alsoKnownAs=aliases))
    assert (len(found.name), len(found.summary)) == (MAX_NAME, MAX_BIO)
    assert len(found.fields) == MAX_FIELDS
    assert (len(found.fields[0].name), len(found.fields[0].value)) == (MAX_NAME, MAX_FIELD)
    assert len(found.also_known_as) == MAX_ALIASES


@pytest.mark.parametrize("value", ["true", 1, None, [True], {"id": True}], ids=repr)
def test_only_true_is_true(value: Any) -> None:
    for key in ("manuallyApprovesFollowers", "discoverable", "indexable", "suspended"):
        found = parse_actor(person() | {key: value})
        assert not any((found.manually_approves, found.discoverable, found.indexable, found.suspended))


@pytest.mark.parametrize(
    ("icon", "url"),
    [
        ("https://cdn.test/a.png", "https://cdn.test/a.png"),
        ({"href": "https://cdn.test/a.png"}, "https://cdn.test/a.png"),
        ({"url": [{"href": "no url"}, "https://cdn.test/a.png"]}, "https://cdn.test/a.png"),
        ([{"url": "https://cdn.test/a.png"}, {"url": "https://cdn.test/b.png"}], "https://cdn.test/a.png"),
        ({"url": "data:image/png;base64,AA"}, None),
        ("javascript:alert(1)", None),
        ([[]], None),
        ([], None),
        (7, None),
    ],
)
def test_a_picture_comes_in_many_shapes(icon: Any, url: str | None) -> None:
    found = parse_actor(person(icon=icon)).icon
    assert (found.url if found else None) == url


def test_a_key_document_is_an_actor_a_key_or_a_stub_with_its_key() -> None:
    assert isinstance(parse_key_document(person()), Actor)
    assert parse_key_document({"id": KEY.id, "owner": BOB, "publicKeyPem": PEM}) == KEY
    stub = {"id": BOB, "type": "Person", "preferredUsername": "bob", "publicKey": person()["publicKey"]}
    assert parse_key_document(stub) == KEY
    assert parse_key_document({"id": BOB, "publicKey": {"id": KEY.id, "publicKeyPem": PEM}}) == KEY
    multikey = {"id": KEY.id, "type": "Multikey", "controller": BOB, "publicKeyMultibase": "z6Mk"}
    assert parse_key_document(multikey) == ActorKey(id=KEY.id, owner=ActorId(BOB), multibase="z6Mk")


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"id": KEY.id, "publicKeyPem": PEM},
        {"id": KEY.id, "owner": BOB},
        {"publicKey": {"id": KEY.id, "publicKeyPem": PEM}},
        {"id": BOB, "publicKey": [PEM]},
        {"id": BOB, "publicKey": f"{BOB}#main-key"},
        person(inbox="https://victim.test/inbox"),
        {"id": KEY.id, "owner": [BOB, ALICE], "publicKeyPem": PEM},
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_key_without_an_owner_is_no_key(document: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parse_key_document(document)
