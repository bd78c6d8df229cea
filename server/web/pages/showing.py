"""What the templates of posts are given."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from server.base.catalogue import SOURCE, catalogue, known
from server.base.safe_html import to_text
from server.base.words import marked
from server.features.actors.model import OurActor
from server.features.media.model import MediaItem
from server.features.posts.calling import first_line, state_word, words_for
from server.features.posts.model import Kind, Post
from server.features.posts.wording import best_text
from server.web.shared.request import house_of

EXCERPT_CHARS = 200
CORRECTION = marked("Correction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The campaign as the head of each page shows it."""

    actor: OurActor
    handle: str
    uri: str
    bio: str
    avatar: MediaItem | None
    header: MediaItem | None
    allies: bool


async def profile_of(request: Request, actor: OurActor) -> Profile:
    """The campaign with its pictures."""
    house = house_of(request)
    return Profile(
        actor=actor,
        handle=house.addresses.acct(actor.handle),
        uri=house.actors.uri(actor),
        bio=house.profiles.bio_html(actor.bio),
        avatar=await house.media.by_id(actor.avatar_media_id),
        header=await house.media.by_id(actor.header_media_id),
        allies=house.allies.any_shown,
    )


def excerpt(post: Post, language: str = "") -> str:
    """The first words of a post, in a language if it is there; only its warning if it has one."""
    text = best_text(post, language)
    line = first_line(post.call, text, words_for(text.language, post.language)) if post.call else ""
    words = text.warning or post.main.warning or " ".join(f"{line} {to_text(text.html)}".split())
    return words if len(words) <= EXCERPT_CHARS else f"{words[: EXCERPT_CHARS - 1].rstrip()}…"


def title(post: Post, language: str = "") -> str:
    """A title for feeds and cards, in a language if it is there."""
    text = best_text(post, language)
    words = text.title or excerpt(post, language)[:80] or "…"
    if post.call and text.title:
        words = f"{state_word(post.call, words_for(text.language, post.language))}: {words}"
    mark = catalogue(known(text.language) or SOURCE).one(CORRECTION)
    is_marked = post.kind is not Kind.CORRECTION or words.casefold().startswith(
        (mark.casefold(), CORRECTION.casefold())
    )
    return words if is_marked else f"{mark}: {words}"


def older_query(request: Request) -> str:
    """The part of the query that says where an older page begins, as the chooser of languages keeps it."""
    before = before_of(request)
    return "" if before is None else f"before={before}"


def before_of(request: Request) -> int | None:
    """Where an older page begins."""
    text = request.query_params.get("before", "")
    return int(text) if text.isdigit() and len(text) < 19 else None
