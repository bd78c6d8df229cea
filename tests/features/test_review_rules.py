"""The pure parts of reviews: who must look, what changed, what to look at twice."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.features.access.model import Role
from server.features.posts.model import (
    Audience,
    Draft,
    DraftMedia,
    DraftPoll,
    DraftText,
    Picture,
    Post,
    ReplyPolicy,
    State,
    Text,
)
from server.features.posts.model import Kind as PostKind
from server.features.reviews.difference import Mark, changes_of, compare
from server.features.reviews.model import Change, Colleague, Kind, People
from server.features.reviews.policy import eyes, people, wants_review
from server.features.reviews.warnings import Sign, of_draft, of_text, script_of

NOBODY = People(active=1, other_reviewers=0)
TWO = People(active=2, other_reviewers=1)
WORDS = Draft(text="Come", language="en")
SHOWN = replace(WORDS, media=(DraftMedia(public_id="p1", alt="A quay"),))
CALL = replace(WORDS, kind=PostKind.CALL_OUT)
CORRECTION = replace(WORDS, corrects="abc")


def picture(name: str = "p1", alt: str = "A quay") -> Picture:
    return Picture(
        media_id=1, public_id=name, mime="image/png", extension="png", width=2, height=2, bytes=9, small_mime="image/png",
        small_extension="png", small_width=1, small_height=1, small_bytes=3, avif_bytes=0, blurhash="", focus=None, alt=alt,
    )  # fmt: skip


def post(text: str = "Come", *pictures: Picture, kind: PostKind = PostKind.UPDATE, language: str = "en") -> Post:
    return Post(
        id=1, public_id="post1", actor_id=1, kind=kind, state=State.LIVE, audience=Audience.PUBLIC,
        reply_policy=ReplyPolicy.APPROVAL, language=language, revision_id=1, revision_number=1, sensitive=False,
        in_reply_to=None, in_reply_to_post_id=None, thread_public_id="post1", published_at="", updated_at="", edited_at=None,
        deleted_at=None, pinned_at=None, pictures=pictures,
        texts=(Text(language=language, state="main", title="", warning="", source=text, html=f"<p>{text}</p>"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "chosen", "there", "waits"),
    [
        # The default: nothing for one, pictures and call-outs once there is somebody to look.
        (Change(draft=WORDS), {}, TWO, False),
        (Change(draft=CORRECTION), {}, TWO, False),
        (Change(draft=SHOWN), {}, NOBODY, False),
        (Change(draft=SHOWN), {}, TWO, True),
        (Change(draft=CALL), {}, NOBODY, False),
        (Change(draft=CALL), {}, TWO, True),
        (Change(draft=SHOWN), {}, People(active=5, other_reviewers=0), False),
        # What was chosen holds, even where nobody could look.
        (Change(draft=WORDS), {Kind.UPDATE: 2}, NOBODY, True),
        (Change(draft=SHOWN), {Kind.PICTURE: 1}, TWO, False),
        (Change(draft=SHOWN), {Kind.UPDATE: 2, Kind.PICTURE: 1}, TWO, True),
        (Change(draft=CORRECTION), {Kind.CORRECTION: 2}, TWO, True),
        (Change(draft=CORRECTION), {Kind.UPDATE: 2}, TWO, False),
        (Change(draft=CALL), {Kind.CALL_OUT: 1}, TWO, False),
        (Change(draft=replace(WORDS, kind=PostKind.ARTICLE)), {Kind.UPDATE: 2}, TWO, True),
        # Edits and deletions follow what they change, before and after.
        (Change(draft=WORDS, post=post()), {}, TWO, False),
        (Change(draft=SHOWN, post=post()), {}, TWO, True),
        (Change(draft=WORDS, post=post("Come", picture())), {}, TWO, True),
        (Change(draft=WORDS, post=post(kind=PostKind.CALL_OUT)), {}, TWO, True),
        (Change(post=post()), {}, TWO, False),
        (Change(post=post("Come", picture())), {}, TWO, True),
        (Change(post=post("Come", picture())), {}, NOBODY, False),
        # Unless the campaign chose for edits and deletions themselves; a new picture is new all the same.
        (Change(draft=SHOWN, post=post("Come", picture())), {Kind.EDIT: 1}, TWO, False),
        (Change(draft=SHOWN, post=post()), {Kind.EDIT: 1}, TWO, True),
        (Change(draft=SHOWN, post=post()), {Kind.EDIT: 1, Kind.PICTURE: 1}, TWO, False),
        (Change(draft=WORDS, post=post()), {Kind.EDIT: 2}, TWO, True),
        (Change(draft=CORRECTION, post=post()), {Kind.EDIT: 1, Kind.CORRECTION: 2}, TWO, True),
        (Change(draft=CALL, post=post()), {Kind.EDIT: 1}, TWO, True),
        (Change(draft=replace(WORDS, correction="Not Monday"), post=post()), {Kind.CORRECTION: 2}, TWO, True),
        (Change(draft=CALL, post=post(kind=PostKind.CALL_OUT)), {Kind.EDIT: 1}, TWO, False),
        (Change(post=post("Come", picture())), {Kind.DELETE: 1}, TWO, False),
        (Change(post=post()), {Kind.DELETE: 2}, NOBODY, True),
    ],
)
def test_who_must_look(change: Change, chosen: dict[Kind, int], there: People, waits: bool) -> None:
    assert wants_review(change, chosen, there) is waits


def test_those_who_count_write_or_review_and_the_asker_is_no_other() -> None:
    everybody = [Colleague(id=number, name=str(role), role=role) for number, role in enumerate(Role, 1)]
    assert people(everybody, None) == People(active=3, other_reviewers=2)
    assert people(everybody, 2) == People(active=3, other_reviewers=1)
    assert people(everybody[:1], 1) == People(active=1, other_reviewers=0)
    assert eyes(Kind.PICTURE, {}, people(everybody[1:2], 2)) == 1


# -- differences ------------------------------------------------------------------------------------------------------------


def both(old: str, new: str) -> tuple[str, str]:
    pieces = compare(old, new)
    return (
        "".join(piece.text for piece in pieces if piece.mark is not Mark.NEW),
        "".join(piece.text for piece in pieces if piece.mark is not Mark.GONE),
    )


def test_an_hour_and_an_address_change_as_a_whole() -> None:
    pieces = compare("From 19:30 at 1.5.", "From 20:00 at 1.7.")
    assert [piece.text for piece in pieces if piece.mark is not Mark.SAME] == ["19:30", "20:00", "1.5", "1.7"]


def test_a_word_that_changed_is_marked_alone() -> None:
    pieces = compare("Meet at the quay at 18:00.", "Meet at the bridge at 18:00.")
    assert [(piece.mark, piece.text) for piece in pieces] == [
        ("same", "Meet at the "),
        ("gone", "quay"),
        ("new", "bridge"),
        ("same", " at 18:00."),
    ]


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_texts_are_whole_in_their_difference(old: str, new: str) -> None:
    assert both(old, new) == (old, new)


@pytest.mark.parametrize(
    "old", ["a " * 2500, "a b " * 1250, "\n" * 5000, "".join(chr(0x4E00 + n) for n in range(5000))]
)
def test_no_text_takes_long_to_compare(old: str) -> None:
    new = "b " + old[::-1][:4900] + " c"
    start = time.perf_counter()
    assert both(old, new) == (old, new)
    assert time.perf_counter() - start < 10, "a guard, not a figure"


def test_every_language_title_warning_and_description_is_compared() -> None:
    before = post("Come", picture(alt="A quay"))
    draft = replace(
        SHOWN,
        title="New",
        warning="Careful",
        media=(DraftMedia(public_id="p1", alt="A bridge"),),
        translations=(DraftText(language="fr", text="Venez"),),
    )
    found = [(one.field, one.language) for one in changes_of(before, draft)]
    assert found == [("title", "en"), ("warning", "en"), ("words", "fr"), ("alt", "en")]


def test_another_language_of_the_same_words_is_a_change() -> None:
    assert [one.field for one in changes_of(post(), replace(WORDS, language="fr"))][-1] == "language"
    assert changes_of(post(), WORDS) == ()


# -- what to look at twice --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        (Sign.PLACE, "We are at 50.9513, 1.8587"),
        (Sign.PLACE, "We are at 50.9513 N, 1.8587 E"),
        (Sign.PLACE, "50°57'04\"N 1°51'31\"E"),
        (Sign.PLACE, "geo:50.95,1.85"),
        (Sign.PLACE, "9F26XV2V+8M is where"),
        (Sign.PLACE, "///filled.count.soap"),
        (Sign.PLACE, "https://www.openstreetmap.org/#map=19/50.9/1.8"),
        (Sign.PLACE, "https://maps.app.goo.gl/abc"),
        (Sign.PLACE, "https://www.google.com/maps/place/x"),
        (Sign.PLACE, "Come to 12 Harbour Street"),
        (Sign.PLACE, "au 12 bis, rue de Vic ce soir"),
        (Sign.PLACE, "Kommt in die Hafenstraße 116"),
        (Sign.PLACE, "calle de la Luna 7"),
        (Sign.PLACE, "شارع الحرية ١٢"),
        (Sign.PHONE, "Call +33 6 12 34 56 78"),
        (Sign.PHONE, "Call 06 12 34 56 78 now"),
        (Sign.PHONE, "0044 (0)20 7946 0958"),
        (Sign.EMAIL, "Write to somebody@example.org"),
        (Sign.SHORT_LINK, "https://bit.ly/3abc"),
        (Sign.TRACKED_LINK, "https://example.org/a?utm_source=x"),
        (Sign.GROUP_LINK, "Join https://signal.group/#abc"),
        (Sign.GROUP_LINK, "https://chat.whatsapp.com/abc"),
        (Sign.NO_ZONE, "Meet at 18:00"),
        (Sign.NO_ZONE, "Rendez-vous à 18h30"),
        (Sign.NO_ZONE, "at 6 pm"),
        (Sign.LOOSE_DAY, "Come tonight"),
        (Sign.LOOSE_DAY, "تعالوا الليلة"),
    ],
)
def test_it_is_noticed(sign: Sign, text: str) -> None:
    assert sign in {one.sign for one in of_text(text)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We need 12 blankets, 40 tents and tea. #NoBorders",
        "Thanks to @group@their.example and @other@example.org",
        "Friday 2 October 2026, 18:00 Calais time",
        "Vendredi 2 octobre, 18h30, heure de Calais",
        "On 2026-10-02 there were 1.234.567 people, 3.5 % more; see §12",
        "Read https://example.org/2026/10/02/12345678901/a-street-in-calais?page=2",
        "Street medics came. The road was closed. Route 66 is elsewhere.",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert of_text(text) == []


def signs(draft: Draft, *names: str) -> set[Sign]:
    return {one.sign for one in of_draft(draft, names)}


def test_a_picture_asks_to_look_for_faces_and_for_its_description() -> None:
    assert signs(SHOWN) == {Sign.FACE}
    assert signs(replace(WORDS, media=(DraftMedia(public_id="p1", alt=" "),))) == {Sign.FACE, Sign.NO_ALT}
    assert signs(WORDS) == set()


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("", "Come", {Sign.NO_LANGUAGE}),
        ("und", "Come", {Sign.NO_LANGUAGE}),
        ("en", "الميناء مفتوح لكل الناس", {Sign.OTHER_SCRIPT}),
        ("ar", "The harbour is open to everybody", {Sign.OTHER_SCRIPT}),
        ("fa", "بندر برای همه باز است", set()),
        ("ti", "ወደባችን ክፍት ነው ንኹሉ ሰብ", set()),
        ("xx", "الميناء مفتوح لكل الناس", set()),
        ("en", "https://example.org/الميناء-مفتوح-لكل-الناس Harbour open", set()),
        ("en", "سلام", set()),
    ],
)
def test_the_language_is_the_one_that_is_written(language: str, text: str, expected: set[Sign]) -> None:
    assert signs(Draft(text=text, language=language)) == expected


def test_a_name_from_inside_is_seen_wherever_it_stands_and_only_as_a_word() -> None:
    assert signs(replace(WORDS, text="Ask ADA about it"), "ada") == {Sign.INSIDE_NAME}
    assert signs(replace(WORDS, text="Adapt and overcome"), "ada") == set()
    for draft in (
        replace(WORDS, warning="by ada"),
        replace(WORDS, title="Ada's letter"),
        replace(WORDS, correction="Ada mixed the days up"),
        replace(WORDS, poll=DraftPoll(options=("ada", "none"), seconds=3600)),
        replace(WORDS, translations=(DraftText(language="fr", text="Demandez à Ada"),)),
        replace(WORDS, media=(DraftMedia(public_id="p", alt="Ada at the quay"),)),
    ):
        assert Sign.INSIDE_NAME in signs(draft, "ada")


def test_a_name_is_no_pattern() -> None:
    assert signs(replace(WORDS, text="a.b"), "a.b", ".*", "c(") == {Sign.INSIDE_NAME}
    assert of_draft(replace(WORDS, text="axb"), ["a.b"]) == ()


def test_a_translation_is_looked_at_too_and_nothing_is_said_twice() -> None:
    draft = replace(
        WORDS,
        text="Call +33 6 12 34 56 78",
        translations=(DraftText(language="fr", text="Appelez +33 6 12 34 56 78 ou +33 6 00 00 00 00"),),
    )
    assert [one.found for one in of_draft(draft, [])] == ["+33 6 12 34 56 78", "+33 6 00 00 00 00"]


def test_mixed_scripts_are_no_script() -> None:
    assert script_of("harbour الميناء harbour الميناء") == ""
    assert script_of("12:00 !?") == ""


@pytest.mark.parametrize(
    "text",
    ["1" * 5000, "1 " * 2500, "a" * 5000, "a." * 2500, "rue " * 1250, "12 A " * 1000, "+" * 5000, "0 0 " * 1250, "a@" * 2500,
     "http://" * 700, "///a.b" * 800, "calle " + "x " * 2400, "שارع " * 1000, "12 Aa Bb Cc Dd Ee " * 270],
)  # fmt: skip
def test_no_words_take_long_to_look_at(text: str) -> None:
    start = time.perf_counter()
    of_draft(Draft(text=text, language="en"), ["ada"])
    assert time.perf_counter() - start < 5, "a guard, not a figure"
