"""What is written in offers and answers, sealed and unsealed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from server.base.folding import folded
from server.base.sealing import Sealer
from server.features.offers.model import Answer, DraftOffer


class _Said(msgspec.Struct, frozen=True):
    """What lies sealed in a row."""

    fields: dict[str, str]
    contact: str


_SAID: Final = msgspec.json.Decoder(_Said)
_ANSWERS: Final = msgspec.json.Decoder(tuple[Answer, ...])


def seal_offer(sealer: Sealer, draft: DraftOffer) -> str:
    """The words of an offer, sealed."""
    return sealer.seal(msgspec.json.encode(_Said(dict(draft.fields), draft.contact)).decode())


def unseal_offer(sealer: Sealer, sealed: str) -> tuple[Mapping[str, str], str]:
    """Fields and contact. Raises UnsealError."""
    said = _SAID.decode(sealer.unseal(sealed))
    return said.fields, said.contact


def seal_answers(sealer: Sealer, answers: tuple[Answer, ...]) -> str:
    """All answers, sealed."""
    return sealer.seal(msgspec.json.encode(answers).decode())


def unseal_answers(sealer: Sealer, sealed: str) -> tuple[Answer, ...]:
    """All answers, the oldest first. Raises UnsealError."""
    return _ANSWERS.decode(sealer.unseal(sealed)) if sealed else ()


def same_words(sealer: Sealer, draft: DraftOffer) -> str:
    """A mark that is the same for the same words, however they are cased, accented or spaced."""
    said = {**draft.fields, "contact": draft.contact}
    parts = [draft.kind.value, *(f"{name}={' '.join(folded(said[name]).split())}" for name in sorted(said))]
    return sealer.mark("offer words", "\n".join(parts).encode()).hex()
