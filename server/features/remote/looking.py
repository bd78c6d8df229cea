"""Looking up whatever an organiser pastes: a handle in any spelling, the address of a post, of a person, or of the page of either."""

from __future__ import annotations

from federation.errors import WrongDocument
from federation.objects import Actor, Note, Tombstone
from server.base import errors
from server.base.errors import Invalid
from server.features.remote.alternates import PAGE_ACCEPT, PAGE_TYPES, document_behind
from server.features.remote.model import RemoteActor, RemotePost
from server.features.remote.service import Remote

MAX_CHARS = 2_000


def spelled_out(text: str) -> str:
    """An address with its scheme, or `user@host` with the host in the letters that the network uses. Raises Invalid."""
    plain = text.strip()[:MAX_CHARS].removeprefix("acct:")
    if plain.lower().startswith(("https://", "http://")):
        return plain
    name, at, host = plain.removeprefix("@").partition("@")
    if not at or "/" in name:
        if "/" in plain and "." in plain.partition("/")[0]:
            return f"https://{plain}"
        raise Invalid("Write a handle such as @name@server, or paste the address of a post.")
    try:
        return f"{name}@{host if host.isascii() else host.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise Invalid("Write a handle such as @name@server, or paste the address of a post.") from None


class Looking:
    """Finds people and posts of other servers."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def find(self, plain: str) -> tuple[RemotePost | None, RemoteActor]:
        """A post with its author, or a person, by what `spelled_out` gave. Raises FederationError, Invalid."""
        if not plain.lower().startswith(("https://", "http://")):
            return None, await self._remote.actor_by_handle(plain)
        known = await self._remote.known_post(plain)
        if known is not None:
            return known
        thing = await self._thing(plain)
        if isinstance(thing, Actor):
            return None, await self._remote.actor(thing.id)
        if isinstance(thing, Note):
            return await self._remote.post(thing.id)
        if isinstance(thing, Tombstone):
            raise errors.Gone("That was deleted.")
        raise WrongDocument("neither a person nor a post")

    async def _thing(self, url: str) -> object:
        try:
            return await self._remote.fetch_object(url)
        except WrongDocument:
            final, page = await self._remote.text(url, PAGE_ACCEPT, PAGE_TYPES)
        behind = document_behind(page, final)
        if behind is None:
            raise WrongDocument("a page with no document behind it")
        return await self._remote.fetch_object(behind)
