"""SQL of the posts room: writing posts, revisions, texts, pictures, names, tags and polls. Reading: views.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from server.base.database import Snapshot, Transaction
from server.base.timestamps import later_than, rounded_to_minute
from server.features.posts.model import Draft, DraftPoll, Named, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """What the row of a fresh post needs beside its draft."""

    public_id: str
    actor_id: int
    parent_post_id: int | None
    thread_public_id: str
    corrects_post_id: int | None = None


async def insert_post(tx: Transaction, new: NewPost, draft: Draft) -> int:
    """A live post without a revision yet; the id. `published_at` is rounded down to the minute."""
    post_id = tx.new_id()
    published = rounded_to_minute(tx.now)
    await tx.execute(
        "INSERT INTO posts (id, public_id, actor_id, kind, state, visibility, reply_policy, language, in_reply_to_uri,"
        " in_reply_to_post_id, thread_public_id, published_at, updated_at, month, created_at, corrects_post_id, expires_at,"
        " quote_uri, quote_policy, own_notes)"
        " VALUES (:id, :public_id, :actor_id, :kind, 'live', :visibility, :reply_policy, :language, :in_reply_to,"
        " :parent_post_id, :thread, :published, :published, :month, :published, :corrects, :expires_at, :quote, :quote_policy,"
        " :own_notes)",
        id=post_id,
        public_id=new.public_id,
        actor_id=new.actor_id,
        kind=draft.kind.value,
        visibility=draft.audience.value,
        reply_policy=draft.reply_policy.value,
        language=draft.language,
        in_reply_to=draft.in_reply_to,
        parent_post_id=new.parent_post_id,
        thread=new.thread_public_id,
        published=published,
        month=published[:7],
        corrects=new.corrects_post_id,
        expires_at=draft.expires_at,
        quote=draft.quote,
        quote_policy=draft.quote_policy.value,
        own_notes=int(draft.own_notes),
    )
    await tx.execute("INSERT INTO post_counts (post_id) VALUES (:id)", id=post_id)
    return post_id


async def insert_revision(
    tx: Transaction, post_id: int, *, organiser_id: int | None, sensitive: bool, minor: bool = False
) -> int:
    """The next revision of a post; the id."""
    revision_id = tx.new_id()
    number: int = await tx.value(
        "SELECT COALESCE(MAX(number), 0) + 1 FROM post_revisions WHERE post_id = :id", id=post_id
    )
    await tx.execute(
        "INSERT INTO post_revisions (id, post_id, number, organiser_id, sensitive, minor, created_at, published_at)"
        " VALUES (:id, :post_id, :number, :organiser_id, :sensitive, :minor, :now, :now)",
        id=revision_id,
        post_id=post_id,
        number=number,
        organiser_id=organiser_id,
        sensitive=int(sensitive),
        minor=int(minor),
        now=rounded_to_minute(tx.now),
    )
    return revision_id


async def insert_texts(tx: Transaction, revision_id: int, texts: Iterable[Text]) -> None:
    """The words of a revision."""
    await tx.execute_many(
        "INSERT INTO texts (revision_id, language, state, title, warning, source, html, place, needs, instead)"
        " VALUES (:revision_id, :language, :state, :title, :warning, :source, :html, :place, :needs, :instead)",
        [
            {
                "revision_id": revision_id,
                "language": text.language,
                "state": text.state,
                "title": text.title,
                "warning": text.warning,
                "source": text.source,
                "html": text.html,
                "place": text.place,
                "needs": text.needs,
                "instead": text.instead,
            }
            for text in texts
        ],
    )


async def insert_alts(tx: Transaction, revision_id: int, texts: Iterable[Text], media_ids: Mapping[str, int]) -> None:
    """What translations say of the pictures that a revision shows; `media_ids` by public ids."""
    await tx.execute_many(
        "INSERT INTO text_alts (revision_id, language, media_id, alt) VALUES (:revision_id, :language, :media_id, :alt)",
        [
            {
                "revision_id": revision_id,
                "language": text.language,
                "media_id": media_ids[one.public_id],
                "alt": one.alt,
            }
            for text in texts
            for one in text.alts
            if one.alt and one.public_id in media_ids
        ],
    )


async def update_html(tx: Transaction, revision_id: int, language: str, html: str) -> None:
    """Complete a text once the people it names are known; its words stay."""
    await tx.execute(
        "UPDATE texts SET html = :html WHERE revision_id = :revision_id AND language = :language",
        html=html,
        revision_id=revision_id,
        language=language,
    )


async def insert_pictures(tx: Transaction, revision_id: int, pictures: Sequence[tuple[int, str]]) -> None:
    """The pictures of a revision in order: (media id, alt)."""
    await tx.execute_many(
        "INSERT INTO revision_media (revision_id, position, media_id, alt)"
        " VALUES (:revision_id, :position, :media_id, :alt)",
        [
            {"revision_id": revision_id, "position": position, "media_id": media_id, "alt": alt}
            for position, (media_id, alt) in enumerate(pictures)
        ],
    )


async def insert_named(tx: Transaction, revision_id: int, named: Iterable[Named]) -> None:
    """The actors named in a revision."""
    await tx.execute_many(
        "INSERT INTO revision_mentions (revision_id, handle, actor_uri, url)"
        " VALUES (:revision_id, :handle, :actor_uri, :url) ON CONFLICT (revision_id, handle) DO NOTHING",
        [
            {"revision_id": revision_id, "handle": one.handle, "actor_uri": one.actor_uri, "url": one.url}
            for one in named
        ],
    )


async def replace_tags(tx: Transaction, post_id: int, tags: Iterable[str]) -> None:
    """The tags of a post as it stands; given without `#`, as written."""
    await tx.execute("DELETE FROM post_tags WHERE post_id = :id", id=post_id)
    await tx.execute_many(
        "INSERT INTO post_tags (post_id, tag, shown) VALUES (:post_id, :tag, :shown) ON CONFLICT (post_id, tag) DO NOTHING",
        [{"post_id": post_id, "tag": tag.lower(), "shown": tag} for tag in tags],
    )


async def make_live(tx: Transaction, post_id: int, revision_id: int) -> None:
    """Let a post point to its revision."""
    await tx.execute("UPDATE posts SET live_revision_id = :revision WHERE id = :id", revision=revision_id, id=post_id)


async def mark_edited(tx: Transaction, post_id: int, draft: Draft) -> None:
    """After an edit: `updated_at` grows strictly; who may answer and quote it and how long it stands follow the draft."""
    before: str = await tx.value("SELECT updated_at FROM posts WHERE id = :id", id=post_id)
    updated = later_than(before, tx.now)
    await tx.execute(
        "UPDATE posts SET updated_at = :updated, edited_at = :updated, reply_policy = :policy, quote_policy = :quotes,"
        " expires_at = :expires_at, own_notes = :own_notes WHERE id = :id",
        updated=updated,
        policy=draft.reply_policy.value,
        quotes=draft.quote_policy.value,
        expires_at=draft.expires_at,
        own_notes=int(draft.own_notes),
        id=post_id,
    )


async def end_corrections(tx: Transaction, post_id: int, expires_at: str | None) -> None:
    """What corrects a post stands as long as the post does."""
    await tx.execute(
        "UPDATE posts SET expires_at = :expires_at WHERE corrects_post_id = :id AND state = 'live'",
        expires_at=expires_at,
        id=post_id,
    )


async def corrections_of(snapshot: Snapshot, post_id: int) -> list[str]:
    """Public ids of the posts that correct this one and stand."""
    rows = await snapshot.fetch(
        "SELECT public_id FROM posts WHERE corrects_post_id = :id AND state = 'live' ORDER BY id", id=post_id
    )
    return [row["public_id"] for row in rows]


async def touch(tx: Transaction, post_id: int) -> None:
    """What a post shows has changed, though not its words: `updated_at` grows strictly."""
    before: str = await tx.value("SELECT updated_at FROM posts WHERE id = :id", id=post_id)
    await tx.execute(
        "UPDATE posts SET updated_at = :updated, edited_at = :updated WHERE id = :id",
        updated=later_than(before, tx.now),
        id=post_id,
    )


async def mark_deleted(tx: Transaction, post_id: int) -> None:
    """Erase the words of a post and keep its address: it answers 410 from now on."""
    revisions = "(SELECT id FROM post_revisions WHERE post_id = :id)"
    for table in ("texts", "text_alts", "revision_media", "revision_mentions"):
        await tx.execute(f"DELETE FROM {table} WHERE revision_id IN {revisions}", id=post_id)
    for table in ("post_tags", "translation_drafts", "translation_suggestions"):
        await tx.execute(f"DELETE FROM {table} WHERE post_id = :id", id=post_id)
    await tx.execute("DELETE FROM poll_votes WHERE post_id = :id", id=post_id)
    await tx.execute("DELETE FROM poll_options WHERE post_id = :id", id=post_id)
    await tx.execute("DELETE FROM polls WHERE post_id = :id", id=post_id)
    await tx.execute("UPDATE posts SET live_revision_id = NULL WHERE id = :id", id=post_id)
    await tx.execute("DELETE FROM post_revisions WHERE post_id = :id", id=post_id)
    await tx.execute(
        "UPDATE posts SET state = 'deleted', deleted_at = :now, pinned_at = NULL, in_reply_to_uri = NULL WHERE id = :id",
        now=rounded_to_minute(tx.now),
        id=post_id,
    )


async def expired(snapshot: Snapshot, now: str) -> list[str]:
    """Public ids of posts whose time is over, the earliest first."""
    rows = await snapshot.fetch(
        "SELECT public_id FROM posts WHERE expires_at IS NOT NULL AND expires_at <= :now AND state = 'live'"
        " ORDER BY expires_at, id LIMIT 50",
        now=now,
    )
    return [row["public_id"] for row in rows]


async def set_pinned(tx: Transaction, post_id: int, *, pinned: bool) -> None:
    """Pin or unpin."""
    await tx.execute("UPDATE posts SET pinned_at = :at WHERE id = :id", at=tx.now if pinned else None, id=post_id)


async def pinned_count(snapshot: Snapshot, actor_id: int) -> int:
    """How many posts are pinned."""
    count: int = await snapshot.value(
        "SELECT count(*) FROM posts WHERE actor_id = :id AND pinned_at IS NOT NULL", id=actor_id
    )
    return count


async def insert_poll(tx: Transaction, post_id: int, poll: DraftPoll, ends_at: str) -> None:
    """The poll of a post."""
    await tx.execute(
        "INSERT INTO polls (post_id, multiple, ends_at) VALUES (:id, :multiple, :ends_at)",
        id=post_id,
        multiple=int(poll.multiple),
        ends_at=ends_at,
    )
    await tx.execute_many(
        "INSERT INTO poll_options (post_id, position, name) VALUES (:post_id, :position, :name)",
        [
            {"post_id": post_id, "position": position, "name": name.strip()}
            for position, name in enumerate(poll.options)
        ],
    )


async def add_vote(tx: Transaction, post_id: int, voter_hash: str, name: str) -> bool:
    """Count a vote by the exact name of an answer; False if there is no such answer, it is closed or was counted.

    One vote an actor unless the poll takes several (FEP-9967).
    """
    row = await tx.one(
        "SELECT p.multiple, p.ends_at, p.closed_at, o.position FROM polls p JOIN poll_options o ON o.post_id = p.post_id"
        " WHERE p.post_id = :id AND o.name = :name",
        id=post_id,
        name=name,
    )
    if row is None or row["closed_at"] is not None or row["ends_at"] < tx.now:
        return False
    before = await tx.fetch(
        "SELECT position FROM poll_votes WHERE post_id = :id AND voter_hash = :voter", id=post_id, voter=voter_hash
    )
    if before and (not row["multiple"] or any(vote["position"] == row["position"] for vote in before)):
        return False
    await tx.execute(
        "INSERT INTO poll_votes (post_id, voter_hash, position) VALUES (:id, :voter, :position)",
        id=post_id,
        voter=voter_hash,
        position=row["position"],
    )
    await tx.execute(
        "UPDATE poll_options SET votes = votes + 1 WHERE post_id = :id AND position = :position",
        id=post_id,
        position=row["position"],
    )
    if not before:
        await tx.execute("UPDATE polls SET voters = voters + 1 WHERE post_id = :id", id=post_id)
    return True


async def polls_to_announce(snapshot: Snapshot, now: str, before: str) -> list[str]:
    """Public ids of polls that ended unannounced, or got votes and were last announced earlier than `before`."""
    rows = await snapshot.fetch(
        "SELECT s.public_id FROM polls p JOIN posts s ON s.id = p.post_id WHERE s.state = 'live' AND p.closed_at IS NULL"
        " AND (p.ends_at <= :now OR (p.voters > 0 AND (p.announced_at IS NULL OR p.announced_at < :before)))"
        " ORDER BY s.id LIMIT 50",
        now=now,
        before=before,
    )
    return [row["public_id"] for row in rows]


async def mark_poll_announced(tx: Transaction, post_id: int) -> None:
    """Remember when the tallies were last sent; a poll that has ended is closed and its voters are forgotten."""
    await tx.execute("UPDATE polls SET announced_at = :now WHERE post_id = :id", now=tx.now, id=post_id)
    closed = await tx.execute(
        "UPDATE polls SET closed_at = ends_at WHERE post_id = :id AND closed_at IS NULL AND ends_at <= :now",
        id=post_id,
        now=tx.now,
    )
    if closed:
        await tx.execute("DELETE FROM poll_votes WHERE post_id = :id", id=post_id)


async def remember_idempotency(tx: Transaction, key_hash: str, post_id: int) -> None:
    """Note which post a request made."""
    await tx.execute(
        "INSERT INTO idempotency_keys (key_hash, post_id, created_at) VALUES (:hash, :post_id, :now)",
        hash=key_hash,
        post_id=post_id,
        now=tx.now,
    )


async def post_of_idempotency(snapshot: Snapshot, key_hash: str) -> int | None:
    """Which post a request made before."""
    post_id: int | None = await snapshot.value(
        "SELECT post_id FROM idempotency_keys WHERE key_hash = :hash", hash=key_hash
    )
    return post_id


async def trim_idempotency(tx: Transaction, before: str) -> int:
    """Erase old keys."""
    return await tx.execute("DELETE FROM idempotency_keys WHERE created_at < :before", before=before)
