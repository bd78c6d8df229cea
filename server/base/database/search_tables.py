"""The table that finds words: each engine has its own kind, so it stands here and not in schema.sql. It can be made anew from the posts."""

from __future__ import annotations

from typing import Final

from server.base.database.model import Database, Snapshot, Transaction

_EXISTS: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'search_posts'",
    "postgres": "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'search_posts'",
}
#: `secure-delete` lets no erased word linger in the index, as with all other tables.
_MAKE: Final = {
    "sqlite": "CREATE VIRTUAL TABLE search_posts USING fts5(words, tokenize='unicode61 remove_diacritics 2', prefix='2 3');"
    " INSERT INTO search_posts (search_posts, rank) VALUES ('secure-delete', 1)",
    "postgres": "CREATE TABLE search_posts (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL);"
    " CREATE INDEX search_posts_words ON search_posts USING GIN (words)",
}
_PUT: Final = {
    "sqlite": "INSERT INTO search_posts (rowid, words) VALUES (:id, :words)",
    "postgres": "INSERT INTO search_posts (rowid, words) VALUES (:id, to_tsvector('simple', :words))",
}
#: How a word is quoted, what stands between words, and what makes the last one a beginning.
_QUERY: Final = {"sqlite": ('"', " ", "*"), "postgres": ("'", " & ", ":*")}
_MATCH: Final = {"sqlite": "search_posts MATCH :query", "postgres": "f.words @@ to_tsquery('simple', :query)"}


async def exists(snapshot: Snapshot, dialect: str) -> bool:
    """True once the table is there."""
    return await snapshot.value(_EXISTS[dialect]) is not None


async def ensure(database: Database) -> bool:
    """Make the table if it is not there; True if it was made, and is empty therefore."""
    async with database.snapshot() as snapshot:
        if await exists(snapshot, database.dialect):
            return False
    await database.script(_MAKE[database.dialect])
    return True


async def put(tx: Transaction, dialect: str, row: int, words: str | None) -> None:
    """What is found under a number from now on; None for nothing. Words are folded and stand apart by spaces."""
    await tx.execute("DELETE FROM search_posts WHERE rowid = :id", id=row)
    if words:
        await tx.execute(_PUT[dialect], id=row, words=words)


async def posts_after(snapshot: Snapshot, after: int, limit: int) -> list[int]:
    """Numbers of the next posts, for whoever makes the index anew."""
    rows = await snapshot.fetch(
        "SELECT id FROM posts WHERE id > :after ORDER BY id LIMIT :limit", after=after, limit=limit
    )
    return [row["id"] for row in rows]


async def find(snapshot: Snapshot, dialect: str, words: list[str], actor_id: int, before: int, limit: int) -> list[int]:
    """Numbers of the public posts that hold all of these words, the last one as a beginning, the newest first."""
    quote, between, beginning = _QUERY[dialect]
    query = between.join(f"{quote}{word}{quote}" for word in words) + beginning
    rows = await snapshot.fetch(
        "SELECT p.id FROM search_posts f JOIN posts p ON p.id = f.rowid"
        f" WHERE {_MATCH[dialect]} AND f.rowid < :before AND p.actor_id = :actor_id AND p.state = 'live'"
        " AND p.visibility = 'public' ORDER BY f.rowid DESC LIMIT :limit",
        query=query,
        before=before,
        actor_id=actor_id,
        limit=limit,
    )
    return [row["id"] for row in rows]
