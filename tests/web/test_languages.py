"""The Desk in the organiser's language; how numbers and times are written in each."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from babel import Locale
from babel.dates import format_date

from server.base.catalogue import catalogue, languages
from server.base.errors import Invalid
from server.base.solar_hijri import solar_hijri
from server.base.spoken import WEEKDAYS, digits, direction
from server.base.words import Words
from server.commands.verbs.table import Refused, perform
from server.house import House
from server.web.shared.pages import environment
from tests.world import Organiser, World, signed_in


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


def said(source: str, lang: str, **given: object) -> str:
    return environment().from_string(source).render(lang=lang, zone="Europe/Paris", **given)


async def test_an_organiser_chooses_the_language_of_the_desk(ada: Organiser) -> None:
    answer = await ada.post("/desk/language", {"language": "ar"})
    assert 'lang="ar" dir="rtl"' in answer.text
    assert "المكتب يتكلم هذه اللغة الآن." in answer.text
    assert "<h1>المكتب</h1>" in (await ada.get("/desk/")).text
    assert 'lang="fr"' in (await ada.post("/desk/language", {"language": "fr"})).text
    asked = await ada.client.get("/desk/", headers={"accept-language": "ar"})
    assert 'lang="fr"' in asked.text, "a choice counts more than the browser"


async def test_without_a_choice_the_browser_is_heard_and_else_the_campaign(ada: Organiser) -> None:
    asked = await ada.client.get("/desk/", headers={"accept-language": "tlh, fr-CA;q=0.8, ar;q=0.5"})
    assert 'lang="fr"' in asked.text
    await ada.post("/desk/profile", {"name": "Harbour", "language": "ar", "time_zone": "UTC"})
    assert 'lang="ar"' in (await ada.client.get("/desk/", headers={"accept-language": "tlh"})).text
    assert 'lang="fr"' in (await ada.client.get("/desk/sign-in", headers={"accept-language": "fr"})).text


async def test_a_language_that_is_not_there_changes_nothing(ada: Organiser) -> None:
    await ada.post("/desk/language", {"language": "fr"})
    for bad in ("tlh", "../../etc/passwd", "FR", "x" * 5000, "fa"):
        assert (await ada.post("/desk/language", {"language": bad})).status_code == 422
    assert 'lang="fr"' in (await ada.get("/desk/")).text


async def test_the_desk_offers_only_languages_in_which_it_is_whole(world: World, house: House, ada: Organiser) -> None:
    screen = (await ada.get("/desk/language")).text
    assert re.findall(r'<option value="(\w+)"|name="language" value="(\w+)"', screen) != []
    assert not re.search(r'value="(fa|ps|ti)"', screen)
    for asked in ("fa", "ps, ti;q=0.5", "fa, ar;q=0.1"):
        answer = await ada.client.get("/desk/", headers={"accept-language": asked})
        assert f'lang="{"ar" if "ar" in asked else "en"}"' in answer.text
    await ada.post("/desk/profile", {"name": "Port", "language": "fa", "time_zone": "UTC"})
    assert '<html lang="en"' in (await ada.get("/desk/")).text
    assert '<html lang="fa"' in (await world.get("https://here.test/")).text, "readers have it"


async def test_an_error_is_said_in_the_language_of_the_desk(ada: Organiser) -> None:
    await ada.post("/desk/language", {"language": "fr"})
    answer = await ada.post("/desk/profile", {"name": "x" * 200, "language": "fr", "time_zone": "UTC"})
    assert "Un nom a de 1 à 100 caractères." in answer.text
    answer = await ada.post("/desk/write", {"text": "x", "language": "fr", "audience": "nobody"})
    assert "Choisissez qui la voit." in answer.text
    assert "Il manque quelque chose" in answer.text, "the title of the error page, too"


async def test_the_command_line_sets_it_too(house: House, ada: Organiser) -> None:
    await perform(house, "organiser.language", {"name": "ada", "language": "fr"})
    assert 'lang="fr"' in (await ada.get("/desk/")).text
    with pytest.raises(Refused, match="no organiser"):
        await perform(house, "organiser.language", {"name": "nobody", "language": "fr"})
    with pytest.raises(Refused, match="does not speak"):
        await perform(house, "organiser.language", {"name": "ada", "language": "tlh"})


async def test_the_list_of_keys_works_without_a_script(ada: Organiser) -> None:
    assert "<kbd>?</kbd>" in (await ada.get("/desk/keys")).text


def test_an_error_remembers_what_it_was_made_of() -> None:
    error = Invalid("A post has at most %(max)s pictures.", max=4)
    assert str(error) == "A post has at most 4 pictures."
    assert said("{{ _(error) }}", "fr", error=str(error)) == "Une publication a au plus 4 images."
    assert said("{{ _(error) }}", "en", error=str(error)) == "A post has at most 4 pictures."


def test_what_is_put_into_a_string_is_escaped_and_so_is_the_string() -> None:
    bad = "<script>alert(1)</script>"
    account = Words("The account %(account)s could not be found.", account=bad)
    for language in languages():
        assert "<script" not in said("{{ _(error) }}", language, error=account)
        assert "<script" not in said("{{ _(bad) }}", language, bad=bad)
        assert "<script" not in said('{{ _("Welcome, %(name)s", name=bad) }}', language, bad=bad)
    assert said("{{ _(bad) }}", "fr", bad="100 % sure %(x)s") == "100 % sure %(x)s"


@pytest.mark.parametrize(
    ("language", "day", "minute", "month"),
    [
        ("en", "1 March 2026", "1 March 2026, 11:05 CET", "March 2026"),
        ("fr", "1er mars 2026", "1er mars 2026, 11:05 CET", "mars 2026"),
        ("ar", "1 مارس 2026", "1 مارس 2026، 11:05 CET", "مارس 2026"),
        ("fa", "۱ مارس ۲۰۲۶ (۱۰ اسفند ۱۴۰۴)", "۱ مارس ۲۰۲۶ (۱۰ اسفند ۱۴۰۴)، ساعت ۱۱:۰۵ CET", "مارس ۲۰۲۶"),
        ("ps", "۲۰۲۶ مارچ ۱ (۱۴۰۴ کب ۱۰)", "۲۰۲۶ مارچ ۱ (۱۴۰۴ کب ۱۰)، ۱۱:۰۵ CET", "۲۰۲۶ مارچ"),
        ("ti", "መጋቢት 1, 2026", "መጋቢት 1, 2026፣ ሰዓት 11:05 CET", "መጋቢት 2026"),
    ],
)
def test_times_as_people_say_them(language: str, day: str, minute: str, month: str) -> None:
    at = "2026-03-01T10:05:00.000000Z"
    assert (
        said("{{ at | day }}|{{ at | minute }}|{{ '2026-03' | month }}", language, at=at) == f"{day}|{minute}|{month}"
    )


@pytest.mark.parametrize("language", languages())
def test_days_are_written_as_the_world_s_locale_data_has_them(language: str) -> None:
    for month in range(1, 13):
        at = f"2026-{month:02}-17"
        ours = said("{{ at | on_day }}", language, at=at).partition(" (")[0]
        theirs = format_date(date.fromisoformat(at), "d MMMM y" if language == "en" else "long", locale=language)
        assert ours == digits(language, theirs)


@pytest.mark.parametrize("language", languages())
def test_no_day_is_called_as_another_or_as_the_whole_week(language: str) -> None:
    words = catalogue(language)
    names = [words.one(day) for day in WEEKDAYS]
    assert len(set(names)) == 7
    assert not set(names) & set(re.findall(r"\w+", words.one("This week, day by day")))


@pytest.mark.parametrize("language", languages())
def test_the_direction_of_a_language_is_that_of_its_script(language: str) -> None:
    assert direction(language) == {"left-to-right": "ltr", "right-to-left": "rtl"}[Locale(language).character_order]


@pytest.mark.parametrize(
    ("day", "solar"),
    [
        ("2026-10-02", (1405, 7, 10)),
        ("2026-03-21", (1405, 1, 1)),
        ("2025-03-20", (1403, 12, 30)),
        ("2021-03-20", (1399, 12, 30)),
        ("2030-03-20", (1408, 12, 30)),
        ("1979-02-11", (1357, 11, 22)),
        ("2000-02-29", (1378, 12, 10)),
    ],
)
def test_the_solar_year_of_iran_and_afghanistan(day: str, solar: tuple[int, int, int]) -> None:
    assert solar_hijri(date.fromisoformat(day)) == solar


def test_each_day_of_a_century_is_the_next_one_of_the_solar_year() -> None:
    day, before = date(1990, 1, 1), solar_hijri(date(1989, 12, 31))
    while day < date(2090, 1, 1):
        now = solar_hijri(day)
        fits = {(before[0], before[1], before[2] + 1), (before[0], before[1] + 1, 1), (before[0] + 1, 1, 1)}
        assert now in fits
        assert now[2] <= (31 if now[1] <= 6 else 30)
        day, before = day + timedelta(days=1), now


def test_numbers_are_written_in_the_digits_of_the_language() -> None:
    assert said("{{ 1200 | number }} {{ 1200 | many }} {{ 45 | many }}", "ar") == "1200 999+ 45"
    assert digits("fa", "45") == "۴۵"
    assert said('{{ ngettext("%(num)s reply", "%(num)s replies", 3) }}', "ar") == "3 ردود"


@pytest.mark.parametrize(
    ("language", "way"),
    [
        ("prs", "rtl"), ("PRS-AF", "rtl"), ("haz", "rtl"), ("ku", "ltr"), ("ku-Arab", "rtl"), ("uz-Arab-AF", "rtl"),
        ("ar-Latn", "ltr"), ("fa-AF", "rtl"), ("pa-Arab", "rtl"), ("pa", "ltr"), ("ti", "ltr"), ("de-1996", "ltr"),
    ],
)  # fmt: skip
def test_the_script_that_a_language_is_written_in_gives_its_direction(language: str, way: str) -> None:
    assert direction(language) == way
