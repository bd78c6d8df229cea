"""The Desk in the organiser's language; public pages in the campaign's, whoever asks."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.base.catalogue import languages
from server.base.errors import Invalid
from server.base.spoken import digits
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
    for bad in ("tlh", "../../etc/passwd", "FR", "x" * 5000):
        assert (await ada.post("/desk/language", {"language": bad})).status_code == 422
    assert 'lang="fr"' in (await ada.get("/desk/")).text


async def test_public_pages_do_not_listen_to_the_browser(world: World, ada: Organiser) -> None:
    stranger = world.client(base_url="https://here.test")
    for asked in ("ar", "fr", ""):
        answer = await stranger.get("/", headers={"accept-language": asked})
        assert 'lang="en"' in answer.text
        assert "language" not in answer.headers.get("vary", "").lower()
    await ada.post("/desk/profile", {"name": "Port", "language": "fr", "time_zone": "UTC"})
    assert 'lang="fr"' in (await stranger.get("/", headers={"accept-language": "ar"})).text
    assert 'lang="fr"' in (await stranger.get("/nothing")).text
    await stranger.aclose()


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
    ],
)
def test_times_as_people_say_them(language: str, day: str, minute: str, month: str) -> None:
    at = "2026-03-01T10:05:00.000000Z"
    assert (
        said("{{ at | day }}|{{ at | minute }}|{{ '2026-03' | month }}", language, at=at) == f"{day}|{minute}|{month}"
    )


def test_numbers_are_written_in_the_digits_of_the_language() -> None:
    assert said("{{ 1200 | number }} {{ 1200 | many }} {{ 45 | many }}", "ar") == "1200 999+ 45"
    assert digits("fa", "45") == "۴۵"
    assert said('{{ ngettext("%(num)s reply", "%(num)s replies", 3) }}', "ar") == "3 ردود"
