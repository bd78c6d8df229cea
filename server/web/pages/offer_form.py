"""What the form for offers says: nothing in it is believed, and nothing that was typed is lost when it comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import FormData, UploadFile

from server.base.errors import Invalid
from server.base.language_names import NAMES
from server.base.pictures import MAX_BYTES, check_size
from server.base.words import Words
from server.features.offers.fields import CONTACT, FIELDS, checked
from server.features.offers.model import DraftOffer, Kind
from server.features.offers.service import MAX_PICTURES
from server.web.shared.request import SMALL_FORM_BYTES, text_field

#: Words and pictures together.
MAX_OFFER_BYTES: Final = MAX_PICTURES * MAX_BYTES + SMALL_FORM_BYTES
#: Nobody sees this field; programs fill in whatever there is.
TRAP: Final = "website"
#: What is given back of a field at most.
MAX_GIVEN_CHARS: Final = 10_000
_CODE: Final = re.compile(r"[0-9a-z]{4,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A form as it stands before a reader: what was typed, and what is wrong with it."""

    kind: Kind
    about: str = ""
    token: str = ""
    language: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, Words] = field(default_factory=dict)
    error: str = ""


def kind_of(text: str) -> Kind | None:
    """A kind by its name, or None."""
    return Kind(text) if text in set(Kind) else None


def code_of(text: str) -> str:
    """The short code of a call-out, or nothing."""
    return text if _CODE.fullmatch(text) else ""


def typed(form: FormData, kind: Kind, page_language: str) -> Typed:
    """What came with a form."""
    names = [one.name for one in (*FIELDS[kind], CONTACT)]
    language = text_field(form, "language")
    return Typed(
        kind=kind,
        about=code_of(text_field(form, "about")),
        token=text_field(form, "token"),
        language=language if language in NAMES else page_language,
        given={name: text_field(form, name)[:MAX_GIVEN_CHARS] for name in names},
    )


def draft_of(form: FormData, one: Typed, page_language: str) -> DraftOffer:
    """The offer that was typed. Raises Unfilled, or Invalid for a program that walked into the trap."""
    if text_field(form, TRAP):
        raise Invalid("One field at the end stays empty. Empty it, and send it once more.")
    fields, contact = checked(one.kind, one.given)
    return DraftOffer(
        kind=one.kind,
        fields=fields,
        contact=contact,
        language=one.language,
        page_language=page_language,
        about=one.about,
    )


async def uploads_of(form: FormData) -> list[bytes]:
    """The pictures that came along. Raises TooLarge."""
    found = []
    for name in ("picture1", "picture2"):
        given = form.get(name)
        if isinstance(given, UploadFile) and given.size:
            data = await given.read(MAX_BYTES + 1)
            check_size(data)
            found.append(data)
    return found
