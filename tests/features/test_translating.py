"""One post, several languages: written, approved for exact words, stale when those change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.base.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from server.features.access.model import Role, Who
from server.features.posts.languages import pictures_in
from server.features.posts.model import Draft, DraftMedia, DraftText, Kind, Post, TextState
from server.features.posts.model_call import DraftCall
from server.features.posts.views_parts import history
from server.features.posts.wording import best_text
from server.features.reviews.model import Kind as ReviewKind
from server.features.reviews.model import ReviewWanted
from server.features.safety.model import LockLevel
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio

QUAY = Draft(text="Come to the quay", language="en")
ARABIC = DraftText(language="ar", text="تعالوا إلى الرصيف")
FRENCH = DraftText(language="fr", text="Venez au quai")


async def standing(house: House, name: str) -> Post:
    async with house.database.snapshot() as snapshot:
        return await house.publishing.saying.live(snapshot, name)


async def states(house: House, name: str) -> dict[str, str]:
    return {one.language: one.state for one in (await standing(house, name)).texts}


async def approve(house: House, name: str, text: DraftText, who: Who = CONSOLE) -> Post:
    await house.translating.save(who, name, text)
    return await approve_saved(house, name, text.language, who)


async def approve_saved(house: House, name: str, language: str, who: Who = CONSOLE) -> Post:
    side = (await house.translating.panel(who, name)).side(language)
    assert side is not None
    return await house.translating.approve(who, name, language, side.seen)


async def organiser(house: House, name: str, role: Role) -> Who:
    await house.access.invite(CONSOLE, name, role)
    (found,) = [one for one in await house.access.organisers(CONSOLE) if one.name == name]
    return found.who


async def both(house: House) -> tuple[Who, Who]:
    """Two who may look at what the other one did."""
    await house.reviews.choose(CONSOLE, {ReviewKind.EDIT: 2})
    return await organiser(house, "heron", Role.EDITOR), await organiser(house, "kestrel", Role.EDITOR)


async def test_what_the_campaign_speaks_and_a_post_lacks_is_missing(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, QUAY)
    assert (await house.translating.panel(CONSOLE, post.public_id)).sides == ()
    await house.translating.choose_languages(CONSOLE, ["en", "fr", "ar"])
    panel = await house.translating.panel(CONSOLE, post.public_id)
    assert [(one.language, one.state) for one in panel.sides] == [("fr", "missing"), ("ar", "missing")]
    (todo,) = await house.translating.todo(CONSOLE)
    assert [(one.language, one.state) for one in todo.gaps] == [("fr", "missing"), ("ar", "missing")]


async def test_a_translation_is_seen_by_nobody_outside_until_it_is_approved(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, QUAY)
    await house.translating.save(CONSOLE, post.public_id, ARABIC)
    assert await states(house, post.public_id) == {"en": "main"}
    after = await approve_saved(house, post.public_id, "ar")
    assert [text.source for text in after.shown_texts] == ["Come to the quay", ARABIC.text]
    assert after.updated_at > post.updated_at
    side = (await house.translating.panel(CONSOLE, post.public_id)).side("ar")
    assert side is not None
    assert (side.state, side.in_work) == ("approved", False)


async def test_translations_stand_in_the_campaigns_order_and_others_after_them(house: House) -> None:
    await house.translating.choose_languages(CONSOLE, ["en", "ti", "fr"])
    draft = replace(QUAY, translations=(ARABIC, FRENCH, DraftText(language="ti", text="ንዑ")))
    post = await house.publishing.submit(CONSOLE, draft)
    assert [text.language for text in post.shown_texts] == ["en", "ti", "fr", "ar"]


@pytest.mark.parametrize(
    "change",
    [{"text": "Come to the bridge"}, {"title": "Tonight"}, {"warning": "Police"}],
    ids=["words", "title", "warning"],
)
async def test_other_words_make_approved_translations_stale(house: House, change: dict[str, str]) -> None:
    post = await house.publishing.submit(CONSOLE, replace(QUAY, translations=(ARABIC,)))
    after = await house.publishing.edit(CONSOLE, post.public_id, replace(post.as_draft(), **change))  # type: ignore[arg-type]
    assert await states(house, post.public_id) == {"en": "main", "ar": "stale"}
    assert [text.language for text in after.said_texts] == ["en"]
    assert [text.language for text in after.shown_texts] == ["en", "ar"]


async def test_the_words_of_a_call_out_make_them_stale_and_its_hours_do_not(house: House) -> None:
    call = DraftCall(ends_at="2026-10-02T16:00:00.000000Z", time_zone="Europe/Paris", place="Near the port")
    arabic = replace(ARABIC, place="قرب الميناء")
    draft = replace(QUAY, kind=Kind.CALL_OUT, title="Come", call=call, translations=(replace(arabic, title="تعالوا"),))
    post = await house.publishing.submit(CONSOLE, draft)
    later = replace(post.as_draft(), call=replace(call, ends_at="2026-10-03T16:00:00.000000Z"))
    after = await house.publishing.edit(CONSOLE, post.public_id, later)
    assert (await states(house, post.public_id))["ar"] == "approved"
    moved = replace(after.as_draft(), call=replace(call, place="At the bridge"))
    await house.publishing.edit(CONSOLE, post.public_id, moved)
    assert (await states(house, post.public_id))["ar"] == "stale"


async def test_a_minor_edit_leaves_translations_good_and_the_next_one_counts_again(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(QUAY, translations=(ARABIC,)))
    draft = replace(post.as_draft(), text="Come to the quay!", minor=True)
    after = await house.publishing.edit(CONSOLE, post.public_id, draft)
    assert (await states(house, post.public_id))["ar"] == "approved"
    await house.publishing.edit(CONSOLE, post.public_id, replace(after.as_draft(), text="Come to the bridge"))
    assert (await states(house, post.public_id))["ar"] == "stale"


async def test_what_was_stale_stays_stale_through_a_minor_edit(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(QUAY, translations=(ARABIC,)))
    bridge = await house.publishing.edit(CONSOLE, post.public_id, replace(post.as_draft(), text="Come to the bridge"))
    await house.publishing.edit(
        CONSOLE, post.public_id, replace(bridge.as_draft(), text="Come to the bridge.", minor=True)
    )
    assert (await states(house, post.public_id))["ar"] == "stale"


async def test_a_stale_translation_is_found_to_be_good_still(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(QUAY, translations=(ARABIC,)))
    await house.publishing.edit(CONSOLE, post.public_id, replace(post.as_draft(), text="Come to the quay, please"))
    await approve_saved(house, post.public_id, "ar")
    assert (await states(house, post.public_id))["ar"] == "approved"


async def test_an_edit_that_names_no_translation_keeps_those_that_stand(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(QUAY, translations=(ARABIC,)))
    await house.publishing.edit(CONSOLE, post.public_id, replace(QUAY, sensitive=True))
    assert (await states(house, post.public_id)) == {"en": "main", "ar": "approved"}


async def test_a_draft_of_an_edit_never_brings_an_old_translation_back(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(QUAY, translations=(ARABIC,)))
    kept = await house.drafting.keep(CONSOLE, replace(post.as_draft(), sensitive=True), edits=post.public_id)
    await approve(house, post.public_id, replace(ARABIC, text="كلمات أحدث"))
    await house.drafting.publish(CONSOLE, kept.public_id)
    after = await standing(house, post.public_id)
    assert best_text(after, "ar").source == "كلمات أحدث"
    assert after.sensitive


async def test_approval_binds_to_exactly_the_words_that_were_seen(house: House) -> None:
    name = (await house.publishing.submit(CONSOLE, QUAY)).public_id
    await house.translating.save(CONSOLE, name, ARABIC)
    side = (await house.translating.panel(CONSOLE, name)).side("ar")
    assert side is not None
    await house.translating.save(CONSOLE, name, replace(ARABIC, text="شيء آخر"))
    with pytest.raises(Conflict):
        await house.translating.approve(CONSOLE, name, "ar", side.seen)
    again = (await house.translating.panel(CONSOLE, name)).side("ar")
    assert again is not None
    await house.publishing.edit(CONSOLE, name, replace(QUAY, text="Come to the bridge"))
    with pytest.raises(Conflict):
        await house.translating.approve(CONSOLE, name, "ar", again.seen)
    changed = (await house.translating.panel(CONSOLE, name)).side("ar")
    assert changed is not None
    assert changed.changed
    assert await states(house, name) == {"en": "main"}


async def test_two_who_translate_at_once_do_not_overwrite_each_other(house: House) -> None:
    name = (await house.publishing.submit(CONSOLE, QUAY)).public_id
    assert await house.translating.save(CONSOLE, name, ARABIC, version=0) == 1
    assert await house.translating.save(CONSOLE, name, ARABIC, version=0) == 1, "sent twice"
    with pytest.raises(Conflict):
        await house.translating.save(CONSOLE, name, replace(ARABIC, text="شيء آخر"), version=0)


async def test_writers_translate_and_editors_approve(house: House) -> None:
    name = (await house.publishing.submit(CONSOLE, QUAY)).public_id
    writer, editor = await organiser(house, "heron", Role.WRITER), await organiser(house, "kestrel", Role.EDITOR)
    await house.translating.save(writer, name, ARABIC)
    with pytest.raises(Forbidden):
        await approve_saved(house, name, "ar", writer)
    await approve_saved(house, name, "ar", editor)
    assert (await states(house, name))["ar"] == "approved"


async def test_where_two_pairs_of_eyes_are_wanted_nobody_approves_their_own_words(house: House) -> None:
    name = (await house.publishing.submit(CONSOLE, QUAY)).public_id
    heron, kestrel = await both(house)
    await house.translating.save(heron, name, ARABIC)
    with pytest.raises(Forbidden):
        await approve_saved(house, name, "ar", heron)
    await approve_saved(house, name, "ar", kestrel)
    assert (await states(house, name))["ar"] == "approved"


async def test_what_cannot_wait_is_looked_at_afterwards(house: House) -> None:
    name = (await house.publishing.submit(CONSOLE, QUAY)).public_id
    heron, kestrel = await both(house)
    await house.translating.save(heron, name, ARABIC)
    side = (await house.translating.panel(heron, name)).side("ar")
    assert side is not None
    await house.translating.approve(heron, name, "ar", side.seen, reason="They come now")
    assert [line.review.note for line in await house.reviews.waiting(kestrel)] == ["They come now"]


async def test_while_publishing_is_frozen_nothing_is_approved(house: House) -> None:
    name = (await house.publishing.submit(CONSOLE, QUAY)).public_id
    await house.translating.save(CONSOLE, name, ARABIC)
    await house.locking.set_level(CONSOLE, LockLevel.PUBLISHING_FROZEN)
    with pytest.raises(Forbidden):
        await approve_saved(house, name, "ar")


async def test_a_translation_leaves_nothing_out(house: House) -> None:
    name = (await house.publishing.submit(CONSOLE, replace(QUAY, warning="Police"))).public_id
    with pytest.raises(Invalid):
        await approve(house, name, ARABIC)
    with pytest.raises(Invalid):
        await house.translating.save(CONSOLE, name, DraftText(language="en", text="The same language"))
    await approve(house, name, replace(ARABIC, warning="شرطة"))


async def test_a_translation_is_thrown_away_or_taken_away_from_readers(house: House) -> None:
    name = (await house.publishing.submit(CONSOLE, QUAY)).public_id
    await house.translating.save(CONSOLE, name, FRENCH)
    await house.translating.discard(CONSOLE, name, "fr")
    with pytest.raises(NotFound):
        await house.translating.discard(CONSOLE, name, "fr")
    await approve(house, name, ARABIC)
    await house.translating.take_down(CONSOLE, name, "ar")
    assert await states(house, name) == {"en": "main"}
    side = (await house.translating.panel(CONSOLE, name)).side("ar")
    assert side is not None
    assert side.text is not None
    assert (side.state, side.text.text) == ("draft", ARABIC.text)


async def test_pictures_are_described_in_each_language(house: House) -> None:
    item = await house.media.add(picture())
    draft = replace(QUAY, media=(DraftMedia(public_id=item.public_id, alt="Tents"),))
    name = (await house.publishing.submit(CONSOLE, draft)).public_id
    text = replace(ARABIC, alts=(DraftMedia(public_id=item.public_id, alt="خيام"),))
    after = await approve(house, name, text)
    assert [one.alt for one in pictures_in(after, best_text(after, "ar"))] == ["خيام"]
    assert [one.alt for one in pictures_in(after, best_text(after, "en"))] == ["Tents"]
    gone = await house.publishing.edit(CONSOLE, name, replace(after.as_draft(), media=()))
    assert best_text(gone, "ar").alts == ()


async def test_a_draft_is_translated_before_it_goes_out(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, QUAY)
    kept = await house.translating_drafts.save(CONSOLE, kept.public_id, ARABIC)
    kept = await house.translating_drafts.save(CONSOLE, kept.public_id, FRENCH)
    side = (await house.translating_drafts.panel(CONSOLE, kept.public_id)).side("ar")
    assert side is not None
    assert side.state == "draft"
    kept = await house.translating_drafts.approve(CONSOLE, kept.public_id, "ar", side.seen)
    post = await house.drafting.publish(CONSOLE, kept.public_id)
    assert post is not None
    assert await states(house, post.public_id) == {"en": "main", "ar": "approved"}
    waits = (await house.translating.panel(CONSOLE, post.public_id)).side("fr")
    assert waits is not None
    assert (waits.state, waits.in_work) == ("draft", True), "nobody approved it: it waits on the panel of the post"


async def test_other_words_of_a_draft_make_its_translations_stale_too(house: House) -> None:
    kept = await house.drafting.keep(CONSOLE, QUAY)
    await house.translating_drafts.save(CONSOLE, kept.public_id, ARABIC)
    side = (await house.translating_drafts.panel(CONSOLE, kept.public_id)).side("ar")
    assert side is not None
    kept = await house.translating_drafts.approve(CONSOLE, kept.public_id, "ar", side.seen)
    await house.drafting.keep(CONSOLE, replace(kept.draft, text="Come to the bridge"), name=kept.public_id)
    panel = await house.translating_drafts.panel(CONSOLE, kept.public_id)
    assert [(one.language, one.state) for one in panel.sides] == [("ar", "stale")]


async def test_nobody_approves_their_own_translation_of_a_draft_that_wants_two(house: House) -> None:
    heron, kestrel = await both(house)
    await house.reviews.choose(CONSOLE, {ReviewKind.UPDATE: 2})
    kept = await house.drafting.keep(kestrel, QUAY)
    kept = await house.translating_drafts.save(heron, kept.public_id, ARABIC)
    side = (await house.translating_drafts.panel(heron, kept.public_id)).side("ar")
    assert side is not None
    with pytest.raises(Forbidden):
        await house.translating_drafts.approve(heron, kept.public_id, "ar", side.seen)
    after = await house.translating_drafts.approve(kestrel, kept.public_id, "ar", side.seen)
    assert after.draft.translations[0].state is TextState.APPROVED


async def test_an_edit_that_waits_shows_its_reviewer_the_translations_as_they_will_be(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(QUAY, translations=(ARABIC,)))
    heron, kestrel = await both(house)
    with pytest.raises(ReviewWanted):
        await house.publishing.edit(heron, post.public_id, replace(QUAY, text="Come to the bridge"))
    (line,) = await house.reviews.waiting(kestrel)
    look = await house.reviewing.look(kestrel, line.review.id)
    assert [(text.language, text.state) for text in look.texts] == [("en", "main"), ("ar", "stale")]


async def test_the_history_says_when_a_translation_came(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, QUAY)
    await approve(house, post.public_id, ARABIC)
    async with house.database.snapshot() as snapshot:
        versions = await history(snapshot, post.id, 10)
    assert [(one.number, one.translated) for one in versions] == [(2, ("ar",)), (1, ())]


async def test_a_picture_that_an_edit_took_out_is_swept_with_its_translated_words(house: House) -> None:
    item = await house.media.add(picture())
    shown = (DraftMedia(public_id=item.public_id, alt="A quay"),)
    arabic = replace(ARABIC, alts=(DraftMedia(public_id=item.public_id, alt="رصيف"),))
    post = await house.publishing.submit(CONSOLE, replace(QUAY, media=shown, translations=(arabic,)))
    await house.publishing.edit(CONSOLE, post.public_id, replace(QUAY, translations=(ARABIC,)))
    assert await house.media.sweep() == 1
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM media") == 0


async def test_a_deleted_post_takes_its_translations_along(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(QUAY, translations=(ARABIC,)))
    await house.translating.save(CONSOLE, post.public_id, FRENCH)
    await house.publishing.delete(CONSOLE, post.public_id)
    with pytest.raises(Gone):
        await house.translating.panel(CONSOLE, post.public_id)
    async with house.database.snapshot() as snapshot:
        for table in ("texts", "text_alts", "translation_drafts", "translation_suggestions"):
            assert await snapshot.value(f"SELECT count(*) FROM {table}") == 0


async def test_a_reader_gets_the_nearest_language_that_there_is(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(QUAY, translations=(ARABIC, FRENCH)))
    assert best_text(post, "fr-CA").language == "fr"
    assert best_text(post, "ti").language == "en"


async def test_the_order_of_languages_is_kept_and_bounded(world: World, house: House) -> None:
    await house.translating.choose_languages(CONSOLE, ["fr", "en", "fr"])
    assert house.actors.campaign().languages == ("fr", "en")
    with pytest.raises(Invalid):
        await house.translating.choose_languages(CONSOLE, ["!"])
    with pytest.raises(Invalid):
        await house.translating.choose_languages(CONSOLE, [f"a{letter}" for letter in "abcdefghijklm"])
    await house.actors.load()
    assert house.actors.campaign().languages == ("fr", "en"), "it is stored"
