"""SQL of the conversation room: replies, interactions, post_counts, reports. Reading: views.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from server.base.database import Snapshot, Transaction
from server.features.conversation.model import Changed, Place, Verdict

#: What a post's page shows, of `r` and `p`.
_SHOWN: Final = "r.state = 'approved' AND p.visibility IN ('public', 'unlisted')"


async def insert_reply(
    tx: Transaction, *, remote_post_id: int, kind: str, post_id: int | None, actor_id: int, host: str, verdict: Verdict
) -> None:
    """Something was said to us."""
    made = await tx.execute(
        "INSERT INTO replies (remote_post_id, kind, post_id, actor_id, state, received_at, host, language, first_contact,"
        " same_text, rule_id, signs) VALUES (:id, :kind, :post_id, :actor_id, :state, :now, :host, :language, :first,"
        " :same_text, :rule_id, :signs) ON CONFLICT (remote_post_id) DO NOTHING",
        id=remote_post_id,
        kind=kind,
        post_id=post_id,
        actor_id=actor_id,
        state=verdict.state,
        now=tx.now,
        host=host,
        language=verdict.language,
        first=int(verdict.first_contact),
        same_text=verdict.same_text,
        rule_id=verdict.rule_id,
        signs=int(verdict.signs),
    )
    if made and verdict.state == "approved":
        await count_reply(tx, remote_post_id, 1)


async def reword(tx: Transaction, remote_post_id: int, verdict: Verdict) -> None:
    """The author changed the words."""
    await tx.execute(
        "UPDATE replies SET language = :language, same_text = :same_text, rule_id = :rule_id, signs = :signs"
        " WHERE remote_post_id = :id",
        id=remote_post_id,
        language=verdict.language,
        same_text=verdict.same_text,
        rule_id=verdict.rule_id,
        signs=int(verdict.signs),
    )


async def our_post_of(snapshot: Snapshot, remote_uri: str) -> int | None:
    """The post of ours that a known reply belongs to."""
    post_id: int | None = await snapshot.value(
        "SELECT r.post_id FROM replies r JOIN remote_posts p ON p.id = r.remote_post_id WHERE p.uri = :uri",
        uri=remote_uri,
    )
    return post_id


async def reply_of(snapshot: Snapshot, remote_post_id: int) -> Place | None:
    """Where something that was said stands."""
    row = await snapshot.one("SELECT post_id, kind, state FROM replies WHERE remote_post_id = :id", id=remote_post_id)
    return Place(post_id=row["post_id"], kind=row["kind"], state=row["state"]) if row else None


async def any_in(snapshot: Snapshot, ids: Sequence[int], state: str) -> bool:
    """True if one of these is in a state already."""
    for remote_post_id in ids:
        place = await reply_of(snapshot, remote_post_id)
        if place is not None and place.state == state:
            return True
    return False


async def heard_uri(snapshot: Snapshot, uri: str) -> bool:
    """True for the id of something that was said to us."""
    found = await snapshot.value(
        "SELECT 1 FROM remote_posts p JOIN replies r ON r.remote_post_id = p.id WHERE p.uri = :uri", uri=uri
    )
    return found is not None


async def set_state(tx: Transaction, remote_post_id: int, state: str) -> bool:
    """Approve, hide or hold; direct messages are never approved. False if there is nothing of that id."""
    await count_reply(tx, remote_post_id, -1)
    rows = await tx.execute(
        "UPDATE replies SET state = :state, decided_day = :day, seen = 1 WHERE remote_post_id = :id"
        " AND (kind <> 'direct' OR :state <> 'approved')",
        state=state,
        day=tx.now[:10],
        id=remote_post_id,
    )
    await count_reply(tx, remote_post_id, 1)
    return rows > 0


async def set_states(tx: Transaction, ids: Sequence[int], state: str, rule_id: int | None = None) -> Changed:
    """Approve, hide or hold several at once; direct messages are never approved. What changed and on which posts."""
    if not ids:
        return Changed(ids=(), posts=())
    marks = ", ".join(f":i{number}" for number in range(len(ids)))
    params = {f"i{number}": one for number, one in enumerate(ids)}
    counts: dict[int, int] = {}
    changed: list[int] = []
    for old in ("held", "approved", "hidden"):
        if old == state:
            continue
        # The state that it had stands in the condition: of two who decide at once only one is counted.
        rows = await tx.fetch(
            "UPDATE replies SET state = :state, decided_day = :day, seen = 1, rule_id = :rule WHERE state = :old"
            f" AND remote_post_id IN ({marks}) AND (kind <> 'direct' OR :state <> 'approved')"
            " RETURNING remote_post_id, post_id, (SELECT p.visibility FROM remote_posts p"
            " WHERE p.id = replies.remote_post_id) AS visibility",
            state=state,
            day=tx.now[:10],
            rule=rule_id,
            old=old,
            **params,
        )
        changed += [row["remote_post_id"] for row in rows]
        by = (state == "approved") - (old == "approved")
        for row in rows:
            if row["post_id"] is not None:
                shown = row["visibility"] in {"public", "unlisted"}
                counts[row["post_id"]] = counts.get(row["post_id"], 0) + (by if shown else 0)
    for post_id, by in sorted(counts.items()):
        await tx.execute("UPDATE post_counts SET replies = replies + :by WHERE post_id = :id", by=by, id=post_id)
    return Changed(ids=tuple(changed), posts=tuple(sorted(counts)))


async def count_reply(tx: Transaction, remote_post_id: int, by: int) -> None:
    """Count a reply with its post, or no more, if it is one that the post's page shows."""
    await tx.execute(
        "UPDATE post_counts SET replies = replies + :by WHERE post_id = (SELECT r.post_id FROM replies r"
        f" JOIN remote_posts p ON p.id = r.remote_post_id WHERE r.remote_post_id = :id AND {_SHOWN})",
        by=by,
        id=remote_post_id,
    )


async def insert_interaction(
    tx: Transaction, *, kind: str, post_id: int, remote_actor_id: int, activity_uri: str | None, emoji: str
) -> bool:
    """A boost or like, once per actor; False for a repeated one."""
    rows = await tx.execute(
        "INSERT INTO interactions (id, kind, post_id, remote_actor_id, activity_uri, emoji, created_at)"
        " VALUES (:id, :kind, :post_id, :actor_id, :uri, :emoji, :now)"
        " ON CONFLICT (kind, post_id, remote_actor_id) DO NOTHING",
        id=tx.new_id(),
        kind=kind,
        post_id=post_id,
        actor_id=remote_actor_id,
        uri=activity_uri,
        emoji=emoji,
        now=tx.now,
    )
    if rows:
        await _count(tx, kind, post_id, 1)
    return rows > 0


async def _count(tx: Transaction, kind: str, post_id: int, by: int) -> None:
    column = "boosts" if kind == "boost" else "likes"
    await tx.execute(f"UPDATE post_counts SET {column} = {column} + :by WHERE post_id = :id", by=by, id=post_id)


async def delete_interaction(
    tx: Transaction, *, remote_actor_id: int, activity_uri: str | None, kind: str | None, post_id: int | None
) -> int | None:
    """Take a boost or like back, by its id or by what it was; the post it was of."""
    rows = await tx.fetch(
        "DELETE FROM interactions WHERE remote_actor_id = :actor_id"
        " AND (activity_uri = :uri OR (kind = :kind AND post_id = :post_id)) RETURNING kind, post_id",
        actor_id=remote_actor_id,
        uri=activity_uri or "",
        kind=kind or "",
        post_id=post_id or 0,
    )
    for row in rows:
        await _count(tx, row["kind"], row["post_id"], -1)
    return rows[0]["post_id"] if rows else None


async def forget_actor(tx: Transaction, remote_actor_id: int) -> list[int]:
    """Before an actor is erased: take its counts back; the posts that change."""
    rows = await tx.fetch("SELECT kind, post_id FROM interactions WHERE remote_actor_id = :id", id=remote_actor_id)
    for row in rows:
        await _count(tx, row["kind"], row["post_id"], -1)
    await tx.execute_long("DELETE FROM interactions WHERE remote_actor_id = :id", id=remote_actor_id)
    replied = await tx.fetch(
        f"SELECT r.post_id, sum(CASE WHEN {_SHOWN} THEN 1 ELSE 0 END) AS shown FROM replies r"
        " JOIN remote_posts p ON p.id = r.remote_post_id WHERE p.actor_id = :id AND r.post_id IS NOT NULL"
        " GROUP BY r.post_id",
        id=remote_actor_id,
    )
    await tx.execute_many(
        "UPDATE post_counts SET replies = replies - :shown WHERE post_id = :id",
        [{"id": row["post_id"], "shown": row["shown"]} for row in replied],
    )
    return list({row["post_id"] for row in [*rows, *replied]})


async def insert_report(
    tx: Transaction, *, activity_uri: str | None, host: str, objects: list[str], content: str
) -> None:
    """A report from another server."""
    await tx.execute(
        "INSERT INTO reports (id, activity_uri, host, objects, content, created_at)"
        " VALUES (:id, :uri, :host, :objects, :content, :now)",
        id=tx.new_id(),
        uri=activity_uri,
        host=host,
        objects=json.dumps(objects),
        content=content,
        now=tx.now,
    )


async def reports_from(snapshot: Snapshot, host: str, since: str) -> int:
    """How many reports a server sent since then."""
    count: int = await snapshot.value(
        "SELECT count(*) FROM reports WHERE host = :host AND created_at > :since", host=host, since=since
    )
    return count


async def settle_report(tx: Transaction, report_id: int) -> bool:
    """A report was dealt with."""
    return await tx.execute("UPDATE reports SET state = 'settled' WHERE id = :id", id=report_id) > 0


async def trim(tx: Transaction, messages_before: str, reports_before: str) -> None:
    """Erase old direct messages and settled reports."""
    await tx.execute_long(
        "DELETE FROM remote_posts WHERE id IN ("
        "SELECT remote_post_id FROM replies WHERE kind = 'direct' AND received_at < :before)",
        before=messages_before,
    )
    await tx.execute_long("DELETE FROM reports WHERE state = 'settled' AND created_at < :before", before=reports_before)
