"""Every page and every screen, as the routes name them, under axe-core: light, dark, and from right to left; on small phones and zoomed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page
from starlette.routing import Route

from server.app import build_app
from server.web.pages.calendar import week_name
from tests.browser.busy import HANDLE, Busy, Place, elsewhere, served, speak
from tests.browser.conftest import WAIT_MS
from tests.conftest import require
from tests.world import open_world

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def values(busy: Busy) -> dict[str, str]:
    """What stands for each parameter of a path, and for some on one path alone. A new screen with a new parameter needs a line."""
    return {
        "public_id": busy.post,
        "name": busy.draft,
        "picture": busy.picture,
        "size": "small",
        "handle": HANDLE,
        "tag": "openharbour",
        "month": busy.month,
        "week": week_name(date.fromisoformat(f"{busy.month}-28")),
        "secret": "not-a-link",
        "review": str(busy.review),
        "/desk/posts/{public_id}/state": busy.call,
        "language": "ar",
        "code": busy.code,
        "/p/{public_id}/leaflet": busy.call,
        "/p/{public_id}/come": busy.call,
        "/desk/posts/{public_id}/signatures": busy.call,
        "offer": busy.offer,
        "number": "1",
    }


#: These lead elsewhere, answer programs, or act: nothing of them is looked at.
PROGRAMS = re.compile(
    r"/(api|oauth|users|actor|nodeinfo|media|desk/scripts|\.well-known|livez|readyz|inbox)\b|/(style|theme|leaflet|card|desk)-|\.(txt|ico|atom|json|xml|ics|csv|zip)$"
)
#: What no route tells: errors, empty and refused forms, pages further down.
MORE = (
    "/nothing",
    "/p/DELETED",
    "/p/CALL",
    "/p/CALL/leaflet?size=a6",
    "/desk/nothing",
    "/desk/lookup?q=spam.example",
    "/desk/conversation/replies?state=hidden",
    "/desk/?done=published",
    "/p/CALL",
    "/desk/posts/CALL/state?to=moved",
    "/desk/posts/CALL/edit",
    "/desk/drafts/DRAFTCALL/preview",
    "/offer?kind=bed",
    "/offer?kind=report",
    "/desk/offers?state=spam",
)

TARGETS = """(least) => [...document.querySelectorAll('a, button, select, summary, input:not([type=hidden])')].filter((one) => {
  const part = one.closest('label') ?? one;
  if (!one.checkVisibility() || one.closest('p:not(.acts), .words, dd, dt, bdi, h1, h2, h3, .skip, .meta') || getComputedStyle(part).display === 'inline') return false;
  const box = part.getBoundingClientRect();
  return box.height < least || box.width < 24;
}).map((one) => `${one.outerHTML.slice(0, 90)} ${Math.round(one.getBoundingClientRect().height)}`)"""
OVER = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
  .filter((one) => !one.closest('.skip') && !one.firstElementChild).map((one) => one.outerHTML.slice(0, 90))"""


#: What another colour scheme can change; the page is the same.
IN_THE_DARK = ["color-contrast", "link-in-text-block"]
#: The languages of public pages, and their directions.
WAYS = {"en": "ltr", "fr": "ltr", "ar": "rtl", "fa": "rtl", "ps": "rtl", "ti": "ltr"}
#: Three words in Latin letters, where nobody but we speaks.
ENGLISH = """() => { const found = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let one = walk.nextNode(); one; one = walk.nextNode()) { const at = one.parentElement;
    if (/[A-Za-z]{2,}( [A-Za-z]{2,}){2,}/.test(one.data) && at.closest('[lang]') === document.documentElement && at.checkVisibility()
      && !at.closest('bdi, .words, [dir=auto], [dir=ltr], .handle, kbd, code, textarea, .difference')) found.push('not translated: ' + one.data.trim().slice(0, 80)); }
  return found; }"""


async def _routes(folder: Path) -> list[str]:
    async with open_world(folder) as world:
        app = build_app(await world.campaign("here.test"), background=False)
    routes = [one for one in app.routes if isinstance(one, Route) and "GET" in (one.methods or ())]
    return sorted({one.path for one in routes if not PROGRAMS.search(one.path)})


def _filled(path: str, busy: Busy) -> str:
    given = values(busy)

    def value(found: re.Match[str]) -> str:
        name = found[1].partition(":")[0]
        assert path in given or name in given, f"{path}: add {name} to values()"
        return given.get(path) or given[name]

    return (
        re.sub(r"{([^}]+)}", value, path)
        .replace("DELETED", busy.deleted)
        .replace("DRAFTCALL", busy.draft_call)
        .replace("CALL", busy.call)
    )


def told(bad: dict[str, list[str]]) -> str:
    return "\n".join(f"{path}\n  " + "\n  ".join(found) for path, found in bad.items() if found)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    require("axe-core", present=AXE.is_file(), hint="run tests/browser/install.sh")
    folder = tmp_path_factory.mktemp("busy")
    routes = elsewhere(_routes(folder / "routes"))
    with served(folder) as opened:
        paths = [_filled(path, opened.busy) for path in [*routes, *MORE]]
        opened.paths = list(pages(opened.busy.base, opened.cookies, paths))
        yield opened


def shown(place: Place, page: Page) -> Iterator[str]:
    """Each path of a page: it is open when it is given."""
    for path in place.paths:
        page.goto(f"{place.busy.base}{path}")
        yield path


def pages(base: str, cookies: dict[str, str], paths: list[str]) -> Iterator[str]:
    """Those paths that lead to a page."""
    with httpx.Client(base_url=base, cookies=cookies) as asking:
        for path in paths:
            answer = asking.get(path)
            assert answer.status_code < 500, path
            if "text/html" in answer.headers.get("content-type", ""):
                yield path


def opened(place: Place, browser: Browser, width: int = 360, language: str = "en") -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 740},
        color_scheme="light",
        storage_state=place.state,
        bypass_csp=True,
        locale=language,
    )
    context.set_default_timeout(WAIT_MS)
    return context.new_page()


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds, by all rules or by these alone, with the whole page in sight: else the bar at the bottom hides what one scrolls to."""
    size = page.viewport_size or {"width": 360}
    page.set_viewport_size({"width": size["width"], "height": page.evaluate("document.documentElement.scrollHeight")})
    if rules is None:
        page.add_script_tag(path=AXE)
    found = page.evaluate("(rules) => axe.run({ runOnly: rules, resultTypes: ['violations'] })", rules or RULES)
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found["violations"] for node in one["nodes"]]  # fmt: skip


@pytest.mark.timeout(400)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_in_the_light_or_in_the_dark(place: Place, browser: Browser, language: str) -> None:
    page = opened(place, browser, language=language)
    speak(place, page, language)
    bad, seen = {}, 0
    for path in shown(place, page):
        seen += 1
        found = violations(page) + page.evaluate(OVER)
        page.emulate_media(color_scheme="dark")
        found += [f"dark: {one}" for one in violations(page, IN_THE_DARK)]
        page.emulate_media(color_scheme="light")
        if page.locator("html").get_attribute("lang") != language:
            found.append("another language")
        if language == "ar":
            found += page.evaluate(ENGLISH)
        bad[path] = found
    assert not told(bad), told(bad)
    assert seen >= 25


@pytest.mark.timeout(400)
def test_nothing_hangs_over_and_every_target_can_be_met_by_a_thumb(place: Place, browser: Browser) -> None:
    """On the smallest phone, in a desktop's window of 1280 at 200 %, and with text alone twice as large."""
    page = opened(place, browser)
    speak(place, page, "en")
    bad: dict[str, list[str]] = {}
    for path in shown(place, page):
        found: list[str] = []
        for width in (320, 640):
            page.set_viewport_size({"width": width, "height": 740})
            found += page.evaluate(OVER) + page.evaluate(TARGETS, 44)
        page.set_viewport_size({"width": 360, "height": 740})
        page.add_style_tag(content="html{font-size:2.125rem}")
        found += [f"twice as large: {one}" for one in page.evaluate(OVER)]
        if page.locator("main").count() != 1 or page.locator("h1").count() != 1:
            found.append("not one main part and one title")
        bad[path] = found
    assert not told(bad), told(bad)


@pytest.mark.timeout(300)
def test_every_public_page_is_right_in_every_language(place: Place, browser: Browser) -> None:
    """By its address, on a small phone and wide, in the light and in the dark; one page after the other in one window."""
    page = opened(place, browser)
    public = [path for path in place.paths if not path.startswith(("/desk", "/lock", "/authorize_interaction"))]
    bad: dict[str, list[str]] = {}
    for language, way in WAYS.items():
        for path in public:
            page.goto(f"{place.busy.base}/{language}{path}")
            root = page.locator("html")
            found = (
                []
                if (root.get_attribute("lang"), root.get_attribute("dir")) == (language, way)
                else ["another language"]
            )
            chosen = page.locator(".tongues [aria-current]")
            alone = re.search(r"/(card|leaflet)\b", path)  # in others' pages and on paper nothing is chosen
            if not alone and (chosen.count() != 1 or chosen.get_attribute("lang") != language):
                found.append("the chooser does not say which")
            found += page.evaluate(OVER) + page.evaluate(TARGETS, 44)
            if language not in {"en", "fr"}:
                found += page.evaluate(ENGLISH)
            if language in {"fa", "ti"}:  # one from each side; the walk above has English and Arabic, whole
                found += violations(page)
                page.emulate_media(color_scheme="dark")
                found += [f"dark: {one}" for one in violations(page, IN_THE_DARK)]
                page.emulate_media(color_scheme="light")
            page.set_viewport_size({"width": 1280, "height": 740})
            found += [f"wide: {one}" for one in page.evaluate(OVER)]
            page.set_viewport_size({"width": 360, "height": 740})
            bad[f"/{language}{path}"] = found
    assert not told(bad), told(bad)
    assert len(bad) >= 6 * 9
