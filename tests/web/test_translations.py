"""Translating at the Desk with plain forms."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from server.features.access.model import Role
from server.features.posts.model import Draft, DraftMedia, DraftText, Post
from server.features.reviews.model import Kind
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import CONSOLE, Organiser, World, signed_in

pytestmark = pytest.mark.anyio

ARABIC = "تعالوا إلى الرصيف"


@pytest.fixture
async def house(world: World) -> House:
    made = await world.campaign("here.test")
    await made.translating.choose_languages(CONSOLE, ["en", "fa", "ar"])
    return made


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


@pytest.fixture
async def post(world: World, house: House) -> Post:
    return await world.publish(house, "Come to the quay")


async def texts(house: House, post: Post) -> dict[str, str]:
    async with house.database.snapshot() as snapshot:
        return {one.language: one.state for one in (await house.publishing.saying.live(snapshot, post.public_id)).texts}


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


async def test_the_first_screen_says_what_is_missing_and_leads_there(ada: Organiser, post: Post) -> None:
    front = (await ada.get("/desk/")).text
    assert re.search(r"<b>missing</b> [^<]*(<bdi[^>]*>[^<]*</bdi> \d+ · )*<bdi[^>]*>فارسی</bdi> 1", front)
    assert f"/desk/posts/{post.public_id}/translations" in front
    every = (await ada.get("/desk/translations")).text
    assert f"/desk/posts/{post.public_id}/translations" in every


async def test_a_translation_is_saved_seen_and_approved(house: House, ada: Organiser, post: Post) -> None:
    home = f"/desk/posts/{post.public_id}/translations"
    form = (await ada.get(f"{home}/ar")).text
    assert '<div class="words lines" lang="en" dir="ltr">Come to the quay</div>' in form
    assert re.search(r'<textarea id="text" name="text" lang="ar" dir="rtl"', form)
    kept = await ada.post(f"{home}/ar", {"do": "save", "version": field(form, "version"), "text": ARABIC})
    assert "Saved. Readers have it once it is approved." in kept.text
    assert await texts(house, post) == {"en": "main"}
    done = await ada.post(f"{home}/ar", {"do": "approve", "seen": field(kept.text, "seen")})
    assert "Readers and other servers have it now." in done.text
    assert (await texts(house, post))["ar"] == "approved"
    assert ARABIC in (await ada.get(f"/ar/p/{post.public_id}")).text


async def test_saving_and_approving_is_one_tap(house: House, ada: Organiser, post: Post) -> None:
    home = f"/desk/posts/{post.public_id}/translations"
    await ada.post(f"{home}/ar", {"do": "save-approve", "version": "0", "text": ARABIC})
    assert (await texts(house, post))["ar"] == "approved"
    down = await ada.post(f"{home}/ar", {"do": "take-down"})
    assert "It is a draft again." in down.text
    gone = await ada.post(f"{home}/ar", {"do": "discard"})
    assert "Thrown away" in gone.text


async def test_whatever_goes_wrong_the_words_come_back(house: House, ada: Organiser, post: Post) -> None:
    home = f"/desk/posts/{post.public_id}/translations"
    await house.translating.save(CONSOLE, post.public_id, DraftText(language="ar", text="كلمات أخرى"))
    answer = await ada.post(f"{home}/ar", {"do": "save", "version": "0", "text": ARABIC})
    assert answer.status_code == 409
    assert ARABIC in answer.text
    assert "Somebody else has changed this translation meanwhile." in answer.text
    empty = await ada.post(f"{home}/fa", {"do": "save-approve", "version": "0", "text": ""})
    assert empty.status_code == 422
    assert "Translate the words first." in empty.text


async def test_an_edit_says_that_it_makes_translations_stale_and_minor_ones_do_not(
    house: House, ada: Organiser, post: Post
) -> None:
    await ada.post(
        f"/desk/posts/{post.public_id}/translations/ar", {"do": "save-approve", "version": "0", "text": ARABIC}
    )
    form = (await ada.get(f"/desk/posts/{post.public_id}/edit")).text
    assert "Only spelling changes: the translations stay good" in form
    said = {"language": "en", "version": "", "do": "publish", "translating": "1"}
    path = f"/desk/posts/{post.public_id}/edit"
    await ada.post(path, {**said, "text": "Come to the quay!", "key": "one", "minor": "on"})
    assert (await texts(house, post))["ar"] == "approved"
    posts = await ada.post(path, {**said, "text": "Come to the bridge", "key": "two"})
    assert (await texts(house, post))["ar"] == "stale"
    assert re.search(r'<span class="state wait">older than the original</span> <bdi[^>]*>العربية</bdi>', posts.text)


async def test_a_writer_sees_who_approves_and_cannot(world: World, house: House, ada: Organiser, post: Post) -> None:
    await house.access.invite(CONSOLE, "heron", Role.WRITER)
    home = f"/desk/posts/{post.public_id}/translations"
    async with signed_in(world, house, "heron") as heron:
        kept = await heron.post(f"{home}/ar", {"do": "save", "version": "0", "text": ARABIC})
        assert "An editor or a keyholder approves it." in kept.text
        assert 'value="approve"' not in kept.text
        refused = await heron.post(f"{home}/ar", {"do": "approve", "seen": "1.x"})
        assert refused.status_code == 403
    assert await texts(house, post) == {"en": "main"}


async def test_who_wrote_it_is_told_that_somebody_else_must_look(house: House, ada: Organiser, post: Post) -> None:
    await house.reviews.choose(CONSOLE, {Kind.EDIT: 2})
    home = f"/desk/posts/{post.public_id}/translations"
    answer = await ada.post(f"{home}/ar", {"do": "save-approve", "version": "0", "text": ARABIC})
    assert answer.status_code == 403
    assert "Somebody else must approve this translation: you wrote it." in answer.text
    assert ARABIC in answer.text
    done = await ada.post(
        f"{home}/ar", {"do": "at-once", "seen": field(answer.text, "seen"), "reason": "They come now"}
    )
    assert "Readers and other servers have it now." in done.text


async def test_pictures_are_described_in_the_language(world: World, house: House, ada: Organiser) -> None:
    item = await house.media.add(picture())
    post = await world.publish(house, "Look", media=(DraftMedia(public_id=item.public_id, alt="Tents"),))
    home = f"/desk/posts/{post.public_id}/translations"
    form = (await ada.get(f"{home}/ar")).text
    assert f'id="alt-{item.public_id}"' in form
    words = {"do": "save-approve", "version": "0", "text": "انظروا", f"alt-{item.public_id}": "خيام"}
    await ada.post(f"{home}/ar", words)
    assert 'value="خيام"' in (await ada.get(f"{home}/ar")).text


async def test_a_draft_is_translated_before_it_goes_out_and_the_form_keeps_it(house: House, ada: Organiser) -> None:
    kept = await house.drafting.keep(CONSOLE, Draft(text="Come to the quay", language="en"))
    home = f"/desk/drafts/{kept.public_id}/translations"
    form = (await ada.get(f"{home}/ar")).text
    done = await ada.post(f"{home}/ar", {"do": "save-approve", "version": field(form, "version"), "text": ARABIC})
    assert "It goes out with the draft." in done.text
    words = (await ada.get(f"/desk/drafts/{kept.public_id}")).text
    assert "Translate this draft" in words
    saved = {"text": "Come to the quay", "language": "en", "audience": "public", "version": field(words, "version")}
    await ada.post(f"/desk/drafts/{kept.public_id}", {**saved, "do": "save", "own_notes": "on", "translating": "1"})
    draft = (await house.drafting.draft(CONSOLE, kept.public_id)).draft
    assert [one.text for one in draft.translations] == [ARABIC]
    assert draft.own_notes
    assert ARABIC in (await ada.get(f"/desk/drafts/{kept.public_id}/preview")).text


async def test_a_suggestion_is_taken_over_into_the_form(world: World, house: House, ada: Organiser, post: Post) -> None:
    bob = world.peer()
    note = bob.note("بیایید &lt;b&gt;به&lt;/b&gt; اسکله #translation #fa", inReplyTo=world.uri(house, post))
    await bob.send(house, bob.activity("Create", note, to=note["to"]))
    await world.settle()
    assert "Translations that others suggest" in (await ada.get("/desk/")).text
    home = f"/desk/posts/{post.public_id}/translations"
    panel = (await ada.get(home)).text
    assert "From somebody we do not know: look at it" in panel
    number = re.search(r"/suggestions/(\d+)", panel)
    assert number is not None
    into = await ada.post(f"{home}/suggestions/{number[1]}", {"do": "let-in"})
    assert "Thank them" in into.text
    form = (await ada.get(f"{home}/fa?suggestion={number[1]}")).text
    assert "بیایید &lt;b&gt;به&lt;/b&gt; اسکله</textarea>" in form, "as plain text"
    await ada.post(f"{home}/fa", {"do": "save", "version": "0", "text": "بیایید به اسکله", "suggestion": number[1]})
    assert "taken over" in (await ada.get(home)).text
    await ada.post(f"{home}/suggestions/{number[1]}", {"do": "dismiss"})
    assert "bob@peer.test" not in (await ada.get(home)).text


async def test_the_campaign_chooses_its_languages_in_order(house: House, ada: Organiser) -> None:
    page = (await ada.get("/desk/languages")).text
    assert re.search(r'<option value="fa" lang="fa" selected>', page)
    await ada.post("/desk/languages", {"language1": "en", "language2": "ti", "language3": "fr"})
    assert house.actors.campaign().languages == ("en", "ti", "fr")


async def test_another_language_than_the_campaigns_can_be_chosen_too(ada: Organiser, post: Post) -> None:
    home = f"/desk/posts/{post.public_id}/translations"
    form = await ada.get(f"{home}?language=de")
    assert str(form.url).endswith(f"{home}/de")
    assert 'lang="de" dir="ltr"' in form.text
