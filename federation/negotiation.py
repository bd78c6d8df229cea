"""Does this Accept header ask for ActivityPub, or for a page?"""

from __future__ import annotations

from typing import Final

ACTIVITY_JSON: Final = "application/activity+json"
LD_JSON: Final = "application/ld+json"
PROFILE: Final = "https://www.w3.org/ns/activitystreams"
LD_JSON_WITH_PROFILE: Final = f'{LD_JSON}; profile="{PROFILE}"'
#: What we ask for when we fetch.
ACCEPT: Final = f"{ACTIVITY_JSON}, {LD_JSON_WITH_PROFILE}"
MAX_ACCEPT_CHARS, MAX_RANGES = 2_000, 32


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return max(0.0, min(1.0, float(value.strip()[:8])))
            except ValueError:
                return 0.0
    return 1.0


def wants_activitypub(accept: str | None) -> bool:
    """True if ActivityPub (or any JSON) is asked for by name, and not less than HTML. `*/*` and browsers get the page."""
    if not accept:
        return False
    best_document = best_page = 0.0
    for media_range in accept[:MAX_ACCEPT_CHARS].split(",")[:MAX_RANGES]:
        kind, *parameters = media_range.split(";")
        name = kind.strip().lower()
        if name in {ACTIVITY_JSON, LD_JSON, "application/json"}:
            best_document = max(best_document, _quality(parameters))
        elif name in {"text/html", "application/xhtml+xml"}:
            best_page = max(best_page, _quality(parameters))
    return best_document > 0 and best_document >= best_page


def is_activitypub(content_type: str | None) -> bool:
    """True for the two types in which ActivityPub comes; ld+json needs the profile, perhaps among others."""
    kind, _, parameters = (content_type or "")[:500].partition(";")
    name = kind.strip().lower()
    if name == ACTIVITY_JSON:
        return True
    return name == LD_JSON and PROFILE in parameters


def is_inbox_type(content_type: str | None) -> bool:
    """True for what an inbox takes: ActivityPub types with any parameters."""
    name = (content_type or "")[:500].partition(";")[0].strip().lower()
    return name in {ACTIVITY_JSON, LD_JSON}
