"""NodeInfo 2.0 and 2.1 from one builder. No numbers: a campaign under watch does not count itself in public (FEP-0151)."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema"
APPLICATION_REL: Final = "https://www.w3.org/ns/activitystreams#Application"
SOFTWARE: Final = "callout"
#: Coarse on purpose: peers need the key, attackers would like the rest.
SOFTWARE_VERSION: Final = "1"

Version = Literal["2.0", "2.1"]


def discovery(base: str, instance_actor: str) -> bytes:
    """The document at /.well-known/nodeinfo (with FEP-2677's link to the instance actor)."""
    links = [{"rel": f"{SCHEMA}/{version}", "href": f"{base}/nodeinfo/{version}"} for version in ("2.0", "2.1")]
    return msgspec.json.encode({"links": [*links, {"rel": APPLICATION_REL, "href": instance_actor}]})


def document(version: Version, *, name: str, description: str) -> bytes:
    """The document of one version."""
    software: dict[str, Any] = {"name": SOFTWARE, "version": SOFTWARE_VERSION}
    return msgspec.json.encode(
        {
            "version": version,
            "software": software,
            "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": []},
            "openRegistrations": False,
            "usage": {"users": {}},
            "metadata": {"nodeName": name, "nodeDescription": description},
        }
    )


def content_type(version: Version) -> str:
    """The media type with its profile."""
    return f'application/json; profile="{SCHEMA}/{version}#"'
