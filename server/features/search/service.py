"""Finding posts by their words, in all their languages. The index follows the `changes` of posts, so that publishing waits for nothing."""

from __future__ import annotations

import asyncio
from typing import Final

from server.base import changes
from server.base.database import Database, Snapshot, Transaction, search_tables
from server.base.database.migrate import house_value, set_house_value
from server.base.errors import AppError, Unavailable
from server.base.folding import JOINER, words_of
from server.base.log import event
from server.features.posts import views
from server.features.posts.model import Post, Text

#: A question has so many words; more would find nothing and cost much.
MAX_WORDS: Final = 12
MAX_CHARS: Final = 200
PAGE: Final = 20
REBUILD_BATCH: Final = 200
#: Another name makes the index anew, as is needed when words are folded in another way.
SEEN_FACT: Final = "search_seen_2"
PAUSE_SECONDS: Final = 5.0
#: When whoever searches before there is an index may ask again.
NOT_READY_SECONDS: Final = 60
#: Several changes are taken together; nobody finds a post in the moment it is published.
GATHER_SECONDS: Final = 0.5


class Search:
    """The index of our public posts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._woken = asyncio.Event()
        #: Once the table was there it stays: nobody asks for it again.
        self._made = False
        database.on_change(self._changed)

    def _changed(self, kind: str, _: str) -> None:
        if kind == "post":
            self._woken.set()

    async def run(self) -> None:
        """Follow what is published until cancelled."""
        while True:
            try:
                await self.catch_up()
            except AppError as error:
                event("search_waits", error=type(error).__name__)
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            await self._woken.wait()
            self._woken.clear()
            await asyncio.sleep(GATHER_SECONDS)

    async def catch_up(self) -> None:
        """Take in all changes since the last time; everything anew if some of them are forgotten already."""
        fresh = await search_tables.ensure(self._database)
        async with self._database.snapshot() as snapshot:
            latest = await changes.latest(snapshot)
            seen = int(await house_value(snapshot, SEEN_FACT) or -1)
            oldest = await changes.oldest(snapshot)
        if fresh or seen < 0 or seen > latest or (seen < latest and (oldest is None or oldest > seen + 1)):
            await self._rebuild()
            await set_house_value(self._database, SEEN_FACT, str(latest))
            seen = latest
        while True:
            async with self._database.snapshot() as snapshot:
                news = await changes.since(snapshot, seen)
            names = dict.fromkeys(subject for _, kind, subject in news if kind == "post" and subject)
            for name in names:
                await self._refresh(name)
            if not news:
                return
            seen = news[-1][0]
            if names:
                await set_house_value(self._database, SEEN_FACT, str(seen))

    async def _refresh(self, name: str) -> None:
        async with self._database.transaction() as tx:
            post = await views.by_public_id(tx, name)
            if post is not None:
                await search_tables.put(tx, self._database.dialect, post.id, _words(post))

    async def _rebuild(self) -> None:
        """Some posts at a time, so that others may write in between."""
        after = 0
        while True:
            async with self._database.transaction() as tx:
                posts = await views.by_ids(tx, await search_tables.posts_after(tx, after, REBUILD_BATCH))
                for post in posts.values():
                    await search_tables.put(tx, self._database.dialect, post.id, _words(post))
            if not posts:
                return
            after = max(posts)
            await asyncio.sleep(0)

    async def find(self, question: str, actor_id: int, before: int | None = None) -> list[Post]:
        """Public posts that hold all words of a question, the newest first, in pages. No words, no posts.

        Raises Unavailable while there is no index yet.
        """
        # A word that was joined from two may stand there as one.
        for asked in dict.fromkeys((question, question.replace(JOINER, ""))):
            found = await self._find(words_of(asked[:MAX_CHARS])[:MAX_WORDS], actor_id, before or views.FAR)
            if found:
                return found
        return []

    async def _there(self, snapshot: Snapshot) -> bool:
        self._made = self._made or await search_tables.exists(snapshot, self._database.dialect)
        return self._made

    async def forget(self, tx: Transaction, post_id: int) -> None:
        """Erase what is found of a post at once; its change puts what stands now in its place, when the index follows."""
        if await self._there(tx):
            await search_tables.put(tx, self._database.dialect, post_id, None)

    async def _find(self, words: list[str], actor_id: int, before: int) -> list[Post]:
        if not words:
            return []
        async with self._database.snapshot() as snapshot:
            if not await self._there(snapshot):
                raise Unavailable(
                    "Search is not ready yet. Try again in a minute.",
                    retry_after=NOT_READY_SECONDS,
                )
            found = await search_tables.find(snapshot, self._database.dialect, words, actor_id, before, PAGE)
            posts = await views.by_ids(snapshot, found)
        return [posts[one] for one in found if one in posts]


def _words(post: Post) -> str | None:
    """Everything of a public post that somebody may look for; None for one that is not to be found."""
    if not post.listed:
        return None
    parts = [
        part
        for text in post.texts
        if text.state in {"main", "approved"}
        for part in (text.title, text.warning, text.source, text.place, text.needs, text.instead, *_alts(text))
    ]
    parts += [picture.alt for picture in post.pictures] + list(post.tags)
    if post.poll:
        parts += [answer.name for answer in post.poll.answers]
    whole = " ".join(parts)
    # Joined words are looked for apart, and as one: most keyboards have no joiner.
    return " ".join([*words_of(whole), *(words_of(whole.replace(JOINER, "")) if JOINER in whole else ())])


def _alts(text: Text) -> list[str]:
    return [picture.alt for picture in text.alts]
