"""Reading documents of others: what came has to be of the type that was asked for, and is parsed as strictly as what is sent to us."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from federation.errors import WrongDocument
from federation.fetching import TOTAL_SECONDS, Fetch, Wanted
from federation.gate import Document, read_json
from federation.identifiers import without_fragment
from federation.keys import KeyPair
from federation.negotiation import ACCEPT, is_activitypub

_JSON_TYPES: Final = frozenset({"application/jrd+json", "application/json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document and the URL it really came from."""

    url: str
    document: Document


class FetchClient:
    """Signed and unsigned GETs. `signer` gives the key of the instance actor; requests are unsigned without one."""

    def __init__(self, fetch: Fetch, *, signer: Callable[[], KeyPair] | None = None) -> None:
        self._fetch = fetch
        self._signer = signer

    async def get_document(self, url: str, seconds: float = TOTAL_SECONDS) -> Fetched:
        """An ActivityPub document, signed for. Raises FetchFailed, UnsafeUrl or Malformed."""
        wanted = Wanted(url=without_fragment(url), accept=ACCEPT, seconds=seconds)
        got = await self._fetch(wanted, self._signer() if self._signer else None)
        if not is_activitypub(got.content_type):
            raise WrongDocument("not ActivityPub")
        return Fetched(url=got.url, document=read_json(got.body))

    async def get_json(self, url: str, accept: str) -> Document:
        """A JSON document such as WebFinger's, unsigned. Raises FetchFailed, UnsafeUrl or Malformed."""
        got = await self._fetch(Wanted(url=url, accept=accept), None)
        if _plain(got.content_type) not in _JSON_TYPES:
            raise WrongDocument("not JSON")
        return read_json(got.body)

    async def get_text(self, url: str, accept: str, types: Collection[str]) -> tuple[str, bytes]:
        """The bytes of a text of one of these types and the URL they came from. The GET says nothing of who asks.

        Raises FetchFailed, UnsafeUrl or Malformed.
        """
        got = await self._fetch(Wanted(url=without_fragment(url), accept=accept, named=False), None)
        if _plain(got.content_type) not in types:
            raise WrongDocument("another kind of text than was asked for")
        return got.url, got.body


def _plain(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()
