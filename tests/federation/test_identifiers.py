from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.identifiers import (
    MAX_URL_CHARS,
    PUBLIC,
    Origin,
    is_public,
    origin_of,
    same_origin,
    split_url,
    without_fragment,
)


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://peer.test", Origin("https", "peer.test", 443), "/"),
        ("https://peer.test/", Origin("https", "peer.test", 443), "/"),
        ("https://peer.test:443/a", Origin("https", "peer.test", 443), "/a"),
        ("HTTPS://Peer.TEST/A", Origin("https", "peer.test", 443), "/A"),
        ("http://peer.test:8080/a?b=c#d", Origin("http", "peer.test", 8080), "/a?b=c"),
        ("https://peer.test?a", Origin("https", "peer.test", 443), "/?a"),
        ("https://peer.test#a", Origin("https", "peer.test", 443), "/"),
        ("https://peer.test/?", Origin("https", "peer.test", 443), "/?"),
        ("https://peer.test/a%2Fb/.c/...", Origin("https", "peer.test", 443), "/a%2Fb/.c/..."),
        ("https://xn--fa-hia.test/", Origin("https", "xn--fa-hia.test", 443), "/"),
        ("https://[2001:DB8::1]:8443/", Origin("https", "[2001:db8::1]", 8443), "/"),
        ("https://peer.test/.well-known/a?b=/../c", Origin("https", "peer.test", 443), "/.well-known/a?b=/../c"),
        ("https://peer.test./", Origin("https", "peer.test.", 443), "/"),
        ("https://under_score.test/", Origin("https", "under_score.test", 443), "/"),
        ("https://peer.test:1/", Origin("https", "peer.test", 1), "/"),
        ("https://peer.test:65535/@a:b@c", Origin("https", "peer.test", 65535), "/@a:b@c"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: Origin, target: str) -> None:
    assert origin_of(url) == origin
    assert split_url(url) == (origin, target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "peer.test",
        "//peer.test/",
        "https:/peer.test/",
        "https:peer.test",
        "https://",
        "https:///a",
        "ftp://peer.test/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user@peer.test/",
        "https://user:pass@peer.test/",
        "https://peer.test\\@other.test/",
        "https://peer.test/a b",
        "https://peer.test/\n",
        "https://peer.test\n",
        " https://peer.test/",
        "https://peer.test/\t",
        "https://pe\x00er.test/",
        "https://peer.test/ä",
        "https://пир.test/",
        "https://peer.test/<a>",
        'https://peer.test/"',
        "https://peer.test/{a}",
        "https://peer.test/|",
        "https://peer.test/a/../b",
        "https://peer.test/..",
        "https://peer.test/./b?c",
        "https://peer.test/a/.",
        "https://peer.test/a#b#c",
        "https://peer.test:/",
        "https://peer.test:0/",
        "https://peer.test:99999/",
        "https://peer.test:65536/",
        "https://peer.test:123456/",
        "https://peer.test:-1/",
        "https://peer.test:٤/",
        "https://peer.test:80:80/",
        "https://.peer.test/",
        "https://-peer.test/",
        "https://peer..test/",
        "https://peer.test%2f/",
        "https://%70eer.test/",
        "https://[::1/",
        "https://[::1]x/",
        "https://x[::1]/",
        "https://[]/",
        "https://[1::2::3]/",
        "https://[fe80::1%25eth0]/",
        "https://[127.0.0.1]/",
        "https://[v1.a]/",
        "https://::1/",
        "https://" + "a" * 254 + "/",
        "https://peer.test/" + "a" * MAX_URL_CHARS,
    ],
)
def test_what_two_parsers_could_read_in_two_ways_is_no_url(url: str) -> None:
    with pytest.raises(Malformed):
        origin_of(url)


def test_the_longest_url_is_still_read() -> None:
    url = "https://peer.test/".ljust(MAX_URL_CHARS, "a")
    assert origin_of(url).host == "peer.test"
    with pytest.raises(Malformed):
        origin_of(url + "a")
    assert origin_of("https://" + "a" * 253).host == "a" * 253


def test_the_authority_names_only_a_port_of_its_own() -> None:
    assert origin_of("https://peer.test:443/").authority == "peer.test"
    assert origin_of("http://peer.test:80/").authority == "peer.test"
    assert origin_of("http://peer.test:443/").authority == "peer.test:443"
    assert origin_of("https://[::1]:8443/").authority == "[::1]:8443"
    assert str(origin_of("HTTPS://PEER.test:0443/a")) == "https://peer.test"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://peer.test/a", "https://PEER.test:443/b?c", True),
        ("https://peer.test/a", "http://peer.test/a", False),
        ("https://peer.test/a", "https://peer.test:8443/a", False),
        ("https://peer.test/a", "https://sub.peer.test/a", False),
        ("https://peer.test/a", "https://peer.test.other.test/a", False),
        ("https://peer.test/a", "https://peer.test./a", False),
        ("https://peer.test/a", "https://peer.test@other.test/a", False),
        ("acct:a@peer.test", "acct:a@peer.test", False),
    ],
)
def test_origins_are_the_same_only_if_all_three_parts_are(first: str, second: str, same: bool) -> None:
    assert same_origin(first, second) is same
    assert same_origin(second, first) is same


URLISH = st.text(alphabet="htps:/@.#?[]%\\a0-1_ \tA\u0130\u212a\uff0e", max_size=40).map(lambda tail: f"https://{tail}")


@settings(deadline=None)
@given(URLISH | st.text(max_size=60))
@example("https://a.test:0080/\u212a")
def test_whatever_is_a_url_here_means_the_same_to_others(text: str) -> None:
    try:
        origin, target = split_url(text)
    except Malformed:
        return
    parts = urlsplit(text)
    assert (parts.scheme, parts.hostname, parts.username) == (origin.scheme, origin.host.strip("[]"), None)
    assert (parts.port or {"https": 443, "http": 80}[parts.scheme]) == origin.port
    assert (parts.path or "/") + (f"?{parts.query}" if parts.query else "") == target.removesuffix("?")
    other = httpx.URL(text.replace("xn--", "xn-"))
    assert other.raw_path.decode() == target
    assert other.raw_host.decode() == origin.host.strip("[]").replace("xn--", "xn-")
    assert split_url(f"{origin}{target}") == (origin, target)


def test_a_fragment_is_cut_off() -> None:
    assert without_fragment("https://peer.test/users/bob#main-key") == "https://peer.test/users/bob"
    assert without_fragment("https://peer.test/") == "https://peer.test/"


@pytest.mark.parametrize("spelling", [PUBLIC, "as:Public", "Public"])
def test_public_has_three_spellings(spelling: str) -> None:
    assert is_public(spelling)
    assert not is_public(spelling + "/")
