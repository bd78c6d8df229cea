"""The home timeline, in our words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from server.base.safe_html import to_text
from server.features.remote.model import CleanPost, RemoteActor, RemotePost

#: What `proposed` says: nothing, a call-out of an ally that waits for a yes or no, one that was decided.
PLAIN, PROPOSED, DECIDED = 0, 1, 2
BOOSTABLE: Final = frozenset({"public", "unlisted"})
_TAG: Final = re.compile(r"(?<![\w&/])#call_?out(?!\w)", re.IGNORECASE)
_FIRST_LINE: Final = re.compile(r"\W{0,8}call-?out(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Something attached to a post of others: shown as a link, never loaded."""

    url: str
    media_type: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePost:
    """A post of somebody we follow, or one that they boosted."""

    id: int
    post: RemotePost
    author: RemoteActor
    boosted_by: str
    proposed: bool
    attached: tuple[Attached, ...]
    we_boost: bool
    we_like: bool


def looks_like_a_call_out(post: CleanPost) -> bool:
    """True for an event, for what is tagged #callout, and for what begins as our own call-outs do."""
    if post.type == "Event":
        return True
    words = to_text(post.html[:20_000])
    first = (post.warning or words).lstrip().partition("\n")[0]
    return bool(_FIRST_LINE.match(first) or _FIRST_LINE.match(words) or _TAG.search(words))
