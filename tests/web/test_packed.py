"""What everybody may read is sent packed to whoever takes it, from memory like the plain answer, and each has a tag of its own."""

from __future__ import annotations

import gzip

import httpx
import pytest

from server.web.shared.packing import takes_gzip
from server.web.shared.pages import style
from tests.world import AP, World, signed_in

HOME = "https://here.test/"


async def asked(world: World, path: str, encoding: str, **more: str) -> httpx.Response:
    """The answer as it is on the wire: its body in `extensions`."""
    async with world.client(base_url=HOME) as client:
        headers = {"Accept-Encoding": encoding, "Accept": "text/html", **more}
        async with client.stream("GET", path, headers=headers) as answer:
            answer.extensions["raw"] = b"".join([piece async for piece in answer.aiter_raw()])
            return answer


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        (b"gzip", True),
        (b"gzip, deflate, br, zstd", True),
        (b"br;q=1.0, gzip;q=0.5", True),
        (b"GZIP", False),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000, br", False),
        (b"br;q=0, gzip", True),
        (b"identity", False),
        (b"", False),
        (b"x-gzip-like;q=0.1", False),
    ],
)
def test_who_takes_gzip(header: bytes, takes: bool) -> None:
    assert takes_gzip(header) is takes


@pytest.mark.parametrize(
    "path", ["/", "/archive", "/feed.atom", "/feed.json", "/privacy", "/search?q=quay", "/users/harbour"]
)
async def test_packed_and_plain_say_the_same_under_two_tags(world: World, path: str) -> None:
    house = await world.campaign("here.test", "harbour")
    for number in range(4):
        await world.publish(house, f"The quay is open again, evening {number}. Bring blankets and tea.")
    await house.search.catch_up()
    accept = {"Accept": AP} if path.startswith("/users/") else {}
    for _ in range(2):
        plain = await asked(world, path, "identity", **accept)
        packed = await asked(world, path, "gzip, br", **accept)
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.extensions["raw"]) == plain.extensions["raw"]
        assert int(packed.headers["content-length"]) == len(packed.extensions["raw"]) < len(plain.extensions["raw"])
        assert plain.headers["etag"] != packed.headers["etag"]
        assert all("Accept-Encoding" in one.headers["vary"] for one in (plain, packed))


async def test_a_tag_answers_for_its_own_representation_alone(world: World) -> None:
    house = await world.campaign("here.test", "harbour")
    await world.publish(house, "Hello")
    tags = {one: (await asked(world, "/", one)).headers["etag"] for one in ("identity", "gzip")}
    for _ in range(2):
        for encoding, own in tags.items():
            for of, tag in tags.items():
                answer = await asked(world, "/", encoding, **{"If-None-Match": tag})
                assert answer.status_code == (304 if of == encoding else 200)
                assert answer.headers["etag"] == own
                if answer.status_code == 304:
                    assert "content-encoding" not in answer.headers
                    assert answer.extensions["raw"] == b""


async def test_stylesheets_are_packed_and_stay_for_ever(world: World) -> None:
    await world.campaign("here.test", "harbour")
    path, body = style()
    answer = await asked(world, path, "gzip")
    assert gzip.decompress(answer.extensions["raw"]) == body
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    old = await asked(world, "/style-000000000000.css", "gzip")
    assert old.headers["cache-control"] == "public, no-cache"


async def test_nothing_of_the_desk_is_packed(world: World) -> None:
    """Secrets stand there beside words that others chose; the length of a packed page would tell them apart."""
    house = await world.campaign("here.test", "harbour")
    async with signed_in(world, house) as organiser:
        for path in ("/desk/", "/desk/write", "/desk/sign-in", "/desk/nothing"):
            answer = await organiser.client.get(path, headers={"Accept-Encoding": "gzip"})
            assert "content-encoding" not in answer.headers
    assert "content-encoding" not in (await asked(world, "/livez", "gzip")).headers
