"""Which addresses may be dialled. The list is our own: `ipaddress.is_global` calls ::127.0.0.1 global.

Checked twice: the URL before anything is looked up, and every address on the way to the socket, so that a name which
points elsewhere by then is no way round. One sentence for every refusal: the difference would be a port scan.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NoReturn

from federation.errors import Malformed, UnsafeUrl
from federation.identifiers import DEFAULT_PORTS, Origin, origin_of

__all__ = ["EgressPolicy", "Network", "check_address", "check_addresses", "check_url"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: A name server that answers with more is not asked to choose a socket for us.
MAX_ADDRESSES: Final = 64

_FORBIDDEN: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a provider's NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
#: Names that mean something on this machine or in this building only.
_INNER_NAMES: Final = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")
#: A last label of digits, or of 0x and digits, makes resolvers read the whole name as an IPv4 address.
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPolicy:
    """What may be dialled beyond the public internet on https and port 443.

    `allow_networks` may be dialled though private and on any port; `allow_http` adds http and port 80; `own_hosts` are
    our own names as they stand in a Host header (with the port if it is not the scheme's own) and our own addresses,
    never dialled.
    """

    allow_networks: tuple[Network, ...] = ()
    allow_http: bool = False
    own_hosts: frozenset[str] = frozenset()


def check_url(url: str, policy: EgressPolicy) -> Origin:
    """The origin of a URL that may be dialled, as far as one can say before its name is looked up. Raises UnsafeUrl.

    Where networks are allowed, a name on another port, or one that means something inside only, is left to
    check_address.
    """
    try:
        origin = origin_of(url)
    except Malformed:
        _refuse()
    _check_scheme(origin.scheme, policy)
    plain = replace(origin, host=origin.host[:-1]) if origin.host.endswith(".") else origin
    if plain.authority in policy.own_hosts:
        _refuse()
    address = _literal(origin.host)
    if address is not None:
        _check(address, origin.port, origin.scheme, policy)
    else:
        _check_name(origin, policy)
    return origin


def check_address(ip: str, port: int, scheme: str, policy: EgressPolicy) -> None:
    """Judge an address that is about to be dialled. Raises UnsafeUrl."""
    _check_scheme(scheme, policy)
    try:
        address = ip_address(ip)
    except ValueError:
        _refuse()
    _check(address, port, scheme, policy)


def check_addresses(ips: Sequence[str], port: int, scheme: str, policy: EgressPolicy) -> None:
    """Judge all that a name server answered: one bad address condemns the others. Raises UnsafeUrl."""
    if not 0 < len(ips) <= MAX_ADDRESSES:
        _refuse()
    for ip in ips:
        check_address(ip, port, scheme, policy)


def _refuse() -> NoReturn:
    raise UnsafeUrl("an address that we do not dial") from None


def _check_scheme(scheme: str, policy: EgressPolicy) -> None:
    if scheme != "https" and not (scheme == "http" and policy.allow_http):
        _refuse()


def _literal(host: str) -> Address | None:
    """The address if the host is one, in its one ordinary spelling. Raises UnsafeUrl for the odd ones."""
    last = host.removesuffix(".").rpartition(".")[2]
    if not last[:1].isdigit() and not host.startswith("["):
        return None  # before anything is tried: most hosts are names, and a refused try costs ten times as much
    try:
        return IPv6Address(host[1:-1]) if host.startswith("[") else IPv4Address(host)
    except ValueError:
        if _NUMERIC_LABEL.fullmatch(last):
            _refuse()
        return None


def _check_name(origin: Origin, policy: EgressPolicy) -> None:
    name = f".{origin.host.removesuffix('.')}"
    if name.endswith(".onion"):
        _refuse()
    if policy.allow_networks:
        return
    if origin.port != DEFAULT_PORTS[origin.scheme] or "." not in name[1:] or name.endswith(_INNER_NAMES):
        _refuse()


def _check(address: Address, port: int, scheme: str, policy: EgressPolicy) -> None:
    if str(address) in policy.own_hosts or (isinstance(address, IPv6Address) and address.scope_id is not None):
        _refuse()
    if any(address in network for network in policy.allow_networks):
        return
    if port != DEFAULT_PORTS[scheme] or any(address in network for network in _FORBIDDEN):
        _refuse()
