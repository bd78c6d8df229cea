from __future__ import annotations

from typing import Any

import pytest

from federation.authority import authorise, is_forwarded
from federation.errors import NotAuthorised
from federation.identifiers import ActorId
from federation.parse import parse_activity
from tests.federation.documents import ALICE, BOB, OURS, POST, activity, note, person

EVE = "https://peer.test/users/eve"
MALLORY = "https://evil.test/users/mallory"
ELSEWHERE = [
    "https://evil.test/notes/1",
    "http://peer.test/notes/1",
    "https://peer.test:8443/notes/1",
    "https://peer.test.evil.test/notes/1",
    "https://sub.peer.test/notes/1",
    "https://xn--peer-test/notes/1",
    "https://peer.test./notes/1",
]


def judge(document: dict[str, Any], signer: str = BOB) -> None:
    authorise(parse_activity(document), ActorId(signer))


def inner(**more: Any) -> dict[str, Any]:
    return {"id": "https://peer.test/f/1", "type": "Follow", "actor": BOB, "object": ALICE} | more


@pytest.mark.parametrize(
    "document",
    [
        activity("Create", object=note()),
        activity("Create", object=POST),
        activity("Update", object=note()),
        activity("Update", object=person()),
        activity("Update", object=POST),
        activity("Delete", object=POST),
        activity("Delete", object=BOB),
        activity("Delete", object={"id": POST, "type": "Tombstone"}),
        activity("Follow", object=ALICE),
        activity("Like"),
        activity("Announce"),
        activity("Announce", object="https://third.test/n/1"),
        activity("Block", object=ALICE),
        activity("Flag", object=[ALICE, OURS]),
        activity("Move", object=BOB, target=MALLORY),
        activity("Add", object=POST, target=f"{BOB}/featured"),
        activity("Remove", id=None, object=OURS, target=f"{BOB}/featured"),
        activity("Undo", object=inner()),
        activity("Undo", object=inner(id=None)),
        activity("Undo", object="https://peer.test/f/1"),
        activity("Accept", object=inner(id="https://our.test/f/1", actor=ALICE, object=BOB)),
        activity("Accept", object="https://our.test/f/1"),
        activity("Reject", object=inner(id="https://our.test/f/1", actor=ALICE, object=BOB)),
        activity("QuoteRequest", instrument=POST),
        activity("View"),
    ],
    ids=lambda document: document["type"],
)
def test_an_actor_may_speak_of_what_is_its_own(document: dict[str, Any]) -> None:
    judge(document)


@pytest.mark.parametrize("signer", [EVE, MALLORY, f"{BOB}#main-key", f"{BOB}/", "https://PEER.test/users/bob"])
@pytest.mark.parametrize("kind", ["Follow", "Like", "Delete", "Create", "Update", "Announce", "View"])
def test_nobody_speaks_for_another_not_even_a_neighbour(kind: str, signer: str) -> None:
    parsed = parse_activity(activity(kind, object=POST))
    assert is_forwarded(parsed, ActorId(signer))
    with pytest.raises(NotAuthorised, match="somebody else"):
        authorise(parsed, ActorId(signer))
    assert not is_forwarded(parsed, ActorId(BOB))


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
@pytest.mark.parametrize("kind", ["Follow", "Like", "Create", "Delete", "Undo", "View"])
def test_an_activity_has_its_id_where_its_actor_lives(kind: str, elsewhere: str) -> None:
    with pytest.raises(NotAuthorised, match="id of another server"):
        judge(activity(kind, id=elsewhere, object=POST))


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nobody_writes_or_edits_posts_on_another_server(kind: str, elsewhere: str) -> None:
    for posted in (elsewhere, note(id=elsewhere)):
        with pytest.raises(NotAuthorised, match="not the actor's"):
            judge(activity(kind, object=posted))


@pytest.mark.parametrize("author", [EVE, MALLORY, f"{BOB}#", f"{BOB}?x"])
@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_nobody_puts_words_into_the_mouth_of_another(kind: str, author: str) -> None:
    with pytest.raises(NotAuthorised, match="not the actor's"):
        judge(activity(kind, object=note(attributedTo=author)))


@pytest.mark.parametrize("profile", [EVE, MALLORY])
def test_nobody_changes_the_profile_of_another(profile: str) -> None:
    with pytest.raises(NotAuthorised, match="not the actor's"):
        judge(activity("Update", object=person(id=profile, inbox=f"{profile}/inbox")))


@pytest.mark.parametrize("elsewhere", [*ELSEWHERE, MALLORY, OURS])
def test_nobody_deletes_on_another_server(elsewhere: str) -> None:
    for gone in (elsewhere, {"id": elsewhere, "type": "Tombstone"}):
        with pytest.raises(NotAuthorised, match="not the actor's"):
            judge(activity("Delete", object=gone))


@pytest.mark.parametrize(
    "undone",
    [
        inner(actor=EVE),
        inner(actor=MALLORY),
        inner(actor=[BOB]) | {"id": "https://evil.test/f/1"},
        inner(id="https://evil.test/f/1"),
        inner(id=None, actor=EVE),
        "https://our.test/f/1",
    ],
    ids=repr,
)
def test_nobody_takes_back_what_another_did(undone: Any) -> None:
    with pytest.raises(NotAuthorised, match="not the actor's"):
        judge(activity("Undo", object=undone))


@pytest.mark.parametrize("kind", ["Accept", "Reject"])
def test_nobody_answers_their_own_request(kind: str) -> None:
    with pytest.raises(NotAuthorised, match="not the actor's"):
        judge(activity(kind, object=inner()))


@pytest.mark.parametrize(("moved", "target"), [(EVE, MALLORY), (ALICE, MALLORY), (BOB, BOB)])
def test_nobody_moves_another_nor_to_where_they_are(moved: str, target: str) -> None:
    with pytest.raises(NotAuthorised, match="not the actor's"):
        judge(activity("Move", object=moved, target=target))


@pytest.mark.parametrize("kind", ["Add", "Remove"])
@pytest.mark.parametrize("elsewhere", [*ELSEWHERE, f"{ALICE}/featured"])
def test_nobody_pins_to_a_collection_on_another_server(kind: str, elsewhere: str) -> None:
    with pytest.raises(NotAuthorised, match="not the actor's"):
        judge(activity(kind, object=POST, target=elsewhere))


def test_nobody_blocks_themselves() -> None:
    with pytest.raises(NotAuthorised, match="not the actor's"):
        judge(activity("Block", object=BOB))
