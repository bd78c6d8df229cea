"""How many posts or replies one page shows: few enough that a page and its stylesheet stay under 30 kB, whatever they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from server.features.conversation.model import Heard
from server.features.posts.model import Post, Text

#: What a list may weigh: the rest of 30 kB is the stylesheet, the head and the foot of the page.
LIST_BYTES: Final = 11_000
#: What stands around the words, by measure.
_POST, _PICTURE, _REPLY, _CALL = 450, 500, 500, 1_200

T = TypeVar("T")


def of_post(post: Post) -> int:
    """About how many bytes a post takes on a page."""
    words = max((_words(text) for text in post.shown_texts), key=len)
    quoted = post.quote.html if post.quote else ""
    alts = "".join(picture.alt for picture in post.pictures)
    return (
        _POST
        + _CALL * (post.call is not None)
        + _bytes(words)
        + _bytes(quoted)
        + 2 * _bytes(alts)
        + _PICTURE * len(post.pictures)
    )


def _words(text: Text) -> str:
    return f"{text.title}{text.warning}{text.html}{text.place}{text.needs}{text.instead}"


def of_reply(reply: Heard) -> int:
    """About how many bytes a reply takes on a page."""
    return _REPLY + _bytes(reply.post.html) + _bytes(reply.post.warning)


def _bytes(text: str) -> int:
    return len(text.encode())


def fitting(
    items: Sequence[T], weigh: Callable[[T], int], *, beside: Sequence[Post] = (), most: int
) -> tuple[list[T], bool]:
    """The first of these that fit on a page beside other posts, at least one; and whether there is more.

    `most` is how many were asked for: if so many came there may be others.
    """
    left = LIST_BYTES - sum(map(of_post, beside))
    shown: list[T] = []
    for one in items:
        left -= weigh(one)
        if shown and left < 0:
            return shown, True
        shown.append(one)
    return shown, len(items) >= most
