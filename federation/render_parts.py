"""What several documents are made of: times, pictures, links, and the entries that are there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from federation.objects import Attachment, Link


def time_text(moment: datetime) -> str:
    """ISO 8601 in UTC with whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def given(**values: Any) -> dict[str, Any]:
    """The entries that are not None; `type_` and the like lose their underscore."""
    return {key.rstrip("_"): value for key, value in values.items() if value is not None}


def mapped(pairs: tuple[tuple[str, str], ...]) -> dict[str, str] | None:
    """A map by language in the order given; None for an empty one."""
    return dict(pairs) or None


def picture(one: Attachment, kind: str) -> dict[str, Any]:
    """A picture; its words under both names that others read."""
    alt = one.alt or None
    return given(
        type_=kind,
        mediaType=one.media_type,
        url=one.url,
        name=alt,
        nameMap=mapped(one.alt_map),
        summary=alt,
        width=one.width,
        height=one.height,
        blurhash=one.blurhash,
        focalPoint=list(one.focus) if one.focus else None,
    )


def link(one: Link) -> dict[str, str]:
    """A link to another address of the same thing."""
    return given(type_="Link", mediaType=one.media_type, href=one.href, name=one.name)
