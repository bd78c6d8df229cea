"""Taking earlier words away for good, as organisers do it and as readers see it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from server.features.posts.model import Draft, DraftText, Post
from server.house import House
from tests.world import CONSOLE, Organiser, World, later, signed_in

FORM = {"text": "Come to the quay", "language": "en", "version": "", "key": "tap", "do": "publish"}


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


async def live(house: House, post: Post) -> Post:
    async with house.database.snapshot() as snapshot:
        return await house.publishing.saying.live(snapshot, post.public_id)


async def test_the_form_of_an_edit_offers_it_and_one_act_does_both(world: World, house: House, ada: Organiser) -> None:
    post = await world.publish(house, "Come to Zarafshan")
    path = f"/desk/posts/{post.public_id}/edit"
    form = (await ada.get(path)).text
    assert "Do not keep the old words in the public history" in form
    assert 'name="forget" aria-describedby="forget-why">' in form, "it is a choice, and not made for anybody"
    assert "forget" not in (await ada.get("/desk/write")).text
    later(world, minutes=5)
    history = f"{house.addresses.post_page(post.public_id)}/history"
    answer = await ada.post(path, {**FORM, "base": (await live(house, post)).base, "forget": "on"})
    assert answer.url.raw_path.decode() == "/desk/posts?done=edited-forgotten"
    page = (await world.get(history)).text
    assert "Zarafshan" not in page
    assert "1 earlier version was removed by the campaign." in page
    assert "Come to the quay" in page


async def test_without_the_choice_the_old_words_stay_readable(world: World, house: House, ada: Organiser) -> None:
    post = await world.publish(house, "Come to Zarafshan")
    await ada.post(f"/desk/posts/{post.public_id}/edit", {**FORM, "base": (await live(house, post)).base})
    page = (await world.get(f"{house.addresses.post_page(post.public_id)}/history")).text
    assert "Zarafshan" in page
    assert "removed by the campaign" not in page


async def test_the_choice_is_kept_with_a_draft_until_it_is_taken_back(
    world: World, house: House, ada: Organiser
) -> None:
    post = await world.publish(house, "Come to Zarafshan")
    chosen = {**FORM, "base": (await live(house, post)).base, "forget": "on", "do": "save"}
    await ada.post(f"/desk/posts/{post.public_id}/edit", chosen)
    (kept,) = await house.drafting.drafts(CONSOLE)
    assert kept.draft.forget
    assert 'aria-describedby="forget-why" checked>' in (await ada.get(f"/desk/drafts/{kept.public_id}")).text
    again = {name: value for name, value in chosen.items() if name != "forget"}
    await ada.post(f"/desk/drafts/{kept.public_id}", {**again, "version": str(kept.version)})
    assert not (await house.drafting.draft(CONSOLE, kept.public_id)).draft.forget


async def test_the_desk_offers_it_one_step_away_from_an_edited_post(world: World, house: House, ada: Organiser) -> None:
    post = await world.publish(house, "Come to Zarafshan")
    path = f"/desk/posts/{post.public_id}/forget"
    assert path not in (await ada.get("/desk/posts")).text
    history = f"{house.addresses.post_page(post.public_id)}/history"
    for words in ("Come to the bridge", "Come to the quay"):
        later(world, minutes=5)
        await house.publishing.edit(CONSOLE, post.public_id, Draft(text=words, language="en"))
    assert "Zarafshan" in (await world.get(history)).text
    assert path in (await ada.get("/desk/posts")).text
    sure = (await ada.get(path)).text
    assert "2 earlier versions are erased, with their pictures." in sure
    assert "Zarafshan" not in sure
    assert "Zarafshan" in (await world.get(history)).text, "a look takes nothing"
    answer = await ada.post(path, {})
    assert answer.url.raw_path.decode() == "/desk/posts?done=forgotten"
    page = (await world.get(history)).text
    assert "Zarafshan" not in page
    assert "2 earlier versions were removed by the campaign." in page
    assert "No earlier version of it is kept." in (await ada.get(path)).text


async def test_whoever_forgets_is_led_to_the_translations_that_stand(
    world: World, house: House, ada: Organiser
) -> None:
    arabic = DraftText(language="ar", text="تعالوا")
    draft = Draft(text="Come to Zarafshan", language="en", translations=(arabic,))
    post = await house.publishing.submit(CONSOLE, draft)
    await house.publishing.edit(CONSOLE, post.public_id, replace(draft, text="Come to the quay"))
    path = f"/desk/posts/{post.public_id}/forget"
    assert f"/desk/posts/{post.public_id}/translations/ar" in (await ada.get(path)).text
    answer = await ada.post(path, {})
    assert answer.url.raw_path.decode() == f"/desk/posts/{post.public_id}/translations?done=forgotten-but"
    page = await world.get(f"{house.addresses.post_page(post.public_id)}/history", extra={"Accept-Language": "ar"})
    assert "Zarafshan" not in page.text


async def test_a_post_that_is_gone_has_nothing_to_forget(world: World, house: House, ada: Organiser) -> None:
    post = await world.publish(house, "Come")
    await house.publishing.delete(CONSOLE, post.public_id)
    for answer in (
        await ada.get(f"/desk/posts/{post.public_id}/forget"),
        await ada.post(f"/desk/posts/{post.public_id}/forget", {}),
    ):
        assert answer.status_code == 410
    assert (await ada.get("/desk/posts/nobody/forget")).status_code == 404
