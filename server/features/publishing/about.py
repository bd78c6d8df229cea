"""What the campaign says of itself at length, and how it is reached beside the fediverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from server.base import changes
from server.base.database import Database
from server.base.errors import Invalid
from server.features.access.model import Act, Who
from server.features.actors.service import Actors
from server.features.audit.service import Audit
from server.features.posts.limits import checked_language
from server.features.publishing import store_about
from server.features.publishing.service import Publishing

#: A page with it stays under 30 kB in any script.
MAX_STATEMENT_CHARS: Final = 8_000
MAX_CONTACT_CHARS: Final = 2_000
MAX_SECURITY_CHARS: Final = 300
#: Addresses of any scheme but these lead nowhere for whoever found a hole (RFC 9116, section 2.5.3).
_SECURITY_SCHEMES: Final = frozenset({"https", "mailto", "tel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutWords:
    """Everything at once: statement and contact by language, as plain text, and the address of security.txt."""

    statement: dict[str, str]
    contact: dict[str, str]
    security: str


class About:
    """The words of the pages /statement and /contact."""

    def __init__(self, database: Database, publishing: Publishing, actors: Actors, audit: Audit) -> None:
        self._database = database
        self._publishing = publishing
        self._actors = actors
        self._audit = audit

    async def words(self) -> AboutWords:
        """What stands now."""
        ours = self._actors.campaign().id
        async with self._database.snapshot() as snapshot:
            return AboutWords(
                statement=await store_about.words(snapshot, ours, "statement"),
                contact=await store_about.words(snapshot, ours, "contact"),
                security=(await store_about.words(snapshot, ours, "security")).get("", ""),
            )

    async def say(self, who: Who, language: str, *, statement: str, contact: str, security: str) -> None:
        """Replace what is said in one language, and the address for whoever finds a hole. Raises Forbidden or Invalid."""
        self._publishing.must_publish(who, Act.PROFILE)
        language = checked_language(language)
        _check(statement, MAX_STATEMENT_CHARS)
        _check(contact, MAX_CONTACT_CHARS)
        address, ours = security_address(security), self._actors.campaign()
        async with self._database.transaction() as tx:
            await store_about.put(tx, ours.id, "statement", language, statement)
            await store_about.put(tx, ours.id, "contact", language, contact)
            await store_about.put(tx, ours.id, "security", "", address)
            await self._audit.record(tx, who.organiser_id, "profile")
            await changes.record(tx, "actor", ours.handle)


def _check(text: str, most: int) -> None:
    if len(text) > most:
        raise Invalid("That is too long: at most %(max)s characters.", max=most)
    if any(ord(one) < 0x20 and one not in "\n\t" for one in text) or any(0xD800 <= ord(one) < 0xE000 for one in text):
        raise Invalid("There are characters in it that cannot be published.")


def security_address(text: str) -> str:
    """An address as security.txt wants it; `name@host` is taken for e-mail. Raises Invalid."""
    address = text.strip()
    if not address:
        return ""
    if "@" in address and ":" not in address:
        address = f"mailto:{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    whole = parts.scheme in _SECURITY_SCHEMES and bool(parts.path or parts.netloc)
    if (
        not whole
        or len(address) > MAX_SECURITY_CHARS
        or not address.isascii()
        or not address.isprintable()
        or " " in address
    ):
        raise Invalid("Write one address for security: an e-mail address, or a link that begins with https:// or tel:.")
    return address
