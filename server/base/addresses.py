"""Every address of this house, and what an address of ours names. Local ids are never stored, always rendered from the base URL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import quote, unquote, urlsplit

from server.base.catalogue import known

Kind = Literal["actor", "instance", "post", "activity", "followers", "home", "stamp"]

#: Addresses whose meaning is remembered.
NAMED: Final = 512
_HANDLE: Final = r"(?P<handle>[a-z0-9_]{1,30})"
_PUBLIC_ID: Final = r"(?P<public_id>[a-z0-9]{8,64})"
#: Paths that name something; the page of a post names the post, as its event does; the page of the profile names the actor.
_SHAPES: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("home", re.compile(r"/?")),
    ("instance", re.compile(r"/actor")),
    ("actor", re.compile(rf"/users/{_HANDLE}|/@(?P<page_handle>[a-z0-9_]{{1,30}})")),
    ("followers", re.compile(rf"/users/{_HANDLE}/followers")),
    ("post", re.compile(rf"/users/{_HANDLE}/(?:posts|events)/{_PUBLIC_ID}|/p/(?P<page_id>[a-z0-9]{{8,64}})")),
    ("activity", re.compile(rf"/users/{_HANDLE}/activities/{_PUBLIC_ID}")),
    ("stamp", re.compile(rf"/users/{_HANDLE}/stamps/{_PUBLIC_ID}")),
)


AGENDA: Final = "agenda"


def agenda_handle(campaign: str) -> str:
    """The handle of a campaign's agenda: always the same one, so that any room may name its events."""
    return AGENDA if campaign != AGENDA else "calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalThing:
    """What one of our addresses names; `handle` is empty where the address does not say it."""

    kind: Kind
    handle: str = ""
    public_id: str = ""


class Addresses:
    """The map between things and their URLs.

    `base_url` is scheme, host and port without a path; `handle_domain` is the domain of the handles where it differs
    from the host (split domain, PROTOCOL: WebFinger).
    """

    def __init__(self, base_url: str, handle_domain: str | None = None) -> None:
        parts = urlsplit(base_url)
        self.base: Final = f"{parts.scheme}://{parts.netloc.lower()}"
        self.scheme: Final = parts.scheme
        self.host: Final = parts.netloc.lower()
        self.handle_domain: Final = (handle_domain or self.host).lower()
        # Thousands answer the same post.
        self._local = lru_cache(maxsize=NAMED)(self._named)

    def home(self) -> str:
        """The public home page."""
        return f"{self.base}/"

    def instance_actor(self) -> str:
        """The actor that signs our fetches."""
        return f"{self.base}/actor"

    def shared_inbox(self) -> str:
        """The inbox of everybody here."""
        return f"{self.base}/inbox"

    def actor(self, handle: str) -> str:
        """ActivityPub id of one of our actors."""
        return f"{self.base}/users/{handle}"

    def actor_uri(self, handle: str, kind: str) -> str:
        """ActivityPub id of an actor row: the instance actor has an address of its own."""
        return self.instance_actor() if kind == "instance" else self.actor(handle)

    def profile(self, handle: str) -> str:
        """The page of an actor."""
        return f"{self.base}/@{handle}"

    def inbox(self, handle: str) -> str:
        """Personal inbox."""
        return f"{self.actor(handle)}/inbox"

    def outbox(self, handle: str) -> str:
        """Outbox collection."""
        return f"{self.actor(handle)}/outbox"

    def followers(self, handle: str) -> str:
        """Followers collection (a count)."""
        return f"{self.actor(handle)}/followers"

    def following(self, handle: str) -> str:
        """Following collection (a count)."""
        return f"{self.actor(handle)}/following"

    def featured(self, handle: str) -> str:
        """Pinned posts."""
        return f"{self.actor(handle)}/featured"

    def key_id(self, actor_uri: str, fragment: str = "main-key") -> str:
        """Id of an actor's key."""
        return f"{actor_uri}#{fragment}"

    def post(self, handle: str, public_id: str) -> str:
        """ActivityPub id of a post."""
        return f"{self.actor(handle)}/posts/{public_id}"

    def post_page(self, public_id: str) -> str:
        """The page of a post."""
        return f"{self.base}/p/{public_id}"

    def post_page_in(self, public_id: str, language: str) -> str:
        """The page of a post in a language; where our pages do not speak it, its words on the page in another."""
        found = known(language)
        return f"{self.base}/{found}/p/{public_id}" if found else f"{self.post_page(public_id)}#in-{language}"

    def short(self, code: str, prefix: str = "") -> str:
        """The short address of a call-out, for paper; `prefix` chooses a language, such as `/fa`."""
        return f"{self.base}{prefix}/c/{code}"

    def offer(self, code: str) -> str:
        """Where somebody who cannot come offers something for a call-out."""
        return f"{self.base}/offer?about={code}"

    def event(self, campaign: str, public_id: str) -> str:
        """ActivityPub id of a call-out as an event of the agenda, given the campaign's handle."""
        return f"{self.actor(agenda_handle(campaign))}/events/{public_id}"

    def calendar(self, week: str = "") -> str:
        """The calendar page, or that of a week given as `2026-w40`."""
        return f"{self.base}/calendar/{week}" if week else f"{self.base}/calendar"

    def calendar_feed(self) -> str:
        """All call-outs for calendar programs."""
        return f"{self.base}/calendar.ics"

    def calendar_entry(self, public_id: str) -> str:
        """One call-out for calendar programs."""
        return f"{self.post_page(public_id)}/event.ics"

    def replies(self, handle: str, public_id: str) -> str:
        """Collection of the approved replies of a post."""
        return f"{self.post(handle, public_id)}/replies"

    def likes(self, handle: str, public_id: str) -> str:
        """Collection (a count) of the likes of a post."""
        return f"{self.post(handle, public_id)}/likes"

    def shares(self, handle: str, public_id: str) -> str:
        """Collection (a count) of the boosts of a post."""
        return f"{self.post(handle, public_id)}/shares"

    def context(self, handle: str, public_id: str) -> str:
        """Collection of a whole thread (FEP-7888), named after its first post."""
        return f"{self.post(handle, public_id)}/context"

    def activity(self, handle: str, public_id: str) -> str:
        """Id of something one of our actors did."""
        return f"{self.actor(handle)}/activities/{public_id}"

    def stamp(self, handle: str, public_id: str) -> str:
        """Id of our consent to a quote or reply."""
        return f"{self.actor(handle)}/stamps/{public_id}"

    def tag(self, tag: str) -> str:
        """The page of a hashtag, given without its `#`."""
        return f"{self.base}/tags/{quote(tag, safe='')}"

    def month(self, month: str) -> str:
        """The archive page of a month, given as `2026-01`."""
        return f"{self.base}/archive/{month}"

    def media(self, public_id: str, extension: str, *, small: bool = False) -> str:
        """A picture; `small` for the light pages."""
        return f"{self.base}/media/{public_id}{'.small' if small else ''}.{extension}"

    def acct(self, handle: str) -> str:
        """`name@domain`, as people type it."""
        return f"{handle}@{self.handle_domain}"

    def is_local(self, url: str) -> bool:
        """True for any address of this house, whatever it names."""
        return url == self.base or url.startswith((f"{self.base}/", f"{self.base}#", f"{self.base}?"))

    def local(self, url: str) -> LocalThing | None:
        """What an address of ours names, ids and pages alike; None for others' addresses and for paths that name nothing."""
        return self._local(url)

    def _named(self, url: str) -> LocalThing | None:
        if not self.is_local(url):
            return None
        path = unquote(url[len(self.base) :].split("#", 1)[0])
        for kind, shape in _SHAPES:
            match = shape.fullmatch(path)
            if match:
                found = match.groupdict()
                handle = found.get("handle") or found.get("page_handle") or ""
                return LocalThing(
                    kind=kind, handle=handle, public_id=found.get("public_id") or found.get("page_id") or ""
                )
        return None
