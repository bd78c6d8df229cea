"""Words as they are compared: without case, accents, vowel signs and the differences that keyboards make.

Arabic, Persian, Pashto and Urdu keyboards write some letters with different code points that readers take for the same one; the
table follows the normalisation that search engines use for these scripts (alef, yeh, kaf, heh forms; tatweel dropped).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Joiners stand inside words of Persian and are typed or left out at will.
JOINER: Final = "\u200c"
#: Letters that sound alike in Tigrinya: on either side of the border the same word is written with the one or the other.
_ETHIOPIC: Final = {
    chr(one + form): chr(other + form) for one, other in ((0x1220, 0x1230), (0x1340, 0x1338)) for form in range(8)
}
_LETTERS: Final = str.maketrans(
    {
        **_ETHIOPIC,
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا",
        "ى": "ي", "ی": "ي", "ې": "ي", "ۍ": "ي", "ے": "ي", "ئ": "ي",
        "ک": "ك", "ګ": "گ",
        "ة": "ه", "ۀ": "ه", "ہ": "ه", "ە": "ه",
        "ؤ": "و", "ـ": None,
        "ß": "ss", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe",
    }
)  # fmt: skip
#: Never seen.
_UNSEEN: Final = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_WORD: Final = re.compile(r"\w+")


def folded(text: str) -> str:
    """The text as it is compared. Digits of every script become 0-9."""
    bare = _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).replace(JOINER, " ").replace("\u200d", "")
    apart = unicodedata.normalize("NFKD", bare.casefold().translate(_LETTERS))
    kept = (char for char in apart if not unicodedata.combining(char))
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in kept)


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return _WORD.findall(folded(text).replace("_", " "))
