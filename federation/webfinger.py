"""WebFinger (RFC 7033): answering for our handles, and finding actors by theirs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import quoteattr

import msgspec

from federation.errors import Malformed, NotFound, WrongDocument
from federation.gate import Document
from federation.identifiers import ActorId, origin_of
from federation.negotiation import ACTIVITY_JSON, LD_JSON_WITH_PROFILE

JRD: Final = "application/jrd+json"
JRD_ACCEPT: Final = "application/jrd+json, application/json"
PROFILE_PAGE: Final = "http://webfinger.net/rel/profile-page"
SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
AVATAR: Final = "http://webfinger.net/rel/avatar"
MAX_RESOURCE_CHARS, MAX_LINKS = 2_048, 32
_HANDLE: Final = re.compile(r"@?([\w](?:[\w.-]{0,126}[\w])?)@([A-Za-z0-9.-]{1,253}(?::\d{1,5})?)", re.ASCII)
_SELF_TYPES: Final = frozenset({ACTIVITY_JSON, LD_JSON_WITH_PROFILE})


@dataclass(frozen=True, slots=True)
class Handle:
    """`user@host`; the host in lower case, with a port only if the server has an unusual one."""

    user: str
    host: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host}"


def parse_handle(text: str) -> Handle:
    """Read `@user@host`, `user@host` or `acct:user@host`. Raises Malformed for anything that could reach elsewhere."""
    match = _HANDLE.fullmatch(text.strip().removeprefix("acct:"))
    if match is None:
        raise Malformed("not a handle")
    host = match[2].lower()
    origin_of(f"https://{host}/")
    return Handle(match[1], host)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a resource names: a handle, or a URL."""

    handle: Handle | None = None
    url: str | None = None


def parse_resource(resource: str) -> Asked:
    """Read a resource in any of its forms: acct:, bare handle, percent-encoded, https URL. Raises Malformed."""
    if not resource or len(resource) > MAX_RESOURCE_CHARS:
        raise Malformed("resource is missing or too long")
    text = unquote(resource) if "%" in resource else resource
    if text.startswith(("https://", "http://")):
        origin_of(text)
        return Asked(url=text)
    return Asked(handle=parse_handle(text))


def render_jrd(
    *, subject: str, actor: str, profile: str, subscribe: str | None = None, avatar: tuple[str, str] | None = None
) -> bytes:
    """The answer: exactly one ActivityPub self link (two break Mastodon, #18741). `avatar` is (URL, media type)."""
    links: list[dict[str, str]] = [
        {"rel": PROFILE_PAGE, "type": "text/html", "href": profile},
        {"rel": "self", "type": ACTIVITY_JSON, "href": actor},
    ]
    if subscribe is not None:
        links.append({"rel": SUBSCRIBE, "template": subscribe})
    if avatar is not None:
        links.append({"rel": AVATAR, "type": avatar[1], "href": avatar[0]})
    return msgspec.json.encode({"subject": f"acct:{subject}", "aliases": [profile, actor], "links": links})


def host_meta_xml(base: str) -> bytes:
    """host-meta for those who ask for it after a split domain."""
    template = quoteattr(f"{base}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template={template}/>\n</XRD>\n'
    ).encode()


def host_meta_json(base: str) -> bytes:
    """The same as JSON."""
    return msgspec.json.encode(
        {"links": [{"rel": "lrdd", "template": f"{base}/.well-known/webfinger?resource={{uri}}"}]}
    )


class JsonGetter(Protocol):
    """What looking up needs of a client."""

    async def get_json(self, url: str, accept: str) -> Document:
        """An unsigned GET of a JSON document."""


def _self_link(document: Document) -> ActorId:
    links = document.get("links")
    for link in links[:MAX_LINKS] if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == "self":
            kind, href = link.get("type"), link.get("href")
            if isinstance(kind, str) and kind in _SELF_TYPES and isinstance(href, str):
                origin_of(href)
                return ActorId(href)
    raise WrongDocument("no ActivityPub actor behind this handle")


def _subject(document: Document, asked: Handle) -> Handle:
    subject = document.get("subject")
    if not isinstance(subject, str) or not subject.startswith("acct:"):
        return asked
    return parse_handle(subject)


class Finder:
    """Finds actors by handle. `scheme` is https but for tests on loopback."""

    def __init__(self, client: JsonGetter, scheme: str = "https") -> None:
        self._client = client
        self._scheme = scheme

    async def find(self, handle: Handle) -> ActorId:
        """The actor of a handle; another handle as subject must confirm itself once. Raises FetchFailed, Malformed."""
        document = await self._document(handle)
        actor, subject = _self_link(document), _subject(document, handle)
        if (subject.user.lower(), subject.host) == (handle.user.lower(), handle.host):
            return actor
        confirmed = await self._document(subject)
        again = _subject(confirmed, subject)
        if _self_link(confirmed) != actor or str(again).lower() != str(subject).lower():
            raise WrongDocument("the handle does not loop back")
        return actor

    async def document(self, handle: Handle) -> Document:
        """What a server says about one of its handles. Raises FetchFailed, Malformed."""
        return await self._document(handle)

    async def _document(self, handle: Handle) -> Document:
        resource = quote(f"acct:{handle}", safe=":@")
        try:
            return await self._client.get_json(
                f"{self._scheme}://{handle.host}/.well-known/webfinger?resource={resource}", JRD_ACCEPT
            )
        except NotFound:
            template = await self._template(handle)
        return await self._client.get_json(template.replace("{uri}", resource), JRD_ACCEPT)

    async def _template(self, handle: Handle) -> str:
        """The lookup address of a split domain, from the JSON form of host-meta only: XML of strangers is never parsed."""
        document = await self._client.get_json(f"{self._scheme}://{handle.host}/.well-known/host-meta.json", JRD_ACCEPT)
        links: Any = document.get("links")
        for link in links[:MAX_LINKS] if isinstance(links, list) else []:
            template = link.get("template") if isinstance(link, dict) and link.get("rel") == "lrdd" else None
            if isinstance(template, str) and template.count("{uri}") == 1:
                if urlsplit(template).scheme != self._scheme:
                    break
                return template
        raise NotFound("no such handle")
