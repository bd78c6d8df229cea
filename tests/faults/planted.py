"""Ten thousand followers in a second: written into the database while nobody runs, as their Follows would have been."""

from __future__ import annotations

from contextlib import closing

from server.base.database import engine
from tests.loopback.campaign import Campaign
from tests.loopback.sink import Sink

SEEN = "2026-01-31T18:00:00.000000Z"
ACTOR = (
    "INSERT INTO remote_actors (id, uri, host, type, username, handle, url, inbox, first_seen_at, fetched_at)"
    f" VALUES (:id, :uri, :host, 'Person', 'u', 'u@' || :host, :uri, :uri || '/inbox', '{SEEN}', '{SEEN}')"
)
INBOX = "INSERT INTO inboxes (id, url, host) VALUES (:id, :uri || '/inbox', :host)"
FOLLOWER = (
    "INSERT INTO followers (id, actor_id, remote_actor_id, inbox_id, state, follow_uri, created_at)"
    f" SELECT :id, id, :id, :id, 'accepted', :uri || '/follow', '{SEEN}' FROM actors WHERE kind = 'campaign'"
)
WALK = "INSERT INTO followed_inboxes (id, actor_id, inbox_id, followers) SELECT :id, id, :id, 1 FROM actors WHERE kind = 'campaign'"


def plant(campaign: Campaign, sink: Sink) -> None:
    """Everybody on the sink follows; the server is started anew."""
    assert campaign.server.stop() == 0
    crowd = sink.crowd
    rows = [{"id": n + 1, "uri": crowd.uri(n), "host": crowd.host(n)} for n in range(crowd.count)]
    with closing(engine.sqlite3.connect(campaign.terminal.data / "callout.db")) as database:
        for statement in (ACTOR, INBOX, FOLLOWER, WALK):
            database.executemany(statement, rows)
        database.commit()
    campaign.server.start()
