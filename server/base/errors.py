"""What a verb may refuse, each with a status and a text that is safe to show.

AppError
├── Invalid        422  what was asked cannot be done as it is written
│   └── Misfilled       the same of one field of a form, which it names
├── Unauthorised   401  who are you?
├── Forbidden      403  not yours to do
├── NotFound       404
├── Gone           410  it was deleted
├── Conflict       409  it is so already, or something else is in the way
├── TooLarge       413
├── WrongType      415
├── TooMany        429  with seconds to wait
└── Unavailable    503  not now: disk full, locked, shutting down; with seconds to wait
"""

from __future__ import annotations

from typing import Any, ClassVar

from server.base.words import Words


class AppError(Exception):
    """Base of all refusals. `public` may be shown to anybody; nothing else of it may.

    The sentence is written down whole, so that it can be translated; its numbers and names are given: `Invalid("At most %(max)s.", max=4)`.
    """

    status: ClassVar[int] = 500
    retry_after: int | None = None

    def __init__(self, public: str = "Something went wrong here.", **given: Any) -> None:
        self.public = Words(public, **given)
        super().__init__(self.public)

    def __str__(self) -> str:
        return self.public


class Invalid(AppError):
    """What was asked cannot be done as it is written."""

    status = 422


class Misfilled(Invalid):
    """One field of a form, by its name, cannot stay as it is."""

    def __init__(self, public: str, *, field: str, **given: Any) -> None:
        super().__init__(public, **given)
        self.field = field


class Unauthorised(AppError):
    """Nobody is signed in, or the proof does not hold."""

    status = 401


class Forbidden(AppError):
    """Known, but not allowed."""

    status = 403


class NotFound(AppError):
    """There is no such thing, or not for you."""

    status = 404


class Gone(AppError):
    """There was such a thing; it was deleted."""

    status = 410


class Conflict(AppError):
    """It is so already, or something is in the way."""

    status = 409


class TooLarge(AppError):
    """More bytes than we read."""

    status = 413


class WrongType(AppError):
    """A content type that is not understood."""

    status = 415


class TooMany(AppError):
    """Too often; wait."""

    status = 429

    def __init__(
        self, public: str = "Too many requests. Wait a little.", *, retry_after: int = 60, **given: Any
    ) -> None:
        super().__init__(public, **given)
        self.retry_after = retry_after


class Unavailable(AppError):
    """Not now; try again."""

    status = 503

    def __init__(self, public: str = "Not now. Try again in a minute.", *, retry_after: int = 30, **given: Any) -> None:
        super().__init__(public, **given)
        self.retry_after = retry_after
