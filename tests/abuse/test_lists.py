"""Lists that mean harm: bombs, names that are not what they seem, addresses that lead inside."""

from __future__ import annotations

import time

import httpx
import pytest

from federation.errors import FederationError
from server.base.errors import AppError, Invalid, TooLarge
from server.features.remote.alternates import document_behind
from server.features.safety.lists import MAX_LIST_BYTES, decoded, read_list
from server.house import House
from tests.abuse.test_ssrf import URLS
from tests.features.test_block_lists import Files
from tests.world import CONSOLE, World, signed_in

NAMES = [
    "bad.test:8443", "https://bad.test/", "bad.test/path", "user@bad.test", "bad.test\\x", "bad..test", ".bad.test",
    "-bad.test", "bad-.test", "com", "localhost", "127.0.0.1", "1.2.3.4", "0x7f.1.2.3", "[::1]", "bad test.org", "bad.test\t.org",
    "bad%2etest.org", "bad.test?x", "bad.test#x", "<script>alert(1)</script>.test", "x" * 64 + ".test", "a." * 130 + "test",
    "=cmd|' /C calc'!A0", "\u202egpj.test", "ba\u0000d.test", "'; DROP TABLE blocks; --.test", "xn--.test\u2028.x",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_plain_name_of_a_server_is_passed_over(name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    read = read_list(f"domain,severity\n{quoted},suspend\n")
    assert read.hosts in {(), ("0x7f.1.2.3",)}, "a name that resolvers would read as an address blocks nobody"
    assert "com" not in read.hosts


@pytest.mark.parametrize(
    ("name", "host"),
    [("ｂａｄ.test", "bad.test"), ("bad。test", "bad.test"), ("BAD.TEST.", "bad.test"), ("b\u00adad.test", "bad.test")],
)
def test_another_writing_of_a_name_is_the_same_server(name: str, host: str) -> None:
    assert read_list(f"{name}\n").hosts == (host,)


@pytest.mark.parametrize(
    "text",
    [
        "a.test\n" * 20_001,
        "\n".join(f"h{number}.test" for number in range(10_001)),
        "x" * (MAX_LIST_BYTES + 1),
        '"' + "x" * 900_000,
        "a.test," + '"' * 500_000,
        ",".join("a.test" for _ in range(140_000)),
        "\n".join("x" * 240 + f"{number}.test" for number in range(4_000)),
    ],
    ids=["rows", "hosts", "bytes", "open quote", "quotes", "columns", "letters"],
)
def test_a_bomb_is_refused_or_harmless_and_quick(text: str) -> None:
    began = time.monotonic()
    try:
        read = read_list(text)
    except (Invalid, TooLarge):
        read = None
    assert read is None or len(read.hosts) <= 1
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "body", [b"\xff\xfe" + "bad.test\n".encode("utf-16-le"), b"\x80\x81\x82", b"PK\x03\x04\xff\xff"]
)
def test_what_is_no_text_is_no_list(body: bytes) -> None:
    with pytest.raises(Invalid):
        decoded(body)


@pytest.fixture
async def house(world: World) -> House:
    return await world.campaign("here.test")


@pytest.mark.anyio
@pytest.mark.parametrize("url", [*URLS, "https://here.test/inbox", "https://here.test/"])
async def test_no_subscription_leads_inside(world: World, house: House, url: str) -> None:
    asked = len(world.net.seen)
    with pytest.raises((FederationError, AppError)):
        await house.blocking.look_at(CONSOLE, url)
    assert len(world.net.seen) == asked


@pytest.mark.anyio
async def test_a_list_that_redirects_inside_is_not_followed(world: World, house: House) -> None:
    class Turning(Files):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            answer.status_code, answer.headers["location"] = 302, "https://169.254.169.254/latest/meta-data/"
            return answer

    world.net.hosts["lists.test"] = Turning("bad.test")
    with pytest.raises(FederationError):
        await house.blocking.look_at(CONSOLE, "https://lists.test/bad.csv")
    assert [one.url.host for one in world.net.seen] == ["lists.test"]


@pytest.mark.anyio
async def test_a_list_without_end_is_cut_off(world: World, house: House) -> None:
    world.net.hosts["lists.test"] = Files("a.test\n" * 200_000)
    with pytest.raises((FederationError, AppError)):
        await house.blocking.look_at(CONSOLE, "https://lists.test/bad.csv")


@pytest.mark.anyio
async def test_the_names_that_a_form_carries_are_read_again(world: World, house: House) -> None:
    async with signed_in(world, house) as ada:
        for hosts in ("com", "https://bad.test/", "here.test", "a.test " * 10_001, "x" * 300_000):
            answer = await ada.post("/desk/blocks/lists/apply", {"name": "x", "hosts": hosts, "url": ""})
            assert answer.status_code in {400, 409, 413, 422}, hosts[:40]
        answer = await ada.post("/desk/blocks/lists/apply", {"hosts": "a.test", "url": "file:///etc/passwd"})
        assert answer.status_code == 422
    assert await house.safety.blocks() == []
    assert await house.blocking.lists(CONSOLE) == []


@pytest.mark.parametrize(
    "page",
    [
        b"<link " * 40_000,
        b"<link rel=alternate " + b"a=b " * 50_000 + b">",
        b'<link rel="alternate" type="application/activity+json" href="' + b"x" * 150_000,
        b"<link rel=alternate type=application/activity+json href=http://[::1>",
        b"\xff" * 200_000,
    ],
)
def test_a_page_that_means_harm_names_no_document_and_costs_little(page: bytes) -> None:
    began = time.monotonic()
    assert document_behind(page, "https://peer.test/") is None
    assert time.monotonic() - began < 5
