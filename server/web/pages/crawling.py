"""What crawlers are told: `robots.txt` and the sitemap (sitemaps.org 0.9, with the languages of each page)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from server.base.addresses import Addresses
from server.base.catalogue import languages
from server.base.errors import NotFound
from server.base.timestamps import to_wire
from server.features.posts.views import count_listed
from server.features.posts.views_feeds import Stamp, stamps
from server.features.posts.views_months import months
from server.web.shared.caching import Rendered, kept
from server.web.shared.request import house_of

#: The protocol allows 50,000 addresses and 50 MB a file; each has one line for each language.
POSTS_A_FILE: Final = 1_000
MAX_FILES: Final = 10_000
MAX_AGE: Final = 3600
XML: Final = "application/xml; charset=utf-8"
#: Pages beside the posts that are worth finding.
PAGES: Final = ("/", "/calendar", "/archive", "/tags", "/feeds", "/statement", "/contact", "/privacy")
_HIDDEN: Final = ("/desk/", "/lock", "/search", "/*/search", "/interact", "/*/interact")


async def robots(request: Request) -> Response:
    """What crawlers may read: the pages, if the campaign wants to be indexed."""
    house = house_of(request)
    if house.actors.campaign().indexable:
        hidden = "".join(f"Disallow: {path}\n" for path in _HIDDEN)
        rules = f"{hidden}\nSitemap: {house.addresses.base}/sitemap.xml\n"
    else:
        rules = "Disallow: /\n"
    return PlainTextResponse(f"User-agent: *\n{rules}", headers={"Cache-Control": "public, max-age=3600"})


def _indexable(request: Request) -> None:
    if not house_of(request).actors.campaign().indexable:
        raise NotFound("This campaign does not want to be found by search engines.")


async def sitemap(request: Request) -> Response:
    """Every page, or where the files are that name them."""
    _indexable(request)

    async def make() -> Rendered:
        house = house_of(request)
        actor = house.actors.campaign()
        async with house.database.snapshot() as snapshot:
            count = await count_listed(snapshot, actor.id)
            found = await stamps(snapshot, actor.id, 0, POSTS_A_FILE) if count <= POSTS_A_FILE else []
            archive = [month for month, _ in await months(snapshot, actor.id)]
        files = range(-(-count // POSTS_A_FILE)) if count > POSTS_A_FILE else ()
        if not files:
            body = _urls(house.addresses, [*_pages(archive, found, allies=house.allies.any_shown), *_of_posts(found)])
        else:
            body = _index(house.addresses, files)
        return Rendered.of(body, XML, max_age=MAX_AGE)

    return await kept(request, ("sitemap",), make, spoken=False)


async def sitemap_file(request: Request) -> Response:
    """Some of the posts; the first file names the other pages too."""
    _indexable(request)
    number: int = request.path_params["number"]
    if number >= MAX_FILES:
        raise NotFound("There is nothing at this address.")

    async def make() -> Rendered:
        house = house_of(request)
        actor = house.actors.campaign()
        async with house.database.snapshot() as snapshot:
            found = await stamps(snapshot, actor.id, number * POSTS_A_FILE, POSTS_A_FILE)
            archive = [month for month, _ in await months(snapshot, actor.id)] if number == 0 else []
        if not found:
            raise NotFound("There is nothing at this address.")
        pages = _pages(archive, [], allies=house.allies.any_shown) if number == 0 else []
        return Rendered.of(_urls(house.addresses, [*pages, *_of_posts(found)]), XML, max_age=MAX_AGE)

    return await kept(request, ("sitemap", str(number)), make, spoken=False)


def _pages(archive: Sequence[str], found: Sequence[Stamp], *, allies: bool) -> Iterator[tuple[str, str]]:
    """Paths and when they last changed, if we know."""
    newest = max((one.changed_at for one in found), default="")
    yield from ((path, newest if path == "/" else "") for path in PAGES)
    if allies:
        yield "/allies", ""
    yield from ((f"/archive/{month}", "") for month in archive)


def _of_posts(found: Sequence[Stamp]) -> Iterator[tuple[str, str]]:
    yield from ((f"/p/{one.public_id}", one.changed_at) for one in found)


def _urls(addresses: Addresses, pages: Sequence[tuple[str, str]]) -> str:
    body = "".join(_url(addresses.base, path, changed_at) for path, changed_at in pages)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
        f"{body}</urlset>\n"
    )


def _url(base: str, path: str, changed_at: str) -> str:
    """A page with its languages; the address without one suits itself to whoever comes."""
    others = [(code, f"{base}/{code}{path}") for code in languages()]
    links = "".join(_alternate(code, url) for code, url in [("x-default", f"{base}{path}"), *others])
    modified = f"<lastmod>{to_wire(changed_at)}</lastmod>" if changed_at else ""
    return f"<url><loc>{escape(base + path)}</loc>{modified}{links}</url>\n"


def _alternate(code: str, url: str) -> str:
    return f'<xhtml:link rel="alternate" hreflang="{code}" href={quoteattr(url)}/>'


def _index(addresses: Addresses, files: Sequence[int]) -> str:
    body = "".join(f"<sitemap><loc>{addresses.base}/sitemap-{number}.xml</loc></sitemap>\n" for number in files)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{body}</sitemapindex>\n'
    )


def routes() -> list[Route]:
    """The paths of this file."""
    return [
        Route("/robots.txt", robots),
        Route("/sitemap.xml", sitemap),
        Route("/sitemap-{number:int}.xml", sitemap_file),
    ]
