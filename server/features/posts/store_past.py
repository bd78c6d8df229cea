"""SQL of the posts room: what a post said before it said what it says now, and the end of that."""

from __future__ import annotations

from typing import Final

from server.base.database import Snapshot, Transaction
from server.features.posts import store_translations
from server.features.posts.fingerprint import fingerprint
from server.features.posts.model import Post

#: Earlier than what is live, by number: what somebody else publishes in this moment is later and stays.
_EARLIER: Final = (
    "(SELECT r.id FROM post_revisions r JOIN posts p ON p.id = r.post_id JOIN post_revisions v ON v.id = p.live_revision_id"
    " WHERE p.id = :id AND r.number < v.number)"
)


async def hold(tx: Transaction, post: Post) -> bool:
    """Hold a post until the end of the transaction; False if it says something else by now. Of two who change it one waits."""
    touched = await tx.execute(
        "UPDATE posts SET live_revision_id = live_revision_id WHERE id = :id AND live_revision_id = :revision",
        id=post.id,
        revision=post.revision_id,
    )
    return touched == 1


async def count(snapshot: Snapshot, post_id: int) -> int:
    """How many earlier versions there are."""
    found: int = await snapshot.value(f"SELECT count(*) FROM post_revisions WHERE id IN {_EARLIER}", id=post_id)
    return found


async def said_since(snapshot: Snapshot, post: Post) -> int:
    """Since which revision (its id) a post says what it says now in its main language."""
    rows = await snapshot.fetch(
        "SELECT r.id AS revision, t.* FROM post_revisions r JOIN texts t ON t.revision_id = r.id AND t.state = 'main'"
        " WHERE r.post_id = :id ORDER BY r.number DESC",
        id=post.id,
    )
    since = post.revision_id or 0
    for row in rows:
        words = (row["title"], row["warning"], row["source"], row["place"], row["needs"], row["instead"])
        if fingerprint(*words) != post.main.fingerprint:
            break
        since = row["revision"]
    return since


async def pictures(snapshot: Snapshot, post_id: int) -> list[int]:
    """The pictures of the earlier versions."""
    rows = await snapshot.fetch(
        f"SELECT media_id FROM revision_media WHERE revision_id IN {_EARLIER}"
        f" UNION SELECT media_id FROM text_alts WHERE revision_id IN {_EARLIER} ORDER BY media_id",
        id=post_id,
    )
    return [row["media_id"] for row in rows]


async def erase(tx: Transaction, post_id: int) -> int:
    """Erase the earlier versions with all that hangs on them; how many."""
    for table in ("texts", "text_alts", "revision_media", "revision_mentions"):
        await tx.execute(f"DELETE FROM {table} WHERE revision_id IN {_EARLIER}", id=post_id)
    return await tx.execute(f"DELETE FROM post_revisions WHERE id IN {_EARLIER}", id=post_id)


async def erase_translations(tx: Transaction, post: Post) -> None:
    """Erase translations in work that were begun beside other words, and the names of what notes said that were taken back."""
    for one in await store_translations.in_work(tx, [post.id]):
        if one.text.of != post.main.fingerprint:
            await store_translations.discard(tx, post.id, one.text.language)
    await store_translations.forget_said(tx, post.id)
