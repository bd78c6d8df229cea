"""What a second pair of eyes should look at twice: pure guesses from words, never a verdict."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from server.features.posts.model import Draft

MAX_FOUND_CHARS: Final = 80
MAX_EACH: Final = 5


class Sign(StrEnum):
    """What was seen."""

    PLACE = "place"
    FACE = "face"
    NO_ALT = "no-alt"
    NO_LANGUAGE = "no-language"
    OTHER_SCRIPT = "other-script"
    INSIDE_NAME = "inside-name"
    PHONE = "phone"
    EMAIL = "e-mail"
    SHORT_LINK = "short-link"
    TRACKED_LINK = "tracked-link"
    GROUP_LINK = "group-link"
    NO_ZONE = "no-zone"
    LOOSE_DAY = "loose-day"


@dataclass(frozen=True, slots=True, order=True)
class Warned:
    """One thing to look at: what, and the words where it was seen."""

    sign: Sign
    found: str = ""


_LINK: Final = re.compile(r"https?://[^\s<>\"']{1,2000}", re.IGNORECASE)
_HANDLE: Final = re.compile(r"(?<![\w/@])@[\w.-]{1,64}@[A-Za-z0-9.-]{1,250}")
_MAPS: Final = (
    "maps.app.goo.gl", "goo.gl/maps", "maps.google.", "google.com/maps", "openstreetmap.org", "osm.org", "osmand.net/map",
    "maps.apple.com", "waze.com", "bing.com/maps", "what3words.com", "w3w.co", "wego.here.com", "mapy.cz", "mapy.com",
    "organicmaps.app", "omaps.app", "yandex.com/maps", "yandex.ru/maps", "plus.codes",
)  # fmt: skip
_SHORT: Final = frozenset({
    "bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "v.gd", "buff.ly", "t.ly", "rebrand.ly", "cutt.ly",
    "shorturl.at", "lnkd.in", "tiny.cc", "rb.gy", "s.id", "dub.sh", "fb.me", "shorter.me", "urlz.fr", "kurzelinks.de",
})  # fmt: skip
_GROUPS: Final = (
    "signal.group",
    "chat.whatsapp.com",
    "t.me/+",
    "t.me/joinchat",
    "discord.gg",
    "discord.com/invite",
    "wa.me",
)
_TRACKED: Final = re.compile(r"[?&](?:utm_\w+|fbclid|gclid|igshid|igsh|mc_eid)=", re.IGNORECASE)
_COORDINATES: Final = re.compile(
    r"geo:-?\d{1,2}\.\d+,-?\d{1,3}\.\d+|(?<![\w.])[-+]?\d{1,2}\.\d{3,8}\s{0,2}°?\s?[NSns]?\s?[,;/ ]\s{0,2}[-+]?\d{1,3}\.\d{3,8}"
    r"|\d{1,3}\s?°\s?\d{1,2}\s?['′’]\s?(?:\d{1,2}(?:\.\d+)?\s?[\"″”]\s?)?[NSEWO]?"  # noqa: RUF001 - minutes as people write them
)
_PLUS_CODE: Final = re.compile(r"\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b")
_THREE_WORDS: Final = re.compile(r"///[^\W\d_]{2,20}\.[^\W\d_]{2,20}\.[^\W\d_]{2,20}")
_STREETS: Final = (
    re.compile(
        r"\b\d{1,5}[a-z]?,?\s(?:[A-Z][\w'’.-]{1,30}\s){1,4}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Square|Boulevard|Blvd"  # noqa: RUF001
        r"|Drive|Dr|Quay|Close|Court|Terrace|Way|Place|Row|Walk)\b"
    ),
    re.compile(
        r"\b\d{1,4}(?:\s?(?:bis|ter|quater))?,?\s(?:rue|avenue|av\.|boulevard|bd\.?|place|quai|chemin|allée|impasse|route|cours"
        r"|passage|square)\s[^\n,.;]{2,40}",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b[^\W\d_][\w.-]{1,40}(?:straße|strasse|str\.|platz|weg|gasse|allee|ufer|damm|straat|laan|plein|gatan|vägen)\s\d{1,4}\s?[a-z]?\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:calle|c/|avenida|avda\.|plaza|paseo|via|viale|corso|piazza|rua|praça|travessa|ulica|ul\.|вул\.|вулиця|ул\.|улица"
        r"|cadde|sokak)\s?[^\d\n]{2,40}?\s(?:n\.?º?\s?|no\.?\s?)?\d{1,4}\b",
        re.IGNORECASE,
    ),
    re.compile(r"(?:شارع|طريق|خیابان|کوچه|پلاک|سړک)\s[^\d\n]{0,40}[\d٠-٩۰-۹]{1,4}"),  # noqa: RUF001 - their digits
)
_PHONE: Final = re.compile(r"(?<![\w/+.,-])(?:\+|00|\(?0)[\d٠-٩۰-۹](?:[\s()./-]{0,2}[\d٠-٩۰-۹]){6,13}(?![\w/-])")  # noqa: RUF001
_EMAIL: Final = re.compile(r"(?<![\w@/])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[A-Za-z]{2,24}\b")
_TIME: Final = re.compile(
    r"(?<![\d.:/-])(?:[01]?\d|2[0-3])(?::[0-5]\d|\s?h\s?[0-5]\d\b|\s?h\b|\s?Uhr\b|\s?[ap]\.?m\b\.?)(?![\d/])",
    re.IGNORECASE,
)
_ZONE: Final = re.compile(
    r"\b(?:UTC|GMT|CES?T|EES?T|WES?T|BST|MES?Z|EAT|AFT|IRST|MSK|[ECMP][SD]T|time\b|heure[s]? d|Ortszeit|hora (?:local|de)|ora (?:locale|di))"
    r"|بتوقيت|به وقت|\b\w+-Zeit\b",
    re.IGNORECASE,
)
_LOOSE: Final = re.compile(
    r"\b(?:today|tonight|tomorrow|this (?:morning|afternoon|evening)|aujourd['’]hui|ce (?:soir|matin)|cet après-midi|demain"  # noqa: RUF001
    r"|heute|morgen (?:früh|abend)|hoy|esta (?:tarde|noche)|mañana|oggi|stasera|domani|hoje|amanhã|bugün|yarın|сьогодні|завтра)\b"  # noqa: RUF001
    r"|اليوم|الليلة|غدا|غداً|امروز|امشب|فردا|نن ورځ|سبا|ዛሬ|ነገ|ሎሚ|ጽባሕ",
    re.IGNORECASE,
)
_SCRIPTS: Final = {
    "ARABIC": ("ar", "fa", "ps", "ur", "ckb", "sd", "ug"),
    "ETHIOPIC": ("ti", "am", "tig"),
    "CYRILLIC": ("uk", "ru", "bg", "be", "mk"),
    "GREEK": ("el",),
    "HEBREW": ("he", "yi"),
    "BENGALI": ("bn",),
    "DEVANAGARI": ("hi", "ne", "mr"),
    "LATIN": (
        "en", "fr", "de", "es", "it", "pt", "nl", "pl", "tr", "ca", "gl", "eu", "sv", "da", "nb", "nn", "no", "fi", "cs", "sk",
        "hu", "ro", "sq", "hr", "sl", "et", "lv", "lt", "is", "ga", "cy", "so", "om", "ha", "wo", "ln",
    ),
}  # fmt: skip
_SCRIPT_OF: Final = {language: script for script, languages in _SCRIPTS.items() for language in languages}
#: Fewer letters say nothing about a language.
MIN_LETTERS: Final = 12
MOST: Final = 0.6


def _matches(*patterns: re.Pattern[str]) -> Callable[[str], Iterator[str]]:
    return lambda text: (match[0] for pattern in patterns for match in pattern.finditer(text))


def _links(text: str) -> list[str]:
    return _LINK.findall(text)


def _place(text: str) -> Iterator[str]:
    """Coordinates, codes, links to maps, a street with a number."""
    yield from (link for link in _links(text) if any(one in link.lower() for one in _MAPS))
    yield from _matches(_COORDINATES, _PLUS_CODE, _THREE_WORDS)(text)
    yield from _matches(*_STREETS)(_LINK.sub(" ", text))


def _host(link: str) -> str:
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _phone(text: str) -> Iterator[str]:
    yield from _matches(_PHONE)(_LINK.sub(" ", text))


def _email(text: str) -> Iterator[str]:
    yield from _matches(_EMAIL)(_HANDLE.sub(" ", _LINK.sub(" ", text)))


def _no_zone(text: str) -> Iterator[str]:
    words = _LINK.sub(" ", text)
    if not _ZONE.search(words):
        yield from _matches(_TIME)(words)


_OF_TEXT: Final[tuple[tuple[Sign, Callable[[str], Iterator[str]]], ...]] = (
    (Sign.PLACE, _place),
    (Sign.PHONE, _phone),
    (Sign.EMAIL, _email),
    (Sign.SHORT_LINK, lambda text: (one for one in _links(text) if _host(one) in _SHORT)),
    (Sign.TRACKED_LINK, lambda text: (one for one in _links(text) if _TRACKED.search(one))),
    (Sign.GROUP_LINK, lambda text: (one for one in _links(text) if any(group in one.lower() for group in _GROUPS))),
    (Sign.NO_ZONE, _no_zone),
    (Sign.LOOSE_DAY, _matches(_LOOSE)),
)


def of_text(text: str) -> list[Warned]:
    """What stands in some words, each once and a few of each sort."""
    found = []
    for sign, look in _OF_TEXT:
        seen = dict.fromkeys(one.strip()[:MAX_FOUND_CHARS] for one in look(text))
        found += [Warned(sign, one) for one in list(seen)[:MAX_EACH]]
    return found


def names_in(text: str, names: Sequence[str]) -> list[Warned]:
    """Names of organisers, which are known only inside, as words of a text."""
    folded = text.casefold()
    return [
        Warned(Sign.INSIDE_NAME, name)
        for name in names
        if re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", folded)
    ]


def script_of(text: str) -> str:
    """The script that most letters are of, or an empty text if they are few or mixed."""
    letters = [char for char in _HANDLE.sub(" ", _LINK.sub(" ", text)) if char.isalpha()]
    if len(letters) < MIN_LETTERS:
        return ""
    counted = Counter(unicodedata.name(char, "").partition(" ")[0] for char in letters)
    script, count = counted.most_common(1)[0]
    return script if count > MOST * len(letters) else ""


def of_language(language: str, text: str) -> list[Warned]:
    """No language, or one that is not written like this."""
    primary = language.partition("-")[0].lower()
    if primary in {"", "und", "mul", "zxx"}:
        return [Warned(Sign.NO_LANGUAGE)]
    expected, script = _SCRIPT_OF.get(primary), script_of(text)
    if script and expected and script != expected:
        return [Warned(Sign.OTHER_SCRIPT, language)]
    return []


def of_draft(draft: Draft, names: Sequence[str]) -> tuple[Warned, ...]:
    """Everything to look at twice in a draft; `names` are those of organisers."""
    found: list[Warned] = []
    call = draft.call
    beside_main = f"{call.place}\n{call.needs}\n{call.instead}" if call else ""
    texts = [(draft.language, draft.title, draft.warning, f"{draft.text}\n{beside_main}")]
    texts += [
        (one.language, one.title, one.warning, f"{one.text}\n{one.place}\n{one.needs}\n{one.instead}")
        for one in draft.translations
    ]
    if draft.correction:
        texts.append((draft.language, "", "", draft.correction))
    for language, title, warning, text in texts:
        found += of_language(language, text)
        found += of_text(f"{title}\n{warning}\n{text}")
    beside = [one.alt for one in draft.media] + (list(draft.poll.options) if draft.poll else [])
    found += [one for text in beside for one in of_text(text)]
    everything = "\n".join([*(word for text in texts for word in text[1:]), *beside])
    found += names_in(everything, names)
    if call is not None and call.point is not None:
        found.append(Warned(Sign.PLACE, f"{call.point.latitude:.6f}, {call.point.longitude:.6f}"))
    if draft.media:
        found.append(Warned(Sign.FACE))
    found += [Warned(Sign.NO_ALT) for one in draft.media if not one.alt.strip()][:1]
    order = list(Sign)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: order.index(one.sign)))
