"""What an organiser likes: the language of the Desk."""

from __future__ import annotations

from server.base.catalogue import desk_languages
from server.base.database import Database
from server.base.errors import Invalid, NotFound
from server.features.access import store
from server.features.access.model import Act, Who


class Preferences:
    """One's own choices; nobody else sees them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def choose_language(self, who: Who, language: str) -> None:
        """The language of one's own Desk; an empty one leaves it to the browser. Raises Invalid."""
        who.must(Act.READ)
        if language and language not in desk_languages():
            raise Invalid("The Desk does not speak this language yet.")
        async with self._database.transaction() as tx:
            await store.set_language(tx, who.organiser_id, language)

    async def language_for(self, who: Who, name: str, language: str) -> None:
        """The same for somebody else, from the console. Raises NotFound or Invalid."""
        who.must(Act.ORGANISE)
        async with self._database.snapshot() as snapshot:
            organiser = await store.by_name(snapshot, name)
        if organiser is None:
            raise NotFound("There is no organiser of that name.")
        await self.choose_language(organiser.who, language)
