"""What becomes of something that is heard before an organiser looks at it: shown, held or hidden."""

from __future__ import annotations

from typing import Final

from server.base.database import Database, Snapshot
from server.features.actors.service import Actors
from server.features.conversation import store_rules, views
from server.features.conversation.model import Near, Standing, Verdict, WordRule
from server.features.conversation.words import Matcher, plain, same_text, signs
from server.features.followers.service import FOLLOWING
from server.features.posts.model import Glimpse, ReplyPolicy
from server.features.remote.model import CleanPost, RemoteActor
from server.features.safety.model import LockLevel
from server.features.safety.service import Safety

#: The change that says: the word rules are others now. No page shows them, so it goes with what pages need not hear of.
RULES_CHANGED: Final = ("inboxes", "words")
#: The change that says: the mutes are others now.
MUTES_CHANGED: Final = ("inboxes", "mutes")
#: Kinds of changes that say: our allies, or those whom we follow, are others now (the rooms `allies` and `followers` record them).
NEAR_CHANGED: Final = frozenset({"allies", FOLLOWING})
MAX_LANGUAGE_CHARS: Final = 8
MAX_NAMES_ABOVE: Final = 10


def main_language(code: str | None) -> str:
    """`pt-BR` as `pt`: what languages are filtered by. Empty for none, or for what is no code."""
    main = (code or "").replace("_", "-").partition("-")[0].lower()
    return main if main.isascii() and main.isalpha() and len(main) <= MAX_LANGUAGE_CHARS else ""


def bare_host(host: str) -> str:
    """A host without its port."""
    return host if host.startswith("[") else host.partition(":")[0]


def hosts_above(host: str) -> list[str]:
    """A host without its port and the names above it, the way mutes and allies of servers are kept."""
    labels = bare_host(host).split(".")
    above = range(max(1, len(labels) - MAX_NAMES_ABOVE), len(labels))
    return [bare_host(host), *(".".join(labels[start:]) for start in above)]


class Judging:
    """Mutes, word rules, locks, reply policies and allies, in this order. Word rules and who is near are kept in memory."""

    def __init__(self, database: Database, actors: Actors, safety: Safety) -> None:
        self._actors = actors
        self._safety = safety
        self._matcher: Matcher | None = None
        self._near: Near | None = None
        self._near_changed = 0
        database.on_change(self._changed)

    def _changed(self, kind: str, subject: str) -> None:
        if (kind, subject) == RULES_CHANGED:
            self._matcher = None
        elif kind in NEAR_CHANGED or (kind, subject) == MUTES_CHANGED:
            self._near, self._near_changed = None, self._near_changed + 1

    async def _who_is_near(self, snapshot: Snapshot) -> Near:
        before, found = self._near_changed, self._near
        if found is None:
            found = await views.near(snapshot, self._actors.campaign().id)
            if before == self._near_changed:
                self._near = found
        return found

    async def _rule(self, snapshot: Snapshot, post: CleanPost) -> WordRule | None:
        matcher = self._matcher
        if matcher is None:
            matcher = self._matcher = Matcher(await store_rules.rules(snapshot))
        return matcher.find(post.warning, plain(post.html), *(alt for _, _, alt in post.attachments))

    async def judge(
        self, snapshot: Snapshot, author: RemoteActor, post: CleanPost, parent: Glimpse | None, kind: str
    ) -> Verdict:
        """What becomes of it."""
        standing = await self._standing(snapshot, author)
        rule = await self._rule(snapshot, post)
        return Verdict(
            state=self._state(standing, rule, post, parent, kind),
            language=main_language(post.language),
            first_contact=standing.stranger,
            same_text=same_text(post.html),
            rule_id=rule.id if rule else None,
            ally=standing.ally,
            signs=kind == "reply" and signs(post.html),
        )

    async def _standing(self, snapshot: Snapshot, author: RemoteActor) -> Standing:
        """From the cheapest question to the dearest: what one has answered the next need not."""
        near, hosts, ours = await self._who_is_near(snapshot), hosts_above(author.host), self._actors.campaign().id
        if near.muted is None:
            muted = await views.is_muted(snapshot, [author.uri, *hosts])
        else:
            muted = not near.muted.isdisjoint([author.uri, *hosts])
        ally = author.uri in near.allies or not near.allied_hosts.isdisjoint(hosts)
        ally = ally and not self._safety.refuses(author.uri)
        known = ally or author.id in near.followed
        follows = not known and await views.follows(snapshot, ours, author.id)
        return Standing(
            muted=muted,
            ally=ally,
            follows=follows,
            followed=author.id in near.followed,
            shown_before=not known and not follows and await views.shown_before(snapshot, author.id),
        )

    def _state(
        self, standing: Standing, rule: WordRule | None, post: CleanPost, parent: Glimpse | None, kind: str
    ) -> str:
        if standing.muted or (rule is not None and rule.act == "hide"):
            return "hidden"
        closed = self._safety.level >= LockLevel.CONVERSATION_CLOSED
        if kind != "reply" or parent is None or closed or post.visibility not in {"public", "unlisted"}:
            return "held"
        if parent.reply_policy is ReplyPolicy.CLOSED:
            return "hidden"
        if rule is not None:
            return "held"
        known = standing.ally or (parent.reply_policy is ReplyPolicy.KNOWN and (standing.follows or standing.followed))
        return "approved" if known or parent.reply_policy is ReplyPolicy.OPEN else "held"
