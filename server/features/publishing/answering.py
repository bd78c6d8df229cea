"""What others say to our quotes, inside the inbox's transaction."""

from __future__ import annotations

from federation.activities import Inner
from server.base.database import Transaction
from server.features.publishing.quoting import Quoting
from server.features.publishing.service import Publishing
from server.features.remote.model import RemoteActor


class Answering:
    """Consent given, refused or taken back: everybody who has our post hears of the stamp, or that there is none."""

    def __init__(self, publishing: Publishing, quoting: Quoting) -> None:
        self._publishing = publishing
        self._quoting = quoting

    async def answered(
        self, tx: Transaction, actor: RemoteActor, inner: Inner, *, accepted: bool, stamp: str | None = None
    ) -> bool:
        """Yes or no to a quote of ours; True if it was one."""
        name = await self._quoting.answered(tx, actor, inner, accepted=accepted, stamp=stamp)
        if name is not None:
            await self._publishing.saying.again(tx, name)
        return name is not None

    async def stamp_deleted(self, tx: Transaction, actor: RemoteActor, stamp: str) -> bool:
        """An author takes consent back; False if no post of ours stood by that stamp."""
        names = await self._quoting.taken_back(tx, actor, stamp)
        for name in names:
            await self._publishing.saying.again(tx, name)
        return bool(names)
