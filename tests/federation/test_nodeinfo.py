from __future__ import annotations

import json
import re
from typing import Any

import pytest

from federation.nodeinfo import Version, content_type, discovery, document

VERSIONS: tuple[Version, ...] = ("2.0", "2.1")


def numbers(value: Any) -> list[Any]:
    """Every number that stands anywhere in a document."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in numbers(part)]
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_discovery_names_both_versions_and_the_instance_actor() -> None:
    assert json.loads(discovery("https://our.test", "https://our.test/actor")) == {
        "links": [
            {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "https://our.test/nodeinfo/2.0"},
            {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": "https://our.test/nodeinfo/2.1"},
            {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": "https://our.test/actor"},
        ]
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_has_what_its_schema_demands(version: Version) -> None:
    found = json.loads(document(version, name='Forest <&> "Water"', description="für alle"))
    assert found["version"] == version
    assert re.fullmatch("[a-z0-9-]+", found["software"]["name"])
    assert isinstance(found["software"]["version"], str)
    assert found["protocols"] == ["activitypub"]
    assert found["services"] == {"inbound": [], "outbound": []}
    assert found["openRegistrations"] is False
    assert found["metadata"] == {"nodeName": 'Forest <&> "Water"', "nodeDescription": "für alle"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_campaign_does_not_count_itself_in_public(version: Version) -> None:
    found = json.loads(document(version, name="", description=""))
    assert found["usage"] == {"users": {}}
    assert numbers(found) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_type_names_the_schema(version: Version) -> None:
    profile = f"http://nodeinfo.diaspora.software/ns/schema/{version}#"
    assert content_type(version) == f'application/json; profile="{profile}"'
