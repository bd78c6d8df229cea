"""Two pairs of eyes: what waits, who may decide, and that nothing goes out but what was looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.base.errors import AppError, Conflict, Forbidden, Gone, Invalid, NotFound
from server.base.timestamps import to_text
from server.features.access.model import Role, Who
from server.features.posts.model import Draft, DraftMedia, DraftState, KeptDraft
from server.features.posts.model import Kind as PostKind
from server.features.reviews.model import Kind, ReviewAct, ReviewState, ReviewWanted
from server.features.safety.model import LockLevel
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import CONSOLE, PASSWORD, World

pytestmark = pytest.mark.anyio

WORDS = Draft(text="Come to the quay", language="en")
REASON = "The police are here"


async def organiser(house: House, name: str, role: Role = Role.EDITOR) -> Who:
    """Somebody who has come in."""
    link = (
        await house.access.new_link(CONSOLE, name) if name == "ada" else await house.access.invite(CONSOLE, name, role)
    )
    await house.sign_in.enter(link.rpartition("/")[2], PASSWORD)
    return next(one.who for one in await house.access.organisers(CONSOLE) if one.name == name)


async def shown(house: House, **more: Any) -> Draft:
    """A draft with a picture, which the default wants looked at."""
    item = await house.media.add(picture())
    return replace(WORDS, media=(DraftMedia(public_id=item.public_id, alt="A quay"),), **more)


async def published(house: House) -> list[str]:
    async with house.database.snapshot() as snapshot:
        rows = await snapshot.fetch(
            "SELECT t.source FROM posts p JOIN texts t ON t.revision_id = p.live_revision_id WHERE p.state = 'live' ORDER BY p.id"
        )
    return [row["source"] for row in rows]


async def kept(house: House, who: Who, draft: Draft) -> KeptDraft:
    return await house.drafting.keep(who, draft)


async def only(house: House, who: Who) -> int:
    """The one review that waits for this organiser."""
    (line,) = [one for one in await house.reviews.waiting(who) if one.mine]
    return line.review.id


async def look(house: House, who: Who) -> tuple[int, str]:
    number = await only(house, who)
    return number, (await house.reviewing.look(who, number)).seen


async def approve(house: House, who: Who) -> None:
    await house.reviewing.approve(who, *await look(house, who))


async def asked(house: House, who: Who, draft: Draft) -> KeptDraft:
    """A draft that waits."""
    made = await kept(house, who, draft)
    assert await house.drafting.publish(who, made.public_id) is None
    return await house.drafting.draft(who, made.public_id)


async def audited(house: House) -> list[tuple[int | None, str]]:
    return [(one.entry.organiser_id, one.entry.act) for one in await house.oversight.page(CONSOLE)]


@pytest.fixture
async def ada(house: House) -> Who:
    return await organiser(house, "ada")


@pytest.fixture
async def ben(house: House, ada: Who) -> Who:
    return await organiser(house, "ben")


@pytest.fixture
async def cleo(house: House, ada: Who) -> Who:
    return await organiser(house, "cleo", Role.WRITER)


# -- what waits -------------------------------------------------------------------------------------------------------------


async def test_a_campaign_of_one_waits_for_nobody(house: House, ada: Who) -> None:
    made = await kept(house, ada, await shown(house))
    assert await house.drafting.publish(ada, made.public_id) is not None


async def test_of_two_a_picture_waits_and_words_go_out(house: House, ada: Who, ben: Who) -> None:
    words = await kept(house, ben, replace(WORDS, text="Only words"))
    assert await house.drafting.publish(ben, words.public_id) is not None
    waits = await asked(house, ben, await shown(house))
    assert waits.state is DraftState.REVIEW
    assert await published(house) == ["Only words"]


async def test_the_default_asks_nothing_that_nobody_could_do(house: House, ada: Who, cleo: Who) -> None:
    """Ada is the only one who may look: hers go out, Cleo's wait for her."""
    made = await kept(house, ada, await shown(house))
    assert await house.drafting.publish(ada, made.public_id) is not None
    await asked(house, cleo, await shown(house))


async def test_who_has_not_come_in_or_is_shut_out_counts_for_nothing(house: House, ada: Who) -> None:
    await house.access.invite(CONSOLE, "dora", Role.EDITOR)
    ben = await organiser(house, "ben")
    await house.access.suspend(CONSOLE, "ben")
    made = await kept(house, ada, await shown(house))
    assert await house.drafting.publish(ada, made.public_id) is not None
    assert ben.organiser_id


async def test_what_was_chosen_holds_over_the_default(house: House, ada: Who, ben: Who) -> None:
    await house.reviews.choose(ada, {Kind.PICTURE: 1, Kind.UPDATE: 2})
    await asked(house, ben, WORDS)
    await house.reviews.choose(ada, {Kind.UPDATE: None})
    made = await kept(house, ben, await shown(house))
    assert await house.drafting.publish(ben, made.public_id) is not None


@pytest.mark.parametrize("role", [Role.WRITER, Role.EDITOR, Role.MODERATOR])
async def test_only_keyholders_choose(house: House, role: Role) -> None:
    with pytest.raises(Forbidden):
        await house.reviews.choose(Who(organiser_id=5, role=role), {Kind.PICTURE: 1})


async def test_a_number_of_eyes_is_one_or_two(house: House) -> None:
    with pytest.raises(Invalid):
        await house.reviews.choose(CONSOLE, {Kind.PICTURE: 3})


async def test_a_program_is_told_that_it_waits_and_asks_no_second_time(house: House, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    names = []
    for key in ("once", "once", None):
        with pytest.raises(ReviewWanted) as wanted:
            await house.publishing.submit(ben, draft, key)
        names.append(wanted.value.draft)
        assert wanted.value.status == 409
        assert str(wanted.value).startswith("It waits for a second pair of eyes.")
    assert len(set(names)) == 1
    assert len(await house.reviews.waiting(ada)) == 1
    await approve(house, ada)
    assert await published(house) == [WORDS.text]


async def test_the_console_waits_as_well(house: House, ada: Who, ben: Who) -> None:
    with pytest.raises(ReviewWanted):
        await house.publishing.submit(CONSOLE, await shown(house))
    with pytest.raises(Forbidden):
        number = (await house.reviews.waiting(ada))[0].review.id
        await house.reviewing.approve(CONSOLE, number, "1")
    await approve(house, ben)
    assert await published(house) == [WORDS.text]


async def test_an_edit_waits_and_the_old_words_stand_meanwhile(house: House, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    post = await house.publishing.submit(ada, draft, reason=REASON)
    with pytest.raises(ReviewWanted):
        await house.publishing.edit(ada, post.public_id, replace(draft, text="Come to the bridge"))
    assert await published(house) == ["Come to the quay"]
    edit = next(one for one in await house.reviews.waiting(ben) if one.review.act is ReviewAct.EDIT)
    found = await house.reviewing.look(ben, edit.review.id)
    (changed,) = found.changed
    assert [(piece.mark, piece.text) for piece in changed.pieces][1:] == [("gone", "quay"), ("new", "bridge")]
    await house.reviewing.approve(ben, edit.review.id, found.seen)
    assert await published(house) == ["Come to the bridge"]


async def test_a_picture_that_an_edit_brings_in_waits(house: House, ada: Who, ben: Who) -> None:
    post = await house.publishing.submit(ben, WORDS)
    await house.reviews.choose(ada, {Kind.EDIT: 1})
    await house.publishing.edit(ben, post.public_id, replace(WORDS, text="Fine"))
    with pytest.raises(ReviewWanted):
        await house.publishing.edit(ben, post.public_id, await shown(house))


async def test_a_deletion_waits_and_happens_with_the_approval(house: House, ada: Who, ben: Who) -> None:
    post = await house.publishing.submit(ada, await shown(house), reason=REASON)
    for _ in range(2):
        with pytest.raises(ReviewWanted):
            await house.publishing.delete(ada, post.public_id)
    assert len(await published(house)) == 1
    line = next(one for one in await house.reviews.waiting(ben) if one.review.act is ReviewAct.DELETE)
    await house.reviewing.approve(ben, line.review.id, (await house.reviewing.look(ben, line.review.id)).seen)
    assert await published(house) == []


async def test_a_correction_is_seen_whole_and_both_posts_go_out_with_the_approval(
    house: House, ada: Who, ben: Who
) -> None:
    post = await house.publishing.submit(ada, WORDS)
    await house.reviews.choose(ada, {Kind.CORRECTION: 2})
    words = replace(
        WORDS, text="Come to the bridge", kind=PostKind.CORRECTION, correction="Not the quay: 12 Harbour Street"
    )
    made = await house.drafting.keep(ben, words, edits=post.public_id)
    assert await house.drafting.publish(ben, made.public_id) is None
    found = await house.reviewing.look(ada, await only(house, ada))
    assert found.correction is not None
    assert "Not the quay" in found.correction.html
    assert "12 Harbour Street" in {one.found for one in found.warned}
    await house.reviewing.approve(ada, found.review.id, found.seen)
    stands = await published(house)
    assert stands[0] == "Come to the bridge"
    assert stands[1].startswith("Not the quay: 12 Harbour Street")


async def test_a_form_sent_twice_asks_once(house: House, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    for _ in range(3):
        made = await kept(house, ben, draft)
        assert await house.drafting.publish(ben, made.public_id) is None
    assert len(await house.reviews.waiting(ada)) == 1
    assert len(await house.drafting.drafts(ada)) == 1
    await approve(house, ada)
    assert await published(house) == [WORDS.text]


# -- who decides ------------------------------------------------------------------------------------------------------------


async def test_the_reviewer_approves_and_it_goes_out_once_and_without_a_trace_of_who(
    house: House, ada: Who, ben: Who
) -> None:
    await asked(house, ben, await shown(house))
    assert (await house.reviews.count(ada), await house.reviews.count(ben)) == (1, 0)
    await approve(house, ada)
    assert await published(house) == [WORDS.text]
    assert await house.reviews.count(ada) == 0
    assert {(ben.organiser_id, "ask-review"), (ada.organiser_id, "approve-review")} <= set(await audited(house))
    assert await house.drafting.drafts(ada) == []


async def test_nobody_approves_what_they_asked_for_or_wrote(house: House, ada: Who, ben: Who, cleo: Who) -> None:
    """Ben wrote the version, Cleo asked for it: neither may, Ada may."""
    made = await kept(house, ben, await shown(house))
    await house.drafting.publish(cleo, made.public_id)
    (line,) = await house.reviews.waiting(ada)
    for who in (ben, cleo):
        with pytest.raises(Forbidden):
            await house.reviewing.approve(who, line.review.id, "1")
    await approve(house, ada)


async def test_the_last_who_wrote_is_the_writer(house: House, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    made = await kept(house, ada, draft)
    await house.drafting.keep(ben, replace(draft, text="Come at noon"), name=made.public_id)
    await house.drafting.publish(ada, made.public_id)
    (line,) = await house.reviews.waiting(ben)
    with pytest.raises(Forbidden):
        await house.reviewing.approve(ben, line.review.id, "2")


@pytest.mark.parametrize("role", [Role.WRITER, Role.MODERATOR])
async def test_writers_and_moderators_decide_nothing(house: House, ada: Who, ben: Who, role: Role) -> None:
    await asked(house, ben, await shown(house))
    number = await only(house, ada)
    stranger = Who(organiser_id=99, role=role)
    with pytest.raises(Forbidden):
        await house.reviewing.approve(stranger, number, "1")
    with pytest.raises(Forbidden):
        await house.reviews.refuse(stranger, number, "No")
    assert await published(house) == []


async def test_sent_back_with_a_note_it_can_be_changed_and_asked_again(house: House, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    waits = await asked(house, ben, draft)
    number = await only(house, ada)
    with pytest.raises(Invalid):
        await house.reviews.refuse(ada, number, "  ")
    await house.reviews.refuse(ada, number, "The sign shows\nthe street")
    back = await house.drafting.draft(ben, waits.public_id)
    assert (back.state, back.problem) == (DraftState.DRAFT, "The sign shows the street")
    assert [one.review.answer for one in await house.reviews.sent_back(ben)] == ["The sign shows the street"]
    await house.drafting.keep(ben, replace(draft, text="Come, by the sea"), name=waits.public_id)
    assert await house.reviews.sent_back(ben) == []
    assert await house.drafting.publish(ben, waits.public_id) is None
    await approve(house, ada)
    assert await published(house) == ["Come, by the sea"]


async def test_who_asked_takes_it_back_and_nobody_else(house: House, ada: Who, ben: Who, cleo: Who) -> None:
    waits = await asked(house, ben, await shown(house))
    number = await only(house, ada)
    for who in (ada, cleo):
        with pytest.raises(Forbidden):
            await house.reviews.withdraw(who, number)
    await house.reviews.withdraw(ben, number)
    assert (await house.drafting.draft(ben, waits.public_id)).state is DraftState.DRAFT
    with pytest.raises(Conflict):
        await house.reviewing.approve(ada, number, "1")


# -- exactly what was looked at ---------------------------------------------------------------------------------------------


async def test_a_draft_changed_between_looking_and_approving_does_not_go_out(house: House, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    waits = await asked(house, ben, draft)
    number, seen = await look(house, ada)
    await house.drafting.keep(ben, replace(draft, text="Come armed"), name=waits.public_id)
    with pytest.raises(Conflict):
        await house.reviewing.approve(ada, number, seen)
    assert await house.drafting.publish(ben, waits.public_id) is None
    again, _ = await look(house, ada)
    with pytest.raises(Conflict):
        await house.reviewing.approve(ada, again, seen)
    assert await published(house) == []


async def test_an_edit_of_what_changed_meanwhile_is_looked_at_again(house: House, ada: Who, ben: Who) -> None:
    post = await house.publishing.submit(ada, WORDS)
    await house.reviews.choose(ada, {Kind.UPDATE: 2})
    with pytest.raises(ReviewWanted):
        await house.publishing.edit(ben, post.public_id, replace(WORDS, text="Ben's"))
    number, seen = await look(house, ada)
    await house.publishing.edit(ada, post.public_id, replace(WORDS, text="Ada's"), reason=REASON)
    with pytest.raises(Conflict):
        await house.reviewing.approve(ada, number, seen)
    assert await published(house) == ["Ada's"]


async def outcomes(*acts: Awaitable[Any]) -> list[Any]:
    found = await asyncio.gather(*acts, return_exceptions=True)
    for one in found:
        assert not isinstance(one, BaseException) or isinstance(one, AppError), one
    return found


async def test_of_two_reviewers_at_once_one_decides(house: House, ada: Who, ben: Who) -> None:
    dan = await organiser(house, "dan")
    await asked(house, ben, await shown(house))
    number, seen = await look(house, ada)
    found = await outcomes(
        house.reviewing.approve(ada, number, seen),
        house.reviewing.approve(dan, number, seen),
        house.reviews.refuse(dan, number, "No"),
    )
    assert sum(1 for one in found if isinstance(one, Conflict | NotFound)) == 2
    assert await published(house) in ([WORDS.text], [])
    decided = [act for _, act in await audited(house) if act in {"approve-review", "refuse-review"}]
    assert len(decided) == 1


@pytest.mark.parametrize("round_", range(3))
async def test_an_edit_and_an_approval_at_once_send_out_what_was_seen_or_nothing(
    house: House, ada: Who, ben: Who, round_: int
) -> None:
    draft = await shown(house)
    waits = await asked(house, ben, draft)
    number, seen = await look(house, ada)
    later = replace(draft, text="Something else")
    acts = [
        house.drafting.keep(ben, later, name=waits.public_id),
        house.reviewing.approve(ada, number, seen),
        house.drafting.publish(ben, waits.public_id),
    ]
    await outcomes(*acts[round_:], *acts[:round_])
    assert await published(house) in ([WORDS.text], [])


async def test_a_draft_is_published_once_however_many_press(house: House, ada: Who) -> None:
    made = await kept(house, ada, WORDS)
    found = await outcomes(*(house.drafting.publish(ada, made.public_id) for _ in range(4)))
    assert sum(1 for one in found if not isinstance(one, AppError)) == 1
    assert await published(house) == [WORDS.text]


# -- an hour ----------------------------------------------------------------------------------------------------------------


async def test_what_is_scheduled_waits_for_eyes_and_then_for_its_hour(
    house: House, world: World, ada: Who, ben: Who
) -> None:
    made = await kept(house, ben, await shown(house))
    at = to_text(world.clock() + timedelta(hours=2))
    assert (await house.drafting.schedule(ben, made.public_id, at)).state is DraftState.REVIEW
    world.clock.forward(timedelta(hours=1))
    await approve(house, ada)
    assert (await house.drafting.draft(ben, made.public_id)).state is DraftState.SCHEDULED
    await house.drafting.publish_due()
    assert await published(house) == []
    world.clock.forward(timedelta(hours=2))
    await house.drafting.publish_due()
    assert await published(house) == [WORDS.text]


async def test_the_hour_alone_sends_nothing_out(house: House, world: World, ada: Who, ben: Who) -> None:
    made = await kept(house, ben, await shown(house))
    await house.drafting.schedule(ben, made.public_id, to_text(world.clock() + timedelta(hours=2)))
    world.clock.forward(timedelta(hours=3))
    await house.drafting.publish_due()
    assert await published(house) == []
    await approve(house, ada)
    assert await published(house) == [WORDS.text], "its hour has passed: it goes out with the approval"


async def test_a_changed_draft_has_lost_its_approval(house: House, world: World, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    made = await kept(house, ben, draft)
    at = to_text(world.clock() + timedelta(hours=2))
    await house.drafting.schedule(ben, made.public_id, at)
    await approve(house, ada)
    await house.drafting.keep(ben, replace(draft, text="Other words"), name=made.public_id)
    assert (await house.drafting.schedule(ben, made.public_id, at)).state is DraftState.REVIEW


async def suspended(house: House, who: Who) -> None:
    name = next(one.name for one in await house.access.organisers(CONSOLE) if one.id == who.organiser_id)
    await house.access.suspend(CONSOLE, name)


async def erased(house: House, who: Who) -> None:
    async with house.database.transaction() as tx:
        await tx.execute("DELETE FROM organisers WHERE id = :id", id=who.organiser_id)


@pytest.mark.parametrize("shut_out", [suspended, erased])
async def test_an_approval_of_somebody_shut_out_since_counts_no_more(
    house: House, world: World, ada: Who, ben: Who, shut_out: Callable[[House, Who], Awaitable[None]]
) -> None:
    await organiser(house, "dan")
    made = await kept(house, ada, await shown(house))
    await house.drafting.schedule(ada, made.public_id, to_text(world.clock() + timedelta(hours=2)))
    await approve(house, ben)
    await shut_out(house, ben)
    world.clock.forward(timedelta(hours=3))
    await house.drafting.publish_due()
    assert await published(house) == []
    assert (await house.drafting.draft(ada, made.public_id)).state is DraftState.REVIEW


async def test_a_policy_that_came_after_the_schedule_holds_at_the_hour(
    house: House, world: World, ada: Who, ben: Who
) -> None:
    made = await kept(house, ben, WORDS)
    await house.drafting.schedule(ben, made.public_id, to_text(world.clock() + timedelta(hours=2)))
    await house.reviews.choose(ada, {Kind.UPDATE: 2})
    world.clock.forward(timedelta(hours=3))
    await house.drafting.publish_due()
    await house.drafting.publish_due()
    assert await published(house) == []
    await approve(house, ada)
    assert await published(house) == [WORDS.text]


async def test_what_somebody_shut_out_has_scheduled_waits_for_others(
    house: House, world: World, ada: Who, ben: Who
) -> None:
    made = await kept(house, ben, WORDS)
    await house.drafting.schedule(ben, made.public_id, to_text(world.clock() + timedelta(hours=2)))
    await house.access.suspend(CONSOLE, "ben")
    world.clock.forward(timedelta(hours=3))
    await house.drafting.publish_due()
    assert await published(house) == []
    assert "may not publish any more" in (await house.drafting.draft(ada, made.public_id)).problem


async def test_what_somebody_shut_out_has_scheduled_of_another_s_words_waits_too(
    house: House, world: World, ada: Who, ben: Who
) -> None:
    made = await kept(house, ada, WORDS)
    await house.drafting.schedule(ben, made.public_id, to_text(world.clock() + timedelta(hours=2)))
    await house.access.suspend(CONSOLE, "ben")
    world.clock.forward(timedelta(hours=3))
    await house.drafting.publish_due()
    assert await published(house) == []
    waits = await house.drafting.draft(ada, made.public_id)
    assert "Whoever scheduled this" in waits.problem
    assert waits.scheduled_by is None


async def test_a_role_taken_away_sends_nothing_out_at_its_hour(house: House, world: World, ada: Who, ben: Who) -> None:
    made = await kept(house, ben, WORDS)
    await house.drafting.schedule(ben, made.public_id, to_text(world.clock() + timedelta(hours=2)))
    await house.access.set_role(CONSOLE, "ben", Role.MODERATOR)
    world.clock.forward(timedelta(hours=3))
    await house.drafting.publish_due()
    assert await published(house) == []
    assert "may not publish any more" in (await house.drafting.draft(ada, made.public_id)).problem


async def test_what_was_approved_goes_out_in_the_name_of_who_asked(
    house: House, world: World, ada: Who, ben: Who
) -> None:
    made = await kept(house, ben, await shown(house))
    await house.drafting.schedule(ben, made.public_id, to_text(world.clock() + timedelta(hours=2)))
    await approve(house, ada)
    assert (await house.drafting.draft(ada, made.public_id)).scheduled_by == ben.organiser_id
    taken_back = await house.drafting.unschedule(ada, made.public_id)
    assert taken_back.scheduled_by is None


# -- breaking the glass -----------------------------------------------------------------------------------------------------


async def test_breaking_the_glass_publishes_now_and_is_looked_at_afterwards(house: House, ada: Who, ben: Who) -> None:
    waits = await asked(house, ben, await shown(house))
    post = await house.drafting.publish(ben, waits.public_id, reason=REASON)
    assert post is not None
    assert await published(house) == [WORDS.text]
    assert (ben.organiser_id, "break-glass") in await audited(house)
    (line,) = await house.reviews.waiting(ada)
    assert (line.review.act, line.review.note, line.mine) == (ReviewAct.AFTER, REASON, True)
    with pytest.raises(Forbidden):
        await house.reviewing.approve(ben, line.review.id, "1")
    with pytest.raises(Forbidden):
        await house.reviews.withdraw(ben, line.review.id)
    await approve(house, ada)
    assert await house.reviews.waiting(ada) == []
    assert await published(house) == [WORDS.text]


async def test_it_breaks_for_edits_and_deletions_too(house: House, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    post = await house.publishing.submit(ben, draft, reason=REASON)
    await house.publishing.edit(ben, post.public_id, replace(draft, text="New"), reason=REASON)
    await house.publishing.delete(ben, post.public_id, reason=REASON)
    assert await published(house) == []
    assert [one.review.act for one in await house.reviews.waiting(ada)] == [ReviewAct.AFTER] * 3
    for line in await house.reviews.waiting(ada):
        found = await house.reviewing.look(ada, line.review.id)
        await house.reviewing.approve(ada, line.review.id, found.seen)
    assert await house.reviews.waiting(ada) == []


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
async def test_without_a_reason_no_glass_breaks(house: House, ada: Who, ben: Who, reason: str) -> None:
    draft = await shown(house)
    with pytest.raises(Invalid):
        await house.publishing.submit(ben, draft, reason=reason)
    assert await published(house) == []


async def test_a_writer_breaks_no_glass(house: House, ada: Who, cleo: Who) -> None:
    waits = await asked(house, cleo, await shown(house))
    number = await only(house, ada)
    with pytest.raises(Forbidden):
        await house.drafting.publish(cleo, waits.public_id, reason=REASON)
    with pytest.raises(Forbidden):
        await house.reviewing.break_glass(cleo, number, "1", REASON)
    assert await published(house) == []


async def test_the_glass_breaks_for_what_was_seen_only(house: House, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    waits = await asked(house, ben, draft)
    number = await only(house, ada)
    with pytest.raises(Conflict):
        await house.reviewing.break_glass(ada, number, "7", REASON)
    await house.reviewing.break_glass(ben, number, str(waits.version), REASON)
    assert await published(house) == [WORDS.text]
    (line,) = await house.reviews.waiting(ada)
    assert line.review.act is ReviewAct.AFTER


async def test_the_glass_breaks_for_nothing_that_changes_in_the_same_moment(world: World) -> None:
    house = await world.campaign("here.test")
    ada, ben = await organiser(house, "ada"), await organiser(house, "ben")
    post = await house.publishing.submit(ben, WORDS)
    await house.reviews.choose(ada, {Kind.DELETE: 2})
    with pytest.raises(ReviewWanted):
        await house.publishing.delete(ben, post.public_id)
    number, seen = await look(house, ada)
    found = await outcomes(
        house.publishing.edit(ben, post.public_id, replace(WORDS, text="Other words")),
        house.reviewing.break_glass(ada, number, seen, REASON),
    )
    assert sum(1 for one in found if isinstance(one, Conflict | Gone)) == 1
    assert await published(house) in (["Other words"], [])


async def test_the_glass_breaks_for_a_deletion_of_what_was_seen(house: House, ada: Who, ben: Who) -> None:
    await house.reviews.choose(ada, {Kind.DELETE: 2})
    post = await house.publishing.submit(ben, WORDS)
    with pytest.raises(ReviewWanted):
        await house.publishing.delete(ben, post.public_id)
    number, seen = await look(house, ada)
    await house.reviewing.break_glass(ada, number, seen, REASON)
    assert await published(house) == []
    (line,) = await house.reviews.waiting(ben)
    assert (line.review.act, line.review.note, line.mine) == (ReviewAct.AFTER, REASON, True)


# -- what happens meanwhile -------------------------------------------------------------------------------------------------


async def test_the_words_of_somebody_shut_out_are_not_sent_out_by_an_approval(house: House, ada: Who, ben: Who) -> None:
    waits = await asked(house, ben, await shown(house))
    await house.access.suspend(CONSOLE, "ben")
    number, seen = await look(house, ada)
    with pytest.raises(Conflict):
        await house.reviewing.approve(ada, number, seen)
    await house.reviews.refuse(ada, number, "Ben is gone")
    assert await published(house) == []
    assert (await house.drafting.draft(ada, waits.public_id)).state is DraftState.DRAFT


async def test_nobody_asks_for_the_console_by_leaving(house: House, ada: Who, ben: Who) -> None:
    await asked(house, ben, await shown(house))
    number, seen = await look(house, ada)
    await erased(house, ben)
    with pytest.raises(Conflict):
        await house.reviewing.approve(ada, number, seen)


async def test_a_role_that_ended_publishes_nothing_more(house: House, world: World, ada: Who, ben: Who) -> None:
    await asked(house, ben, await shown(house))
    number, seen = await look(house, ada)
    async with house.database.transaction() as tx:
        until = to_text(world.clock() + timedelta(hours=1))
        await tx.execute("UPDATE organisers SET role_until = :until WHERE id = :id", until=until, id=ben.organiser_id)
    world.clock.forward(timedelta(hours=2))
    with pytest.raises(Conflict):
        await house.reviewing.approve(ada, number, seen)


async def test_a_discarded_draft_takes_its_review_along(house: House, ada: Who, ben: Who) -> None:
    waits = await asked(house, ben, await shown(house))
    number = await only(house, ada)
    await house.drafting.discard(ben, waits.public_id)
    assert await house.reviews.waiting(ada) == []
    with pytest.raises(NotFound):
        await house.reviewing.approve(ada, number, "1")


async def test_a_post_deleted_meanwhile_ends_what_was_asked_about_it(house: House, ada: Who, ben: Who) -> None:
    draft = await shown(house)
    post = await house.publishing.submit(ada, draft, reason=REASON)
    with pytest.raises(ReviewWanted) as wanted:
        await house.publishing.edit(ben, post.public_id, replace(draft, text="New"))
    with pytest.raises(ReviewWanted):
        await house.publishing.delete(ben, post.public_id)
    await house.publishing.delete(ada, post.public_id, reason=REASON)
    left = await house.reviews.waiting(ben)
    assert {one.review.act for one in left} == {ReviewAct.AFTER}
    assert (await house.drafting.draft(ben, wanted.value.draft)).state is DraftState.DRAFT
    with pytest.raises(Gone):
        await house.drafting.publish(ben, wanted.value.draft)


async def test_a_policy_that_asks_less_lets_the_next_press_through(house: House, ada: Who, ben: Who) -> None:
    waits = await asked(house, ben, await shown(house))
    await house.reviews.choose(ada, {Kind.PICTURE: 1})
    assert await published(house) == [], "what waits goes on waiting until somebody acts"
    assert await house.drafting.publish(ben, waits.public_id) is not None
    assert await house.reviews.waiting(ada) == []


async def test_a_frozen_house_approves_nothing_and_loses_nothing(house: House, ada: Who, ben: Who) -> None:
    waits = await asked(house, ben, await shown(house))
    number, seen = await look(house, ada)
    async with house.database.transaction() as tx:
        await house.safety.set_level(tx, LockLevel.PUBLISHING_FROZEN)
    with pytest.raises(Forbidden):
        await house.reviewing.approve(ada, number, seen)
    with pytest.raises(Forbidden):
        await house.reviewing.break_glass(ada, number, seen, REASON)
    assert (await house.drafting.draft(ada, waits.public_id)).state is DraftState.REVIEW
    assert (await house.reviewing.look(ada, number)).review.state is ReviewState.OPEN


async def test_going_back_to_writing_takes_the_question_back(house: House, ada: Who, ben: Who) -> None:
    waits = await asked(house, ben, await shown(house))
    await house.drafting.unschedule(ben, waits.public_id)
    assert await house.reviews.waiting(ada) == []


async def test_decided_reviews_are_erased_after_the_retention(house: House, world: World, ada: Who, ben: Who) -> None:
    await asked(house, ben, await shown(house))
    await approve(house, ada)
    world.clock.forward(timedelta(days=house.settings.keep_audit_days + 2))
    assert await house.reviews.trim() == 1


async def test_the_reviewer_sees_pictures_words_and_what_to_look_at_twice(house: House, ada: Who, ben: Who) -> None:
    await asked(house, ben, await shown(house, text="Meet ben at 12 Harbour Street"))
    found = await house.reviewing.look(ada, await only(house, ada))
    assert found.asker == "ben"
    assert [one.alt for one in found.pictures] == ["A quay"]
    assert "Harbour Street" in found.texts[0].html
    assert {"place", "face", "inside-name"} <= {one.sign for one in found.warned}
    assert (found.may_decide, (await house.reviewing.look(ben, found.review.id)).may_decide) == (True, False)
