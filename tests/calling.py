"""Call-outs for tests: one that stands, with every word that one can have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from server.features.posts.model import DraftText, Kind
from server.features.posts.model_call import DraftCall

CALL = DraftCall(
    ends_at="2026-10-02T16:00:00.000000Z",
    starts_at="2026-09-29T08:00:00.000000Z",
    time_zone="Europe/Paris",
    place="near the port",
    needs="Cars & beds\nTea",
    instead="Send ideas",
)


def call_out(*, urgent: bool = False, french: bool = False, **more: Any) -> dict[str, Any]:
    """What a draft of a call-out has beside its text."""
    translations = (
        DraftText(language="fr", text="Venez au port. #port", title="Venez à Calais", place="près du port", needs="Voitures", instead="Des idées"),
    )  # fmt: skip
    given = {"kind": Kind.CALL_OUT, "title": "Come to Calais", "call": replace(CALL, urgent=urgent), **more}
    return {**given, "translations": translations} if french else given
