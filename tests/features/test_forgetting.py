"""A name that was edited out of a post can go for good: its earlier versions are in no table afterwards."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from server.base.errors import Conflict, Forbidden
from server.features.access.model import Role, Who
from server.features.posts import store_past
from server.features.posts.model import Audience, Draft, DraftMedia, DraftText, Kind, Post
from server.features.posts.model_call import DraftCall
from server.features.posts.views_parts import history, removed
from server.features.reviews.model import Kind as Reviewed
from server.features.reviews.model import ReviewWanted
from server.features.safety.model import LockLevel
from server.house import House
from tests.features.test_reviews import organiser
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio

NAME = "Zarafshan"
ARABIC = DraftText(language="ar", text=f"تعالوا إلى {NAME}", title="", alts=())
BEFORE = Draft(text=f"Come to the house of {NAME}", language="en", warning=f"Near {NAME}", translations=(ARABIC,))
AFTER = Draft(text="Come to the quay", language="en")


def png(colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return file.getvalue()


async def tables(house: House) -> list[str]:
    async with house.database.snapshot() as snapshot:
        if house.database.dialect == "sqlite":
            rows = await snapshot.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")
        else:
            rows = await snapshot.fetch(
                "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()"
            )
    return [row["name"] for row in rows]


async def where(house: House, word: str) -> set[str]:
    """The tables that hold a word anywhere, the index of the search with them."""
    found = set()
    async with house.database.snapshot() as snapshot:
        for table in await tables(house):
            for row in await snapshot.fetch(f"SELECT * FROM {table}"):
                values = [row[number] for number in range(len(row))]  # type: ignore[arg-type]
                if any(word.lower() in str(value).lower() for value in values):
                    found.add(table)
    return found


async def edited(house: House, draft: Draft = BEFORE, after: Draft = AFTER) -> Post:
    """A post that named somebody, and does not any more, in any language."""
    post = await house.publishing.submit(CONSOLE, draft)
    current = replace(
        after, translations=(replace(ARABIC, text="تعالوا إلى الرصيف"),) if draft.translations else (), call=after.call
    )
    await house.publishing.edit(CONSOLE, post.public_id, current)
    return post


async def test_no_table_holds_the_words_of_earlier_versions(house: House) -> None:
    await house.search.catch_up()
    old, new = await house.media.add(png((200, 0, 0)), alt=f"{NAME} waves"), await house.media.add(png((0, 0, 200)))
    pictures = (DraftMedia(public_id=old.public_id, alt=f"{NAME} at the door"), DraftMedia(public_id=new.public_id))
    arabic = replace(ARABIC, title=NAME, alts=(DraftMedia(public_id=old.public_id, alt=f"{NAME} هنا"),))
    post = await edited(
        house,
        replace(BEFORE, media=pictures, translations=(arabic,), own_notes=True),
        replace(AFTER, media=pictures[1:], own_notes=True),
    )
    await house.search.catch_up()
    assert {"texts", "text_alts", "revision_media", "outbox"} <= await where(house, NAME)
    assert await house.search.find(NAME, house.actors.campaign().id) == []
    past = await house.forgetting.forget(CONSOLE, post.public_id)
    assert past.earlier == 1
    assert await where(house, NAME) == set()
    assert not house.media.file(old).exists()
    assert house.media.file(new).exists()
    async with house.database.snapshot() as snapshot:
        (left,) = await history(snapshot, post.id, 20)
        assert (left.number, left.text.source) == (2, AFTER.text)
        assert await removed(snapshot, post.id) == 1
    await house.media.sweep()
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM media") == 1


async def test_one_act_edits_and_forgets(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(BEFORE, translations=()))
    await house.publishing.edit(CONSOLE, post.public_id, replace(AFTER, forget=True))
    assert await where(house, NAME) == set()
    async with house.database.snapshot() as snapshot:
        acts = [row["act"] for row in await snapshot.fetch("SELECT act FROM audit ORDER BY id")]
    assert acts[-2:] == ["edit", "forget"]


async def test_what_is_forgotten_leaves_the_index_of_the_search_although_nobody_follows_it(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(BEFORE, translations=()))
    await house.search.catch_up()
    assert "search_posts" in await where_indexed(house)
    await house.publishing.edit(CONSOLE, post.public_id, replace(AFTER, forget=True))
    assert await where_indexed(house) == set()
    await house.search.catch_up()
    assert [one.public_id for one in await house.search.find("quay", house.actors.campaign().id)] == [post.public_id]


async def where_indexed(house: House) -> set[str]:
    async with house.database.snapshot() as snapshot:
        rows = await snapshot.fetch("SELECT words FROM search_posts")
    return {"search_posts" for row in rows if NAME.lower() in str(row["words"]).lower()}


async def test_a_second_time_finds_nothing_and_does_no_harm(house: House) -> None:
    post = await edited(house)
    assert (await house.forgetting.look(CONSOLE, post.public_id)).earlier == 1
    await house.forgetting.forget(CONSOLE, post.public_id)
    assert (await house.forgetting.forget(CONSOLE, post.public_id)).earlier == 0
    async with house.database.snapshot() as snapshot:
        assert [one.text.source for one in await history(snapshot, post.id, 20)] == [AFTER.text]


async def test_a_call_out_forgets_in_the_agenda_too(house: House) -> None:
    until = "2027-01-01T10:00:00.000000Z"
    call = DraftCall(place=f"Behind {NAME}", ends_at=until, time_zone="UTC", needs=f"Tea for {NAME}", instead=NAME)
    draft = replace(BEFORE, title=f"To {NAME}", kind=Kind.CALL_OUT, call=call, translations=())
    plain = DraftCall(place="At the quay", ends_at=until, time_zone="UTC")
    post = await house.publishing.submit(CONSOLE, draft)
    await house.publishing.edit(
        CONSOLE, post.public_id, replace(AFTER, title="To the quay", kind=Kind.CALL_OUT, call=plain, forget=True)
    )
    assert await where(house, NAME) == set()
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM call_revisions") == 1
        said = await snapshot.fetch("SELECT body FROM outbox WHERE type = 'Create'")
    assert len(said) == 2
    assert all("At the quay" in row["body"] for row in said)


@pytest.mark.parametrize("audience", list(Audience))
async def test_what_still_waits_to_be_sent_says_what_stands(world: World, house: House, audience: Audience) -> None:
    """Creates and Updates that no server has taken yet, whoever may see the post."""
    peer, other = world.peer("there.test"), world.peer("other.test", username="olga")
    await peer.follow(house)
    await other.follow(house)
    await house.remote.actor_by_handle("bob@there.test")
    await house.remote.actor_by_handle("olga@other.test")
    first = Draft(text=f"@bob@there.test @olga@other.test {NAME}", language="en", audience=audience)
    post = await house.publishing.submit(CONSOLE, first)
    for words in (f"@bob@there.test and {NAME}", "@bob@there.test quay"):
        await house.publishing.edit(CONSOLE, post.public_id, replace(first, text=words))
    await house.forgetting.forget(CONSOLE, post.public_id)
    assert await where(house, NAME) == set()
    await world.settle()
    heard = [one for one in (*peer.received, *other.received) if one["type"] in {"Create", "Update"}]
    assert any("quay" in str(one) for one in peer.received)
    assert all(NAME not in str(one) for one in heard)
    if audience is Audience.DIRECT:
        assert not any("quay" in str(one) for one in other.received), "nobody else is told what a direct message says"


async def test_edits_begun_from_the_old_words_go_and_those_begun_since_stay(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(BEFORE, translations=()))
    begun = replace(post.as_draft(), text=f"More of {NAME}")
    old = await house.drafting.keep(CONSOLE, begun, edits=post.public_id)
    await house.publishing.edit(CONSOLE, post.public_id, AFTER)
    async with house.database.snapshot() as snapshot:
        now = await house.publishing.saying.live(snapshot, post.public_id)
    new = await house.drafting.keep(CONSOLE, replace(now.as_draft(), text="More of the quay"), edits=post.public_id)
    await house.forgetting.forget(CONSOLE, post.public_id)
    assert [one.public_id for one in await house.drafting.drafts(CONSOLE)] == [new.public_id]
    assert old.public_id != new.public_id
    assert await where(house, NAME) == set()


async def test_an_edit_that_is_kept_has_no_earlier_translation_in_it(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(AFTER, translations=(ARABIC,)))
    async with house.database.snapshot() as snapshot:
        now = await house.publishing.saying.live(snapshot, post.public_id)
    await house.drafting.keep(CONSOLE, replace(now.as_draft(), text="More of the quay"), edits=post.public_id)
    await house.translating.take_down(CONSOLE, post.public_id, "ar")
    await house.translating.discard(CONSOLE, post.public_id, "ar")
    assert "drafts" in await where(house, NAME)
    await house.forgetting.forget(CONSOLE, post.public_id)
    assert await where(house, NAME) == set()
    (kept,) = await house.drafting.drafts(CONSOLE)
    assert kept.draft.text == "More of the quay"


async def test_translations_begun_beside_the_old_words_go_and_those_begun_since_stay(house: House) -> None:
    post = await house.publishing.submit(CONSOLE, replace(BEFORE, translations=()))
    french = DraftText(language="fr", text=f"Venez chez {NAME}")
    await house.translating.save(CONSOLE, post.public_id, french)
    await house.publishing.edit(CONSOLE, post.public_id, AFTER)
    await house.translating.save(CONSOLE, post.public_id, DraftText(language="de", text="Kommt an den Kai"))
    await house.forgetting.forget(CONSOLE, post.public_id)
    assert await where(house, NAME) == set()
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT language FROM translation_drafts") == "de"


async def test_a_picture_that_another_post_or_draft_shows_stays(house: House) -> None:
    one, two = await house.media.add(png((200, 0, 0))), await house.media.add(png((0, 200, 0)))
    both = (DraftMedia(public_id=one.public_id), DraftMedia(public_id=two.public_id))
    post = await house.publishing.submit(CONSOLE, replace(AFTER, media=both))
    await house.publishing.submit(CONSOLE, replace(AFTER, text="Also", media=both[:1]))
    await house.drafting.keep(CONSOLE, replace(AFTER, text="Later", media=both[1:]))
    await house.publishing.edit(CONSOLE, post.public_id, replace(AFTER, forget=True))
    assert house.media.file(one).exists()
    assert house.media.file(two).exists()


async def test_it_asks_for_no_second_pair_of_eyes_but_an_edit_that_forgets_waits_as_any_edit(house: House) -> None:
    ada, kestrel = await organiser(house, "ada"), await organiser(house, "kestrel")
    await house.reviews.choose(CONSOLE, {Reviewed.EDIT: 2})
    post = await house.publishing.submit(CONSOLE, replace(BEFORE, translations=()))
    with pytest.raises(ReviewWanted):
        await house.publishing.edit(ada, post.public_id, replace(AFTER, forget=True))
    assert "texts" in await where(house, NAME), "nothing goes before somebody has looked"
    (line,) = await house.reviews.waiting(kestrel)
    look = await house.reviewing.look(kestrel, line.review.id)
    assert look.draft is not None
    assert look.draft.forget, "whoever looks is told"
    await house.reviewing.approve(kestrel, line.review.id, look.seen)
    assert await where(house, NAME) == set()
    assert (await house.forgetting.forget(ada, post.public_id)).earlier == 0
    assert await house.reviews.waiting(kestrel) == []


async def test_what_was_said_when_changes_were_decided_goes_and_what_is_open_stays(house: House) -> None:
    ada, kestrel = await organiser(house, "ada"), await organiser(house, "kestrel")
    await house.reviews.choose(CONSOLE, {Reviewed.EDIT: 2})
    post = await house.publishing.submit(CONSOLE, AFTER)
    for number, reason in enumerate((f"{NAME} must go", "It burns")):
        await house.publishing.edit(ada, post.public_id, replace(AFTER, text=f"{number}"), reason=reason)
    first, _ = await house.reviews.waiting(kestrel)
    look = await house.reviewing.look(kestrel, first.review.id)
    await house.reviewing.approve(kestrel, first.review.id, look.seen)
    await house.forgetting.forget(ada, post.public_id)
    assert await where(house, NAME) == set()
    (still,) = await house.reviews.waiting(kestrel)
    assert still.review.note == "It burns"
    assert (await house.reviewing.look(kestrel, still.review.id)).draft is not None


async def test_only_who_may_edit_may_forget_and_nobody_while_publishing_is_frozen(house: House) -> None:
    post = await edited(house)
    with pytest.raises(Forbidden):
        await house.forgetting.forget(Who(organiser_id=1, role=Role.MODERATOR), post.public_id)
    await house.locking.set_level(CONSOLE, LockLevel.PUBLISHING_FROZEN)
    with pytest.raises(Forbidden):
        await house.forgetting.forget(CONSOLE, post.public_id)
    assert "texts" in await where(house, NAME)


async def test_whoever_changed_the_post_meanwhile_is_not_run_over(house: House) -> None:
    post = await edited(house)
    async with house.database.snapshot() as snapshot:
        seen = await house.publishing.saying.live(snapshot, post.public_id)
    await house.publishing.edit(CONSOLE, post.public_id, replace(AFTER, text="Come to the bridge"))
    with pytest.raises(Conflict):
        async with house.database.transaction() as tx:
            await house.forgetting.forget_in(tx, CONSOLE, seen)
    async with house.database.snapshot() as snapshot:
        assert len(await history(snapshot, post.id, 20)) == 3


@pytest.mark.parametrize("point", ["erase", "erase_translations", "said_since"])
async def test_a_failure_in_the_middle_takes_nothing(house: House, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    old = await house.media.add(png((200, 0, 0)))
    post = await house.publishing.submit(CONSOLE, replace(BEFORE, media=(DraftMedia(public_id=old.public_id),)))
    real = getattr(store_past, point)

    async def broken(*given: object) -> None:
        await real(*given)
        raise RuntimeError("the power is full of holes")

    monkeypatch.setattr(store_past, point, broken)
    with pytest.raises(RuntimeError, match="holes"):
        await house.publishing.edit(CONSOLE, post.public_id, replace(AFTER, forget=True))
    async with house.database.snapshot() as snapshot:
        assert [one.text.source for one in await history(snapshot, post.id, 20)] == [BEFORE.text]
        assert await removed(snapshot, post.id) == 0
    assert house.media.file(old).exists()
    monkeypatch.undo()
    await house.publishing.edit(CONSOLE, post.public_id, replace(AFTER, translations=(), forget=True))
    assert not house.media.file(old).exists()


async def test_whoever_only_old_words_named_hears_of_the_new_ones_before_their_name_goes(
    world: World, house: House
) -> None:
    peer = world.peer("there.test")
    await house.remote.actor_by_handle("bob@there.test")
    world.peer("new.test", username="nora")
    post = await house.publishing.submit(CONSOLE, Draft(text="@bob@there.test lives here", language="en"))
    await world.settle()
    later(world, minutes=1)
    words = Draft(text="@nora@new.test lives nowhere", language="en", forget=True)
    await house.publishing.edit(CONSOLE, post.public_id, words)
    await world.settle()
    assert any("nowhere" in str(one) for one in peer.of_type("Update"))
    assert "revision_mentions" not in await where(house, "there.test")


async def test_a_minute_later_no_file_holds_the_name_anywhere(world: World) -> None:
    house = await world.campaign("here.test")
    await house.search.catch_up()
    post = await house.publishing.submit(CONSOLE, replace(BEFORE, translations=()))
    await house.search.catch_up()
    await house.publishing.edit(CONSOLE, post.public_id, replace(AFTER, forget=True))
    await house.search.catch_up()
    folder = house.settings.data
    assert NAME.encode() in b"".join(path.read_bytes() for path in folder.glob("callout.db*"))
    await house.housekeeping.minute_chores()
    left = [path.name for path in folder.rglob("*") if path.is_file() and NAME.encode() in path.read_bytes()]
    assert left == []
