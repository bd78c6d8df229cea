"""Who may speak on our pages, and deciding about many at once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server.base import changes
from server.base.database import Database
from server.base.database.model import Snapshot
from server.base.errors import Conflict, Forbidden, Invalid, NotFound
from server.features.access.model import Role, Who
from server.features.allies.service import ALLIES
from server.features.conversation import moderation, rules
from server.features.conversation.deciding import Deciding
from server.features.conversation.model import WORDS, Acted, Filter, Selection
from server.features.conversation.views_room import PAGE
from server.features.conversation.words import MAX_RULES
from server.features.posts.model import Post, ReplyPolicy
from server.features.posts.views import by_public_id
from server.features.safety.model import LockLevel
from server.house import House
from tests.conftest import FIGURE
from tests.features.flood import author, flood, follows, says, state_of
from tests.world import CONSOLE, World

pytestmark = pytest.mark.anyio

WRITER = Who(organiser_id=1, role=Role.WRITER)
HELD = Filter()


@pytest.fixture
async def post(world: World, house: House) -> Post:
    return await world.publish(house, "Hello")


async def ally(house: House, kind: str, target: str) -> None:
    async with house.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO allies (id, kind, target, created_at) VALUES (:id, :kind, :target, :now)",
            id=tx.new_id(),
            kind=kind,
            target=target,
            now=tx.now,
        )
        await changes.record(tx, ALLIES)


async def with_policy(world: World, house: House, policy: ReplyPolicy) -> Post:
    made = await world.publish(house, f"Replies: {policy}")
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE posts SET reply_policy = :policy WHERE id = :id", policy=str(policy), id=made.id)
    return made


async def shown_count(house: House, post: Post) -> int:
    async with house.database.snapshot() as snapshot:
        found = await by_public_id(snapshot, post.public_id)
    assert found is not None
    return found.counts.replies


async def waiting(house: House, wanted: Filter = HELD) -> list[int]:
    return [line.heard.post.id for line in (await house.moderation.listing(wanted)).lines]


# -- who may speak at once ------------------------------------------------------------------------------------------------


async def test_a_stranger_waits_and_an_ally_speaks_at_once(house: House, post: Post) -> None:
    friend = await author(house, "amal@kind.test")
    await ally(house, "actor", friend.uri)
    await ally(house, "host", "union.test")
    assert await state_of(house, await says(house, "amal@kind.test", "<p>We come</p>", post)) == "approved"
    assert await state_of(house, await says(house, "lea@branch.union.test:8443", "<p>So do we</p>", post)) == "approved"
    assert await state_of(house, await says(house, "other@kind.test", "<p>And I</p>", post)) == "held"
    assert await state_of(house, await says(house, "x@notunion.test", "<p>And I too</p>", post)) == "held"
    assert await shown_count(house, post) == 2


async def test_a_blocked_ally_is_trusted_no_more(house: House, post: Post) -> None:
    friend = await author(house, "amal@kind.test")
    await ally(house, "actor", friend.uri)
    await ally(house, "host", "union.test")
    await house.acting.block_actor(CONSOLE, friend)
    await house.acting.block_host(CONSOLE, "union.test")
    assert await state_of(house, await says(house, "amal@kind.test", "<p>We come</p>", post)) == "held"
    assert await state_of(house, await says(house, "lea@branch.union.test", "<p>So do we</p>", post)) == "held"


async def test_no_ally_speaks_where_replies_are_closed_or_the_house_is_locked(
    world: World, house: House, post: Post
) -> None:
    await ally(house, "host", "kind.test")
    closed = await with_policy(world, house, ReplyPolicy.CLOSED)
    assert await state_of(house, await says(house, "amal@kind.test", "<p>One</p>", closed)) == "hidden"
    async with house.database.transaction() as tx:
        await house.safety.set_level(tx, LockLevel.CONVERSATION_CLOSED)
    assert await state_of(house, await says(house, "amal@kind.test", "<p>Two</p>", post)) == "held"


async def test_where_known_people_answer_followers_and_allies_pass(world: World, house: House) -> None:
    known = await with_policy(world, house, ReplyPolicy.KNOWN)
    await follows(house, "fan@kind.test")
    await follows(house, "asks@kind.test", "pending")
    await ally(house, "host", "union.test")
    assert await state_of(house, await says(house, "fan@kind.test", "<p>One</p>", known)) == "approved"
    assert await state_of(house, await says(house, "lea@union.test", "<p>Two</p>", known)) == "approved"
    assert await state_of(house, await says(house, "asks@kind.test", "<p>Three</p>", known)) == "held"


async def test_the_first_contact_is_over_when_something_was_shown(house: House, post: Post) -> None:
    first = await says(house, "new@far.test", "<p>Hello</p>", post)
    second = await says(house, "new@far.test", "<p>Hello again</p>", post)
    await follows(house, "fan@kind.test")
    await says(house, "fan@kind.test", "<p>Known</p>", post)
    assert set(await waiting(house, Filter(first=True))) == {first, second}
    await house.moderation.decide(CONSOLE, Selection(ids=(first,)), "approved")
    third = await says(house, "new@far.test", "<p>Thanks</p>", post)
    assert third not in await waiting(house, Filter(first=True))


# -- one list -------------------------------------------------------------------------------------------------------------


async def test_the_list_is_filtered_and_equal_texts_are_one_line(house: House, post: Post) -> None:
    copies = [await says(house, f"t{n}@mean{n % 3}.test", f"<p>Go home{'!' * n} {n}</p>", post) for n in range(6)]
    french = await says(house, "lea@ami.test", "<p>Trois lits</p>", post, language="fr-CA")
    mention = await says(house, "noor@ami.test", "<p>Look at this</p>")
    found = (await house.moderation.listing(HELD)).lines
    assert [line.heard.post.id for line in found] == [mention, french, copies[-1]]
    assert [(line.copies, line.servers) for line in found] == [(1, 1), (1, 1), (6, 3)]
    assert await waiting(house, Filter(language="fr")) == [french]
    assert await waiting(house, Filter(kinds=("mention",))) == [mention]
    assert await waiting(house, Filter(server="mean1.test")) == [copies[4]]
    assert await waiting(house, Filter(same=found[2].heard.same_text)) == copies[::-1]
    facets = await house.moderation.facets("held")
    assert dict(facets.languages) == {"en": 7, "fr": 1}
    assert dict(facets.servers)["mean0.test"] == 2
    assert (facets.total, facets.first) == (8, 8)


async def test_pages_follow_each_other_without_a_gap_or_a_doubled_line(house: House, post: Post) -> None:
    await flood(house.database, post, 600, 20)
    seen: list[int] = []
    older: int | None = None
    while True:
        page = await house.moderation.listing(HELD, older)
        seen += [line.heard.post.id for line in page.lines]
        older = page.older
        if older is None:
            break
    assert len(seen) == len(set(seen)) == 60 + 9
    assert seen == sorted(seen, reverse=True)


async def test_messages_stay_apart_and_are_never_shown(house: House) -> None:
    number = await says(house, "amal@kind.test", "<p>Between us</p>", visibility="direct")
    assert await waiting(house) == []
    assert await waiting(house, Filter(kinds=("direct",))) == [number]
    with pytest.raises(NotFound):
        await house.moderation.decide(CONSOLE, Selection(ids=(number,)), "approved")
    assert await state_of(house, number) == "held"


# -- many at once ---------------------------------------------------------------------------------------------------------


async def test_a_group_a_server_and_a_filter_are_decided_about_as_one(house: House, post: Post) -> None:
    for n in range(6):
        await says(house, f"t{n}@mean{n % 3}.test", f"<p>Go home {n}</p>", post)
    kept = await says(house, "poet@mean0.test", "<p>Something else</p>", post, language="fr")
    (same,) = {one.heard.same_text for one in (await house.moderation.listing(HELD)).lines if one.copies > 1}
    group = Selection(same=(same,))
    assert (await house.moderation.decide(CONSOLE, group, "hidden")).done == 6
    assert await waiting(house) == [kept]
    back = Selection(same=(same,), within=Filter(state="hidden"))
    assert (await house.moderation.decide(CONSOLE, back, "held")).done == 6
    server = Selection(within=Filter(server="mean0.test"), everything=True)
    assert (await house.moderation.decide(CONSOLE, server, "approved")).done == 3
    assert await shown_count(house, post) == 3
    french = Selection(within=Filter(state="approved", language="fr"), everything=True)
    assert (await house.moderation.decide(CONSOLE, french, "hidden")).done == 1
    assert await shown_count(house, post) == 2


async def test_more_than_one_act_takes_is_said(house: House, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moderation, "SLICE", 4)
    monkeypatch.setattr(moderation, "MAX_ROWS", 10)
    await flood(house.database, post, 25, 5)
    everything = Selection(within=HELD, everything=True)
    acted = [await house.moderation.decide(CONSOLE, everything, "hidden") for _ in range(3)]
    assert [(one.done, one.more) for one in acted] == [(10, True), (10, True), (5, False)]
    with pytest.raises(NotFound):
        await house.moderation.decide(CONSOLE, everything, "hidden")


async def test_counts_stay_right_whoever_decides_twice(house: House, post: Post) -> None:
    number = await says(house, "amal@kind.test", "<p>We come</p>", post)
    for state, count in (("approved", 1), ("approved", 1), ("hidden", 0), ("hidden", 0), ("held", 0), ("approved", 1)):
        await house.moderation.decide(CONSOLE, Selection(ids=(number, number)), state)
        assert await shown_count(house, post) == count


async def test_each_act_is_written_down_as_a_number_and_told_to_the_pages(house: House, post: Post) -> None:
    told: list[tuple[str, str]] = []
    house.database.on_change(lambda kind, subject: told.append((kind, subject)))
    numbers = tuple([await says(house, f"t{n}@mean.test", f"<p>Go home {n}</p>", post) for n in range(3)])
    await house.moderation.decide(CONSOLE, Selection(ids=numbers), "hidden")
    assert ("conversation", post.public_id) in told
    async with house.database.snapshot() as snapshot:
        newest = await snapshot.one("SELECT act, subject FROM audit ORDER BY id DESC LIMIT 1")
    assert newest is not None
    assert (newest["act"], newest["subject"]) == ("hidden", "3")


async def written(house: House, act: str) -> list[str]:
    async with house.database.snapshot() as snapshot:
        found = await snapshot.fetch("SELECT subject FROM audit WHERE act = :act ORDER BY id", act=act)
    return [row["subject"] for row in found]


async def test_an_act_that_breaks_off_is_written_down(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderation, "SLICE", 4)
    monkeypatch.setattr(moderation, "AUTHORS_AT_ONCE", 4)
    await flood(house.database, post, 10, 5)
    whole = Deciding.set_all
    left = iter(range(1))

    async def breaks(self: Deciding, *args: Any, **more: Any) -> int:
        if next(left, None) is None:
            raise Conflict("The power is out.")
        return await whole(self, *args, **more)

    everything = Selection(within=HELD, everything=True)
    acts: tuple[tuple[str, Callable[[], Awaitable[Acted]]], ...] = (
        ("hidden", lambda: house.moderation.decide(CONSOLE, everything, "hidden")),
        ("mute", lambda: house.moderation.mute_authors(CONSOLE, everything)),
        ("block", lambda: house.moderation.block_authors(CONSOLE, everything)),
    )
    for act, do in acts:
        with monkeypatch.context() as broken:
            broken.setattr(Deciding, "set_all", breaks)
            with pytest.raises(Conflict):
                await do()
        assert await written(house, act) == ["4"]


async def test_the_parts_of_a_great_act_add_up_in_the_log(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderation, "SLICE", 4)
    monkeypatch.setattr(moderation, "AUTHORS_AT_ONCE", 4)
    await flood(house.database, post, 10, 5)
    everything = Selection(within=HELD, everything=True)
    await house.moderation.decide(CONSOLE, everything, "hidden")
    hidden = Selection(within=Filter(state="hidden"), everything=True)
    await house.moderation.mute_authors(CONSOLE, hidden)
    await house.moderation.block_authors(CONSOLE, hidden)
    assert [await written(house, act) for act in ("hidden", "mute", "block")] == [["4", "6"]] * 3


async def test_a_writer_decides_about_nothing(house: House, post: Post) -> None:
    number = await says(house, "amal@kind.test", "<p>We come</p>", post)
    one = Selection(ids=(number,))
    for act in (
        lambda: house.moderation.decide(WRITER, one, "approved"),
        lambda: house.moderation.mute_authors(WRITER, one),
        lambda: house.moderation.block_authors(WRITER, one),
        lambda: house.moderation.block_servers(WRITER, ["kind.test"]),
        lambda: house.moderation.mute_server(WRITER, "kind.test"),
        lambda: house.rules.add_words(WRITER, "tea", "hide"),
        lambda: house.rules.remove_words(WRITER, 1),
        lambda: house.rules.unmute(WRITER, "kind.test"),
        lambda: house.moderation.on_report(WRITER, 1, "settle"),
        lambda: house.followers.decide(WRITER, [1], accept=True),
    ):
        with pytest.raises(Forbidden):
            await act()
    assert await state_of(house, number) == "held"


# -- mutes and blocks -----------------------------------------------------------------------------------------------------


async def test_who_is_muted_is_hidden_now_and_later_and_hears_nothing(world: World, house: House, post: Post) -> None:
    await follows(house, "loud@mean.test")
    shown = await says(house, "loud@mean.test", "<p>One</p>", post)
    await house.moderation.decide(CONSOLE, Selection(ids=(shown,)), "approved")
    acted = await house.moderation.mute_authors(CONSOLE, Selection(ids=(shown,)))
    assert acted.done == 1
    assert [await state_of(house, shown), await shown_count(house, post)] == ["hidden", 0]
    assert await state_of(house, await says(house, "loud@mean.test", "<p>Two</p>", post)) == "hidden"
    assert await waiting(house) == []
    assert (await house.followers.counts(house.actors.campaign().id))[0] == 1, "muted people still follow"
    (mute,) = await house.rules.mutes()
    assert mute.label == "@loud@mean.test"
    await house.rules.unmute(CONSOLE, mute.target)
    assert await state_of(house, shown) == "hidden", "what was hidden stays hidden"
    assert await state_of(house, await says(house, "loud@mean.test", "<p>Three</p>", post)) == "held"
    with pytest.raises(NotFound):
        await house.rules.unmute(CONSOLE, mute.target)


async def test_many_mutes_are_asked_for_and_few_remembered_to_the_same_end(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.features.conversation.views.MUTES_IN_MEMORY", 1)
    for host in ("one.test", "two.test"):
        await house.moderation.mute_server(CONSOLE, host)
    assert await state_of(house, await says(house, "heron@far.two.test", "<p>One</p>", post)) == "hidden"
    assert await state_of(house, await says(house, "kestrel@three.test", "<p>Two</p>", post)) == "held"


async def test_a_muted_server_is_muted_with_all_below_it(house: House, post: Post) -> None:
    first = await says(house, "a@deep.mean.test:8443", "<p>One</p>", post)
    other = await says(house, "b@demean.test", "<p>Two</p>", post)
    assert await house.moderation.mute_server(CONSOLE, "Mean.Test.") == "mean.test"
    assert await state_of(house, first) == "hidden"
    assert await state_of(house, await says(house, "c@mean.test", "<p>Three</p>", post)) == "hidden"
    assert await state_of(house, other) == "held"
    with pytest.raises(Invalid):
        await house.moderation.mute_server(CONSOLE, "no server")


async def test_blocking_authors_hides_them_and_unblocking_brings_nothing_back(house: House, post: Post) -> None:
    await follows(house, "troll1@mean.test")
    numbers = [await says(house, f"troll{n}@mean.test", f"<p>Go home {n}</p>", post) for n in range(3)]
    await house.moderation.decide(CONSOLE, Selection(ids=(numbers[0],)), "approved")
    acted = await house.moderation.block_authors(CONSOLE, Selection(ids=tuple(numbers)))
    assert acted.done == 3
    assert {await state_of(house, one) for one in numbers} == {"hidden"}
    assert (await house.followers.counts(house.actors.campaign().id))[0] == 0
    assert len(await house.safety.blocks()) == 3
    for block in await house.safety.blocks():
        await house.acting.unblock(CONSOLE, block.target)
    assert await house.conversation.replies(post) == []
    assert await shown_count(house, post) == 0


async def test_blocking_servers_says_first_what_is_lost(house: House, post: Post) -> None:
    for n in range(4):
        await follows(house, f"fan{n}@big.test")
    number = await says(house, "troll@big.test", "<p>Go home</p>", post)
    below = await says(house, "troll@sub.big.test", "<p>Go home</p>", post)
    selection = Selection(ids=(number,))
    assert await house.moderation.servers(selection) == [("big.test", 4)]
    await house.moderation.block_servers_of(CONSOLE, selection)
    assert [await state_of(house, number), await state_of(house, below)] == ["hidden", "hidden"]
    assert house.safety.refuses_host("sub.big.test")
    assert (await house.followers.counts(house.actors.campaign().id))[0] == 0


async def test_what_a_blocked_list_left_waiting_is_swept_away(house: House, post: Post) -> None:
    bad = await says(house, "troll@deep.mean.test", "<p>Go home</p>", post)
    shown = await says(house, "poet@mean.test", "<p>A poem</p>", post)
    good = await says(house, "amal@kind.test", "<p>We come</p>", post)
    copies = [await says(house, f"t{n}@{'mean' if n == 2 else 'far'}.test", "<p>The same</p>", post) for n in range(3)]
    await house.moderation.decide(CONSOLE, Selection(ids=(shown,)), "approved")
    async with house.database.transaction() as tx:
        await house.safety.block(tx, kind="host", target="mean.test", label="mean.test")
    assert await waiting(house) == [copies[2], good], "the group stays, though its newest is of somebody blocked"
    await house.conversation.trim()
    assert [await state_of(house, one) for one in (bad, shown, good)] == ["hidden", "hidden", "held"]
    assert await waiting(house) == [copies[1], good]
    assert await shown_count(house, post) == 0


# -- word rules -----------------------------------------------------------------------------------------------------------


async def test_a_rule_hides_what_waits_and_what_comes(house: House, post: Post) -> None:
    bad = await says(house, "a@mean.test", "<p>GO\u200b HÓME now</p>", post)
    warned = await says(house, "b@mean.test", "<p>Look</p>", post, warning="Go home")
    described = await says(house, "c@mean.test", "<p>Look here</p>", post, attachments=(("https://x.test/a", "image/png", "go home"),))  # fmt: skip
    good = await says(house, "d@kind.test", "<p>Going home</p>", post)
    assert (await house.rules.preview("go home")).done == 3
    assert await state_of(house, bad) == "held", "looking changes nothing"
    assert (await house.rules.add_words(CONSOLE, "Go  home", "hide")).done == 3
    assert [await state_of(house, one) for one in (bad, warned, described, good)] == ["hidden"] * 3 + ["held"]
    later = await says(house, "e@kind.test", "<p>go home!</p>", post)
    assert await state_of(house, later) == "hidden"
    (one,) = await house.rules.words()
    assert (one.words, one.act) == ("go home", "hide")
    await house.rules.remove_words(CONSOLE, one.id)
    assert await state_of(house, await says(house, "f@kind.test", "<p>go home?</p>", post)) == "held"
    with pytest.raises(NotFound):
        await house.rules.remove_words(CONSOLE, one.id)


async def test_a_rule_that_holds_holds_allies_too(world: World, house: House, post: Post) -> None:
    await ally(house, "host", "kind.test")
    await house.rules.add_words(CONSOLE, "address", "hold")
    number = await says(house, "amal@kind.test", "<p>Here is the address</p>", post)
    assert await state_of(house, number) == "held"
    opened = await with_policy(world, house, ReplyPolicy.OPEN)
    assert await state_of(house, await says(house, "x@far.test", "<p>The address</p>", opened)) == "held"
    (line, *_) = (await house.moderation.listing(HELD)).lines
    assert line.heard.rule_id is not None


async def test_new_words_of_an_old_reply_are_judged_again(house: House, post: Post) -> None:
    await ally(house, "host", "kind.test")
    await house.rules.add_words(CONSOLE, "go home", "hide")
    number = await says(house, "amal@kind.test", "<p>We come</p>", post, uri="https://kind.test/1")
    assert await shown_count(house, post) == 1
    await says(house, "amal@kind.test", "<p>Go home</p>", post, uri="https://kind.test/1")
    assert [await state_of(house, number), await shown_count(house, post)] == ["hidden", 0]


async def test_rules_are_few_and_of_two_kinds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid):
        await house.rules.add_words(CONSOLE, "tea", "delete")
    with pytest.raises(Invalid):
        await house.rules.add_words(CONSOLE, "!", "hide")
    await house.rules.add_words(CONSOLE, "Tea", "hide")
    await house.rules.add_words(CONSOLE, "téa", "hold")
    assert [(one.words, one.act) for one in await house.rules.words()] == [("tea", "hold")]
    monkeypatch.setattr(rules, "MAX_RULES", 1)
    with pytest.raises(Conflict):
        await house.rules.add_words(CONSOLE, "milk", "hide")
    assert MAX_RULES == 200


# -- reports --------------------------------------------------------------------------------------------------------------


async def test_a_report_names_what_it_is_about_and_is_acted_upon(house: House, post: Post) -> None:
    number = await says(house, "troll@mean.test", "<p>Go home</p>", post, uri="https://mean.test/1")
    async with house.database.transaction() as tx:
        await house.conversation.reported(tx, "kind.test", ["https://mean.test/1", "https://x.test/2"], "Look", None)
        await house.conversation.reported(tx, "kind.test", ["https://x.test/2"], "Nothing of ours", None)
    (report,) = await house.moderation.reports()
    assert [one.post.id for one in report.about] == [number]
    assert report.objects == ("https://mean.test/1",)
    with pytest.raises(NotFound):
        await house.moderation.on_report(CONSOLE, report.id, "hide", number + 1)
    with pytest.raises(NotFound):
        await house.moderation.on_report(CONSOLE, report.id + 1, "hide", number)
    await house.moderation.on_report(CONSOLE, report.id, "hide", number)
    assert await state_of(house, number) == "hidden"
    (report,) = await house.moderation.reports()
    assert report.state == "settled"
    await house.moderation.on_report(CONSOLE, report.id, "block", number)
    assert [one.kind for one in await house.safety.blocks()] == ["actor"]


# -- flood ----------------------------------------------------------------------------------------------------------------


def counting(database: Database, monkeypatch: pytest.MonkeyPatch, kind: type[Snapshot]) -> list[int]:
    """How many rows each query of a snapshot gave."""
    rows: list[int] = []
    fetch: Callable[..., Any] = kind.fetch

    async def counted(self: Snapshot, sql: str, /, **params: Any) -> list[Any]:
        found = await fetch(self, sql, **params)
        rows.append(len(found))
        return found  # type: ignore[no-any-return]

    monkeypatch.setattr(kind, "fetch", counted)
    return rows


async def test_under_five_thousand_replies_a_screen_takes_few_queries_and_few_rows(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    await flood(house.database, post, 5_000, 500)
    async with house.database.snapshot() as snapshot:
        kind = type(snapshot)
    rows = counting(house.database, monkeypatch, kind)
    times = []
    for wanted in (HELD, Filter(language="fr"), Filter(server="s7.test"), Filter(first=True), Filter(kinds=("reply",))):
        rows.clear()
        started = time.perf_counter()
        page = await house.moderation.listing(wanted)
        await house.moderation.facets("held")
        await house.conversation.waiting()
        times.append(round((time.perf_counter() - started) * 1000))
        assert 0 < len(page.lines) <= PAGE
        assert len(rows) <= 2 * len(WORDS) + 4, "queries do not grow with what waits"
        assert sum(rows) <= 2_000, "nor do rows: languages by server, at most a thousand, and lines"
    first = (await house.moderation.listing(HELD)).lines
    assert [(one.copies, one.servers) for one in first[:9]] == [(500, 50)] * 9, "five hundred copies are one line"
    assert (await house.conversation.waiting()).held == 1_000, "nobody counts further"
    started = time.perf_counter()
    hidden = await house.moderation.decide(CONSOLE, Selection(within=HELD, everything=True), "hidden")
    record_property(
        FIGURE, f"{house.database.dialect}: 5,000 replies wait: a screen {max(times)} ms at most ({times}), hiding all {(time.perf_counter() - started) * 1000:.0f} ms"
    )  # fmt: skip
    assert hidden.done == 5_000
    assert max(times) < 5_000, "a generous guard"
    assert (await house.conversation.waiting()).held == 0
