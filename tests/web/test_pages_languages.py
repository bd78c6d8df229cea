"""Public pages in the reader's language: by address, else as the browser asks, else the campaign's; and which words of a post they show."""

from __future__ import annotations

import re

import httpx
import pytest

from server.base import changes
from server.base.catalogue import languages
from server.features.posts.model import Draft, DraftText
from server.house import House
from tests.world import AP, CONSOLE, World

HOME = "https://here.test"
PAGES = (
    "/",
    "/@harbour",
    "/p/{id}",
    "/p/{id}/history",
    "/archive",
    "/archive/2026-09",
    "/tags/heron",
    "/search?q=heron",
    "/interact",
)


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test", "harbour")


async def asked(world: World, path: str, wish: str = "", accept: str = "text/html") -> httpx.Response:
    async with world.client(base_url=HOME) as client:
        return await client.get(path, headers={"accept": accept, **({"accept-language": wish} if wish else {})})


def spoken(answer: httpx.Response) -> str:
    found = re.search(r'<html lang="(\w+)" dir="(\w+)"', answer.text)
    assert found is not None, answer.text[:200]
    assert found[2] == ("rtl" if found[1] in {"ar", "fa", "ps"} else "ltr")
    assert answer.headers["content-language"] == found[1]
    return found[1]


async def translated(house: House, **more: str) -> str:
    """A post in English and other languages; its public id."""
    words = tuple(DraftText(language=one, text=text) for one, text in more.items())
    post = await house.publishing.submit(
        CONSOLE, Draft(text="Meet the heron #heron", language="en", translations=words)
    )
    await house.search.catch_up()
    return str(post.public_id)


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("tlh", "en"),
        ("fr", "fr"),
        ("FR-ca", "fr"),
        ("fa-IR,fa;q=0.9,en-US;q=0.8,en;q=0.7", "fa"),
        ("tlh, ps;q=0.2, ti;q=0.3", "ti"),
        ("en;q=0.1, ar;q=0.2", "ar"),
        ("fr;q=0, ti", "ti"),
        ("prs-AF", "fa"),
        ("pus", "ps"),
        ("fr;q=2, ar;q=0.5", "ar"),
        ("fr;q=nan, ;;;, ar;q=0.001", "ar"),
        ("x" * 5_000 + ", fr", "en"),
    ],
)
async def test_without_a_language_in_the_address_the_browser_is_heard(
    world: World, house: House, wish: str, language: str
) -> None:
    for _ in range(2):
        answer = await asked(world, "/", wish)
        assert spoken(answer) == language
        assert answer.headers["vary"].lower() == "accept, accept-encoding, accept-language"


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_speaks_every_language_by_its_address(world: World, house: House, path: str) -> None:
    path = path.replace("{id}", await translated(house))
    for language in languages():
        for _ in range(2):
            answer = await asked(world, f"/{language}{path}", "fr")
            assert answer.status_code == 200, answer.url
            assert spoken(answer) == language, "the address counts more than the browser"
            assert "language" not in answer.headers.get("vary", "").lower()
        own = re.findall(r'(?:href|action)="(/[^"]*)"', answer.text.split("<main")[1])
        assert [one for one in own if not one.startswith((f"/{language}/", "/desk/"))] == [], (
            "links stay in the language"
        )


@pytest.mark.parametrize("path", PAGES)
async def test_the_chooser_leads_to_the_same_page_in_the_other_languages(world: World, house: House, path: str) -> None:
    path = path.replace("{id}", await translated(house))
    page = (await asked(world, f"/ti{path}")).text
    chooser = page.split('<nav class="tongues"')[1].split("</nav>")[0]
    links = re.findall(
        r'<a href="([^"]*)" hreflang="(\w+)" lang="(\w+)" dir="(\w+)"( aria-current="true")?>([^<]+)</a>', chooser
    )
    assert [(code, current) for _, code, _, _, current, _ in links] == [
        (one, ' aria-current="true"' if one == "ti" else "") for one in languages()
    ]
    assert {code: name for _, code, _, _, _, name in links}["fa"] == "فارسی"
    for link, code, lang, way, _, _ in links:
        assert (lang, way) == (code, "rtl" if code in {"ar", "fa", "ps"} else "ltr")
        there = await asked(world, link.replace("&amp;", "&"))
        assert (there.status_code, spoken(there)) == (200, code)
        assert there.text.count("heron") >= page.count("heron") - page.split("<main")[0].count("heron")


async def test_a_page_names_itself_in_all_languages_to_machines(world: World, house: House) -> None:
    public_id = await translated(house)
    for path in ("/", f"/p/{public_id}"):
        for prefix in ("", "/fa"):
            page = (await asked(world, f"{prefix}{path}")).text
            assert f'<link rel="canonical" href="{HOME}{prefix}{path}">' in page
            assert f'<meta property="og:url" content="{HOME}{prefix}{path}">' in page
            assert f'<link rel="alternate" hreflang="x-default" href="{HOME}{path}">' in page
            for language in languages():
                assert f'<link rel="alternate" hreflang="{language}" href="{HOME}/{language}{path}">' in page


async def test_what_a_stranger_adds_to_an_address_stands_on_no_page(world: World, house: House) -> None:
    public_id = await translated(house)
    for path in ("/", f"/p/{public_id}", "/archive", "/tags/heron"):
        answers = [await asked(world, f"{path}{more}") for more in ("?q=mean&before=x", "?mean", "")]
        assert len({answer.text for answer in answers}) == 1
    assert "mean" not in (await asked(world, "/search?mean=1&q=heron")).text
    page = (await asked(world, "/search?q=%22%3E%3Cmean%26heron")).text
    assert "<mean" not in page
    assert "/fa/search?q=%22%3E%3Cmean%26heron" in page


@pytest.mark.parametrize(
    "path",
    [
        "/xx/", "/xx/archive", "/FA/", "/en/en/", "/fa/desk/", "/fa/desk/sign-in", "/fa/users/harbour", "/fa/.well-known/webfinger?resource=acct:harbour@here.test",
        "/fa/inbox", "/fa/actor", "/fa/nodeinfo/2.1", "/fa/livez", "/fa/robots.txt", "/fa//there.test/", "/fa/https://there.test/", "/fa/nothing",
    ],
)  # fmt: skip
async def test_only_public_pages_have_a_language_before_them(world: World, house: House, path: str) -> None:
    answer = await asked(world, path)
    assert answer.status_code == 404
    assert "location" not in answer.headers
    if path.startswith("/fa"):
        assert spoken(answer) == "fa", "and even so it is answered in it"
        assert 'href="/fa/"' in answer.text


async def test_a_language_alone_leads_to_its_home(world: World, house: House) -> None:
    answer = await asked(world, "/fa?next=//there.test")
    assert (answer.status_code, answer.headers["location"]) == (301, "/fa/")
    answer = await asked(world, "/fa/@harbour@here.test")
    assert (answer.status_code, answer.headers["location"]) == (301, "/fa/@harbour")


async def test_the_protocol_knows_no_languages_in_addresses_and_does_not_vary_by_them(
    world: World, house: House
) -> None:
    public_id = await translated(house)
    for path in ("/users/harbour", f"/users/harbour/posts/{public_id}", "/users/harbour/featured"):
        answers = [await asked(world, path, wish, AP) for wish in ("fa", "fr", "")]
        assert len({answer.content for answer in answers}) == 1
        assert all("language" not in answer.headers.get("vary", "").lower() for answer in answers)
        assert "content-language" not in answers[0].headers


async def test_a_post_is_shown_in_the_language_of_the_page_if_it_is_there(world: World, house: House) -> None:
    public_id = await translated(house, fa="به دیدن حواصیل بیایید", fr="Venez voir le héron")
    for path in ("/", f"/p/{public_id}", "/tags/heron", "/archive/2026-09", "/search?q=heron"):
        english, farsi, pashto = [(await asked(world, f"/{one}{path}")).text for one in ("en", "fa", "ps")]
        assert "Meet the" in english
        assert "حواصیل" not in english
        assert 'class="words" lang="fa" dir="rtl"' in farsi
        assert "حواصیل" in farsi
        assert "Meet the" not in farsi
        assert 'class="words" lang="en" dir="ltr"' in pashto
        assert '<bdi lang="en">English</bdi>' in pashto, "it says so where it is not the page's own"
        assert '<bdi lang="en">English</bdi>' not in english
        assert f'<a href="/fa/p/{public_id}" hreflang="fa" lang="fa" dir="rtl">فارسی</a>' in english
        assert f'<a href="/en/p/{public_id}" hreflang="en" lang="en" dir="ltr">English</a>' in farsi
    page = (await asked(world, f"/fr/p/{public_id}")).text
    assert '<meta name="description" content="Venez voir le héron">' in page
    assert "<title>Venez voir le héron" in page


async def test_words_in_a_language_that_no_page_speaks_stand_on_the_post_s_own_page(world: World, house: House) -> None:
    public_id = await translated(house, es="Venid a ver la garza")
    assert (
        f'href="/p/{public_id}#in-es" hreflang="es" lang="es" dir="ltr">Español</a>' in (await asked(world, "/")).text
    )
    assert 'id="in-es" lang="es"' in (await asked(world, f"/p/{public_id}")).text


async def test_a_post_in_a_language_of_ours_keeps_its_tags_in_it(world: World, house: House) -> None:
    await translated(house)
    assert f'href="{HOME}/ti/tags/heron"' in (await asked(world, "/ti/")).text
    assert f'href="{HOME}/tags/heron"' in (await asked(world, "/")).text


async def test_errors_are_said_in_the_reader_s_language(world: World, house: House) -> None:
    async with world.client(base_url=HOME) as client:
        answer = await client.post("/fa/interact", data={"account": "?", "uri": ""})
    assert spoken(answer) == "fa"
    assert "حساب خود را به شکل name@server بنویسید، یا نام سرور خود را." in answer.text
    assert 'action="/fa/interact"' in answer.text
    answer = await asked(world, "/nothing", "ti")
    assert answer.status_code == 404
    assert spoken(answer) == "ti"
    assert answer.headers["vary"] == "Accept-Language"
    assert "ኣብዚ ዋላ ሓንቲ የለን" in answer.text


async def test_a_translation_that_is_older_than_the_original_says_so(world: World, house: House) -> None:
    public_id = await translated(house, fa="به دیدن حواصیل بیایید")
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE texts SET state = 'stale' WHERE language = 'fa'")
        await changes.record(tx, "post", public_id)
    page = (await asked(world, f"/fa/p/{public_id}")).text
    assert "حواصیل" in page
    assert "این ترجمه از متن اصلی قدیمی‌تر است." in page
    assert f'href="/en/p/{public_id}"' in page
    assert "حواصیل" not in (await asked(world, f"/en/p/{public_id}")).text


async def test_the_history_is_that_of_the_words_which_are_shown(world: World, house: House) -> None:
    public_id = await translated(house, fa="به دیدن حواصیل بیایید")
    assert "حواصیل" in (await asked(world, f"/fa/p/{public_id}/history")).text
    assert "Meet the" in (await asked(world, f"/ti/p/{public_id}/history")).text
