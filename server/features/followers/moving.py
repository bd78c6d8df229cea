"""Somebody we follow says that it moved: we believe it if the new place says the same, and follow there."""

from __future__ import annotations

from federation.errors import FederationError
from server.base.errors import Conflict, Invalid
from server.features.access.model import Who
from server.features.followers.service import Followers
from server.features.remote.service import Remote


class Moving:
    """Follows a Move."""

    def __init__(self, followers: Followers, remote: Remote) -> None:
        self._followers = followers
        self._remote = remote

    async def follow_move(self, old_uri: str, new_uri: str) -> None:
        """Follow the new place in place of the old one, if the new one names the old.

        Mastodon checks the same: `alsoKnownAs` of the target must hold the origin.
        """
        if not any(tie.actor.uri == old_uri for tie in await self._followers.following()):
            return
        try:
            new = await self._remote.actor(new_uri, fresh=True)
            old = await self._remote.actor(old_uri)
        except FederationError:
            return
        if old.uri not in new.also_known_as or new.suspended:
            return
        console = Who.console()
        try:
            await self._followers.follow(console, new)
        except (Conflict, Invalid):
            return
        await self._followers.unfollow(console, old)
