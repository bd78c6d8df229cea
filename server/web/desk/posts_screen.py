"""Posts, how far each got, and what can be done to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.errors import Gone
from server.base.safe_html import to_text
from server.features.access.model import Act
from server.features.delivery.model import DeliveryStatus
from server.features.posts.languages import Gap
from server.features.posts.model import Post
from server.features.posts.views import for_desk
from server.features.reviews.model import ReviewWanted
from server.web.desk.screen import back, desk_form, screen
from server.web.shared.documents import find_post
from server.web.shared.request import house_of, number_of
from server.web.shared.sessions import signed_in

PAGE: Final = 20
EXCERPT_CHARS: Final = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A post, how many servers have it, and what is to be done about its languages; for a call-out the QR code of its short address."""

    post: Post
    words: str
    delivery: DeliveryStatus
    gaps: tuple[Gap, ...] = ()
    qr: str = ""


def qr_of(request: Request, post: Post) -> str:
    """The code that a camera reads, to be copied into posters of one's own; empty for what is no call-out."""
    if post.call is None:
        return ""
    drawn = segno.make(house_of(request).addresses.short(post.call.code), error="q", micro=False)
    return str(drawn.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


async def with_delivery(request: Request, before: int | None, limit: int) -> list[Line]:
    """Posts, newest first, each with its delivery."""
    house = house_of(request)
    actor = house.actors.campaign()
    async with house.database.snapshot() as snapshot:
        posts = await for_desk(snapshot, actor.id, before, limit)
        gaps = await house.translating.gaps(snapshot, posts)
    return [
        Line(
            post=post,
            words=" · ".join(filter(None, (post.main.title, " ".join(to_text(post.main.html).split()))))[
                :EXCERPT_CHARS
            ],
            delivery=await house.delivery.status(house.addresses.post(actor.handle, post.public_id)),
            gaps=missing,
            qr=qr_of(request, post),
        )
        for post, missing in zip(posts, gaps, strict=True)
    ]


async def show(request: Request) -> Response:
    """All that stands."""
    who = await signed_in(request)
    lines = await with_delivery(request, number_of(request.query_params.get("before", "")), PAGE)
    older = lines[-1].post.id if len(lines) == PAGE else None
    return await screen(request, who, "posts.html", here="posts", posts=lines, older=older)


async def confirm_delete(request: Request) -> Response:
    """One step before a deletion."""
    who = await signed_in(request)
    who.who.must(Act.DELETE)
    post = await find_post(request, request.path_params["public_id"])
    if post.deleted_at:
        raise Gone("This post was deleted.")
    words = f"{post.main.title}\n{to_text(post.main.html)}".strip()[:400]
    return await screen(request, who, "delete.html", here="posts", post=post, words=words)


async def delete(request: Request) -> Response:
    """Delete a post everywhere."""
    async with desk_form(request) as (_, who):
        try:
            await house_of(request).publishing.delete(who.who, request.path_params["public_id"])
        except ReviewWanted:
            return back("/desk/reviews", "asked")
    return back("/desk/posts", "deleted")


async def pin(request: Request) -> Response:
    """Pin a post."""
    async with desk_form(request) as (_, who):
        await house_of(request).acting.pin(who.who, request.path_params["public_id"], pinned=True)
    return back("/desk/posts", "pinned")


async def unpin(request: Request) -> Response:
    """Take a post off the profile."""
    async with desk_form(request) as (_, who):
        await house_of(request).acting.pin(who.who, request.path_params["public_id"], pinned=False)
    return back("/desk/posts", "unpinned")


def routes() -> list[Route]:
    """The paths of this file."""
    one = "/desk/posts/{public_id}"
    return [
        Route("/desk/posts", show),
        Route(f"{one}/delete", confirm_delete, methods=["GET"]),
        Route(f"{one}/delete", delete, methods=["POST"]),
        Route(f"{one}/pin", pin, methods=["POST"]),
        Route(f"{one}/unpin", unpin, methods=["POST"]),
    ]
