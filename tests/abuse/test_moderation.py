"""Getting round moderation: by how words are typed, by forms of others, by numbers of others."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.features.access.model import Role
from server.features.posts.model import Post
from server.house import House
from tests.features.flood import follows, says, state_of
from tests.world import CONSOLE, Organiser, World, signed_in

FORMS = [
    ("/desk/conversation/decide", {"decide": "hidden:one:{reply}"}),
    ("/desk/conversation/decide", {"decide": "block:one:{reply}"}),
    ("/desk/conversation/decide", {"decide": "block-host:one:{reply}", "sure": "1"}),
    ("/desk/conversation/rules/words", {"do": "add", "words": "hello", "act": "hide"}),
    ("/desk/conversation/rules/mutes", {"do": "mute", "target": "kind.test"}),
    ("/desk/conversation/reports/1", {"act": "settle"}),
    ("/desk/followers", {"act": "remove:{tie}"}),
    ("/desk/followers/block", {"server": "kind.test"}),
]


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def ada(world: World, house: House) -> AsyncIterator[Organiser]:
    async with signed_in(world, house) as organiser:
        yield organiser


@pytest.fixture
async def post(world: World, house: House) -> Post:
    return await world.publish(house, "Hello")


@pytest.mark.parametrize(
    "html",
    [
        "<p>g\u200bo h\u200dom\u2060e</p>",
        "<p>\u202ego\u202c \u2067home\u2069</p>",
        "<p>\u200fgo\u200f \u061chome</p>",
        "<p>go\u00adho\u00adme go ho\u00adme</p>",
        "<p>ɡo home gо hоmе</p>",
        "<p>gο hοme</p>",
        "<p>ｇｏ　ｈｏｍｅ</p>",
        "<p>𝐠𝐨 𝖍𝖔𝖒𝖊</p>",
        "<p>ⓖⓞ ⓗⓞⓜⓔ</p>",
        "<p>g\u0336o\u0336 h\u0336o\u0336m\u0336e\u0336</p>",
        "<p>g<strong>o</strong> <em>ho</em>me</p>",
        "<p>go, home!</p>",
        "<p>GO_HOME</p>",
        "<p>go</p><p>home</p>",
        "<p>go&nbsp;home</p>",
        "<p>go home\ufe0f</p>",
        "<p>g\u3164o home</p>",
    ],
)
async def test_a_word_rule_sees_through_how_it_is_typed(house: House, post: Post, html: str) -> None:
    await house.rules.add_words(CONSOLE, "go home", "hide")
    assert await state_of(house, await says(house, "troll@mean.test", html, post)) == "hidden"


async def test_letters_apart_are_a_word(house: House, post: Post) -> None:
    await house.rules.add_words(CONSOLE, "vermin", "hide")
    for number, html in enumerate(("<p>v e r m i n</p>", "<p>v.e.r.m.i.n</p>", "<p>v-e-r-m-i-n you are</p>")):
        assert await state_of(house, await says(house, f"troll{number}@mean.test", html, post)) == "hidden"


@pytest.mark.parametrize(("path", "form"), FORMS)
@pytest.mark.parametrize("way", ["no token", "another's token", "another site", "nobody"])
async def test_a_form_of_somebody_else_does_nothing(
    world: World, house: House, ada: Organiser, post: Post, path: str, form: dict[str, str], way: str
) -> None:
    reply, tie = await says(house, "lea@kind.test", "<p>Hello</p>", post), await follows(house, "fan@kind.test")
    data = {name: value.format(reply=reply, tie=tie) for name, value in form.items()}
    if way == "no token":
        answer = await ada.client.post(path, data=data)
    elif way == "another's token":
        answer = await ada.client.post(path, data={**data, "csrf": "x" * 43})
    elif way == "another site":
        answer = await ada.post(path, data, headers={"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"})
    else:
        async with world.client(base_url=house.addresses.base) as client:
            answer = await client.post(path, data={**data, "csrf": ada.csrf})
    assert answer.status_code in {401, 403}
    await nothing_happened(house, reply)


@pytest.mark.parametrize(("path", "form"), FORMS)
async def test_a_writer_decides_about_nobody(
    world: World, house: House, post: Post, path: str, form: dict[str, str]
) -> None:
    await house.access.invite(CONSOLE, "writer", Role.WRITER)
    reply, tie = await says(house, "lea@kind.test", "<p>Hello</p>", post), await follows(house, "fan@kind.test")
    async with signed_in(world, house, "writer") as writer:
        data = {name: value.format(reply=reply, tie=tie) for name, value in form.items()}
        assert (await writer.post(path, data)).status_code == 403
    await nothing_happened(house, reply)


async def nothing_happened(house: House, reply: int) -> None:
    assert await state_of(house, reply) == "held"
    assert await house.safety.blocks() == []
    assert await house.rules.words() == []
    assert await house.rules.mutes() == []
    assert (await house.followers.counts(house.actors.campaign().id))[0] == 1


async def test_a_message_is_not_shown_by_its_number(house: House, ada: Organiser, world: World, post: Post) -> None:
    number = await says(house, "lea@kind.test", "<p>Between us</p>", post, visibility="direct")
    answer = await ada.post("/desk/conversation/decide", {"decide": f"approved:one:{number}", "show": "replies"})
    assert answer.status_code == 404
    for form in ({"decide": "approved:all", "sure": "1"}, {"decide": "hidden:all"}):
        await ada.post("/desk/conversation/decide", {**form, "show": "replies", "state": "held"})
    assert await state_of(house, number) == "held", "acts on replies do not reach messages"
    assert "Between us" not in (await world.get(house.addresses.post_page(post.public_id))).text


async def test_a_reply_to_followers_only_is_never_on_the_page(house: House, world: World, post: Post) -> None:
    number = await says(house, "lea@kind.test", "<p>For friends</p>", post, visibility="followers")
    await house.conversation.decide(CONSOLE, [number], "approved")
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    assert "For friends" not in page
    assert "1 reply" not in page
