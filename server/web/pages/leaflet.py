"""A call-out on paper: one sheet of A4, A5 or A6 to hang up or to hand out, with a code for the camera and the same in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import segno
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.base.catalogue import SOURCE, Catalogue, catalogue, known
from server.base.errors import NotFound
from server.base.safe_html import to_text
from server.base.spoken import dated, zone_spoken
from server.base.words import marked
from server.features.posts.model import State, Text
from server.features.posts.model_call import CallOut
from server.features.posts.wording import told_text
from server.web.pages.choosing import title_of
from server.web.pages.leaflet_fit import PAPERS, Fitted, Paper, Words, fitted, parts
from server.web.pages.post import gone
from server.web.shared.caching import Rendered, kept
from server.web.shared.documents import find_post
from server.web.shared.language import PREFIX, language_of
from server.web.shared.pages import environment, render, style
from server.web.shared.request import house_of

SIZE: Final = "a4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address of a leaflet asks for: the language of the page, the part of the path that chose it, and the paper."""

    language: str
    prefix: str
    paper: Paper


def asked(request: Request) -> Asked:
    """The wishes of a request; an unknown size is A4."""
    size = request.query_params.get("size", SIZE).lower()
    return Asked(
        language=language_of(request), prefix=request.scope.get(PREFIX, ""), paper=PAPERS.get(size, PAPERS[SIZE])
    )


async def leaflet(request: Request) -> Response:
    """The leaflet of a call-out; of other posts there is none."""
    public_id, wanted = request.path_params["public_id"], asked(request)

    async def make() -> Rendered:
        return await _page(request, public_id, wanted)

    return await kept(request, ("leaflet", public_id, wanted.paper.name), make)


async def _page(request: Request, public_id: str, wanted: Asked) -> Rendered:
    house, post = house_of(request), await find_post(request, public_id)
    actor = house.actors.by_id(post.actor_id)
    if post.state is State.DELETED:
        return await gone(request, actor)
    if not post.readable or post.call is None:
        raise NotFound("There is nothing here.")
    text = told_text(post, wanted.language)
    address = house.addresses.short(post.call.code, wanted.prefix)
    fit = fitted(words_of(post.call, text, address.partition("://")[2], title_of(post, text)), wanted.paper)
    html = render(
        request,
        "pages/leaflet.html",
        post=post,
        title=fit.words.title,
        size=wanted.paper.name,
        papers=tuple(PAPERS),
        cut=fit.cut,
        sheet_path=style("leaflet")[0],
        paper=_paper(fit, wanted.paper, post.call, address, actor.name, house.addresses.acct(actor.handle)),
    )
    return Rendered.of(html, "text/html; charset=utf-8")


def _speech(text: Text) -> Catalogue:
    """The strings in the language of the text: a leaflet speaks one language. English where we do not know it."""
    return catalogue(known(text.language) or SOURCE)


def words_of(call: CallOut, text: Text, address: str, name: str) -> Words:
    """Everything that is said on the paper. `name` is the title for call-outs without one."""
    words, zone = _speech(text), call.time_zone
    facts = [(words.one(marked("Where")), text.place)] if text.place else []
    whose = zone_spoken(words, zone, call.ends_at)
    if call.starts_at:
        start, other = dated(words, call.starts_at, zone), zone_spoken(words, zone, call.starts_at)
        facts.append((words.one(marked("Starts")), f"{start}\n{other}" if other != whose else start))
    facts.append((words.one(marked("Until")), f"{dated(words, call.ends_at, zone)}\n{whose}"))
    return Words(
        language=text.language,
        title=text.title or name,
        facts=tuple(facts),
        text="\n".join(part for part in (text.warning, to_text(text.html)) if part),
        needs=text.needs,
        instead=text.instead,
        address=address,
    )


def _paper(fit: Fitted, paper: Paper, call: CallOut, address: str, campaign: str, handle: str) -> Markup:
    """The sheet itself, in the language of its text."""
    host, slash, rest = address.partition("://")[2].partition("/")
    code = segno.make(address, error="q", micro=False)
    html = (
        environment()
        .get_template("pages/leaflet_paper.html")
        .render(
            lang=known(fit.words.language) or SOURCE,
            fit=fit,
            parts=parts,
            size=paper.name,
            state=call.state.value,
            campaign=campaign,
            handle=handle,
            host=host,
            rest=slash + rest,
            qr=Markup(code.svg_inline(border=0, omitsize=True, svgclass=None, lineclass=None, dark="#000")),  # noqa: S704 - drawn by us
        )
    )
    return Markup(html)  # noqa: S704 - the template escaped it


def routes() -> list[Route]:
    """The paths of this file."""
    return [Route("/p/{public_id}/leaflet", leaflet)]
