"""Offers: taken in without an account, sealed, answered by a code, seen to by one, and gone in time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from server.base.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, Unavailable
from server.base.pictures import MAX_BYTES
from server.base.sealing import Sealer
from server.features.access.model import Role, Who
from server.features.offers import service
from server.features.offers.fields import FIELDS, Unfilled, checked, is_day
from server.features.offers.model import DraftOffer, Kind, OfferState, Sent, Wanted
from server.features.offers.tickets import Expired, TooSoon
from server.features.posts.model import Draft
from server.features.posts.model import Kind as PostKind
from server.features.posts.model_call import DraftCall
from server.features.safety.model import LockLevel
from server.house import House
from tests.features.test_media import drawn
from tests.world import CONSOLE, World, later

pytestmark = pytest.mark.anyio

WHOLE: Mapping[Kind, dict[str, str]] = {
    Kind.BED: {"count": "2", "from": "2026-10-01", "until": "2026-10-04", "where": "near the harbour"},
    Kind.CAR: {"count": "3", "start": "Lille", "to": "the quay", "when": "Friday"},
    Kind.FOOD: {"what": "Soup", "count": "40"},
    Kind.TRANSLATION: {"source": "Farsi", "into": "French"},
    Kind.SKILL: {"what": "First aid"},
    Kind.IDEA: {"text": "Paint the heron on the wall"},
    Kind.REPORT: {"text": "Three vans at the quay", "when": "at nine"},
    Kind.OTHER: {"text": "Twelve blankets"},
}


def draft(kind: Kind = Kind.CAR, contact: str = "kestrel.42", **more: Any) -> DraftOffer:
    fields = {**WHOLE[kind], **more.pop("fields", {})}
    given: dict[str, Any] = {"language": "fr", "page_language": "ar", **more}
    return DraftOffer(kind=kind, fields=fields, contact=contact, **given)


async def send(world: World, house: House, one: DraftOffer | None = None, uploads: tuple[bytes, ...] = ()) -> Sent:
    token = house.offering.ticket()
    later(world, seconds=20)
    return await house.offering.send(token, one or draft(), uploads)


async def names(house: House, **wanted: str) -> list[str]:
    return [one.line.name for one in (await house.offers.queue(CONSOLE, Wanted(**wanted))).offers]


async def tables(house: House) -> str:
    """Everything that is kept of offers, as text."""
    async with house.database.snapshot() as snapshot:
        found: list[Any] = []
        for table in ("offers", "offer_pictures", "changes", "audit", "jobs"):
            found += [dict(row) for row in await snapshot.fetch(f"SELECT * FROM {table}")]  # type: ignore[call-overload]
    return json.dumps(found, default=str)


def files(house: House) -> list[Path]:
    return [one for one in (house.settings.data / "offers").rglob("*") if one.is_file()]


@pytest.fixture
async def organisers(house: House) -> tuple[Who, Who]:
    for name, role in (("heron", Role.MODERATOR), ("kestrel", Role.EDITOR)):
        await house.access.invite(CONSOLE, name, role)
    listed = {one.name: one.who for one in await house.access.organisers(CONSOLE)}
    return listed["heron"], listed["kestrel"]


@pytest.mark.parametrize("kind", list(Kind))
async def test_each_kind_is_taken_in_and_read_on_the_desk(world: World, house: House, kind: Kind) -> None:
    await send(world, house, draft(kind))
    (one,) = (await house.offers.queue(CONSOLE, Wanted())).offers
    assert (one.line.kind, one.line.state, one.fields) == (kind, OfferState.WAITING, WHOLE[kind])
    assert (one.line.language, one.line.page_language, one.contact) == ("fr", "ar", "kestrel.42")
    assert await house.offers.waiting(CONSOLE) == {kind: 1}


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_needed_is_named_all_at_once(kind: Kind) -> None:
    with pytest.raises(Unfilled) as refused:
        checked(kind, {})
    assert set(refused.value.problems) == {one.name for one in FIELDS[kind] if one.required}


@pytest.mark.parametrize(
    ("given", "kept"),
    [("٣", "3"), ("۳", "3"), (" 12 ", "12"), ("007", "7")],
)
def test_a_number_is_read_in_the_digits_of_any_script(given: str, kept: str) -> None:
    values, _ = checked(Kind.BED, {"count": given})
    assert values["count"] == kept


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "many", "1000", "²", "9" * 90])
def test_what_is_no_number_is_refused(given: str) -> None:
    with pytest.raises(Unfilled):
        checked(Kind.BED, {"count": given})


def test_a_field_that_is_too_long_is_refused_and_nothing_unseen_is_kept() -> None:
    with pytest.raises(Unfilled) as refused:
        checked(Kind.OTHER, {"text": "a" * 3001, "contact": "b" * 201})
    assert set(refused.value.problems) == {"text", "contact"}
    values, contact = checked(Kind.OTHER, {"text": "one\x00\u202etwo\nthree", "contact": " a\nb\x07 "})
    assert (values["text"], contact) == ("onetwo\nthree", "a b")


@pytest.mark.parametrize(
    ("given", "day"),
    [("2026-10-01", True), ("2026-99-99", False), ("next-week.", False), ("٢٠٢٦-١٠-٠١", False), ("", False)],
)
def test_a_day_is_a_day_and_all_else_stays_words(given: str, *, day: bool) -> None:
    assert is_day(given) is day


async def test_the_words_lie_sealed_and_the_code_not_at_all(world: World, house: House) -> None:
    sent = await send(world, house)
    await house.offering.reply(sent.code, "osprey words of mine")
    (name,) = await names(house)
    await house.offers.answer(CONSOLE, name, "egret words of ours", "en")
    kept = await tables(house)
    for secret in ("Lille", "quay", "kestrel", "osprey", "egret", sent.code, sent.code.replace("-", "")):
        assert secret not in kept
    async with house.database.snapshot() as snapshot:
        row = await snapshot.one("SELECT * FROM offers")
    assert row is not None
    assert Sealer(b"k" * 32).mark("offer look-up", sent.code.encode()).hex() != row["code_mark"]
    assert len(sent.code.replace("-", "")) * 5 == 80


async def test_nothing_finer_than_the_hour_is_kept_of_when_an_offer_came(world: World, house: House) -> None:
    later(world, minutes=17, seconds=3)
    await send(world, house, uploads=(drawn("PNG"),))
    async with house.database.snapshot() as snapshot:
        row = await snapshot.one("SELECT * FROM offers")
        assert row is not None
        assert await snapshot.fetch("SELECT * FROM changes WHERE kind LIKE 'offer%'") == []
    assert row["arrived_at"].endswith(":00:00.000000Z")
    assert row["due_at"].endswith(":00:00.000000Z")
    assert len(row["name"]) == 16
    (file,) = files(house)
    assert file.stat().st_mtime == datetime.fromisoformat(row["arrived_at"]).timestamp()


async def test_a_form_sent_twice_comes_to_one_offer_and_the_same_code(world: World, house: House) -> None:
    token = house.offering.ticket()
    later(world, seconds=9)
    first = await house.offering.send(token, draft(), (drawn("PNG"),))
    again = await house.offering.send(token, draft(), (drawn("PNG"),))
    assert first == again
    assert len(await names(house)) == 1
    assert len(files(house)) == 1
    with pytest.raises(Conflict):
        await house.offering.send(token, draft(Kind.IDEA))


async def test_a_token_is_good_from_three_seconds_to_a_day_and_cannot_be_made(world: World, house: House) -> None:
    token = house.offering.ticket()
    with pytest.raises(TooSoon):
        await house.offering.send(token, draft())
    later(world, seconds=4)
    for forged in ("", "x", token[:-2], "A" * len(token), token[4:] + token[:4], "é" * 50, token + "A" * 400):
        with pytest.raises(Expired):
            await house.offering.send(forged, draft())
    later(world, hours=25)
    with pytest.raises(Expired):
        await house.offering.send(token, draft())
    assert await names(house) == []


async def test_the_same_words_are_taken_some_times_and_then_no_more(world: World, house: House) -> None:
    for number in range(service.MAX_COPIES):
        spelled = "  LILLE " if number % 2 else "Lille"
        await send(world, house, draft(fields={"start": spelled}))
    with pytest.raises(Conflict):
        await send(world, house)
    assert {one.line.copies for one in (await house.offers.queue(CONSOLE, Wanted())).offers} == {service.MAX_COPIES}
    await send(world, house, draft(contact="another"))


async def test_an_offer_is_looked_up_answered_and_replied_to_once(
    world: World, house: House, organisers: tuple[Who, Who]
) -> None:
    heron, _ = organisers
    sent = await send(world, house)
    looked = await house.offering.look(sent.code.lower().replace("-", " "))
    assert (looked.state, looked.answers, looked.kind) == (OfferState.WAITING, (), Kind.CAR)
    (name,) = await names(house)
    await house.offers.claim(heron, name)
    assert (await house.offering.look(sent.code)).state is OfferState.CLAIMED
    await house.offers.answer(heron, name, "Be there at nine.\nThank you!", "en")
    looked = await house.offering.look(sent.code)
    assert looked.state is OfferState.ANSWERED
    assert [(one.text, one.language) for one in looked.answers] == [("Be there at nine.\nThank you!", "en")]
    await house.offering.reply(sent.code, "I will.")
    assert (await house.offering.look(sent.code)).state is OfferState.CLAIMED
    with pytest.raises(Conflict):
        await house.offering.reply(sent.code, "And more.")
    one = await house.offers.offer(heron, name)
    assert (one.reply, one.line.claimer, one.line.replied) == ("I will.", "heron", True)
    await house.offers.answer(heron, name, "Good.", "en")
    assert len((await house.offering.look(sent.code)).answers) == 2


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "nothing", "'; DROP TABLE offers", "x" * 9000])
async def test_a_wrong_code_tells_nothing(world: World, house: House, code: str) -> None:
    await send(world, house)
    with pytest.raises(NotFound):
        await house.offering.look(code)
    with pytest.raises(NotFound):
        await house.offering.take_back(code)
    with pytest.raises(NotFound):
        await house.offering.reply(code, "Words")


async def test_two_organisers_do_not_answer_the_same_offer(
    world: World, house: House, organisers: tuple[Who, Who]
) -> None:
    heron, kestrel = organisers
    await send(world, house)
    (name,) = await names(house)
    await house.offers.claim(heron, name)
    await house.offers.claim(heron, name)
    for again in (house.offers.claim(kestrel, name), house.offers.answer(kestrel, name, "Me too", "en")):
        with pytest.raises(Conflict):
            await again
    await house.offers.release(kestrel, name)
    await house.offers.answer(kestrel, name, "I do", "en")
    with pytest.raises(Conflict):
        await house.offers.answer(heron, name, "I did", "en")
    with pytest.raises(Conflict):
        await house.offers.answer(CONSOLE, name, "The machine", "en")


async def test_who_left_leaves_no_name_and_anybody_may_go_on(
    world: World, house: House, organisers: tuple[Who, Who]
) -> None:
    heron, kestrel = organisers
    await send(world, house)
    (name,) = await names(house)
    await house.offers.claim(heron, name)
    await house.access.remove(CONSOLE, "heron")
    assert (await house.offers.offer(kestrel, name)).line.claimer is None
    await house.offers.release(kestrel, name)
    await house.offers.claim(kestrel, name)


async def test_spam_is_put_aside_unseen_by_its_sender_and_can_be_put_back(world: World, house: House) -> None:
    sent = await send(world, house)
    (name,) = await names(house)
    assert await house.offers.put_aside(CONSOLE, [name]) == 1
    assert (await names(house), await names(house, state="spam")) == ([], [name])
    assert await house.offers.waiting(CONSOLE) == {}
    looked = await house.offering.look(sent.code)
    assert (looked.state, looked.due_at) == (OfferState.WAITING, sent.due_at)
    with pytest.raises(Conflict):
        await house.offers.answer(CONSOLE, name, "No", "en")
    assert await house.offers.put_back(CONSOLE, [name]) == 1
    assert await names(house) == [name]
    await house.offers.put_aside(CONSOLE, [name])
    later(world, days=2, hours=1)
    assert await house.offering.trim() == 1


async def test_a_sender_erases_an_offer_at_once_with_its_pictures(world: World, house: House) -> None:
    sent = await send(world, house, uploads=(drawn("PNG"), drawn("JPEG")))
    assert len(files(house)) == 2
    await house.offering.take_back(sent.code)
    assert files(house) == []
    assert await names(house) == []
    with pytest.raises(NotFound):
        await house.offering.look(sent.code)
    async with house.database.snapshot() as snapshot:
        assert await snapshot.value("SELECT count(*) FROM offer_pictures") == 0


async def test_offers_go_when_their_time_is_over_pictures_first(world: World, house: House) -> None:
    await send(world, house, uploads=(drawn("PNG"),))
    answered = await send(world, house, draft(Kind.BED))
    (bed,) = await names(house, kind="bed")
    later(world, days=10)
    await house.offers.answer(CONSOLE, bed, "Yes please", "fr")
    assert await house.offering.trim() == 0
    later(world, days=14, hours=1)
    assert await house.offering.trim() == 1
    with pytest.raises(NotFound):
        await house.offering.look(answered.code)
    later(world, days=5)
    assert await house.offering.trim() == 0
    later(world, days=2)
    assert await house.offering.trim() == 1
    assert files(house) == []
    assert await names(house) == []


async def test_an_answer_never_prolongs_what_was_promised(world: World, house: House) -> None:
    sent = await send(world, house)
    (name,) = await names(house)
    later(world, days=29)
    await house.offers.answer(CONSOLE, name, "Late", "fr")
    assert (await house.offering.look(sent.code)).due_at == sent.due_at


async def test_keeping_house_erases_offers(world: World, house: House) -> None:
    await send(world, house)
    later(world, days=31)
    await house.housekeeping.all_chores()
    assert await names(house) == []


async def test_a_shorter_time_holds_for_what_is_there_already(world: World) -> None:
    house = await world.campaign("short.test", keep_offers_days=3)
    sent = await send(world, house)
    assert sent.due_at[:10] == "2026-10-01"
    later(world, days=3)
    assert await house.offering.trim() == 1


async def test_pictures_are_redrawn_sealed_and_seen_by_organisers_only(
    world: World, house: House, organisers: tuple[Who, Who]
) -> None:
    heron, _ = organisers
    data = drawn("JPEG", comment=b"canary of a phone")
    await send(world, house, draft(Kind.REPORT), (data,))
    (name,) = await names(house)
    body, mime = await house.offers.picture(heron, name, 1)
    assert mime == "image/jpeg"
    assert body.startswith(b"\xff\xd8")
    assert b"canary" not in body
    (file,) = files(house)
    assert body[:64] not in file.read_bytes()
    assert not list((house.settings.data / "media").rglob("*.jpg"))
    for number in (0, 2, -1):
        with pytest.raises(NotFound):
            await house.offers.picture(heron, name, number)
    with pytest.raises(Forbidden):
        await house.offers.picture(Who(organiser_id=9, role=Role.WRITER), name, 1)


async def test_a_bad_picture_leaves_nothing_behind(world: World, house: House) -> None:
    for bad, error in ((b"no picture", Invalid), (b"\xff\xd8" + b"0" * MAX_BYTES, TooLarge)):
        with pytest.raises(error):
            await send(world, house, uploads=(drawn("PNG"), bad))
    with pytest.raises(Invalid):
        await send(world, house, uploads=(drawn("PNG"),) * 3)
    assert files(house) == []
    assert await names(house) == []


async def test_pictures_that_no_offer_holds_are_swept(world: World, house: House) -> None:
    await send(world, house, uploads=(drawn("PNG"),))
    async with house.database.transaction() as tx:
        await tx.execute("DELETE FROM offer_pictures")
    await house.offering.trim()
    assert len(files(house)) == 1, "it may be on its way in"
    later(world, hours=4)
    await house.offering.trim()
    assert files(house) == []


async def test_when_it_is_full_it_says_so(world: World, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await send(world, house, uploads=(drawn("PNG"),))
    monkeypatch.setattr(service, "MAX_KEPT_PICTURES", 1)
    with pytest.raises(Unavailable):
        await send(world, house, draft(Kind.IDEA), (drawn("PNG"),))
    assert not (await house.offering.asking()).pictures
    monkeypatch.setattr(service, "MAX_KEPT", 1)
    with pytest.raises(Unavailable):
        await send(world, house, draft(Kind.IDEA))


async def test_the_lock_shuts_the_form_and_leaves_the_desk(world: World, house: House) -> None:
    sent = await send(world, house)
    await house.locking.set_level(CONSOLE, LockLevel.PUBLISHING_FROZEN)
    await send(world, house, draft(Kind.IDEA))
    await house.locking.set_level(CONSOLE, LockLevel.CONVERSATION_CLOSED)
    assert (await house.offering.asking()).locked
    with pytest.raises(Unavailable):
        await send(world, house, draft(Kind.BED))
    assert len(await names(house)) == 2
    await house.offering.take_back(sent.code)


async def test_the_campaign_chooses_what_it_asks_for(world: World, house: House) -> None:
    assert (await house.offering.asking()).kinds == tuple(Kind)
    await house.offers.choose(CONSOLE, on=True, kinds=[Kind.BED, Kind.CAR])
    assert (await house.offering.asking()).kinds == (Kind.BED, Kind.CAR)
    with pytest.raises(NotFound):
        await send(world, house, draft(Kind.IDEA))
    with pytest.raises(Invalid):
        await house.offers.choose(CONSOLE, on=True, kinds=[])
    await house.offers.choose(CONSOLE, on=False, kinds=[Kind.BED])
    assert not await house.offering.asks()
    with pytest.raises(NotFound):
        await send(world, house, draft(Kind.BED))


async def called_out(house: House, title: str, **more: Any) -> tuple[str, str]:
    """Publish a call-out; its public id and short code."""
    call = DraftCall(ends_at="2026-10-02T16:00:00.000000Z", time_zone="Europe/Paris", place="near the port")
    post = await house.publishing.submit(
        CONSOLE, Draft(text="Come.", title=title, language="en", kind=PostKind.CALL_OUT, call=call, **more)
    )
    assert post.call is not None
    return post.public_id, post.call.code


async def test_offers_are_about_a_call_out_and_found_by_it(world: World, house: House) -> None:
    public_id, code = await called_out(house, "Come to the quay")
    about = await house.offering.about(code)
    assert about is not None
    assert (about.title, about.public_id, about.language) == ("Come to the quay", public_id, "en")
    await send(world, house, draft(about=code))
    await send(world, house, draft(Kind.BED, about="zzzzzz"))
    (name,) = await names(house, about=code)
    line = (await house.offers.offer(CONSOLE, name)).line
    assert (line.about_code, line.about_post) == (code, public_id)
    assert (await house.offers.queue(CONSOLE, Wanted())).abouts == [code]
    await house.publishing.delete(CONSOLE, public_id)
    assert await house.offering.about(code) is None
    assert len(await names(house)) == 2


async def test_the_queue_is_filtered_and_paged(world: World, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        await send(world, house, draft(contact=f"number {number}"))
    await send(world, house, draft(Kind.BED, language="ti"))
    (bed,) = await names(house, kind="bed")
    assert await names(house, language="ti") == [bed]
    assert await names(house, kind="bed", language="fr") == []
    await house.offers.claim(CONSOLE, bed)
    assert await names(house, state="claimed") == [bed]
    assert (await names(house))[-1] == bed, "what waits comes first"
    monkeypatch.setattr("server.features.offers.views.PAGE", 3)
    first, second = [await house.offers.queue(CONSOLE, Wanted(), number) for number in (0, 1)]
    assert (len(first.offers), first.more, len(second.offers), second.more) == (3, True, 1, False)
    assert sorted(first.languages) == ["fr", "ti"]
    assert len(await house.offers.names(CONSOLE, Wanted(kind="car"))) == 3


async def test_many_are_erased_at_once(world: World, house: House) -> None:
    for number in range(3):
        await send(world, house, draft(contact=f"number {number}"), (drawn("PNG"),))
    found = await house.offers.names(CONSOLE, Wanted())
    assert await house.offers.delete(CONSOLE, [*found[:2], "nothing"]) == 2
    assert await names(house) == found[2:]
    assert len(files(house)) == 1
    with pytest.raises(Invalid):
        await house.offers.delete(CONSOLE, [])


async def test_what_was_sealed_with_another_key_is_said_to_be_so(world: World, house: House) -> None:
    sent = await send(world, house)
    (name,) = await names(house)
    async with house.database.transaction() as tx:
        other = Sealer(b"k" * 32).seal("{}")
        await tx.execute("UPDATE offers SET sealed = :other, answers = :other", other=other)
    one = await house.offers.offer(CONSOLE, name)
    assert (one.readable, one.fields) == (False, {})
    with pytest.raises(Unavailable):
        await house.offering.look(sent.code)
    assert await house.offers.delete(CONSOLE, [name]) == 1


async def test_the_log_says_what_was_done_and_never_what_was_offered(
    world: World, house: House, organisers: tuple[Who, Who]
) -> None:
    heron, kestrel = organisers
    await send(world, house)
    (name,) = await names(house)
    await house.offers.claim(heron, name)
    await house.offers.answer(heron, name, "egret", "en")
    await house.offers.release(kestrel, name)
    await house.offers.put_aside(kestrel, [name])
    await house.offers.put_back(kestrel, [name])
    await house.offers.delete(kestrel, [name])
    await house.offers.choose(kestrel, on=False, kinds=[])
    async with house.database.snapshot() as snapshot:
        rows = await snapshot.fetch("SELECT act, subject, day FROM audit WHERE act LIKE '%offer%' ORDER BY id")
    acts = ["claim-offer", "answer-offer", "release-offer", "spam-offers", "unspam-offers", "delete-offers"]
    assert [row["act"] for row in rows] == [*acts, "offer-form"]
    assert {row["subject"] for row in rows} == {name, ""}


async def test_an_answer_has_bounds(world: World, house: House) -> None:
    await send(world, house)
    (name,) = await names(house)
    for text, language in (("", "en"), (" \n", "en"), ("a" * 3001, "en"), ("Words", "<b>"), ("Words", "")):
        with pytest.raises(Invalid):
            await house.offers.answer(CONSOLE, name, text, language)
    for number in range(5):
        await house.offers.answer(CONSOLE, name, f"Answer {number}", "en")
    with pytest.raises(Conflict):
        await house.offers.answer(CONSOLE, name, "Once more", "en")
    for gone in (house.offers.claim(CONSOLE, "nothing"), house.offers.answer(CONSOLE, "nothing", "Words", "en")):
        with pytest.raises(NotFound):
            await gone
