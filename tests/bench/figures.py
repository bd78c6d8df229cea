"""One line of the measurement: what was measured, what it should be, and whether it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number with its target: at least that much, or at most where `at_most` says so. `seconds` is what measuring it took."""

    name: str
    value: float
    unit: str = "/s"
    target: float | None = None
    at_most: bool = False
    note: str = ""
    failed: bool = False
    seconds: float = 0.0

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.failed:
            return False
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    @property
    def verdict(self) -> str:
        return "failed" if self.failed else {None: "", True: "met", False: "MISSED"}[self.met]

    @property
    def shown(self) -> str:
        return "-" if self.failed else f"{number(self.value)} {self.unit}".strip()

    @property
    def wanted(self) -> str:
        if self.target is None:
            return ""
        return f"{'≤' if self.at_most else '≥'} {number(self.target)} {self.unit}".strip()

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def number(value: float) -> str:
    """Three figures, or all of a great one."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def most(name: str, value: float, unit: str, target: float, note: str = "") -> Figure:
    """A figure that must not be more."""
    return Figure(name=name, value=value, unit=unit, target=target, at_most=True, note=note)


def least(name: str, value: float, target: float, unit: str = "/s", note: str = "") -> Figure:
    """A figure that must not be less."""
    return Figure(name=name, value=value, unit=unit, target=target, note=note)
