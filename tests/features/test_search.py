"""Posts are found by their words in all languages, and by nothing else."""

from __future__ import annotations

import html

import pytest

from server.base.catalogue import catalogue
from server.base.database import Snapshot, search_tables
from server.base.errors import Unavailable
from server.features.posts.model import Audience, Draft, DraftText
from server.house import House
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio


async def said(house: House, text: str, language: str = "en", **more: object) -> str:
    post = await house.publishing.submit(CONSOLE, Draft(text=text, language=language, **more))  # type: ignore[arg-type]
    await house.search.catch_up()
    return post.public_id


async def found(house: House, question: str) -> list[str]:
    return [post.public_id for post in await house.search.find(question, house.actors.campaign().id)]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The quay is open again", "QUAY open"),
        ("The quay is open again", "qua"),
        ("Réunion à l'école", "ecole reunion"),
        ("نحتاج إلى بطانيات وشاي", "الى بطانيات"),
        ("ما به پتو نیاز داریم", "نياز"),
        ("ወደባችን ክፍት ነው።", "ክፍት"),
        ("ሠናይ ንግሆ፡ ፀሓይ", "ሰናይ ጸሓይ"),
        ("کمپ‌ها تخلیه می‌شوند", "کمپها میشوند"),
        ("کمپ‌ها تخلیه می‌شوند", "کمپ ها می شوند"),
        ("کمپ‌ها تخلیه می‌شوند", "کمپ‌ها می‌شوند"),
        ("کمپها تخلیه میشوند", "کمپ‌ها می‌شوند"),
        ("ساعت ۱۸:۳۰ جلوی بندر", "18 30"),
        ("الساعة ١٨", "۱۸"),
        ("موږ کمپلو ته اړتیا لرو", "اړتيا"),
        ("Bring tea #OpenHarbour", "openharbour"),
        ("It's 100% sure (really)", "100 really"),
    ],
)
async def test_a_post_is_found_by_its_words(house: House, text: str, question: str) -> None:
    name = await said(house, text)
    await said(house, "Something else")
    assert await found(house, question) == [name]


async def test_translations_are_found_too(house: House) -> None:
    name = await said(house, "Come to the harbour", translations=(DraftText(language="fr", text="Venez au port"),))
    assert await found(house, "venez") == [name]


async def test_the_newest_stands_first(house: House) -> None:
    older, newer = await said(house, "Tea tonight"), await said(house, "Tea tomorrow")
    assert await found(house, "tea") == [newer, older]


async def test_an_edit_is_found_by_its_new_words_alone(house: House) -> None:
    name = await said(house, "Meet at the bridge")
    await house.publishing.edit(CONSOLE, name, Draft(text="Meet at the station", language="en"))
    await house.search.catch_up()
    assert await found(house, "station") == [name]
    assert await found(house, "bridge") == []


async def test_what_is_deleted_is_gone_at_once_and_from_the_index(house: House) -> None:
    name = await said(house, "Words to forget")
    await house.publishing.delete(CONSOLE, name)
    assert await found(house, "forget") == []
    await house.search.catch_up()
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM search_posts") == 0


@pytest.mark.parametrize("audience", [Audience.UNLISTED, Audience.FOLLOWERS])
async def test_what_is_not_for_lists_is_not_found(house: House, audience: Audience) -> None:
    await said(house, "Quiet words", audience=audience)
    assert await found(house, "quiet") == []


@pytest.mark.parametrize(
    "question", ["", "   ", '"', "* OR *", "NEAR(", 'a" OR "b', "':*", "tea & ! |", "\x00", "-tea", "x" * 5_000]
)
async def test_no_question_breaks_anything(house: House, question: str) -> None:
    await said(house, "Coffee")
    assert await found(house, question) == []


async def test_an_index_that_was_lost_is_made_anew(house: House) -> None:
    name = await said(house, "Still here")
    await house.database.script("DROP TABLE search_posts")
    assert await search_tables.ensure(house.database)
    await house.database.script("DROP TABLE search_posts")
    await house.search.catch_up()
    assert await found(house, "still") == [name]


async def test_changes_that_were_forgotten_meanwhile_are_made_up_for(house: House) -> None:
    await said(house, "First")
    post = await house.publishing.submit(CONSOLE, Draft(text="Second", language="en"))
    async with house.database.transaction() as tx:
        await tx.execute("DELETE FROM changes")
    await house.search.catch_up()
    assert await found(house, "second") == [post.public_id]


async def test_before_there_is_an_index_searching_is_put_off(house: House) -> None:
    with pytest.raises(Unavailable):
        await found(house, "quay")
    assert await found(house, " ") == [], "nothing was asked"
    await said(house, "Come to the quay")
    assert len(await found(house, "quay")) == 1


async def test_once_the_index_is_there_no_search_asks_for_it_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await said(house, "Come to the quay")
    asked = []
    real = search_tables.exists

    async def counted(snapshot: Snapshot, dialect: str) -> bool:
        asked.append(dialect)
        return await real(snapshot, dialect)

    monkeypatch.setattr(search_tables, "exists", counted)
    for _ in range(3):
        assert len(await found(house, "quay")) == 1
    assert len(asked) == 1


@pytest.mark.parametrize("language", ["en", "fr", "ar", "fa", "ps", "ti"])
async def test_the_page_says_in_each_language_that_there_is_no_index_yet(world: World, language: str) -> None:
    house = await world.campaign("here.test")
    page = await world.get("https://here.test/search?q=quay", extra={"Accept-Language": language})
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) > 0
    words = catalogue(language).one("Search is not ready yet. Try again in a minute.")
    assert words in html.unescape(page.text)
    assert (language == "en") == ("not ready yet" in page.text)
    await said(house, "Come to the quay")
    assert (await world.get("https://here.test/search?q=quay")).status_code == 200


async def test_the_page_shows_what_was_found_and_keeps_no_question(world: World) -> None:
    house = await world.campaign("here.test")
    await said(house, "The quay is open")
    page = await world.get("https://here.test/search?q=quay")
    assert "The quay is open" in page.text
    assert page.headers["cache-control"] == "private, no-store"
    nothing = await world.get("https://here.test/search?q=%3Cb%3E")
    assert "&lt;b&gt;" in nothing.text
    assert "<b>" not in nothing.text
