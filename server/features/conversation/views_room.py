"""Reading the room of the Desk where others speak: lines grouped by equal words, filters, what a selection holds, boosts, reports.

Whatever waits, a page looks at so many rows and no more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from server.base.database import Row, Snapshot
from server.features.conversation.model import Facets, Filter, Heard, Interaction, Line, Listing, Report
from server.features.conversation.views import AUTHOR, COUNTED, FAR, HEARD, author_from, by_ids, heard_from

PAGE: Final = 40
#: Rows of one kind that a page looks through for lines of a filter; further ones are behind the link to older ones.
WINDOW: Final = 5_000
FACETS: Final = 12
MAX_OBJECTS: Final = 10

_Params = dict[str, str | int]


def _wanted(table: str, wanted: Filter, params: _Params) -> str:
    """The condition of a filter on a row, but for kind and state."""
    found = ""
    if wanted.language:
        found += f" AND {table}.language = :language"
        params["language"] = wanted.language
    if wanted.server:
        found += f" AND {table}.host = :server"
        params["server"] = wanted.server
    if wanted.first:
        found += f" AND {table}.first_contact = 1"
    if wanted.same:
        found += f" AND {table}.same_text = :same"
        params["same"] = wanted.same
    return found


def _indexed(wanted: Filter) -> str:
    """The part of a filter that an index finds; it is asked before the window is cut."""
    if wanted.same:
        return " AND same_text = :same AND same_text <> ''"
    return " AND host = :server" if wanted.server else ""


def _kinds(kinds: Sequence[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in ("reply", "mention", "quote", "direct") if kind in kinds)


async def listing(snapshot: Snapshot, wanted: Filter, before: int | None = None) -> Listing:
    """A page, the newest first. Of equal texts only the newest is there, with the count of all."""
    found: dict[int, str] = {}
    floor, before = 0, before or FAR
    # One kind after the other: with IN the engine would sort all there are.
    for kind in dict.fromkeys(wanted.kinds):
        rows, seen_to = await _of_kind(snapshot, wanted, kind, before)
        found.update({row["remote_post_id"]: row["same_text"] for row in rows})
        floor = max(floor, seen_to)
    ids = sorted((one for one in found if one >= floor), reverse=True)
    older = ids[PAGE - 1] if len(ids) > PAGE else floor or None
    ids = ids[:PAGE]
    known = await by_ids(snapshot, ids)
    sizes = {} if wanted.same else await _sizes(snapshot, wanted, [found[one] for one in ids if found[one]])
    lines = (
        Line(heard=known[one], copies=copies, servers=servers)
        for one in ids
        if one in known
        for copies, servers in [sizes.get(found[one], (1, 1))]
    )
    return Listing(lines=tuple(lines), older=older)


async def _of_kind(snapshot: Snapshot, wanted: Filter, kind: str, before: int) -> tuple[list[Row], int]:
    """Lines of one kind, and down to which row they were looked for (0: to the end)."""
    params: _Params = {"state": wanted.state, "kind": kind, "before": before, "window": WINDOW, "page": PAGE + 1}
    condition = _wanted("r", wanted, params)
    window = (
        "SELECT remote_post_id, state, language, host, first_contact, same_text FROM replies WHERE state = :state"
        f" AND kind = :kind AND remote_post_id < :before{_indexed(wanted)} ORDER BY remote_post_id DESC LIMIT :window"
    )
    if not wanted.same:
        # Each looks on to the next of its group that the filter finds, too: all together, once over the group.
        condition += (
            " AND (r.same_text = '' OR NOT EXISTS (SELECT 1 FROM replies n WHERE n.state = r.state"
            " AND n.same_text = r.same_text AND n.same_text <> '' AND n.remote_post_id > r.remote_post_id"
            f" AND n.kind IN ({_kinds(wanted.kinds)}){_wanted('n', wanted, params)}))"
        )
    rows = await snapshot.fetch(
        f"SELECT r.remote_post_id, r.same_text FROM ({window}) r WHERE 1 = 1{condition}"
        " ORDER BY r.remote_post_id DESC LIMIT :page",
        **params,
    )
    if len(rows) > PAGE:
        return rows, rows[-1]["remote_post_id"]
    edge = await snapshot.one(f"SELECT count(*) AS rows, min(remote_post_id) AS lowest FROM ({window}) r", **params)
    return rows, edge["lowest"] if edge and edge["rows"] >= WINDOW else 0


async def _sizes(snapshot: Snapshot, wanted: Filter, same: Sequence[str]) -> dict[str, tuple[int, int]]:
    """How many there are of each group and from how many servers, both capped."""
    if not same:
        return {}
    params: _Params = {"state": wanted.state, "most": COUNTED}
    condition = f"AND kind IN ({_kinds(wanted.kinds)}){_wanted('replies', wanted, params)}"
    parts = []
    for number, one in enumerate(dict.fromkeys(same)):
        params[f"t{number}"] = one
        parts.append(
            f"SELECT min(same_text) AS same, count(*) AS copies, count(DISTINCT host) AS servers FROM (SELECT same_text, host"
            f" FROM replies WHERE state = :state AND same_text = :t{number} AND same_text <> '' {condition} LIMIT :most) g{number}"
        )
    rows = await snapshot.fetch(" UNION ALL ".join(parts), **params)
    return {row["same"]: (row["copies"], row["servers"]) for row in rows if row["same"]}


async def facets(snapshot: Snapshot, state: str, kinds: Sequence[str]) -> Facets:
    """Languages, servers and first contacts among the newest of a state; nothing is counted beyond a thousand of a kind."""
    parts = (
        f"SELECT * FROM (SELECT language, host, first_contact FROM replies WHERE state = :state AND kind = '{kind}'"
        f" ORDER BY remote_post_id DESC LIMIT :most) {kind}s"
        for kind in ("reply", "mention", "quote", "direct")
        if kind in kinds
    )
    newest = " UNION ALL ".join(parts)
    rows = await snapshot.fetch(
        f"SELECT language, host, sum(first_contact) AS first, count(*) AS rows FROM ({newest}) r GROUP BY language, host",
        state=state,
        most=COUNTED,
    )
    languages: dict[str, int] = {}
    servers: dict[str, int] = {}
    for row in rows:
        languages[row["language"]] = languages.get(row["language"], 0) + row["rows"]
        servers[row["host"]] = servers.get(row["host"], 0) + row["rows"]

    def most(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:FACETS])

    return Facets(
        languages=most(languages),
        servers=most(servers),
        first=sum(row["first"] for row in rows),
        total=sum(row["rows"] for row in rows),
    )


async def matching(snapshot: Snapshot, wanted: Filter, kind: str, before: int, limit: int) -> list[int]:
    """Numbers of what a filter finds of one kind, the newest first."""
    params: _Params = {"state": wanted.state, "kind": kind, "before": before, "limit": limit}
    rows = await snapshot.fetch(
        "SELECT remote_post_id FROM replies r WHERE state = :state AND kind = :kind AND remote_post_id < :before"
        f"{_wanted('r', wanted, params)}{_indexed(wanted)} ORDER BY remote_post_id DESC LIMIT :limit",
        **params,
    )
    return [row["remote_post_id"] for row in rows]


async def authors(snapshot: Snapshot, ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
    """Who said these, each once: inner id to (id, handle, host)."""
    if not ids:
        return {}
    marks = ", ".join(f":i{number}" for number in range(len(ids)))
    rows = await snapshot.fetch(
        "SELECT DISTINCT a.id, a.uri, a.handle, a.host FROM replies r JOIN remote_posts p ON p.id = r.remote_post_id"
        f" JOIN remote_actors a ON a.id = p.actor_id WHERE r.remote_post_id IN ({marks}) ORDER BY a.id",
        **{f"i{number}": one for number, one in enumerate(ids)},
    )
    return {row["id"]: (row["uri"], row["handle"], row["host"]) for row in rows}


async def said_by(snapshot: Snapshot, actor_ids: Sequence[int], limit: int) -> list[int]:
    """What of some authors is not hidden."""
    marks = ", ".join(f":i{number}" for number in range(len(actor_ids)))
    rows = await snapshot.fetch(
        "SELECT r.remote_post_id FROM remote_posts p JOIN replies r ON r.remote_post_id = p.id"
        f" WHERE p.actor_id IN ({marks}) AND r.state <> 'hidden' LIMIT :limit",
        limit=limit,
        **{f"i{number}": one for number, one in enumerate(actor_ids)},
    )
    return [row["remote_post_id"] for row in rows]


async def stamped(snapshot: Snapshot, ids: Sequence[int]) -> list[str]:
    """Which of these have or want a stamp of ours: their ids on the network."""
    if not ids:
        return []
    marks = ", ".join(f":i{number}" for number in range(len(ids)))
    rows = await snapshot.fetch(
        "SELECT p.uri FROM remote_posts p JOIN stamps s ON s.interacting_uri = p.uri"
        f" WHERE p.id IN ({marks}) AND s.kind = 'reply' ORDER BY p.id",
        **{f"i{number}": one for number, one in enumerate(ids)},
    )
    return [row["uri"] for row in rows]


async def hosts_below(snapshot: Snapshot, host: str) -> list[str]:
    """The hosts we know of a server and below its name. It walks an index of all hosts: for an act, not for a page."""
    rows = await snapshot.fetch(
        "SELECT DISTINCT host FROM remote_actors WHERE host = :host OR host LIKE :port OR host LIKE :below"
        " OR host LIKE :both LIMIT 1000",
        host=host,
        port=f"{host}:%",
        below=f"%.{host}",
        both=f"%.{host}:%",
    )
    return [row["host"] for row in rows]


async def waiting_words(snapshot: Snapshot, before: int, limit: int) -> list[tuple[int, str, str, str]]:
    """What waits, the newest first: (number, warning, HTML, attachments as JSON)."""
    rows = await snapshot.fetch(
        "SELECT r.remote_post_id, p.warning, p.html, p.attachments FROM replies r JOIN remote_posts p"
        " ON p.id = r.remote_post_id WHERE r.state = 'held' AND r.remote_post_id < :before"
        " ORDER BY r.remote_post_id DESC LIMIT :limit",
        before=before,
        limit=limit,
    )
    return [(row["remote_post_id"], row["warning"], row["html"], row["attachments"]) for row in rows]


async def interactions(
    snapshot: Snapshot, before: int | None = None, kind: str = "", server: str = ""
) -> tuple[list[Interaction], int | None]:
    """Boosts and likes of our posts, the newest first, and where the next page begins."""
    rows = await snapshot.fetch(
        f"SELECT i.id, i.kind, i.emoji, i.created_at, s.public_id AS our_post, {AUTHOR} FROM (SELECT * FROM interactions"
        " WHERE id < :before ORDER BY id DESC LIMIT :window) i"
        " JOIN remote_actors a ON a.id = i.remote_actor_id JOIN posts s ON s.id = i.post_id"
        " WHERE (:kind = '' OR i.kind = :kind) AND (:server = '' OR a.host = :server) ORDER BY i.id DESC LIMIT :page",
        before=before or FAR,
        kind=kind,
        server=server,
        window=WINDOW,
        page=PAGE + 1,
    )
    found = [
        Interaction(
            id=row["id"],
            kind=row["kind"],
            author=author_from(row),
            our_post_public_id=row["our_post"],
            emoji=row["emoji"],
            created_at=row["created_at"],
        )
        for row in rows[:PAGE]
    ]
    if len(rows) > PAGE:
        return found, found[-1].id
    edge = await snapshot.value(
        "SELECT id FROM interactions WHERE id < :before ORDER BY id DESC LIMIT 1 OFFSET :window",
        before=before or FAR,
        window=WINDOW,
    )
    return found, edge + 1 if edge is not None else None


def _report(row: Row) -> Report:
    return Report(
        id=row["id"],
        host=row["host"],
        objects=tuple(json.loads(row["objects"])),
        content=row["content"],
        state=row["state"],
        created_at=row["created_at"],
    )


async def report(snapshot: Snapshot, report_id: int) -> Report | None:
    """One report."""
    row = await snapshot.one("SELECT * FROM reports WHERE id = :id", id=report_id)
    return _report(row) if row else None


async def reports(snapshot: Snapshot, limit: int = PAGE) -> list[Report]:
    """The newest open reports, then the newest settled ones."""
    found: list[Row] = []
    for state in ("open", "settled"):
        found += await snapshot.fetch(
            "SELECT * FROM reports WHERE state = :state ORDER BY id DESC LIMIT :limit",
            state=state,
            limit=limit - len(found),
        )
    return [_report(row) for row in found]


async def about(snapshot: Snapshot, uris: Sequence[str]) -> dict[str, Heard]:
    """What was said to us, by the ids of posts that reports name."""
    if not uris:
        return {}
    marks = ", ".join(f":u{number}" for number in range(len(uris)))
    rows = await snapshot.fetch(
        f"{HEARD} WHERE p.uri IN ({marks})", **{f"u{number}": uri for number, uri in enumerate(uris)}
    )
    return {row["uri"]: heard_from(row) for row in rows}
