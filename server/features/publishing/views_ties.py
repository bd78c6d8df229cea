"""Reading whom we have to do with, by server: what blocking would cut."""

from __future__ import annotations

from collections import defaultdict

from federation.errors import Malformed
from federation.identifiers import origin_of
from server.base.database import Snapshot
from server.features.publishing.model import Ties
from server.features.remote.model import RemoteActor
from server.features.remote.store import actor_from
from server.features.safety.service import bare_host

_TIED = (
    "(EXISTS (SELECT 1 FROM followers f WHERE f.remote_actor_id = a.id)"
    " OR EXISTS (SELECT 1 FROM following g WHERE g.remote_actor_id = a.id))"
)


async def ties(snapshot: Snapshot) -> Ties:
    """All ties by server."""
    followers: dict[str, int] = defaultdict(int)
    for row in await snapshot.fetch(
        "SELECT a.host, count(*) AS many FROM followers f JOIN remote_actors a ON a.id = f.remote_actor_id"
        " GROUP BY a.host"
    ):
        followers[bare_host(row["host"])] += row["many"]
    following: dict[str, list[str]] = defaultdict(list)
    for row in await snapshot.fetch(
        "SELECT a.host, a.handle FROM following g JOIN remote_actors a ON a.id = g.remote_actor_id ORDER BY a.handle"
    ):
        following[bare_host(row["host"])].append(f"@{row['handle']}")
    allies: dict[str, list[str]] = defaultdict(list)
    for row in await snapshot.fetch("SELECT kind, target, label FROM allies ORDER BY label"):
        host = _host(row["target"]) if row["kind"] == "actor" else row["target"]
        allies[host].append(row["label"] or row["target"])
    return Ties(
        followers=followers,
        following={host: tuple(names) for host, names in following.items()},
        allies={host: tuple(names) for host, names in allies.items()},
    )


def _host(uri: str) -> str:
    try:
        return origin_of(uri).host
    except Malformed:
        return ""


async def tied_hosts(snapshot: Snapshot) -> list[str]:
    """Servers of followers and of people we follow, with their ports."""
    rows = await snapshot.fetch(
        "SELECT DISTINCT a.host FROM followers f JOIN remote_actors a ON a.id = f.remote_actor_id"
        " UNION SELECT DISTINCT a.host FROM following g JOIN remote_actors a ON a.id = g.remote_actor_id"
    )
    return [row["host"] for row in rows]


async def tied_at(snapshot: Snapshot, host: str, limit: int) -> list[RemoteActor]:
    """Followers and people we follow on exactly this server."""
    rows = await snapshot.fetch(
        f"SELECT a.* FROM remote_actors a WHERE a.host = :host AND {_TIED} ORDER BY a.id LIMIT :limit",
        host=host,
        limit=limit,
    )
    return [actor_from(row) for row in rows]


async def tied_below(snapshot: Snapshot, host: str, limit: int) -> list[RemoteActor]:
    """Followers and people we follow on a server and on every server below its name."""
    name = host.replace("_", "!_")  # an underscore may stand in a name, and means any character to LIKE
    rows = await snapshot.fetch(
        "SELECT a.* FROM remote_actors a"
        " WHERE (a.host = :host OR a.host LIKE :port ESCAPE '!' OR a.host LIKE :below ESCAPE '!' OR a.host LIKE :both ESCAPE '!')"
        f" AND {_TIED} ORDER BY a.id LIMIT :limit",
        host=host,
        port=f"{name}:%",
        below=f"%.{name}",
        both=f"%.{name}:%",
        limit=limit,
    )
    return [actor_from(row) for row in rows]
