"""Where somebody's own server takes them to follow, boost, answer or pass us on: subscribe templates and activity intents (FEP-3b86).

Everything here was read from a stranger's server, so an address is used only if it is https, lies on that very server (or on the
one where the account's actor lives) and has exactly the one hole that it is named for.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote, urlsplit

from federation.errors import Malformed
from federation.gate import Document
from federation.identifiers import origin_of
from federation.webfinger import MAX_LINKS, SUBSCRIBE

FOLLOW: Final = "https://w3id.org/fep/3b86/Follow"
OBJECT: Final = "https://w3id.org/fep/3b86/Object"
CREATE: Final = "https://w3id.org/fep/3b86/Create"
#: What Mastodon and those who follow it answer, for a server that says nothing by itself.
USUAL: Final = "/authorize_interaction?uri={uri}"
#: The same for a new post of somebody's own: Mastodon, Misskey, Pleroma and their kin.
USUAL_SHARE: Final = "/share?text={text}"
MAX_TEMPLATE_CHARS: Final = 2_048
_HOLES: Final = {SUBSCRIBE: "{uri}", FOLLOW: "{object}", OBJECT: "{object}", CREATE: "{content}"}
#: What else a new post may have; we say nothing of it.
_OTHER_HOLES: Final = re.compile(r"\{(?!content\})[A-Za-z-]{1,30}\}")


def _links(document: Document) -> list[dict[str, Any]]:
    links = document.get("links")
    return [link for link in links[:MAX_LINKS] if isinstance(link, dict)] if isinstance(links, list) else []


def _hosts(document: Document, asked: str) -> set[str]:
    """The host that was asked, and the one of the actor that it names."""
    hosts = {asked.lower()}
    for link in _links(document):
        if link.get("rel") == "self" and isinstance(link.get("href"), str):
            try:
                hosts.add(origin_of(link["href"]).authority.lower())
            except Malformed:
                continue
    return hosts


def _usable(template: object, hole: str, hosts: set[str], scheme: str) -> bool:
    if not isinstance(template, str) or len(template) > MAX_TEMPLATE_CHARS or template.count("{") != 1:
        return False
    before, _, _ = template.partition(hole)
    try:
        origin = origin_of(template.replace(hole, "x"))
    except Malformed:
        return False
    # A hole before the path could be filled with another host.
    whole = urlsplit(before)
    return hole in template and whole.path != "" and origin.scheme == scheme and origin.authority.lower() in hosts


def onward(document: Document, host: str, target: str, *, following: bool, scheme: str = "https") -> str:
    """The address on the account's server at which to act on `target`, an address of ours.

    `document` is the account's WebFinger answer, `host` the server that gave it; `following` is True for an actor.
    """
    hosts = _hosts(document, host)
    for rel in (FOLLOW, SUBSCRIBE, OBJECT) if following else (OBJECT, SUBSCRIBE):
        hole = _HOLES[rel]
        for link in _links(document):
            template = link.get("template", link.get("href"))
            if link.get("rel") == rel and _usable(template, hole, hosts, scheme):
                return str(template).replace(hole, quote(target, safe=""))
    return usual(host, target, scheme)


def share(document: Document, host: str, text: str, scheme: str = "https") -> str:
    """The address on the account's server at which to write a post that begins with `text`."""
    hosts, hole = _hosts(document, host), _HOLES[CREATE]
    for link in _links(document):
        template = link.get("template", link.get("href"))
        if link.get("rel") != CREATE or not isinstance(template, str) or len(template) > MAX_TEMPLATE_CHARS:
            continue
        left = _OTHER_HOLES.sub("", template)
        if _usable(left, hole, hosts, scheme):
            return left.replace(hole, quote(text, safe=""))
    return usual_share(host, text, scheme)


def usual_share(host: str, text: str, scheme: str = "https") -> str:
    """The usual address for that on a server of which we know nothing else. Raises Malformed for what is no host."""
    return f"{_base(host, scheme)}{USUAL_SHARE.replace('{text}', quote(text, safe=''))}"


def usual(host: str, target: str, scheme: str = "https") -> str:
    """The usual address on a server of which we know nothing else. Raises Malformed for what is no host."""
    return f"{_base(host, scheme)}{USUAL.replace('{uri}', quote(target, safe=''))}"


def _base(host: str, scheme: str) -> str:
    if origin_of(f"{scheme}://{host}/").authority != host:
        raise Malformed("not a host")
    return f"{scheme}://{host}"
