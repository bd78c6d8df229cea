from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from federation.activities import (
    Accept,
    Activity,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Flag,
    Follow,
    Inner,
    Like,
    Move,
    QuoteRequest,
    Reject,
    Remove,
    Undo,
    Unknown,
    Update,
)
from federation.errors import Malformed, TooLarge
from federation.identifiers import ActorId, ObjectId
from federation.objects import Actor, Note, Tombstone
from federation.parse import MAX_EMOJI_CHARS, MAX_FLAG_CHARS, MAX_FLAG_OBJECTS, parse_activity, parse_object, peek
from federation.parse_note import parse_note
from federation.shapes import MAX_ADDRESSEES
from tests.federation.documents import ALICE, BOB, ODD, OURS, POST, PUBLIC, activity, is_complete, note, person

FOLLOW = {"id": "https://our.test/f/1", "type": "Follow", "actor": ALICE, "object": BOB}
FEATURED = f"{BOB}/collections/featured"
EVERY_KIND: dict[str, dict[str, Any]] = {
    "Follow": activity("Follow", object=ALICE),
    "Accept": activity("Accept", object=FOLLOW),
    "Reject": activity("Reject", object=FOLLOW),
    "Undo": activity("Undo", object={"id": "https://peer.test/f/1", "type": "Follow", "actor": BOB, "object": ALICE}),
    "Create": activity("Create", object=note()),
    "Update": activity("Update", object=person()),
    "Delete": activity("Delete", object={"id": POST, "type": "Tombstone"}),
    "Announce": activity("Announce"),
    "Like": activity("Like"),
    "EmojiReact": activity("EmojiReact", content="🎉"),
    "Block": activity("Block", object=ALICE),
    "Flag": activity("Flag", object=[ALICE, OURS], content="spam"),
    "Move": activity("Move", object=BOB, target="https://new.test/users/bob"),
    "Add": activity("Add", object=POST, target=FEATURED),
    "Remove": activity("Remove", object=POST, target=FEATURED),
    "QuoteRequest": activity("QuoteRequest", instrument=POST),
    "Dislike": activity("Dislike"),
}
BASE: dict[str, Any] = {"id": "https://peer.test/activities/1", "actor": BOB}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (EVERY_KIND["Follow"], Follow(object=ActorId(ALICE), **BASE)),
        (EVERY_KIND["Accept"], Accept(inner=Inner(**FOLLOW), **BASE)),  # type: ignore[arg-type]
        (EVERY_KIND["Reject"], Reject(inner=Inner(**FOLLOW), **BASE)),  # type: ignore[arg-type]
        (
            EVERY_KIND["Undo"],
            Undo(inner=Inner(id="https://peer.test/f/1", type="Follow", actor=ActorId(BOB), object=ALICE), **BASE),
        ),
        (EVERY_KIND["Create"], Create(object=parse_note(note()), **BASE)),
        (EVERY_KIND["Delete"], Delete(object=Tombstone(id=ObjectId(POST)), **BASE)),
        (EVERY_KIND["Announce"], Announce(object=ObjectId(OURS), **BASE)),
        (EVERY_KIND["Like"], Like(object=ObjectId(OURS), **BASE)),
        (EVERY_KIND["EmojiReact"], Like(object=ObjectId(OURS), emoji="🎉", **BASE)),
        (EVERY_KIND["Block"], Block(object=ActorId(ALICE), **BASE)),
        (EVERY_KIND["Flag"], Flag(objects=(ALICE, OURS), content="spam", **BASE)),
        (EVERY_KIND["Move"], Move(object=ActorId(BOB), target=ActorId("https://new.test/users/bob"), **BASE)),
        (EVERY_KIND["Add"], Add(object=POST, target=FEATURED, **BASE)),
        (EVERY_KIND["Remove"], Remove(object=POST, target=FEATURED, **BASE)),
        (EVERY_KIND["QuoteRequest"], QuoteRequest(object=ObjectId(OURS), instrument=ObjectId(POST), **BASE)),
        (EVERY_KIND["Dislike"], Unknown(type="Dislike", **BASE)),
        (activity("Create", object=POST), Create(object=ObjectId(POST), **BASE)),
        (activity("Update", object=POST), Update(object=ObjectId(POST), **BASE)),
        (activity("Delete", object=POST), Delete(object=ObjectId(POST), **BASE)),
        (activity("Delete", object=BOB), Delete(object=ObjectId(BOB), **BASE)),
        (activity("Delete", object={"id": POST, "type": "Note"}), Delete(object=ObjectId(POST), **BASE)),
        (activity("Undo", object="https://peer.test/f/1"), Undo(inner=Inner(id="https://peer.test/f/1"), **BASE)),
        (activity("QuoteRequest"), QuoteRequest(object=ObjectId(OURS), instrument=None, **BASE)),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_each_activity_becomes_its_own_type(document: dict[str, Any], expected: Activity) -> None:
    parsed = parse_activity(document)
    assert parsed == expected
    assert is_complete(parsed)


def test_an_update_may_carry_a_profile_or_a_post() -> None:
    profile, post = parse_activity(EVERY_KIND["Update"]), parse_activity(activity("Update", object=note()))
    assert isinstance(profile, Update)
    assert isinstance(post, Update)
    assert isinstance(profile.object, Actor)
    assert isinstance(post.object, Note)


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize(
    "key", ["id", "type", "actor", "object", "target", "to", "cc", "published", "content", "result"]
)
def test_a_wrong_value_anywhere_gives_a_whole_activity_or_a_refusal(kind: str, key: str) -> None:
    for value in ODD:
        with suppress(Malformed):
            assert is_complete(parse_activity(EVERY_KIND[kind] | {key: value}))


@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind not in {"Add", "Remove", "Dislike"}])
@pytest.mark.parametrize("bad", [None, "", "no url", [BOB], {"id": BOB}, 1], ids=repr)
def test_what_is_acted_on_needs_an_id_of_its_own(kind: str, bad: Any) -> None:
    with pytest.raises(Malformed, match="id"):
        parse_activity(EVERY_KIND[kind] | {"id": bad})


def test_a_pin_without_an_id_is_still_a_pin() -> None:
    for kind in (Add, Remove):
        parsed = parse_activity(activity(kind.__name__, object=POST, target=FEATURED) | {"id": None})
        assert isinstance(parsed, kind)
        assert parsed.id is None


UNUSABLE = [
    None,
    "",
    "no url",
    [],
    [None],
    "ftp://peer.test/1",
    "https://user@peer.test/",
    1,
    "https://peer.test/\u202e",
]
EMPTY = [{}, {"href": BOB}, {"id": None}, {"id": [BOB]}, {"id": {"id": BOB}}]


@pytest.mark.parametrize("bad", [*UNUSABLE, *EMPTY, [BOB, BOB]], ids=repr)
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_without_one_usable_actor_there_is_no_activity(kind: str, bad: Any) -> None:
    with pytest.raises(Malformed, match="actor"):
        parse_activity(EVERY_KIND[kind] | {"actor": bad})


@pytest.mark.parametrize("bad", UNUSABLE, ids=repr)
@pytest.mark.parametrize("kind", [kind for kind in EVERY_KIND if kind != "Dislike"])
def test_without_an_object_there_is_nothing_to_act_on(kind: str, bad: Any) -> None:
    with pytest.raises(Malformed):
        parse_activity(EVERY_KIND[kind] | {"object": bad})


@pytest.mark.parametrize("bad", [*EMPTY, [BOB, BOB]], ids=repr)
@pytest.mark.parametrize("kind", ["Follow", "Delete", "Announce", "Like", "Block", "Move", "Add", "QuoteRequest"])
def test_an_object_without_one_id_is_none(kind: str, bad: Any) -> None:
    with pytest.raises(Malformed, match="object"):
        parse_activity(EVERY_KIND[kind] | {"object": bad})


@pytest.mark.parametrize("bad", [*UNUSABLE, *EMPTY], ids=repr)
@pytest.mark.parametrize("kind", ["Move", "Add", "Remove"])
def test_what_goes_somewhere_says_where(kind: str, bad: Any) -> None:
    with pytest.raises(Malformed, match="target"):
        parse_activity(EVERY_KIND[kind] | {"target": bad})


@pytest.mark.parametrize("shape", [BOB, {"id": BOB}, [BOB], [{"id": BOB, "type": "Person"}]], ids=repr)
def test_an_actor_may_come_as_a_string_an_object_or_a_list_of_one(shape: Any) -> None:
    assert parse_activity(activity("Follow", actor=shape)).actor == BOB
    assert parse_activity(activity("Follow", object=shape)) == Follow(object=ActorId(BOB), **BASE)


@pytest.mark.parametrize("kind", [None, "", [], [None], ["Like", 1], {}, 1, True], ids=repr)
def test_without_a_type_there_is_no_activity(kind: Any) -> None:
    with pytest.raises(Malformed, match="type"):
        parse_activity(activity("Like") | {"type": kind})


def test_of_several_types_none_is_believed() -> None:
    assert isinstance(parse_activity(activity("Like") | {"type": ["Like"]}), Like)
    both = parse_activity(activity("Like") | {"type": ["Like", "Create"]})
    assert isinstance(both, Unknown)
    assert both.type == "Create+Like"


def test_an_embedded_thing_that_is_no_post_is_not_taken_for_one() -> None:
    for kind in ("Create", "Update"):
        parsed = parse_activity(activity(kind, object={"id": POST, "type": "Place", "name": "Square"}))
        assert isinstance(parsed, Unknown)
        assert parsed.type == kind


def test_a_reaction_may_hide_in_a_like() -> None:
    assert parse_activity(activity("Like", content=":cat:")) == Like(object=ObjectId(OURS), emoji=":cat:", **BASE)
    misskey = parse_activity(activity("Like", _misskey_reaction="👍"))
    assert misskey == Like(object=ObjectId(OURS), emoji="👍", **BASE)
    long = parse_activity(activity("Like", content="x" * 1_000))
    assert isinstance(long, Like)
    assert long.emoji == "x" * MAX_EMOJI_CHARS


@pytest.mark.parametrize("kind", ["Create", "Like", "Undo", "Delete"])
def test_a_boost_of_an_activity_says_so(kind: str) -> None:
    inner = {"id": "https://group.test/a/1", "type": kind, "actor": BOB, "object": POST}
    parsed = parse_activity(activity("Announce", object=inner))
    assert parsed == Announce(object=ObjectId("https://group.test/a/1"), wraps=kind, **BASE)


def test_a_boost_of_an_embedded_post_keeps_nothing_but_its_id() -> None:
    foreign = note(id="https://third.test/n/1", attributedTo="https://third.test/u/x", content="words never written")
    assert parse_activity(activity("Announce", object=foreign)) == Announce(
        object=ObjectId("https://third.test/n/1"), **BASE
    )


def test_a_report_keeps_what_it_can_and_is_about_something() -> None:
    many = [f"https://our.test/p/{number}" for number in range(1_000)]
    parsed = parse_activity(activity("Flag", object=[ALICE, None, {}, {"id": OURS}, 1, *many], content="y" * 9_000))
    assert isinstance(parsed, Flag)
    assert parsed.objects[:2] == (ALICE, OURS)
    assert len(parsed.objects) <= MAX_FLAG_OBJECTS
    assert parsed.content == "y" * MAX_FLAG_CHARS
    assert parse_activity(activity("Flag", object=ALICE)) == Flag(objects=(ALICE,), **BASE)


def test_the_stamp_of_a_quote_comes_with_its_accept() -> None:
    inner = {"type": "QuoteRequest", "id": "https://our.test/q/1", "actor": ALICE, "object": POST, "instrument": OURS}
    parsed = parse_activity(activity("Accept", object=inner, result="https://peer.test/stamps/1"))
    assert parsed == Accept(inner=Inner(**inner), result="https://peer.test/stamps/1", **BASE)  # type: ignore[arg-type]


def test_addresses_come_in_every_shape_each_once_and_hidden_ones_too() -> None:
    parsed = parse_activity(
        activity("Like", to=PUBLIC, bto=[BOB, PUBLIC], cc=[{"id": ALICE}, ALICE, None, 7, [], {}], bcc="as:Public")
    )
    assert parsed.to == (PUBLIC, BOB)
    assert parsed.cc == (ALICE, "as:Public")


def test_too_many_addressees_are_too_many() -> None:
    crowd = [f"https://peer.test/users/{number}" for number in range(MAX_ADDRESSEES)]
    assert len(parse_activity(activity("Like", to=crowd)).to) == MAX_ADDRESSEES
    assert len(parse_activity(activity("Like", to=crowd * 50)).to) == MAX_ADDRESSEES
    with pytest.raises(TooLarge):
        parse_activity(activity("Like", to=[*crowd, BOB]))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-09-28T09:30:12Z", datetime(2026, 9, 28, 9, 30, 12, tzinfo=UTC)),
        ("2026-09-28T09:30:12.987654321Z", datetime(2026, 9, 28, 9, 30, 12, tzinfo=UTC)),
        ("2026-09-28T11:30:12+02:00", datetime(2026, 9, 28, 9, 30, 12, tzinfo=UTC)),
        ("2026-09-28T05:30:12-0400", datetime(2026, 9, 28, 9, 30, 12, tzinfo=UTC)),
        ("2026-09-28 09:30:12", datetime(2026, 9, 28, 9, 30, 12, tzinfo=UTC)),
        ("2026-09-28t09:30z", datetime(2026, 9, 28, 9, 30, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-02-30T09:30:12Z", None),
        ("2026-09-28T25:30:12Z", None),
        ("2026-09-28T09:30:12+99:99", None),
        ("0000-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-09-28", None),
        ("yesterday", None),
        ("2026-09-28T09:30:12Z" + " " * 60, None),
        (1_790_000_000, None),
        (["2026-09-28T09:30:12Z"], None),
    ],
)
def test_times_are_read_in_the_ways_in_which_servers_write_them(written: Any, meant: datetime | None) -> None:
    assert parse_activity(activity("Like", published=written)).published == meant


def test_a_peek_reads_no_more_than_who_what_and_about_what() -> None:
    seen = peek(activity("Create", object=note(content=[1, 2])))
    assert (seen.type, seen.actor, seen.object_id) == ("Create", BOB, POST)
    assert peek({"type": "Ping", "actor": BOB}).object_id is None
    for key in ("type", "actor"):
        with pytest.raises(Malformed):
            peek(activity("Like") | {key: None})


def test_what_stands_at_an_id_is_read_by_what_it_is() -> None:
    assert isinstance(parse_object(note()), Note)
    assert isinstance(parse_object(person()), Actor)
    assert isinstance(parse_object({"id": POST, "type": "Tombstone"}), Tombstone)
    assert isinstance(parse_object(EVERY_KIND["Follow"]), Follow)
    with pytest.raises(Malformed):
        parse_object({"id": POST, "type": "Place"})
