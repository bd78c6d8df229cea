"""Collections and their pages -> bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from federation import context
from federation.render import encode


def render_collection(
    collection_id: str,
    total: int,
    *,
    ordered: bool = True,
    first: str | None = None,
    items: Sequence[Any] | None = None,
) -> bytes:
    """A collection: only a count, or with its first page, or with all its items (ids, or documents without context)."""
    key = "orderedItems" if ordered else "items"
    return encode(
        {
            "@context": context.QUOTING if items else context.ACTIVITYSTREAMS,
            "id": collection_id,
            "type": "OrderedCollection" if ordered else "Collection",
            "totalItems": total,
            **({"first": first} if first is not None else {}),
            **({key: list(items)} if items is not None else {}),
        }
    )


def render_page(
    page_id: str, part_of: str, items: Sequence[Any], *, ordered: bool = True, next_page: str | None = None
) -> bytes:
    """One page of a collection; items are ids or whole documents."""
    return msgspec.json.encode(
        {
            "@context": context.NOTE,
            "id": page_id,
            "type": "OrderedCollectionPage" if ordered else "CollectionPage",
            "partOf": part_of,
            **({"next": next_page} if next_page is not None else {}),
            "orderedItems" if ordered else "items": list(items),
        }
    )


def raw(body: bytes) -> Any:
    """A rendered document as an item of a page: its context stays with it, which JSON-LD allows."""
    return msgspec.Raw(body)
