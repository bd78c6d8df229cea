"""JSON-LD contexts. Only contexts that resolve are named by URL; every other term is spelled out inline.

`http://joinmastodon.org/ns` and `http://schema.org` must never stand as remote contexts: they answer 404 or redirect and break
readers that process JSON-LD (fedify-dev/fedify#630).
"""

from __future__ import annotations

from typing import Any, Final

ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"

_GTS: Final[dict[str, Any]] = {
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "canReply": {"@id": "gts:canReply", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
}
_TOOT: Final[dict[str, Any]] = {"toot": "http://joinmastodon.org/ns#"}

ACTOR: Final[list[Any]] = [
    ACTIVITYSTREAMS,
    SECURITY,
    {
        **_TOOT,
        "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
        "movedTo": {"@id": "as:movedTo", "@type": "@id"},
        "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
        "featured": {"@id": "toot:featured", "@type": "@id"},
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "schema": "http://schema.org#",
        "PropertyValue": "schema:PropertyValue",
        "value": "schema:value",
        "webfinger": {
            "@id": "https://purl.archive.org/socialweb/webfinger",
            "@type": "http://www.w3.org/2001/XMLSchema#string",
        },
        "hidesToPublicFromUnauthedWeb": "https://gotosocial.org/ns#hidesToPublicFromUnauthedWeb",
        "hidesCcPublicFromUnauthedWeb": "https://gotosocial.org/ns#hidesCcPublicFromUnauthedWeb",
    },
]
NOTE: Final[list[Any]] = [
    ACTIVITYSTREAMS,
    {
        **_TOOT,
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "conversation": "https://w3id.org/fep/7888/conversation",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
        "votersCount": "toot:votersCount",
        **_GTS,
    },
]
#: Of a post that quotes; with the names that Misskey and Akkoma know.
QUOTING: Final[list[Any]] = [
    *NOTE,
    {
        "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
        "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
        "fedibird": "http://fedibird.com/ns#",
        "quoteUri": "fedibird:quoteUri",
        "misskey": "https://misskey-hub.net/ns#",
        "_misskey_quote": "misskey:_misskey_quote",
    },
]
ASKING: Final[list[Any]] = [
    ACTIVITYSTREAMS,
    {
        "gts": "https://gotosocial.org/ns#",
        "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
        "ReplyRequest": "gts:ReplyRequest",
    },
]
STAMP: Final[list[Any]] = [
    ACTIVITYSTREAMS,
    {
        "gts": "https://gotosocial.org/ns#",
        "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
        "ReplyAuthorization": "gts:ReplyAuthorization",
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    },
]
#: Of an Event (FEP-8a8e; `status` as Mobilizon writes it, `address` of schema.org).
EVENT: Final[list[Any]] = [
    ACTIVITYSTREAMS,
    {
        **_TOOT,
        "sensitive": "as:sensitive",
        "Hashtag": "as:Hashtag",
        "blurhash": "toot:blurhash",
        "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
        "event": "https://w3id.org/fep/8a8e/",
        "eventStatus": {"@id": "event:eventStatus", "@type": "@vocab"},
        "EventScheduled": "event:EventScheduled",
        "EventTentative": "event:EventTentative",
        "EventCancelled": "event:EventCancelled",
        "timezone": "event:timezone",
        "joinMode": "event:joinMode",
        "mz": "https://joinmobilizon.org/ns#",
        "repliesModerationOption": "mz:repliesModerationOption",
        "externalParticipationUrl": {"@id": "event:externalParticipationUrl", "@type": "@id"},
        "organizers": {"@id": "event:organizers", "@type": "@id"},
        "status": "http://www.w3.org/2002/12/cal/ical#status",
        "address": "https://schema.org/address",
        "inLanguage": "https://schema.org/inLanguage",
    },
]
