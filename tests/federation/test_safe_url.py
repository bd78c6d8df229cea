from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import UnsafeUrl
from federation.identifiers import Origin
from federation.safe_url import MAX_ADDRESSES, EgressPolicy, check_address, check_addresses, check_url

PUBLIC = EgressPolicy(own_hosts=frozenset({"our.test", "93.184.216.34", "2606:2800::1"}))
LOOPBACK = EgressPolicy(
    allow_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
    allow_http=True,
    own_hosts=frozenset({"localhost:8000", "127.0.0.1:8000"}),
)
WITH_HTTP = EgressPolicy(allow_http=True)

#: THREATS 1D: an address of each network, at its two ends, and the nearest honest neighbours.
NETWORKS = [
    ("0.0.0.0/8", ["1.0.0.0"]),
    ("10.0.0.0/8", ["9.255.255.255", "11.0.0.0"]),
    ("172.16.0.0/12", ["172.15.255.255", "172.32.0.0"]),
    ("192.168.0.0/16", ["192.167.255.255", "192.169.0.0"]),
    ("100.64.0.0/10", ["100.63.255.255", "100.128.0.0"]),
    ("127.0.0.0/8", ["126.255.255.255", "128.0.0.0"]),
    ("169.254.0.0/16", ["169.253.255.255", "169.255.0.0"]),
    ("192.0.0.0/24", ["191.255.255.255", "192.0.1.0"]),
    ("192.0.2.0/24", ["192.0.1.255", "192.0.3.0"]),
    ("198.18.0.0/15", ["198.17.255.255", "198.20.0.0"]),
    ("198.51.100.0/24", ["198.51.99.255", "198.51.101.0"]),
    ("203.0.113.0/24", ["203.0.112.255", "203.0.114.0"]),
    ("192.88.99.0/24", ["192.88.98.255", "192.88.100.0"]),
    ("224.0.0.0/4", ["223.255.255.255"]),
    ("240.0.0.0/4", []),
    ("::/96", []),
    ("::ffff:0:0/96", []),
    ("::ffff:0:0:0/96", []),
    ("64:ff9b::/96", []),
    ("64:ff9b:1::/48", []),
    ("100::/64", []),
    ("2001::/23", ["2001:200::"]),
    ("2001:db8::/32", ["2001:db7:ffff::", "2001:db9::"]),
    ("2002::/16", ["2001:ffff::", "2003::"]),
    ("3fff::/20", ["3ffe:ffff::"]),
    ("5f00::/16", []),
    ("fc00::/7", []),
    ("fe80::/10", []),
    ("fec0::/10", []),
    ("ff00::/8", []),
]
#: The spellings of THREATS 1D that hide an inner address.
HIDDEN = [
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001::7f00:1",
]


def refused(url: str, policy: EgressPolicy = PUBLIC) -> None:
    with pytest.raises(UnsafeUrl):
        check_url(url, policy)


def not_dialled(ip: str, port: int = 443, scheme: str = "https", policy: EgressPolicy = PUBLIC) -> None:
    with pytest.raises(UnsafeUrl):
        check_address(ip, port, scheme, policy)


def in_url(address: IPv4Address | IPv6Address | str) -> str:
    return f"https://[{address}]/" if ":" in str(address) else f"https://{address}/"


@pytest.mark.parametrize(("network", "neighbours"), NETWORKS)
def test_no_inner_network_is_dialled_but_its_public_neighbours_are(network: str, neighbours: list[str]) -> None:
    inner = ip_network(network)
    for address in (inner[0], inner[1], inner[-1]):
        not_dialled(str(address))
        refused(in_url(address))
    for public in neighbours:
        check_address(public, 443, "https", PUBLIC)
        assert check_url(in_url(public), PUBLIC).port == 443


@pytest.mark.parametrize("ip", HIDDEN)
def test_no_spelling_of_an_inner_address_is_dialled(ip: str) -> None:
    not_dialled(ip)
    refused(in_url(ip))


@pytest.mark.parametrize("ip", ["8.8.8.8", "25.255.254.0", "2a00:1450::1", "2606:4700::1111"])
def test_public_addresses_are_dialled(ip: str) -> None:
    check_address(ip, 443, "https", PUBLIC)
    assert check_url(in_url(ip), PUBLIC).scheme == "https"


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "0x",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0",
        "1.2.3",
        "1.2.3.4.",
        "1.2.3.4.5",
        "256.1.1.1",
        "08.8.8.8",
        "a.1",
        "a.0X1F",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::1",
        "[127.0.0.1]",
    ],
)
def test_an_address_in_an_odd_spelling_is_refused(host: str) -> None:
    refused(f"https://{host}/")
    refused(f"https://{host}/", LOOPBACK)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "a.localhost",
        "printer.local",
        "metadata.google.internal",
        "a.internal.",
        "wiki.intranet",
        "nas.lan",
        "nas.home.arpa",
        "home.arpa",
        "database",
        "database.",
        "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion",
        "a.b.onion.",
        "onion",
    ],
)
def test_a_name_that_means_something_inside_only_is_refused(host: str) -> None:
    refused(f"https://{host}/")


@pytest.mark.parametrize(
    "host", ["peer.test", "peer.test.", "local.peer.test", "notlocal.test", "xn--bcher-kva.test", "1a.test"]
)
def test_a_public_name_passes(host: str) -> None:
    assert check_url(f"https://{host}/users/bob", PUBLIC) == Origin("https", host, 443)


@pytest.mark.parametrize(
    "url", ["https://our.test/users/a", "https://OUR.test:443/", "https://our.test./", in_url("93.184.216.34")]
)
def test_we_never_dial_ourselves(url: str) -> None:
    refused(url)
    check_url("https://our.test.other.test/", PUBLIC)
    not_dialled("93.184.216.34")
    not_dialled("2606:2800:0::1")


@pytest.mark.parametrize("port", [80, 22, 25, 6379, 8443, 444, 1])
def test_only_port_443_is_dialled(port: int) -> None:
    refused(f"https://peer.test:{port}/")
    refused(f"https://8.8.8.8:{port}/")
    not_dialled("8.8.8.8", port)
    assert check_url("https://peer.test:443/", PUBLIC).port == 443


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://peer.test/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "ftp://peer.test/",
        "gopher://peer.test/",
        "unix:/run/docker.sock",
        "blob:https://peer.test/x",
        "ws://peer.test/",
        "https://user:pass@peer.test/",
        "https://user@peer.test/",
        "https://peer.test:0/",
        "https://peer.test:99999/",
        "https://peer.test\\@127.0.0.1/",
        "https://peer.test /",
        "https://пир.test/",
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    refused(url)


def test_http_is_dialled_on_port_80_where_it_is_allowed() -> None:
    assert check_url("http://peer.test/", WITH_HTTP).port == 80
    check_address("8.8.8.8", 80, "http", WITH_HTTP)
    refused("http://peer.test:443/", WITH_HTTP)
    refused("https://peer.test:80/", WITH_HTTP)
    not_dialled("8.8.8.8", 443, "http", WITH_HTTP)
    not_dialled("8.8.8.8", 80, "https", WITH_HTTP)
    not_dialled("8.8.8.8", 80, "http", PUBLIC)
    not_dialled("8.8.8.8", 80, "ftp", WITH_HTTP)
    refused("http://10.0.0.1/", WITH_HTTP)


def test_allowed_networks_may_be_dialled_on_any_port() -> None:
    for url in (
        "http://127.0.0.1:8001/",
        "https://127.9.9.9:9/",
        "https://[::1]:8443/",
        "http://localhost:8001/",
        "https://a.test:8443/",
    ):
        check_url(url, LOOPBACK)
    check_address("127.0.0.1", 8001, "http", LOOPBACK)
    check_address("::1", 8443, "https", LOOPBACK)


def test_beyond_the_allowed_networks_everything_is_as_before() -> None:
    not_dialled("8.8.8.8", 8443, "https", LOOPBACK)
    not_dialled("10.0.0.1", 443, "https", LOOPBACK)
    not_dialled("::2", 443, "https", LOOPBACK)
    not_dialled("::ffff:127.0.0.1", 443, "https", LOOPBACK)
    refused("https://10.0.0.1:8443/", LOOPBACK)
    refused("https://a.onion/", LOOPBACK)
    check_address("8.8.8.8", 443, "https", LOOPBACK)


def test_two_servers_on_one_machine_differ_by_their_port() -> None:
    refused("http://localhost:8000/users/a", LOOPBACK)
    refused("http://127.0.0.1:8000/users/a", LOOPBACK)
    check_url("http://localhost:8001/users/a", LOOPBACK)


def test_allowed_networks_do_not_allow_http() -> None:
    https_only = EgressPolicy(allow_networks=LOOPBACK.allow_networks)
    check_address("127.0.0.1", 8443, "https", https_only)
    not_dialled("127.0.0.1", 8001, "http", https_only)
    refused("http://127.0.0.1:8001/", https_only)


@pytest.mark.parametrize(
    "ip", ["", "peer.test", "127.1", "fe80::1%eth0", "2a00:1450::1%1", "[2a00:1450::1]", "1.2.3.4 "]
)
def test_what_is_no_plain_address_is_not_dialled(ip: str) -> None:
    not_dialled(ip)
    not_dialled(ip, policy=EgressPolicy(allow_networks=(ip_network("::/0"), ip_network("0.0.0.0/0"))))


def test_one_bad_answer_condemns_the_others() -> None:
    good = ["8.8.8.8", "2606:4700::1111"]
    check_addresses(good, 443, "https", PUBLIC)
    for bad in ("127.0.0.1", "::ffff:10.0.0.1", "nonsense"):
        for answers in ([*good, bad], [bad, *good], [bad]):
            with pytest.raises(UnsafeUrl):
                check_addresses(answers, 443, "https", PUBLIC)


def test_a_name_without_address_or_with_hundreds_is_not_dialled() -> None:
    check_addresses(["8.8.8.8"], 443, "https", PUBLIC)
    check_addresses(["8.8.8.8"] * MAX_ADDRESSES, 443, "https", PUBLIC)
    for answers in ([], ["8.8.8.8"] * (MAX_ADDRESSES + 1)):
        with pytest.raises(UnsafeUrl):
            check_addresses(answers, 443, "https", PUBLIC)


def test_every_refusal_reads_the_same() -> None:
    texts = set()
    for url in (
        "",
        "http://peer.test/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://a.local/",
        "https://our.test/",
        "https://a.test:22/",
    ):
        with pytest.raises(UnsafeUrl) as caught:
            check_url(url, PUBLIC)
        texts.add(str(caught.value))
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
    assert len(texts) == 1


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_reached_through_an_ipv6_form_of_it(address: IPv4Address) -> None:
    number = int(address)
    for high in (
        0,
        0xFFFF << 32,
        0xFFFF << 48,
        0x64FF9B << 96,
        (0x64FF9B << 96) | (1 << 80),
        0x2002 << 112 | number << 80,
    ):
        not_dialled(str(IPv6Address(high | number)))


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="0123456789abcdefx.:[]%/@", max_size=40).map("https://".__add__))
def test_nothing_else_is_raised_whatever_the_text(text: str) -> None:
    with contextlib.suppress(UnsafeUrl):
        assert check_url(text, PUBLIC).scheme == "https"
