"""Lists of servers as others publish them: Mastodon's CSV and plain lines are read, Mastodon's CSV is written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from server.base.errors import Invalid, TooLarge
from server.features.safety.service import MAX_HOST_CHARS, normal_host

MAX_LIST_BYTES: Final = 1_000_000
MAX_ROWS: Final = 20_000
#: Servers that one list may bring, and their letters together: what a form carries from the preview to the act.
MAX_HOSTS, MAX_HOSTS_CHARS = 10_000, 240_000
HEAD: Final = ("#domain", "#severity", "#reject_media", "#reject_reports", "#public_comment", "#obfuscate")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC: Final = re.compile(r"[0-9.]+")
_CUTS: Final = frozenset({"suspend", "suspended", ""})
_LIMITS: Final = frozenset({"silence", "silenced", "limit", "limited"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadList:
    """What stood in a list: servers in the order of the list, and how many lines were passed over, and why."""

    hosts: tuple[str, ...]
    hidden: int = 0
    milder: int = 0
    unreadable: int = 0


@dataclass(slots=True)
class _Reading:
    hosts: dict[str, None] = field(default_factory=dict)
    hidden: int = 0
    milder: int = 0
    unreadable: int = 0

    def take(self, text: str) -> None:
        name = text.strip()
        if "*" in name:
            self.hidden += 1
            return
        try:
            self.hosts.setdefault(server_name(name))
        except Invalid:
            self.unreadable += 1


def server_name(text: str) -> str:
    """A name of a server, more strictly than where a person types one: no address, nothing of digits alone. Raises Invalid."""
    if len(text) > MAX_HOST_CHARS or text.startswith("."):
        raise Invalid("That is not the name of a server.")
    host = normal_host(text)
    if _NUMERIC.fullmatch(host) or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise Invalid("That is not the name of a server.")
    return host


def decoded(body: bytes) -> str:
    """The text of a list. Raises TooLarge, Invalid."""
    if len(body) > MAX_LIST_BYTES:
        raise TooLarge("That list is too large: at most 1 MB.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("That is not a list of servers: it is no text.") from None


def read_list(text: str, *, limits: bool = False) -> ReadList:
    """Read Mastodon's CSV or one server a line. With `limits` also servers that are only limited there. Raises Invalid, TooLarge."""
    if len(text) > MAX_LIST_BYTES:
        raise TooLarge("That list is too large: at most 1 MB.")
    reading = _Reading()
    columns: dict[str, int] | None = None
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))):
            if number >= MAX_ROWS:
                raise TooLarge("That list is too long: at most 20,000 lines.")
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if columns is None:
                columns = _columns(cells)
                if columns:
                    continue
            if not cells[0].startswith("#"):
                _line(reading, columns or {}, cells, limits=limits)
    except csv.Error:
        raise Invalid("That is not a list of servers: its lines cannot be told apart.") from None
    return _whole(reading)


def _columns(cells: list[str]) -> dict[str, int]:
    """Where the first line says that things stand; empty if it is no heading."""
    names = [cell.lower().lstrip("#").strip() for cell in cells]
    named = next((name for name in ("domain", "host", "instance") if name in names), None)
    if named is None:
        return {}
    found = {"domain": names.index(named)}
    if "severity" in names:
        found["severity"] = names.index("severity")
    return found


def _line(reading: _Reading, columns: dict[str, int], cells: list[str], *, limits: bool) -> None:
    at, severity_at = columns.get("domain", 0), columns.get("severity", -1)
    if at >= len(cells) or not cells[at]:
        reading.unreadable += 1
        return
    severity = cells[severity_at].lower() if 0 <= severity_at < len(cells) else ""
    if severity in _CUTS or (limits and severity in _LIMITS):
        reading.take(cells[at])
    else:
        reading.milder += 1


def _whole(reading: _Reading) -> ReadList:
    if len(reading.hosts) > MAX_HOSTS or sum(len(host) + 1 for host in reading.hosts) > MAX_HOSTS_CHARS:
        raise TooLarge("That list names too many servers: at most 10,000. Import it in parts.")
    return ReadList(
        hosts=tuple(reading.hosts), hidden=reading.hidden, milder=reading.milder, unreadable=reading.unreadable
    )


def write_list(hosts: Iterable[str]) -> str:
    """Servers as Mastodon imports them."""
    out = io.StringIO(newline="")
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(HEAD)
    lines.writerows((host, "suspend", "false", "false", "", "false") for host in hosts)
    return out.getvalue()
