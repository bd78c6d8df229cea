"""Passing a post on: links that carry nothing but the words and the address, and the way to one's own server."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from server.base.errors import AppError, NotFound
from server.features.posts.model import Post
from server.features.posts.wording import told_text
from server.house import House
from server.web.pages.choosing import title_of
from server.web.pages.showing import profile_of
from server.web.shared.documents import find_post
from server.web.shared.language import PREFIX, language_of
from server.web.shared.limits import RateLimit
from server.web.shared.pages import render
from server.web.shared.request import house_of, small_form_of, text_field
from server.web.shared.sessions import check_ours

TRIES, TRY_SECONDS = 20, 300
#: Names of services: nobody translates them.
TELEGRAM, WHATSAPP = "Telegram", "WhatsApp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What there is to pass on: the address to copy, the words that go before it, and links of others that take both."""

    address: str
    words: str
    mail: str
    message: str
    others: tuple[tuple[str, str], ...]


def share_of(address: str, title: str) -> Share:
    """The ways to pass a post on. Nothing is added to its address: nobody learns who read it where."""
    words, url, both = quote(title, safe=""), quote(address, safe=""), quote(f"{title}\n{address}", safe="")
    return Share(
        address=address,
        words=f"{title}\n{address}",
        mail=f"mailto:?subject={words}&body={both}",
        # Phones differ in what comes before `body`; all of them take this.
        message=f"sms:?&body={both}",
        others=(
            (TELEGRAM, f"https://t.me/share/url?url={url}&text={words}"),
            (WHATSAPP, f"https://wa.me/?text={both}"),
        ),
    )


def share_for(request: Request, post: Post, language: str) -> Share:
    """The same for whoever asks: in their language, with the short address where there is one."""
    base, prefix = house_of(request).addresses.base, request.scope.get(PREFIX, "")
    address = f"{base}{prefix}/c/{post.call.code}" if post.call else f"{base}{prefix}/p/{post.public_id}"
    return share_of(address, title_of(post, told_text(post, language), language))


class Sharing:
    """A form with one field: one's own server. What comes of it is a link, never a redirect; so many tries for each caller."""

    def __init__(self, house: House) -> None:
        self._limit = RateLimit(house.clock, count=TRIES, seconds=TRY_SECONDS)

    async def show(self, request: Request) -> Response:
        """The form."""
        return await _page(request, await _post(request))

    async def find(self, request: Request) -> Response:
        """Where the reader's server takes them."""
        post = await _post(request)
        words = share_for(request, post, language_of(request)).words
        account = ""
        try:
            check_ours(request)
            self._limit.take(request)
            async with small_form_of(request) as form:
                account = text_field(form, "account")
            link = await house_of(request).onward.sharing(account, words)
        except AppError as error:
            return await _page(request, post, account=account, error=str(error), status=error.status)
        return await _page(request, post, account=account, link=link)


async def _post(request: Request) -> Post:
    post = await find_post(request, request.path_params["public_id"])
    if not post.readable:
        raise NotFound("There is nothing here.")
    return post


async def _page(
    request: Request, post: Post, *, account: str = "", link: str = "", error: str = "", status: int = 200
) -> Response:
    house = house_of(request)
    html = render(
        request,
        "pages/share.html",
        profile=await profile_of(request, house.actors.by_id(post.actor_id)),
        post=post,
        share=share_for(request, post, language_of(request)),
        account=account,
        link=link,
        host=urlsplit(link).netloc,
        error=error,
    )
    return HTMLResponse(html, status, headers={"Cache-Control": "private, no-store"})


def routes(house: House) -> list[Route]:
    """The paths of this file."""
    sharing = Sharing(house)
    return [
        Route("/p/{public_id}/share", sharing.show, methods=["GET"]),
        Route("/p/{public_id}/share", sharing.find, methods=["POST"]),
    ]
