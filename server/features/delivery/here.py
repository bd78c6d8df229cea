"""Sending from this very process, through any httpx transport: `CALLOUT_SENDERS=0`, and two servers in one test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from federation.errors import FederationError
from federation.identifiers import KeyId
from federation.keys import KeyPair
from federation.signatures import body_digest, sign_cavage, sign_rfc9421
from federation.wire import WireAnswer
from server.features.delivery.model import Key, Letter, News, Outcome

CONTENT_TYPE: Final = "application/activity+json"
TOGETHER_SECONDS: Final = 0.05
#: The files of this process are its visitors' first.
ROOM: Final = 200
#: Answers after which a second knock with RFC 9421 may open (Mastodon and Fedify do the same the other way round).
SECOND_KNOCK: Final = frozenset({400, 401})

Post = Callable[[str, dict[str, str], bytes], Awaitable[WireAnswer]]


class SenderHere:
    """Signs and posts one after the other; `post` does the HTTP."""

    def __init__(self, post: Post, clock: Callable[[], datetime]) -> None:
        self._post = post
        self._clock = clock
        self._pairs: dict[str, KeyPair] = {}

    @property
    def room(self) -> int:
        """How many letters may be under way at once."""
        return ROOM

    async def send(
        self, letters: Sequence[Letter], bodies: dict[int, str], keys: Sequence[Key]
    ) -> AsyncGenerator[News, None]:
        """Send some letters at once; one outcome each, as they come."""
        pairs = {key.actor_id: self._pair(key) for key in keys}
        pending = {
            asyncio.create_task(self._one(letter, bodies[letter.outbox_id].encode(), pairs[letter.actor_id]))
            for letter in letters
        }
        try:
            while pending:
                done, pending = await asyncio.wait(pending, timeout=TOGETHER_SECONDS)
                if not done:
                    yield News([], slow=len(pending))
                    done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                yield News([task.result() for task in done])
        finally:
            for task in pending:
                task.cancel()

    def _pair(self, key: Key) -> KeyPair:
        pair = self._pairs.get(key.private_pem)
        if pair is None:
            pair = self._pairs[key.private_pem] = KeyPair.from_pem(KeyId(key.key_id), key.private_pem)
        return pair

    async def _one(self, letter: Letter, body: bytes, pair: KeyPair) -> Outcome:
        try:
            answer = await knock(self._post, letter.url, body, pair, self._clock())
        except FederationError as error:
            return Outcome(letter.delivery_id, None, None, type(error).__name__)
        return Outcome(letter.delivery_id, answer.status, answer.retry_after)

    async def stop(self) -> None:
        """Nothing to end."""


async def knock(post: Post, url: str, body: bytes, pair: KeyPair, now: datetime) -> WireAnswer:
    """POST a body signed by draft-cavage; on 400 or 401 once more by RFC 9421."""
    digest = body_digest(body)
    headers = sign_cavage(pair, "POST", url, body, now, content_type=CONTENT_TYPE, digest=digest)
    answer = await post(url, headers, body)
    if answer.status not in SECOND_KNOCK:
        return answer
    headers = sign_rfc9421(pair, "POST", url, body, now, content_type=CONTENT_TYPE, digest=digest)
    return await post(url, headers, body)
