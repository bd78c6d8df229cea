"""Drafts at the Desk as plain forms: kept, seen, scheduled, published once, and no words ever lost."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from server.features.access.model import Role
from server.features.actors.model import Profile
from server.features.posts.model import Audience, Draft, DraftState, KeptDraft, ReplyPolicy
from server.features.posts.views import for_desk
from server.features.reviews.model import Kind
from server.features.safety.model import LockLevel
from server.house import House
from tests.flows.test_outbound import picture
from tests.world import CONSOLE, Organiser, World, later, signed_in

FORM = {"text": "Come to the quay", "language": "en", "audience": "public", "version": "", "key": "tap"}


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


async def kept(house: House) -> KeptDraft:
    (one,) = await house.drafting.drafts(CONSOLE)
    return one


async def said(house: House) -> list[str]:
    async with house.database.snapshot() as snapshot:
        return [post.main.source for post in await for_desk(snapshot, house.actors.campaign().id)]


async def test_a_saved_draft_is_on_the_list_and_opens_as_it_was(house: House, ada: Organiser) -> None:
    more = {
        "warning": "Sea",
        "reply_policy": "closed",
        "quote_policy": "open",
        "poll1": "Yes",
        "poll2": "No",
        "poll_seconds": "604800",
        "poll_multiple": "on",
        "ends": "7",
        "do": "save",
    }
    answer = await ada.post("/desk/write", {**FORM, **more})
    one = await kept(house)
    assert str(answer.url) == f"https://here.test/desk/drafts/{one.public_id}?done=kept"
    assert one.draft.reply_policy is ReplyPolicy.CLOSED
    assert (one.draft.quote_policy, one.draft.expires_days) == (ReplyPolicy.OPEN, 7)
    assert one.draft.poll is not None
    assert (one.draft.poll.options, one.draft.poll.seconds, one.draft.poll.multiple) == (("Yes", "No"), 604800, True)
    for words in [
        "Come to the quay",
        'value="Sea"',
        'value="Yes"',
        '<option value="604800" selected>',
        '<option value="7" selected>',
    ]:
        assert words in answer.text
    assert "Come to the quay" in (await ada.get("/desk/drafts")).text
    assert await said(house) == []


async def test_what_the_form_does_not_show_stays(house: House, ada: Organiser) -> None:
    draft = Draft(text="Old", language="en", title="Title", in_reply_to=None, audience=Audience.UNLISTED)
    one = await house.drafting.keep(CONSOLE, draft)
    await ada.post(f"/desk/drafts/{one.public_id}", {**FORM, "version": "1", "do": "save"})
    after = (await kept(house)).draft
    assert (after.title, after.text, after.audience) == ("Title", "Come to the quay", Audience.PUBLIC)


async def test_published_twice_by_a_double_tap_it_is_one_post(house: House, ada: Organiser) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="Old", language="en"))
    for path in ["/desk/write", f"/desk/drafts/{one.public_id}"]:
        for _ in range(2):
            answer = await ada.post(path, {**FORM, "key": path, "version": "1", "do": "publish"})
            assert answer.url.path == "/desk/posts"
    assert await said(house) == ["Come to the quay", "Come to the quay"]
    assert await house.drafting.drafts(CONSOLE) == []


async def test_what_cannot_be_published_is_kept_and_says_why(house: House, ada: Organiser) -> None:
    answer = await ada.post("/desk/write", {**FORM, "poll1": "Only one", "do": "publish"})
    assert answer.status_code == 422
    assert "2 to 4 different answers" in answer.text
    one = await kept(house)
    assert f'action="/desk/drafts/{one.public_id}"' in answer.text
    assert 'value="Only one"' in answer.text
    answer = await ada.post(f"/desk/drafts/{one.public_id}", {**FORM, "version": "1", "poll1": "One", "poll2": "Two"})
    assert answer.url.path == "/desk/posts"
    assert await said(house) == ["Come to the quay"]


async def test_somebody_elses_change_is_not_overwritten_unasked(house: House, ada: Organiser) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="First", language="en"))
    path = f"/desk/drafts/{one.public_id}"
    await house.drafting.keep(CONSOLE, Draft(text="Theirs", language="en"), name=one.public_id)
    answer = await ada.post(path, {**FORM, "text": "Mine", "version": "1", "do": "save"})
    assert answer.status_code == 409
    assert "Mine" in answer.text
    assert "Somebody else has changed this draft" in answer.text
    assert (await kept(house)).draft.text == "Theirs"
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version is not None
    await ada.post(path, {**FORM, "text": "Mine", "version": version[1], "do": "save"})
    assert (await kept(house)).draft.text == "Mine"


async def test_another_refusal_does_not_hide_that_somebody_changed_it(house: House, ada: Organiser) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="First", language="en"))
    path = f"/desk/drafts/{one.public_id}"
    await house.drafting.keep(CONSOLE, Draft(text="Theirs", language="en"), name=one.public_id)
    files = {"picture1": ("x.svg", b"<svg/>", "image/svg+xml")}
    answer = await ada.post(path, {**FORM, "text": "Mine", "version": "1", "do": "save"}, files=files)
    assert answer.status_code in {415, 422}
    assert 'name="version" value="1"' in answer.text


async def test_words_for_a_draft_that_is_gone_become_a_new_one(house: House, ada: Organiser) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="First", language="en"))
    await house.drafting.publish(CONSOLE, one.public_id)
    for doing in ["save", "publish"]:
        answer = await ada.post(f"/desk/drafts/{one.public_id}", {**FORM, "version": "1", "do": doing})
        assert answer.status_code == 409
        assert "Come to the quay" in answer.text
        again = await kept(house)
        await house.drafting.discard(CONSOLE, again.public_id)
    assert await said(house) == ["First"]


async def test_pictures_of_a_draft_wait_with_it(house: House, ada: Organiser) -> None:
    files = {"picture1": ("wall.jpg", picture(), "image/jpeg")}
    answer = await ada.post("/desk/write", {**FORM, "alt1": "A wall", "do": "save"}, files=files)
    one = await kept(house)
    assert [media.alt for media in one.draft.media] == ["A wall"]
    assert f"/desk/drafts/{one.public_id}/pictures" in answer.text
    name = one.draft.media[0].public_id
    form = {**FORM, "version": "1", "keep": name, f"alt-{name}": "A red wall", "do": "preview"}
    seen = await ada.post(f"/desk/drafts/{one.public_id}", form)
    assert seen.url.path.endswith("/preview")
    assert 'alt="A red wall"' in seen.text
    assert "ALT" in seen.text
    assert await said(house) == []


async def test_the_preview_says_who_was_found_and_what_is_quoted(world: World, house: House, ada: Organiser) -> None:
    dora = world.peer("dora.test", "dora")
    note = dora.note("Worth hearing")
    form = {
        **FORM,
        "text": "Ask @dora@dora.test, @nobody@nowhere.test",
        "warning": "Sea",
        "quote": note["id"],
        "do": "preview",
    }
    seen = await ada.post("/desk/write", form)
    assert "found:" in seen.text
    assert "not found" in seen.text
    assert "Worth hearing" in seen.text
    assert "@campaign@here.test" in seen.text
    assert await said(house) == []


async def test_a_quote_that_cannot_be_found_blocks_publishing_but_not_saving(house: House, ada: Organiser) -> None:
    form = {**FORM, "quote": "https://nowhere.test/1"}
    assert (await ada.post("/desk/write", {**form, "do": "save"})).status_code == 200
    one = await kept(house)
    answer = await ada.post(f"/desk/drafts/{one.public_id}", {**form, "version": "1", "do": "publish"})
    assert answer.status_code == 422
    assert "post to quote cannot be found" in answer.text
    assert (await kept(house)).draft.quote == "https://nowhere.test/1"


async def test_a_draft_goes_out_at_its_hour_by_the_clocks_that_were_chosen(
    world: World, house: House, ada: Organiser
) -> None:
    profile = Profile(name="Harbour", time_zone="Europe/Paris")
    await house.acting.change_profile(CONSOLE, profile, await house.profiles.maker(profile))
    asked = await ada.post("/desk/write", {**FORM, "do": "schedule"})
    path = asked.url.path
    assert path.endswith("/schedule")
    assert "<option selected>Europe/Paris</option>" in asked.text
    done = await ada.post(path, {"when": "2026-09-29T18:00", "zone": "Asia/Kabul"})
    one = await kept(house)
    assert (one.state, one.publish_at) == (DraftState.SCHEDULED, "2026-09-29T13:30:00.000000Z")
    assert "29 September 2026, 15:30 CEST" in done.text
    assert "29 September 2026, 15:30 CEST" in (await ada.get(f"/desk/drafts/{one.public_id}")).text
    await ada.post(path, {"when": "2026-09-30T18:00", "zone": "Europe/Paris"})
    assert (await kept(house)).publish_at == "2026-09-30T16:00:00.000000Z"
    await ada.post(f"/desk/drafts/{one.public_id}/unschedule")
    assert (await kept(house)).state is DraftState.DRAFT
    await ada.post(path, {"when": "2026-09-30T18:00", "zone": "Europe/Paris"})
    later(world, days=3)
    await house.drafting.publish_due()
    assert await said(house) == ["Come to the quay"]


async def test_hours_that_clocks_skip_or_show_twice_are_asked_about(world: World, house: House, ada: Organiser) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="First", language="en"))
    path = f"/desk/drafts/{one.public_id}/schedule"
    skipped = await ada.post(path, {"when": "2027-03-28T02:30", "zone": "Europe/Paris"})
    assert (skipped.status_code, "does not exist" in skipped.text) == (422, True)
    twice = await ada.post(path, {"when": "2026-10-25T02:30", "zone": "Europe/Paris"})
    assert (twice.status_code, "comes twice" in twice.text) == (422, True)
    assert "UTC+02:00" in twice.text
    assert (await kept(house)).state is DraftState.DRAFT
    await ada.post(path, {"when": "2026-10-25T02:30", "zone": "Europe/Paris", "which": "second"})
    assert (await kept(house)).publish_at == "2026-10-25T01:30:00.000000Z"


@pytest.mark.parametrize(
    "form",
    [
        {"when": "", "zone": "UTC"},
        {"when": "2026-09-29T18:00", "zone": "Mars"},
        {"when": "2020-01-01T00:00", "zone": "UTC"},
    ],
)
async def test_an_hour_that_is_none_changes_nothing(house: House, ada: Organiser, form: dict[str, str]) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="First", language="en"))
    assert (await ada.post(f"/desk/drafts/{one.public_id}/schedule", form)).status_code == 422
    assert (await kept(house)).state is DraftState.DRAFT


async def test_a_discarded_draft_is_asked_about_and_gone(house: House, ada: Organiser) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="First", language="en"))
    assert "First" in (await ada.get(f"/desk/drafts/{one.public_id}/discard")).text
    answer = await ada.post(f"/desk/drafts/{one.public_id}/discard")
    assert "Thrown away" in answer.text
    assert await house.drafting.drafts(CONSOLE) == []


async def saved(ada: Organiser, path: str, form: dict[str, Any]) -> Any:
    answer = await ada.post(f"{path}/autosave", form)
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()


async def test_saving_by_itself_makes_a_draft_and_keeps_it_up(house: House, ada: Organiser) -> None:
    status, first = await saved(ada, "/desk/write", {**FORM, "text": "Co"})
    assert (status, first["version"]) == (200, 1)
    status, second = await saved(ada, first["url"], {**FORM, "version": "1", "poll1": "Half a poll"})
    assert (status, second) == (200, {"url": first["url"], "version": 2})
    assert (await kept(house)).draft.text == "Come to the quay"
    status, refused = await saved(ada, first["url"], {**FORM, "text": "Other", "version": "1"})
    assert status == 409
    assert "Somebody else" in refused["error"]
    assert (await kept(house)).draft.text == "Come to the quay"


async def test_saving_by_itself_takes_nothing_off_the_plan(house: House, world: World, ada: Organiser) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="First", language="en"))
    at = (world.clock() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:00.000000Z")
    await house.drafting.schedule(CONSOLE, one.public_id, at)
    status, _ = await saved(ada, f"/desk/drafts/{one.public_id}", {**FORM, "version": "1"})
    assert (status, (await kept(house)).state) == (409, DraftState.SCHEDULED)


async def test_saving_by_itself_wants_the_session_and_the_token(house: House, ada: Organiser) -> None:
    assert (await ada.client.post("/desk/write/autosave", data={**FORM, "csrf": "x"})).status_code == 403
    ada.client.cookies.clear()
    assert (await ada.post("/desk/write/autosave", FORM)).status_code == 401
    assert await house.drafting.drafts(CONSOLE) == []


async def test_an_edit_can_wait_as_a_draft_and_the_post_stays_until_then(house: House, ada: Organiser) -> None:
    post = await house.publishing.submit(CONSOLE, Draft(text="Quay", language="en", audience=Audience.UNLISTED))
    form = {"text": "Bridge", "language": "en", "version": "", "key": "e"}
    answer = await ada.post(f"/desk/posts/{post.public_id}/edit", {**form, "do": "save"})
    one = await kept(house)
    assert one.edits == post.public_id
    assert await said(house) == ["Quay"]
    assert "Save the edit" in answer.text
    await ada.post(f"/desk/drafts/{one.public_id}", {**form, "version": "1", "do": "publish"})
    assert await said(house) == ["Bridge"]


async def test_a_correction_is_one_form(house: House, ada: Organiser) -> None:
    post = await house.publishing.submit(CONSOLE, Draft(text="Meet at the quay", language="en"))
    path = f"/desk/posts/{post.public_id}/correct"
    assert "Meet at the quay" in (await ada.get(path)).text
    form = {"text": "Meet at the bridge", "language": "en", "version": "", "key": "c"}
    refused = await ada.post(path, {**form, "correction": " "})
    assert refused.status_code == 422
    assert "Say what was wrong" in refused.text
    one = await kept(house)
    answer = await ada.post(f"/desk/drafts/{one.public_id}", {**form, "version": "1", "correction": "Not the quay."})
    assert "a new post says what was wrong" in answer.text
    new, old = await said(house)
    assert old == "Meet at the bridge"
    assert new.startswith("Not the quay.")


async def test_what_is_looked_at_first_says_so_now_and_at_its_hour(house: House, ada: Organiser) -> None:
    await house.reviews.choose(CONSOLE, {Kind.UPDATE: 2})
    answer = await ada.post("/desk/write", {**FORM, "do": "publish"})
    assert answer.url.path == "/desk/reviews"
    one = await kept(house)
    await ada.post(f"/desk/drafts/{one.public_id}/unschedule")
    form = {"when": "2026-09-30T18:00", "zone": "UTC"}
    answer = await ada.post(f"/desk/drafts/{one.public_id}/schedule", form)
    assert answer.url.path == "/desk/reviews"
    assert (await kept(house)).state is DraftState.REVIEW
    assert await said(house) == []


async def test_who_may_not_write_opens_none_of_it(world: World, house: House, ada: Organiser) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="First", language="en"))
    post = await house.publishing.submit(CONSOLE, Draft(text="Quay", language="en"))
    await house.access.invite(CONSOLE, "mo", Role.MODERATOR)
    async with signed_in(world, house, "mo") as mo:
        for path in ["/desk/drafts", f"/desk/drafts/{one.public_id}", f"/desk/posts/{post.public_id}/correct"]:
            assert (await mo.get(path)).status_code == 403
        for path in ["/desk/write", f"/desk/drafts/{one.public_id}", f"/desk/posts/{post.public_id}/correct"]:
            assert (await mo.post(path, FORM)).status_code == 403
        for part in ["preview", "schedule", "discard"]:
            assert (await mo.get(f"/desk/drafts/{one.public_id}/{part}")).status_code == 403
        for part in ["publish", "schedule", "unschedule", "discard", "autosave"]:
            form = {**FORM, "when": "2026-10-01T10:00", "zone": "UTC"}
            assert (await mo.post(f"/desk/drafts/{one.public_id}/{part}", form)).status_code == 403
    assert (await kept(house)).draft.text == "First"


async def test_the_first_screen_says_what_did_not_go_out(house: House, world: World, ada: Organiser) -> None:
    one = await house.drafting.keep(CONSOLE, Draft(text="Tonight", language="en"))
    at = (world.clock() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:00.000000Z")
    await house.drafting.schedule(CONSOLE, one.public_id, at)
    async with house.database.transaction() as tx:
        await house.safety.set_level(tx, LockLevel.PUBLISHING_FROZEN)
    assert "did not go out" not in (await ada.get("/desk/")).text
    later(world, hours=2)
    await house.drafting.publish_due()
    assert f'<a href="/desk/drafts/{one.public_id}">A post did not go out' in (await ada.get("/desk/")).text
    assert "Publishing is frozen" in (await ada.get("/desk/drafts")).text


async def test_writing_drops_nothing_that_readers_are_given_from_memory(
    house: House, world: World, ada: Organiser
) -> None:
    await world.publish(house, "Hello")
    transport = world.net.hosts["here.test"]
    assert isinstance(transport, httpx.ASGITransport)
    rendering = transport.app.state.rendering  # type: ignore[attr-defined]
    await world.get("https://here.test/")
    before = rendering.generation
    await saved(ada, "/desk/write", FORM)
    assert rendering.generation == before


async def test_a_thread_goes_on_from_the_list_of_posts(house: House, world: World, ada: Organiser) -> None:
    post = await house.publishing.submit(CONSOLE, Draft(text="First", language="fr", warning="Sea"))
    link = re.search(r'href="(/desk/write\?reply_to=[^"]+)"', (await ada.get("/desk/posts")).text)
    assert link is not None
    form = (await ada.get(link[1])).text
    assert f'name="in_reply_to" value="{world.uri(house, post)}"' in form
    assert 'value="Sea"' in form
    await ada.post("/desk/write", {**FORM, "in_reply_to": world.uri(house, post)})
    assert "goes on a thread" in (await ada.get("/desk/posts")).text
    assert "Come to the quay" in (await ada.get(f"/p/{post.public_id}")).text


async def test_a_form_sent_again_after_a_colleague_wrote_on_keeps_both(house: House, ada: Organiser) -> None:
    await ada.post("/desk/write", {**FORM, "do": "save"})
    one = await kept(house)
    await house.drafting.keep(CONSOLE, replace(one.draft, text="Theirs"), name=one.public_id, version=1)
    answer = await ada.post("/desk/write", {**FORM, "do": "save"})
    assert answer.status_code == 409
    key = re.search(r'name="key" value="([^"]+)"', answer.text)
    assert key is not None
    await ada.post("/desk/write", {**FORM, "key": key[1], "do": "save"})
    drafts = await house.drafting.drafts(CONSOLE)
    assert sorted(each.draft.text for each in drafts) == ["Come to the quay", "Theirs"]


@pytest.mark.parametrize("doing", ["save", "publish"])
async def test_what_is_sent_twice_is_one_draft_and_one_question(house: House, ada: Organiser, doing: str) -> None:
    await house.reviews.choose(CONSOLE, {Kind.UPDATE: 2})
    for _ in range(2):
        files = {"picture1": ("wall.jpg", picture(), "image/jpeg")}
        assert (await ada.post("/desk/write", {**FORM, "do": doing}, files=files)).status_code == 200
    one = await kept(house)
    assert len(one.draft.media) == 1
    assert len(await house.reviews.waiting(CONSOLE)) == (doing == "publish")
    await ada.post("/desk/write", {**FORM, "key": "another", "text": "Other words", "do": doing})
    assert len(await house.drafting.drafts(CONSOLE)) == 2
