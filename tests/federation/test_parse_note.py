from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from federation.errors import Malformed, TooLarge
from federation.identifiers import ActorId, ObjectId
from federation.objects import NOTE_TYPES, Attachment, Hashtag, Mention, Poll, PollOption, Tombstone, Visibility
from federation.parse_note import (
    MAX_ALT,
    MAX_ATTACHMENTS,
    MAX_CONTENT,
    MAX_NAME,
    MAX_OPTIONS,
    MAX_SUMMARY,
    MAX_TAGS,
    is_note,
    parse_note,
    parse_tombstone,
)
from federation.shapes import MAX_ADDRESSEES, MAX_LANGUAGES
from tests.federation.documents import ALICE, BOB, ODD, OURS, POST, PUBLIC, is_complete, note

IMAGE = {"type": "Image", "url": "https://peer.test/cow.jpg", "mediaType": "image/jpeg", "name": "a cow"}
FULL = note(
    type="Question",
    contentMap={"en": "<p>Hello</p>"},
    summary="warning",
    summaryMap={"en": "warning"},
    name="title",
    nameMap={"en": "title"},
    url="https://peer.test/@bob/1",
    inReplyTo=OURS,
    updated="2026-09-28T10:00:00Z",
    sensitive=True,
    attachment=[IMAGE | {"width": 640, "height": 480, "blurhash": "UBL_:rOpGG-oBUNG", "focalPoint": [0.5, -1]}],
    tag=[{"type": "Mention", "href": ALICE, "name": "@alice@our.test"}, {"type": "Hashtag", "name": "#a", "href": "x"}],
    oneOf=[{"type": "Note", "name": "yes", "replies": {"type": "Collection", "totalItems": 3}}],
    endTime="2026-09-29T09:30:12Z",
    closed="2026-09-29T09:30:12Z",
    votersCount=3,
    quote="https://third.test/n/1",
    context="https://peer.test/contexts/1",
    conversation="tag:peer.test,2026:1",
    replies={"id": f"{POST}/replies", "totalItems": 2},
    likes={"id": f"{POST}/likes", "totalItems": 4},
    shares=f"{POST}/shares",
    interactionPolicy={"canQuote": {"automaticApproval": [PUBLIC]}},
)


def test_a_post_with_everything_loses_nothing() -> None:
    found = parse_note(FULL)
    assert is_complete(found)
    assert (found.id, found.attributed_to, found.type) == (POST, BOB, "Question")
    assert (found.to, found.cc) == ((PUBLIC,), (f"{BOB}/followers",))
    assert (found.content, found.content_map, found.language) == ("<p>Hello</p>", (("en", "<p>Hello</p>"),), "en")
    assert (found.summary, found.name, found.url) == ("warning", "title", "https://peer.test/@bob/1")
    assert (found.in_reply_to, found.quote, found.sensitive) == (OURS, "https://third.test/n/1", True)
    assert found.updated == datetime(2026, 9, 28, 10, tzinfo=UTC)
    assert found.attachments[0].focus == (0.5, -1.0)
    assert found.mentions == (Mention(href=ActorId(ALICE), name="@alice@our.test"),)
    assert found.hashtags == (Hashtag(name="#a", href=""),)
    ends = datetime(2026, 9, 29, 9, 30, 12, tzinfo=UTC)
    options = (PollOption(name="yes", votes=3),)
    assert found.poll == Poll(options=options, multiple=False, ends=ends, closed=ends, voters=3)
    assert (found.context, found.conversation) == ("https://peer.test/contexts/1", "tag:peer.test,2026:1")
    assert (found.replies_total, found.likes_total, found.shares_total) == (2, 4, None)
    assert (found.replies, found.shares, found.can_quote) == (f"{POST}/replies", f"{POST}/shares", (PUBLIC,))


@pytest.mark.parametrize("key", sorted(FULL))
def test_a_wrong_value_anywhere_gives_a_whole_post_or_a_refusal(key: str) -> None:
    for value in (*ODD, [1], [{"type": {}}] * 3, {"en": {}, "": "x", "x" * 40: "y"}, [{"type": "Mention", "href": {}}]):
        with suppress(Malformed):
            assert is_complete(parse_note(FULL | {key: value}))


@pytest.mark.parametrize("key", ["id", "attributedTo"])
@pytest.mark.parametrize(
    "bad", [None, "", "no url", 1, [], {}, [BOB, BOB], {"href": BOB}, "ftp://peer.test/"], ids=repr
)
def test_a_post_needs_an_id_and_one_author(key: str, bad: Any) -> None:
    with pytest.raises(Malformed, match=key):
        parse_note(note() | {key: bad})


@pytest.mark.parametrize(
    "kind", [None, "", "Person", "Tombstone", "Place", "note", ["Note", "Article"], {}, 1], ids=repr
)
def test_what_is_no_post_is_not_read_as_one(kind: Any) -> None:
    assert not is_note({"type": kind})
    with pytest.raises(Malformed, match="not a post"):
        parse_note(note() | {"type": kind})


@pytest.mark.parametrize("kind", sorted(NOTE_TYPES))
def test_every_kind_of_post_is_read_alike(kind: str) -> None:
    assert parse_note(note(type=kind)).type == kind


def test_a_post_may_say_next_to_nothing() -> None:
    found = parse_note({"id": POST, "type": "Note", "attributedTo": BOB})
    assert is_complete(found)
    assert (found.content, found.summary, found.name, found.to, found.published) == ("", None, None, (), None)


def test_without_a_text_the_first_language_stands_for_it() -> None:
    found = parse_note(note(content=None, contentMap={"de": "Deutsch", "en": "English"}))
    assert (found.content, found.language) == ("Deutsch", "de")
    found = parse_note(note(content="text", contentMap={"fa": "سلام", "en": "hi"}))
    assert (found.content, found.content_map) == ("text", (("fa", "سلام"), ("en", "hi")))


def test_only_texts_under_sound_languages_are_kept() -> None:
    odd = {"en": 1, "e n": "a", "<b>": "b", "": "c", "und": "d", "zh-Hant-TW": "e", "x" * 9: "f", "fr": None}
    assert parse_note(note(contentMap=odd)).content_map == (("und", "d"), ("zh-Hant-TW", "e"))
    crowd = {f"a{chr(97 + n // 26)}{chr(97 + n % 26)}": "x" for n in range(200)}
    assert len(parse_note(note(contentMap=crowd)).content_map) == MAX_LANGUAGES


def test_long_texts_are_cut() -> None:
    long = "x" * (MAX_CONTENT + 1)
    found = parse_note(note(content=long, summary=long, name=long, contentMap={"en": long}))
    assert len(found.content) == len(found.content_map[0][1]) == MAX_CONTENT
    assert (len(found.summary or ""), len(found.name or "")) == (MAX_SUMMARY, MAX_NAME)


def test_other_scripts_and_turned_letters_come_through_for_the_cleaner_to_judge() -> None:
    words = "שלום \u202eolleh\u202c ሰላም 🎉\u200d\ufe0f"
    assert parse_note(note(content=words, summary=words)).content == words


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://peer.test/@bob/1", "https://peer.test/@bob/1"),
        (["https://peer.test/@bob/1"], "https://peer.test/@bob/1"),
        ({"type": "Link", "href": "https://peer.test/@bob/1"}, "https://peer.test/@bob/1"),
        ([{"mediaType": "video/mp4", "href": "https://peer.test/v"}, {"mediaType": "text/html", "href": BOB}], BOB),
        ({"mediaType": "video/mp4", "href": "https://peer.test/v"}, None),
        ([None, 1, {"mediaType": ["text/html"], "href": POST}, {"href": {}}, BOB], BOB),
        ("javascript:alert(1)", None),
        ("data:text/html,<script>", None),
        ([{}] * 8 + [BOB], None),
    ],
)
def test_the_page_of_a_post_is_the_first_link_to_a_page(url: Any, page: str | None) -> None:
    assert parse_note(note(url=url)).url == page


@pytest.mark.parametrize(
    ("attachment", "urls"),
    [
        (IMAGE, ["https://peer.test/cow.jpg"]),
        ([IMAGE, IMAGE | {"url": [{"type": "Link", "href": BOB}]}], ["https://peer.test/cow.jpg", BOB]),
        ([IMAGE | {"type": "Link"}, IMAGE | {"type": ["Image"]}, IMAGE | {"type": {}}, IMAGE | {"type": "Note"}], []),
        ([IMAGE | {"url": "data:image/png;base64,AA"}, IMAGE | {"url": None}, IMAGE | {"url": [[BOB]]}], []),
        (["https://peer.test/cow.jpg", 1, None, [IMAGE]], []),
    ],
)
def test_only_pictures_with_an_address_are_attached(attachment: Any, urls: list[str]) -> None:
    assert [one.url for one in parse_note(note(attachment=attachment)).attachments] == urls


@pytest.mark.parametrize(
    "more",
    [
        {"width": "640"},
        {"width": 640.5},
        {"width": True},
        {"width": 0},
        {"width": -1},
        {"width": 10**9},
        {"blurhash": "<script>alert</script>é"},
        {"blurhash": "x" * 101},
        {"blurhash": ["UBL_:rOpGG"]},
        {"focalPoint": [2, 0]},
        {"focalPoint": ["0", "0"]},
        {"focalPoint": [0, 0, 0]},
        {"focalPoint": {"x": 0}},
        {"focalPoint": "0,0"},
    ],
    ids=repr,
)
def test_a_measure_that_is_none_is_left_out_of_a_picture(more: dict[str, Any]) -> None:
    expected = Attachment(url="https://peer.test/cow.jpg", media_type="image/jpeg", alt="a cow")
    assert parse_note(note(attachment=IMAGE | more)).attachments == (expected,)


def test_a_picture_is_described_by_its_summary_or_its_name() -> None:
    pictures = [IMAGE | {"summary": "s"}, IMAGE, IMAGE | {"name": ["x"]}, IMAGE | {"summary": "y" * 9_000}]
    found = parse_note(note(attachment=pictures)).attachments
    assert [one.alt for one in found] == ["s", "a cow", "", "y" * MAX_ALT]


def test_lists_are_read_up_to_a_bound() -> None:
    tags = [{"type": "Hashtag", "name": "#x"}] * 5_000
    options = [{"name": str(number)} for number in range(500)]
    found = parse_note(note(type="Question", attachment=[IMAGE] * 500, tag=tags, anyOf=options))
    assert (len(found.attachments), len(found.hashtags)) == (MAX_ATTACHMENTS, MAX_TAGS)
    assert found.poll is not None
    assert (len(found.poll.options), found.poll.multiple) == (MAX_OPTIONS, True)
    with pytest.raises(TooLarge):
        parse_note(note(cc=[f"https://peer.test/{number}" for number in range(MAX_ADDRESSEES + 1)]))


def test_a_tag_names_somebody_or_something_or_is_nothing() -> None:
    found = parse_note(
        note(
            tag=[
                {"type": "Mention", "href": ALICE},
                {"type": "Mention", "href": "no url", "name": "@x"},
                {"type": "Hashtag", "href": "https://peer.test/t/x"},
                {"type": "Hashtag", "name": "#y", "href": "https://peer.test/t/y"},
                {"type": ["Hashtag"], "name": "#z"},
                {"type": "Emoji", "name": ":cat:"},
                "#loose",
            ]
        )
    )
    assert found.mentions == (Mention(href=ActorId(ALICE), name=""),)
    assert found.hashtags == (Hashtag(name="#y", href="https://peer.test/t/y"),)


@pytest.mark.parametrize("total", [None, "3", 3.0, True, -1, 2**60, {}, []], ids=repr)
def test_a_count_that_is_none_counts_nothing(total: Any) -> None:
    option = {"name": "yes", "replies": {"totalItems": total}}
    found = parse_note(note(type="Question", oneOf=option, likes={"id": POST, "totalItems": total}, votersCount=total))
    assert found.poll == Poll(options=(PollOption(name="yes", votes=0),), multiple=False)
    assert found.likes_total is None


def test_only_a_question_is_a_poll_and_only_with_answers() -> None:
    assert parse_note(note(oneOf=[{"name": "yes"}])).poll is None
    assert parse_note(note(type="Question")).poll is None
    assert parse_note(note(type="Question", anyOf=["yes", {"name": 1}, None])).poll is None
    closed = parse_note(note(type="Question", anyOf=[{"name": "yes"}], closed="2026-09-29T09:30:12Z")).poll
    assert closed is not None
    assert closed.ends == closed.closed == datetime(2026, 9, 29, 9, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize("key", ["quote", "quoteUri", "quoteUrl", "_misskey_quote"])
def test_a_quote_comes_under_four_names(key: str) -> None:
    assert parse_note(note(**{key: OURS})).quote == OURS


@pytest.mark.parametrize(
    ("parent", "found"),
    [(OURS, OURS), ([OURS], OURS), ({"id": OURS, "type": "Note"}, OURS), ([OURS, BOB], None), ({"href": OURS}, None)],
)
def test_a_reply_answers_one_post(parent: Any, found: str | None) -> None:
    assert parse_note(note(inReplyTo=parent)).in_reply_to == found


def test_a_name_without_a_text_answers_a_poll() -> None:
    assert parse_note(note(content=None, name="yes", inReplyTo=OURS)).is_vote
    for more in ({"inReplyTo": None}, {"name": None}, {"content": "words"}, {"type": "Article"}):
        assert not parse_note(note(content=None, name="yes", inReplyTo=OURS) | more).is_vote


@pytest.mark.parametrize(
    ("to", "cc", "visibility"),
    [
        ([PUBLIC], [], Visibility.PUBLIC),
        ("as:Public", None, Visibility.PUBLIC),
        ([f"{BOB}/followers"], ["Public"], Visibility.UNLISTED),
        ([f"{BOB}/followers"], [], Visibility.FOLLOWERS),
        ([f"{ALICE}/followers"], [BOB], Visibility.DIRECT),
        ([f"{PUBLIC}/", "public", "AS:PUBLIC", {"type": PUBLIC}], [], Visibility.DIRECT),
        (None, None, Visibility.DIRECT),
    ],
)
def test_nothing_unknown_widens_who_may_see_a_post(to: Any, cc: Any, visibility: Visibility) -> None:
    assert parse_note(note(to=to, cc=cc)).visibility(f"{BOB}/followers") is visibility


def test_a_tombstone_needs_no_more_than_an_id() -> None:
    assert parse_tombstone({"id": POST, "formerType": [], "deleted": 1}) == Tombstone(id=ObjectId(POST))
    with pytest.raises(Malformed):
        parse_tombstone({"type": "Tombstone"})


def test_the_language_is_that_of_the_content_wherever_it_stands_in_the_map() -> None:
    words = {"en": "<p>Hello</p>", "fa": "<p>سلام</p>"}
    for language, content in words.items():
        assert parse_note(note(content=content, contentMap=words)).language == language
    assert parse_note(note(content="<p>Salut</p>", contentMap=words)).language == "en"
