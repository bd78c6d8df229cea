"""Correcting: an edit is heard by few, so what was wrong is said in a post of its own as well."""

from __future__ import annotations

from dataclasses import replace

from server.base.addresses import Addresses
from server.base.database import Transaction
from server.base.errors import Invalid
from server.features.access.model import Who
from server.features.actors.service import Actors
from server.features.posts.model import Audience, Draft, Kind, Post
from server.features.publishing.service import Publishing


class Correcting:
    """New words for a post that stands, and a post that links to it and says what was wrong: both or none."""

    def __init__(self, publishing: Publishing, actors: Actors, addresses: Addresses) -> None:
        self._publishing = publishing
        self._actors = actors
        self._addresses = addresses

    async def correct_in(self, tx: Transaction, who: Who, name: str, draft: Draft) -> Post:
        """Correct a post within somebody's transaction, by its next words, whose `correction` says what was wrong; the new post.

        Raises Invalid, Forbidden, NotFound, Gone.
        """
        if draft.correction is None:
            raise Invalid("Say what was wrong: that is what people will read first.")
        after = await self._publishing.edit_in(tx, who, name, draft)
        if after.audience is Audience.DIRECT:
            raise Invalid("Only the people named were told. Edit it, and write to them.")
        said = Draft(
            text=f"{draft.correction.strip()}\n\n{self._addresses.post_page(name)}",
            language=after.language,
            kind=Kind.CORRECTION,
            audience=after.audience,
            reply_policy=after.reply_policy,
            quote_policy=after.quote_policy,
            expires_at=after.expires_at,
            in_reply_to=self._addresses.post(self._actors.by_id(after.actor_id).handle, name),
            corrects=name,
        )
        return await self._publishing.submit_in(tx, who, said)


def as_correction(draft: Draft, words: str) -> Draft:
    """The next words of a post as a correction."""
    return replace(draft, kind=Kind.CORRECTION, correction=words)
