from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, Malformed, NotFound, Refused, Unreachable, WrongDocument
from federation.gate import Document
from federation.identifiers import origin_of
from federation.webfinger import (
    JRD_ACCEPT,
    MAX_RESOURCE_CHARS,
    Asked,
    Finder,
    Handle,
    host_meta_json,
    host_meta_xml,
    parse_handle,
    parse_resource,
    render_jrd,
)
from tests.federation.documents import BOB, ODD

pytestmark = pytest.mark.anyio
HANDLE = Handle("bob", "peer.test")
AT_PEER = "https://peer.test/.well-known/webfinger?resource=acct:bob@peer.test"
AT_SPLIT = "https://split.test/.well-known/webfinger?resource=acct:bob@split.test"
SPLIT_META = "https://split.test/.well-known/host-meta.json"


def jrd(subject: Any = "acct:bob@peer.test", href: Any = BOB, kind: Any = "application/activity+json") -> Document:
    return {"subject": subject, "links": [{"rel": "self", "type": kind, "href": href}]}


class Web:
    """Answers by address, as a client would give them; anything else is not found."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = answers
        self.asked: list[str] = []

    async def get_json(self, url: str, accept: str) -> Document:
        assert accept == JRD_ACCEPT
        self.asked.append(url)
        found = self.answers.get(url, NotFound("answered 404"))
        if isinstance(found, Exception):
            raise found
        answer: Document = found
        return answer


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("bob@peer.test", HANDLE),
        ("@bob@peer.test", HANDLE),
        ("acct:bob@peer.test", HANDLE),
        ("acct:@bob@peer.test", HANDLE),
        (" bob@PEER.test\n", HANDLE),
        ("Bob.B-b_1@peer.test", Handle("Bob.B-b_1", "peer.test")),
        ("b@peer.test:8443", Handle("b", "peer.test:8443")),
        ("peer.test@peer.test", Handle("peer.test", "peer.test")),
        ("bob@xn--fa-hia.test", Handle("bob", "xn--fa-hia.test")),
    ],
)
def test_a_handle_is_read_in_every_way_in_which_people_write_it(text: str, handle: Handle) -> None:
    assert parse_handle(text) == handle


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "bob",
        "@peer.test",
        "bob@",
        "bob@peer.test@evil.test",
        "bob@peer.test/path",
        "bob@peer.test?x",
        "bob@peer.test#x",
        "bob@peer.test:99999",
        "bob@peer.test:",
        "bob@peer..test",
        "bob@-peer.test",
        "bob@[::1]",
        "bob@пир.test",
        "böb@peer.test",
        "bob\u202e@peer.test",
        "bob@peer.test\u2028x",
        "bob @peer.test",
        ".bob@peer.test",
        "bob.@peer.test",
        "<b>@peer.test",
        "bob%40@peer.test",
        "x" * 129 + "@peer.test",
        "bob@" + "x" * 254,
        "mailto:bob@peer.test",
    ],
    ids=lambda text: repr(text)[:40],
)
def test_what_could_reach_elsewhere_is_no_handle(text: str) -> None:
    with pytest.raises(Malformed):
        parse_handle(text)


@given(st.text(max_size=60) | st.from_regex(r"(acct:)?@?[!-~]{1,10}@[!-~]{1,20}", fullmatch=True))
def test_whatever_is_taken_for_a_handle_leads_to_its_own_host(text: str) -> None:
    try:
        handle = parse_handle(text)
    except Malformed:
        return
    assert origin_of(f"https://{handle.host}/.well-known/webfinger").host == handle.host.split(":")[0]
    assert parse_handle(str(handle)) == handle


@pytest.mark.parametrize(
    ("resource", "asked"),
    [
        ("acct:bob@peer.test", Asked(handle=HANDLE)),
        ("bob@peer.test", Asked(handle=HANDLE)),
        ("acct%3Abob%40peer.test", Asked(handle=HANDLE)),
        ("acct:bob%40peer.test", Asked(handle=HANDLE)),
        (BOB, Asked(url=BOB)),
        ("https%3A%2F%2Fpeer.test%2Fusers%2Fbob", Asked(url=BOB)),
        ("https://peer.test", Asked(url="https://peer.test")),
        ("http://peer.test/", Asked(url="http://peer.test/")),
    ],
)
def test_a_resource_is_a_handle_or_an_address(resource: str, asked: Asked) -> None:
    assert parse_resource(resource) == asked


@pytest.mark.parametrize(
    "resource",
    [
        "",
        "x" * (MAX_RESOURCE_CHARS + 1),
        "bob",
        "https://",
        "https://a b/",
        "ftp://peer.test/",
        "%ff%fe@peer.test",
        "%",
    ],
    ids=lambda text: text[:20],
)
def test_a_resource_that_names_nothing_is_refused(resource: str) -> None:
    with pytest.raises(Malformed):
        parse_resource(resource)


def test_our_answer_has_exactly_one_self_link() -> None:
    body = render_jrd(
        subject="alice@our.test",
        actor="https://our.test/u/alice",
        profile="https://our.test/@alice",
        subscribe="https://our.test/follow?uri={uri}",
        avatar=("https://our.test/a.png", "image/png"),
    )
    assert json.loads(body) == {
        "subject": "acct:alice@our.test",
        "aliases": ["https://our.test/@alice", "https://our.test/u/alice"],
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": "https://our.test/@alice"},
            {"rel": "self", "type": "application/activity+json", "href": "https://our.test/u/alice"},
            {"rel": "http://ostatus.org/schema/1.0/subscribe", "template": "https://our.test/follow?uri={uri}"},
            {"rel": "http://webfinger.net/rel/avatar", "type": "image/png", "href": "https://our.test/a.png"},
        ],
    }


async def test_our_own_answer_leads_to_our_actor() -> None:
    body = render_jrd(subject="bob@peer.test", actor=BOB, profile="https://peer.test/@bob")
    assert await Finder(Web(**{AT_PEER: json.loads(body)})).find(HANDLE) == BOB


def test_host_meta_says_the_same_in_two_tongues() -> None:
    template = "https://our.test/.well-known/webfinger?resource={uri}"
    root = ET.fromstring(host_meta_xml("https://our.test"))
    assert root.tag == "{http://docs.oasis-open.org/ns/xri/xrd-1.0}XRD"
    assert [dict(link.attrib) for link in root] == [{"rel": "lrdd", "template": template}]
    assert json.loads(host_meta_json("https://our.test")) == {"links": [{"rel": "lrdd", "template": template}]}


@pytest.mark.parametrize(
    "kind", ["application/activity+json", 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"']
)
@pytest.mark.parametrize("subject", ["acct:bob@peer.test", "acct:BOB@Peer.test", BOB, None])
async def test_a_handle_that_answers_for_itself_is_asked_once(subject: Any, kind: str) -> None:
    web = Web(**{AT_PEER: jrd(subject, kind=kind)})
    assert await Finder(web).find(HANDLE) == BOB
    assert web.asked == [AT_PEER]


async def test_another_handle_as_subject_must_confirm_itself() -> None:
    web = Web(**{AT_SPLIT: jrd(), AT_PEER: jrd()})
    assert await Finder(web).find(Handle("bob", "split.test")) == BOB
    assert web.asked == [AT_SPLIT, AT_PEER]


@pytest.mark.parametrize(
    "confirmed",
    [jrd(href="https://peer.test/users/eve"), jrd(subject="acct:eve@peer.test"), jrd(subject="acct:bob@split.test")],
    ids=["other actor", "other name", "back again"],
)
async def test_a_handle_that_does_not_loop_back_is_refused(confirmed: Document) -> None:
    web = Web(**{AT_SPLIT: jrd(), AT_PEER: confirmed})
    with pytest.raises(WrongDocument, match="loop back"):
        await Finder(web).find(Handle("bob", "split.test"))
    assert len(web.asked) == 2


async def test_a_split_domain_is_found_by_its_host_meta() -> None:
    template = "https://peer.test/.well-known/webfinger?resource={uri}"
    meta = {"links": [7, {"rel": "self"}, {"rel": "lrdd", "template": template}]}
    elsewhere = "https://peer.test/.well-known/webfinger?resource=acct:bob@split.test"
    web = Web(**{SPLIT_META: meta, elsewhere: jrd("acct:bob@split.test")})
    assert await Finder(web).find(Handle("bob", "split.test")) == BOB
    assert web.asked == [AT_SPLIT, SPLIT_META, elsewhere]


@pytest.mark.parametrize(
    "template",
    [None, 7, [], "", "https://peer.test/", "https://peer.test/{uri}/{uri}", "http://peer.test/{uri}", "file:///{uri}"],
    ids=repr,
)
async def test_host_meta_that_leads_nowhere_finds_nobody(template: Any) -> None:
    web = Web(**{SPLIT_META: {"links": [{"rel": "lrdd", "template": template}]}})
    with pytest.raises(NotFound):
        await Finder(web).find(Handle("bob", "split.test"))


@pytest.mark.parametrize("failure", [Unreachable("x"), Refused("x"), WrongDocument("x"), Malformed("x")], ids=repr)
async def test_only_not_found_leads_on_to_host_meta(failure: Exception) -> None:
    web = Web(**{AT_SPLIT: failure})
    with pytest.raises(type(failure)):
        await Finder(web).find(Handle("bob", "split.test"))
    assert web.asked == [AT_SPLIT]


@pytest.mark.parametrize(
    "kind", ["application/json", "application/ld+json", "text/html", "application/activity+json; charset=utf-8", ""]
)
async def test_a_self_link_of_another_type_leads_to_no_actor(kind: str) -> None:
    with pytest.raises(WrongDocument, match="no ActivityPub actor"):
        await Finder(Web(**{AT_PEER: jrd(kind=kind)})).find(HANDLE)


@pytest.mark.parametrize("odd", ODD, ids=lambda value: repr(value)[:24])
async def test_an_odd_answer_finds_nobody_and_breaks_nothing(odd: Any) -> None:
    documents = [{"links": odd}, {"links": [odd]}, {"links": [{"rel": odd}]}, jrd(href=odd), jrd(kind=odd), {}]
    for document in documents:
        with pytest.raises(FederationError):
            await Finder(Web(**{AT_PEER: document})).find(HANDLE)
    with pytest.raises(NotFound):
        await Finder(Web(**{SPLIT_META: {"links": odd}})).find(Handle("bob", "split.test"))


async def test_only_the_first_links_are_read() -> None:
    crowd = {"links": [{"rel": "other"}] * 1_000 + jrd()["links"]}
    with pytest.raises(WrongDocument):
        await Finder(Web(**{AT_PEER: crowd})).find(HANDLE)
