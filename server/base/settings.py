"""Settings: environment `CALLOUT_*` over `callout.toml` in the data folder, read once, checked, frozen."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

PREFIX: Final = "CALLOUT_"
LOG_LEVELS: Final = ("INFO", "WARNING")
Network = IPv4Network | IPv6Network


#: How long things are kept: less than a day would erase what nobody has read yet, more than ten years is no retention.
_KEEP: Final = ("keep_messages_days", "keep_audit_days", "keep_offers_days")
MAX_KEEP_DAYS: Final = 3_650


class SettingsError(Exception):
    """A setting that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an operator can set. Names in the environment are these in capitals after `CALLOUT_`."""

    #: Folder of the database, pictures, keys and the control socket.
    data: Path = Path("data")
    #: Scheme, host and port under which the world reaches us; can never change once anything was federated.
    base_url: str = "http://localhost:8000"
    #: Domain of the handles where it is not the host of base_url (split domain).
    handle_domain: str = ""
    #: `sqlite` (in the data folder) or a `postgresql://` address.
    database_url: str = "sqlite"
    #: Sender processes for deliveries; 0 sends from the server process itself.
    senders: int = os.cpu_count() or 1
    #: Networks whose proxy headers are believed. None by default.
    trusted_proxies: tuple[Network, ...] = ()
    #: Networks that may be dialled though private, on any port. For tests and closed networks.
    allow_networks: tuple[Network, ...] = ()
    #: Whether http addresses may be dialled. For tests.
    allow_http: bool = False
    #: File of certificate authorities to believe instead of the system's.
    ca_file: str = ""
    #: Address to listen on.
    host: str = "127.0.0.1"
    #: Port to listen on.
    port: int = 8000
    #: How much the log says: INFO or WARNING.
    log_level: str = "INFO"
    #: Days after which direct messages from outside are erased.
    keep_messages_days: int = 30
    #: Days after which settled reports and the audit log are erased.
    keep_audit_days: int = 180
    #: Days after which what readers offered is erased.
    keep_offers_days: int = 30
    #: Fewest free bytes on the disk at which the inbox still accepts.
    min_free_bytes: int = 200_000_000

    @property
    def is_sqlite(self) -> bool:
        """True for the default database."""
        return self.database_url == "sqlite"

    @property
    def secure(self) -> bool:
        """True where the world reaches us over https."""
        return self.base_url.startswith("https://")

    @classmethod
    def load(cls, environ: Mapping[str, str], data: Path | None = None) -> Settings:
        """Read `callout.toml` of the data folder, then the environment over it. Raises SettingsError."""
        folder = data or Path(environ.get("CALLOUT_DATA", "data"))
        given = _file_values(folder / "callout.toml")
        names = {field.name for field in fields(cls)}
        given.update(
            {
                key.removeprefix(PREFIX).lower(): value
                for key, value in environ.items()
                if key.startswith(PREFIX) and key.removeprefix(PREFIX).lower() in names
            }
        )
        unknown = given.keys() - names
        if unknown:
            raise SettingsError(f"unknown setting: {', '.join(sorted(unknown))}")
        given["data"] = str(folder)
        values = {name: _converted(name, value) for name, value in given.items()}
        settings = cls(**values)  # type: ignore[arg-type]  # each value was converted to the type of its field above
        _check(settings)
        return settings


def _file_values(path: Path) -> dict[str, object]:
    try:
        return dict(tomllib.loads(path.read_text()))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError:
        raise SettingsError(f"{path} is not TOML") from None


def _converted(name: str, value: object) -> object:
    try:
        if name in {"trusted_proxies", "allow_networks"}:
            items = value.split(",") if isinstance(value, str) else cast("list[str]", value)
            return tuple(ip_network(item.strip()) for item in items if item.strip())
        if name in {"senders", "port", "min_free_bytes", *_KEEP}:
            return int(cast("str", value))
    except (ValueError, TypeError):
        raise SettingsError(f"{PREFIX}{name.upper()} is not usable") from None
    if name == "allow_http":
        return str(value).lower() in {"1", "true", "yes", "on"}
    if name == "data":
        return Path(str(value))
    return str(value).strip()


def _check(settings: Settings) -> None:
    parts = urlsplit(settings.base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise SettingsError("CALLOUT_BASE_URL is a scheme and a host, such as https://campaign.example")
    if not settings.is_sqlite and not settings.database_url.startswith(("postgresql://", "postgres://")):
        raise SettingsError("CALLOUT_DATABASE_URL is `sqlite` or a postgresql:// address")
    if settings.log_level not in LOG_LEVELS:
        raise SettingsError(f"CALLOUT_LOG_LEVEL is {' or '.join(LOG_LEVELS)}: there is no level that tells more")
    if settings.senders < 0 or not 0 < settings.port < 65536:
        raise SettingsError("CALLOUT_SENDERS or CALLOUT_PORT is out of range")
    for name in _KEEP:
        if not 0 < getattr(settings, name) <= MAX_KEEP_DAYS:
            raise SettingsError(f"{PREFIX}{name.upper()} is a number of days, from 1 to {MAX_KEEP_DAYS}")
