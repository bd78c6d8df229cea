"""What the templates of posts are given."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from server.features.actors.model import OurActor
from server.features.media.model import MediaItem
from server.web.shared.request import house_of, number_of


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


def older_query(request: Request) -> str:
    """The part of the query that says where an older page begins, as the chooser of languages keeps it."""
    before = before_of(request)
    return "" if before is None else f"before={before}"


def before_of(request: Request) -> int | None:
    """Where an older page begins."""
    return number_of(request.query_params.get("before", ""))
