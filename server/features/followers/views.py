"""Reading who follows, for the Desk: by page, by server, by name. No page walks all followers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from server.base.database import Snapshot
from server.features.followers.model import Tie
from server.features.followers.store import JOINED, tie_from

PAGE: Final = 50
FAR: Final = 2**62
#: Distinct inboxes that the list of servers looks at: one or two a server, however many follow from there.
MAX_INBOXES: Final = 20_000
SERVERS: Final = 100
#: A server with fewer followers than this is read by its index; of a larger one every page of the newest has some.
FEW: Final = 2_000
WINDOW: Final = 5_000
MAX_FOUND: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server and how many of its people follow."""

    host: str
    followers: int


async def servers(snapshot: Snapshot, actor_id: int) -> list[Server]:
    """The servers with the most followers. It adds up the distinct inboxes, which are few, not the followers."""
    rows = await snapshot.fetch(
        "SELECT i.host, sum(f.followers) AS people FROM (SELECT inbox_id, followers FROM followed_inboxes"
        " WHERE actor_id = :actor_id ORDER BY id LIMIT :most) f JOIN inboxes i ON i.id = f.inbox_id"
        " GROUP BY i.host ORDER BY people DESC, i.host LIMIT :page",
        actor_id=actor_id,
        most=MAX_INBOXES,
        page=SERVERS,
    )
    return [Server(host=row["host"], followers=int(row["people"])) for row in rows]


async def on(snapshot: Snapshot, actor_id: int, host: str) -> int:
    """How many follow from one host."""
    count: int | None = await snapshot.value(
        "SELECT sum(f.followers) FROM inboxes i JOIN followed_inboxes f ON f.inbox_id = i.id"
        " WHERE i.host = :host AND f.actor_id = :actor_id",
        host=host,
        actor_id=actor_id,
    )
    return int(count or 0)


async def below(snapshot: Snapshot, host: str) -> int:
    """How many followers a block of a server, and all below its name, would lose."""
    count: int | None = await snapshot.value(
        "SELECT sum(f.followers) FROM inboxes i JOIN followed_inboxes f ON f.inbox_id = i.id"
        " WHERE i.host = :host OR i.host LIKE :port OR i.host LIKE :below OR i.host LIKE :both",
        host=host,
        port=f"{host}:%",
        below=f"%.{host}",
        both=f"%.{host}:%",
    )
    return int(count or 0)


async def page(
    snapshot: Snapshot, actor_id: int, state: str, host: str = "", before: int | None = None
) -> tuple[list[Tie], int | None]:
    """A page of followers, the newest first, of one server or of all, and where the next one begins."""
    if not host:
        found = await _newest(snapshot, actor_id, state, "", before or FAR, PAGE + 1)
        return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None
    if await on(snapshot, actor_id, host) >= FEW:
        found = await _newest(snapshot, actor_id, state, host, before or FAR, PAGE + 1)
        if len(found) > PAGE:
            return found[:PAGE], found[PAGE - 1].id
        edge: int | None = await snapshot.value(
            "SELECT id FROM followers WHERE actor_id = :actor_id AND state = :state AND id < :before"
            " ORDER BY id DESC LIMIT 1 OFFSET :last",
            actor_id=actor_id,
            state=state,
            before=before or FAR,
            last=WINDOW - 1,
        )
        return found, edge
    rows = await snapshot.fetch(
        # CROSS JOIN: else SQLite walks all followers, as they come in the order that is wanted.
        f"{JOINED} remote_actors a CROSS JOIN followers t WHERE a.host = :host AND t.remote_actor_id = a.id"
        " AND t.actor_id = :actor_id AND t.state = :state AND t.id < :before ORDER BY t.id DESC LIMIT :page",
        host=host,
        actor_id=actor_id,
        state=state,
        before=before or FAR,
        page=PAGE + 1,
    )
    found = [tie_from(row) for row in rows]
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


async def _newest(snapshot: Snapshot, actor_id: int, state: str, host: str, before: int, limit: int) -> list[Tie]:
    rows = await snapshot.fetch(
        f"{JOINED} (SELECT * FROM followers WHERE actor_id = :actor_id AND state = :state AND id < :before"
        " ORDER BY id DESC LIMIT :window) t JOIN remote_actors a ON a.id = t.remote_actor_id"
        " WHERE (:host = '' OR a.host = :host) ORDER BY t.id DESC LIMIT :page",
        actor_id=actor_id,
        state=state,
        host=host,
        before=before,
        window=WINDOW if host else limit,
        page=limit,
    )
    return [tie_from(row) for row in rows]


async def named(snapshot: Snapshot, actor_id: int, text: str) -> list[Tie]:
    """Followers and people who ask, whose handle begins so; names as they are written or in small letters."""
    found: dict[int, Tie] = {}
    for start in dict.fromkeys((text, text.lower())):
        rows = await snapshot.fetch(
            f"{JOINED} (SELECT * FROM remote_actors WHERE handle >= :low AND handle < :high ORDER BY handle LIMIT :most) a"
            " JOIN followers t ON t.remote_actor_id = a.id WHERE t.actor_id = :actor_id ORDER BY a.handle LIMIT :page",
            low=start,
            high=f"{start}\U0010ffff",
            most=MAX_FOUND,
            actor_id=actor_id,
            page=PAGE,
        )
        found.update({tie.id: tie for tie in map(tie_from, rows) if tie.actor.handle.startswith(start)})
    return list(found.values())[:PAGE]
