"""Which of a post's texts a reader is shown."""

from __future__ import annotations

import pytest

from server.features.posts.model import Audience, Kind, Post, ReplyPolicy, State, Text
from server.features.posts.wording import best_text, other_texts


def text(language: str, state: str) -> Text:
    return Text(language=language, state=state, title="", warning="", source=language, html=f"<p>{language}</p>")


def post(*texts: Text) -> Post:
    return Post(
        id=1,
        public_id="heron",
        actor_id=1,
        kind=Kind.UPDATE,
        state=State.LIVE,
        audience=Audience.PUBLIC,
        reply_policy=ReplyPolicy.APPROVAL,
        language="en",
        revision_id=1,
        revision_number=1,
        sensitive=False,
        in_reply_to=None,
        in_reply_to_post_id=None,
        thread_public_id="heron",
        published_at="2026-09-28T09:30:00.000000Z",
        updated_at="2026-09-28T09:30:00.000000Z",
        edited_at=None,
        deleted_at=None,
        pinned_at=None,
        texts=texts,
    )


MANY = post(
    text("ar", "draft"),
    text("en", "main"),
    text("fa", "stale"),
    text("fr", "approved"),
    text("pt-BR", "approved"),
    text("pt", "stale"),
)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("fr", "fr"),
        ("FR", "fr"),
        ("fr-CA", "fr"),
        ("fa", "fa"),
        ("en", "en"),
        ("ar", "en"),
        ("ti", "en"),
        ("", "en"),
        ("pt", "pt"),
        ("pt-BR", "pt-BR"),
        ("pt-PT", "pt"),
    ],
)
def test_a_reader_is_shown_their_language_if_it_may_be_read_and_else_the_main_one(asked: str, shown: str) -> None:
    expected = {"pt-PT": {"pt", "pt-BR"}}.get(asked, {shown})
    assert best_text(MANY, asked).language in expected


def test_a_translation_that_is_not_approved_is_no_one_s_to_read() -> None:
    assert [one.language for one in MANY.shown_texts] == ["en", "fa", "fr", "pt-BR", "pt"]
    assert [one.language for one in other_texts(MANY, best_text(MANY, "fa"))] == ["en", "fr", "pt-BR", "pt"]


def test_a_post_in_one_language_has_no_other() -> None:
    alone = post(text("en", "main"))
    assert other_texts(alone, best_text(alone, "fa")) == ()
