"""What the templates of posts are given."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from server.base.safe_html import to_text
from server.features.actors.model import OurActor
from server.features.media.model import MediaItem
from server.features.posts.model import Kind, Post
from server.web.shared.request import house_of

EXCERPT_CHARS = 200
CORRECTION = "Correction"


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
    offers: bool


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
        offers=await house.offering.asks(),
    )


def excerpt(post: Post) -> str:
    """The first words of a post; only its warning if it has one."""
    words = post.main.warning or " ".join(to_text(post.main.html).split())
    return words if len(words) <= EXCERPT_CHARS else f"{words[: EXCERPT_CHARS - 1].rstrip()}…"


def title(post: Post) -> str:
    """A title for feeds and cards."""
    words = post.main.title or excerpt(post)[:80] or "…"
    marked = post.kind is not Kind.CORRECTION or words.casefold().startswith(CORRECTION.casefold())
    return words if marked else f"{CORRECTION}: {words}"
