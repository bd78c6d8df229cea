"""What clocks on a wall show, made exact: hours that are skipped and hours that come twice are said, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from server.base.errors import Invalid
from server.base.timestamps import to_text
from server.base.words import marked


class Twice(Invalid):
    """An hour that comes twice. `choices` are the two moments, the earlier first, with the clock's distance from UTC."""

    def __init__(self, wall: datetime, choices: tuple[tuple[str, str], tuple[str, str]]) -> None:
        super().__init__(
            marked("%(at)s comes twice on that day, as the clocks are set back. Choose which one you mean."),
            at=f"{wall:%H:%M}",
        )
        self.choices = choices


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """The clocks of a time zone by its name, such as Europe/Paris."""

    zone: str

    def __post_init__(self) -> None:
        """Raise Invalid for a name of no zone."""
        if self.zone not in available_timezones():
            raise Invalid("Choose a time zone from the list.")

    def exact(self, wall: str, *, second: bool | None = None) -> str:
        """The moment, as UTC text, at which clocks there show this (`2026-01-31T18:00`). Raises Invalid, or Twice unless `second` is given."""
        try:
            shown = datetime.fromisoformat(wall).replace(second=0, microsecond=0)
        except ValueError:
            raise Invalid("Choose a day and a time.") from None
        if shown.tzinfo is not None or not 1990 <= shown.year < 2200:
            raise Invalid("Choose a day and a time.")
        first, last = (self._moment(shown, fold) for fold in (0, 1))
        if first.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None) != shown:
            after = first.astimezone(ZoneInfo(self.zone))
            raise Invalid(
                "%(at)s does not exist on that day: the clocks are set forward. Choose %(next)s, or another time.",
                at=f"{shown:%H:%M}",
                next=f"{after:%H:%M}",
            )
        if first == last or second is False:
            return to_text(first)
        if second is None:
            raise Twice(shown, ((to_text(first), self._distance(first)), (to_text(last), self._distance(last))))
        return to_text(last)

    def wall(self, moment: str) -> str:
        """What clocks there show at a moment, as a form takes it."""
        return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(self.zone)):%Y-%m-%dT%H:%M}"

    def _moment(self, shown: datetime, fold: int) -> datetime:
        return shown.replace(tzinfo=ZoneInfo(self.zone), fold=fold).astimezone(UTC)

    def _distance(self, moment: datetime) -> str:
        text = f"{moment.astimezone(ZoneInfo(self.zone)):%z}"
        return f"UTC{text[:3]}:{text[3:]}"
