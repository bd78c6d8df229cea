"""Finding the people whom a post names, after the organiser has long had the answer."""

from __future__ import annotations

import asyncio
from typing import Final

from federation.errors import FederationError
from server.base.errors import AppError
from server.features.publishing.service import Publishing
from server.features.remote.service import Remote

FIND_SECONDS: Final = 5.0


class Announcing:
    """The job between a post and its Create."""

    def __init__(self, publishing: Publishing, remote: Remote) -> None:
        self._publishing = publishing
        self._remote = remote

    async def announce(self, name: str, *, edit: bool = False) -> None:
        """Find the unknown people of a post, five seconds at most, then say it, or its edit, with those who were found."""
        wanted = await self._publishing.unknown_names(name)
        found = await asyncio.gather(*(self._found(handle) for handle in wanted))
        known = {handle: one for handle, one in zip(wanted, found, strict=True) if one is not None}
        await self._publishing.announce(name, known, edit=edit)

    async def _found(self, handle: str) -> tuple[str, str] | None:
        try:
            async with asyncio.timeout(FIND_SECONDS):
                actor = await self._remote.actor_by_handle(handle)
        except (FederationError, AppError, TimeoutError):
            return None
        return actor.uri, actor.url or actor.uri
