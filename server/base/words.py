"""Words for people: English where they are thought of, another language where they are shown."""

from __future__ import annotations

from typing import Any, Self


def marked(text: str) -> str:
    """The text itself: `make words` finds it here, though it is translated elsewhere."""
    return text


class Words(str):
    """An English sentence with its numbers and names put in, which remembers both, so that it can still be translated."""

    __slots__ = ("given", "message")
    message: str
    given: dict[str, Any]

    def __new__(cls, message: str, **given: Any) -> Self:  # noqa: D102 - as the class
        made = super().__new__(cls, message % given if given else message)
        made.message, made.given = message, given
        return made

    def __str__(self) -> str:
        return self
